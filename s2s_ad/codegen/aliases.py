"""Which values may share memory: every value has a set of allocations it may be, or be a view of.

An allocation is an operation that returns new memory, a parameter, or data from outside; the
last two are not owned by the function, so nothing is written into them. Numbers have none: they
are immutable.
"""

from __future__ import annotations

from typing import Any as Anything

from s2s_ad.ir.core import Block, Function, Op, Value, leaves, walk
from s2s_ad.ir.types import SCALARS, ListOf, Num, Opaque, Seq, Stack
from s2s_ad.ops.buffers import ACCUMULATE, ADD_AT, SET_AT
from s2s_ad.ops.structure import CALL, DICT, FOR, LIST, READ, TUPLE, WHILE
from s2s_ad.ops.tapes import NEW_STACK, OPEN, PACK, POP, PUSH

Tokens = frozenset[Anything]
NOTHING: Tokens = frozenset()
STORES = frozenset({"set_at", "fill_slot", "add_slot", "insert", "take"})
# Stores that change a list itself; what they write into is no item of it.
LIST_STORES = frozenset({"set_at", "insert", "take"})
ONLY_FIRST = frozenset({"unbroadcast", "broadcast_like"})


def immutable(v: Anything) -> bool:
    """Known to be a number or another object that nothing can change."""
    t = v.type if type(v) is Value else None
    if isinstance(t, Num):
        return t.kind in SCALARS
    return isinstance(t, Opaque) or type(v) is not Value


def changes_list(op: Op) -> bool:
    """Whether an update changes a list, and leaves its items alone."""
    if op.prim.syntax == "set_at" and isinstance(op.args[1], tuple):
        return False  # x[i][j] = v writes into an item
    listed = isinstance(op.results[0].type, (ListOf, Seq))  # what has no type may be an array
    return op.prim.syntax in LIST_STORES and listed


def moved(op: Op) -> dict[int, Anything]:
    """The buffers that a call is given to write into, by the result that each becomes."""
    return {k: op.args[p] for p, k in op.kwargs["callee"].moved.items()}


def is_update(op: Op) -> bool:
    """Whether the operation may be written in place: its first operand becomes its result."""
    return op.prim in (ACCUMULATE, ADD_AT, SET_AT) or op.prim.syntax in STORES


