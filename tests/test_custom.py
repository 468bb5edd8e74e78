# ruff: noqa: F841
"""Rules of one's own, `stop_gradient`, and calls that are not looked into: derivatives, refusals,
and what happens once."""

from __future__ import annotations

import inspect
import linecache
import math
import random
import re
import types
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import s2s_ad
import tests.custom_programs
from s2s_ad import custom_jvp, custom_vjp, stop_gradient
from s2s_ad.errors import DerivativeTypeError, UnsupportedError
from s2s_ad.ops.custom import REGISTRY
from s2s_ad.testing import check_grads
from tests import custom_programs
from tests.checking import check_derivatives, check_text, each
from tests.custom_programs import MATRIX, PROGRAMS, VECTOR, gamma_of, normalised, softplus

HELPERS = ("digamma", "normalised", "stopped_containers", "long_step", "random_tree")


@pytest.fixture
def registry() -> Iterator[None]:
    """Rules that a test registers go with it."""
    before = dict(REGISTRY)
    yield
    REGISTRY.clear()
    REGISTRY.update(before)


@each(PROGRAMS)
def test_derivatives(f: Any, args: Any) -> None:
    check_derivatives(f, args)


@each(PROGRAMS)
def test_text_is_what_runs(f: Any, args: Any) -> None:
    check_text(f, args)


# Rules ------------------------------------------------------------------------------------------


def weighted(x, k):
    return k * x


def uses_weighted(x, k):
    return np.sum(weighted(x, k) ** 2)


def test_one_mode_is_not_the_other(registry: None) -> None:
    custom_vjp(weighted)(lambda out_bar, out, x, k: (k * out_bar, np.sum(x * out_bar)))
    check_grads(uses_weighted, (VECTOR, 2.0), order=2, modes=("rev",))
    with pytest.raises(UnsupportedError, match="has a VJP only: there is no forward mode"):
        s2s_ad.jvp(uses_weighted, (VECTOR, 2.0), (VECTOR, 1.0))
    custom_jvp(weighted)(lambda dots, out, x, k: k * dots[0] + x * dots[1])
    check_grads(uses_weighted, (VECTOR, 2.0), order=2)


def test_a_jvp_is_read_backwards(registry: None) -> None:
    custom_jvp(weighted)(lambda dots, out, x, k: k * dots[0] + x * dots[1])
    check_grads(uses_weighted, (VECTOR, 2.0), order=2)


def test_registering_twice(registry: None) -> None:
    custom_vjp(weighted)(lambda out_bar, out, x, k: (k * out_bar, None))
    with pytest.raises(DerivativeTypeError, match="weighted has a derivative rule already"):
        custom_vjp(weighted)(lambda out_bar, out, x, k: (0.0 * out_bar, None))
    with pytest.raises(DerivativeTypeError, match="sin has a derivative rule already"):
        custom_jvp(np.sin)(lambda x_dot, out, x: x_dot)
    custom_vjp(weighted, override=True)(lambda out_bar, out, x, k: (5.0 * out_bar, None))
    gradient = s2s_ad.grad(lambda x: np.sum(weighted(x, 2.0)))(VECTOR)
    np.testing.assert_array_equal(gradient, [5.0, 5.0, 5.0])


def late(x):
    return x * x


def uses_late(x):
    return late(x)


def test_a_rule_registered_later_counts(registry: None) -> None:
    gradient, own = s2s_ad.grad(uses_late), s2s_ad.grad(late)
    assert (gradient(3.0), own(3.0)) == (6.0, 6.0)
    custom_vjp(late)(lambda out_bar, out, x: 100.0 * out_bar)
    assert (gradient(3.0), own(3.0)) == (100.0, 100.0)


@pytest.mark.parametrize("wrong", [3, None, "f"])
def test_what_is_no_function(wrong: Any) -> None:
    with pytest.raises(DerivativeTypeError, match="custom_vjp needs a function"):
        custom_vjp(wrong)
    with pytest.raises(DerivativeTypeError, match="the rule of weighted must be a function"):
        custom_jvp(weighted)(wrong)


