"""Reads of names that may have no value: Python notices most of them itself."""

from __future__ import annotations

from typing import TypeAlias

from s2s_ad.errors import UnsupportedError
from s2s_ad.ir.core import UNDEFINED, Block, Function, Op, Value, leaves, walk
from s2s_ad.ir.unbound import define, may_be, may_be_absent
from s2s_ad.ops.structure import TOUCH

Touches: TypeAlias = "dict[Op, Value | None]"


def settle(block: Block) -> Touches:
    """Which of its values each `touch` asks at run time: none where an operation that is written
    next reads a variable without a value."""
    found: Touches = {}
    for k, op in enumerate(block.ops):
        for b in op.blocks:
            found |= settle(b)
        if op.prim is TOUCH:
            found[op] = asked(op, block, k)
    return found


def asked(op: Op, block: Block, k: int) -> Value | None:
    """The value that is asked, if any."""
    absent = next(filter(may_be_absent, op.operands), None)
    if absent is not None and may_be(absent, (None,), set()):
        raise UnsupportedError(
            f"{op.kwargs['name']!r} is None on one path and has no value on another",
            "assign it on every path",
            op.location,
        )
    unbound = [v for v in op.operands if may_be(v, (UNDEFINED,), set())]
    if absent is not None or not unbound or any(read_next(v, block, k) for v in unbound):
        return absent
    if not may_be(unbound[0], (None,), set()):
        define(unbound[0])
    return unbound[0]


def read_next(v: Value, block: Block, k: int) -> bool:
    """Whether an operation reads the value, before anything happens."""
    for op in block.ops[k + 1 :]:
        if op.prim is not TOUCH and any(x is v for x in read_by(op)):
            return True
        whole = [op, *(o for b in op.blocks for o in walk(b))]
        if any(o.prim.effect == "effect" for o in whole):
            return False
    return isinstance(block.owner, Function) and any(x is v for x in leaves(block.yields))


def read_by(op: Op) -> list[Value]:
    """What an operation reads, whatever happens inside it."""
    if op.prim.name in ("for", "while"):
        return list(leaves(op.args[:-1]))
    return op.operands
