"""Recursive functions: functions of their own in the emitted text, which call themselves.

What such a function returns is found by a fixpoint: at first the paths that call it again count as
paths that end in an exception, so the others give the type; then it is lowered with calls that give
that type, until it stays. What a local function reads from around it becomes further parameters.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from typing import Any as Anything

from s2s_ad.frontend.bindings import (
    Bound,
    Cell,
    Closure,
    Derived,
    Partial,
    is_number,
    is_structure,
    items,
    map_leaves,
)
from s2s_ad.frontend.closures import unwrapped
from s2s_ad.frontend.context import Frame, checkpoint, operand, refuse
from s2s_ad.frontend.escapes import Unwound
from s2s_ad.frontend.guards import MISSING, contents
from s2s_ad.frontend.holding import materialised
from s2s_ad.frontend.joining import RAISES, always
from s2s_ad.frontend.liveness import loads, nonlocals
from s2s_ad.frontend.places import root_of
from s2s_ad.ir.build import NotStatic, emit, facts, typeof
from s2s_ad.ir.core import (
    UNDEFINED,
    Block,
    Function,
    Parameter,
    Value,
    captured,
    substitute,
    walk,
)
from s2s_ad.ir.types import Dim, ListOf, Num, Seq, Size, Type

if TYPE_CHECKING:
    from s2s_ad.frontend.context import Lowering

ROUNDS = 12
MOST = 40  # variants of one function under way
LIBRARIES = ("numpy", "math", "builtins", "operator", "functools", "itertools", "scipy", "s2s_ad")
ADVICE = "annotate what it returns, or write a loop"


@dataclass(eq=False)
class Building:
    """A recursive function that is being lowered, for arguments of some types."""

    function: Function
    known: dict[str, Type]
    results: list[Type] | None = None
    hidden: list[Value] = field(default_factory=list)  # what it reads from around it
    under_way: bool = True


class Widened(Exception):
    """A call with arguments of other types: they were joined, and the function is lowered anew."""

    def __init__(self, building: Building) -> None:
        self.building = building


# Which functions are recursive ----------------------------------------------------------------


def is_recursive(lowering: Lowering, callee: Anything) -> bool:
    """Whether a function may call itself, by the names that it and its callees mention."""
    known = lowering.recursive
    key = callee.node if isinstance(callee, Closure) else callee
    if key not in known:
        seen: list[Anything] = []
        todo = list(_mentioned(callee))
        known[key] = False
        while todo:
            other = todo.pop()
            other_key = other.node if isinstance(other, Closure) else other
            if other_key is key:
                known[key] = True
                break
            if not any(other_key is s for s in seen):
                seen.append(other_key)
                todo.extend(_mentioned(other))
    return known[key]


def _mentioned(callee: Anything) -> Iterator[Anything]:
    """The functions that a function's text mentions by name."""
    if not isinstance(callee, Closure):
        code = callee.__code__
        cells = dict(zip(code.co_freevars, callee.__closure__ or ()))
        for name in _names(code):
            found = contents(cells[name]) if name in cells else callee.__globals__.get(name)
            yield from _functions(found)
        return
    for name in sorted(loads(callee.node)):
        frame: Frame | None = callee.frame
        while frame is not None:
            if name in frame.locals:
                found = frame.env.get(name)
                if isinstance(found, Closure):
                    yield found
                break
            source = frame.source
            frame = frame.parent
        else:
            found = contents(source.cells[name]) if name in source.cells else MISSING
            yield from _functions(source.globals.get(name) if found is MISSING else found)


def _functions(found: Anything) -> Iterator[Anything]:
    found = unwrapped(found)
    if isinstance(found, types.FunctionType):
        if (found.__module__ or "").partition(".")[0] not in LIBRARIES:
            yield found


def _names(code: types.CodeType) -> Iterator[str]:
    yield from (*code.co_names, *code.co_freevars)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names(constant)


# Calls ----------------------------------------------------------------------------------------


