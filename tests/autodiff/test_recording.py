"""What is recorded: numbers on tapes and undo logs, counted by running the emitted text."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from s2s_ad.autodiff.cut import minimum_cut
from tests import numerical_programs as numerical
from tests.inplace_programs import (
    cholesky,
    gauss_seidel,
    heat,
    jacobi,
    lstm,
    lu,
    thomas,
    wave,
)
from tests.programs import array_recurrence, horner, polynomial, rk4_pendulum
from tests.recording import recorded

RNG = np.random.default_rng(0)
SPD = (lambda m: m @ m.T + 6.0 * np.eye(6))(RNG.normal(size=(6, 6)))


def fill(x: float, n: int) -> Any:
    y = np.zeros(n)
    y[0] = x
    for i in range(1, n):
        y[i] = np.sin(y[i - 1]) * x
    return y[n - 1]


def fill_backwards(x: float, n: int) -> Any:
    y = np.zeros(n)
    y[n - 1] = x
    for i in range(n - 2, -1, -1):
        y[i] = y[i + 1] * y[i + 1]
    return y[0]


def table(T: Any) -> Any:
    D = T * 1.0
    for i in range(1, D.shape[0]):
        for j in range(1, D.shape[1]):
            D[i, j] = D[i, j] + D[i - 1, j] * D[i, j - 1]
    return D[-1, -1]


def linear_stencil(u: Any, steps: int) -> Any:
    for _ in range(steps):
        u[1:-1] = u[1:-1] + 0.1 * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    return np.sum(u)


def overwritten_twice(x: Any) -> Any:
    y = x * 1.0
    for _ in range(3):
        for i in range(1, 5):
            y[i] = y[i] * y[i - 1]
    return np.sum(y)


def delayed(x: float, c: Any, n: int) -> Any:
    """The inner loop reads a few numbers of an array that the outer loop keeps."""
    y = np.zeros(n)
    y[0] = y[1] = y[2] = x
    for i in range(3, n):
        s = 0.0
        for j in range(2):
            s += c[j] * y[i - 1 - j] ** 2 * y[i - 2 - j]
        y[i] = s
    return y[n - 1]


# function, arguments, wrt, the most numbers that may be recorded
COUNTS = [
    (polynomial, (1.3,), 0, 0),
    (horner, (np.arange(4.0), 0.7), 1, 4),
    (rk4_pendulum, (0.5, 0.1, 1.2, 5), (0, 1, 2), 10),
    (array_recurrence, (RNG.normal(size=(3, 3)), RNG.normal(size=3), 4), (0, 1), 12),
    (heat, (RNG.normal(size=9), 0.2, 4), (0, 1), 4 * 7),
    (heat, (RNG.normal(size=9), 0.2, 4), 0, 0),
    (linear_stencil, (RNG.normal(size=9), 4), 0, 0),
    (wave, (RNG.normal(size=(5, 4)), 0.3), 0, 0),
    (fill, (0.7, 20), 0, 0),
    (fill_backwards, (0.7, 6), 0, 0),
    (table, (RNG.normal(size=(4, 5)),), 0, 0),
    (cholesky, (SPD,), 0, 0),
    (thomas, tuple(RNG.uniform(1.0, 2.0, 6) + 4.0 * (k == 1) for k in range(4)), (0, 1, 2, 3), 0),
    (numerical.implicit_heat, (RNG.normal(size=9), 0.4, 3), 0, 0),
    (numerical.adi_lines, (RNG.normal(size=(4, 5)), 0.4, 3), 0, 0),
    # p, a sequence of coefficients, and the pivots, once a sweep; neither u nor v nor q
    (numerical.adi, (RNG.normal(size=(5, 5)), 2), 0, 2 * 2 * (2 * 3 * 3)),
    (numerical.fdtd, (1.0 + RNG.random(9), 4), 0, 4 * 7 * 2),
    (numerical.fdtd_vacuum, (RNG.normal(size=9), RNG.normal(size=8), 4), (0, 1), 0),
    (numerical.fdtd_2d, tuple(RNG.normal(size=(3, 4, 5))) + (3,), (0, 1, 2), 0),
    (numerical.fdtd_2d_loops, tuple(RNG.normal(size=(3, 4, 5))) + (3,), (0, 1, 2), 0),
    (numerical.wave_bounded, (RNG.normal(size=(5, 4)), RNG.normal(size=3)), (0, 1), 0),
    (numerical.forward_substitution, (SPD, RNG.normal(size=6)), (0, 1), 0),
    (numerical.backward_substitution, (SPD, RNG.normal(size=6)), (0, 1), 0),
    (numerical.solve_by_elimination, (SPD, RNG.normal(size=6)), (0, 1), 6 * 5 // 2),
    (numerical.lenet_slices, numerical.NUMERICAL[-1][1], (0, 1, 2), 0),
    (overwritten_twice, (RNG.uniform(0.5, 1.0, 5),), 0, 2 * 12),
    (delayed, (0.3, np.array([0.5, 0.4]), 40), (0, 1), 3 * 40),
    (jacobi, (SPD, RNG.normal(size=6)), (0, 1), 3 * 6),
    (lstm, (RNG.normal(size=(4, 3)), RNG.normal(size=(8, 5))), (0, 1), 4 * 23),
    (gauss_seidel, (SPD, RNG.normal(size=6)), (0, 1), 3 * 6),
    (lu, (SPD,), 0, 0),
    # 5 + 2 + 2 + 2 numbers, 2 * 6 of the gates; z only lends its 8: its shape
    (lstm, (RNG.normal(size=(2, 3)), RNG.normal(size=(8, 5))), (0, 1), 2 * 31),
]


@pytest.mark.parametrize(
    ("f", "args", "wrt", "most"), COUNTS, ids=lambda x: getattr(x, "__name__", "")
)
def test_recorded_numbers(f: Any, args: Any, wrt: Any, most: int) -> None:
    assert recorded(f, args, wrt) <= most


def test_minimum_cut_prefers_few_values_near_the_readers() -> None:
    sources = {
        "a": None,
        "b": None,
        "c": ["a", "b"],
        "d": ["c"],
        "e": ["d"],
        "f": ["d", "free"],
        "free": [],
    }
    assert minimum_cut(["e", "f"], sources.__getitem__, lambda n: 1) == ["d"]
    assert minimum_cut(["c"], sources.__getitem__, lambda n: 1) == ["c"]
    assert minimum_cut(["free"], sources.__getitem__, lambda n: 1) == []
    costs = {"a": 1, "b": 1}
    assert sorted(minimum_cut(["e"], sources.__getitem__, lambda n: costs.get(n, 1000))) == [
        "a",
        "b",
    ]
