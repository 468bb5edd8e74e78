"""Sample arguments of indexing, shaping, creation, products and linear algebra, one line a case."""

from __future__ import annotations

import operator

import numpy as np

from s2s_ad import runtime
from s2s_ad.ir.primitive import BY_NAME
from tests.ops.samples import Case

rng = np.random.default_rng(7)


def normal(*shape: int) -> np.ndarray:
    return rng.normal(size=shape)


def well_conditioned(*shape: int) -> np.ndarray:
    return rng.normal(size=shape) + 4.0 * np.eye(shape[-1])


def positive_definite(*shape: int) -> np.ndarray:
    a = rng.normal(size=shape)
    return a @ np.swapaxes(a, -1, -2) + 2.0 * np.eye(shape[-1])


I2 = np.array([0, 2])
DUPLICATES = np.array([1, 1, 0])
v3, v4, v5 = normal(3), normal(4), normal(5)
m34, m43, m33 = normal(3, 4), normal(4, 3), normal(3, 3)
t234, t243 = normal(2, 3, 4), normal(2, 4, 3)
get = operator.getitem

INDEXING = [
    Case(get, (v5, 2)),
    Case(get, (v5, -1)),
    Case(get, (v5, slice(1, None))),
    Case(get, (v5, slice(1, -1))),
    Case(get, (v5, slice(None, -2))),
    Case(get, (v5, slice(None, None, -1))),
    Case(get, (v5, slice(None, None, 2))),
    Case(get, (v5, slice(4, 0, -2))),
    Case(get, (v5, slice(3, 3))),
    Case(get, (v5, None)),
    Case(get, (v5, Ellipsis)),
    Case(get, (v5, (Ellipsis, 1))),
    Case(get, (m34, 1)),
    Case(get, (m34, (1, 2))),
    Case(get, (m34, (slice(None), 2))),
    Case(get, (m34, (slice(1, None), None, slice(None, -1)))),
    Case(get, (t234, (Ellipsis, 0))),
    Case(get, (t234, (1, Ellipsis, slice(1, 3)))),
    Case(get, (v5, I2)),
    Case(get, (v5, DUPLICATES)),
    Case(get, (v5, [3, 3, 0])),
    Case(get, (m34, DUPLICATES)),
    Case(get, (m34, (I2, I2))),
    Case(get, (m34, (slice(None), DUPLICATES))),
    Case(get, (t234, (0, slice(None), DUPLICATES))),
    Case(get, (t234, (slice(None), I2, I2))),
    Case(get, (m34, (DUPLICATES[:, None], I2))),
    Case(get, (v5, v5 > 0.0)),
    Case(get, (m34, m34 > 0.0)),
    Case(get, (m34, np.array([True, False, True]))),
    Case(get, (m34, (slice(None), np.array([True, False, True, False])))),
    Case(get, (v5, np.array(2))),
    Case(get, ([v3, v4], 1)),
    Case(get, ((2.0, v4, 3.0), 0)),
    Case(get, ({"a": v3, "b": 2.0}, "b")),
]

