"""The caller's arrays are safe: what the function stores into is copied on entry."""

from __future__ import annotations

from s2s_ad.ir.build import building, emit, knowing
from s2s_ad.ir.core import Block, Function, Value, substitute, walk
from s2s_ad.ir.types import Num
from s2s_ad.ops.buffers import ADD_AT, SET_AT, origins


def own_parameters(f: Function) -> None:
    """Copy on entry what the function stores into: the caller's arrays are never changed."""
    written: dict[Value, None] = {}
    for op in walk(f.block):
        if op.prim in (ADD_AT, SET_AT):
            for v in origins(op.args[0]):
                if v.owner is f.block:
                    written[v] = None
    for p in written:
        scratch = Block()
        with knowing(f.facts), building(scratch):
            own = emit("copy" if isinstance(p.type, Num) else "fresh_tree", p)
        own.hint, own.named = p.hint, p.named
        substitute(f.block, {p: own})
        f.block.ops[:0] = scratch.ops
