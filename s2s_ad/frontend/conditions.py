"""Truth, comparisons, short circuits: what is known while lowering is decided there."""

from __future__ import annotations

import enum
import operator
from collections.abc import Callable
from typing import Any as Anything

import gast

from s2s_ad.frontend import objects, operators
from s2s_ad.frontend.bindings import (
    Cell,
    Closure,
    Conflict,
    Object,
    identical,
    is_data,
    is_number,
    is_plain,
    is_structure,
)
from s2s_ad.frontend.branches import choose
from s2s_ad.frontend.context import Frame, certain, evaluate, expression, operand, operate, refuse
from s2s_ad.frontend.holding import holding, opened
from s2s_ad.frontend.statics import compare_sizes
from s2s_ad.ir.build import emit
from s2s_ad.ir.core import Op, Value
from s2s_ad.ir.types import SCALARS, Any, ListOf, Num, Opaque, Seq

COMPARE: dict[type, Callable[..., Anything]] = {
    gast.Lt: operator.lt,
    gast.LtE: operator.le,
    gast.Gt: operator.gt,
    gast.GtE: operator.ge,
    gast.Eq: operator.eq,
    gast.NotEq: operator.ne,
}


def negation(frame: Frame, x: Anything) -> Anything:
    """`not x`."""
    t = truth(frame, x)
    if not isinstance(t, Value):
        return not t
    op = t.owner
    if isinstance(op, Op) and op.prim.name == "not" and is_bool(op.args[0]):
        return op.args[0]
    return operate(frame, operator.not_, t)


def is_bool(x: Anything) -> bool:
    """Whether a value is a bool, not what has a truth."""
    t = x.type if type(x) is Value else None
    return isinstance(t, Num) and t.shape == () and t.dtype is not None and t.dtype.kind == "b"


def truth(frame: Frame, x: Anything) -> bool | Value:
    """Whether a binding is true: a constant, or the value that tells at run time."""
    if isinstance(x, Conflict):
        refuse(x.message, x.advice)
    if objects.is_object(x):
        return _truth_of_object(frame, x)
    x = holding(frame, x)
    if type(x) is Value:
        if isinstance(x.type, Seq):
            return bool(x.type.items)
        if isinstance(x.type, Opaque) and x.type.what == "None":
            return False
        if isinstance(x.type, ListOf):
            n = operate(frame, len, x)
            assert isinstance(n, Value)
            return n
        return x
    if is_structure(x):
        return len(x) > 0
    if isinstance(x, Object):
        return _truth_of_outer(frame, x)
    if is_plain(x):
        return bool(x)
    return True


def _truth_of_outer(frame: Frame, x: Object) -> bool | Value:
    """The truth of an object that lives outside the function."""
    inside = opened(frame, x)
    if is_structure(inside):
        return len(inside) > 0
    for name in ("__bool__", "__len__"):
        found = objects.call(frame, x, name)
        if found is not objects.MISSING:
            return truth(frame, found)
        if hasattr(x.object, name):
            refuse("the truth of an object is not supported", "compare one of its attributes")
    return True


def _truth_of_object(frame: Frame, x: Cell) -> bool | Value:
    def of_methods() -> bool | Value:
        for name in ("__bool__", "__len__"):
            found = objects.call(frame, x, name)
            if found is not objects.MISSING:
                return truth(frame, found)
        return True

    there = objects.presence(frame, x)
    if type(there) is not Value:
        return of_methods() if there else False
    if not any(hasattr(x.kind, name) for name in ("__bool__", "__len__")):
        return there
    chosen: bool | Value = choose(frame, there, of_methods, lambda: False)
    return chosen


# Comparison -----------------------------------------------------------------------------------


@expression(gast.Compare)
def comparison(frame: Frame, node: Anything) -> Anything:
    """A chain `a < b < c`: each operand is evaluated once, later ones only while it holds."""

    def chain(left: Anything, k: int) -> Anything:
        right = evaluate(frame, node.comparators[k])
        holds = compare(frame, node.ops[k], left, right)
        if k == len(node.ops) - 1:
            return holds
        test = truth(frame, holds)
        if not isinstance(test, Value):
            return chain(right, k + 1) if test else holds
        return choose(frame, test, lambda: chain(right, k + 1), lambda: holds)

    return chain(evaluate(frame, node.left), 0)


def compare(frame: Frame, op: Anything, a: Anything, b: Anything) -> Anything:
    if any(type(x) is Value and x.type == Opaque("class") for x in (a, b)):
        if None not in (a, b) or not isinstance(op, (gast.Is, gast.IsNot)):
            refuse(
                "the class of an exception that an operation may have raised is compared",
                "catch it with try, or compare with None",
            )
    if isinstance(op, (gast.Is, gast.IsNot)):
        same = identity(frame, a, b)
        if isinstance(same, Value):
            if isinstance(op, gast.Is):
                return same
            apart = objects.is_object(a) or objects.is_object(b)
            return negation(frame, same) if apart else operate(frame, operator.is_not, a, b)
        return same == isinstance(op, gast.Is)
    if isinstance(op, (gast.In, gast.NotIn)):
        found = membership(frame, a, b)
        return found if isinstance(op, gast.In) else negation(frame, found)
    function = COMPARE[type(op)]
    found = operators.binary(frame, function, a, b)
    if found is not objects.MISSING:
        return found
    a, b = holding(frame, a), holding(frame, b)
    known = compare_sizes(function, a, b)
    if known is not None:
        return known
    if _constant(a) and _constant(b):
        try:
            return function(a, b)
        except TypeError as error:
            certain(frame, TypeError, str(error))
            refuse(str(error), "compare numbers")
    if is_structure(a) and is_structure(b) and function in (operator.eq, operator.ne):
        a, b = opened(frame, a), opened(frame, b)
        if type(a) is not type(b) or len(a) != len(b):
            return function is operator.ne
    if _constant(a) != _constant(b) and function in (operator.eq, operator.ne):
        other = b if _constant(a) else a
        constant = a if _constant(a) else b
        if _never_equal(constant, other):
            return function is operator.ne
    return operate(frame, function, a, b)


