"""`finally`, and `with` over objects: what happens at the end of a block, however it ends.

The block is lowered, then its last statements, then the block's own end (a `return`, a `break`, a
jump to a handler) takes place. Where somebody could see that they have run although an exception
leaves the function, they also are a handler that raises again.
"""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable
from typing import Any as Anything

import gast

from s2s_ad.frontend.branches import Rest, branch, live_at, resume, run
from s2s_ad.frontend.context import RETURN, Frame, checkpoint, operate, refuse
from s2s_ad.frontend.escapes import escapes
from s2s_ad.frontend.joining import CAUGHT, FALLS, RETURNS, Status, among
from s2s_ad.frontend.liveness import Names, contains
from s2s_ad.ir.build import facts
from s2s_ad.ir.core import Value
from s2s_ad.ir.types import SCALARS, Num
from s2s_ad.ops.raising import copied, risky


def split_finally(node: Anything) -> None:
    """Leave each `finally` of a function with a body only: handlers go into a `try` of their own,
    as do the final statements where they act on the world or end the exception."""
    found = [n for n in gast.walk(node) if isinstance(n, gast.Try) and n.finalbody]
    for k, t in enumerate(reversed(found)):  # inner ones first: final statements are copied
        if getattr(t, "split", False):
            continue
        t.split = True
        if t.handlers:
            inner = gast.Try(t.body, t.handlers, t.orelse, [])
            t.body, t.handlers, t.orelse = [gast.copy_location(inner, t)], [], []
        if shows(t.finalbody):
            again = gast.copy_location(gast.Raise(None, None), t.finalbody[-1])
            handler = gast.ExceptHandler(None, None, [*copy.deepcopy(t.finalbody), again])
            inner = gast.Try(t.body, [gast.copy_location(handler, t)], [], [])
            t.body = [gast.copy_location(inner, t)]
            if contains(t.finalbody, gast.Return, gast.Break, gast.Continue):
                once(t, handler, f"(final {k})")


def once(t: Anything, handler: Anything, name: str) -> None:
    """Where the final statements end the exception, by a jump of their own, the handler has run
    them: they do not run again on the way out. A name tells."""

    def told(value: bool) -> Anything:
        target = gast.Name(name, gast.Store(), None, None)
        return located(gast.Assign([target], gast.Constant(value, None), None))

    def located(made: Anything) -> Anything:
        for n in gast.walk(made):
            gast.copy_location(n, t.finalbody[0])
        return made

    test = located(gast.UnaryOp(gast.Not(), gast.Name(name, gast.Load(), None, None)))
    t.body = [told(False), *t.body]
    handler.body = [told(True), *handler.body]
    t.finalbody = [gast.copy_location(gast.If(test, t.finalbody, []), t.finalbody[0])]


def shows(body: list[Anything]) -> bool:
    """Whether statements may do what is seen after an exception has left the function."""
    return contains(body, gast.Call, gast.Return, gast.Break, gast.Continue)


def passed(frame: Frame, body: Callable[[], Status]) -> bool:
    """Whether a `try` around a block catches what an operation in the block may raise: the last
    statements are to be run on the way. The block is lowered, and forgotten."""
    tries = frame.lowering.tries
    classes = tuple(c for t in tries for some, _ in t.caught for c in some)
    if not classes:
        return False
    known, restore, notes = copied(facts()), checkpoint(frame), [len(t.notes) for t in tries]
    arm = run(frame, body)
    restore()
    for t, count in zip(tries, notes):
        del t.notes[count:]
    return bool(risky([arm.block], classes, known))


def handled(frame: Frame, node: Anything) -> list[Anything]:
    """The body of a `finally`, in a `try` that runs the last statements for what a handler around
    it catches."""
    if not hasattr(node, "handled"):
        last = node.finalbody[-1]
        again = gast.copy_location(gast.Raise(None, None), last)
        handler = gast.ExceptHandler(None, None, [*copy.deepcopy(node.finalbody), again])
        node.handled = gast.Try(node.body, [gast.copy_location(handler, last)], [], [])
        gast.copy_location(node.handled, node)
    tries = frame.lowering.tries
    classes = dict.fromkeys(c for t in tries for some, _ in t.caught for c in some)
    caught = gast.Constant(tuple(classes), None)
    node.handled.handlers[0].type = gast.copy_location(caught, node)
    after = frame.liveness.after[node.body[-1]]
    frame.liveness.inside(node.body[0], [node.handled], after, after, after)
    return [node.handled]


def lower_finally(
    frame: Frame,
    rest: Rest,
    read: Names,
    body: Callable[[], Status],
    last: Callable[[Names], Status],
    raised_apart: bool,
) -> tuple[Status, bool]:
    """A block, and what happens at its end, which reads some names. `raised_apart` says that it has
    happened already where an exception is on its way to a handler."""
    outer = frame.finals
    frame.finals = outer | read
    try:
        status = body()
    finally:
        frame.finals = outer
    codes = escapes(status) if raised_apart else frozenset()
    if codes and isinstance(status.value, Value):
        others = among(status.value, status.codes - codes)
        left = among(status.value, codes)
        gone = operate(frame, operator.ge, status.value, CAUGHT)
        return branch(
            frame, gone, lambda: left, lambda: ended(frame, others, rest.after, last), rest
        )
    status = status if codes else ended(frame, status, rest.after, last)
    if status.mixed:
        return resume(frame, status, rest), True
    return status, False


def ended(
    frame: Frame, status: Status, after: Names | None, last: Callable[[Names], Status]
) -> Status:
    """How a block ends that ended so before its last statements."""
    live = live_at(frame, status, after) or frozenset()
    before = dict(frame.lowering.versions)
    found = last(live)
    if status.mixed and RETURNS in status.codes and FALLS in found.codes:
        refuse_stores(frame, before)
    if found.mixed and FALLS in found.codes:
        return resume(frame, found, Rest(lambda: status, False, live, live))
    return status if FALLS in found.codes else found


def refuse_stores(frame: Frame, before: dict[Anything, Anything]) -> None:
    """Refuse a store after some `return`s, where the value of others is one with other values: it
    is the array as it was."""
    value, now = frame.env.get(RETURN), frame.lowering.versions
    if isinstance(value, (int, float)) or (type(value) is Value and scalar(value)):
        return
    changed = [root for root, x in now.items() if root not in before or before[root] is not x]
    if type(value) is Value and isinstance(value.type, Num):  # no object that holds numbers only
        changed = [r for r in changed if not of_numbers(before.get(r)) or not of_numbers(now[r])]
    if changed:
        what = getattr(changed[0], "name", "") or "something"
        refuse(
            f"{what} is changed in place where a block ends that may have returned it",
            "change a copy, or return a copy",
        )


def scalar(value: Value) -> bool:
    """Whether a value is certainly a number, which nobody changes in place."""
    return isinstance(value.type, Num) and value.type.kind in SCALARS


def of_numbers(held: Anything) -> bool:
    """Whether these are attributes that all are numbers."""
    return isinstance(held, dict) and all(
        isinstance(x, (int, float)) or (type(x) is Value and scalar(x)) for x in held.values()
    )
