"""Python's operators, and the NumPy functions behind them.

An operator and its ufunc (`x + y`, `np.add(x, y)`) are two primitives with one derivative,
because they differ on Python scalars: `x / 0.0` raises where `np.divide(x, 0.0)` is inf, an
operator gives a Python number and a ufunc a NumPy one, and lists are added differently.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any as Anything

import numpy as np

from s2s_ad.ir.build import typeof
from s2s_ad.ir.core import Op, Value
from s2s_ad.ir.types import BOOL, Num, Type
from s2s_ad.ops.fitting import fit, like_result, total
from s2s_ad.ops.promotion import (
    equal,
    literal,
    numpy_number,
    numpy_result,
    operand,
    operator_type,
    python_arithmetic,
    python_bits,
    python_comparison,
    python_division,
    python_power,
    python_size,
    ratio,
    square,
    ufunc_dtype,
    ufunc_type,
)
from s2s_ad.ops.rules import Contributions, constant, declare, elementwise


def pair(
    name: str,
    function: Anything,
    syntax: str,
    ufunc: Anything,
    python: Callable[..., Type],
    derivative: Anything,
    *spellings: Anything,
) -> None:
    """Declare an operator and its ufunc."""
    infer = operator_type(function, ufunc, python)
    declare(function, infer, derivative, *spellings, name=name, syntax=syntax)
    shown = {"absolute": "abs", "remainder": "mod"}.get(ufunc.__name__, ufunc.__name__)
    syntax = f"call np.{shown}"
    declare(ufunc, ufunc_type(ufunc), derivative, name=f"np.{ufunc.__name__}", syntax=syntax)


# Arithmetic -----------------------------------------------------------------------------------


def divide_wrt_x(d: Anything, out: Anything, x: Anything, y: Anything) -> Anything:
    t = typeof(out)
    of_python = isinstance(t, Num) and t.kind == "py"  # then x / y has raised where y is 0
    if of_python and literal(y) and y == 0:  # not reached
        return d * math.nan
    return d / y if of_python else ratio(d, y)


def divide_wrt_y(d: Anything, out: Anything, x: Anything, y: Anything) -> Anything:
    return -d * square(out) if literal(x) and x == 1 else -d * out / y


def power_wrt_base(d: Anything, out: Anything, x: Anything, y: Anything) -> Anything:
    """y * x ** (y - 1), with 0 for the exponent 0 at any base."""
    if literal(y):
        if y in (0, 1):
            return d if y else None
        if y == 2:
            return 2.0 * d * x
        if y == -1:
            return -d * square(out)
        return float(y) * d * raised(x, y - 1)
    exponent = typeof(y)
    if isinstance(exponent, Num) and exponent.dtype is not None and exponent.dtype.kind in "iub":
        return d * y * raised(x, np.where(equal(y, 0), 1, y - 1))
    # Only 0 ** 0 needs care; elsewhere the plain form is right also for further derivatives in y.
    base = np.where(np.logical_and(equal(x, 0), equal(y, 0)), 1.0, x)
    return d * y * raised(base, y - 1)


def raised(x: Anything, y: Anything) -> Anything:
    """x ** y without an error where x is 0 or so small that a negative power overflows."""
    if numpy_number(x, y) or (literal(y) and y >= 0):
        return x**y
    return np.power(x, y)


def power_wrt_exponent(d: Anything, out: Anything, x: Anything, y: Anything) -> Anything:
    """out * log(x), with 0 for the base 0."""
    if literal(x) and x >= 0:
        return d * out * math.log(x) if x else None
    return d * out * np.log(np.where(equal(x, 0), 1.0, x))


def mod_wrt_y(d: Anything, out: Anything, x: Anything, y: Anything) -> Anything:
    if numpy_number(out) and not numpy_number(x, y):  # np.mod of Python floats
        return -d * np.floor_divide(x, y)
    return -d * (x // y)


add = elementwise(lambda d, out, x, y: d, lambda d, out, x, y: d, same=lambda d, out, x: 2.0 * d)
subtract = elementwise(lambda d, out, x, y: d, lambda d, out, x, y: -d)
multiply = elementwise(
    lambda d, out, x, y: d * y, lambda d, out, x, y: d * x, same=lambda d, out, x: 2.0 * d * x
)
divide = elementwise(divide_wrt_x, divide_wrt_y)
power = elementwise(power_wrt_base, power_wrt_exponent)
mod = elementwise(lambda d, out, x, y: d, mod_wrt_y)
negative = elementwise(lambda d, out, x: -d)
positive = elementwise(lambda d, out, x: d)
absolute = elementwise(lambda d, out, x: d * np.sign(x))

pair("add", operator.add, "infix +", np.add, python_size(1), add)
pair("subtract", operator.sub, "infix -", np.subtract, python_size(-1), subtract)
pair("multiply", operator.mul, "infix *", np.multiply, python_arithmetic, multiply)
pair("divide", operator.truediv, "infix /", np.divide, python_division, divide)
pair("floor_divide", operator.floordiv, "infix //", np.floor_divide, python_arithmetic, constant)
pair("mod", operator.mod, "infix %", np.remainder, python_arithmetic, mod)
pair("power", operator.pow, "infix **", np.power, python_power, power, pow)
pair("negative", operator.neg, "prefix -", np.negative, python_arithmetic, negative)
pair("positive", operator.pos, "prefix +", np.positive, python_arithmetic, positive)
pair("abs", operator.abs, "call abs", np.absolute, python_arithmetic, absolute, abs)
declare(np.fabs, ufunc_type(np.fabs), absolute)
declare(np.square, ufunc_type(np.square), elementwise(lambda d, out, x: 2.0 * d * x))
declare(np.reciprocal, ufunc_type(np.reciprocal), elementwise(lambda d, out, x: -d * out**2))
declare(np.float_power, ufunc_type(np.float_power), power)
declare(
    np.fmod,
    ufunc_type(np.fmod),
    elementwise(lambda d, out, x, y: d, lambda d, out, x, y: ratio(-d * (x - out), y)),
)


class Divmod:
    """divmod(x, y) = x // y, x % y: a constant and a mod."""

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        quotient, rest = op.results
        x, y = op.args
        terms = [dots[x]] if type(x) is Value and x in dots else []
        if type(y) is Value and y in dots:
            terms.append(-dots[y] * quotient)
        return [None, like_result(total(terms), rest) if terms else None]

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        quotient, _ = op.results
        x, y = op.args
        if bars[1] is not None and type(x) is Value and x in active:
            yield x, fit(bars[1], x)
        if bars[1] is not None and type(y) is Value and y in active:
            yield y, fit(-bars[1] * quotient, y)


