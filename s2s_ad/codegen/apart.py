"""Two values that cannot be one memory, although the allocations they may come from overlap.

Two buffers that a loop exchanges in each iteration may each be either allocation, but never the
same one at once: they differ before the loop, and if they differ in one iteration they differ in
the next. So a pair is assumed apart while its own yields are examined.
"""

from __future__ import annotations

from typing import Any as Anything

from s2s_ad.codegen.aliases import Aliases, immutable, is_update
from s2s_ad.ir.core import Block, Op, Value
from s2s_ad.ir.types import Num
from s2s_ad.ops.structure import CALL, FOR, READ, WHILE

Pairs = frozenset[frozenset[Value]]


def apart(aliases: Aliases, v: Anything, x: Anything, assumed: Pairs = frozenset()) -> bool:
    """Whether v and x, alive at one moment, are certainly different memory."""
    if type(v) is not Value or type(x) is not Value or immutable(v) or immutable(x):
        return True
    if not (isinstance(v.type, Num) and isinstance(x.type, Num)):
        return False
    v, x = base(aliases, v), base(aliases, x)
    if v is None or x is None or v is x:
        return False
    if not aliases.tokens.get(v, frozenset()) & aliases.tokens.get(x, frozenset()):
        return True
    pair = frozenset({v, x})
    if pair in assumed:
        return True
    later, earlier = (v, x) if aliases.position(v) > aliases.position(x) else (x, v)
    made = earlier.owner
    within = isinstance(made, Op) and bool(made.blocks) and inside(later, made)
    if allocates(later) and not within:
        return True  # new memory is nothing that existed before
    for a, b in ((v, x), (x, v)):
        flows = sources(a)
        if flows is None:
            continue
        other = sources(b)
        if other is not None and other[0] is flows[0]:
            return all(apart(aliases, p, q, assumed | {pair}) for p, q in zip(flows[1], other[1]))
        if not inside(b, flows[0]):
            return all(apart(aliases, p, b, assumed | {pair}) for p in flows[1])
    return False


def base(aliases: Aliases, v: Value) -> Value | None:
    """The value whose memory v is, or is a view of; None where that may be one of several."""
    while isinstance(v.owner, Op):
        op = v.owner
        if op.blocks or op.prim in (READ, CALL):
            return v
        if is_update(op):
            if op in aliases.fresh:
                return v
        elif op.prim.aliasing(op) == "fresh":
            return v
        if type(op.args[0]) is not Value or not isinstance(op.args[0].type, Num):
            return None
        if sum(type(a) is Value and not immutable(a) for a in op.args) > 1 and not is_update(op):
            return None
        v = op.args[0]
    return v


def allocates(v: Value) -> bool:
    """Whether v is new memory each time its operation runs."""
    op = v.owner
    return isinstance(op, Op) and not op.blocks and op.prim not in (READ, CALL)


def sources(v: Value) -> tuple[Op, list[Anything]] | None:
    """The loop or branch through which v comes, and what it may be."""
    owner = v.owner
    if isinstance(owner, Op) and owner.blocks:
        k = owner.results.index(v)
        if owner.prim in (FOR, WHILE):
            return (
                (owner, [owner.inits[k], owner.blocks[-1].yields[k]])
                if k < len(owner.inits)
                else None
            )
        return owner, [b.yields[k] for b in owner.blocks]
    if isinstance(owner, Block) and isinstance(owner.owner, Op):
        loop = owner.owner
        k = owner.params.index(v) - (len(owner.params) - len(loop.inits))
        if loop.prim is FOR and k >= 0:
            return loop, [loop.inits[k], owner.yields[k]]
    return None


def inside(v: Value, op: Op) -> bool:
    """Whether v is defined within an operation's blocks."""
    owner: Anything = v.owner
    while owner is not None:
        if isinstance(owner, Op):
            if owner is op:
                return v.owner is not op
            return any(holds(b, owner) for b in op.blocks)
        owner = owner.owner
        if owner is op:
            return True
        if not isinstance(owner, Op):
            return False
    return False


def holds(block: Block, op: Op) -> bool:
    """Whether a block contains an operation, at any depth."""
    return any(o is op or any(holds(b, op) for b in o.blocks) for o in block.ops)
