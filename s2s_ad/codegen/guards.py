"""The line that says which sizes a derivative was generated for."""

from __future__ import annotations

import ast
import re

from s2s_ad.codegen.text import INDENT, WIDTH, simple
from s2s_ad.ir.core import Function
from s2s_ad.ir.types import Dim, Num, Seq, Type

MESSAGE = "derived for sizes other than 1"
ITEM = re.compile(r"(\w+)\[\d+\](.*)")


def guard(function: Function, names: list[str]) -> list[ast.stmt]:
    """`assert 1 not in (x.shape[0], w.shape[1])`, where the text relied on sizes not being 1. The
    items of a list are walked where naming each would be too long. Sizes that the signature
    gives one symbol are compared."""
    places = declared(function, names)
    relied = {d.name for d in function.facts.assumptions()}
    found = {places[name][0] if name in places else name for name in relied}
    sizes = sorted((n for n in found if root(n) in names), key=lambda n: (names.index(root(n)), n))
    shared = [" == ".join(exprs) for exprs in places.values() if len(exprs) > 1]
    if not shared:
        return not_one(sizes, names)
    if sizes:
        shared.append(plain(sizes).removeprefix("assert "))
    one = f"assert {' and '.join(shared)}"
    texts = [one] if len(INDENT + one) <= WIDTH else [f"assert {text}" for text in shared]
    return [ast.parse(text).body[0] for text in texts]


def declared(function: Function, names: list[str]) -> dict[str, list[str]]:
    """Where each symbolic size stands in the arguments: several places share a declared one."""
    out: dict[str, list[str]] = {}

    def visit(t: Type, path: str) -> None:
        if isinstance(t, Num):
            for axis, d in enumerate(t.shape or ()):
                if isinstance(d, Dim):
                    back = f" {'-' if d.offset > 0 else '+'} {abs(d.offset)}" if d.offset else ""
                    out.setdefault(d.name, []).append(f"{path}.shape[{axis}]{back}")
        elif isinstance(t, Seq):
            keys = t.keys if t.kind == "dict" else range(len(t.items))
            for key, item in zip(keys, t.items):
                visit(item, f"{path}[{key!r}]" if t.cls is None else f"{path}.{key}")

    for name, parameter, p in zip(names, function.parameters, function.block.params):
        if not parameter.seed:
            visit(p.type, name)
    return out


def not_one(sizes: list[str], names: list[str]) -> list[ast.stmt]:
    """That none of these sizes is 1."""
    if not sizes:
        return []
    for texts in ([plain(sizes, f', "{MESSAGE}"')], [plain(sizes)], walked(sizes, names)):
        nodes = [ast.parse(text).body[0] for text in texts]
        if nodes and all(len(INDENT + simple(node)) <= WIDTH for node in nodes):
            return nodes
    return [ast.parse(plain([s])).body[0] for s in sizes]


def plain(sizes: list[str], message: str = "") -> str:
    if len(sizes) == 1:
        return f"assert {sizes[0]} != 1{message}"
    return f"assert 1 not in ({', '.join(sizes)}){message}"


def walked(sizes: list[str], names: list[str]) -> list[str]:
    """One assertion that walks the one parameter whose items are many."""
    lists = list(dict.fromkeys(m.group(1) for m in map(ITEM.fullmatch, sizes) if m))
    if len(lists) != 1 or "all" in names:
        return []
    item = next(c for c in "pqrstuvw" if c not in names)
    rest = dict.fromkeys(item + m.group(2) if (m := ITEM.fullmatch(s)) else s for s in sizes)
    return [f"assert all(1 not in ({', '.join(rest)}) for {item} in {lists[0]})"]


def root(name: str) -> str:
    """The parameter that a size belongs to."""
    found = re.match(r"\w*", name)
    return found.group() if found else ""
