"""Comprehensions and generator expressions: the loops that they abbreviate.

A generator expression is consumed by a function of the prelude. Its loops take the place of the
loop over `items` there, in a local function of the frame where the expression stands, so that its
names are its own and the consumer may stop it. The consumer's names are none that a user can have.
"""

from __future__ import annotations

import builtins
import copy
from dataclasses import dataclass
from typing import Any as Anything

import gast

from s2s_ad.frontend import prelude
from s2s_ad.frontend.context import Frame, evaluate, expression, refuse


@dataclass(eq=False)
class Generator:
    """A generator expression that is about to be consumed; its first iterable is there."""

    walks = True
    node: Anything
    frame: Frame
    first: Anything


@expression(gast.GeneratorExp)
def generator(frame: Frame, node: Anything) -> Anything:
    check(node)
    return Generator(node, frame, evaluate(frame, node.generators[0].iter))


@expression(gast.ListComp)
def list_comprehension(frame: Frame, node: Anything) -> Anything:
    return consume(frame, prelude.collected, generator(frame, node))


@expression(gast.DictComp)
def dict_comprehension(frame: Frame, node: Anything) -> Anything:
    return consume(frame, prelude.mapped, generator(frame, node))


def check(node: Anything) -> None:
    """Refuse what a comprehension does beyond looping."""
    if any(g.is_async for g in node.generators):
        refuse("async is not supported", "use a plain comprehension")
    if any(isinstance(n, gast.NamedExpr) for n in gast.walk(node)):
        refuse("an assignment (:=) inside a comprehension is not supported", "write a loop")


def consume(frame: Frame, function: Anything, found: Generator, *rest: Anything) -> Anything:
    """What a function of the prelude makes of the items of a generator expression."""
    from s2s_ad.frontend.binding import source_of
    from s2s_ad.frontend.inline import inline

    node = copy.deepcopy(source_of(frame.lowering, function).tree)
    hidden = make_hygienic(node)
    inner = copy.deepcopy(found.node)
    for k, statement in enumerate(node.body):
        if isinstance(statement, gast.For):
            node.body[k] = loops(statement, inner, 0)
    written = set(gast.walk(inner))
    for n in gast.walk(node):
        if n not in written:
            gast.copy_location(n, found.node)
    names = [p.id for p in node.args.args]
    closure = Frame(frame.lowering, found.frame.source, node, frame, found.frame, quiet=True)
    closure.hidden = hidden
    return inline(closure, dict(zip(names, [found.first, *rest])))


def make_hygienic(node: Anything) -> frozenset[str]:
    """Give a function of the prelude, which is about to stand in the user's text, names that no
    user can have, and Python's own functions whatever the user calls so; its names."""
    names = [n for n in gast.walk(node) if isinstance(n, gast.Name)]
    own = {n.id for n in names if not isinstance(n.ctx, gast.Load)}
    for n in names:
        if n.id in own:
            n.id = f" {n.id}"
        elif hasattr(builtins, n.id):
            n.value, n.kind = getattr(builtins, n.id), None
            n.__class__ = gast.Constant
    return frozenset(f" {name}" for name in own)


def loops(consumer: Anything, node: Anything, k: int) -> Anything:
    """The loops of a comprehension from the k-th on, around the consumer's body."""
    g = node.generators[k]
    if k + 1 < len(node.generators):
        body: list[Anything] = [loops(consumer, node, k + 1)]
    elif isinstance(node, gast.DictComp):
        pair = gast.Tuple([node.key, node.value], gast.Load())
        body = [gast.Assign([consumer.target], pair, None), *consumer.body]
    else:
        body = [gast.Assign([consumer.target], node.elt, None), *consumer.body]
    for test in reversed(g.ifs):
        body = [gast.If(test, body, [])]
    walked = consumer.iter if k == 0 else g.iter
    return gast.For(g.target, walked, body, [], None)
