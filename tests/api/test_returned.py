"""What derivatives give back: kinds, dtypes and shapes, and memory that nobody else holds."""

import copy

import numpy as np
import pytest

from s2s_ad import (
    DerivativeTypeError,
    grad,
    jvp,
    value_and_grad,
    vjp,
)


def total(x):
    return np.sum(x * x)


def doubled(x):
    return 2.0 * x


@pytest.mark.parametrize(
    "x",
    [2.0, np.float64(2.0), np.float32(2.0), np.array(2.0), np.array([1.0, 2.0]), np.ones((2, 1)),
     np.ones((2, 2), np.float32), np.ones((3, 2))[::2], np.asfortranarray(np.ones((2, 3))),
     np.empty((0, 2))],
    ids=repr,
)  # fmt: skip
def test_kind_dtype_and_shape(x):
    before = copy.deepcopy(x)
    g = grad(total)(x)
    assert type(g) is type(x)
    assert np.asarray(g).dtype == np.asarray(x).dtype
    assert np.shape(g) == np.shape(x)
    assert np.allclose(g, 2 * np.asarray(x))
    assert np.array_equal(x, before)
    if isinstance(g, np.ndarray):
        assert g.flags.writeable
        assert not np.shares_memory(g, x)


def dot(x, y):
    return np.sum(x * y)


def plus(x, y):
    return np.sum(x + y)


def identity(x):
    return x


@pytest.mark.parametrize("f", [dot, plus])
def test_gradients_share_nothing(f):
    x, y = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    arrays = [x, y]
    for _ in range(2):
        arrays += [*grad(f, wrt=(0, 1))(x, y), *value_and_grad(f, wrt=(0, 1))(x, y)[1]]
        _, pullback = vjp(f, x, y)
        arrays += [*pullback(1.0), *pullback(1.0)]
    for i, a in enumerate(arrays):
        for b in arrays[:i]:
            assert not np.shares_memory(a, b)
        assert a.flags.writeable


def test_values_and_tangents_share_nothing():
    x, x_dot = np.ones(3), np.ones(3)
    y, y_dot = jvp(identity, (x,), (x_dot,))
    assert not np.shares_memory(y, x)
    assert not np.shares_memory(y_dot, x_dot)
    y, pullback = vjp(identity, x)
    y_bar = np.ones(3)
    (x_bar,) = pullback(y_bar)
    assert not np.shares_memory(y, x)
    assert not np.shares_memory(x_bar, y_bar)


def test_a_pullback_owns_what_it_reads():
    x = np.array([1.0, 2.0])
    y, pullback = vjp(np_exp_square, x)
    expected = pullback(np.ones(2))[0].copy()
    x[:] = 100.0
    y[:] = 100.0
    for _ in range(2):
        bar = pullback(np.ones(2))[0]
        assert np.array_equal(bar, expected)
        bar[:] = 0.0


def np_exp_square(x):
    return np.exp(x) * x * x


def test_pullbacks_need_a_cotangent_of_the_right_shape():
    _, pullback = vjp(doubled, np.ones(3))
    with pytest.raises(DerivativeTypeError):
        pullback()
    with pytest.raises(DerivativeTypeError):
        pullback(np.ones(2))
    assert vjp(total, np.ones(2))[1]()[0].tolist() == [2.0, 2.0]


def test_tangents_are_checked():
    with pytest.raises(DerivativeTypeError):
        jvp(doubled, (np.ones(3),), (np.ones(2),))
    with pytest.raises(DerivativeTypeError):
        jvp(doubled, (1.0,), (1.0, 2.0))
    with pytest.raises(DerivativeTypeError):
        jvp(doubled, 1.0, 1.0)
    y, y_dot = jvp(doubled, (np.ones(2),), (None,))
    assert y.tolist() == [2.0, 2.0]
    assert y_dot.tolist() == [0.0, 0.0]
