"""What the reverse sweep reads decides what is recorded (TBR, Hascoet, Naumann & Pascual 2005).

After the sweep, blocks with a `mirror` read values of the forward block they undo. Each such
residual gets the cheapest source: the loop index; computed again from values at hand; the
carried value of the following iteration; an extra result of an `if` outside loops; a tape.
Which values to save is a minimum cut (`autodiff.cut`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any as Anything

from s2s_ad.autodiff.activity import slots
from s2s_ad.autodiff.costs import cost, recomputable
from s2s_ad.autodiff.cut import minimum_cut
from s2s_ad.autodiff.finals import Finals
from s2s_ad.autodiff.lend import lend_shapes
from s2s_ad.autodiff.rebuild import rebuild, remove_marks
from s2s_ad.autodiff.regions import Region, find_regions, readable
from s2s_ad.autodiff.tapes import parent, tape_name, thread
from s2s_ad.ir.build import building, emit, knowing
from s2s_ad.ir.core import (
    UNDEFINED,
    Block,
    Function,
    Op,
    Value,
    clone_op,
    leaves,
    replace,
    rewrite,
    substitute,
)
from s2s_ad.ir.primitive import BY_NAME
from s2s_ad.ir.types import Stack, is_scalar
from s2s_ad.ir.unbound import define
from s2s_ad.ops.buffers import origins
from s2s_ad.ops.structure import ERRSTATE, FOR, WHILE
from s2s_ad.ops.tapes import COPY_STACK, POP, PUSH, STACK_LENGTH


def record(
    function: Function, outermost: Callable[[Region, Finals], None] | None = None
) -> Function:
    """Give every residual of a joint function a source; afterwards no block has a mirror.
    `outermost` does it for what is computed outside loops, where that is not alive in the reverse
    sweep."""
    with knowing(function.facts):
        rebuild(function)
        remove_marks(function.block)
        lend_shapes(function)
        regions = find_regions(function.block)
        finals = Finals(function.block)
        for region in reversed(regions):  # innermost first: what they choose may need outer values
            if region.root is None and outermost is not None:
                outermost(region, finals)
            else:
                Recorder(function, region, finals, outermost is not None).run()
    for region in regions:
        for reverse in region.mirrors.values():
            reverse.mirror = None
    ungroup(function.block)
    return function


def ungroup(block: Block) -> None:
    """Put the adjoint of what ran inside a context where it stands."""
    ops: list[Op] = []
    mapping: dict[Value, Anything] = {}
    for op in block.ops:
        rewrite(op, mapping)
        for b in op.blocks:
            ungroup(b)
        if op.prim is ERRSTATE and not op.kwargs:
            ops += op.blocks[0].ops
            mapping.update(zip(op.results, op.blocks[0].yields))
        else:
            ops.append(op)
    block.ops = ops
    block.yields = list(replace(block.yields, mapping))


class Recorder:
    """Resolves the residuals of one region. What is recorded is `lasting` if the reverse sweep must
    leave it as it is."""

    def __init__(
        self, function: Function, region: Region, finals: Finals, lasting: bool = False
    ) -> None:
        self.lasting = lasting
        self.finals = finals
        self.top = function.block
        self.region = region
        self.home = region.values()
        self.loops: list[Op] = []  # around what the region computes, outermost first
        loop = region.root.owner if region.root is not None else None
        if isinstance(loop, Op) and loop in finals.place:  # else nothing of it is read
            self.loops = [*finals.place[loop], loop]
        self.depths = dict.fromkeys(self.home, region.depth)
        around = region.parent
        while around is not None:
            self.depths.update(dict.fromkeys(around.values(), around.depth))
            around = around.parent
        self.outer = readable(function.block) - set(self.home)
        self.free: dict[Value, Value] = {}
        if region.root is not None and region.root.owner.prim is FOR:  # type: ignore[union-attr]
            index = region.root.params[0]
            self.free[index] = region.mirrors[region.root].params[0]

    def run(self) -> None:
        needed = self.needed()
        if self.region.root is None:
            for v in needed:
                self.export(v)
            return
        saved = self.choose(needed)
        rebuilt = self.rebuilt(saved)
        if rebuilt:
            saved = self.choose([v for v in needed if v not in rebuilt], rebuilt)
        found: list[tuple[Block, dict[Value, Anything]]] = []
        for forward, reverse in self.region.mirrors.items():
            mapping: dict[Value, Anything] = {}
            if forward is self.region.root:
                mapping.update(self.free)
            start: list[Op] = []
            for v in saved:
                if self.home[v] is forward:
                    mapping[v] = self.tape(v, forward, reverse, start)
            if forward is self.region.root:
                for v, position in rebuilt.items():
                    mapping[v] = self.carry(v, position, forward, reverse, mapping)
            again = self.again(needed, saved, rebuilt, forward)
            for op in forward.ops:
                self.repeat(op, again, start, mapping)
            reverse.ops[:0] = start
            found.append((reverse, mapping))
        for reverse, mapping in found:
            substitute(reverse, mapping)
        self.use_tape_as_count()

    # What is needed, and from where ------------------------------------------------------------

    def needed(self) -> list[Value]:
        found: dict[Value, None] = {}

        def visit(block: Block) -> None:
            for op in block.ops:
                for v in leaves(op.args):
                    if v in self.home and v not in self.free:
                        found[v] = None
                for b in op.blocks:
                    visit(b)
            for v in leaves(block.yields):
                if v in self.home and v not in self.free:
                    found[v] = None

        for reverse in self.region.mirrors.values():
            visit(reverse)
        return list(found)

    def choose(self, needed: list[Value], given: dict[Value, int] | None = None) -> list[Value]:
        known = given or {}

        def sources(v: Value) -> list[Value] | None:
            op = v.owner
            final = self.finals.source(v)
            if not isinstance(op, Op) or (final is None and not recomputable(op)):
                return None
            out = []
            for w in leaves(op.args if final is None else final[1]):
                if w in known or w in self.free or self.alive(w):
                    continue
                if w not in self.depths or not self.affordable(w):
                    return None
                out.append(w)
            return out

        wanted = list(needed)
        for position in known.values():
            if self.slot(position) not in wanted:
                wanted.append(self.slot(position))

        def price(v: Value) -> int:
            # A tie goes to what an enclosing loop saves: once, and for several readers.
            return cost(v, self.depths[v]) * (3 if v in self.home else 2)

        return [v for v in minimum_cut(wanted, sources, price) if v in self.home]

    def alive(self, v: Value) -> bool:
        """Whether a value from outside the region can be read in the reverse sweep at no cost: it
        is of the top level, an index of an enclosing loop, or read there already."""
        return v in self.outer

    def affordable(self, v: Value) -> bool:
        """Whether an enclosing loop may save v, of which this region reads pieces: an array made
        anew in each iteration, whose size the loop has paid for; not one that it keeps."""
        if v in self.home or is_scalar(v.type):
            return True
        around = self.loops[: self.depths[v]]
        made = [o.owner for o in origins(v) if isinstance(o.owner, Op)]
        return any(self.finals.place.get(op, [])[: len(around)] == around for op in made)

    def rebuilt(self, saved: list[Value]) -> dict[Value, int]:
        """Saved values that are the next iteration's saved parameter: carried instead."""
        root = self.region.root
        assert root is not None and isinstance(root.owner, Op)
        out: dict[Value, int] = {}
        taken = set(saved)
        for position, s in enumerate(slots(root.owner)):
            p, y = s[1][-1], s[2][-1]
            if p in taken and type(y) is Value and y in taken and y is not p and y not in out:
                if self.home.get(y) is root and not isinstance(y.type, Stack):
                    out[y] = position
        return out

    def slot(self, position: int) -> Value:
        """The body parameter of a carried value."""
        root = self.region.root
        assert root is not None and isinstance(root.owner, Op)
        return slots(root.owner)[position][1][-1]

    def again(
        self, needed: list[Value], saved: list[Value], rebuilt: dict[Value, int], block: Block
    ) -> set[Value]:
        """The values of a forward block that the reverse sweep computes or reads again."""
        out: set[Value] = set()
        todo = [v for v in needed if v not in saved and v not in rebuilt]
        seen = set(saved) | set(rebuilt)
        while todo:
            v = todo.pop()
            if v in seen or v not in self.home or v in self.free:
                continue
            seen.add(v)
            op = v.owner
            if isinstance(op, Op):
                if self.home[v] is block:
                    out.add(v)
                final = self.finals.source(v)
                todo.extend(leaves(op.args if final is None else final[1]))
        return out

    def repeat(
        self, op: Op, again: set[Value], start: list[Op], mapping: dict[Value, Anything]
    ) -> None:
        """Write an operation once more, after what it reads: where its result stands for good
        may be known only later in the block than the result."""
        if not any(v in again for v in op.results) or op.results[0] in mapping:
            return
        copy = self.once_more(op)
        mapping.update(zip(op.results, copy.results))
        for v in leaves(copy.args):
            if v in again and isinstance(v.owner, Op) and self.home[v] is self.home[op.results[0]]:
                self.repeat(v.owner, again, start, mapping)
        start.append(copy)

    def once_more(self, op: Op) -> Op:
        """The operation for the reverse sweep: itself, or a read of an array where its result
        stands for good."""
        final = self.finals.source(op.results[0]) if len(op.results) == 1 else None
        copy = clone_op(op, {})
        if final is not None:
            copy.prim, copy.args = BY_NAME[final[0]], final[1]
            copy.kwargs = op.kwargs if copy.prim is op.prim else {}
        copy.role = "adjoint"
        return copy

    # Sources ------------------------------------------------------------------------------------

    def export(self, v: Value) -> None:
        """Outside loops: the value becomes an extra result of the branches that enclose it."""
        current: Value = v
        block = self.home[v]
        while block is not self.top:
            op = block.owner
            assert isinstance(op, Op)
            end = len(op.results) - ("status" in op.kwargs)
            for b in op.blocks:
                b.yields.insert(end, current if b is block else UNDEFINED)
            result = Value(v.type, v.hint, v.named)
            result.companion = (v, "")
            result.owner = op
            op.results.insert(end, result)
            current, block = result, parent(self.top, op)
        for reverse in self.region.mirrors.values():
            substitute(reverse, {v: current})

    def tape(self, v: Value, forward: Block, reverse: Block, start: list[Op]) -> Value:
        """Push v where it is defined, pop it where the mirrored block starts."""
        define(v)
        stack = thread(
            self.base(forward),
            forward,
            None,
            lambda s: self.push(s, v, forward),
            tape_name(v),
            "primal",
        )
        popped: list[Value] = []

        def pop(s: Value) -> Value:
            scratch = Block()
            op_statement = v.owner.statement if isinstance(v.owner, Op) else None
            with building(scratch, op_statement, None, "adjoint"):
                shorter, value = emit(POP, s)
                shorter.hint = s.hint
                value.hint, value.named, value.companion = v.hint, v.named, (v, "")
                popped.append(self.own(value))
            start.extend(scratch.ops)
            return shorter  # type: ignore[no-any-return]

        thread(self.base(reverse), reverse, stack, pop, "", "adjoint")
        return popped[0]

    def own(self, v: Value) -> Value:
        """What was recorded, for the reverse sweep, which consumes stacks."""
        if not self.lasting or not isinstance(v.type, Stack):
            return v
        copy: Value = emit(COPY_STACK, v)
        copy.hint = v.hint
        return copy

    def base(self, block: Block) -> Block:
        """Where a tape that a block uses is made: at the top, to be alive in the reverse sweep; or,
        if it is recorded itself, where the outermost loop stands."""
        found = self.top
        while self.lasting and block is not self.top:
            op = block.owner
            assert isinstance(op, Op)
            block = parent(self.top, op)
            if op.prim in (FOR, WHILE):
                found = block
        return found

    def push(self, s: Value, v: Value, forward: Block) -> Value:
        scratch = Block()
        owner = v.owner
        with building(scratch, owner.statement if isinstance(owner, Op) else None, None, "primal"):
            new = emit(PUSH, s, v)
        new.hint = s.hint
        at = forward.ops.index(owner) + 1 if isinstance(owner, Op) else 0
        if at == 0:
            while at < len(forward.ops) and forward.ops[at].prim is PUSH:
                at += 1
        forward.ops[at:at] = scratch.ops
        return new  # type: ignore[no-any-return]

    def carry(
        self,
        v: Value,
        position: int,
        forward: Block,
        reverse: Block,
        mapping: dict[Value, Anything],
    ) -> Value:
        """v is what the iteration yielded: carried backwards from the loop's result."""
        loop, back = forward.owner, reverse.owner
        assert isinstance(loop, Op) and isinstance(back, Op)
        p, result = self.slot(position), loop.results[position]
        new = reverse.add_param(v.type, p.hint or v.hint, p.named)
        back.args = (*back.args[:-1], (*back.inits, result))
        reverse.yields.append(mapping[p])
        end = Value(v.type, p.hint or v.hint, p.named)
        end.owner = back
        back.results.append(end)
        return new

    def use_tape_as_count(self) -> None:
        """Where an unconditional tape is fresh at the loop, its length is the trip count."""
        root = self.region.root
        assert root is not None
        loop, reverse = root.owner, self.region.mirrors[root]
        back = reverse.owner
        assert isinstance(loop, Op) and isinstance(back, Op)
        if "count" not in loop.kwargs or parent(self.top, loop) is not self.base(root):
            return
        count = loop.results[loop.kwargs["count"]]
        if back.args[1] is not count:
            return
        pushed = [o.result for o in root.ops if o.prim is PUSH]
        for init, p in zip(back.inits, reverse.params[1:]):
            if isinstance(p.type, Stack) and type(init) is Value and init.owner is loop:
                yielded = root.yields[loop.results.index(init)]
                if any(yielded is s for s in pushed):
                    scratch = Block()
                    with building(scratch, back.statement, back.location, "adjoint"):
                        length = emit(STACK_LENGTH, init)
                    ops = self.base(back.blocks[0]).ops
                    ops[ops.index(back) : ops.index(back)] = scratch.ops
                    back.args = (back.args[0], length, *back.args[2:])
                    return