def call_recursive(
    frame: Frame, callee: Anything, inner: Frame, given: dict[str, Anything]
) -> Anything:
    """Call a recursive function, lowering it first where that has not been done."""
    lowering, name = frame.lowering, function_name(inner)
    if hasattr(inner.node, "body") and isinstance(inner.node.body, list) and nonlocals(inner.node):
        refuse(f"{name} calls itself and assigns nonlocal names", "return the values")
    fixed = lowering.fixed.setdefault(inner.node, set())
    while True:
        static, dynamic = _split(frame, given, fixed, name)
        try:
            entry = _entry(frame, callee, inner, static, dynamic, name)
            break
        except NotStatic as error:
            wanted = error.parameter
            if wanted not in dynamic or type(dynamic[wanted]) is Value:
                raise
            fixed.add(wanted)  # the text depends on its value
    function = entry.function
    if function.written:
        refuse(
            f"{name} calls itself and writes into its arguments",
            "return new arrays, or write a loop",
        )
    lists = any(isinstance(x, Cell) for x in given.values())
    if lists and (_has_lists(function.returns) or any(map(_is_list, entry.results or []))):
        refuse(f"{name} calls itself and returns a list that it may have got", "return a tuple")
    if entry.results is None:
        raise Unwound(always(RAISES))  # its type is not known yet: other paths tell
    hidden = [operand(frame, root_of(lowering, v)) for v in entry.hidden]
    args = [dynamic[n] for n in given if n in dynamic]
    out = emit("call", *args, *hidden, callee=function, types=list(entry.results))
    results = out if isinstance(out, list) else [out]
    return map_leaves(lambda k: results[k], function.returns)


def function_name(inner: Frame) -> str:
    node, source = inner.node, inner.source
    return source.name if node is source.tree else getattr(node, "name", "f")


def _split(
    frame: Frame, given: dict[str, Anything], fixed: set[str], name: str
) -> tuple[dict[str, Anything], dict[str, Anything]]:
    """Arguments that the text depends on, and those that are data."""
    static: dict[str, Anything] = {}
    dynamic: dict[str, Anything] = {}
    for n, x in given.items():
        if is_number(x) and n not in fixed or type(x) is Value:
            dynamic[n] = operand(frame, x)
        elif isinstance(x, Cell) or is_structure(x):
            if _has_functions(frame, x):
                refuse(f"{name} calls itself with functions in a container", "pass them one by one")
            dynamic[n] = materialised(frame, x)
        else:
            static[n] = x
    return static, dynamic


def _has_functions(frame: Frame, x: Anything) -> bool:
    if isinstance(x, Cell):
        from s2s_ad.frontend.holding import holding

        if isinstance(x.kind, type):
            refuse("an object is passed to a function that calls itself", "pass its attributes")
        x = holding(frame, x)
    if is_structure(x):
        return any(_has_functions(frame, i) for i in items(x))
    return isinstance(x, (Closure, Bound, Derived, Partial)) or callable(x)


def _label(x: Anything) -> Anything:
    """What stands for a static argument in a key."""
    if isinstance(x, Closure):
        return x.node, id(x.frame)
    if callable(x) or isinstance(x, (Bound, Derived, Partial)):
        return id(x)
    return type(x).__name__, repr(x)


def skeleton(t: Type) -> Anything:
    """A type without sizes."""
    if isinstance(t, Num):
        kind = "scalar" if t.shape == () and t.kind in ("py", "np", "scalar") else t.kind
        return kind, str(t.dtype), t.rank
    if isinstance(t, Seq):
        return t.kind, t.keys, tuple(map(skeleton, t.items))
    return (t.kind, skeleton(t.elem)) if isinstance(t, ListOf) else str(t)


def sizes_joined(a: Type, b: Type) -> Type:
    """The type that covers two types of one skeleton; sizes that differ are not known."""
    if isinstance(a, Num) and isinstance(b, Num) and a.shape is not None and b.shape is not None:
        shape = tuple(x if x == y else None for x, y in zip(a.shape, b.shape))
        return Num(a.kind if a.kind == b.kind else "scalar", a.dtype, shape)
    if isinstance(a, Seq) and isinstance(b, Seq):
        return Seq(a.kind, tuple(map(sizes_joined, a.items, b.items)), a.keys, a.cls)
    if isinstance(a, ListOf) and isinstance(b, ListOf):
        return ListOf(a.kind, sizes_joined(a.elem, b.elem))
    return a


def without_symbols(t: Type) -> Type:
    """The type with constant sizes only: a symbol would mean another size in each call."""
    if isinstance(t, Num):
        known: tuple[Size, ...] | None = None
        if t.shape is not None:
            known = tuple(None if isinstance(d, Dim) else d for d in t.shape)
        return Num(t.kind, t.dtype, known)
    if isinstance(t, Seq):
        return Seq(t.kind, tuple(map(without_symbols, t.items)), t.keys, t.cls)
    return ListOf(t.kind, without_symbols(t.elem)) if isinstance(t, ListOf) else t


