# ruff: noqa: E501
"""Each pass on SSA text, before and after, with the same results when interpreted."""

from __future__ import annotations

import doctest
import importlib
import textwrap

import numpy as np
import pytest

import s2s_ad.ops  # noqa: F401
from s2s_ad.ir.interpreter import interpret
from s2s_ad.ir.parser import parse_function
from s2s_ad.ir.verifier import verify
from s2s_ad.passes.algebra import algebra
from s2s_ad.passes.constants import fold_constants
from s2s_ad.passes.cse import cse
from s2s_ad.passes.dce import dce
from s2s_ad.passes.licm import licm
from s2s_ad.passes.shapes import shapes
from tests.passes.checking import check, text_of

X = np.array([1.0, -2.0, 0.5])


@pytest.mark.parametrize("name", ["dce", "cse", "constants", "licm", "algebra", "shapes"])
def test_doctest(name: str) -> None:
    result = doctest.testmod(importlib.import_module(f"s2s_ad.passes.{name}"))
    assert result.attempted and not result.failed


# Common subexpressions


def test_cse_tells_constants_apart() -> None:
    text = textwrap.dedent("""\
        func f(%x: float):
          %a: float = multiply %x, 1
          %b: float = multiply %x, 1.0
          %c: float = multiply %x, True
          %d: float = multiply %x, 0.0
          %e: float = multiply %x, -0.0
          return (%a, %b, %c, %d, %e)
        """)
    assert text_of(cse(parse_function(text))) == text


def test_cse_looks_into_blocks_but_not_out_of_them() -> None:
    check(
        cse,
        """
        func f(%x: float, %c: bool):
          %a: float = multiply %x, 2.0
          %y: float = if %c:
            %b: float = multiply 2.0, %x
            %d: float = multiply %x, 3.0
            %e: float = add %b, %d
            yield %e
          else:
            %d1: float = multiply %x, 3.0
            yield %d1
          %d2: float = multiply %x, 3.0
          %g: float = add %d2, %a
          return (%y, %g)
        """,
        """
        %a: float = multiply %x, 2.0
        %y: float = if %c:
          %d: float = multiply %x, 3.0
          %e: float = add %a, %d
          yield %e
        else:
          %d1: float = multiply %x, 3.0
          yield %d1
        %d2: float = multiply %x, 3.0
        %g: float = add %d2, %a
        return (%y, %g)
        """,
        1.5,
        True,
    )


@pytest.mark.parametrize(
    "body",
    [
        "%a: f64[n] = multiply %x, 2.0\n  %b: f64[n] = multiply %x, 2.0\n  return (%a, %b)",
        "%a: f64[n] = multiply %x, 0.0\n  %b: f64[n] = multiply %x, 0.0\n"
        "  %c: f64[n] = add_at %a, 0, 1.0\n  %d: f64[n] = add %b, %c\n  return %d",
        "%a: stack[float] = new_stack\n  %b: stack[float] = new_stack\n"
        "  %c: stack[float] = push %a, 1.0\n  %d: stack[float] = push %b, 1.0\n  return (%c, %d)",
        "print 1\n  print 1\n  return %x",
        "%a: (f64[n],) = tuple (%x,)\n  %b: (f64[n],) = tuple (%x,)\n  return (%a, %b)",
    ],
)
def test_cse_keeps_fresh_things_apart(body: str) -> None:
    text = f"func f(%x: f64[n]):\n  {body}\n"
    assert text_of(cse(parse_function(text))) == text


def test_cse_merges_arrays_that_are_only_read() -> None:
    check(
        cse,
        """
        func f(%x: f64[n]):
          %a: f64[n] = multiply %x, 2.0
          %b: f64[n] = multiply %x, 2.0
          %c: f64[n] = add %a, %b
          return %c
        """,
        """
        %a: f64[n] = multiply %x, 2.0
        %c: f64[n] = add %a, %a
        return %c
        """,
        X,
    )


def test_cse_keeps_both_names_of_the_user() -> None:
    text = "func f(%x: float):\n  %a: float = multiply %x, 2.0\n  %b: float = multiply %x, 2.0\n  %c: float = add %a, %b\n  return %c\n"
    f = parse_function(text)
    for op in f.block.ops:
        op.result.named = True
    assert text_of(cse(f)) == text


