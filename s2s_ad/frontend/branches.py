"""Branches: two blocks are lowered, then joined where control flow meets again.

An exit (`break`, `return`, `continue`) is a status. What follows a conditional exit moves into
the other branch; where an exit happens on some inner paths only, the `if` yields a status beside
the names, and what follows is the other branch of `if status`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any as Anything

from s2s_ad.frontend.assumptions import assume
from s2s_ad.frontend.bindings import (
    DEAD,
    Cell,
    Conflict,
    map_leaves,
)
from s2s_ad.frontend.context import RAISED, RETURN, Frame, inside, raised
from s2s_ad.frontend.escapes import Unwound, close, escapes, left_open, parks
from s2s_ad.frontend.holding import made
from s2s_ad.frontend.joining import (
    BREAKS,
    CAUGHT,
    CONTINUES,
    FALLS,
    RAISES,
    RESULT,
    RETURNS,
    Arm,
    Join,
    Merged,
    Slot,
    Status,
    always,
    among,
)
from s2s_ad.frontend.liveness import Names
from s2s_ad.frontend.places import hold, renew
from s2s_ad.ir.build import cursor, read_now
from s2s_ad.ir.core import UNDEFINED, Block, Op, Value
from s2s_ad.ir.primitive import Primitive
from s2s_ad.ir.types import INT
from s2s_ad.ops.structure import IF


@dataclass(eq=False)
class Rest:
    """What follows a statement in its list. `live` and `tail` belong to the end of the list:
    the names read after it, and whether it is the end of a loop's body."""

    lower: Callable[[], Status]
    empty: bool
    after: Names | None  # live right after the statement; None: everything
    live: Names | None
    tail: bool = False
    statements: list[Anything] = field(default_factory=list)  # where it is a plain list


# Branching ------------------------------------------------------------------------------------


def run(frame: Frame, lower: Callable[[], Status], *given: Anything) -> Arm:
    """Lower one branch into a block of its own; given are its condition, and how that came out."""
    block = Block()
    lowering = frame.lowering
    saved, versions = frame.env, lowering.versions
    frame.env, lowering.versions = dict(saved), dict(versions)
    try:
        with inside(frame, block):
            if given:
                assume(lowering, block, *given)
            depth = len(lowering.openings)
            try:
                status = lower()
            except Unwound as unwound:
                status = unwound.status
            status = close(frame, depth, status, None, False)
        return Arm(block, frame.env, status, lowering.versions)
    finally:
        frame.env, lowering.versions = saved, versions


def extend(frame: Frame, arm: Arm, rest: Rest, *given: Anything) -> None:
    """Lower what follows into a branch; given are its condition, and how that came out."""
    lowering = frame.lowering
    saved, versions = frame.env, lowering.versions
    frame.env, lowering.versions = arm.env, arm.versions
    try:
        with inside(frame, arm.block):
            assume(lowering, arm.block, *given)
            depth = len(lowering.openings)
            arm.status = resume(frame, arm.status, rest)
            arm.status = close(frame, depth, arm.status, rest.live, rest.tail)
        arm.env, arm.versions = frame.env, lowering.versions
    finally:
        frame.env, lowering.versions = saved, versions


def resume(frame: Frame, status: Status, rest: Rest) -> Status:
    """Go on with what follows, where the status says so."""
    if FALLS not in status.codes or rest.empty:
        return status
    if not isinstance(status.value, Value):
        return rest.lower()
    left = among(status.value, status.codes - {FALLS})
    arms = [run(frame, lambda: left), run(frame, rest.lower)]
    return join(frame, status.value, arms, rest.live, rest.tail)


def branch(
    frame: Frame,
    condition: Anything,
    then: Callable[[], Status],
    orelse: Callable[[], Status],
    rest: Rest,
) -> tuple[Status, bool]:
    """Write an `if`; its status, and whether what follows has been lowered as well."""
    if not isinstance(condition, Value):
        status = then() if condition else orelse()
        return resume(frame, status, rest), True
    arms = [run(frame, then, condition, True), run(frame, orelse, condition, False)]
    return meet(frame, condition, arms, rest)


def meet(frame: Frame, condition: Value, arms: list[Arm], rest: Rest) -> tuple[Status, bool]:
    """Join branches, after moving what follows into the only one that goes on."""
    going = [arm for arm in arms if FALLS in arm.status.codes]
    leaving = [arm for arm in arms if arm.status.codes - {FALLS, RAISES}]
    consumed = rest.empty or not going
    if len(going) == 1 and leaving and leaving != going:
        extend(frame, going[0], rest, condition, going[0] is arms[0])
        consumed = True
    live = rest.live if consumed else rest.after
    status = join(frame, condition, arms, live, rest.tail and consumed)
    if not consumed:
        return resume(frame, status, rest), True
    return status, True


