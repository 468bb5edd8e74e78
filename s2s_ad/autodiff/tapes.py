"""Leading a tape through the structure of a function.

A tape is a functional stack: from the top level it is carried into the loops and branches around
the place where it is used, and out again.
"""

from __future__ import annotations

from typing import Any as Anything

from s2s_ad.ir.build import building, emit
from s2s_ad.ir.core import Block, Op, Value
from s2s_ad.ir.types import Stack, Tape
from s2s_ad.ops.raising import SAFE
from s2s_ad.ops.structure import FOR, TRY, WHILE
from s2s_ad.ops.tapes import NEW_STACK, PUSH, RESTORE, STACK_LENGTH


def tape_name(v: Value) -> str:
    """`y_tape` for the values of y, `A_undo` for what stores into A overwrote."""
    if not v.hint and v.companion is not None and v.companion[1] == "_undo":
        return f"{v.companion[0].hint}_undo" if v.companion[0].hint else ""
    if isinstance(v.type, Tape):
        return f"{v.hint}s"
    return f"{v.hint}_tape" if v.hint else ""


def parent(top: Block, op: Op) -> Block:
    """The block that holds an operation."""

    def search(block: Block) -> Block | None:
        for o in block.ops:
            if o is op:
                return block
            for b in o.blocks:
                found = search(b)
                if found is not None:
                    return found
        return None

    found = search(top)
    assert found is not None
    return found


def restored(top: Block, op: Op, stack: Value) -> Value:
    """A tape as it was before a `try` whose body raised."""
    body, failed = op.blocks
    last = max(
        (
            k
            for k, o in enumerate(body.ops)
            if o.blocks or o.prim is not PUSH and o.prim.name not in SAFE
        ),
        default=-1,
    )
    if not any(isinstance(v.type, Stack) for o in body.ops[: last + 1] for v in o.results):
        return stack  # nothing raises after what was pushed
    before = Block()
    with building(before, op.statement, op.location, "primal"):
        length = emit(STACK_LENGTH, stack)
    around = parent(top, op)
    around.ops[around.ops.index(op) : around.ops.index(op)] = before.ops
    with building(failed, op.statement, op.location, "primal"):
        out: Value = emit(RESTORE, stack, length)
    out.hint = stack.hint
    return out


def thread(
    top: Block, target: Block, stack: Value | None, use: Anything, hint: str, role: str
) -> Value:
    """Lead a stack from the top level through the enclosing operations into `target`, let `use`
    take it there, and lead what it returns out again; the stack after the outermost operation.
    A None stack is made just before that operation."""
    path: list[tuple[Op, Block]] = []
    block = target
    while block is not top:
        op = block.owner
        assert isinstance(op, Op)
        path.append((op, block))
        block = parent(top, op)
    path.reverse()
    if stack is None:
        scratch = Block()
        outermost = path[0][0]
        with building(scratch, outermost.statement, outermost.location, role):
            stack = emit(NEW_STACK)
        assert stack is not None
        stack.hint = hint
        at = top.ops.index(outermost)
        top.ops[at:at] = scratch.ops
    current = stack
    entries: list[Value] = []
    for op, block in path:
        entries.append(current)
        if op.prim in (FOR, WHILE):
            position = len(op.inits)
            op.args = (*op.args[:-1], (*op.inits, current))
            for b in op.blocks:
                p = b.add_param(current.type, current.hint)
                if op.prim is WHILE and b is op.blocks[0]:
                    b.yields.insert(1 + position, p)
                if b is block:
                    current = p
    current = use(current)
    for (op, block), entry in zip(reversed(path), reversed(entries)):
        result = Value(current.type, current.hint)
        result.owner = op
        if op.prim in (FOR, WHILE):
            position = len(op.inits) - 1
            block.yields.insert(position, current)
            op.results.insert(position, result)
        else:
            end = len(op.results) - ("status" in op.kwargs)
            for b in op.blocks:
                other = restored(top, op, entry) if op.prim is TRY and b is not block else entry
                b.yields.insert(end, current if b is block else other)
            op.results.insert(end, result)
        current = result
    return current
