"""What crosses the border of generated code."""

import numpy as np
import pytest

from s2s_ad.errors import DerivativeTypeError, InternalError
from s2s_ad.results import detach, direction, match

x = np.ones((2, 3))


def test_a_fresh_array_is_handed_over_as_it_is():
    g = np.zeros((2, 3))
    assert match(g, x) is g
    holder = [np.zeros((2, 3))]
    inside = id(holder[0])
    assert id(match(holder, [x])[0]) == inside


def test_a_shared_array_is_copied():
    g = np.zeros((2, 3))
    other = g
    assert match(g, x) is not other
    assert match(x, x) is not x
    pair = [g, g]
    first, second = match(pair, [x, x])
    assert not np.shares_memory(first, second)


def test_views():
    fresh = np.zeros((3, 2)).T
    assert match(fresh, x) is fresh
    base = np.zeros((3, 2))
    assert not np.shares_memory(match(base.T, x), base)
    spread = match(np.broadcast_to(1.0, (2, 3)), x)
    spread[0, 0] = 5.0
    assert spread[1, 1] == 1.0


def test_kinds_dtypes_and_shapes_are_those_of_the_argument():
    assert type(match(np.float64(2), 1.0)) is float
    assert type(match(1, 1.0)) is float
    assert type(match(2.0, np.float32(1))) is np.float32
    assert type(match(2.0, np.array(1.0))) is np.ndarray
    assert match(np.ones(2), np.ones(2, np.float32)).dtype == np.float32
    assert match(2.0, x).shape == x.shape
    assert match(1 + 2j, 1.0) == 1.0
    assert match((1.0, [2.0]), (1.0, [np.float64(2)])) == (1.0, [2.0])
    assert match({"a": np.float64(1)}, {"a": 2.0}) == {"a": 1.0}


def test_absent_is_zero_and_other_leaves_are_none():
    assert match(None, {"a": x, "n": 3, "s": "t", "b": True})["n"] is None
    assert not match(None, [x])[0].any()
    assert match(0.0, "text") is None
    assert match(None, np.array([1, 2])) is None
    assert match(None, 3, 0, True) == 0.0


def test_a_wrong_shape_is_a_fault_not_a_sum():
    with pytest.raises(DerivativeTypeError, match="shape"):
        match(np.ones(3), x)
    with pytest.raises(InternalError):
        match([1.0], [1.0, 2.0])


def test_detach():
    mine, theirs = np.ones(2), np.ones(2)
    tree = [np.zeros(2), theirs, [theirs, 3.0]]
    out = detach(tree)
    assert out[0] is tree[0] or not np.shares_memory(out[0], tree[0])
    assert not np.shares_memory(out[1], theirs)
    assert out[1] is out[2][0], "one copy of one array"
    del tree
    assert detach(mine) is not None


def test_directions():
    assert direction(1, 2.0, "t") == 1.0
    assert type(direction(np.float64(1), 2.0, "t")) is float
    assert direction(None, x, "t").shape == x.shape
    assert direction(np.ones((2, 3), int), x, "t").dtype == np.float64
    assert direction([1.0, None], (1.0, 3), "t") == (1.0, None)
    for wrong in (np.ones(3), 1.0, "a", 1j * x, [1.0]):
        with pytest.raises(DerivativeTypeError):
            direction(wrong, x, "t")
    for wrong in ([1.0], {"b": 1.0}, 1.0):
        with pytest.raises(DerivativeTypeError):
            direction(wrong, {"a": 1.0}, "t")
