"""Loop headers that derivative code cannot have: `for a in xs` where xs is not at hand."""

from __future__ import annotations

from s2s_ad.ir.core import Block, Function, Value, leaves


def drop_lost_headers(function: Function) -> Function:
    """Forget what a loop walks over where that has no value here, in place: the reverse loop then
    counts. What a header names is no operand, so nothing records it."""
    visit(function.block, set())
    return function


def visit(block: Block, outer: set[Value]) -> None:
    scope = outer | set(block.params)
    for op in block.ops:
        walked = leaves(op.kwargs.get("over", ()))
        if op.role != "primal" and any(v not in scope for v in walked):
            del op.kwargs["over"]
        for b in op.blocks:
            visit(b, scope)
        scope.update(op.results)
