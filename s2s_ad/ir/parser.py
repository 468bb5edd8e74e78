"""Reading the printed form of SSA back (see `s2s_ad.ir.printer`), for tests and documentation.

Types after a result may be left out: then the type rules give them. The table of primitives must
be filled (import `s2s_ad.ops`).
"""

from __future__ import annotations

import re
from typing import Any as Anything

from s2s_ad.errors import InternalError
from s2s_ad.ir.build import facts, knowing
from s2s_ad.ir.core import UNDEFINED, Block, Function, Op, Parameter, Value, tree_map
from s2s_ad.ir.primitive import BY_NAME, Primitive, result_types
from s2s_ad.ir.tokens import Tokens
from s2s_ad.ir.types import ANY, Facts

CONTROL = ("if", "for", "while")


def parse_function(text: str, role: str = "primal") -> Function:
    """The function that `print_function` printed as `text`; all operations get `role`."""
    lines = [Line(raw) for raw in text.splitlines() if raw.strip()]
    known = Facts()
    with knowing(known):
        return Parser(lines, role).function(known)


class Line:
    """A line: how deep it stands and what it says."""

    def __init__(self, raw: str) -> None:
        self.text = raw.strip()
        self.depth = len(raw) - len(raw.lstrip())

    @property
    def header(self) -> str:
        """The text of a line that opens a block, without its colon."""
        if not self.text.endswith(":"):
            raise InternalError(f"a colon is missing: {self.text}")
        return self.text[:-1]


