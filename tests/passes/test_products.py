"""The normal form of products: right on random trees, short, and readable on the known cases."""

from __future__ import annotations

import random

import numpy as np
import pytest

import s2s_ad.ops  # noqa: F401
from s2s_ad.ir.core import Function, walk
from s2s_ad.ir.interpreter import interpret
from s2s_ad.ir.parser import parse_function
from s2s_ad.ir.printer import print_function
from s2s_ad.ir.verifier import verify
from s2s_ad.passes.algebra import algebra
from s2s_ad.passes.cse import cse
from s2s_ad.passes.dce import dce

HEADER = "func f(%x: f64[n], %y: f64[n], %s: float, %t: float):\n"
ARGS = (np.array([0.3, -1.2, 2.0]), np.array([1.5, 0.25, -3.0]), 0.7, -1.9)


def simplified(body: str) -> str:
    f = parse_function(
        HEADER + "".join(f"  {line.strip()}\n" for line in body.strip().split("\n")), role="adjoint"
    )
    before = interpret(verify(f), ARGS)
    for _ in range(2):
        verify(dce(verify(algebra(dce(f)))))
    np.testing.assert_allclose(interpret(f, ARGS), before, rtol=1e-13)
    settled = print_function(f)
    assert print_function(dce(algebra(f))) == settled
    return "\n".join(line.strip() for line in print_function(f).splitlines()[1:])