def named(x, *, order):
    return x**order


def first_changed(x):
    x[0] = x[1] * 2.0
    return np.sum(x)


def branching(x):
    return abs(x)


def branching_jvp(x_dot, out, x):
    if x > 0.0:
        return x_dot
    return -x_dot


def writes(out_bar, out, x):
    out_bar[0] = 0.0
    return out_bar


class Local:
    k = 2.0

    def act(self, x):
        return self.k * x


def object_inside(x):
    return Local().act(x)


RULES_REFUSED = [
    (
        weighted,
        "jvp",
        lambda dots, out, x, k: weighted(dots[0], k) + x * dots[1],
        lambda x: np.sum(weighted(x, 2.0)),
        (VECTOR,),
        "applies it to a tangent: it cannot be read backwards",
    ),
    (weighted, "vjp", lambda g, out, x, k: k * g, lambda x: np.sum(weighted(x, 2.0)), (VECTOR,),
     "returns 1 cotangents for 2 arguments"),
    (late, "vjp", lambda g, out, x: np.sum(g), lambda x: np.sum(late(x)), (VECTOR,),
     "gives a cotangent with shape () for the argument with 1 axis"),
    (late, "vjp", lambda g, out, x: np.outer(x, x), lambda x: np.sum(late(x)), (VECTOR,),
     "gives a cotangent with 2 axes for the argument with 1 axis"),
    (late, "vjp", lambda g, out, x: g * np.array([1.0, 2.0]), lambda x: late(x), (2.0,),
     "gives a cotangent with shape (2,) for the argument with shape ()"),
    (late, "jvp", lambda d, out, x: np.sum(d * out), lambda x: np.sum(late(x)), (VECTOR,),
     "gives a tangent with shape () for the value with 1 axis"),
    (late, "jvp", lambda d, out, x: d * np.ones(2), lambda x: late(x), (2.0,),
     "gives a tangent with shape (2,) for the value with shape ()"),
    (late, "jvp", lambda d, out, x: np.sin(d), lambda x: late(x), (2.0,),
     "is not linear in its tangents"),
    (branching, "jvp", branching_jvp, lambda x: branching(x), (2.0,),
     "has branches or loops: it cannot be read backwards"),
    (late, "vjp", writes, lambda x: np.sum(late(x)), (VECTOR,), "writes into its arguments"),
    (first_changed, "vjp", lambda g, out, x: g * x, lambda x: first_changed(x * 1.0), (VECTOR,),
     "first_changed writes into its arguments"),
    (named, "vjp", lambda g, out, x, order: g, lambda x: named(2.0, order=x), (2.0,),
     "gets a keyword argument that depends on what one differentiates by"),
    (Local.act, "vjp", lambda g, out, self, x: (None, g), object_inside, (2.0,),
     "act, which has a rule, gets an object that is made here"),
]  # fmt: skip


@pytest.mark.parametrize(("f", "mode", "rule", "g", "args", "message"), RULES_REFUSED)
def test_rules_that_are_refused(
    registry: None, f: Any, mode: str, rule: Any, g: Any, args: Any, message: str
) -> None:
    register = custom_jvp if mode == "jvp" else custom_vjp
    register(f)(rule)
    with pytest.raises(UnsupportedError, match=re.escape(message)) as caught:
        s2s_ad.grad(g)(*args)
    assert caught.value.advice and caught.value.location is not None


def test_dtypes_are_kept(registry: None) -> None:
    custom_vjp(weighted)(lambda g, out, x, k: (k * g, None))
    custom_jvp(weighted)(lambda dots, out, x, k: np.array([k], dtype=np.float64) * dots[0])
    x = np.ones(3, dtype=np.float32)
    assert s2s_ad.grad(lambda x: np.sum(weighted(x, 2.0)))(x).dtype == np.float32
    assert s2s_ad.jvp(lambda x: weighted(x, 2.0), (x,), (x,))[1].dtype == np.float32


