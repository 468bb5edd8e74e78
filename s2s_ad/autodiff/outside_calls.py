"""Calls that are not looked into: allowed where nothing active is at stake.

Such a call is taken to write into every array and object that it gets, and to keep it. So nothing
that it gets may be active; and an array that it gets, or that its result may share memory with,
must not be read by anything else: whoever reads it would have to know what the call made of it.
"""

from __future__ import annotations

from typing import Any as Anything

from s2s_ad.autodiff.activity import varied
from s2s_ad.errors import UnsupportedError
from s2s_ad.ir.core import Block, Function, Op, Value, leaves, walk
from s2s_ad.ir.types import Num, Opaque, Type
from s2s_ad.ops.opaque import OPAQUE, no_rule
from s2s_ad.ops.structure import CALL, DICT, FOR, IF, LIST, READ, TUPLE, WHILE

CHANGES = ("set_at", "add_at", "list_insert", "list_take", "list_join")
ASKING = ("shape", "ndim", "size", "len", "dtype")  # a call cannot change these of an array


def check_outside_calls(function: Function, seeds: list[Value]) -> None:
    """Refuse calls of unknown functions that get active values, or memory that others read."""
    calls = [op for op in walk(function.block) if op.prim is OPAQUE]
    if not calls:
        return
    active = varied(function.block, seeds)
    for op in calls:
        if any(v in active for v in leaves(op.args)):
            raise no_rule(op)
    shared = Shared(function)
    for op in calls:
        if not (op.kwargs.get("fresh") or op.kwargs.get("reads")):
            shared.check(op)


def may_hold(t: Type) -> bool:
    """Whether a value of this type may be, or hold, memory that somebody can change."""
    if isinstance(t, Num):
        return t.kind in ("array", "any")
    return not (isinstance(t, Opaque) and t.what in ("str", "None", "dtype", "exception"))


class Shared:
    """Which values may be one object, or share memory: classes, by union."""

    def __init__(self, function: Function) -> None:
        self.parent: dict[Anything, Anything] = {}
        self.readers: list[tuple[Op, Value]] = []
        self.block(function.block)

    def find(self, x: Anything) -> Anything:
        while x in self.parent:
            x = self.parent[x]
        return x

    def join(self, a: Anything, b: Anything) -> None:
        for x in (a, b):
            if type(x) is Value and not may_hold(x.type):
                return
        a, b = self.find(a), self.find(b)
        if a is not b and a != b:
            self.parent[a] = b

    def block(self, block: Block) -> None:
        for op in block.ops:
            self.op(op)

    def op(self, op: Op) -> None:
        for b in op.blocks:
            self.block(b)
        if op.prim in (FOR, WHILE):
            for b in op.blocks:
                lead = len(b.params) - len(op.inits)
                for p, init, r in zip(b.params[lead:], op.inits, op.results):
                    self.join(p, init)
                    self.join(p, r)
                first = op.prim is WHILE and b is op.blocks[0]
                for y, r in zip(b.yields[first:], op.results):
                    if type(y) is Value:
                        self.join(y, r)
            return
        if op.blocks:
            for b in op.blocks:
                for y, r in zip(b.yields, op.results):
                    if type(y) is Value:
                        self.join(y, r)
            return
        operands = list(leaves(op.args))
        passes = op.prim in (TUPLE, LIST, DICT, CALL, IF) or op.prim.name in CHANGES
        if op.prim is READ:
            self.join(op.result, op.kwargs["place"])
        elif op.prim.name == "getattr":
            self.join(op.result, (self.find(operands[0]), op.kwargs["name"]))
        elif op.prim is OPAQUE or passes or op.prim.aliasing(op) != "fresh":
            for v in operands:
                for r in op.results:
                    self.join(v, r)
            if op.prim is OPAQUE and not op.kwargs.get("fresh") and not op.kwargs.get("reads"):
                for v in operands[1:]:
                    self.join(operands[0], v)
        if op.prim is OPAQUE or op.prim in (TUPLE, LIST, DICT) or op.prim.name in ASKING:
            return
        self.readers += [(op, v) for v in operands if may_hold(v.type)]

    def check(self, call: Op) -> None:
        mine = {self.find(v) for v in leaves(call.args) if may_hold(v.type)}
        for op, v in self.readers:
            if self.find(v) in mine:
                callee = call.kwargs["callee"]
                what = f"{v.hint!r}" if v.hint else "what it gives"
                raise UnsupportedError(
                    f"{callee.name} may change {what}, which is also read elsewhere: nothing is "
                    "known of a function without source",
                    "give it a copy, np.copy(...), and copy at once what it returns: "
                    "float(...), np.array(...)",
                    call.location,
                )
