"""Derivative code asks the value at hand for a shape, not one computed for the purpose."""

from __future__ import annotations

from typing import Any as Anything

import numpy as np

from s2s_ad.ir.build import building, emit, facts, knowing
from s2s_ad.ir.core import Block, Function, Op, Value
from s2s_ad.ir.types import Num, Size
from s2s_ad.ir.unbound import may_be_unbound
from s2s_ad.ops.buffers import origins, plain
from s2s_ad.ops.rules import Elementwise

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
        newest(top, {})
        by_size(top)
    return function


def by_size(top: Block) -> None:
    """In loops of the reverse sweep, make zeros by their sizes, where these are sizes of
    parameters and no array of the shape is at hand: none has to be kept for its shape."""
    at_hand = {*top.params, *(r for op in top.ops for r in op.results)}

    def visit(block: Block, inside: bool) -> None:
        ops, block.ops = block.ops, []
        for op in ops:
            x = op.args[0] if op.prim.name == "zeros_like" and op.args else None
            if inside and type(x) is Value and x not in at_hand and _is_primal(x) and not op.kwargs:
                with building(block, op.statement, op.location, op.role):
                    zeros = _zeros(x, top)
                if zeros is not None:
                    made = block.ops.pop()
                    op.prim, op.args, op.kwargs = made.prim, made.args, made.kwargs
            block.ops.append(op)
            for b in op.blocks:
                looped = b.mirror is not None and op.prim.name in ("for", "while")
                visit(b, inside or looped)

    visit(top, False)


def _is_primal(x: Value) -> bool:
    return isinstance(x.owner, Op) and x.owner.role == "primal"


def _zeros(x: Value, top: Block) -> Value | None:
    """np.zeros of the shape of x, if each size is that of a parameter."""
    t = x.type
    if not isinstance(t, Num) or t.kind != "array" or not t.shape or t.dtype is None:
        return None
    found: list[Anything] = []
    for size in t.shape:
        given = next(
            ((p, k) for p in top.params if isinstance(p.type, Num) and p.type.kind == "array"
             for k, s in enumerate(p.type.shape or ()) if certainly_equal(s, size)),
            None,
        )  # fmt: skip
        if type(size) is not int and given is None:
            return None
        found.append(size if given is None or type(size) is int else given)
    shape = [
        size if type(size) is int else emit("getitem", emit("shape", owned(size[0], top)), size[1])
        for size in found
    ]
    dtype: dict[str, Anything] = {} if t.dtype == np.dtype(float) else {"dtype": t.dtype}
    zeros: Value = emit("zeros", shape[0] if len(shape) == 1 else tuple(shape), **dtype)
    return zeros


def newest(block: Block, versions: dict[Value, Value], inside: bool = False) -> None:
    """Read shapes from the newest version of an array: an older one would have to be kept.
    `versions` takes arrays, as they were made, to the versions at hand; `inside` a loop of the
    reverse sweep the shape of a piece is that of the same piece of the newest version."""
    ops, block.ops = block.ops, []
    for op in ops:
        if op.role != "primal" and op.prim.name in READERS:
            k = READERS[op.prim.name]
            if k < len(op.args):
                with building(block, op.statement, op.location, op.role):
                    x = _newest(op.args[k], versions, inside)
                op.args = (*op.args[:k], x, *op.args[k + 1 :])
        block.ops.append(op)
        for b in op.blocks:
            carried = {m: p for p in b.params if (m := array(p)) is not None}
            looped = b.mirror is not None and op.prim.name in ("for", "while")
            newest(b, {**versions, **carried}, inside or looped)
        for r in op.results:
            made = array(r)
            if made is not None and not may_be_unbound(r):
                versions[made] = r


def _newest(x: Anything, versions: dict[Value, Value], inside: bool) -> Anything:
    made = array(x)
    if made is not None and made in versions:
        return versions[made]
    op = x.owner if type(x) is Value else None
    if not inside or not isinstance(op, Op) or op.prim.name != "getitem" or not plain(op.args[1]):
        return x
    whole = array(op.args[0])
    if whole is None or versions.get(whole, op.args[0]) is op.args[0]:
        return x
    return emit("getitem", versions[whole], op.args[1])


def array(v: Anything) -> Value | None:
    """The array of which v is a version, as it was made, if that is one array."""
    if type(v) is not Value or not isinstance(v.type, Num) or v.type.kind != "array":
        return None
    found = origins(v)
    return found.pop() if len(found) == 1 else None


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
    if array(x) in params and not may_be_unbound(x):
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
