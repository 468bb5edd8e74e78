"""SSA operands to Python expressions."""

from __future__ import annotations

import ast
import builtins
import sys
from typing import Any as Anything

import numpy as np

from s2s_ad.codegen.readers import short_circuit
from s2s_ad.codegen.scope import Scope, constant
from s2s_ad.codegen.storage import Plan
from s2s_ad.errors import InternalError, Location, UnsupportedError
from s2s_ad.ir.core import Op, Value
from s2s_ad.ir.types import ListOf, Num, Seq, is_scalar, rank, same_dtype
from s2s_ad.ops.structure import Outside
from s2s_ad.ops.tapes import POP

BINARY: dict[str, type[ast.operator]] = {
    "+": ast.Add, "-": ast.Sub, "*": ast.Mult, "/": ast.Div, "//": ast.FloorDiv, "%": ast.Mod,
    "**": ast.Pow, "@": ast.MatMult, "&": ast.BitAnd, "|": ast.BitOr, "^": ast.BitXor,
    "<<": ast.LShift, ">>": ast.RShift,
}  # fmt: skip
COMPARE: dict[str, type[ast.cmpop]] = {
    "<": ast.Lt, "<=": ast.LtE, ">": ast.Gt, ">=": ast.GtE, "==": ast.Eq, "!=": ast.NotEq,
    "is": ast.Is, "is not": ast.IsNot, "in": ast.In, "not in": ast.NotIn,
}  # fmt: skip
UNARY: dict[str, type[ast.unaryop]] = {
    "-": ast.USub, "+": ast.UAdd, "~": ast.Invert, "not": ast.Not
}  # fmt: skip


