"""Reading the printed form of SSA back (see `s2s_ad.ir.printer`), for tests and documentation.

Types after a result may be left out: then the type rules give them. The table of primitives must
be filled (import `s2s_ad.ops`).
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import Any as Anything

import numpy as np

from s2s_ad.errors import InternalError
from s2s_ad.ir.build import facts, knowing
from s2s_ad.ir.core import UNDEFINED, Block, Function, Op, Parameter, Value, tree_map
from s2s_ad.ir.primitive import BY_NAME, Primitive, result_types
from s2s_ad.ir.types import ANY, Dim, Facts, ListOf, Num, Opaque, Seq, Size, Stack, Type

TOKEN = re.compile(
    r"""\s*(?:(?P<value>%\w+)
    |(?P<string>b?'(?:[^'\\]|\\.)*'|b?"(?:[^"\\]|\\.)*")
    |(?P<number>-?(?:\d+\.?\d*(?:e[+-]?\d+)?|inf\b|nan\b))
    |(?P<name>[^\W\d][\w.]*)
    |(?P<mark>\.\.\.|\*\*|[^\s]))""",
    re.VERBOSE,
)
CONTROL = ("if", "for", "while")


def parse_function(text: str, role: str = "primal") -> Function:
    """The function that `print_function` printed as `text`; all operations get `role`."""
    lines = [Line(raw) for raw in text.splitlines() if raw.strip()]
    known = Facts()
    with knowing(known):
        return Parser(lines, role).function(known)


def parse_type(text: str) -> Type:
    """A type in printed form, `f64[n - 2]`."""
    return Tokens(text).type()


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


@dataclass
class Token:
    kind: str
    text: str


class Tokens:
    """The tokens of one line, with the grammar of operands and types."""

    def __init__(self, text: str, env: dict[str, Value] | None = None) -> None:
        self.text = text
        self.env = {} if env is None else env
        found = [m for m in TOKEN.finditer(text) if m.lastgroup]
        self.tokens = [Token(str(m.lastgroup), m.group(str(m.lastgroup))) for m in found]
        self.at = 0

    def peek(self, ahead: int = 0) -> str:
        k = self.at + ahead
        return self.tokens[k].text if k < len(self.tokens) else ""

    def take(self) -> Token:
        if self.at >= len(self.tokens):
            raise self.error("more is expected")
        self.at += 1
        return self.tokens[self.at - 1]

    def accept(self, text: str) -> bool:
        if self.peek() == text:
            self.at += 1
            return True
        return False

    def expect(self, text: str) -> None:
        if not self.accept(text):
            raise self.error(f"{text!r} is expected, not {self.peek()!r}")

    def error(self, message: str) -> InternalError:
        return InternalError(f"cannot read SSA: {message}", self.text)

    def done(self) -> None:
        if self.at < len(self.tokens):
            raise self.error(f"{self.peek()!r} is left over")

    # Operands

    def value(self) -> Value:
        token = self.take()
        if token.kind != "value" or token.text[1:] not in self.env:
            raise self.error(f"{token.text!r} is no value defined so far")
        return self.env[token.text[1:]]

    def define(self) -> Value:
        """`%name: type`, or `%name` alone; the caller enters it into the names."""
        token = self.take()
        if token.kind != "value":
            raise self.error(f"{token.text!r} is no value")
        name = token.text[1:]
        t = self.type() if self.accept(":") else None
        v = Value(ANY if t is None else t, "" if name.isdigit() else name)
        if name in self.env:
            raise self.error(f"%{name} is defined twice")
        self.env[name] = v
        if t is None:
            self.untyped = [*getattr(self, "untyped", []), v]
        return v

    def operands(self, end: str = "") -> list[Anything]:
        """Comma-separated operands up to `end` or static arguments."""
        out: list[Anything] = []
        while self.peek() != end and not self.static_ahead() and self.peek():
            out.append(self.operand())
            if not self.accept(","):
                break
        return out

    def static_ahead(self) -> bool:
        return self.peek() == "{" and self.peek(2) == "="

    def static(self) -> dict[str, Anything]:
        out: dict[str, Anything] = {}
        if self.static_ahead():
            self.expect("{")
            while not self.accept("}"):
                name = self.take().text
                self.expect("=")
                out[name] = self.operand()
                self.accept(",")
        return out

    def operand(self, slices: bool = True) -> Anything:
        first = None if self.peek() == ":" else self.primary()
        if not slices or self.peek() != ":":
            return first
        parts = [first, None, None]
        k = 0
        while k < 2 and self.accept(":"):
            k += 1
            if self.peek() not in ("", ",", ")", "]", "}", ":") and not self.static_ahead():
                parts[k] = self.primary()
        return slice(*parts)

    def primary(self) -> Anything:
        token = self.tokens[self.at] if self.at < len(self.tokens) else Token("end", "")
        if token.kind == "value":
            return self.value()
        self.take()
        if token.kind == "string":
            return ast.literal_eval(token.text)
        if token.kind == "number":
            text = token.text
            return int(text) if text.lstrip("-").isdigit() else float(text)
        if token.kind == "name":
            return self.named(token.text)
        if token.text == "...":
            return Ellipsis
        if token.text == "(":
            items = []
            comma = True
            while not self.accept(")"):
                items.append(self.operand())
                comma = self.accept(",")
            return tuple(items) if len(items) != 1 or comma else items[0]
        if token.text == "[":
            items = []
            while not self.accept("]"):
                items.append(self.operand())
                self.accept(",")
            return items
        if token.text == "{":
            entries = {}
            while not self.accept("}"):
                key = self.operand(slices=False)
                self.expect(":")
                entries[key] = self.operand()
                self.accept(",")
            return entries
        raise self.error(f"{token.text!r} is no operand (opaque constants cannot be read back)")

    def named(self, name: str) -> Anything:
        simple = {"None": None, "True": True, "False": False, "undefined": UNDEFINED}
        if name in simple:
            return simple[name]
        if name == "type":
            return self.type()
        if name in ("complex", "dtype", "scalar", "array"):
            self.expect("(")
            arguments = self.operands(")")
            self.expect(")")
            if name == "complex":
                return complex(*arguments)
            if name == "dtype":
                return np.dtype(arguments[0])
            made = np.array(arguments[0], dtype=arguments[1])
            return made[()] if name == "scalar" else made
        raise self.error(f"{name!r} is no operand")

    # Types

    def type(self) -> Type:
        token = self.take()
        name = token.text
        if name in ("(", "["):
            close = ")" if name == "(" else "]"
            items = []
            while not self.accept(close):
                items.append(self.type())
                self.accept(",")
            return Seq("tuple" if name == "(" else "list", tuple(items))
        if name == "{":
            entries: dict[Anything, Type] = {}
            while not self.accept("}"):
                key = self.operand(slices=False)
                self.expect(":")
                entries[key] = self.type()
                self.accept(",")
            return Seq("dict", tuple(entries.values()), tuple(entries))
        if name in ("list", "tuple", "stack") and self.accept("["):
            elem = self.type()
            self.expect("]")
            return Stack(elem) if name == "stack" else ListOf(name, elem)
        if name == "any":
            return ANY
        return self.number(name)

    def number(self, name: str) -> Type:
        scalars = {"float": "f64", "int": "i64", "bool": "b8", "complex": "c128"}
        if name in scalars:
            return Num("py", _dtype(scalars[name]), ())
        if name == "py":
            code = self.take().text
            return Num("py", None if code == "?" else np.dtype(code), ())
        kind = {"~": "any", "np": "np"}.get(name, "array")
        code = self.take().text if kind != "array" else name
        if code != "?" and not re.fullmatch(r"[fiubc]\d+", code):
            return Opaque(code)
        if not self.accept("["):
            return Num("np", _dtype(code), ())
        shape: list[Size] = []
        if self.accept("..."):
            self.expect("]")
            return Num(kind, _dtype(code), None)
        while not self.accept("]"):
            shape.append(self.size())
            self.accept(",")
        return Num(kind, _dtype(code), tuple(shape))

    def size(self) -> Size:
        token = self.take()
        if token.kind == "number":
            return int(token.text)
        if token.text == "?":
            return None
        not_one = not self.accept("?")
        offset = 0
        if self.peek() in ("+", "-"):
            sign = 1 if self.take().text == "+" else -1
            offset = sign * int(self.take().text)
        return Dim(token.text, offset, not_one)


def _dtype(code: str) -> np.dtype | None:
    return None if code == "?" else np.dtype(f"{code[0]}{int(code[1:]) // 8}")


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
