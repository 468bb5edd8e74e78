"""The interpreter follows the semantics of ir/core.py."""

from __future__ import annotations

import numpy as np
import pytest

import s2s_ad.ops  # noqa: F401
from s2s_ad.errors import InternalError
from s2s_ad.ir.core import Block, Function, Op, Parameter
from s2s_ad.ir.interpreter import interpret, run_block
from s2s_ad.ir.parser import parse_function
from s2s_ad.ir.primitive import BY_NAME
from s2s_ad.ir.types import FLOAT


def run(text: str, *args: object) -> object:
    return interpret(parse_function(text), args)


LOOP = """
func f(%n: int):
  %y: float, %s: int = for %i: int in range(0, %n, 1) carry %y1: float = 0.0 {stop=True}:
    %y2 = add %y1, %i
    %c = greater %y2, 5
    %e: int = if %c:
      yield 2
    else:
      yield 0
    yield %y2, %e
  return (%y, %s)
"""


def test_for_stops() -> None:
    assert run(LOOP, 3) == (3.0, 0)
    assert run(LOOP, 0) == (0.0, 0)
    assert run(LOOP, 100) == (6.0, 2)


def test_for_reversed_walks_the_same_range() -> None:
    text = """
    func f(%a: int, %b: int, %c: int):
      %y: (int,) = for %i: int in range(%a, %b, %c) carry %y1: any = ():
        %y2: any = add %y1, (%i,)
        yield %y2
      return %y
    """
    backwards = text.replace("= ():", "= () {reversed=True}:")
    for span in ((0, 7, 3), (5, -2, -2), (3, 3, 1)):
        assert run(text, *span) == tuple(range(*span))
        assert run(backwards, *span) == tuple(reversed(range(*span)))


WHILE = """
func f(%x: float):
  %y: float, %k: int, %s: int = while carry %y1: float = 1.0, %k1: int = 0 {stop=True}:
    %c = less %y1, %x
    %z = multiply %y1, 1.0
    yield %c, %z, %k1
  do %y2: float, %k2: int:
    %y3 = multiply %y2, 2.0
    %k3 = add %k2, 1
    %d = equal %k3, 5
    %e: int = if %d:
      yield 1
    else:
      yield 0
    yield %y3, %k3, %e
  return (%y, %k, %s)
"""


def test_while() -> None:
    assert run(WHILE, 0.5) == (1.0, 0, 0)
    assert run(WHILE, 7.0) == (8.0, 3, 0)
    assert run(WHILE, 1e9) == (32.0, 5, 1)


def test_stacks_are_values() -> None:
    text = """
    func f(%x: float):
      %s: stack[float] = new_stack
      %s1 = push %s, %x
      %s2 = push %s1, 2.0
      %n = stack_length %s2
      %s3: stack[float], %a: float = pop %s2
      %s4: stack[float], %b: float = pop %s3
      return (%a, %b, %n)
    """
    assert run(text, 5.0) == (2.0, 5.0, 2)


def test_undefined_may_flow_but_not_be_read() -> None:
    text = """
    func f(%c: bool):
      %y: float = if %c:
        yield 1.0
      else:
        yield undefined
      %z: float = if %c:
        %a = multiply %y, 2.0
        yield %a
      else:
        yield 3.0
      return %z
    """
    assert run(text, True) == 2.0
    assert run(text, False) == 3.0
    with pytest.raises(UnboundLocalError, match="'y'"):
        run(text.replace("yield 3.0", "%b = add %y, 1.0\n        yield %b"), False)
    with pytest.raises(UnboundLocalError):
        run(text.replace("return %z", "return %y"), False)


def test_errstate_and_call() -> None:
    callee = parse_function(
        "func g(%a: float, %b: float):\n  %c = multiply %a, %b\n  return (%c, %a)\n"
    )
    block = Block()
    x = block.add_param(FLOAT, "x")
    f = Function("f", block, [Parameter("x")], returns={"p": 0, "q": (1,)})
    results = [type(x)(FLOAT, "p"), type(x)(FLOAT, "q")]
    block.ops.append(Op(BY_NAME["call"], (x, 3.0), {"callee": callee}, [], results))
    block.yields = list(results)
    assert interpret(f, [2.0]) == {"p": 6.0, "q": (2.0,)}
    assert run_block(block, [2.0], {}) == [6.0, 2.0]


def test_constants_may_be_arrays() -> None:
    text = "func f(%x: f64[n]):\n  %y = multiply %x, array([1, 2], '<f8')\n  return %y\n"
    np.testing.assert_array_equal(run(text, np.array([3.0, 4.0])), [3.0, 8.0])


def test_residuals_cannot_be_run() -> None:
    f = parse_function(LOOP)
    inner = f.block.ops[0].blocks[0].ops[0].result
    f.block.yields = [inner]
    f.returns = 0
    with pytest.raises(InternalError, match="residual"):
        run_block(Block(ops=[], yields=[inner]), [], {})


def test_wrong_number_of_arguments() -> None:
    with pytest.raises(InternalError):
        run(LOOP)
