"""Final SSA to a complete Python module."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any as Anything

from s2s_ad.codegen.check import check
from s2s_ad.codegen.exports import merge_exports
from s2s_ad.codegen.guards import guard
from s2s_ad.codegen.lines import Places, places
from s2s_ad.codegen.names import assign_names, first_result, free, parameter_names
from s2s_ad.codegen.outcome import name_result
from s2s_ad.codegen.program import Let, Return, operand_of
from s2s_ad.codegen.scope import Scope, constant
from s2s_ad.codegen.sizes import read_sizes_from_names
from s2s_ad.codegen.statements import Statements
from s2s_ad.codegen.storage import Plan, plan
from s2s_ad.codegen.text import INDENT, WIDTH, compare, expression, lines_of
from s2s_ad.errors import InternalError, Location
from s2s_ad.ir.core import UNDEFINED, Function, Op, Value, clone_block, leaves, walk
from s2s_ad.ir.types import GENERATORS
from s2s_ad.ops.structure import CALL


@dataclass
class Emitted:
    """The text of a module, what the loader puts into its namespace before running it, and which
    places of the primal it came from."""

    text: str
    bindings: dict[str, Anything] = field(default_factory=dict)
    places: Places = field(default_factory=list)


def emit_module(functions: list[Function]) -> Emitted:
    """Print functions, and those that they call, as a module that runs as it stands (with the
    bindings injected, where data has no importable name)."""
    scope = Scope()
    ordered = with_callees(functions)
    taken: set[str] = set()
    for f in dict.fromkeys([*functions, *ordered]):
        scope.names[f] = free(f.name, taken)
        taken.add(scope.names[f])
        scope.imports.update(f.imports)
    main = set(functions)
    parts = [emit_function(f, scope, flat=f not in main) for f in ordered]
    # A name that a later function needs may be a local of an earlier one: then print again.
    used = scope.used()
    for k, f in enumerate(ordered):
        if parts[k].locals & used:
            parts[k] = emit_function(f, scope, flat=f not in main)
    imports = import_nodes(scope)
    tree = ast.Module([*imports, *(p.node for p in parts)], [])
    blocks = []
    if imports:
        blocks.append("\n".join(import_text(node) for node in imports))
    text = "\n".join(blocks) + ("\n\n\n" if blocks else "")
    text += "\n\n\n".join(p.text for p in parts) + "\n"
    parsed = compare(text, tree)
    came_from = {node: place for p in parts for node, place in p.came_from.items()}
    return Emitted(text, scope.bindings, places(parsed, tree, came_from))


def with_callees(functions: list[Function]) -> list[Function]:
    """The functions, each after those that it calls."""
    out: list[Function] = []

    entered: list[Function] = []

    def visit(f: Function) -> None:
        if f in entered:
            return
        entered.append(f)
        for op in walk(f.block):
            if op.prim is CALL:
                visit(op.kwargs["callee"])
        out.append(f)

    for f in functions:
        visit(f)
    return out


@dataclass
class Printed:
    node: ast.FunctionDef
    text: str
    locals: set[str]
    came_from: dict[ast.AST, Location]


def emit_function(original: Function, scope: Scope, flat: bool = False) -> Printed:
    """Print one function; where a line comes out too long, a part of it gets a name."""
    function = copied(original)
    merge_exports(function)
    name_result(function, first_result(function))
    read_sizes_from_names(function)
    if flat:
        count = len(function.block.yields)
        function.returns = tuple(range(count)) if count != 1 else 0
    scope.hidden = set(parameter_names(function))
    keep: set[Value] = set()
    fresh: set[Op] = set()
    for _ in range(200):
        planned = plan(function, keep, fresh)
        long: list[ast.stmt] = []
        printed = write(planned, scope, scope.names[original], long)
        if not long:
            check(planned)
            return printed
        parts = {v for node in long for v in longest_parts(planned, node)}
        if not parts:
            check(planned)
            return write(planned, scope, scope.names[original], None)
        keep |= parts
    raise InternalError(f"{function.name}: no way to print it was found")


def copied(original: Function) -> Function:
    """A copy to change, which keeps what its values are named after."""
    mapping: dict[Value, Anything] = {}
    block = clone_block(original.block, mapping)
    for old, new in mapping.items():
        if old.companion is not None:
            primal, suffix = old.companion
            new.companion = (mapping.get(primal, primal), suffix)
    return Function(
        original.name,
        block,
        list(original.parameters),
        original.returns,
        original.facts,
        original.doc,
        dict(original.imports),
        moved=original.moved,
    )


def write(planned: Plan, scope: Scope, name: str, long: list[ast.stmt] | None) -> Printed:
    """The text of a planned function; statements that are too long are collected in `long`."""
    used = scope.used()
    while True:
        assign_names(planned, used)
        writer = Statements(planned, scope)
        body = writer.block(planned.program)
        again = scope.used()
        if again <= used:
            break
        used = again
    function = planned.function
    body[:0] = guard(function, parameter_names(function))
    if len(body) > 1 and isinstance(body[-1], ast.Return) and body[-1].value is None:
        body.pop()
    args = arguments(function, scope)
    head = head_lines(name, args)
    text = [*head]
    if function.doc:
        text.append(docstring(function.doc, 1))
    sources = {}
    for s, node in writer.sources:
        sources[node] = s
    planned.sources = sources
    text += lines_of(body, 1, writer.comments.texts, long)
    if function.doc:
        body = [ast.Expr(ast.Constant(function.doc)), *body]
    # The fields that there are depend on Python's version.
    fields: dict[str, Anything] = {"name": name, "args": args, "body": body, "decorator_list": []}
    node = ast.FunctionDef(**fields)
    names = {v.name for v in planned.variables.values()}
    return Printed(node, "\n".join(text), names, writer.came_from)


def longest_parts(planned: Plan, node: ast.stmt) -> list[Value]:
    """The folded values of a statement that should get names so that its line becomes shorter:
    the largest that leaves a substantial rest, or all operands where no name is short enough."""
    stmt = planned.sources.get(node)
    if stmt is None:
        return []
    folding = planned.folding
    operands = list(leaves(operand_of(stmt, folding)))
    single = isinstance(stmt, Return) or isinstance(stmt, Let) and not stmt.op.blocks
    if single and len("x, ") * len(operands) > WIDTH:
        return [v for v in operands if v in folding.values]
    sizes: dict[Value, int] = {}

    def size(operand: Anything) -> int:
        total = 0
        for v in leaves(operand):
            if v in folding.values and isinstance(v.owner, Op):
                inner = 1 + size(v.owner.args)
                for b in v.owner.blocks:
                    inner += size(b.yields)
                if not v.owner.blocks:
                    sizes[v] = inner
                total += inner
            else:
                total += 1
        return total

    whole = size(operand_of(stmt, folding))
    own = stmt.op.blocks if isinstance(stmt, Let) else []
    inside = {r for b in own for o in walk(b) for r in o.results}  # these have to stay
    candidates = {v: n for v, n in sizes.items() if v not in inside}
    if not candidates:
        return []
    return [min(candidates, key=lambda v: (abs(2 * candidates[v] - whole), candidates[v]))]


# The head ---------------------------------------------------------------------------------------


def arguments(function: Function, scope: Scope) -> ast.arguments:
    """The parameters as Python declares them; hidden inputs follow the positional ones."""
    names = parameter_names(function)
    own = list(zip(function.parameters, names))
    out = ast.arguments([], [], None, [], [], None, [])
    for p, name in own:
        arg = ast.arg(name)
        if isinstance(p.default, GENERATORS):
            default: ast.expr | None = ast.Name(
                scope.bind(f"{p.name}_default", p.default), ast.Load()
            )
        else:
            default = None if p.default is UNDEFINED else constant(p.default, scope)
        if p.kind == "keyword_only":
            out.kwonlyargs.append(arg)
            out.kw_defaults.append(default)
        elif p.kind == "var_positional":
            out.vararg = arg
        elif p.kind == "var_keyword":
            out.kwarg = arg
        else:
            (out.posonlyargs if p.kind == "positional_only" else out.args).append(arg)
            if default is not None:
                out.defaults.append(default)
    for name in names[len(own) :]:
        out.args.append(ast.arg(name))
    return out


def given(default: ast.expr | None) -> str:
    """A parameter's default as it stands in the header."""
    if default is None:
        return ""
    text = expression(default)
    return f"=({text})" if isinstance(default, ast.Tuple) and default.elts else f"={text}"


