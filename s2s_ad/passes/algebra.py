"""Identities that are safe for IEEE numbers, in derivative code only; `0 * x` stays.

Importing this module (and with it `products` and `broadcasts`) makes them act wherever derivative
code is written; `algebra` applies them to a whole function, knowing who reads what.
"""

from __future__ import annotations

from typing import Any as Anything

from s2s_ad.ir.build import facts, typeof
from s2s_ad.ir.core import Function, Op, Value
from s2s_ad.ir.types import Num, is_scalar
from s2s_ad.passes import broadcasts, peephole, products  # noqa: F401  (they register rules)
from s2s_ad.passes.peephole import is_float, is_literal, made_by, rule
from s2s_ad.passes.stores import same_place


def algebra(function: Function) -> Function:
    """Simplify the arithmetic of derivative code, in place.

    >>> import s2s_ad.ops
    >>> from s2s_ad.ir.parser import parse_function
    >>> from s2s_ad.ir.printer import print_function
    >>> from s2s_ad.passes.dce import dce
    >>> before = '''
    ... func f(%x: f64[n], %g: float):
    ...   %a: float = negative %g
    ...   %b: f64[n] = broadcast_like %a, %x
    ...   %c: f64[n] = multiply 2.0, %x
    ...   %d: f64[n] = multiply %b, %c
    ...   %e: f64[n] = subtract %x, %d
    ...   return %e
    ... '''
    >>> print(print_function(dce(algebra(parse_function(before, role="adjoint")))), end="")
    func f(%x: f64[n], %g: float):
      %0: float = multiply 2.0, %g
      %1: f64[n] = multiply %0, %x
      %e: f64[n] = add %x, %1
      return %e
    """
    return peephole.rewrite(function)


def is_zero(x: Anything) -> bool:
    return (is_literal(x) and x == 0) or made_by(x, "zeros_like") is not None


def stands_for(x: Anything, op: Op) -> bool:
    """Whether x may stand for the result of op, whose other operand is a zero: a zero literal
    changes nothing; a zero array neither spreads x nor promotes it."""
    if not is_float(x):
        return False
    have, want = typeof(x), op.result.type
    dtypes = [t.dtype for t in (have, want) if isinstance(t, Num) and t.dtype is not None]
    if len(dtypes) == 2 and dtypes[0] != dtypes[1]:
        return False
    zero = op.args[0] if op.args[1] is x else op.args[1]
    return is_literal(zero) or facts().same_shape(have, typeof(zero))


@rule("add", "accumulate")
def plus_zero(op: Op) -> tuple[Anything] | None:
    a, b = op.args
    if is_zero(a) and type(b) is Value and stands_for(b, op):
        return (b,)
    if is_zero(b) and type(a) is Value and stands_for(a, op):
        return (a,)
    return None


@rule("subtract")
def minus_zero(op: Op) -> tuple[Anything] | None:
    a, b = op.args
    return (a,) if is_zero(b) and type(a) is Value and stands_for(a, op) else None


@rule("power")
def power(op: Op) -> tuple[Anything] | None:
    x, n = op.args
    if is_literal(x) and is_literal(n) and x > 0:
        return (x**n,)
    if is_literal(n) and n == 1 and is_float(x):
        return (x,)
    if is_literal(n) and n == 0 and is_float(x) and is_scalar(typeof(x)):
        return (1.0,)
    return None


@rule("transpose", "T")
def transpose(op: Op) -> tuple[Anything] | None:
    inner = made_by(op.args[0], "transpose", "T")
    if inner is None or len(op.args) != 1 or len(inner.args) != 1 or op.kwargs or inner.kwargs:
        return None
    return (inner.args[0],)


@rule("astype")
def astype(op: Op) -> tuple[Anything] | None:
    t = typeof(op.args[0])
    same = isinstance(t, Num) and t.dtype is not None and t.dtype == op.kwargs.get("dtype")
    return (op.args[0],) if same and set(op.kwargs) == {"dtype"} else None


@rule("real", "conj", "conjugate")
def real(op: Op) -> tuple[Anything] | None:
    t = typeof(op.args[0])
    known = isinstance(t, Num) and t.dtype is not None and t.dtype.kind == "f"
    return (op.args[0],) if known else None


@rule("getitem")
def component(op: Op) -> tuple[Anything] | None:
    """A component of a container that was just put together."""
    inner = made_by(op.args[0], "tuple", "list", "dict")
    key = op.args[1]
    if inner is None or type(key) not in (int, str):
        return None
    try:
        return (inner.args[0][key],)
    except (IndexError, KeyError):
        return None


@rule("getitem")
def whole(op: Op) -> tuple[Anything] | None:
    """All of an array, of an adjoint that a store into all of the array is undone with."""
    x, index = op.args
    t = typeof(x)
    parts = index if isinstance(index, tuple) else (index,)
    everything = all(i is Ellipsis or type(i) is slice and i == slice(None) for i in parts)
    if everything and type(x) is Value and isinstance(t, Num) and t.kind == "array":
        return (x,)
    return None


@rule("set_at")
def kept(op: Op) -> tuple[Anything] | None:
    """A place that gets what it holds."""
    x, index, v = op.args
    inner = made_by(v, "getitem")
    if inner is None or inner.args[0] is not x or not same_place(inner.args[1], index):
        return None
    return (x,)


@rule("pop")
def pushed(op: Op) -> tuple[Anything] | None:
    """What was just pushed is what is popped."""
    inner = made_by(op.args[0], "push")
    return None if inner is None else ([inner.args[0], inner.args[1]],)
