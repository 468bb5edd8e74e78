"""Replays a planned program symbolically: at each read the variable holds the SSA value expected.

For each variable (by its final name) the checker knows the SSA values that it holds. A write
replaces them, an in-place update also spoils every variable that may share the buffer; where
paths meet, only what all of them agree on is known.
"""

from __future__ import annotations

from typing import Any as Anything

from s2s_ad.codegen.aliases import Tokens, immutable, is_update, moved
from s2s_ad.codegen.apart import apart
from s2s_ad.codegen.moves import sequence
from s2s_ad.codegen.program import (
    Break,
    Continue,
    For,
    If,
    Let,
    Move,
    Stmt,
    Try,
    While,
    With,
    operand_of,
    raises,
)
from s2s_ad.codegen.putback import put_back
from s2s_ad.codegen.storage import Plan
from s2s_ad.errors import InternalError
from s2s_ad.ir.core import UNDEFINED, Op, Value, leaves
from s2s_ad.ops.raising import SAFE
from s2s_ad.ops.structure import CALL
from s2s_ad.ops.tapes import POP, PUSH, RESTORE

State = dict[str, frozenset[Value]]


def check(plan: Plan) -> None:
    """Raise an InternalError where a variable would be read that holds something else."""
    names: dict[str, Anything] = {}
    for variable in plan.variables.values():
        if variable.name != "_" and names.setdefault(variable.name, variable) is not variable:
            raise InternalError(f"{plan.function.name}: two variables are named {variable.name}")
    state: State = {plan.variables[p].name: frozenset({p}) for p in plan.function.block.params}
    Replay(plan).block(plan.program, state)


