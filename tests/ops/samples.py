"""Sample arguments of elementwise operations and reductions, one line a case.

`Case(function, args, kwargs, wrt)`: floats, arrays and NumPy scalars in `args` (also nested)
become operands, other constants stay constants; `Given(3)` makes an operand of a Python int,
`Fixed(2.0)` keeps a float a constant. `wrt` are the positions, among the operands, of those to
differentiate; None for all of floating type, () where the function is constant.
"""

from __future__ import annotations

import bisect
import builtins
import math
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from s2s_ad import runtime
from s2s_ad.ops.arithmetic import contained


@dataclass
class Given:
    """A constant that is an operand all the same."""

    value: Any


@dataclass
class Fixed:
    """A float that is written out in the program."""

    value: Any


@dataclass
class Case:
    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)
    wrt: tuple[int, ...] | None = None
    order: int = 2  # up to which derivatives are compared
    erased: int = 2  # the same without types; -1 where the types must be known

    def __str__(self) -> str:
        def show(x: Any) -> str:
            if isinstance(x, (Given, Fixed)):
                return f"{type(x).__name__}({x.value})"
            if isinstance(x, np.ndarray):
                return f"{x.dtype.char}{list(x.shape)}".replace(" ", "")
            if isinstance(x, np.generic):
                return f"np.{x.dtype.char}"
            if isinstance(x, (tuple, list)):
                return "(" + ",".join(map(show, x)) + ")"
            return str(x)

        module = getattr(self.function, "__module__", "") or "numpy"
        name = f"{module}.{self.function.__name__}"
        kwargs = [f"{k}={v}" for k, v in self.kwargs.items()]
        return f"{name}({','.join([*map(show, self.args), *kwargs])})"


def unary(f: Any, *points: float, wrt: tuple[int, ...] | None = None) -> Iterator[Case]:
    """A function of one number or array: as Python float, NumPy scalar, 0-d, vector, matrix."""
    x = np.array(points)
    for sample in (points[0], np.float64(points[0]), np.array(points[0]), x, x.astype("f4")):
        yield Case(f, (sample,), wrt=wrt)
    yield Case(f, (np.stack([x, x[::-1]]),), wrt=wrt)
    yield Case(f, (np.float32(points[0]),), wrt=wrt)


def binary(
    f: Any, a: tuple[float, ...], b: tuple[float, ...], wrt: tuple[int, ...] | None = None
) -> Iterator[Case]:
    """A function of two: every kind, equal shapes and broadcasts to the left and right."""
    x, y = np.array(a), np.array(b)
    for args in (
        (a[0], b[0]), (np.float64(a[0]), b[0]), (x, y), (x, b[0]), (a[0], y),
        (x[:, None], y), (x, np.stack([y, y[::-1]])), (x[:1], y), (np.array(a[0]), y),
        (x.astype("f4"), y.astype("f4")), (x.astype("f4"), b[0]), (np.array(a[0]), b[0]),
    ):  # fmt: skip
        yield Case(f, args, wrt=wrt)
    yield Case(f, (x, Fixed(b[0])), wrt=wrt)
    yield Case(f, (Fixed(a[0]), y), wrt=wrt)


def numbers(f: Any, *args: Any, wrt: tuple[int, ...] | None = None) -> Iterator[Case]:
    """A function of Python numbers, also of NumPy scalars and 0-d arrays."""
    yield Case(f, args, wrt=wrt)
    yield Case(f, tuple(np.float64(a) for a in args), wrt=wrt)
    yield Case(f, (np.array(args[0]), *args[1:]), wrt=wrt)


A, B = (0.7, -1.2, 0.4), (1.3, 0.6, -2.1)
POSITIVE, ABOVE_ONE, INSIDE = (0.7, 1.9, 0.4), (1.7, 2.9, 1.2), (0.7, -0.2, 0.4)
x3, m23 = np.array(A), np.array([[0.3, -1.2, 0.8], [1.4, 0.6, -0.5]])
i3 = np.array([1, 2, 4])
b3 = np.array([True, False, True])
x, y = x3, np.array(B)

