"""Linear algebra. `@` below is the product of matrices, d a differential, g a cotangent.

Formulas: M. B. Giles, "An extended collection of matrix derivative results for forward and
reverse mode algorithmic differentiation", 2008; J. R. Magnus and H. Neudecker, "Matrix
Differential Calculus", 1999 (eigenvalues: chapter 8). They hold for stacks of matrices too.

NumPy reads one triangle of a symmetric argument (`cholesky`: the lower one, `eigh`: UPLO), and
so does the derivative: the other triangle has the cotangent 0, as differences tell.
"""

from __future__ import annotations

from typing import Any as Anything

import numpy as np

from s2s_ad import runtime
from s2s_ad.ir.build import emit, typeof
from s2s_ad.ir.core import Op, Value
from s2s_ad.ir.types import Num
from s2s_ad.ops.arraytypes import (
    agreeing,
    array_of,
    dtype_keyword,
    float_dtype,
    promoted,
    real_only,
    reduced,
)
from s2s_ad.ops.fitting import cast, unbroadcast
from s2s_ad.ops.indexing import broadcast_shapes
from s2s_ad.ops.rules import Contributions, Differential, composite, declare, differential
from s2s_ad.ops.shaping import length, swapped


def _result_dtype(*types: Num) -> np.dtype | None:
    return float_dtype(promoted(*types))


def _square(a: Anything) -> Num:
    """The type of a stack of square matrices."""
    t = array_of(a)
    shape = t.shape
    if shape is not None and len(shape) >= 2:
        n = agreeing(shape[-2], shape[-1])
        shape = (*shape[:-2], n, n)
    return Num("array", _result_dtype(t), shape)


def _per_matrix(a: Anything) -> Num:
    """The type of one number for each matrix."""
    t = _square(a)
    return reduced(t.dtype, None if t.shape is None else t.shape[:-2])


def _rank(x: Anything) -> int | None:
    return array_of(typeof(x)).rank


def scaled(g: Anything, a: Value, matrix: Anything) -> Anything:
    """One factor for each matrix of a stack."""
    return g * matrix if _rank(a) == 2 else np.expand_dims(g, (-2, -1)) * matrix


def _sum_of_products(d: Anything, a: Value, matrix: Anything) -> Anything:
    """The sum over each matrix of elementwise products, tr(matrix.T @ d)."""
    return np.sum(matrix * d) if _rank(a) == 2 else np.sum(matrix * d, axis=(-2, -1))


# solve ----------------------------------------------------------------------------------------


def _solve_type(a: Anything, b: Anything) -> Num:
    s, t = _square(a), array_of(b)
    dtype = _result_dtype(array_of(a), t)
    if s.shape is None or t.shape is None or len(s.shape) < 2 or not t.shape:
        return Num("array", dtype, None)
    if len(t.shape) == 1:
        agreeing(s.shape[-1], t.shape[0])
        return Num("array", dtype, (*s.shape[:-2], s.shape[-1]))
    agreeing(s.shape[-1], t.shape[-2])
    lead = broadcast_shapes(s.shape[:-2], t.shape[:-2])
    return Num("array", dtype, (*lead, *t.shape[-2:]))


class Solve:
    """a @ x = b:  dx = solve(a, db - da @ x),  b_bar = solve(a.T, g),  a_bar = -b_bar @ x.T.

    NumPy takes b for a vector only if it has one axis; `columns` makes it a matrix where that
    is not known."""

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        a, b = op.args
        a_dot = dots.get(a) if type(a) is Value else None
        b_dot = dots.get(b) if type(b) is Value else None
        if a_dot is None:
            return [None if b_dot is None else np.linalg.solve(a, b_dot)]
        x = op.result
        if _rank(a) == 2 and _rank(b) in (1, 2) or _rank(b) not in (1, None):
            right = -(a_dot @ x) if b_dot is None else b_dot - a_dot @ x
            return [np.linalg.solve(a, right)]
        right = -(a_dot @ self.columns(x, b))
        if b_dot is not None:
            right = self.columns(b_dot, b) + right
        return [self.uncolumns(np.linalg.solve(a, right), b)]

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        a, b = op.args
        x: Anything = op.result
        g = bars[0]
        a_active = type(a) is Value and a in active
        b_active = type(b) is Value and b in active
        if _rank(a) == 2 and _rank(b) == 1:
            w = np.linalg.solve(swapped(a), g)
            if b_active:
                yield b, cast(w, b)
            if a_active:
                yield a, cast(-np.outer(w, x), a)
            return
        w = np.linalg.solve(swapped(a), self.columns(g, b))
        if b_active:
            yield b, cast(unbroadcast(self.uncolumns(w, b), b), b)
        if a_active:
            yield a, cast(unbroadcast(-(w @ swapped(self.columns(x, b))), a), a)

    @staticmethod
    def columns(v: Anything, b: Anything) -> Anything:
        r = _rank(b)
        if r is None:
            return emit("columns", v, b)
        return np.expand_dims(v, -1) if r == 1 else v

    @staticmethod
    def uncolumns(v: Anything, b: Anything) -> Anything:
        r = _rank(b)
        if r is None:
            return emit("uncolumns", v, b)
        return v[..., 0] if r == 1 else v


