"""Buffers: what is accumulated, stored, spread or summed, in place where it is owned."""

from __future__ import annotations

from typing import Any as Anything

import numpy as np

from s2s_ad import runtime
from s2s_ad.ir.build import emit, facts, typeof
from s2s_ad.ir.core import Block, Op, Value
from s2s_ad.ir.primitive import Primitive, register
from s2s_ad.ir.types import (
    ANY,
    SCALARS,
    Any,
    ListOf,
    Num,
    Seq,
    Type,
    differentiable,
    is_scalar,
    same_dtype,
)
from s2s_ad.ops.fitting import cast, fit
from s2s_ad.ops.rules import Contributions, Elementwise, Linear, constant
from s2s_ad.ops.slots import stored, tangent, zero
from s2s_ad.ops.structure import FOR, WHILE, as_type


def _accumulate_type(acc: Anything, g: Anything) -> Type:
    """acc + g for an adjoint, which has one shape throughout."""
    a, b = as_type(acc), as_type(g)
    if isinstance(a, Num) and isinstance(b, Num):
        if a.kind == "array" or b.kind == "array":
            return a if a.kind == "array" and a.shape is not None else b
        if a.kind != b.kind:
            return Num("any" if "any" in (a.kind, b.kind) else "scalar", a.dtype, a.shape)
        return a
    return a if not isinstance(a, Any) else b


# acc + g, where the storage of acc may be reused: written `acc += g` where acc is owned.
ACCUMULATE = register(
    Primitive(
        "accumulate",
        lambda acc, g: acc + g,
        _accumulate_type,
        "accumulate",
        derivative=Elementwise((lambda d, out, acc, g: d, lambda d, out, acc, g: d)),
    )
)


def _add_at(x: np.ndarray, index: Anything, v: Anything) -> np.ndarray:
    out = x.copy()
    np.add.at(out, index, v)
    return out


def _set_at(x: Anything, index: Anything, v: Anything) -> Anything:
    path = index if isinstance(x, list) and isinstance(index, tuple) else (index,)
    return _set_path(x, path, v)


def _set_path(x: Anything, path: tuple[Anything, ...], v: Anything) -> Anything:
    """`x[i][j] = v` for the path (i, j), in a copy."""
    out = x.copy()
    out[path[0]] = _set_path(x[path[0]], path[1:], v) if len(path) > 1 else v
    return out


def plain(index: Anything) -> bool:
    """An index of ints, slices, newaxis and ellipsis, which names no place twice."""
    if isinstance(index, tuple):
        return all(map(plain, index))
    if type(index) is Value:
        return is_scalar(index.type)
    return index is None or index is Ellipsis or isinstance(index, (int, slice, np.integer))


def masks(index: Anything) -> bool:
    """An index of masks beside plain entries, which names no place twice either."""
    if isinstance(index, tuple):
        return all(map(masks, index))
    t = typeof(index)
    return plain(index) or isinstance(t, Num) and t.dtype == np.dtype(bool)


class Store:
    """The derivative of a store: linear in the buffer and the value together. Where a place is
    named repeatedly, the cotangent goes to the last item that was stored there."""

    def __init__(self, adds: bool) -> None:
        self.adds = adds

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        x, index, v = op.args
        if not differentiable(op.result.type):
            return [None]
        if isinstance(op.result.type, (Seq, ListOf)):
            return [emit(op.prim, tangent(x, dots), index, tangent(v, dots))]
        x_dot = dots.get(x) if type(x) is Value else None
        v_dot = dots.get(v) if type(v) is Value else None
        if v_dot is None and (self.adds or x_dot is None):
            return [x_dot]
        x_dot = np.zeros_like(x) if x_dot is None else x_dot
        return [emit(op.prim, x_dot, index, 0.0 if v_dot is None else v_dot)]

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        x, index, v = op.args
        bar = bars[0]
        t = typeof(bar)
        if isinstance(op.result.type, (Seq, ListOf)):
            # The last index of a path may be one into an array.
            outer = index[:-1] if isinstance(index, tuple) else ()
            rows = bool(outer) and isinstance(_type_along(op.result.type, outer), Num)
            if type(v) is Value and v in active:
                g = bar[index]
                yield v, fit(g, v) if rows else cast(g, v)
            if type(x) is Value and x in active:
                number = rows or is_scalar(typeof(v))
                nothing = 0.0 if number else zero(emit("getitem", x, index))
                yield x, emit(SET_AT, bar, index, nothing)
            return
        if isinstance(t, Num) and t.kind in SCALARS:  # of a 0-d array that is the function's value
            bar = np.full_like(op.result, bar)
        if type(v) is Value and v in active:
            g = bar[index]
            if not self.adds and not plain(index) and not masks(index):
                g = np.where(emit(LAST_WRITER, bar, index), g, 0.0)
            yield v, fit(g, v)
        if type(x) is Value and x in active:
            yield x, bar if self.adds else emit(SET_AT, bar, index, 0.0)


def _type_along(t: Type, path: tuple[Anything, ...]) -> Type:
    """The type of `x[i][j]` for the path (i, j)."""
    from s2s_ad.ops.indexing import read_type

    for step in path:
        t = read_type(t, typeof(step) if type(step) is Value else step)
    return t


def _last_writer_type(x: Anything, index: Anything) -> Type:
    from s2s_ad.ops.indexing import read_type

    t = read_type(x, index)
    return Num("array", np.dtype(bool), t.shape if isinstance(t, Num) else None)


