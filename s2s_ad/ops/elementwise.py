"""NumPy's elementwise functions: exponentials, trigonometry, extrema, selection, rounding.

Singular points: abs and hypot have derivative 0 at 0, sqrt has inf; maximum and minimum split
ties evenly; clip has derivative 1 at its bounds; sinc is smooth at 0. What overflows in the primal
may give nan: `1 / (1 + np.exp(-x))` at -800 has an infinite factor beside one that is 0.
"""

from __future__ import annotations

import math
from typing import Any as Anything

import numpy as np

from s2s_ad import runtime
from s2s_ad.errors import UnsupportedError
from s2s_ad.ir.build import PEEPHOLES, emit, typeof
from s2s_ad.ir.core import Op, Value
from s2s_ad.ir.primitive import Primitive
from s2s_ad.ir.types import BOOL, FLOAT, Num, Type, is_scalar
from s2s_ad.ops.arraytypes import promoted
from s2s_ad.ops.fitting import cast, like_result
from s2s_ad.ops.masks import is_zero
from s2s_ad.ops.promotion import (
    broadcast,
    equal,
    literal,
    numpy_result,
    operand,
    ratio,
    square,
    ufunc_type,
)
from s2s_ad.ops.rules import Contributions, Elementwise, constant, declare, elementwise, linear

f: Anything  # a function in a loop over similar ones


def ufunc(function: Anything, *maps: Anything, selects: bool = False) -> Primitive:
    """Declare a ufunc: one map per operand."""
    return declare(function, ufunc_type(function), elementwise(*maps, selects=selects))


# Exponentials and powers ----------------------------------------------------------------------

LN2, LN10 = math.log(2.0), math.log(10.0)

ufunc(np.exp, lambda d, out, x: d * out)
ufunc(np.exp2, lambda d, out, x: LN2 * d * out)
ufunc(np.expm1, lambda d, out, x: d * np.exp(x))  # out + 1 would lose what expm1 is for
ufunc(np.log, lambda d, out, x: ratio(d, x))
ufunc(np.log2, lambda d, out, x: ratio(d, LN2 * x))
ufunc(np.log10, lambda d, out, x: ratio(d, LN10 * x))
ufunc(np.log1p, lambda d, out, x: ratio(d, 1.0 + x))
ufunc(np.sqrt, lambda d, out, x: 0.5 * d / out)
ufunc(np.cbrt, lambda d, out, x: d / (3.0 * out**2))
ufunc(
    np.logaddexp,
    lambda d, out, x, y: d * np.exp(x - out),
    lambda d, out, x, y: d * np.exp(y - out),
)
ufunc(
    np.logaddexp2,
    lambda d, out, x, y: d * np.exp2(x - out),
    lambda d, out, x, y: d * np.exp2(y - out),
)


def hypot_map(d: Anything, out: Anything, x: Anything) -> Anything:
    """x / out, 0 at the origin."""
    return d * x / np.where(equal(out, 0.0), 1.0, out)


ufunc(
    np.hypot,
    lambda d, out, x, y: hypot_map(d, out, x),
    lambda d, out, x, y: hypot_map(d, out, y),
)

# Trigonometry ---------------------------------------------------------------------------------

ufunc(np.sin, lambda d, out, x: d * np.cos(x))
ufunc(np.cos, lambda d, out, x: -d * np.sin(x))
ufunc(np.tan, lambda d, out, x: d * (1.0 + out**2))
ufunc(np.arcsin, lambda d, out, x: d / np.sqrt(1.0 - square(x)))
ufunc(np.arccos, lambda d, out, x: -d / np.sqrt(1.0 - square(x)))
ufunc(np.arctan, lambda d, out, x: d / (1.0 + square(x)))
ufunc(
    np.arctan2,
    lambda d, out, y, x: ratio(d * x, square(x) + square(y)),
    lambda d, out, y, x: ratio(-d * y, square(x) + square(y)),
)
ufunc(np.sinh, lambda d, out, x: d * np.cosh(x))
ufunc(np.cosh, lambda d, out, x: d * np.sinh(x))
ufunc(np.tanh, lambda d, out, x: d * (1.0 - out**2))
ufunc(np.arcsinh, lambda d, out, x: d / np.sqrt(square(x) + 1.0))
ufunc(np.arccosh, lambda d, out, x: d / np.sqrt(square(x) - 1.0))
ufunc(np.arctanh, lambda d, out, x: ratio(d, 1.0 - square(x)))
for f in (np.deg2rad, np.radians, np.rad2deg, np.degrees):
    ufunc(f, lambda d, out, x, f=f: f(d))


