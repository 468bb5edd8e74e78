"""`try`: exceptions that are raised here, or in functions that are lowered here, are jumps to the
handler that catches them, as `break` is one; nothing is left of the `try`.

Where an operation of the body may itself raise what a handler catches, see attempts.py.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any as Anything

import gast

from s2s_ad.frontend.attempts import attempted
from s2s_ad.frontend.branches import Rest, branch, meet, resume
from s2s_ad.frontend.context import Frame, checkpoint, evaluate, inside, operate, raised, refuse
from s2s_ad.frontend.escapes import Opening, close, escapes, resumed
from s2s_ad.frontend.finals import handled, lower_finally, passed, shows
from s2s_ad.frontend.joining import CAUGHT, FALLS, RAISES, Status, always, among
from s2s_ad.frontend.liveness import Names
from s2s_ad.ir.build import building, cursor, facts
from s2s_ad.ir.core import Block, Value
from s2s_ad.ops.raising import copied, risky

LowerList = Callable[[Frame, list[Anything], Names, bool], Status]


@dataclass(eq=False)
class Note:
    """What holds at one moment: so many operations stand in a block."""

    block: Block
    count: int
    env: dict[str, Anything]
    versions: dict[Anything, Anything]
    homes: int
    ended: Anything  # the statement that has ended


@dataclass(eq=False)
class Try:
    """A `try` under way: for each handler the classes it catches and its code among statuses."""

    frame: Frame
    caught: list[tuple[tuple[type, ...], int]]
    live: Names  # read in a handler or after it
    after: Names  # ... where the body ends
    general: frozenset[int] = frozenset()  # handlers of what operations raise: no jumps
    notes: list[Note] = field(default_factory=list)

    def note(self, block: Block, ended: Anything) -> None:
        lowering = self.frame.lowering
        env, versions = dict(self.frame.env), dict(lowering.versions)
        self.notes.append(Note(block, len(block.ops), env, versions, len(lowering.homes), ended))

    @property
    def codes(self) -> frozenset[int]:
        return frozenset(code for _, code in self.caught)


@dataclass(eq=False)
class Lowered:
    """The body of a `try`, lowered into a block of its own."""

    block: Block
    innermost: Block  # where lowering went on at its end
    status: Status
    env: dict[str, Anything]
    versions: dict[Anything, Anything]
    openings: list[Opening]


def lower_try(
    frame: Frame, node: Anything, rest: Rest, lower: LowerList, lower_open: LowerList
) -> tuple[Status, bool]:
    """A `try` statement."""
    if node.finalbody:
        live, read = frame.liveness.after[node.body[-1]], frame.liveness.entry[node]
        body, apart = node.body, shows(node.finalbody)
        if not apart and passed(frame, lambda: lower(frame, node.body, live, False)):
            body, apart = handled(frame, node), True
        return lower_finally(
            frame,
            rest,
            read,
            lambda: lower(frame, body, live, False),
            lambda names: lower(frame, node.finalbody, names, False),
            apart,
        )
    handlers: list[Handler] = []
    first = next_code(frame)
    caught: list[tuple[tuple[type, ...], int]] = []
    for h in node.handlers:
        name, classes = h.name.id if h.name is not None else "", classes_of(frame, h)
        ahead = targets(frame, classes) if raises_again(h.body, name) else []
        for some in (*ahead, classes):
            caught.append((some, first + len(caught)))
            handlers.append(Handler(name, h.body))
    t = Try(frame, caught, frame.liveness.entry[node], frame.liveness.after[node.body[-1]])
    known, restore = copied(facts()), checkpoint(frame)
    found = attempt(frame, t, node.body, lower_open)
    blocks = [b for o in found.openings for b in (o.gone.block, o.going)]
    blocks = [found.block, *blocks]
    t.general = frozenset(c for classes, c in caught if risky(blocks, classes, copied(known)))
    if t.general:
        restore()
        return attempted(Dispatch(frame, t, node, handlers, rest, lower), t)
    splice(frame, found)
    return Dispatch(frame, t, node, handlers, rest, lower).go(found)


def next_code(frame: Frame) -> int:
    return CAUGHT + sum(len(t.caught) for t in frame.lowering.tries)


def classes_of(frame: Frame, handler: Anything) -> tuple[type, ...]:
    """The exceptions that a handler catches."""
    if handler.type is None:
        return (BaseException,)
    found = evaluate(frame, handler.type)
    flat = found if isinstance(found, tuple) else (found,)
    if not all(isinstance(c, type) and issubclass(c, BaseException) for c in flat):
        refuse("the exceptions of a handler must be known classes", "name the classes")
    return flat


def targets(frame: Frame, classes: tuple[type, ...]) -> list[tuple[type, ...]]:
    """Some of what a handler catches, for each handler around it that catches just those: where it
    raises them again, it is known where to."""
    out: list[tuple[type, ...]] = []
    for t in reversed(frame.lowering.tries):
        for around, _ in t.caught:
            if all(issubclass(c, around) for c in classes):
                return out
            some = tuple(c for c in around if issubclass(c, classes))
            if any(not issubclass(c, tuple(c for cs in out for c in cs)) for c in some):
                out.append(some)
    return out


def raises_again(body: list[Anything], name: str) -> bool:
    """Whether a handler may raise what it has caught."""
    found = [n for s in body for n in gast.walk(s) if isinstance(n, gast.Raise)]
    return any(n.exc is None or getattr(n.exc, "id", None) == name for n in found)


def attempt(frame: Frame, t: Try, body: list[Anything], lower_open: LowerList) -> Lowered:
    """Lower the body; what waits for its handlers still waits."""
    lowering, c = frame.lowering, cursor()
    block = Block()
    env, versions = frame.env, lowering.versions
    frame.env, lowering.versions = dict(env), dict(versions)
    depth, waiting, tries = len(lowering.blocks), len(lowering.openings), len(lowering.tries)
    lowering.blocks.append(block)
    lowering.tries.append(t)
    try:
        with building(block, c.statement, c.location) as inner:
            live = frame.liveness.after[body[-1]]
            status = lower_open(frame, body, live, False)
            innermost = inner.block
        openings = lowering.openings[waiting:]
        return Lowered(block, innermost, status, frame.env, lowering.versions, openings)
    finally:
        frame.env, lowering.versions = env, versions
        del lowering.blocks[depth:], lowering.openings[waiting:], lowering.tries[tries:]


def splice(frame: Frame, found: Lowered) -> None:
    """Let what was lowered into a block of its own stand in the block under way."""
    lowering, c = frame.lowering, cursor()
    outer = c.block
    outer.ops.extend(found.block.ops)
    for root, home in lowering.homes.items():
        if home is found.block:
            lowering.homes[root] = outer
    for o in found.openings:
        if o.outer is found.block:
            o.outer = outer
        lowering.openings.append(o)
        lowering.blocks.append(o.going)
    if found.openings:
        c.block = found.innermost
    frame.env, lowering.versions = found.env, found.versions


@dataclass(eq=False)
class Handler:
    """What follows an exception."""

    name: str
    body: list[Anything]

    def lower(self, frame: Frame, lower: LowerList, code: int, live: Names, tail: bool) -> Status:
        error = frame.env.pop(raised(code), None)
        if self.name:
            from s2s_ad.frontend.statements import bind

            bind(frame, self.name, error)
        frame.handling.append(error)
        try:
            status = lower(frame, self.body, live, tail)
        finally:
            frame.handling.pop()
        if self.name:
            frame.env.pop(self.name, None)
        return status


@dataclass(eq=False)
class Dispatch:
    """What follows the body of a `try`: its handlers, its `else`, and the rest of the list."""

    frame: Frame
    t: Try
    node: Anything
    handlers: list[Handler]
    rest: Rest
    lower: LowerList

    @property
    def live(self) -> Names:
        return self.rest.after or frozenset()

    @property
    def tail(self) -> bool:
        return self.rest.tail and self.rest.empty

    @property
    def otherwise(self) -> Rest:
        """The `else` of the statement."""
        body = self.node.orelse
        return Rest(
            lambda: self.lower(self.frame, body, self.live, self.tail),
            not body,
            self.live,
            self.live,
        )

    @property
    def nothing(self) -> Rest:
        return Rest(lambda: always(FALLS), True, self.live, self.live)

    def alone(self) -> Dispatch:
        """The same, without the rest of the list."""
        return replace(self, rest=self.nothing)

    def handler(self, code: int) -> Status:
        k = next(k for k, (_, own) in enumerate(self.t.caught) if own == code)
        return self.handlers[k].lower(self.frame, self.lower, code, self.live, self.tail)

    def go(self, found: Lowered) -> tuple[Status, bool]:
        frame, status = self.frame, found.status
        openings = frame.lowering.openings
        sites = [o for o in found.openings if escapes(o.gone.status) & self.t.codes]
        own = escapes(status) & self.t.codes
        if len(sites) == 1 and not own and not sites[0].gone.status.mixed:
            return self.single(sites[0], status)
        if sites:
            with pushed(frame, self.t):
                status = close(frame, openings.index(sites[0]), status, None, False)
        return self.dispatch(status)

    def single(self, site: Opening, status: Status) -> tuple[Status, bool]:
        """One place raises: the handler stands there."""
        frame, lowering = self.frame, self.frame.lowering
        status = resume(frame, status, self.otherwise)
        status = close(frame, lowering.openings.index(site) + 1, status, self.rest.after, False)
        site, arms = resumed(frame, status)
        gone = site.gone
        env, versions = frame.env, lowering.versions
        frame.env, lowering.versions = gone.env, gone.versions
        with inside(frame, gone.block):
            assert isinstance(gone.status.value, int)
            gone.status = self.handler(gone.status.value)
        gone.env, gone.versions = frame.env, lowering.versions
        frame.env, lowering.versions = env, versions
        return meet(frame, site.condition, arms, self.rest)

    def dispatch(self, status: Status) -> tuple[Status, bool]:
        """Several places raise: a number tells what happened."""
        own = sorted(escapes(status) & self.t.codes)
        if not own:
            status = resume(self.frame, status, self.otherwise)
            if status.mixed:
                return resume(self.frame, status, self.rest), True
            return status, False
        if not status.mixed:
            return self.handler(own[0]), False
        return self.choose(status, own, self.rest)

    def choose(self, status: Status, own: list[int], rest: Rest) -> tuple[Status, bool]:
        """`if` on the number, for the first of some handlers; then the others."""
        frame, code = self.frame, own[0]
        others = status.codes - {code, RAISES}
        value = status.value
        assert isinstance(value, Value)
        simple = others == {FALLS}
        condition = value if simple else operate(frame, operator.eq, value, code)

        def orelse() -> Status:
            left = among(value, others)
            if len(own) > 1:
                if not left.mixed:
                    return self.handler(own[1])
                return self.choose(left, own[1:], self.nothing)[0]
            return resume(frame, left, self.otherwise)

        return branch(frame, condition, lambda: self.handler(code), orelse, rest)


class pushed:
    """While the statuses of a `try` are joined, it is known what its handlers read."""

    def __init__(self, frame: Frame, t: Try) -> None:
        self.tries, self.t = frame.lowering.tries, t

    def __enter__(self) -> None:
        self.tries.append(self.t)

    def __exit__(self, *_: object) -> None:
        self.tries.pop()
