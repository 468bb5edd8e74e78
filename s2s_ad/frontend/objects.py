"""Objects of the user's classes that are made inside the function: cells that hold attributes.

Methods, properties and operator methods are found as Python finds them and lowered like any
function. Dataclasses and named tuples, whose methods Python makes without text, are known here.
"""

from __future__ import annotations

import dataclasses
import functools
import types
from collections.abc import Callable
from typing import Any as Anything

from s2s_ad.frontend.assumptions import outcome_of
from s2s_ad.frontend.bindings import PRESENT, Bound, Cell, Conflict, Object
from s2s_ad.frontend.context import Frame, refuse, refuse_conflict
from s2s_ad.frontend.guards import Equals, Is, Looks, holds_data, look, outside_type
from s2s_ad.frontend.holding import holding, opened
from s2s_ad.ir.build import emit
from s2s_ad.ir.core import UNDEFINED, Op, Value
from s2s_ad.ir.types import Known, Opaque

MISSING = object()


def is_object(x: Anything) -> bool:
    """Whether a binding is an object of a user's class that the function has made."""
    return isinstance(x, Cell) and isinstance(x.kind, type)


def is_record(cls: type) -> bool:
    """Whether a class is that of a named tuple."""
    return issubclass(cls, tuple) and hasattr(cls, "_fields")


READS, CHANGES = ("__getattribute__",), ("__getattr__", "__setattr__", "__delattr__")


def check_access(cls: type, methods: tuple[str, ...] = READS + CHANGES) -> None:
    """Refuse classes that say themselves what reading or setting an attribute means."""
    for base in cls.__mro__[:-1]:
        for name in methods:
            generated = dataclasses.is_dataclass(base) and name in ("__setattr__", "__delattr__")
            own = base.__module__ != "builtins" and name in base.__dict__
            if own and not generated:
                refuse(
                    f"the class {base.__name__} defines {name}",
                    "use plain attributes, or properties",
                )


# Making ---------------------------------------------------------------------------------------


def _call(
    frame: Frame, function: Anything, args: list[Anything], kwargs: Anything, site: Anything
) -> Anything:
    from s2s_ad.frontend.inline import call_function

    return call_function(frame, function, args, kwargs, site)


def _invoke(frame: Frame, callee: Anything, args: list[Anything], site: Anything) -> Anything:
    from s2s_ad.frontend.calls import call_binding

    return call_binding(frame, callee, args, {}, site)


# Attributes -----------------------------------------------------------------------------------


def find(frame: Frame, cls: type, name: str, after: type | None = None) -> Anything:
    """What a class has under a name, by its order of resolution; a guard asks again."""
    order = cls.__mro__
    for base in order[order.index(after) + 1 if after is not None else 0 :]:
        if name not in base.__dict__:
            continue
        found = base.__dict__[name]
        if base.__module__ != "builtins":
            key = ("class", id(base), name)
            frame.lowering.guards.setdefault(key, Is(_member(base, name), found))
        return found
    return MISSING


def _member(cls: type, name: str) -> Callable[[Anything], Anything]:
    return lambda arguments: cls.__dict__[name]


def get(frame: Frame, cell: Cell, name: str, after: type | None = None) -> Anything:
    """`cell.name`, or with `after` what super() finds."""
    cls = cell.kind
    found = find(frame, cls, name, after)
    if isinstance(found, property):
        return _call(frame, found.fget, [cell], {}, found)
    refuse_descriptor(cls, name, found)
    check_presence(frame, cell, name)
    held = attributes_of(frame, cell)
    if after is None and name in held:
        value = held[name]
        if (cell, name) in frame.lowering.unsure:
            from s2s_ad.frontend.unbound import require

            if frame.lowering.tries or not is_missing(found):
                refuse(
                    f"whether the attribute {name!r} is set, which a loop sets first, is not known",
                    "set it in __init__",
                )
            require(frame, name, value)
        if isinstance(value, Conflict):
            refuse_conflict(value)
        if value is UNDEFINED:
            refuse(f"the attribute {name!r} is not set on every path", "set it in __init__")
        if type(value) is Value and isinstance(value.type, Known):
            return value.type.object
        return value
    if is_record(cls) and name in ("_replace", "_asdict", "_fields"):
        return _of_record(frame, cell, name)
    if isinstance(found, types.FunctionType):
        return Bound(found, cell)
    if isinstance(found, classmethod):
        return Bound(found.__func__, cls)
    if isinstance(found, staticmethod):
        return found.__func__
    if isinstance(found, functools.cached_property):
        from s2s_ad.frontend.setting import hold_attribute

        value = _call(frame, found.func, [cell], {}, found)
        hold_attribute(frame, cell, name, value)
        return value
    if name == "__class__":
        return cls
    if is_missing(found):
        refuse(f"a {cell.shown} has no attribute {name!r}", "set it in __init__")
    from s2s_ad.frontend.attributes import get_attribute

    return get_attribute(frame, cls, name, f"{cls.__name__}.{name}")


