"""Statements: a list is lowered in order; control statements receive what follows them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any as Anything

import gast

from s2s_ad.frontend.augmented import augment, augment_attribute
from s2s_ad.frontend.bindings import (
    Bound,
    Cell,
    Closure,
    Derived,
    Method,
    Object,
    Partial,
    Pullback,
    flatten,
    is_structure,
    items,
    user_name,
)
from s2s_ad.frontend.branches import Rest, branch, resume, run
from s2s_ad.frontend.choices import Choice, split
from s2s_ad.frontend.closures import VARIABLE, box_of, decorated
from s2s_ad.frontend.conditions import holds
from s2s_ad.frontend.containers import delete_item
from s2s_ad.frontend.context import (
    RAISED,
    RETURN,
    Frame,
    checkpoint,
    evaluate,
    refuse,
    refuse_node,
    statement,
)
from s2s_ad.frontend.contexts import Body, Context, lower_body, lower_context
from s2s_ad.frontend.escapes import Unwound, close
from s2s_ad.frontend.exceptions import lower_assert, lower_raise
from s2s_ad.frontend.expressions import closure
from s2s_ad.frontend.holding import holding
from s2s_ad.frontend.imports import declare_global, import_modules, import_names
from s2s_ad.frontend.iteration import stored
from s2s_ad.frontend.joining import BREAKS, CONTINUES, FALLS, RETURNS, Status, always
from s2s_ad.frontend.liveness import Names, assigned
from s2s_ad.frontend.loops import lower_for, lower_while
from s2s_ad.frontend.managers import lower_with
from s2s_ad.frontend.matching import Refused
from s2s_ad.frontend.names import look_up
from s2s_ad.frontend.objects import attributes_of, is_object
from s2s_ad.frontend.setting import delete, name_attribute, put
from s2s_ad.frontend.stores import assign_item, augment_item
from s2s_ad.frontend.tries import lower_try
from s2s_ad.frontend.unpacking import unpacked
from s2s_ad.ir.build import cursor, emit
from s2s_ad.ir.collecting import refusals
from s2s_ad.ir.core import UNDEFINED, Value
from s2s_ad.ir.types import ListOf

FALLING = always(FALLS)


def lower_list(frame: Frame, body: list[Anything], live: Names, tail: bool) -> Status:
    """Lower statements; how the list ends. `live` are the names read after it, `tail` tells
    whether its end is the end of a loop's body."""
    depth = len(frame.lowering.openings)
    status = lower_open(frame, body, live, tail)
    return close(frame, depth, status, live, tail)


def lower_open(frame: Frame, body: list[Anything], live: Names, tail: bool) -> Status:
    """The same, without an end to what waits for a handler."""
    status: Status | None
    # What waits for the final statements of a block: no text reads it.
    waiting = {n for n in live if n == RETURN or n.startswith(RAISED)}
    for k, node in enumerate(body):
        following = body[k + 1 :]
        rest = Rest(
            lambda following=following: lower_list(frame, following, live, tail),  # type: ignore[misc]
            not following,
            frame.liveness.after[node] | waiting,
            live,
            tail,
            following,
        )
        status, consumed = None, False
        simple = type(node) not in CONTROL
        restore, env = checkpoint(frame) if simple else None, dict(frame.env)
        block = cursor().block
        count = len(block.ops)
        with statement(frame, node):
            try:
                status, consumed = _lower(frame, node, rest)
            except Unwound as unwound:
                status = unwound.status
            except Choice as choice:
                # What has been written of the statement is dead, unless it does something.
                if restore is None or any(op.prim.effect == "effect" for op in block.ops[count:]):
                    raise
                restore()
                frame.env = env
                again = partial(lower_list, frame, [node, *following], live, tail)
                status, consumed = split(frame, choice, again, live, tail), True
        if status is None:
            status = after_refusal(frame, node)
        if consumed or FALLS not in status.codes:
            return status
        if status.mixed:
            return resume(frame, status, rest)
    return FALLING


def after_refusal(frame: Frame, node: Anything) -> Status:
    """In a lint, go on after a statement that was refused: of the names that it binds nothing is
    known, and what stands in its blocks is looked at once."""
    frame.env.update({name: emit("refused") for name in assigned([node])})
    found = refusals()
    if found is None or node in found.looked:
        return FALLING
    found.looked.add(node)
    for body in bodies(node):
        if body[0] not in frame.liveness.after:
            continue  # a kind of statement of which liveness knows nothing
        run(frame, lambda body=body: lower_list(frame, body, frozenset(), False))  # type: ignore[misc]
    return FALLING


