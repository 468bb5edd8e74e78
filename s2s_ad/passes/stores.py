"""Stores into adjoint buffers that meet: a slot cleared and then added to is assigned."""

from __future__ import annotations

from typing import Any as Anything

from s2s_ad.ir.core import Block, Function, Op, Value, leaves, substitute, walk
from s2s_ad.ir.types import is_scalar
from s2s_ad.ops.buffers import ADD_AT, SET_AT


def stores(function: Function) -> Function:
    """`x[i] = 0.0; x[i] += v` becomes `x[i] = v` where nothing reads x in between, in place.

    >>> import s2s_ad.ops
    >>> from s2s_ad.ir.parser import parse_function
    >>> from s2s_ad.ir.printer import print_function
    >>> before = '''
    ... func f(%x_bar: f64[n], %v: float):
    ...   %x_bar1: f64[n] = set_at %x_bar, 1, 0.0
    ...   %x_bar2: f64[n] = add_at %x_bar1, 1, %v
    ...   return %x_bar2
    ... '''
    >>> print(print_function(stores(parse_function(before, role="adjoint"))), end="")
    func f(%x_bar: f64[n], %v: float):
      %x_bar2: f64[n] = set_at %x_bar, 1, %v
      return %x_bar2
    """
    readers: dict[Value, int] = {}
    blocks = [function.block, *(b for op in walk(function.block) for b in op.blocks)]
    for b in blocks:
        for tree in (*(op.args for op in b.ops), b.yields):
            for v in leaves(tree):
                readers[v] = readers.get(v, 0) + 1
    for b in blocks:
        for op in list(b.ops):
            if op.prim is ADD_AT and op.role != "primal" and not op.kwargs:
                between: list[Op] = []
                cleared = _cleared(op, b, readers, between)
                if cleared is not None:
                    _assign(op, cleared, between, b)
    return function


def _cleared(op: Op, block: Block, readers: dict[Value, int], between: list[Op]) -> Op | None:
    """The store of a zero at the place of this addition, if only additions at other places, which
    may as well come later, are `between` them."""
    x = op.args[0]
    while type(x) is Value and isinstance(x.owner, Op) and readers[x] == 1:
        before = x.owner
        if before.prim is SET_AT and _zero(before.args[2]) and before in block.ops:
            first, last = block.ops.index(before), block.ops.index(op)
            passed = [o for o in block.ops[first + 1 : last] if o not in between]
            if between and any(o.blocks or o.prim in (SET_AT, ADD_AT) for o in passed):
                return None
            return before if same_place(before.args[1], op.args[1]) else None
        if before.prim is not ADD_AT or before.role == "primal" or before.kwargs:
            return None
        between.append(before)
        x = before.args[0]
    return None


def _assign(op: Op, cleared: Op, between: list[Op], block: Block) -> None:
    op.prim = SET_AT
    op.args = (cleared.args[0], *op.args[1:])
    block.ops = [o for o in block.ops if o is not cleared and o not in between]
    if between:
        last, first = between[0], between[-1]
        at = block.ops.index(op) + 1
        block.ops[at:at] = between[::-1]
        substitute(block, {op.result: last.result})
        first.args = (op.result, *first.args[1:])


def _zero(x: Anything) -> bool:
    return type(x) is float and x == 0.0


def same_place(a: Anything, b: Anything) -> bool:
    """Whether two plain indices, of integers and slices, name one place."""
    if type(a) is tuple and type(b) is tuple:
        return len(a) == len(b) and all(map(same_place, a, b))
    if type(a) is slice and type(b) is slice:
        return all(same_place(getattr(a, k), getattr(b, k)) for k in ("start", "stop", "step"))
    if type(a) is Value:
        return a is b and is_scalar(a.type)
    return type(a) is type(b) and (a is None or type(a) is int) and a == b