SOLVE = declare(np.linalg.solve, _solve_type, Solve(), syntax="call np.linalg.solve")


def _same_dtype(v: Anything, like: Anything) -> Num:
    return Num("array", array_of(v).dtype, None)


COLUMNS = declare(
    runtime.columns,
    _same_dtype,
    differential(
        lambda d, out, v, like: emit("columns", d, like),
        vjp=lambda g, out, v, like: emit("uncolumns", g, like),
    ),
    syntax="runtime columns",
    alias="view",
)
UNCOLUMNS = declare(
    runtime.uncolumns,
    _same_dtype,
    differential(
        lambda d, out, v, like: emit("uncolumns", d, like),
        vjp=lambda g, out, v, like: emit("columns", g, like),
    ),
    syntax="runtime uncolumns",
    alias="view",
)


class Real(Differential):
    """A differential of real matrices: for complex ones it would need conjugates."""

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        real_only(op.args[0], f"np.linalg.{op.prim.name}")
        return super().jvp(op, dots)

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        real_only(op.args[0], f"np.linalg.{op.prim.name}")
        return super().vjp(op, bars, active)


# inv, det, slogdet ----------------------------------------------------------------------------

INV = declare(
    np.linalg.inv,
    _square,
    differential(
        lambda d, out, a: -(out @ d @ out),
        vjp=lambda g, out, a: -(swapped(out) @ g @ swapped(out)),
    ),
    syntax="call np.linalg.inv",
)

# d det(a) = tr(cofactor(a).T @ d), where cofactor(a) = det(a) * inv(a).T but for singular a.
DET = declare(
    np.linalg.det,
    _per_matrix,
    differential(
        lambda d, out, a: _sum_of_products(d, a, emit("cofactor", a)),
        vjp=lambda g, out, a: scaled(g, a, emit("cofactor", a)),
    ),
    syntax="call np.linalg.det",
)
COFACTOR = declare(
    runtime.cofactor,
    _square,
    composite(lambda a: scaled(np.linalg.det(a), a, swapped(np.linalg.inv(a)))),
    syntax="runtime cofactor",
)


def _slogdet_type(a: Anything) -> tuple[Num, Num]:
    return _per_matrix(a), _per_matrix(a)


# d log|det(a)| = tr(inv(a) @ d); the sign is constant.


def _slogdet_dot(d: Anything, out: tuple[Value, Value], a: Anything) -> Anything:
    return None, _sum_of_products(d, a, swapped(np.linalg.inv(a)))


def _slogdet_bar(g: tuple[Anything, Anything], out: tuple[Value, Value], a: Anything) -> Anything:
    return None if g[1] is None else scaled(g[1], a, swapped(np.linalg.inv(a)))


SLOGDET = declare(
    np.linalg.slogdet,
    _slogdet_type,
    Real({0: _slogdet_dot}, {0: _slogdet_bar}),
    syntax="call np.linalg.slogdet",
    container="tuple",
    fields=("sign", "logabsdet"),
)

# Symmetric arguments --------------------------------------------------------------------------


def _mirrored(d: Anything, lower: bool = True) -> Anything:
    """The symmetric matrix of which NumPy reads one triangle."""
    if lower:
        return np.tril(d) + swapped(np.tril(d, -1))
    return np.triu(d) + swapped(np.triu(d, 1))


def _folded(s: Anything, lower: bool = True) -> Anything:
    """The transpose of `_mirrored`, of a symmetric matrix."""
    return np.tril(s) + np.tril(s, -1) if lower else np.triu(s) + np.triu(s, 1)


def _symmetric(s: Anything) -> Anything:
    return 0.5 * (s + swapped(s))


def _half(m: Anything) -> Anything:
    """The lower triangle with half the diagonal."""
    return 0.5 * (np.tril(m) + np.tril(m, -1))


