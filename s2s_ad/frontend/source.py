"""Where a function's text is, and whether it still is what runs.

The whole file is parsed, so every position is the true one. A function is found by the line and
name of its code object; lambdas on one line are told apart by compiling them, and by the
positions in their code. What is found is compiled and compared with the code object: a function
whose file was edited since is refused, never guessed.
"""

from __future__ import annotations
import __future__

import ast
import functools
import inspect
import linecache
import re
import types
from dataclasses import dataclass, field
from typing import Any as Anything

import gast

from s2s_ad.errors import Location, SourceNotFoundError, UnsupportedError
from s2s_ad.frontend.rewrites import rewrite

FLAGS = __future__.annotations.compiler_flag
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(eq=False)
class Source:
    """The text of one function: its gast tree, and what its free names mean."""

    function: types.FunctionType
    tree: Anything  # gast.FunctionDef or gast.Lambda, with positions in the file
    file: str
    lines: list[str]  # the whole file
    globals: dict[str, Anything]
    cells: dict[str, types.CellType]
    defaults: tuple[Anything, ...]
    kwdefaults: dict[str, Anything]
    orders: dict[Anything, int] = field(default_factory=dict)  # statement -> position in the text
    inner: list[tuple[int, int, str]] = field(default_factory=list)  # lines of local functions

    def __post_init__(self) -> None:
        if isinstance(self.tree, gast.FunctionDef):
            for node in gast.walk(self.tree):
                if isinstance(node, gast.stmt):
                    self.orders[node] = 0
            placed = sorted(self.orders, key=lambda n: (n.lineno, n.col_offset))
            self.orders = {node: k for k, node in enumerate(placed)}
            self.inner = [
                (n.lineno, n.end_lineno, n.name)
                for n in placed
                if isinstance(n, gast.FunctionDef) and n is not self.tree
            ]

    def __deepcopy__(self, memo: dict[int, Anything]) -> Source:
        return self  # trees that are copied mention it

    @property
    def name(self) -> str:
        """The function's name; `f` for a lambda."""
        name: str = self.function.__name__
        return name.replace("<lambda>", "f")

    @property
    def module(self) -> str:
        """The importable name of the module whose globals the function reads, or ""."""
        import sys

        name = self.function.__module__ or ""
        found = sys.modules.get(name)
        return name if found is not None and found.__dict__ is self.globals else ""

    def location(self, node: Anything) -> Location:
        """Where a node stands in the file. One that was put here from another function says so."""
        origin = getattr(node, "origin", self)
        if origin is not self:
            found: Location = origin.location(node)
            return found
        line = node.lineno
        text = self.lines[line - 1].rstrip("\n") if line <= len(self.lines) else ""
        start = _characters(text, node.col_offset)
        same_line = node.end_lineno == line and node.end_col_offset is not None
        end = _characters(text, node.end_col_offset) if same_line else len(text)
        return Location(self.file, line, start, end, text, self.function_at(line))

    def function_at(self, line: int) -> str:
        """The name of the innermost function whose text has this line."""
        inner = [name for first, last, name in self.inner if first <= line <= last]
        return inner[-1] if inner else self.function.__name__

    def text(self, node: Anything) -> str:
        """The source of an expression or simple statement as one logical line."""
        origin = getattr(node, "origin", self)
        if origin is not self:
            found: str = origin.text(node)
            return found
        if node.lineno == node.end_lineno:
            line = self.lines[node.lineno - 1].rstrip("\n").encode()
            shown: bytes = line[node.col_offset : node.end_col_offset]
            return shown.decode()
        return " ".join(ast.unparse(gast.gast_to_ast(node)).split("\n"))

    def header(self, node: Anything) -> str:
        """The first logical line of a statement, without a trailing colon."""
        origin = getattr(node, "origin", self)
        if origin is not self:
            found: str = origin.header(node)
            return found
        if isinstance(node, gast.If):
            line = self.lines[node.lineno - 1].rstrip("\n").encode()
            words = re.match(rb"elif|while|if|case", line[node.col_offset :])
            return f"{words[0].decode() if words else 'if'} {self.text(node.test)}"
        if isinstance(node, gast.While):
            return f"while {self.text(node.test)}"
        if isinstance(node, gast.For):
            return f"for {self.text(node.target)} in {self.text(node.iter)}"
        if isinstance(node, gast.With):
            return "with " + ", ".join(self.text(item.context_expr) for item in node.items)
        if isinstance(node, gast.Try):
            return "try"
        if isinstance(node, gast.FunctionDef):
            return f"def {node.name}"
        return self.text(node)


