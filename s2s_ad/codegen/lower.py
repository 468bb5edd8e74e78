"""Structured SSA to an imperative program: what blocks yield becomes moves, and early exits become
`break`, `continue` and `return` again.

A block is lowered with an `End`, which says what happens to its yields. Where the last operation
of a block is an `if` that decides how the block ends (its *stop* or *status* is a literal in a
branch), the end is lowered inside the branches, so that each can jump by itself.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any as Anything

from s2s_ad.codegen.ends import (
    RETURNS,
    Checked,
    End,
    FunctionEnd,
    Join,
    LoopEnd,
    NoJump,
    StatusEnd,
    Threaded,
    early,
)
from s2s_ad.codegen.headers import Header
from s2s_ad.codegen.program import (
    Folding,
    For,
    If,
    Let,
    Move,
    Stmt,
    Try,
    While,
    With,
    jumps,
    raises,
)
from s2s_ad.codegen.touches import Touches
from s2s_ad.ir.core import Block, Function, Op, Value, leaves, readers, replace
from s2s_ad.ops.structure import FOR, IF, TOUCH, TRY, WHILE
from s2s_ad.ops.tapes import POP


class Lowering:
    """One run over one function."""

    def __init__(
        self, function: Function, folding: Folding, headers: dict[Op, Header], touches: Touches
    ) -> None:
        self.function = function
        self.headers = headers
        self.touches = touches
        self.has_adjoint = any(op.role == "adjoint" for op in function.block.ops)
        self.folding = folding
        self.readers = readers(function.block)

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
                condition = self.decided(op.args[0], known)
                if known and type(condition) is not Value:
                    chosen = op.blocks[0 if condition else 1]
                    out += self.inline(chosen, known)
                    yields = replace(chosen.yields, known)
                    out.append(Move(list(op.results), list(yields), op))
                    known.update((r, y) for r, y in zip(op.results, yields) if type(y) is int)
                    continue
                yields = replace(block.yields, known)
                folded = [v for v in leaves(yields) if v in self.folding.values]
                hidden = set(self.folding.registers(folded)) & set(op.results)
                if k == len(ops) - 1 and not hidden and (end.threads(op, yields) or early(op, end)):
                    return out + self.final_if(op, Threaded(end, yields, op.results), jump, known)
                if op.kwargs.get("status") and end.can_jump:
                    found = self.status_if(op, ops[k + 1 :], block, end, jump, known)
                    if found is not None:
                        return out + found
            literal = self.literal(op, known)
            if literal is not None:
                known[op.result] = literal
                continue
            if op.prim in (FOR, WHILE) and self.may_return(op, ops[k + 1 :], end):
                found = self.returning_loop(op, ops[k + 1 :], block, end, known)
                if found is not None:
                    return out + found
            if op.prim is TRY and self.handled(op, ops[k + 1 : k + 2]):
                following = self.rest(ops[k + 1 :], block, end, jump, known)
                return out + with_handlers(self.attempt(op), following)
            out += self.op(op, known)
            if raises(out[-1]):
                return out  # what follows is never reached
        return out + end.write(replace(block.yields, known), jump)

    def folded(self, op: Op) -> bool:
        if op.prim is POP:
            return op.results[1] in self.folding.values
        if op.prim is TOUCH:
            return op not in self.touches.asked
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
        if op.prim.name not in ("mod", "equal", "not_equal"):
            return None
        args = replace(op.args, known)
        if not any(v in known for v in leaves(op.args)) or not all(type(a) is int for a in args):
            return None
        return int(op.prim.function(*args))

    def decided(self, condition: Anything, known: dict[Value, Anything]) -> Anything:
        """A condition, a number where it follows from a status that is known."""
        condition = replace(condition, known)
        if type(condition) is Value and condition in self.folding.values:
            op = condition.owner
            literal = self.literal(op, known) if isinstance(op, Op) else None
            return condition if literal is None else literal
        return condition

    # Exits ------------------------------------------------------------------------------------

    def final_if(self, op: Op, end: End, jump: bool, known: dict[Value, Anything]) -> list[Stmt]:
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

    def may_return(self, op: Op, rest: list[Op], end: End) -> bool:
        """Whether what follows a loop is only the choice between its `return` and the rest."""
        root = end
        while isinstance(root, Threaded):
            root = root.outer
        if not op.kwargs.get("stop") or self.has_adjoint or not isinstance(root, FunctionEnd):
            return False
        flag = self.returned(op)
        readers = [o for o in rest if o.prim is IF and o.args[0] is flag]
        return len(readers) == 1 and readers[0] not in self.folding.ifs

    def returned(self, op: Op) -> Value:
        """What tells after a loop whether it returned: its flag, or `flag == 2` where that is the
        only thing asked of one that also tells of a `break`."""
        flag = op.results[-1]
        found = self.readers.get(flag, [])
        if len(found) == 1 and isinstance(found[0], Op) and found[0].prim.name == "equal":
            if found[0].args == (flag, RETURNS):
                return found[0].result
        return flag

    def returning_loop(
        self, op: Op, rest: list[Op], block: Block, end: End, known: dict[Value, Anything]
    ) -> list[Stmt] | None:
        """A loop that is left by `return`, and what follows where it is not."""
        flag = op.results[-1]

        def leave(stop: int) -> list[Stmt]:
            path = self.rest(rest, block, end, True, {**known, flag: stop})
            if len(path) > 6:
                raise NoJump
            return path

        try:
            out = self.loop(op, leave, self.returned(op) is not flag)
        except NoJump:
            return None
        return out + self.rest(rest, block, end, True, {**known, flag: 0})

    # Operations -------------------------------------------------------------------------------

    def op(self, op: Op, known: dict[Value, Anything]) -> list[Stmt]:
        if op in self.folding.ifs or not op.blocks:
            return [Let(replaced(op, known))]
        if op.prim is IF:
            end = Join(op.results, op)
            then = self.block(op.blocks[0], end, False, known)
            orelse = self.block(op.blocks[1], end, False, known)
            return [If(replace(op.args[0], known), then, orelse, op)]
        if op.prim in (FOR, WHILE):
            return self.loop(op)
        if op.prim is TRY:
            return [self.attempt(op)]
        return [With(op, self.block(op.blocks[0], Join(op.results, op), False, known))]

    def handled(self, op: Op, following: list[Op]) -> bool:
        """Whether a `try` with one handler is followed by the `if` that holds the handler."""
        return (
            len(op.kwargs["handlers"]) == 1
            and bool(following)
            and following[0].prim is IF
            and following[0].args[0] is op.results[0]
            and following[0] not in self.folding.ifs
        )

    def attempt(self, op: Op) -> Try:
        """A `try`: in each handler its number is known."""
        body, failed = op.blocks
        number, error = failed.params
        end = Join(op.results, op)
        count = len(op.kwargs["handlers"])
        handlers = [self.block(failed, end, False, {number: k + 1}) for k in range(count)]
        return Try(op, error, self.block(body, end, False), handlers)

    def loop(
        self, op: Op, leave: Callable[[int], list[Stmt]] | None = None, breaks: bool = False
    ) -> list[Stmt]:
        """Loops do not depend on a status that is known: it ends the block that makes it."""
        carried = op.blocks[0].params[1:] if op.prim is FOR else op.blocks[0].params
        targets, sources = list(carried), list(op.inits)
        flag = None
        if leave is None:
            read = op.kwargs.get("stop") and op.results[-1] in self.readers
            flag = op.results[-1] if read else None
        if flag is not None:
            targets.append(flag)
            sources.append(0)
        out: list[Stmt] = [Move(targets, sources, op)]
        end = LoopEnd(carried, op, flag, leave, breaks)
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


def with_handlers(attempt: Try, following: list[Stmt]) -> list[Stmt]:
    """A `try` with what its handler does in the handler: in what follows it is the first `if`."""
    choice = following[0]
    if not isinstance(choice, If) or choice.condition is not attempt.op.results[0]:
        return [attempt, *following]
    raised, passed, rest = choice.then, choice.orelse, following[1:]
    if choice.negated:
        # Where nothing was raised this jumps, so all that follows is the handler's.
        raised, passed, rest = following[1:], choice.then, []
    attempt.handlers[0] += raised
    attempt.orelse = passed
    return [attempt, *rest]


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


def ends_in_jump(stmts: list[Stmt]) -> bool:
    if not stmts:
        return False
    last = stmts[-1]
    if isinstance(last, If):
        return ends_in_jump(last.then) and ends_in_jump(last.orelse)
    return jumps(last)
