"""Questions about types, attributes and dtypes: answered while lowering, or refused."""

from __future__ import annotations

import collections
from typing import Any as Anything

import numpy as np

from s2s_ad.frontend import prelude
from s2s_ad.frontend.bindings import Bound, Closure, Conflict, Object, Partial, is_number
from s2s_ad.frontend.conditions import negation
from s2s_ad.frontend.context import Frame, refuse
from s2s_ad.frontend.matching import WHOLE, positional
from s2s_ad.frontend.objects import MISSING, attributes_of, find, is_missing, is_object, presence
from s2s_ad.frontend.python import python
from s2s_ad.frontend.setting import delete, put
from s2s_ad.frontend.statics import PROMOTED, is_instance, python_class, rank_of
from s2s_ad.ir.build import emit
from s2s_ad.ir.core import UNDEFINED, Value
from s2s_ad.ir.types import Opaque


@python(isinstance)
def _isinstance(frame: Frame, x: Anything, classes: Anything) -> Anything:
    flat = classes if isinstance(classes, tuple) else (classes,)
    if not all(isinstance(c, type) for c in flat):
        refuse("the classes of isinstance must be known", "name the class")
    flat = tuple(prelude.deque if c is collections.deque else c for c in flat)
    there, found = presence(frame, x), is_instance(frame, x, flat)
    if there is True or found is any(issubclass(type(None), c) for c in flat):
        return found
    return there if found else negation(frame, there)


@python(type)
def _type(frame: Frame, x: Anything) -> Anything:
    if presence(frame, x) is not True:
        refuse("type() of an object that may be None", "test `is None`, or write isinstance")
    known = python_class(x)
    if type(x) is Value and x.type == Opaque("exception"):
        return emit("getattr", x, name="__class__", type=Opaque("class"))
    if known is prelude.deque:
        return collections.deque
    if known is None:
        refuse(
            "type() needs the type, which is not known here",
            "give types: annotate the parameters, or pass example arguments",
        )
    if known in PROMOTED and frame.lowering.promoted:
        refuse(
            "type() of a float, where an argument that is an int is taken as one",
            "leave the int out of wrt, or pass a float",
        )
    return known


@python(callable)
def _callable(frame: Frame, x: Anything) -> Anything:
    if isinstance(x, Object):
        return callable(x.object)
    if isinstance(x, (Closure, Bound, Partial)):
        return True
    return False if type(x) is Value else callable(x)


@python(prelude.unknown_traceback)
def _traceback(frame: Frame) -> Anything:
    return Conflict("the traceback of an exception is read", "use the exception only")


@python(hasattr)
def _hasattr(frame: Frame, x: Anything, name: Anything) -> Anything:
    known = python_class(x) if type(x) is Value else None
    if known is not None:
        return hasattr(known, name)
    if isinstance(x, Object):
        return hasattr(x.object, name)
    if is_object(x) and presence(frame, x) is True:
        held = attributes_of(frame, x).get(name, MISSING)
        if (x, name) in frame.lowering.unsure:
            refuse("hasattr of an attribute that a loop sets first", "set it in __init__")
        if held is MISSING:
            return not is_missing(find(frame, x.kind, name))
        if held is not UNDEFINED and not isinstance(held, Conflict):
            return True
    refuse("hasattr needs the type, which is not known here", "give types")


@python(setattr)
def _setattr(frame: Frame, x: Anything, name: Anything, v: Anything) -> Anything:
    if not isinstance(name, str):
        refuse("setattr with a computed name is not supported", "write x.name = v")
    put(frame, x, name, v)
    return None


@python(delattr)
def _delattr(frame: Frame, x: Anything, name: Anything) -> Anything:
    if not isinstance(name, str):
        refuse("delattr with a computed name is not supported", "write del x.name")
    delete(frame, x, name)
    return None


@python(getattr)
def _getattr(frame: Frame, x: Anything, name: Anything, *default: Anything) -> Anything:
    from s2s_ad.frontend.attributes import get_attribute

    if not isinstance(name, str) or default:
        refuse("getattr with a computed name or a default is not supported", "write x.name")
    return get_attribute(frame, x, name, name)


@python(positional)
def _positional(frame: Frame, x: Anything, cls: Anything, index: Anything) -> Anything:
    from s2s_ad.frontend.attributes import get_attribute

    if index == 0 and cls in WHOLE:
        return x
    names = getattr(cls, "__match_args__", ())
    if index >= len(names):
        refuse(f"{cls.__name__} takes no {index + 1} positional patterns", "name the attributes")
    return get_attribute(frame, x, names[index], names[index])


@python(np.ndim)
def _ndim(frame: Frame, x: Anything) -> Anything:
    if type(x) is Value or is_number(x):
        rank = rank_of(x)
        return NotImplemented if rank is None else rank
    return NotImplemented


@python(np.issubdtype)
def _issubdtype(frame: Frame, x: Anything, kind: Anything) -> Anything:
    if any(type(y) is Value for y in (x, kind)):
        refuse("np.issubdtype of a dtype that is not known here", "give types")
    return bool(np.issubdtype(x, kind))
