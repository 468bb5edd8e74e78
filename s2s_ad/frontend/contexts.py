"""`with` over a context that `contextlib.contextmanager` makes of a generator function: the text of
the generator, with the body of the `with` in the place of its `yield`.

    with scaled(x) as v:              y = x * 0.5
        BODY                          try:
                                          v = y
    @contextmanager                       BODY
    def scaled(y):                    finally:
        y = y * 0.5                       print("done")
        try:
            yield y
        finally:
            print("done")

So an exception of the body is raised at the `yield`, as Python does it. Where the body ends by
`return`, `break` or `continue` the generator goes on after its `yield`; a name holds how the body
ended, until the generator has ended too.
"""

from __future__ import annotations

import contextlib
import operator
from collections.abc import Callable
from typing import Any as Anything

import gast

from s2s_ad.frontend.bindings import Conflict
from s2s_ad.frontend.branches import Rest, branch, resume
from s2s_ad.frontend.context import RAISED, RETURN, Frame, operate, refuse
from s2s_ad.frontend.escapes import escapes
from s2s_ad.frontend.finals import refuse_stores
from s2s_ad.frontend.holding import opened
from s2s_ad.frontend.joining import CAUGHT, FALLS, RAISES, RETURNS, Status, always, among
from s2s_ad.frontend.liveness import Names, contains
from s2s_ad.frontend.python import python
from s2s_ad.frontend.weaving import YIELDS, Generated, Weaver, clone, consume, place, renamed
from s2s_ad.ir.core import UNDEFINED, Value

LowerList = Callable[[Frame, list[Anything], Names, bool], Status]


class Managed:
    """A context made of the call of a generator function, which has not begun."""

    walks = True

    def __init__(self, generated: Generated) -> None:
        self.generated = generated


@python(contextlib._GeneratorContextManager)
def _managed(frame: Frame, function: Anything, args: Anything, kwargs: Anything) -> Managed:
    from s2s_ad.frontend.calls import call_binding

    given, named = list(opened(frame, args)), dict(opened(frame, kwargs))
    found = call_binding(frame, function, given, named, frame.under_way)
    if not isinstance(found, Generated):
        refuse("contextmanager of a function without yield", "let it yield once")
    return Managed(found)


class Context(gast.With):  # type: ignore[misc]
    """The text of the generator."""

    def start(self, number: int) -> None:
        """`begun`, `how` and `kept` name what has become of the body: whether it has begun, how
        it ended, and what it returns."""
        self.begun, self.how, self.kept = (f" {s} {number}" for s in ("begun", "how", "kept"))
        self.keeps = frozenset({self.begun, self.how, self.kept, RETURN, RAISED})
        self.parked = Status(FALLS, frozenset())  # how the body ended
        self.before: dict[Anything, Anything] = {}  # versions when it ended


class Body(gast.With):  # type: ignore[misc]
    """The body of the `with`, in the place of a `yield`."""

    context: Context


class Around(Weaver):
    """Puts the body of a `with` into a generator function."""

    def woven(self) -> list[Anything]:
        self.context = Context([], [], None)
        self.context.start(self.number)
        self.context.quiet = True
        self.context.body = self.put(self.text())
        return [self.context]

    def put(self, body: list[Anything]) -> list[Anything]:
        out: list[Anything] = []
        for s in body:
            if isinstance(s, gast.Expr) and isinstance(s.value, gast.Yield):
                out += self.site(s)
                continue
            out.append(s)
            if not contains([s], *YIELDS):
                continue
            if isinstance(s, (gast.For, gast.While)):
                refuse("a context that yields in a loop is not supported", "yield outside of loops")
            lists = [s, *getattr(s, "handlers", [])]
            for part in lists:
                for name in ("body", "orelse", "finalbody"):
                    if getattr(part, name, None):
                        setattr(part, name, self.put(getattr(part, name)))
            if contains([s], *YIELDS):
                refuse("a yield inside an expression is not supported", "yield in a statement")
        return out

    def site(self, s: Anything) -> list[Anything]:
        """The place of a `yield`: its value is evaluated, then the body begins."""
        value, target = s.value.value, self.node.items[0].optional_vars
        out: list[Anything] = []
        if value is not None and not isinstance(value, gast.Constant):
            name = renamed("item", self.number, True)
            first = gast.Assign([gast.Name(name, gast.Store(), None, None)], value, None)
            for n in (first, first.targets[0]):
                place(n, s)
            out.append(first)
            value = gast.Name(name, gast.Load(), None, None)
        body = Body([], clone(self.node.body), None)
        body.context, body.quiet = self.context, True
        if target is not None:
            value = value if value is not None else gast.Constant(None, None)
            bound = gast.Assign([clone(target)], value, None)
            bound.quiet = True
            body.body.insert(0, bound)
        return [*out, body]


