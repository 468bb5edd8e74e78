"""Making objects of the user's classes: plain classes, dataclasses, named tuples."""

from __future__ import annotations

import dataclasses
import enum
import inspect
import types
from typing import Any as Anything

from s2s_ad.frontend.bindings import Cell
from s2s_ad.frontend.context import Frame, refuse
from s2s_ad.frontend.holding import cell_of, made
from s2s_ad.frontend.objects import (
    _call,
    _invoke,
    attributes_of,
    check_access,
    find,
    is_object,
    is_record,
)


def makes_objects(cls: Anything) -> bool:
    """Whether calling a class makes an object that can be lowered."""
    if not isinstance(cls, type) or issubclass(cls, (BaseException, enum.Enum)):
        return False
    return is_record(cls) or cls.__module__ not in ("builtins", "numpy", "itertools", "functools")


def construct(
    frame: Frame, cls: type, args: list[Anything], kwargs: dict[str, Anything], site: Anything
) -> Cell:
    """`cls(*args, **kwargs)`."""
    if is_record(cls):
        return record(frame, cls, args, kwargs)
    check_class(cls)
    init = find(frame, cls, "__init__")
    if dataclasses.is_dataclass(cls) and _is_generated(init):
        return _dataclass(frame, cls, init, args, kwargs, site)
    cell = _new(frame, cls, {})
    if isinstance(init, types.FunctionType):
        _call(frame, init, [cell, *args], kwargs, site)
    elif args or kwargs:
        refuse(f"{cls.__name__}() takes no arguments", "give the class an __init__")
    return cell


def check_class(cls: type) -> None:
    """Refuse classes whose objects are more than their attributes."""
    check_access(cls)
    for base in cls.__mro__[:-1]:
        if base.__module__ in ("builtins", "numpy"):
            refuse(
                f"{cls.__name__} is a kind of {base.__name__}",
                "keep the data in an attribute of a plain class",
            )
        if "__new__" in base.__dict__ and base.__module__ != "typing":
            refuse(f"the class {base.__name__} defines __new__", "use __init__")


def _new(frame: Frame, cls: type, attributes: dict[str, Anything]) -> Cell:
    return made(frame.lowering, Cell(cls, attributes), frame.lowering.blocks[-1])


def record(frame: Frame, cls: Anything, args: list[Anything], kwargs: Anything) -> Cell:
    fields = cls._fields
    if len(args) > len(fields) or set(kwargs) - set(fields):
        refuse(f"{cls.__name__} has the fields {', '.join(fields)}", "give one value for each")
    given = {**cls._field_defaults, **dict(zip(fields, args)), **kwargs}
    missing = [f for f in fields if f not in given]
    if missing:
        refuse(f"{cls.__name__}: {', '.join(missing)} is missing", "give one value for each field")
    return _new(frame, cls, {f: given[f] for f in fields})


def _is_generated(function: Anything) -> bool:
    return isinstance(function, types.FunctionType) and function.__code__.co_filename == "<string>"


def _dataclass(
    frame: Frame, cls: Anything, init: Anything, args: list[Anything], kwargs: Anything,
    site: Anything,
) -> Cell:  # fmt: skip
    try:
        given = inspect.signature(init).bind(None, *args, **kwargs).arguments
    except TypeError as error:
        refuse(f"{cls.__name__}(): {error}", "give the fields that the class declares")
    attributes: dict[str, Anything] = {}
    extra: list[Anything] = []
    for name, f in cls.__dataclass_fields__.items():
        kind = str(getattr(f, "_field_type", ""))
        if kind.endswith("CLASSVAR"):
            continue
        if f.init and name in given:
            value = given[name]
        elif f.default_factory is not dataclasses.MISSING:
            value = _invoke(frame, f.default_factory, [], site)
        elif f.default is not dataclasses.MISSING:
            value = _default(frame, f"{cls.__name__}.{name}", f.default)
        else:
            continue  # set by __post_init__
        if kind.endswith("INITVAR"):
            extra.append(value)
        else:
            attributes[name] = cell_of(frame, value)
    cell = _new(frame, cls, attributes)
    after = find(frame, cls, "__post_init__")
    if isinstance(after, types.FunctionType):
        _call(frame, after, [cell, *extra], {}, site)
    return cell


def _default(frame: Frame, name: str, x: Anything) -> Anything:
    from s2s_ad.frontend.binding import default_binding

    return default_binding(frame, name, x)


def replaced(frame: Frame, x: Anything, changes: dict[str, Anything], site: Anything) -> Cell:
    """`dataclasses.replace(x, **changes)`."""
    if not is_object(x) or not dataclasses.is_dataclass(x.kind):
        refuse("dataclasses.replace of this", "give it a dataclass that was made in the function")
    held = attributes_of(frame, x)
    cls: Anything = x.kind
    given = {n: held[n] for n, f in cls.__dataclass_fields__.items() if f.init and n in held}
    return construct(frame, cls, [], {**given, **changes}, site)
