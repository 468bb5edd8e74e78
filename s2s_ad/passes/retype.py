"""Compute the types of a function again from its parameters, loops to a fixpoint."""

from __future__ import annotations

from typing import Any as Anything

from s2s_ad.ir.build import facts, knowing, typeof
from s2s_ad.ir.core import Block, Function, Op, Undefined, Value, tree_map
from s2s_ad.ir.primitive import result_types
from s2s_ad.ir.types import ANY, Type
from s2s_ad.ops.structure import CALL, FOR, WHILE


def retype(function: Function) -> Function:
    """Refine the types of all values, in place (a rule's result may have become more precise)."""
    with knowing(function.facts):
        _block(function.block)
    return function


def _block(block: Block) -> None:
    for op in block.ops:
        if op.prim in (FOR, WHILE):
            _loop(op)
        elif op.blocks:
            for b in op.blocks:
                _block(b)
            for k, r in enumerate(op.results):
                r.type = _joined([b.yields[k] for b in op.blocks], r.type)
        elif op.prim is not CALL:
            shown = tree_map(lambda v: v.type if type(v) is Value else v, op.args)
            for r, t in zip(op.results, result_types(op.prim, shown, op.kwargs)):
                r.type = t


def _joined(values: list[Anything], old: Type) -> Type:
    out: Type | None = None
    for v in values:
        if type(v) is Undefined or v is None:
            continue
        t = typeof(v)
        out = t if out is None else facts().join(out, t)
    return old if out is None else out


def _loop(op: Op) -> None:
    n = len(op.inits)
    params = [b.params[len(b.params) - n :] for b in op.blocks]
    for k, init in enumerate(op.inits):
        for p in (ps[k] for ps in params):
            p.type = _joined([init], p.type)
    for _ in range(10):
        for b in op.blocks:
            _block(b)
        stable = True
        for k in range(n):
            lead = 1 if op.prim is WHILE else 0
            yields = [op.blocks[0].yields[lead + k], op.blocks[-1].yields[k]]
            for ps in params:
                new = _joined([ps[k], *yields], ps[k].type)
                if new != ps[k].type:
                    ps[k].type = new
                    stable = False
        if stable:
            break
    else:
        for ps in params:
            for p in ps:
                p.type = ANY
        for b in op.blocks:
            _block(b)
    for k in range(n):
        op.results[k].type = _joined([op.inits[k], op.blocks[-1].yields[k]], op.results[k].type)
    for r in op.results[n:]:
        r.type = typeof(0)
