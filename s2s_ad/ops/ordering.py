"""Sorting, searching and interpolation."""

from __future__ import annotations

from typing import Any as Anything

import numpy as np

from s2s_ad import runtime
from s2s_ad.errors import UnsupportedError
from s2s_ad.ir.build import emit, facts
from s2s_ad.ir.core import Op, Value
from s2s_ad.ir.types import INT, Num, Type, rank
from s2s_ad.ops.arraytypes import product_of
from s2s_ad.ops.fitting import cast
from s2s_ad.ops.promotion import broadcast, numpy_result, operand
from s2s_ad.ops.rules import Contributions, composite, constant, declare, linear
from s2s_ad.ops.shaping import along, length

# Sorting: a permutation, that of a stable sort, so that ties are treated alike everywhere ------


def _sorted_type(a: Anything, axis: int | None = -1, kind: str | None = None) -> Num:
    num = operand(a, "np.sort")
    shape = num.shape
    if axis is None and (shape is None or len(shape) != 1):
        shape = (product_of(shape),)
    return Num("array", num.dtype, shape)


class Sort:
    """The tangent is permuted as the elements are, the cotangent back."""

    flat = composite(lambda a, axis=None, kind=None: np.sort(np.ravel(a), axis=0))

    def _pick(self, v: Anything, order: Anything, op: Op) -> Anything:
        if rank(op.args[0].type) == 1:
            return v[order]
        return np.take_along_axis(v, order, op.kwargs.get("axis", -1))

    def _order(self, of: Anything, op: Op) -> Anything:
        if rank(op.args[0].type) == 1 or op.kwargs.get("axis", -1) == -1:
            return np.argsort(of, kind="stable")
        return np.argsort(of, axis=op.kwargs["axis"], kind="stable")

    def _flattens(self, op: Op) -> bool:
        return op.kwargs.get("axis", -1) is None and rank(op.args[0].type) != 1

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        if self._flattens(op):
            return self.flat.jvp(op, dots)
        a = op.args[0]
        return [self._pick(dots[a], self._order(a, op), op)]

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        if self._flattens(op):
            yield from self.flat.vjp(op, bars, active)
            return
        a = op.args[0]
        back = self._order(self._order(a, op), op)
        yield a, cast(self._pick(bars[0], back, op), a)


declare(np.sort, _sorted_type, Sort())


def _argsort_type(a: Anything, axis: int | None = -1, kind: str | None = None) -> Type:
    out = _sorted_type(a, axis, kind)
    return Num(out.kind, np.dtype(np.intp), out.shape)


declare(np.argsort, _argsort_type, constant)


def _taken_type(arr: Anything, indices: Anything, axis: int) -> Type:
    num, index = operand(arr, "np.take_along_axis"), operand(indices, "np.take_along_axis")
    if num.shape is None or index.shape is None or not isinstance(axis, int):
        return Num("array", num.dtype, None)
    shape = list(broadcast(num, index) or ())
    shape[axis] = index.shape[axis]
    return Num("array", num.dtype, tuple(shape))


def _untaken(g: Anything, out: Anything, arr: Anything, indices: Anything, axis: int) -> Anything:
    return emit("add_along_axis", g, indices, arr, axis=axis)


TAKE_ALONG = declare(
    np.take_along_axis,
    _taken_type,
    linear(_untaken),
    static=("axis",),
)
ADD_ALONG = declare(
    runtime.add_along_axis,
    lambda g, indices, like, axis: operand(like, "np.take_along_axis"),
    linear(lambda g, out, v, indices, like, axis: np.take_along_axis(g, indices, axis)),
    name="add_along_axis",
    syntax="runtime add_along_axis",
    static=("axis",),
)

# Searching ------------------------------------------------------------------------------------


def _search_type(a: Anything, v: Anything, side: str = "left") -> Type:
    operand(a, "np.searchsorted")
    return numpy_result(np.dtype(np.intp), (operand(v, "np.searchsorted"),))


declare(np.searchsorted, _search_type, constant)


def _digitize_type(x: Anything, bins: Anything, right: bool = False) -> Type:
    return numpy_result(np.dtype(np.intp), (operand(x, "np.digitize"),))


declare(np.digitize, _digitize_type, constant)
declare(
    np.flatnonzero,
    lambda a: Num("array", INT.dtype, (facts().fresh(),)),
    constant,
)

# Interpolation and quadrature -----------------------------------------------------------------


def _interp_type(x: Anything, xp: Anything, fp: Anything) -> Type:
    operand(xp, "np.interp")
    num, values = operand(x, "np.interp"), operand(fp, "np.interp")
    if values.dtype is not None and values.dtype.kind == "c":
        raise UnsupportedError("np.interp of complex values", "interpolate their parts")
    return numpy_result(np.dtype(float), (num,))


def _interp(x: Anything, xp: Anything, fp: Anything) -> Anything:
    """Linear between the nodes (on a node: of the interval after it), constant outside."""
    last = length(xp) - 2
    i = np.clip(np.searchsorted(xp, x, side="right") - 1, 0, last)
    t = np.clip((x - xp[i]) / (xp[i + 1] - xp[i]), 0.0, 1.0)
    return fp[i] + t * (fp[i + 1] - fp[i])


declare(np.interp, _interp_type, composite(_interp))


def _trapezoid_type(y: Anything, *x: Anything, dx: float = 1.0, axis: int = -1) -> Type:
    num = operand(y, "np.trapezoid")
    if len(x) > 1 or axis != -1:
        raise UnsupportedError("np.trapezoid with more than x and dx", "move the axis to the end")
    nums = [num, *(operand(t, "np.trapezoid") for t in x)]
    if any(n.shape is None for n in nums):
        return Num("any", None, None)
    rank = max(len(n.shape) for n in nums if n.shape is not None)
    if rank == 1:
        return Num("np", None, ())
    return Num("any", None, None)


def _trapezoid(y: Anything, *x: Anything, dx: float = 1.0, axis: int = -1) -> Anything:
    sums = y[along(-1, slice(1, None))] + y[along(-1, slice(None, -1))]
    widths = np.diff(x[0]) if x else dx
    return np.sum(0.5 * widths * sums, axis=-1)


declare(np.trapezoid, _trapezoid_type, composite(_trapezoid))