SHAPING = [
    Case(np.reshape, (m34, (2, 6))),
    Case(np.reshape, (m34, (4, -1))),
    Case(np.reshape, (m34, -1)),
    Case(np.reshape, (m34, (2, 6)), {"order": "F"}),
    Case(np.reshape, (v4, (2, 2)), {"order": "F"}),
    Case(np.reshape, (1.5, (1, 1))),
    Case(np.ravel, (m34,)),
    Case(np.ravel, (m34,), {"order": "F"}),
    Case(np.ravel, (v3,)),
    Case(np.ndarray.flatten, (m34,)),
    Case(np.ndarray.flatten, (m34,), {"order": "F"}),
    Case(np.transpose, (m34,)),
    Case(np.transpose, (v3,)),
    Case(np.transpose, (t234, (1, 2, 0))),
    Case(np.transpose, (t234, (-1, 0, -2))),
    Case(np.swapaxes, (t234, 0, -1)),
    Case(np.moveaxis, (t234, 0, -1)),
    Case(np.moveaxis, (t234, (0, 1), (2, 0))),
    Case(np.squeeze, (m34[:, None],)),
    Case(np.squeeze, (m34[:, None],), {"axis": 1}),
    Case(np.squeeze, (t234[None, :, None],), {"axis": (0, -3)}),
    Case(np.expand_dims, (m34, 1)),
    Case(np.expand_dims, (m34, (0, -1))),
    Case(np.broadcast_to, (v4, (3, 4))),
    Case(np.broadcast_to, (m34[:, :1], (2, 3, 4))),
    Case(np.broadcast_to, (2.5, (2, 2))),
    Case(np.atleast_1d, (2.5,)),
    Case(np.atleast_1d, (v3,)),
    Case(np.atleast_2d, (v3,)),
    Case(np.atleast_2d, (m34,)),
    Case(np.atleast_3d, (v3,)),
    Case(np.atleast_3d, (m34,)),
    Case(np.flip, (m34,)),
    Case(np.flip, (m34,), {"axis": 0}),
    Case(np.flip, (t234,), {"axis": (0, -1)}),
    Case(np.fliplr, (m34,)),
    Case(np.flipud, (v3,)),
    Case(np.rot90, (m34,)),
    Case(np.rot90, (t234,), {"k": 2, "axes": (1, 2)}),
    Case(np.roll, (m34, 2)),
    Case(np.roll, (m34, -1), {"axis": 1}),
    Case(np.roll, (m34, (1, 2)), {"axis": (0, 1)}),
    Case(np.repeat, (v3, 2)),
    Case(np.repeat, (m34, 3)),
    Case(np.repeat, (m34, 2), {"axis": 0}),
    Case(np.repeat, (m34, 2), {"axis": -1}),
    Case(np.repeat, (v3, np.array([2, 0, 1]))),
    Case(np.repeat, (m34, np.array([2, 0, 1])), {"axis": 0}),
    Case(np.repeat, (2.5, 3)),
    Case(np.take, (v3, DUPLICATES)),
    Case(np.take, (m34, [1, 1, 5])),
    Case(np.take, (m34, DUPLICATES), {"axis": 0}),
    Case(np.take, (t234, I2), {"axis": -1}),
    Case(np.take, (m34, 1), {"axis": 1}),
    Case(np.tile, (v3, 2)),
    Case(np.tile, (v3, (2, 1))),
    Case(np.tile, (m34, (2, 3))),
    Case(np.tile, (m34, (2, 1, 1))),
    Case(np.tile, (m34, 1)),
    Case(np.diag, (v3,)),
    Case(np.diag, (v3,), {"k": -1}),
    Case(np.diag, (m33,)),
    Case(np.diag, (m34,), {"k": 1}),
    Case(np.diagonal, (m33,)),
    Case(np.diagonal, (m34,), {"offset": -1}),
    Case(np.diagonal, (t234,), {"axis1": -2, "axis2": -1}),
    Case(np.trace, (m33,)),
    Case(np.trace, (m34,)),
    Case(np.trace, (m34,), {"offset": 1}),
    Case(np.trace, (t234,), {"axis1": 1, "axis2": 2}),
    Case(np.tril, (m34,)),
    Case(np.tril, (t234,), {"k": -1}),
    Case(np.triu, (m34,), {"k": 1}),
    Case(np.pad, (v3, 2)),
    Case(np.pad, (m34, ((1, 0), (0, 2))), {"mode": "constant", "constant_values": 3.0}),
]

