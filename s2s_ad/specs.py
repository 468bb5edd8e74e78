"""Signature strings: types in words, such as "f8[n, m]".

A signature string is `float`, `int`, `bool`, `complex`, `str`, `None` or `any`; a dtype for a NumPy
scalar (`f8`); a dtype with sizes for an array (`f8[n, m]`, `f8[n-2, 3]`, `f8[]` for 0-d, `f8[...]`
for unknown rank, `_` for a size without a name); `[a, b]`, `(a, b)`, `{'k': a}` for containers of
fixed structure; `list[a]` and `tuple[a, ...]` for unknown length; or a literal (`3`, `'sum'`),
which is the value itself. A size named twice is one size.
"""

from __future__ import annotations

import ast
import re
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

WORDS: dict[str, Type] = {
    "float": FLOAT,
    "int": INT,
    "bool": BOOL,
    "complex": COMPLEX,
    "str": STR,
    "None": NONE,
    "any": ANY,
}
DTYPE = re.compile(r"[fiuc](1|2|4|8|16)|b1|(float|int|uint|complex)\d+|bool")


class SpecError(S2SError):
    """A signature string that cannot be read."""

    code = "spec"


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
        raise unreadable(text) from None
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


def unreadable(text: str) -> SpecError:
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
            raise unreadable(text) from None
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
    raise unreadable(text)


def _dtype(word: str, text: str) -> np.dtype[Anything]:
    if word in ("float", "int", "complex"):
        return np.dtype({"float": "f8", "int": "i8", "complex": "c16"}[word])
    if not DTYPE.fullmatch(word):
        raise unreadable(text)
    try:
        return np.dtype(word)
    except TypeError:
        raise unreadable(text) from None
