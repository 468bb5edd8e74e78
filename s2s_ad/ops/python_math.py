"""Python's builtins on numbers, and the module `math`.

They give Python numbers and raise where NumPy gives nan or inf. Their derivatives do not raise
where the function gave a number: a quotient that may be 1/0 is taken by NumPy (`ratio`).
"""

from __future__ import annotations

import bisect
import math
import operator
from collections.abc import Callable
from typing import Any as Anything

import numpy as np

from s2s_ad import runtime
from s2s_ad.errors import UnsupportedError
from s2s_ad.ir.build import apply, emit, facts
from s2s_ad.ir.core import Op, Value
from s2s_ad.ir.primitive import Primitive
from s2s_ad.ir.types import (
    BOOL,
    COMPLEX,
    FLOAT,
    INT,
    Any,
    ListOf,
    Num,
    Seq,
    Type,
    is_scalar,
)
from s2s_ad.ops.arithmetic import power
from s2s_ad.ops.elementwise import LN2, LN10, OfNextOrder, hypot_map
from s2s_ad.ops.fitting import fit
from s2s_ad.ops.promotion import equal, operand, ratio
from s2s_ad.ops.rules import Contributions, Elementwise, constant, declare, elementwise, linear
from s2s_ad.ops.structure import as_type

# Builtins -------------------------------------------------------------------------------------


def _number(t: Anything, name: str) -> None:
    """Refuse what float() and math.* do not take."""
    t = as_type(t)
    if isinstance(t, Num) and t.rank:
        raise UnsupportedError(f"{name} of an array", "use the NumPy function, or index first")


def _float_type(x: Anything) -> Type:
    _number(x, "float")
    return FLOAT


def _of_array(g: Anything, x: Value) -> Anything:
    """A number's cotangent in the shape of an operand that may be an array of one element."""
    return g if is_scalar(x.type) else emit("broadcast_like", g, x)


declare(float, _float_type, linear(lambda g, out, x: _of_array(g, x)))
declare(int, lambda x: INT, constant)
declare(bool, lambda x: BOOL, constant)
declare(complex, lambda real, *imag: COMPLEX, None)


def _round_type(number: Anything, *ndigits: Anything) -> Type:
    num = operand(number, "round")
    if num.rank:
        raise UnsupportedError("round of an array", "use np.round")
    if not ndigits or ndigits[0] is None:
        return INT if num.kind in ("py", "np") else Num("any", None, ())
    return Num(num.kind if num.kind in ("py", "np") else "any", num.dtype, ())


declare(round, _round_type, constant, name="builtins.round", syntax="call round")


def _extremum(name: str) -> Callable[..., Type]:
    def infer(*args: Anything) -> Type:
        if len(args) < 2:
            raise UnsupportedError(
                f"{name} of one sequence", f"use np.{name}, or give {name} the numbers one by one"
            )
        out: Type = operand(args[0], name)
        for arg in args[1:]:
            out = facts().join(out, operand(arg, name))
        assert isinstance(out, Num)
        if out.rank:
            raise UnsupportedError(f"{name} of arrays", f"use np.{name}imum")
        return out

    return infer


def _returned(later_wins: Callable[[Anything, Anything], Anything]) -> Callable[[int], Anything]:
    """The derivative goes to the operand that is returned, the first of equal ones."""

    def of(k: int) -> Anything:
        def derivative(d: Anything, out: Anything, *args: Anything) -> Anything:
            if len(args) == 2:
                second = later_wins(args[1], args[0])
                return np.where(second, d, 0.0) if k else np.where(second, 0.0, d)
            wins = equal(args[k], out)
            for earlier in args[:k]:
                wins = np.logical_and(wins, np.logical_not(equal(earlier, out)))
            return np.where(wins, d, 0.0)

        return derivative

    return of


declare(
    max,
    _extremum("max"),
    Elementwise(_returned(lambda y, x: y > x)),
    name="builtins.max",
    syntax="call max",
    alias="same",
)
declare(
    min,
    _extremum("min"),
    Elementwise(_returned(lambda y, x: y < x)),
    name="builtins.min",
    syntax="call min",
    alias="same",
)