ELEMENTWISE = [
    # Operators and their ufuncs
    *binary(operator.add, A, B), *binary(np.add, A, B),
    *binary(operator.sub, A, B), *binary(np.subtract, A, B),
    *binary(operator.mul, A, B), *binary(np.multiply, A, B),
    *binary(operator.truediv, A, B), *binary(np.divide, A, B),
    *binary(operator.pow, POSITIVE, B), *binary(np.power, POSITIVE, B),
    *binary(np.float_power, POSITIVE, B),
    *binary(operator.mod, A, (0.31, 0.5, -0.27)), *binary(np.mod, A, (0.31, 0.5, -0.27)),
    *binary(np.fmod, A, (0.31, 0.5, -0.27)),
    *binary(operator.floordiv, A, B, wrt=()), *binary(np.floor_divide, A, B, wrt=()),
    *binary(divmod, A, (0.31, 0.5, -0.27)), *binary(np.divmod, A, (0.31, 0.5, -0.27)),
    *(Case(operator.pow, (v, n)) for v in (x, 0.7, -1.2) for n in (-2, -1, 0, 1, 2, 3)),
    *(Case(operator.pow, (x.astype("f4"), n)) for n in (2, 3)),
    Case(operator.pow, (POSITIVE[0], Fixed(0.5))), Case(operator.pow, (x, Given(3))),
    Case(operator.pow, (0.7, Given(3))), Case(operator.pow, (x, i3)),
    Case(operator.pow, (Fixed(2.0), x)), Case(operator.pow, (2, x)),
    Case(operator.mul, (x, i3)), Case(operator.mul, (x, Given(2))), Case(operator.add, (x, i3)),
    Case(operator.mul, (x, b3)), Case(operator.truediv, (x, i3)), Case(operator.truediv, (1, x)),
    Case(operator.truediv, (1.0, 0.5)), Case(operator.truediv, (i3, x)),
    *unary(operator.neg, *A), *unary(np.negative, *A),
    *unary(operator.pos, *A), *unary(np.positive, *A),
    *unary(operator.abs, *A), *unary(np.absolute, *A), *unary(np.fabs, *A),
    *unary(np.square, *A), *unary(np.reciprocal, *A),
    # Comparison, bits, logic
    *(c for f in (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne,
                  np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal,
                  np.logical_and, np.logical_or, np.logical_xor)
      for c in binary(f, A, B, wrt=())),
    *(Case(f, args, wrt=()) for f in (operator.and_, operator.or_, operator.xor, np.bitwise_and,
                                      np.bitwise_or, np.bitwise_xor, operator.lshift,
                                      operator.rshift, np.left_shift, np.right_shift)
      for args in ((i3, i3), (i3, Given(1)), (Given(6), Given(3)), (np.int64(6), Given(1)))),
    *(Case(f, (b3, b3), wrt=()) for f in (operator.and_, operator.or_, operator.xor)),
    *(Case(f, (v,), wrt=()) for f in (operator.invert, np.invert) for v in (i3, Given(5), b3)),
    *unary(np.logical_not, *A, wrt=()),
    Case(operator.not_, (0.7,), wrt=()), Case(operator.not_, (np.float64(0.0),), wrt=()),
    Case(operator.is_, (x, None), wrt=()), Case(operator.is_not, (x, None), wrt=()),
    Case(contained, (0.7, (0.7, 1.0)), wrt=()),
    # Exponentials and powers
    *unary(np.exp, *A), *unary(np.exp2, *A), *unary(np.expm1, *A),
    *unary(np.log, *POSITIVE), *unary(np.log2, *POSITIVE), *unary(np.log10, *POSITIVE),
    *unary(np.log1p, *POSITIVE), *unary(np.sqrt, *POSITIVE), *unary(np.cbrt, *A),
    *binary(np.logaddexp, A, B), *binary(np.logaddexp2, A, B), *binary(np.hypot, A, B),
    # Trigonometry
    *unary(np.sin, *A), *unary(np.cos, *A), *unary(np.tan, *A),
    *unary(np.arcsin, *INSIDE), *unary(np.arccos, *INSIDE), *unary(np.arctan, *A),
    *binary(np.arctan2, A, B),
    *unary(np.sinh, *A), *unary(np.cosh, *A), *unary(np.tanh, *A),
    *unary(np.arcsinh, *A), *unary(np.arccosh, *ABOVE_ONE), *unary(np.arctanh, *INSIDE),
    *unary(np.deg2rad, *A), *unary(np.rad2deg, *A), *unary(np.degrees, *A),
    *unary(np.radians, *A), *unary(np.sinc, *A), *unary(np.sinc, 0.0, 1e-9, -0.3),
    Case(runtime.sinc_derivative, (x,)),
    # Extrema and selection
    *binary(np.maximum, A, B), *binary(np.minimum, A, B),
    *binary(np.fmax, A, B), *binary(np.fmin, A, B),
    Case(np.clip, (x, -0.5, 0.5)), Case(np.clip, (x, Fixed(-0.5), Fixed(0.5))),
    Case(np.clip, (x, None, 0.5)), Case(np.clip, (x, -0.5, None)),
    Case(np.clip, (0.7, -0.5, 0.5)), Case(np.clip, (x.astype("f4"), Fixed(-0.5), Fixed(0.5))),
    Case(np.clip, (x, -0.5 + 0.0 * x, y)), Case(np.clip, (m23, x - 1.0, 0.5)),
    Case(np.where, (b3, x, y)), Case(np.where, (b3, x, 0.5)), Case(np.where, (b3, 0.5, x)),
    Case(np.where, (b3, 0.5, 0.7)), Case(np.where, (b3[:, None], x, y[:, None])),
    Case(np.where, (Given(True), 0.5, 0.7)), Case(np.where, (b3, m23, Fixed(0.0))),
    Case(np.where, (b3, x.astype("f4"), Fixed(0.0))),
    # Signs and steps
    *binary(np.copysign, A, B), *binary(np.heaviside, A, B),
    Case(np.heaviside, (0.0 * x, y), wrt=(1,)),
    *(c for f in (np.sign, np.floor, np.ceil, np.trunc, np.rint, np.isnan, np.isinf, np.isfinite,
                  np.signbit, np.round, np.fix) for c in unary(f, *A, wrt=())),
    Case(np.round, (x, 1), wrt=()), Case(np.isclose, (x, y), wrt=()),
    Case(np.allclose, (x, y), wrt=()), Case(np.array_equal, (x, y), wrt=()),
    *unary(np.real, *A), *unary(np.conjugate, *A), Case(np.imag, (x,), erased=-1),
]  # fmt: skip

