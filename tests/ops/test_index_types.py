"""The type rule of `x[index]` against NumPy, for random indices of every kind."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from s2s_ad.ir.build import knowing
from s2s_ad.ir.types import Dim, Facts, Num, type_of
from s2s_ad.ops.indexing import read_type


def random_slice(rng: random.Random) -> slice:
    return slice(
        rng.choice([None, 0, 1, 2, -1, -2]),
        rng.choice([None, 1, 2, 3, -1, -2]),
        rng.choice([None, None, None, 1, 2, -1, -2]),
    )


def random_index(rng: random.Random, shape: tuple[int, ...]) -> Any:
    index: list[Any] = []
    axis = 0
    shared = rng.choice([(2,), (3, 2), (1,), ()])
    while axis < len(shape) and rng.random() < 0.8:
        kind = rng.choice(["int", "slice", "slice", "new", "rest", "array", "list", "mask"])
        if kind == "rest" and any(e is Ellipsis for e in index):
            continue
        if kind == "int":
            index.append(rng.randint(-2, 1))
        elif kind == "slice":
            index.append(random_slice(rng))
        elif kind == "new":
            index.append(None)
            continue
        elif kind == "rest":
            index.append(Ellipsis)
            continue
        elif kind == "array":
            index.append(rng.choice([np.array([0, 1]), np.array([1, 1]), np.zeros(shared, int)]))
        elif kind == "list":
            index.append([0, 1])
        else:
            if Ellipsis in [e for e in index if e is Ellipsis]:
                continue
            index.append(np.arange(shape[axis]) < 2)
        axis += 1
    return index[0] if len(index) == 1 and rng.random() < 0.5 else tuple(index)


def shown(index: Any) -> Any:
    """The index as a type rule receives it: types where values stand."""
    if isinstance(index, tuple):
        return tuple(map(shown, index))
    return type_of(index) if isinstance(index, np.ndarray) else index


@pytest.mark.parametrize("symbolic", [False, True])
def test_read_type_is_exact(symbolic: bool) -> None:
    rng = random.Random(5)
    seen = 0
    while seen < 3000:
        shape = tuple(rng.randint(2, 4) for _ in range(rng.randint(1, 4)))
        index = random_index(rng, shape)
        try:
            value = np.zeros(shape)[index]
        except IndexError:
            continue
        seen += 1
        sizes = tuple(Dim(f"n{n}", 0, True) for n in shape) if symbolic else shape
        with knowing(Facts()):
            t = read_type(Num("array", np.dtype(float), sizes), shown(index))
        want = type_of(value)
        assert isinstance(t, Num) and isinstance(want, Num)
        assert t.kind in (want.kind, "any"), (index, t)
        assert t.shape is not None and len(t.shape) == value.ndim, (index, t)
        for size, n in zip(t.shape, value.shape):
            if isinstance(size, Dim) and size.name[0] == "n":
                size = max(0, int(size.name[1:]) + size.offset)
            assert not isinstance(size, int) or size == n, (shape, index, t)


def test_equal_slices_have_equal_sizes() -> None:
    x = Num("array", np.dtype(float), (Dim("n", 0, True),))
    with knowing(Facts()) as facts:
        ends = [slice(2, None), slice(1, -1), slice(None, -2)]
        a, b, c = (read_type(x, s) for s in ends)
        assert a == b == c == Num("array", np.dtype(float), (Dim("n", -2, True),))
        assert facts.same_shape(read_type(x, slice(None, 4)), read_type(x, slice(None, 4)))
        assert not facts.same_shape(read_type(x, slice(None, 4)), read_type(x, slice(None, 3)))
        assert not facts.same_shape(read_type(x, slice(0, 4)), read_type(x, slice(1, None)))
