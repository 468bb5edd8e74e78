"""Which place of the primal each stretch of an emitted text came from."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Any as Anything

from s2s_ad.errors import Location

Span = tuple[int, int, int, int]  # first line, first column, last line, end column
Places = list[tuple[Span, Location]]


def places(parsed: ast.AST, tree: ast.AST, came_from: Mapping[ast.AST, Location]) -> Places:
    """The stretches of a text that have a place in the primal. `parsed` is the text's own tree,
    with positions; `tree`, equal to it node by node, is what it was printed from."""
    out: Places = []
    for there, here in pairs(parsed, tree):
        location = came_from.get(here)
        if location is not None and isinstance(there, (ast.expr, ast.stmt)):
            assert there.end_lineno is not None and there.end_col_offset is not None
            span = there.lineno, there.col_offset, there.end_lineno, there.end_col_offset
            out.append((span, location))
    return out


def pairs(a: Anything, b: Anything) -> Iterator[tuple[ast.AST, ast.AST]]:
    """The nodes of two equal trees side by side."""
    if isinstance(a, list) and isinstance(b, list):
        for x, y in zip(a, b):
            yield from pairs(x, y)
    elif isinstance(a, ast.AST) and isinstance(b, ast.AST):
        yield a, b
        for name in a._fields:
            yield from pairs(getattr(a, name, None), getattr(b, name, None))
