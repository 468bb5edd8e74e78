"""Rearranging: reshape, transpose, squeeze, broadcast. All linear; a transpose puts back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any as Anything

import numpy as np

from s2s_ad.errors import UnsupportedError
from s2s_ad.ir.build import emit, facts, typeof
from s2s_ad.ir.core import Op, Value
from s2s_ad.ir.types import Any, Num, Size, rank
from s2s_ad.ops.arraytypes import (
    array_of,
    axis_of,
    derived,
    is_array,
    product_of,
    shape_argument,
)
from s2s_ad.ops.fitting import unbroadcast
from s2s_ad.ops.rules import declare, linear
from s2s_ad.ops.structure import as_type

# Shapes as operands ---------------------------------------------------------------------------


def shape_of(x: Anything) -> Anything:
    """np.shape(x), a literal where it is known."""
    t = array_of(typeof(x))
    if t.shape is not None and all(isinstance(s, int) for s in t.shape):
        return t.shape
    return np.shape(x)


def length(x: Anything, axis: int = 0) -> Anything:
    """The size of x along an axis, a literal where it is known."""
    t = array_of(typeof(x))
    known = t.shape[axis] if t.shape is not None else None
    if isinstance(known, int):
        return known
    first = t.rank is not None and axis_of(axis, t.rank) == 0
    return emit("len", x) if first and is_array(t) else np.shape(x)[axis]


def shaped_like(g: Anything, x: Value, order: Anything = "C") -> Anything:
    """g with its elements in the shape of x."""
    if facts().same_shape(typeof(g), x.type):
        return g
    if rank(x.type) == 1:
        return np.ravel(g, order) if order != "C" else np.ravel(g)
    shape = shape_of(x)
    return np.reshape(g, shape) if order == "C" else np.reshape(g, shape, order=order)


def along(axis: int, pick: Anything) -> Anything:
    """The index that applies `pick` to one axis."""
    if axis == 0:
        return pick
    if axis > 0:
        return (*[slice(None)] * axis, pick)
    return (Ellipsis, pick, *[slice(None)] * (-axis - 1))


def arranged(x: Anything, shape: tuple[Size, ...] | None) -> Num:
    return Num("array", array_of(x).dtype, shape)


def alias_of_array(what: str) -> Callable[[Op], str]:
    """What is made of an array; a list or a Python number becomes a new array in any case."""

    def alias(op: Op) -> str:
        t = as_type(typeof(op.args[0]))
        if isinstance(t, Num) and t.kind in ("array", "any"):
            return what
        return "fresh" if isinstance(t, Num) else "layout"

    return alias


# Reshape --------------------------------------------------------------------------------------


def _order(order: str, name: str) -> None:
    if order not in ("C", "F"):
        raise UnsupportedError(
            f"{name} in the order {order!r}, which depends on the memory layout",
            "write order='C' or order='F'",
        )


def _reshape_type(a: Anything, shape: Anything, order: str = "C") -> Num:
    _order(order, "reshape")
    return arranged(a, _reshaped(array_of(a).shape, shape))


def _reshaped(old: tuple[Size, ...] | None, shape: Anything) -> tuple[Size, ...] | None:
    new = shape_argument(shape)
    if new is None or -1 not in new:
        if new is not None and old is not None:
            _agree_on_missing(old, new)
        return new
    rest = list(new)
    rest.remove(-1)
    if old is None or None in old or None in rest:
        missing: Size = facts().fresh()
    else:
        missing = _quotient(list(old), rest)
    return tuple(missing if s == -1 else s for s in new)


def _quotient(old: list[Size], rest: list[Size]) -> Size:
    """The size for which -1 stands: what is left of the old sizes, common symbols cancelled."""
    rest, left = list(rest), []
    for s in old:
        if isinstance(s, int) or s not in rest:
            left.append(s)
        else:
            rest.remove(s)
    top, bottom = product_of(tuple(left)), product_of(tuple(rest))
    if bottom == 1:
        return top
    if isinstance(top, int) and isinstance(bottom, int) and bottom and top % bottom == 0:
        return top // bottom
    if bottom == 0:
        return facts().fresh()
    return derived("quotient", top, bottom)


def _agree_on_missing(old: tuple[Size, ...], new: tuple[Size, ...]) -> None:
    """Reshaping between vectors keeps the size, or raises."""
    if len(old) == len(new) == 1:
        facts().agree(old[0], new[0])


RESHAPE = declare(
    np.reshape,
    _reshape_type,
    linear(lambda g, out, x, shape, order="C": shaped_like(g, x, order)),
    alias=alias_of_array("layout"),
    arrays=1,
)


def _ravel_type(a: Anything, order: str = "C") -> Num:
    _order(order, "ravel")
    return arranged(a, (product_of(array_of(a).shape),))


RAVEL = declare(
    np.ravel,
    _ravel_type,
    linear(lambda g, out, x, order="C": shaped_like(g, x, order)),
    alias=alias_of_array("layout"),
)


def _flatten(a: np.ndarray, order: Anything = "C") -> np.ndarray:
    return a.flatten(order)


FLATTEN = declare(
    _flatten,
    _ravel_type,
    linear(lambda g, out, x, order="C": shaped_like(g, x, order)),
    np.ndarray.flatten,
    name="flatten",
    syntax="method flatten",
)


# Axes -----------------------------------------------------------------------------------------


def _transpose_type(a: Anything, axes: Anything = None) -> Num:
    old = array_of(a).shape
    if axes is not None and old is not None:
        return arranged(a, tuple(old[axis_of(k, len(old))] for k in axes))
    return arranged(a, None if old is None else old[::-1])


def _untranspose(g: Anything, out: Value, x: Value, axes: Anything = None) -> Anything:
    if axes is None:
        return flipped_axes(g)
    back = np.argsort([axis_of(k, len(axes)) for k in axes])
    return np.transpose(g, tuple(int(k) for k in back))


def flipped_axes(x: Anything) -> Anything:
    """x.T; x itself where it has fewer than two axes."""
    if rank(typeof(x)) in (0, 1):
        return x
    if type(x) is Value and isinstance(x.owner, Op) and x.owner.prim.name == "T":
        return x.owner.args[0]  # x.T.T
    return emit("T" if isinstance(typeof(x), (Num, Any)) else "transpose", x)


def swapped(x: Anything) -> Anything:
    """Matrices transposed: x.T for one, the last two axes swapped for a stack of them."""
    return flipped_axes(x) if rank(typeof(x)) == 2 else np.swapaxes(x, -1, -2)


TRANSPOSE = declare(
    np.transpose, _transpose_type, linear(_untranspose), alias=alias_of_array("view")
)
T = declare(
    lambda a: a.T,
    lambda a: _transpose_type(a),
    linear(lambda g, out, x: flipped_axes(g)),
    name="T",
    syntax="attribute T",
    alias=alias_of_array("view"),
)


def swapaxes_type(a: Anything, axis1: int, axis2: int) -> Num:
    old = array_of(a).shape
    if old is None:
        return arranged(a, None)
    new = list(old)
    new[axis1], new[axis2] = old[axis2], old[axis1]
    return arranged(a, tuple(new))


SWAPAXES = declare(
    np.swapaxes,
    swapaxes_type,
    linear(lambda g, out, x, axis1, axis2: np.swapaxes(g, axis1, axis2)),
    alias=alias_of_array("view"),
    static=("axis1", "axis2"),
)


def _moveaxis_type(a: Anything, source: Anything, destination: Anything) -> Num:
    old = array_of(a).shape
    if old is None:
        return arranged(a, None)
    order = np.moveaxis(np.empty((0,) * len(old)), source, destination)
    names = np.moveaxis(np.empty(tuple(range(1, len(old) + 1))), source, destination).shape
    assert order.ndim == len(old)
    return arranged(a, tuple(old[k - 1] for k in names))


MOVEAXIS = declare(
    np.moveaxis,
    _moveaxis_type,
    linear(lambda g, out, x, source, destination: np.moveaxis(g, destination, source)),
    alias=alias_of_array("view"),
    static=("source", "destination"),
)


def _axes(axis: Anything) -> tuple[int, ...]:
    return tuple(axis) if isinstance(axis, (tuple, list)) else (axis,)


def _squeeze_type(a: Anything, axis: Anything = None) -> Num:
    old = array_of(a).shape
    if old is None:
        return arranged(a, None)
    if axis is None:
        if not all(s == 1 or facts().never_one(s) for s in old):
            return arranged(a, None)
        for s in old:
            if s != 1 and not isinstance(s, int):
                facts().relied.add(s)  # type: ignore[arg-type]
        return arranged(a, tuple(s for s in old if s != 1))
    gone = {axis_of(k, len(old)) for k in _axes(axis)}
    return arranged(a, tuple(s for k, s in enumerate(old) if k not in gone))


def _unsqueeze(g: Anything, out: Value, x: Value, axis: Anything = None) -> Anything:
    return shaped_like(g, x) if axis is None else np.expand_dims(g, axis)


SQUEEZE = declare(np.squeeze, _squeeze_type, linear(_unsqueeze), alias=alias_of_array("view"))


def _expand_type(a: Anything, axis: Anything) -> Num:
    old = array_of(a).shape
    if old is None:
        return arranged(a, None)
    total = len(old) + len(_axes(axis))
    new = {axis_of(k, total) for k in _axes(axis)}
    rest = iter(old)
    return arranged(a, tuple(1 if k in new else next(rest) for k in range(total)))


EXPAND_DIMS = declare(
    np.expand_dims,
    _expand_type,
    linear(lambda g, out, x, axis: np.squeeze(g, axis=axis)),
    alias=alias_of_array("view"),
    static=("axis",),
)


def _broadcast_to_type(array: Anything, shape: Anything) -> Num:
    return arranged(array, shape_argument(shape))


BROADCAST_TO = declare(
    np.broadcast_to,
    _broadcast_to_type,
    linear(lambda g, out, x, shape: unbroadcast(g, x)),
    alias=alias_of_array("view"),
    arrays=1,
)


def _atleast(n: int) -> Callable[..., Num]:
    def infer(a: Anything) -> Num:
        old = array_of(a).shape
        if old is None or len(old) >= n:
            return arranged(a, old)
        if n == 3 and len(old) == 2:
            return arranged(a, (*old, 1))
        if n == 3 and len(old) == 1:
            return arranged(a, (1, *old, 1))
        return arranged(a, (*[1] * (n - len(old)), *old))

    return infer


def _atleast_alias(op: Op) -> str:
    what = alias_of_array("view")(op)
    r = rank(typeof(op.args[0]))
    same = what == "view" and r is not None and r == rank(op.result.type)
    return "same" if same else what


_AT_LEAST: dict[int, Anything] = {1: np.atleast_1d, 2: np.atleast_2d, 3: np.atleast_3d}
for _n, _function in _AT_LEAST.items():
    declare(
        _function,
        _atleast(_n),
        linear(lambda g, out, x: shaped_like(g, x)),
        alias=_atleast_alias,
    )


__all__ = [
    "along", "arranged", "flipped_axes", "length", "shape_of",
    "shaped_like", "swapped",
]  # fmt: skip
