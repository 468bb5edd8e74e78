# ruff: noqa: E501
"""The printed form is stable and reads back."""

from __future__ import annotations

import pytest

import s2s_ad.ops  # noqa: F401
from s2s_ad.errors import InternalError
from s2s_ad.ir.core import UNDEFINED, Block, Function, Op, Parameter, clone
from s2s_ad.ir.parser import parse_function
from s2s_ad.ir.primitive import BY_NAME
from s2s_ad.ir.printer import print_function, show_type
from s2s_ad.ir.tokens import parse_type
from s2s_ad.ir.types import ANY, F8, FLOAT, Dim, ListOf, Num, Opaque, Seq, Stack, array

EVERYTHING = """\
func f(%x: f64[n], /, %steps: int, *%rest: (float,), %k: float = 2.0, **%more: {'a': float}; %K: float):
  %y: f64[n], %stop: int = for %i: int in range(0, %steps, 1) carry %y1: f64[n] = %x {stop=True}:
    %y2: f64[n] = accumulate %y1, 2.0
    %s: int = if %i:
      yield 0
    else:
      yield 1
    yield %y2, %s
  %t: float = while carry %t1: float = 1.0:
    yield False, %t1
  do %t2: float:
    %t3: float = accumulate %t2, -3e-05
    yield %t3
  %0: stack[float] = new_stack {elem=type float}
  %1: stack[float] = push %0, %t
  %2: stack[float], %w: float = pop %1
  %z: f64[n] = set_at %y, 1:-1, (%t, [1:, ::-1], inf, nan, complex(0.0, -1.0), scalar(2.0, '<f4'))
  %z1: {'a': f64[n? - 2], 2: (list[f64[3]], np ?[...])} = dict {'a': %z, 2: array([[1, 2]], '<i4')}
  print "it's", None, True, undefined, ..., dtype('<f8') {end=''}
  %q: any, %r: str = for %j: int in range(3, 0, -1) carry %q1: any = undefined, %r1: str = 'a' {reversed=True}:
    if %j:
      print %q1
      yield
    else:
      yield
    yield (%j, %r1), %r1
  return (%z1, {'k': %t}, [%q, 1.0])
"""


def test_everything_round_trips() -> None:
    f = parse_function(EVERYTHING)
    assert print_function(f) == EVERYTHING
    assert print_function(clone(f)) == EVERYTHING
    assert [p.kind for p in f.parameters] == [
        "positional_only", "positional_or_keyword", "var_positional", "keyword_only", "var_keyword",
    ]  # fmt: skip
    assert f.parameters[3].default == 2.0
    assert f.parameters[0].default is UNDEFINED
    assert f.returns == (0, {"k": 1}, [2, 3])


def test_names_are_unique_and_in_order() -> None:
    block = Block()
    x = block.add_param(FLOAT, "x")
    f = Function("f", block, [Parameter("x")])
    for hint in ("x", "x", "", "x1", ""):
        op = Op(BY_NAME["accumulate"], (x, 1.0), results=[type(x)(FLOAT, hint)])
        block.ops.append(op)
        x = op.result
    block.yields = [x]
    names = [line.split(":")[0].strip() for line in print_function(f).splitlines()[1:-1]]
    assert names == ["%x1", "%x2", "%0", "%x11", "%1"]
    assert print_function(parse_function(print_function(f))) == print_function(f)


def test_results_in_another_order() -> None:
    f = parse_function("func f(%x: float, %y: float):\n  return (%x, %y)\n")
    f.returns = (1, None)
    text = print_function(f)
    assert text.splitlines()[-1] == "  return (1, None) of %x, %y"
    assert print_function(parse_function(text)) == text


@pytest.mark.parametrize(
    "t",
    [
        FLOAT, ANY, Num("np", F8, ()), Num("any"), Num("any", F8, ()), Num("array"), Num("py"),
        Num("py", Num("py", F8).dtype), array("f4", 3, None, Dim("n", -1, True)), array("i8"),
        array("b1", Dim("m")),
        array("f8", Dim("p[0]['a'].shape[1]", -2, True), Dim("x.shape[0]", 1)), Num("np", F8), Seq("tuple", ()), Seq("tuple", (FLOAT,)),
        Seq("list", (FLOAT, ANY)), Seq("dict", (FLOAT,), ("a",)), ListOf("list", FLOAT),
        Stack(Stack(FLOAT)), Opaque("None"), Opaque("str"), Opaque("Generator"),
    ],
)  # fmt: skip
def test_types_round_trip(t: object) -> None:
    assert show_type(parse_type(show_type(t))) == show_type(t)  # type: ignore[arg-type]


def test_types_are_inferred_where_left_out() -> None:
    f = parse_function("func f(%x: f64[n]):\n  %y = multiply %x, 2.0\n  return %y\n")
    assert "%y: f64[n] = multiply" in print_function(f)


@pytest.mark.parametrize(
    "text",
    [
        "func f(%x: float):\n  %y = multiply %z, 2.0\n  return %y\n",
        "func f(%x: float):\n  %y = frobnicate %x\n  return %y\n",
        "func f(%x: float):\n  %x = multiply %x, %x\n  return %x\n",
        "func f(%x: float):\n  %y = multiply %x, <object>\n  return %x\n",
        "func f(%x: float):\n  %y = multiply %x %x\n  return %x\n",
        "func f(%x: float):\n  if %x:\n    yield\n  return %x\n",
        "func f(%x: float):\n  %y = multiply %x, %x\n",
        "func f(%x: float)\n  return %x\n",
    ],
)
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(InternalError):
        parse_function(text)


def test_mark_points_at_an_operation() -> None:
    f = parse_function("func f(%x: float):\n  %y: float = accumulate %x, 2.0\n  return %y\n")
    assert "accumulate %x, 2.0    <-- here" in print_function(f, f.block.ops[0])
