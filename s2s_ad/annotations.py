"""Signatures from words: annotations, and signature strings such as "f8[n, m]".

A signature string is `float`, `int`, `bool`, `complex`, `str`, `None` or `any`; a dtype for a NumPy
scalar (`f8`); a dtype with sizes for an array (`f8[n, m]`, `f8[n-2, 3]`, `f8[]` for 0-d, `f8[...]`
for unknown rank, `_` for a size without a name); `[a, b]`, `(a, b)`, `{'k': a}` for containers of
fixed structure; `list[a]` and `tuple[a, ...]` for unknown length; or a literal (`3`, `'sum'`, `-1`), which
is the value itself. A size named twice is one size.
"""

from __future__ import annotations

import ast
import inspect
import re
import types
import typing
from collections.abc import Mapping
from typing import Any as Anything

import numpy as np

from s2s_ad.errors import S2SError
from s2s_ad.ir.core import UNDEFINED
from s2s_ad.ir.types import (
    ANY,
    BOOL,
    COMPLEX,
    FLOAT,
    INT,
    NONE,
    STR,
    Dim,
    ListOf,
    Num,
    Opaque,
    Seq,
    Size,
    Type,
)
from s2s_ad.signatures import of_value

WORDS: dict[str, Type] = {
    "float": FLOAT,
    "int": INT,
    "bool": BOOL,
    "complex": COMPLEX,
    "str": STR,
    "None": NONE,
    "any": ANY,
}
_DTYPE = re.compile(r"[fiuc](1|2|4|8|16)|b1|(float|int|uint|complex)\d+|bool")
# What jaxtyping calls them; the dtype that NumPy gives by default stands for the family.
_FAMILIES = {"Float": "f8", "Int": "i8", "Integer": "i8", "Bool": "?", "Complex": "c16"}


class SpecError(S2SError):
    """A signature string that cannot be read."""


class Symbols:
    """The names of sizes: each stands for the expression where it occurred first."""

    def __init__(self) -> None:
        self.place: dict[str, Dim] = {}

    def size(self, text: str, expression: str | None) -> Size:
        """The size written `text`, found at run time at `expression` (None: at no one place)."""
        text = text.strip()
        if re.fullmatch(r"\d+", text):
            return int(text)
        name = re.fullmatch(r"([A-Za-z_]\w*?)\s*(?:([+-])\s*(\d+))?", text)
        if name is None:
            raise SpecError(f"the size {text!r} cannot be read", "write n, n-2, n+1, 3 or _")
        if expression is None:
            return None
        symbol, sign, step = name.groups()
        offset = int(sign + step) if sign else 0
        if symbol == "_":
            return Dim(expression, 0, True)
        if symbol not in self.place:
            if offset:  # n is not seen here, only n + offset
                self.place[symbol] = Dim(expression, -offset, True)
                return Dim(expression, 0, True)
            self.place[symbol] = Dim(expression, 0, True)
        return self.place[symbol] + offset


def parse(text: str, name: str | None, symbols: Symbols) -> tuple[Type, Anything]:
    """The type a signature string denotes, and its value where it is a literal (else UNDEFINED).

    >>> symbols = Symbols()
    >>> print(parse("f8[n, m]", "x", symbols)[0], parse("(f4[m], float)", "p", symbols)[0])
    f64[x.shape[0], x.shape[1]] (f32[x.shape[1]], float)
    """
    prepared = re.sub(r"\?", "_", re.sub(r"(\w)\[\s*\]", r"\1[()]", text.strip()))
    try:
        tree = ast.parse(prepared, mode="eval").body
    except (SyntaxError, ValueError):
        raise _unreadable(text) from None
    try:
        value = ast.literal_eval(tree)
    except ValueError:
        value = UNDEFINED
    if value is not UNDEFINED and not isinstance(tree, (ast.List, ast.Tuple, ast.Dict)):
        return _literal(value), value
    return _type(tree, name, symbols, text), UNDEFINED


