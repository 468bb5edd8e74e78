"""Constants, comments, heads and the comparison of text with its tree."""

import ast
import math

import numpy as np
import pytest

from s2s_ad.codegen.module import docstring, head_lines
from s2s_ad.codegen.scope import Scope, constant
from s2s_ad.codegen.text import comment, compare, expression, wrapped
from s2s_ad.errors import InternalError

CONSTANTS = [
    0, -3, 1.5, -2.0, -0.0, 1e300, 1e-17, math.inf, -math.inf, 2j, -2j, 1.5 - 2j,
    complex(-0.0, 1.0), True, None,
    "text", 'both " and \'', b"bytes", (1, -2.0), [1.0], {"a": -1}, ..., (1,),
    np.float32(1.5), np.int8(-3), np.bool_(True), np.dtype("f4"), np.float64, float, int,
    np.array([[1.0, -2.0]]), slice(1, None), np.add,
]  # fmt: skip


@pytest.mark.parametrize("value", CONSTANTS, ids=repr)
def test_constants_read_back(value):
    text = expression(constant(value, Scope()))
    found = eval(text, {"np": np})
    if isinstance(value, np.ndarray):
        assert np.array_equal(found, value) and found.dtype == value.dtype
    elif isinstance(value, np.dtype) or value is np.float64:
        assert np.dtype(found) == np.dtype(value)
    else:
        assert type(found) is type(value) and found == value
    if isinstance(value, float):
        assert math.copysign(1.0, found) == math.copysign(1.0, value)


def test_nan():
    assert math.isnan(eval(expression(constant(math.nan, Scope())), {"np": np}))


def test_negative_base_of_a_power():
    base, exponent = constant(-2.0, Scope()), ast.Name("x", ast.Load())
    text = expression(ast.BinOp(base, ast.Pow(), exponent))
    assert eval(text, {"x": 2.0}) == 4.0


def test_comparison_finds_other_text():
    tree = ast.parse("x = (-2.0) ** y")
    compare("x = (-2.0) ** y", tree)
    with pytest.raises(InternalError, match="differs"):
        compare("x = -2.0 ** y", tree)


@pytest.mark.parametrize(
    "doc", ["One.", 'Ends in "quotes"', "Two\n\n    lines.\n    ", "back\\slash"]
)
def test_docstrings_read_back(doc):
    tree = ast.parse(f"def f():\n{docstring(doc, 1)}\n")
    assert tree.body[0].body[0].value.value == doc


def test_comments_fit_the_page():
    assert len(comment("x = " + "a + " * 60, 2)) <= 100


def test_long_heads_are_wrapped():
    names = [f"a_rather_long_parameter_{k}" for k in range(6)]
    args = ast.arguments([], [ast.arg(n) for n in names], None, [], [], None, [])
    lines = head_lines("f", args)
    assert len(lines) == 8 and all(len(line) <= 100 for line in lines)
    ast.parse("\n".join(lines) + "\n    pass\n")


def test_lines_that_cannot_be_shortened_are_cut_at_commas():
    names = ", ".join(f"residual_{k}" for k in range(30))
    for line in (
        f"({names}) = f({names})",
        f"return ({names}, (a, b))",
        f"x = f([{names}], 'a, b')",
    ):
        lines = wrapped(line, 1)
        assert len(lines) > 1 and all(len(part) <= 100 for part in lines)
        text = "def f():\n" + "\n".join(lines)
        assert ast.dump(ast.parse(text).body[0].body[0]) == ast.dump(
            ast.parse(f"def f():\n    {line}").body[0].body[0]
        )
