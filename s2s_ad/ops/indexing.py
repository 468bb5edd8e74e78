"""Reads by index: `x[i]` of arrays (ints, slices, newaxis, ellipsis, arrays, masks) and containers.

The index operand is a nest of constants and values as Python has it: `x[1:n, None]` has the
arguments `(x, (slice(1, n), None))`.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from functools import reduce
from typing import Any as Anything

import numpy as np

from s2s_ad.errors import UnsupportedError
from s2s_ad.ir.build import emit, facts, typeof
from s2s_ad.ir.core import Op, Value, leaves, tree_map
from s2s_ad.ir.types import ANY, EMPTY, ListOf, Num, Seq, Size, Type
from s2s_ad.ops.arraytypes import UNKNOWN, agreeing, array_of, slice_size
from s2s_ad.ops.fitting import tangent_in_nest
from s2s_ad.ops.rules import At, Contributions, declare
from s2s_ad.ops.structure import as_type


@dataclass
class Entry:
    """One entry of an index: `what` is new, rest, slice, int, array, mask or unknown."""

    what: str
    given: Anything = None
    type: Num = UNKNOWN

    @property
    def consumes(self) -> int:
        if self.what == "mask":
            assert self.type.shape is not None
            return len(self.type.shape)
        return 0 if self.what in ("new", "rest") else 1

    @property
    def advanced(self) -> bool:
        return self.what in ("array", "mask")


def entries(index: Anything) -> list[Entry]:
    """An index, with types where values stand, entry by entry."""
    if isinstance(index, Seq) and index.kind == "tuple":
        index = index.items
    return [entry(e) for e in (index if isinstance(index, tuple) else (index,))]


def entry(e: Anything) -> Entry:
    if e is None:
        return Entry("new")
    if e is Ellipsis:
        return Entry("rest")
    if isinstance(e, slice):
        for bound in (e.start, e.stop, e.step):
            check_index(as_type(bound))
        return Entry("slice", e)
    if isinstance(e, (int, np.integer)) and not isinstance(e, bool):
        return Entry("int", e)
    t = as_type(e)
    if isinstance(t, Seq) and t.kind == "list" and not t.items:
        t = Num("array", np.dtype(int), (0,))  # x[[]] selects nothing
    t = array_of(t)
    check_index(t)
    if t.dtype is None or t.shape is None or t.kind == "any":
        return Entry("unknown", e, t)
    if t.dtype.kind == "b":
        return Entry("mask" if t.shape else "unknown", e, t)
    if t.dtype.kind not in "iu":
        return Entry("unknown", e, t)
    return Entry("int" if t.kind in ("py", "np") else "array", e, t)


def check_index(t: Type) -> None:
    """Refuse a float as an index: an int in `wrt` was promoted to one."""
    if isinstance(t, Num) and t.dtype is not None and t.dtype.kind in "fc":
        raise UnsupportedError(
            "a float is no index",
            "an int that is used as an index has no derivative: leave it out of wrt",
        )


def read_type(x: Anything, index: Anything) -> Type:
    """The type of x[index], exact where the types allow it."""
    x = as_type(x)
    if isinstance(x, (Seq, ListOf)):
        return item_type(x, index)
    if not isinstance(x, Num):
        return ANY
    found = entries(index)
    unknown = Num("any", x.dtype, None)
    if x.shape is None or any(e.what == "unknown" for e in found):
        return unknown
    if sum(e.what == "rest" for e in found) > 1:
        return unknown
    missing = len(x.shape) - sum(e.consumes for e in found)
    if missing < 0:
        return unknown  # too many indices: the primal raises
    shape = selected(x.shape, found, missing)
    if shape or any(e.what == "rest" for e in found):
        return Num(
            "array" if not any(e.advanced for e in found) or shape else "any", x.dtype, shape
        )
    return Num("any" if any(e.advanced for e in found) else "np", x.dtype, ())


def selected(shape: tuple[Size, ...], found: list[Entry], missing: int) -> tuple[Size, ...]:
    """The sizes of x[index]. Index arrays broadcast; their axes come where they stand if they
    stand side by side, else first (integers beside index arrays count as such)."""
    whole = [Entry("slice", slice(None))] * missing
    if any(e.what == "rest" for e in found):
        at = next(k for k, e in enumerate(found) if e.what == "rest")
        found = [*found[:at], *whole, *found[at + 1 :]]
        cut = at if missing == 0 else None
    else:
        found = [*found, *whole]
        cut = None
    fancy = any(e.advanced for e in found)
    out: list[Size] = []
    picked: tuple[Size, ...] = ()
    places: list[int] = []
    where = 0
    axis = 0
    for k, e in enumerate(found):
        if e.what == "new":
            out.append(1)
        elif e.what == "slice":
            out.append(slice_size(shape[axis], e.given))
        elif e.advanced or fancy:
            if not places:
                where = len(out)
            places.append(k if cut is None or k < cut else k + 1)
            picked = broadcast_shapes(picked, index_shape(e, shape[axis : axis + e.consumes]))
        axis += e.consumes
    if places and places[-1] - places[0] + 1 != len(places):
        where = 0
    return (*out[:where], *picked, *out[where:])


def index_shape(e: Entry, axes: tuple[Size, ...]) -> tuple[Size, ...]:
    """The shape that one index array contributes to the common one."""
    if e.what == "int":
        return ()
    assert e.type.shape is not None
    if e.what == "array":
        return e.type.shape
    for own, axis in zip(e.type.shape, axes):
        agreeing(own, axis)
    return (facts().fresh(),)


def broadcast_shapes(a: tuple[Size, ...], b: tuple[Size, ...]) -> tuple[Size, ...]:
    """The shape to which two shapes broadcast."""
    longest = max(len(a), len(b))
    pairs = zip((1,) * (longest - len(a)) + a, (1,) * (longest - len(b)) + b)
    both = (facts().broadcast(p, q) for p, q in pairs)
    return tuple(facts().fresh() if size is None else size for size in both)


def item_type(x: Seq | ListOf, index: Anything) -> Type:
    """The type of a read from a container."""
    if x.kind == "list" and isinstance(index, tuple):  # a path: x[i][j]
        out: Type = x
        for step in index:
            out = read_type(out, step)
        return out
    bounds = (index.start, index.stop, index.step) if isinstance(index, slice) else (index,)
    if x.kind != "dict":
        for bound in bounds:
            check_index(as_type(bound))
    if isinstance(x, ListOf):
        return x if isinstance(index, slice) else x.elem
    if x.kind == "dict":
        if index in x.keys if not isinstance(index, (Num, Seq, ListOf)) else False:
            return x.items[x.keys.index(index)]
        return reduce(facts().join, x.items) if x.items else ANY
    if isinstance(index, slice):
        if all(b is None or isinstance(b, int) for b in bounds):
            return Seq(x.kind, x.items[index])
        return ListOf(x.kind, reduce(facts().join, x.items)) if x.items else x
    if isinstance(index, (int, np.integer)):
        inside = -len(x.items) <= index < len(x.items)
        return x.items[index] if inside else EMPTY
    return reduce(facts().join, x.items) if x.items else EMPTY


def read_alias(op: Op) -> str:
    """A basic index gives a view, index arrays and full indices something fresh. An item of a
    container is a place inside it, a slice of a container holds the same items."""
    x, result = typeof(op.args[0]), op.result.type
    if isinstance(result, Num) and result.kind in ("py", "np"):
        return "fresh"
    if not isinstance(x, Num):
        return "view"
    shown = tree_map(lambda v: v.type if type(v) is Value else v, op.args[1])
    if any(_is_list(e) for e in (shown if isinstance(shown, tuple) else (shown,))):
        return "fresh"
    found = entries(shown)
    if any(e.advanced for e in found):
        return "fresh"
    return "layout" if any(e.what == "unknown" for e in found) else "view"


def _is_list(e: Anything) -> bool:
    """Whether an entry of an index, with types where values stand, is a list: an index array."""
    return isinstance(e, list) or isinstance(e, (Seq, ListOf)) and e.kind == "list"


class Read:
    """The derivative of a read: the tangent is read at the same place, the cotangent is added
    there."""

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        x, index = op.args
        if type(x) is Value:
            return [emit(op.prim, dots[x], index)] if x in dots else [None]
        if not any(v in dots for v in leaves(x)):
            return [None]
        return [emit(op.prim, tree_map(lambda v: tangent_in_nest(v, dots), x), index)]

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        x, index = op.args
        if type(x) is Value:
            if x in active:
                g = rearranged(x, index, bars[0])
                yield x, At(index, bars[0]) if g is None else g
            return
        if not any(v in active for v in leaves(x)):
            return
        if any(True for _ in leaves(index)):
            raise UnsupportedError(
                "an index that varies, into a sequence written out in place",
                "give the sequence a name first",
            )
        yield from spread(x[index], bars[0], active)


def rearranged(x: Value, index: Anything, g: Anything) -> Anything:
    """The cotangent of x for an index that reads every element once (newaxis and whole slices,
    `x[:, None]`, `x[::-1]`): it is g rearranged. None for another index."""
    if not isinstance(x.type, Num) or any(True for _ in leaves(index)):
        return None
    found = index if isinstance(index, tuple) else (index,)
    back, new = [], []
    for k, e in enumerate(found):
        if e is None:
            new.append(k)
        elif (
            isinstance(e, slice) and e.start is None and e.stop is None and e.step in (None, 1, -1)
        ):
            back.append(slice(None, None, e.step))
        else:
            return None
    if new:
        g = without(g, tuple(new))
    while back and back[-1].step != -1:
        back.pop()
    return g[tuple(back) if len(back) > 1 else back[0]] if back else g


def without(g: Anything, axes: tuple[int, ...]) -> Anything:
    """g without these axes of size 1; where they come of a sum, summed without keeping them."""
    owner = g.owner if type(g) is Value else None
    if isinstance(owner, Op) and owner.prim.name == "sum" and owner.kwargs.get("keepdims"):
        summed = owner.kwargs.get("axis")
        if (summed if isinstance(summed, tuple) else (summed,)) == axes:
            return np.sum(owner.args[0], axis=summed)
    return np.squeeze(g, axis=axes if len(axes) > 1 else axes[0])


def spread(item: Anything, g: Anything, active: set[Value]) -> Contributions:
    """The cotangent of a nest handed to the values in it."""
    if type(item) is Value:
        if item in active:
            yield item, g
    elif isinstance(item, (tuple, list)):
        for k, inner in enumerate(item):
            if any(v in active for v in leaves(inner)):
                yield from spread(inner, emit(GETITEM, g, k), active)
    elif isinstance(item, dict):
        for key, inner in item.items():
            if any(v in active for v in leaves(inner)):
                yield from spread(inner, emit(GETITEM, g, key), active)


def _read(x: Anything, index: Anything) -> Anything:
    """`x[index]`; in a list, a tuple is a path: `x[i][j]`."""
    if isinstance(x, list) and isinstance(index, tuple):
        return reduce(operator.getitem, index, x)
    return x[index]


GETITEM = declare(
    _read,
    read_type,
    Read(),
    operator.getitem,
    name="getitem",
    syntax="getitem",
    alias=read_alias,
)

__all__ = ["GETITEM", "Read", "broadcast_shapes", "read_type", "spread"]
