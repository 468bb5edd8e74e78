# ruff: noqa: E501
"""What the ways in refuse: a line for each message, with advice."""

import functools
import types

import numpy as np
import pytest

import s2s_ad
from s2s_ad.errors import S2SError
from s2s_ad.ir.signature import Signature
from s2s_ad.pipeline import derive


def square(x):
    return x * x


def product(x, y=2.0):
    return x * y


def total(*xs):
    return sum(xs)


def keyed(x):
    return x["a"] * 2.0


def doubled(x):
    return 2.0 * x


def pair(x):
    return x, x


class Holder:
    @staticmethod
    def static(x):
        return x

    def method(self, x):
        return x


class Matrix(np.ndarray):
    pass


def through(n, x):
    return np.sum(x, axis=n)


MATRIX = np.ones(3).view(Matrix)
CASES = [
    (lambda: s2s_ad.grad(Holder.__dict__["static"]), "an object of class staticmethod cannot"),
    (lambda: s2s_ad.grad(functools.partial(product, y=3.0)), "a functools.partial cannot be"),
    (lambda: s2s_ad.grad(types.MethodType(Holder().method, 1.0)), "a method bound twice"),
    (lambda: derive(square, "grad", (), Signature()), "grad of square with respect to nothing"),
    (lambda: s2s_ad.grad(3.0), "3.0 is not a function"),
    (lambda: s2s_ad.vjp(total, 1.0, 2.0), "takes its primals in *xs"),
    (lambda: s2s_ad.vjp(square, "a"), "no primal carries a derivative"),
    (lambda: s2s_ad.jvp(square, 1.0, 1.0), "jvp takes a tuple of primals"),
    (lambda: s2s_ad.jvp(square, (1.0,), ()), "1 primals, but 0 tangents"),
    (lambda: s2s_ad.grad(square, wrt=()), "wrt=() names no parameter, or one twice"),
    (lambda: s2s_ad.grad(product, wrt=(0, 0)), "names no parameter, or one twice"),
    (lambda: s2s_ad.grad(total, wrt="xs"), "no derivative with respect to *xs"),
    (lambda: s2s_ad.grad(square, wrt="q"), "square has no parameter 'q'"),
    (lambda: s2s_ad.grad(square, wrt=5), "square has no argument number 5"),
    (lambda: s2s_ad.grad(square, wrt=1.5), "positions or names of parameters are meant"),
    (lambda: s2s_ad.source(square, "hessian"), "mode 'hessian' is unknown"),
    (lambda: s2s_ad.source(square, "grad", like=[1.0]), "`like` is a list"),
    (lambda: s2s_ad.source(square, "grad", like="x=float, x=int"), "x is described twice"),
    (lambda: s2s_ad.source(square, "grad", like={"q": 1.0}), "square has no parameter 'q'"),
    (lambda: s2s_ad.source(square, "grad", like=(1.0, 2.0)), "takes fewer than the 2 arguments"),
    (lambda: s2s_ad.grad(doubled)(np.ones(3)), "is not a scalar, but an array with one axis"),
    (lambda: s2s_ad.value_and_grad(doubled)(np.ones(3)), "the value of doubled is not a scalar"),
    (lambda: s2s_ad.grad(pair)(1.0), "is not a scalar, but several values"),
    (lambda: s2s_ad.vjp(doubled, np.ones(3))[1](), "the pullback needs a cotangent"),
    (lambda: s2s_ad.grad(square)(True), "no derivative with respect to x: it is a bool"),
    (lambda: s2s_ad.grad(square)("a"), "no derivative with respect to x: it is of type str"),
    (lambda: s2s_ad.grad(square)(1j), "no derivative with respect to x: it is a complex number"),
    (lambda: s2s_ad.grad(square)(MATRIX), "test_refusals.Matrix"),
    (lambda: s2s_ad.grad(keyed)({"a": MATRIX}), "no derivative with respect to a "),
    (lambda: s2s_ad.grad(keyed)({"a": 1j}), "no derivative with respect to a complex number"),
    (lambda: s2s_ad.grad(product)(1.0, MATRIX), "Matrix: only plain arrays are supported"),
    (lambda: s2s_ad.jvp(keyed, ({"a": 1.0},), ({"b": 1.0},)), "must be a dict with the keys ['a']"),
    (lambda: s2s_ad.jvp(square, (1.0,), (1j,)), "is of dtype complex128, not float64"),
    (lambda: s2s_ad.jvp(square, (np.ones(3),), (np.ones(2),)), "has shape (2,), but (3,) is needed"),
    (lambda: s2s_ad.grad(through, wrt=1)(np.array([0, 1]), np.ones((2, 2))),
     "an array cannot be a static argument"),
    (lambda: s2s_ad.runtime.scalar_seed(np.ones(2)), "the value is not a scalar: its shape is (2,)"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "message"), CASES, ids=[message for _, message in CASES])
def test_refused(call, message):
    with pytest.raises(S2SError) as caught:
        call()
    assert message in caught.value.message
    assert caught.value.advice
