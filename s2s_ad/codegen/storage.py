"""Out of SSA: each value gets a variable; values that do not interfere share one.

Two values interfere where one is set while the other is still to be read (unless it is a copy of
it). Families say which values wish to share.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from s2s_ad.codegen.aliases import Aliases
from s2s_ad.codegen.assigned import unbound_copies
from s2s_ad.codegen.buffers import Copies
from s2s_ad.codegen.families import Families
from s2s_ad.codegen.fold import fold
from s2s_ad.codegen.headers import Header, find_headers
from s2s_ad.codegen.liveness import Liveness, prune
from s2s_ad.codegen.lower import Lowering
from s2s_ad.codegen.program import Folding, For, Let, Move, Stmt, statements
from s2s_ad.codegen.schedule import schedule
from s2s_ad.codegen.touches import Touches, overlaid, settle
from s2s_ad.errors import InternalError
from s2s_ad.ir.core import UNDEFINED, Function, Op, Value
from s2s_ad.ir.types import Stack
from s2s_ad.ir.unbound import define
from s2s_ad.ops.tapes import POP, PUSH, RESTORE


@dataclass(eq=False)
class Variable:
    """A Python variable and the values it holds in turn."""

    values: list[Value] = field(default_factory=list)
    name: str = ""


@dataclass
class Plan:
    """A function ready to be written: its program, and a variable for every value in it."""

    function: Function
    program: list[Stmt]
    folding: Folding
    families: Families
    liveness: Liveness
    variables: dict[Value, Variable]
    fresh: set[Op]  # accumulations that make a new array
    aliases: Aliases
    headers: dict[Op, Header]
    touches: Touches
    edges: dict[Value, set[Value]]  # which values interfere
    sources: dict[ast.stmt, Stmt] = field(default_factory=dict)  # what each line is written for


def plan(function: Function, keep: set[Value], fresh: set[Op] | None = None) -> Plan:
    """Schedule, fold, lower, copy where updates need it, and give out variables. Changes the
    function. `keep` holds values that must not be folded, `fresh` the accumulations found so far
    that make a new array (extended in place)."""
    fresh = set() if fresh is None else fresh
    for _ in range(1000):
        touches = settle(function)
        aliases = Aliases(function, fresh)
        families = Families(function)
        schedule(function, families, aliases)
        headers = find_headers(function, aliases)
        walked = {r for h in headers.values() for op in h.ops for r in op.results}
        walked |= {e.source for h in headers.values() for e in h.elements}
        folding = fold(function, families, aliases, keep | walked, headers)
        program = Lowering(function, folding, headers, touches).run()
        liveness = Liveness(program, folding)
        program = prune(program, liveness)
        if Copies(function, aliases, liveness, program).resolve():
            continue
        coloring = Coloring(function, program, folding, liveness, families)
        variables = coloring.run()
        copied = unbound_copies(program, function.block.params, folding, variables)
        copied += overlaid(touches, function, variables)
        if not copied:
            break
        for v in copied:
            define(v)
    else:
        raise InternalError(f"{function.name}: no storage plan was found")
    return Plan(
        function,
        program,
        folding,
        families,
        liveness,
        variables,
        fresh,
        aliases,
        headers,
        touches,
        coloring.edges,
    )


class Coloring:
    """Interference, and variables that respect it."""

    def __init__(
        self,
        function: Function,
        program: list[Stmt],
        folding: Folding,
        liveness: Liveness,
        families: Families,
    ) -> None:
        self.function = function
        self.program = program
        self.folding = folding
        self.liveness = liveness
        self.families = families
        self.edges: dict[Value, set[Value]] = {}
        self.order: list[Value] = []
        self.collect()

    def interfere(self, a: Value, b: Value) -> None:
        if a is not b:
            self.edges[a].add(b)
            self.edges[b].add(a)

    def define(self, v: Value) -> None:
        if v not in self.edges:
            self.edges[v] = set()
            self.order.append(v)

    def collect(self) -> None:
        params = self.function.block.params
        for p in params:
            self.define(p)
        for p in params:
            for q in params:
                self.interfere(p, q)
        everything = list(statements(self.program))
        for stmt in everything:
            if isinstance(stmt, For):
                self.define(stmt.index)
            for v in self.folding.writes(stmt):
                self.define(v)
        for stmt in everything:
            if isinstance(stmt, For):
                for v in self.liveness.body_start[stmt]:
                    self.interfere(stmt.index, v)
            writes = self.folding.writes(stmt)
            after = self.liveness.after[stmt]
            if not isinstance(stmt, (Let, Move)):
                after = self.liveness.body_start.get(stmt, after) | after
            others = after.union(writes)
            for v in writes:
                copied = None
                if isinstance(stmt, Move) and v in stmt.targets:
                    copied = stmt.sources[stmt.targets.index(v)]
                    if copied is UNDEFINED:
                        continue
                new = others - self.edges[v]
                if type(copied) is Value and copied not in writes:
                    new -= {copied}
                new -= {v}
                self.edges[v] |= new
                for other in new:
                    self.edges[other].add(v)

    def run(self) -> dict[Value, Variable]:
        variables = {v: Variable([v]) for v in self.order}

        def merge(a: Value, b: Value) -> None:
            if a not in variables or b not in variables:
                return
            x, y = variables[a], variables[b]
            if x is y:
                return
            mine = set(x.values)
            if any(self.edges[v] & mine for v in y.values):
                return
            x.values += y.values
            for v in y.values:
                variables[v] = x

        for a, b in self.families.pairs:
            merge(a, b)
        first: dict[Value, list[Value]] = {}
        for v in self.order:
            root = self.families.root(v)
            for other in first.get(root, []):
                merge(other, v)
            first.setdefault(root, []).append(v)
        for stmt in statements(self.program):
            for v in self.folding.writes(stmt):
                if isinstance(v.type, Stack):
                    self.check_stack(v, variables)
        return variables

    def check_stack(self, v: Value, variables: dict[Value, Variable]) -> None:
        """Versions of a stack are one list, so they have to be one variable."""
        op = v.owner
        if isinstance(op, Op) and op.prim in (PUSH, POP, RESTORE) and v is op.results[0]:
            if variables[v] is not variables.get(op.args[0]):
                raise InternalError(
                    f"{self.function.name}: two versions of a tape are alive at once"
                )