def _constant(x: Anything) -> bool:
    """A constant that can be compared while lowering."""
    if is_structure(x):
        return all(map(_constant, x.values() if type(x) is dict else x))
    return is_plain(x) or isinstance(x, (type, enum.Enum)) or (callable(x) and not _lowered(x))


def _lowered(x: Anything) -> bool:
    return type(x) is Value or isinstance(x, (Cell, Closure, Object)) or is_data(x)


def _never_equal(constant: Anything, x: Anything) -> bool:
    """Whether a string or None is compared with a number."""
    if not isinstance(constant, (str, type(None))) or type(x) is not Value:
        return False
    return isinstance(x.type, Num) and x.type.kind in SCALARS


def identity(frame: Frame, a: Anything, b: Anything) -> Anything:
    """`a is b`, decided while lowering where one of them is no number."""
    for x, y in ((a, b), (b, a)):
        if objects.is_object(x) and y is None:
            return negation(frame, objects.presence(frame, x))
    for x, y in ((a, b), (b, a)):
        if type(x) is Value and (isinstance(x.type, Any) or getattr(x.type, "kind", "") == "any"):
            if is_plain(y):
                return operate(frame, operator.is_, a, b)
            if not isinstance(y, Value):
                return False
    if type(a) is Value and type(b) is Value:
        if a is b:
            return True
        return operate(frame, operator.is_, a, b)
    if type(a) is Value or type(b) is Value:
        value, other = (a, b) if type(a) is Value else (b, a)
        if isinstance(value.type, Opaque) and is_plain(other):
            if value.type.what == "None":
                return other is None
            if other is None:
                return False
        if is_number(other):
            refuse("`is` with a number is not supported", "write ==")
        return False
    if isinstance(a, Cell) and isinstance(b, Cell) and a is not b:
        given = a.given and b.given  # the caller's
        if given or any(x.sources or type(x.initial) is Value for x in (a, b)):
            refuse(
                "whether two names mean one object is not known here",
                "compare a number that tells them apart, an index or a key",
            )
        return False
    if isinstance(a, Object) or isinstance(b, Object):
        if any(isinstance(x, Cell) and (x.given or x.sources) for x in (a, b)):
            refuse(
                "whether two names mean one object is not known here",
                "compare a number that tells them apart, an index or a key",
            )
        found = [x.object if isinstance(x, Object) else x for x in (a, b)]
        return found[0] is found[1]
    if is_number(a) and is_number(b):
        return type(a) is type(b) and identical(a, b)
    return a is b


def membership(frame: Frame, a: Anything, b: Anything) -> Anything:
    """`a in b`."""
    found = objects.call(frame, b, "__contains__", a)
    if found is not objects.MISSING:
        return found
    from s2s_ad.frontend.iteration import View

    b = tuple(b.now(frame)) if isinstance(b, View) else opened(frame, b)
    if type(b) is dict:
        b = tuple(b)
    if _constant(a) and _constant(b):
        return a in b
    return emit("in", operand(frame, a), operand(frame, b))


def holds(frame: Frame, node: Anything) -> bool | Value:
    """Whether an expression is true, where nothing but that is asked."""
    if not isinstance(node, gast.BoolOp):
        return truth(frame, evaluate(frame, node))
    conjunction = isinstance(node.op, gast.And)

    def chain(k: int) -> Anything:
        test = holds(frame, node.values[k])
        if k == len(node.values) - 1:
            return test
        if not isinstance(test, Value):
            return chain(k + 1) if test == conjunction else test
        if conjunction:
            return choose(frame, test, lambda: chain(k + 1), lambda: test)
        return choose(frame, test, lambda: test, lambda: chain(k + 1))

    return truth(frame, chain(0))


# Short circuits -------------------------------------------------------------------------------


@expression(gast.BoolOp)
def boolean(frame: Frame, node: Anything) -> Anything:
    """`and` and `or` give one of their operands; the rest is evaluated only where needed."""
    conjunction = isinstance(node.op, gast.And)

    def chain(k: int) -> Anything:
        x = evaluate(frame, node.values[k])
        if k == len(node.values) - 1:
            return x
        test = truth(frame, x)
        if not isinstance(test, Value):
            return chain(k + 1) if test == conjunction else x
        if conjunction:
            return choose(frame, test, lambda: chain(k + 1), lambda: x)
        return choose(frame, test, lambda: x, lambda: chain(k + 1))

    return chain(0)


@expression(gast.IfExp)
def conditional(frame: Frame, node: Anything) -> Anything:
    test = holds(frame, node.test)
    if not isinstance(test, Value):
        return evaluate(frame, node.body if test else node.orelse)
    return choose(
        frame, test, lambda: evaluate(frame, node.body), lambda: evaluate(frame, node.orelse)
    )