def _entry(
    frame: Frame,
    callee: Anything,
    inner: Frame,
    static: dict[str, Anything],
    dynamic: dict[str, Anything],
    name: str,
) -> Building:
    """The function for arguments of these types, lowered now where there is none."""
    lowering = frame.lowering
    known = {n: typeof(x) for n, x in dynamic.items()}
    known = {
        n: Num(t.kind, t.dtype, t.shape) if isinstance(t, Num) else t for n, t in known.items()
    }
    key = (
        inner.node,
        id(inner.parent),
        tuple((n, _label(x)) for n, x in static.items()),
        tuple((n, skeleton(t)) for n, t in known.items()),
    )
    found: Building | None = lowering.recursions.get(key)
    if found is not None:
        joined = {n: sizes_joined(t, known[n]) for n, t in found.known.items()}
        if joined == found.known:
            return found
        if found.under_way:
            found.known = joined
            raise Widened(found)
        known = joined
    group = [k for k, b in lowering.recursions.items() if k[0] is inner.node and b.under_way]
    if len(group) > MOST:
        refuse(f"{name} calls itself with arguments of ever other types", ADVICE)
    entry = Building(Function(name, Block()), known)
    entry.function.recursive = True
    lowering.recursions[key] = entry
    before = [b for b in lowering.recursions.values() if b.under_way and b is not entry]
    try:
        _settle(frame, inner, entry, static, name)
        entry.under_way = False
        _capture(lowering, entry, before, name)
    except BaseException:
        if lowering.recursions.get(key) is entry:
            del lowering.recursions[key]
        raise
    if isinstance(callee, Closure) and not before:
        del lowering.recursions[key]  # what it reads around it may be another value next time
    return entry


def _settle(
    frame: Frame, inner: Frame, entry: Building, static: dict[str, Anything], name: str
) -> None:
    from s2s_ad.frontend.inline import build

    lowering = frame.lowering
    for _ in range(ROUNDS):
        restore = checkpoint(frame)
        known = set(lowering.recursions)
        fresh = Frame(lowering, inner.source, inner.node, frame, inner.parent, quiet=inner.quiet)
        fresh.hidden = inner.hidden
        again = False
        try:
            built = build(fresh, entry.known, static, called=True)
        except Widened as widened:
            if widened.building is not entry:
                raise
            again = True
        except NotStatic as error:
            for p in fresh.env.get("", ()):
                if error.value is p and p.hint not in static:
                    error.parameter = p.hint
            raise
        if not again:
            if built.inlined:
                refuse(f"{name} calls itself and returns an object", "return a tuple")
            results = [without_symbols(typeof(y)) for y in built.block.yields]
            first = entry.results is None
            if first and results == [typeof(UNDEFINED)] and built.block.yields[0] is UNDEFINED:
                refuse(f"every path of {name} calls {name} again", ADVICE)
            if not first and built.returns != entry.function.returns:
                refuse(f"{name} returns different structures on different paths", ADVICE)
            old = results if entry.results is None else entry.results
            joined = [without_symbols(facts().join(a, b)) for a, b in zip(old, results)]
            own = [k for k, p in enumerate(built.parameters) if p.name not in static]
            built.block.params = [built.block.params[k] for k in own]
            built.parameters = [built.parameters[k] for k in own]
            recursive = entry.function.recursive
            entry.function.__dict__.update(built.__dict__)
            entry.function.block.owner = entry.function
            entry.function.recursive = recursive
            done = not first and joined == entry.results
            entry.results = joined
            if done:
                return
        restore()
        for key in [k for k in lowering.recursions if k not in known]:
            del lowering.recursions[key]  # they called an older version
    refuse(f"the types of what {name} returns do not settle", ADVICE)


def _capture(lowering: Lowering, entry: Building, before: list[Building], name: str) -> None:
    """Turn what a recursive function reads from around it into parameters."""
    function = entry.function
    outside = list(captured([function.block]))
    if not outside:
        return
    inside = [op for op in walk(function.block) if op.prim.name == "call"]
    others = [op for op in inside if op.kwargs["callee"] is not function]
    if before or any(op.kwargs["callee"].recursive for op in others):
        refuse(
            f"{name} and a function that it calls call each other, and read variables around them",
            "pass the variables as arguments",
        )
    taken = {p.name for p in function.parameters}
    mapping: dict[Value, Anything] = {}
    for v in outside:
        hint = v.hint or "value"
        free, number = hint, 1
        while free in taken:
            number += 1
            free = f"{hint}_{number}"
        taken.add(free)
        mapping[v] = function.block.add_param(v.type, free, v.named)
        function.parameters.append(Parameter(free))
    substitute(function.block, mapping)
    for op in inside:
        if op.kwargs["callee"] is function:
            op.args = (*op.args, *mapping.values())
    entry.hidden = outside


def _is_list(t: Type) -> bool:
    if isinstance(t, Seq):
        return t.kind != "tuple" or any(map(_is_list, t.items))
    return isinstance(t, ListOf)


def _has_lists(x: Anything) -> bool:
    return type(x) in (list, dict) or type(x) is tuple and any(map(_has_lists, x))