def test_cse_respects_errstate() -> None:
    if "errstate" not in __import__("s2s_ad.ir.primitive", fromlist=["BY_NAME"]).BY_NAME:
        pytest.skip("no errstate")
    text = textwrap.dedent("""\
        func f(%x: float):
          %a: float = divide 1.0, %x
          %b: float = errstate {divide='ignore'}:
            %c: float = divide 1.0, %x
            yield %c
          %d: float = add %a, %b
          return %d
        """)
    assert text_of(cse(parse_function(text))) == text


# Constants


def test_constants_are_exact_in_kind() -> None:
    check(
        fold_constants,
        """
        func f(%x: float):
          %a: int = add 1, 2
          %b: float = divide %a, 2
          %c: bool = less %b, 2
          %d: int = power 10, 25
          %e: int = multiply True, True
          %g: float = add -0.0, 0
          return (%a, %b, %c, %d, %e, %g)
        """,
        "return (3, 1.5, True, 10000000000000000000000000, 1, 0.0)\n",
        1.5,
    )


def test_constants_that_raise_stay() -> None:
    text = "func f(%x: float):\n  %a: float = divide 1.0, 0.0\n  return %a\n"
    assert text_of(fold_constants(parse_function(text))) == text


def test_branches_and_loops_are_decided() -> None:
    check(
        fold_constants,
        """
        func f(%x: float):
          %c: bool = less 1, 2
          %y: float = if %c:
            %a: float = multiply %x, 3.0
            %z: float = if False:
              yield 0.0
            else:
              %b: float = multiply %a, 4.0
              yield %b
            yield %z
          else:
            print 1
            yield %x
          %w: float, %s: int = for %i: int in range(0, 0, 1) carry %w1: float = %y {stop=True}:
            print %i
            yield %x, 1
          return (%w, %s)
        """,
        """
        %a: float = multiply %x, 3.0
        %b: float = multiply %a, 4.0
        return (%b, 0)
        """,
        1.5,
    )


def test_unchanged_values_are_not_carried() -> None:
    check(
        fold_constants,
        """
        func f(%x: float, %n: int):
          %w: float, %v: float = for %i: int in range(0, %n, 1) carry %w1: float = %x, %v1: float = %x:
            %u: float = multiply %v1, %w1
            %c: float = if %i:
              yield %w1
            else:
              yield %w1
            yield %w1, %u
          return (%w, %v)
        """,
        """
        %v: float = for %i: int in range(0, %n, 1) carry %v1: float = %x:
          %u: float = multiply %v1, %x
          if %i:
            yield
          else:
            yield
          yield %u
        return (%x, %v)
        """,
        1.5,
        3,
    )


# Loop-invariant code


def test_licm_leaves_what_may_raise_or_depends() -> None:
    check(
        licm,
        """
        func f(%x: float, %n: int, %a: f64[n]):
          %y: float = for %i: int in range(0, %n, 1) carry %y1: float = 0.0:
            %b: float = multiply 2.0, %x
            %c: float = multiply %b, %b
            %d: float = divide 1.0, %x
            %e: f64[m] = getitem %a, 1:
            %g: float = multiply %y1, %c
            %h: float = for %j: int in range(0, %n, 1) carry %h1: float = %g:
              %k: float = multiply %x, 5.0
              %l: float = multiply %k, %y1
              %o: float = add %h1, %l
              yield %o
            yield %h
          return %y
        """,
        """
        %b: float = multiply 2.0, %x
        %c: float = multiply %b, %b
        %k: float = multiply %x, 5.0
        %y: float = for %i: int in range(0, %n, 1) carry %y1: float = 0.0:
          %d: float = divide 1.0, %x
          %e: f64[m] = getitem %a, 1:
          %g: float = multiply %y1, %c
          %l: float = multiply %k, %y1
          %h: float = for %j: int in range(0, %n, 1) carry %h1: float = %g:
            %o: float = add %h1, %l
            yield %o
          yield %h
        return %y
        """,
        1.5,
        3,
        X,
        role="adjoint",
    )


def test_licm_leaves_the_primal() -> None:
    text = textwrap.dedent("""\
        func f(%x: float, %n: int):
          %y: float = for %i: int in range(0, %n, 1) carry %y1: float = 0.0:
            %b: float = multiply 2.0, %x
            %c: float = add %y1, %b
            yield %c
          return %y
        """)
    assert text_of(licm(parse_function(text))) == text


