"""Structured SSA to an imperative program: what blocks yield becomes moves, and early exits become
`break`, `continue` and `return` again.

A block is lowered with an `End`, which says what happens to its yields. Where the last operation
of a block is an `if` that decides how the block ends (its *stop* or *status* is a literal in a
branch), the end is lowered inside the branches, so that each can jump by itself.
"""

from __future__ import annotations

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
from s2s_ad.ops.structure import FOR, IF, WHILE


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
    """The end of a branch that yields a status, which the next `if` reads at once: an exit is
    written here, and what goes on falls out of the branch."""

    lowering: Lowering
    op: Op
    consumer: Op
    outer: End

    def write(self, yields: list[Anything], jump: bool) -> list[Stmt]:
        status = yields[-1]
        out: list[Stmt] = [Move(list(self.op.results[:-1]), list(yields[:-1]), self.op)]
        leave = self.lowering.block(self.consumer.blocks[0], self.outer, True)
        if type(status) is not Value:
            return out + leave if status else out
        target = self.op.results[-1]
        out[0].targets.append(target)  # type: ignore[union-attr]
        out[0].sources.append(status)  # type: ignore[union-attr]
        return [*out, If(target, leave, [], self.consumer)]

    def threads(self, op: Op, yields: list[Anything]) -> bool:
        return yields[-1] in op.results


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

    def block(self, block: Block, end: End, jump: bool) -> list[Stmt]:
        out: list[Stmt] = []
        ops = [op for op in block.ops if not self.folded(op)]
        for k, op in enumerate(ops):
            last = k == len(ops) - 1
            if op.prim is IF and op not in self.folding.ifs:
                if last and end.threads(op, block.yields):
                    return out + self.final_if(op, Threaded(end, block.yields, op.results), jump)
                if k == len(ops) - 2 and self.status_pair(op, ops[k + 1], block, end):
                    return out + self.status_if(op, ops[k + 1], block, end, jump)
            out += self.op(op)
        return out + end.write(block.yields, jump)

    def folded(self, op: Op) -> bool:
        if op.prim.name == "pop":
            return op.results[1] in self.folding.values
        return bool(op.results) and all(r in self.folding.values for r in op.results)

    # Exits ------------------------------------------------------------------------------------

    def final_if(self, op: Op, end: End, jump: bool) -> list[Stmt]:
        then = self.block(op.blocks[0], end, jump)
        orelse = self.block(op.blocks[1], end, jump)
        return join_if(op, then, orelse)

    def status_pair(self, op: Op, consumer: Op, block: Block, end: End) -> bool:
        """Whether the block ends in an `if` with a status and the `if` that reads it."""
        return (
            bool(op.kwargs.get("status"))
            and bool(op.results)
            and consumer.prim is IF
            and consumer.args[0] is op.results[-1]
            and end.can_jump
        )

    def status_if(
        self, op: Op, consumer: Op, block: Block, end: End, jump: bool
    ) -> list[Stmt]:
        outer = Threaded(end, block.yields, consumer.results)
        inner = StatusEnd(self, op, consumer, outer)
        then = self.block(op.blocks[0], inner, False)
        orelse = self.block(op.blocks[1], inner, False)
        return join_if(op, then, orelse) + self.block(consumer.blocks[1], outer, jump)

    # Operations -------------------------------------------------------------------------------

    def op(self, op: Op) -> list[Stmt]:
        if op in self.folding.ifs or not op.blocks:
            return [Let(op)]
        if op.prim is IF:
            end = Join(op.results, op)
            then = self.block(op.blocks[0], end, False)
            orelse = self.block(op.blocks[1], end, False)
            return [If(op.args[0], then, orelse, op)]
        if op.prim is FOR:
            return self.loop(op, op.blocks[0].params[1:])
        if op.prim is WHILE:
            return self.loop(op, op.blocks[0].params)
        return [With(op, self.block(op.blocks[0], Join(op.results, op), False))]

    def loop(self, op: Op, carried: list[Value]) -> list[Stmt]:
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


def ends_in_jump(stmts: list[Stmt]) -> bool:
    if not stmts:
        return False
    last = stmts[-1]
    if isinstance(last, If):
        return ends_in_jump(last.then) and ends_in_jump(last.orelse)
    return isinstance(last, JUMPS)
