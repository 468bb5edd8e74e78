"""The primal's value under a name of its own, where the reverse sweep needs the user's name again:
`out = y` after the forward sweep, so that what was `y` there can be `y` on the way back."""

from __future__ import annotations

from s2s_ad.ir.core import Block, Function, Op, Value, readers, walk
from s2s_ad.ir.primitive import Primitive
from s2s_ad.ops.tapes import POP

NAME = Primitive("name", lambda x: x, lambda x: x, "name", alias="same")


def name_result(function: Function, result: Value | None) -> None:
    """Insert the naming, in place, if the name of the result is used again."""
    block = function.block
    if result is None or not result.hint or result in block.params:
        return
    first = next((k for k, op in enumerate(block.ops) if op.role == "adjoint"), None)
    if first is None or not any(result in op.results for op in block.ops[:first]):
        return
    again = [
        v
        for op in block.ops[first:]
        for inner in (op, *(o for b in op.blocks for o in walk(b)))
        for v in (*inner.results, *(p for b in inner.blocks for p in b.params))
    ]
    uses = readers(block)
    if not any(v.hint == result.hint and not pops_once(v, uses) for v in again):
        return
    out = Value(result.type)
    last = block.ops[first - 1]
    op = Op(NAME, (result,), {}, [], [out], last.statement, last.location)
    block.ops.insert(first, op)
    block.yields = [out if y is result else y for y in block.yields]


def pops_once(v: Value, uses: dict[Value, list[Op | Block]]) -> bool:
    """Whether v comes from a tape and is read once, so that it needs no name."""
    return isinstance(v.owner, Op) and v.owner.prim is POP and len(uses.get(v, ())) == 1
