"""Calls of functions with registered rules, which are lowered for the types of the call."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable
from typing import Any as Anything

import gast
import numpy as np

from s2s_ad.errors import S2SError, UnsupportedError
from s2s_ad.frontend.binding import (
    bind_arguments,
    default_binding,
    default_objects,
    parameters,
    source_of,
)
from s2s_ad.frontend.bindings import Object, is_structure, items
from s2s_ad.frontend.context import Frame, checkpoint, operand, refuse
from s2s_ad.frontend.foreign import reference
from s2s_ad.frontend.holding import fully_opened, materialised, opened
from s2s_ad.frontend.inline import inline
from s2s_ad.frontend.returning import has_objects
from s2s_ad.frontend.sharing import check, written_parameters
from s2s_ad.ir.build import NotStatic, building, cursor, emit, facts, typeof
from s2s_ad.ir.collecting import raising
from s2s_ad.ir.core import Block, Function, Parameter, Value
from s2s_ad.ir.types import ANY, ListOf, Num, Seq, Type
from s2s_ad.ops.custom import CUSTOM, Registration, Rules, bar_type

Binding = Anything
DEEP = 4  # how often a rule may lead to itself before sizes are forgotten


class WritesArguments(UnsupportedError):
    """A rule, or a function that has one, changes its arguments in place."""


def call_custom(
    frame: Frame,
    callee: Anything,
    given: Registration,
    args: list[Binding],
    kwargs: dict[str, Binding],
) -> Binding:
    """Call a function that has rules."""
    args, kwargs = _bound(callee, args, kwargs)
    if any(has_objects(frame, x) for x in (*args, *kwargs.values())):
        name = getattr(callee, "__name__", "f")
        refuse(
            f"{name}, which has a rule, gets an object that is made here",
            "pass its attributes, or make the object outside",
        )
    bindings = [x if isinstance(x, Object) else materialised(frame, x) for x in args]
    bindings += [x if isinstance(x, Object) else materialised(frame, x) for x in kwargs.values()]
    operands = [operand(frame, x) for x in bindings]
    names = tuple(kwargs)
    found = given.type
    if found == ANY:
        found = _type_of_source(frame, callee, bindings, names)
    rules = _rules(frame, callee, given, bindings, operands, names, found)
    shown: dict[str, Anything] = {"names": names} if names else {}
    return emit(CUSTOM, operands, callee=reference(frame, callee), rules=rules, **shown, type=found)


def call_itself(frame: Frame, given: Registration) -> Binding:
    """The body of a differentiated function that has rules: a call of itself."""
    cursor().location = frame.source.location(frame.node)
    args: list[Binding] = []
    kwargs: dict[str, Binding] = {}
    for name, kind in parameters(frame.node):
        x = frame.env[name]
        if kind == "var_positional":
            args.extend(items(opened(frame, x)))
        elif kind == "var_keyword":
            kwargs.update(opened(frame, x))
        elif kind == "keyword_only":
            kwargs[name] = x
        else:
            args.append(x)
    return call_custom(frame, frame.source.function, given, args, kwargs)


def _bound(
    callee: Anything, args: list[Binding], kwargs: dict[str, Binding]
) -> tuple[list[Binding], dict[str, Binding]]:
    """Arguments by position where the function's signature is known, so that a rule sees them in
    one order."""
    try:
        signature = inspect.signature(callee)
    except (ValueError, TypeError):
        return args, kwargs
    try:
        bound = signature.bind(*args, **kwargs)
    except TypeError as error:
        refuse(
            f"{getattr(callee, '__name__', callee)}(): {error}",
            "call it with the arguments that it declares",
        )
    return list(bound.args), dict(bound.kwargs)


def _is_static(x: Binding) -> bool:
    """Whether a rule is lowered for the value of this argument: all but run-time values and
    floats."""
    return not (type(x) is Value or isinstance(x, (float, complex, np.floating)))


def _rules(
    frame: Frame,
    callee: Anything,
    given: Registration,
    bindings: list[Binding],
    operands: list[Anything],
    names: tuple[str, ...],
    found: Type,
) -> Rules:
    """The rules for a call with arguments of these types, lowered once. A rule may call its own
    function: then it meets the entry that is being filled in."""
    lowering = frame.lowering
    # A rule that calls its own function with ever other sizes must come to an end.
    often = sum(c is callee for c in lowering.ruling) >= DEEP
    seen = [_without_sizes(typeof(v)) if often else typeof(v) for v in operands]
    found = _without_sizes(found) if often else found
    shape = tuple(
        (id(x.object) if isinstance(x, Object) else repr(v)) if _is_static(x) else t
        for x, v, t in zip(bindings, operands, seen)
    )
    key = (callee, shape, names, found)
    if key in lowering.rules:
        return lowering.rules[key]
    rules = lowering.rules[key] = Rules(getattr(callee, "__name__", "f"))
    lowering.ruling.append(callee)
    # Rules are text of their own, not of the function that calls: its frame has no caller.
    nothing = gast.parse("lambda: None").body[0].value
    apart = Frame(lowering, frame.source, gast.copy_location(nothing, frame.node))
    for mode in ("jvp", "vjp"):
        rule = getattr(given, mode)
        if rule is not None:
            try:
                lowered = _lowered(apart, mode, rule, bindings, operands, seen, names, found)
            except NotStatic:
                del lowering.rules[key]
                raise
            setattr(rules, mode, lowered)
    lowering.ruling.pop()
    return rules


def _without_sizes(t: Type) -> Type:
    if isinstance(t, Num) and t.shape:
        return Num(t.kind, t.dtype, (None,) * len(t.shape))
    return t if isinstance(t, Num) else ANY


def _lowered(
    frame: Frame,
    mode: str,
    rule: Anything,
    bindings: list[Binding],
    operands: list[Anything],
    types_: list[Type],
    names: tuple[str, ...],
    found: Type,
) -> Function | S2SError:
    block = Block()
    count = len(bindings) - len(names)
    if mode == "jvp":
        lead = [block.add_param(bar_type(t), "d") for t in types_[:count]]
    else:
        lead = [block.add_param(bar_type(found), "out_bar")]
    out = block.add_param(found, "out")
    params = [block.add_param(t, getattr(x, "hint", "")) for x, t in zip(operands, types_)]
    shown = [x if _is_static(x) else p for x, p in zip(bindings, params)]
    first = lead[0] if len(lead) == 1 else tuple(lead)
    named = dict(zip(names, shown[count:]))

    def body() -> list[Anything]:
        from s2s_ad.frontend.calls import call_binding

        result = call_binding(frame, rule, [first, out, *shown[:count]], named, rule)
        if mode == "jvp":
            return [operand(frame, materialised(frame, result))]
        nest = count == 1 and isinstance(types_[0], (Seq, ListOf))
        each = [result] if nest else _each(frame, result, count, rule)
        return [operand(frame, materialised(frame, x)) for x in each]

    try:
        with raising():  # what is refused in a rule matters where the rule is used
            return _trace(frame, rule, block, body)
    except NotStatic as error:
        for p, x in zip(params, operands):
            if error.value is p and type(x) is Value:
                error.value = x
                raise
        return error
    except S2SError as error:
        return error


def _each(frame: Frame, result: Binding, count: int, rule: Anything) -> list[Binding]:
    """The cotangents that a VJP returns, one for each argument."""
    result = opened(frame, result)
    if type(result) not in (tuple, list):
        result = (result,)
    if len(result) != count:
        name = getattr(rule, "__name__", "the rule")
        refuse(
            f"{name} returns {len(result)} cotangents for {count} arguments",
            "return a tuple with one for each argument, None where there is none",
        )
    return list(result)


def _trace(
    frame: Frame, rule: Anything, block: Block, body: Callable[[], list[Anything]]
) -> Function:
    """What a rule writes, as a function of the block's parameters."""
    lowering = frame.lowering
    restore = checkpoint(frame)
    versions, floor, noted = lowering.versions, lowering.floor, len(lowering.updates)
    lowering.blocks.append(block)
    lowering.versions, lowering.floor = dict(versions), len(lowering.blocks) - 1
    tries, lowering.tries = lowering.tries, []
    c = cursor()
    name = getattr(rule, "__name__", "rule").replace("<lambda>", "rule")
    try:
        with building(block, c.statement, c.location):
            block.yields = body()
            updates = lowering.updates[noted:]
            check(lowering, updates, block)
            if written_parameters(lowering, updates, block):
                message = f"{name} writes into its arguments"
                raise WritesArguments(message, "copy them first", c.location)
    except S2SError:
        restore()
        raise
    finally:
        lowering.blocks.pop()
        lowering.versions, lowering.floor, lowering.tries = versions, floor, tries
        del lowering.updates[noted:]
    declared = [Parameter(p.hint or f"a{k}") for k, p in enumerate(block.params)]
    return Function(name, block, declared, facts=facts())


