"""Programs that write into arrays: values and derivatives to second order in every mode."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import s2s_ad
from s2s_ad.errors import UnsupportedError
from s2s_ad.testing import check_grads
from tests.inplace_programs import INPLACE
from tests.numerical_programs import NUMERICAL

PROGRAMS = [*INPLACE, *NUMERICAL]
IDS = [f"{f.__name__}-{i}" for i, (f, _) in enumerate(PROGRAMS)]


@pytest.mark.parametrize(("f", "args"), PROGRAMS, ids=IDS)
def test_derivatives(f: Any, args: Any) -> None:
    check_grads(f, args, order=2)


@pytest.mark.parametrize(("f", "args"), PROGRAMS, ids=IDS)
def test_untyped_text(f: Any, args: Any) -> None:
    """Without types the text is longer, never another number; what needs a type is refused."""
    wrt = tuple(i for i, a in enumerate(args) if np.asarray(a).dtype.kind == "f")
    expected = s2s_ad.grad(f, wrt=wrt) if np.shape(f(*_copies(args))) == () else None
    try:
        text = s2s_ad.source(f, "vjp", wrt=wrt)
    except UnsupportedError:
        return
    module: dict[str, Any] = {"__name__": "emitted"}
    exec(compile(text, f"<{f.__name__}>", "exec"), module)
    given = _copies(args)
    value, gradient = module[f.__name__ + "_vjp"](
        *given, *([] if expected else [f(*_copies(args))])
    )
    np.testing.assert_allclose(value, f(*_copies(args)), rtol=1e-12)
    for a, b in zip(given, args):
        np.testing.assert_array_equal(a, b)
    if expected:
        for a, b in zip(gradient, expected(*args), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


def _copies(args: Any) -> Any:
    return tuple(a.copy() if isinstance(a, np.ndarray) else a for a in args)


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