def head_lines(name: str, args: ast.arguments) -> list[str]:
    """`def name(...):`, one parameter a line where that is too long."""
    parts: list[str] = []
    positional = [*args.posonlyargs, *args.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(args.defaults))
    defaults += args.defaults
    for k, (arg, default) in enumerate(zip(positional, defaults)):
        parts.append(arg.arg + given(default))
        if k == len(args.posonlyargs) - 1:
            parts.append("/")
    if args.vararg is not None:
        parts.append("*" + args.vararg.arg)
    elif args.kwonlyargs:
        parts.append("*")
    for arg, default in zip(args.kwonlyargs, args.kw_defaults):
        parts.append(arg.arg + given(default))
    if args.kwarg is not None:
        parts.append("**" + args.kwarg.arg)
    line = f"def {name}({', '.join(parts)}):"
    if len(line) <= WIDTH:
        return [line]
    return [f"def {name}(", *(f"{INDENT}{p}," for p in parts), "):"]


def import_nodes(scope: Scope) -> list[ast.stmt]:
    out: list[ast.stmt] = []
    for local in sorted(scope.modules, key=lambda n: (scope.modules[n] == "numpy", n)):
        module = scope.modules[local]
        out.append(ast.Import([ast.alias(module, None if module == local else local)]))
    if scope.helpers:
        names = [
            ast.alias(name, None if local == name else local)
            for local, name in sorted(scope.helpers.items())
        ]
        out.append(ast.ImportFrom("s2s_ad.runtime", names, 0))
    return out


def import_text(node: ast.stmt) -> str:
    """An import, by hand: astor would wrap it."""
    assert isinstance(node, (ast.Import, ast.ImportFrom))
    names = [a.name + (f" as {a.asname}" if a.asname else "") for a in node.names]
    if isinstance(node, ast.Import):
        return f"import {', '.join(names)}"
    line = f"from {node.module} import {', '.join(names)}"
    if len(line) <= WIDTH:
        return line
    return "\n".join([f"from {node.module} import (", *(f"{INDENT}{n}," for n in names), ")"])


def docstring(doc: str, depth: int) -> str:
    """A docstring that reads back as exactly this text."""
    escaped = doc.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    if escaped.endswith('"'):
        escaped = escaped[:-1] + '\\"'
    return f'{INDENT * depth}"""{escaped}"""'