class Replay:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.breaks: list[list[State]] = []
        self.continues: list[list[State]] = []
        self.tries: list[list[State]] = []  # what may hold where the statements under way raise

    def name(self, v: Value) -> str:
        return self.plan.variables[v].name

    def fail(self, v: Value, state: State) -> None:
        held = ", ".join(f"%{w.hint or 'v'}" for w in sorted(state.get(self.name(v), ()), key=hint))
        raise InternalError(
            f"{self.plan.function.name}: {self.name(v)} is read for %{v.hint or 'v'}, "
            f"but holds {held or 'nothing known'}"
        )

    def read(self, stmt: Stmt, state: State) -> None:
        operand = operand_of(stmt, self.plan.folding)
        if isinstance(stmt, Let) and stmt.op in self.plan.folding.ifs:
            if any(list(self.plan.folding.pops(b.yields)) for b in stmt.op.blocks):
                raise InternalError("a pop in a branch of a conditional expression")
        if isinstance(stmt, Let) and stmt.op.prim is RESTORE:
            operand = stmt.op.args[1]  # the tape is not what it was: that is the point
        for v in self.plan.folding.registers(operand):
            if v not in state.get(self.name(v), frozenset()):
                self.fail(v, state)
        pops = list(self.plan.folding.pops(operand))
        stacks = [self.name(p.args[0]) for p in pops]
        if len(set(stacks)) != len(stacks):
            raise InternalError("two pops of one tape in one expression")
        if self.pops_in_branches(operand):
            raise InternalError("a pop in a branch of a conditional expression")

    def pops_in_branches(self, operand: Anything) -> bool:
        folding = self.plan.folding
        for v in leaves(operand):
            if v in folding.values and isinstance(v.owner, Op):
                blocks = v.owner.blocks if v.owner in folding.ifs else []
                if any(list(folding.pops(b.yields)) for b in blocks):
                    return True
                if self.pops_in_branches(v.owner.args):
                    return True
        return False

    def forget(self, v: Value, state: State) -> None:
        for name, held in state.items():
            if v in held:
                state[name] = held - {v}

    def hold(self, v: Value, values: frozenset[Value], state: State) -> None:
        self.forget(v, state)
        state[self.name(v)] = (values | {v}) if self.name(v) != "_" else frozenset({v})

    def block(self, stmts: list[Stmt], state: State | None) -> State | None:
        for stmt in stmts:
            if state is None:
                return None
            self.note(stmt, state)
            state = self.stmt(stmt, state)
        return state

    def note(self, stmt: Stmt, state: State) -> None:
        if isinstance(stmt, Move):
            return  # raises nothing
        if isinstance(stmt, Let) and stmt.op.prim.name in SAFE | {"restore"}:
            if all(v not in self.plan.folding.values for v in leaves(stmt.op.args)):
                return
        for states in self.tries:
            states.append(dict(state))

    def stmt(self, stmt: Stmt, state: State) -> State | None:
        if isinstance(stmt, Move):
            return self.move(stmt, state)
        if isinstance(stmt, While):
            return self.loop(stmt, state)
        self.read(stmt, state)
        operand = operand_of(stmt, self.plan.folding)
        for pop in self.plan.folding.pops(operand):
            self.hold(pop.results[0], frozenset(), state)
        if isinstance(stmt, Let):
            self.let(stmt.op, state)
            return None if raises(stmt) else state
        if isinstance(stmt, If):
            then = self.block(stmt.then, dict(state))
            return meet([then, self.block(stmt.orelse, dict(state))])
        if isinstance(stmt, Try):
            return self.attempt(stmt, state)
        if isinstance(stmt, With):
            for p in stmt.op.blocks[0].params:
                self.hold(p, frozenset(), state)
            return self.block(stmt.body, state)
        if isinstance(stmt, For):
            return self.loop(stmt, state)
        if isinstance(stmt, Break):
            self.breaks[-1].append(state)
        elif isinstance(stmt, Continue):
            self.continues[-1].append(state)
        return None

    def attempt(self, stmt: Try, state: State) -> State | None:
        self.tries.append([dict(state)])
        end = self.block(stmt.body, state)
        raised = meet(list(self.tries.pop()))
        assert raised is not None
        ends = []
        for handler in stmt.handlers:
            inside = dict(raised)
            self.hold(stmt.error, frozenset(), inside)
            ends.append(self.block(handler, inside))
        return meet([self.block(stmt.orelse, end), *ends])

    def let(self, op: Op, state: State) -> None:
        plan = self.plan
        if op.prim in (PUSH, POP, RESTORE):
            self.hold(op.results[0], frozenset(), state)
            if op.prim is POP and op.results[1] not in plan.folding.values:
                self.hold(op.results[1], frozenset(), state)
            return
        if is_update(op) and type(op.args[0]) is Value and op not in plan.fresh:
            x = op.args[0]
            if not (immutable(x) and op.prim.name == "accumulate"):
                self.spoil(op, x, plan.aliases.touched(op), state)
        elif op.prim is CALL:
            for x in moved(op).values():
                self.spoil(op, x, plan.aliases.of(x), state)
        for r in op.results:
            if r not in plan.folding.values:
                self.hold(r, frozenset(), state)

    def spoil(self, op: Op, x: Anything, tokens: Tokens, state: State) -> None:
        """What may share the buffer that an operation writes into is no longer what it was."""
        aliases = self.plan.aliases
        for name, held in state.items():
            spoiled = frozenset(
                v for v in held
                if aliases.of(v) & tokens and not aliases.older(v, x)
                and not apart(aliases, v, x)
                and not put_back(self.plan.function.block, op, v)
            )  # fmt: skip
            state[name] = held - spoiled

    def move(self, stmt: Move, state: State) -> State:
        plan = self.plan
        for step in sequence(stmt, plan):
            found: list[frozenset[Value]] = []
            for source in step.sources:
                for v in plan.folding.registers(source):
                    if v not in state.get(self.name(v), frozenset()):
                        self.fail(v, state)
                plain = type(source) is Value and source not in plan.folding.values
                found.append(state[self.name(source)] if plain else frozenset())
            for pop in plan.folding.pops(step.sources):
                self.hold(pop.results[0], frozenset(), state)
            for target, values in zip(step.targets, found):
                self.forget(target, state)
                state[self.name(target)] = values - set(step.targets)
        # Only now: a target stands for its new value after all of the move.
        for target, source in zip(stmt.targets, stmt.sources):
            name = self.name(target)
            held = state.get(name, frozenset())
            if type(source) is not Value or source in plan.folding.values or source in held:
                continue
            if plan.variables[source] is plan.variables[target] and source not in stmt.targets:
                self.fail(source, state)
        for target, source in zip(stmt.targets, stmt.sources):
            if source is not UNDEFINED:
                name = self.name(target)
                held = state.get(name, frozenset())
                self.forget(target, state)
                state[name] = (held - {target}) | {target}
            else:
                name = self.name(target)
                state[name] = state.get(name, frozenset()) | {target}
        return state

    def loop(self, stmt: For | While, state: State) -> State | None:
        head: State | None = state
        while True:
            assert head is not None
            inside = dict(head)
            if isinstance(stmt, For):
                out: State | None = dict(head)
                self.hold(stmt.index, frozenset(), inside)
            else:
                if stmt.condition is not True:
                    self.read(stmt, inside)
                out = None if stmt.condition is True else dict(inside)
            self.breaks.append([])
            self.continues.append([])
            end = self.block(stmt.body, inside)
            breaks, continues = self.breaks.pop(), self.continues.pop()
            again = meet([head, end, *continues])
            if again == head:
                return meet([out, *breaks])
            head = again


def hint(v: Value) -> str:
    return v.hint


def meet(states: list[State | None]) -> State | None:
    """What all paths that arrive agree on."""
    arriving = [s for s in states if s is not None]
    if not arriving:
        return None
    out: State = {}
    for name in arriving[0]:
        if all(name in s for s in arriving):
            held = arriving[0][name]
            for s in arriving[1:]:
                held = held & s[name]
            out[name] = held
    return out
