"""Branches that wait: the way from a `raise` to the handler that catches it.

`if bad: raise E` inside a `try` that catches E is a jump, as `break` is one: what follows belongs
to the other branch. It may be the rest of an expression (`y = f(x) + 1`, and f raises), which is
no list of statements that could be lowered there later. So the branch that raises waits, and
lowering goes on in the other branch, until the list of statements around it ends.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from typing import Any as Anything

from s2s_ad.frontend.context import RAISED
from s2s_ad.ir.build import cursor
from s2s_ad.ir.core import Block, Value

if TYPE_CHECKING:
    from s2s_ad.frontend.context import Frame
    from s2s_ad.frontend.joining import Arm, Status
    from s2s_ad.frontend.liveness import Names


@dataclass(eq=False)
class Opening:
    """An `if` of which one branch waits: it is written when what follows has been lowered into
    the other one."""

    condition: Value
    gone: Arm  # the branch that waits: it ends by an exception which is caught
    first: bool  # whether that is the branch for True
    going: Block
    status: Status  # of the branch in which lowering goes on
    outer: Block  # where the `if` will stand
    env: dict[str, Anything]  # and what names and arrays mean before it
    versions: dict[Anything, Anything]
    frame: Frame = field(repr=False)


class Unwound(Exception):
    """An exception that is caught is raised on all paths, in the middle of an expression: the rest
    of the statement is never evaluated."""

    def __init__(self, status: Status) -> None:
        self.status = status


def escapes(status: Status) -> frozenset[int]:
    """The handlers to which something may jump."""
    from s2s_ad.frontend.joining import CAUGHT

    return frozenset(code for code in status.codes if code >= CAUGHT)


def parks(frame: Frame, condition: Value, arms: list[Arm]) -> bool:
    """Let a branch wait and go on in the other one, where one branch only jumps to a handler and
    the other one does not."""
    from s2s_ad.frontend.joining import RAISES

    if not frame.lowering.tries or len(arms) != 2:
        return False
    found = [bool(escapes(arm.status)) for arm in arms]
    if found[0] == found[1]:
        return False
    gone, going = (arms[0], arms[1]) if found[0] else (arms[1], arms[0])
    if gone.status.codes - escapes(gone.status) - {RAISES} or going.status.codes == {RAISES}:
        return False
    wait(frame, condition, gone, found[0], going)
    return True


def wait(frame: Frame, condition: Value, gone: Arm, first: bool, going: Arm) -> None:
    """Let one branch wait, and go on in the other one."""
    lowering, c = frame.lowering, cursor()
    opening = Opening(
        condition, gone, first, going.block, going.status, c.block, frame.env, lowering.versions,
        frame,
    )  # fmt: skip
    lowering.openings.append(opening)
    lowering.blocks.append(going.block)
    c.block = going.block
    frame.env, lowering.versions = going.env, going.versions


def resumed(frame: Frame, status: Status) -> tuple[Opening, list[Arm]]:
    """End the last branch that lowering went on in: the `if` that is to be written, and both its
    branches."""
    from s2s_ad.frontend.joining import Arm

    lowering, c = frame.lowering, cursor()
    o: Opening = lowering.openings.pop()
    assert c.block is o.going and lowering.blocks[-1] is o.going
    arm = Arm(o.going, frame.env, status, lowering.versions)
    lowering.blocks.pop()
    c.block = o.outer
    frame.env, lowering.versions = o.env, o.versions
    return o, [o.gone, arm] if o.first else [arm, o.gone]


def close(frame: Frame, depth: int, status: Status, live: Names | None, tail: bool) -> Status:
    """Write the `if`s of which a branch still waits, but for the first so many; how the list of
    statements ends then. `live` are the names read after it."""
    from s2s_ad.frontend.branches import join

    while len(frame.lowering.openings) > depth:
        o, arms = resumed(frame, status)
        status = join(frame, o.condition, arms, live, tail, closing=True)
    return status


def hand_over(frame: Frame, depth: int) -> None:
    """At the end of a call: what waits in the callee waits in the caller."""
    caller = frame.caller
    for o in frame.lowering.openings[depth:]:
        assert caller is not None
        o.gone.env = passed_on(frame, o.gone.env)
        o.frame, o.env = caller, dict(caller.env)


def passed_on(frame: Frame, env: dict[str, Anything]) -> dict[str, Anything]:
    """What names mean in the caller where an exception leaves a function."""
    assert frame.caller is not None
    own = {n: x for n, x in env.items() if n.startswith(RAISED)}
    return {**frame.caller.env, **own}


def left_open(frame: Frame, into: Frame, status: Status) -> None:
    """At the end of a call or expression that may have ended by an exception which is caught: go
    on, in the caller, where it has not. `status` tells."""
    import operator

    from s2s_ad.frontend.context import operate
    from s2s_ad.frontend.joining import CAUGHT, Arm, Status, among

    codes, lowering = escapes(status), frame.lowering
    raised = dict(frame.env) if into is frame else passed_on(frame, frame.env)
    if not isinstance(status.value, Value):
        into.env = raised
        raise Unwound(status)
    condition = operate(frame, operator.ge, status.value, CAUGHT)
    gone = Arm(Block(), raised, among(status.value, codes), dict(lowering.versions))
    rest = Status(status.value, status.codes - codes)
    going = Arm(Block(), dict(into.env), rest, dict(lowering.versions))
    wait(into, condition, gone, True, going)
