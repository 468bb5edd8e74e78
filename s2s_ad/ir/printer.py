"""The printed form of SSA: stable, readable, and read back by `s2s_ad.ir.parser`.

    func f(%x: f64[n], %k: int; %K: float):
      %y: f64[n], %s: int = for %i: int in range(0, %k, 1) carry %y1: f64[n] = %x {stop=True}:
        %y2: f64[n] = multiply %y1, 2.0
        %c: bool = less %i, 3
        %s1: int = if %c:
          yield 0
        else:
          yield 1
        yield %y2, %s1
      %t: float = while carry %t1: float = 1.0:
        %c1: bool = less %t1, %K
        yield %c1, %t1
      do %t2: float:
        %t3: float = multiply %t2, 3.0
        yield %t3
      %z: f64[n - 2] = getitem %y, 1:-1
      %r: f64 = sum %z {axis=0}
      return (%r, %t)

A name is the value's hint, with a number where it is taken; a value without a hint is a number.
Hidden inputs follow a semicolon. Static arguments stand in braces. Types print as `str(type)`,
except that a size that may be 1 is marked (`n?`), and so is a number of unknown kind (`~f64`).
Other operations with blocks (`errstate`) print their block below, a second one under `also:`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any as Anything
from typing import get_args

import numpy as np

from s2s_ad.ir.core import UNDEFINED, Block, Function, Op, Undefined, Value, tree_map
from s2s_ad.ir.types import Dim, ListOf, Num, Seq, Size, Stack, Type

LARGEST = 16  # elements of an array constant that are printed


def print_function(function: Function, mark: Op | Block | None = None) -> str:
    """The whole function as text; `mark` is pointed at with an arrow."""
    return Printer(mark).function(function)


def print_block(block: Block) -> str:
    """The operations and yields of one block; values from outside are named as they come."""
    return "\n".join(Printer().block(block, "", "yield"))


class Printer:
    """Names values in order of appearance while printing."""

    def __init__(self, mark: Op | Block | None = None) -> None:
        self.mark = mark
        self.names: dict[Value, str] = {}
        self.taken: set[str] = set()
        self.counters: dict[str, int] = {}

    # Names and operands

    def name(self, v: Value, hint: str = "") -> str:
        if v not in self.names:
            self.names[v] = self._fresh(hint or v.hint)
        return "%" + self.names[v]

    def _fresh(self, hint: str) -> str:
        name = hint
        count = self.counters.get(hint, 0)
        while not name or name in self.taken:
            name = f"{hint}{count}" if not hint else f"{hint}{count + 1}"
            count += 1
        self.counters[hint] = count
        self.taken.add(name)
        return name

    def define(self, v: Value, hint: str = "") -> str:
        return f"{self.name(v, hint)}: {show_type(v.type)}"

    def operand(self, x: Anything) -> str:
        kind = type(x)
        if kind is Value:
            return self.name(x)
        if kind is tuple:
            inner = ", ".join(map(self.operand, x))
            return f"({inner},)" if len(x) == 1 else f"({inner})"
        if kind is list:
            return f"[{', '.join(map(self.operand, x))}]"
        if kind is dict:
            inner = ", ".join(f"{constant(k)}: {self.operand(v)}" for k, v in x.items())
            return "{" + inner + "}"
        if kind is slice:
            parts = [
                "" if part is None else self.operand(part) for part in (x.start, x.stop, x.step)
            ]
            return f"{parts[0]}:{parts[1]}" + (f":{parts[2]}" if parts[2] else "")
        return constant(x)

    def operands(self, xs: Anything) -> str:
        return ", ".join(map(self.operand, xs))

    # Structure

    def function(self, f: Function) -> str:
        lines = [f"func {f.name}({self.parameters(f)}):"]
        lines += self.block(f.block, "  ", "return", f.returns)
        return "\n".join(lines) + "\n"

    def parameters(self, f: Function) -> str:
        parts: list[str] = []
        starred = False
        for p, v in zip(f.parameters, f.block.params):
            if p.kind == "keyword_only" and not starred:
                parts.append("*")
            starred = starred or p.kind in ("keyword_only", "var_positional")
            if parts and p.kind != "positional_only":
                before = f.parameters[f.block.params.index(v) - 1]
                if before.kind == "positional_only":
                    parts.insert(len(parts) - (parts[-1] == "*"), "/")
            star = {"var_positional": "*", "var_keyword": "**"}.get(p.kind, "")
            default = "" if p.default is UNDEFINED else f" = {self.operand(p.default)}"
            parts.append(star + self.define(v, p.name) + default)
        if f.parameters and f.parameters[-1].kind == "positional_only":
            parts.append("/")
        text = ", ".join(parts)
        hidden = f.block.params[len(f.parameters) :]
        if hidden:
            text += "; " + ", ".join(map(self.define, hidden))
        return text

    def block(
        self, block: Block, indent: str, closing: str, returns: Anything = None
    ) -> Iterator[str]:
        for op in block.ops:
            yield from self.op(op, indent)
        arrow = "    <-- here" if self.mark is block else ""
        if closing == "return":
            yield f"{indent}return {self.returned(block, returns)}{arrow}"
        else:
            yield f"{indent}yield {self.operands(block.yields)}".rstrip() + arrow

    def returned(self, block: Block, returns: Anything) -> str:
        indices: list[int] = []
        tree_map(lambda i: indices.append(i) if type(i) is int else None, returns)
        if sorted(indices) != list(range(len(block.yields))):
            return f"{self.operand(returns)} of {self.operands(block.yields)}"
        filled = tree_map(lambda i: block.yields[i] if type(i) is int else i, returns)
        return self.operand(filled)

    def op(self, op: Op, indent: str) -> Iterator[str]:
        arrow = "    <-- here" if self.mark is op else ""
        inner = indent + "  "
        # Operands first: a name is given where it is first printed, and results come before them.
        head = ", ".join(map(self.define, op.results))
        head = f"{indent}{head} = " if head else indent
        name = op.prim.name
        if name == "if" and len(op.blocks) == 2:
            yield f"{head}if {self.operands(op.args)}{self.static(op)}:{arrow}"
            yield from self.block(op.blocks[0], inner, "yield")
            yield f"{indent}else:"
            yield from self.block(op.blocks[1], inner, "yield")
        elif name == "for" and len(op.blocks) == 1 and op.blocks[0].params:
            (body,) = op.blocks
            span = self.operands(op.args[:-1])
            index = self.define(body.params[0])
            carry = self.carry(body.params[1:], op.args[-1])
            yield f"{head}for {index} in range({span}){carry}{self.static(op)}:{arrow}"
            yield from self.block(body, inner, "yield")
        elif name == "while" and len(op.blocks) == 2:
            before, after = op.blocks
            carry = self.carry(before.params, op.args[-1])
            yield f"{head}while{carry}{self.static(op)}:{arrow}"
            yield from self.block(before, inner, "yield")
            yield f"{indent}do {', '.join(map(self.define, after.params))}".rstrip() + ":"
            yield from self.block(after, inner, "yield")
        else:
            text = f"{head}{name} {self.operands(op.args)}".rstrip() + self.static(op)
            if not op.blocks:
                yield text + arrow
            for k, block in enumerate(op.blocks):
                params = ", ".join(map(self.define, block.params))
                params = f" with {params}" if params else ""
                yield f"{text if k == 0 else indent + 'also'}{params}:{arrow}"
                yield from self.block(block, inner, "yield")

    def carry(self, params: list[Value], inits: Anything) -> str:
        if not params:
            return ""
        # Initial values are named before the parameters they start.
        starts = [self.operand(x) for x in inits]
        starts += ["undefined"] * (len(params) - len(starts))
        pairs = [f"{self.define(p)} = {x}" for p, x in zip(params, starts)]
        return " carry " + ", ".join(pairs)

    def static(self, op: Op) -> str:
        if not op.kwargs:
            return ""
        return " {" + ", ".join(f"{k}={self.operand(v)}" for k, v in op.kwargs.items()) + "}"


def constant(x: Anything) -> str:
    """A constant leaf. What has no literal prints as `<...>`, which does not parse."""
    kind = type(x)
    if kind is Undefined:
        return repr(x)
    if x is Ellipsis:
        return "..."
    if x is None or kind in (bool, int, float, str, bytes):
        return repr(x)
    if kind is complex:
        return f"complex({x.real!r}, {x.imag!r})"
    if isinstance(x, np.dtype):
        return f"dtype({x.str!r})"
    if isinstance(x, np.generic) and x.dtype.kind in "fiubc":
        return f"scalar({_elements(x.item())}, {x.dtype.str!r})"
    if kind is np.ndarray and x.dtype.kind in "fiubc" and x.size <= LARGEST:
        return f"array({_elements(x.tolist())}, {x.dtype.str!r})"
    if kind is np.ndarray:
        return f"<array {x.dtype} {x.shape}>"
    if isinstance(x, get_args(Type)):
        return f"type {show_type(x)}"
    if isinstance(x, Function):
        return f"<function {x.name}>"
    name = getattr(x, "__qualname__", None) or getattr(x, "name", None)
    return f"<{kind.__name__} {name}>" if isinstance(name, str) else f"<{kind.__name__}>"


def _elements(x: Anything) -> str:
    if type(x) is list:
        return f"[{', '.join(map(_elements, x))}]"
    return constant(x)


def show_type(t: Type) -> str:
    """A type, without loss."""
    if isinstance(t, Num):
        return _show_num(t)
    if isinstance(t, Seq):
        if t.kind == "dict":
            inner = ", ".join(f"{constant(k)}: {show_type(i)}" for k, i in zip(t.keys, t.items))
            return "{" + inner + "}"
        inner = ", ".join(map(show_type, t.items))
        if t.kind == "list":
            return f"[{inner}]"
        return f"({inner},)" if len(t.items) == 1 else f"({inner})"
    if isinstance(t, ListOf):
        return f"{t.kind}[{show_type(t.elem)}]"
    if isinstance(t, Stack):
        return f"stack[{show_type(t.elem)}]"
    return str(t)


_SCALARS = {"f8": "float", "i8": "int", "b1": "bool", "c16": "complex"}


def _show_num(t: Num) -> str:
    if t.kind == "py":
        code = "?" if t.dtype is None else t.dtype.kind + str(t.dtype.itemsize)
        return _SCALARS.get(code, f"py {code}")
    name = "?" if t.dtype is None else t.dtype.kind + str(8 * t.dtype.itemsize)
    if t.kind == "np" and t.shape == ():
        return name
    mark = {"any": "~", "np": "np "}.get(t.kind, "")
    sizes = "..." if t.shape is None else ", ".join(map(show_size, t.shape))
    return f"{mark}{name}[{sizes}]"


def show_size(d: Size) -> str:
    """`5`, `n`, `n - 2`, `n?` where the symbol may be 1, `?` where nothing is known."""
    if d is None:
        return "?"
    if not isinstance(d, Dim):
        return str(d)
    name = d.name + ("" if d.not_one else "?")
    if not d.offset:
        return name
    return f"{name} {'-' if d.offset < 0 else '+'} {abs(d.offset)}"
