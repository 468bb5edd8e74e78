"""Joining arrays end to end or along a new axis, arrays written out, and splitting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any as Anything

import numpy as np

from s2s_ad.errors import UnsupportedError
from s2s_ad.ir.build import emit, typeof
from s2s_ad.ir.core import Op, Value, leaves, tree_map
from s2s_ad.ir.types import Num, Seq, Size
from s2s_ad.ops.arraytypes import (
    agreeing,
    array_of,
    axis_of,
    dtype_given,
    slice_size,
    strong_dtype,
    sum_of,
)
from s2s_ad.ops.rules import At, Contributions, cast, declare, tangent_in_nest
from s2s_ad.ops.shaping import alias_of_array, shape_of, shaped_like
from s2s_ad.ops.structure import LIST, as_type

WHOLE = slice(None)


@dataclass(frozen=True)
class Place:
    """Where an item stands in the joined array: at `(*before, here, *after)`. `here` is one
    position (`single`) or as many as the item has along its own axis `axis`."""

    before: tuple[Anything, ...]
    after: tuple[Anything, ...] = ()
    single: bool = False
    axis: int = 0

    def index(self, here: Anything) -> Anything:
        full = (*self.before, here, *self.after)
        return full if len(full) > 1 else here


Placing = Callable[[int | None, int | None, dict[str, Anything]], Place]


def _concatenated(item: int | None, out: int | None, static: dict[str, Anything]) -> Place:
    axis = static.get("axis", 0)
    if axis >= 0:
        return Place((WHOLE,) * axis, axis=axis)
    return Place((Ellipsis,), (WHOLE,) * (-axis - 1), axis=axis)


def _stacked(item: int | None, out: int | None, static: dict[str, Anything]) -> Place:
    axis = static.get("axis", 0)
    if axis >= 0:
        return Place((WHOLE,) * axis, single=True)
    return Place((Ellipsis,), (WHOLE,) * (-axis - 1), single=True)


def _side_by_side(item: int | None, out: int | None, static: dict[str, Anything]) -> Place:
    if item == 0:
        return Place((), single=True)
    if item == 1 or out == 1:
        return Place(())
    if item is None and out is None:
        raise _rank_needed()
    return Place((WHOLE,), axis=1)


def _above(item: int | None, out: int | None, static: dict[str, Anything]) -> Place:
    if item is None:
        raise _rank_needed()
    return [Place((), (0,), True), Place((), (), True), Place(())][min(item, 2)]


def _columns(item: int | None, out: int | None, static: dict[str, Anything]) -> Place:
    if item is None:
        raise _rank_needed()
    return [Place((0,), (), True), Place((WHOLE,), (), True), Place((WHOLE,), axis=1)][min(item, 2)]


def _behind(item: int | None, out: int | None, static: dict[str, Anything]) -> Place:
    if item is None:
        raise _rank_needed()
    before = [(0, 0), (0, WHOLE), (WHOLE, WHOLE), (WHOLE, WHOLE)][min(item, 3)]
    return Place(before, (), item < 3, 2)


def _rank_needed() -> UnsupportedError:
    return UnsupportedError(
        "joining arrays whose number of dimensions is not known",
        "use np.concatenate or np.stack with an axis, or give the arrays a type",
    )


class Join:
    """The derivative of a join: tangents are joined, the cotangent is cut into pieces."""

    def __init__(self, place: Placing) -> None:
        self.place = place

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        nest = op.args[0]
        if not any(v in dots for v in leaves(nest)):
            return [None]
        return [emit(op.prim, tree_map(lambda v: tangent_in_nest(v, dots), nest), **op.kwargs)]

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        nest, g = op.args[0], bars[0]
        if not any(v in active for v in leaves(nest)):
            return
        if type(nest) is Value:
            yield from self.into_container(op, nest, g)
            return
        for item, piece in self.pieces(list(nest), op, g):
            yield from unpack(item, piece, active)

    def into_container(self, op: Op, nest: Value, g: Anything) -> Contributions:
        if not isinstance(nest.type, Seq) or nest.type.kind == "dict":
            raise UnsupportedError(
                f"{op.prim.name} of a sequence of unknown length",
                "write the sequence out, or give the parameter a type",
            )
        items = [emit("getitem", nest, k) for k in range(len(nest.type.items))]
        for k, (item, piece) in enumerate(self.pieces(items, op, g)):
            yield nest, At(k, repack(nest.type.items[k], item, piece))

    def pieces(self, items: list[Anything], op: Op, g: Anything) -> list[tuple[Anything, Anything]]:
        """Each item with the part of g that belongs to it."""
        out: list[tuple[Anything, Anything]] = []
        total: Anything = 0
        flat = "axis" in op.kwargs and op.kwargs["axis"] is None
        for k, item in enumerate(items):
            last = k == len(items) - 1
            if flat:
                start, total = total, total + np.size(item) if not last else None
                part = g[slice(None if k == 0 else start, total)]
                shape = shape_of(item)
                out.append((item, np.reshape(part, shape)))
                continue
            place = self.place(array_of(typeof_nest(item)).rank, op.result.type.rank, op.kwargs)  # type: ignore[union-attr]
            start = total
            if place.single:
                here, total = start, total + 1
            else:
                total = None if last else start + size_along(item, place.axis)
                here = slice(None if k == 0 else start, total)
            index = place.index(here)
            out.append((item, g if index == WHOLE else g[index]))
        return out


def typeof_nest(item: Anything) -> Anything:
    """The type of an operand that may be a nest of values."""
    return as_type(tree_map(lambda v: v.type if type(v) is Value else v, item))


def size_along(item: Anything, axis: int) -> Anything:
    """The size of an item (a value or a nest) along an axis."""
    shape = array_of(typeof_nest(item)).shape
    if shape is not None and isinstance(shape[axis], int):
        return shape[axis]
    if axis == 0 and type(item) is Value and isinstance(item.type, Num):
        return emit("len", item)
    return np.shape(item)[axis] if type(item) is Value else emit("shape", item)[axis]


def unpack(item: Anything, g: Anything, active: set[Value]) -> Contributions:
    """The cotangent of np.array(item) handed to the values in the nest `item`."""
    if type(item) is Value:
        if item not in active:
            return
        if isinstance(item.type, Seq):
            for k, inner in enumerate(item.type.items):
                yield item, At(k, repack(inner, None, g[k]))
        else:
            yield item, cast(g, item)
    elif isinstance(item, (tuple, list)):
        for k, inner in enumerate(item):
            if any(v in active for v in leaves(inner)):
                yield from unpack(inner, g[k], active)


def repack(t: Anything, item: Anything, g: Anything) -> Anything:
    """The cotangent of np.array(x) as one for x of type t: containers again where x has them."""
    if isinstance(t, Seq) and t.kind != "dict":
        return emit(LIST, [repack(inner, None, g[k]) for k, inner in enumerate(t.items)])
    return cast(g, item) if type(item) is Value else g


# Type rules -----------------------------------------------------------------------------------


def _items(arrays: Anything) -> list[Num] | None:
    """The types of what is joined, or None where their number is unknown."""
    if isinstance(arrays, Seq):
        arrays = arrays.items
    if isinstance(arrays, (tuple, list)):
        return [array_of(a) for a in arrays]
    return None


def _joined(items: list[Num] | None, lift: Callable[[Num], Num], axis: int) -> Num:
    if not items:
        return Num("array")
    items = [lift(t) for t in items]
    dtype = strong_dtype(items)
    first = items[0].shape
    if first is None or any(t.shape is None or len(t.shape) != len(first) for t in items):
        known = next((t.shape for t in items if t.shape is not None), None)
        return Num("array", dtype, None if known is None else (None,) * len(known))
    axis = axis_of(axis, len(first))
    new: list[Size] = []
    for k, size in enumerate(first):
        sizes = [t.shape[k] for t in items if t.shape is not None]
        if k == axis:
            new.append(sum_of(sizes))
            continue
        for other in sizes[1:]:
            size = agreeing(size, other)
        new.append(size)
    return Num("array", dtype, tuple(new))


def lifted(r: int, wrap: Callable[[tuple[Size, ...]], tuple[Size, ...]]) -> Callable[[Num], Num]:
    """Items of a rank below r get axes of size 1."""

    def lift(t: Num) -> Num:
        shape = t.shape if t.shape is None or len(t.shape) >= r else wrap(t.shape)
        return Num("array", t.dtype, shape)

    return lift


def _concatenate_type(arrays: Anything, axis: int | None = 0) -> Num:
    items = _items(arrays)
    if axis is None:
        from s2s_ad.ops.arraytypes import product_of

        flat = lifted(99, lambda shape: (product_of(shape),))
        return _joined(items, flat, 0)
    return _joined(items, lambda t: t, axis)


def _stack_type(arrays: Anything, axis: int = 0) -> Num:
    def lift(t: Num) -> Num:
        if t.shape is None:
            return t
        at = axis_of(axis, len(t.shape) + 1)
        return Num("array", t.dtype, (*t.shape[:at], 1, *t.shape[at:]))

    return _joined(_items(arrays), lift, axis)


def _hstack_type(tup: Anything) -> Num:
    items = _items(tup)
    first = items[0].rank if items else None
    if first is None:
        return Num("array", strong_dtype(items) if items else None)
    return _joined(items, lifted(1, lambda s: (1,)), 0 if first <= 1 else 1)


def _vstack_type(tup: Anything) -> Num:
    return _joined(_items(tup), lifted(2, lambda s: (*(1,) * (2 - len(s)), *s)), 0)


def _column_stack_type(tup: Anything) -> Num:
    return _joined(_items(tup), lifted(2, lambda s: (s[0] if s else 1, 1)), 1)


def _dstack_type(tup: Anything) -> Num:
    wrap: dict[int, Callable[..., tuple[Size, ...]]] = {
        0: lambda s: (1, 1, 1),
        1: lambda s: (1, s[0], 1),
        2: lambda s: (*s, 1),
    }
    return _joined(_items(tup), lifted(3, lambda s: wrap[len(s)](s)), 2)


CONCATENATE = declare(np.concatenate, _concatenate_type, Join(_concatenated))
STACK = declare(np.stack, _stack_type, Join(_stacked))
HSTACK = declare(np.hstack, _hstack_type, Join(_side_by_side))
VSTACK = declare(np.vstack, _vstack_type, Join(_above))
DSTACK = declare(np.dstack, _dstack_type, Join(_behind))
COLUMN_STACK = declare(np.column_stack, _column_stack_type, Join(_columns))


# Arrays written out, and conversions ----------------------------------------------------------


class Literal(Join):
    """np.array of numbers and arrays, in nests; of one array it is a copy."""

    def __init__(self) -> None:
        super().__init__(_stacked)

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        return super().jvp(op, dots) if carries(op) else [None]

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        if carries(op):
            yield from unpack(op.args[0], bars[0], active)


def carries(op: Op) -> bool:
    """Whether a conversion keeps the derivative: to an integer dtype it is lost."""
    t = op.result.type
    return not isinstance(t, Num) or t.dtype is None or t.dtype.kind in "fc"


def _array_type(object: Anything, dtype: Anything = None, copy: Anything = True) -> Num:
    t = array_of(object)
    return Num("array", dtype_given(dtype, t.dtype), t.shape)


def _array_alias(op: Op) -> str:
    return "fresh" if op.kwargs.get("copy", True) is True else _asarray_alias(op)


def _asarray_alias(op: Op) -> str:
    what = alias_of_array("same")(op)
    t, out = typeof(op.args[0]), op.result.type
    if what != "same" or not isinstance(t, Num):
        return what
    if t.kind == "array" and (op.kwargs.get("dtype") is None or t.dtype == out.dtype):  # type: ignore[union-attr]
        return "same"
    return "fresh" if t.dtype is not None and t.dtype != out.dtype else "layout"  # type: ignore[union-attr]


def _asarray_type(a: Anything, dtype: Anything = None) -> Num:
    return _array_type(a, dtype)


ARRAY = declare(np.array, _array_type, Literal(), alias=_array_alias)
ASARRAY = declare(np.asarray, _asarray_type, Literal(), np.asanyarray, alias=_asarray_alias)


def _contiguous_type(a: Anything, dtype: Anything = None) -> Num:
    t = _array_type(a, dtype)
    return t if t.shape else Num("array", t.dtype, None if t.shape is None else (1,))


class Contiguous(Literal):
    """np.ascontiguousarray makes a vector of a number."""

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        x, g = op.args[0], bars[0]
        if type(x) is Value and isinstance(x.type, Num) and x.type.shape in ((), None):
            g = shaped_like(g, x)
        if carries(op):
            yield from unpack(x, g, active)


def _contiguous_alias(op: Op) -> str:
    what = _asarray_alias(op)
    return "layout" if what == "same" else what


ASCONTIGUOUSARRAY = declare(
    np.ascontiguousarray, _contiguous_type, Contiguous(), alias=_contiguous_alias
)


# Splitting ------------------------------------------------------------------------------------


def _split_type(ary: Anything, indices_or_sections: Anything, axis: int = 0) -> tuple[Num, ...]:
    t = array_of(ary)
    sections = indices_or_sections
    count = sections if isinstance(sections, int) else len(sections) + 1
    if t.shape is None:
        return (Num("array", t.dtype),) * count
    size = t.shape[axis]
    bounds: list[Anything] = []
    if not isinstance(sections, int):
        bounds = [None, *sections, None]
    elif isinstance(size, int):
        bounds = [size * k // count for k in range(count + 1)]
        if size % count:  # np.array_split: the first ones are longer
            first = [-(-size // count)] * (size % count) + [size // count] * (count - size % count)
            bounds = [0, *np.cumsum(first).tolist()]
    at = axis_of(axis, len(t.shape))
    out = []
    for k in range(count):
        from s2s_ad.ops.arraytypes import derived

        if bounds:
            part: Size = slice_size(size, slice(bounds[k], bounds[k + 1]))
        else:
            part = None if size is None else derived("part", size, count)
        out.append(Num("array", t.dtype, (*t.shape[:at], part, *t.shape[at + 1 :])))
    return tuple(out)


def _array_split_type(
    ary: Anything, indices_or_sections: Anything, axis: int = 0
) -> tuple[Num, ...]:
    types = _split_type(ary, indices_or_sections, axis)
    shape = array_of(ary).shape
    if shape is None or isinstance(shape[axis], int) or not isinstance(indices_or_sections, int):
        return types
    at = axis_of(axis, len(shape))
    return tuple(
        Num("array", t.dtype, (*t.shape[:at], None, *t.shape[at + 1 :]))  # type: ignore[index]
        for t in types
    )


class Split:
    """Parts of one array: the cotangents of the parts are joined."""

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        x = op.args[0]
        if type(x) is not Value or x not in dots:
            return [None] * len(op.results)
        parts = emit(op.prim, dots[x], **op.kwargs)
        return parts if isinstance(parts, list) else [parts]

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        x = op.args[0]
        if type(x) is Value and x in active:
            parts = [g if g is not None else np.zeros_like(r) for g, r in zip(bars, op.results)]
            axis = op.kwargs.get("axis", 0)
            yield x, emit("concatenate", parts, **({"axis": axis} if axis else {}))


for _function, _rule in ((np.split, _split_type), (np.array_split, _array_split_type)):
    declare(
        _function,
        _rule,
        Split(),
        alias=alias_of_array("view"),
        static=("indices_or_sections",),
        container="list",
    )

__all__ = ["Literal", "carries", "repack", "unpack"]
