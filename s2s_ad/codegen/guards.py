"""The line that says which sizes a derivative was generated for."""

from __future__ import annotations

import ast

from s2s_ad.ir.core import Function


def guard(function: Function, names: list[str]) -> ast.stmt | None:
    """`assert 1 not in (x.shape[0], w.shape[1])`, where the text relied on sizes not being 1."""
    sizes = sorted(
        {d.name for d in function.facts.assumptions() if root(d.name) in names},
        key=lambda n: (names.index(root(n)), n),
    )
    if not sizes:
        return None
    nodes = [ast.parse(s, mode="eval").body for s in sizes]
    whole = ast.Tuple(nodes, ast.Load())
    test = ast.Compare(ast.Constant(1), [ast.NotIn()], [whole])
    if len(nodes) == 1:
        test = ast.Compare(nodes[0], [ast.NotEq()], [ast.Constant(1)])
    return ast.Assert(test, ast.Constant("derived for sizes other than 1"))


def root(name: str) -> str:
    """The parameter that a size belongs to."""
    for k, c in enumerate(name):
        if not (c.isalnum() or c == "_"):
            return name[:k]
    return name
