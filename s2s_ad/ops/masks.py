"""Differentials masked by `np.where`: the mask comes after an elementwise map, not before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any as Anything

import numpy as np

from s2s_ad.ir.core import Op, Value
from s2s_ad.ops.fitting import like_result


@dataclass
class Mask:
    """A differential that is zero where a branch of `np.where` was not taken, taken apart:
    `given` is np.where(condition, inside, 0.0), or with the branches `swapped`.

    Where `given` is such a thing summed over axes along which an operand was broadcast (`wide`),
    the sum waits as well: summing and elementwise maps commute. Where it was spread to a shape
    (`narrow`), it is spread again.
    """

    given: Anything
    inside: Anything
    condition: Anything = None
    swapped: bool = False
    wide: bool = False
    narrow: bool = False

    @classmethod
    def of(cls, d: Anything) -> Mask:
        op = d.owner if type(d) is Value else None
        if not isinstance(op, Op) or op.role == "primal":
            return cls(d, d)
        if op.prim.name == "where":
            condition, a, b = op.args
            if is_zero(a) != is_zero(b):
                return cls(d, b if is_zero(a) else a, condition, is_zero(a))
        summed = op.prim.name == "unbroadcast" or _sums_broadcast(op)
        if summed or op.prim.name in ("broadcast_like", "astype"):
            inner = cls.of(op.args[0])
            summed_then_spread = inner.wide and op.prim.name == "broadcast_like"
            if inner.condition is not None and not summed_then_spread:
                spread = inner.narrow or op.prim.name == "broadcast_like"
                wide = inner.wide or summed
                return cls(d, inner.inside, inner.condition, inner.swapped, wide, spread)
        return cls(d, d)

    def over(self, g: Anything, out: Value) -> Anything:
        """What was made of `inside`, masked."""
        if g is self.inside:
            return self.given
        if g is None or self.condition is None:
            return g
        masked = np.where(self.condition, *((0.0, g) if self.swapped else (g, 0.0)))
        return like_result(masked, out) if self.narrow and not self.wide else masked


def _sums_broadcast(op: Op) -> bool:
    """Whether a sum leaves a shape that broadcasts to that of what it sums."""
    axis = op.kwargs.get("axis")
    leading = axis in (None, 0) or (isinstance(axis, tuple) and axis == tuple(range(len(axis))))
    return op.prim.name == "sum" and (leading or bool(op.kwargs.get("keepdims")))


def is_zero(x: Anything) -> bool:
    """The literal 0.0."""
    return type(x) is float and x == 0.0
