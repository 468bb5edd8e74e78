"""What arguments mean that are objects, or have some in them.

An object of the caller is a cell like one that the function has made: its attributes are read when
the function begins, and what it changes afterwards is its own, so the caller's object stays as it
is. In a list, tuple or dict the caller's objects are read where they stand, until it is learnt that
one of them is changed; then lowering begins again, with the container taken apart.

Each of them is known by the argument and the path of keys that lead to it. Two paths may lead to
one object: that is asked at each call, of what is changed (guards.Apart).
"""

from __future__ import annotations

from typing import Any as Anything
from typing import NoReturn

from s2s_ad.frontend.activations import Again
from s2s_ad.frontend.bindings import Cell, Object, Path
from s2s_ad.frontend.context import Frame, Lowering, refuse
from s2s_ad.frontend.holding import cell_of, item, made
from s2s_ad.frontend.objects import READS, check_access
from s2s_ad.ir.build import emit
from s2s_ad.ir.core import Function, Op, Value, walk, with_callees
from s2s_ad.ir.types import NONE, Any, ListOf, Seq, Type
from s2s_ad.signatures import is_tree
from s2s_ad.trees import attributes_of

MOST = 16  # objects in a list that is taken apart


def taken(frame: Frame, x: Value, lasting: bool = False) -> Anything:
    """What an argument of a function means, or a part of one; `lasting` where the caller's is
    changed for ever, as a default is."""
    argument, keys = found = path_of(x)
    lowering = frame.lowering
    real = argument in lowering.arguments
    t = x.type
    if isinstance(t, Seq) and t.cls is not None:
        check_access(t.cls, READS)
        held: Anything = {}
        for key, inner in zip(t.keys, t.items):
            v = emit("getattr", x, name=key, type=inner) if real else item(frame, x, key)
            v.hint = f"{x.hint}_{str(key).strip('_')}" if x.hint else ""
            held[key] = None if inner == NONE else taken(frame, v, lasting)
        return _made(frame, Cell(t.cls, held, outside=lasting, given=found, name=x.hint))
    kind = t.kind if isinstance(t, (Seq, ListOf)) else "tuple"
    held = x
    apart = lowering.parameters.get(argument) in lowering.changed
    if isinstance(t, Seq) and is_divided(t) and (apart or not real and has_objects(t)):
        parts = t.keys if kind == "dict" else range(len(t.items))
        inside = [taken(frame, item(frame, x, k), lasting) for k in parts]
        held = dict(zip(parts, inside)) if kind == "dict" else tuple(inside)
        held = inside if kind == "list" else held
    if kind == "tuple":
        return held
    return _made(frame, Cell(kind, held, outside=lasting, given=found))


def is_divided(t: Seq) -> bool:
    """Whether what a container holds can be changed, and it can be taken apart."""
    return (t.kind != "list" or len(t.items) <= MOST) and any(map(can_change, t.items))


def can_change(t: Type) -> bool:
    """Whether something of this type is, or holds, a list, a dict or an object."""
    if isinstance(t, Seq) and t.kind == "tuple":
        return any(map(can_change, t.items))
    return isinstance(t, (Seq, ListOf))


def can_last(default: Anything) -> bool:
    """Whether a default is an object that can be changed: then it is for all later calls."""
    return type(default) in (list, dict) or attributes_of(default) is not None


def _made(frame: Frame, cell: Cell) -> Cell:
    return made(frame.lowering, cell, frame.lowering.blocks[-1])


def read_in_place(frame: Frame, x: Value) -> Cell:
    """An object of the caller in a container that nobody has taken apart."""
    t, found = x.type, path_of(x)
    assert isinstance(t, Seq) and t.cls is not None
    check_access(t.cls, READS)
    read: dict[Anything, Anything] = {}
    for key, inner in zip(t.keys, t.items):
        value = emit("getattr", x, name=key, type=inner)
        value.hint = f"{x.hint}_{str(key).strip('_')}" if x.hint else ""
        read[key] = None if inner == NONE else value
        kind = inner.kind if isinstance(inner, (Seq, ListOf)) else "tuple"
        if getattr(inner, "cls", None) is not None:
            read[key] = read_in_place(frame, value)
        elif kind != "tuple":
            inside: Cell = cell_of(frame, value, kind)
            inside.given, inside.in_place = path_of(value), True
            read[key] = inside
    return _made(frame, Cell(t.cls, read, given=found, in_place=True))