def _characters(line: str, offset: int) -> int:
    """A column in characters; the parser counts bytes."""
    return offset if line.isascii() else len(line.encode()[:offset].decode(errors="replace"))


def find(function: Anything) -> Source:
    """The source of a function, method or lambda."""
    while getattr(function, "__s2s_ad__", False) is True:
        function = function.__wrapped__
    if isinstance(function, types.MethodType):
        return find(function.__func__)
    name = getattr(function, "__qualname__", None) or repr(function)
    if hasattr(function, "__wrapped__") and not isinstance(function, types.FunctionType):
        raise UnsupportedError(
            f"{name} is wrapped by a decorator, which the derivative would not run",
            "pass the function itself: remove the decorator, or give its `__wrapped__`",
            _first_line(function),
        )
    if not isinstance(function, types.FunctionType):
        raise SourceNotFoundError(
            f"{name} has no Python source",
            f"only functions written in Python can be differentiated: lambda x: {name}(x)",
        )
    code = function.__code__
    linecache.checkcache(code.co_filename)
    lines = linecache.getlines(code.co_filename, function.__globals__)
    if not lines:
        raise SourceNotFoundError(
            f"the source of {name} cannot be found: there is no file {code.co_filename}",
            "write the function into a file or a notebook cell, or register its text in linecache",
        )
    node = _locate(code, "".join(lines), name)
    cells = dict(zip(code.co_freevars, function.__closure__ or ()))
    return Source(
        function,
        rewrite(gast.ast_to_gast(node)),
        code.co_filename,
        lines,
        function.__globals__,
        cells,
        function.__defaults__ or (),
        function.__kwdefaults__ or {},
    )


def _first_line(wrapper: Anything) -> Location | None:
    """Where the function that decorators wrap begins, with its decorators."""
    function = inspect.unwrap(wrapper)
    if not isinstance(function, types.FunctionType):
        return None
    file, line = function.__code__.co_filename, function.__code__.co_firstlineno
    text = linecache.getline(file, line, function.__globals__).rstrip("\n")
    return Location(file, line, len(text) - len(text.lstrip()), len(text), text) if text else None


@dataclass(eq=False)
class _File:
    """A parsed file: its definitions by first line and name, and the same compiled."""

    nodes: dict[tuple[int, str], list[Definition]]
    codes: dict[tuple[int, str], list[types.CodeType]]
    text: str
    flags: int


@functools.lru_cache(maxsize=32)
def _read(text: str, flags: int) -> _File:
    tree = ast.parse(text)
    nodes: dict[tuple[int, str], list[Definition]] = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            nodes.setdefault(_key(node), []).append(node)
    code = compile(text, "<source>", "exec", _options(flags), dont_inherit=True)
    codes: dict[tuple[int, str], list[types.CodeType]] = {}
    for inner in _codes(code):
        codes.setdefault((inner.co_firstlineno, inner.co_name), []).append(inner)
    return _File(nodes, codes, text, flags)


def _options(flags: int) -> int:
    return flags | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


def _key(node: Definition) -> tuple[int, str]:
    if isinstance(node, ast.Lambda):
        return node.lineno, "<lambda>"
    return min([node.lineno, *(d.lineno for d in node.decorator_list)]), node.name


def _codes(code: types.CodeType) -> list[types.CodeType]:
    out = []
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            out.append(constant)
            out.extend(_codes(constant))
    return out


