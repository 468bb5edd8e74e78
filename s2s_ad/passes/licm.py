"""Loop-invariant code motion in derivative code."""

from __future__ import annotations

from typing import Any as Anything

import numpy as np

from s2s_ad.ir.build import typeof
from s2s_ad.ir.core import Block, Function, Op, Value, leaves
from s2s_ad.ir.types import SCALARS, Num
from s2s_ad.ir.unbound import may_be_unbound
from s2s_ad.passes.cse import kept_values


def licm(function: Function) -> Function:
    """Move what a loop of derivative code computes anew from outside values in front of it.

    Only arithmetic that cannot raise moves: the loop may run no iteration.

    >>> import s2s_ad.ops
    >>> from s2s_ad.ir.parser import parse_function
    >>> from s2s_ad.ir.printer import print_function
    >>> before = '''
    ... func f(%x: float, %n: int):
    ...   %y: float = for %i: int in range(0, %n, 1) carry %y1: float = 0.0:
    ...     %a: float = multiply 2.0, %x
    ...     %y2: float = accumulate %y1, %a
    ...     yield %y2
    ...   return %y
    ... '''
    >>> print(print_function(licm(parse_function(before, role="adjoint"))), end="")
    func f(%x: float, %n: int):
      %a: float = multiply 2.0, %x
      %y: float = for %i: int in range(0, %n, 1) carry %y1: float = 0.0:
        %y2: float = accumulate %y1, %a
        yield %y2
      return %y
    """
    visit(function.block, set(), kept_values(function.block))
    return function


def visit(block: Block, outer: set[Value], kept: set[Value]) -> None:
    scope = outer | set(block.params)
    ops: list[Op] = []
    for op in block.ops:
        if op.prim.name in ("for", "while"):
            body = op.blocks[-1]
            # Inner loops first, so that what leaves them may leave this one too.
            visit_inner(op, scope, kept)
            stay = []
            for inner in body.ops:
                if movable(inner, scope, kept):
                    ops.append(inner)
                    scope.update(inner.results)
                else:
                    stay.append(inner)
            body.ops = stay
        else:
            visit_inner(op, scope, kept)
        ops.append(op)
        scope.update(op.results)
    block.ops = ops


def visit_inner(op: Op, scope: set[Value], kept: set[Value]) -> None:
    for b in op.blocks:
        visit(b, scope, kept)


def movable(op: Op, scope: set[Value], kept: set[Value]) -> bool:
    if op.role == "primal" or op.blocks or op.prim.effect or op.prim.alias != "fresh":
        return False
    if not all(v in scope for v in leaves(op.args)) or not cannot_raise(op):
        return False
    if any(may_be_unbound(v) for v in leaves(op.args)):
        return False
    return all(scalar(v) or v not in kept for v in op.results)


def scalar(v: Value) -> bool:
    return isinstance(v.type, Num) and v.type.kind in SCALARS


def cannot_raise(op: Op) -> bool:
    """Arithmetic on numbers of known shape that warns at most, on Python floats too."""

    def number(x: Anything) -> bool:
        t = typeof(x)
        return isinstance(t, Num) and t.shape is not None and t.dtype is not None

    if not op.args or not all(map(number, op.args)):
        return False
    if op.prim.syntax in ("infix +", "infix -", "infix *", "prefix -"):
        return True
    if op.prim.syntax == "infix /":
        t = typeof(op.args[1])
        return isinstance(t, Num) and t.kind in ("np", "array")
    return isinstance(op.prim.function, np.ufunc) and op.prim.syntax.startswith("call np.")
