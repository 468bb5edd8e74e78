"""Constant folding: exact arithmetic on Python constants, and control flow that they decide."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any as Anything

from s2s_ad.ir.core import (
    UNDEFINED,
    Block,
    Function,
    Op,
    Value,
    leaves,
    replace,
    rewire,
    substitute,
)
from s2s_ad.ir.types import Num, Seq

OPERATORS: dict[str, Callable[..., Anything]] = {
    "infix +": operator.add, "infix -": operator.sub, "infix *": operator.mul,
    "infix /": operator.truediv, "infix //": operator.floordiv, "infix %": operator.mod,
    "infix **": operator.pow, "infix <": operator.lt, "infix <=": operator.le,
    "infix >": operator.gt, "infix >=": operator.ge, "infix ==": operator.eq,
    "infix !=": operator.ne, "infix is": operator.is_, "infix is not": operator.is_not,
    "infix &": operator.and_, "infix |": operator.or_, "infix ^": operator.xor,
    "prefix -": operator.neg, "prefix +": operator.pos, "prefix not": operator.not_,
    "prefix not ": operator.not_, "prefix ~": operator.invert,
}  # fmt: skip
SCALARS = (bool, int, float, complex, str, type(None))


def fold_constants(function: Function) -> Function:
    """Evaluate Python operators on constants, choose branches and drop loops that never run.

    Results are those Python gives, in kind and value; what would raise is left to raise.

    >>> import s2s_ad.ops
    >>> from s2s_ad.ir.parser import parse_function
    >>> from s2s_ad.ir.printer import print_function
    >>> before = '''
    ... func f(%x: float):
    ...   %y: float = if True:
    ...     %a: float = accumulate %x, 1.0
    ...     yield %a
    ...   else:
    ...     yield 0.0
    ...   %z: float = for %i: int in range(3, 3, 1) carry %z1: float = %y:
    ...     yield %x
    ...   return %z
    ... '''
    >>> print(print_function(fold_constants(parse_function(before))), end="")
    func f(%x: float):
      %a: float = accumulate %x, 1.0
      return %a
    """
    visit(function.block, {})
    return function


def visit(block: Block, mapping: dict[Value, Anything]) -> None:
    ops, block.ops = block.ops, []
    for op in ops:
        rewrite(op, block, mapping)
    block.yields = list(replace(block.yields, mapping))


def rewrite(op: Op, into: Block, mapping: dict[Value, Anything]) -> None:
    rewire(op, mapping)
    chosen = None
    if op.prim.name == "if" and is_constant(op.args[0]) and op.args[0] is not UNDEFINED:
        chosen = op.blocks[0] if op.args[0] else op.blocks[1]
    if chosen is not None:
        for inner in chosen.ops:
            rewrite(inner, into, mapping)
        name_after(op.results, replace(chosen.yields, mapping), mapping)
        return
    if op.prim.name == "for" and never_runs(op):
        stop = [0] if op.kwargs.get("stop") else []
        name_after(op.results, [*op.inits, *stop], mapping)
        return
    for b in op.blocks:
        visit(b, mapping)
    if op.prim.name == "if":
        agree(op, mapping)
    elif op.prim.name == "for":
        unchanged(op, mapping)
    found = folded(op)
    if found is not None:
        mapping[op.result] = found[0]
    else:
        into.ops.append(op)


def name_after(
    results: list[Value], yields: list[Anything], mapping: dict[Value, Anything]
) -> None:
    for old, new in zip(results, yields):
        mapping[old] = new
        if type(new) is Value and not new.hint:
            new.hint, new.named, new.companion = old.hint, old.named, old.companion


def never_runs(op: Op) -> bool:
    span = op.args[:3]
    return all(type(x) is int for x in span) and span[2] != 0 and len(range(*span)) == 0


def agree(op: Op, mapping: dict[Value, Anything]) -> None:
    """Results that both branches yield alike are that value."""
    then, orelse = op.blocks
    inside = set(leaves([o.results for b in op.blocks for o in b.ops]))
    for k in reversed(range(len(op.results) - ("status" in op.kwargs))):
        a, b = then.yields[k], orelse.yields[k]
        if a is b and type(a) is Value and a not in inside:
            mapping[op.results[k]] = a
            del op.results[k], then.yields[k], orelse.yields[k]


def unchanged(op: Op, mapping: dict[Value, Anything]) -> None:
    """A carried value that each iteration passes on unchanged is its initial value."""
    (body,) = op.blocks
    for k in reversed(range(len(op.inits))):
        p = body.params[1 + k]
        if body.yields[k] is not p or op.inits[k] is UNDEFINED:
            continue
        start = op.inits[k]
        if type(start) is not Value:
            continue
        substitute(body, {p: start})
        mapping[op.results[k]] = start
        from s2s_ad.passes.dce import drop

        drop(op, k)


def is_constant(x: Anything) -> bool:
    return not any(True for _ in leaves((x,))) and (type(x) in SCALARS or type(x) is tuple)


def folded(op: Op) -> tuple[Anything] | None:
    """The constant that the operation computes, in a tuple, or None."""
    if len(op.results) != 1 or op.blocks:
        return None
    known = from_type(op)
    if known is not None:
        return known
    if op.prim.name == "getitem":
        return item(op)
    function = OPERATORS.get(op.prim.syntax)
    if function is None or op.kwargs or not op.args:
        return None
    if not all(type(a) in SCALARS for a in op.args):
        return None
    if op.prim.syntax == "infix **" and not all(abs(a) < 1e4 for a in op.args if a is not None):
        return None
    try:
        out = function(*op.args)
    except (ArithmeticError, TypeError, ValueError):
        return None  # left in place, to raise when it runs
    return (out,) if type(out) in SCALARS else None


def from_type(op: Op) -> tuple[Anything] | None:
    """What the type of an operand tells: its rank, a shape of known sizes."""
    if not op.args or type(op.args[0]) is not Value or len(op.args) != 1:
        return None
    t = op.args[0].type
    if op.prim.name == "len" and isinstance(t, Seq):
        return (len(t.items),)
    if not isinstance(t, Num) or t.shape is None:
        return None
    if op.prim.name == "ndim":
        return (len(t.shape),)
    sizes = t.shape
    if op.prim.name == "shape" and all(type(d) is int for d in sizes):
        return (tuple(sizes),)
    if op.prim.name == "len" and sizes and type(sizes[0]) is int:
        return (sizes[0],)
    return None


def item(op: Op) -> tuple[Anything] | None:
    """A component of a tuple that stands there."""
    base, key = op.args[:2]
    if type(base) is Value and isinstance(base.owner, Op) and base.owner.prim.name == "tuple":
        base = base.owner.args[0]
    if type(base) is not tuple or type(key) is not int or not -len(base) <= key < len(base):
        return None
    return (base[key],)
