"""Local differentiation of what a rule writes: the derivative of a definition in terms of other
primitives, and the transpose of a differential. Straight-line code only.

Rules (in `ops`) call these functions; it is the one place where imports run upwards, because a
composite's derivative is by its nature the transform applied to its definition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any as Anything

from s2s_ad.autodiff.activity import varied
from s2s_ad.autodiff.forward import Forward
from s2s_ad.autodiff.reverse import Sweep
from s2s_ad.ir.build import building, cursor
from s2s_ad.ir.core import Block, Op, Value, leaves


def _trace(f: Callable[[], Anything]) -> tuple[list[Op], list[Anything]]:
    """Run a definition on values; the operations it writes, and its results."""
    block = Block()
    c = cursor()
    with building(block, c.statement, c.location, c.role):
        out = f()
    return block.ops, list(out) if isinstance(out, (tuple, list)) else [out]


def forward_of(f: Callable[[], Anything], dots: dict[Value, Anything]) -> list[Anything]:
    """The tangents of the results of `f()`, given those of the values it reads."""
    ops, out = _trace(f)
    block = cursor().block
    body = Block(ops=ops)
    known = dict(dots)
    forward = Forward(known, varied(body, known))
    for op in ops:
        forward.op(op, block)
    return [known.get(v) if type(v) is Value else None for v in out]


def reverse_of(
    f: Callable[[], Anything], bars: list[Anything], active: set[Value]
) -> Iterator[tuple[Value, Anything]]:
    """The contributions of the cotangents of `f()`'s results to the active values it reads."""
    ops, out = _trace(f)
    block = cursor().block
    seeds = {v for op in ops for v in leaves(op.args) if v in active}
    inside = varied(Block(ops=ops), seeds)
    block.ops.extend(ops)
    sweep = Sweep(inside, {})
    for v, bar in zip(out, bars, strict=True):
        sweep.add(v, bar)
    sweep.ops(ops, block)
    for v in dict.fromkeys(v for op in ops for v in leaves(op.args)):
        if v in seeds and v in sweep.bars:
            yield v, sweep.whole(v)


def transpose(f: Callable[[Anything], Anything], x: Value, bars: list[Anything]) -> Anything:
    """The transpose of the linear map f (from values like x) applied to cotangents; None for 0."""
    d = Value(x.type)
    return transpose_of(lambda: f(d), [d], bars)[0]


def transpose_of(
    f: Callable[[], Anything], seeds: list[Value], bars: list[Anything]
) -> list[Anything]:
    """The transposes of the linear map that `f()` writes in terms of several values, applied to
    cotangents; None for a zero. What does not depend on these values is written as it is."""
    ops, out = _trace(f)
    block = cursor().block
    dependent = varied(Block(ops=ops), seeds)
    block.ops.extend(op for op in ops if not any(r in dependent for r in op.results))
    sweep = Sweep(dependent, {})
    for v, bar in zip(out, bars, strict=True):
        if bar is not None:
            sweep.add(v, bar)
    sweep.ops([op for op in ops if any(r in dependent for r in op.results)], block)
    return [sweep.whole(d) if d in sweep.bars else None for d in seeds]
