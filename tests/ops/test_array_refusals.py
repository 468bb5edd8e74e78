"""What the primitives on arrays refuse, and their values at singular points."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from s2s_ad.errors import UnsupportedError
from s2s_ad.ir.build import apply, building, knowing
from s2s_ad.ir.core import Block
from s2s_ad.ir.primitive import TABLE
from s2s_ad.ir.types import Facts, type_of
from s2s_ad.ops.methods import ATTRIBUTES, METHODS
from tests.ops.checker import forward, reverse, run
from tests.ops.samples import Case

matrix = np.arange(6.0).reshape(2, 3)


def block_of(function: Callable[..., Any], args: tuple[Any, ...], **kwargs: Any) -> Block:
    block = Block()
    values = [block.add_param(type_of(x)) if isinstance(x, np.ndarray) else x for x in args]
    with building(block):
        out = apply(function, *values, **kwargs)
    block.yields = list(out) if isinstance(out, list) else [out]
    return block


REFUSED = [
    (Case(np.reshape, (matrix, 6), {"order": "A"}), "memory layout"),
    (Case(np.ravel, (matrix,), {"order": "K"}), "memory layout"),
    (Case(np.ndarray.flatten, (matrix,), {"order": "A"}), "memory layout"),
    (Case(np.pad, (matrix, 1), {"mode": "edge"}), "mode='edge'"),
    (Case(np.tril, (matrix[0],)), "triangle of a vector"),
    (Case(np.linspace, (matrix[0], 2.0)), "linspace between arrays"),
    (Case(np.meshgrid, (matrix[0], matrix[1]), {"sparse": True}), "sparse"),
    (Case(np.einsum, ("ij,jk", matrix)), "operands"),
    (Case(np.concatenate, ([matrix],), {"dtype": "f4"}), "'dtype' is not supported"),
    (Case(np.dot, (matrix[0], matrix[0]), {"out": None}), "'out' is not supported"),
    (Case(np.sum, (matrix,), {"where": True}), "'where' is not supported"),
    (Case(np.linalg.cholesky, (matrix,), {"upper": True}), "'upper' is not supported"),
]


@pytest.mark.parametrize(("case", "message"), REFUSED, ids=str)
def test_refused(case: Case, message: str) -> None:
    with knowing(Facts()), pytest.raises(UnsupportedError, match=message):
        block_of(case.function, case.args, **case.kwargs)


@pytest.mark.parametrize("ord", [2, -2, "nuc"])
def test_spectral_norms_have_no_derivative(ord: Any) -> None:
    with knowing(Facts()):
        block = block_of(np.linalg.norm, (matrix,), ord=ord)
        with pytest.raises(UnsupportedError, match="norm"):
            reverse(block, [0])


@pytest.mark.parametrize("name", ["fill", "sort", "put", "resize"])
def test_methods_that_write_are_refused(name: str) -> None:
    with pytest.raises(UnsupportedError, match="writes into its array"):
        METHODS[name](None)


def test_methods_and_attributes_are_primitives() -> None:
    x = np.array([[3.0]])
    arguments = {
        "clip": (0.0, 1.0), "dot": (x,), "repeat": (2,), "reshape": (1, 1), "round": (1,),
        "searchsorted": (0.5,), "swapaxes": (0, 1), "take": (0,), "astype": ("f4",),
        "transpose": (1, 0),
    }  # fmt: skip
    refused = {"fill", "sort", "partition", "put", "resize", "tolist"}
    for name in sorted(set(METHODS) - refused):
        sample = np.array([3.0]) if name == "searchsorted" else x
        block = Block()
        with knowing(Facts()), building(block):
            value = block.add_param(type_of(sample))
            block.yields = [METHODS[name](value, *arguments.get(name, ()))]
        expected = getattr(sample, name)(*arguments.get(name, ()))
        np.testing.assert_array_equal(run(block, [sample])[0], expected, err_msg=name)
    for name, attribute in ATTRIBUTES.items():
        block = Block()
        with knowing(Facts()), building(block):
            block.yields = [attribute(block.add_param(type_of(x)))]
        expected = getattr(x, name, x.T)
        np.testing.assert_array_equal(run(block, [x])[0], expected, err_msg=name)


@pytest.mark.parametrize(
    ("function", "x", "expected"),
    [
        (np.linalg.norm, np.zeros(2), [0.0, 0.0]),
        (np.linalg.norm, np.zeros((2, 2)), np.zeros((2, 2))),
        (np.linalg.det, np.array([[1.0, 2.0], [2.0, 4.0]]), [[4.0, -2.0], [-2.0, 1.0]]),
        (np.linalg.det, np.zeros((2, 2)), np.zeros((2, 2))),
    ],
)
def test_singular_points(function: Any, x: np.ndarray, expected: Any) -> None:
    with knowing(Facts()), np.errstate(all="raise"):
        block = block_of(function, (x,))
        (adjoint,) = run(reverse(block, [0]), [x, 1.0])
        (tangent,) = run(forward(block, [0]), [x, np.ones_like(x)])
    np.testing.assert_allclose(adjoint, expected, atol=1e-12)
    np.testing.assert_allclose(tangent, np.sum(expected), atol=1e-12)


def test_norm_of_rows_of_which_one_is_zero() -> None:
    x = np.array([[0.0, 0.0], [3.0, 4.0]])
    with knowing(Facts()):
        block = block_of(np.linalg.norm, (x,), axis=1)
        (adjoint,) = run(reverse(block, [0]), [x, np.ones(2)])
    np.testing.assert_allclose(adjoint, [[0.0, 0.0], [0.6, 0.8]])


def test_eigenvectors_of_equal_eigenvalues_have_no_derivative() -> None:
    with knowing(Facts()):
        block = block_of(np.linalg.eigh, (np.eye(2),))
        (adjoint,) = run(reverse(block, [0]), [np.eye(2), np.ones(2), np.ones((2, 2))])
    assert np.isnan(adjoint).any()


def test_new_numpy_spellings_are_known() -> None:
    assert TABLE[np.concat] is TABLE[np.concatenate]
    assert TABLE[np.permute_dims] is TABLE[np.transpose]


@pytest.mark.parametrize(
    "function", [np.linalg.norm, np.linalg.eigvalsh, np.linalg.cholesky, np.linalg.slogdet]
)
def test_complex_matrices_are_refused(function: Any) -> None:
    x = np.eye(2) + 0j
    with knowing(Facts()):
        block = block_of(function, (x,))
        with pytest.raises(UnsupportedError, match="complex"):
            reverse(block, [0])