def _float_like(x: Anything) -> Type:
    num = operand(x, "np.sinc")
    dtype = num.dtype if num.dtype is None or num.dtype.kind in "fc" else FLOAT.dtype
    return numpy_result(None if num.kind == "any" else dtype, (num,))


# The derivative of sinc of a given order; smooth at 0, where the quotient in the definition is
# not. NumPy has no such function.
SINC_DERIVATIVE = declare(
    runtime.sinc_derivative,
    lambda x, order=1: _float_like(x),
    None,
    name="sinc_derivative",
    syntax="runtime sinc_derivative",
)


class OfNextOrder:
    """The derivative of `f(x, order=k)` is `f(x, order=k + 1)`."""

    def __init__(self, first: int) -> None:
        self.first = first  # the order where none is given

    def _map(self, op: Op) -> Elementwise:
        order = op.kwargs.get("order", self.first) + 1
        return elementwise(lambda d, out, x: d * emit(op.prim, x, order=order))

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        return self._map(op).jvp(op, dots)

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        return self._map(op).vjp(op, bars, active)


SINC_DERIVATIVE.derivative = OfNextOrder(1)
declare(np.sinc, _float_like, elementwise(lambda d, out, x: d * emit(SINC_DERIVATIVE, x)))

# Extrema: the derivative goes to the larger (smaller) operand, half to each where they are equal.


def goes_to(d: Anything, wins: Anything, x: Anything, y: Anything) -> Anything:
    return np.where(wins, np.where(equal(x, y), 0.5 * d, d), 0.0)


ufunc(
    np.maximum,
    lambda d, out, x, y: goes_to(d, x >= y, x, y),
    lambda d, out, x, y: goes_to(d, y >= x, x, y),
    selects=True,
)
ufunc(
    np.minimum,
    lambda d, out, x, y: goes_to(d, x <= y, x, y),
    lambda d, out, x, y: goes_to(d, y <= x, x, y),
    selects=True,
)
for f in (np.fmax, np.fmin):  # which take the other operand where one is nan
    ufunc(
        f,
        lambda d, out, x, y: goes_to(d, equal(x, out), x, y),
        lambda d, out, x, y: goes_to(d, equal(y, out), x, y),
        selects=True,
    )


def _clip_type(a: Anything, a_min: Anything, a_max: Anything) -> Type:
    nums = [operand(t, "np.clip") for t in (a, a_min, a_max) if t is not None]
    return numpy_result(promoted(*nums), tuple(nums))


def ordered(low: Anything, high: Anything) -> bool:
    """Whether the lower bound is surely not above the upper one."""
    return low is None or high is None or literal(low) and literal(high) and low <= high


def clip_wrt_min(
    d: Anything, out: Anything, a: Anything, low: Anything, high: Anything
) -> Anything:
    if ordered(low, high):
        return np.where(a < low, d, 0.0)
    return np.where(np.logical_and(a < low, np.less_equal(low, high)), d, 0.0)


def clip_wrt_max(
    d: Anything, out: Anything, a: Anything, low: Anything, high: Anything
) -> Anything:
    if ordered(low, high):
        return np.where(a > high, d, 0.0)
    return np.where(np.logical_or(a > high, np.greater(low, high)), d, 0.0)


declare(
    np.clip,
    _clip_type,
    elementwise(
        lambda d, out, a, low, high: np.where(equal(out, a), d, 0.0),
        clip_wrt_min,
        clip_wrt_max,
        selects=True,
    ),
)

# Selection ------------------------------------------------------------------------------------


def _where_type(condition: Anything, x: Anything, y: Anything) -> Type:
    nums = tuple(operand(t, "np.where") for t in (condition, x, y))
    return Num("array", promoted(*nums[1:]), broadcast(*nums))


class Where(Elementwise):
    """np.where selects a tangent, and masks a cotangent (see `Elementwise` for what follows)."""

    def __init__(self) -> None:
        super().__init__(
            (
                None,
                lambda d, out, condition, x, y: np.where(condition, d, 0.0),
                lambda d, out, condition, x, y: np.where(condition, 0.0, d),
            )
        )

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        condition, *branches = op.args
        moving = [type(v) is Value and v in dots for v in branches]
        if not any(moving):
            return [None]
        d = np.where(condition, *[dots[v] if m else 0.0 for v, m in zip(branches, moving)])
        if not all(m or is_scalar(typeof(v)) for v, m in zip(branches, moving)):
            d = like_result(d, op.result)
        return [cast(d, op.result)]


