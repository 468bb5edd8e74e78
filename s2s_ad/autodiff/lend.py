"""Which value lends its shape to the reverse sweep: one that the sweep reads for its data as well,
so that nothing is recorded for its shape alone."""

from __future__ import annotations

from s2s_ad.ir.core import Block, Function, Op, Value, leaves
from s2s_ad.passes.shapes import READERS, alike

PIECES = ("getitem", "mark")  # they do not need the whole array


def lend_shapes(function: Function) -> None:
    """Let adjoint operations that ask a residual for its shape ask another one of that shape,
    where only that one is read whole. In place."""
    visit(function.block, {})


def visit(block: Block, outer: dict[Value, None]) -> None:
    """`outer` are the residuals read whole in the reverse blocks around this one."""
    whole = dict(outer)
    if block.mirror is not None:
        own = set(block.mirror.params).union(*(op.results for op in block.mirror.ops))
        asking: list[tuple[Op, int]] = []
        collect(block, own, whole, asking)
        for op, k in asking:
            x = op.args[k]
            if x not in whole:
                found = next((v for v in whole if alike(v, x, op.prim.name == "zeros_like")), x)
                op.args = (*op.args[:k], found, *op.args[k + 1 :])
    for op in block.ops:
        for b in op.blocks:
            visit(b, whole)


def collect(
    block: Block, own: set[Value], whole: dict[Value, None], asking: list[tuple[Op, int]]
) -> None:
    """The values of a forward block that its reverse block, nested ones included, reads whole, and
    the operations that ask one for its shape."""
    for op in block.ops:
        lender = READERS.get(op.prim.name)
        for k, arg in enumerate(op.args):
            if k == lender and type(arg) is Value:
                if arg in own:
                    asking.append((op, k))
            elif op.prim.name not in PIECES:
                whole.update((v, None) for v in leaves(arg) if v in own)
        for b in op.blocks:
            collect(b, own, whole, asking)
    whole.update((v, None) for v in leaves(block.yields) if v in own)
