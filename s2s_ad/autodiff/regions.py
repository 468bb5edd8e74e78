"""Regions: what one iteration of a forward loop computes, with the blocks that undo it."""

from __future__ import annotations

from s2s_ad.ir.core import Block, Value, leaves
from s2s_ad.ops.structure import FOR


class Region:
    """A forward loop body (or the top level) with the branches inside it, and their mirrors."""

    def __init__(self, root: Block | None, parent: Region | None) -> None:
        self.root = root  # the forward body, None for the top level
        self.parent = parent
        self.depth: int = 0 if parent is None else parent.depth + 1
        self.mirrors: dict[Block, Block] = {}  # forward block -> reverse block

    def values(self) -> dict[Value, Block]:
        """What the forward blocks define, and where."""
        out: dict[Value, Block] = {}
        for forward in self.mirrors:
            for v in (*forward.params, *(r for op in forward.ops for r in op.results)):
                out[v] = forward
        return out


def find_regions(block: Block) -> list[Region]:
    """The regions of a function, outermost first."""
    top = Region(None, None)
    out = [top]

    def visit(block: Block, region: Region) -> None:
        for op in block.ops:
            for b in op.blocks:
                inside = region
                if b.mirror is not None:
                    if op.prim is FOR:
                        inside = Region(b.mirror, region)
                        out.append(inside)
                    inside.mirrors[b.mirror] = b
                visit(b, inside)

    visit(block, top)
    return out


def readable(top: Block) -> set[Value]:
    """Values that the reverse sweep can read or reads already: of the top level, loop indices,
    and what blocks with a mirror mention."""
    out = set(top.params)
    for op in top.ops:
        out.update(op.results)

    def visit(block: Block, reverse: bool) -> None:
        for op in block.ops:
            if reverse:
                out.update(leaves(op.args))
            if op.prim is FOR:
                out.add(op.blocks[0].params[0])
            for b in op.blocks:
                visit(b, reverse or b.mirror is not None)
        if reverse:
            out.update(leaves(block.yields))

    visit(top, False)
    return out
