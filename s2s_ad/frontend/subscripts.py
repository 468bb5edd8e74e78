"""Subscript reads: of arrays, of container values, of literal containers."""

from __future__ import annotations

import operator
from typing import Any as Anything
from typing import NoReturn

import gast

from s2s_ad.errors import UnsupportedError
from s2s_ad.frontend.bindings import (
    Conflict,
    Object,
    Unrollable,
    flatten,
    is_key,
    is_number,
    is_plain,
    is_structure,
)
from s2s_ad.frontend.context import (
    Frame,
    certain,
    evaluate,
    expression,
    operand,
    operate,
    refuse,
    refuse_conflict,
)
from s2s_ad.frontend.holding import cell_of, holding, item, materialised, opened
from s2s_ad.frontend.objects import MISSING, call, is_object
from s2s_ad.frontend.places import element, now_in_list
from s2s_ad.ir.build import NotStatic, cursor, emit
from s2s_ad.ir.core import Function, Op, Value
from s2s_ad.ir.types import ANY, EMPTY, ListOf, Num, Opaque, Seq
from s2s_ad.ops import slots


@expression(gast.Subscript)
def subscript(frame: Frame, node: Anything) -> Anything:
    container = evaluate(frame, node.value)
    return get_item(frame, container, evaluate(frame, node.slice))


@expression(gast.Slice)
def slice_(frame: Frame, node: Anything) -> Anything:
    parts = (node.lower, node.upper, node.step)
    return slice(*(None if p is None else evaluate(frame, p) for p in parts))


def get_item(frame: Frame, x: Anything, index: Anything) -> Anything:
    """`x[index]`."""
    if is_object(x) or isinstance(x, Object):
        found = call(frame, x, "__getitem__", index)
        if found is not MISSING:
            return found
        x = opened(frame, x)
    x = holding(frame, x)
    if is_structure(x):
        return _of_structure(frame, x, index)
    if isinstance(x, str) and (is_plain(index) or isinstance(index, slice)):
        return x[index]
    if type(x) is not Value:
        refuse("this cannot be subscripted", "index an array, a list, a tuple or a dict")
    x = now_in_list(frame.lowering, x)
    t = x.type
    if isinstance(t, Seq):
        return _of_sequence(frame, x, t, index)
    if isinstance(t, ListOf):
        return _of_list(frame, x, t, index)
    if isinstance(t, Opaque) and t.what != "object":
        refuse(f"a value of type {t.what} cannot be subscripted", "index an array or a container")
    if isinstance(t, Num) and t.kind == "py":
        refuse("a Python number cannot be subscripted", "give an array, or say that it is one")
    known = _known_size(x, index)
    if known is not None:
        return known
    known = element(frame.lowering, x, operand(frame, index))
    if known is not None:
        return known
    return operate(frame, operator.getitem, x, index)


def _known_size(x: Value, index: Anything) -> int | None:
    """`x.shape[0]` where that size is 1."""
    source = x.owner
    if isinstance(source, Op) and source.prim.name == "shape" and type(index) is int:
        t = source.args[0].type if type(source.args[0]) is Value else ANY
        if isinstance(t, Num) and t.shape is not None and -len(t.shape) <= index < len(t.shape):
            size = t.shape[index]
            return size if type(size) is int else None
    return None


class UnknownKey(NotStatic, Unrollable):
    """A key of a dict is a run-time value; copies of a loop's body may know it, and a number from
    outside may be taken by value."""

    def __init__(self, value: Value) -> None:
        self.value = value
        UnsupportedError.__init__(
            self, "a key of a dict must be a constant", "use a literal key, or a list"
        )


def refuse_key(key: Anything) -> NoReturn:
    """Refuse a key that is not known."""
    for part in flatten(key):
        if type(part) is Value:
            raise UnknownKey(part).at(cursor().location)
    refuse("a key of a dict must be a constant", "use a literal key, or a list")


def readable(x: Anything) -> Anything:
    """What stands in a list or dict, where it is known."""
    if isinstance(x, Conflict):
        refuse_conflict(x)
    return x


def _of_structure(frame: Frame, x: Anything, index: Anything) -> Anything:
    if type(x) is dict:
        if not is_key(index):
            from s2s_ad.frontend.choices import chosen, keys_of

            if keys_of(frame, index):
                return chosen(frame, index, lambda key: _of_structure(frame, x, key))
            refuse_key(index)
        if index not in x:
            certain(frame, KeyError, index)
            refuse(f"the key {index!r} is not in the dict", f"it has {', '.join(map(repr, x))}")
        return readable(x[index])
    if isinstance(index, slice) and all(
        p is None or type(p) is int for p in (index.start, index.stop, index.step)
    ):
        return x[index]
    if is_number(index) and hasattr(index, "__index__"):
        if -len(x) <= index < len(x):
            return readable(x[index])
        if type(x) is not list or not looping(frame):
            kind = "tuple" if type(x) is tuple else "list"
            certain(frame, IndexError, f"{kind} index out of range")
            refuse(f"the index {index} is out of range", f"there are {len(x)} items")
        return emit("getitem", materialised(frame, x), index, types=[EMPTY])
    return get_item(frame, materialised(frame, x), index)


def _of_sequence(frame: Frame, x: Value, t: Seq, index: Anything) -> Anything:
    if t.kind == "dict":
        if not is_key(index):
            from s2s_ad.frontend.choices import keys_of

            if keys_of(frame, index):
                return _of_structure(frame, opened(frame, x), index)
            refuse_key(index)
        if index not in t.keys:
            certain(frame, KeyError, index)
            refuse(
                f"the key {index!r} is not in the dict", f"it has {', '.join(map(repr, t.keys))}"
            )
        return item(frame, x, index)
    known = _known_size(x, index)
    if known is not None:
        return known
    if type(index) is int:
        if not -len(t.items) <= index < len(t.items):
            certain(frame, IndexError, f"{t.kind} index out of range")
            refuse(f"the index {index} is out of range", f"there are {len(t.items)} items")
        return item(frame, x, index % len(t.items))
    if isinstance(index, slice):
        if all(p is None or type(p) is int for p in (index.start, index.stop, index.step)):
            return _of_structure(frame, opened(frame, x), index)
        return _of_list(frame, x, ListOf(t.kind, slots.element(t)), index)
    from s2s_ad.frontend.joining import join_types

    if not t.items and not looping(frame):
        refuse("an empty container is indexed", "test its length first: if xs")
    found = join_types(list(t.items)) if t.items else EMPTY
    return emit("getitem", x, operand(frame, index), types=[found])


def looping(frame: Frame) -> bool:
    """Whether a loop is under way: a list may have grown in an earlier iteration, though this is
    not known yet. Where it has not, an item that is not there raises at run time."""
    return any(b.params and not isinstance(b.owner, Function) for b in frame.lowering.blocks)


def _of_list(frame: Frame, x: Value, t: ListOf, index: Anything) -> Anything:
    if isinstance(index, slice):
        new = emit("getitem", operand(frame, x), operand(frame, index), types=[t])
        return cell_of(frame, new, "list") if t.kind == "list" else new
    found = element(frame.lowering, x, operand(frame, index))
    if found is not None:
        return found
    return emit("getitem", operand(frame, x), operand(frame, index), types=[t.elem])
