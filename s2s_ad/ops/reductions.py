"""Sums, means, products, extrema and cumulations along axes.

The maximum's and minimum's derivative is shared evenly among ties; that of std is 0 where all
elements are equal; products are right with any number of zeros.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import reduce
from typing import Any as Anything

import numpy as np

from s2s_ad import runtime
from s2s_ad.errors import UnsupportedError
from s2s_ad.ir.build import emit, typeof
from s2s_ad.ir.core import Op, Value
from s2s_ad.ir.primitive import Primitive
from s2s_ad.ir.types import INT, Num, Type, is_scalar, rank
from s2s_ad.ops.arraytypes import axis_of, product_of, reduced
from s2s_ad.ops.fitting import cast
from s2s_ad.ops.promotion import equal, operand
from s2s_ad.ops.rules import Contributions, composite, constant, declare, differential, linear
from s2s_ad.ops.shaping import length, shaped_like

Axis = Anything  # None, an int or a tuple of ints

# Types ----------------------------------------------------------------------------------------


def refuse_given(name: str, **given: Anything) -> None:
    for argument, value in given.items():
        if value is not None:
            raise UnsupportedError(f"np.{name} with the argument {argument!r}", "leave it out")


def axes_of(axis: Axis, rank: int) -> tuple[int, ...]:
    """The axes as a tuple of non-negative numbers."""
    if axis is None:
        return tuple(range(rank))
    return tuple(axis_of(k, rank) for k in (axis if isinstance(axis, tuple) else (axis,)))


def reduction_type(num: Num, dtype: np.dtype | None, axis: Axis, keepdims: bool) -> Num:
    """The type of a reduction of an array along axes."""
    if num.shape is None:
        return reduced(dtype, () if axis is None and not keepdims else None)
    gone = axes_of(axis, len(num.shape))
    if keepdims:
        return reduced(dtype, tuple(1 if k in gone else n for k, n in enumerate(num.shape)))
    return reduced(dtype, tuple(n for k, n in enumerate(num.shape) if k not in gone))


def _same(d: np.dtype) -> np.dtype:
    return d


def summed(d: np.dtype) -> np.dtype:
    """Small integers are summed as integers of the platform's size."""
    return np.add.reduce(np.zeros(1, d)).dtype if d.kind in "iub" else d


def _averaged(d: np.dtype) -> np.dtype:
    return d if d.kind in "fc" else np.dtype(float)


def _spread_out(d: np.dtype) -> np.dtype:
    return np.empty(0, _averaged(d)).real.dtype


def reduction(
    function: Callable[..., Anything],
    dtype_of: Callable[[np.dtype], np.dtype],
    derivative: Anything,
    *spellings: Anything,
    order: tuple[str, ...] = ("axis", "dtype", "out"),
) -> Primitive:
    """Declare a reduction `function(a, axis, ..., keepdims)`; `order` is NumPy's order of the
    static arguments before `keepdims`."""
    name = function.__name__
    infer: Callable[..., Type]

    def infer_dtype(a: Anything, axis: Axis, keepdims: bool, ddof: int = 0) -> Type:
        num = operand(a, f"np.{name}")
        return reduction_type(num, num.dtype and dtype_of(num.dtype), axis, keepdims)

    if order == ("axis", "dtype", "out"):

        def infer(
            a: Anything,
            axis: Axis = None,
            dtype: Anything = None,
            out: Anything = None,
            keepdims: bool = False,
        ) -> Type:
            refuse_given(name, dtype=dtype, out=out)
            return infer_dtype(a, axis, keepdims)

    elif order == ("axis", "out"):

        def infer(
            a: Anything, axis: Axis = None, out: Anything = None, keepdims: bool = False
        ) -> Type:
            refuse_given(name, out=out)
            return infer_dtype(a, axis, keepdims)

    else:

        def infer(
            a: Anything,
            axis: Axis = None,
            dtype: Anything = None,
            out: Anything = None,
            ddof: int = 0,
            keepdims: bool = False,
        ) -> Type:
            refuse_given(name, dtype=dtype, out=out)
            return infer_dtype(a, axis, keepdims)

    syntax = f"call np.{name}"
    return declare(function, infer, derivative, *spellings, name=name, syntax=syntax)


# Sums and means -------------------------------------------------------------------------------


def expand(g: Anything, a: Anything, axis: Axis, keepdims: bool) -> Anything:
    """A reduction of `a` with the reduced axes put back as size 1, so that it broadcasts; the
    number that it was spread from, if it was."""
    g = one_number(g)
    known = rank(a.type)
    if (
        is_scalar(typeof(g))
        or axis is None
        or keepdims
        or known == 0
        or (known == 1 and axis != ())
    ):
        return g
    return np.expand_dims(g, axis)


