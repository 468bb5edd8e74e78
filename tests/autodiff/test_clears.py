"""Clearing adjoints: only where the place is read again on the way back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import s2s_ad
from s2s_ad.testing import check_grads
from tests import inplace_programs as inplace
from tests import numerical_programs as numerical

X = np.array([0.3, -0.7, 1.1, 0.4])


def read_after_the_loop(x: Any) -> Any:
    y = x * x
    z = np.sin(y)
    for i in range(4):
        y[i] = z[i] * x[0]
    return y


def filled_twice(x: Any) -> Any:
    y = np.zeros(4)
    s = 0.0
    for k in range(2):
        for i in range(4):
            y[i] = x[i] * x[k]
        s += y[0] * y[1]
    return s


def next_place_first(x: Any) -> Any:
    """The reverse loop reads what an earlier iteration of it has cleared."""
    y = x * 1.0
    for i in range(3):
        y[i + 1] = np.sin(y[i + 1]) * x[0]
        y[i] = y[i + 1] * x[1]
    return y


def two_columns(x: Any) -> Any:
    y = np.zeros((4, 2))
    for i in range(1, 4):
        y[i, 0] = x[i] * y[i - 1, 1]
        y[i, 1] = x[i] + y[i, 0] ** 2
    return np.sum(y[3] * x[:2])


# function, arguments, how many clearings are left
CLEARS = [
    (numerical.forward_substitution, (4.0 * np.eye(4) + 1.0, X), 0),
    (inplace.recursive_filter, (X, 0.6), 0),
    (inplace.kalman, (X, 0.3, 0.7), 0),
    (inplace.convolution, (np.outer(X, X[:3]), np.outer(X[:2], X[:2])), 0),
    (two_columns, (X,), 0),
    (read_after_the_loop, (X,), 1),
    (filled_twice, (X,), 1),
    (next_place_first, (X,), 1),
]


@pytest.mark.parametrize(("f", "args", "left"), CLEARS, ids=lambda x: getattr(x, "__name__", ""))
def test_clears(f: Any, args: Any, left: int) -> None:
    text = s2s_ad.source(f, "vjp", wrt=tuple(range(len(args))), like=args)
    assert text.count("] = 0.0") == left, text
    check_grads(f, args, order=2)
