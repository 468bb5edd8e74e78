"""Singular points have the tabulated derivative in forward mode, reverse mode and nested."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import s2s_ad.ops
import s2s_ad.passes.algebra  # noqa: F401
from s2s_ad.ir.build import apply, building, knowing
from s2s_ad.ir.core import Block, Value
from s2s_ad.ir.types import ANY, Facts
from tests.ops.checker import forward, reverse, run, symbolic

INF = math.inf


def block_of(f: Callable[[Any], Any], x: Any, known: bool) -> Block:
    """The block of a function of one argument, written by calling it on a value."""
    block = Block()
    p = block.add_param(symbolic(x, "x") if known else ANY, "x")
    with building(block):
        block.yields = [f(p)]
    return block


def seed_like(x: Any) -> Any:
    return np.ones(np.shape(x)) if np.ndim(x) else 1.0


def basis(x: Any) -> list[Any]:
    if not np.ndim(x):
        return [1.0]
    out = []
    for k in range(np.size(x)):
        e = np.zeros(np.size(x))
        e[k] = 1.0
        out.append(e.reshape(np.shape(x)))
    return out


def derivatives(f: Callable[[Any], Any], x: Any, known: bool) -> dict[str, Any]:
    """The gradient of sum(f) in reverse and forward mode, and the sum of the Hessian's rows
    forward over reverse, reverse over reverse and reverse over forward."""
    with knowing(Facts()):
        block = block_of(f, x, known)
        back = reverse(block, [0])
        ahead = forward(block, [0])
        seed = seed_like(run(block, [x])[0])
        out = {"reverse": run(back, [x, seed])[0]}
        ones = seed_like(x)
        if np.isfinite(out["reverse"]).all():
            tangents = [np.sum(run(ahead, [x, e])[0]) for e in basis(x)]
            out["forward"] = np.reshape(tangents, np.shape(x)) if np.ndim(x) else tangents[0]
        else:
            out["forward"] = run(ahead, [x, ones])[0]
        over = forward(back, [0])
        out["forward over reverse"] = run(over, [x, seed, ones])[0]
        out["reverse over reverse"] = run(reverse(back, [0]), [x, seed, ones])[0]
        back_over = reverse(ahead, [0])
        out["reverse over forward"] = run(back_over, [x, ones, seed])[0]
    return out


def where_log(x: Any) -> Any:
    return np.where(x > 0.0, np.log(x), 0.0)


def where_sqrt_twice(x: Any) -> Any:
    s = np.sqrt(x)
    return np.where(x > 0.0, s * np.log(s), 0.0)


def op(f: Any, *args: Any, **kwargs: Any) -> Any:
    return apply(f, *args, **kwargs) if any(type(a) is Value for a in args) else f(*args, **kwargs)


# (function, point, gradient of the sum, sum of the Hessian's rows or None where undefined)
CASES = [
    (np.abs, 0.0, 0.0, 0.0),
    (np.abs, [0.0, -2.0, 1.0], [0.0, -1.0, 1.0], [0.0, 0.0, 0.0]),
    (lambda x: op(abs, x), 0.0, 0.0, 0.0),
    (np.sqrt, 0.0, INF, None),
    (np.sqrt, [0.0, 4.0], [INF, 0.25], None),
    (lambda x: op(math.sqrt, x), 0.0, INF, None),
    (lambda x: x**0.5, 0.0, INF, None),
    (lambda x: x**2, 0.0, 0.0, 2.0),
    (lambda x: x**3, 0.0, 0.0, 0.0),
    (lambda x: x**1, 0.0, 1.0, 0.0),
    (lambda x: x**0, 0.0, 0.0, 0.0),
    (lambda x: x**0.0, 0.0, 0.0, 0.0),
    (lambda x: x**2, [-2.0, 0.0], [-4.0, 0.0], [2.0, 2.0]),
    (lambda x: x ** np.array([0, 1, 2, 3]), [0.0, 0.0, 0.0, -2.0],
     [0, 1, 0, 12.0], [0, 0, 2.0, -12.0]),
    (lambda x: x ** np.array([0.0, 2.0]), [0.0, -3.0], [0.0, -6.0], [0.0, 2.0]),
    (lambda x: 0.0**x, 2.0, 0.0, 0.0),
    (lambda x: np.array([0.0, 1.0, 2.0]) ** x, 2.0, 4 * math.log(2), 4 * math.log(2) ** 2),
    (lambda x: x**-1, 1e-200, -INF, None),
    (np.reciprocal, 0.0, -INF, None),
    (np.log, 0.0, INF, None),
    (np.log1p, -1.0, INF, None),
    (np.arctanh, 1.0, INF, None),
    (np.sinc, 0.0, 0.0, -math.pi**2 / 3),
    (np.sinc, [0.0, 1e-9], [0.0, -math.pi**2 / 3 * 1e-9], [-math.pi**2 / 3] * 2),
    (lambda x: np.hypot(x, 0.0), 0.0, 0.0, None),
    (lambda x: op(math.hypot, x, 0.0), 0.0, 0.0, None),
    (lambda x: np.maximum(x, 0.0), 0.0, 0.5, 0.0),
    (lambda x: np.maximum(x, x), 1.0, 1.0, 0.0),
    (lambda x: np.minimum(x, np.array([1.0, 2.0])), [1.0, 1.0], [0.5, 1.0], [0.0, 0.0]),
    (lambda x: np.maximum(x, -INF), [-INF, 1.0], [0.5, 1.0], [0.0, 0.0]),
    (lambda x: np.fmax(x, 0.0), [0.0, 1.0], [0.5, 1.0], [0.0, 0.0]),
    (lambda x: np.fmax(x, math.nan), 1.0, 1.0, 0.0),
    (lambda x: np.fmin(np.array([math.nan, 3.0]), x), [1.0, 2.0], [1.0, 1.0], [0.0, 0.0]),
    (lambda x: op(max, x, 1.0), 1.0, 1.0, 0.0),
    (lambda x: op(max, 1.0, x), 1.0, 0.0, 0.0),
    (lambda x: op(min, x, 1.0, 2.0), 1.0, 1.0, 0.0),
    (lambda x: np.clip(x, 0.0, 1.0), [0.0, 1.0, -1.0, 0.5], [1, 1, 0, 1], [0, 0, 0, 0]),
    (lambda x: np.clip(2.0, x, 1.0), 0.5, 0.0, 0.0),
    (np.max, [1.0, 3.0, 3.0], [0.0, 0.5, 0.5], [0.0, 0.0, 0.0]),
    (lambda x: np.max(x, axis=1), [[1.0, 1.0], [0.0, 2.0]],
     [[0.5, 0.5], [0.0, 1.0]], [[0.0, 0.0], [0.0, 0.0]]),
    (np.std, [1.0, 1.0], [0.0, 0.0], None),
    (lambda x: np.std(x, axis=1), [[1.0, 1.0], [0.0, 2.0]], [[0.0, 0.0], [-0.5, 0.5]], None),
    (np.prod, [0.0, 2.0, 3.0], [6.0, 0.0, 0.0], [5.0, 3.0, 2.0]),
    (np.prod, [0.0, 0.0, 3.0], [0.0, 0.0, 0.0], [3.0, 3.0, 0.0]),
    (lambda x: np.sum(np.cumprod(x)), [1.0, 0.0, 3.0], [1.0, 4.0, 0.0], [4.0, 5.0, 1.0]),
    (where_log, [0.0, 2.0], [0.0, 0.5], [0.0, -0.25]),
    (where_log, 0.0, 0.0, 0.0),
    (lambda x: where_log(np.sin(x)), [0.0, 0.5],
     [0.0, 1 / math.tan(0.5)], [0.0, -1 / math.sin(0.5) ** 2]),
    (lambda x: np.where(x > 0.0, x * np.log(x), 0.0), [0.0, 2.0],
     [0.0, math.log(2) + 1.0], [0.0, 0.5]),
    (lambda x: np.where(x <= 0.0, x, np.sqrt(x)), [0.0, 4.0], [1.0, 0.25], [0.0, -1 / 32]),
    (where_sqrt_twice, [0.0, 1.0], [0.0, 0.5], [0.0, 0.0]),
    (lambda x: np.sqrt(np.maximum(x, 0.0)), [-1.0, 4.0], [0.0, 0.25], [0.0, -1 / 32]),
    (lambda x: np.maximum(np.log(x), -5.0), [0.0, 1.0], [0.0, 1.0], [0.0, -1.0]),
    (lambda x: np.clip(np.log(x), -5.0, 5.0), [0.0, 1.0], [0.0, 1.0], [0.0, -1.0]),
    (lambda x: np.arctan2(0.0, x), 0.0, math.nan, None),
    (lambda x: np.divide(x, 0.0), 1.0, INF, None),
    (lambda x: 1.0 / x, 1e-200, -INF, None),
    (lambda x: np.fmod(x, 0.0), 1.0, 1.0, None),
    (lambda x: op(divmod, x, 0.3)[1], 1.0, 1.0, 0.0),
    (lambda x: np.sort(x), [2.0, 1.0, 2.0], [1.0, 1.0, 1.0], [0.0, 0.0, 0.0]),
]  # fmt: skip


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("k", range(len(CASES)))
def test_singular_point(k: int, known: bool) -> None:
    f, x, gradient, hessian = CASES[k]
    x = np.array(x) if isinstance(x, list) else x
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        got = derivatives(f, x, known)
    for mode, g in got.items():
        expected = hessian if " over " in mode else gradient
        if expected is not None:
            np.testing.assert_allclose(g, expected, rtol=1e-7, atol=1e-12, err_msg=mode)