LAST_WRITER = register(
    Primitive(
        "last_writer",
        runtime.last_writer,
        _last_writer_type,
        "runtime last_writer",
        derivative=constant,
    )
)


def _store_type(x: Anything, index: Anything, v: Anything) -> Type:
    """That of what is stored into. NumPy spreads what is stored only along axes of size 1: where
    neither size is 1, place and value agree."""
    from s2s_ad.ops.indexing import read_type

    old, new = as_type(x), as_type(v)
    place = read_type(old, index)  # which refuses what is no index
    if isinstance(old, (Seq, ListOf)):
        return stored(old, index, new)
    if isinstance(old, Num) and old.shape and isinstance(new, Num) and new.shape:
        if isinstance(place, Num) and place.shape:
            for a, b in zip(place.shape[::-1], new.shape[::-1]):
                if facts().never_one(a) and facts().never_one(b):
                    facts().agree(a, b, assumed=True)
    return old


# buffer with v added at (or stored at) an index; in place on the way out: `x_bar[i] += v`.
# Repeated indices add up. Transposes read the same place.
ADD_AT = register(
    Primitive(
        "add_at",
        _add_at,
        _store_type,
        "add_at",
        derivative=Store(adds=True),
    )
)
SET_AT = register(Primitive("set_at", _set_at, _store_type, "set_at", derivative=Store(adds=False)))


def _unbroadcast_type(g: Anything, x: Anything) -> Type:
    g, x = as_type(g), as_type(x)
    if isinstance(x, Num) and isinstance(g, Num):
        return Num("np" if is_scalar(x) else x.kind, g.dtype, x.shape)
    return x if isinstance(x, Num) else ANY


def _broadcast_like_type(g: Anything, x: Anything) -> Type:
    g, x = as_type(g), as_type(x)
    if isinstance(x, Num):
        dtype = g.dtype if isinstance(g, Num) else None
        if x.dtype is not None and x.dtype.kind == "f" and not (dtype and dtype.kind == "c"):
            dtype = x.dtype
        return Num("array" if x.shape else x.kind, dtype or x.dtype, x.shape)
    return ANY


def _broadcast_like_alias(op: Op) -> str:
    """np.full_like is fresh; where the shape is unknown, or a number, g itself may come back."""
    t = typeof(op.args[1])
    known = isinstance(t, Num) and t.rank is not None and t.kind != "any"
    return "fresh" if known and (t.rank or t.kind == "array") else "view"  # type: ignore[union-attr]


# unbroadcast(g, x): g summed to the shape of x. broadcast_like(g, x): g spread to the shape of
# x. Each is the transpose of the other.
UNBROADCAST = register(
    Primitive(
        "unbroadcast",
        runtime.unbroadcast,
        _unbroadcast_type,
        "runtime unbroadcast",
        alias="same",
    )
)
BROADCAST_LIKE = register(
    Primitive(
        "broadcast_like",
        runtime.broadcast_like,
        _broadcast_like_type,
        "broadcast_like",
        alias=_broadcast_like_alias,
    )
)


def _install_transposes() -> None:
    UNBROADCAST.derivative = Linear({0: lambda g, out, a, x: emit(BROADCAST_LIKE, g, a)})
    BROADCAST_LIKE.derivative = Linear({0: lambda g, out, a, x: emit(UNBROADCAST, g, a)})


_install_transposes()

# What `x op= v` leaves in x, given x and `x op v`, where x may be an array whose dtype and shape
# are not known; the derivative is that of `x op v`.
AUGMENTED = register(
    Primitive(
        "augmented",
        runtime.augmented,
        lambda old, new: _augmented_type(old, new),
        "runtime augmented",
        alias="same",
        effect="raise",
        derivative=Elementwise((None, lambda d, out, old, new: d)),
    )
)


def _augmented_type(old: Anything, new: Anything) -> Type:
    a, b = as_type(old), as_type(new)
    if not isinstance(a, Num) or not isinstance(b, Num):
        return ANY
    if a.kind == "array":
        return Num("array", a.dtype, a.shape)
    dtype = a.dtype if same_dtype(a.dtype, b.dtype) else None
    shape = a.shape if a.shape == b.shape else None
    return Num(a.kind if a.kind == b.kind else "any", dtype, shape)


def origins(v: Anything) -> set[Value]:
    """Where the versions of an array come from: values that no store made."""
    seen: set[Value] = set()
    out: set[Value] = set()
    todo = [v]
    while todo:
        v = todo.pop()
        if type(v) is not Value or v in seen:
            continue
        seen.add(v)
        owner = v.owner
        if isinstance(owner, Op) and owner.prim in (ADD_AT, SET_AT):
            todo.append(owner.args[0])
        elif isinstance(owner, Op) and owner.blocks:
            k = owner.results.index(v)
            if owner.prim in (FOR, WHILE):
                todo += [owner.blocks[-1].yields[k], *owner.inits[k : k + 1]]
            else:
                todo += [b.yields[k] for b in owner.blocks]
        elif isinstance(owner, Block) and isinstance(owner.owner, Op):
            loop = owner.owner
            k = owner.params.index(v) - (len(owner.params) - len(loop.inits))
            if k >= 0:
                todo += [loop.inits[k], loop.blocks[-1].yields[k]]
        else:
            out.add(v)
    return out
