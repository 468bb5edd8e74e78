"""Results of an `if` that say the same twice.

A value of a branch that is needed after it becomes an extra result, undefined on the other
paths. Where another result of the same `if` is that value on the same paths, it serves.
"""

from __future__ import annotations

from s2s_ad.ir.core import UNDEFINED, Block, Function, Op, Value, replace, walk
from s2s_ad.ir.types import Stack
from s2s_ad.ir.unbound import members
from s2s_ad.ops.structure import IF, TOUCH, TRY


def merge_exports(function: Function) -> None:
    """Replace such results, innermost first, in place."""
    mapping: dict[Value, Value] = {}
    touches = [op for op in walk(function.block) if op.prim is TOUCH]
    asked = {m for op in touches for v in op.operands for m in members(v)}
    _merge(function.block, mapping, asked)
    if mapping:
        _replace(function.block, mapping)


def _merge(block: Block, mapping: dict[Value, Value], asked: set[Value]) -> None:
    for op in block.ops:
        for b in op.blocks:
            _merge(b, mapping, asked)
            b.yields = replace(b.yields, mapping)
        if op.prim not in (IF, TRY):
            continue
        lead = 2 if op.prim is TRY else 0  # its number and its exception
        for k in range(len(op.results) - 1, lead - 1, -1):
            if isinstance(op.results[k].type, Stack) or k == _status(op):
                continue
            if op.results[k] in asked:
                continue  # whether it has a value is asked
            for j in range(lead, len(op.results)):
                if j != k and j != _status(op) and _serves(op, j, k):
                    mapping[op.results[k]] = op.results[j]
                    del op.results[k]
                    for b in op.blocks:
                        del b.yields[k]
                    break


def _status(op: Op) -> int:
    return len(op.results) - 1 if op.kwargs.get("status") else -1


def _serves(op: Op, j: int, k: int) -> bool:
    """Whether result j is result k wherever that is defined."""
    pairs = [(b.yields[j], b.yields[k]) for b in op.blocks]
    return all(x is y or y is UNDEFINED for x, y in pairs) and any(
        y is not UNDEFINED and type(y) is Value for _, y in pairs
    )


def _replace(block: Block, mapping: dict[Value, Value]) -> None:
    final = {v: _last(v, mapping) for v in mapping}

    def visit(b: Block) -> None:
        for op in b.ops:
            op.args = replace(op.args, final)
            for inner in op.blocks:
                visit(inner)
        b.yields = replace(b.yields, final)

    visit(block)


def _last(v: Value, mapping: dict[Value, Value]) -> Value:
    while v in mapping:
        v = mapping[v]
    return v