def _literal(value: Anything) -> Type:
    known: dict[type, Type] = {float: FLOAT, int: INT, bool: BOOL, complex: COMPLEX, str: STR}
    return known.get(type(value), NONE if value is None else Opaque(type(value).__name__))


def _unreadable(text: str) -> SpecError:
    return SpecError(
        f"the signature {text!r} cannot be read",
        "write for example f8[n,m], f4[3], float, int, list[f8[n]], (f8[n], float)",
    )


def _type(node: ast.expr, name: str | None, symbols: Symbols, text: str) -> Type:
    def inner(child: ast.expr, at: str | None) -> Type:
        return _type(child, at, symbols, text)

    def places(count: int) -> list[str | None]:
        return [None if name is None else f"{name}[{i}]" for i in range(count)]

    if isinstance(node, ast.Constant) and (node.value is None or node.value is Ellipsis):
        return NONE if node.value is None else ANY
    if isinstance(node, ast.Constant):
        return _literal(node.value)
    if isinstance(node, ast.Name):
        if node.id in WORDS:
            return WORDS[node.id]
        return Num("np", _dtype(node.id, text), ())
    if isinstance(node, (ast.Tuple, ast.List)):
        kind = "tuple" if isinstance(node, ast.Tuple) else "list"
        return Seq(kind, tuple(map(inner, node.elts, places(len(node.elts)))))
    if isinstance(node, ast.Dict):
        try:
            keys = tuple(ast.literal_eval(k) for k in node.keys if k is not None)
        except ValueError:
            raise _unreadable(text) from None
        at = [None if name is None else f"{name}[{k!r}]" for k in keys]
        return Seq("dict", tuple(map(inner, node.values, at)), keys)
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        head = node.value.id
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if head == "list":
            return ListOf("list", inner(node.slice, None))
        if head == "tuple":
            last = parts[-1]
            if len(parts) == 2 and isinstance(last, ast.Constant) and last.value is Ellipsis:
                return ListOf("tuple", inner(parts[0], None))
            return Seq("tuple", tuple(map(inner, parts, places(len(parts)))))
        if any(isinstance(p, ast.Constant) and p.value is Ellipsis for p in parts):
            return Num("array", _dtype(head, text), None)
        return Num(
            "array",
            _dtype(head, text),
            tuple(
                symbols.size(ast.unparse(p), None if name is None else f"{name}.shape[{axis}]")
                for axis, p in enumerate(parts)
            ),
        )
    raise _unreadable(text)


def _dtype(word: str, text: str) -> np.dtype[Anything]:
    if word in ("float", "int", "complex"):
        return np.dtype({"float": "f8", "int": "i8", "complex": "c16"}[word])
    if not _DTYPE.fullmatch(word):
        raise _unreadable(text)
    try:
        return np.dtype(word)
    except TypeError:
        raise _unreadable(text) from None


# Annotations ----------------------------------------------------------------------------------


def of_annotation(
    annotation: Anything, namespace: Mapping[str, Anything], name: str | None, symbols: Symbols
) -> Type:
    """The type an annotation denotes; ANY where it says nothing that s2s_ad understands."""

    def inner(item: Anything, at: str | None) -> Type:
        return of_annotation(item, namespace, at, symbols)

    if annotation is None or annotation is type(None):
        return NONE
    if isinstance(annotation, str):
        return _of_text(annotation, namespace, name, symbols)
    simple = {float: FLOAT, int: INT, bool: BOOL, complex: COMPLEX, str: STR}
    if isinstance(annotation, type) and annotation in simple:
        return simple[annotation]
    if annotation is np.ndarray:
        return Num("array")
    jax = _of_jaxtyping(annotation, name, symbols)
    if jax is not None:
        return jax
    if isinstance(annotation, type) and issubclass(annotation, np.generic):
        return _of_scalar_type(annotation)
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        for extra in args[1:]:
            if isinstance(extra, str):
                try:
                    return parse(extra, name, symbols)[0]
                except SpecError:
                    continue  # metadata for somebody else
        return inner(args[0], name)
    if origin is np.ndarray:
        scalar = typing.get_args(args[1]) if len(args) == 2 else ()
        known = scalar and isinstance(scalar[0], type) and issubclass(scalar[0], np.generic)
        dtype = _of_scalar_type(scalar[0]) if known else ANY
        return Num("array", dtype.dtype if isinstance(dtype, Num) else None)
    if origin is list and len(args) == 1:
        return ListOf("list", inner(args[0], None))
    if origin is tuple and len(args) == 2 and args[1] is Ellipsis:
        return ListOf("tuple", inner(args[0], None))
    if origin is tuple and args and args != ((),):
        at = [None if name is None else f"{name}[{i}]" for i in range(len(args))]
        return Seq("tuple", tuple(map(inner, args, at)))
    return ANY