def is_missing(found: Anything) -> bool:
    """Whether a class has nothing to read under a name that its object does not have; a slot has
    not."""
    slot = (types.MemberDescriptorType, types.GetSetDescriptorType)
    return found is MISSING or isinstance(found, slot)


def refuse_descriptor(cls: type, name: str, found: Anything) -> None:
    """Refuse an attribute that a method of the attribute's own class reads or sets."""
    if isinstance(found, functools.cached_property):
        return
    methods = (getattr(type(found), n, None) for n in ("__get__", "__set__"))
    if any(isinstance(m, types.FunctionType) for m in methods):
        refuse(f"{cls.__name__}.{name} is a descriptor", "write a property, or a method")


def attributes_of(frame: Frame, cell: Cell) -> dict[str, Anything]:
    """What an object holds now."""
    from s2s_ad.frontend.places import now_in_list

    held = holding(frame, cell)
    if is_real(held):
        held = held.owner.args[-1]
    if type(held) is Value:
        held = now_in_list(frame.lowering, held)
    if type(held) is Value:
        held = opened(frame, held)
    out: dict[str, Anything] = held
    return out


def presence(frame: Frame, x: Anything) -> bool | Value:
    """Whether an object is there, where it may be None on some paths."""
    if not is_object(x):
        return True
    found: bool | Value = outcome_of(frame.lowering, attributes_of(frame, x).get(PRESENT, True))
    return found


def check_presence(frame: Frame, cell: Cell, name: str) -> None:
    """Raise what Python raises where an attribute of None is meant."""
    there = presence(frame, cell)
    if there is not True:
        from s2s_ad.frontend.exceptions import raise_unless

        message = f"'NoneType' object has no attribute {name!r}"
        raise_unless(frame, there, AttributeError, message)


def is_real(x: Anything) -> bool:
    """Whether a value is an object of its class; others are dicts until they are returned."""
    op = x.owner if type(x) is Value else None
    return isinstance(op, Op) and op.prim.name in ("like_object", "new_object")


def _of_record(frame: Frame, cell: Cell, name: str) -> Anything:
    from s2s_ad.frontend.construction import record

    held = attributes_of(frame, cell)
    if name == "_fields":
        return tuple(held)
    if name == "_asdict":
        return Builtin(lambda args, kwargs: dict(held))
    return Builtin(lambda args, kwargs: record(frame, cell.kind, [], {**held, **kwargs}))


@dataclasses.dataclass(eq=False)
class Builtin:
    """A method that Python makes without text."""

    call: Callable[[list[Anything], dict[str, Anything]], Anything]


@dataclasses.dataclass(eq=False)
class Super:
    """`super()`: the object, and the class after which attributes are looked up."""

    cell: Anything
    after: type


def super_of(frame: Frame, args: tuple[Anything, ...]) -> Super:
    """`super()` in a method."""
    if args:
        if len(args) == 2 and isinstance(args[0], type):
            return Super(args[1], args[0])
        refuse("super with one argument is not supported", "write super()")
    inner: Frame | None = frame
    while inner is not None and "__class__" not in inner.source.cells:
        inner = inner.parent
    if inner is None:
        refuse("super() outside a method", "call the function of the base class by its name")
    first = next(n.id for n in (*inner.node.args.posonlyargs, *inner.node.args.args))
    owner = inner.env[first]
    if type(owner) is Value:
        refuse(
            "super() of an object of which nothing is known",
            "make the object in the function, or differentiate its bound method",
        )
    return Super(owner, inner.source.cells["__class__"].cell_contents)


