"""Common subexpressions: the same operation on the same operands is done once."""

from __future__ import annotations

from typing import Any as Anything

import numpy as np

from s2s_ad.ir.core import Block, Function, Op, Value, leaves, replace, rewire, walk
from s2s_ad.ir.types import SCALARS, Num, Opaque, Stack
from s2s_ad.ops.structure import Outside

COMMUTATIVE = ("add", "multiply", "np.add", "np.multiply")
# Operations that read an array without keeping it: all others may write into their operand's
# storage, return it, or store it somewhere.
KEEPERS = (
    "add_at", "set_at", "accumulate", "push", "tuple", "list", "dict", "call", "if", "for",
    "while", "errstate", "try", "with", "list_insert", "list_take", "list_join", "pack",
)  # fmt: skip
NEVER = (
    "read", "new_stack", "push", "pop", "new_slots", "call", "print", "tuple", "list", "dict",
    "pack",
)  # fmt: skip


def cse(function: Function) -> Function:
    """Merge equal operations, in place; an operation that dominates stays.

    Operations with effects, stacks, and arrays that are returned, stored or updated in place are
    left alone: two fresh arrays stay two.

    >>> import s2s_ad.ops
    >>> from s2s_ad.ir.parser import parse_function
    >>> from s2s_ad.ir.printer import print_function
    >>> before = '''
    ... func f(%x: float, %y: float):
    ...   %a: float = multiply %x, %y
    ...   %b: float = multiply %y, %x
    ...   %c: float = add %a, %b
    ...   return %c
    ... '''
    >>> print(print_function(cse(parse_function(before))), end="")
    func f(%x: float, %y: float):
      %a: float = multiply %x, %y
      %c: float = add %a, %a
      return %c
    """
    kept = kept_values(function.block)
    mapping: dict[Value, Anything] = {}
    never = NEVER if acts(function) else tuple(n for n in NEVER if n != "read")
    visit(function.block, {}, kept, mapping, never)
    return function


def acts(function: Function) -> bool:
    """Whether something happens in it that may change what is read from outside."""
    return any(
        op.prim.name in ("print", "call") or op.prim.effect == "effect"
        for op in walk(function.block)
    )


def visit(
    block: Block,
    known: dict[Anything, Op],
    kept: set[Value],
    mapping: dict[Value, Anything],
    never: tuple[str, ...],
) -> None:
    ops, block.ops = block.ops, []
    for op in ops:
        rewire(op, mapping)
        for b in op.blocks:
            # Under another errstate the same operation may warn or raise differently.
            inner = {} if op.prim.name in ("errstate", "with") else dict(known)
            visit(b, inner, kept, mapping, never)
        key = key_of(op, never)
        if key is None:
            block.ops.append(op)
            continue
        earlier = known.get(key)
        if earlier is not None and mergeable(earlier, op, kept):
            for old, new in zip(op.results, earlier.results):
                mapping[old] = new
                if not new.named and old.named:
                    new.hint, new.named = old.hint, True
        else:
            block.ops.append(op)
            if earlier is None:
                known[key] = op
    block.yields = list(replace(block.yields, mapping))


def mergeable(a: Op, b: Op, kept: set[Value]) -> bool:
    for x, y in zip(a.results, b.results):
        if x.named and y.named and x.hint != y.hint:
            return False
        immutable = isinstance(x.type, Opaque) or (
            isinstance(x.type, Num) and x.type.kind in SCALARS
        )
        if not immutable and (x in kept or y in kept):
            return False
    return True


def kept_values(block: Block) -> set[Value]:
    """Values that more than reads happen to: returned, yielded, stored, updated in place, or seen
    through a view or another name."""
    kept = set(leaves(block.yields))
    for op in block.ops:
        if op.prim.name in KEEPERS or op.prim.alias != "fresh":
            kept.update(leaves(op.args))
        if op.prim.alias != "fresh":
            kept.update(op.results)
        for b in op.blocks:
            kept |= kept_values(b)
    return kept


def key_of(op: Op, never: tuple[str, ...]) -> Anything:
    """What makes two operations the same, or None for one that is never merged."""
    if op.blocks or op.prim.effect == "effect" or op.prim.name in never or not op.results:
        return None
    if any(isinstance(v.type, Stack) for v in (*leaves(op.args), *op.results)):
        return None
    args = tuple(map(frozen, op.args))
    # Lists add in order, numbers in any.
    numbers = all(type(a) is not Value or isinstance(a.type, Num) for a in op.args)
    if op.prim.name in COMMUTATIVE and len(args) == 2 and numbers:
        args = (frozenset(args), args[0] == args[1])
    return op.prim, args, tuple((k, frozen(v)) for k, v in sorted(op.kwargs.items()))


def frozen(x: Anything) -> Anything:
    """A hashable stand-in that tells 1, 1.0, True, 0.0 and -0.0 apart."""
    kind = type(x)
    if kind is Value:
        return ("value", x)
    if kind is tuple or kind is list:
        return (kind, tuple(map(frozen, x)))
    if kind is dict:
        return (kind, tuple((frozen(k), frozen(v)) for k, v in x.items()))
    if kind is slice:
        return (kind, frozen((x.start, x.stop, x.step)))
    if kind in (bool, int, float, complex, str, bytes, type(None), type(Ellipsis)):
        return (kind, repr(x))
    if isinstance(x, (np.dtype, np.generic)):
        return (kind, repr(x))
    if isinstance(x, Outside):
        return ("outside", x)
    return ("object", Same(x))


class Same:
    """Equal only to itself: an object as a constant."""

    def __init__(self, x: Anything) -> None:
        self.x = x

    def __hash__(self) -> int:
        return hash(type(self.x))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.x is self.x