def _sum_type(iterable: Anything, start: Anything = 0) -> Type:
    if isinstance(iterable, (tuple, list)):
        out: Anything = start
        for item in iterable:
            out = _plus(out, item)
        return as_type(out)
    t = as_type(iterable)
    if isinstance(t, Seq) and t.kind != "dict":
        return _sum_type(t.items, start)
    if isinstance(t, ListOf) and isinstance(t.elem, Num):
        kind = t.elem.kind if t.elem.kind == "py" else "any"  # 0 where the list is empty
        return Num(kind, t.elem.dtype, t.elem.shape)
    if isinstance(t, Num) and t.shape:
        return Num("any", None, None if start != 0 else t.shape[1:])
    if isinstance(t, Num) and t.kind in ("array", "any"):
        return Num("any", None, None)
    if isinstance(t, Any):
        raise UnsupportedError("sum of something unknown", "give its type, or write a loop")
    raise UnsupportedError(f"sum of a {t}", "write a loop, or the elements of the sequence")


def _plus(a: Anything, b: Anything) -> Type:
    from s2s_ad.ir.primitive import TABLE

    out: Type = TABLE[operator.add].infer(a, b)
    return out


class BuiltinSum:
    """Linear in what it sums: an array, along its first axis, or written-out numbers."""

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        x = op.args[0]
        if type(x) is Value:
            return [emit(op.prim, dots[x])]
        moving = [dots[v] for v in x if type(v) is Value and v in dots]
        d = moving[0]
        for other in moving[1:]:
            d = d + other
        if len(moving) == len(x) or is_scalar(op.result.type):
            return [d]
        return [emit("broadcast_like", d, op.result)]

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        x = op.args[0]
        if type(x) is Value:
            if x in active:
                name = "spread" if isinstance(x.type, (Seq, ListOf)) else "broadcast_like"
                yield x, emit(name, bars[0], x)
            return
        for v in x:
            if type(v) is Value and v in active:
                yield v, fit(bars[0], v)


declare(sum, _sum_type, BuiltinSum(), name="builtins.sum", syntax="call sum")

# The module math ------------------------------------------------------------------------------


def function(f: Anything, *maps: Anything, result: Type = FLOAT) -> Primitive:
    """Declare a function of math with one map per operand, or none for a constant one."""
    name = "math." + f.__name__

    def one(x: Anything) -> Type:
        _number(x, name)
        return result

    def two(x: Anything, y: Anything) -> Type:
        _number(x, name)
        _number(y, name)
        return result

    rule = elementwise(*maps) if maps else constant
    binary = len(maps) == 2 or f in (math.ldexp, math.comb, math.gcd)
    return declare(f, two if binary else one, rule, name=name, syntax=f"call {name}")


def on(f: Callable[..., float]) -> Callable[..., Anything]:
    """A function of math that can be called on SSA values."""
    return lambda x: apply(f, x) if type(x) is Value else f(x)


sin, cos, sinh, cosh, exp, log = map(
    on, (math.sin, math.cos, math.sinh, math.cosh, math.exp, math.log)
)

