"""Derivatives of tapes that are tuples: packing and opening are linear, and transposed by each
other. The tangent or adjoint of such a tape has an item for each of its items, None for what is no
number."""

from __future__ import annotations

from typing import Any as Anything

from s2s_ad.autodiff.zeros import companion_type, zero_of
from s2s_ad.ir.build import emit, typeof
from s2s_ad.ir.core import Op
from s2s_ad.ir.types import NONE, Stack, Type, differentiable
from s2s_ad.ops.slots import ZEROS_TREE
from s2s_ad.ops.tapes import OPEN, PACK


def companions(op: Op) -> tuple[Type, ...]:
    """The types of the items of the tangent or adjoint of a tape."""
    return tuple(companion_type(t) if differentiable(t) else NONE for t in op.kwargs["items"])


def packed(op: Op, items: list[Anything]) -> Anything:
    """A tangent or adjoint of a tape, of what is known of its items (None for zero)."""
    primal = op.args[0] if op.prim is PACK else op.results
    full = tuple(zero_item(v) if x is None else x for v, x in zip(primal, items))
    return emit(PACK, full, items=companions(op))


def opened(op: Op, tape: Anything) -> list[Anything]:
    """The items of a tangent or adjoint of a tape, None for what is no number."""
    types = companions(op)
    found = emit(OPEN, tape, items=types)
    items = found if isinstance(found, list) else [found]
    return [x if differentiable(t) else None for x, t in zip(items, types)]


def zero_item(v: Anything) -> Anything:
    """A zero for an item. What has been pushed will be popped, so a stack has its length."""
    t = typeof(v)
    return emit(ZEROS_TREE, v) if isinstance(t, Stack) and differentiable(t) else zero_of(v)
