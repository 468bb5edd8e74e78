"""Attributes that are set and deleted."""

from __future__ import annotations

from typing import Any as Anything

from s2s_ad.frontend.arguments import look_into
from s2s_ad.frontend.bindings import PRESENT, Cell, Object
from s2s_ad.frontend.cells import change, set_inside
from s2s_ad.frontend.context import Frame, certain, refuse
from s2s_ad.frontend.holding import cell_of
from s2s_ad.frontend.objects import (
    _call,
    attributes_of,
    check_access,
    check_presence,
    find,
    is_object,
    is_record,
    refuse_descriptor,
)
from s2s_ad.frontend.places import in_list
from s2s_ad.ir.core import Value
from s2s_ad.ir.types import Any


def put(frame: Frame, cell: Anything, name: str, v: Anything, by_force: bool = False) -> None:
    """`cell.name = v`."""
    cls = changing(frame, cell, name)
    found = find(frame, cls, name)
    if isinstance(found, property):
        if found.fset is None:
            refuse(f"the property {name!r} has no setter", "set the attribute that it reads")
        _call(frame, found.fset, [cell, v], {}, found)
        return
    refuse_descriptor(cls, name, found)
    check_presence(frame, cell, name)
    check_frozen(cell, by_force)
    hold_attribute(frame, cell, name, v)


def delete(frame: Frame, cell: Anything, name: str) -> None:
    """`del cell.name`."""
    cls = changing(frame, cell, name)
    if isinstance(find(frame, cls, name), property):
        refuse(f"the property {name!r} is deleted", "delete the attribute that it reads")
    check_frozen(cell, False)
    check_presence(frame, cell, name)
    held = attributes_of(frame, cell)
    if name not in held:
        certain(frame, AttributeError, name)
        refuse(f"a {cell.shown} has no attribute {name!r}", "set it in __init__")
    if type(cell.initial) is Value:
        refuse("an attribute of an object in a list of unknown length is deleted", "set it to 0.0")
    change(frame, cell, {k: v for k, v in held.items() if k != name}, grows=False)


def changing(frame: Frame, cell: Anything, name: str) -> type:
    """The class of an object of which an attribute is set or deleted."""
    if not is_object(cell):
        look_into(frame.lowering, cell)
        what = cell.name if isinstance(cell, Object) else "this"
        known = type(cell) is not Value or not isinstance(cell.type, Any)
        refuse(
            f"{what} is no object that the function has made or got: its attribute {name!r} would "
            "be changed for the caller too",
            "pass the object as an argument, or return the value"
            if known
            else "give an example of the argument (like=...), or call the derivative with one",
        )
    cls: type = cell.kind
    check_access(cls)
    return cls


def check_frozen(cell: Cell, by_force: bool) -> None:
    """Refuse to change what Python does not let one change."""
    frozen = getattr(getattr(cell.kind, "__dataclass_params__", None), "frozen", False)
    if is_record(cell.kind) or frozen and not by_force:
        refuse(f"a {cell.shown} is frozen", "make a new one: dataclasses.replace(x, ...)")


def hold_attribute(frame: Frame, cell: Cell, name: str, v: Anything) -> None:
    """Let an object hold something under a name."""
    v = cell_of(frame, v)
    if type(cell.initial) is Value and in_list(frame.lowering, cell.initial):
        set_inside(frame, cell.initial, name, v)
        return
    name_attribute(cell, name, v)
    change(frame, cell, {**attributes_of(frame, cell), name: v}, grows=False)


def name_attribute(cell: Cell, name: str, v: Anything) -> None:
    """Call a value after the attribute in which it stands, unless it has a name."""
    if type(v) is Value and not v.hint and cell.name:
        v.hint = f"has_{cell.name}" if name == PRESENT else f"{cell.name}_{name.strip('_')}"
