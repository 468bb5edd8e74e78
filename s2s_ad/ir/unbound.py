"""Names that have no value on some path."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any as Anything

from s2s_ad.ir.core import ABSENT, UNDEFINED, Block, Op, Value


def may_be_unbound(v: Anything) -> bool:
    """Whether v stands for a name that has no value (or None, in its place) on some path."""
    return may_be(v, (UNDEFINED, ABSENT, None))


def may_be_absent(v: Anything) -> bool:
    """Whether v is None in place of no value on some path."""
    return may_be(v, (ABSENT,))


def may_be(v: Anything, wanted: tuple[Anything, ...]) -> bool:
    """Whether v is one of some constants on some path, by what branches and loops pass on."""
    if type(v) is not Value:
        return any(v is w for w in wanted)
    return any(x is w for x, _ in flows(v) for w in wanted)


def flows(v: Value) -> Iterator[tuple[Anything, Op]]:
    """What branches and loops pass on to v, and where it comes in: constants, and values that are
    passed on from nowhere."""
    for joined in members(v):
        for x, op in joins(joined):
            if type(x) is not Value or not joins(x):
                yield x, op


def members(v: Value) -> list[Value]:
    """v, and the values that branches and loops pass on to it."""
    out = {v: None}
    todo = [v]
    while todo:
        for x, _ in joins(todo.pop()):
            if type(x) is Value and x not in out:
                out[x] = None
                todo.append(x)
    return list(out)


def joins(v: Value) -> list[tuple[Anything, Op]]:
    """What a branch or loop passes on to v, and the operation."""
    owner = v.owner
    op = owner.owner if isinstance(owner, Block) else owner
    if not isinstance(op, Op) or not op.blocks:
        return []
    if op.prim.name in ("for", "while"):
        places = owner.results if isinstance(owner, Op) else owner.params  # type: ignore[union-attr]
        k = places.index(v) - (0 if owner is op else len(places) - len(op.inits))
        if not 0 <= k < len(op.inits):
            return []
        return [(op.inits[k], op), (op.blocks[-1].yields[k], op)]
    if v not in op.results:
        return []
    k = op.results.index(v)
    return [(b.yields[k], op) for b in op.blocks]


def define(v: Anything, seen: set[Value] | None = None) -> None:
    """Bind a value on every path: ABSENT stands for a name that has no value on one. What is saved
    or copied must be bound, though nothing reads it there."""
    seen = set() if seen is None else seen
    if type(v) is not Value or v in seen:
        return
    seen.add(v)
    owner = v.owner
    op = owner if isinstance(owner, Op) else owner.owner if isinstance(owner, Block) else None
    if not isinstance(op, Op) or not op.blocks:
        return
    if op.prim.name in ("for", "while"):
        members = owner.results if isinstance(owner, Op) else owner.params  # type: ignore[union-attr]
        k = members.index(v) - (0 if owner is op else len(members) - len(op.inits))
        if not 0 <= k < len(op.inits):
            return
        inits = list(op.inits)
        inits[k] = _bound(inits[k], seen)
        op.args = (*op.args[:-1], tuple(inits))
        for b in op.blocks:
            at = k + (op.prim.name == "while" and b is op.blocks[0])
            b.yields[at] = _bound(b.yields[at], seen)
    elif v in op.results:
        k = op.results.index(v)
        for b in op.blocks:
            b.yields[k] = _bound(b.yields[k], seen)


def _bound(x: Anything, seen: set[Value]) -> Anything:
    if x is UNDEFINED:
        return ABSENT
    define(x, seen)
    return x