class Parser:
    """The grammar of lines and blocks."""

    def __init__(self, lines: list[Line], role: str) -> None:
        self.lines = lines
        self.at = 0
        self.role = role
        self.env: dict[str, Value] = {}

    def tokens(self, text: str) -> Tokens:
        return Tokens(text, self.env)

    def next(self) -> Line:
        if self.at >= len(self.lines):
            raise InternalError("cannot read SSA: the text ends within a block")
        self.at += 1
        return self.lines[self.at - 1]

    def function(self, known: Facts) -> Function:
        line = self.next()
        match = re.fullmatch(r"func ([^(]*)\((.*)\):", line.text)
        if match is None:
            raise InternalError(f"cannot read SSA: no function starts with {line.text}")
        block = Block()
        parameters = self.parameters(self.tokens(match.group(2)), block)
        returns = self.block(block, "return")
        if self.at < len(self.lines):
            raise InternalError(f"cannot read SSA: {self.lines[self.at].text!r} is left over")
        return Function(match.group(1), block, parameters, returns, known)

    def parameters(self, t: Tokens, block: Block) -> list[Parameter]:
        out: list[Parameter] = []
        kind, hidden = "positional_or_keyword", False
        while t.peek():
            if t.accept(","):
                continue
            if t.accept(";"):
                hidden = True
                continue
            if t.accept("/"):
                for p in out:
                    p.kind = "positional_only"
                continue
            this = kind
            if t.accept("**"):
                this = "var_keyword"
            elif t.accept("*"):
                kind = "keyword_only"
                if t.peek() == ",":
                    continue
                this = "var_positional"
            v = t.define()
            v.owner = block
            block.params.append(v)
            default = t.operand() if t.accept("=") else UNDEFINED
            if not hidden:
                out.append(Parameter(v.hint, this, default))
        return out

    def block(self, block: Block, closing: str = "yield") -> Anything:
        """Read lines into the block up to its yield; the structure of what it returns."""
        while True:
            line = self.next()
            t = self.tokens(line.text)
            if t.accept(closing):
                break
            self.op(line, block)
        if closing == "return":
            return self.returned(t, block)
        block.yields = t.operands()
        t.done()
        return None

    def returned(self, t: Tokens, block: Block) -> Anything:
        tree = t.operand()
        if t.accept("of"):
            block.yields = t.operands()
            t.done()
            return tree
        t.done()

        def leaf(x: Anything) -> int:
            block.yields.append(x)
            return len(block.yields) - 1

        return tree_map(leaf, tree)

    def op(self, line: Line, into: Block) -> None:
        nested = self.at < len(self.lines) and self.lines[self.at].depth > line.depth
        t = self.tokens(line.header if nested else line.text)
        # Results are in scope only after the operation, but their names stand first.
        results: list[Value] = []
        names = dict(self.env)
        if t.peek().startswith("%"):
            results.append(t.define())
            while t.accept(","):
                results.append(t.define())
            t.expect("=")
        untyped = getattr(t, "untyped", [])
        after = {k: v for k, v in self.env.items() if k not in names}
        for k in after:
            del self.env[k]
        name = t.take().text
        if name not in BY_NAME:
            raise t.error(f"{name!r} is no primitive")
        prim = BY_NAME[name]
        if name in CONTROL and nested:
            op = getattr(self, "_" + name)(t, prim, line.depth)
        else:
            op = self.plain(t, prim, line.depth, nested)
        t.done()
        op.results = results
        for v in results:
            v.owner = op
        for k in after:
            if k in self.env:
                raise t.error(f"%{k} is defined twice")
        self.env.update(after)
        if untyped:
            infer(op, untyped, facts())
        into.ops.append(op)

    def make(self, prim: Primitive, args: Anything, kwargs: Anything, *blocks: Block) -> Op:
        return Op(prim, tuple(args), kwargs, list(blocks), role=self.role)

    def also(self, word: str, depth: int) -> Tokens | None:
        """The header of the next block of the operation, where one follows."""
        if self.at < len(self.lines) and self.lines[self.at].depth == depth:
            line = self.lines[self.at]
            if re.match(rf"{word}\b", line.text):
                self.at += 1
                t = self.tokens(line.header)
                t.expect(word)
                return t
        return None

    def plain(self, t: Tokens, prim: Primitive, depth: int, nested: bool) -> Op:
        args = t.operands("with")
        op = self.make(prim, args, t.static())
        while nested:
            block = Block()
            block.owner = op
            if t.accept("with"):
                self.params(t, block)
            t.done()
            self.block(block)
            op.blocks.append(block)
            following = self.also("also", depth)
            if following is None:
                break
            t = following
        return op

    def params(self, t: Tokens, block: Block) -> None:
        while t.peek():
            v = t.define()
            v.owner = block
            block.params.append(v)
            if not t.accept(","):
                break

    def _if(self, t: Tokens, prim: Primitive, depth: int) -> Op:
        condition = t.operand(slices=False)
        kwargs = t.static()
        then, orelse = Block(), Block()
        self.block(then)
        if self.also("else", depth) is None:
            raise t.error("an if has no else")
        self.block(orelse)
        return self.make(prim, (condition,), kwargs, then, orelse)

    def carry(self, t: Tokens, block: Block) -> tuple[Anything, ...]:
        """`carry %a: T = x, ...`: the parameters go into the block; the initial values."""
        inits: list[Anything] = []
        if t.accept("carry"):
            while True:
                v = t.define()
                v.owner = block
                block.params.append(v)
                t.expect("=")
                inits.append(t.operand(slices=False))
                if v in getattr(t, "untyped", []):
                    v.type = inits[-1].type if type(inits[-1]) is Value else ANY
                if not t.accept(","):
                    break
        return tuple(inits)

    def _for(self, t: Tokens, prim: Primitive, depth: int) -> Op:
        body = Block()
        self.params_one(t, body)
        for word in ("in", "range", "("):
            t.expect(word)
        span = t.operands(")")
        t.expect(")")
        inits = self.carry(t, body)
        kwargs = t.static()
        self.block(body)
        return self.make(prim, (*span, inits), kwargs, body)

    def params_one(self, t: Tokens, block: Block) -> None:
        v = t.define()
        v.owner = block
        block.params.append(v)

    def _while(self, t: Tokens, prim: Primitive, depth: int) -> Op:
        before, after = Block(), Block()
        inits = self.carry(t, before)
        kwargs = t.static()
        self.block(before)
        do = self.also("do", depth)
        if do is None:
            raise t.error("a while has no do")
        self.params(do, after)
        self.block(after)
        return self.make(prim, (inits,), kwargs, before, after)


def infer(op: Op, untyped: list[Value], known: Facts) -> None:
    """Types for results that were written without one."""
    if op.blocks:
        yielded = op.blocks[0].yields
        if op.prim.name == "while":
            yielded = yielded[1:]
        for v, x in zip(op.results, yielded):
            if v in untyped and type(x) is Value:
                v.type = x.type
        return
    shown = tree_map(lambda v: v.type if type(v) is Value else v, op.args)
    for v, t in zip(op.results, result_types(op.prim, shown, op.kwargs)):
        if v in untyped:
            v.type = t