PYTHON = [
    *numbers(float, 0.7), *numbers(int, 2.7, wrt=()), *numbers(bool, 0.7, wrt=()),
    Case(complex, (0.7,), wrt=()), Case(complex, (0.7, 0.2), wrt=()),

    Case(round, (0.7,), wrt=()), Case(round, (np.float64(0.7),), wrt=()),
    Case(round, (0.7, 1), wrt=()), Case(round, (np.float64(0.7), 1), wrt=()),
    *numbers(max, 0.7, 1.3), *numbers(min, 0.7, 1.3), Case(max, (0.7, 1.3, 0.2)),
    Case(min, (0.7, 1.3, 0.2)), Case(max, (0, 1.3)), Case(min, (0, 1.3)),
    Case(builtins.sum, (x,), erased=-1), Case(builtins.sum, (m23,), erased=-1),
    Case(builtins.sum, ((0.7, 1.3),)),
    Case(builtins.sum, ([x, y, x],)), Case(builtins.sum, ((x, 0.5),)),
    *numbers(math.exp, 0.7), *numbers(math.expm1, 0.7), *numbers(math.log, 0.7),
    *numbers(math.log, 0.7, 2.5), Case(math.log, (0.7, 2)),
    *numbers(math.log2, 0.7), *numbers(math.log10, 0.7), *numbers(math.log1p, 0.7),
    *numbers(math.sqrt, 0.7), *numbers(math.sin, 0.7), *numbers(math.cos, 0.7),
    *numbers(math.tan, 0.7), *numbers(math.asin, 0.7), *numbers(math.acos, 0.7),
    *numbers(math.atan, 0.7), *numbers(math.atan2, 0.7, -1.3), *numbers(math.sinh, 0.7),
    *numbers(math.cosh, 0.7), *numbers(math.tanh, 0.7), *numbers(math.asinh, 0.7),
    *numbers(math.acosh, 1.7), *numbers(math.atanh, 0.7), *numbers(math.fabs, -0.7),
    *numbers(math.degrees, 0.7), *numbers(math.radians, 0.7), *numbers(math.copysign, 0.7, -1.2),
    *numbers(math.fmod, 1.7, 0.6), *numbers(math.remainder, 1.7, 0.6),
    *numbers(math.erf, 0.7), *numbers(math.erfc, 0.7), *numbers(math.gamma, 2.3),
    *numbers(math.gamma, -1.3, wrt=(0,)), *numbers(math.lgamma, 2.3),
    Case(runtime.polygamma, (2.3,)),
    *numbers(math.pow, 0.7, 1.3), Case(math.pow, (0.7, 3)), *numbers(math.hypot, 0.7, 1.3),
    Case(math.hypot, (0.7, 1.3, -0.4)),
    *(c for f in (math.floor, math.ceil, math.isnan, math.isinf, math.isfinite)
      for c in numbers(f, 0.7, wrt=())),
    Case(math.trunc, (0.7,), wrt=()), Case(math.factorial, (Given(4),), wrt=()),
    Case(math.comb, (Given(4), Given(2)), wrt=()),
    Case(math.gcd, (Given(4), Given(6)), wrt=()), Case(math.isclose, (0.7, 0.8), wrt=()),
    *(c for f in ("exp2", "cbrt") if hasattr(math, f) for c in numbers(getattr(math, f), 0.7)),
]  # fmt: skip