class Expressions:
    """Writes operands of one function."""

    def __init__(self, plan: Plan, scope: Scope) -> None:
        self.plan = plan
        self.scope = scope
        self.came_from: dict[ast.AST, Location] = {}  # where in the primal each node came from

    def name(self, v: Value, ctx: ast.expr_context | None = None) -> ast.Name:
        variable = self.plan.variables.get(v)
        if variable is None:
            raise InternalError(f"%{v.hint or 'v'} has no variable")
        return ast.Name(variable.name, ctx or ast.Load())

    def expr(self, x: Anything) -> ast.expr:
        """An operand: a value, a constant or a nest of both."""
        kind = type(x)
        if kind is Value:
            if x in self.plan.folding.values:
                assert isinstance(x.owner, Op)
                return self.op(x.owner)
            return self.name(x)
        if kind is tuple or kind is list:
            items = [self.expr(item) for item in x]
            return (ast.Tuple if kind is tuple else ast.List)(items, ast.Load())
        if kind is dict:
            return ast.Dict(
                [constant(k, self.scope) for k in x], [self.expr(v) for v in x.values()]
            )
        if kind is slice:
            parts = [self.expr(p) for p in (x.start, x.stop, x.step)]
            return ast.Call(self.scope.builtin("slice"), parts, [])
        return constant(x, self.scope)

    def index(self, x: Anything) -> ast.expr:
        """What stands between the brackets of a subscript."""
        if type(x) is slice:
            lower, upper, step = (
                None if p is None else self.expr(p) for p in (x.start, x.stop, x.step)
            )
            return ast.Slice(lower, upper, step)
        if type(x) is tuple:
            return ast.Tuple([self.index(item) for item in x], ast.Load())
        return self.expr(x)

    # Operations -------------------------------------------------------------------------------

    def op(self, op: Op) -> ast.expr:
        """The operation as an expression."""
        node = self.conditional(op) if op in self.plan.folding.ifs else self.written(op)
        if op.location is not None:
            self.came_from[node] = op.location
        return node

    def written(self, op: Op) -> ast.expr:
        """The operation as its primitive is spelled."""
        kind, _, rest = op.prim.syntax.partition(" ")
        write = getattr(self, f"write_{kind}", None)
        if write is None:
            raise InternalError(f"no text for {op.prim.name} ({op.prim.syntax!r})")
        node: ast.expr = write(op, rest)
        return node

    def conditional(self, op: Op) -> ast.expr:
        pattern = short_circuit(op)
        then, orelse = (b.yields[0] for b in op.blocks)
        condition = self.expr(op.args[0])
        if pattern:
            other = self.expr(then if pattern == "and" else orelse)
            boolop: ast.boolop = ast.And() if pattern == "and" else ast.Or()
            values = [condition, other]
            if isinstance(condition, ast.BoolOp) and isinstance(condition.op, type(boolop)):
                values = [*condition.values, other]
            return ast.BoolOp(boolop, values)
        return ast.IfExp(condition, self.expr(then), self.expr(orelse))

    def call(self, function: ast.expr, op: Op, args: tuple[Anything, ...]) -> ast.expr:
        """A call with operands by position and static arguments by keyword, in the order of the
        primitive's signature; those that have no default stand by position, too."""
        positional = [self.expr(a) for a in args]
        keywords: list[ast.keyword] = []
        order = [n for n in op.prim.signature.parameters if n in op.kwargs]
        order += [n for n in op.kwargs if n not in order]
        for name in order:
            parameter = op.prim.signature.parameters.get(name)
            if parameter is not None and (
                parameter.kind is parameter.POSITIONAL_ONLY
                or parameter.kind is parameter.POSITIONAL_OR_KEYWORD
                and parameter.default is parameter.empty
                and not keywords
            ):
                positional.append(self.expr(op.kwargs[name]))
            else:
                keywords.append(ast.keyword(name, self.expr(op.kwargs[name])))
        return ast.Call(function, positional, keywords)

    def write_call(self, op: Op, rest: str) -> ast.expr:
        if not rest:
            return self.callee(op)
        return self.call(self.scope.dotted(rest), op, op.args)

    def callee(self, op: Op) -> ast.expr:
        function = op.kwargs["callee"]
        name = self.scope.names.get(function)
        if name is None:
            raise InternalError(f"the callee {function.name} is not in the module")
        positional: list[ast.expr] = []
        keywords: list[ast.keyword] = []
        for k, arg in enumerate(op.args):
            parameter = function.parameters[k] if k < len(function.parameters) else None
            if parameter is not None and parameter.kind == "keyword_only":
                keywords.append(ast.keyword(parameter.name, self.expr(arg)))
            elif parameter is not None and parameter.kind == "var_positional":
                positional.append(ast.Starred(self.expr(arg), ast.Load()))
            elif parameter is not None and parameter.kind == "var_keyword":
                keywords.append(ast.keyword(None, self.expr(arg)))
            else:
                positional.append(self.expr(arg))
        return ast.Call(ast.Name(name, ast.Load()), positional, keywords)

    def write_runtime(self, op: Op, rest: str) -> ast.expr:
        return self.call(self.scope.helper(rest), op, op.args)

    def write_infix(self, op: Op, symbol: str) -> ast.expr:
        left, right = (self.expr(a) for a in op.args)
        if symbol in COMPARE:
            return ast.Compare(left, [COMPARE[symbol]()], [right])
        if symbol == "+" and op.role != "primal":
            return plus(left, right)
        return ast.BinOp(left, BINARY[symbol](), right)

    def write_prefix(self, op: Op, symbol: str) -> ast.expr:
        node = self.expr(op.args[0])
        if symbol == "-" and op.role != "primal":
            positive = without_minus(node)
            if positive is not None:
                return positive
        return ast.UnaryOp(UNARY[symbol](), node)

    def write_attribute(self, op: Op, name: str) -> ast.expr:
        """`x.shape`, or `np.shape(x)` of what is not known to come from NumPy."""
        if name in ("shape", "ndim", "size"):
            t = op.args[0].type if type(op.args[0]) is Value else None
            if not isinstance(t, Num) or t.kind not in ("array", "np") or op.kwargs:
                return self.call(self.scope.dotted(f"np.{name}"), op, op.args)
        return ast.Attribute(self.expr(op.args[0]), name, ast.Load())

    def write_getattr(self, op: Op, _: str) -> ast.expr:
        return ast.Attribute(self.expr(op.args[0]), op.kwargs["name"], ast.Load())

    def write_method(self, op: Op, name: str) -> ast.expr:
        t = op.args[0].type if type(op.args[0]) is Value else None
        number = t is None or isinstance(t, Num) and t.kind == "py"
        if name == "copy" and (number or isinstance(t, (Seq, ListOf))):
            return self.call(self.scope.dotted("np.copy"), op, op.args)
        method = ast.Attribute(self.expr(op.args[0]), name, ast.Load())
        return self.call(method, op, op.args[1:])

    def write_name(self, op: Op, _: str) -> ast.expr:
        return self.expr(op.args[0])

    def write_getitem(self, op: Op, _: str) -> ast.expr:
        return self.subscript(self.expr(op.args[0]), op.args[0], op.args[1], ast.Load())

    def subscript(
        self, node: ast.expr, x: Anything, index: Anything, context: ast.expr_context
    ) -> ast.Subscript:
        """`x[index]`; a path of indices in a list is `x[i][j]`."""
        nest = type(x) is Value and isinstance(x.type, (Seq, ListOf)) and x.type.kind == "list"
        if nest and isinstance(index, tuple):
            *path, index = index
            for i in path:
                node = ast.Subscript(node, self.index(i), ast.Load())
        return ast.Subscript(node, self.index(index), context)

    def write_tuple(self, op: Op, _: str) -> ast.expr:
        return self.expr(tuple(op.args[0]))

    def write_pack(self, op: Op, _: str) -> ast.expr:
        items = op.args[0]
        return self.expr(items if len(items) > 1 else items[0])

    def write_list(self, op: Op, _: str) -> ast.expr:
        return self.expr(list(op.args[0]))

    def write_dict(self, op: Op, _: str) -> ast.expr:
        return self.expr(dict(op.args[0]))

    def write_accumulate(self, op: Op, _: str) -> ast.expr:
        return plus(*(self.expr(a) for a in op.args))

    def write_new_stack(self, op: Op, _: str) -> ast.expr:
        return ast.List([], ast.Load())

    def write_pop(self, op: Op, _: str) -> ast.expr:
        assert op.prim is POP
        return ast.Call(ast.Attribute(self.expr(op.args[0]), "pop", ast.Load()), [], [])

    def write_new_slots(self, op: Op, _: str) -> ast.expr:
        empty = ast.List([ast.Constant(None)], ast.Load())
        length = ast.Call(self.scope.builtin("len"), [self.expr(op.args[0])], [])
        return ast.BinOp(empty, ast.Mult(), length)

    def write_zeros_tree(self, op: Op, _: str) -> ast.expr:
        """Zeros of the structure of a container; `[0.0] * len(x)` for a list of numbers."""
        absent = "absent" in op.kwargs
        return self.list_of(ast.Constant(0.0), op.args[0], absent) or ast.Call(
            self.scope.helper("zeros_tree"), [self.expr(op.args[0])], []
        )

    def write_spread(self, op: Op, _: str) -> ast.expr:
        """A number for every item of a list."""
        g, x = op.args
        return self.list_of(self.expr(g), x) or self.call(self.scope.helper("spread"), op, op.args)

    def list_of(self, item: ast.expr, x: Anything, absent: bool = False) -> ast.expr | None:
        """`[item] * len(x)` where x is a list of numbers, or has no value on some path."""
        t = x.type if type(x) is Value else None
        if not isinstance(t, ListOf) or not is_scalar(t.elem):
            return None
        if getattr(t.elem, "kind", "") == "array":
            return None
        value = self.expr(x)
        if absent:
            value = ast.BoolOp(ast.Or(), [value, ast.Tuple([], ast.Load())])
        length = ast.Call(self.scope.builtin("len"), [value], [])
        return ast.BinOp(ast.List([item], ast.Load()), ast.Mult(), length)

    def write_new_object(self, op: Op, _: str) -> ast.expr:
        given = [constant(op.kwargs["cls"], self.scope), self.expr(op.args[0])]
        return ast.Call(self.scope.helper("new_object"), given, [])

    def write_read(self, op: Op, _: str) -> ast.expr:
        return self.scope.outside(op.args[0] if op.args else op.kwargs["place"])

    def write_broadcast_like(self, op: Op, _: str) -> ast.expr:
        """g spread to the shape of x, as a fresh array: it may become a buffer."""
        g, x = op.args
        t = x.type if type(x) is Value else None
        if not isinstance(t, Num) or rank(t) is None or t.kind == "any":
            return self.call(self.scope.helper("broadcast_like"), op, op.args)
        if rank(t) == 0 and t.kind != "array":
            return self.expr(g)
        wanted = op.result.type
        own = (
            isinstance(wanted, Num)
            and wanted.dtype is not None
            and same_dtype(wanted.dtype, t.dtype)
        )
        if own:
            return ast.Call(self.scope.dotted("np.full_like"), [self.expr(x), self.expr(g)], [])
        shape = ast.Attribute(self.expr(x), "shape", ast.Load())
        return ast.Call(self.scope.dotted("np.full"), [shape, self.expr(g)], [])

    def write_fstring(self, op: Op, _: str) -> ast.expr:
        values: list[ast.expr] = []
        for part in op.args[0]:
            if isinstance(part, str):
                values.append(ast.Constant(part))
                continue
            value, conversion, spec = part
            code = ord(conversion) if conversion else -1
            shown = ast.JoinedStr([ast.Constant(spec)]) if spec else None
            values.append(ast.FormattedValue(self.expr(value), code, shown))
        return ast.JoinedStr(values)

    def write_exception(self, op: Op, _: str) -> ast.expr:
        arguments = [self.expr(a) for a in op.args]
        return ast.Call(self.class_of_exception(op.kwargs["cls"], op), arguments, [])

    def class_of_exception(self, cls: Anything, op: Op) -> ast.expr:
        """The class by its builtin name, or from the module that has it."""
        name = cls.__name__
        if getattr(builtins, name, None) is cls:
            return self.scope.builtin(name)
        if getattr(np.linalg, name, None) is cls:
            return self.scope.dotted(f"np.linalg.{name}")
        module = sys.modules.get(cls.__module__)
        if getattr(module, name, None) is cls:
            return self.scope.outside(Outside(name, cls.__module__, vars(module)))
        raise UnsupportedError(
            f"the exception {cls.__qualname__} is not the member of a module",
            "define its class at the top of a module",
            op.location,
        )

    def write_opaque(self, op: Op, _: str) -> ast.expr:
        """A function by its name, or a method of the first operand."""
        callee, items = op.kwargs["callee"], list(op.args[0])
        names = op.kwargs.get("names", ())
        if callee.function is None:
            function: ast.expr = ast.Attribute(self.expr(items.pop(0)), callee.name, ast.Load())
        else:
            function = self.scope.reference(callee)
        at = len(items) - len(names)
        keywords = [ast.keyword(n, self.expr(x)) for n, x in zip(names, items[at:])]
        return ast.Call(function, [self.expr(x) for x in items[:at]], keywords)

    def write_unpack(self, op: Op, _: str) -> ast.expr:
        return self.expr(op.args[0])


def plus(left: ast.expr, right: ast.expr) -> ast.expr:
    """left + right, as a difference where right has a minus sign in front."""
    positive = without_minus(right)
    if positive is not None:
        return ast.BinOp(left, ast.Sub(), positive)
    positive = without_minus(left)
    if positive is not None and without_minus(right) is None:
        return ast.BinOp(right, ast.Sub(), positive)
    return ast.BinOp(left, ast.Add(), right)


def without_minus(node: ast.expr) -> ast.expr | None:
    """The same expression without the minus sign in front, where it has one; exact."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return node.operand
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Mult, ast.Div)):
        left = without_minus(node.left)
        return None if left is None else ast.BinOp(left, node.op, node.right)
    return None
