"""Everything in a function that is not differentiable, in one go, as a compiler lists errors.

The function is lowered and differentiated as always, in both modes, while refusals are collected
(`s2s_ad.ir.collecting`): there is no second list of what is supported.
"""

from __future__ import annotations

import inspect
import os
import types
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any as Anything

from s2s_ad.api import split_bound
from s2s_ad.dispatch import Dispatcher
from s2s_ad.entries import gradient
from s2s_ad.errors import InternalError, Location, S2SError
from s2s_ad.ir.collecting import collecting
from s2s_ad.ir.types import ANY, POISON, Any, ListOf, Num, Seq, Type
from s2s_ad.like import described
from s2s_ad.parameters import parameters_of, positions

SCHEMA = 1  # the version of the JSON output
SKIPPED = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


@dataclass(eq=False)
class Report:
    """What a lint found: the functions looked at, by name, and what is refused in them, each place
    once, in the order of the text."""

    functions: list[str] = field(default_factory=list)
    refusals: list[S2SError] = field(default_factory=list)

    def add(self, name: str, found: Iterable[S2SError]) -> None:
        """Enter what was found in a function."""
        self.functions.append(name)
        known = {e.location for e in self.refusals if e.location is not None}
        self.refusals += [e for e in found if e.location is None or e.location not in known]
        self.refusals.sort(key=_order)

    def text(self) -> str:
        """The refusals as a compiler prints errors, and their number."""
        parts = [str(error) + "\n\n" for error in self.refusals]
        looked = f"{_count(len(self.functions), 'function')} checked"
        if not self.refusals:
            return f"{looked}, nothing refused\n"
        return "".join(parts) + f"{_count(len(self.refusals), 'refusal')}, {looked}\n"

    def as_data(self) -> dict[str, Anything]:
        """The report as JSON has it; see the help of `s2s-ad lint`."""
        return {
            "schema": SCHEMA,
            "functions": self.functions,
            "count": len(self.refusals),
            "refusals": [_entry(error) for error in self.refusals],
        }


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def _order(error: S2SError) -> tuple[str, int, int]:
    place = error.location
    return (place.file, place.line, place.column) if place is not None else ("", 0, 0)


def _entry(error: S2SError) -> dict[str, Anything]:
    return {
        **_place(error.location),
        "code": error.code,
        "message": error.message,
        "advice": error.advice,
        "called_from": _place(error.caller) if error.caller is not None else None,
    }


def _place(place: Location | None) -> dict[str, Anything]:
    """A place; lines and columns count from 1, the end is the first column after it."""
    if place is None:
        names = ("file", "line", "column", "end_column", "source", "function")
        return dict.fromkeys(names)
    return {
        "file": place.file,
        "line": place.line,
        "column": place.column + 1,
        "end_column": max(place.end_column, place.column + 1) + 1,
        "source": place.text,
        "function": place.function,
    }


def lint(
    function: Callable[..., Anything], *, wrt: Anything = None, like: Anything = None
) -> Report:
    """What in a function is not differentiable: all of it, where `source` raises the first.

    `wrt` are positions or names of parameters, by default all that may carry a derivative; `like`
    says what the arguments are, as for `source`.
    """
    report = Report()
    plain, before = split_bound(function)
    report.add(getattr(plain, "__qualname__", repr(plain)), refusals_of(plain, before, wrt, like))
    return report


def refusals_of(
    function: Anything, before: tuple[Anything, ...], wrt: Anything, like: Anything
) -> list[S2SError]:
    """The refusals in a plain function; `before` are the arguments bound to it."""
    found, values, candidates = _described(function, before, like)
    if wrt is None and not candidates:
        return []
    chosen = candidates if wrt is None else wrt
    places = positions(function, parameters_of(function), chosen, bool(before))
    dispatcher = Dispatcher(function, "lint", places, gradient(False), bool(before), True)
    with collecting() as refusals:
        while True:
            try:
                dispatcher.source(found, values)
            except InternalError:
                raise
            except S2SError as error:
                if refusals.finish(error):
                    continue
            return refusals.found


def _described(
    function: Anything, before: tuple[Anything, ...], like: Anything
) -> tuple[dict[str, Type], dict[str, Anything], tuple[str, ...]]:
    """Types and values by parameter, and the parameters that may carry a derivative."""
    parameters = parameters_of(function)
    free = dict(list(parameters.items())[len(before) :])
    found, values = described(function, free, like)
    if before:
        values = {next(iter(parameters)): before[0], **values}
    elif _is_method(function):
        found.setdefault(next(iter(parameters)), POISON)  # nothing is said of what it is
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    candidates = [
        n for n, p in free.items() if p.kind not in variadic and _may_move(found.get(n, ANY))
    ]
    return found, values, tuple(candidates)


def _may_move(t: Type) -> bool:
    if isinstance(t, Num):
        return t.dtype is None or t.dtype.kind in "fc"
    if isinstance(t, Seq):
        return any(map(_may_move, t.items))
    return _may_move(t.elem) if isinstance(t, ListOf) else isinstance(t, Any) and t != POISON


def _is_method(function: Anything) -> bool:
    """Whether a function stands in a class and takes `self`."""
    name = getattr(function, "__qualname__", "").rpartition(".<locals>.")[2]
    first = next(iter(parameters_of(function)), "")
    return "." in name and first == "self"


def functions_in(module: Anything, file: str) -> dict[str, Anything]:
    """The functions and methods that a file defines and that could be differentiated: those with a
    parameter that may carry a derivative."""
    found: dict[str, Anything] = {}
    for name, x in vars(module).items():
        if isinstance(x, type) and x.__module__ == module.__name__:
            for inner in vars(x):
                if not inner.startswith("__") or inner == "__call__":
                    found[f"{name}.{inner}"] = getattr(x, inner)
        else:
            found[name] = x
    out = {}
    for name, f in found.items():
        code = getattr(_plain(f), "__code__", None)
        if code is None or code.co_flags & SKIPPED:
            continue
        if os.path.abspath(code.co_filename) == os.path.abspath(file) and _candidates(f):
            out[name] = f
    return dict(sorted(out.items(), key=lambda item: _plain(item[1]).__code__.co_firstlineno))


def _plain(f: Anything) -> Anything:
    while getattr(f, "__s2s_ad__", False) is True:
        f = f.__wrapped__
    return f.__func__ if isinstance(f, types.MethodType) else f


def _candidates(f: Anything) -> tuple[str, ...]:
    function, before = split_bound(f)
    _, _, free = _described(function, before, None)
    return free


__all__ = ["Report", "functions_in", "lint"]
