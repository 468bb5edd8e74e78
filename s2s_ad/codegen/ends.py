"""What happens where a block of SSA ends: its yields become moves, and exits become jumps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any as Anything

from s2s_ad.codegen.program import Break, Continue, If, Move, Return, Stmt
from s2s_ad.ir.core import Block, Function, Op, Value, leaves, replace, tree_map
from s2s_ad.ir.types import INT

if TYPE_CHECKING:
    from s2s_ad.codegen.lower import Lowering

BREAKS, RETURNS = 1, 2  # the stop values of a `break` and a `return` inside a loop


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
    leave: Callable[[int], list[Stmt]] | None = None  # writes a `return` out of the loop
    breaks: bool = False  # whether what follows is the same after a `break` and after exhaustion
    can_jump = True

    def write(self, yields: list[Anything], jump: bool) -> list[Stmt]:
        out: list[Stmt] = [Move(list(self.carried), list(yields[: len(self.carried)]), self.op)]
        if not self.op.kwargs.get("stop"):
            return [*out, Continue(self.op)] if jump else out
        stop = yields[-1]
        if self.leave is not None and (type(stop) is Value or stop):
            if type(stop) is int and stop == BREAKS and self.breaks:
                return [*out, Break(self.op)]
            if stop != RETURNS:
                raise NoJump
            results = self.op.results[: len(self.carried)]
            return [Move(list(results), list(yields[: len(results)]), self.op), *self.leave(stop)]
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
        return (
            bool(returned) and early and (text.startswith(("if ", "elif ", "return ")) or not text)
        )


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


@dataclass
class Checked(End):
    """The end of the condition of a `while` that needs statements."""

    op: Op
    carried: list[Value]
    passed: list[Anything]

    def write(self, yields: list[Anything], jump: bool) -> list[Stmt]:
        leave: list[Stmt] = [Move(list(self.carried), list(self.passed), self.op), Break(self.op)]
        return [If(yields[0], leave, [], self.op, negated=True)]


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


def is_flag(v: Value) -> bool:
    """Whether a value tells how a loop ended."""
    op = v.owner
    return isinstance(op, Op) and bool(op.kwargs.get("stop")) and v is op.results[-1]
