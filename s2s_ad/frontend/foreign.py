"""Calls that are not looked into: functions without rule and without source, draws, files, clocks,
logging. They are written as `opaque` operations, ordered among each other and never repeated."""

from __future__ import annotations

import builtins
import sys
import types
from typing import Any as Anything

import numpy as np

from s2s_ad.frontend.bindings import Cell, Method, Object
from s2s_ad.frontend.context import Frame, operand, refuse
from s2s_ad.frontend.draws import (
    ACTING,
    CLASSES,
    FILES,
    OBSERVING,
    OWNERS,
    RESULTS,
    SHUFFLES,
    TELLING,
    TEXTS,
    draw_of,
    draw_type,
    is_generator,
)
from s2s_ad.frontend.returning import has_objects
from s2s_ad.ir.build import cursor, emit
from s2s_ad.ir.core import Op, Value, leaves
from s2s_ad.ir.types import ANY, NONE, POISON, Opaque, Type
from s2s_ad.ops.opaque import OBSERVE, OPAQUE, Reference
from s2s_ad.ops.structure import Outside


def module_of(x: Anything) -> str:
    """The name of the module that a function or class says it is from."""
    owner = getattr(x, "__self__", None)
    if isinstance(x, np.ufunc) and getattr(np, x.__name__, None) is x:
        return "numpy"
    found = getattr(x, "__module__", None)
    if found is None and owner is not None and not isinstance(owner, types.ModuleType):
        found = type(owner).__module__
    return found or ""


def acts(callee: Anything) -> bool:
    """Whether a function is called as it is although it may have source."""
    module = module_of(callee)
    return module in ACTING or module.partition(".")[0] in (*OBSERVING, *ACTING)


def reference(frame: Frame, callee: Anything) -> Reference:
    """How the emitted text names a function."""
    name = getattr(callee, "__name__", "")
    if getattr(builtins, name, None) is callee:
        return Reference(name, callee)
    place = frame.lowering.places.get(id(callee))
    if place is not None and place.module and place.module != frame.source.module:
        return placed(callee, place)  # `time.time`: as the primal says it
    if isinstance(callee, np.ufunc) and getattr(np, name, None) is callee:
        return Reference(f"np.{name}", callee)
    module = module_of(callee)
    qualified = getattr(callee, "__qualname__", name)
    found: Anything = sys.modules.get(module)
    for part in qualified.split("."):
        found = getattr(found, part, None)
    private = module.startswith("_") and place is not None  # `_warnings.warn`
    if found is callee and found is not None and not private:
        first = qualified.partition(".")[0]
        place = Outside(first, module, vars(sys.modules[module]))
        return placed(callee, place, qualified)
    if place is not None:
        return placed(callee, place)
    refuse(
        f"{qualified or callee!r} is called, which the derivative's text cannot name",
        "define it at the top of a module",
    )


def placed(callee: Anything, place: Outside, name: str = "") -> Reference:
    """A function that stands in a module or closure cell."""
    name = name or place.name
    if place.module.partition(".")[0] == "numpy":
        return Reference(f"np{place.module[5:]}.{name}", callee)
    return Reference(f"{place.module}.{name}" if place.module else name, callee, place)


def call_outside(
    frame: Frame, callee: Anything, args: list[Anything], kwargs: dict[str, Anything]
) -> Anything:
    """Call a function as it is: once, where the primal calls it."""
    shown = reference(frame, callee)
    module = module_of(callee).partition(".")[0]
    if module in OBSERVING and shown.name.rpartition(".")[2] in TELLING:
        return observe(frame, shown, args, kwargs)
    owner = getattr(callee, "__self__", None)
    if is_generator(owner):
        return draw(frame, shown, type(owner), callee.__name__, None, args, kwargs)
    found = RESULTS.get(callee)
    if found is None and isinstance(callee, type) and callee in CLASSES:
        found = Opaque(CLASSES[callee])
    if found is not None:
        return write(frame, shown, args, kwargs, found, fresh=True)
    # NumPy's functions do not write into what they get, but where `out` or their purpose says so.
    reads = module == "numpy" and "out" not in kwargs and not isinstance(callee, np.ufunc)
    return write(frame, shown, args, kwargs, ANY, reads=reads)


def is_foreign_type(t: Opaque) -> bool:
    """Whether all that is read of a value of this type are methods, to be called."""
    return t.what in ("str", "file", "Logger") or t.what in OWNERS


def is_foreign(x: Anything) -> bool:
    """Whether a binding is an object whose methods are called as they are."""
    if isinstance(x, Object):
        return True
    return type(x) is Value and isinstance(x.type, Opaque)


def owns_methods(x: Object, found: Anything) -> bool:
    """Whether a method of an object from outside is called as it is."""
    if is_generator(x.object):
        return True
    if type(x.object).__module__.partition(".")[0] in (*OBSERVING, *ACTING):
        return callable(found)
    routine = isinstance(found, (types.BuiltinMethodType, types.MethodWrapperType))
    return routine and getattr(found, "__self__", None) is x.object


