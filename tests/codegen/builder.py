"""Writing SSA by hand for the tests of code generation: statements with names, as the front end
gives them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import s2s_ad.ops
import s2s_ad.passes.algebra
from s2s_ad.ir.build import building, emit, knowing
from s2s_ad.ir.core import Block, Function, Parameter, Statement, Value
from s2s_ad.ir.types import Type
from s2s_ad.ir.verifier import verify
from s2s_ad.ops.structure import FOR, IF, WHILE

assert s2s_ad.ops


class Program:
    """A function under construction. `with p.at("y = x * 2"): y = p.name("y", x * 2)`."""

    def __init__(self, name: str, **params: Type) -> None:
        self.block = Block()
        self.values = {n: self.block.add_param(t, n, True) for n, t in params.items()}
        self.function = Function(name, self.block, [Parameter(n) for n in params])
        self.order = 0
        self.blocks = [self.block]

    def __getitem__(self, name: str) -> Value:
        return self.values[name]

    @contextmanager
    def at(self, text: str, role: str = "primal") -> Iterator[None]:
        self.order += 1
        statement = Statement(text, None, self.order)
        with knowing(self.function.facts), building(self.blocks[-1], statement, None, role):
            yield

    @contextmanager
    def inside(self, block: Block) -> Iterator[Block]:
        self.blocks.append(block)
        with building(block):
            yield block
        self.blocks.pop()

    def let(self, text: str, make: Any, role: str = "primal") -> Any:
        """One assignment statement: the value takes the target's name."""
        with self.at(text, role):
            v = make()
        target = re.match(r"(\w+) [-+*/]?=", text)
        if target and type(v) is Value:
            v.hint, v.named = target.group(1), True
        return v

    def loop(
        self, text: str, span: tuple[Any, Any, Any], index: str, carried: dict[str, Any],
        types: list[Type], **kwargs: Any,
    ) -> Loop:  # fmt: skip
        return Loop(self, text, span, index, carried, types, kwargs)

    def returns(self, *values: Any, template: Any = None) -> Function:
        self.block.yields = list(values)
        self.function.returns = (
            template
            if template is not None
            else 0
            if len(values) == 1
            else tuple(range(len(values)))
        )
        return verify(self.function)


class Loop:
    """A `for` (or, with a condition, a `while`) under construction."""

    def __init__(
        self, program: Program, text: str, span: Any, index: str, carried: dict[str, Any],
        types: list[Type], kwargs: dict[str, Any],
    ) -> None:  # fmt: skip
        from s2s_ad.ir.types import INT

        self.program, self.text, self.span, self.kwargs = program, text, span, kwargs
        self.inits = tuple(carried.values())
        self.types = types
        self.names = list(carried)
        self.body = Block()
        self.index = self.body.add_param(INT, index, True)
        self.params = [self.body.add_param(t, n, True) for n, t in zip(carried, types)]

    def close(self, *yields: Any, role: str = "primal") -> list[Value]:
        from s2s_ad.ir.types import INT

        self.body.yields = list(yields)
        types = list(self.types) + ([INT] if self.kwargs.get("stop") else [])
        with self.program.at(self.text, role):
            out = emit(FOR, *self.span, self.inits, blocks=[self.body], types=types, **self.kwargs)
        out = out if isinstance(out, list) else [out]
        for v, n in zip(out, self.names):
            v.hint, v.named = n, True
        return out


def while_loop(
    program: Program, text: str, carried: dict[str, Any], types: list[Type], condition: Any,
    body: Any, **kwargs: Any,
) -> list[Value]:  # fmt: skip
    """`condition(*params)` and `body(*params) -> yields` write into their blocks."""
    before, after = Block(), Block()
    for b in (before, after):
        for n, t in zip(carried, types):
            b.add_param(t, n, True)
    with program.at(text), program.inside(before):
        before.yields = [condition(*before.params), *before.params]
    with program.at(text), program.inside(after):
        after.yields = list(body(*after.params))
    with program.at(text):
        out = emit(WHILE, tuple(carried.values()), blocks=[before, after], types=types, **kwargs)
    out = out if isinstance(out, list) else [out]
    for v, n in zip(out, carried):
        v.hint, v.named = n, True
    return out


def branch(
    program: Program, text: str, condition: Any, then: Any, orelse: Any, types: list[Type],
    names: list[str] | None = None, role: str = "primal", **kwargs: Any,
) -> Any:  # fmt: skip
    """An `if`; `then()` and `orelse()` write a branch and return its yields."""
    blocks = []
    for make in (then, orelse):
        block = Block()
        with program.at(text, role), program.inside(block):
            block.yields = list(make())
        blocks.append(block)
    with program.at(text, role):
        out = emit(IF, condition, blocks=blocks, types=types, **kwargs)
    out = out if isinstance(out, list) else [out]
    for v, n in zip(out, names or []):
        v.hint, v.named = n, bool(n)
    return out[0] if len(out) == 1 else out