def nested(p, x):
    return p["a"] * x + p["b"][0]


def test_containers_as_arguments(registry: None) -> None:
    custom_vjp(nested)(lambda g, out, p, x: ({"a": g * x, "b": [g]}, g * p["a"]))
    f = lambda a, x: nested({"a": a, "b": [x * x]}, x) * x
    check_grads(f, (2.0, 3.0), order=2, modes=("rev",))


def test_rules_of_numpy_can_be_replaced(registry: None) -> None:
    custom_vjp(np.tan, override=True)(lambda g, out, x: 7.0 * g)
    assert s2s_ad.grad(lambda x: np.tan(x))(0.5) == 7.0


# Constants --------------------------------------------------------------------------------------


def test_stop_gradient() -> None:
    x = VECTOR
    jacobian = np.array([s2s_ad.jvp(normalised, (x,), (d,))[1] for d in np.eye(3)])
    np.testing.assert_allclose(jacobian, np.eye(3) / np.linalg.norm(x))
    assert s2s_ad.grad(custom_programs.stopped_containers)(3.0) == 2.0 * 3.0**3
    assert stop_gradient([1.0, (x,)])[1][0] is x


def test_stop_gradient_is_the_same_array() -> None:
    def f(x):
        y = x * 1.0
        k = stop_gradient(y)
        k[0] = 5.0
        return np.sum(y * x)

    with pytest.raises(UnsupportedError, match="'y' may be the same array"):
        s2s_ad.grad(f)(VECTOR)


# What happens once ------------------------------------------------------------------------------


def test_a_generator_is_an_argument() -> None:
    def f(x, rng):
        return x * rng.normal() + x * rng.normal()

    gradient = s2s_ad.grad(f)
    for seed in range(3):  # one derivative serves all generators
        rng, again = np.random.default_rng(seed), np.random.default_rng(seed)
        assert gradient(2.0, rng) == again.normal() + again.normal()
        assert rng.random() == again.random()


RNG = np.random.default_rng(0)


def test_a_global_generator_moves_on_as_in_the_primal(monkeypatch: pytest.MonkeyPatch) -> None:
    def f(x):
        return x * RNG.normal(size=2)[1]

    module = globals()
    monkeypatch.setitem(module, "RNG", np.random.default_rng(1))
    expected = np.random.default_rng(1).normal(size=4)
    gradient = s2s_ad.grad(f)
    assert [gradient(1.0), gradient(1.0)] == list(expected[1::2])


def test_effects_happen_once(capsys: pytest.CaptureFixture[str], caplog: Any) -> None:
    caplog.set_level("DEBUG")
    with pytest.warns(UserWarning, match="negative: -2"):
        assert s2s_ad.grad(custom_programs.tells)(-2.0) == -4.0
    assert capsys.readouterr().err == "x is -2.0\n"
    assert [r.getMessage() for r in caplog.records] == ["x is -2.0"]


def test_vjp_inside_a_function_draws_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def square(x):
        return x * x * RNG.normal()

    def product(x):
        y, pullback = s2s_ad.vjp(square, x)
        return pullback(1.0)[0] * y

    def walk(x):
        for _ in range(2):
            x = x * RNG.normal()
        return x

    def nested(x):
        return s2s_ad.vjp(walk, x)[1](1.0)[0]

    monkeypatch.setitem(globals(), "RNG", np.random.default_rng(1))
    first, second = np.random.default_rng(1).normal(size=2)
    assert s2s_ad.grad(product)(2.0) == pytest.approx(6.0 * 4.0 * first**2)
    assert RNG.normal() == second
    with pytest.raises(UnsupportedError, match="which vjp would do twice here"):
        s2s_ad.grad(nested)(2.0)


# Refusals ---------------------------------------------------------------------------------------


def active_normal(x, rng):
    return rng.normal(x, 1.0)


