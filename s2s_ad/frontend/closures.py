"""Closures: what `nonlocal` writes, decorators of local functions, `functools.partial`.

A local function that assigns a name of the enclosing function gets the name's binding when it is
called and gives it back when it ends. The enclosing function's text carries and joins the name like
any that it assigns: its calls are marked with the names that they may assign. So such a function
can only be called from the text in which it stands.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterator
from dataclasses import replace
from typing import Any as Anything

import gast

from s2s_ad.frontend.bindings import Closure
from s2s_ad.frontend.context import Frame, evaluate, refuse
from s2s_ad.frontend.liveness import assigned, nonlocals
from s2s_ad.frontend.source import Source


def mark(node: Anything) -> None:
    """Mark the calls in a function's own text with the names that local functions assign."""
    found: set[str] = set()
    for inner in gast.walk(node):
        if inner is not node and isinstance(inner, gast.FunctionDef):
            found |= nonlocals(inner)
    if not found:
        return
    a = node.args
    bound = {n.id for n in (*a.posonlyargs, *a.args, *a.kwonlyargs, a.vararg, a.kwarg) if n}
    for text in [n for n in gast.walk(node) if isinstance(n, gast.FunctionDef)]:
        own = found & nonlocals(text)
        if text is node:
            own |= found & (bound | set(assigned(node.body)))
        for call in own_calls(text.body):
            call.writes = frozenset(getattr(call, "writes", frozenset()) | own)


def own_calls(nodes: list[Anything]) -> Iterator[Anything]:
    """The calls in a text, not those in functions and comprehensions inside it."""
    for n in nodes:
        if isinstance(n, gast.Call):
            yield n
        if not isinstance(n, (gast.FunctionDef, gast.Lambda)):
            yield from own_calls(list(gast.iter_child_nodes(n)))


def owner(frame: Frame | None, name: str) -> Frame | None:
    """The frame whose variable a nonlocal name is."""
    while frame is not None and (
        name not in frame.locals
        or isinstance(frame.node, gast.FunctionDef)
        and name in nonlocals(frame.node)
    ):
        frame = frame.parent
    return frame


def borrow(frame: Frame, inner: Frame, site: Anything, name: str) -> list[str]:
    """Give a call the bindings of the nonlocal names that it assigns; the names."""
    names = sorted(nonlocals(inner.node)) if isinstance(inner.node, gast.FunctionDef) else []
    for n in names:
        here = n in frame.locals and owner(frame, n) is owner(inner.parent, n)
        if not here or n not in getattr(site, "writes", ()):
            refuse(
                f"{name} assigns the nonlocal {n!r} and is called outside the function that has it",
                f"call {name} directly in the text of that function, or return the value",
            )
        if n in frame.env:
            inner.env[n] = frame.env[n]
    return names


def give_back(frame: Frame, inner: Frame, names: list[str]) -> None:
    """Take what a call has assigned to nonlocal names."""
    for n in names:
        if n in inner.env:
            frame.env[n] = inner.env[n]


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
