"""What lists, dicts and objects hold, read and made: cells and structures as values."""

from __future__ import annotations

from typing import Any as Anything

from s2s_ad.frontend.bindings import (
    PRESENT,
    Cell,
    Conflict,
    Held,
    Kept,
    Object,
    is_structure,
    items,
    rebuilt,
)
from s2s_ad.frontend.context import Frame, Lowering, operand, refuse, refuse_conflict
from s2s_ad.ir.build import building, cursor, emit, typeof
from s2s_ad.ir.core import Block, Op, Value
from s2s_ad.ir.types import Seq, Type


def cell_of(frame: Frame, x: Anything, kind: Anything = "", outside: bool = False) -> Anything:
    """A binding with cells in place of bare lists and dicts. With a kind, the cell of a list that
    is a value."""
    if type(x) is tuple and any(type(i) in (tuple, list, dict) for i in x):
        return tuple(cell_of(frame, i, "", outside) for i in x)
    if type(x) is Value and isinstance(x.type, Seq) and x.type.cls is not None and not kind:
        return _object_of(frame, x, x.type)
    if not kind and type(x) not in (list, dict):
        return x
    if not kind:
        x = rebuilt(x, [cell_of(frame, i, "", outside) for i in items(x)])
    cell = Cell(kind or type(x).__name__, x, outside=outside)
    return made(frame.lowering, cell, frame.lowering.blocks[-1])


def _object_of(frame: Frame, x: Value, t: Seq) -> Cell:
    """An object that is a value: the caller's, or one that was put into a list as a dict."""
    from s2s_ad.frontend.arguments import from_argument, read_in_place

    assert t.cls is not None
    if from_argument(frame.lowering, x):
        return read_in_place(frame, x)
    cell = made(frame.lowering, Cell(t.cls, x), frame.lowering.blocks[-1])
    cell.kept = True
    return cell


def made(lowering: Lowering, cell: Cell, home: Block) -> Cell:
    """A new list or dict, which stands in an open block."""
    cell.age = len(lowering.homes)
    lowering.homes[cell] = home
    if type(cell.initial) is Value and isinstance(cell.kind, str):
        lowering.owners.setdefault(cell.initial, cell)
    return cell


def holding(frame: Frame, x: Anything) -> Anything:
    """What a list or dict holds now; anything else as it is."""
    if not isinstance(x, Cell):
        return x
    found = frame.lowering.versions.get(x, x.initial)
    if isinstance(found, Conflict):
        refuse_conflict(found)
    return found


def item(frame: Frame, value: Value, key: Anything) -> Anything:
    """An item of a container value of fixed structure: read once, where the container stands."""
    t = value.type
    assert isinstance(t, Seq)
    known = frame.lowering.items.setdefault(value, {})
    label = (type(key), key)
    if label not in known:
        position = t.keys.index(key) if t.kind == "dict" else key
        c = cursor()
        home = _home(frame, value)
        with building(home, c.statement, c.location):
            known[label] = emit("getitem", value, key, types=[t.items[position]])
    return known[label]


def _home(frame: Frame, value: Value) -> Block:
    owner = value.owner
    if isinstance(owner, Op):
        for block in reversed(frame.lowering.blocks):
            if any(op is owner for op in block.ops):
                return block
        return cursor().block
    return owner if isinstance(owner, Block) else cursor().block


def opened(frame: Frame, x: Anything) -> Anything:
    """A container as a structure of its items, where their number is known; anything else as it
    is."""
    if isinstance(x, Object) and isinstance(x.object, (list, tuple, dict)):
        from s2s_ad.frontend.objects import members

        return members(frame, x)
    if isinstance(x, Cell) and isinstance(x.kind, type):
        if not hasattr(x.kind, "_fields"):
            return x
        held = opened(frame, holding(frame, x))
        return tuple(held.values())
    x = holding(frame, x)
    if type(x) is Value and x not in frame.lowering.owners:
        from s2s_ad.frontend.places import now_in_list

        x = now_in_list(frame.lowering, x)
    if type(x) is not Value or not isinstance(x.type, Seq):
        return x
    if x.type.kind == "dict":
        return {key: item(frame, x, key) for key in x.type.keys}
    found = [item(frame, x, k) for k in range(len(x.type.items))]
    return found if x.type.kind == "list" else tuple(found)


