"""Structured SSA to an imperative program: what blocks yield becomes moves, and early exits become
`break`, `continue` and `return` again.

A block is lowered with an `End`, which says what happens to its yields. Where the last operation
of a block is an `if` that decides how the block ends (its *stop* or *status* is a literal in a
branch), the end is lowered inside the branches, so that each can jump by itself.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any as Anything

from s2s_ad.codegen.headers import Header
from s2s_ad.codegen.program import (
    JUMPS,
    Break,
    Continue,
    Folding,
    For,
    If,
    Let,
    Move,
    Return,
    Stmt,
    While,
    With,
)
from s2s_ad.ir.core import Block, Function, Op, Value, leaves, replace, tree_map, walk
from s2s_ad.ir.types import INT
from s2s_ad.ops.structure import FOR, IF, POP, WHILE


class End:
    """What happens where a block ends."""

    can_jump = False  # whether the end can leave by a jump wherever it stands

    def write(self, yields: list[Anything], jump: bool) -> list[Stmt]:
        """The statements; with `jump` the last one has to be a jump."""
        raise NotImplementedError

    def threads(self, op: Op, yields: list[Anything]) -> bool:
        """Whether the end is better written in the branches of a final `if`."""
        return False


@dataclass
class Join(End):
    """The yields become the results of the operation that owns the block."""

    targets: list[Value]
    op: Op

    def write(self, yields: list[Anything], jump: bool) -> list[Stmt]:
        return [Move(list(self.targets), list(yields), self.op)]


@dataclass
class LoopEnd(End):
    """The yields are carried to the next iteration, or the loop stops."""

    carried: list[Value]
    op: Op
    flag: Value | None  # receives the stop value where somebody reads it
    can_jump = True

    def write(self, yields: list[Anything], jump: bool) -> list[Stmt]:
        out: list[Stmt] = [Move(list(self.carried), list(yields[: len(self.carried)]), self.op)]
        if not self.op.kwargs.get("stop"):
            return [*out, Continue(self.op)] if jump else out
        stop = yields[-1]
        if type(stop) is not Value:
            if stop:
                if self.flag is not None:
                    out[0].targets.append(self.flag)  # type: ignore[union-attr]
                    out[0].sources.append(stop)  # type: ignore[union-attr]
                return [*out, Break(self.op)]
            return [*out, Continue(self.op)] if jump else out
        flag = self.flag if self.flag is not None else Value(INT, "stop")
        out[0].targets.append(flag)  # type: ignore[union-attr]
        out[0].sources.append(stop)  # type: ignore[union-attr]
        out.append(If(flag, [Break(self.op)], [], self.op))
        return [*out, Continue(self.op)] if jump else out

    def threads(self, op: Op, yields: list[Anything]) -> bool:
        return bool(self.op.kwargs.get("stop")) and yields[-1] in op.results


@dataclass
class FunctionEnd(End):
    """The yields are returned."""

    function: Function
    can_jump = True

    def write(self, yields: list[Anything], jump: bool) -> list[Stmt]:
        value = tree_map(
            lambda leaf: yields[leaf] if type(leaf) is int else leaf, self.function.returns
        )
        return [Return(value)]

    def threads(self, op: Op, yields: list[Anything]) -> bool:
        text = op.statement.text if op.statement is not None else ""
        returned = [r for r in op.results if any(v is r for v in leaves(yields))]
        early = any(not r.hint for r in returned) or len(returned) > 2
        return bool(returned) and early and (text.startswith(("if ", "elif ")) or not text)


@dataclass
class Threaded(End):
    """The end of an outer block, seen from a branch of its final `if`."""

    outer: End
    yields: list[Anything]
    results: list[Value]

    @property
    def can_jump(self) -> bool:  # type: ignore[override]
        return self.outer.can_jump

    def seen(self, yields: list[Anything]) -> list[Anything]:
        out: list[Anything] = replace(self.yields, dict(zip(self.results, yields)))
        return out

    def write(self, yields: list[Anything], jump: bool) -> list[Stmt]:
        return self.outer.write(self.seen(yields), jump)

    def threads(self, op: Op, yields: list[Anything]) -> bool:
        return self.outer.threads(op, self.seen(yields))


@dataclass
class StatusEnd(End):
    """The end of a branch that yields a status, on which the rest of the block depends: where the
    status is a literal, what follows an exit is written here, with the status known, and what
    goes on falls out of the branch."""

    lowering: Lowering
    op: Op
    rest: list[Op]
    block: Block
    outer: End
    known: dict[Value, Anything]
    can_jump = True

    def write(self, yields: list[Anything], jump: bool) -> list[Stmt]:
        status = yields[-1]
        if type(status) is Value:
            raise NoJump
        out: list[Stmt] = [Move(list(self.op.results[:-1]), list(yields[:-1]), self.op)]
        if status:
            known = {**self.known, self.op.results[-1]: status}
            return out + self.lowering.rest(self.rest, self.block, self.outer, True, known)
        if jump:
            raise NoJump
        return out

    def threads(self, op: Op, yields: list[Anything]) -> bool:
        return yields[-1] in op.results


class NoJump(Exception):
    """This exit cannot be written as a jump; the status becomes a variable."""


class Lowering:
    """One run over one function."""

    def __init__(self, function: Function, folding: Folding, headers: dict[Op, Header]) -> None:
        self.function = function
        self.headers = headers
        self.folding = folding
        self.read = set(leaves(function.block.yields))
        for op in walk(function.block):
            self.read.update(leaves(op.args))
            for b in op.blocks:
                self.read.update(leaves(b.yields))

    def run(self) -> list[Stmt]:
        return self.block(self.function.block, FunctionEnd(self.function), False)

    def block(
        self, block: Block, end: End, jump: bool, known: dict[Value, Anything] | None = None
    ) -> list[Stmt]:
        return self.rest(block.ops, block, end, jump, known or {})

    def rest(
        self, ops: list[Op], block: Block, end: End, jump: bool, known: dict[Value, Anything]
    ) -> list[Stmt]:
        """Some last operations of a block, and its end. `known` replaces values: a status that is
        a literal on this path, and what follows from it."""
        out: list[Stmt] = []
        ops = [op for op in ops if not self.folded(op)]
        known = dict(known)
        for k, op in enumerate(ops):
            if op.prim is IF and op not in self.folding.ifs:
                condition = replace(op.args[0], known)
                if known and type(condition) is not Value:
                    chosen = op.blocks[0 if condition else 1]
                    out += self.inline(chosen, known)
                    known.update(zip(op.results, replace(chosen.yields, known)))
                    continue
                yields = replace(block.yields, known)
                if k == len(ops) - 1 and (end.threads(op, yields) or early(op, end)):
                    return out + self.final_if(op, Threaded(end, yields, op.results), jump, known)
                if op.kwargs.get("status") and end.can_jump:
                    found = self.status_if(op, ops[k + 1 :], block, end, jump, known)
                    if found is not None:
                        return out + found
            literal = self.literal(op, known)
            if literal is not None:
                known[op.result] = literal
                continue
            out += self.op(op, known)
        return out + end.write(replace(block.yields, known), jump)

    def folded(self, op: Op) -> bool:
        if op.prim is POP:
            return op.results[1] in self.folding.values
        return bool(op.results) and all(r in self.folding.values for r in op.results)

    def inline(self, block: Block, known: dict[Value, Anything]) -> list[Stmt]:
        """The operations of a branch that is known to be taken."""
        out: list[Stmt] = []
        for op in block.ops:
            if not self.folded(op):
                literal = self.literal(op, known)
                if literal is not None:
                    known[op.result] = literal
                else:
                    out += self.op(op, known)
        return out

    def literal(self, op: Op, known: dict[Value, Anything]) -> int | None:
        """The result of arithmetic on a status that is known."""
        if op.prim.name != "mod" or not any(v in known for v in leaves(op.args)):
            return None
        args = replace(op.args, known)
        return args[0] % args[1] if all(type(a) is int for a in args) else None

    # Exits ------------------------------------------------------------------------------------

    def final_if(
        self, op: Op, end: End, jump: bool, known: dict[Value, Anything]
    ) -> list[Stmt]:
        leave = jump or (early(op, end) and end.can_jump)
        then = self.block(op.blocks[0], end, leave, known)
        orelse = self.block(op.blocks[1], end, jump, known)
        return join_if(replaced(op, known), then, orelse)

    def status_if(
        self, op: Op, rest: list[Op], block: Block, end: End, jump: bool,
        known: dict[Value, Anything],
    ) -> list[Stmt] | None:  # fmt: skip
        """An `if` whose exits jump; nothing where one cannot. What follows is short: the `if`
        that reads the status, and what is recorded of it."""
        status = op.results[-1]
        readers = [o for o in rest if o.prim is IF and o.args[0] is status]
        if len(readers) > 1 or any(o.blocks for o in rest if o not in readers) or len(rest) > 8:
            return None
        inner = StatusEnd(self, op, rest, block, end, known)
        try:
            then = self.block(op.blocks[0], inner, False, known)
            orelse = self.block(op.blocks[1], inner, False, known)
            if not falls(then) and not falls(orelse):
                return [If(replace(op.args[0], known), then, orelse, op)]
            after = self.rest(rest, block, end, jump, {**known, status: 0})
        except NoJump:
            return None
        return join_if(replaced(op, known), then, orelse) + after

    # Operations -------------------------------------------------------------------------------

    def op(self, op: Op, known: dict[Value, Anything]) -> list[Stmt]:
        if op in self.folding.ifs or not op.blocks:
            return [Let(replaced(op, known))]
        if op.prim is IF:
            end = Join(op.results, op)
            then = self.block(op.blocks[0], end, False, known)
            orelse = self.block(op.blocks[1], end, False, known)
            return [If(replace(op.args[0], known), then, orelse, op)]
        if op.prim is FOR:
            return self.loop(op, op.blocks[0].params[1:])
        if op.prim is WHILE:
            return self.loop(op, op.blocks[0].params)
        return [With(op, self.block(op.blocks[0], Join(op.results, op), False, known))]

    def loop(self, op: Op, carried: list[Value]) -> list[Stmt]:
        """Loops do not depend on a status that is known: it ends the block that makes it."""
        targets, sources = list(carried), list(op.inits)
        flag = op.results[-1] if op.kwargs.get("stop") and op.results[-1] in self.read else None
        if flag is not None:
            targets.append(flag)
            sources.append(0)
        out: list[Stmt] = [Move(targets, sources, op)]
        end = LoopEnd(carried, op, flag)
        if op.prim is FOR:
            body = self.block(op.blocks[0], end, False)
            if op in self.headers:
                walked = self.headers[op].ops
                body = [s for s in body if not (isinstance(s, Let) and s.op in walked)]
                body = [*map(Let, walked), *body]
            over = tuple(e.source for e in self.headers[op].elements) if op in self.headers else ()
            out.append(For(op, op.blocks[0].params[0], body, over))
            out.append(Move(op.results[: len(carried)], list(carried), op))
            return out
        before, after = op.blocks
        condition, *passed = before.yields
        enter = Move(list(after.params), list(passed), op)
        body = [enter, *self.block(after, end, False)]
        if all(map(self.folded, before.ops)) and passed == carried:
            out.append(While(op, condition, body))
        else:
            check = self.block(before, Checked(op, carried, passed), False)
            out.append(While(op, True, [*check, *body]))
            # The condition's own versions are what the loop results in.
        out.append(Move(op.results[: len(carried)], list(carried), op))
        return out


@dataclass
class Checked(End):
    """The end of the condition of a `while` that needs statements."""

    op: Op
    carried: list[Value]
    passed: list[Anything]

    def write(self, yields: list[Anything], jump: bool) -> list[Stmt]:
        leave: list[Stmt] = [Move(list(self.carried), list(self.passed), self.op), Break(self.op)]
        return [If(yields[0], leave, [], self.op, negated=True)]


def join_if(op: Op, then: list[Stmt], orelse: list[Stmt]) -> list[Stmt]:
    """An `if` whose branches end by themselves; what follows a jump needs no `else`."""
    if ends_in_jump(then):
        return [If(op.args[0], then, [], op), *orelse]
    if ends_in_jump(orelse):
        return [If(op.args[0], orelse, [], op, negated=True), *then]
    return [If(op.args[0], then, orelse, op)]


def falls(stmts: list[Stmt]) -> bool:
    return not ends_in_jump(stmts)


def replaced(op: Op, known: dict[Value, Anything]) -> Op:
    """The operation with known values in place; its results stay the same values."""
    if not any(v in known for v in leaves(op.args)):
        return op
    new = copy.copy(op)  # not a new Op: that would claim the results
    new.args = replace(op.args, known)
    return new


def early(op: Op, end: End) -> bool:
    """Whether the `if` is an exit of the user's: what is in its other branch stands at its own
    level in the source, after it."""
    if op.role != "primal" or not isinstance(end, (LoopEnd, Threaded, FunctionEnd)):
        return False
    if isinstance(end, Threaded) and not early_end(end):
        return False
    mine = op.statement.location if op.statement is not None else None
    if mine is None:
        return False
    for o in op.blocks[1].ops:
        place = o.statement.location if o.statement is not None else None
        if place is not None and o.role == "primal" and o.prim.syntax not in ("push", "new_stack"):
            return place.column <= mine.column and place.line > mine.line
    return False


def early_end(end: End) -> bool:
    while isinstance(end, Threaded):
        end = end.outer
    return isinstance(end, (LoopEnd, FunctionEnd))


def ends_in_jump(stmts: list[Stmt]) -> bool:
    if not stmts:
        return False
    last = stmts[-1]
    if isinstance(last, If):
        return ends_in_jump(last.then) and ends_in_jump(last.orelse)
    return isinstance(last, JUMPS)
