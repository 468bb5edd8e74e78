# ruff: noqa: E501
"""Dead code: what goes and what stays, with the same results when interpreted."""

from __future__ import annotations

import textwrap

import s2s_ad.ops  # noqa: F401
from s2s_ad.ir.parser import parse_function
from s2s_ad.ir.verifier import verify
from s2s_ad.passes.dce import dce
from tests.passes.checking import check, text_of


def test_dce_keeps_effects() -> None:
    check(
        dce,
        """
        func f(%x: float, %n: int):
          for %i: int in range(0, %n, 1):
            print %i
            %a: float = multiply %x, 2.0
            yield
          %b: float = if %n:
            assert %x
            yield 1.0
          else:
            yield 2.0
          return %x
        """,
        """
        for %i: int in range(0, %n, 1):
          print %i
          yield
        if %n:
          assert %x
          yield
        else:
          yield
        return %x
        """,
        3.0,
        2,
    )


def test_dce_prunes_slots() -> None:
    check(
        dce,
        """
        func f(%x: float, %n: int):
          %y: float, %z: float, %s: int = for %i: int in range(0, %n, 1) carry %y1: float = %x, %z1: float = 1.0 {stop=True}:
            %c: bool = greater %y1, 5.0
            %y2: float, %d: float, %s1: int = if %c:
              yield %y1, 1.0, 1
            else:
              %e: float = multiply %y1, 2.0
              yield %e, %y1, 0
            %z2: float = add %z1, %d
            yield %y2, %z2, %s1
          return %y
        """,
        """
        %y: float, %s: int = for %i: int in range(0, %n, 1) carry %y1: float = %x {stop=True}:
          %c: bool = greater %y1, 5.0
          %y2: float, %s1: int = if %c:
            yield %y1, 1
          else:
            %e: float = multiply %y1, 2.0
            yield %e, 0
          yield %y2, %s1
        return %y
        """,
        1.5,
        9,
    )


def test_dce_of_while_keeps_what_its_condition_reads() -> None:
    check(
        dce,
        """
        func f(%x: float):
          %y: float, %z: float, %k: int = while carry %y1: float = %x, %z1: float = 1.0, %k1: int = 0:
            %c: bool = less %k1, 3
            yield %c, %y1, %z1, %k1
          do %y2: float, %z2: float, %k2: int:
            %y3: float = multiply %y2, 2.0
            %z3: float = multiply %z2, %y2
            %k3: int = add %k2, 1
            yield %y3, %z3, %k3
          return %y
        """,
        """
        %y: float, %k: int = while carry %y1: float = %x, %k1: int = 0:
          %c: bool = less %k1, 3
          yield %c, %y1, %k1
        do %y2: float, %k2: int:
          %y3: float = multiply %y2, 2.0
          %k3: int = add %k2, 1
          yield %y3, %k3
        return %y
        """,
        1.5,
    )


def test_dce_removes_loops_that_nobody_reads() -> None:
    check(
        dce,
        """
        func f(%x: float, %n: int):
          %y: float = for %i: int in range(0, %n, 1) carry %y1: float = %x:
            yield %y1
          %z: float = while carry %z1: float = %x:
            %c: bool = less %z1, 3.0
            yield %c, %z1
          do %z2: float:
            %z3: float = multiply %z2, 2.0
            yield %z3
          return %x
        """,
        "return %x\n",
        1.5,
        3,
    )


def test_dce_keeps_a_division_unless_it_may_raise_less() -> None:
    text = "func f(%x: float):\n  %y: float = divide 1.0, %x\n  return %x\n"
    assert text_of(dce(parse_function(text))) == text
    assert "divide" not in text_of(dce(parse_function(text), may_raise_less=True))
    assert "divide" not in text_of(dce(parse_function(text, role="adjoint")))


def test_dce_of_a_stack_that_is_popped_keeps_it() -> None:
    text = textwrap.dedent("""\
        func f(%x: float, %n: int):
          %t: stack[float] = new_stack
          %y: float, %t1: stack[float] = for %i: int in range(0, %n, 1) carry %y1: float = %x, %t2: stack[float] = %t:
            %t3: stack[float] = push %t2, %y1
            %y2: float = multiply %y1, 2.0
            yield %y2, %t3
          %s: float, %t4: stack[float] = for %j: int in range(0, %n, 1) carry %s1: float = 0.0, %t5: stack[float] = %t1 {reversed=True}:
            %t6: stack[float], %v: float = pop %t5
            %s2: float = add %s1, %v
            yield %s2, %t6
          return %s
        """)
    assert text_of(dce(parse_function(text))).splitlines()[6:] == text.splitlines()[6:]


def test_dce_moves_the_position_of_a_count() -> None:
    f = parse_function(
        textwrap.dedent("""\
        func f(%x: float, %n: int):
          %y: float, %c: int = for %i: int in range(0, %n, 1) carry %y1: float = %x, %c1: int = 0 {count=1}:
            %y2: float = multiply %y1, 2.0
            %c2: int = add %c1, 1
            yield %y2, %c2
          return %c
        """)
    )
    assert "carry %c1: int = 0 {count=0}:" in text_of(verify(dce(f)))
