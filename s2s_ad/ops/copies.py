"""Copies along axes (repeat, tile), np.take, and padding. A transpose sums the copies."""

from __future__ import annotations

from typing import Any as Anything

import numpy as np

from s2s_ad import runtime
from s2s_ad.errors import UnsupportedError
from s2s_ad.ir.build import emit, facts, typeof
from s2s_ad.ir.core import Op, Value
from s2s_ad.ir.types import Num, Size, Type, rank
from s2s_ad.ops.arraytypes import array_of, product_of, sum_of
from s2s_ad.ops.indexing import read_type
from s2s_ad.ops.rules import At, Contributions, Linear, declare, linear
from s2s_ad.ops.shaping import along, arranged, length, shaped_like


def _whole(t: Anything) -> bool:
    """An integer that is not an array, known or not."""
    t = array_of(t)
    return t.kind in ("py", "np") and t.dtype is not None and t.dtype.kind in "iu"


def _times(size: Size, count: Anything) -> Size:
    if size is None:
        return facts().fresh()
    if isinstance(count, (int, np.integer)):
        return product_of((size, int(count)))
    value = getattr(count, "value", None)
    return facts().fresh() if value is None else product_of((size, value))


def _repeat_type(a: Anything, repeats: Anything, axis: int | None = None) -> Num:
    old = array_of(a).shape
    if old is None:
        return arranged(a, None if axis is not None else (facts().fresh(),))
    if axis is None:
        old, axis = (product_of(old),), 0
    new = list(old)
    new[axis] = _times(old[axis], repeats) if _whole(repeats) else facts().fresh()
    return arranged(a, tuple(new))


class Repeat(Linear):
    """np.repeat: sum the copies, or add each to where it came from."""

    def __init__(self) -> None:
        super().__init__({0: lambda g, out, x, repeats, axis=None: None})

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        x, repeats = op.args
        if type(x) is not Value or x not in active:
            return
        axis, g = op.kwargs.get("axis"), bars[0]
        flat = rank(x.type) == 1
        counted = _whole(typeof(repeats)) and not (isinstance(repeats, int) and repeats < 1)
        if counted and (axis is None or flat):
            many = -1 if isinstance(repeats, int) else length(x) if flat else emit("size", x)
            yield x, shaped_like(np.sum(np.reshape(g, (many, repeats)), axis=1), x)
        elif axis is None and not flat:
            origin = emit("repeat", emit("arange", emit("size", x)), repeats)
            zeros = np.ravel(np.zeros_like(x))
            yield x, shaped_like(emit("add_at", zeros, origin, g), x)
        else:
            axis = axis or 0
            origin = emit("repeat", emit("arange", length(x, axis)), repeats)
            yield x, At(along(axis, origin), g)


REPEAT = declare(np.repeat, _repeat_type, Repeat())


def _reps(reps: Anything) -> tuple[Anything, ...] | None:
    """The counts of np.tile in a tuple, or None where they are not spelled out."""
    if isinstance(reps, (tuple, list)):
        return tuple(reps)
    if _whole(reps.type if type(reps) is Value else reps):
        return (reps,)
    return None


def _tile_type(A: Anything, reps: Anything) -> Num:
    old, counts = array_of(A).shape, _reps(reps)
    if old is None or counts is None:
        return arranged(A, None)
    total = max(len(old), len(counts))
    sizes = (1,) * (total - len(old)) + old
    counts = (1,) * (total - len(counts)) + counts
    return arranged(A, tuple(_times(s, c) for s, c in zip(sizes, counts)))


def _untile(g: Anything, out: Value, x: Value, reps: Anything) -> Anything:
    counts, r = _reps(reps), rank(x.type)
    if counts is None or r is None:
        return emit("untile", g, x, reps)
    counts = (1,) * (r - len(counts)) + counts
    lead = len(counts) - r
    shape: list[Anything] = []
    summed: list[int] = []
    for k, count in enumerate(counts):
        if k < lead or count != 1 or not isinstance(count, int):
            summed.append(len(shape))
            shape.append(count)
        if k >= lead:
            shape.append(length(x, k - lead))
    if not summed:
        return g
    g = np.reshape(g, tuple(shape))
    return np.sum(g, axis=summed[0] if len(summed) == 1 else tuple(summed))


TILE = declare(np.tile, _tile_type, linear(_untile), arrays=1)
UNTILE = declare(
    runtime.untile,
    lambda g, x, reps: arranged(g, array_of(x).shape),
    linear(lambda h, out, g, x, reps: np.tile(h, reps)),
    syntax="runtime untile",
)


# Taking ---------------------------------------------------------------------------------------


def _take_type(a: Anything, indices: Anything, axis: int | None = None) -> Type:
    t = array_of(a)
    if axis is None:
        return read_type(Num("array", t.dtype, (product_of(t.shape),)), indices)
    return read_type(Num("array", t.dtype, t.shape), along(axis, indices))


class Take(Linear):
    """np.take, which is `a[indices]` along an axis."""

    def __init__(self) -> None:
        super().__init__({0: lambda g, out, x, indices, axis=None: None})

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        x, indices = op.args
        if type(x) is not Value or x not in active:
            return
        axis = op.kwargs.get("axis")
        if axis is not None or rank(x.type) == 1:
            yield x, At(along(axis or 0, indices), bars[0])
        else:
            zeros = np.ravel(np.zeros_like(x))
            yield x, shaped_like(emit("add_at", zeros, indices, bars[0]), x)


TAKE = declare(np.take, _take_type, Take(), arrays=1)

# Padding --------------------------------------------------------------------------------------


def _widths(pad_width: Anything, r: int | None) -> list[tuple[int, int]] | None:
    """Before and after, per axis; None where that needs the rank and it is unknown."""
    given = np.asarray(pad_width)
    if given.ndim == 2 and given.shape[0] > 1:
        return [(int(a), int(b)) for a, b in given]
    if r is None:
        return None
    return [(int(a), int(b)) for a, b in np.broadcast_to(given, (r, 2))]


def _pad_type(
    array: Anything, pad_width: Anything, mode: str = "constant", constant_values: Anything = 0
) -> Num:
    if mode != "constant":
        raise UnsupportedError(f"np.pad with mode={mode!r}", "mode='constant' is supported")
    old = array_of(array).shape
    widths = _widths(pad_width, None if old is None else len(old))
    if old is None or widths is None:
        return arranged(array, None)
    return arranged(array, tuple(sum_of((s, a + b)) for s, (a, b) in zip(old, widths)))


class Pad(Linear):
    """np.pad with a constant: the tangent is padded with zeros, the cotangent is cut out."""

    def __init__(self) -> None:
        super().__init__({0: self.cut})

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        return [emit(op.prim, dots[op.args[0]], pad_width=op.kwargs["pad_width"])]

    @staticmethod
    def cut(g: Anything, out: Value, x: Value, pad_width: Anything, **static: Anything) -> Anything:
        widths = _widths(pad_width, rank(x.type))
        if widths is None:
            return emit("unpad", g, x, pad_width=pad_width)
        cuts = tuple(slice(a or None, -b if b else None) for a, b in widths)
        return g[cuts if len(cuts) > 1 else cuts[0]]


PAD = declare(np.pad, _pad_type, Pad(), static=("pad_width",))
UNPAD = declare(
    runtime.unpad,
    lambda g, x, pad_width: arranged(g, array_of(x).shape),
    linear(lambda h, out, g, x, pad_width: emit("pad", h, pad_width=pad_width)),
    syntax="runtime unpad",
    alias="view",
    static=("pad_width",),
)
