"""What elementwise operations share: result types by NumPy's and Python's rules, and forms of
arithmetic for rules that must not raise on Python floats."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import cache
from typing import Any as Anything

import numpy as np

from s2s_ad.errors import UnsupportedError
from s2s_ad.ir.build import apply, facts, typeof
from s2s_ad.ir.core import Value
from s2s_ad.ir.types import (
    ANY,
    BOOL,
    COMPLEX,
    FLOAT,
    INT,
    STR,
    Any,
    Dim,
    ListOf,
    Num,
    Opaque,
    Seq,
    Size,
    Type,
    differentiable,
)
from s2s_ad.ops.structure import as_type

UNKNOWN = Num("any")
WEAK = {"f": float, "i": int, "c": complex, "b": np.dtype(bool)}


# Operands -------------------------------------------------------------------------------------


def operand(t: Anything, name: str) -> Num:
    """The type of a numeric operand; `Num("any")` where nothing is known."""
    t = as_type(t)
    if isinstance(t, Num):
        return t
    if isinstance(t, Any):
        return UNKNOWN
    if isinstance(t, (Seq, ListOf)):
        raise UnsupportedError(
            f"{name} of a {t.kind}", "make it an array first: np.array([...]), or use a loop"
        )
    raise UnsupportedError(f"{name} of a {t}", "s2s_ad knows numbers and NumPy arrays")


def broadcast(*nums: Num) -> tuple[Size, ...] | None:
    """The shape of an elementwise result; a fresh symbol where a size cannot be told."""
    if any(n.shape is None for n in nums):
        return None
    out: list[Size] = []
    for n in nums:
        assert n.shape is not None
        shape: list[Size] = list(n.shape)
        width = max(len(out), len(shape))
        out[:0] = [1] * (width - len(out))
        shape[:0] = [1] * (width - len(shape))
        for k, size in enumerate(shape):
            both = facts().broadcast(out[k], size)
            out[k] = facts().fresh() if both is None else both
    return tuple(out)


# Result types ---------------------------------------------------------------------------------


@cache
def _resolve(ufunc: Anything, dtypes: tuple[Anything, ...]) -> np.dtype | None:
    try:
        found: np.dtype = ufunc.resolve_dtypes((*dtypes, *[None] * ufunc.nout))[ufunc.nin]
        return found
    except TypeError:  # no loop for these: the operation raises when it runs
        return None


def ufunc_dtype(ufunc: Anything, nums: tuple[Num, ...]) -> np.dtype | None:
    """The dtype of the first result, by NumPy 2's promotion with weak Python scalars."""
    if any(n.dtype is None for n in nums):
        same = {_resolve(ufunc, (np.dtype(c),) * ufunc.nin) for c in "fdi"}
        return same.pop() if same == {np.dtype(bool)} else None
    found = set()
    for loose in (False, True):  # what "any" stands for may be a Python scalar or not
        weak = [n.kind == "py" or (loose and n.kind in ("any", "scalar")) for n in nums]
        found.add(_resolve(ufunc, tuple(
            WEAK[n.dtype.kind] if w and n.dtype is not None and n.dtype.kind in WEAK else n.dtype
            for n, w in zip(nums, weak)
        )))  # fmt: skip
    return found.pop() if len(found) == 1 else None


def numpy_result(dtype: np.dtype | None, nums: tuple[Num, ...]) -> Num:
    """The result of a ufunc: a NumPy scalar where no dimension is left."""
    shape = broadcast(*nums)
    if shape is None:
        return Num("array" if any(n.shape for n in nums) else "any", dtype, None)
    return Num("array" if shape else "np", dtype, shape)


def ufunc_type(ufunc: Anything) -> Callable[..., Anything]:
    """The type rule of a ufunc with one result."""
    name = "np." + ufunc.__name__

    def one(x: Anything) -> Type:
        nums = (operand(x, name),)
        return numpy_result(ufunc_dtype(ufunc, nums), nums)

    def two(x: Anything, y: Anything) -> Type:
        nums = operand(x, name), operand(y, name)
        return numpy_result(ufunc_dtype(ufunc, nums), nums)

    return one if ufunc.nin == 1 else two


def operator_type(
    function: Anything, ufunc: Anything, python: Callable[..., Type]
) -> Callable[..., Anything]:
    """The type rule of an operator: `python` says what it gives for Python scalars."""
    name = function.__name__

    def infer(*args: Anything) -> Type:
        types = tuple(map(as_type, args))
        other = _not_numbers(name, types)
        if other is not None:
            return other
        nums = tuple(t if isinstance(t, Num) else UNKNOWN for t in types)
        if all(n.kind == "py" for n in nums):
            return python(*args)
        if any(isinstance(t, Any) for t in types):
            certain = any(n.shape for n in nums)
            return Num("array", ufunc_dtype(ufunc, nums), None) if certain else ANY
        out = numpy_result(ufunc_dtype(ufunc, nums), nums)
        if out.kind == "np" and all(n.kind in ("py", "any", "scalar") for n in nums):
            loose = any(n.kind == "any" for n in nums)
            return Num("any" if loose else "scalar", out.dtype, out.shape)
        return out

    def one(x: Anything) -> Type:
        return infer(x)

    def two(x: Anything, y: Anything) -> Type:
        return infer(x, y)

    return one if ufunc.nin == 1 else two


