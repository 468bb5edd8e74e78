"""Parallel moves as a sequence of assignments: what reads a variable comes before what sets it; a
cycle becomes one tuple assignment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any as Anything

from s2s_ad.codegen.program import Move
from s2s_ad.codegen.storage import Plan
from s2s_ad.ir.core import UNDEFINED, Value


@dataclass
class Step:
    """One assignment; several targets stand for a tuple assignment."""

    targets: list[Value]
    sources: list[Anything]


def sequence(move: Move, plan: Plan) -> list[Step]:
    """The assignments that a move needs, in order; none where source and target share."""
    pending: list[tuple[Value, Anything]] = []
    for target, source in zip(move.targets, move.sources):
        if source is UNDEFINED:
            continue
        plain = type(source) is Value and source not in plan.folding.values
        if plain and plan.variables[source] is plan.variables[target]:
            continue
        pending.append((target, source))
    out: list[Step] = []
    while pending:
        closed = [_before(k, pending, plan) for k in range(len(pending))]
        first = min(closed, key=len)
        group = [pending[k] for k in sorted(first)]
        out.append(Step([t for t, _ in group], [s for _, s in group]))
        pending = [p for k, p in enumerate(pending) if k not in first]
    return out


def _before(k: int, pending: list[tuple[Value, Anything]], plan: Plan) -> set[int]:
    """The moves that have to happen before move k or together with it: those that read what it
    sets, and what these need in turn."""
    out, todo = {k}, [k]
    while todo:
        target = plan.variables[pending[todo.pop()][0]]
        for j, (_, source) in enumerate(pending):
            if j not in out and any(
                plan.variables[r] is target for r in plan.folding.registers(source)
            ):
                out.add(j)
                todo.append(j)
    return out
