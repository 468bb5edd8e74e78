"""Which functions call themselves, and what becomes of their activations.

A function that calls itself with the same objects, and other data, is a function of its own in the
emitted text (recursion.py). One that walks a structure, where each activation has another object (a
tree of nodes whose method calls that of the children), is written out: each activation takes the
place of its call, as that of any function, and the structure bounds their number. So is one that
cannot be a function of its own, as long as all conditions are known while lowering.

That a function calls itself is known from the names that it mentions, or found when it is met again
(`self.left.energy()`); what is learnt about it stands in its plan, and lowering begins again.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn
from typing import Any as Anything

from s2s_ad.errors import UnsupportedError
from s2s_ad.frontend.bindings import (
    Bound,
    Cell,
    Closure,
    Derived,
    Object,
    Partial,
    is_number,
    is_structure,
    items,
)
from s2s_ad.frontend.closures import unwrapped
from s2s_ad.frontend.context import Frame, refuse
from s2s_ad.frontend.guards import MISSING, contents
from s2s_ad.frontend.liveness import loads
from s2s_ad.ir.build import NotStatic, decisive
from s2s_ad.ir.core import Op, Value

if TYPE_CHECKING:
    from s2s_ad.frontend.context import Lowering

DEEPEST = 30  # activations of one function that are written out inside each other
NESTED = 40  # blocks inside each other: Python does not parse text that is indented further
MOST = 400  # activations in all
LIBRARIES = ("numpy", "math", "builtins", "operator", "functools", "itertools", "scipy", "s2s_ad")


@dataclass(eq=False)
class Plan:
    """What is known of a function that calls itself."""

    own: bool = False  # it is a function of its own
    passed: set[str] = field(default_factory=set)  # parameters whose objects are data then
    fixed: set[str] = field(default_factory=set)  # parameters whose numbers the text depends on
    refused: UnsupportedError | None = None  # why it cannot be one, and is written out


class Again(Exception):
    """A plan has changed: lowering begins again."""


# Activations ----------------------------------------------------------------------------------


def is_own(frame: Frame, callee: Anything, inner: Frame, given: dict[str, Anything]) -> bool:
    """Whether this call is one of a function of its own, not written out in place of the call."""
    lowering, node = frame.lowering, inner.node
    inner.given, inner.age = given, len(lowering.homes)
    plan = lowering.plans.get(node)
    under_way = [f for f in frame.chain() if f.node is node]
    if plan is None:
        if not under_way and (inner.quiet or not is_recursive(lowering, callee)):
            return False
        plan = lowering.plans[node] = Plan()
        plan.own = not under_way and not any(seen_objects(frame, x) for x in given.values())
    if plan.refused is None and under_way and not inner.quiet:
        new = {n for n, x in given.items() if is_new(frame, x, under_way[-1])}
        if not new <= plan.passed:
            plan.own, plan.passed = True, plan.passed | new
            raise Again
        if not plan.own and any(same(frame, plan, f.given, given) for f in under_way):
            plan.own = True
            raise Again
    if plan.own and plan.refused is None:
        return True
    if under_way:
        written_out(lowering, plan, under_way)
    return False


def written_out(lowering: Lowering, plan: Plan, under_way: list[Frame]) -> None:
    """Count an activation in place of a call."""
    lowering.activations += 1
    depth, nested = len(under_way), len(lowering.blocks)
    if depth < DEEPEST and nested < NESTED and lowering.activations < MOST:
        return
    for x in under_way[-1].given.values():
        if plan.refused is not None and type(x) is Value and decisive(x) is not None:
            raise Depth(x)
    limit = f"{MOST} activations"
    if depth >= DEEPEST or nested >= NESTED:
        limit = f"{DEEPEST} activations, or {NESTED} blocks, inside each other"
    if plan.refused is not None:
        raise UnsupportedError(
            f"{plan.refused.message}, so its calls are written out, and that is more than {limit}",
            plan.refused.advice,
            plan.refused.location,
        )
    refuse(
        "a function that walks objects by calling itself is written out, and that is more than "
        f"{limit}",
        "keep the data in arrays or lists, and write a loop",
    )


class Depth(NotStatic):
    """How deep a function calls itself depends on a number that is not known."""

    def __init__(self, value: Value) -> None:
        found = decisive(value)
        self.value = value if found is None else found
        UnsupportedError.__init__(
            self,
            "how deep a function calls itself must be known when it is transformed",
            "pass a literal, or a parameter whose value is given",
        )


def write_out(lowering: Lowering, node: Anything, message: str, advice: str) -> NoReturn:
    """Begin again, with the calls of a function written out, as it cannot be one of its own."""
    try:
        refuse(message, advice)
    except UnsupportedError as error:
        lowering.plans[node].refused = error
    raise Again


def seen_objects(frame: Frame, x: Anything) -> list[Anything]:
    """The objects of classes that an argument is, or the list or dict of some; a tuple of them."""
    if isinstance(x, Object):
        return [x.object]
    if isinstance(x, Cell):
        if isinstance(x.kind, type):
            return [x]
        held = frame.lowering.versions.get(x, x.initial)
        inside = is_structure(held) and any(seen_objects(frame, i) for i in items(held))
        return [x] if inside else []
    return [o for i in items(x) for o in seen_objects(frame, i)] if is_structure(x) else []


def is_new(frame: Frame, x: Anything, activation: Frame) -> bool:
    """Whether an object was made since an activation began, and is no part of an older one."""
    for o in seen_objects(frame, x):
        if isinstance(o, Cell) and o.given is None and o.age >= activation.age:
            whole = o.initial
            while type(whole) is Value and isinstance(whole.owner, Op):
                whole = whole.owner.args[0] if whole.owner.prim.name == "getitem" else None
            if type(whole) is not Value:
                return True
    return False


def same(frame: Frame, plan: Plan, a: dict[str, Anything], b: dict[str, Anything]) -> bool:
    """Whether two activations differ in data only."""
    return all(
        is_data(frame, plan, n, a[n]) and is_data(frame, plan, n, b[n])
        or label(frame, a[n]) == label(frame, b[n])
        for n in a
    )  # fmt: skip


def is_data(frame: Frame, plan: Plan, name: str, x: Anything) -> bool:
    """Whether an argument is a parameter in the emitted text."""
    if is_number(x):
        return name not in plan.fixed
    if isinstance(x, Cell) or is_structure(x):
        return name in plan.passed or not seen_objects(frame, x)
    return type(x) is Value


def label(frame: Frame, x: Anything) -> Anything:
    """What stands for an argument that is no data."""
    if isinstance(x, Closure):
        return x.node, x.frame
    objects = seen_objects(frame, x)
    if objects:
        return tuple(o if isinstance(o, Cell) else id(o) for o in objects)
    if isinstance(x, Bound):
        return x.function, label(frame, x.first)
    if isinstance(x, (Value, Cell, Derived, Partial)):
        return x
    return id(x) if callable(x) else (type(x).__name__, repr(x))


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