def bodies(node: Anything) -> Iterator[list[Anything]]:
    """The lists of statements in a statement that run where it stands."""
    if isinstance(node, (gast.FunctionDef, gast.AsyncFunctionDef, gast.ClassDef)):
        return
    for child in gast.iter_child_nodes(node):
        if isinstance(child, (gast.ExceptHandler, gast.match_case)):
            yield from bodies(child)
    for name in ("body", "orelse", "finalbody"):
        if getattr(node, name, None):
            yield getattr(node, name)


def _lower(frame: Frame, node: Anything, rest: Rest) -> tuple[Status, bool]:
    control = CONTROL.get(type(node))
    if control is not None:
        return control(frame, node, rest)
    simple = SIMPLE.get(type(node))
    if simple is None:
        refuse_node(node)
    return simple(frame, node) or FALLING, False


# Control --------------------------------------------------------------------------------------


def _if(frame: Frame, node: Anything, rest: Rest) -> tuple[Status, bool]:
    condition = holds(frame, node.test)
    tail = rest.tail and rest.empty
    live, all_live = rest.after, rest.live
    assert live is not None and all_live is not None

    def arm(body: list[Anything]) -> Callable[[], Status]:
        return lambda: lower_list(frame, body, live, tail)

    def whole(body: list[Anything]) -> Callable[[], Status]:
        return lambda: lower_list(frame, [*body, *rest.statements], all_live, rest.tail)

    leaves = [leaving(node.body) == LEAVES, leaving(node.orelse) == LEAVES]
    if isinstance(condition, Value) and rest.statements and leaves[0] != leaves[1]:
        # What follows belongs to the branch that does not leave.
        then = arm(node.body) if leaves[0] else whole(node.body)
        orelse = arm(node.orelse) if leaves[1] else whole(node.orelse)
        nothing = Rest(lambda: FALLING, True, rest.live, rest.live, rest.tail)
        return branch(frame, condition, then, orelse, nothing)
    return branch(frame, condition, arm(node.body), arm(node.orelse), rest)


LEAVES, FAILS, GOES_ON = "leaves", "fails", "goes on"


def leaving(body: list[Anything]) -> str:
    """How a list ends, as far as its text tells."""
    last = body[-1] if body else None
    if isinstance(last, (gast.Return, gast.Break, gast.Continue)):
        return LEAVES
    if isinstance(last, gast.Raise):
        return FAILS
    if isinstance(last, gast.If):
        ends = {leaving(last.body), leaving(last.orelse)}
        if GOES_ON not in ends:
            return FAILS if ends == {FAILS} else LEAVES
    return GOES_ON


def _for(frame: Frame, node: Anything, rest: Rest) -> tuple[Status, bool]:
    return lower_for(frame, node, rest, lower_list)


def _while(frame: Frame, node: Anything, rest: Rest) -> tuple[Status, bool]:
    return lower_while(frame, node, rest, lower_list)


def _try(frame: Frame, node: Anything, rest: Rest) -> tuple[Status, bool]:
    return lower_try(frame, node, rest, lower_list, lower_open)


def _with(frame: Frame, node: Anything, rest: Rest) -> tuple[Status, bool]:
    return lower_with(frame, node, rest, lower_list, lower_open)


# Assignment -----------------------------------------------------------------------------------


def _assign(frame: Frame, node: Anything) -> None:
    x = evaluate(frame, node.value)
    for k, target in enumerate(node.targets):
        with held(frame, [x] if node.targets[k + 1 :] else []):
            assign(frame, target, x)


def _annotated(frame: Frame, node: Anything) -> None:
    if node.value is not None:
        assign(frame, node.target, evaluate(frame, node.value))


def assign(frame: Frame, target: Anything, x: Anything) -> None:
    """Bind a target, which may be a nest of names."""
    if isinstance(target, gast.Name):
        bind(frame, target.id, x)
    elif isinstance(target, (gast.Tuple, gast.List)):
        parts = unpacked(frame, x, target.elts)
        for k, inner in enumerate(target.elts):
            with held(frame, parts[k + 1 :]):
                assign(frame, inner.value if isinstance(inner, gast.Starred) else inner, parts[k])
    elif isinstance(target, gast.Subscript):
        assign_item(frame, target, x)
    elif isinstance(target, gast.Attribute):
        put(frame, evaluate(frame, target.value), target.attr, x)
    else:
        refuse_target(frame, target)


@contextmanager
def held(frame: Frame, parts: list[Anything]) -> Iterator[None]:
    """While one target is assigned, what the others will get can be seen."""
    before = len(frame.iterated)
    frame.iterated.extend(v for v in flatten(parts) if type(v) is Value)
    try:
        yield
    finally:
        del frame.iterated[before:]


