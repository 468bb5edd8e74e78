"""`vjp` inside a function: the operations of the value and of the pullback are written one after
the other, each with a forward sweep; what the function does to the world happens once all the same.
"""

from __future__ import annotations

from typing import Any as Anything

import numpy as np

from s2s_ad.frontend.context import refuse
from s2s_ad.frontend.draws import CLASSES
from s2s_ad.ir.core import Block, Op, Value, rewrite, walk
from s2s_ad.ops.opaque import OBSERVE, OPAQUE
from s2s_ad.ops.structure import PRINT

SEEDED = {np.random.default_rng, *(c for c, kind in CLASSES.items() if kind != "file")}


def calls_in(ops: list[Op]) -> list[Op]:
    """The calls that are not looked into, in order."""
    return [op for op in walk(Block(ops=list(ops))) if op.prim is OPAQUE]


def settle(block: Block, start: int, earlier: list[Op]) -> None:
    """Let what was written from `start` on use what the same function did when its value was
    computed, instead of doing it again."""
    written = block.ops[start:]
    again = calls_in(written)
    drop_telling(block, start)
    seeded: set[str] = set()
    if all(repeatable(op, seeded) for op in again):
        return
    plain = all(op in written for op in again)
    if not plain or [_name(op) for op in again] != [_name(op) for op in earlier]:
        refuse(
            "the function draws, reads or writes outside in a loop or branch, which vjp would do "
            "twice here",
            "use value_and_grad or grad: they run the function once",
        )
    results: dict[Value, Anything] = {}
    for op, first in zip(again, earlier):
        results[op.result] = first.result
        block.ops.remove(op)
    for op in block.ops[start:]:
        rewrite(op, results)


def drop_telling(block: Block, start: int = 0) -> None:
    """Without prints and logging, which have been done."""
    kept = block.ops[start:]
    for op in kept:
        for b in op.blocks:
            drop_telling(b)
    block.ops[start:] = [op for op in kept if op.prim is not PRINT and op.prim is not OBSERVE]


def repeatable(op: Op, seeded: set[str]) -> bool:
    """Whether a call gives the same each time: a generator that is seeded here and draws from it,
    a file that is read, functions of NumPy that only read. `seeded` are the modules seeded so
    far."""
    callee, operands = op.kwargs["callee"], op.args[0]
    if op.kwargs.get("reads"):
        return True
    if callee.function is None:
        owner = _maker(operands[0])
        return owner is not None and owner.prim is OPAQUE and repeatable(owner, seeded)
    given = bool(operands) and operands[0] is not None
    module, _, name = callee.name.rpartition(".")
    if callee.function in SEEDED:
        return given
    if callee.function is open:  # to read it
        mode = operands[1] if len(operands) > 1 else "r"
        return isinstance(mode, str) and mode.startswith("r") and "+" not in mode
    if name == "seed" and given:
        seeded.add(module)
    return module in seeded


def _maker(x: Anything) -> Op | None:
    """The operation that made an object; what a `with` binds is taken for its manager."""
    owner = x.owner if type(x) is Value else None
    if isinstance(owner, Block) and isinstance(owner.owner, Op) and owner.owner.args:
        return _maker(owner.owner.args[0])
    return owner if isinstance(owner, Op) else None


def _name(op: Op) -> str:
    name: str = op.kwargs["callee"].name
    return name
