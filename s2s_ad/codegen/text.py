"""Python text from statements: one a line, comments above, read back and compared."""

from __future__ import annotations

import ast
import io
import tokenize
import warnings

from s2s_ad.errors import InternalError

with warnings.catch_warnings():
    # It looks up node classes that Python has deprecated (`ast.Num`).
    warnings.simplefilter("ignore", DeprecationWarning)
    import astor

WIDTH = 100
INDENT = "    "


def lines_of(
    body: list[ast.stmt],
    depth: int,
    comments: dict[ast.stmt, str],
    long: list[ast.stmt] | None = None,
) -> list[str]:
    """The lines of a block at a depth of indentation. Statements whose line is longer than the
    page are collected in `long`, or cut where that is None."""
    out: list[str] = []
    for node in body:
        if node in comments:
            out.append(comment(comments[node], depth))
        out += statement_lines(node, depth, comments, long, "")
    return out


def statement_lines(
    node: ast.stmt,
    depth: int,
    comments: dict[ast.stmt, str],
    long: list[ast.stmt] | None,
    prefix: str,
) -> list[str]:
    blocks: list[tuple[str, list[ast.stmt]]] = []
    if isinstance(node, ast.If):
        blocks.append((f"{prefix}if {expression(node.test)}:", node.body))
        if len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
            inner = node.orelse[0]
            if inner not in comments:
                first = _line(blocks[0][0], depth, node, long)
                rest = statement_lines(inner, depth, comments, long, "el")
                return [*first, *lines_of(node.body, depth + 1, comments, long), *rest]
        if node.orelse:
            blocks.append(("else:", node.orelse))
    elif isinstance(node, ast.For):
        head = f"for {target(node.target)} in {expression(node.iter)}:"
        blocks.append((head, node.body))
    elif isinstance(node, ast.While):
        blocks.append((f"while {expression(node.test)}:", node.body))
    elif isinstance(node, ast.Try):
        blocks.append(("try:", node.body))
        for h in node.handlers:
            assert h.type is not None
            named = f" as {h.name}" if h.name else ""
            classes = expression(h.type)
            classes = f"({classes})" if isinstance(h.type, ast.Tuple) else classes
            blocks.append((f"except {classes}{named}:", h.body))
        if node.orelse:
            blocks.append(("else:", node.orelse))
    elif isinstance(node, ast.With):
        items = ", ".join(map(context, node.items))
        blocks.append((f"with {items}:", node.body))
    else:
        return _line(simple(node), depth, node, long)
    out: list[str] = []
    for head, body in blocks:
        out += _line(head, depth, node, long)
        out += lines_of(body, depth + 1, comments, long)
    return out


def context(item: ast.withitem) -> str:
    named = "" if item.optional_vars is None else f" as {target(item.optional_vars)}"
    return expression(item.context_expr) + named


def comment(text: str, depth: int) -> str:
    line = INDENT * depth + "# " + " ".join(text.split())
    return line if len(line) <= WIDTH else line[: WIDTH - 4] + " ..."


def _line(line: str, depth: int, node: ast.stmt, long: list[ast.stmt] | None) -> list[str]:
    """The line, if it fits; it is cut only where naming a part of it does not help."""
    if len(INDENT * depth + line) <= WIDTH:
        return [INDENT * depth + line]
    if long is not None:
        long.append(node)
        return [INDENT * depth + line]
    if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
        line = f"return ({line[len('return ') :]})"
    elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
        left = target(node.targets[0])
        line = f"({left}){line[len(left) :]}"
    return wrapped(line, depth)


def wrapped(line: str, depth: int) -> list[str]:
    """A line cut after commas between brackets, the outermost if that is enough."""
    out: list[str] = []
    for deepest in (1, 2, 3, 4):
        out = _cut(line, depth, deepest)
        if all(len(part) <= WIDTH for part in out):
            break
    return out


def _cut(line: str, depth: int, deepest: int) -> list[str]:
    cuts, level = [0], 0
    for token in tokenize.generate_tokens(io.StringIO(line).readline):
        if token.string in ("(", "[", "{") and token.type == tokenize.OP:
            level += 1
        elif token.string in (")", "]", "}") and token.type == tokenize.OP:
            level -= 1
        elif token.string == "," and 1 <= level <= deepest:
            cuts.append(token.end[1])
    pieces = [line[a:b].strip() for a, b in zip(cuts, [*cuts[1:], len(line)])]
    out = [INDENT * depth + pieces[0]]
    for piece in pieces[1:]:
        if len(out[-1]) + 1 + len(piece) <= WIDTH:
            out[-1] += f" {piece}"
        else:
            out.append(INDENT * (depth + 1) + piece)
    return out


def simple(node: ast.AST) -> str:
    """A simple statement on one line, by astor."""
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple) and node.value.elts:
        if not isinstance(node.targets[0], ast.Tuple):  # x[i] = (a, b)
            return f"{target(node.targets[0])} = ({expression(node.value)})"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        text: str = astor.to_source(node, pretty_string=repr_string, pretty_source="".join)
    return text.strip()


def repr_string(s: str, *_: object, **__: object) -> str:
    """A string constant, in double quotes where that needs no backslash."""
    text = repr(s)
    return f'"{s}"' if text[1:-1] == s and '"' not in s else text


def expression(node: ast.expr) -> str:
    """An expression, without parentheses around it."""
    text = simple(ast.Assign([ast.Tuple([], ast.Store())], node, lineno=1))
    return text.partition(" = ")[2]


def target(node: ast.expr) -> str:
    text = simple(ast.Assign([node], ast.Constant(0), lineno=1))
    return text[: -len(" = 0")]


def compare(text: str, tree: ast.Module) -> ast.Module:
    """The text's own tree: it has to mean the tree that it was printed from."""
    try:
        parsed = ast.parse(text)
    except SyntaxError as error:
        raise InternalError(f"emitted text does not parse: {error}", text) from None
    if canonical(parsed) != canonical(tree):
        raise InternalError("emitted text differs from the tree it was printed from", text)
    return parsed


def canonical(node: object) -> object:
    """A tree as nested tuples, without positions and contexts."""
    if isinstance(node, ast.AST):
        skipped = ("ctx", "kind", "type_comment", "type_ignores", "type_params")
        fields = [
            (name, canonical(value))
            for name, value in ast.iter_fields(node)
            if name not in skipped and not (value is None or value == [])
        ]
        return (type(node).__name__, tuple(fields))
    if isinstance(node, list):
        return tuple(map(canonical, node))
    return (type(node).__name__, repr(node))
