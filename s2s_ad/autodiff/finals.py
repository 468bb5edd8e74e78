"""Elements of arrays that are final: read, or written, and never overwritten afterwards.

A loop that fills an array once needs no tape: what the adjoint reads of it still stands in the
array when the loop has ended. Whether an element is final follows from index facts: indices are
affine in the loops' variables, which only grow, or only fall.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any as Anything

from s2s_ad.autodiff.activity import slots
from s2s_ad.ir.build import building, emit, typeof
from s2s_ad.ir.core import Block, Op, Value, walk
from s2s_ad.ir.types import Num
from s2s_ad.ops.buffers import ADD_AT, SET_AT
from s2s_ad.ops.structure import FOR, WHILE

SIZES = ("shape", "len", "size", "ndim")  # the same for all versions of an array


@dataclass
class Access:
    """A read of, or a store into, one version of an array, and the loops around it, outermost
    first."""

    op: Op
    index: tuple[Anything, ...]
    loops: list[Op]


class Finals:
    """Index facts about the arrays that the outermost loops of a function carry."""

    def __init__(self, top: Block) -> None:
        self.place: dict[Op, list[Op]] = {}  # operation -> loops around it
        self.block: dict[Op, Block] = {}
        self._index(top, [])
        self.top = top
        self.stores: dict[tuple[Op, int], list[Access]] = {}
        for op in walk(top):
            if op.prim in (SET_AT, ADD_AT):
                root = self.root(op.args[0])
                if root is not None:
                    access = Access(op, components(op.args[1]), self.place[op])
                    self.stores.setdefault(root, []).append(access)

    def _index(self, block: Block, loops: list[Op]) -> None:
        for op in block.ops:
            self.place[op] = loops
            self.block[op] = block
            inside = [*loops, op] if op.prim in (FOR, WHILE) else loops
            for b in op.blocks:
                self._index(b, inside)

    def root(self, v: Anything) -> tuple[Op, int] | None:
        """The outermost loop, of the top level, that carries the array of which v is a version,
        and the position there; None for an array that no loop carries, or that changes places."""
        seen: set[Value] = set()
        found: tuple[Op, int] | None = None
        while type(v) is Value and v not in seen:
            seen.add(v)
            owner = v.owner
            if isinstance(owner, Op):
                if owner.prim in (SET_AT, ADD_AT):
                    v = owner.args[0]
                elif owner.prim in (FOR, WHILE) and self.place[owner]:
                    k = owner.results.index(v)
                    if k >= len(owner.inits):
                        return None  # how the loop ended
                    v = owner.inits[k]
                elif owner.blocks and owner.prim not in (FOR, WHILE):
                    v = owner.blocks[0].yields[owner.results.index(v)]
                else:
                    return found
            elif isinstance(owner, Block) and isinstance(owner.owner, Op):
                loop = owner.owner
                k = owner.params.index(v) - (len(owner.params) - len(loop.inits))
                if loop.prim not in (FOR, WHILE) or k < 0:
                    return None
                found = (loop, k) if self.block[loop] is self.top else None
                v = slots(loop)[k][0]
            else:
                return found
        return found

    def steady(self, root: tuple[Op, int]) -> bool:
        """Whether each iteration, and each branch and loop inside, passes the same array on."""
        loop, k = root
        _, params, yields, _ = slots(loop)[k]
        return all(self.root(y) == root for y in yields) and all(
            self.root(y) == root
            for op in walk(loop.blocks[-1])
            for j, r in enumerate(op.results)
            if op.blocks and self.root(r) == root
            for b in op.blocks
            for y in (b.yields[j + (op.prim is WHILE and b is op.blocks[0])],)
        )

    def source(self, v: Value) -> tuple[str, tuple[Anything, ...]] | None:
        """How v is read after the loops: ("getitem", (array, index)) where the number or row v
        stands for good in an array of the top level, or a size of such an array; or None."""
        op = v.owner
        if not isinstance(op, Op):
            return None
        if op.prim.name in SIZES and self.place[op]:
            root = self.root(op.args[0])
            if root is not None and self.steady(root):
                return op.prim.name, (root[0].results[root[1]], *op.args[1:])
        found = self.final_place(v, op)
        return None if found is None else ("getitem", found)

    def final_place(self, v: Value, op: Op) -> tuple[Value, Anything] | None:
        """(array, index) where v, the result of op, stands for good, or None."""
        if op.prim.name == "getitem":
            found = self._final(op.args[0], op.args[1], op, None)
            if found is not None:
                return found
        for stores in self.stores.values():
            for s in stores:
                if s.op.prim is SET_AT and s.op.args[2] is v and stands_as_it_is(s.op):
                    found = self._final(s.op.args[0], s.op.args[1], s.op, s.op)
                    if found is not None:
                        return found
        return None

    def _final(
        self, array: Anything, index: Anything, at: Op, own: Op | None
    ) -> tuple[Value, Anything] | None:
        root = self.root(array)
        if root is None or not self.place[at] or not self.steady(root):
            return None
        read = Access(at, components(index), self.place[at])
        if all(later_differs(read, s, 0, own) for s in self.stores.get(root, [])):
            return root[0].results[root[1]], index
        return None


def stands_as_it_is(store: Op) -> bool:
    """Whether what a store puts into its place is there what it was: neither spread over the
    place nor converted."""
    with building(Block()):
        read = emit("getitem", store.args[0], store.args[1])
    t, place = typeof(store.args[2]), typeof(read)
    if not (isinstance(t, Num) and isinstance(place, Num)) or t.dtype != place.dtype:
        return False
    known = t.dtype is not None and t.shape is not None and None not in t.shape
    return known and t.shape == place.shape


def components(index: Anything) -> tuple[Anything, ...]:
    """An index as a tuple of components."""
    return index if isinstance(index, tuple) else (index,)


def later_differs(read: Access, store: Access, level: int, own: Op | None) -> bool:
    """Whether no execution of the store after the read meets it, given that the loops outside
    `level` stand at the same iteration."""
    common = level < min(len(read.loops), len(store.loops))
    if not common or read.loops[level] is not store.loops[level]:
        return store.op is own or any(map(_apart, read.index, store.index))
    loop = read.loops[level]
    if loop.prim is not FOR or loop.kwargs.get("reversed"):
        return False
    start, stop, step = loop.args[:3]
    down = type(step) is int and step < 0
    least = start if not down else stop + 1 if type(stop) is int else None  # of the variable
    if type(step) is not int or type(least) is not int or step == 0:
        return False
    variable = loop.blocks[0].params[0]
    for r, s in zip(read.index, store.index):
        a, b = affine(r), affine(s)
        if a is None or b is None or a[0] is not variable or b[0] is not variable:
            continue
        if least + a[1] < 0 or least + b[1] < 0:  # a negative index counts from the end
            continue
        if b[1] < a[1] if down else b[1] > a[1]:
            return True
        if b[1] == a[1]:
            return later_differs(read, store, level + 1, own)
    return False


def affine(x: Anything) -> tuple[Value | None, int] | None:
    """x as (variable, constant), their sum; variable None for a constant."""
    if type(x) is int:
        return None, x
    if type(x) is not Value:
        return None
    op = x.owner
    if isinstance(op, Op) and op.prim.name in ("add", "subtract") and len(op.args) == 2:
        a, b = affine(op.args[0]), affine(op.args[1])
        if a is not None and b is not None and b[0] is None:
            return a[0], a[1] + (b[1] if op.prim.name == "add" else -b[1])
        if a is not None and b is not None and a[0] is None and op.prim.name == "add":
            return b[0], b[1] + a[1]
        return None
    return (x, 0) if isinstance(x.owner, Block) else None


def _apart(r: Anything, s: Anything) -> bool:
    a, b = affine(r), affine(s)
    if a is None or b is None or a[0] is not b[0] or a[1] == b[1]:
        return False
    return a[0] is None and a[1] >= 0 and b[1] >= 0
