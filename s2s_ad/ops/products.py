"""Products of arrays: `@`, dot, inner, outer, vdot, tensordot.

The derivative in each factor is the product of the cotangent with the other factor. Where the
ranks are known it is written as an expert would; where one is not, a helper of `s2s_ad.runtime`
stands for it, which is a primitive with a rule of its own.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any as Anything

import numpy as np

from s2s_ad import runtime
from s2s_ad.errors import UnsupportedError
from s2s_ad.ir.build import emit, typeof
from s2s_ad.ir.core import Op, Value
from s2s_ad.ir.types import Num, Size
from s2s_ad.ops.arraytypes import (
    agreeing,
    array_of,
    axis_of,
    product_of,
    real_only,
    reduced,
    strong_dtype,
)
from s2s_ad.ops.fitting import cast, fit, unbroadcast
from s2s_ad.ops.indexing import broadcast_shapes
from s2s_ad.ops.rules import Contributions, Linear, bilinear, declare
from s2s_ad.ops.shaping import flipped_axes, shaped_like, swapped

Map = Callable[..., Anything]


def rank_of(x: Anything) -> int | None:
    return array_of(typeof(x)).rank


# Runtime helpers ------------------------------------------------------------------------------


def helpers(product: Map, wrt_a: Map, wrt_b: Map) -> None:
    """Register the two transposes of a bilinear product. Each is bilinear again, and its own
    transposes are the product and the other one."""

    def like(g: Anything, x: Anything) -> Num:
        t = array_of(x)
        return Num("any" if t.kind != "array" else "array", array_of(g).dtype, t.shape)

    like_a: Map = lambda g, a, b: like(g, a)  # noqa: E731
    like_b: Map = lambda g, a, b: like(g, b)  # noqa: E731
    if product is np.tensordot:
        like_a = lambda g, a, b, axes=2: like(g, a)  # noqa: E731
        like_b = lambda g, a, b, axes=2: like(g, b)  # noqa: E731
    names = wrt_a.__name__, wrt_b.__name__
    in_a = bilinear(lambda h, out, g, a, b, **static: product(h, b, **static))
    in_a.transposes[2] = lambda h, out, g, a, b, **static: emit(names[1], g, h, b, **static)
    in_b = bilinear(
        lambda h, out, g, a, b, **static: product(a, h, **static),
        lambda h, out, g, a, b, **static: emit(names[0], g, a, h, **static),
    )
    declare(wrt_a, like_a, in_a, syntax=f"runtime {names[0]}")
    declare(wrt_b, like_b, in_b, syntax=f"runtime {names[1]}")


def in_matrices_a(g: Anything, a: Anything, b: Anything, p: int, q: int) -> Anything:
    """The cotangent of a in a @ b, for vectors and matrices."""
    if q == 1:
        return g * b if p == 1 else np.outer(g, b)
    return b @ g if p == 1 else g @ flipped_axes(b)


def in_matrices_b(g: Anything, a: Anything, b: Anything, p: int, q: int) -> Anything:
    """The cotangent of b in a @ b, for vectors and matrices."""
    if p == 1:
        return g * a if q == 1 else np.outer(a, g)
    return flipped_axes(a) @ g


# matmul ---------------------------------------------------------------------------------------


def _matmul_type(a: Anything, b: Anything) -> Num:
    s, t = array_of(a), array_of(b)
    dtype = strong_dtype([s, t])
    if s.shape is None or t.shape is None or not s.shape or not t.shape:
        # A stack of matrices on either side, or two matrices, give an array in any case.
        full = any(x.rank is not None and x.rank > 1 for x in (s, t))
        return Num("array" if full else "any", dtype, None)
    agreeing(s.shape[-1], t.shape[-2] if len(t.shape) > 1 else t.shape[-1])
    lead = broadcast_shapes(s.shape[:-2], t.shape[:-2])
    rows = s.shape[-2:-1] if len(s.shape) > 1 else ()
    columns = t.shape[-1:] if len(t.shape) > 1 else ()
    return reduced(dtype, (*lead, *rows, *columns))


def _matmul_wrt_a(g: Anything, out: Value, a: Value, b: Anything) -> Anything:
    p, q = rank_of(a), rank_of(b)
    if p is None or q is None:
        return emit("matmul_wrt_a", g, a, b)
    if p <= 2 and q <= 2:
        return in_matrices_a(g, a, b, p, q)
    if q == 1:
        return np.expand_dims(g, -1) * b
    if p == 1:
        return unbroadcast((b @ np.expand_dims(g, -1))[..., 0], a)
    return unbroadcast(g @ swapped(b), a)


def _matmul_wrt_b(g: Anything, out: Value, a: Anything, b: Value) -> Anything:
    p, q = rank_of(a), rank_of(b)
    if p is None or q is None:
        return emit("matmul_wrt_b", g, a, b)
    if p <= 2 and q <= 2:
        return in_matrices_b(g, a, b, p, q)
    if q == 1:
        return unbroadcast((swapped(a) @ np.expand_dims(g, -1))[..., 0], b)
    if p == 1:
        return a[:, None] * np.expand_dims(g, -2)
    return unbroadcast(swapped(a) @ g, b)


class Product(Linear):
    """A bilinear product; of a vector with itself it is a square."""

    def __init__(self, in_a: Map, in_b: Map) -> None:
        super().__init__({0: in_a, 1: in_b})

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        x = square_of(op)
        if x is None:
            return super().jvp(op, dots)
        return [2.0 * emit(op.prim, x, dots[x])] if x in dots else [None]

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        x = square_of(op)
        if x is None:
            yield from super().vjp(op, bars, active)
        elif x in active:
            yield x, cast(2.0 * bars[0] * x, x)


def square_of(op: Op) -> Value | None:
    """x, where the product is that of the vector x with itself."""
    a, b = op.args
    return a if a is b and type(a) is Value and rank_of(a) == 1 else None


MATMUL = declare(
    np.matmul,
    _matmul_type,
    Product(_matmul_wrt_a, _matmul_wrt_b),
    operator.matmul,
    syntax="infix @",
)
helpers(np.matmul, runtime.matmul_wrt_a, runtime.matmul_wrt_b)

# dot ------------------------------------------------------------------------------------------


def _dot_type(a: Anything, b: Anything) -> Num:
    s, t = array_of(a), array_of(b)
    dtype = strong_dtype([s, t])
    if s.shape is None or t.shape is None:
        return Num("any", dtype, None)
    if not s.shape or not t.shape:
        return reduced(dtype, s.shape or t.shape)
    agreeing(s.shape[-1], t.shape[-2] if len(t.shape) > 1 else t.shape[-1])
    return reduced(
        dtype, (*s.shape[:-1], *t.shape[:-2], *(t.shape[-1:] if len(t.shape) > 1 else ()))
    )


def _dot_wrt_a(g: Anything, out: Value, a: Value, b: Anything) -> Anything:
    p, q = rank_of(a), rank_of(b)
    if p is None or q is None:
        return emit("dot_wrt_a", g, a, b)
    if p == 0 or q == 0:
        return fit(g * b, a)
    if p <= 2 and q <= 2:
        return in_matrices_a(g, a, b, p, q)
    if q == 1:
        return np.expand_dims(g, -1) * b
    return tensordot_wrt_a(g, b, p, q, [p - 1], [q - 2])


def _dot_wrt_b(g: Anything, out: Value, a: Anything, b: Value) -> Anything:
    p, q = rank_of(a), rank_of(b)
    if p is None or q is None:
        return emit("dot_wrt_b", g, a, b)
    if p == 0 or q == 0:
        return fit(g * a, b)
    if p <= 2 and q <= 2:
        return in_matrices_b(g, a, b, p, q)
    return tensordot_wrt_b(g, a, p, q, [p - 1], [max(q - 2, 0)])


DOT = declare(np.dot, _dot_type, Product(_dot_wrt_a, _dot_wrt_b))
helpers(np.dot, runtime.dot_wrt_a, runtime.dot_wrt_b)

# inner, outer, vdot ---------------------------------------------------------------------------


def _inner_type(a: Anything, b: Anything) -> Num:
    s, t = array_of(a), array_of(b)
    dtype = strong_dtype([s, t])
    if s.shape is None or t.shape is None:
        return Num("any", dtype, None)
    if not s.shape or not t.shape:
        return reduced(dtype, s.shape or t.shape)
    agreeing(s.shape[-1], t.shape[-1])
    return reduced(dtype, (*s.shape[:-1], *t.shape[:-1]))


def _inner_wrt_a(g: Anything, out: Value, a: Value, b: Anything) -> Anything:
    p, q = rank_of(a), rank_of(b)
    if p is None or q is None:
        return emit("inner_wrt_a", g, a, b)
    if p == 0 or q == 0:
        return fit(g * b, a)
    if p <= 2 and q <= 2:
        return in_matrices_a(g, a, b, p, 1) if q == 1 else g @ b
    return tensordot_wrt_a(g, b, p, q, [p - 1], [q - 1])


def _inner_wrt_b(g: Anything, out: Value, a: Anything, b: Value) -> Anything:
    p, q = rank_of(a), rank_of(b)
    if p is None or q is None:
        return emit("inner_wrt_b", g, a, b)
    if p == 0 or q == 0:
        return fit(g * a, b)
    if p <= 2 and q <= 2:
        if p == 1:
            return g * a if q == 1 else np.outer(g, a)
        return flipped_axes(g) @ a if q == 2 else g @ a
    return tensordot_wrt_b(g, a, p, q, [p - 1], [q - 1])


INNER = declare(np.inner, _inner_type, Product(_inner_wrt_a, _inner_wrt_b))
helpers(np.inner, runtime.inner_wrt_a, runtime.inner_wrt_b)


def _outer_type(a: Anything, b: Anything) -> Num:
    s, t = array_of(a), array_of(b)
    return Num("array", strong_dtype([s, t]), (product_of(s.shape), product_of(t.shape)))


def flat(x: Anything) -> Anything:
    """x as a vector."""
    return x if rank_of(x) == 1 else emit("ravel", x)


OUTER = declare(
    np.outer,
    _outer_type,
    bilinear(
        lambda g, out, a, b: shaped_like(g @ flat(b), a),
        lambda g, out, a, b: shaped_like(flat(a) @ g, b),
    ),
)


def _vdot_type(a: Anything, b: Anything) -> Num:
    s, t = array_of(a).shape, array_of(b).shape
    if s is not None and t is not None and len(s) == len(t) == 1:
        agreeing(s[0], t[0])
    return Num("np", strong_dtype([array_of(a), array_of(b)]), ())


def _vdot_wrt(g: Anything, x: Value, other: Anything) -> Anything:
    """Vdot multiplies its factors element by element, whatever their shapes."""
    real_only(x, "np.vdot")
    real_only(other, "np.vdot")
    return shaped_like(g * other, x)


VDOT = declare(
    np.vdot,
    _vdot_type,
    bilinear(
        lambda g, out, a, b: _vdot_wrt(g, a, b),
        lambda g, out, a, b: _vdot_wrt(g, b, a),
    ),
)

# tensordot ------------------------------------------------------------------------------------


def _contracted(axes: Anything, p: int, q: int) -> tuple[list[int], list[int]]:
    """The axes of a and of b that np.tensordot sums over, non-negative."""
    if isinstance(axes, (int, np.integer)):
        n = int(axes)
        return list(range(p - n, p)), list(range(n))
    first, second = axes
    first = [first] if isinstance(first, (int, np.integer)) else list(first)
    second = [second] if isinstance(second, (int, np.integer)) else list(second)
    return [axis_of(k, p) for k in first], [axis_of(k, q) for k in second]


def _free(r: int, axes: list[int]) -> list[int]:
    return [k for k in range(r) if k not in axes]


def tensordot_wrt_a(
    g: Anything, b: Anything, p: int, q: int, axes_a: list[int], axes_b: list[int]
) -> Anything:
    """The cotangent of a: g contracted with b over what b alone had."""
    free_a, free_b = _free(p, axes_a), _free(q, axes_b)
    rest = tuple(range(len(free_a), len(free_a) + len(free_b)))
    out = np.tensordot(g, b, axes=(rest, tuple(free_b)))
    return _in_order(out, free_a + [axes_a[k] for k in np.argsort(axes_b)])


def tensordot_wrt_b(
    g: Anything, a: Anything, p: int, q: int, axes_a: list[int], axes_b: list[int]
) -> Anything:
    """The cotangent of b: a contracted with g over what a alone had."""
    free_a, free_b = _free(p, axes_a), _free(q, axes_b)
    out = np.tensordot(a, g, axes=(tuple(free_a), tuple(range(len(free_a)))))
    return _in_order(out, [axes_b[k] for k in np.argsort(axes_a)] + free_b)


def _in_order(x: Anything, axes: list[int]) -> Anything:
    """x, whose axes have these positions, transposed into order."""
    back = tuple(int(k) for k in np.argsort(axes))
    if back == tuple(range(len(axes))):
        return x
    return emit("T", x) if back == (1, 0) else np.transpose(x, back)


def _tensordot_type(a: Anything, b: Anything, axes: Anything = 2) -> Num:
    s, t = array_of(a), array_of(b)
    dtype = strong_dtype([s, t])
    if s.shape is None or t.shape is None:
        return Num("any", dtype, None)
    axes_a, axes_b = _contracted(axes, len(s.shape), len(t.shape))
    for k, m in zip(axes_a, axes_b):
        agreeing(s.shape[k], t.shape[m])
    left: list[Size] = [s.shape[k] for k in _free(len(s.shape), axes_a)]
    left += [t.shape[k] for k in _free(len(t.shape), axes_b)]
    # Unlike the other products, tensordot gives a 0-d array where no axis is left.
    return Num("array", dtype, tuple(left))


def _in_tensordot(which: int) -> Map:
    def transpose(
        g: Anything, out: Value, a: Anything, b: Anything, axes: Anything = 2
    ) -> Anything:
        p, q = rank_of(a), rank_of(b)
        if p is None or q is None:
            helper = ("tensordot_wrt_a", "tensordot_wrt_b")[which]
            return emit(helper, g, a, b, **({} if axes == 2 else {"axes": axes}))
        axes_a, axes_b = _contracted(axes, p, q)
        if which == 0:
            return tensordot_wrt_a(g, b, p, q, axes_a, axes_b)
        return tensordot_wrt_b(g, a, p, q, axes_a, axes_b)

    return transpose


def _cross_type(a: Anything, b: Anything) -> Num:
    s, t = array_of(a), array_of(b)
    dtype = strong_dtype([s, t])
    if s.shape is None or t.shape is None:
        return Num("any", dtype, None)
    if 2 in (s.shape[-1:] + t.shape[-1:]):
        raise UnsupportedError("np.cross of vectors of two numbers", "write a[0]*b[1] - a[1]*b[0]")
    return Num("array", dtype, broadcast_shapes(s.shape, t.shape))


# a x b, for vectors along the last axis; transposed by the cyclic rule g.(a x b) = a.(b x g).
CROSS = declare(
    np.cross,
    _cross_type,
    bilinear(
        lambda g, out, a, b: fit(np.cross(b, g), a), lambda g, out, a, b: fit(np.cross(g, a), b)
    ),
)

TENSORDOT = declare(np.tensordot, _tensordot_type, bilinear(_in_tensordot(0), _in_tensordot(1)))

helpers(np.tensordot, runtime.tensordot_wrt_a, runtime.tensordot_wrt_b)

__all__ = ["helpers", "rank_of"]
