"""Calls that are not looked into: allowed where nothing active is at stake.

Such a call is taken to write into every array and object that it gets, and to keep it. So nothing
that it gets may be active; and an array that it gets, or that its result may share memory with,
must not be read by anything else: whoever reads it would have to know what the call made of it.
"""

from __future__ import annotations

from typing import Any as Anything

from s2s_ad.autodiff.activity import varied
from s2s_ad.errors import UnsupportedError
from s2s_ad.ir.collecting import report
from s2s_ad.ir.core import Block, Function, Op, Value, leaves, walk
from s2s_ad.ir.types import Num, Opaque, Type
from s2s_ad.ops.opaque import OPAQUE, is_unknown, no_rule
from s2s_ad.ops.structure import CALL, DICT, FOR, IF, LIST, READ, TUPLE, WHILE
from s2s_ad.ops.tapes import PACK

CHANGES = ("set_at", "add_at", "list_insert", "list_take", "list_join")
COPYING = ("float", "int", "bool", "str", "array", "copy", "len")
ASKING = ("shape", "ndim", "size", "len", "dtype")  # a call cannot change these of an array


def check_outside_calls(function: Function, seeds: list[Value]) -> None:
    """Refuse calls of unknown functions that get active values, or memory that others read."""
    calls = [op for op in walk(function.block) if op.prim is OPAQUE]
    if not calls:
        return
    active = varied(function.block, seeds)
    for op in calls:
        if any(v in active for v in leaves(op.args)):
            report(no_rule(op))
    unknown = list(filter(is_unknown, calls))
    repeated = {op for loop in walk(function.block) if loop.prim in (FOR, WHILE)
                for b in loop.blocks for op in walk(b)}  # fmt: skip
    for op in unknown:
        # What a call returns is not changed by this call, but by the next one.
        Shared(function, None if op in repeated else op).check(op)


def may_hold(t: Type) -> bool:
    """Whether a value of this type may be, or hold, memory that somebody can change."""
    if isinstance(t, Num):
        return t.kind in ("array", "any")
    return not (isinstance(t, Opaque) and t.what in ("str", "None", "dtype", "exception"))


class Shared:
    """Which values may be one object, or share memory: classes, by union."""

    def __init__(self, function: Function, once: Op | None) -> None:
        self.once = once  # a call that happens once
        self.parent: dict[Anything, Anything] = {}
        self.readers: list[tuple[Op, Value]] = []
        self.immediate: set[Op] = set()  # copies made at once of what a call returns
        self.block(function.block)
        self.readers.clear()
        self.block(function.block)  # attributes of what turned out to be one object

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
        returned: Value | None = None
        for op in block.ops:
            self.op(op)
            if op.prim.name in COPYING and op.args[0] is returned:
                self.immediate.add(op)
            returned = op.result if op.prim is OPAQUE else None

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
        passes = op.prim in (TUPLE, LIST, DICT, CALL, IF, PACK) or op.prim.name in CHANGES
        if op.prim is READ:
            self.join(op.result, op.kwargs["place"])
        elif op.prim.name == "getattr":
            self.join(op.result, (self.find(operands[0]), op.kwargs["name"]))
        elif op.prim is OPAQUE or passes or op.prim.aliasing(op) != "fresh":
            for v in operands if op is not self.once else ():
                for r in op.results:
                    self.join(v, r)
            if is_unknown(op):
                for v in operands[1:]:
                    self.join(operands[0], v)
        if op.prim is OPAQUE or op.prim in (TUPLE, LIST, DICT) or op.prim.name in ASKING:
            return
        self.readers += [(op, v) for v in operands if may_hold(v.type)]

    def check(self, call: Op) -> None:
        mine = {self.find(v) for v in leaves(call.args) if may_hold(v.type)}
        for op, v in self.readers:
            if self.find(v) in mine and op not in self.immediate:
                callee = call.kwargs["callee"]
                what = repr(v.hint) if v.hint else "an object"
                error = UnsupportedError(
                    f"{callee.name} may change {what} that is also read elsewhere: nothing is "
                    "known of a function without source",
                    "give it a copy, np.copy(...), and copy at once what it returns: "
                    "float(...), np.array(...)",
                    call.location,
                )
                report(error)
                return
