"""The imperative form between SSA and Python: statements over SSA values, which stand for
themselves until `storage` gives them variables.

A `Move` is a parallel assignment; everything that a block of SSA yields becomes one. A value in
`folded` has no variable: its operation is written where the value is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any as Anything
from typing import Union

from s2s_ad.ir.core import Op, Value, leaves
from s2s_ad.ops.structure import RAISE
from s2s_ad.ops.tapes import POP


@dataclass(eq=False)
class Let:
    """The results of an operation are computed; an update works in place."""

    op: Op


@dataclass(eq=False)
class Move:
    """All sources are read, then all targets are set."""

    targets: list[Value]
    sources: list[Anything]
    op: Op | None = None


@dataclass(eq=False)
class If:
    condition: Anything
    then: list[Stmt]
    orelse: list[Stmt]
    op: Op | None = None
    negated: bool = False


@dataclass(eq=False)
class For:
    """`index` runs over the range that the operation's first three operands span, or counts the
    items of the sequences."""

    op: Op
    index: Value
    body: list[Stmt] = field(default_factory=list)
    over: tuple[Value, ...] = ()  # the sequences it walks, where it is written so


@dataclass(eq=False)
class While:
    """`condition` is True where the body breaks."""

    op: Op
    condition: Anything
    body: list[Stmt] = field(default_factory=list)


@dataclass(eq=False)
class With:
    """`with np.errstate(...)`, or another context, whose value is the parameter of the block."""

    op: Op
    body: list[Stmt] = field(default_factory=list)


@dataclass(eq=False)
class Try:
    """`handlers` are what happens for each tuple of classes of the operation, `error` the
    exception there; `orelse` follows the body where it did not raise."""

    op: Op
    error: Value
    body: list[Stmt] = field(default_factory=list)
    handlers: list[list[Stmt]] = field(default_factory=list)
    orelse: list[Stmt] = field(default_factory=list)


@dataclass(eq=False)
class Break:
    op: Op | None = None


@dataclass(eq=False)
class Continue:
    op: Op | None = None


@dataclass(eq=False)
class Return:
    value: Anything
    op: Op | None = None


Stmt = Union[Let, Move, If, For, While, With, Try, Break, Continue, Return]


def raises(s: Stmt) -> bool:
    """Whether a statement is a `raise`."""
    return isinstance(s, Let) and s.op.prim is RAISE


def jumps(s: Stmt) -> bool:
    """Whether nothing that follows a statement in its list is reached."""
    return isinstance(s, (Break, Continue, Return)) or raises(s)


@dataclass
class Folding:
    """What is written as part of a larger expression: values, and `if` operations."""

    values: set[Value] = field(default_factory=set)
    ifs: set[Op] = field(default_factory=set)

    def registers(self, operand: Anything) -> Iterator[Value]:
        """The values that evaluating an operand reads from variables, in order."""
        for v in leaves(operand):
            if v not in self.values:
                yield v
                continue
            op = v.owner
            assert isinstance(op, Op)
            yield from self.registers(op.args)
            if op in self.ifs:
                for b in op.blocks:
                    yield from self.registers(b.yields)

    def pops(self, operand: Anything) -> Iterator[Op]:
        """The pops that evaluating an operand performs, in order."""
        for v in leaves(operand):
            if v in self.values:
                op = v.owner
                assert isinstance(op, Op)
                yield from self.pops(op.args)
                if op.prim is POP:
                    yield op
                if op in self.ifs:
                    for b in op.blocks:
                        yield from self.pops(b.yields)

    def reads(self, stmt: Stmt) -> list[Value]:
        """What the statement itself (not its blocks) reads."""
        return list(self.registers(operand_of(stmt, self)))

    def writes(self, stmt: Stmt) -> list[Value]:
        """What the statement itself sets: results, targets, and stacks that it pops."""
        out = [p.results[0] for p in self.pops(operand_of(stmt, self))]
        if isinstance(stmt, Let):
            out += [r for r in stmt.op.results if r not in self.values]
        elif isinstance(stmt, Move):
            out += stmt.targets
        elif isinstance(stmt, Try):
            out.append(stmt.error)
        elif isinstance(stmt, With):
            out += stmt.op.blocks[0].params
        return out


def operand_of(stmt: Stmt, folding: Folding) -> Anything:
    """What the statement itself evaluates, as one operand."""
    if isinstance(stmt, Let):
        if stmt.op in folding.ifs:
            return (stmt.op.args, [b.yields for b in stmt.op.blocks])
        return stmt.op.args
    if isinstance(stmt, Move):
        return stmt.sources
    if isinstance(stmt, For):
        return stmt.over or stmt.op.args[:3]
    if isinstance(stmt, (If, While)):
        return stmt.condition
    if isinstance(stmt, With):
        return stmt.op.args
    return stmt.value if isinstance(stmt, Return) else None


def bodies(stmt: Stmt) -> list[list[Stmt]]:
    if isinstance(stmt, If):
        return [stmt.then, stmt.orelse]
    if isinstance(stmt, Try):
        return [stmt.body, *stmt.handlers, stmt.orelse]
    return [stmt.body] if isinstance(stmt, (For, While, With)) else []


def statements(stmts: list[Stmt]) -> Iterator[Stmt]:
    """Every statement, nested ones after the one that owns them."""
    for s in stmts:
        yield s
        for inner in bodies(s):
            yield from statements(inner)