JOINING = [
    Case(np.concatenate, ([v3, v4],)),
    Case(np.concatenate, ([v3, v4, v3[:0], v5],)),
    Case(np.concatenate, ((m34, normal(2, 4)),)),
    Case(np.concatenate, ([m34, normal(3, 1)],), {"axis": 1}),
    Case(np.concatenate, ([m34, normal(3, 1)],), {"axis": -1}),
    Case(np.concatenate, ([t234, normal(2, 1, 4)],), {"axis": -2}),
    Case(np.concatenate, ([m34, v3],), {"axis": None}),
    Case(np.concatenate, ([[1.5, 2.5], v3],)),
    Case(np.stack, ([v3, normal(3)],)),
    Case(np.stack, ([v3, normal(3)],), {"axis": 1}),
    Case(np.stack, ([m34, normal(3, 4)],), {"axis": -1}),
    Case(np.stack, ([1.5, 2.5],)),
    Case(np.hstack, ([v3, v4],)),
    Case(np.hstack, ([m34, normal(3, 2)],)),
    Case(np.vstack, ([v3, normal(3)],)),
    Case(np.vstack, ([v4, m34],)),
    Case(np.dstack, ([v3, normal(3)],)),
    Case(np.dstack, ([m34, normal(3, 4)],)),
    Case(np.column_stack, ([v3, m34],)),
    Case(np.array, ([1.5, 2.5],)),
    Case(np.array, ([[1.5, 2], [3, 4.5]],)),
    Case(np.array, ([v3, normal(3)],)),
    Case(np.array, (m34,)),
    Case(np.array, (2.5,)),
    Case(np.array, (m34,), {"dtype": int}, ()),
    Case(np.asarray, (m34,)),
    Case(np.asarray, ([2.5, 1.5],)),
    Case(np.asarray, (2.5,)),
    Case(np.ascontiguousarray, (m34.T,)),
    Case(np.split, (normal(6), 3)),
    Case(np.split, (m34, 2), {"axis": 1}),
    Case(np.split, (v5, [1, 3])),
    Case(np.split, (v5, 1)),
    Case(np.array_split, (v5, 2)),
    Case(np.array_split, (m34, [1]), {"axis": -1}),
]

CONVERSION = [
    Case(np.copy, (m34,)),
    Case(np.ndarray.astype, (m34,), {"dtype": float}),
    Case(np.ndarray.astype, (m34, np.float64)),
    Case(np.ndarray.astype, (m34, int), {}, ()),
    Case(np.shape, (m34,), {}, ()),
    Case(np.ndim, (m34,), {}, ()),
    Case(np.size, (m34,), {}, ()),
    Case(len, (m34,), {}, ()),
    Case(np.ndarray.item, (normal(1, 1),)),
]

f4 = normal(3).astype("f4")
FLOAT32 = [
    Case(get, (f4, slice(1, None))),
    Case(get, (f4, DUPLICATES)),
    Case(np.reshape, (f4, (3, 1))),
    Case(np.concatenate, ([f4, f4],)),
    Case(np.tile, (f4, 2)),
    Case(np.repeat, (f4, 2)),
    Case(np.matmul, (f4, m34.astype("f4"))),
    Case(np.dot, (m34.astype("f4").T, f4)),
    Case(np.outer, (f4, f4)),
    Case(np.trace, (m33.astype("f4"),)),
    Case(np.einsum, ("i,ij->", f4, m34.astype("f4"))),
    Case(np.linalg.norm, (f4,)),
]

CREATION = [
    Case(np.zeros, ((2, 3),)),
    Case(np.ones, (3,)),
    Case(np.empty_like, (v3[:0],), {}, ()),
    Case(np.eye, (3,)),
    Case(np.eye, (3, 4), {"k": 1}),
    Case(np.identity, (3,)),
    Case(np.zeros_like, (m34,), {}, ()),
    Case(np.ones_like, (m34,), {}, ()),
    Case(np.empty, (0,)),
    Case(np.ndarray, ((0,),)),
    Case(np.full, ((2, 3), 1.5)),
    Case(np.full, ((2, 3), v3)),
    Case(np.full_like, (m34, 1.5), {}, (1,)),
    Case(np.arange, (4,)),
    Case(np.arange, (0.5, 4.0)),
    Case(np.arange, (0.5, 4.1, 0.7)),
    Case(np.linspace, (0.5, 2.0), {"num": 5}),
    Case(np.linspace, (0.5, 2.0), {"num": 4, "endpoint": False}),
    Case(np.meshgrid, (v3, v4)),
    Case(np.meshgrid, (v3, v4), {"indexing": "ij"}),
    Case(np.meshgrid, (v3, v4, normal(2))),
]

