"""Random programs: the interpreter against Python, passes against the interpreter, derivatives
in both modes against each other and against differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings

import s2s_ad
from s2s_ad.autodiff.joint import jvp_function, vjp_function
from s2s_ad.ir.core import Function
from s2s_ad.ir.interpreter import interpret
from s2s_ad.ir.printer import print_function
from s2s_ad.ir.signature import Signature
from s2s_ad.ir.verifier import verify
from s2s_ad.passes.tidy import tidy
from s2s_ad.pipeline import prepare
from s2s_ad.signatures import of_value
from tests.properties.programs import Program, programs

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

common = settings(
    max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


def lowered(program: Program) -> Function:
    names = ("x", "y", "a", "n")
    types = {name: of_value(arg, name) for name, arg in zip(names, program.args)}
    return verify(prepare(program.function(), Signature(types)))


def moderate(program: Program) -> Any:
    """The value of a program whose values stay where differences mean something."""
    value = program.function()(*program.args)
    assume(np.isfinite(value) and abs(value) < 1e4)
    return value


def directional(program: Program, direction: tuple[Any, ...]) -> float:
    """The central difference along a direction of the first three arguments; programs on which
    two step sizes disagree are not smooth here and are passed over."""
    f = program.function()
    found = []
    for h in (1e-5, 2e-5):
        plus = f(*[p + h * d for p, d in zip(program.args, direction)], program.args[3])
        minus = f(*[p - h * d for p, d in zip(program.args, direction)], program.args[3])
        found.append((plus - minus) / (2 * h))
    assume(np.isclose(found[0], found[1], rtol=1e-6, atol=1e-7))
    return float(found[0])


def some_direction() -> tuple[float, float, np.ndarray]:
    rng = np.random.default_rng(3)
    return float(rng.normal()), float(rng.normal()), rng.normal(size=3)


def dot(a: Any, b: Any) -> float:
    return float(sum(np.sum(x * y) for x, y in zip(a, b)))


@common
@given(programs())
def test_interpreter_gives_the_bits_of_python(program: Program) -> None:
    value = program.function()(*program.args)
    f = lowered(program)
    np.testing.assert_array_equal(interpret(f, program.args), value, err_msg=print_function(f))


@common
@given(programs())
def test_interpreted_derivatives(program: Program) -> None:
    """Both transforms, before any text is emitted."""
    value = moderate(program)
    f = lowered(program)
    direction = some_direction()
    expected = directional(program, direction)
    scale = 1e-5 * (1 + abs(expected))
    forward = verify(jvp_function(f, (0, 1, 2)))
    y, y_dot = interpret(forward, (*program.args, *direction))
    np.testing.assert_array_equal(y, value)
    assert abs(y_dot - expected) < scale, print_function(forward)
    reverse = verify(vjp_function(f, (0, 1, 2), True))
    y, bars = interpret(reverse, (*program.args, 1.0))
    np.testing.assert_array_equal(y, value)
    assert abs(dot(bars, direction) - expected) < scale, print_function(reverse)
    for f in (forward, reverse):
        before = print_function(f)
        seeds = direction if f is forward else (1.0,)
        y, derivative = interpret(verify(tidy(f, hoist=True)), (*program.args, *seeds))
        np.testing.assert_array_equal(y, value)
        again = derivative if f is forward else dot(derivative, direction)
        assert abs(again - expected) < scale, before + print_function(f)


@common
@given(programs())
def test_emitted_derivatives(program: Program) -> None:
    moderate(program)
    lowered(program)
    f = program.function()
    direction = some_direction()
    expected = directional(program, direction)
    scale = 1e-5 * (1 + abs(expected))
    before = program.args[2].copy()
    bars = s2s_ad.grad(f, wrt=(0, 1, 2))(*program.args)
    assert abs(dot(bars, direction) - expected) < scale
    np.testing.assert_array_equal(program.args[2], before)
    value, bars_again = s2s_ad.value_and_grad(f, wrt=(0, 1, 2))(*program.args)
    np.testing.assert_array_equal(value, f(*program.args))
    assert np.isclose(dot(bars_again, direction), dot(bars, direction), rtol=1e-10, atol=1e-10)
