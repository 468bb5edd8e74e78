"""Generator functions: a `for` over one becomes the text of the generator, with the loop's body in
the place of each `yield`.

    for v in steps(x):                y = x
        BODY                          for k in range(3):
                                          y = y * 0.5
    def steps(y):                         v = y
        for k in range(3):                BODY
            y = y * 0.5
            yield y

So everything happens in the order in which Python does it. See weaving.py for names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any as Anything

import gast

from s2s_ad.frontend.comprehensions import Generator
from s2s_ad.frontend.context import Frame, refuse
from s2s_ad.frontend.liveness import COMPREHENSIONS, NESTED, contains
from s2s_ad.frontend.weaving import YIELDS, Generated, Weaver, clone, consume, place, renamed

if TYPE_CHECKING:
    from s2s_ad.frontend.branches import Rest
    from s2s_ad.frontend.joining import Status
    from s2s_ad.frontend.loops import LowerList


def of_expression(frame: Frame, found: Generator) -> Generated:
    """A generator expression as the call of a generator function."""
    body: Anything = gast.Expr(gast.Yield(found.node.elt))
    for k, g in reversed(list(enumerate(found.node.generators))):
        for test in reversed(g.ifs):
            body = gast.If(test, [body], [])
        first = gast.Name("its first iterable", gast.Load(), None, None)
        body = gast.For(g.target, first if k == 0 else g.iter, [body], [], None)
    argument = gast.Name("its first iterable", gast.Param(), None, None)
    arguments = gast.arguments([argument], [], None, [], [], None, [])
    node = gast.FunctionDef("the generator expression", arguments, [body], [], None, None)
    for n in gast.walk(node):
        if not hasattr(n, "lineno"):
            for name in ("lineno", "col_offset", "end_lineno", "end_col_offset"):
                setattr(n, name, getattr(found.node, name))
    inner = Frame(frame.lowering, found.frame.source, node, found.frame, found.frame)
    inner.env["its first iterable"] = found.first
    return Generated(inner, "the generator expression")


def lower_generated(
    frame: Frame, node: Anything, found: Generated, rest: Rest, lower: LowerList
) -> tuple[Status, bool]:
    """A `for` over the call of a generator function, and what follows it."""
    new = consume(frame, node, found, Loop)
    return lower(frame, [*new, *rest.statements], rest.live or frozenset(), rest.tail), True


class Loop(Weaver):
    """Puts the body of a loop into a generator function."""

    def __init__(self, node: Anything, found: Generated, number: int) -> None:
        super().__init__(node, found, number)
        self.flag = f" stop {number}"
        self.tested = False
        self.breaks = at_level(node.body, gast.Break)
        self.skips = at_level(node.body, gast.Continue)

    def woven(self) -> list[Anything]:
        body = self.weave(self.text(), False, False)
        others = clone(self.node.orelse)
        if others and self.breaks:
            others = [self.unless(others)]
        if self.tested or self.breaks and self.node.orelse:
            body.insert(0, self.stop(False))
        else:
            body = [without(s, self.flag) for s in body]
        return [*body, *others]

    def weave(self, body: list[Anything], looping: bool, tail: bool) -> list[Anything]:
        """Statements of the generator with the consumer's body put in. `tail` tells whether the
        end of the list is the end of a loop's body."""
        out: list[Anything] = []
        for k, s in enumerate(body):
            last = k + 1 == len(body)
            if isinstance(s, gast.Return):
                return [*out, *self.leave(looping)]
            stops = self.statement(s, out, looping, tail and last)
            if stops and not last:
                following = self.weave(body[k + 1 :], looping, tail)
                self.tested = True
                if looping:
                    return [*out, self.broken(), *following]
                return [*out, self.unless(following)]
            if stops and looping and isinstance(s, (gast.For, gast.While)):
                self.tested = True
                out.append(self.broken())
        return out

    def statement(self, s: Anything, out: list[Anything], looping: bool, tail: bool) -> bool:
        """Put one statement of the generator; whether it may end the whole loop without leaving
        the statements that follow it."""
        if isinstance(s, gast.Expr) and isinstance(s.value, gast.Yield):
            return self.site(s, out, looping, tail)
        if isinstance(s, gast.Expr) and isinstance(s.value, gast.YieldFrom):
            name = renamed("item", self.number, True)
            inner = gast.Expr(gast.Yield(gast.Name(name, gast.Load(), None, None)))
            target = gast.Name(name, gast.Store(), None, None)
            loop = gast.For(target, s.value.value, [inner], [], None)
            for n in gast.walk(loop):
                if not hasattr(n, "lineno"):
                    place(n, s)
                n.origin, n.quiet = self.frame.source, self.frame.quiet
            return self.statement(loop, out, looping, tail)
        header = [f for f in ("test", "iter", "value", "items") if hasattr(s, f)]
        if any(contains(as_list(getattr(s, f)), *YIELDS) for f in header):
            refuse("a yield inside an expression is not supported", "yield in a statement")
        out.append(s)
        if not contains([s], *YIELDS, gast.Return):
            return False
        if isinstance(s, (gast.For, gast.While)):
            s.body = self.weave(s.body, True, True)
            if s.orelse:
                s.orelse = self.weave(s.orelse, looping, tail)
            return self.breaks or self.returned
        if isinstance(s, gast.If):
            s.body = self.weave(s.body, looping, tail)
            s.orelse = self.weave(s.orelse, looping, tail)
            return not looping and (self.breaks or self.returned)
        if isinstance(s, gast.With):
            s.yields = True
            s.body = self.weave(s.body, looping, False)
            return not looping and (self.breaks or self.returned)
        refuse("a yield inside a try is not supported in a loop", "return a list instead")

    returned = False

    def site(self, s: Anything, out: list[Anything], looping: bool, tail: bool) -> bool:
        """The place of a `yield`: the item is bound, and the body runs."""
        value = s.value.value
        value = value if value is not None else gast.Constant(None, None)
        first = gast.Assign([clone(self.node.target)], value, None)
        for name in ("lineno", "col_offset", "end_lineno", "end_col_offset"):
            setattr(first, name, getattr(s, name))
        first.origin, first.quiet = self.frame.source, self.frame.quiet
        first.copied = self.node
        body = clone(self.node.body)
        if looping and tail:
            leaves(body, [self.stop(True), gast.Break()])
            out += [first, *body]
            return False
        if not self.breaks and not self.skips:
            out += [first, *body]
            return False
        leaves(body, [self.stop(True), gast.Break()])
        once = gast.Tuple([gast.Constant(None, None)], gast.Load())
        unused = gast.Name(f" once {self.number}", gast.Store(), None, None)
        out += [first, gast.For(unused, once, body, [], None)]
        if self.breaks and looping:
            self.tested = True
            out.append(self.broken())
            return False
        return self.breaks

    def leave(self, looping: bool) -> list[Anything]:
        """A `return` of the generator."""
        self.returned = True
        return [self.stop(True), gast.Break()] if looping else [self.stop(True)]

    def stop(self, value: bool) -> Anything:
        target = gast.Name(self.flag, gast.Store(), None, None)
        return gast.Assign([target], gast.Constant(value, None), None)

    def load(self) -> Anything:
        return gast.Name(self.flag, gast.Load(), None, None)

    def broken(self) -> Anything:
        """Leave a loop of the generator, where the loop has ended."""
        return self.hidden(gast.If(self.load(), [gast.Break()], []))

    def hidden(self, s: Anything) -> Anything:
        """A statement that is not the user's, and its condition."""
        place(s, self.node)
        s.quiet = True
        for n in gast.walk(s.test):
            place(n, self.node)
            n.quiet = True
        return s

    def unless(self, body: list[Anything]) -> Anything:
        """The statements, unless the loop has ended."""
        return self.hidden(gast.If(gast.UnaryOp(gast.Not(), self.load()), body, []))


