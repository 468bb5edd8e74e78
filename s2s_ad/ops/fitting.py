"""Tangents and cotangents brought to the shape and dtype of what they belong to, and summed."""

from __future__ import annotations

from typing import Any as Anything

import numpy as np

from s2s_ad.ir.build import emit, facts, typeof
from s2s_ad.ir.core import Value
from s2s_ad.ir.types import Num, is_scalar


def total(terms: list[Anything]) -> Anything:
    """The sum of tangents, None for an empty sum."""
    out = None
    for term in terms:
        if term is not None:
            out = term if out is None else out + term
    return out


def tangent_in_nest(v: Anything, dots: dict[Value, Anything]) -> Anything:
    """The tangent of one leaf of a nested operand (`np.array([x, 1.0])`), zero where constant."""
    if type(v) is Value and v in dots:
        return dots[v]
    if type(v) is Value and not (isinstance(v.type, Num) and v.type.kind == "py"):
        return np.zeros_like(v)
    return 0.0


def like_result(d: Anything, out: Value) -> Anything:
    """A tangent broadcast to the shape of the result where it may be smaller (`x_dot + 0 * y`)."""
    if facts().same_shape(typeof(d), out.type):
        return d
    return emit("broadcast_like", d, out)


def unbroadcast(g: Anything, x: Value) -> Anything:
    """The cotangent summed over the axes along which x was broadcast; nothing where none was."""
    have, want = typeof(g), x.type
    if isinstance(have, Num) and isinstance(want, Num) and facts().same_shape(have, want):
        return g
    if not (isinstance(have, Num) and isinstance(want, Num)) or None in (have.shape, want.shape):
        return emit("unbroadcast", g, x)
    assert have.shape is not None and want.shape is not None
    if is_scalar(want):
        return np.sum(g)
    lead = len(have.shape) - len(want.shape)
    squeezed: list[int] = []
    for axis, size in enumerate(want.shape):
        above = have.shape[lead + axis] if lead + axis >= 0 else None
        if size == 1 and above != 1:
            squeezed.append(axis)
        elif size != 1 and not facts().equal(size, above):
            return emit("unbroadcast", g, x)
    if lead:
        g = np.sum(g, axis=tuple(range(lead)) if lead > 1 else 0)
    if squeezed:
        g = np.sum(g, axis=tuple(squeezed) if len(squeezed) > 1 else squeezed[0], keepdims=True)
    return g


def cast(g: Anything, x: Value) -> Anything:
    """The cotangent in the operand's dtype (a float32 stays one; a real one stays real)."""
    have, want = typeof(g), x.type
    if not (isinstance(have, Num) and isinstance(want, Num)):
        return g
    if have.dtype is None or want.dtype is None or have.dtype == want.dtype:
        return g
    if have.dtype.kind == "c" and want.dtype.kind == "f":
        g = np.real(g)
        return cast(g, x)
    if want.dtype.kind not in "fc" or have.kind == "py":
        return g
    return emit("astype", g, dtype=want.dtype)


def fit(g: Anything, x: Value) -> Anything:
    """Unbroadcast and cast: what the driver does to every elementwise contribution."""
    return cast(unbroadcast(g, x), x)