def _locate(code: types.CodeType, text: str, name: str) -> Definition:
    """The definition whose compiled form is this code object."""
    changed = SourceNotFoundError(
        f"the source of {name} in {code.co_filename} is not what runs: it was edited since",
        "reload the module (or run the cell again)",
    )
    flags = code.co_flags & FLAGS
    try:
        file = _read(text, flags)
    except (SyntaxError, ValueError):
        raise changed from None
    key = (code.co_firstlineno, code.co_name)
    nodes = file.nodes.get(key, [])
    if not any(same_code(code, other) for other in file.codes.get(key, [])):
        raise changed
    if len(nodes) == 1:
        return nodes[0]
    matching = [n for n, other in _apart(file, key) if same_code(code, other)]
    if len(matching) > 1:
        exact = [n for n in matching if isinstance(n, ast.Lambda) and _ends_in(code, n.body)]
        return exact[0] if exact else matching[0]
    if not matching:
        raise changed
    return matching[0]


def _apart(file: _File, key: tuple[int, str]) -> list[tuple[Definition, types.CodeType]]:
    """The definitions that share a line, each with its code: compiled once more with a line of
    its own for each, in the scope where it stands."""
    tree = ast.parse(file.text)
    far = len(file.text) + 10
    marked: dict[int, int] = {}
    same = [n for n in ast.walk(tree) if isinstance(n, Definition) and _key(n) == key]
    for k, node in enumerate(same):
        node.lineno = node.end_lineno = far + k
        marked[far + k] = k
    code = compile(tree, "<source>", "exec", _options(file.flags), dont_inherit=True)
    nodes = file.nodes[key]
    return [
        (nodes[marked[inner.co_firstlineno]], inner)
        for inner in _codes(code)
        if inner.co_firstlineno in marked
    ]


def _ends_in(code: types.CodeType, body: ast.expr) -> bool:
    """Whether the positions of the code (Python 3.11) lie in this expression."""
    positions = getattr(code, "co_positions", None)
    if positions is None:
        return True
    spans = [p for p in positions() if None not in p and p[1:] != (code.co_firstlineno, 0, 0)]
    whole = (body.lineno, body.end_lineno, body.col_offset, body.end_col_offset)
    return whole in spans


def same_code(a: types.CodeType, b: types.CodeType) -> bool:
    """Whether two code objects do the same: all but file names and positions."""
    if any("@pytest_ar" in c.co_names for c in (a, *_codes(a))):
        return _same_but_asserts(a, b)
    if _face(a) != _face(b) or len(a.co_consts) != len(b.co_consts):
        return False
    return all(map(_same_constant, a.co_consts, b.co_consts))


def _face(c: types.CodeType) -> Anything:
    return (
        (c.co_name, c.co_code, c.co_names, c.co_varnames, c.co_freevars, c.co_cellvars)
        + (c.co_argcount, c.co_posonlyargcount, c.co_kwonlyargcount, c.co_flags)
        + (getattr(c, "co_exceptiontable", b""),)
    )  # fmt: skip


def _same_constant(a: Anything, b: Anything) -> bool:
    if type(a) is not type(b):
        return False
    if isinstance(a, types.CodeType):
        return same_code(a, b)
    if isinstance(a, tuple):
        return len(a) == len(b) and all(map(_same_constant, a, b))
    if isinstance(a, frozenset):
        return sorted(map(repr, a)) == sorted(map(repr, b))
    return repr(a) == repr(b)


def _same_but_asserts(a: types.CodeType, b: types.CodeType) -> bool:
    """pytest rewrites the asserts of test modules; the names must agree all the same."""
    return (
        a.co_name == b.co_name
        and a.co_varnames[: a.co_argcount] == b.co_varnames[: b.co_argcount]
        and set(b.co_varnames) <= set(a.co_varnames)
        and set(b.co_names) - {"AssertionError"} <= set(a.co_names)
        and a.co_freevars == b.co_freevars
    )
