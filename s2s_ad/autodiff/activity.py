"""Activity: varied with the inputs asked for, and useful to the outputs (Griewank & Walther,
Evaluating Derivatives, 2nd ed., section 6.2). Both are fixpoints over the structured SSA."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any as Anything

import numpy as np

from s2s_ad.errors import UnsupportedError
from s2s_ad.ir.collecting import report
from s2s_ad.ir.core import Block, Op, Value, leaves, walk
from s2s_ad.ir.types import Num, differentiable
from s2s_ad.ops.rules import Constant
from s2s_ad.ops.structure import FOR, WHILE


def slots(op: Op) -> list[tuple[Anything, list[Value], list[Anything], Value]]:
    """Per carried value of a loop: its init, its parameters, its yields, its result."""
    first = op.blocks[0]
    if op.prim is FOR:
        params = [[p] for p in first.params[1:]]
        yields = [[y] for y in first.yields]
    else:
        after = op.blocks[1]
        params = [[p, q] for p, q in zip(first.params, after.params)]
        yields = [[f, y] for f, y in zip(first.yields[1:], after.yields)]
    return list(zip(op.inits, params, yields, op.results))


def is_zero_rule(op: Op) -> bool:
    """Whether the operation's derivative is zero by declaration."""
    return isinstance(op.prim.derivative, Constant)


def varied(block: Block, seeds: Iterable[Value]) -> set[Value]:
    """The values that depend differentiably on the seeds."""
    out = set(seeds)

    def visit(block: Block) -> None:
        for op in block.ops:
            if op.prim in (FOR, WHILE):
                loop(op)
            elif op.blocks:
                for b in op.blocks:
                    visit(b)
                    out.update(
                        r for r, y in zip(op.results, b.yields) if type(y) is Value and y in out
                    )
            elif not is_zero_rule(op) and any(v in out for v in leaves(op.args)):
                out.update(r for r in op.results if differentiable(r.type))

    def loop(op: Op) -> None:
        size = -1
        while size != len(out):
            size = len(out)
            for init, params, yields, result in slots(op):
                if any(type(v) is Value and v in out for v in (init, *yields, *params)):
                    out.update(params)
                    out.add(result)
            for b in op.blocks:
                visit(b)

    visit(block)
    return out


def refuse_complex(block: Block, active: set[Value]) -> None:
    """Refuse complex numbers on the way from the inputs to the outputs: the rules are those of
    real functions."""
    for op in walk(block):
        if not any(r in active for r in op.results):
            continue
        if any(map(_is_complex, (*op.results, *leaves(op.args), *op.args))):
            report(
                UnsupportedError(
                    "complex numbers are not differentiated",
                    "write the real and the imaginary part as two real numbers or arrays",
                    op.location,
                )
            )


def _is_complex(x: Anything) -> bool:
    if type(x) is Value:
        return isinstance(x.type, Num) and x.type.dtype is not None and x.type.dtype.kind == "c"
    return isinstance(x, (complex, np.complexfloating))


def useful(block: Block, outputs: Iterable[Anything]) -> set[Value]:
    """The values on which the outputs depend differentiably."""
    out = {v for v in outputs if type(v) is Value}

    def visit(block: Block) -> None:
        for op in reversed(block.ops):
            if op.prim in (FOR, WHILE):
                loop(op)
            elif op.blocks:
                for b in op.blocks:
                    out.update(
                        y for r, y in zip(op.results, b.yields) if r in out and type(y) is Value
                    )
                    visit(b)
            elif not is_zero_rule(op) and any(r in out for r in op.results):
                out.update(v for v in leaves(op.args) if differentiable(v.type))

    def loop(op: Op) -> None:
        size = -1
        while size != len(out):
            size = len(out)
            for init, params, yields, result in slots(op):
                if result in out or any(p in out for p in params):
                    out.update(v for v in (init, *yields) if type(v) is Value)
            for b in reversed(op.blocks):
                visit(b)

    visit(block)
    return out
