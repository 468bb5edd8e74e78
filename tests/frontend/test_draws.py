"""The types that random draws are taken to have, against what they give."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from s2s_ad.frontend.draws import FLOATS, INTS, PYTHON_FLOATS, PYTHON_INTS, draw_type
from s2s_ad.ir.build import knowing
from s2s_ad.ir.types import Dim, Facts, Num, Type

Case = tuple[Any, str, tuple[Any, ...], dict[str, Any]]

PARAMETERS: dict[str, tuple[Any, ...]] = {
    "beta": (1.0, 2.0), "chisquare": (2.0,), "f": (2.0, 3.0), "gamma": (2.0,),
    "noncentral_chisquare": (2.0, 1.0), "noncentral_f": (2.0, 3.0, 1.0), "pareto": (2.0,),
    "power": (2.0,), "standard_gamma": (2.0,), "standard_t": (3.0,), "triangular": (0.0, 0.5, 1.0),
    "vonmises": (0.0, 1.0), "wald": (1.0, 1.0), "weibull": (2.0,), "binomial": (5, 0.5),
    "geometric": (0.5,), "hypergeometric": (5, 4, 3), "integers": (5,), "randint": (5,),
    "random_integers": (5,), "logseries": (0.5,), "negative_binomial": (5, 0.5), "zipf": (2.5,),
    "normal": (0.0, 1.0), "uniform": (0.0, 1.0), "poisson": (2.0,), "exponential": (2.0,),
}  # fmt: skip
PYTHON: dict[str, tuple[Any, ...]] = {
    "betavariate": (1.0, 2.0), "expovariate": (1.0,), "gammavariate": (1.0, 2.0),
    "gauss": (0.0, 1.0), "lognormvariate": (0.0, 1.0), "normalvariate": (0.0, 1.0),
    "vonmisesvariate": (0.0, 1.0), "paretovariate": (2.0,), "weibullvariate": (1.0, 2.0),
    "uniform": (0.0, 1.0), "triangular": (0.0, 1.0), "random": (), "randrange": (5,),
    "randint": (1, 5), "getrandbits": (5,), "binomialvariate": (5, 0.5),
}  # fmt: skip
MATRIX = np.arange(6.0).reshape(2, 3)
OTHERS: dict[str, list[tuple[tuple[Any, ...], dict[str, Any]]]] = {
    "random": [((), {"dtype": np.float32}), ((3,), {"dtype": np.float32})],
    "standard_normal": [((), {"dtype": "float32"}), ((2, 3), {})],
    "integers": [((0, 5), {"dtype": np.int32}), ((0, 5, 4), {}), ((0, 2), {"dtype": bool})],
    "randint": [((0, 5), {"dtype": np.int32}), ((0, 5, 4), {})],
    "permutation": [((5,), {}), ((MATRIX,), {}), (([1, 2],), {}), ((np.int64(4),), {})],
    "permuted": [((MATRIX,), {"axis": 0})],
    "choice": [
        ((5,), {}), ((5, 2), {}), ((5, (2, 2)), {}), ((MATRIX[0],), {}), ((MATRIX[0], 2), {}),
        ((MATRIX,), {}), (([1.0, 2.0],), {}), ((MATRIX, 2), {}), ((5,), {"size": ()}),
    ],
    "rand": [((2,), {}), ((2, 3), {})],
    "randn": [((2,), {}), ((2, 3), {})],
    "multivariate_normal": [((np.zeros(2), np.eye(2)), {}), ((np.zeros(2), np.eye(2), 3), {})],
}  # fmt: skip


def variants(name: str) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Ways to call a draw: sizes of all kinds, parameters of all kinds."""
    base = PARAMETERS.get(name, ())
    yield base, {}
    for size in (3, (2, 3), (), [2], None, np.int64(2)):
        yield base, {"size": size}
    for k, x in enumerate(base):
        for other in (np.array([x] * 3), [x] * 2, np.array(x), np.asarray(x)[()]):
            yield (*base[:k], other, *base[k + 1 :]), {}


def cases() -> Iterator[Case]:
    for make in (np.random.default_rng, np.random.RandomState):
        for name in (*FLOATS, *INTS, *OTHERS):
            if not hasattr(make(0), name):
                continue
            listed = [] if name in OTHERS and name not in (*FLOATS, *INTS) else variants(name)
            for args, options in (*listed, *OTHERS.get(name, [])):
                yield make, name, args, options
    for name in (*PYTHON_FLOATS, *PYTHON_INTS):
        base = PYTHON[name]
        for args in (base, tuple(np.float64(x) for x in base), (np.ones(2), *base[1:])):
            if hasattr(random, name):
                yield random.Random, name, args, {}


def fits(t: Type, y: Any) -> bool:
    if not isinstance(t, Num):
        return True
    array = np.asarray(y)
    kinds: dict[str, Any] = {"py": (float, int), "array": np.ndarray, "any": object}
    if t.kind == "scalar":
        right = not isinstance(y, np.ndarray)
    else:
        right = isinstance(y, kinds[t.kind]) and (t.kind != "py" or type(y) in kinds["py"])
    if t.dtype is not None:
        right = right and array.dtype == t.dtype
    if t.shape is None:
        return right
    sizes = zip(t.shape, array.shape)
    known = all(a == b for a, b in sizes if not isinstance(a, Dim) and a is not None)
    return right and len(t.shape) == array.ndim and known


@pytest.mark.parametrize("owner", [np.random.default_rng, np.random.RandomState, random.Random])
@pytest.mark.filterwarnings("ignore")
def test_types_of_draws(owner: Any) -> None:
    tried = 0
    for make, name, args, options in cases():
        if make is not owner:
            continue
        try:
            y = getattr(make(0), name)(*args, **options)
        except (TypeError, ValueError):
            continue  # not a way to call this one
        with knowing(Facts()):
            t = draw_type(type(make(0)), name, list(args), options)
        assert t is not None and fits(t, y), (name, args, options, str(t), type(y))
        tried += 1
    assert tried > 30
