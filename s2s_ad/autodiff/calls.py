"""Calls of functions that are not inlined: the derivative calls the callee's derivative."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any as Anything

from s2s_ad.autodiff.activity import varied
from s2s_ad.autodiff.joint import jvp_function, vjp_function
from s2s_ad.autodiff.split import split_function
from s2s_ad.errors import UnsupportedError
from s2s_ad.ir.build import emit
from s2s_ad.ir.core import Block, Function, Op, Value, walk
from s2s_ad.ir.types import differentiable
from s2s_ad.ops.opaque import acts
from s2s_ad.ops.structure import CALL


def forward_call(op: Op, dots: dict[Value, Anything]) -> list[Anything]:
    """The tangents of a call. It becomes a call of the callee's JVP, which computes value and
    tangent in one."""
    callee: Function = op.kwargs["callee"]
    wrt = tuple(k for k, v in enumerate(op.args) if type(v) is Value and v in dots)
    derived = _memo(callee, "jvp", wrt)
    n = len(op.results)
    op.args = (*op.args, *(dots[op.args[k]] for k in wrt))
    op.kwargs["callee"] = derived
    tangents: list[Anything] = []
    found = list(op.results) if callee.recursive else derived.block.yields[n:]
    moving = varied(callee.block, [callee.block.params[k] for k in wrt])
    for k, (v, r) in enumerate(zip(found, list(op.results), strict=True)):
        t = Value(getattr(v, "type", r.type))
        t.owner = op
        op.results.append(t)
        # The tangent of a tape of constants is empty: it must not be taken for one of zeros.
        constant = not callee.recursive and callee.block.yields[k] not in moving
        tangents.append(t if differentiable(r.type) and not constant else None)
    return tangents


def reverse_call(
    op: Op, bars: list[Anything], active: set[Value]
) -> Iterator[tuple[Value, Anything]]:
    """The contributions of a call: its forward call also returns what the pullback reads. The
    gradient of a recursive function computes it again instead: what it would have to return is as
    deep as the recursion."""
    callee: Function = op.kwargs["callee"]
    wrt = tuple(k for k, v in enumerate(op.args) if type(v) is Value and v in active)
    of = tuple(k for k, bar in enumerate(bars) if bar is not None)
    if callee.recursive:
        acting = next((o for o in walk(callee.block) if acts(o)), None)
        if acting is not None:
            raise UnsupportedError(
                f"{callee.name} calls itself, and draws, prints, reads or writes outside: its "
                "gradient would do that again",
                "write a loop, or do it outside and pass the result",
                acting.location,
            )
        types = [op.args[k].type for k in wrt]
        seeds = [bars[k] for k in of]
        out = emit(CALL, *op.args, *seeds, callee=_memo(callee, "grad", wrt, of), types=types)
        for k, bar in zip(wrt, out if isinstance(out, list) else [out], strict=True):
            yield op.args[k], bar
        return
    forward, pullback, count = _memo(callee, "split", wrt, of)
    n = len(op.results)
    op.kwargs["callee"] = forward
    for v in forward.block.yields[n:]:
        result = Value(getattr(v, "type", op.results[0].type), getattr(v, "hint", ""))
        result.owner = op
        op.results.append(result)
    seeds = [bars[k] for k in of]
    types = [op.args[k].type for k in wrt]
    out = emit(CALL, *op.results[n : n + count], *seeds, callee=pullback, types=types)
    out = out if isinstance(out, list) else [out]
    for k, bar in zip(wrt, out, strict=True):
        yield op.args[k], bar


def _memo(callee: Function, mode: str, wrt: tuple[int, ...], of: tuple[int, ...] = ()) -> Anything:
    """One derivative function per callee, however often it is called."""
    key = (mode, wrt, of)
    if key not in callee.derived and callee.recursive:
        # It is there before it is done, for the calls of itself.
        made = callee.derived[key] = Function(callee.name, Block(), recursive=True)
        if mode == "jvp":
            new = jvp_function(callee, wrt)
        else:
            new = vjp_function(callee, wrt, several=True, value=False, of=of)
        made.__dict__.update({**new.__dict__, "recursive": True, "derived": made.derived})
        made.block.owner = made
    elif key not in callee.derived:
        if mode == "jvp":
            callee.derived[key] = jvp_function(callee, wrt)
        else:
            callee.derived[key] = split_function(callee, wrt, of)
    return callee.derived[key]