def call_foreign(
    frame: Frame, method: Method, args: list[Anything], kwargs: dict[str, Anything]
) -> Anything:
    """A method of an object that is no data: a generator, a file, a logger, a string."""
    name, x = method.name, method.receiver
    receiver = x.value() if isinstance(x, Object) else operand(frame, x)
    shown = Reference(name)
    if isinstance(x, Object):
        cls: Anything = type(x.object)
        if cls.__module__.partition(".")[0] in OBSERVING and name in TELLING:
            return observe(frame, shown, [receiver, *args], kwargs)
    else:
        cls = OWNERS.get(receiver.type.what if isinstance(receiver.type, Opaque) else "")
    if cls is not None and any(issubclass(cls, g) for g in OWNERS.values()):
        return draw(frame, shown, cls, name, receiver, args, kwargs)
    what = receiver.type.what if isinstance(receiver.type, Opaque) else ""
    if what == "Logger" and name in TELLING:
        return observe(frame, shown, [receiver, *args], kwargs)
    known: dict[str, Type] = {"file": FILES, "str": TEXTS}.get(what, {})
    if name in known:
        return write(frame, shown, [receiver, *args], kwargs, known[name], fresh=True)
    return write(frame, shown, [receiver, *args], kwargs, ANY)


def call_value(
    frame: Frame, callee: Value, args: list[Anything], kwargs: dict[str, Anything]
) -> Anything:
    """`x.name(...)` where nothing is known of x: a method call."""
    op, block = callee.owner, cursor().block
    if not isinstance(op, Op) or op.prim.name != "getattr" or op not in block.ops:
        refuse("a number or array is called", "give the function itself, not as data")
    block.ops.remove(op)
    receiver = op.args[0]
    return write(frame, Reference(op.kwargs["name"]), [receiver, *args], kwargs, ANY)


def draw(
    frame: Frame,
    shown: Reference,
    owner: type,
    name: str,
    receiver: Value | None,
    args: list[Anything],
    kwargs: dict[str, Anything],
) -> Anything:
    """A random draw, or another method of a generator."""
    if name in SHUFFLES:
        refuse(
            f"{name} changes its argument in place",
            "draw the order and index with it: x[rng.permutation(len(x))]",
        )
    if "out" in kwargs:
        refuse("a draw into an array that is given (out)", "assign the result: x[:] = ...")
    operands = [operand(frame, a) for a in args]
    keywords = {k: operand(frame, a) for k, a in kwargs.items()}
    found = draw_type(owner, name, operands, keywords)
    if found is None:
        refuse(
            f"a {owner.__name__} has no method {name!r} whose result is known",
            "draw outside the function, and pass the numbers as an argument",
        )
    lead = [] if receiver is None else [receiver]
    said = name if receiver is None else f"{receiver.hint or 'rng'}.{name}"
    about = draw_of(name, shown.name if receiver is None else said)
    return write(frame, shown, [*lead, *operands], keywords, found, fresh=True, draw=about)


def observe(
    frame: Frame, shown: Reference, args: list[Anything], kwargs: dict[str, Anything]
) -> Anything:
    """A call that only looks: logging, warnings, print."""
    operands = [handed(frame, a, shown.name) for a in args]
    keywords = [handed(frame, a, shown.name) for a in kwargs.values()]
    emit(OBSERVE, [*operands, *keywords], callee=shown, **_named(kwargs))
    return None


def handed(frame: Frame, x: Anything, name: str, changes: bool = False) -> Anything:
    """An argument of such a call. Objects and lists that the function made exist while lowering
    only: what becomes of them elsewhere would not be seen."""
    if has_objects(frame, x):
        refuse(f"{name} gets an object that is made here", "pass its attributes")
    if changes and isinstance(x, Cell) and x.name:
        refuse(
            f"{name} may change {x.name}: nothing is known of a function without source",
            f"give it a copy: {x.kind}({x.name})",
        )
    return operand(frame, x)


def write(
    frame: Frame,
    shown: Reference,
    args: list[Anything],
    kwargs: dict[str, Anything],
    found: Type,
    **facts: Anything,
) -> Anything:
    """Write the operation; its result as a binding."""
    changes = not (facts.get("fresh") or facts.get("reads"))
    operands = [handed(frame, a, shown.name, changes) for a in args]
    keywords = [handed(frame, a, shown.name, changes) for a in kwargs.values()]
    facts = {k: v for k, v in facts.items() if v}
    if any(v.type == POISON for v in leaves(operands + keywords)):
        refuse("a call with what was refused", "see there")
    out = emit(OPAQUE, [*operands, *keywords], callee=shown, **_named(kwargs), type=found, **facts)
    return None if found == NONE else out


def _named(kwargs: dict[str, Anything]) -> dict[str, Anything]:
    return {"names": tuple(kwargs)} if kwargs else {}
