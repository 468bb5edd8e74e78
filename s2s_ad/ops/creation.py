"""New arrays: zeros, full, eye, arange, linspace and the `_like` family."""

from __future__ import annotations

from typing import Any as Anything

import numpy as np

from s2s_ad.errors import UnsupportedError
from s2s_ad.ir.build import emit, facts
from s2s_ad.ir.core import Op, Value
from s2s_ad.ir.types import Num, Size
from s2s_ad.ops.arraytypes import (
    array_of,
    dtype_given,
    product_of,
    promoted,
    shape_argument,
    size_of_int,
    strong_dtype,
)
from s2s_ad.ops.fitting import fit, like_result, total
from s2s_ad.ops.literals import carries
from s2s_ad.ops.rules import Contributions, Linear, constant, declare
from s2s_ad.ops.shaping import shaped_like

# Constants ------------------------------------------------------------------------------------


def _zeros_type(shape: Anything, dtype: Anything = float, order: str = "C") -> Num:
    return Num("array", np.dtype(dtype), shape_argument(shape))


for _function in (np.zeros, np.ones, np.empty):
    declare(_function, _zeros_type, constant, arrays=0)


def _ndarray_type(shape: Anything, dtype: Anything = float, *, order: Anything = None) -> Num:
    """An array of its own memory: with a `buffer` it would be a view, which is refused."""
    return _zeros_type(shape, dtype)


NDARRAY = declare(np.ndarray, _ndarray_type, constant, arrays=0)


def _eye_type(N: Anything, *M: Anything, k: int = 0, dtype: Anything = float) -> Num:
    rows = size_of_int(N)
    return Num("array", np.dtype(dtype), (rows, size_of_int(M[0]) if M else rows))


EYE = declare(np.eye, _eye_type, constant, arrays=0)


def _identity_type(n: Anything, dtype: Anything = None) -> Num:
    return Num("array", dtype_given(dtype, np.dtype(float)), (size_of_int(n),) * 2)


IDENTITY = declare(np.identity, _identity_type, constant, arrays=0)


def _like_type(
    a: Anything, dtype: Anything = None, order: str = "K", shape: Anything = None
) -> Num:
    t = array_of(a)
    sizes = t.shape if shape is None else shape_argument(shape)
    return Num("array", dtype_given(dtype, t.dtype), sizes)


for _like in (np.zeros_like, np.ones_like, np.empty_like):
    declare(_like, _like_type, constant)

# Filled ---------------------------------------------------------------------------------------


class Fill(Linear):
    """One number spread over a new array; an integer array cuts the derivative."""

    def __init__(self) -> None:
        super().__init__({1: lambda g, out, like, v, **static: fit(g, v)})

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        return super().jvp(op, dots) if carries(op) else [None]

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        return super().vjp(op, bars, active) if carries(op) else iter(())


def _full_type(
    shape: Anything, fill_value: Anything, dtype: Anything = None, order: str = "C"
) -> Num:
    dtype = dtype_given(dtype, array_of(fill_value).dtype)
    return Num("array", dtype, shape_argument(shape))


FULL = declare(np.full, _full_type, Fill(), arrays=0)


def _full_like_type(
    a: Anything, fill_value: Anything, dtype: Anything = None, order: str = "K"
) -> Num:
    t = array_of(a)
    return Num("array", dtype_given(dtype, t.dtype), t.shape)


FULL_LIKE = declare(np.full_like, _full_like_type, Fill())

# Ranges ---------------------------------------------------------------------------------------


def _arange_type(*args: Anything, dtype: Anything = None) -> Num:
    types = [array_of(a) for a in args]
    found = strong_dtype(types)
    size: Size = None
    if found is not None and found.kind in "iu":
        if all(isinstance(a, (int, np.integer)) for a in args):
            size = len(range(*map(int, args)))
        elif len(args) == 1:
            size = size_of_int(args[0])
            # A length that may be negative (a value with an offset) counts as 0, as sizes do.
    return Num("array", dtype_given(dtype, found), (size if size is not None else facts().fresh(),))


def _bounds(op: Op) -> tuple[Anything, Anything]:
    """The start and the step of an arange, None where they are not given."""
    args = op.args
    return (args[0] if len(args) > 1 else None), (args[2] if len(args) > 2 else None)


