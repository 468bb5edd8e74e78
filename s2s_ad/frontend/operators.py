"""Operators of the user's classes: `__add__`, `__rmul__`, `__eq__`, `__neg__`, ..."""

from __future__ import annotations

import dataclasses
import operator
from typing import Any as Anything

from s2s_ad.frontend.bindings import Cell, Object
from s2s_ad.frontend.context import Frame, refuse
from s2s_ad.frontend.objects import MISSING, call, find, is_object, is_record, presence
from s2s_ad.ir.core import Value

BINARY = {
    operator.add: "add", operator.sub: "sub", operator.mul: "mul", operator.truediv: "truediv",
    operator.floordiv: "floordiv", operator.mod: "mod", operator.pow: "pow",
    operator.matmul: "matmul", operator.and_: "and", operator.or_: "or", operator.xor: "xor",
    operator.lshift: "lshift", operator.rshift: "rshift",
}  # fmt: skip
COMPARED = {
    operator.lt: ("__lt__", "__gt__"), operator.le: ("__le__", "__ge__"),
    operator.gt: ("__gt__", "__lt__"), operator.ge: ("__ge__", "__le__"),
    operator.eq: ("__eq__", "__eq__"), operator.ne: ("__ne__", "__ne__"),
}  # fmt: skip
UNARY = {operator.neg: "__neg__", operator.pos: "__pos__", operator.invert: "__invert__"}


def binary(frame: Frame, function: Anything, a: Anything, b: Anything) -> Anything:
    """The result of an operator where an operand is an object; MISSING where none is."""
    if not (has_operators(a) or has_operators(b)):
        return MISSING
    if function in (operator.eq, operator.ne):
        if any(presence(frame, x) is not True for x in (a, b)):
            refuse("an object that may be None is compared", "test `is None` first, in a branch")
    name = BINARY.get(function)
    names = (f"__{name}__", f"__r{name}__") if name else COMPARED[function]
    sides = [(a, b, names[0]), (b, a, names[1])]
    for x, y, own in reversed(sides) if overrides(frame, b, a, names[1]) else sides:
        out = call(frame, x, own, y) if has_operators(x) else MISSING
        if out is MISSING and function is operator.ne and has_operators(x):
            out = call(frame, x, "__eq__", y)  # the __ne__ of object
            if out is not MISSING and out is not NotImplemented:
                from s2s_ad.frontend.conditions import negation

                return negation(frame, out)
        if out is not MISSING and out is not NotImplemented:
            return out
    if function in (operator.eq, operator.ne) and is_object(a) and is_object(b):
        return _equal(frame, function, a, b)
    shown = " and ".join(getattr(x, "shown", "a number or array") for x in (a, b))
    refuse(
        f"this operator is not defined for {shown}",
        f"define {names[0]} or {names[1]} in the class",
    )


def overrides(frame: Frame, x: Anything, other: Anything, name: str) -> bool:
    """Whether the class of x derives from the other's, and has a reflected operator of its own:
    Python asks it first."""
    classes = [i.kind if is_object(i) else type(getattr(i, "object", None)) for i in (x, other)]
    derived = classes[0] is not classes[1] and issubclass(classes[0], classes[1])
    return derived and find(frame, classes[0], name) is not find(frame, classes[1], name)


def _equal(frame: Frame, function: Anything, a: Cell, b: Cell) -> Anything:
    """`==` of dataclasses and named tuples, whose methods Python makes."""
    if a is b:
        return function is operator.eq
    if dataclasses.is_dataclass(a.kind) or is_record(a.kind):
        refuse("objects are compared", "compare their attributes")
    if a.given and b.given or any(x.sources or type(x.initial) is Value for x in (a, b)):
        refuse(
            "whether two names mean one object is not known here",
            "compare a number that tells them apart, an index or a key",
        )
    return function is operator.ne


def has_operators(x: Anything) -> bool:
    """Whether operators on a binding are methods of its class."""
    return is_object(x) or isinstance(x, Object)


def unary(frame: Frame, function: Anything, x: Anything) -> Anything:
    """The result of a unary operator on an object; MISSING where it is none."""
    if not has_operators(x):
        return MISSING
    out = call(frame, x, UNARY[function])
    if out is MISSING:
        refuse(f"this operator is not defined for {x.shown}", f"define {UNARY[function]}")
    return out
