"""Names that have no value on some path: reading one there raises in the derivative too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any as Anything

from s2s_ad.frontend.assumptions import outcome_of
from s2s_ad.frontend.bindings import PRESENT, Cell, Held, is_structure, items, user_name
from s2s_ad.frontend.context import Frame, Lowering
from s2s_ad.ir.build import cursor, emit
from s2s_ad.ir.core import UNDEFINED, Block, Op, Value
from s2s_ad.ops.structure import IF, TOUCH


def leaves_in(x: Anything) -> Iterator[Anything]:
    """The values of a binding that are there where it has a value, and UNDEFINED for parts that
    have none."""
    if type(x) is Value or x is UNDEFINED:
        yield x
    elif isinstance(x, (Cell, Held)):
        yield from leaves_in(x.initial if isinstance(x, Cell) else x.inside)
        yield from leaves_in(x.there if isinstance(x, Cell) else x.cell.there)
    elif type(x) is dict and PRESENT in x:  # the attributes are missing where the object is None
        yield from leaves_in(x[PRESENT])
    elif is_structure(x):
        for item in items(x):
            yield from leaves_in(item)


def is_doubtful(lowering: Lowering, x: Anything, *blocks: Block) -> bool:
    """Whether a binding may have no value at the end of a block."""
    return any(v is UNDEFINED or _doubted(lowering, v, blocks) for v in leaves_in(x))


def doubt(lowering: Lowering, values: Iterable[Value]) -> None:
    """Note that values may be missing."""
    lowering.doubtful.update(values)


def require(frame: Frame, name: str, binding: Anything, local: bool = True) -> None:
    """Have the derivative raise, too, where a name that is read has no value: of the function
    that reads it, or of one around it."""
    lowering = frame.lowering
    values = [v for v in leaves_in(binding) if type(v) is Value]
    found = [v for v in values if is_doubtful(lowering, _taken(lowering, v))]
    if found:
        emit(
            TOUCH, tuple(found), name=user_name(name), cls=UnboundLocalError if local else NameError
        )
        assure(lowering, found)


def assure(lowering: Lowering, x: Anything) -> None:
    """Note that from here on, in this block, a binding has a value."""
    for v in leaves_in(x):
        if v in lowering.doubtful:
            lowering.assured.setdefault(v, []).append(cursor().block)


def _doubted(lowering: Lowering, v: Value, blocks: tuple[Block, ...]) -> bool:
    if v not in lowering.doubtful:
        return False
    known = lowering.assured.get(v, ())
    return not any(b is k for b in (*lowering.blocks, *blocks) for k in known)


def _taken(lowering: Lowering, v: Anything) -> Anything:
    """What a value is on the paths that are taken, by what is known of the conditions here."""
    while type(v) is Value and isinstance(v.owner, Op) and v.owner.prim is IF:
        outcome = outcome_of(lowering, v.owner.args[0])
        if isinstance(outcome, Value):
            break
        v = v.owner.blocks[0 if outcome else 1].yields[v.owner.results.index(v)]
    return v
