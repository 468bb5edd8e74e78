"""Operators, comparisons, conditional expressions, literals, f-strings."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any as Anything

import gast

from s2s_ad.frontend.bindings import (
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
from s2s_ad.frontend.context import Frame, evaluate, expression, opened, operand, operate, refuse
from s2s_ad.frontend.statics import compare_sizes
from s2s_ad.ir.build import emit
from s2s_ad.ir.core import Value
from s2s_ad.ir.types import ANY, Any, ListOf, Num, Opaque, Seq

BINARY: dict[type, Callable[..., Anything]] = {
    gast.Add: operator.add,
    gast.Sub: operator.sub,
    gast.Mult: operator.mul,
    gast.Div: operator.truediv,
    gast.FloorDiv: operator.floordiv,
    gast.Mod: operator.mod,
    gast.Pow: operator.pow,
    gast.MatMult: operator.matmul,
    gast.BitAnd: operator.and_,
    gast.BitOr: operator.or_,
    gast.BitXor: operator.xor,
    gast.LShift: operator.lshift,
    gast.RShift: operator.rshift,
}
UNARY: dict[type, Callable[..., Anything]] = {
    gast.USub: operator.neg,
    gast.UAdd: operator.pos,
    gast.Invert: operator.invert,
}
COMPARE: dict[type, Callable[..., Anything]] = {
    gast.Lt: operator.lt,
    gast.LtE: operator.le,
    gast.Gt: operator.gt,
    gast.GtE: operator.ge,
    gast.Eq: operator.eq,
    gast.NotEq: operator.ne,
}


@expression(gast.Constant)
def literal(frame: Frame, node: Anything) -> Anything:
    return node.value


@expression(gast.Tuple)
def tuple_display(frame: Frame, node: Anything) -> Anything:
    return tuple(_elements(frame, node.elts))


@expression(gast.List)
def list_display(frame: Frame, node: Anything) -> Anything:
    return _elements(frame, node.elts)


def _elements(frame: Frame, nodes: list[Anything]) -> list[Anything]:
    out: list[Anything] = []
    for node in nodes:
        if isinstance(node, gast.Starred):
            inner = opened(frame, evaluate(frame, node.value))
            if not is_structure(inner):
                refuse("only a container of known length can be starred", "write the items out")
            out.extend(inner)
        else:
            out.append(_storable(evaluate(frame, node)))
    return out


def _storable(x: Anything) -> Anything:
    if getattr(type(x), "walks", False):
        refuse(
            "an iterator that is stored is not supported", "use it directly in the for statement"
        )
    return x


@expression(gast.Dict)
def dict_display(frame: Frame, node: Anything) -> Anything:
    out: dict[Anything, Anything] = {}
    for key, value in zip(node.keys, node.values):
        if key is None:
            inner = opened(frame, evaluate(frame, value))
            if type(inner) is not dict:
                refuse("only a dict of known keys can be starred", "write the items out")
            out.update(inner)
            continue
        k = evaluate(frame, key)
        if not is_plain(k):
            refuse("a key of a dict must be a constant", "use a literal string or number")
        out[k] = _storable(evaluate(frame, value))
    return out


# Arithmetic -----------------------------------------------------------------------------------


@expression(gast.BinOp)
def binary(frame: Frame, node: Anything) -> Anything:
    a, b = evaluate(frame, node.left), evaluate(frame, node.right)
    return arithmetic(frame, BINARY[type(node.op)], a, b)


def arithmetic(frame: Frame, function: Callable[..., Anything], a: Anything, b: Anything) -> Anything:
    """The result of a binary operator."""
    folded = fold(function, a, b)
    if folded is not None:
        return folded
    if _is_sequence(a) or _is_sequence(b):
        return _sequences(frame, function, a, b)
    return operate(frame, function, a, b)


def fold(function: Callable[..., Anything], *args: Anything) -> Anything:
    """The result on constant ints and strings; None where it is left to run time. Floats are
    not folded: the user's `2.0 / 3.0` says more than its value."""
    kinds = {type(x) for x in args}
    if not kinds <= {int, bool} and kinds != {str}:
        return None
    if function in (operator.pow, operator.lshift) and abs(args[1]) > 64:
        return None
    if function is operator.mul and kinds == {str}:
        return None
    try:
        return function(*args)
    except (ArithmeticError, ValueError, TypeError):
        return None  # left to raise where the primal raises


def _is_sequence(x: Anything) -> bool:
    if type(x) is Value:
        return isinstance(x.type, Seq) and x.type.kind != "dict"
    return type(x) in (tuple, list)


def _sequences(frame: Frame, function: Callable[..., Anything], a: Anything, b: Anything) -> Anything:
    """`+` and `*` on tuples and lists."""
    if _is_sequence(a) and _is_sequence(b) and function is operator.add:
        left, right = opened(frame, a), opened(frame, b)
        if type(left) is type(right):
            return left + right
    if function is operator.mul:
        sequence, count = (a, b) if _is_sequence(a) else (b, a)
        if type(count) is int and count * len(opened(frame, sequence)) <= 10000:
            return opened(frame, sequence) * count
    other = b if _is_sequence(a) else a
    if type(other) is Value and isinstance(other.type, Num) and other.type.kind == "array":
        return operate(frame, function, a, b)
    refuse(
        "arithmetic on a tuple or list is not supported here",
        "write np.array(...) around it if an array is meant",
    )


