"""What a reverse sweep may compute again, and what recording costs."""

from __future__ import annotations

from s2s_ad.ir.core import Op, Value, leaves
from s2s_ad.ir.types import Num, Seq, is_scalar
from s2s_ad.ops.buffers import ACCUMULATE, ADD_AT, SET_AT
from s2s_ad.ops.lists import INSERT, TAKE
from s2s_ad.ops.slots import FILL_SLOT, NEW_SLOTS
from s2s_ad.ops.structure import CALL
from s2s_ad.ops.tapes import NEW_STACK, OPEN, POP, PUSH

LINEAR = (PUSH, POP, NEW_STACK, ACCUMULATE, ADD_AT, SET_AT, FILL_SLOT, NEW_SLOTS, INSERT, TAKE)
READS = ("getitem", "shape", "len", "ndim", "size")  # cheap: a view, or a number


def recomputable(op: Op) -> bool:
    """Cheap and exact to compute again: scalar arithmetic, and reads."""
    if op.prim is OPEN:
        return True
    if op.blocks or op.prim.effect or op.prim is CALL or op.prim in LINEAR:
        return False
    if op.prim.name in READS:
        return all(type(r.type) is Seq or alias_free_read(op) for r in op.results)
    return all(is_scalar(r.type) for r in op.results) and all(
        is_scalar(v.type) for v in leaves(op.args)
    )


def alias_free_read(op: Op) -> bool:
    """A getitem with numbers and slices only; integer arrays and masks copy."""
    return all(is_scalar(v.type) for v in leaves(op.args[1:]))


def cost(v: Value, depth: int) -> int:
    """What saving a value costs: axes count, and the loops in which it is saved each time."""
    t = v.type
    rank = len(t.shape) if isinstance(t, Num) and t.shape is not None else 1
    return int(1000 ** (rank + depth))
