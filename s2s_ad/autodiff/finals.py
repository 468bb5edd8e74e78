"""Elements of arrays that are final: read, or written, and never overwritten afterwards.

A loop that fills an array once needs no tape: what the adjoint reads of it still stands in the
array when the loop has ended. Whether an element is final follows from index facts (`indices`): the
loops' variables only grow, or only fall, and so do the places that they name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any as Anything

from s2s_ad.autodiff.activity import slots
from s2s_ad.autodiff.indices import ahead, apart, components, loop_of, nonnegative, rises
from s2s_ad.ir.build import building, emit, typeof
from s2s_ad.ir.core import Block, Op, Value, walk
from s2s_ad.ir.types import Num, Seq, same_dtype
from s2s_ad.ops.buffers import ADD_AT, SET_AT
from s2s_ad.ops.lists import INSERT
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


Link = tuple[Op, int]  # a loop, and the position of an array among what it carries


class Finals:
    """Index facts about the arrays that the loops of a function carry."""

    def __init__(self, top: Block) -> None:
        self.place: dict[Op, list[Op]] = {}  # operation -> loops around it
        self.order = {op: k for k, op in enumerate(walk(top))}
        self.block: dict[Op, Block] = {}
        self._index(top, [])
        self.top = top
        self.stores: dict[Link, list[Access]] = {}
        self.stored: dict[Value, list[Op]] = {}  # what is stored -> its stores
        self.appended: dict[Value, list[Op]] = {}  # what is appended to a list -> where
        for op in walk(top):
            if appends(op) and type(op.args[2]) is Value:
                self.appended.setdefault(op.args[2], []).append(op)
            if op.prim in (SET_AT, ADD_AT):
                access = self.access(op, op.args[1])
                for link in self.chain(op.args[0]):
                    self.stores.setdefault(link, []).append(access)
                if op.prim is SET_AT and type(op.args[2]) is Value:
                    self.stored.setdefault(op.args[2], []).append(op)

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

    def chain(self, v: Anything) -> list[Link]:
        """The loops that carry the array of which v is a version, each with the position there,
        outermost first; empty for an array that no loop carries, or that changes places."""
        seen: set[Value] = set()
        found: list[Link] = []
        while type(v) is Value and v not in seen:
            seen.add(v)
            owner = v.owner
            if isinstance(owner, Op):
                if owner.prim in (SET_AT, ADD_AT) or appends(owner):
                    v = owner.args[0]
                elif owner.prim in (FOR, WHILE) and self.place[owner]:
                    k = owner.results.index(v)
                    if k >= len(owner.inits):
                        return []  # how the loop ended
                    v = owner.inits[k]
                elif owner.blocks and owner.prim not in (FOR, WHILE):
                    v = owner.blocks[0].yields[owner.results.index(v)]
                else:
                    break
            elif isinstance(owner, Block) and isinstance(owner.owner, Op):
                loop = owner.owner
                k = owner.params.index(v) - (len(owner.params) - len(loop.inits))
                if loop.prim not in (FOR, WHILE) or k < 0:
                    return []
                found.append((loop, k))
                v = slots(loop)[k][0]
            else:
                break
        return found[::-1]

    def root(self, v: Anything) -> Link | None:
        """The outermost loop that carries the array, if it is a loop of the top level."""
        found = self.chain(v)
        return found[0] if found and self.block[found[0][0]] is self.top else None

    def steady(self, link: Link) -> bool:
        """Whether each iteration, and each branch and loop inside, passes the same array on."""
        loop, k = link
        _, params, yields, _ = slots(loop)[k]
        return all(link in self.chain(y) for y in yields) and all(
            link in self.chain(y)
            for op in walk(loop.blocks[-1])
            for j, r in enumerate(op.results)
            if op.blocks and link in self.chain(r)
            for b in op.blocks
            for y in (b.yields[j + (op.prim is WHILE and b is op.blocks[0])],)
        )

    def source(self, v: Value, top: bool = False) -> tuple[str, tuple[Anything, ...]] | None:
        """How v is read after a loop: ("getitem", (array, index)) where the number or row v
        stands for good in an array as the loop leaves it, of the outermost loop where it does (of
        the `top` level, if only that will do), or a size of such an array; or None."""
        op = v.owner
        if not isinstance(op, Op):
            return None
        if op.prim.name in SIZES and self.place[op] and is_array(op.args[0]):
            for link in self.chain(op.args[0])[:1]:
                if self.steady(link) and (not top or self.block[link[0]] is self.top):
                    return op.prim.name, (link[0].results[link[1]], *op.args[1:])
        found = self.final_place(v, op, top)
        return None if found is None else ("getitem", found)

    def final_place(self, v: Value, op: Op, top: bool) -> tuple[Value, Anything] | None:
        """(array, index) where v, the result of op, stands for good, or None."""
        if op.prim.name == "getitem":
            index = op.args[1] if is_array(op.args[0]) else self.place_in_list(op)
            found = None
            if index is not None:
                found = self._final(op.args[0], index, op, None, top)
            if found is not None:
                return found
        for s in self.appended.get(v, []):
            index = self.last_place(s.result, s)
            if index is not None:
                found = self._final(s.result, index, s, None, top)
                if found is not None:
                    return found
        for s in self.stored.get(v, []):
            if stands_as_it_is(s):
                found = self._final(s.args[0], s.args[1], s, s, top)
                if found is not None:
                    return found
        return None

    def place_in_list(self, op: Op) -> Anything:
        """The index, from the front, of what is read from a list that may grow; None where that is
        not known. The last item of a list that gets one in each iteration stands where the loop's
        variable says."""
        x, index = op.args
        if type(x) is not Value or type(index) is tuple or type(index) is slice:
            return None
        if nonnegative(index):
            return index
        return self.last_place(x, op) if type(index) is int and index == -1 else None

    def last_place(self, x: Value, op: Op) -> Anything:
        """The index, from the front, of the last item of a list that gets one in each iteration of
        the loop around an operation."""
        links = self.chain(x)
        if not links:
            return None
        loop, k = links[-1]
        param = slots(loop)[k][1][-1]
        end = slots(loop)[k][2][-1]
        grows = type(end) is Value and isinstance(end.owner, Op) and appends(end.owner)
        if loop.prim is not FOR or not grows or end.owner.args[0] is not param:
            return None
        start, step, first = loop.args[0], loop.args[2], typeof(slots(loop)[k][0])
        if type(start) is not int or step != 1 or type(step) is not int:
            return None
        if not isinstance(first, Seq) or self.block.get(op) is not loop.blocks[0]:
            return None
        last = len(first.items) - 1 - start + (x is end)
        return loop.blocks[0].params[0] if last == 0 else None

    def _final(
        self, array: Anything, index: Anything, at: Op, own: Op | None, top: bool
    ) -> tuple[Value, Anything] | None:
        for link in self.chain(array):
            loop, k = link
            if top and self.block[loop] is not self.top:
                break
            if loop not in self.place[at] or not self.steady(link):
                continue
            read, level = self.access(at, index), len(self.place[loop])
            if all(later_differs(read, s, level, own) for s in self.stores.get(link, [])):
                return loop.results[k], index
        return None


def appends(op: Op) -> bool:
    """Whether an operation makes a list longer at its end: no item moves."""
    return op.prim is INSERT and op.args[1] is None


def is_array(x: Anything) -> bool:
    return type(x) is Value and isinstance(x.type, Num)


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