RANKS = [
    (v3, normal(3)),
    (m34, v4),
    (v3, m34),
    (m34, m43),
    (t234, v4),
    (v3, t234),
    (t234, m43),
    (m34, t243),
    (t234, t243),
    (normal(1, 3, 4), t243),
    (normal(5, 1, 3, 4), t243),
]

PRODUCTS = [
    *(Case(np.matmul, pair) for pair in RANKS),
    *(Case(np.dot, pair) for pair in RANKS),
    Case(np.dot, (2.0, v3)),
    Case(np.dot, (m34, 1.5)),
    Case(np.dot, (2.0, 1.5)),
    Case(np.inner, (v3, normal(3))),
    Case(np.inner, (m34, v4)),
    Case(np.inner, (v4, m34)),
    Case(np.inner, (m34, normal(2, 4))),
    Case(np.inner, (t234, normal(5, 4))),
    Case(np.inner, (normal(5, 4), t234)),
    Case(np.inner, (2.0, v3)),
    Case(np.outer, (v3, v4)),
    Case(np.cross, (v3, normal(3))),
    Case(np.cross, (normal(4, 3), v3)),
    Case(np.outer, (m34, v3)),
    Case(np.outer, (2.0, v3)),
    Case(np.vdot, (v3, normal(3))),
    Case(np.vdot, (m34, normal(3, 4))),
    Case(np.vdot, (m34, m43)),
    Case(np.tensordot, (m34, m43), {"axes": 1}),
    Case(np.tensordot, (m34, normal(3, 4))),
    Case(np.tensordot, (t234, m43), {"axes": 1}),
    Case(np.tensordot, (t234, m43), {"axes": ([1, 2], [1, 0])}),
    Case(np.tensordot, (t234, normal(4, 5, 2)), {"axes": ((2, 0), (0, 2))}),
    Case(np.tensordot, (v3, v4), {"axes": 0}),
    Case(np.tensordot, (m34, normal(5, 3)), {"axes": (0, 1)}),
    Case(np.einsum, ("ij,jk->ik", m34, m43)),
    Case(np.einsum, ("ij,jk", m34, m43)),
    Case(np.einsum, ("ij->", m34)),
    Case(np.einsum, ("ij->j", m34)),
    Case(np.einsum, ("ij->ji", m34)),
    Case(np.einsum, ("ii->", m33)),
    Case(np.einsum, ("ii->i", m33)),
    Case(np.einsum, ("ii,i->i", m33, v3)),
    Case(np.einsum, ("i,j->ij", v3, v4)),
    Case(np.einsum, ("i,i->", v3, normal(1))),
    Case(np.einsum, ("i,j,k->j", v3, v4, v5)),
    Case(np.einsum, ("bij,bjk->bik", t234, t243)),
    Case(np.einsum, ("...ij,...jk->...ik", t234, m43)),
    Case(np.einsum, ("ij, ij -> i", m34, normal(3, 4))),
]

LINALG = [
    Case(np.linalg.solve, (well_conditioned(3, 3), v3)),
    Case(np.linalg.solve, (well_conditioned(3, 3), m34)),
    Case(np.linalg.solve, (well_conditioned(2, 3, 3), v3)),
    Case(np.linalg.solve, (well_conditioned(2, 3, 3), t234)),
    Case(np.linalg.solve, (well_conditioned(2, 3, 3), m34)),
    Case(np.linalg.solve, (well_conditioned(3, 3), t234)),
    Case(np.linalg.inv, (well_conditioned(3, 3),)),
    Case(np.linalg.inv, (well_conditioned(2, 3, 3),)),
    Case(np.linalg.det, (m33,)),
    Case(np.linalg.det, (normal(2, 3, 3),)),
    Case(np.linalg.slogdet, (m33,)),
    Case(np.linalg.slogdet, (normal(2, 3, 3),)),
    Case(np.linalg.cholesky, (positive_definite(3, 3),)),
    Case(np.linalg.cholesky, (positive_definite(2, 3, 3),)),
    Case(np.linalg.eigh, (positive_definite(3, 3),)),
    Case(np.linalg.eigh, (positive_definite(2, 3, 3),), {"UPLO": "U"}),
    Case(np.linalg.eigvalsh, (positive_definite(3, 3),)),
    Case(np.linalg.eigvalsh, (positive_definite(2, 3, 3),), {"UPLO": "U"}),
    Case(np.linalg.norm, (v3,)),
    Case(np.linalg.norm, (m34,)),
    Case(np.linalg.norm, (t234,)),
    Case(np.linalg.norm, (m34,), {"ord": "fro"}),
    Case(np.linalg.norm, (m34,), {"axis": 1}),
    Case(np.linalg.norm, (m34,), {"axis": 0, "keepdims": True}),
    Case(np.linalg.norm, (m34,), {"ord": 3, "axis": -1}),
    Case(np.linalg.norm, (m34,), {"ord": np.inf, "axis": 1}),
    Case(np.linalg.norm, (t234,), {"axis": (0, 2)}),
    Case(np.linalg.norm, (t234,), {"ord": 1, "axis": (0, 2)}),
]