def as_list(x: Anything) -> list[Anything]:
    return [y for y in (x if isinstance(x, list) else [x]) if y is not None]


def at_level(body: list[Anything], kind: type) -> bool:
    """Whether statements have a `break` or `continue` of the loop whose body they are."""
    for s in body:
        if isinstance(s, kind):
            return True
        if isinstance(s, (*NESTED, *COMPREHENSIONS)):
            continue
        inner = s.orelse if isinstance(s, (gast.For, gast.While)) else gast.iter_child_nodes(s)
        if at_level(list(inner), kind):
            return True
    return False


def leaves(body: list[Anything], new: list[Anything]) -> None:
    """Replace the `break` of a loop's body, in place."""
    for k in range(len(body) - 1, -1, -1):
        s = body[k]
        if isinstance(s, gast.Break):
            body[k : k + 1] = clone(new)
            continue
        fields = ["orelse"] if isinstance(s, (gast.For, gast.While)) else ["body", "orelse"]
        for name in [*fields, "finalbody"]:
            if isinstance(getattr(s, name, None), list) and not isinstance(s, NESTED):
                leaves(getattr(s, name), new)
        for handler in getattr(s, "handlers", []):
            leaves(handler.body, new)


def without(s: Anything, flag: str) -> Anything:
    """A statement without assignments to the flag, which nothing reads."""
    for name in ("body", "orelse", "finalbody"):
        inner = getattr(s, name, None)
        if isinstance(inner, list):
            setattr(s, name, [without(x, flag) for x in inner if not sets(x, flag)])
    return s


def sets(s: Anything, flag: str) -> bool:
    return isinstance(s, gast.Assign) and getattr(s.targets[0], "id", "") == flag
