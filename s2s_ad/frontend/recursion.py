"""Recursive functions: functions of their own in the emitted text, which call themselves.

What such a function returns is found by a fixpoint: at first the paths that call it again count as
paths that end in an exception, so the others give the type; then it is lowered with calls that give
that type, until it stays. What a local function reads from around it becomes further parameters.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from typing import Any as Anything

from s2s_ad.frontend.activations import Plan, is_data, label, write_out
from s2s_ad.frontend.bindings import (
    Bound,
    Cell,
    Closure,
    Derived,
    Object,
    Partial,
    Reached,
    is_structure,
    items,
)
from s2s_ad.frontend.borrowing import arrays, check_apart, free, may_be_written, renew_all
from s2s_ad.frontend.context import Frame, checkpoint, operand, refuse
from s2s_ad.frontend.escapes import Unwound
from s2s_ad.frontend.holding import holding, materialised
from s2s_ad.frontend.joining import RAISES, always
from s2s_ad.frontend.liveness import nonlocals
from s2s_ad.frontend.returning import has_lists, result
from s2s_ad.ir.build import NotStatic, emit, facts, typeof
from s2s_ad.ir.core import (
    UNDEFINED,
    Block,
    Function,
    Op,
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
    writes: list[str] = field(default_factory=list)  # the parameters that it writes
    borrowed: list[Value] = field(default_factory=list)  # arrays around it that it writes


class Widened(Exception):
    """A call with arguments of other types: they were joined, and the function is lowered anew."""

    def __init__(self, building: Building) -> None:
        self.building = building


# Calls ----------------------------------------------------------------------------------------


def call_recursive(
    frame: Frame, callee: Anything, inner: Frame, given: dict[str, Anything]
) -> Anything:
    """Call a recursive function, lowering it first where that has not been done."""
    lowering, name = frame.lowering, function_name(inner)
    plan = lowering.plans[inner.node]
    if hasattr(inner.node, "body") and isinstance(inner.node.body, list) and nonlocals(inner.node):
        write_out(
            lowering, inner.node, f"{name} calls itself and assigns nonlocal names",
            "return the values",
        )  # fmt: skip
    while True:
        static, dynamic = _split(frame, inner, plan, given, name)
        try:
            entry = _entry(frame, callee, inner, static, dynamic, name)
            break
        except NotStatic as error:
            wanted = error.parameter
            if wanted not in dynamic or type(dynamic[wanted]) is Value:
                raise
            plan.fixed.add(wanted)  # the text depends on its value
    function = entry.function
    lists = any(isinstance(x, Cell) for x in given.values())
    if lists and (has_lists(function.made) or any(map(_is_list, entry.results or []))):
        write_out(
            lowering, inner.node, f"{name} calls itself and returns a list that it may have got",
            "return a tuple",
        )  # fmt: skip
    if entry.results is None:
        raise Unwound(always(RAISES))  # its type is not known yet: other paths tell
    targets = [given[n] for n in entry.writes] + entry.borrowed
    if targets:
        others = [v for n, x in given.items() if n not in entry.writes for v in arrays(frame, x)]
        check_apart(frame, targets, others + entry.hidden, name)
    args = [dynamic[n] for n in given if n in dynamic]
    kinds = [typeof(operand(frame, x)) for x in targets]
    out = emit(
        "call", *args, *entry.borrowed, *entry.hidden, callee=function, types=entry.results + kinds
    )
    results = out if isinstance(out, list) else [out]
    n = len(entry.results)
    renew_all(frame, targets, results[n:], name)
    return result(frame, function.made, results[:n], list(given.values()), targets)


def function_name(inner: Frame) -> str:
    node, source = inner.node, inner.source
    return source.name if node is source.tree else getattr(node, "name", "f")


def _split(
    frame: Frame, inner: Frame, plan: Plan, given: dict[str, Anything], name: str
) -> tuple[dict[str, Anything], dict[str, Anything]]:
    """Arguments that the text depends on, and those that are data."""
    static: dict[str, Anything] = {}
    dynamic: dict[str, Anything] = {}
    for n, x in given.items():
        if not is_data(frame, plan, n, x):
            static[n] = x
        elif not isinstance(x, Cell) and not is_structure(x):
            dynamic[n] = operand(frame, x)
        elif _has_functions(frame, x):
            write_out(
                frame.lowering, inner.node, f"{name} calls itself with functions in a container",
                "pass them one by one",
            )  # fmt: skip
        else:
            dynamic[n] = materialised(frame, x)
    return static, dynamic


def _has_functions(frame: Frame, x: Anything) -> bool:
    x = holding(frame, x)
    if is_structure(x):
        return any(_has_functions(frame, i) for i in items(x))
    return isinstance(x, (Closure, Bound, Derived, Partial, Object)) or callable(x)


def skeleton(t: Type) -> Anything:
    """A type without sizes."""
    if isinstance(t, Num):
        kind = "scalar" if t.shape == () and t.kind in ("py", "np", "scalar") else t.kind
        return kind, str(t.dtype), t.rank
    if isinstance(t, Seq):
        return t.kind, t.keys, t.cls, tuple(map(skeleton, t.items))
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
        tuple((n, label(frame, x)) for n, x in static.items()),
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
        write_out(
            lowering, inner.node, f"{name} calls itself with arguments of ever other types", ADVICE
        )
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
    if isinstance(callee, Closure) or any(map(around, static.values())):
        del lowering.recursions[key]  # what it reads around it may be another value next time
    return entry


def _settle(
    frame: Frame, inner: Frame, entry: Building, static: dict[str, Anything], name: str
) -> None:
    from s2s_ad.frontend.inline import build

    lowering = frame.lowering
    for _ in range(ROUNDS):
        restore = checkpoint(frame)
        known = dict(lowering.recursions)
        fresh = Frame(lowering, inner.source, inner.node, frame, inner.parent, quiet=inner.quiet)
        fresh.given, fresh.age = inner.given, inner.age
        fresh.hidden = inner.hidden
        again = False
        try:
            built = build(fresh, entry.known, static, called=True, own=entry.borrowed)
        except Widened as widened:
            if widened.building is not entry:
                raise
            again = True
        except Reached as reached:
            root = reached.root
            if isinstance(root, Cell) or not may_be_written(root.type):
                what = f"a {root.shown}" if isinstance(root, Cell) else "a value"
                write_out(
                    lowering, inner.node, f"{name} calls itself and changes {what} around it",
                    "return the values",
                )  # fmt: skip
            entry.borrowed = [*entry.borrowed, root]
            again = True
        except NotStatic as error:
            for p in fresh.env.get("", ()):
                if error.value is p and p.hint not in static:
                    error.parameter = p.hint
            raise
        if not again:
            writes = [built.parameters[k].name for k in built.written]
            if any(not may_be_written(built.block.params[k].type) for k in built.written):
                write_out(
                    lowering, inner.node, f"{name} calls itself and writes into its arguments",
                    "return new ones, or write a loop",
                )  # fmt: skip
            count = len(built.block.yields) - len(writes) - len(entry.borrowed)
            results = [without_symbols(typeof(y)) for y in built.block.yields[:count]]
            first = entry.results is None
            if first and results == [typeof(UNDEFINED)] and built.block.yields[0] is UNDEFINED:
                refuse(f"every path of {name} calls {name} again", ADVICE)
            if not first and (built.returns, built.made) != (
                entry.function.returns,
                entry.function.made,
            ):
                write_out(
                    lowering, inner.node,
                    f"{name} returns different structures on different paths", ADVICE,
                )  # fmt: skip
            old = results if entry.results is None else entry.results
            joined = [without_symbols(facts().join(a, b)) for a, b in zip(old, results)]
            own = [k for k, p in enumerate(built.parameters) if p.name not in static]
            built.block.params = [built.block.params[k] for k in own]
            built.parameters = [built.parameters[k] for k in own]
            recursive = entry.function.recursive
            entry.function.__dict__.update(built.__dict__)
            entry.function.block.owner = entry.function
            entry.function.recursive = recursive
            done = not first and joined == entry.results and writes == entry.writes
            entry.writes = writes
            entry.results = joined
            if done:
                return
        restore()
        lowering.recursions.clear()  # those that are new called an older version
        lowering.recursions.update(known)
    refuse(f"the types of what {name} returns do not settle", ADVICE)


def _capture(lowering: Lowering, entry: Building, before: list[Building], name: str) -> None:
    """Turn what a recursive function reads from around it into parameters."""
    function = entry.function
    outside = list(captured([function.block]))
    if not outside:
        return
    inside = [op for op in walk(function.block) if op.prim.name == "call"]
    others = [op for op in inside if op.kwargs["callee"] is not function]
    waiting = [b.function for b in before]
    if any(op.kwargs["callee"] in waiting or _reaches(op, function) for op in others):
        refuse(
            f"{name} and a function that it calls call each other, and read variables around them",
            "pass the variables as arguments",
        )
    taken = {p.name for p in function.parameters}
    mapping: dict[Value, Anything] = {}
    for v in outside:
        own = free(v.hint or "value", taken)
        taken.add(own)
        mapping[v] = function.block.add_param(v.type, own, v.named)
        function.parameters.append(Parameter(own))
    substitute(function.block, mapping)
    for op in inside:
        if op.kwargs["callee"] is function:
            op.args = (*op.args, *mapping.values())
    entry.hidden = outside


def around(x: Anything) -> bool:
    """Whether an argument that is no data may stand for what was assigned around the function."""
    return isinstance(x, (Closure, Bound, Partial, Derived, Cell, Object)) or is_structure(x)


def _reaches(op: Op, function: Function, seen: tuple[Function, ...] = ()) -> bool:
    """Whether a call leads to a call of a function."""
    callee = op.kwargs["callee"]
    if callee is function or callee in seen:
        return callee is function
    inside = [op for op in walk(callee.block) if op.prim.name == "call"]
    return any(_reaches(op, function, (*seen, callee)) for op in inside)


def _is_list(t: Type) -> bool:
    if isinstance(t, Seq):
        return t.kind != "tuple" or any(map(_is_list, t.items))
    return isinstance(t, ListOf)