def lower_managed(
    frame: Frame, node: Anything, found: Generated, rest: Rest, lower_open: LowerList
) -> tuple[Status, bool]:
    """A `with` over a generator's context, and what follows it."""
    new = consume(frame, node, found, Around)
    return lower_open(frame, [*new, *rest.statements], rest.live or frozenset(), rest.tail), True


def lower_context(
    frame: Frame, node: Context, rest: Rest, lower_open: LowerList
) -> tuple[Status, bool]:
    """The text of the generator; then the body's own end takes place."""
    after, outer, loop = frame.liveness.after[node], frame.finals, frame.loop
    frame.finals |= after | node.keeps | (loop.after | loop.head if loop is not None else after)
    frame.env[node.begun], node.parked = False, Status(FALLS, frozenset())
    try:
        status = lower_open(frame, node.body, after, False)
    finally:
        frame.finals = outer
    return apart(frame, status, lambda left: end(frame, node), rest)


def end(frame: Frame, node: Context) -> Status:
    """How the body ended, when the generator has ended."""
    begun = frame.env.pop(node.begun, UNDEFINED)
    how, kept = frame.env.pop(node.how, FALLS), frame.env.pop(node.kept, UNDEFINED)
    if isinstance(begun, Conflict) or isinstance(how, Conflict):
        refuse(
            "it is not known how far this context was when an exception was raised in it",
            "put the yield into a try of its own",
        )
    if begun is not True:
        refuse("a context that ends without a yield on some path", "yield on every path")
    if kept is not UNDEFINED:
        frame.env[RETURN] = kept
    if not isinstance(how, Value):
        return always(how)
    if RETURNS in node.parked.codes:
        refuse_stores(frame, node.before)
    if how is node.parked.value:
        return node.parked
    return Status(how, node.parked.codes | {FALLS})


def lower_body(frame: Frame, node: Body, rest: Rest, lower_open: LowerList) -> tuple[Status, bool]:
    """The body of the `with`, after which the generator goes on."""
    context = node.context
    if frame.env.get(context.begun) is not False:
        refuse("a context that yields more than once", "yield once")
    frame.env[context.begun], frame.env[context.how] = True, FALLS
    status = lower_open(frame, node.body, frame.liveness.after[node], False)

    def park(ended: Status) -> Status:
        context.parked = Status(ended.value, context.parked.codes | ended.codes)
        context.before = dict(frame.lowering.versions)
        frame.env[context.how] = ended.value
        if RETURNS in ended.codes:
            frame.env[context.kept] = frame.env.get(RETURN, UNDEFINED)
        return always(FALLS)

    return apart(frame, status, park, rest)


def apart(
    frame: Frame, status: Status, go_on: Callable[[Status], Status], rest: Rest
) -> tuple[Status, bool]:
    """What follows a list that ended so, where no exception has left it."""
    gone = escapes(status)
    here = status.codes - gone - {RAISES}
    if not here:
        return status, False
    if gone:
        assert isinstance(status.value, Value)
        jump, left = among(status.value, gone), among(status.value, here)
        raised = operate(frame, operator.ge, status.value, CAUGHT)
        return branch(frame, raised, lambda: jump, lambda: go_on(left), rest)
    status = go_on(status)
    if status.mixed:
        return resume(frame, status, rest), True
    return status, False