def join(
    frame: Frame, condition: Value | None, arms: list[Arm], live: Names | None, tail: bool,
    closing: bool = False,
) -> Status:  # fmt: skip
    """Write the control operation that owns the branches, and bind what they assigned. A branch
    that leaves by an exception which is caught waits, and lowering goes on in the other one;
    `closing` says that this is over."""
    if condition is not None and not closing and parks(frame, condition, arms):
        return frame.lowering.openings[-1].status  # type: ignore[no-any-return]
    found = Join(frame, arms)
    read = [live_at(frame, arm.status, live) for arm in arms]
    names: dict[str, None] = {}
    for arm in arms:
        names.update(dict.fromkeys(arm.env))
    joined: dict[str, Anything] = {}
    for name in names:
        parts: list[Anything] = [
            arm.env.get(name, UNDEFINED) if r is None or reads(r, name) else DEAD
            for arm, r in zip(arms, read)
        ]
        if any(x is not DEAD for x in parts):
            joined[name] = found.join(name, parts)
    written = found.written()
    status, codes = ending(arms, tail)
    kwargs = {}
    if codes is not None:
        found.results.append(Value(INT, "status"))
        found.yields.append(codes)
        kwargs["status"] = True
        status = Status(found.results[-1], status.codes)
    for k, arm in enumerate(arms):
        arm.block.yields = [row[k] for row in found.yields]
    args = () if condition is None else (condition,)
    write(IF, args, kwargs, [arm.block for arm in arms], found.results)
    bind_written(frame, written, found.results)
    frame.env = {
        name: filled
        for name, binding in joined.items()
        if (filled := fill(frame, binding, found.results)) is not UNDEFINED
    }
    return status


def reads(names: Names, name: str) -> bool:
    """Whether a name is among those that are read; RAISED stands for all exceptions."""
    return name in names or RAISED in names and name.startswith(RAISED)


def bind_written(frame: Frame, written: dict[Anything, Anything], results: list[Value]) -> None:
    """Make results of an operation the contents of what was written inside it."""
    for root, found in written.items():
        if isinstance(found, Conflict):
            frame.lowering.versions[root] = found
        elif isinstance(root, Cell):
            hold(frame.lowering, root, fill(frame, found, results))
        else:
            renew(frame, root, results[found.position])


def ending(arms: list[Arm], tail: bool) -> tuple[Status, list[Anything] | None]:
    """The status of joined branches; the yields that tell, where it is not constant."""
    shown = []
    for arm in arms:
        status = arm.status
        if tail and status.value == CONTINUES and not status.mixed:
            status = always(FALLS)
        shown.append(status)
    alive = [s for s in shown if s.codes != {RAISES}]
    if not alive:
        return always(RAISES), None
    codes = frozenset().union(*(s.codes for s in alive)) - {RAISES}
    if len(codes) == 1:
        return always(next(iter(codes))), None
    values = [FALLS if s.codes == {RAISES} else s.value for s in shown]
    return Status(0, codes), values


def live_at(frame: Frame, status: Status, live: Names | None) -> Names | None:
    """The names that are read after a list that ends so."""
    if status.codes == {RAISES}:  # the final statements of an exception are in its handler
        return frozenset()
    out: Names = frame.finals
    for code in status.codes:
        if code == FALLS:
            if live is None:
                return None
            out |= live
        elif code == BREAKS and frame.loop is not None:
            out |= frame.loop.after
        elif code == CONTINUES and frame.loop is not None:
            out |= frame.loop.head
        elif code == RETURNS:
            out |= {RETURN}
        elif code >= CAUGHT:
            out |= {raised(code)}
            for t in frame.lowering.tries:
                if t.frame is frame and any(code == own for _, own in t.caught):
                    out |= t.live
    return out


def write(
    prim: Primitive, args: Anything, kwargs: Anything, blocks: list[Block], results: list[Value]
) -> Op:
    """Append a control operation to the block under way."""
    c = cursor()
    args = read_now(args)
    op = Op(prim, args, kwargs, blocks, results, c.statement, c.location, c.role)
    c.block.ops.append(op)
    return op


def fill(frame: Frame, binding: Anything, results: list[Value]) -> Anything:
    """A binding with its slots replaced by results."""

    def leaf(x: Anything) -> Anything:
        if isinstance(x, Merged):
            cell = Cell(x.kind, fill(frame, x.inside, results), x.sources, x.besides)
            cell.there = fill(frame, x.there, results)
            return made(frame.lowering, cell, frame.lowering.blocks[-1])
        return results[x.position] if isinstance(x, Slot) else x

    return map_leaves(leaf, binding)


def choose(
    frame: Frame, condition: Value, then: Callable[[], Anything], orelse: Callable[[], Anything]
) -> Anything:
    """The value of a conditional expression."""

    def arm(f: Callable[[], Anything]) -> Callable[[], Status]:
        def lower() -> Status:
            frame.env[RESULT] = f()
            return always(FALLS)

        return lower

    arms = [run(frame, arm(then), condition, True), run(frame, arm(orelse), condition, False)]
    status = join(frame, condition, arms, None, False)
    if escapes(status):
        left_open(frame, frame, status)
    out = frame.env.pop(RESULT)
    if isinstance(out, Conflict):
        from s2s_ad.frontend.context import refuse

        refuse(out.message, out.advice)
    return out
