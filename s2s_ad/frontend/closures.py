"""Closures: what `nonlocal` writes, decorators of local functions, `functools.partial`.

A variable that local functions assign stands in a box, an object with one attribute, from the
beginning of the function that has it. So it is shared wherever the functions are called, and
branches and loops join and carry what is in the box as they do with any object.
"""

from __future__ import annotations

import functools
import inspect
from dataclasses import replace
from typing import Any as Anything

import gast

from s2s_ad.frontend import prelude
from s2s_ad.frontend.bindings import Cell, Closure, Conflict
from s2s_ad.frontend.context import Frame, evaluate, refuse, refuse_conflict
from s2s_ad.frontend.holding import made
from s2s_ad.frontend.liveness import Names, nonlocals
from s2s_ad.frontend.objects import attributes_of
from s2s_ad.frontend.source import Source
from s2s_ad.frontend.unbound import require
from s2s_ad.ir.core import UNDEFINED

VARIABLE = "_"  # the attribute of a box


def shared(node: Anything) -> Names:
    """The names that functions inside a function's text assign as nonlocal."""
    out: Names = frozenset()
    for inner in gast.walk(node):
        if inner is not node and isinstance(inner, gast.FunctionDef):
            out |= nonlocals(inner)
    return out


def make_boxes(frame: Frame) -> None:
    """Put the variables that functions share into boxes, when their function begins."""
    for name in sorted(frame.boxed):
        held = {VARIABLE: frame.env.get(name, UNDEFINED)}
        box = Cell(prelude.Box, held, name=name)
        frame.env[name] = made(frame.lowering, box, frame.lowering.blocks[-1])


def box_of(frame: Frame, name: str) -> Cell | None:
    """The box of a variable that functions share, as a frame sees it."""
    owner: Frame | None = frame
    while owner is not None and name in owner.liveness.outer:
        owner = owner.parent
        while owner is not None and name not in owner.locals | owner.liveness.outer:
            owner = owner.parent
    if owner is None:
        refuse(
            f"the nonlocal {name!r} belongs to a function that has ended",
            "give it as an argument, and return the new value",
        )
    return owner.env[name] if name in owner.boxed else None


def read_box(frame: Frame, name: str, box: Cell, local: bool) -> Anything:
    """What a variable that functions share is bound to."""
    found = attributes_of(frame, box)[VARIABLE]
    if isinstance(found, Conflict):
        refuse_conflict(found)
    if found is UNDEFINED:
        refuse(f"{name!r} is read before it is assigned", "assign it on every path")
    require(frame, name, found, local)
    return found


def check_alive(frame: Frame, callee: Closure) -> None:
    """Refuse a local function whose names belong to a loop or branch that has ended."""
    began = callee.frame.began
    if began is not None and not any(b is began[0] for b in frame.lowering.blocks):
        refuse(f"{callee.name} was made in a loop or branch that has ended", "call it there")


def decorated(frame: Frame, node: Anything, made: Closure) -> Anything:
    """A local function as its decorators give it."""
    from s2s_ad.frontend.calls import call_binding

    out: Anything = made
    functions = [evaluate(frame, d) for d in node.decorator_list]
    for function in reversed(functions):
        out = call_binding(frame, function, [out], {}, node)
    return out


def unwrapped(callee: Anything) -> Anything:
    """The Python function behind `numba.njit` and `functools.lru_cache`, whose results are its."""
    while True:
        inner = getattr(callee, "py_func", None)
        if inner is None and isinstance(callee, functools._lru_cache_wrapper):
            inner = callee.__wrapped__
        if inner is None or not callable(inner):
            return callee
        callee = inner


def called(source: Source) -> Source:
    """The source to differentiate: a function made by a decorator (`functools.wraps`) has the
    parameters of the one it wraps, so it is called in a function with those."""
    wrapper = source.function
    if not hasattr(wrapper, "__wrapped__"):
        return source
    out = gast.arguments([], [], None, [], [], None, [])
    call = gast.Call(gast.Constant(wrapper, None), [], [])
    defaults, kwdefaults = [], {}
    for p in inspect.signature(wrapper).parameters.values():
        name, given = gast.Name(p.name, gast.Param(), None, None), _load(p.name)
        if p.kind is p.VAR_POSITIONAL:
            out.vararg = name
            call.args.append(gast.Starred(given, gast.Load()))
        elif p.kind is p.VAR_KEYWORD:
            out.kwarg = name
            call.keywords.append(gast.keyword(None, given))
        elif p.kind is p.KEYWORD_ONLY:
            out.kwonlyargs.append(name)
            call.keywords.append(gast.keyword(p.name, given))
            if p.default is not p.empty:
                kwdefaults[p.name] = p.default
        else:
            (out.posonlyargs if p.kind is p.POSITIONAL_ONLY else out.args).append(name)
            call.args.append(given)
            if p.default is not p.empty:
                defaults.append(p.default)
    tree = gast.FunctionDef(wrapper.__name__, out, [gast.Return(call)], [], None, None)
    for n in gast.walk(tree):
        n.quiet = True
        for name in ("lineno", "col_offset", "end_lineno", "end_col_offset"):
            setattr(n, name, getattr(source.tree, name))
    return replace(source, tree=tree, defaults=tuple(defaults), kwdefaults=kwdefaults, orders={})


def _load(name: str) -> Anything:
    return gast.Name(name, gast.Load(), None, None)
