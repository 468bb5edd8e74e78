"""Each broken invariant is found, and shown where it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import s2s_ad.ops  # noqa: F401
from s2s_ad.errors import InternalError
from s2s_ad.ir.core import Block, Function, Op, Value
from s2s_ad.ir.parser import parse_function
from s2s_ad.ir.primitive import BY_NAME
from s2s_ad.ir.types import FLOAT, INT, array
from s2s_ad.ir.verifier import verify

TEXT = """
func f(%x: float, %n: int):
  %y: float, %z: float = for %i: int in range(0, %n, 1) carry %y1: float = %x, %z1: float = 0.0:
    %c = less %i, 3
    %a: float = if %c:
      %b = multiply %y1, 2.0
      yield %b
    else:
      yield %x
    yield %a, %y1
  %w = add %y, %z
  return %w
"""


def test_a_sound_function_passes() -> None:
    f = parse_function(TEXT)
    assert verify(f) is f


def loop(f: Function) -> Op:
    return f.block.ops[0]


def branch(f: Function) -> Op:
    return loop(f).blocks[0].ops[1]


FAULTS: dict[str, tuple[Callable[[Function], object], str]] = {
    "use of an inner value": (
        lambda f: setattr(f.block.ops[1], "args", (branch(f).result, 1.0)),
        "not defined",
    ),
    "use before definition": (lambda f: f.block.ops.reverse(), "not defined"),
    "use of the other branch": (
        lambda f: branch(f).blocks[1].yields.__setitem__(0, branch(f).blocks[0].ops[0].result),
        "not defined",
    ),
    "own result": (
        lambda f: setattr(f.block.ops[1], "args", (f.block.ops[1].result, 1.0)),
        "not defined",
    ),
    "operation twice": (lambda f: f.block.ops.append(f.block.ops[1]), "twice"),
    "block twice": (lambda f: branch(f).blocks.__setitem__(1, branch(f).blocks[0]), "twice"),
    "wrong owner": (lambda f: setattr(f.block.ops[1].result, "owner", None), "owner"),
    "block without owner": (lambda f: setattr(branch(f).blocks[0], "owner", None), "operation"),
    "missing yield": (lambda f: loop(f).blocks[0].yields.pop(), "yields"),
    "missing result": (lambda f: loop(f).results.pop(), "results"),
    "missing parameter": (lambda f: loop(f).blocks[0].params.pop(), "parameters"),
    "stop without its value": (lambda f: loop(f).kwargs.update(stop=True), "yields"),
    "branch without a yield": (lambda f: branch(f).blocks[1].yields.pop(), "yields"),
    "branch missing": (lambda f: branch(f).blocks.pop(), "blocks"),
    "rank of a yield": (
        lambda f: setattr(branch(f).blocks[0].ops[0].result, "type", array("f8", 3)),
        "but gets",
    ),
    "kind of a carried value": (
        lambda f: setattr(loop(f).blocks[0].params[1], "type", INT),
        "but gets",
    ),
    "return of a missing yield": (lambda f: setattr(f, "returns", (0, 1)), "yield 1 of 1"),
    "static value": (lambda f: f.block.ops[1].kwargs.update(axis=f.block.params[0]), "static"),
    "type as operand": (
        lambda f: setattr(f.block.ops[1], "args", (FLOAT, 1.0)),
        "stands as an operand",
    ),
    "arguments in a list": (lambda f: setattr(f.block.ops[1], "args", [1.0, 2.0]), "tuple"),
    "no type": (lambda f: setattr(f.block.ops[1].result, "type", None), "type"),
    "block of arithmetic": (
        lambda f: setattr(f.block.ops[1], "blocks", [Block(owner=f.block.ops[1])]),
        "only control flow",
    ),
    "too few parameters": (lambda f: f.parameters.append(f.parameters[0]), "parameters"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fault(fault: str) -> None:
    f = parse_function(TEXT)
    break_it, message = FAULTS[fault]
    break_it(f)
    with pytest.raises(InternalError, match=message):
        verify(f)


def test_the_fault_is_shown() -> None:
    f = parse_function(TEXT)
    branch(f).blocks[1].yields.clear()
    with pytest.raises(InternalError) as caught:
        verify(f)
    assert "%a: float = if %c:    <-- here" in str(caught.value)


STACKS = """
func f(%x: float, %n: int):
  %t: stack[float] = new_stack
  %t1: stack[float] = push %t, %x
  {}
  return %x
"""


@pytest.mark.parametrize(
    "lines",
    [
        "%t2 = push %t1, 1.0\n  %t3 = push %t1, 2.0",
        "%t2 = push %t1, 1.0\n  %k = stack_length %t1",
        "for %i: int in range(0, %n, 1):\n    %t2 = push %t1, 1.0\n    yield",
        "%t2 = push %t1, 1.0\n  if %x:\n    %t3 = push %t1, 1.0\n    yield\n  else:\n    yield",
    ],
)
def test_a_stack_is_consumed_once(lines: str) -> None:
    f = parse_function(STACKS.format(lines))
    with pytest.raises(InternalError, match="stack"):
        verify(f)


@pytest.mark.parametrize(
    "lines",
    [
        "%k = stack_length %t1\n  %t2 = push %t1, 1.0",
        "%u: stack[float] = for %i: int in range(0, %n, 1) carry %t2: stack[float] = %t1:\n"
        "    %t3 = push %t2, 1.0\n    yield %t3",
        "%u: stack[float] = if %x:\n    %t3 = push %t1, 1.0\n    yield %t3\n  else:\n    yield %t1",
    ],
)
def test_linear_stacks_pass(lines: str) -> None:
    verify(parse_function(STACKS.format(lines)))


def test_a_mirror_may_read_residuals() -> None:
    f = parse_function(TEXT)
    body = loop(f).blocks[0]
    residual = branch(f).blocks[0].ops[0].result
    new = Op(BY_NAME["accumulate"], (residual, 1.0), results=[Value(FLOAT)])
    block = Block(ops=[new], yields=[])
    index = block.add_param(INT, "i")
    assert index.owner is block
    reverse = Op(BY_NAME["for"], (0, f.block.params[1], 1, ()), {"reversed": True}, [block])
    f.block.ops.append(reverse)
    with pytest.raises(InternalError, match="not defined"):
        verify(f)
    block.mirror = body
    verify(f)