def active_uniform(x):
    return np.random.uniform(0.0, x)


def active_gauss(x):
    return random.gauss(x, 1.0) + x


def active_choice(x, rng):
    return rng.choice(x)


def shuffled(x, rng):
    y = x * 2.0
    rng.shuffle(y)
    return np.sum(y)


def drawn_into(x, rng):
    y = np.zeros(3)
    rng.standard_normal(out=y)
    return np.sum(x * y)


def active_without_rule(x):
    return np.percentile(x, 50.0)


def active_without_source(x):
    return gamma_of(x) * x


def changed_perhaps(x):
    c = VECTOR * 2.0
    y = x * c
    k = gamma_of(c)
    return np.sum(y) * float(k[0])


def kept_perhaps(x, file):
    y = file.getbuffer()
    file.truncate()
    return x * y[0]


def list_changed_perhaps(x):
    c = [1.0, 2.0]
    k = gamma_of(c)
    return x * c[0]


def function_given(x):
    return gamma_of(lambda v: v * x)


class Point:
    def __init__(self, x):
        self.x = x


def object_given(x):
    p = Point(x)
    print(gamma_of(p))
    return p.x


REFUSED = [
    (active_normal, (1.0, RNG), "rng.normal draws with parameters", "mu + s * rng.normal()"),
    (active_uniform, (1.0,), "np.random.uniform draws", "low + (high - low) * rng.uniform()"),
    (active_gauss, (1.0,), "random.gauss draws", "mu + s * rng.gauss(0.0, 1.0)"),
    (active_choice, (VECTOR, RNG), "rng.choice draws", "x[rng.integers(len(x))]"),
    (shuffled, (VECTOR, RNG), "shuffle changes its argument", "rng.permutation(len(x))"),
    (drawn_into, (VECTOR, RNG), "a draw into an array", "assign the result"),
    (active_without_rule, (VECTOR,), "no derivative rule for np.percentile", "custom_jvp("),
    (active_without_source, (2.0,), "gamma_of, and it has no Python source", "custom_vjp("),
    (changed_perhaps, (VECTOR,), "gamma_of may change 'c'", "give it a copy"),
    (list_changed_perhaps, (2.0,), "gamma_of may change c", "list(c)"),
    (function_given, (2.0,), "a function cannot be stored", "call it"),
    (object_given, (2.0,), "gets an object that is made here", "pass its attributes"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("f", "args", "message", "advice"), REFUSED, ids=[f.__name__ for f, *_ in REFUSED]
)
def test_refused(f: Any, args: Any, message: str, advice: str) -> None:
    with pytest.raises(UnsupportedError) as caught:
        s2s_ad.grad(f)(*args)
    assert message in caught.value.message
    assert advice in caught.value.advice
    assert caught.value.location is not None and caught.value.location.file == __file__


def test_the_advice_is_two_lines_that_work(registry: None) -> None:
    with pytest.raises(UnsupportedError) as caught:
        s2s_ad.grad(active_without_source)(2.0)
    lines = [line.strip() for line in caught.value.advice.splitlines()[1:]]
    assert len(lines) == 2
    for line in lines:
        statement = line.replace("...", "1.5")
        name = f"<advice {statement}>"
        linecache.cache[name] = len(statement), None, [statement + "\n"], name
        exec(compile(statement, name, "exec"), {"s2s_ad": s2s_ad, "tests": tests})
    assert s2s_ad.grad(active_without_source)(2.0) == 1.5 * 2.0 + math.gamma(2.0)


def test_the_table_is_complete() -> None:
    listed = {f.__name__ for f, _ in PROGRAMS}
    for name, member in inspect.getmembers(custom_programs, inspect.isfunction):
        if member.__module__ != custom_programs.__name__ or name in listed:
            continue
        helper = name.endswith(("_jvp", "_vjp")) or member in REGISTRY
        assert helper or name in HELPERS, name


assert isinstance(softplus, types.FunctionType) and MATRIX.shape == (3, 3)
