"""Definite assignment: which variables have a value wherever a statement is reached.

A name that a branch leaves without a value is no assignment in Python. That is right as long as
the variable is passed on under one name; a copy into another variable would fail in Python,
although nobody reads the copy on that path either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from s2s_ad.codegen.program import (
    Break,
    Folding,
    For,
    If,
    Let,
    Move,
    Stmt,
    Try,
    While,
    With,
    raises,
)
from s2s_ad.ir.core import UNDEFINED, Value
from s2s_ad.ir.unbound import may_be_unbound
from s2s_ad.ops.slots import NEW_SLOTS, ZEROS_TREE
from s2s_ad.ops.structure import DICT, LIST, TUPLE

if TYPE_CHECKING:
    from s2s_ad.codegen.storage import Variable

TAKING = (TUPLE, LIST, DICT, NEW_SLOTS, ZEROS_TREE)  # what they take may have no value
Bound: TypeAlias = "frozenset[Variable] | None"  # None: the place is never reached


def unbound_copies(
    program: list[Stmt], params: list[Value], folding: Folding, variables: dict[Value, Variable]
) -> list[Value]:
    """The values that a move copies, or a container takes, from a variable that may not have been
    assigned."""
    walk = Assigned(folding, variables)
    walk.block(program, frozenset(variables[p] for p in params))
    return walk.found


class Assigned:
    """One walk along all paths. Loops need no second round: nothing ever loses its value."""

    def __init__(self, folding: Folding, variables: dict[Value, Variable]) -> None:
        self.folding = folding
        self.variables = variables
        self.found: list[Value] = []
        self.breaks: list[list[Bound]] = []

    def block(self, stmts: list[Stmt], bound: Bound) -> Bound:
        for s in stmts:
            if bound is None:
                return None
            bound = self.stmt(s, bound)
        return bound

    def stmt(self, s: Stmt, bound: frozenset[Variable]) -> Bound:
        if isinstance(s, Let):
            if raises(s):
                return None
            if s.op.prim in TAKING:
                self.found += [
                    v
                    for v in self.folding.registers(s.op.args)
                    if self.variables[v] not in bound and may_be_unbound(v)
                ]
            return bound | {self.variables[v] for v in self.folding.writes(s)}
        if isinstance(s, Move):
            return self.move(s, bound)
        if isinstance(s, If):
            return meet([self.block(s.then, bound), self.block(s.orelse, bound)])
        if isinstance(s, Try):
            raised = bound | {self.variables[s.error]}
            ends = [self.block(h, raised) for h in s.handlers]
            return meet([self.block(s.orelse, self.block(s.body, bound)), *ends])
        if isinstance(s, With):
            return self.block(s.body, bound | {self.variables[v] for v in self.folding.writes(s)})
        if isinstance(s, (For, While)):
            self.breaks.append([])
            self.block(s.body, bound | {self.variables[s.index]} if isinstance(s, For) else bound)
            breaks = self.breaks.pop()
            endless = isinstance(s, While) and s.condition is True
            return meet(breaks) if endless else bound
        if isinstance(s, Break):
            self.breaks[-1].append(bound)
        return None

    def move(self, s: Move, bound: frozenset[Variable]) -> Bound:
        new = set(bound)
        for target, source in zip(s.targets, s.sources):
            variable = self.variables[target]
            if type(source) is Value and source not in self.folding.values:
                if self.variables[source] is variable:
                    continue
                if self.variables[source] not in bound:
                    self.found.append(source)
            if source is not UNDEFINED:
                new.add(variable)
        return frozenset(new)


def meet(paths: list[Bound]) -> Bound:
    """What has a value on all paths that arrive."""
    arriving = [p for p in paths if p is not None]
    return frozenset.intersection(*arriving) if arriving else None