# Algebra beside products


@pytest.mark.parametrize(
    ("body", "after"),
    [
        ("%a: f64[n] = add %x, 0.0\n  return %a", "return %x"),
        ("%a: f64[n] = accumulate 0.0, %x\n  return %a", "return %x"),
        ("%a: f64[n] = subtract %x, 0.0\n  return %a", "return %x"),
        ("%a: f64[n] = power %x, 1\n  return %a", "return %x"),
        ("%a: f64[n] = multiply 1.0, %x\n  return %a", "return %x"),
        ("%a: f64[n] = divide %x, 1.0\n  return %a", "return %x"),
        ("%a: f64[n] = negative %x\n  %b: f64[n] = negative %a\n  return %b", "return %x"),
        (
            "%a: f64[n] = accumulate %x, %x\n  return %a",
            "%a: f64[n] = multiply 2.0, %x\n  return %a",
        ),
        ("%a: float = broadcast_like %s, %t\n  return %a", "return %s"),
        (
            "%a: f64[n] = broadcast_like %s, %x\n  %b: f64[n] = add_at %x, :, %a\n  return %b",
            "%b: f64[n] = add_at %x, :, %s\n  return %b",
        ),
        (
            "%a: f64[n] = broadcast_like %s, %x\n  %b: f64[n] = multiply %a, %t\n  %c: f64[n] = negative %b\n  %d: f64[n] = add %c, %x\n  return %d",
            "%0: float = multiply %s, %t\n  %d: f64[n] = subtract %x, %0\n  return %d",
        ),
        (
            "%a: (float, f64[n]) = tuple (%s, %x)\n  %b: f64[n] = getitem %a, 1\n  return %b",
            "return %x",
        ),
    ],
)
def test_identities(body: str, after: str) -> None:
    header = "func f(%x: f64[n], %s: float, %t: float):\n  "
    f = parse_function(f"{header}{body}\n", role="adjoint")
    expected = interpret(verify(f), (X, 0.75, 3.0))
    for _ in range(2):
        verify(dce(algebra(f)))
    assert text_of(f) == f"{header}{after}\n"
    np.testing.assert_equal(interpret(f, (X, 0.75, 3.0)), expected)


@pytest.mark.parametrize(
    "body",
    [
        "%a: ~f64[...] = multiply 0.0, %u\n  return %a",
        "%a: any = multiply 1.0, %u\n  return %a",  # an int would become a float
        "%a: any = add %u, 0.0\n  return %a",
        "%a: any = broadcast_like 1.0, %u\n  return %a",
        "%a: any = power %u, 0\n  return %a",
        "%a: f64[k] = multiply 1.0, %i\n  return %a",
    ],
)
def test_what_is_not_known_stays(body: str) -> None:
    text = f"func f(%u: any, %i: i64[k]):\n  {body}\n"
    assert text_of(algebra(parse_function(text, role="adjoint"))) == text


# Precision


def test_a_broadcast_is_not_narrowed_below_its_cotangent() -> None:
    body = "%g: f64[n] = broadcast_like %s, %w\n  %a: f64[n] = multiply %g, %v\n  return %a\n"
    text = f"func f(%w: f64[n], %v: f32[n], %s: float):\n  {body}"
    assert text_of(algebra(parse_function(text, role="adjoint"))) == text
    text = text.replace("%w: f64", "%w: f32")
    f = dce(algebra(parse_function(text, role="adjoint")))
    assert "multiply %s, %v" in text_of(f)


# Shapes


def test_shapes_come_from_parameters() -> None:
    check(
        lambda f: dce(shapes(f)),
        """
        func f(%m: f64[n, k], %v: f64[k], %g: float):
          %a: f64[n] = matmul %m, %v
          %b: f64[n] = exp %a
          %c: int = size %b
          %d: f64[n, k] = exp %m
          %e: f64[n, k] = zeros_like %d
          %h: f64[n, k] = add %e, %c
          return %h
        """,
        """
        %a: f64[n] = matmul %m, %v
        %c: int = size %a
        %e: f64[n, k] = zeros_like %m
        %h: f64[n, k] = add %e, %c
        return %h
        """,
        np.ones((2, 3)),
        X,
        2.0,
        role="adjoint",
    )
