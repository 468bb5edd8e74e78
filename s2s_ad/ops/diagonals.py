"""Diagonals and triangles of matrices. All linear; a transpose puts back."""

from __future__ import annotations

from typing import Any as Anything

import numpy as np

from s2s_ad import runtime
from s2s_ad.errors import UnsupportedError
from s2s_ad.ir.build import emit, facts, typeof
from s2s_ad.ir.core import Op, Value
from s2s_ad.ir.types import Num, Size, rank
from s2s_ad.ops.arraytypes import array_of, axis_of, derived, product_of, reduced
from s2s_ad.ops.fitting import fit
from s2s_ad.ops.rules import declare, linear
from s2s_ad.ops.shaping import alias_of_array, arranged, length


def is_square(x: Value) -> bool:
    """Provably one square matrix."""
    t = x.type
    return (
        isinstance(t, Num) and t.shape is not None and len(t.shape) == 2 and facts().equal(*t.shape)
    )


def _diagonal_size(n: Size, m: Size, offset: int) -> Size:
    if offset == 0 and (n == m or facts().equal(n, m)):
        return n
    if isinstance(n, int) and isinstance(m, int):
        return max(0, min(n, m - offset) if offset >= 0 else min(n + offset, m))
    return facts().fresh() if None in (n, m) else derived("diagonal", n, m, offset)


def _diagonal_type(a: Anything, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Num:
    old = array_of(a).shape
    if old is None:
        return arranged(a, None)
    first, second = axis_of(axis1, len(old)), axis_of(axis2, len(old))
    rest = tuple(s for k, s in enumerate(old) if k not in (first, second))
    return arranged(a, (*rest, _diagonal_size(old[first], old[second], offset)))


def on_diagonal(g: Anything, x: Value, offset: int, axis1: int, axis2: int) -> Anything:
    """Zeros in the shape of x with g on a diagonal."""
    keys: dict[str, Anything] = {"offset": offset, "axis1": axis1, "axis2": axis2}
    defaults = {"offset": 0, "axis1": 0, "axis2": 1}
    return emit("undiagonal", g, x, **{k: v for k, v in keys.items() if v != defaults[k]})


DIAGONAL = declare(
    np.diagonal,
    _diagonal_type,
    linear(
        lambda g, out, x, offset=0, axis1=0, axis2=1: (
            np.diag(g) if offset == 0 and is_square(x) else on_diagonal(g, x, offset, axis1, axis2)
        )
    ),
    alias=alias_of_array("view"),
)


def _undiagonal_type(
    g: Anything, x: Anything, offset: int = 0, axis1: int = 0, axis2: int = 1
) -> Num:
    t = array_of(x)
    return Num("array", t.dtype if t.dtype is not None and t.dtype.kind in "fc" else None, t.shape)


UNDIAGONAL = declare(
    runtime.undiagonal,
    _undiagonal_type,
    linear(lambda h, out, g, x, **where: fit(np.diagonal(h, **where), g)),
    syntax="runtime undiagonal",
)


def _diag_type(v: Anything, k: int = 0) -> Num:
    old = array_of(v).shape
    if old is None:
        return arranged(v, None)
    if len(old) == 1:
        size = old[0]
        wide = product_of((size,)) if k == 0 else derived("diag", size, abs(k))
        if isinstance(size, int):
            wide = size + abs(k)
        return arranged(v, (wide, wide))
    return _diagonal_type(v, k)


def _undiag(g: Anything, out: Value, v: Value, k: int = 0) -> Anything:
    if rank(v.type) == 1 or (k == 0 and is_square(v)):
        return np.diag(g, k) if k else np.diag(g)
    if rank(v.type) == 2:
        return on_diagonal(g, v, k, 0, 1)
    return emit("undiag", g, v, k=k) if k else emit("undiag", g, v)


def _diag_alias(op: Op) -> str:
    r = rank(typeof(op.args[0]))
    return {1: "fresh", 2: alias_of_array("view")(op)}.get(r or 0, "layout")


DIAG = declare(np.diag, _diag_type, linear(_undiag), alias=_diag_alias)
UNDIAG = declare(
    runtime.undiag,
    lambda g, v, k=0: Num("array", None, array_of(v).shape),
    linear(lambda h, out, g, v, k=0: np.diag(h, k) if k else np.diag(h)),
    syntax="runtime undiag",
    alias="layout",
)


def _trace_type(a: Anything, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Num:
    t = array_of(a)
    dtype = t.dtype
    if dtype is not None and dtype.kind in "bu":
        dtype = None  # NumPy sums small integers in a wider one
    if dtype is not None and dtype.kind == "i":
        dtype = np.result_type(dtype, np.int_)
    shape = _diagonal_type(a, offset, axis1, axis2).shape
    return reduced(dtype, None if shape is None else shape[:-1])


def _untrace(
    g: Anything, out: Value, x: Value, offset: int = 0, axis1: int = 0, axis2: int = 1
) -> Anything:
    if rank(x.type) == 2 and offset == 0:
        if is_square(x):
            return g * emit("eye", length(x))
        return g * emit("eye", length(x), length(x, 1))
    if rank(x.type) != 2:
        g = np.expand_dims(g, -1)
    return on_diagonal(g, x, offset, axis1, axis2)


TRACE = declare(np.trace, _trace_type, linear(_untrace))


def _triangle_type(m: Anything, k: int = 0) -> Num:
    t = array_of(m)
    if t.rank == 1:
        raise UnsupportedError("a triangle of a vector", "use a matrix")
    return arranged(m, t.shape)


TRIL = declare(
    np.tril, _triangle_type, linear(lambda g, out, x, k=0: np.tril(g, k) if k else np.tril(g))
)
TRIU = declare(
    np.triu, _triangle_type, linear(lambda g, out, x, k=0: np.triu(g, k) if k else np.triu(g))
)