WHERE = declare(np.where, _where_type, Where())


def merge_masks(op: Op) -> tuple[Anything] | None:
    """where(c, a, 0) + where(c, b, 0) -> where(c, a + b, 0), and with the branches of one `where`
    on different sides where(c, a, b): what follows the sum is masked at its end as well."""
    if op.prim.name not in ("accumulate", "add"):
        return None
    first, second = (_written(a) for a in op.args)
    if first is None or second is None or first.prim is not second.prim:
        return None
    if first.prim is WHERE:
        together = _one_mask(first, second)
        return None if together is None else (together,)
    if first.prim.name not in ("unbroadcast", "sum") or first.args[1:] != second.args[1:]:
        return None
    inner = [_written(o.args[0]) for o in (first, second)]
    if inner[0] is None or inner[1] is None or first.kwargs != second.kwargs:
        return None
    together = _one_mask(inner[0], inner[1])  # of one shape, that of the `where`
    return (
        None if together is None else (emit(first.prim, together, *first.args[1:], **first.kwargs),)
    )


def _written(x: Anything) -> Op | None:
    """The operation of derivative code that made x."""
    op = x.owner if type(x) is Value else None
    return op if isinstance(op, Op) and op.role != "primal" else None


def _one_mask(first: Op, second: Op) -> Anything:
    if first.prim is not WHERE or second.prim is not WHERE:
        return None
    (c1, a1, b1), (c2, a2, b2) = first.args, second.args
    if c1 is not c2:
        return None
    if is_zero(b1) and is_zero(b2):
        return np.where(c1, a1 + a2, 0.0)
    if is_zero(a1) and is_zero(a2):
        return np.where(c1, 0.0, b1 + b2)
    if is_zero(b1) and is_zero(a2):
        return np.where(c1, a1, b2)
    if is_zero(a1) and is_zero(b2):
        return np.where(c1, a2, b1)
    return None


PEEPHOLES.append(merge_masks)

# Signs and steps ------------------------------------------------------------------------------

ufunc(np.copysign, lambda d, out, x, y: d * np.sign(x) * np.sign(out), None)
ufunc(np.heaviside, None, lambda d, out, x, y: np.where(equal(x, 0.0), d, 0.0), selects=True)
for f in (
    np.sign,
    np.floor,
    np.ceil,
    np.trunc,
    np.rint,
    np.isnan,
    np.isinf,
    np.isfinite,
    np.signbit,
):
    declare(f, ufunc_type(f), constant)


def _rounded(a: Anything, decimals: int = 0) -> Type:
    num = operand(a, "np.round")
    dtype = FLOAT.dtype if num.dtype is not None and num.dtype.kind == "b" else num.dtype
    return numpy_result(None if num.kind == "any" else dtype, (num,))


declare(np.round, _rounded, constant, np.around)


def _fixed(x: Anything) -> Type:
    num = operand(x, "np.fix")
    return numpy_result(
        num.dtype if num.dtype is not None and num.dtype.kind == "f" else None, (num,)
    )


declare(np.fix, _fixed, constant)


def _close(a: Anything, b: Anything, rtol: Anything = 1e-05, atol: Anything = 1e-08) -> Type:
    nums = operand(a, "np.isclose"), operand(b, "np.isclose")
    return numpy_result(BOOL.dtype, nums)


declare(np.isclose, _close, constant)
declare(np.allclose, lambda a, b, rtol=1e-05, atol=1e-08: BOOL, constant)
declare(np.array_equal, lambda a1, a2: BOOL, constant)

# Parts of complex numbers, of real ones -------------------------------------------------------


def _same_kind(val: Anything) -> Type:
    num = operand(val, "np.real")
    if num.dtype is None:
        return Num(num.kind, None, num.shape)
    dtype = np.empty(0, num.dtype).real.dtype
    return Num(num.kind, dtype, num.shape)


def _known_real(x: Anything) -> bool:
    t = typeof(x)
    return isinstance(t, Num) and t.dtype is not None and t.dtype.kind in "fiub"


def _imag_transpose(g: Anything, out: Value, val: Value) -> Anything:
    if _known_real(val):
        return None
    raise UnsupportedError("np.imag of what may be complex", "s2s_ad differentiates real numbers")


declare(np.real, _same_kind, linear(lambda g, out, val: g), alias="view")
declare(np.imag, _same_kind, linear(_imag_transpose), alias="view")
declare(
    np.conjugate,
    ufunc_type(np.conjugate),
    linear(lambda g, out, x: np.conjugate(g)),
    name="conj",
    syntax="call np.conj",
)
