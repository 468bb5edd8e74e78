"""Calls: what is called decides. Python functions are inlined, primitives write an operation."""

from __future__ import annotations

import dataclasses
import inspect
import types
from typing import Any as Anything

import gast
import numpy as np

from s2s_ad.errors import UnsupportedError
from s2s_ad.frontend import containers
from s2s_ad.frontend import copying as copying
from s2s_ad.frontend import inspection as inspection  # enters what it knows in PYTHON
from s2s_ad.frontend import iterators as iterators  # ... and so does this
from s2s_ad.frontend.bindings import (
    Bound,
    Cell,
    Closure,
    Conflict,
    Derived,
    Method,
    Object,
    Partial,
    Pullback,
    describe,
    is_plain,
    is_structure,
)
from s2s_ad.frontend.closures import unwrapped
from s2s_ad.frontend.construction import construct, makes_objects, replaced
from s2s_ad.frontend.context import (
    Frame,
    evaluate,
    expression,
    operand,
    operate,
    refuse,
    refuse_conflict,
)
from s2s_ad.frontend.custom import call_custom
from s2s_ad.frontend.exceptions import make
from s2s_ad.frontend.foreign import acts, call_foreign, call_outside, call_value, is_foreign
from s2s_ad.frontend.holding import opened
from s2s_ad.frontend.inline import call_function
from s2s_ad.frontend.objects import Builtin, is_object, method_of, super_of
from s2s_ad.frontend.python import PYTHON, Again
from s2s_ad.frontend.setting import put
from s2s_ad.frontend.stores import WRITING_FUNCTIONS, WRITING_METHODS, write_out
from s2s_ad.frontend.transforms import call_derived, call_pullback, make_derived
from s2s_ad.frontend.unpacking import spread, starred
from s2s_ad.ir.core import Value
from s2s_ad.ir.primitive import TABLE
from s2s_ad.ir.types import Any, ListOf, Opaque, Seq
from s2s_ad.ops.custom import registration
from s2s_ad.ops.methods import METHODS

# Functions without a rule that write into what they are given.
WRITERS = (
    "ufunc.at", "copyto", "put", "place", "putmask", "put_along_axis", "fill_diagonal",
    "setitem", "delitem", "iadd", "isub", "imul", "itruediv", "ifloordiv",
    "imod", "ipow", "imatmul", "iand", "ior", "ixor", "ilshift", "irshift", "iconcat",
)  # fmt: skip


@expression(gast.Call)
def call(frame: Frame, node: Anything) -> Anything:
    callee = evaluate(frame, node.func)
    args, kwargs = arguments(frame, node)
    return call_binding(frame, callee, spread(frame, callee, args, kwargs), kwargs, node)


def arguments(frame: Frame, node: Anything) -> tuple[list[Anything], dict[str, Anything]]:
    """The arguments of a call, as they are written."""
    args: list[Anything] = []
    for a in node.args:
        if isinstance(a, gast.Starred):
            args.extend(starred(frame, a))
        else:
            args.append(evaluate(frame, a))
    kwargs: dict[str, Anything] = {}
    for k in node.keywords:
        x = evaluate(frame, k.value)
        if k.arg is not None:
            kwargs[k.arg] = x
            continue
        found = opened(frame, x)
        if type(found) is not dict or not all(isinstance(key, str) for key in found):
            refuse("a starred keyword argument needs a dict of known keys", "write them out")
        kwargs.update(found)
    return args, kwargs