def _cholesky_dot(d: Anything, out: Anything, a: Value) -> Anything:
    """dL = L @ half(inv(L) @ d @ inv(L).T)"""
    inner = np.linalg.solve(out, swapped(np.linalg.solve(out, _mirrored(d))))
    return out @ _half(inner)


def _cholesky_bar(g: Anything, out: Value, a: Value) -> Anything:
    """s = inv(L).T @ half(L.T @ g) @ inv(L), folded onto the lower triangle."""
    upper = swapped(out)
    inner = np.linalg.solve(upper, swapped(_half(upper @ g)))
    return _folded(_symmetric(np.linalg.solve(upper, swapped(inner))))


CHOLESKY = declare(
    np.linalg.cholesky,
    _square,
    Real({0: _cholesky_dot}, {0: _cholesky_bar}),
    syntax="call np.linalg.cholesky",
)


def _eigh_type(a: Anything, UPLO: str = "L") -> tuple[Num, Num]:
    return _eigvalsh_type(a, UPLO), _square(a)


def _eigvalsh_type(a: Anything, UPLO: str = "L") -> Num:
    t = _square(a)
    return Num("array", t.dtype, None if t.shape is None else t.shape[:-1])


def _row(w: Anything) -> Anything:
    return w if _rank(w) == 1 else np.expand_dims(w, -2)


def _column(w: Anything) -> Anything:
    return w[:, None] if _rank(w) == 1 else np.expand_dims(w, -1)


def _one(w: Value) -> Anything:
    """The identity matrix of the size and dtype of the eigenvalues."""
    return emit("eye", length(w, -1), **(dtype_keyword(array_of(typeof(w))) or {}))


def _gaps(w: Anything) -> Anything:
    """1 / (w[j] - w[i]) off the diagonal, 0 on it. Not finite between equal eigenvalues, where
    single eigenvectors have no derivative."""
    one = _one(w)
    return 1.0 / (_row(w) - _column(w) + one) - one


def _eigh_dot(d: Anything, out: tuple[Value, Value], a: Value, UPLO: str = "L") -> Anything:
    w, v = out
    inner = swapped(v) @ _mirrored(d, UPLO.upper() == "L") @ v
    return np.diagonal(inner, axis1=-2, axis2=-1), v @ (_gaps(w) * inner)


def _spectral(v: Value, w_bar: Anything) -> Anything:
    """v @ diag(w_bar) @ v.T"""
    return (v * (w_bar if _rank(v) == 2 else np.expand_dims(w_bar, -2))) @ swapped(v)


def _eigh_bar(
    g: tuple[Anything, Anything], out: tuple[Value, Value], a: Value, UPLO: str = "L"
) -> Anything:
    (w_bar, v_bar), (w, v) = g, out
    lower = UPLO.upper() == "L"
    if v_bar is None:
        return None if w_bar is None else _folded(_spectral(v, w_bar), lower)
    inner = _gaps(w) * (swapped(v) @ v_bar)
    if w_bar is not None:
        diagonal = np.diag(w_bar) if _rank(w) == 1 else np.expand_dims(w_bar, -2) * _one(w)
        inner = inner + diagonal
    return _folded(_symmetric(v @ inner @ swapped(v)), lower)


EIGH = declare(
    np.linalg.eigh,
    _eigh_type,
    Real({0: _eigh_dot}, {0: _eigh_bar}),
    syntax="call np.linalg.eigh",
    container="tuple",
    fields=("eigenvalues", "eigenvectors"),
)


def _eigenvectors(a: Value, UPLO: str) -> Anything:
    keys: dict[str, Anything] = {"UPLO": UPLO} if UPLO != "L" else {}
    return emit("eigh", a, **keys)[1]


def _eigvalsh_dot(d: Anything, out: Value, a: Value, UPLO: str = "L") -> Anything:
    """dw[i] = v[:, i] @ d @ v[:, i]"""
    v = _eigenvectors(a, UPLO)
    return np.sum(v * (_mirrored(d, UPLO.upper() == "L") @ v), axis=-2)


def _eigvalsh_bar(g: Anything, out: Value, a: Value, UPLO: str = "L") -> Anything:
    v = _eigenvectors(a, UPLO)
    return _folded(_spectral(v, g), UPLO.upper() == "L")


EIGVALSH = declare(
    np.linalg.eigvalsh,
    _eigvalsh_type,
    Real({0: _eigvalsh_dot}, {0: _eigvalsh_bar}),
    syntax="call np.linalg.eigvalsh",
)
