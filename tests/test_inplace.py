"""Programs that write into arrays: values and derivatives to second order in every mode."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import s2s_ad
from s2s_ad.errors import UnsupportedError
from tests.checking import check_derivatives, check_untyped, each
from tests.inplace_programs import INPLACE
from tests.numerical_programs import NUMERICAL

PROGRAMS = [*INPLACE, *NUMERICAL]


@each(PROGRAMS)
def test_derivatives(f: Any, args: Any) -> None:
    check_derivatives(f, args)


@each(PROGRAMS)
def test_untyped_text(f: Any, args: Any) -> None:
    check_untyped(f, args)


def shifted_sum(x: Any, y: Any) -> Any:
    x[1:] += y[:-1]
    return np.sum(x * x)


def test_arguments_that_share_memory_are_refused() -> None:
    x = np.arange(4.0)
    gradient = s2s_ad.grad(shifted_sum)
    gradient(x, x.copy())
    for other in (x, x[::-1], x[1:]):
        with pytest.raises(UnsupportedError, match="shares memory"):
            gradient(x[: len(other)], other)
    gradient(x, x.copy())


class Model:
    """Holds arrays; `layers` in a list, `inner` in another object."""

    def __init__(self, weights: Any) -> None:
        self.weights = weights
        self.layers = [np.ones(2), weights]
        self.inner: Any = None

    def scaled(self, x: Any) -> Any:
        x[0] = 3.0 * x[1]
        return np.sum(x * self.weights)

    def layered(self, x: Any) -> Any:
        x[0] = 3.0 * x[1]
        return np.sum(x * self.layers[1])

    def nested(self, x: Any) -> Any:
        x[0] = 3.0 * x[1]
        return np.sum(x * self.inner.weights)


@pytest.mark.parametrize("name", ["scaled", "layered", "nested"])
def test_an_attribute_that_shares_memory_is_refused(name: str) -> None:
    x = np.array([0.3, 0.7])
    model = Model(x.copy())
    model.inner = Model(x.copy())
    gradient = s2s_ad.grad(getattr(model, name))
    np.testing.assert_allclose(gradient(x), [0.0, 1.6])
    model.weights = model.layers[1] = model.inner.weights = x
    with pytest.raises(UnsupportedError, match="shares memory with self"):
        gradient(x)


def filled_like(x: Any, e: Any) -> Any:
    u = np.zeros_like(e)
    u[0] = 1.7 * x
    return np.sum(u) + x


def shifted_counts(x: Any, e: Any) -> Any:
    e[1:] = e[:-1]
    e[0] = 1.7
    return np.sum(e) * x


@pytest.mark.parametrize("f", [filled_like, shifted_counts])
def test_arrays_of_integers_that_are_stored_into_stay_integers(f: Any) -> None:
    """As floats they would keep a fraction that they lose."""
    e = np.array([1, 0, 2])
    value, pullback = s2s_ad.vjp(f, 1.0, e)
    assert value == f(1.0, e.copy())
    assert pullback(1.0)[1] is None
    with pytest.raises(UnsupportedError, match="loses its fraction"):
        s2s_ad.grad(f, wrt=(0, 1))(1.0, e)