class Aliases:
    """`tokens[v]`: the allocations of v. `copied` holds the updates that do not work in place."""

    def __init__(self, function: Function, fresh: set[Op] | None = None) -> None:
        self.fresh = fresh if fresh is not None else set()
        self.tokens: dict[Value, Tokens] = {}
        self.given = {function.block.params[k] for k in function.moved}
        for p in function.block.params:
            self.tokens[p] = NOTHING if immutable(p) else frozenset({p})
        while self.block(function.block):
            pass
        self.positions: dict[Value, int] = {}
        for p in function.block.params:
            self.positions[p] = len(self.positions)
        for op in walk(function.block):
            for b in op.blocks:
                for p in b.params:
                    self.positions[p] = len(self.positions)
            for r in op.results:
                self.positions.setdefault(r, len(self.positions))

    def of(self, operand: Anything) -> Tokens:
        out = NOTHING
        for v in leaves(operand):
            out |= self.tokens.get(v, NOTHING)
        return out

    def spine(self, v: Anything, seen: set[Value] | None = None) -> Tokens:
        """The allocations that a list itself may be, its items not counted."""
        seen = set() if seen is None else seen
        if type(v) is not Value or v in seen:
            return NOTHING
        seen.add(v)
        op = v.owner
        flows = carried_from(v)
        if flows is not None:
            return NOTHING.union(*(self.spine(x, seen) for x in flows))
        if not isinstance(op, Op) or op.prim in (READ, CALL, OPEN):
            return self.of(v)
        if is_update(op) and op not in self.fresh and v is op.results[0]:
            return self.spine(op.args[0], seen)
        item = op.prim.name == "getattr" or op.prim.name == "getitem" and not slices(op)
        return self.of(v) if item or op.prim.syntax == "take" else frozenset({op})

    def touched(self, op: Op) -> Tokens:
        """The allocations that an update in place writes into."""
        return self.spine(op.args[0]) if changes_list(op) else self.of(op.args[0])

    def owned(self, tokens: Tokens) -> bool:
        made = (t[0] if isinstance(t, tuple) else t for t in tokens)
        return all(
            isinstance(op, Op) and op.prim not in (READ, CALL) or op in self.given for op in made
        )

    def position(self, v: Value) -> int:
        """Where v is defined, in the order of the text (branches and bodies after their `if` or
        loop, so the results of these come before what is inside)."""
        return self.positions.get(v, -1)

    def older(self, v: Value, x: Value) -> bool:
        """Whether v existed before the memory of x was made, so that they cannot share it."""
        memory = self.tokens[x] if isinstance(x.type, Num) else self.spine(x)
        made = next(iter(memory), None)
        if len(memory) != 1 or not isinstance(made, Op) or not self.last(x, made):
            return False
        return self.position(v) < self.position(made.results[0])

    def last(self, x: Value, made: Op) -> bool:
        """Whether x is what an operation made when it last ran: it comes from there by updates,
        and through loops and branches that do not hold the operation."""
        seen: set[Value] = set()
        todo: list[Anything] = [x]
        while todo:
            v = todo.pop()
            if type(v) is not Value or v in seen:
                continue
            seen.add(v)
            op = v.owner
            flows = carried_from(v)
            if flows is not None:
                around = op if isinstance(op, Op) else op.owner  # type: ignore[union-attr]
                if any(o is made for b in around.blocks for o in walk(b)):  # type: ignore[union-attr]
                    return False
                todo += flows
            elif isinstance(op, Op) and is_update(op) and op not in self.fresh:
                todo.append(op.args[0])
            elif op is not made:
                return False
        return True

    def set(self, v: Value, tokens: Tokens) -> bool:
        if immutable(v):
            tokens = NOTHING
        if isinstance(v.type, Stack):
            tokens = frozenset(t for t in tokens if not (isinstance(t, Op) and t.prim is NEW_STACK))
        old = self.tokens.get(v)
        new = tokens | (old or NOTHING)
        self.tokens[v] = new
        return new != old

    def block(self, block: Block) -> bool:
        changed = False
        for op in block.ops:
            changed |= self.op(op)
        return changed

    def op(self, op: Op) -> bool:
        changed = False
        if op.blocks:
            if op.prim in (FOR, WHILE):
                changed |= self.loop(op)
            else:
                for b in op.blocks:
                    changed |= self.block(b)
                for k, r in enumerate(op.results):
                    for b in op.blocks:
                        if k < len(b.yields):
                            changed |= self.set(r, self.of(b.yields[k]))
            return changed
        for k, r in enumerate(op.results):
            changed |= self.set(r, self.result(op, k))
        return changed

    def result(self, op: Op, k: int) -> Tokens:
        new: Tokens = frozenset({op if len(op.results) == 1 else (op, k)})
        if op.prim in (TUPLE, LIST, DICT, PACK):
            return new | self.of(op.args)
        if op.prim is PUSH:
            return self.of(op.args)
        if op.prim is POP:
            return self.of(op.args)
        if is_update(op):
            if op in self.fresh:
                return new
            kept = self.of(op.args[0])
            if op.prim.syntax == "take" and k == 1 and isinstance(op.results[1].type, Num):
                return kept - self.spine(op.args[0])
            if op.prim is ACCUMULATE:
                return kept | new
            if op.prim.syntax in STORES and not isinstance(op.results[0].type, Num):
                kept |= self.of(op.args[2:])
            return kept
        if op.prim is READ:
            return new
        if op.prim is CALL and op.kwargs["callee"].moved:
            found = moved(op)
            return self.of(found[k]) if k in found else new
        if op.prim is CALL:  # residuals may be the callee's arguments, or one another
            return frozenset({op}) | self.of(op.args)
        if slices(op) or op.prim.name == "list_join":
            return new | self.of(op.args)
        if op.prim.name == "getitem" and isinstance(op.results[0].type, Num):
            if isinstance(op.args[0], Value) and isinstance(op.args[0].type, ListOf):
                return self.of(op.args) - self.spine(op.args[0])
        alias = op.prim.aliasing(op)
        if alias == "fresh":
            return new
        tokens = self.of(op.args[0] if op.prim.name in ONLY_FIRST else op.args)
        return tokens | new if alias == "layout" else tokens

    def loop(self, op: Op) -> bool:
        changed = False
        inits = op.inits
        for b in op.blocks:
            lead = len(b.params) - len(inits)
            for p, init in zip(b.params[lead:], inits):
                changed |= self.set(p, self.of(init))
        if op.prim is WHILE:
            before, after = op.blocks
            changed |= self.block(before)
            for p, y in zip(after.params, before.yields[1:]):
                changed |= self.set(p, self.of(y))
            for r, y in zip(op.results, before.yields[1:]):
                changed |= self.set(r, self.of(y))
            back = before.params
        else:
            after = op.blocks[0]
            back = after.params[1:]
            changed |= self.set(after.params[0], NOTHING)
            for r, init in zip(op.results, inits):
                changed |= self.set(r, self.of(init))
        changed |= self.block(after)
        for p, y in zip(back, after.yields):
            changed |= self.set(p, self.of(y))
        for r, y in zip(op.results, after.yields):
            changed |= self.set(r, self.of(y))
        return changed

    def written(self, op: Op) -> Tokens:
        """The allocations that the operation, or one inside it, may write into."""
        out = NOTHING
        for inner in (op, *(o for b in op.blocks for o in walk(b))):
            if is_update(inner) and inner not in self.fresh and not immutable(inner.args[0]):
                out |= self.touched(inner)
            elif inner.prim is CALL:
                out |= self.of(tuple(moved(inner).values()))
        return out


def slices(op: Op) -> bool:
    """Whether the operation makes a new list of the items of another one."""
    if op.prim.name != "getitem" or type(op.args[1]) is not slice:
        return False
    x = op.args[0].type if type(op.args[0]) is Value else None
    return isinstance(x, (Seq, ListOf))


def carried_from(v: Value) -> list[Anything] | None:
    """What flows into the result of a branch or loop, or into what a loop carries."""
    owner = v.owner
    if isinstance(owner, Block):
        op = owner.owner
        if not isinstance(op, Op):
            return None
        k = owner.params.index(v) - (len(owner.params) - len(op.inits))
        if op.prim is FOR and k < 0:
            return None
        if op.prim is WHILE and owner is op.blocks[1]:
            return [op.blocks[0].yields[1 + k]]
        return [op.inits[k], op.blocks[-1].yields[k]]
    if not isinstance(owner, Op) or not owner.blocks:
        return None
    k = owner.results.index(v)
    if owner.prim in (FOR, WHILE):
        if k >= len(owner.inits):
            return []
        if owner.prim is WHILE:
            return [owner.inits[k], owner.blocks[0].yields[1 + k], owner.blocks[1].yields[k]]
        return [owner.inits[k], owner.blocks[0].yields[k]]
    return [b.yields[k] for b in owner.blocks]
