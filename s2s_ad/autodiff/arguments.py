"""The caller's arrays are safe: what the function stores into is copied on entry."""

from __future__ import annotations

from typing import Any as Anything

from s2s_ad.ir.build import building, emit, knowing
from s2s_ad.ir.core import Block, Function, Op, Value, substitute, walk
from s2s_ad.ir.types import Num
from s2s_ad.ops.buffers import ADD_AT, SET_AT
from s2s_ad.ops.structure import FOR, WHILE


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


def origins(v: Anything) -> set[Value]:
    """Where the versions of an array come from: values that no store made."""
    seen: set[Value] = set()
    out: set[Value] = set()
    todo = [v]
    while todo:
        v = todo.pop()
        if type(v) is not Value or v in seen:
            continue
        seen.add(v)
        owner = v.owner
        if isinstance(owner, Op) and owner.prim in (ADD_AT, SET_AT):
            todo.append(owner.args[0])
        elif isinstance(owner, Op) and owner.blocks:
            k = owner.results.index(v)
            if owner.prim in (FOR, WHILE):
                todo += [owner.blocks[-1].yields[k], *owner.inits[k : k + 1]]
            else:
                todo += [b.yields[k] for b in owner.blocks]
        elif isinstance(owner, Block) and isinstance(owner.owner, Op):
            loop = owner.owner
            k = owner.params.index(v) - (len(owner.params) - len(loop.inits))
            if k >= 0:
                todo += [loop.inits[k], loop.blocks[-1].yields[k]]
        else:
            out.add(v)
    return out
