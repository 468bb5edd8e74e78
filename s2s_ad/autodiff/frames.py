"""What one activation of a function that calls itself records.

An activation is to a recursion what an iteration is to a loop: a minimum cut decides what is
recorded, with the parameters at hand, which the caller passes to the pullback again. What a block
records goes into a tuple: its own values, the tapes of its calls, and the tuples of the branches in
it. That of the outermost block is the tape, which the forward function returns.
"""

from __future__ import annotations

from functools import reduce
from typing import Any as Anything

from s2s_ad.autodiff.finals import Finals
from s2s_ad.autodiff.record import Recorder
from s2s_ad.autodiff.regions import Region
from s2s_ad.ir.build import building, emit, facts
from s2s_ad.ir.core import Block, Function, Op, Value, substitute, walk
from s2s_ad.ir.types import Tape
from s2s_ad.ir.unbound import define
from s2s_ad.ops.tapes import OPEN, PACK
from s2s_ad.passes.shapes import READERS, alike


class Activation(Recorder):
    """Resolves what a pullback reads of what its forward function computes outside loops. `back` is
    the block of the pullback."""

    def __init__(self, function: Function, region: Region, finals: Finals, back: Block) -> None:
        region.mirrors = {function.block: back, **region.mirrors}
        super().__init__(function, region, finals, lasting=True)
        self.free.update((p, p) for p in function.block.params)
        self.items: dict[Block, list[Value]] = {}  # what each block records
        self.tuples: dict[Op, Value] = {}  # what the branches of an operation record

    def resolve(self, tape: Value) -> Value | None:
        """The tape in the forward function, None where nothing is recorded; `tape` is what the
        pullback gets."""
        self.lend()
        needed = self.needed()
        saved = self.choose(needed)
        out = self.pack(self.top, set(saved))
        given: dict[Block, Anything] = {self.top: tape}
        found: list[tuple[Block, dict[Value, Anything]]] = []
        for forward, reverse in self.region.mirrors.items():
            start: list[Op] = []
            mapping = self.open(forward, given.get(forward), start)
            for op in forward.ops:
                if op in self.tuples:
                    given.update(dict.fromkeys(op.blocks, mapping[self.tuples[op]]))
            again = self.again(needed, saved, {}, forward)
            for op in forward.ops:
                self.repeat(op, again, start, mapping)
            reverse.ops[:0] = start
            found.append((reverse, mapping))
        for reverse, mapping in found:
            substitute(reverse, mapping)
        return out

    def lend(self) -> None:
        """Let the pullback ask parameters, which are at hand, for the shapes that arrays share with
        them."""
        for op in walk(self.region.mirrors[self.top]):
            k = READERS.get(op.prim.name)
            x = op.args[k] if k is not None and k < len(op.args) else None
            if type(x) is Value and x in self.home and x not in self.free:
                exact = op.prim.name == "zeros_like"
                found = next((p for p in self.free if alike(p, x, exact)), x)
                op.args = (*op.args[:k], found, *op.args[k + 1 :])  # type: ignore[operator]

    def pack(self, block: Block, saved: set[Value]) -> Value | None:
        """Write the tuple of what a block records, branches included."""
        items = [p for p in block.params if p in saved]
        for op in block.ops:
            items += [r for r in op.results if r in saved]
            inside = [self.pack(b, saved) if b in self.region.mirrors else None for b in op.blocks]
            types = [x.type for x in inside if x is not None]
            if types:
                out = Value(reduce(facts().join, types))
                out.owner = op
                end = len(op.results) - ("status" in op.kwargs)
                op.results.insert(end, out)
                for b, x in zip(op.blocks, inside):
                    b.yields.insert(end, x)
                self.tuples[op] = out
                items.append(out)
        if not items:
            return None
        self.items[block] = items
        for v in items:
            define(v)
        if len(items) == 1 and isinstance(items[0].type, Tape):
            return items[0]
        with building(block):
            out = emit(PACK, tuple(items), items=tuple(v.type for v in items))
        return out  # type: ignore[no-any-return]

    def open(self, block: Block, tape: Anything, start: list[Op]) -> dict[Value, Anything]:
        """Take apart, in the pullback, what a block has recorded."""
        items = self.items.get(block, [])
        if len(items) == 1 and isinstance(items[0].type, Tape):
            return {items[0]: tape}
        if not items:
            return {}
        scratch = Block()
        with building(scratch, role="adjoint"):
            found = emit(OPEN, tape, items=tuple(v.type for v in items))
            results = found if isinstance(found, list) else [found]
            for v, r in zip(items, results):
                r.hint, r.named, r.companion = v.hint, v.named, (v, "")
            own = list(map(self.own, results))
        start += scratch.ops
        return dict(zip(items, own))
