"""Planned programs to Python statements, each with the comment that stands above it."""

from __future__ import annotations

import ast
import re
from typing import Any as Anything

from s2s_ad.codegen.aliases import immutable, is_update
from s2s_ad.codegen.comments import Comments
from s2s_ad.codegen.expressions import BINARY, Expressions, without_minus
from s2s_ad.codegen.headers import Element, tape_of
from s2s_ad.codegen.moves import sequence
from s2s_ad.codegen.names import index_read
from s2s_ad.codegen.program import (
    Break,
    Continue,
    For,
    If,
    Let,
    Move,
    Return,
    Stmt,
    Try,
    While,
    With,
)
from s2s_ad.codegen.scope import Scope
from s2s_ad.codegen.storage import Plan
from s2s_ad.codegen.touches import raised_without
from s2s_ad.ir.build import typeof
from s2s_ad.ir.core import Op, Value
from s2s_ad.ir.types import SCALARS, ListOf, Num, Seq, is_scalar
from s2s_ad.ops.buffers import ACCUMULATE
from s2s_ad.ops.overlap import crosses
from s2s_ad.ops.structure import CALL, READ, TOUCH, WITH
from s2s_ad.ops.tapes import NEW_STACK, POP, PUSH, RESTORE

AUGMENTED = re.compile(r"[^=<>!]*[-+*/@%&|^<>]=(?!=)")


