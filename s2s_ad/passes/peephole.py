"""The machinery of local rewriting: rules by primitive, and the pass that applies them.

A rule takes an operation of derivative code and returns a one-tuple with a simpler result, or
None. Rules run where an operation is written (`ir.build.emit`), so that what a derivative rule
writes is simple from the start; there nothing is known about later uses. They run again as a
pass, when uses are known and a factor may be taken out of a product that nobody else reads.
Operations of the primal are never touched, and nothing looks through them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any as Anything

from s2s_ad.ir.build import PEEPHOLES, building, knowing, simplify, typeof
from s2s_ad.ir.core import Block, Function, Op, Value, leaves, replace, rewire
from s2s_ad.ir.types import Num

# What makes derivatives from derivatives, so floats even where no type is known. (A mask or an
# index is written by derivative code too.)
DERIVATIVES = (
    "multiply", "divide", "negative", "accumulate", "broadcast_like", "unbroadcast", "sum",
    "matmul", "add_at", "T", "transpose",
)  # fmt: skip

Rule = Callable[[Op], "tuple[Anything] | None"]
RULES: dict[str, list[Rule]] = {}


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Register a rule for primitives by name; rules are tried in order of registration."""

    def enter(f: Rule) -> Rule:
        for name in names:
            RULES.setdefault(name, []).append(f)
        return f

    return enter


@dataclass
class Uses:
    """Who reads what, while the pass runs over one function."""

    counts: dict[Value, int] = field(default_factory=dict)
    homes: dict[Value, Block] = field(default_factory=dict)
    block: Block | None = None  # the one under construction

    def single(self, v: Value) -> bool:
        """Read once, and written in the block at hand. Unknown values were written just now."""
        return self.counts.get(v, 1) == 1 and self.homes.get(v, self.block) is self.block


_uses: ContextVar[Uses | None] = ContextVar("uses", default=None)
_muted: ContextVar[tuple[Rule, ...]] = ContextVar("muted", default=())


def single(x: Anything) -> bool:
    """Whether nobody but the operation at hand reads x, so that x may be taken apart."""
    uses = _uses.get()
    return uses is not None and type(x) is Value and uses.single(x)


@contextmanager
def without(*rules: Rule) -> Iterator[None]:
    """Write operations that these rules leave alone: they are in normal form."""
    token = _muted.set((*_muted.get(), *rules))
    try:
        yield
    finally:
        _muted.reset(token)


def made_by(x: Anything, *names: str) -> Op | None:
    """The operation of derivative code that made x, if it is one of these primitives."""
    if type(x) is Value and isinstance(x.owner, Op):
        op = x.owner
        if op.role != "primal" and op.prim.name in names and len(op.results) == 1:
            return op
    return None


def is_literal(x: Anything) -> bool:
    """A real Python number, known while transforming."""
    return type(x) is float or type(x) is int


def is_float(x: Anything) -> bool:
    """Known to be of a floating (or complex) type, as every derivative is."""
    t = typeof(x)
    if isinstance(t, Num) and t.dtype is not None:
        return t.dtype.kind in "fc"
    return made_by(x, *DERIVATIVES) is not None


def peephole(op: Op) -> tuple[Anything] | None:
    muted = _muted.get()
    for f in RULES.get(op.prim.name, ()):
        if f not in muted:
            simpler = f(op)
            if simpler is not None:
                return simpler
    return None


PEEPHOLES.append(peephole)


def count_uses(function: Function) -> Uses:
    """How often each value is read, and the block that defines it."""
    uses = Uses()

    def read(tree: Anything) -> None:
        for v in leaves(tree):
            uses.counts[v] = uses.counts.get(v, 0) + 1

    def visit(block: Block) -> None:
        for op in block.ops:
            read(op.args)
            read(op.kwargs)
            for b in op.blocks:
                visit(b)
            for v in op.results:
                uses.homes[v] = block
                uses.counts.setdefault(v, 0)
        read(block.yields)

    visit(function.block)
    return uses


def rewrite(function: Function) -> Function:
    """Apply the rules to every operation of derivative code, in place, operands first."""
    uses = count_uses(function)
    mapping: dict[Value, Anything] = {}

    def visit(block: Block) -> None:
        ops, block.ops = block.ops, []
        for op in ops:
            rewire(op, mapping)
            for b in op.blocks:
                visit(b)
            uses.block = block
            before = len(block.ops)
            simpler = None
            if op.role != "primal" and not op.blocks:
                with building(block, op.statement, op.location, op.role):
                    simpler = simplify(op)
            if simpler is None:
                block.ops.append(op)
            else:
                stand_in(op, simpler[0])
            for new in block.ops[before:]:
                for v in new.results:
                    uses.homes[v] = block
                    uses.counts.setdefault(v, 1)
        block.yields = list(replace(block.yields, mapping))

    def stand_in(op: Op, simpler: Anything) -> None:
        parts = [simpler] if len(op.results) == 1 else list(simpler)
        for old, new in zip(op.results, parts):
            mapping[old] = new
            if type(new) is not Value:
                continue
            readers = uses.counts.get(old, 1)
            known = new in uses.counts
            uses.counts[new] = uses.counts[new] - 1 + readers if known else readers
            if not new.hint and new.companion is None and isinstance(new.owner, Op):
                new.hint, new.named, new.companion = old.hint, old.named, old.companion

    token = _uses.set(uses)
    try:
        with knowing(function.facts):
            visit(function.block)
    finally:
        _uses.reset(token)
    return function
