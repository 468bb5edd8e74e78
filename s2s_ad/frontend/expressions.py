"""Operators, comparisons, conditional expressions, literals, f-strings."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any as Anything

import gast

from s2s_ad.frontend import containers, objects, operators, prelude
from s2s_ad.frontend.bindings import (
    Cell,
    Closure,
    is_number,
    is_plain,
    is_structure,
)
from s2s_ad.frontend.cells import as_list
from s2s_ad.frontend.conditions import negation
from s2s_ad.frontend.context import Frame, evaluate, expression, operand, operate, refuse
from s2s_ad.frontend.holding import cell_of, holding, opened
from s2s_ad.frontend.statics import refuse_promoted
from s2s_ad.ir.build import emit
from s2s_ad.ir.core import Value
from s2s_ad.ir.types import ListOf, Num, Seq

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


SHORT = 16  # `xs * n` up to this length is a list of known length
CONVERSIONS: dict[str, Callable[[object], str]] = {"r": repr, "s": str, "a": ascii}


@expression(gast.Constant)
def literal(frame: Frame, node: Anything) -> Anything:
    return node.value


@expression(gast.Tuple)
def tuple_display(frame: Frame, node: Anything) -> Anything:
    found = holding(frame, _elements(frame, node.elts))
    return tuple(found) if type(found) is list else emit("as_tuple", operand(frame, found))


@expression(gast.List)
def list_display(frame: Frame, node: Anything) -> Anything:
    return _elements(frame, node.elts)


def _elements(frame: Frame, nodes: list[Anything]) -> Anything:
    """The items of a display: a list, or a cell where their number is not known."""
    if not any(isinstance(node, gast.Starred) for node in nodes):
        return [_storable(evaluate(frame, node)) for node in nodes]
    out = cell_of(frame, [])
    for node in nodes:
        if isinstance(node, gast.Starred):
            containers.extend(frame, out, collected(frame, evaluate(frame, node.value)))
        else:
            containers.append(frame, out, _storable(evaluate(frame, node)))
    return out


def collected(frame: Frame, x: Anything) -> Anything:
    """What can be walked again: the items of a generator in a list."""
    from s2s_ad.frontend.comprehensions import Generator, consume
    from s2s_ad.frontend.weaving import Generated

    if isinstance(x, Generated):
        return containers.run(frame, prelude.collected, x)
    return consume(frame, prelude.collected, x) if isinstance(x, Generator) else x


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


def arithmetic(
    frame: Frame, function: Callable[..., Anything], a: Anything, b: Anything
) -> Anything:
    """The result of a binary operator."""
    folded = fold(function, a, b)
    if folded is not None:
        return folded
    found = operators.binary(frame, function, a, b)
    if found is not objects.MISSING:
        return found
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
        return isinstance(x.type, (Seq, ListOf)) and x.type.kind != "dict"
    return type(x) in (tuple, list) or isinstance(x, Cell) and x.kind == "list"


def _sequences(
    frame: Frame, function: Callable[..., Anything], a: Anything, b: Anything
) -> Anything:
    """`+` and `*` on tuples and lists."""
    if _is_sequence(a) and _is_sequence(b) and function is operator.add:
        left, right = opened(frame, a), opened(frame, b)
        if type(left) is type(right) and is_structure(left):
            return left + right
        if type(left) is not tuple and type(right) is not tuple:
            joined = emit("list_join", as_list(frame, a), as_list(frame, b))
            return cell_of(frame, joined, "list")
    if function is operator.mul:
        sequence, count = (a, b) if _is_sequence(a) else (b, a)
        refuse_promoted(frame, count, "so many times a list")
        found = opened(frame, sequence)
        if type(count) is int and is_structure(found) and count * len(found) <= SHORT:
            return found * count
        if type(found) is list and found and all(map(is_number, found)):
            return cell_of(frame, emit("list_repeat", found, operand(frame, count)), "list")
        if type(found) is list or type(found) is Value:
            return containers.run(frame, prelude.repeated, sequence, count)
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
    found = operators.unary(frame, function, x)
    if found is not objects.MISSING:
        return found
    if is_number(x) and isinstance(node.operand, gast.Constant):
        return function(x)
    if type(x) in (int, bool):
        return function(x)
    return operate(frame, function, x)


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
    parts: list[Anything] = []
    for piece in node.values:
        part = _part(frame, piece)
        if isinstance(part, str) and parts and isinstance(parts[-1], str):
            parts[-1] += part
        else:
            parts.append(part)
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
    if x is None or type(x) in (int, bool, str):
        shown = CONVERSIONS[conversion](x) if conversion else x
        return format(shown, spec)
    refuse_promoted(frame, x, "the text")
    return operand(frame, x), conversion, spec