class Statements(Expressions):
    """Writes one function's program."""

    def __init__(self, plan: Plan, scope: Scope) -> None:
        super().__init__(plan, scope)
        self.comments = Comments()
        self.sources: list[tuple[Stmt, ast.stmt]] = []  # which statement each was written for

    def block(self, stmts: list[Stmt]) -> list[ast.stmt]:
        out: list[ast.stmt] = []
        for s in stmts:
            before = self.comments.mark()
            new = self.stmt(s)
            if new:
                self.comments.place(before, s, new[0])
            self.sources += [(s, node) for node in new]
            if s.op is not None and s.op.location is not None:
                self.came_from.update(dict.fromkeys(new, s.op.location))
            out += new
        return out

    def nested(self, stmts: list[Stmt], owner: Stmt) -> list[ast.stmt]:
        self.comments.enter(owner)
        out = self.block(stmts)
        self.comments.leave()
        return out or [ast.Pass()]

    def stmt(self, s: Stmt) -> list[ast.stmt]:
        if isinstance(s, Let):
            return self.let(s)
        if isinstance(s, Move):
            return [self.assign(step.targets, step.sources) for step in sequence(s, self.plan)]
        if isinstance(s, If):
            return self.if_(s)
        if isinstance(s, For):
            return [self.for_(s)]
        if isinstance(s, While):
            condition = ast.Constant(True) if s.condition is True else self.expr(s.condition)
            return [ast.While(condition, self.nested(s.body, s), [])]
        if isinstance(s, Try):
            return [self.try_(s)]
        if isinstance(s, With):
            return [ast.With([self.context(s)], self.nested(s.body, s))]
        if isinstance(s, Break):
            return [ast.Break()]
        if isinstance(s, Continue):
            return [ast.Continue()]
        assert isinstance(s, Return)
        return [ast.Return(self.expr(s.value))]

    def assign(self, targets: list[Value], sources: list[Anything]) -> ast.stmt:
        if len(targets) == 1:
            return self.store(targets[0], self.expr(sources[0]))
        left = ast.Tuple([self.name(t, ast.Store()) for t in targets], ast.Store())
        right = ast.Tuple([self.expr(x) for x in sources], ast.Load())
        return ast.Assign([left], right)

    def store(self, target: Value, value: ast.expr) -> ast.stmt:
        return ast.Assign([self.name(target, ast.Store())], value)

    # Control flow -----------------------------------------------------------------------------

    def if_(self, s: If) -> list[ast.stmt]:
        test = self.expr(s.condition)
        then = self.nested(s.then, s)
        orelse = self.nested(s.orelse, s)
        if is_pass(then) and is_pass(orelse):
            return []
        negate = s.negated
        if is_pass(then):
            then, orelse, negate = orelse, [ast.Pass()], not negate
        if negate:
            test = negated(test)
        return [ast.If(test, then, [] if is_pass(orelse) else orelse)]

    def context(self, s: With) -> ast.withitem:
        if s.op.prim is not WITH:
            return ast.withitem(self.call(self.scope.dotted("np.errstate"), s.op, s.op.args), None)
        (value,) = s.op.blocks[0].params
        read = value in self.plan.liveness.body_start[s]
        return ast.withitem(
            self.expr(s.op.args[0]), self.name(value, ast.Store()) if read else None
        )

    def try_(self, s: Try) -> ast.stmt:
        handlers = []
        for classes, body in zip(s.op.kwargs["handlers"], s.handlers):
            found = [self.class_of_exception(c, s.op) for c in classes]
            kind = found[0] if len(found) == 1 else ast.Tuple(found, ast.Load())
            read = s.error in self.plan.liveness.body_start[s]
            name = self.plan.variables[s.error].name if read else None
            handlers.append(ast.ExceptHandler(kind, name, self.nested(body, s)))
        orelse = self.nested(s.orelse, s)
        return ast.Try(self.nested(s.body, s), handlers, [] if is_pass(orelse) else orelse, [])

    def for_(self, s: For) -> ast.stmt:
        op = s.op
        read = s.index in self.plan.liveness.body_start[s]
        tape = tape_of(op, read)
        if tape is not None:
            return ast.While(self.name(tape), self.nested(s.body, s), [])
        header = self.plan.headers.get(op)
        if header is None:
            target: ast.expr = self.name(s.index, ast.Store())
            return ast.For(target, self.range(op), self.nested(s.body, s), [])
        body = [b for b in s.body if not (isinstance(b, Let) and b.op in header.ops)]
        targets = [self.element(e) for e in header.elements]
        sources: list[ast.expr] = [self.name(e.source) for e in header.elements]
        if len(targets) > 1:
            target = ast.Tuple(targets, ast.Store())
            walk: ast.expr = ast.Call(self.scope.builtin("zip"), sources, [])
        else:
            target, walk = targets[0], sources[0]
        enumerated = index_read(s, self.plan)
        if enumerated:
            walk = ast.Call(self.scope.builtin("enumerate"), [walk], [])
            target = ast.Tuple([self.name(s.index, ast.Store()), target], ast.Store())
        if op.kwargs.get("reversed"):
            if enumerated or len(targets) > 1:
                walk = ast.Call(self.scope.builtin("list"), [walk], [])
            walk = ast.Call(self.scope.builtin("reversed"), [walk], [])
        return ast.For(target, walk, self.nested(body, s), [])

    def element(self, e: Element) -> ast.expr:
        if not e.parts:
            return self.name(e.read.result, ast.Store())
        parts: list[ast.expr] = []
        for p in e.parts:
            parts.append(
                ast.Name("_", ast.Store()) if p is None else self.name(p.result, ast.Store())
            )
        return ast.Tuple(parts, ast.Store())

    def range(self, op: Op) -> ast.expr:
        start, stop, step = op.args[:3]
        if type(step) is int and step == 1:
            if type(start) is int and start == 0:
                args = [self.expr(stop)]
            else:
                args = [self.expr(start), self.expr(stop)]
        else:
            args = [self.expr(x) for x in (start, stop, step)]
        walk: ast.expr = ast.Call(self.scope.builtin("range"), args, [])
        if op.kwargs.get("reversed"):
            walk = ast.Call(self.scope.builtin("reversed"), [walk], [])
        return walk

    # Operations -------------------------------------------------------------------------------

    def let(self, s: Let) -> list[ast.stmt]:
        op = s.op
        syntax = op.prim.syntax
        if op.prim is PUSH:
            append = ast.Attribute(self.expr(op.args[0]), "append", ast.Load())
            return [ast.Expr(ast.Call(append, [self.expr(op.args[1])], []))]
        if op.prim is POP:
            return [self.result(s, op.results[1], self.write_pop(op, ""))]
        if op.prim is RESTORE:
            longer = ast.Slice(self.expr(op.args[1]))
            return [ast.Delete([ast.Subscript(self.expr(op.args[0]), longer, ast.Del())])]
        if op.prim is NEW_STACK:
            return [self.store(op.result, ast.List([], ast.Load()))]
        if op.prim is ACCUMULATE:
            return self.accumulate(op)
        if is_update(op):
            return self.update(s, op)
        if syntax == "assert":
            message = self.expr(op.args[1]) if len(op.args) > 1 else None
            return [ast.Assert(self.expr(op.args[0]), message)]
        if syntax == "raise":
            cause = self.expr(op.args[1]) if len(op.args) > 1 else None
            return [ast.Raise(self.expr(op.args[0]), cause)]
        if op.prim is TOUCH:
            return [raised_without(op, self.expr(self.plan.touches.asked[op]), self.scope)]
        if op.prim is CALL or len(op.results) > 1:
            return [self.several(s)]
        if op.results and self.same_variable(op) and self.may_augment(op):
            symbol = syntax.split()[1]
            value = self.expr(op.args[1])
            return [ast.AugAssign(self.name(op.result, ast.Store()), BINARY[symbol](), value)]
        value = self.op(op)
        return [self.result(s, op.result, value) if op.results else ast.Expr(value)]

    def result(self, s: Let, v: Value, value: ast.expr) -> ast.stmt:
        """An assignment, or only the expression where it has an effect and no reader."""
        live = v in self.plan.liveness.after[s]
        if not live and (s.op.prim.effect or s.op.prim is POP or s.op.prim is READ):
            return ast.Expr(value)
        return self.store(v, value)

    def several(self, s: Let) -> ast.stmt:
        op = s.op
        value = self.op(op)
        live = self.plan.liveness.after[s]
        if not any(r in live for r in op.results):
            return ast.Expr(value)
        targets: list[ast.expr] = [
            self.name(r, ast.Store()) if r in live else ast.Name("_", ast.Store())
            for r in op.results
        ]
        if len(targets) == 1:
            return ast.Assign(targets, value)
        return ast.Assign([ast.Tuple(targets, ast.Store())], value)

    def same_variable(self, op: Op) -> bool:
        x = op.args[0] if op.args else None
        if type(x) is not Value or x in self.plan.folding.values:
            return False
        return self.plan.variables[x] is self.plan.variables[op.results[0]]

    def may_augment(self, op: Op) -> bool:
        """Whether `x = x * y` may be written `x *= y`: numbers, and not against the user's text."""
        kind, _, symbol = op.prim.syntax.partition(" ")
        if kind != "infix" or symbol not in BINARY:
            return False
        if not (immutable(op.args[0]) and immutable(op.result)):
            return False
        text = op.statement.text if op.statement is not None else ""
        if op.role == "primal" and op.result.named:
            return bool(AUGMENTED.match(text))
        return True

    def accumulate(self, op: Op) -> list[ast.stmt]:
        acc, g = op.args
        number = immutable(acc) and immutable(op.result)
        if type(acc) is not Value or acc in self.plan.folding.values:
            return [self.store(op.result, self.write_accumulate(op, ""))]
        if op in self.plan.fresh or (immutable(acc) and not number):
            return [self.store(op.result, self.write_accumulate(op, ""))]
        if not self.same_variable(op):
            return [self.store(op.result, self.write_accumulate(op, ""))]
        value = self.expr(g)
        positive = without_minus(value)
        symbol: ast.operator = ast.Add() if positive is None else ast.Sub()
        out: list[ast.stmt] = [
            ast.AugAssign(
                self.name(acc, ast.Store()), symbol, value if positive is None else positive
            )
        ]
        return self.alias(op, out)

    def alias(self, op: Op, out: list[ast.stmt]) -> list[ast.stmt]:
        """After an update in place: the new version under its own name, where that differs."""
        if not self.same_variable(op) and op.results[0] in self.plan.variables:
            out.append(self.store(op.results[0], self.name(op.args[0])))
        return out

    def change_list(self, s: Let, op: Op) -> ast.stmt:
        """`xs.append(v)`, `xs.insert(0, v)`, `v = xs.pop()`."""
        x, index, *rest = op.args
        takes = op.prim.syntax == "take"
        name = "pop" if takes else "append" if index is None else "insert"
        method = ast.Attribute(self.name(x), name, ast.Load())
        given = [self.expr(a) for a in ([] if index is None else [index]) + rest]
        call = ast.Call(method, given, [])
        live = takes and op.results[1] in self.plan.liveness.after[s]
        return self.store(op.results[1], call) if live else ast.Expr(call)

    def update(self, s: Let, op: Op) -> list[ast.stmt]:
        if op.prim.syntax in ("insert", "take"):
            return self.alias(op, [self.change_list(s, op)])
        x, index, value = op.args
        if op.prim.syntax == "add_slot" and is_scalar(typeof(value)) and is_list_of_numbers(x):
            node = self.expr(value)
            positive = without_minus(node)
            place = self.subscript(self.name(x), x, index, ast.Store())
            sign: ast.operator = ast.Add() if positive is None else ast.Sub()
            return self.alias(
                op, [ast.AugAssign(place, sign, node if positive is None else positive)]
            )
        if op.prim.syntax == "add_slot":
            args = [self.expr(a) for a in op.args]
            call = ast.Call(self.scope.helper("add_slot"), args, [])
            return self.alias(op, [ast.Expr(call)])
        buffer = self.name(x)
        if op.prim.syntax == "set_at":
            return self.alias(op, [self.set_at(buffer, op, self.expr(value))])
        node = self.expr(value)
        if not unique_index(index):
            add = self.scope.dotted("np.add.at")
            call = ast.Call(add, [buffer, self.expr(index), node], [])
            return self.alias(op, [ast.Expr(call)])
        positive = without_minus(node)
        symbol: ast.operator = ast.Add() if positive is None else ast.Sub()
        target: ast.Name | ast.Subscript = ast.Subscript(buffer, self.index(index), ast.Store())
        if index is Ellipsis and isinstance(x.type, Num) and x.type.kind == "array":
            target = self.name(x, ast.Store())
        aug = ast.AugAssign(target, symbol, node if positive is None else positive)
        return self.alias(op, [aug])

    def set_at(self, buffer: ast.expr, op: Op, value: ast.expr) -> ast.stmt:
        target = self.subscript(buffer, op.args[0], op.args[1], ast.Store())
        if isinstance(value, ast.BinOp) and op.role != "primal" and unique_index(op.args[1]):
            read = ast.Subscript(target.value, target.slice, ast.Load())
            if ast.dump(value.left) == ast.dump(read) and isinstance(op.args[0].type, Num):
                return ast.AugAssign(target, value.op, value.right)
        if self.reads_itself(op):
            value = ast.Call(ast.Attribute(value, "copy", ast.Load()), [], [])
        return ast.Assign([target], value)

    def reads_itself(self, op: Op) -> bool:
        """Whether what is stored is a view of the buffer that NumPy would not copy first."""
        x, index, v = op.args
        item = isinstance(x.type, (Seq, ListOf)) and not isinstance(index, tuple)
        if item or immutable(v):
            return False
        views: list[Op] = []
        while type(v) is Value and isinstance(v.owner, Op) and not v.owner.blocks:
            if v.owner.prim.aliasing(v.owner) == "fresh" or not v.owner.args:
                break
            views.append(v.owner)
            v = v.owner.args[0]
        variables = self.plan.variables
        if not views or type(v) is not Value or variables.get(v) != variables.get(x):
            return False
        return crosses(x.type, [index], views[::-1])


def is_list_of_numbers(x: Anything) -> bool:
    """Whether what stands at the end of a path in a list is a number."""
    t = x.type if type(x) is Value else None
    if not isinstance(t, ListOf):
        return False
    while isinstance(t, ListOf):
        t = t.elem
    return is_scalar(t) and getattr(t, "kind", "") in SCALARS


def unique_index(index: Anything) -> bool:
    """No place is named twice: integers, slices and masks."""
    if isinstance(index, list):
        return False
    if isinstance(index, tuple):
        return all(map(unique_index, index))
    if type(index) is not Value:
        return True
    t = index.type
    if not isinstance(t, Num) or t.dtype is None:
        return False
    if t.dtype.kind == "b":
        return t.shape is not None
    return is_scalar(t) and t.kind in SCALARS


def is_pass(stmts: list[ast.stmt]) -> bool:
    return all(isinstance(s, ast.Pass) for s in stmts)


def negated(test: ast.expr) -> ast.expr:
    """`not test`, simplified where that is exact."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return test.operand
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        opposite = {ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In}
        found = opposite.get(type(test.ops[0]))
        if found is not None:
            return ast.Compare(test.left, [found()], test.comparators)
    return ast.UnaryOp(ast.Not(), test)
