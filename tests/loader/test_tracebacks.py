"""A failure inside generated code shows the generated line and, after it, the primal's."""

import sys
import traceback

import numpy as np
import pytest

import s2s_ad
from s2s_ad.loader import explain


class Rejected(ValueError):
    """A user's own exception."""


def third(v):
    return v[3] * 2.0


def indexes(x):
    y = np.sin(x)
    return y[0] + third(y)


def singular(x):
    a = x[0] * np.ones((2, 2))
    return np.sum(np.linalg.solve(a, x))


def divides(x):
    y = x * x
    return 1.0 / y


def rejects(x):
    if x < 1.0:
        raise Rejected(f"too small: {x}")
    return x * x


def asserts(x):
    assert x > 0.0, "not positive"
    return np.log(x)


def stores(x):
    y = np.zeros(3)
    y[5] = x
    return y[0]


CASES = [
    (indexes, np.ones(3), IndexError, "third", "return v[3] * 2.0"),
    (singular, np.ones(2), np.linalg.LinAlgError, "singular", "np.linalg.solve(a, x)"),
    (divides, 0.0, ZeroDivisionError, "divides", "return 1.0 / y"),
    (rejects, 0.5, Rejected, "rejects", 'raise Rejected(f"too small: {x}")'),
    (asserts, -1.0, AssertionError, "asserts", 'assert x > 0.0, "not positive"'),
    (stores, 1.0, IndexError, "stores", "y[5] = x"),
]


def frames(error):
    return [(f.filename, f.name, f.line) for f in traceback.extract_tb(error.__traceback__)]


def check(error, name, line, generated="<s2s_ad"):
    """Right after the generated line stands the primal's."""
    shown = frames(error)
    (place,) = [k for k, f in enumerate(shown) if f[0] == __file__ and f[1] == name]
    assert line in shown[place][2]
    assert shown[place - 1][0].startswith(generated)
    assert shown[place - 1][2]
    assert line in "".join(traceback.format_exception(type(error), error, error.__traceback__))


WAYS = {
    "grad": lambda f, x: s2s_ad.grad(f)(x),
    "jvp": lambda f, x: s2s_ad.jvp(f, (x,), (np.ones_like(x) if np.ndim(x) else 1.0,)),
    "vjp": lambda f, x: s2s_ad.vjp(f, x)[1](),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("function", "x", "kind", "name", "line"), CASES, ids=[c[0].__name__ for c in CASES]
)
def test_the_line_of_the_primal_is_shown(way, function, x, kind, name, line):
    if function is stores and way == "grad":
        pytest.skip("nothing is stored for the gradient alone")
    for _ in range(2):  # the second call is served by the same module
        with pytest.raises(kind) as caught:
            WAYS[way](function, x)
        assert type(caught.value) is kind
        if function is indexes and sys.version_info < (3, 11) and way != "grad":
            # Of a line it is known that it failed, not which expression in it.
            name, line = "indexes", "return y[0] + third(y)"
        check(caught.value, name, line)


def fails_on_the_way_back(x):
    y = np.log(x)
    return np.sum(y)


def test_in_a_pullback():
    with np.errstate(divide="ignore"):
        _, pullback = s2s_ad.vjp(fails_on_the_way_back, np.array([0.0, 1.0]))
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError) as caught:
        pullback(1.0)
    check(caught.value, "fails_on_the_way_back", "y = np.log(x)")


def nested(x):
    return s2s_ad.grad(divides)(x) * x


@pytest.mark.parametrize("f", [nested, s2s_ad.grad(divides)], ids=["inside", "outside"])
def test_nested_derivatives_show_the_line_once(f):
    with pytest.raises(ZeroDivisionError) as caught:
        s2s_ad.grad(f)(0.0)
    check(caught.value, "divides", "return 1.0 / y")


def test_the_very_expression_is_marked():
    if sys.version_info < (3, 11):
        pytest.skip("positions in lines are new in Python 3.11")
    with pytest.raises(IndexError) as caught:
        s2s_ad.grad(indexes)(np.ones(3))
    (place,) = [f for f in traceback.extract_tb(caught.value.__traceback__) if f.name == "third"]
    assert place.line[place.colno - 4 : place.end_colno - 4] == "v[3]"


def test_an_error_of_the_caller_is_left_alone():
    try:
        raise ValueError("mine")
    except ValueError as error:
        before = frames(error)
        explain(error)
        assert frames(error) == before


def test_a_wrong_call_is_left_alone():
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        s2s_ad.grad(divides)()
