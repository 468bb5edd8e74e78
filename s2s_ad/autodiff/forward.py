"""Forward mode: dual numbers at transformation time. Each active value gets a companion."""

from __future__ import annotations

from typing import Any as Anything

from s2s_ad.autodiff.packs import opened, packed
from s2s_ad.autodiff.zeros import name, refuse, zero_of
from s2s_ad.errors import S2SError
from s2s_ad.ir.build import building, emit, typeof
from s2s_ad.ir.collecting import report
from s2s_ad.ir.core import (
    UNDEFINED,
    Block,
    Op,
    Value,
    captured,
    leaves,
    substitute,
    tree_map,
    walk,
)
from s2s_ad.ir.types import ListOf, Seq, Stack, is_scalar
from s2s_ad.ops.slots import zero as zero_list
from s2s_ad.ops.structure import CALL, DICT, FOR, IF, LIST, TRY, TUPLE, WHILE
from s2s_ad.ops.tapes import OPEN, PACK, POP, PUSH


class Forward:
    """Writes tangents beside primal operations, in place. `dots` takes values to tangents."""

    def __init__(self, dots: dict[Value, Anything], active: set[Value]) -> None:
        self.dots = dots
        self.active = active

    def tangent(self, v: Anything) -> Anything:
        """The tangent of v, a zero where it has none (also of an int that meets floats)."""
        if type(v) is Value and v in self.dots:
            return self.dots[v]
        zero = zero_of(v)
        if zero is None and isinstance(typeof(v), (Seq, ListOf)):
            return zero_list(v)
        return 0.0 if zero is None and is_scalar(typeof(v)) else zero

    def block(self, block: Block) -> None:
        ops, block.ops = block.ops, []
        for op in ops:
            with building(block, op.statement, op.location, "tangent"):
                try:
                    self.op(op, block)
                except S2SError as error:
                    report(error.at(op.location))

    def op(self, op: Op, block: Block) -> None:
        if op.prim in (FOR, WHILE):
            self.loop(op)
            block.ops.append(op)
        elif op.prim is TRY and self.separable(op):
            self.attempt(op, block)
        elif op.blocks:
            self.branches(op)
            block.ops.append(op)
        else:
            block.ops.append(op)
            self.companions(op)

    def companions(self, op: Op) -> None:
        """Write the tangents of an operation's results."""
        if any(r in self.active for r in op.results):
            results = list(op.results)  # a call gets more
            for r, t in zip(results, self.rule(op), strict=True):
                if t is not None:
                    self.dots[r] = name(t, r, "_dot")

    def rule(self, op: Op) -> list[Anything]:
        if not any(v in self.dots for v in leaves(op.args)):
            return [None] * len(op.results)
        if op.prim in (TUPLE, LIST, DICT):
            return [emit(op.prim, tree_map(self.tangent, op.args[0]))]
        if op.prim is PUSH:
            return [emit(PUSH, self.tangent(op.args[0]), self.tangent(op.args[1]))]
        if op.prim is POP:
            return list(emit(POP, self.dots[op.args[0]]))
        if op.prim is PACK:
            return [packed(op, [self.dots.get(v) for v in op.args[0]])]
        if op.prim is OPEN:
            return opened(op, self.dots[op.args[0]])
        if op.prim is CALL:
            from s2s_ad.autodiff.calls import forward_call

            return forward_call(op, self.dots)
        if op.prim.derivative is None:
            raise refuse(op)
        return list(op.prim.derivative.jvp(op, self.dots))

    def separable(self, op: Op) -> bool:
        """Whether the tangents of a `try` can stand after it, where nothing catches what their
        computation might raise."""
        for o in op.blocks[0].ops:
            inner = [r for b in o.blocks for p in walk(b) for r in p.results]
            if o.blocks or o.prim is CALL:
                inner += o.results  # it computes both
            if any(v in self.active for v in inner):
                return False
            if any(isinstance(r.type, Stack) for r in o.results):
                return False
        return not any(isinstance(r.type, Stack) for r in op.results)

    def attempt(self, op: Op, block: Block) -> None:
        """A `try`: where its body did not raise, the tangents of what it computed."""
        block.ops.append(op)
        body, failed = op.blocks
        raised, passed = Block(), Block()
        for o in body.ops:
            with building(passed, o.statement, o.location, "tangent"):
                self.companions(o)
        results: list[Value] = []
        for result, y in list(zip(op.results, body.yields)):
            if result in self.active and type(y) is Value and y in self.dots:
                dot = name(Value(result.type), result, "_dot")
                with building(passed, op.statement, op.location, "tangent"):
                    passed.yields.append(self.tangent(y))
                raised.yields.append(UNDEFINED)
                results.append(dot)
                self.dots[result] = dot
        inside = {v for o in body.ops for v in o.results}
        mapping: dict[Value, Anything] = {}
        for v in captured([passed]):
            if v in inside:
                shown = Value(v.type, v.hint, v.named)
                shown.owner = op
                op.results.append(shown)
                body.yields.append(v)
                failed.yields.append(UNDEFINED)
                mapping[v] = shown
        substitute(passed, mapping)
        if results:
            args = (op.results[0],)
            new = Op(IF, args, {}, [raised, passed], results, op.statement, op.location, "tangent")
            block.ops.append(new)

    def branches(self, op: Op) -> None:
        """An `if` (or an errstate): tangents of results that vary in some branch."""
        for b in op.blocks:
            self.block(b)
        for k, result in enumerate(list(op.results)):
            if result not in self.active:
                continue
            if not any(type(b.yields[k]) is Value and b.yields[k] in self.dots for b in op.blocks):
                continue
            dot = name(Value(result.type), result, "_dot")
            end = len(op.results) - ("status" in op.kwargs)  # a status stays last
            for b in op.blocks:
                with building(b, op.statement, op.location, "tangent"):
                    b.yields.insert(end, self.tangent(b.yields[k]))
            dot.owner = op
            op.results.insert(end, dot)
            self.dots[result] = dot

    def loop(self, op: Op) -> None:
        """Carry a tangent beside each carried value that varies."""
        carried = len(op.inits)
        which = [k for k in range(carried) if op.results[k] in self.active]
        inits = [self.tangent(op.inits[k]) for k in which]
        for b in op.blocks:
            lead = len(b.params) - carried
            for k in which:
                p = b.params[lead + k]
                dot = name(b.add_param(p.type), p, "_dot")
                self.dots[p] = dot
        for b in op.blocks:
            self.block(b)
        for b in op.blocks:
            lead = 1 if op.prim is WHILE and b is op.blocks[0] else 0
            with building(b, op.statement, op.location, "tangent"):
                dots = [self.tangent(b.yields[lead + k]) for k in which]
            b.yields[lead + carried : lead + carried] = dots
        new = [name(Value(op.results[k].type), op.results[k], "_dot") for k in which]
        for k, dot in zip(which, new):
            dot.owner = op
            self.dots[op.results[k]] = dot
        op.results[carried:carried] = new
        op.args = (*op.args[:-1], (*op.inits, *inits))