def call_binding(
    frame: Frame,
    callee: Anything,
    args: list[Anything],
    kwargs: dict[str, Anything],
    site: Anything,
) -> Anything:
    """Call whatever a binding denotes."""
    if isinstance(callee, Conflict):
        refuse_conflict(callee)
    if isinstance(callee, Method):
        return call_method(frame, callee, args, kwargs)
    if isinstance(callee, Closure):
        return call_function(frame, callee, args, kwargs, site)
    if isinstance(callee, Bound):
        return call_binding(frame, callee.function, [callee.first, *args], kwargs, site)
    if isinstance(callee, Partial):
        given = {**callee.kwargs, **kwargs}
        return call_binding(frame, callee.function, [*callee.args, *args], given, site)
    if isinstance(callee, Derived):
        return call_derived(frame, callee, args, kwargs, site)
    if isinstance(callee, Pullback):
        return call_pullback(frame, callee, args, kwargs)
    if isinstance(callee, Object):
        method = inspect.getattr_static(type(callee.object), "__call__", None)
        if isinstance(method, types.FunctionType):
            return call_function(frame, method, [callee, *args], kwargs, site)
        refuse(f"{callee.name} cannot be called here", "call a function")
    if isinstance(callee, Builtin):
        return callee.call(args, kwargs)
    if is_object(callee):
        bound = method_of(frame, callee, "__call__")
        if bound is None:
            refuse(f"{describe(callee)} is called", "define __call__ in its class")
        return call_function(frame, bound.function, [callee, *args], kwargs, site)
    if callee is object.__setattr__ and len(args) == 3 and isinstance(args[1], str):
        put(frame, args[0], args[1], args[2], by_force=True)
        return None
    if callee is dataclasses.replace:
        return replaced(frame, args[0], kwargs, site)
    if callee is super:
        return super_of(frame, tuple(args))
    if type(callee) is Value and isinstance(callee.type, (Any, Opaque)):
        return call_value(frame, callee, args, kwargs)
    if type(callee) in (Value, Cell) or is_structure(callee) or is_plain(callee):
        refuse(f"{describe(callee)} is called", "give the function itself, not as data")
    if getattr(callee, "__s2s_transform__", None) is not None:
        return make_derived(frame, callee.__s2s_transform__, args, kwargs, site)
    while getattr(callee, "__s2s_ad__", False) is True:
        callee = callee.__wrapped__
    if registration(callee) is None:
        callee = unwrapped(callee)
    ruled = registration(callee)
    if ruled is not None:
        return call_custom(frame, callee, ruled, args, kwargs)
    try:
        hash(callee)
    except TypeError:
        refuse(f"{describe(callee)} cannot be called here", "write a function, and call that")
    if callee in WRITING_FUNCTIONS:
        WRITING_FUNCTIONS[callee](frame, *args, **kwargs)
        return None
    if "out" in kwargs and callee in TABLE:
        return write_out(frame, callee, args, kwargs)
    handler = PYTHON.get(callee)
    if handler is not None:
        return _python(frame, callee, handler, args, kwargs)
    if callee in TABLE:
        return operate(frame, callee, *args, **kwargs)
    if isinstance(callee, type) and issubclass(callee, np.generic):
        if len(args) == 1 and is_plain(args[0]) and not kwargs:
            return callee(args[0])
        refuse(
            f"np.{callee.__name__}(...) of a run-time value is not supported",
            "use float(x), or x.astype(...) for an array",
        )
    if isinstance(callee, type) and issubclass(callee, BaseException):
        return make(frame, callee, args, kwargs, site)
    if str(getattr(callee, "__module__", "")).partition(".")[0] == "numpy" or acts(callee):
        return unknown(frame, callee, args, kwargs)
    if isinstance(callee, types.FunctionType):
        return call_function(frame, callee, args, kwargs, site)
    if makes_objects(callee):
        return construct(frame, callee, args, kwargs, site)
    return unknown(frame, callee, args, kwargs)


def unknown(
    frame: Frame, callee: Anything, args: list[Anything], kwargs: dict[str, Anything]
) -> Anything:
    """A function that has neither a rule nor Python source is called as it is; whether active
    values reach it is known later. One that certainly changes what it gets is refused."""
    name = getattr(callee, "__qualname__", None) or getattr(callee, "__name__", repr(callee))
    module = getattr(callee, "__module__", None)
    if isinstance(callee, np.ufunc):
        module = "numpy"
    shown = f"{module}.{name}" if module and module != "builtins" else name
    if hasattr(callee, "__wrapped__") and not str(module).startswith("numpy"):
        refuse(
            f"{shown} is wrapped by a decorator, which the derivative would not run",
            "call the function itself: remove the decorator, or use its `__wrapped__`",
        )
    if name in WRITERS:
        refuse(
            f"{shown} changes its argument in place, which is not supported yet",
            "build a new object: np.where, np.concatenate, np.stack, or xs = xs + [x]",
        )
    return call_outside(frame, callee, args, kwargs)


def _python(
    frame: Frame, callee: Anything, handler: Anything, args: list[Anything], kwargs: Anything
) -> Anything:
    try:
        out = handler(frame, *args, **kwargs)
    except TypeError as error:
        if error.__traceback__ is None or error.__traceback__.tb_next is not None:
            raise
        raise UnsupportedError(
            f"these arguments of {callee.__name__} are not supported",
            "give the usual ones by position",
        ) from None
    if out is NotImplemented:
        return operate(frame, callee, *args, **kwargs)
    if isinstance(out, Again):
        return operate(frame, callee, *out.args, **out.kwargs)
    return out


def call_method(
    frame: Frame, method: Method, args: list[Anything], kwargs: dict[str, Anything]
) -> Anything:
    """A method of an array, a container or a string."""
    name, x = method.name, method.receiver
    if is_foreign(x):
        return call_foreign(frame, method, args, kwargs)
    if isinstance(x, Cell) or is_structure(x) or _is_container(x):
        return containers.call_method(frame, name, x, args, kwargs)
    if isinstance(x, str):
        if all(is_plain(a) for a in (*args, *kwargs.values())):
            return getattr(x, name)(*args, **kwargs)
        refuse("a method of a string with run-time arguments is not supported", "use an f-string")
    if name in WRITING_METHODS and type(x) is Value:
        WRITING_METHODS[name](frame, x, *args, **kwargs)
        return None
    shown = [operand(frame, a) for a in args]
    named = {k: operand(frame, a) for k, a in kwargs.items()}
    return METHODS[name](operand(frame, x), *shown, **named)


def _is_container(x: Anything) -> bool:
    return type(x) is Value and isinstance(x.type, (Seq, ListOf))
