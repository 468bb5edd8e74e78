"""Where in-place updates need copies.

An update writes into the buffer of its first operand. That is right only if the function owns the
buffer and nothing that shares it is read later. Otherwise something is copied: the view that is
read later, what a tape keeps, the buffer once before the loop, or the buffer at the update.
"""

from __future__ import annotations

from typing import Any as Anything

import numpy as np

from s2s_ad import runtime
from s2s_ad.codegen.aliases import Aliases, Tokens, immutable, is_update
from s2s_ad.codegen.apart import apart
from s2s_ad.codegen.liveness import Liveness
from s2s_ad.codegen.outcome import NAME
from s2s_ad.codegen.program import Let, Stmt, statements
from s2s_ad.codegen.putback import put_back
from s2s_ad.ir.core import Block, Function, Op, Value, leaves, walk
from s2s_ad.ir.primitive import Primitive
from s2s_ad.ir.types import Any, Num, Stack
from s2s_ad.ir.unbound import may_be_unbound
from s2s_ad.ops.buffers import ACCUMULATE
from s2s_ad.ops.structure import CALL, FOR, WHILE
from s2s_ad.ops.tapes import PUSH

COPY_ARRAY = Primitive("copy_array", np.copy, lambda x: x, "method copy")
COPY_TREE = Primitive("copy_tree", runtime.copy_tree, lambda x: x, "runtime copy_tree")


def fits_in_place(op: Op) -> bool:
    """Whether `acc += g` gives the dtype and shape of `acc + g`."""
    acc, g = (x.type if type(x) is Value else None for x in op.args)
    if not isinstance(acc, Num) or acc.dtype is None or acc.shape is None:
        return False
    if g is None:  # a Python number
        return not isinstance(op.args[1], complex) or acc.dtype.kind == "c"
    if not isinstance(g, Num) or g.dtype is None or g.shape is None:
        return False
    if g.kind == "py":
        return g.dtype.kind != "c" or acc.dtype.kind == "c"
    return np.result_type(acc.dtype, g.dtype) == acc.dtype and len(g.shape) <= len(acc.shape)


