"""The grammar of one line of printed SSA: operands, constants and types."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import Any as Anything

import numpy as np

from s2s_ad.errors import InternalError
from s2s_ad.ir.core import ABSENT, UNDEFINED, Value
from s2s_ad.ir.types import ANY, Dim, ListOf, Num, Opaque, Seq, Size, Stack, Tape, Type

TOKEN = re.compile(
    r"""\s*(?:(?P<value>%\w+)
    |(?P<string>b?'(?:[^'\\]|\\.)*'|b?"(?:[^"\\]|\\.)*")
    |(?P<number>-?(?:\d+\.?\d*(?:e[+-]?\d+)?|inf\b|nan\b))
    |(?P<name>\.?[^\W\d][\w.]*)
    |(?P<mark>\.\.\.|\*\*|[^\s]))""",
    re.VERBOSE,
)


def parse_type(text: str) -> Type:
    """A type in printed form, `f64[n - 2]`."""
    return Tokens(text).type()


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
        simple: dict[str, Anything] = {"None": None, "True": True, "False": False}
        simple |= {"undefined": UNDEFINED, "absent": ABSENT}
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
        if name in ("tape", "constant_tape"):
            return Tape(name == "tape")
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
        name, depth = token.text, 0
        # A size may be named by an expression: x[0].shape[1].
        while depth or self.peek() == "[" or self.peek().startswith("."):
            text = self.take().text
            depth += {"[": 1, "]": -1}.get(text, 0)
            name += text
        not_one = not self.accept("?")
        offset = 0
        if self.peek() in ("+", "-"):
            sign = 1 if self.take().text == "+" else -1
            offset = sign * int(self.take().text)
        return Dim(name, offset, not_one)


def _dtype(code: str) -> np.dtype | None:
    return None if code == "?" else np.dtype(f"{code[0]}{int(code[1:]) // 8}")