def take_apart(lowering: Lowering, cell: Cell) -> NoReturn:
    """Begin again, with the argument taken apart in which this object stands."""
    assert cell.given is not None
    again(lowering, lowering.parameters.get(cell.given[0]))
    refuse(
        f"a {cell.shown} in the argument {cell.given[0].hint!r} is changed, which is chosen at run "
        f"time or stands in a list of more than {MOST}",
        "keep the numbers in arrays, or choose it by a literal index or key",
    )


def look_into(lowering: Lowering, x: Anything) -> None:
    """Begin again, where x is an object of the caller that is known by its identity, with its
    attributes; where x stands in an argument, with that taken apart."""
    if isinstance(x, Object) and x.argument:
        again(lowering, (lowering.entry, x.argument))
    while type(x) is Value:
        again(lowering, lowering.parameters.get(x))
        op = x.owner
        x = op.args[0] if isinstance(op, Op) and op.prim.name in ("getattr", "getitem") else None


def look_into_items(lowering: Lowering, x: Value) -> None:
    """Begin again, where x is an object of the caller in a container, with its attributes, unless
    they lead back to it."""
    argument = path_of(x)[0]
    given = lowering.given.get(argument.hint)
    if argument in lowering.arguments and argument is not x and is_tree(given):
        again(lowering, lowering.parameters.get(argument))


def again(lowering: Lowering, parameter: Anything) -> None:
    """Begin again, with a parameter taken apart, if it has not been."""
    if parameter is not None and parameter not in lowering.changed:
        lowering.changed.add(parameter)
        raise Again


def path_of(x: Value) -> Path:
    """The parameter of which a value is a part, and the keys that lead to it: None for one that
    only run time knows, an ellipsis for any number of them."""
    keys: list[Anything] = [...] if isinstance(x.type, Any) else []
    while isinstance(x.owner, Op) and x.owner.prim.name in ("getattr", "getitem"):
        of = x.owner.args[0]
        if type(of) is not Value or not isinstance(of.type, (Seq, ListOf, Any)):
            break
        key = x.owner.kwargs["name"] if x.owner.prim.name == "getattr" else x.owner.args[1]
        known = type(key) is str or type(key) is int and key >= 0
        many = isinstance(of.type, Any) or isinstance(key, (slice, tuple))
        keys = [...] if many else [key if known else None, *keys]
        x = of
    return x, tuple(keys)


def from_argument(lowering: Lowering, x: Value) -> bool:
    """Whether a value is an argument of the whole function, or a part of one."""
    while isinstance(x.owner, Op) and x.owner.prim.name in ("getattr", "getitem"):
        x = x.owner.args[0]
        if type(x) is not Value:
            return False
    return x in lowering.arguments


def has_objects(t: Type) -> bool:
    """Whether a type is that of an object, or of a container with objects."""
    return without_class(t) != t


def without_class(t: Type) -> Type:
    """A type with dicts in place of objects."""
    if isinstance(t, Seq):
        return Seq(t.kind, tuple(map(without_class, t.items)), t.keys)
    return ListOf(t.kind, without_class(t.elem)) if isinstance(t, ListOf) else t


def forget_classes(frame: Frame, functions: list[Function]) -> None:
    """From here on an object that the functions made is a dict; the caller's keep their class."""
    functions = with_callees(functions)
    values = [v for f in functions for v in f.block.params]
    for f in functions:
        for op in walk(f.block):
            values += op.results
            values += [p for b in op.blocks for p in b.params]
    for v in values:
        if not from_argument(frame.lowering, v):
            v.type = without_class(v.type)
