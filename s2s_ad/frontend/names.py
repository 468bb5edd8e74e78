"""What a name means: local, enclosing, closure cell, global, builtin.

Modules, functions, classes and strings are resolved while lowering and guarded by identity. Data
is read by the generated code where the primal reads it; its type is taken from what it is now and
guarded too.
"""

from __future__ import annotations

import builtins
import copy
import enum
import functools
import types
from typing import Any as Anything

import gast
import numpy as np

from s2s_ad.frontend.bindings import Bound, Conflict, Object, Partial, Stored, is_plain
from s2s_ad.frontend.context import Frame, Lowering, expression, refuse, refuse_conflict
from s2s_ad.frontend.draws import is_generator
from s2s_ad.frontend.guards import (
    MISSING,
    Equals,
    Looks,
    check_array,
    contents,
    holds_data,
    look,
    outside_type,
)
from s2s_ad.frontend.unbound import require
from s2s_ad.ir.build import cursor, emit
from s2s_ad.ir.core import UNDEFINED, Op, Value
from s2s_ad.ir.types import ANY, Opaque
from s2s_ad.ops.structure import Outside

# Modules whose functions do not change under us.
STABLE = ("numpy", "math", "operator", "builtins", "cmath")
RESOLVED = (
    types.ModuleType,
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    types.MethodDescriptorType,
    np.ufunc,
    np.dtype,
    type,
    str,
    bytes,
    type(None),
    type(Ellipsis),
    enum.Enum,
    type(np.sum),
)


@expression(gast.Name)
def load(frame: Frame, node: Anything) -> Anything:
    """The binding of a name that is read."""
    return look_up(frame, node.id)


def look_up(frame: Frame, name: str) -> Anything:
    """The binding of a name, by Python's rules of scope."""
    inner: Frame | None = frame
    while inner is not None:
        if name in inner.locals:
            found = inner.env.get(name, UNDEFINED)
            if isinstance(found, Conflict):
                refuse_conflict(found)
            if found is UNDEFINED:
                refuse(f"{name!r} is read before it is assigned", "assign it on every path")
            if name in inner.boxed:
                from s2s_ad.frontend.closures import read_box

                return read_box(frame, name, found, inner is frame)
            require(frame, name, found, inner is frame)
            return take(frame.lowering, found) if isinstance(found, Stored) else found
        if inner.parent is None:
            break
        inner = inner.parent
    assert inner is not None
    source = inner.source
    if name in source.cells:
        cell = source.cells[name]
        if contents(cell) is MISSING:
            refuse(
                f"the closure variable {name!r} has no value yet",
                "assign it before the function is differentiated",
            )
        return outside(frame, contents(cell), Outside(name, "", cell), name)
    if name in source.globals:
        place = Outside(name, source.module, source.globals)
        return outside(frame, source.globals[name], place, name)
    if hasattr(builtins, name):
        frame.lowering.unchanged.note(source.globals, name, MISSING)
        return getattr(builtins, name)
    refuse(f"the name {name!r} is not defined", "define or import it in the module")


def take(lowering: Lowering, found: Stored) -> Anything:
    """An iterator, where its name is read."""
    if found.used:
        refuse("an iterator is consumed twice", "make a list of it: xs = list(...)")
    if cursor().block is not found.block:
        refuse(
            "an iterator is consumed in a loop or branch that began after it was made",
            "make it there, or make a list of it: xs = list(...)",
        )
    versions = lowering.versions
    if any(versions.get(root, root) is not held for root, held in found.watched):
        refuse(
            "what an iterator walks is changed before it is consumed",
            "make the iterator where it is consumed",
        )
    found.used = True
    return found.iterator


def outside(frame: Frame, found: Anything, place: Outside, shown: str) -> Anything:
    """The binding of an object that stands in a namespace or a closure cell."""
    check_array(found, shown)
    if holds_data(found):
        return read(frame, found, place, shown)
    unchanged = frame.lowering.unchanged
    if isinstance(found, functools.partial):
        unchanged.note(place.namespace, place.name, found)
        return _partial(frame, found, place, shown)
    if is_method(found):
        unchanged.note(place.namespace, place.name, found)
        return _method(found, place, shown)
    if resolves(found):
        frame.lowering.places.setdefault(id(found), place)
        if place.module.partition(".")[0] not in STABLE or place.namespace is frame.source.globals:
            unchanged.note(place.namespace, place.name, found)
        if isinstance(found, types.ModuleType) and place.name == shown:
            frame.lowering.imports[shown] = found.__name__
        return found
    if type(found) is tuple:
        unchanged.note(place.namespace, place.name, found)
        return found
    unchanged.note(place.namespace, place.name, found)
    return Object(
        found,
        lambda: emit("read", place=place, type=Opaque(type(found).__name__)),
        lambda arguments: place.read(),
        shown,
    )