def refuse_target(frame: Frame, target: Anything) -> None:
    """Refuse a store that is no assignment to a name."""
    cursor().location = frame.source.location(target)
    refuse("a starred target is not supported here", "use slices: a, b = x[0], x[1:]")


def bind(frame: Frame, name: str, x: Anything, named: bool = True) -> None:
    """Bind a name; a value without a name gets it."""
    x = stored(frame, x)
    kind = type(x)
    if kind is Method and not isinstance(x.receiver, Cell):
        refuse("a method that is stored is not supported", "call it where it is used")
    shown = "" if name in frame.hidden else user_name(name)
    if shown and kind is Value and not x.named and (named or not x.hint):
        x.hint, x.named = shown, named
    if shown and kind is Cell:
        x.name = x.name or shown
        if is_object(x):
            for attribute, v in attributes_of(frame, x).items():
                name_attribute(x, attribute, v)
        bind_held(shown, holding(frame, x), named)
    box = box_of(frame, name)
    if box is None:
        frame.env[name] = x
    else:
        put(frame, box, VARIABLE, x)


def bind_held(name: str, held: Anything, named: bool) -> None:
    """Name what a list of unknown length holds."""
    if type(held) is Value and isinstance(held.type, ListOf) and not held.named:
        held.hint, held.named = name, named


def _delete(frame: Frame, node: Anything) -> None:
    for target in node.targets:
        if isinstance(target, gast.Name):
            look_up(frame, target.id)
            box = box_of(frame, target.id)
            if box is None:
                del frame.env[target.id]
            else:
                put(frame, box, VARIABLE, UNDEFINED)
        elif isinstance(target, gast.Subscript):
            index = evaluate(frame, target.slice)
            delete_item(frame, evaluate(frame, target.value), index)
        elif isinstance(target, gast.Attribute):
            delete(frame, evaluate(frame, target.value), target.attr)
        else:
            refuse("del of this is not supported", "delete a name, an item or an attribute")


# Simple statements ----------------------------------------------------------------------------


def _augmented(frame: Frame, node: Anything) -> None:
    if isinstance(node.target, gast.Subscript):
        augment_item(frame, node)
        return
    if isinstance(node.target, gast.Attribute):
        augment_attribute(frame, node)
        return
    bind(frame, node.target.id, augment(frame, node))


def _return(frame: Frame, node: Anything) -> Status:
    x = None if node.value is None else evaluate(frame, node.value)
    if frame.caller is None:
        check_escape(frame, x)
    frame.env[RETURN] = x
    return always(RETURNS)


def check_escape(frame: Frame, x: Anything) -> None:
    """Refuse a local function that would outlive its frame."""
    if is_structure(x) or isinstance(x, Cell):
        held = holding(frame, x)
        for inner in items(held) if is_structure(held) else []:
            check_escape(frame, inner)
    elif isinstance(x, (Closure, Bound, Derived, Partial, Pullback)):
        refuse("a function that is returned is not supported", "call it and return its value")
    elif isinstance(x, Object):
        refuse("returning an object is not supported", "return numbers, arrays or containers")


def _expression(frame: Frame, node: Anything) -> None:
    if not isinstance(node.value, gast.Constant):
        evaluate(frame, node.value)


def _local(frame: Frame, node: Anything) -> None:
    made = closure(frame, node, user_name(node.name))
    bind(frame, node.name, decorated(frame, node, made) if node.decorator_list else made)


CONTROL: dict[type, Callable[[Frame, Anything, Rest], tuple[Status, bool]]] = {
    gast.If: _if,
    gast.For: _for,
    gast.While: _while,
    gast.With: _with,
    Context: lambda frame, node, rest: lower_context(frame, node, rest, lower_open),
    Body: lambda frame, node, rest: lower_body(frame, node, rest, lower_open),
    gast.Try: _try,
}
SIMPLE: dict[type, Callable[[Frame, Anything], Status | None]] = {
    gast.Assign: _assign,
    gast.AnnAssign: _annotated,
    gast.AugAssign: _augmented,
    gast.Return: _return,
    gast.Expr: _expression,
    gast.Assert: lower_assert,
    gast.Raise: lower_raise,
    gast.FunctionDef: _local,
    gast.Delete: _delete,
    gast.Import: import_modules,
    gast.ImportFrom: import_names,
    gast.Global: declare_global,
    Refused: lambda frame, node: refuse(node.why.message, node.why.advice),
    gast.Nonlocal: lambda frame, node: None,
    gast.Pass: lambda frame, node: None,
    gast.Break: lambda frame, node: always(BREAKS),
    gast.Continue: lambda frame, node: always(CONTINUES),
}