def _divmod_type(x: Anything, y: Anything) -> tuple[Type, Type]:
    quotient = operator_type(operator.floordiv, np.floor_divide, python_arithmetic)(x, y)
    return quotient, operator_type(operator.mod, np.remainder, python_arithmetic)(x, y)


def _np_divmod_type(x: Anything, y: Anything) -> tuple[Type, Type]:
    nums = operand(x, "np.divmod"), operand(y, "np.divmod")
    out = numpy_result(ufunc_dtype(np.divmod, nums), nums)
    return out, out


declare(divmod, _divmod_type, Divmod(), container="tuple")
declare(np.divmod, _np_divmod_type, Divmod(), name="np.divmod", container="tuple")


# Comparison, bits, logic: constant ------------------------------------------------------------

name: str
function: Anything
ufunc: Anything

for name, function, symbol, ufunc in (
    ("less", operator.lt, "<", np.less),
    ("less_equal", operator.le, "<=", np.less_equal),
    ("greater", operator.gt, ">", np.greater),
    ("greater_equal", operator.ge, ">=", np.greater_equal),
    ("equal", operator.eq, "==", np.equal),
    ("not_equal", operator.ne, "!=", np.not_equal),
):
    pair(name, function, f"infix {symbol}", ufunc, python_comparison, constant)
for name, function, symbol, ufunc in (
    ("bitwise_and", operator.and_, "infix &", np.bitwise_and),
    ("bitwise_or", operator.or_, "infix |", np.bitwise_or),
    ("bitwise_xor", operator.xor, "infix ^", np.bitwise_xor),
    ("left_shift", operator.lshift, "infix <<", np.left_shift),
    ("right_shift", operator.rshift, "infix >>", np.right_shift),
    ("invert", operator.invert, "prefix ~", np.invert),
):
    shifts = "shift" in name or name == "invert"
    pair(name, function, symbol, ufunc, python_arithmetic if shifts else python_bits, constant)
for ufunc in (np.logical_and, np.logical_or, np.logical_xor, np.logical_not):
    declare(ufunc, ufunc_type(ufunc), constant)


declare(operator.not_, lambda x: BOOL, constant, name="not", syntax="prefix not")
declare(operator.is_, lambda x, y: BOOL, constant, name="is", syntax="infix is")
declare(operator.is_not, lambda x, y: BOOL, constant, name="is_not", syntax="infix is not")


def contained(item: Anything, container: Anything) -> bool:
    """`item in container`."""
    return item in container


declare(contained, lambda item, container: BOOL, constant, name="in", syntax="infix in")