t234 = np.random.default_rng(3).normal(size=(2, 3, 4))
ties = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 0.5]])
zeros = np.array([[0.0, 2.0, 3.0], [1.5, 0.0, 0.0]])


def erased(f: Any, axis: Any) -> int:
    """Products along several axes have no second derivative where the rank is unknown."""
    return 1 if f is np.prod and isinstance(axis, tuple) else 2


def reduced(f: Any, wrt: tuple[int, ...] | None = None, tuples: bool = True) -> Iterator[Case]:
    """A reduction of every rank, over every kind of axis."""
    for a in (x3, m23, t234, m23.astype("f4"), 0.7, np.array(0.7), x3.astype("f4")):
        yield Case(f, (a,), wrt=wrt)
    for axis in (0, 1, -1, *(((0, 2), (1,), (-1, 0)) if tuples else ())):
        yield Case(f, (t234,), {"axis": axis}, wrt=wrt, erased=erased(f, axis))
        yield Case(f, (t234,), {"axis": axis, "keepdims": True}, wrt=wrt, erased=erased(f, axis))
    yield Case(f, (x3,), {"axis": 0}, wrt=wrt)
    yield Case(f, (x3,), {"axis": -1, "keepdims": True}, wrt=wrt)
    yield Case(f, (m23.astype("f4"),), {"axis": 1}, wrt=wrt)
    yield Case(f, (m23,), {"keepdims": True}, wrt=wrt)
    yield Case(f, (m23[:1],), {"axis": 0}, wrt=wrt)