def _partial(frame: Frame, found: Anything, place: Outside, shown: str) -> Partial:
    """A partial that stands in a namespace: the data in it are read through it."""
    guards = frame.lowering.guards

    def part(name: str, key: Anything, x: Anything) -> Anything:
        if not holds_data(x) or is_plain(x):
            return x

        def find(arguments: tuple[Anything, ...]) -> Anything:
            return getattr(place.read(), name)[key]

        guards.setdefault(("partial", id(found), name, key), Looks(find, look(x)))
        held = emit("read", place=place, type=Opaque("partial"))
        parts = emit("getattr", held, name=name, type=ANY)
        return emit("getitem", parts, key, types=[outside_type(x, f"{shown}.{name}[{key!r}]")])

    args = tuple(part("args", k, x) for k, x in enumerate(found.args))
    kwargs = {k: part("keywords", k, x) for k, x in found.keywords.items()}
    return Partial(found.func, args, kwargs)


def is_method(x: Anything) -> bool:
    """Whether an object is a Python function bound to an object."""
    bound = isinstance(x, types.MethodType) or getattr(x, "__s2s_ad__", False) is True
    if bound and is_generator(getattr(x, "__self__", None)):  # random.gauss
        return False
    return bound and isinstance(getattr(x, "__func__", None), types.FunctionType)


def _method(found: Anything, place: Outside, shown: str) -> Bound:
    """A bound method that stands in a namespace: its object is read through it."""

    def value() -> Value:
        method = emit("read", place=place, type=Opaque("method"))
        out: Value = emit("getattr", method, name="__self__", type=Opaque("object"))
        return out

    owner = Object(found.__self__, value, lambda arguments: place.read().__self__, shown)
    return Bound(found.__func__, owner, getattr(found, "wrt", 0))


def resolves(x: Anything) -> bool:
    """Whether an object is resolved while lowering: a function, class, module or string. A
    callable object of a user's class is not: its attributes may matter."""
    if isinstance(x, RESOLVED) or getattr(x, "__s2s_ad__", False) is True:
        return True
    if type(x).__name__ == "cython_function_or_method":
        return True
    return callable(x) and type(x).__module__ in ("builtins", "functools", "numpy")


def read(frame: Frame, found: Anything, place: Outside, shown: str) -> Value | Anything:
    """Data from outside, read here and now."""
    lowering = frame.lowering
    key = (id(place.namespace), place.name)
    if key in lowering.frozen:
        return lowering.frozen[key]
    if key not in lowering.types:
        expression = unique(lowering.names, f"{place.module}.{shown}" if place.module else shown)
        lowering.types[key] = place.name, outside_type(found, expression)
        lowering.guards[key] = Looks(lambda arguments: place.read(), look(found))
    return emit("read", place=place, type=lowering.types[key][1], hint=place.name)


def unique(taken: set[str], name: str) -> str:
    """The name, with primes where it is taken."""
    while name in taken:
        name += "'"
    taken.add(name)
    return name


def freeze(lowering: Lowering, value: Value) -> bool:
    """Take a number from outside by value, as the text must depend on it; whether it could be."""
    if value in lowering.origins:
        key, find, now = lowering.origins[value]
        if not isinstance(now, (int, float, bool)) or key in lowering.frozen:
            return False
        lowering.frozen[key] = now
        lowering.guards[("value", *key)] = Equals(find, now)
        return True
    op = value.owner
    if not isinstance(op, Op) or op.prim.name != "read":
        return False
    place = op.kwargs["place"]
    key = (id(place.namespace), place.name)
    found = place.read()
    if not isinstance(found, (int, float, bool, tuple, list)) or key in lowering.frozen:
        return False
    lowering.frozen[key] = copy.deepcopy(found)
    lowering.guards[("value", *key)] = Equals(lambda arguments: place.read(), lowering.frozen[key])
    return True
