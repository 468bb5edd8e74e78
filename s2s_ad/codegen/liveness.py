"""Which values are read later, after each statement of a program."""

from __future__ import annotations

from typing import Any as Anything

from s2s_ad.codegen.program import (
    Break,
    Continue,
    Folding,
    For,
    If,
    Let,
    Move,
    Return,
    Stmt,
    Try,
    While,
    With,
    raises,
)
from s2s_ad.ir.core import Value
from s2s_ad.ir.types import Stack

Live = frozenset[Value]
NONE: Live = frozenset()


class Liveness:
    """`after[stmt]`: live after it (for loops: where the body starts, before the index is set).

    Targets of a `Move` that nobody reads are dropped from it on the way.
    """

    def __init__(self, program: list[Stmt], folding: Folding) -> None:
        self.folding = folding
        self.after: dict[Stmt, Live] = {}
        self.body_start: dict[Stmt, Live] = {}
        self.handlers: Live = NONE  # what is read where the statement under way raises
        self.entry = self.block(program, NONE, NONE, NONE)

    def block(self, stmts: list[Stmt], live: Live, brk: Live, cont: Live) -> Live:
        for stmt in reversed(stmts):
            live = self.stmt(stmt, live, brk, cont)
        return live

    def stmt(self, stmt: Stmt, live: Live, brk: Live, cont: Live) -> Live:
        live |= self.handlers
        reads = frozenset(self.folding.reads(stmt))
        writes = frozenset(self.folding.writes(stmt))
        self.after[stmt] = live
        if raises(stmt):
            return self.handlers | reads
        if isinstance(stmt, Let):
            return (live - writes) | reads
        if isinstance(stmt, Move):
            return self.move(stmt, live)
        if isinstance(stmt, Break):
            return brk
        if isinstance(stmt, Continue):
            return cont
        if isinstance(stmt, Return):
            self.after[stmt] = NONE
            return reads
        if isinstance(stmt, If):
            then = self.block(stmt.then, live, brk, cont)
            orelse = self.block(stmt.orelse, live, brk, cont)
            self.body_start[stmt] = then | orelse
            return ((then | orelse) - writes) | reads
        if isinstance(stmt, Try):
            return self.attempt(stmt, live, brk, cont)
        if isinstance(stmt, With):
            inner = self.block(stmt.body, live, brk, cont)
            self.body_start[stmt] = inner
            return (inner - writes) | reads
        assert isinstance(stmt, (For, While))
        # Around a loop until nothing is added. `head`: live where the loop decides to go on.
        always = isinstance(stmt, While) and stmt.condition is True
        head = NONE if always else live
        if isinstance(stmt, While):
            head |= reads
        while True:
            inside = self.block(stmt.body, head, live, head)
            self.body_start[stmt] = inside
            if isinstance(stmt, For):
                inside = inside - {stmt.index}
            else:
                inside = inside - writes
            if inside <= head:
                break
            head |= inside
        return (head - writes) | reads if isinstance(stmt, For) else head

    def attempt(self, stmt: Try, live: Live, brk: Live, cont: Live) -> Live:
        """From any place in the body the next statement may be one of a handler."""
        handled = NONE
        for h in stmt.handlers:
            handled |= self.block(h, live, brk, cont)
        self.body_start[stmt] = handled
        orelse = self.block(stmt.orelse, live, brk, cont)
        outer = self.handlers
        # A tape is one list under one name; a handler takes back what was pushed (`restore`).
        self.handlers |= {v for v in handled if not isinstance(v.type, Stack)} - {stmt.error}
        inside = self.block(stmt.body, orelse, brk, cont) | self.handlers
        self.handlers = outer
        return inside

    def move(self, stmt: Move, live: Live) -> Live:
        reads: set[Value] = set()
        for target, source in zip(stmt.targets, stmt.sources):
            if target in live or self.pops(source):
                reads.update(self.folding.registers(source))
        return (live - frozenset(self.folding.writes(stmt))) | reads

    def pops(self, source: Anything) -> bool:
        """Whether reading a source takes something from a tape, and so has to happen."""
        return any(True for _ in self.folding.pops(source))


def prune(program: list[Stmt], liveness: Liveness) -> list[Stmt]:
    """The program without moves to values that nobody reads, and without reads of sizes that a
    loop header made superfluous."""
    out: list[Stmt] = []
    for s in program:
        if isinstance(s, Let) and is_superfluous(s, liveness):
            continue
        if isinstance(s, Move):
            live = liveness.after[s]
            pairs = [(t, x) for t, x in zip(s.targets, s.sources) if t in live or liveness.pops(x)]
            s.targets, s.sources = [t for t, _ in pairs], [x for _, x in pairs]
            if not pairs:
                continue
        elif isinstance(s, If):
            s.then, s.orelse = prune(s.then, liveness), prune(s.orelse, liveness)
        elif isinstance(s, Try):
            s.handlers = [prune(h, liveness) for h in s.handlers]
            s.body, s.orelse = prune(s.body, liveness), prune(s.orelse, liveness)
        elif isinstance(s, (For, While, With)):
            s.body = prune(s.body, liveness)
        out.append(s)
    return out


def is_superfluous(s: Let, liveness: Liveness) -> bool:
    if s.op.prim.name not in ("len", "shape", "size"):
        return False
    return not any(r.named or r in liveness.after[s] for r in s.op.results)
