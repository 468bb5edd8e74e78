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
        if type(source) is Value and source not in plan.folding.values:
            if plan.variables[source] is plan.variables[target]:
                continue
        pending.append((target, source))
    out: list[Step] = []
    while pending:
        for k, (target, source) in enumerate(pending):
            others = [s for j, (_, s) in enumerate(pending) if j != k]
            if not any(
                plan.variables[r] is plan.variables[target]
                for s in others
                for r in plan.folding.registers(s)
            ):
                out.append(Step([target], [source]))
                del pending[k]
                break
        else:
            out.append(Step([t for t, _ in pending], [s for _, s in pending]))
            pending = []
    return out
