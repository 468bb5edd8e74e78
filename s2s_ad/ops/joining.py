"""Joining arrays end to end or along a new axis, arrays written out, and splitting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any as Anything

import numpy as np

from s2s_ad import runtime
from s2s_ad.ir.build import emit
from s2s_ad.ir.core import Op, Value, leaves, tree_map
from s2s_ad.ir.types import ListOf, Num, Seq, Size, Type, rank
from s2s_ad.ops.arraytypes import (
    agreeing,
    array_of,
    axis_of,
    product_of,
    strong_dtype,
    sum_of,
)
from s2s_ad.ops.fitting import cast, tangent_in_nest
from s2s_ad.ops.rules import At, Contributions, Linear, declare
from s2s_ad.ops.shaping import shape_of
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


# The place of an item of some rank in a result of some rank; None where a rank is needed that
# is unknown.
Placing = Callable[[int | None, int | None, dict[str, Anything]], Place | None]


def _concatenated(item: int | None, out: int | None, static: dict[str, Anything]) -> Place:
    axis = static.get("axis", 0)
    if axis >= 0:
        return Place((WHOLE,) * axis, axis=axis)
    return Place((Ellipsis,), (WHOLE,) * (-axis - 1), axis=axis)


def stacked_place(item: int | None, out: int | None, static: dict[str, Anything]) -> Place:
    axis = static.get("axis", 0)
    if axis >= 0:
        return Place((WHOLE,) * axis, single=True)
    return Place((Ellipsis,), (WHOLE,) * (-axis - 1), single=True)


def _side_by_side(item: int | None, out: int | None, static: dict[str, Anything]) -> Place | None:
    if item == 0:
        return Place((), single=True)
    if item == 1 or out == 1:
        return Place(())
    if item is None and out is None:
        return None
    return Place((WHOLE,), axis=1)


def _above(item: int | None, out: int | None, static: dict[str, Anything]) -> Place | None:
    if item is None:
        return None
    return [Place((), (0,), True), Place((), (), True), Place(())][min(item, 2)]


def _columns(item: int | None, out: int | None, static: dict[str, Anything]) -> Place | None:
    if item is None:
        return None
    return [Place((0,), (), True), Place((WHOLE,), (), True), Place((WHOLE,), axis=1)][min(item, 2)]


def _behind(item: int | None, out: int | None, static: dict[str, Anything]) -> Place | None:
    if item is None:
        return None
    before = [(0, 0), (0, WHOLE), (WHOLE, WHOLE), (WHOLE, WHOLE)][min(item, 3)]
    return Place(before, (), item < 3, 2)


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
        if type(nest) is not Value:
            for item, piece in self.pieces(list(nest), op, g):
                yield from unpack(item, piece, active)
        elif isinstance(nest.type, Seq):
            items = [emit("getitem", nest, k) for k in range(len(nest.type.items))]
            for k, (item, piece) in enumerate(self.pieces(items, op, g)):
                yield nest, At(k, repack(nest.type.items[k], item, piece))
        else:
            yield nest, self.unjoined(op, g)

    def unjoined(self, op: Op, g: Anything) -> Anything:
        """The pieces by the runtime helper, where number or ranks of the items are unknown."""
        return emit("unjoin", g, op.args[0], how=op.prim.name, **op.kwargs)

    def pieces(self, items: list[Anything], op: Op, g: Anything) -> list[tuple[Anything, Anything]]:
        """Each item with the part of g that belongs to it."""
        out: list[tuple[Anything, Anything]] = []
        total: Anything = 0
        flat = "axis" in op.kwargs and op.kwargs["axis"] is None
        for k, item in enumerate(items):
            last = k == len(items) - 1
            if flat:
                start, total = total, None if last else end_of(total, np.size(item))
                part = g[slice(None if k == 0 else start, total)]
                shape = shape_of(item)
                out.append((item, np.reshape(part, shape)))
                continue
            place = self.place(array_of(typeof_nest(item)).rank, rank(op.result.type), op.kwargs)
            if place is None:
                pieces = self.unjoined(op, g)
                return [(item, pieces[k]) for k, item in enumerate(items)]
            start = total
            if place.single:
                here, total = start, total + 1
            else:
                total = None if last else end_of(start, size_along(item, place.axis))
                here = slice(None if k == 0 else start, total)
            index = place.index(here)
            out.append((item, g if index == WHOLE else g[index]))
        return out


def _unjoin_type(g: Anything, arrays: Anything, how: str, axis: Anything = 0) -> Type:
    t, dtype = as_type(arrays), array_of(g).dtype
    if isinstance(t, Seq):
        pieces = [Num("any", dtype, array_of(item).shape) for item in t.items]
        return Seq("list", tuple(pieces))
    elem = array_of(t.elem) if isinstance(t, ListOf) else Num("any")
    return ListOf("list", Num("any", dtype, elem.shape))


class Unjoin(Linear):
    """The pieces that a join put together, and its transpose that join."""

    def __init__(self) -> None:
        super().__init__({0: self.join})

    @staticmethod
    def join(
        h: Anything, out: Value, g: Anything, arrays: Anything, **static: Anything
    ) -> Anything:
        how = static.pop("how")
        return emit(how, h, **static)


def end_of(start: Anything, size: Anything) -> Anything:
    """Where a piece ends."""
    return size if type(start) is int and start == 0 else start + size


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
    return emit("shape", item)[axis]


def unpack(item: Anything, g: Anything, active: set[Value]) -> Contributions:
    """The cotangent of np.array(item) handed to the values in the nest `item`."""
    if type(item) is Value:
        if item not in active:
            return
        if isinstance(item.type, Seq):
            for k, inner in enumerate(item.type.items):
                yield item, At(k, repack(inner, None, g[k]))
        elif isinstance(item.type, ListOf):
            nested = isinstance(item.type.elem, (Seq, ListOf))
            yield item, emit("nested", g, item) if nested else emit("listed", g)
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


CONCATENATE = declare(np.concatenate, _concatenate_type, Join(_concatenated), arrays=0)
STACK = declare(np.stack, _stack_type, Join(stacked_place), arrays=0)
HSTACK = declare(np.hstack, _hstack_type, Join(_side_by_side), arrays=0)
VSTACK = declare(np.vstack, _vstack_type, Join(_above), arrays=0)
DSTACK = declare(np.dstack, _dstack_type, Join(_behind), arrays=0)
COLUMN_STACK = declare(np.column_stack, _column_stack_type, Join(_columns), arrays=0)
UNJOIN = declare(runtime.unjoin, _unjoin_type, Unjoin(), syntax="runtime unjoin", static=("how",))
