"""Calls of functions that are not inlined: the derivative calls the callee's derivative."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any as Anything

from s2s_ad.autodiff.activity import varied
from s2s_ad.autodiff.joint import jvp_function
from s2s_ad.autodiff.recursive import calls_itself, install, reverse_recursive
from s2s_ad.autodiff.split import split_function
from s2s_ad.autodiff.zeros import zero_of
from s2s_ad.ir.build import building, cursor, emit
from s2s_ad.ir.core import Block, Function, Op, Value
from s2s_ad.ir.types import differentiable
from s2s_ad.ops.structure import CALL

if TYPE_CHECKING:
    from s2s_ad.autodiff.reverse import Sweep


def forward_call(op: Op, dots: dict[Value, Anything]) -> list[Anything]:
    """The tangents of a call. It becomes a call of the callee's JVP, which computes value and
    tangent in one."""
    callee: Function = op.kwargs["callee"]
    give_zeros(op, callee, dots)
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


def give_zeros(op: Op, callee: Function, dots: dict[Value, Anything]) -> None:
    """Tangents for the buffers that a call writes into: made once, and handed from call to call."""
    scratch, c = Block(), cursor()
    with building(scratch, c.statement, c.location, c.role):
        for v in (op.args[k] for k in callee.moved):
            if v not in dots:
                dots[v] = zero_of(v)
    at = c.block.ops.index(op)
    c.block.ops[at:at] = scratch.ops


def reverse_call(op: Op, bars: list[Anything], sweep: Sweep) -> None:
    """Add the contributions of a call: its forward call also returns what the pullback reads."""
    callee: Function = op.kwargs["callee"]
    if calls_itself(callee):
        reverse_recursive(op, bars, sweep)
        return
    wrt = tuple(k for k, v in enumerate(op.args) if type(v) is Value and v in sweep.active)
    of = tuple(k for k, bar in enumerate(bars) if bar is not None)
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
        sweep.add(op.args[k], bar)


def _memo(callee: Function, mode: str, wrt: tuple[int, ...], of: tuple[int, ...] = ()) -> Anything:
    """One derivative function per callee, however often it is called."""
    key = (mode, wrt, of)
    if key in callee.derived:
        return callee.derived[key]
    if mode == "split":
        callee.derived[key] = split_function(callee, wrt, of)
    elif callee.recursive:
        # It is there before it is done, for the calls of itself.
        made = callee.derived[key] = Function(callee.name, Block(), recursive=True)
        install(made, jvp_function(callee, wrt))
    else:
        callee.derived[key] = jvp_function(callee, wrt)
    return callee.derived[key]
