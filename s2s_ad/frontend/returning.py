"""What functions of their own return: objects among it are taken apart, and made again by calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any as Anything

from s2s_ad.frontend import prelude
from s2s_ad.frontend.activations import write_out
from s2s_ad.frontend.bindings import (
    PRESENT,
    Cell,
    describe,
    is_structure,
    items,
    map_leaves,
    rebuilt,
)
from s2s_ad.frontend.context import Frame, operand, refuse
from s2s_ad.frontend.holding import cells_in, fully_opened, holding, made
from s2s_ad.frontend.objects import attributes_of, is_real, is_record
from s2s_ad.ir.build import emit
from s2s_ad.ir.core import Value


@dataclass
class Made:
    """Stands for an object among what a function returns: `inside` are its attributes."""

    cls: type
    inside: dict[str, Anything]


@dataclass(frozen=True)
class Given:
    """Stands for one of the arrays that a function writes, and returns: that array itself."""

    position: int


def has_objects(frame: Frame, x: Anything) -> bool:
    """Whether an object of a class is, or is in, what a function returns."""
    if isinstance(x, Cell) and isinstance(x.kind, type):
        return True
    held = holding(frame, x)
    return is_structure(held) and any(has_objects(frame, i) for i in items(held))


def returned(frame: Frame, x: Cell) -> Anything:
    """An object as the caller of the whole function gets it."""
    if x.kind is prelude.deque:
        refuse("a deque is returned", "return list(...) of it")
    held = holding(frame, x)
    if is_real(held):
        return held

    def part(v: Anything) -> Anything:
        if isinstance(v, Cell) and isinstance(v.kind, type):
            return returned(frame, v)
        v = holding(frame, v)
        return rebuilt(v, [part(i) for i in items(v)]) if is_structure(v) else operand(frame, v)

    inside = {k: part(v) for k, v in attributes_of(frame, x).items()}
    return emit("new_object", emit("dict", inside), cls=x.kind)


def check_new(frame: Frame, x: Anything) -> None:
    """Have the calls of a recursive function written out where it returns a list or object from
    around it: the caller would get another one."""
    outer, given = frame.lowering.blocks[:-1], cells_in(frame, list(frame.given.values()))

    def record(cell: Cell) -> bool:
        return isinstance(cell.kind, type) and is_record(cell.kind)

    found = cells_in(frame, x)
    for cell in found:
        found.extend(c for c in cell.sources if not any(c is f for f in found))
        around = any(frame.lowering.homes[cell] is b for b in outer)
        if around and not record(cell) and not any(cell is c for c in given):
            write_out(
                frame.lowering, frame.node,
                f"a function that calls itself returns {describe(cell)} from around it",
                "return a new one",
            )  # fmt: skip


def apart(frame: Frame, x: Cell) -> dict[str, Anything]:
    """The attributes of an object that a function of its own returns."""
    return {k: fully_opened(frame, v) for k, v in attributes_of(frame, x).items()}


def opened_object(frame: Frame, x: Cell) -> dict[str, Anything]:
    """The attributes of an object that a function returns which is differentiated in another."""
    held = attributes_of(frame, x)
    if held.get(PRESENT, True) is not True:
        refuse(
            "an object that may be None is returned by a function that is differentiated inside "
            "this one",
            "return its attributes in a tuple",
        )
    return {k: fully_opened(frame, v) for k, v in held.items() if k != PRESENT}


def without_objects(template: Anything, written: int) -> Anything:
    """What a function returns, with tuples of attributes in place of objects; `written` is where
    the contents of what it writes begin."""

    def part(x: Anything) -> Anything:
        if isinstance(x, Made):
            return tuple(without_objects(i, written) for i in x.inside.values())
        return written + x.position if isinstance(x, Given) else x

    return map_leaves(part, template)


def result(
    frame: Frame, template: Anything, results: list[Value], given: Anything, written: list[Anything]
) -> Anything:
    """What a call returns: an object is a new one, or one that the call has got; an array that it
    has written is that array."""

    def part(x: Anything) -> Anything:
        if isinstance(x, Given):
            return written[x.position]
        if not isinstance(x, Made):
            return None if x is None else results[x]
        cell = Cell(x.cls, map_leaves(part, x.inside))
        if not is_record(x.cls):
            cell.sources = objects_in(frame, given)
        return made(frame.lowering, cell, frame.lowering.blocks[-1])

    return map_leaves(part, template)


def objects_in(frame: Frame, x: Anything) -> list[Cell]:
    """The objects of classes in some arguments."""
    return [c for c in cells_in(frame, x) if isinstance(c.kind, type)]


def has_lists(x: Anything) -> bool:
    """Whether a list or dict is, or is in, what a function returns."""
    if isinstance(x, Made):
        return any(map(has_lists, x.inside.values()))
    return type(x) in (list, dict) or type(x) is tuple and any(map(has_lists, x))
