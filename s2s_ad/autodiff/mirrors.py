"""Over what the mirror of a loop runs, and what it carries."""

from __future__ import annotations

from typing import Any as Anything

from s2s_ad.ir.build import building, emit
from s2s_ad.ir.core import Block, Op, Value, captured, leaves, substitute
from s2s_ad.ir.types import INT
from s2s_ad.ops.structure import FOR, WHILE


def header(op: Op) -> dict[str, Anything]:
    """What the loop walks, where the reverse loop walks all of it too."""
    whole = "over" in op.kwargs and not op.kwargs.get("stop")
    return {"over": op.kwargs["over"]} if whole else {}


def iterations(op: Op) -> tuple[Anything, Anything, Anything]:
    """The index range that a reverse loop walks backwards: the forward one, or as many
    iterations as were started where the loop can stop early."""
    if op.prim is FOR and not op.kwargs.get("stop"):
        return op.args[0], op.args[1], op.args[2]
    count = count_iterations(op)
    if op.prim is FOR:
        first, last, step = op.args[:3]
        if op.kwargs.get("reversed"):
            # It came from the end: `end` is one step behind the last index of the range.
            end = last if step == 1 else last + (first - last) % step
            return end - (count if step == 1 else count * step), end, step
        if first == 0 and step == 1 and type(first) is int and type(step) is int:
            return 0, count, 1
        return first, first + (count if step == 1 else count * step), step
    return 0, count, 1


def count_iterations(op: Op) -> Value:
    """Make a forward loop carry the number of iterations it has started; the final number."""
    if "count" in op.kwargs:
        known: Value = op.results[op.kwargs["count"]]
        return known
    position = len(op.inits)
    op.args = (*op.args[:-1], (*op.inits, 0))
    for b in op.blocks:
        lead = 1 if op.prim is WHILE and b is op.blocks[0] else 0
        p = b.add_param(INT, "count")
        if lead:
            b.yields.insert(lead + position, p)
        else:
            with building(b, op.statement, op.location, "primal"):
                one_more: Value = emit("add", p, 1)
            b.ops.insert(0, b.ops.pop())
            one_more.hint = "count"
            b.yields.insert(position, one_more)
    result = Value(INT, "count")
    result.owner = op
    op.results.insert(position, result)
    op.kwargs["count"] = position
    return result


def fills_slots(op: Op, body: Block, v: Value) -> bool:
    """Whether the loop walks the whole list v once and reads it only at its own index, so that
    the adjoint's slots are each filled exactly once."""
    if op.prim is not FOR or op.kwargs.get("stop") or op.kwargs.get("reversed"):
        return False
    over = op.kwargs.get("over")
    if not over or over[0] not in ("items", "enumerate") or list(over[1]) != [v]:
        return False
    reads = [o for o in body.ops if v in leaves(o.args)]
    nested = [b for o in body.ops for b in o.blocks]
    if len(reads) != 1 or v in captured(nested) or v in leaves(body.yields):
        return False
    read = reads[0]
    return read.prim.name == "getitem" and read.args[0] is v and read.args[1] is body.params[0]


def drop_unchanged(op: Op) -> None:
    """Remove from a new loop the carried adjoints that its body passes on unchanged."""
    block = op.blocks[0]
    inits = list(op.inits)
    for k in reversed(range(len(inits))):
        p = block.params[1 + k]
        if block.yields[k] is p:
            substitute(block, {p: inits[k]})
            del block.params[1 + k], block.yields[k], inits[k], op.results[k]
    op.args = (*op.args[:-1], tuple(inits))
