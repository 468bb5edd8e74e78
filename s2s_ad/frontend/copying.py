"""`copy.copy` and `copy.deepcopy`."""

from __future__ import annotations

import copy
from typing import Any as Anything

import numpy as np

from s2s_ad.frontend.bindings import Cell, Object, is_structure, items, rebuilt
from s2s_ad.frontend.cells import change
from s2s_ad.frontend.containers import copied
from s2s_ad.frontend.context import Frame, operate, refuse
from s2s_ad.frontend.holding import cell_of, holding, made, opened
from s2s_ad.frontend.objects import MISSING, attributes_of, call, is_object
from s2s_ad.frontend.python import python
from s2s_ad.ir.core import Value
from s2s_ad.ir.types import Any, ListOf, Num, is_scalar


@python(copy.copy)
def shallow(frame: Frame, x: Anything) -> Anything:
    """A new object, list, dict or array; what a container holds is the same."""
    if isinstance(x, Object):
        refuse(f"copy of {x.name!r}, which is read from outside", "make it in the function")
    if is_object(x):
        found = call(frame, x, "__copy__")
        return _object(frame, x, attributes_of(frame, x)) if found is MISSING else found
    held = holding(frame, x)
    if type(held) is Value:
        return _value(frame, held)
    if isinstance(x, Cell):
        return cell_of(frame, held.copy())
    return x


@python(copy.deepcopy)
def deep(frame: Frame, x: Anything) -> Anything:
    """A copy of an object or container and of all that it holds; what stands in several places in
    it does so in the copy."""
    return _deep(frame, x, {})


def _deep(frame: Frame, x: Anything, memo: dict[Anything, Anything]) -> Anything:
    if (isinstance(x, Cell) or type(x) is Value) and x in memo:
        return memo[x]
    if is_object(x) and call(frame, x, "__deepcopy__", memo) is not MISSING:
        refuse("deepcopy of an object with __deepcopy__", "call a method that copies it")
    held = attributes_of(frame, x) if is_object(x) else opened(frame, x)
    if not is_structure(held):
        if type(held) is Value and isinstance(held.type, ListOf) and not is_scalar(held.type.elem):
            refuse("deepcopy of a list of unknown length", "write [copy.deepcopy(v) for v in xs]")
        out = shallow(frame, x)
    elif isinstance(x, Cell):
        out = memo[x] = made(frame.lowering, Cell(x.kind, held), frame.lowering.blocks[-1])
        change(frame, out, rebuilt(held, [_deep(frame, v, memo) for v in items(held)]), grows=False)
        return out
    else:
        out = rebuilt(held, [_deep(frame, v, memo) for v in items(held)])
    if type(x) is Value:
        memo[x] = out
    return out


def _object(frame: Frame, x: Cell, held: dict[str, Anything]) -> Cell:
    return made(frame.lowering, Cell(x.kind, dict(held)), frame.lowering.blocks[-1])


def _value(frame: Frame, x: Value) -> Anything:
    t = x.type
    if isinstance(t, ListOf):
        return copied(frame, x)
    if isinstance(t, Num) and t.kind == "array":
        return operate(frame, np.copy, x)
    if isinstance(t, Any) or isinstance(t, Num) and t.kind == "any":
        refuse("copy of something of unknown type", "write np.copy(x) or list(x)")
    return opened(frame, x)
