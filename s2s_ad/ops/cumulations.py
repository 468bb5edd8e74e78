"""Cumulative sums and products, recurrences and differences along an axis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any as Anything

import numpy as np

from s2s_ad import runtime
from s2s_ad.ir.build import emit
from s2s_ad.ir.core import Op, Value
from s2s_ad.ir.types import Num, Type, rank
from s2s_ad.ops.arraytypes import axis_of, less, product_of
from s2s_ad.ops.fitting import cast
from s2s_ad.ops.promotion import operand
from s2s_ad.ops.reductions import like_operand, refuse_given, summed
from s2s_ad.ops.rules import At, Contributions, Linear, composite, declare, linear
from s2s_ad.ops.shaping import along, shaped_like

FLIPPED = slice(None, None, -1)

# Sums and products ----------------------------------------------------------------------------


def _cumulated(name: str) -> Callable[..., Type]:
    def infer(
        a: Anything, axis: int | None = None, dtype: Anything = None, out: Anything = None
    ) -> Type:
        refuse_given(name, dtype=dtype, out=out)
        num = operand(a, f"np.{name}")
        shape = num.shape
        if axis is None and (shape is None or len(shape) != 1):
            shape = (product_of(shape),)
        elif shape == ():
            shape = (1,)
        return Num("array", num.dtype and summed(num.dtype), shape)

    return infer


def _cumsum_transpose(g: Anything, out: Value, a: Value, axis: int | None = None) -> Anything:
    if axis is None or rank(a.type) in (0, 1):
        return shaped_like(np.cumsum(g[FLIPPED])[FLIPPED], a)
    back = along(axis, FLIPPED)
    return np.cumsum(g[back], axis=axis)[back]


declare(np.cumsum, _cumulated("cumsum"), linear(_cumsum_transpose))


def _before(v: Anything, axis: int, first: Callable[[Anything], Anything]) -> Anything:
    """v moved one place on along the axis, with ones or zeros in the first place."""
    start, rest = v[along(axis, slice(None, 1))], v[along(axis, slice(None, -1))]
    return np.concatenate((first(start), rest), axis=axis)


def _after(v: Anything, axis: int) -> Anything:
    """v moved one place back along the axis, with zeros in the last place."""
    rest, end = v[along(axis, slice(1, None))], v[along(axis, slice(-1, None))]
    return np.concatenate((rest, np.zeros_like(end)), axis=axis)


class Recurrence:
    """y[k] = a[k] * y[k - 1] + b[k] along an axis; reversed y[k] = a[k + 1] * y[k + 1] + b[k].
    As maps of b the two are each other's transposes."""

    def _run(self, op: Op, b: Anything, turn: bool) -> Anything:
        axis, backwards = op.kwargs.get("axis", 0), op.kwargs.get("backwards", False)
        kwargs = {"axis": axis} if axis else {}
        if backwards != turn:
            kwargs["backwards"] = True
        return emit(RECURRENCE, op.args[0], b, **kwargs)

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        (a, b), y, axis = op.args, op.result, op.kwargs.get("axis", 0)
        d = dots.get(b)
        if a in dots:
            if op.kwargs.get("backwards"):
                moved = _after(dots[a] * y, axis)
            else:
                moved = dots[a] * _before(y, axis, np.zeros_like)
            d = moved if d is None else d + moved
        return [None if d is None else self._run(op, d, False)]

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        (a, b), y, axis = op.args, op.result, op.kwargs.get("axis", 0)
        g = self._run(op, bars[0], True)
        if type(b) is Value and b in active:
            yield b, cast(g, b)
        if type(a) is Value and a in active:
            if op.kwargs.get("backwards"):
                yield a, cast(_before(g, axis, np.zeros_like) * y, a)
            else:
                yield a, cast(g * _before(y, axis, np.zeros_like), a)


RECURRENCE = declare(
    runtime.recurrence,
    lambda a, b, axis=0, backwards=False: like_operand(b),
    Recurrence(),
    name="recurrence",
    syntax="runtime recurrence",
)


class Cumprod:
    """out[k] = a[k] * out[k - 1], differentiated."""

    flat = composite(lambda a, axis=None: np.cumprod(np.ravel(a), axis=0))

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        a, axis = op.args[0], op.kwargs.get("axis")
        if axis is None and rank(a.type) != 1:
            return self.flat.jvp(op, dots)
        b = dots[a] * _before(op.result, axis or 0, np.ones_like)
        return [emit(RECURRENCE, a, b, **({"axis": axis} if axis else {}))]

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        a, axis = op.args[0], op.kwargs.get("axis")
        if axis is None and rank(a.type) != 1:
            yield from self.flat.vjp(op, bars, active)
            return
        g = emit(RECURRENCE, a, bars[0], **({"axis": axis} if axis else {}), backwards=True)
        yield a, cast(g * _before(op.result, axis or 0, np.ones_like), a)


declare(np.cumprod, _cumulated("cumprod"), Cumprod())

# Differences ----------------------------------------------------------------------------------


def _diff_type(a: Anything, n: int = 1, axis: int = -1) -> Type:
    num = operand(a, "np.diff")
    if num.shape is None:
        return Num("array", num.dtype, None)
    axis = axis_of(axis, len(num.shape))
    shape = tuple(less(s, n) if k == axis else s for k, s in enumerate(num.shape))
    return Num("array", num.dtype, shape)


class Diff(Linear):
    """Differences of order n: slices of the operand with binomial coefficients."""

    def __init__(self) -> None:
        super().__init__({0: lambda *args, **kwargs: None})

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        a, n, axis = op.args[0], op.kwargs.get("n", 1), op.kwargs.get("axis", -1)
        if axis == -1 and rank(a.type) == 1:
            axis = 0
        coefficient = 1
        for k in range(n, -1, -1):
            part = slice(k or None, k - n or None)
            g = bars[0] if coefficient == 1 else coefficient * bars[0]
            yield a, At(along(axis, part), cast(-bars[0] if coefficient == -1 else g, a))
            coefficient = -coefficient * k // (n - k + 1)


declare(np.diff, _diff_type, Diff())