class Arange:
    """start + k * step; moving stop moves no element."""

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        start, step = _bounds(op)
        terms = []
        if type(start) is Value and start in dots:
            terms.append(dots[start])
        if type(step) is Value and step in dots:
            terms.append(dots[step] * emit("arange", emit("size", op.result)))
        d = total(terms)
        if d is None or not carries(op):
            return [None]
        return [like_result(d, op.result)]

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        start, step = _bounds(op)
        if not carries(op):
            return
        if type(start) is Value and start in active:
            yield start, fit(bars[0], start)
        if type(step) is Value and step in active:
            yield step, fit(bars[0] * emit("arange", np.size(bars[0])), step)


ARANGE = declare(np.arange, _arange_type, Arange(), arrays=0)


def _linspace_type(
    start: Anything, stop: Anything, num: int = 50, endpoint: bool = True, dtype: Anything = None
) -> Num:
    types = [array_of(start), array_of(stop)]
    if any(t.shape not in ((), None) for t in types):
        raise UnsupportedError("np.linspace between arrays", "use start + t * (stop - start)")
    found = promoted(*types, Num("py", np.dtype(float), ()))
    found = np.dtype(float) if all(t.kind == "py" for t in types) else found
    return Num("array", dtype_given(dtype, found), (size_of_int(num),))


class Linspace(Linear):
    """start * (1 - t) + stop * t."""

    def __init__(self) -> None:
        super().__init__({0: self.first, 1: self.last})

    @staticmethod
    def steps(num: tuple[Anything, ...], static: dict[str, Anything]) -> Anything:
        kept = {k: v for k, v in static.items() if k != "dtype"}
        return emit("linspace", 0.0, 1.0, *num, **kept)

    def first(self, g: Anything, out: Value, *args: Anything, **static: Anything) -> Anything:
        return fit(g * (1.0 - self.steps(args[2:], static)), args[0])

    def last(self, g: Anything, out: Value, *args: Anything, **static: Anything) -> Anything:
        return fit(g * self.steps(args[2:], static), args[1])

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        if not carries(op):
            return [None]
        ends = [dots[v] if type(v) is Value and v in dots else 0.0 for v in op.args[:2]]
        return [emit(op.prim, *ends, *op.args[2:], **op.kwargs)]

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        return super().vjp(op, bars, active) if carries(op) else iter(())


LINSPACE = declare(np.linspace, _linspace_type, Linspace())
LINSPACE.static -= {"num"}  # an operand: the number may be known at run time only

# Grids ----------------------------------------------------------------------------------------


def _meshgrid_type(
    *xi: Anything, indexing: str = "xy", sparse: bool = False, copy: bool = True
) -> tuple[Num, ...]:
    if sparse or not copy:
        raise UnsupportedError("np.meshgrid with sparse=True or copy=False", "index with None")
    types = [array_of(x) for x in xi]
    sizes = [product_of(t.shape) for t in types]
    if indexing == "xy" and len(sizes) > 1:
        sizes[:2] = sizes[1::-1]
    return tuple(Num("array", t.dtype, tuple(sizes)) for t in types)


class Meshgrid:
    """Each vector repeated along the other axes: its cotangent is summed over them."""

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        if not any(type(x) is Value and x in dots for x in op.args):
            return [None] * len(op.results)
        given = [dots[x] if type(x) is Value and x in dots else None for x in op.args]
        filled = [x if d is None else d for x, d in zip(op.args, given)]
        grids = emit(op.prim, *filled, **op.kwargs)
        grids = grids if isinstance(grids, list) else [grids]
        return [None if d is None else g for d, g in zip(given, grids)]

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        places = list(range(len(op.args)))
        if op.kwargs.get("indexing", "xy") == "xy" and len(places) > 1:
            places[:2] = [1, 0]
        for x, g, place in zip(op.args, bars, places):
            if type(x) is not Value or x not in active or g is None:
                continue
            others = tuple(k for k in sorted(places) if k != place)
            if others:
                g = np.sum(g, axis=others if len(others) > 1 else others[0])
            yield x, shaped_like(g, x)


MESHGRID = declare(np.meshgrid, _meshgrid_type, Meshgrid(), container="tuple")
