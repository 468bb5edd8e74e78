"""The text of a generator function where it is consumed: names of its own, among the consumer's.

The generator's names get a number, so that they meet no other; what it reads from outside is looked
up where it stands. Nodes remember whose text they are.
"""

from __future__ import annotations

from typing import Any as Anything

import gast

from s2s_ad.frontend.context import Frame, expression, refuse
from s2s_ad.frontend.iteration import Walk
from s2s_ad.frontend.liveness import COMPREHENSIONS, NESTED, assigned, contains, loads
from s2s_ad.frontend.names import look_up

YIELDS = (gast.Yield, gast.YieldFrom)


class Generated(Walk):
    """The call of a generator function, about to be consumed: a frame with its arguments."""

    def __init__(self, frame: Frame, name: str) -> None:
        self.frame, self.name = frame, name

    def length(self, frame: Frame) -> Anything:
        refuse(
            "a generator is consumed here together with something else",
            "make a list of it first: list(...)",
        )


class Elsewhere(gast.Name):  # type: ignore[misc]
    """A name that a generator reads from outside itself."""


@expression(Elsewhere)
def elsewhere(frame: Frame, node: Anything) -> Anything:
    while node.generator not in frame.elsewhere:  # in a function inside the generator
        assert frame.parent is not None
        frame = frame.parent
    return look_up(frame.elsewhere[node.generator], node.id)


def generates(node: Anything) -> bool:
    """Whether a definition is a generator function."""
    return isinstance(node, gast.FunctionDef) and contains(node.body, *YIELDS)


def renamed(name: str, number: int, quiet: bool) -> str:
    """The name of a generator's variable in the frame that consumes it; see bindings.user_name."""
    return f"{'' if quiet else name} {name} {number}"


class Weaver:
    """Puts the text of a consumer, a statement with a body, into that of a generator function."""

    def __init__(self, node: Anything, found: Generated, number: int) -> None:
        self.node, self.frame, self.number = node, found.frame, number

    def woven(self) -> list[Anything]:
        """The statements that the consumer stands for."""
        raise NotImplementedError

    def text(self) -> list[Anything]:
        """The generator's own statements, to be changed."""
        body = clone(self.frame.node.body)
        while body and isinstance(body[-1], gast.Return):
            body.pop()
        self.own(body)
        out: list[Anything] = body
        return out

    def own(self, body: list[Anything]) -> None:
        """Give the generator's names their number, and mark whose text it is."""
        bound = set(self.frame.locals)
        for s in body:
            for n in gast.walk(s):
                if isinstance(n, COMPREHENSIONS):
                    stored = (m for g in n.generators for m in gast.walk(g.target))
                    bound |= {m.id for m in stored if isinstance(m, gast.Name)}
        for s in body:
            self.rename(s, bound)

    def rename(self, n: Anything, bound: set[str]) -> None:
        """Rename what is bound in the generator; what is read from outside is looked up there."""
        n.origin, n.quiet = self.frame.source, self.frame.quiet
        if isinstance(n, (gast.Nonlocal, gast.Global)):
            what = type(n).__name__.lower()
            refuse(f"{what} in a generator is not supported", "return a list instead")
        if isinstance(n, NESTED):
            self.rename_function(n, bound)
            return
        if isinstance(n, gast.Name) and n.id in bound:
            n.id = renamed(n.id, self.number, self.frame.quiet)
        elif isinstance(n, gast.Name):
            n.__class__ = Elsewhere
            n.generator = self.number
        for child in gast.iter_child_nodes(n):
            self.rename(child, bound)

    def rename_function(self, n: Anything, bound: set[str]) -> None:
        """A function inside the generator: its own names stay."""
        body = n.body if isinstance(n, gast.FunctionDef) else [n.body]
        a = n.args
        parameters = [*a.posonlyargs, *a.args, *a.kwonlyargs, a.vararg, a.kwarg]
        own = {p.id for p in parameters if p is not None} | set(assigned(body))
        outside = [*a.defaults, *(d for d in a.kw_defaults if d is not None)]
        if isinstance(n, gast.FunctionDef):
            outside += n.decorator_list
            n.name = renamed(n.name, self.number, self.frame.quiet)
        for child in outside:
            self.rename(child, bound)
        for child in body:
            self.rename_inside(child, bound, own)

    def rename_inside(self, n: Anything, bound: set[str], own: set[str]) -> None:
        """The text of a function inside the generator, which has names of its own."""
        if isinstance(n, gast.Name) and n.id in own:
            n.origin, n.quiet = self.frame.source, self.frame.quiet
        elif isinstance(n, (gast.Name, gast.Nonlocal, gast.Global)):
            self.rename(n, bound - own)
        elif isinstance(n, NESTED):
            refuse("functions in functions in a generator are not supported", "return a list")
        else:
            n.origin, n.quiet = self.frame.source, self.frame.quiet
            for child in gast.iter_child_nodes(n):
                self.rename_inside(child, bound, own)


def consume(frame: Frame, node: Anything, found: Generated, weaver: type[Weaver]) -> list[Anything]:
    """The statements that a consumer of a generator stands for, ready to be lowered: what the
    generator was called with is bound."""
    known: dict[Anything, tuple[int, list[Anything]]] = frame.lowering.woven
    key = (node, found.frame.node)
    if key not in known:
        number = len(known) + 1
        new = weaver(node, found, number).woven()
        orders = frame.source.orders
        for n in [n for s in new for n in gast.walk(s)]:
            if not hasattr(n, "lineno"):
                place(n, node)
            if isinstance(n, gast.stmt) and n not in orders:
                orders[n] = orders.get(getattr(n, "copied", node), 0)
        known[key] = number, new
    number, new = known[key]
    inner = found.frame
    for name, x in inner.env.items():
        frame.env[renamed(name, number, inner.quiet)] = x
    names = [renamed(name, number, inner.quiet) for name in inner.locals]
    frame.locals |= frozenset(names) | frozenset(assigned(new))
    frame.elsewhere[number] = inner
    loop, live = frame.loop, frame.liveness
    for n in [n for s in new for n in gast.walk(s) if isinstance(n, NESTED)]:
        live.always |= loads(n)
    stop, next_ = (loop.after, loop.head) if loop is not None else (live.always, live.always)
    live.inside(node, new, live.after[node], stop, next_)
    return new


def clone(node: Anything) -> Anything:
    """A copy of a tree; statements remember what they were copied from."""
    if isinstance(node, list):
        return [clone(n) for n in node]
    if not isinstance(node, gast.AST):
        return node
    kind: Anything = type(node)
    new = kind.__new__(kind)
    new.__dict__.update(node.__dict__)
    for name in node._fields:
        setattr(new, name, clone(getattr(node, name, None)))
    if isinstance(node, gast.stmt):
        new.copied = node
    return new


def place(n: Anything, where: Anything) -> None:
    """Let a new node stand where another one stands."""
    for name in ("lineno", "col_offset", "end_lineno", "end_col_offset"):
        setattr(n, name, getattr(where, name))
    for name in ("origin", "quiet"):
        if hasattr(where, name) and not hasattr(n, name):
            setattr(n, name, getattr(where, name))