function(math.exp, lambda d, out, x: d * out)
function(math.expm1, lambda d, out, x: d * exp(x))
function(math.log2, lambda d, out, x: d / (LN2 * x))
function(math.log10, lambda d, out, x: d / (LN10 * x))
function(math.log1p, lambda d, out, x: d / (1.0 + x))
function(math.sqrt, lambda d, out, x: ratio(0.5 * d, out))
function(math.sin, lambda d, out, x: d * cos(x))
function(math.cos, lambda d, out, x: -d * sin(x))
function(math.tan, lambda d, out, x: d * (1.0 + out**2))
function(math.asin, lambda d, out, x: d / np.sqrt(1.0 - x * x))
function(math.acos, lambda d, out, x: -d / np.sqrt(1.0 - x * x))
function(math.atan, lambda d, out, x: d / (1.0 + x * x))
function(
    math.atan2,
    lambda d, out, y, x: ratio(d * x, x * x + y * y),
    lambda d, out, y, x: ratio(-d * y, x * x + y * y),
)
function(math.sinh, lambda d, out, x: d * cosh(x))
function(math.cosh, lambda d, out, x: d * sinh(x))
function(math.tanh, lambda d, out, x: d * (1.0 - out**2))
function(math.asinh, lambda d, out, x: d / np.sqrt(x * x + 1.0))
function(math.acosh, lambda d, out, x: d / np.sqrt(x * x - 1.0))
function(math.atanh, lambda d, out, x: d / (1.0 - x * x))
function(math.fabs, lambda d, out, x: d * np.sign(x))
function(math.degrees, lambda d, out, x: math.degrees(1.0) * d)
function(math.radians, lambda d, out, x: math.radians(1.0) * d)
function(math.copysign, lambda d, out, x, y: d * np.sign(x) * np.sign(out), None)
function(math.fmod, lambda d, out, x, y: d, lambda d, out, x, y: -d * (x - out) / y)
function(math.remainder, lambda d, out, x, y: d, lambda d, out, x, y: -d * (x - out) / y)
function(math.erf, lambda d, out, x: 2.0 / math.sqrt(math.pi) * d * exp(-x * x))
function(math.erfc, lambda d, out, x: -2.0 / math.sqrt(math.pi) * d * exp(-x * x))
function(math.floor, result=INT)
function(math.ceil, result=INT)
function(math.trunc, result=INT)
function(math.factorial, result=INT)
function(math.comb, result=INT)
function(math.isnan, result=BOOL)
function(math.isinf, result=BOOL)
function(math.isfinite, result=BOOL)
if hasattr(math, "exp2"):  # Python 3.11
    function(math.exp2, lambda d, out, x: LN2 * d * out)
    function(math.cbrt, lambda d, out, x: ratio(d, 3.0 * out * out))


def _all_numbers(name: str, result: Type) -> Callable[..., Type]:
    def infer(*args: Anything) -> Type:
        for arg in args:
            _number(arg, name)
        return result

    return infer


def _log_map(k: int) -> Anything:
    def wrt_x(d: Anything, out: Anything, x: Anything, *base: Anything) -> Anything:
        return ratio(d, x * log(base[0])) if base else d / x

    def wrt_base(d: Anything, out: Anything, x: Anything, base: Anything) -> Anything:
        return -d * out / (base * log(base))

    return wrt_base if k else wrt_x


def _hypot_map(k: int) -> Anything:
    return lambda d, out, *coordinates: hypot_map(d, out, coordinates[k])


declare(
    math.log,
    lambda x, *base: _all_numbers("math.log", FLOAT)(x, *base),
    Elementwise(_log_map),
    name="math.log",
    syntax="call math.log",
)
declare(
    math.hypot,
    _all_numbers("math.hypot", FLOAT),
    Elementwise(_hypot_map),
    name="math.hypot",
    syntax="call math.hypot",
)
declare(
    math.pow,
    lambda x, y: _all_numbers("math.pow", FLOAT)(x, y),
    power,
    name="math.pow",
    syntax="call math.pow",
)
declare(math.gcd, _all_numbers("math.gcd", INT), constant, name="math.gcd", syntax="call math.gcd")
declare(
    math.isclose,
    lambda a, b, rel_tol=1e-09, abs_tol=0.0: BOOL,
    constant,
    name="math.isclose",
    syntax="call math.isclose",
)
POLYGAMMA = declare(
    runtime.polygamma,
    lambda x, order=0: FLOAT,
    OfNextOrder(0),
    name="polygamma",
    syntax="runtime polygamma",
)
function(math.lgamma, lambda d, out, x: d * emit(POLYGAMMA, x))
function(math.gamma, lambda d, out, x: d * out * emit(POLYGAMMA, x))


# Places in sorted lists -------------------------------------------------------------------------

for _place in (bisect.bisect_left, bisect.bisect_right):
    declare(
        _place,
        lambda a, x, lo=0, hi=None: INT,
        constant,
        syntax=f"call bisect.{_place.__name__}",
    )