class Copies:
    """Finds one conflict at a time and changes the function so that it is gone."""

    def __init__(
        self, function: Function, aliases: Aliases, liveness: Liveness, program: list[Stmt]
    ) -> None:
        self.function = function
        self.aliases = aliases
        self.liveness = liveness
        self.program = program

    def resolve(self) -> bool:
        """Whether the function was changed (then everything is planned again)."""
        updates = [
            (s, s.op) for s in statements(self.program)
            if isinstance(s, Let) and is_update(s.op) and type(s.op.args[0]) is Value
            and s.op not in self.aliases.fresh
            and not (s.op.prim is ACCUMULATE and immutable(s.op.args[0]))
        ]  # fmt: skip
        new = {op for _, op in updates if op.prim is ACCUMULATE and not fits_in_place(op)}
        if new:
            self.aliases.fresh |= new
            return True
        return any(self.update(op, stmt) for stmt, op in updates) or any(
            self.give(s.op, s)
            for s in statements(self.program)
            if isinstance(s, Let) and s.op.prim is CALL
        )

    def give(self, op: Op, stmt: Stmt) -> bool:
        """A call may write only into buffers of the function that nothing else shares."""
        for at in op.kwargs["callee"].moved:
            x, others = op.args[at], op.args[:at] + op.args[at + 1 :]
            tokens = self.aliases.of(x)
            later = [v for v in self.liveness.after[stmt] if v not in op.results]
            shared = any(
                self.aliases.of(v) & tokens
                and not self.aliases.older(v, x)
                and not apart(self.aliases, v, x)
                for v in (*later, *leaves(others))
            )
            if shared or not self.aliases.owned(tokens):
                block = block_of(self.function.block, op)
                new = copy_op(x, op)
                call_alike(new.result, x)
                block.ops.insert(block.ops.index(op), new)
                op.args = (*op.args[:at], new.result, *op.args[at + 1 :])
                return True
        return False

    def update(self, op: Op, stmt: Stmt) -> bool:
        x = op.args[0]
        tokens = self.aliases.touched(op)
        foreign = frozenset(t for t in tokens if not self.aliases.owned(frozenset({t})))
        if foreign:
            self.copy_buffer(op, foreign)
            return True
        for v in sorted(self.liveness.after[stmt], key=self.aliases.position):
            if v in op.results or immutable(v):
                continue
            shared = self.aliases.of(v) & tokens
            if not shared or self.aliases.older(v, x) or apart(self.aliases, v, x):
                continue
            if put_back(self.function.block, op, v):
                continue
            if isinstance(v.type, Stack):
                if self.copy_pushed(shared):
                    return True
            elif v is not x and self.copy_view(v):
                return True
            self.copy_buffer(op, shared)
            return True
        return False

    def copy_pushed(self, shared: Tokens) -> bool:
        for push in list(walk(self.function.block)):
            if push.prim is PUSH and self.aliases.of(push.args[1]) & shared:
                if is_copy(push.args[1]):
                    continue
                block = block_of(self.function.block, push)
                new = copy_op(push.args[1], push)
                block.ops.insert(block.ops.index(push), new)
                push.args = (push.args[0], new.result)
                return True
        return False

    def copy_view(self, v: Value) -> bool:
        op = v.owner
        if not isinstance(op, Op) or op.blocks or is_update(op) or len(op.results) != 1:
            return False
        if op.prim in (COPY_ARRAY, COPY_TREE) or not isinstance(v.type, (Num, Any)):
            return False
        if self.aliases.tokens[v] == frozenset({op}):
            return False
        if op.prim is NAME:
            op.prim = COPY_ARRAY if is_array(v) else COPY_TREE
            return True
        block = block_of(self.function.block, op)
        inner = Value(v.type)
        op.results = [inner]
        inner.owner = op
        new = copy_op(inner, op)
        new.results = [v]
        v.owner = new
        block.ops.insert(block.ops.index(op) + 1, new)
        return True

    def copy_buffer(self, op: Op, problem: Tokens) -> None:
        """Copy once before the outermost loop through which the problem comes, or here."""
        found: tuple[Op, int] | None = None
        x: Anything = op.args[0]
        while type(x) is Value:
            if isinstance(x.owner, Op) and is_update(x.owner) and x.owner not in self.aliases.fresh:
                x = x.owner.args[0]
            elif isinstance(x.owner, Block) and isinstance(x.owner.owner, Op):
                loop = x.owner.owner
                if loop.prim not in (FOR, WHILE):
                    break
                k = x.owner.params.index(x) - (len(x.owner.params) - len(loop.inits))
                if k < 0:
                    break
                x = loop.inits[k]
                if self.aliases.of(x) & problem and not is_copy(x):
                    found = (loop, k)
            else:
                break
        if found is not None:
            loop, k = found
            init = loop.inits[k]
            block = block_of(self.function.block, loop)
            new = copy_op(init, loop)
            call_alike(new.result, op.results[0])
            block.ops.insert(block.ops.index(loop), new)
            inits = list(loop.inits)
            inits[k] = new.result
            loop.args = (*loop.args[:-1], tuple(inits))
        elif op.prim is ACCUMULATE:
            self.aliases.fresh.add(op)
        else:
            block = block_of(self.function.block, op)
            new = copy_op(op.args[0], op)
            call_alike(new.result, op.results[0])
            block.ops.insert(block.ops.index(op), new)
            op.args = (new.result, *op.args[1:])


def copy_op(x: Value, near: Op | None) -> Op:
    """A copy of x, on behalf of the statement that needs it."""
    prim = COPY_ARRAY if is_array(x) and not may_be_unbound(x) else COPY_TREE
    op = Op(prim, (x,), {}, [], [Value(x.type)])
    if near is not None:
        op.statement, op.location, op.role = near.statement, near.location, near.role
    return op


def call_alike(new: Value, old: Value) -> None:
    """Name a copy as what it is copied for."""
    new.hint, new.named, new.companion = old.hint, old.named, old.companion


def is_array(x: Value) -> bool:
    """Known to be an ndarray."""
    return isinstance(x.type, Num) and x.type.kind == "array"


def block_of(block: Block, op: Op) -> Block:
    """The block that holds an operation."""
    if op in block.ops:
        return block
    for o in block.ops:
        for b in o.blocks:
            if any(inner is op for inner in walk(b)):
                return block_of(b, op)
    raise AssertionError("the operation is not in the function")


def is_copy(v: Value) -> bool:
    return isinstance(v.owner, Op) and v.owner.prim in (COPY_ARRAY, COPY_TREE)
