"""Attribute reads: of modules, classes, objects and arrays; and methods about to be called."""

from __future__ import annotations

import copy
import enum
import types
from typing import Any as Anything

import gast
import numpy as np

from s2s_ad.frontend.arguments import look_into_items
from s2s_ad.frontend.bindings import (
    Bound,
    Cell,
    Derived,
    Method,
    Object,
    describe,
    is_plain,
    is_structure,
)
from s2s_ad.frontend.context import Frame, certain, evaluate, expression, refuse
from s2s_ad.frontend.foreign import is_foreign_type, owns_methods
from s2s_ad.frontend.guards import Is, Looks, check_array, holds_data, look, outside_type
from s2s_ad.frontend.names import is_method, outside, resolves
from s2s_ad.frontend.objects import Super, find, get, get_from_super, is_object
from s2s_ad.frontend.statics import CONTAINERS, dtype_of, rank_of
from s2s_ad.ir.build import emit
from s2s_ad.ir.core import Op, Value
from s2s_ad.ir.types import Any, Num, Opaque
from s2s_ad.ops.methods import ATTRIBUTES, METHODS
from s2s_ad.ops.structure import Outside

MODES = ("grad", "value_and_grad", "jvp", "vjp")


@expression(gast.Attribute)
def attribute(frame: Frame, node: Anything) -> Anything:
    return get_attribute(frame, evaluate(frame, node.value), node.attr, frame.source.text(node))


def get_attribute(frame: Frame, x: Anything, name: str, shown: str) -> Anything:
    """`x.name`."""
    if type(x) is Value:
        return _of_value(frame, x, name)
    if isinstance(x, Object):
        return _of_object(frame, x, name)
    if isinstance(x, types.ModuleType):
        return _of_module(frame, x, name, shown)
    if getattr(x, "__s2s_ad__", False) is True and name in MODES:
        return Derived(x, name, getattr(x, "wrt", 0))
    if isinstance(x, Bound) and name in MODES:
        return Derived(x, name, x.wrt)
    if is_object(x):
        return get(frame, x, name)
    if isinstance(x, Super):
        return get_from_super(frame, x, name)
    if isinstance(x, enum.Enum) and name in ("name", "value"):
        return getattr(x, name)
    if isinstance(x, Cell):
        if not hasattr(CONTAINERS[x.kind], name):
            refuse(f"a {x.kind} has no attribute {name!r}", f"see dir({x.kind})")
        return Method(name, x)
    if is_structure(x) or isinstance(x, str):
        if name in fields_of(x):
            return x[fields_of(x).index(name)]
        if not hasattr(x, name):
            kind = type(x).__name__
            refuse(f"a {kind} has no attribute {name!r}", f"see dir({kind})")
        return Method(name, x)
    if is_plain(x) and (name in ATTRIBUTES or name in METHODS):
        if isinstance(x, np.dtype):
            return getattr(x, name)
        return ATTRIBUTES[name](x) if name in ATTRIBUTES else Method(name, x)
    if isinstance(x, type):
        return _of_class(frame, x, name)
    if isinstance(x, (np.dtype, np.ufunc, types.FunctionType)):
        found = getattr(x, name, None)
        if isinstance(found, (str, type, np.dtype, int, types.BuiltinFunctionType)):
            return found
    if x is None:
        certain(frame, AttributeError, f"'NoneType' object has no attribute {name!r}")
    refuse(
        f"the attribute {name!r} of {describe(x)} is not supported here",
        "read it outside the function, and pass it as an argument",
    )


def fields_of(x: Anything) -> tuple[str, ...]:
    """The names of the items of a tuple that is all the results of one operation."""
    owner = x[0].owner if type(x) is tuple and x and type(x[0]) is Value else None
    if not isinstance(owner, Op) or len(owner.results) != len(x):
        return ()
    same = all(a is b for a, b in zip(x, owner.results))
    return owner.prim.fields if same else ()


def _of_module(frame: Frame, x: types.ModuleType, name: str, shown: str) -> Anything:
    if not hasattr(x, name):
        refuse(
            f"the module {x.__name__} has no attribute {name!r}",
            "it would raise AttributeError here",
        )
    found = getattr(x, name)
    if name not in x.__dict__:  # a lazy attribute (PEP 562)
        return found
    return outside(frame, found, Outside(name, x.__name__, x.__dict__), shown)