CASES = {
    "literals meet": (
        """%a = multiply 0.5, %s
        %b = multiply 2.0, %t
        %c = multiply %a, %b
        return %c""",
        """%c: float = multiply %s, %t
        return %c""",
    ),
    "signs cancel": (
        """%a = negative %s
        %b = multiply %a, %t
        %c = negative %b
        return %c""",
        """%c: float = multiply %s, %t
        return %c""",
    ),
    "a mean of squares": (
        """%a = divide %s, 10.0
        %g: f64[n] = broadcast_like %a, %x
        %b = multiply 2.0, %g
        %c = multiply %b, %x
        return %c""",
        """%0: float = multiply 2.0, %s
        %1: float = divide %0, 10.0
        %c: f64[n] = multiply %1, %x
        return %c""",
    ),
    "a literal that is shared stays where it is": (
        """%a = multiply 2.0, %x
        %b = multiply %a, %y
        %c = add %b, %a
        return %c""",
        """%a: f64[n] = multiply 2.0, %x
        %b: f64[n] = multiply %a, %y
        %c: f64[n] = add %b, %a
        return %c""",
    ),
    "a negative term is subtracted": (
        """%a = multiply %x, %s
        %b = multiply -2.0, %x
        %c = multiply %y, %b
        %d: f64[n] = add %a, %c
        return %d""",
        """%a: f64[n] = multiply %x, %s
        %0: f64[n] = multiply 2.0, %y
        %1: f64[n] = multiply %0, %x
        %d: f64[n] = subtract %a, %1
        return %d""",
    ),
    "a contribution keeps its sign in front": (
        """%b = multiply -2.0, %y
        %c: f64[n] = accumulate %x, %b
        return %c""",
        """%0: f64[n] = multiply 2.0, %y
        %1: f64[n] = negative %0
        %c: f64[n] = accumulate %x, %1
        return %c""",
    ),
    "a difference turns": (
        """%a = subtract %x, %y
        %b = negative %a
        return %b""",
        """%b: f64[n] = subtract %y, %x
        return %b""",
    ),
    "twice": (
        """%a = multiply 3.0, %x
        %b = add %a, %a
        return %b""",
        """%b: f64[n] = multiply 6.0, %x
        return %b""",
    ),
    "a literal in a numerator": (
        """%a = divide 1.0, %x
        %b = multiply 2.0, %a
        return %b""",
        """%b: f64[n] = divide 2.0, %x
        return %b""",
    ),
    "a power of two leaves a denominator": (
        """%a = multiply 2.0, %x
        %b = divide %y, %a
        return %b""",
        """%0: f64[n] = multiply 0.5, %y
        %b: f64[n] = divide %0, %x
        return %b""",
    ),
    "other numbers stay in a denominator": (
        """%a = multiply 3.0, %x
        %b = divide %y, %a
        return %b""",
        """%a: f64[n] = multiply 3.0, %x
        %b: f64[n] = divide %y, %a
        return %b""",
    ),
    "zero times anything stays": (
        """%a = multiply 0.0, %x
        %b = multiply %a, 2.0
        return %b""",
        """%b: f64[n] = multiply 0.0, %x
        return %b""",
    ),
    "scalars first": (
        """%a = multiply %x, %s
        %b = multiply %a, 2.0
        return %b""",
        """%0: float = multiply 2.0, %s
        %b: f64[n] = multiply %0, %x
        return %b""",
    ),
    "a sum of a multiple": (
        """%a = multiply -3.0, %x
        %b = sum %a
        return %b""",
        """%0: f64 = sum %x
        %b: f64 = multiply -3.0, %0
        return %b""",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_known_case(name: str) -> None:
    before, after = CASES[name]
    assert simplified(before) == "\n".join(line.strip() for line in after.splitlines())


def random_function(seed: int) -> str:
    """A random tree of the operations that derivative rules write."""
    rng = random.Random(seed)
    values = ["%x", "%y", "%s", "%t"]
    arrays = {"%x", "%y"}
    lines = []
    for k in range(rng.randint(3, 14)):
        name = f"%v{k}"
        op = rng.choice(
            ["multiply"] * 4
            + ["divide", "negative", "add", "subtract", "accumulate", "broadcast_like", "literal"]
        )
        # Mostly recent values, so that there are chains of single uses.
        pick = lambda: rng.choice(values[-3:] + [rng.choice(values)])
        a, b = pick(), pick()
        literal = repr(rng.choice([2.0, 0.5, -1.0, 3.0, -2.0, 1.0, 0.25, 10.0, 2, -1]))
        if op == "negative":
            lines.append(f"{name} = negative {a}")
            rank = a in arrays
        elif op == "broadcast_like":
            if a in arrays:
                continue
            lines.append(f"{name} = broadcast_like {a}, %x")
            rank = True
        elif op == "literal":
            kind = rng.choice(["multiply", "multiply", "divide", "add", "subtract"])
            sides = (a, literal) if kind == "divide" or rng.random() < 0.5 else (literal, a)
            lines.append(f"{name} = {kind} {', '.join(sides)}")
            rank = a in arrays
        elif op == "accumulate":
            if (a in arrays) != (b in arrays):
                continue
            lines.append(f"{name} = accumulate {a}, {b}")
            rank = a in arrays
        else:
            lines.append(f"{name} = {op} {a}, {b}")
            rank = a in arrays or b in arrays
        values.append(name)
        if rank:
            arrays.add(name)
    kept = rng.sample(values, min(2, len(values)))
    return (
        HEADER
        + "".join(f"  {line}\n" for line in lines)
        + f"  return ({values[-1]}, {kept[0]}, {kept[-1]})\n"
    )


def operations(f: Function) -> int:
    return sum(op.prim.name != "broadcast_like" for op in walk(f.block))


@pytest.mark.parametrize("seed", range(120))
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_random_trees(seed: int) -> None:
    text = random_function(seed)
    f = parse_function(text, role="adjoint")
    try:
        before = interpret(verify(f), ARGS)
    except ZeroDivisionError:
        pytest.skip("divides by zero")
    count = operations(dce(f))
    for _ in range(3):
        verify(algebra(f))
        verify(cse(f))
        verify(dce(f))
    after = interpret(f, ARGS)
    for b, a in zip(before, after):
        assert np.shape(a) == np.shape(b)
        np.testing.assert_allclose(
            a, b, rtol=1e-9, atol=1e-9 * (1 + np.max(np.abs(b))), err_msg=text + print_function(f)
        )
    assert operations(f) <= count + 2, text + print_function(f)


def test_primal_is_untouched() -> None:
    text = HEADER + "  %a: float = multiply 1.0, %s\n  %b: float = add %a, 0.0\n  return %b\n"
    f = parse_function(text)
    before = print_function(f)
    assert print_function(algebra(f)) == before
