"""The structure that covers what a name means before a loop and after an iteration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any as Anything

from s2s_ad.frontend.bindings import (
    DEAD,
    PRESENT,
    Cell,
    Conflict,
    Held,
    describe,
    identical,
    is_data,
    is_none,
    is_structure,
    items,
    map_leaves,
    rebuilt,
    same_frame,
)
from s2s_ad.frontend.context import Frame, operand, refuse
from s2s_ad.frontend.holding import made, materialised, opened
from s2s_ad.frontend.joining import kind_of
from s2s_ad.ir.core import UNDEFINED, Block, Value
from s2s_ad.ir.types import NONE, ListOf, Seq, Type


class Hole:
    """Stands for one carried value in the structure of a carried name."""


HOLE = Hole()
NOTHING = Hole()  # None or no value so far: an object may take its place
DEEPEST = 3  # objects of one class inside each other that a loop carries


@dataclass(eq=False)
class Shape:
    """Stands for a list, dict or object that is another one in each iteration."""

    kind: Anything
    inside: Anything


def template(name: str, a: Anything, b: Anything, pending: set[Value]) -> Anything:
    """The structure that covers two bindings of a name; `HOLE` for each value. `pending` are the
    parameters of loops into which nothing is known to flow yet: they may become structures."""
    missing = (UNDEFINED, DEAD)
    if any(a is m for m in missing):
        return NOTHING if any(b is m for m in missing) else template(name, b, b, pending)
    if any(b is m for m in missing):
        return template(name, a, a, pending)
    if isinstance(a, Conflict) or isinstance(b, Conflict):
        return a if isinstance(a, Conflict) else b
    if isinstance(a, Held) or isinstance(b, Held):
        return held_template(name, a, b, pending)
    if is_structure(a) and is_structure(b) and same_frame(a, b):
        columns = zip(items(a), items(b))
        return rebuilt(a, [template(name, x, y, pending) for x, y in columns])
    if type(a) is list and type(b) is list:
        return HOLE  # a value, of a length known at run time
    for x, y in ((a, b), (b, a)):
        if not is_structure(x) or type(y) is not Value:
            continue
        if y in pending:
            return template(name, x, x, pending)
        t = y.type
        alike = isinstance(t, Seq) and t.kind == type(x).__name__ and len(t.items) == len(x)
        if isinstance(t, Seq) and alike and (type(x) is not dict or list(x) == list(t.keys)):
            parts = zip(items(x), t.items)
            return rebuilt(x, [covering(name, i, inner, pending) for i, inner in parts])
        if type(x) is list and isinstance(t, (Seq, ListOf)):
            return HOLE
    if is_data(a) and is_data(b):
        return NOTHING if is_none(a) and is_none(b) else HOLE
    if identical(a, b):
        return a
    if describe(a) == describe(b):
        return Conflict(
            f"{name!r} is {describe(a)} that changes in a loop", "use a fixed one", True
        )
    return Conflict(
        f"{name!r} is {describe(a)} before the loop and {describe(b)} after an iteration",
        "give it the same structure throughout",
        True,
    )


def covering(name: str, x: Anything, t: Type, pending: set[Value]) -> Anything:
    """The structure that covers a binding and a value of a type."""
    return template(name, x, None, pending) if t == NONE else map_leaves(lambda leaf: HOLE, x)


def held_template(name: str, a: Anything, b: Anything, pending: set[Value]) -> Anything:
    """The structure that covers two lists or dicts: one object throughout, or another one in each
    iteration."""
    if isinstance(a, Held) and isinstance(b, Held) and a.cell is b.cell and not a.local:
        return a.cell
    x, y = (a, b) if isinstance(a, Held) else (b, a)
    if depth(x.cell.kind, x.inside) > DEEPEST:
        return Conflict(
            f"{describe(x)} holds another one, and that another one: a chain that grows in a loop",
            "keep the objects in a list",
        )
    if type(y) is Value and y in pending:
        return template(name, x, x, pending)
    if is_none(y) and isinstance(x.cell.kind, type) and type(x.inside) is dict:
        held = {PRESENT: True, **x.inside}
        found = template(name, held, held, pending)
        return (
            found if isinstance(found, Conflict) else Shape(x.cell.kind, {**found, PRESENT: HOLE})
        )
    other = y.inside if isinstance(y, Held) else y
    kind = y.cell.kind if isinstance(y, Held) else kind_of(y)
    if kind != x.cell.kind or not isinstance(y, Held) and type(y) is not Value:
        return Conflict(
            f"{name!r} is {describe(a)} before the loop and {describe(b)} after an iteration",
            "give it the same structure throughout",
            True,
        )
    mine = x.inside
    if type(mine) is dict and type(other) is dict and (PRESENT in mine) != (PRESENT in other):
        mine, other = {PRESENT: True, **mine}, {PRESENT: True, **other}
    found = template(name, mine, other, pending)
    return found if isinstance(found, Conflict) else Shape(kind, found)


def depth(kind: Anything, x: Anything) -> int:
    """How many objects of one class stand inside each other."""
    if isinstance(x, Held):
        return int(x.cell.kind is kind) + depth(kind, x.inside)
    return max((depth(kind, i) for i in items(x)), default=0) if is_structure(x) else 0


def widest(a: Anything, b: Anything) -> Anything:
    """The template that covers what two templates cover."""
    if isinstance(a, Conflict) or isinstance(b, Conflict):
        return a if isinstance(a, Conflict) else b
    if a is NOTHING or b is NOTHING:
        return b if a is NOTHING else a
    if a is HOLE or b is HOLE:
        return HOLE
    if isinstance(a, Shape) and isinstance(b, Shape):
        return Shape(a.kind, widest(a.inside, b.inside))
    if type(a) is dict and type(b) is dict and (PRESENT in a) != (PRESENT in b):
        a, b = {PRESENT: HOLE, **a}, {PRESENT: HOLE, **b}  # one of them covers None too
    if is_structure(a) and is_structure(b) and same_frame(a, b):
        return rebuilt(a, [widest(x, y) for x, y in zip(items(a), items(b))])
    return a if isinstance(a, Shape) else b


def same_template(a: Anything, b: Anything) -> bool:
    if is_structure(a) and is_structure(b):
        return same_frame(a, b) and all(map(same_template, items(a), items(b)))
    if isinstance(a, Shape) and isinstance(b, Shape):
        return same_template(a.inside, b.inside)
    return a is b or isinstance(a, Conflict) and isinstance(b, Conflict) or identical(a, b)


def holes(shape: Anything) -> int:
    if is_structure(shape):
        return sum(map(holes, items(shape)))
    if isinstance(shape, Shape):
        return holes(shape.inside)
    return int(isinstance(shape, Hole))


def project(frame: Frame, shape: Anything, x: Anything) -> list[Anything]:
    """The values of a binding, one for each hole of the structure; it is what names hold."""
    if isinstance(shape, Hole):
        if type(x) is Value:
            return [x]
        if isinstance(x, (Cell, Held)) or is_structure(x):
            if isinstance(x, Held) and isinstance(x.cell.kind, type):
                refuse(
                    "an attribute or dict entry is a number at first and an object later",
                    "give it the same kind of object from the start, or None",
                )
            return [materialised(frame, x)]
        return [UNDEFINED if x is DEAD or isinstance(x, Conflict) else operand(frame, x)]
    if isinstance(shape, Shape):
        return project(frame, shape.inside, _completed(shape.inside, x))
    if is_structure(shape):
        x = opened(frame, x)
        pending = type(x) is Value and x in frame.lowering.pending  # what the loop starts with
        if x is DEAD or x is UNDEFINED or pending:
            return [UNDEFINED] * holes(shape)
        if type(shape) is dict and type(x) is dict:
            x = {key: x.get(key, UNDEFINED) for key in shape}
        return [leaf for s, part in zip(items(shape), items(x)) for leaf in project(frame, s, part)]
    return []


def _completed(shape: Anything, x: Anything) -> Anything:
    """What a list or object holds, with the sign that it is there where the structure has one."""
    if is_none(x) and type(shape) is dict:
        return {key: key != PRESENT and UNDEFINED for key in shape}
    held = x.inside if isinstance(x, Held) else x
    optional = type(shape) is dict and PRESENT in shape and type(held) is dict
    return {PRESENT: True, **held} if optional else held


def filled(frame: Frame, shape: Anything, values: list[Value], home: Block) -> Anything:
    """The structure with values in its holes; its lists and dicts are made in that block."""
    left = iter(values)

    def leaf(x: Anything) -> Anything:
        if isinstance(x, Shape):
            return made(frame.lowering, Cell(x.kind, map_leaves(leaf, x.inside)), home)
        return next(left) if isinstance(x, Hole) else x

    return map_leaves(leaf, shape)