def _of_class(frame: Frame, x: type, name: str) -> Anything:
    static = find(frame, x, name)
    if isinstance(static, classmethod):
        return Bound(static.__func__, x)
    found = getattr(x, name, None)
    if isinstance(found, (types.FunctionType, types.BuiltinFunctionType, type, str, enum.Enum)):
        return found
    if x is object and name == "__setattr__":
        return found
    if holds_data(found) and not isinstance(found, np.ndarray) and found is not None:
        return copy.deepcopy(found)
    if isinstance(found, types.MethodDescriptorType):
        return found
    if holds_data(found) and found is not None:
        refuse("data of a class is not supported", "use a global of the module")
    refuse(
        f"the attribute {name!r} of a class is not supported",
        "make it a global of the module, or an attribute of the object",
    )


def _of_object(frame: Frame, x: Object, name: str) -> Anything:
    """An attribute of an object that is known while lowering: what it is now decides what it
    is, and a guard asks again."""
    getter = getattr(type(x.object), name, None)
    if isinstance(getter, property) and isinstance(getter.fget, types.FunctionType):
        from s2s_ad.frontend.inline import call_function

        return call_function(frame, getter.fget, [x], {}, getter)
    try:
        found = getattr(x.object, name)
    except AttributeError:
        refuse(f"{x.name} has no attribute {name!r}", "set it before the function is called")
    check_array(found, f"{x.name}.{name}")
    again = x.again
    guards = frame.lowering.guards

    def find(arguments: tuple[Anything, ...]) -> Anything:
        return getattr(again(arguments), name)

    key = ("attribute", x.name, id(x.object), name)
    if holds_data(found):
        if key in frame.lowering.frozen:
            return frame.lowering.frozen[key]
        guards.setdefault(key, Looks(find, look(found)))
        value = emit("getattr", x.value(), name=name, type=outside_type(found, f"{x.name}.{name}"))
        frame.lowering.origins[value] = (key, find, found)
        return value
    if owns_methods(x, found):
        guards.setdefault(key, Is(lambda arguments: type(again(arguments)), type(x.object)))
        return Method(name, x)
    if is_method(found) and found.__self__ is x.object:
        function = found.__func__
        guards.setdefault(key, Is(lambda arguments: find(arguments).__func__, function))
        return Bound(function, x, getattr(found, "wrt", 0))
    if resolves(found):
        guards.setdefault(key, Is(find, found))
        return found
    guards.setdefault(key, Looks(find, look(found)))
    return Object(
        found,
        lambda: emit("getattr", x.value(), name=name, type=Opaque(type(found).__name__)),
        find,
        f"{x.name}.{name}",
        x.argument,
    )


def _of_value(frame: Frame, x: Value, name: str) -> Anything:
    if isinstance(x.owner, Op) and name in x.owner.prim.fields:
        refuse("a field of a named result that was unpacked", "use the unpacked name")
    t = x.type
    if isinstance(t, Opaque) and t.what == "exception":
        refuse(
            f"the attribute {name!r} of an exception that an operation may have raised as well",
            "assign what the handler needs to a name, or raise a class that the handler of the "
            "operation does not catch",
        )
    if isinstance(t, Opaque) and t.what != "object":
        if is_foreign_type(t):
            return Method(name, x)
        look_into_items(frame.lowering, x)
        return _attribute_of(x, name)
    if name == "ndim" and rank_of(x) is not None:
        return rank_of(x)
    if name == "dtype" and dtype_of(x) is not None:
        return dtype_of(x)
    if name in ATTRIBUTES:
        return ATTRIBUTES[name](x)
    if name in METHODS:
        return Method(name, x)
    if isinstance(t, (Any, Opaque)):
        return _attribute_of(x, name)
    if is_structure(_example(t)):
        return Method(name, x)
    refuse(
        f"the attribute {name!r} of an array is not supported",
        f"supported are {', '.join(sorted([*ATTRIBUTES, *METHODS]))}",
    )


def _attribute_of(x: Value, name: str) -> Anything:
    return emit("getattr", x, name=name)


def _example(t: Anything) -> Anything:
    """An empty container of the kind of a type."""
    kind = getattr(t, "kind", "")
    return {"tuple": (), "list": [], "dict": {}}.get(kind) if not isinstance(t, Num) else None
