"""Clearing an adjoint that nobody reads again is left out.

`x[i] = v` is undone by `v_bar = x_bar[i]; x_bar[i] = 0.0`. Where a loop fills an array once, its
reverse comes by each place once: what is left there is never looked at.
"""

from __future__ import annotations

from typing import Any as Anything

from s2s_ad.autodiff.finals import Finals, Link, later_differs
from s2s_ad.autodiff.indices import apart, components
from s2s_ad.ir.core import Block, Function, Op, Value, leaves, substitute, walk
from s2s_ad.ops.buffers import ADD_AT, SET_AT, plain
from s2s_ad.ops.structure import FOR
from s2s_ad.passes.shapes import READERS


def drop_clears(function: Function) -> Function:
    """Take out the stores of zeros into adjoints that nothing reads afterwards, in place."""
    top = function.block
    finals = Finals(top)
    dead: dict[Op, Block] = {}
    for op in walk(top):
        if op.prim is not SET_AT or op.role != "adjoint" or not _is_clear(op):
            continue
        chain = finals.chain(op.args[0])
        if chain and finals.steady(chain[0]) and _unread(op, chain[0], finals, top):
            dead[op] = finals.block[op]
    mapping: dict[Value, Anything] = {}
    for op in dead:
        before = op.args[0]
        while before in mapping:
            before = mapping[before]
        mapping[op.result] = before
    for op, block in dead.items():
        block.ops = [o for o in block.ops if o is not op]
    if mapping:
        substitute(top, {v: _last(v, mapping) for v in mapping})
    return function


def _last(v: Value, mapping: dict[Value, Anything]) -> Anything:
    while v in mapping:
        v = mapping[v]
    return v


def _is_clear(op: Op) -> bool:
    v = op.args[2]
    return type(v) is float and v == 0.0 and plain(op.args[1])


def _unread(clear: Op, link: Link, finals: Finals, top: Block) -> bool:
    """Whether no read of the array comes by the cleared place afterwards."""
    loop, k = link
    if loop.prim is not FOR or not clear_of(loop.results[k], clear, top):
        return False
    here, level = finals.access(clear, clear.args[1]), len(finals.place[loop])
    for op in walk(loop.blocks[-1]):
        for x in leaves(op.args):
            if link not in finals.chain(x) or _passes(op, x):
                continue
            if op.prim.name != "getitem" or op.args[0] is not x or not plain(op.args[1]):
                return False
            if not later_differs(here, finals.access(op, op.args[1]), level, None):
                return False
    return True


def _passes(op: Op, x: Value) -> bool:
    """Whether an operation hands an array on, or asks for its shape alone."""
    if op.prim in (SET_AT, ADD_AT):
        return op.args[0] is x and not any(v is x for v in leaves(op.args[1:]))
    if op.prim.name in READERS:
        return op.args[READERS[op.prim.name]] is x and op.args.count(x) == 1
    return bool(op.blocks) and not any(v is x for v in leaves(op.args[:-1]))


def clear_of(result: Value, clear: Op, top: Block) -> bool:
    """Whether what is read of the array after the loop is apart from the cleared place."""
    for op in walk(top):
        if any(v is result for b in op.blocks for v in leaves(b.yields)):
            return False
        if not any(v is result for v in leaves(op.args)):
            continue
        if op.prim.name in READERS and op.args[READERS[op.prim.name]] is result:
            continue
        if op.prim.name != "getitem" or op.args[0] is not result:
            return False
        pairs = zip(components(clear.args[1]), components(op.args[1]))
        if not any(apart(a, b, ()) for a, b in pairs):
            return False
    return not any(v is result for v in leaves(top.yields))