def fully_opened(frame: Frame, x: Anything) -> Anything:
    """A container value as a structure down to its leaves."""
    if isinstance(x, Cell) and isinstance(x.kind, type):
        return x
    x = opened(frame, x)
    if not is_structure(x):
        return x
    return rebuilt(x, [fully_opened(frame, v) for v in items(x)])


def cells_in(frame: Frame, x: Anything) -> list[Cell]:
    """The lists, dicts and objects that a binding is or holds, as often as it does."""
    own = [x] if isinstance(x, Cell) else []
    held = frame.lowering.versions.get(x, x.initial) if isinstance(x, Cell) else x
    return own + [c for i in items(held) for c in cells_in(frame, i)] if is_structure(held) else own


def materialised(frame: Frame, x: Anything) -> Anything:
    """A structure as one value; anything else as it is. Lists in it are then items of a value,
    which no longer follows what happens to them; an object is a dict of its attributes."""
    cls = None
    if isinstance(x, (Cell, Held)):
        cell = x if isinstance(x, Cell) else x.cell
        cls = cell.kind if isinstance(cell.kind, type) else None
        x = x.inside if isinstance(x, Held) else holding(frame, x)
    if not is_structure(x):
        return x
    _keep(frame, x)
    out: Value = emit(type(x).__name__, _nested(frame, x))
    if cls is not None or _has_cells(x):
        out.type = _type_of(frame, x, cls)
    return out


def _has_cells(x: Anything) -> bool:
    return isinstance(x, (Cell, Held)) or is_structure(x) and any(map(_has_cells, items(x)))


def _nested(frame: Frame, x: Anything) -> Anything:
    """A structure as a nest of operands."""
    if isinstance(x, (Cell, Held)):
        x = x.inside if isinstance(x, Held) else holding(frame, x)
    if not is_structure(x):
        return operand(frame, x)
    if type(x) is dict and x.get(PRESENT, True) is not True:
        refuse(
            "an object that may be None becomes part of a value, as in a list that grows",
            "put it there only where it is no None",
        )
    return rebuilt(x, [_nested(frame, i) for i in items(x)])


def _type_of(frame: Frame, x: Anything, cls: type | None = None) -> Type:
    """The type of a structure, with the classes of the objects in it."""
    if isinstance(x, (Cell, Held)):
        cell = x if isinstance(x, Cell) else x.cell
        cls = cell.kind if isinstance(cell.kind, type) else None
        x = x.inside if isinstance(x, Held) else holding(frame, x)
    if not is_structure(x):
        return typeof(operand(frame, x))
    inner = tuple(_type_of(frame, i) for i in items(x))
    return Seq(type(x).__name__, inner, tuple(x) if type(x) is dict else (), cls)


def keep(lowering: Lowering, cell: Cell) -> None:
    """Note that a cell becomes an item of a value."""
    cell.kept = True
    lowering.updates.append(Kept(cell, tuple(lowering.blocks), len(lowering.homes)))


def _keep(frame: Frame, x: Anything) -> None:
    for i in items(x):
        if isinstance(i, (Cell, Held)):
            cell = i if isinstance(i, Cell) else i.cell
            keep(frame.lowering, cell)
            i = holding(frame, cell)
        if is_structure(i):
            _keep(frame, i)


def kept_cells(frame: Frame) -> set[Cell]:
    """The lists and objects that are items of lists of unknown length. (The rounds in which a loop
    settles learn this one from the other: what is kept in an iteration may change in the next.)"""
    return {c for c in frame.lowering.homes if isinstance(c, Cell) and c.kept}


def forget_kept(frame: Frame, known: set[Cell]) -> None:
    """Take back that others than these are such items: a loop begins again in another way."""
    for cell in kept_cells(frame) - known:
        cell.kept = False
