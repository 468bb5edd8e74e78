"""Names that have no value on some path."""

from __future__ import annotations

from typing import Any as Anything

from s2s_ad.ir.core import ABSENT, UNDEFINED, Block, Op, Value


def may_be_unbound(v: Anything) -> bool:
    """Whether v stands for a name that has no value (or None, in its place) on some path."""
    return may_be(v, (UNDEFINED, ABSENT, None), set())


def may_be_absent(v: Anything) -> bool:
    """Whether v is None in place of no value on some path."""
    return may_be(v, (ABSENT,), set())


def may_be(v: Anything, wanted: tuple[Anything, ...], seen: set[Value]) -> bool:
    """Whether v is one of some constants on some path, by what branches and loops pass on."""
    if type(v) is not Value:
        return any(v is w for w in wanted)
    if v in seen:
        return False
    seen.add(v)
    owner = v.owner
    op = owner.owner if isinstance(owner, Block) else owner
    if not isinstance(op, Op) or not op.blocks:
        return False
    if op.prim.name in ("for", "while"):
        members = owner.results if isinstance(owner, Op) else owner.params  # type: ignore[union-attr]
        k = members.index(v) - (0 if owner is op else len(members) - len(op.inits))
        if not 0 <= k < len(op.inits):
            return False
        last = op.blocks[-1].yields[k]
        return may_be(op.inits[k], wanted, seen) or may_be(last, wanted, seen)
    if v not in op.results:
        return False
    k = op.results.index(v)
    return any(may_be(b.yields[k], wanted, seen) for b in op.blocks)


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
