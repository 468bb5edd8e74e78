"""Stores into adjoint buffers that meet: a slot cleared and then added to is assigned."""

from __future__ import annotations

from typing import Any as Anything

from s2s_ad.ir.core import Function, Op, Value, leaves, walk
from s2s_ad.ir.types import is_scalar
from s2s_ad.ops.buffers import ADD_AT, SET_AT


def stores(function: Function) -> Function:
    """`x[i] = 0.0; x[i] += v` becomes `x[i] = v` where nothing reads x in between, in place.

    >>> import s2s_ad.ops
    >>> from s2s_ad.ir.parser import parse_function
    >>> from s2s_ad.ir.printer import print_function
    >>> before = '''
    ... func f(%x_bar: f8[n], %v: float):
    ...   %x_bar1: f8[n] = set_at %x_bar, 1, 0.0
    ...   %x_bar2: f8[n] = add_at %x_bar1, 1, %v
    ...   return %x_bar2
    ... '''
    >>> print(print_function(stores(parse_function(before, role="adjoint"))), end="")
    func f(%x_bar: f64[n], %v: float):
      %x_bar1: f64[n] = set_at %x_bar, 1, %v
      return %x_bar1
    """
    readers: dict[Value, int] = {}
    blocks = [function.block, *(b for op in walk(function.block) for b in op.blocks)]
    for b in blocks:
        for tree in (*(op.args for op in b.ops), b.yields):
            for v in leaves(tree):
                readers[v] = readers.get(v, 0) + 1
    for b in blocks:
        for op in b.ops:
            cleared = op.args[0].owner if op.prim is ADD_AT and type(op.args[0]) is Value else None
            if op.role == "primal" or not isinstance(cleared, Op) or cleared.prim is not SET_AT:
                continue
            if cleared not in b.ops or readers[cleared.result] != 1 or op.kwargs:
                continue
            if _zero(cleared.args[2]) and _same(cleared.args[1], op.args[1]):
                op.prim = SET_AT
                op.args = (cleared.args[0], *op.args[1:])
                b.ops = [o for o in b.ops if o is not cleared]
    return function


def _zero(x: Anything) -> bool:
    return type(x) is float and x == 0.0


def _same(a: Anything, b: Anything) -> bool:
    """One plain index: integers and slices, of the same values."""
    if type(a) is tuple and type(b) is tuple:
        return len(a) == len(b) and all(map(_same, a, b))
    if type(a) is slice and type(b) is slice:
        return all(_same(getattr(a, k), getattr(b, k)) for k in ("start", "stop", "step"))
    if type(a) is Value:
        return a is b and is_scalar(a.type)
    return type(a) is type(b) and (a is None or type(a) is int) and a == b
