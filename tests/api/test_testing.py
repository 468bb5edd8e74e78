"""check_grads passes what is right and says what is wrong."""

import numpy as np
import pytest

from s2s_ad import testing
from s2s_ad.testing import check_grads


def smooth(x, y):
    return np.sin(x) * y + x * x


def nested(p, x):
    return np.sum(p["w"] * x) + p["b"][0] ** 2


def vector(x):
    return np.exp(x) * np.sum(x)


def test_right_ones():
    check_grads(smooth, (0.3, 2.0))
    check_grads(nested, ({"w": np.array([1.0, 2.0]), "b": [0.5]}, np.array([0.3, -0.7])))
    check_grads(vector, (np.array([0.1, 0.2]),))
    check_grads(vector, (np.array([0.1, 0.2], np.float32),), order=1)


@pytest.mark.parametrize("modes", [("fwd",), ("rev",)])
def test_single_modes(modes):
    check_grads(smooth, (0.3, 2.0), modes=modes)


def test_a_wrong_jvp_is_told(monkeypatch):
    real = testing.jvp
    monkeypatch.setattr(
        testing, "jvp", lambda f, p, t: (real(f, p, t)[0], 1.001 * real(f, p, t)[1])
    )
    with pytest.raises(AssertionError, match=r"fwd \(order 1\) of smooth(.|\n)*in the direction"):
        check_grads(smooth, (0.3, 2.0))


def test_a_wrong_vjp_is_told(monkeypatch):
    real = testing.vjp

    def wrong(f, *primals):
        y, pullback = real(f, *primals)
        return y, lambda y_bar: tuple(1.001 * b for b in pullback(y_bar))

    monkeypatch.setattr(testing, "vjp", wrong)
    with pytest.raises(AssertionError, match=r"rev \(order 1\) of smooth(.|\n)*cotangent"):
        check_grads(smooth, (0.3, 2.0))


def test_wrong_calls():
    with pytest.raises(ValueError, match="fwd"):
        check_grads(smooth, (0.3, 2.0), modes=("forward",))
    with pytest.raises(ValueError, match="float"):
        check_grads(smooth, (1, 2))
