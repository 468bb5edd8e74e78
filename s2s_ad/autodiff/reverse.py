"""Reverse mode: a sweep over the operations from last to first, SSA to SSA.

The sweep writes adjoint operations that read primal values freely: a block of the reverse sweep
has `mirror` set to the forward block it undoes, and may name that block's values ("residuals").
`autodiff.record` then decides where each residual comes from.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any as Anything

import numpy as np

from s2s_ad.autodiff.activity import slots
from s2s_ad.autodiff.indices import components
from s2s_ad.autodiff.mirrors import drop_unchanged, fills_slots, header, iterations
from s2s_ad.autodiff.packs import opened, packed
from s2s_ad.autodiff.zeros import bound_zero, companion_type, name, part, refuse, zero_of
from s2s_ad.errors import S2SError, UnsupportedError
from s2s_ad.ir.build import building, emit, typeof
from s2s_ad.ir.collecting import report
from s2s_ad.ir.core import Block, Op, Value, captured, leaves
from s2s_ad.ir.types import INT, ListOf, Num, Seq, Tape, Type, differentiable
from s2s_ad.ops.buffers import ACCUMULATE, ADD_AT, SET_AT
from s2s_ad.ops.rules import At
from s2s_ad.ops.slots import NEW_SLOTS, ZEROS_TREE
from s2s_ad.ops.structure import CALL, DICT, ERRSTATE, FOR, IF, LIST, MARK, TRY, TUPLE, WHILE, WITH
from s2s_ad.ops.tapes import OPEN, PACK, POP, PUSH


class Parts(dict[Anything, Anything]):
    """The adjoint of a container of fixed structure: key -> adjoint, absent for zero."""


class Sweep:
    """The reverse sweep over one block. `bars` takes values to their adjoints so far."""

    def __init__(self, active: set[Value], bars: dict[Value, Anything]) -> None:
        self.active = active
        self.bars = bars
        self.filling: set[Value] = set()  # lists whose adjoint slots are filled exactly once

    # Accumulation -----------------------------------------------------------------------------

    def add(self, v: Anything, contribution: Anything) -> None:
        """Add a contribution to the adjoint of v; the first one becomes it."""
        if type(v) is not Value or v not in self.active or contribution is None:
            return
        if isinstance(contribution, At):
            self.add_at(v, contribution)
        elif v not in self.bars:
            self.bars[v] = name(contribution, v, "_bar")
        elif isinstance(self.bars[v], Parts) or isinstance(contribution, Parts):
            self.add_parts(v, contribution)
        elif isinstance(v.type, (Seq, ListOf, Tape)):
            self.bars[v] = name(emit("add_trees", self.bars[v], contribution), v, "_bar")
        else:
            self.bars[v] = name(emit(ACCUMULATE, self.bars[v], contribution), v, "_bar")

    def add_parts(self, v: Value, contribution: Anything) -> None:
        if not isinstance(self.bars[v], Parts):
            self.bars[v], contribution = contribution, self.bars[v]
        keys = contribution if isinstance(contribution, Parts) else _keys(v.type)
        for key in keys:
            self.add_part(v, key, contribution[key])

    def add_part(self, v: Value, key: Anything, contribution: Anything) -> None:
        parts = self.bars.setdefault(v, Parts())
        if not isinstance(parts, Parts):
            whole = self.bars[v] = Parts()
            for k in _keys(v.type):
                whole[k] = parts[k]
            parts = whole
        if key in parts:
            nest = isinstance(typeof(contribution), (Seq, ListOf))
            contribution = emit("add_trees" if nest else ACCUMULATE, parts[key], contribution)
        parts[key] = contribution

    def add_at(self, v: Value, at: At) -> None:
        if isinstance(v.type, Seq) and isinstance(at.index, (int, str)):
            key = at.index
            if isinstance(key, int) and key < 0 and v.type.kind != "dict":
                key += len(v.type.items)
            self.add_part(v, key, at.value)
        elif isinstance(v.type, Seq) and type(at.index) is slice and not [*leaves(at.index)]:
            for k, key in enumerate(_keys(v.type)[at.index]):
                if differentiable(v.type.items[key]):
                    self.add_part(v, key, _item(at.value, k))
        elif isinstance(v.type, Num) and v not in self.bars and is_row(v):
            array, row = v.owner.args  # type: ignore[union-attr]
            self.add(array, At((*components(row), *components(at.index)), at.value))
        elif isinstance(v.type, Num):
            if v not in self.bars:
                self.bars[v] = name(np.zeros_like(v), v, "_bar")
            new = emit(ADD_AT, self.bars[v], at.index, at.value)
            self.bars[v] = name(new, v, "_bar")
        else:
            if v not in self.bars:
                self.bars[v] = name(emit("zeros_tree", v), v, "_bar")
            emptied = emptied_at(self.bars[v], at.index)
            if emptied is not None:
                new = emit(SET_AT, emptied, at.index, at.value)
                self.bars[v] = name(new, v, "_bar")
                return
            prim = "fill_slot" if v in self.filling else "add_slot"
            self.bars[v] = name(emit(prim, self.whole(v), at.index, at.value), v, "_bar")

    def whole(self, v: Value) -> Anything:
        """The adjoint of v as one value (a container's parts put together)."""
        bar = self.bars.get(v)
        if bar is None:
            return bound_zero(v)
        if not isinstance(bar, Parts):
            return bar
        assert isinstance(v.type, Seq)
        items = []
        for key in _keys(v.type):
            items.append(bar[key] if key in bar else zero_of(part(v, key)))
        if v.type.kind == "dict":
            return name(emit(DICT, dict(zip(v.type.keys, items))), v, "_bar")
        prim = TUPLE if v.type.kind == "tuple" else LIST
        return name(emit(prim, tuple(items) if prim is TUPLE else items), v, "_bar")

    # The sweep --------------------------------------------------------------------------------

    def ops(self, ops: list[Op], into: Block) -> None:
        """Undo the operations, last first, writing into a block."""
        for op in reversed(ops):
            if not any(r in self.bars for r in op.results):
                continue
            with building(into, op.statement, op.location, "adjoint"):
                try:
                    if op.prim in (SET_AT, ADD_AT) and into.mirror is not None:
                        emit(MARK, of=op)
                    if op.prim in (FOR, WHILE):
                        self.loop(op, into)
                    elif op.blocks:
                        self.branches(op, into)
                    else:
                        self.rule(op)
                except S2SError as error:
                    report(error.at(op.location))
            for r in op.results:
                self.bars.pop(r, None)

    def rule(self, op: Op) -> None:
        if not any(v in self.active for v in leaves(op.args)):
            return
        if op.prim in (TUPLE, LIST, DICT):
            self.container(op)
            return
        bars = [self.whole(r) if r in self.bars else None for r in op.results]
        if op.prim is PUSH:
            stack, v = emit(POP, bars[0])
            self.add(op.args[0], stack)
            self.add(op.args[1], v)
        elif op.prim is POP:
            shorter, v = op.results
            rest = bars[0] if bars[0] is not None else zero_of(shorter)
            value = bars[1] if bars[1] is not None else zero_of(v)
            self.add(op.args[0], emit(PUSH, rest, value))
        elif op.prim is PACK:
            for v, contribution in zip(op.args[0], opened(op, bars[0])):
                self.add(v, contribution)
        elif op.prim is OPEN:
            self.add(op.args[0], packed(op, bars))
        elif op.prim is CALL:
            from s2s_ad.autodiff.calls import reverse_call

            reverse_call(op, bars, self)
        elif op.prim.derivative is None:
            raise refuse(op)
        else:
            for v, contribution in op.prim.derivative.vjp(op, bars, self.active):
                self.add(v, contribution)

    def container(self, op: Op) -> None:
        self.hand_out(op.args[0], self.bars[op.result])

    def hand_out(self, items: Anything, bar: Anything) -> None:
        """Give the adjoint of a nest to the values in it."""
        for key, v in items.items() if isinstance(items, dict) else enumerate(items):
            if not any(w in self.active for w in leaves(v)):
                continue
            if isinstance(bar, Parts) and key not in bar:
                continue
            if type(v) is Value:
                self.add(v, bar[key])
            else:
                self.hand_out(v, bar[key])

    def branches(self, op: Op, into: Block) -> None:
        """Mirror an `if`: each branch adds to the adjoints so far of what it captured."""
        given = {r: self.whole(r) for r in op.results if r in self.bars}
        outer = [v for v in with_arrays(captured(op.blocks)) if v in self.active]
        before = {v: self.whole(v) for v in outer if v in self.bars}
        sweeps, blocks = [], []
        # Of a `try`, what its body did is undone where it did not raise.
        paths = [op.blocks[1], op.blocks[0]] if op.prim is TRY else op.blocks
        for b in paths:
            block = Block(mirror=b)
            sweep = Sweep(self.active, dict(before))
            with building(block, op.statement, op.location, "adjoint"):
                for r, y in zip(op.results, b.yields):
                    if r in given:
                        sweep.add(y, given[r])
            sweep.ops(b.ops, block)
            sweeps.append(sweep)
            blocks.append(block)
        changed = [
            v for v in outer
            if any(s.bars.get(v) is not before.get(v) for s in sweeps)
        ]  # fmt: skip
        results = []
        for v in changed:
            for sweep, block, b in zip(sweeps, blocks, paths):
                with building(block, op.statement, op.location, "adjoint"):
                    unopened = isinstance(v.type, Tape) and v not in captured([b])
                    block.yields.append(None if unopened else sweep.whole(v))
            results.append(name(Value(bar_type(v)), v, "_bar"))
        if changed:
            kwargs = {k: x for k, x in op.kwargs.items() if k != "status"}
            prim, args = op.prim, op.args
            if op.prim is TRY:
                prim, args, kwargs = IF, (op.results[0],), {}
            elif op.prim is WITH:
                prim, args = ERRSTATE, ()  # one that changes nothing; `record` takes it away
            new = Op(prim, args, kwargs, blocks, results, op.statement, op.location, "adjoint")
            into.ops.append(new)
        for v, result in zip(changed, results):
            self.bars[v] = result

    def loop(self, op: Op, into: Block) -> None:
        """Mirror a loop: backwards over the same iterations, carrying the adjoints of what it
        carried and accumulating those of what it captured."""
        body = op.blocks[-1]
        if op.prim is WHILE and list(op.blocks[0].yields[1:]) != op.blocks[0].params:
            raise UnsupportedError(
                "a while condition that changes what the loop carries",
                "write `while True:` and `if not ...: break`",
            )
        carried = [s for s in slots(op) if any(v in self.active for v in (*s[1], s[3]))]
        outer = [v for v in captured([body]) if v in self.active]
        block = Block(mirror=body)
        if op.prim is FOR:
            index = body.params[0]
            block.add_param(index.type, index.hint, index.named)
        else:
            block.add_param(INT, "_")
        inits: list[Anything] = []
        sweep = Sweep(self.active, {})
        for v in outer:
            if v in self.bars:
                start = self.whole(v)
                if isinstance(v.type, Seq) and v.type.kind != "dict":
                    start = emit("as_slots", start)
            elif isinstance(v.type, Seq) and fills_slots(op, body, v):
                start = name(emit(NEW_SLOTS, v), v, "_bar")
                sweep.filling.add(v)
            elif isinstance(v.type, Seq):
                start = name(emit("zeros_tree", v), v, "_bar")
            else:
                start = name(bound_zero(v), v, "_bar")
            inits.append(start)
            p = block.add_param(bar_type(v))
            sweep.bars[v] = name(p, v, "_bar")
        inits += [self.whole(result) for *_, result in carried]
        with building(block, op.statement, op.location, "adjoint"):
            for _, params, yields, result in carried:
                p = block.add_param(bar_type(result))
                name(p, params[-1], "_bar")
                sweep.add(yields[-1], p)
        sweep.ops(body.ops, block)
        with building(block, op.statement, op.location, "adjoint"):
            block.yields = [sweep.whole(v) for v in outer]
            block.yields += [sweep.whole(s[1][-1]) for s in carried]
        results = [name(Value(p.type), v, "_bar") for p, v in zip(block.params[1:], outer)]
        lead = len(outer)
        for k, s in enumerate(carried):
            results.append(name(Value(block.params[1 + lead + k].type), s[1][-1], "_bar"))
        start, stop, step = iterations(op)
        new = Op(
            FOR,
            (start, stop, step, tuple(inits)),
            {"reversed": not op.kwargs.get("reversed", False), **header(op)},
            [block],
            list(results),
            op.statement,
            op.location,
            "adjoint",
        )
        drop_unchanged(new)
        into.ops.append(new)
        for v, result in zip(outer, results):
            if result in new.results:
                self.bars[v] = result
        for (init, *_), result, start_bar in zip(carried, results[lead:], inits[lead:]):
            self.add(init, result if result in new.results else start_bar)


def emptied_at(bar: Anything, index: Anything) -> Anything:
    """The adjoint of a list before its item at this index was set to zero, or None."""
    op = bar.owner if type(bar) is Value else None
    if not isinstance(op, Op) or op.prim is not SET_AT or isinstance(op.args[0].type, Num):
        return None
    old, i, zero = op.args
    empty = type(zero) is Value and isinstance(zero.owner, Op) and zero.owner.prim is ZEROS_TREE
    same = i is index or type(i) is int and type(index) is int and i == index
    return old if empty and same else None


def _keys(t: Type) -> list[Anything]:
    assert isinstance(t, Seq)
    return list(t.keys) if t.kind == "dict" else list(range(len(t.items)))


def _item(bar: Anything, key: Anything) -> Anything:
    """`bar[key]`, without a read where bar was put together here."""
    owner = bar.owner
    if isinstance(owner, Op) and owner.prim in (TUPLE, LIST, DICT):
        return owner.args[0][key]
    return bar[key]


def is_row(v: Value) -> bool:
    """`array[i]` or `array[i, j]` with numbers only: its places are places of the array."""
    op = v.owner
    if not isinstance(op, Op) or op.prim.name != "getitem" or not isinstance(op.args[0].type, Num):
        return False
    index = components(op.args[1])
    return op.args[0].type.rank is not None and all(
        type(i) is int or (type(i) is Value and i.type == INT) for i in index
    )


def with_arrays(values: Iterable[Value]) -> list[Value]:
    """Values, and the arrays of which they are rows: what is added to a row may go there."""
    out: dict[Value, None] = {}
    for v in values:
        out[v] = None
        while is_row(v):
            v = v.owner.args[0]  # type: ignore[union-attr]
            out[v] = None
    return list(out)


def bar_type(v: Value) -> Type:
    """The type of an adjoint that is carried or joined, until `passes.retype` refines it: the
    primal's, with the kind of a scalar left open."""
    return companion_type(v.type)
