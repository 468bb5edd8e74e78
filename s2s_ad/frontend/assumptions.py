"""What conditions are known to be: true or false in the branch that was taken for it, and true
after a check that raises otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from typing import Any as Anything

from s2s_ad.ir.core import Block, Op, Value
from s2s_ad.ops.structure import IF

if TYPE_CHECKING:
    from s2s_ad.frontend.context import Lowering


def assume(lowering: Lowering, block: Block, condition: Anything, outcome: bool) -> None:
    """Note how a condition has come out, for as long as a block is open."""
    for v, b in _implied(condition, outcome):
        lowering.assumed[v] = (block, b)


def outcome_of(lowering: Lowering, condition: Anything) -> Anything:
    """A condition as what is known of it here: a constant, or itself."""
    if type(condition) is not Value or condition not in lowering.assumed:
        return condition
    block, outcome = lowering.assumed[condition]
    return outcome if any(b is block for b in lowering.blocks) else condition


def conditional(lowering: Lowering) -> bool:
    """Whether lowering goes on under a condition."""
    return any(block in lowering.blocks for block, _ in lowering.assumed.values())


def _implied(v: Anything, outcome: bool) -> Iterator[tuple[Value, bool]]:
    """The conditions that are known with one: `not a`, `a and b`, `a or b`."""
    if type(v) is not Value:
        return
    yield v, outcome
    op = v.owner
    if not isinstance(op, Op):
        return
    if op.prim.name == "not":
        yield from _implied(op.args[0], not outcome)
    if op.prim is IF:
        first, k = op.args[0], op.results.index(v)
        ends = [b.yields[k] for b in op.blocks]
        short = 1 if outcome else 0  # the branch that ends where the first operand decides
        if ends[short] is (not outcome) or ends[short] is first:
            yield from _implied(first, outcome)
            yield from _implied(ends[1 - short], outcome)
