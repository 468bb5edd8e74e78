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

from s2s_ad.frontend.branches import Rest, branch, live_at, resume
from s2s_ad.frontend.context import Frame, operate
from s2s_ad.frontend.escapes import escapes
from s2s_ad.frontend.joining import CAUGHT, FALLS, Status, among
from s2s_ad.frontend.liveness import Names, contains
from s2s_ad.ir.core import Value


def split_finally(node: Anything) -> None:
    """Leave each `finally` of a function with a body only: handlers go into a `try` of their own,
    as do the final statements where they act on the world or end the exception."""
    for t in [n for n in gast.walk(node) if isinstance(n, gast.Try) and n.finalbody]:
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


def shows(body: list[Anything]) -> bool:
    """Whether statements may do what is seen after an exception has left the function."""
    return contains(body, gast.Call, gast.Return, gast.Break, gast.Continue)


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
    found = last(live)
    if found.mixed and FALLS in found.codes:
        return resume(frame, found, Rest(lambda: status, False, live, live))
    return status if FALLS in found.codes else found