COMPARISONS = {"eq", "ne", "lt", "le", "gt", "ge"}


def _not_numbers(name: str, types: tuple[Type, ...]) -> Type | None:
    """The type of an operation on strings, containers and other objects; None for numbers.

    Nothing of these is differentiated, so what might hide an active number is refused.
    """
    if all(isinstance(t, (Num, Any)) for t in types):
        return None
    if name in COMPARISONS:
        return ANY
    if STR in types and (name in ("add", "mod") or INT in types):
        return STR
    if any(isinstance(t, (Seq, ListOf)) for t in types):
        if any(isinstance(t, Num) and (t.kind == "array" or t.shape) for t in types):
            raise UnsupportedError(
                f"{name} of an array and a sequence", "make the sequence an array: np.array(...)"
            )
        raise UnsupportedError(
            f"{name} of sequences",
            "write the elements of the result out, or use arrays and np.concatenate",
        )
    if any(differentiable(t) for t in types):
        raise UnsupportedError(
            f"{name} of {' and '.join(map(str, types))}", "s2s_ad knows numbers and NumPy arrays"
        )
    return Opaque("object")


def python_arithmetic(*args: Anything) -> Type:
    """Python's + - * // % on Python scalars, and unary operators; follows sizes."""
    kinds = [t.dtype.kind if t.dtype is not None else "?" for t in map(as_type, args)]  # type: ignore[union-attr]
    for kind, t in (("?", Num("py", None, ())), ("c", COMPLEX), ("f", FLOAT)):
        if kind in kinds:
            return t
    return INT


def python_size(sign: int) -> Callable[..., Type]:
    """+ or - of Python scalars: a known size plus or minus a literal is a known size."""

    def infer(x: Anything, y: Anything) -> Type:
        out = python_arithmetic(x, y)
        if out == INT and type(y) is int and isinstance(x, Num):
            size = shifted(x.value, sign * y)
        elif out == INT and type(x) is int and isinstance(y, Num) and sign > 0:
            size = shifted(y.value, x)
        else:
            size = None
        return out if size is None else Num("py", INT.dtype, (), size)

    return infer


def shifted(size: Size, step: int) -> Size:
    """size + step. A size with a negative offset is clipped at 0, so adding to it is not exact;
    subtracting is, since a negative number is no size."""
    if isinstance(size, int):
        return size + step if size + step >= 0 else None
    if isinstance(size, Dim) and (step <= 0 or size.offset >= 0):
        return size + step
    return None


def python_division(x: Anything, y: Anything) -> Type:
    out = python_arithmetic(x, y)
    return FLOAT if out == INT else out


def python_power(x: Anything, y: Anything) -> Type:
    """A negative float to a fractional power is complex, an int to a negative power a float."""
    out = python_arithmetic(x, y)
    literal = type(y) in (int, float)
    if out == INT:
        return INT if literal and y >= 0 else FLOAT if literal else Num("py", None, ())
    if out == FLOAT:
        sure = literal and float(y).is_integer() or type(x) in (int, float) and x >= 0
        exponent = as_type(y)
        whole = isinstance(exponent, Num) and exponent.dtype is not None
        sure = sure or whole and exponent.dtype.kind in "ib"  # type: ignore[union-attr]
        return FLOAT if sure else Num("py", None, ())
    return out


def python_bits(*args: Anything) -> Type:
    """& | ^ on Python scalars: bool of bools."""
    if any(as_type(a) == FLOAT for a in args):
        raise UnsupportedError(
            "bits of a float", "an int that is used so has no derivative: leave it out of wrt"
        )
    return BOOL if all(as_type(a) == BOOL for a in args) else INT


def python_comparison(*args: Anything) -> Type:
    return BOOL


# Arithmetic for rules -------------------------------------------------------------------------


def numpy_number(*xs: Anything) -> bool:
    """Whether one of these is known to be a NumPy scalar or array, so that arithmetic between
    them follows IEEE and does not raise."""
    types = [typeof(x) for x in xs]
    return any(isinstance(t, Num) and t.kind in ("np", "array") for t in types)


def literal(x: Anything) -> bool:
    """A Python number, known while transforming."""
    return type(x) in (int, float, bool)


def ratio(a: Anything, b: Anything) -> Anything:
    """a / b where the primal gave a number although b may be 0: np.divide does not raise."""
    if numpy_number(a, b) or (literal(b) and b != 0):
        return a / b
    return np.divide(a, b)


def square(x: Anything) -> Anything:
    """x ** 2, which overflows with an error for a Python float while x * x does not."""
    return x**2 if numpy_number(x) else x * x


def equal(a: Anything, b: Anything) -> Anything:
    """a == b elementwise (`==` on SSA values is identity)."""
    if type(a) is Value or type(b) is Value:
        return apply(operator.eq, a, b)
    return np.equal(a, b)


def zero(x: Anything) -> bool:
    """A literal zero."""
    return literal(x) and x == 0