def get_from_super(frame: Frame, x: Super, name: str) -> Anything:
    """`super().name`."""
    if name == "__init__" and find(frame, _class_of(x.cell), name, x.after) is object.__init__:
        return Builtin(lambda args, kwargs: None)
    found = find(frame, _class_of(x.cell), name, x.after)
    if name == "__init__" and found is not MISSING and is_builtin_exception(found):
        from s2s_ad.frontend.setting import hold_attribute

        return Builtin(lambda args, kwargs: hold_attribute(frame, x.cell, "args", tuple(args)))
    if isinstance(x.cell, Cell):
        return get(frame, x.cell, name, x.after)
    if isinstance(found, types.FunctionType):
        return Bound(found, x.cell)
    refuse(f"super() has no method {name!r}", "name the attribute on the object")


def is_builtin_exception(method: Anything) -> bool:
    """Whether a method is one of an exception of Python's own."""
    return issubclass(getattr(method, "__objclass__", object), BaseException)


def _class_of(x: Anything) -> type:
    if isinstance(x, Cell):
        cls: type = x.kind
        return cls
    return type(x.object) if isinstance(x, Object) else type(x)


def members(frame: Frame, x: Object) -> Anything:
    """What stands in a list, tuple or dict from outside that holds objects, as it is now."""
    from s2s_ad.frontend.names import resolves

    found, again, guards = x.object, x.again, frame.lowering.guards
    if hasattr(type(found), "_fields"):
        from s2s_ad.frontend.attributes import get_attribute

        return tuple(get_attribute(frame, x, f, f"{x.name}.{f}") for f in found._fields)
    keys = list(found) if isinstance(found, dict) else list(range(len(found)))

    def outline(arguments: tuple[Anything, ...]) -> Anything:
        now = again(arguments)
        return tuple(now) if isinstance(now, dict) else len(now)

    whole = tuple(found) if isinstance(found, dict) else len(found)
    guards.setdefault(("members", x.name, id(found)), Equals(outline, whole))
    out = []
    for key in keys:
        item, name = found[key], f"{x.name}[{key!r}]"
        find = _finder(again, key)
        if holds_data(item):
            guards.setdefault(("member", name, id(found)), Looks(find, look(item)))
            out.append(emit("getitem", x.value(), key, types=[outside_type(item, name)]))
        elif resolves(item):
            guards.setdefault(("member", name, id(found)), Is(find, item))
            out.append(item)
        else:
            guards.setdefault(("member", name, id(found)), Looks(find, look(item)))
            out.append(Object(item, _reader(x, key, item), find, name, x.argument))
    return dict(zip(keys, out)) if isinstance(found, dict) else type(found)(out)


def _finder(again: Callable[[Anything], Anything], key: Anything) -> Callable[[Anything], Anything]:
    return lambda arguments: again(arguments)[key]


def _reader(x: Object, key: Anything, item: Anything) -> Callable[[], Anything]:
    return lambda: emit("getitem", x.value(), key, types=[Opaque(type(item).__name__)])


# Protocols ------------------------------------------------------------------------------------


def method_of(frame: Frame, x: Anything, name: str) -> Anything:
    """A method of an object, bound to it, by its class; None where there is none."""
    if isinstance(x, Object):
        cls: type = type(x.object)
    elif is_object(x):
        cls = x.kind
    else:
        return None
    found = find(frame, cls, name)
    return Bound(found, x) if isinstance(found, types.FunctionType) else None


def call(frame: Frame, x: Anything, name: str, *args: Anything) -> Anything:
    """Call a method by name; None where the object has none."""
    bound = method_of(frame, x, name)
    if bound is None:
        return MISSING
    return _call(frame, bound.function, [x, *args], {}, (name, frame.under_way))
