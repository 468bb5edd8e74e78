"""Elements of arrays that are final: read, or written, and never overwritten afterwards.

A loop that fills an array once needs no tape: what the adjoint reads of it still stands in the
array when the loop has ended. Whether an element is final follows from index facts (`indices`): the
loops' variables only grow, or only fall, and so do the places that they name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any as Anything

from s2s_ad.autodiff.activity import slots
from s2s_ad.autodiff.indices import ahead, apart, components, loop_of, rises
from s2s_ad.ir.build import building, emit, typeof
from s2s_ad.ir.core import Block, Op, Value, walk
from s2s_ad.ir.types import Num, same_dtype
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
    order: int = 0  # of two operations in the same iteration of all loops around both


class Finals:
    """Index facts about the arrays that the outermost loops of a function carry."""

    def __init__(self, top: Block) -> None:
        self.place: dict[Op, list[Op]] = {}  # operation -> loops around it
        self.order = {op: k for k, op in enumerate(walk(top))}
        self.block: dict[Op, Block] = {}
        self._index(top, [])
        self.top = top
        self.stores: dict[tuple[Op, int], list[Access]] = {}
        for op in walk(top):
            if op.prim in (SET_AT, ADD_AT):
                root = self.root(op.args[0])
                if root is not None:
                    access = self.access(op, op.args[1])
                    self.stores.setdefault(root, []).append(access)

    def access(self, op: Op, index: Anything) -> Access:
        """An operation as an access at an index."""
        return Access(op, components(index), self.place[op], self.order[op])

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
        read = self.access(at, index)
        if all(later_differs(read, s, 0, own) for s in self.stores.get(root, [])):
            return root[0].results[root[1]], index
        return None


def stands_as_it_is(store: Op) -> bool:
    """Whether what a store puts into its place is there what it was: neither spread over the
    place nor converted."""
    with building(Block()):
        read = emit("getitem", store.args[0], store.args[1])
    t, place = typeof(store.args[2]), typeof(read)
    if not (isinstance(t, Num) and isinstance(place, Num)) or not same_dtype(t.dtype, place.dtype):
        return False
    known = t.dtype is not None and t.shape is not None and None not in t.shape
    return known and t.shape == place.shape


def later_differs(read: Access, store: Access, level: int, own: Op | None) -> bool:
    """Whether no execution of the store after the read meets it, given that the loops outside
    `level` stand at the same iteration."""
    pairs = list(zip(read.index, store.index))
    fixed = [loop.blocks[0].params[0] for loop in read.loops[:level] if loop.prim is FOR]
    if any(apart(r, s, fixed) for r, s in pairs):
        return True
    common = level < min(len(read.loops), len(store.loops))
    if not common or read.loops[level] is not store.loops[level]:
        return store.op is own or store.order < read.order
    loop = read.loops[level]
    if loop.prim is not FOR or loop_of(loop.blocks[0].params[0]) is not loop:
        return False
    variable = loop.blocks[0].params[0]
    gaps = [ahead(r, s, variable, rises(loop)) for r, s in pairs]
    furthest = max((g for g in gaps if g is not None), default=-1)
    if furthest > 0:
        return True
    return furthest == 0 and later_differs(read, store, level + 1, own)