@expression(gast.UnaryOp)
def unary(frame: Frame, node: Anything) -> Anything:
    x = evaluate(frame, node.operand)
    if isinstance(node.op, gast.Not):
        return negation(frame, x)
    function = UNARY[type(node.op)]
    if is_number(x) and isinstance(node.operand, gast.Constant):
        return function(x)
    if type(x) in (int, bool):
        return function(x)
    return operate(frame, function, x)


def negation(frame: Frame, x: Anything) -> Anything:
    """`not x`."""
    t = truth(frame, x)
    return operate(frame, operator.not_, t) if isinstance(t, Value) else not t


def truth(frame: Frame, x: Anything) -> bool | Value:
    """Whether a binding is true: a constant, or the value that tells at run time."""
    if isinstance(x, Conflict):
        refuse(x.message, x.advice)
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
        refuse("the truth of an object is not supported", "compare one of its attributes")
    if is_plain(x):
        return bool(x)
    return True


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
    if isinstance(op, (gast.Is, gast.IsNot)):
        same = identity(frame, a, b)
        if isinstance(same, Value):
            return same if isinstance(op, gast.Is) else operate(frame, operator.is_not, a, b)
        return same == isinstance(op, gast.Is)
    if isinstance(op, (gast.In, gast.NotIn)):
        found = membership(frame, a, b)
        return found if isinstance(op, gast.In) else negation(frame, found)
    function = COMPARE[type(op)]
    known = compare_sizes(frame, function, a, b)
    if known is not None:
        return known
    if _constant(a) and _constant(b):
        return function(a, b)
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
    return is_plain(x) or isinstance(x, type) or (callable(x) and not _lowered(x))


def _lowered(x: Anything) -> bool:
    return type(x) is Value or isinstance(x, (Closure, Object)) or is_data(x)


def _never_equal(constant: Anything, x: Anything) -> bool:
    """Whether a string or None is compared with a number."""
    if not isinstance(constant, (str, type(None))) or type(x) is not Value:
        return False
    return isinstance(x.type, Num) and x.type.kind in ("py", "np")


def identity(frame: Frame, a: Anything, b: Anything) -> Anything:
    """`a is b`, decided while lowering where one of them is no number."""
    for x, y in ((a, b), (b, a)):
        if type(x) is Value and isinstance(x.type, Any):
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
    if isinstance(a, Object) and isinstance(b, Object):
        return a.object is b.object
    if is_number(a) and is_number(b):
        return type(a) is type(b) and identical(a, b)
    return a is b


def membership(frame: Frame, a: Anything, b: Anything) -> Anything:
    """`a in b`."""
    b = opened(frame, b)
    if type(b) is dict:
        b = tuple(b)
    if _constant(a) and _constant(b):
        return a in b
    return emit("in", operand(frame, a), operand(frame, b))


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
    test = truth(frame, evaluate(frame, node.test))
    if not isinstance(test, Value):
        return evaluate(frame, node.body if test else node.orelse)
    return choose(
        frame, test, lambda: evaluate(frame, node.body), lambda: evaluate(frame, node.orelse)
    )


@expression(gast.NamedExpr)
def walrus(frame: Frame, node: Anything) -> Anything:
    from s2s_ad.frontend.statements import bind

    x = evaluate(frame, node.value)
    bind(frame, node.target.id, x)
    return x


@expression(gast.Lambda)
def local_function(frame: Frame, node: Anything) -> Anything:
    return closure(frame, node, "f")


def closure(frame: Frame, node: Anything, name: str) -> Closure:
    """A local function with its defaults evaluated."""
    defaults = tuple(evaluate(frame, d) for d in node.args.defaults)
    pairs = zip(node.args.kwonlyargs, node.args.kw_defaults)
    kwdefaults = {n.id: evaluate(frame, d) for n, d in pairs if d is not None}
    return Closure(node, frame, name, defaults, kwdefaults)


# Text -----------------------------------------------------------------------------------------


@expression(gast.JoinedStr)
def f_string(frame: Frame, node: Anything) -> Anything:
    parts = [_part(frame, p) for p in node.values]
    if all(isinstance(p, str) for p in parts):
        return "".join(parts)
    return emit("fstring", parts)


def _part(frame: Frame, node: Anything) -> Anything:
    """A piece of an f-string: text, or (value, conversion, format)."""
    if isinstance(node, gast.Constant):
        return node.value
    assert isinstance(node, gast.FormattedValue)
    x = evaluate(frame, node.value)
    spec = "" if node.format_spec is None else f_string(frame, node.format_spec)
    if not isinstance(spec, str):
        refuse("a computed format in an f-string is not supported", "write the format out")
    conversion = "" if node.conversion == -1 else chr(node.conversion)
    if isinstance(x, str) and not conversion and not spec:
        return x
    return operand(frame, x), conversion, spec


__all__ = ["ANY", "arithmetic", "compare", "fold", "truth"]