def one_number(g: Anything) -> Anything:
    """The number of which all elements of a cotangent are copies, where that is known."""
    op = g.owner if type(g) is Value else None
    if isinstance(op, Op) and op.prim.name == "broadcast_like" and op.role != "primal":
        return op.args[0] if is_scalar(typeof(op.args[0])) else g
    return g


def spread(g: Anything, a: Anything, axis: Axis, keepdims: bool) -> Anything:
    """A reduction of `a` broadcast back to the shape of `a`: the transpose of the sum."""
    return emit("broadcast_like", expand(g, a, axis, keepdims), a)


def count(a: Anything, axis: Axis) -> Anything:
    """The number of elements that one element of a reduction comes from."""
    known = rank(a.type)
    if known == 0:
        return 1
    if axis is None or (known == 1 and axis != ()):
        shape = typeof(a).shape if known is not None else None  # type: ignore[union-attr]
        total = product_of(shape) if shape is not None else None
        return total if isinstance(total, int) else np.size(a)
    axes = axis if isinstance(axis, tuple) else (axis,)
    return reduce(operator.mul, [length(a, k) for k in axes]) if axes else 1


def _sum_transpose(
    g: Anything, out: Anything, a: Anything, axis: Axis = None, keepdims: bool = False
) -> Anything:
    return spread(g, a, axis, keepdims)


def _mean_transpose(
    g: Anything, out: Anything, a: Anything, axis: Axis = None, keepdims: bool = False
) -> Anything:
    return emit("broadcast_like", expand(g, a, axis, keepdims) / count(a, axis), a)


def deviation(a: Anything, axis: Axis) -> Anything:
    return a - (np.mean(a) if axis is None else np.mean(a, axis=axis, keepdims=True))


def _sum(d: Anything, axis: Axis, keepdims: bool) -> Anything:
    kwargs: dict[str, Anything] = {} if axis is None else {"axis": axis}
    if keepdims:
        kwargs["keepdims"] = True
    return np.sum(d, **kwargs)


def _var_map(
    d: Anything,
    out: Anything,
    a: Anything,
    axis: Axis = None,
    ddof: int = 0,
    keepdims: bool = False,
) -> Anything:
    n = count(a, axis)
    return _sum(2.0 * deviation(a, axis) * d, axis, keepdims) / (n - ddof if ddof else n)


def _var_vjp(
    g: Anything,
    out: Anything,
    a: Anything,
    axis: Axis = None,
    ddof: int = 0,
    keepdims: bool = False,
) -> Anything:
    n = count(a, axis)
    scale = 2.0 * expand(g, a, axis, keepdims) / (n - ddof if ddof else n)
    return scale * deviation(a, axis)


def _std_map(
    d: Anything,
    out: Anything,
    a: Anything,
    axis: Axis = None,
    ddof: int = 0,
    keepdims: bool = False,
) -> Anything:
    n = count(a, axis)
    size = np.where(equal(out, 0.0), 1.0, out)
    return _sum(deviation(a, axis) * d, axis, keepdims) / ((n - ddof if ddof else n) * size)


def _std_vjp(
    g: Anything,
    out: Anything,
    a: Anything,
    axis: Axis = None,
    ddof: int = 0,
    keepdims: bool = False,
) -> Anything:
    n = count(a, axis)
    size = np.where(equal(out, 0.0), 1.0, out)
    scale = one_number(g) / ((n - ddof if ddof else n) * size)
    return expand(scale, a, axis, keepdims) * deviation(a, axis)


WITH_DDOF = ("axis", "dtype", "out", "ddof")
reduction(np.sum, summed, linear(_sum_transpose))
reduction(np.mean, _averaged, linear(_mean_transpose))
reduction(np.var, _spread_out, differential(_var_map, vjp=_var_vjp), order=WITH_DDOF)
reduction(np.std, _spread_out, differential(_std_map, vjp=_std_vjp), order=WITH_DDOF)

# Products -------------------------------------------------------------------------------------


def like_operand(x: Anything, axis: Axis = None) -> Type:
    num = operand(x, "np.prod")
    return Num(num.kind if num.kind == "array" else "any", num.dtype, num.shape)


