"""The caller's arrays are safe: what the function stores into is copied on entry. A store into an
array of integers cuts the derivative, so what it stores into must be known."""

from __future__ import annotations

from s2s_ad.errors import UnsupportedError
from s2s_ad.ir.build import building, emit, knowing
from s2s_ad.ir.collecting import report
from s2s_ad.ir.core import Block, Function, Op, Value, leaves, substitute, walk
from s2s_ad.ir.types import Any, Num
from s2s_ad.ops.buffers import ADD_AT, SET_AT, origins


def own_parameters(f: Function) -> None:
    """Copy on entry what the function stores into: the caller's arrays are never changed."""
    written: dict[Value, None] = {}
    for op in walk(f.block):
        if op.prim in (ADD_AT, SET_AT):
            for v in origins(op.args[0]):
                if v.owner is f.block and f.block.params.index(v) not in f.moved:
                    written[v] = None
    for p in written:
        scratch = Block()
        with knowing(f.facts), building(scratch):
            own = emit("copy" if isinstance(p.type, Num) else "fresh_tree", p)
        own.hint, own.named = p.hint, p.named
        substitute(f.block, {p: own})
        f.block.ops[:0] = scratch.ops


def refuse_unknown_targets(f: Function, seeds: list[Value], active: set[Value]) -> None:
    """Refuse stores of active values into an argument that is not differentiated and may be an
    array of integers."""
    for op in walk(f.block):
        if op.prim is not SET_AT or not any(v in active for v in leaves(op.args[2])):
            continue
        for v in origins(op.args[0]):
            owner = v.owner
            if isinstance(owner, Op) and owner.prim.name in ("copy", "fresh_tree"):
                v = owner.args[0]
            t = v.type
            unknown = isinstance(t, Any) or isinstance(t, Num) and t.dtype is None
            if v in f.block.params and v not in seeds and unknown:
                error = UnsupportedError(
                    f"whether {v.hint} holds integers, which cut the derivative, is not known",
                    "give its type: by an annotation, or with like=",
                    op.location,
                )
                report(error)