def _type_of_source(
    frame: Frame, callee: Anything, bindings: list[Binding], names: tuple[str, ...]
) -> Type:
    """The type of what a function returns, where its own text tells; unknown where it has none, or
    one that is not understood, for which the rule was written."""
    if not isinstance(callee, types.FunctionType):
        return ANY
    block = Block()
    params = [block.add_param(typeof(operand(frame, x))) for x in bindings]
    shown = [x if _is_static(x) else p for x, p in zip(bindings, params)]
    count = len(bindings) - len(names)

    def body() -> list[Anything]:
        source = source_of(frame.lowering, callee)
        caller = frame.caller if frame.node is source.tree else frame
        inner = Frame(frame.lowering, source, source.tree, caller)
        objects = default_objects(source)
        missing = object()
        given = bind_arguments(
            source.name,
            source.tree,
            shown[:count],
            dict(zip(names, shown[count:])),
            dict.fromkeys(objects, missing),
        )
        given = {
            n: default_binding(inner, n, objects[n]) if x is missing else x
            for n, x in given.items()
        }
        result = fully_opened(frame, inline(inner, given))
        return [materialised(frame, result) if is_structure(result) else operand(frame, result)]

    try:
        with raising():
            return typeof(_trace(frame, callee, block, body).block.yields[0])
    except WritesArguments:
        raise  # no rule tells what becomes of them
    except S2SError:
        return ANY