def _of_scalar_type(scalar: type[np.generic]) -> Type:
    try:
        dtype = np.dtype(scalar)
    except TypeError:  # an abstract one, such as np.floating
        return ANY
    return Num("np", dtype, ()) if dtype.kind in "biufc" else ANY


def _of_text(text: str, namespace: Mapping[str, Anything], name: str | None, symbols: Symbols) -> Type:
    try:
        parsed, value = parse(text, name, symbols)
        if not isinstance(value, str):
            return parsed
    except SpecError:
        pass  # no signature string, so an ordinary annotation that is quoted or postponed
    try:
        evaluated = eval(text, dict(namespace))
    except (NameError, AttributeError, SyntaxError, TypeError):
        return ANY  # as under `if TYPE_CHECKING:`
    return ANY if evaluated == text else of_annotation(evaluated, namespace, name, symbols)


def _of_jaxtyping(annotation: Anything, name: str | None, symbols: Symbols) -> Type | None:
    """`Float[np.ndarray, "n m"]`, recognised by its attributes: jaxtyping is not imported."""
    text = getattr(annotation, "dim_str", None)
    if not isinstance(text, str) or getattr(annotation, "array_type", None) is not np.ndarray:
        return None
    dtypes = getattr(annotation, "dtypes", None)
    family = type(annotation).__name__ if not isinstance(annotation, type) else annotation.__name__
    family = getattr(getattr(annotation, "dtype", None), "__name__", family.split("[")[0])
    dtype: np.dtype[Anything] | None = None
    if family in _FAMILIES:
        dtype = np.dtype(_FAMILIES[family])
    elif isinstance(dtypes, (list, tuple)) and len(dtypes) == 1 and isinstance(dtypes[0], str):
        word = dtypes[0]
        dtype = np.dtype(word) if _DTYPE.fullmatch(word) else None
    sizes: list[Size] = []
    for axis, part in enumerate(text.split()):
        if part == "..." or part.startswith("*"):
            return Num("array", dtype, None)
        part = part.rsplit("=", 1)[-1].lstrip("?")
        unknown = part.startswith("#") or name is None
        try:
            sizes.append(None if unknown else symbols.size(part, f"{name}.shape[{axis}]"))
        except SpecError:
            sizes.append(None)  # an expression such as 2*n, or a symbolic {n}
    return Num("array", dtype, tuple(sizes))


def namespace_of(function: Anything) -> dict[str, Anything]:
    """The names that a function's postponed annotations may use."""
    inner = inspect.unwrap(function)
    names = dict(getattr(inner, "__globals__", {}))
    if isinstance(inner, types.FunctionType):
        for key, cell in zip(inner.__code__.co_freevars, inner.__closure__ or ()):
            try:
                names[key] = cell.cell_contents
            except ValueError:  # not bound yet
                continue
    return names


# A whole signature ----------------------------------------------------------------------------


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
        raise SpecError(f"{called} takes fewer than the {len(examples)} arguments in `like`")
    return named


def _word(text: str, name: str, symbols: Symbols) -> tuple[Type, Anything]:
    """A signature string, or else an example that happens to be a string (`"mean"`)."""
    if re.fullmatch(r"[A-Za-z_]\w*", text) and text not in WORDS and not _DTYPE.fullmatch(text):
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
            out[name.strip()] = spec.strip()
        elif position < len(names):
            out[names[position]] = piece.strip()
        else:
            raise _unreadable(text)
    return out