cube, other = normal(2, 3, 2), normal(2, 2)
HELPERS = [
    Case(BY_NAME["T"].function, (m34,)),
    Case(BY_NAME["dtype"].function, (m34,), {}, ()),
    *(
        Case(f, (g, a, b))
        for f, g in (
            (runtime.matmul_wrt_a, normal(2, 3, 2)),
            (runtime.matmul_wrt_b, normal(2, 3, 2)),
            (runtime.dot_wrt_a, normal(2, 3, 2)),
            (runtime.dot_wrt_b, normal(2, 3, 2)),
            (runtime.inner_wrt_a, normal(2, 3, 2)),
            (runtime.inner_wrt_b, normal(2, 3, 2)),
        )
        for a, b in ((cube, other),)
    ),
    Case(runtime.matmul_wrt_a, (normal(2, 3), cube, normal(2))),
    Case(runtime.matmul_wrt_b, (normal(2, 2), normal(3), cube)),
    Case(runtime.tensordot_wrt_a, (normal(2, 3, 2), cube, other), {"axes": 1}),
    Case(runtime.tensordot_wrt_b, (v3, cube, other), {"axes": ((2, 0), (0, 1))}, (0,)),
    Case(runtime.columns, (v3, normal(3))),
    Case(runtime.columns, (m34, m34)),
    Case(runtime.uncolumns, (normal(3, 1), v3)),
    Case(runtime.cofactor, (m33,)),
    Case(runtime.cofactor, (normal(2, 2, 2),)),
    Case(runtime.undiagonal, (v3, m34), {}, (0,)),
    Case(runtime.undiag, (m33, v3), {}, (0,)),
    Case(runtime.undiag, (v3, m33), {}, (0,)),
    Case(runtime.untile, (normal(6, 4), m34, (2, 1)), {}, (0,)),
    Case(runtime.unpad, (normal(5), v3), {"pad_width": 1}, (0,)),
]

CASES = [
    *INDEXING,
    *SHAPING,
    *JOINING,
    *CONVERSION,
    *FLOAT32,
    *CREATION,
    *PRODUCTS,
    *LINALG,
    *HELPERS,
]

# These are differentiated only where the ranks are known, and refused elsewhere.
TYPED = [
    Case(np.einsum, ("...ij,jk", t234, m43)),
    Case(np.einsum, ("b...,b->...", t234, normal(2))),
    Case(np.linalg.norm, (v3,), {"ord": 1}),
    Case(np.linalg.norm, (v3,), {"ord": 2}),
    Case(np.linalg.norm, (v3,), {"ord": 3}),
    Case(np.linalg.norm, (v3,), {"ord": 2.5}),
    Case(np.linalg.norm, (v3,), {"ord": np.inf}),
    Case(np.linalg.norm, (v3,), {"ord": -np.inf}),
    Case(np.linalg.norm, (m34,), {"ord": 1}),
    Case(np.linalg.norm, (m34,), {"ord": np.inf}),
]

# Gives a sequence of arrays; its derivative is tested through joins of unknown rank.
SEQUENCES = [Case(runtime.unjoin, (normal(6), (v3, normal(3)), "concatenate"))]