REDUCTIONS = [
    *reduced(np.sum), *reduced(np.mean), *reduced(np.prod), *reduced(np.max), *reduced(np.min),
    *reduced(np.var), *reduced(np.std), *reduced(np.ptp),
    Case(np.amax, (x3,)), Case(np.amin, (x3,)),
    Case(np.var, (m23,), {"ddof": 1}), Case(np.std, (m23,), {"ddof": 1, "axis": 1}),
    Case(np.sum, (i3,), wrt=()), Case(np.mean, (i3,), wrt=()), Case(np.max, (i3,), wrt=()),
    Case(np.sum, (b3,), wrt=()), Case(np.var, (i3,), wrt=()), Case(np.sum, (x3, 0)),
    Case(np.prod, (zeros,)), Case(np.prod, (zeros,), {"axis": 1}), Case(np.prod, (zeros[0],)),
    *reduced(np.any, wrt=()), *reduced(np.all, wrt=()),
    *reduced(np.argmax, wrt=(), tuples=False), *reduced(np.argmin, wrt=(), tuples=False),
    *reduced(np.count_nonzero, wrt=()),
    *(Case(f, (a,)) for f in (np.cumsum, np.cumprod)
      for a in (x3, m23, zeros, x3.astype("f4"), 0.7, np.array(0.7))),
    *(Case(f, (t234,), {"axis": axis}) for f in (np.cumsum, np.cumprod) for axis in (0, 1, -1)),
    Case(np.cumprod, (zeros,), {"axis": 1}), Case(np.cumprod, (zeros,), {"axis": 0}),
    *(Case(np.diff, (a,)) for a in (x3, m23, t234, x3.astype("f4"))),
    Case(np.diff, (t234,), {"axis": 1}), Case(np.diff, (m23,), {"axis": 0}),
    Case(np.diff, (t234,), {"n": 2}), Case(np.diff, (t234,), {"n": 3, "axis": -1}),
    Case(np.diff, (x3,), {"n": 2}), Case(np.diff, (x3[:1],)),
    # What derivatives are made of
    Case(runtime.product_of_others, (t234,)),
    Case(runtime.product_of_others, (zeros,), {"axis": 1}),
    Case(runtime.shares, (ties, np.max(ties)), wrt=()),
    Case(runtime.recurrence, (m23, m23 + 0.3), {"axis": 0}),
    Case(runtime.recurrence, (m23, m23 + 0.3), {"axis": 1, "backwards": True}),
]  # fmt: skip

table = np.array([0.0, 0.5, 1.1, 2.0])
ORDERING = [
    *(Case(np.sort, (a,)) for a in (x3, m23, t234, x3.astype("f4"))),
    Case(np.sort, (t234,), {"axis": 0}), Case(np.sort, (t234,), {"axis": 1}),
    Case(np.sort, (t234,), {"axis": None}), Case(np.sort, (x3,), {"axis": None}),
    *(Case(np.argsort, (a,), wrt=()) for a in (x3, m23)),
    Case(np.argsort, (t234,), {"axis": 0}, wrt=()),
    Case(np.take_along_axis, (m23, np.array([[0, 0], [2, 1]]), 1)),
    Case(runtime.add_along_axis, (m23[:, :2], np.array([[0, 0], [2, 1]]), m23, 1), wrt=(0,)),
    Case(bisect.bisect_left, ([0.0, 1.0, 2.0], 1.0), wrt=()),
    Case(bisect.bisect_right, ([0.0, 1.0, 2.0], 1.0), wrt=()),
    Case(np.searchsorted, (table, x3), wrt=()), Case(np.searchsorted, (table, 0.7), wrt=()),
    Case(np.digitize, (x3, table), wrt=()), Case(np.flatnonzero, (x3,), wrt=()),
    Case(np.interp, (np.array([0.7, 1.9, -0.4, 2.3]), table, table**2 + 0.3)),
    Case(np.interp, (0.7, table, table**2 + 0.3)),
    Case(np.interp, (np.array([[0.7], [1.2]]), table, table**2)),
    Case(np.trapezoid, (x3,)), Case(np.trapezoid, (x3, y)), Case(np.trapezoid, (m23, y)),
    Case(np.trapezoid, (m23,), {"dx": 0.5}),
]  # fmt: skip

CASES = [*ELEMENTWISE, *PYTHON, *REDUCTIONS, *ORDERING]
