"""Derivative code asks the value at hand for a shape, not one computed for the purpose."""

from __future__ import annotations

from typing import Any as Anything

from s2s_ad.ir.build import facts, knowing
from s2s_ad.ir.core import Block, Function, Op, Value
from s2s_ad.ir.types import Num, Size
from s2s_ad.ops.buffers import origins
from s2s_ad.ops.rules import Elementwise
from s2s_ad.ops.structure import may_be_unbound

# Which operand of these operations lends its shape alone; `zeros_like` takes its dtype too.
READERS = {
    "size": 0, "shape": 0, "ndim": 0, "len": 0, "broadcast_like": 1, "unbroadcast": 1,
    "zeros_like": 0,
}  # fmt: skip


def shapes(function: Function) -> Function:
    """Read shapes from parameters, or from what is nearest to them, in place.

    What only lent its shape may then be dead: the gradient of a mean needs no mean.

    >>> import s2s_ad.ops
    >>> from s2s_ad.ir.parser import parse_function
    >>> from s2s_ad.ir.printer import print_function
    >>> before = '''
    ... func f(%x: f64[n], %g: float):
    ...   %a: f64[n] = exp %x
    ...   %b: int = size %a
    ...   %c: float = divide %g, %b
    ...   return %c
    ... '''
    >>> print(print_function(shapes(parse_function(before, role="adjoint"))), end="")
    func f(%x: f64[n], %g: float):
      %a: f64[n] = exp %x
      %b: int = size %x
      %c: float = divide %g, %b
      return %c
    """
    top = function.block
    with knowing(function.facts):
        visit(top, [owned(p, top) for p in top.params])
    return function


def owned(p: Value, block: Block) -> Value:
    """The copy of a parameter made on entry under its name, so that the parameter itself is
    not needed later; else the parameter."""
    for op in block.ops:
        if op.prim.name == "copy" and op.args[0] is p and op.result.hint == p.hint:
            return op.result
    return p


def visit(block: Block, params: list[Value]) -> None:
    for op in block.ops:
        if op.role != "primal" and op.prim.name in READERS:
            k = READERS[op.prim.name]
            if k < len(op.args) and type(op.args[k]) is Value:
                x = nearest(op.args[k], params, op.prim.name == "zeros_like")
                op.args = (*op.args[:k], x, *op.args[k + 1 :])
        for b in op.blocks:
            visit(b, params)


def nearest(x: Value, params: list[Value], dtype: bool) -> Value:
    """A parameter of the shape of x, else the operand from which x has its shape."""
    if any(p in origins(x) for p in params) and not may_be_unbound(x):
        return x  # a later version of it, at hand
    for p in params:
        if p is not x and alike(p, x, dtype):
            return p
    owner = x.owner
    if isinstance(owner, Op) and isinstance(owner.prim.derivative, Elementwise):
        for a in owner.args:
            if type(a) is Value and alike(a, x, dtype):
                return nearest(a, params, dtype)
    return x


def alike(a: Value, x: Value, dtype: bool) -> bool:
    """Arrays of equal shape, without relying on any size not being 1."""
    s, t = a.type, x.type
    if not (isinstance(s, Num) and isinstance(t, Num)) or s.kind != "array" or t.kind != "array":
        return False
    if s.shape is None or t.shape is None or len(s.shape) != len(t.shape) or not s.shape:
        return False
    if dtype and (s.dtype is None or s.dtype != t.dtype):
        return False
    return all(map(certainly_equal, s.shape, t.shape))


def certainly_equal(a: Size, b: Size) -> bool:
    if a is None or b is None:
        return False
    root: Anything = facts().find(a)
    return a == b or (root == facts().find(b) and not facts().soft.get(root))