def _others(x: Anything, axis: Axis = None) -> Anything:
    """The product of all elements but one, for each: what its derivative follows from."""
    if axis is None:
        flat = np.ravel(x)
        unit = emit("eye", np.size(x))
        return shaped_like(np.prod(np.where(unit, 1.0, flat), axis=1), x)
    if isinstance(axis, tuple):
        known = rank(x.type)
        if known is None:
            raise UnsupportedError(
                "the second derivative of np.prod along several axes of an unknown rank",
                "give the type of the array",
            )
        places = tuple(range(-len(axis), 0))
        moved = np.moveaxis(x, axis, places)
        lead = tuple(length(moved, k) for k in range(known - len(axis)))
        out = _others(np.reshape(moved, (*lead, -1)), -1)
        return np.moveaxis(shaped_like(out, moved), places, axis)
    last = np.moveaxis(x, axis, -1)
    unit = emit("eye", length(x, axis))
    rows = np.where(unit, 1.0, last[(Ellipsis, None, slice(None))])
    return np.moveaxis(np.prod(rows, axis=-1), -1, axis)


# The product of all other elements along an axis, for each element, without a division.
OTHERS = declare(
    runtime.product_of_others,
    like_operand,
    composite(_others),
    name="product_of_others",
    syntax="runtime product_of_others",
)


class Prod:
    """d prod(a) = sum of d times the product of the others."""

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        axis, keepdims = op.kwargs.get("axis"), op.kwargs.get("keepdims", False)
        a = op.args[0]
        return [_sum(dots[a] * self.others(a, axis), axis, keepdims)]

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        axis, keepdims = op.kwargs.get("axis"), op.kwargs.get("keepdims", False)
        a = op.args[0]
        yield a, cast(expand(bars[0], a, axis, keepdims) * self.others(a, axis), a)

    def others(self, a: Anything, axis: Axis) -> Anything:
        if axis is None or (rank(a.type) == 1):
            return emit(OTHERS, a)
        return emit(OTHERS, a, axis=axis)


reduction(np.prod, summed, Prod())

# Extrema --------------------------------------------------------------------------------------

# 1 / the number of ties, at the elements that are equal to the extremum; 0 elsewhere.
SHARES = declare(
    runtime.shares,
    lambda a, out, axis=None, keepdims=False: like_operand(a),
    constant,
    name="shares",
    syntax="runtime shares",
)


class Extremum:
    """The derivative goes to the elements that are equal to the result, in equal shares."""

    def _options(self, op: Op) -> tuple[Axis, bool]:
        return op.kwargs.get("axis"), op.kwargs.get("keepdims", False)

    def _plain(self, a: Anything) -> bool:
        """Whether the dtype and rank are known, so that no helper is needed."""
        t = a.type
        return isinstance(t, Num) and t.dtype is not None and t.rank is not None

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        (axis, keepdims), a, out = self._options(op), op.args[0], op.result
        if not self._plain(a):
            return [_sum(dots[a] * emit(SHARES, a, out, **op.kwargs), axis, keepdims)]
        ties = equal(a, expand(out, a, axis, keepdims))
        number = _sum(ties, axis, keepdims)
        return [cast(_sum(np.where(ties, dots[a], 0.0), axis, keepdims) / number, out)]

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        (axis, keepdims), a, out = self._options(op), op.args[0], op.result
        if not self._plain(a):
            yield a, expand(bars[0], a, axis, keepdims) * emit(SHARES, a, out, **op.kwargs)
            return
        ties = equal(a, expand(out, a, axis, keepdims))
        number = np.sum(ties) if axis is None else np.sum(ties, axis=axis, keepdims=True)
        share = expand(bars[0], a, axis, keepdims) / number
        yield a, cast(np.where(ties, share, 0.0), a)


extremum: Anything
alias_of_it: Anything
for extremum, alias_of_it in ((np.max, np.amax), (np.min, np.amin)):
    reduction(extremum, _same, Extremum(), alias_of_it, order=("axis", "out"))


def _range(a: Anything, axis: Axis = None, keepdims: bool = False) -> Anything:
    kwargs = {"axis": axis, "keepdims": keepdims}
    kwargs = {k: v for k, v in kwargs.items() if v is not None and v is not False}
    return np.max(a, **kwargs) - np.min(a, **kwargs)


reduction(np.ptp, _same, composite(_range), order=("axis", "out"))

# Constant reductions --------------------------------------------------------------------------

f: Anything
for f in (np.any, np.all):
    reduction(f, lambda d: np.dtype(bool), constant, order=("axis", "out"))
for f in (np.argmax, np.argmin):
    reduction(f, lambda d: np.dtype(np.intp), constant, order=("axis", "out"))


def _count_type(a: Anything, axis: Axis = None, keepdims: bool = False) -> Type:
    out = reduction_type(operand(a, "np.count_nonzero"), INT.dtype, axis, keepdims)
    return Num("any", INT.dtype, ()) if is_scalar(out) else out  # an int in older NumPy


declare(np.count_nonzero, _count_type, constant)
