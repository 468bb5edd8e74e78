"""Signatures in words: what `like`, annotations and defaults say about a function's parameters."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import Any as Anything

from s2s_ad.annotations import namespace_of, of_annotation
from s2s_ad.ir.core import UNDEFINED
from s2s_ad.ir.types import STR, Seq, Type
from s2s_ad.signatures import of_value
from s2s_ad.specs import DTYPE, WORDS, SpecError, Symbols, parse, unreadable


def described(
    function: Anything, parameters: Mapping[str, inspect.Parameter], like: Anything
) -> tuple[dict[str, Type], dict[str, Anything]]:
    """Types by parameter from `like` and, for what it leaves open, annotations and defaults.

    `like` is None, a tuple with an example or a signature string per parameter, a mapping from
    names to these, or one string `"x=f8[n], n=3"`. The second result are the values known:
    examples, literals and defaults.
    """
    symbols = Symbols()
    given = _by_name(function, parameters, like)
    namespace = namespace_of(function)
    found: dict[str, Type] = {}
    values: dict[str, Anything] = {}
    for name, parameter in parameters.items():
        if name in given:
            example = given[name]
            if isinstance(example, str):
                found[name], value = _word(example, name, symbols)
                if value is not UNDEFINED:
                    values[name] = value
            else:
                found[name] = _example(example, name, symbols)
                values[name] = example
            continue
        if parameter.annotation is not parameter.empty and parameter.kind not in (
            parameter.VAR_POSITIONAL,
            parameter.VAR_KEYWORD,
        ):
            found[name] = of_annotation(parameter.annotation, namespace, name, symbols)
        if parameter.default is not parameter.empty:
            values[name] = parameter.default
            if name not in found:
                found[name] = of_value(parameter.default, name)
    return found, values


def _by_name(
    function: Anything, parameters: Mapping[str, inspect.Parameter], like: Anything
) -> dict[str, Anything]:
    called = getattr(function, "__name__", repr(function))
    if like is None:
        return {}
    if isinstance(like, str):
        return _by_name(function, parameters, split_like(like, list(parameters)))
    if isinstance(like, Mapping):
        for name in like:
            if name not in parameters:
                raise SpecError(
                    f"{called} has no parameter {name!r}",
                    f"its parameters are {', '.join(parameters)}",
                )
        return dict(like)
    if type(like) is list:
        raise SpecError("`like` is a list", "give a tuple with one example per parameter")
    examples = like if type(like) is tuple else (like,)
    named: dict[str, Anything] = {}
    rest = list(examples)
    for name, parameter in parameters.items():
        if parameter.kind is parameter.VAR_POSITIONAL:
            named[name] = tuple(rest)
            rest = []
        elif rest and parameter.kind is not parameter.VAR_KEYWORD:
            named[name] = rest.pop(0)
    if rest:
        raise SpecError(
            f"{called} takes fewer than the {len(examples)} arguments in `like`",
            f"its parameters are {', '.join(parameters)}",
        )
    return named


def _word(text: str, name: str, symbols: Symbols) -> tuple[Type, Anything]:
    """A signature string, or else an example that happens to be a string (`"mean"`)."""
    if re.fullmatch(r"[A-Za-z_]\w*", text) and text not in WORDS and not DTYPE.fullmatch(text):
        return STR, text
    return parse(text, name, symbols)


def _example(example: Anything, name: str, symbols: Symbols) -> Type:
    """The type of an example; signature strings may stand in its tuples, lists and dicts."""
    kind = type(example)
    if isinstance(example, str):
        return _word(example, name, symbols)[0]
    if kind is tuple or kind is list:
        items = [_example(v, f"{name}[{i}]", symbols) for i, v in enumerate(example)]
        return Seq(kind.__name__, tuple(items))
    if kind is dict:
        inner = tuple(_example(v, f"{name}[{k!r}]", symbols) for k, v in example.items())
        return Seq("dict", inner, tuple(example))
    return of_value(example, name)


def split_like(text: str, names: list[str]) -> dict[str, str]:
    """`"x=f8[n,m], y=float"` by name; commas inside brackets do not separate.

    >>> split_like("x=f8[n,m], y=float", ["x", "y"])
    {'x': 'f8[n,m]', 'y': 'float'}
    """
    pieces, depth, start = [], 0, 0
    for i, c in enumerate(text):
        depth += (c in "[({") - (c in "])}")
        if c == "," and depth == 0:
            pieces.append(text[start:i])
            start = i + 1
    pieces.append(text[start:])
    out: dict[str, str] = {}
    for position, piece in enumerate(pieces):
        name, equals, spec = piece.partition("=")
        if equals and name.strip().isidentifier():
            name, spec = name.strip(), spec.strip()
        elif position < len(names):
            name, spec = names[position], piece.strip()
        else:
            raise unreadable(text)
        if name in out:
            raise SpecError(f"{name} is described twice", f"{name}={out[name]} and {name}={spec}")
        out[name] = spec
    return out
