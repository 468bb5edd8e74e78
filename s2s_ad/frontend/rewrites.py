"""Python said in other Python, before anything looks at it.

A `while` whose condition binds names becomes a loop that ends by `break`, so that a reverse sweep
never meets the last, failing evaluation:

    while (y := f(x)) > 0:          while True:
        BODY                            if not (y := f(x)) > 0:
    else:                                   ELSE
        ELSE                                break
                                        BODY

A `match` becomes `if` and `elif`: see matching.py.
"""

from __future__ import annotations

from typing import Any as Anything

import gast

from s2s_ad.frontend.liveness import contains
from s2s_ad.frontend.matching import Matching


def rewrite(definition: Anything) -> Anything:
    """The definition, changed in place. New nodes stand where the loop stood."""
    definition = Matching().visit(definition)
    for node in list(gast.walk(definition)):
        if isinstance(node, gast.While) and contains([node.test], gast.NamedExpr):
            if not leaves_outer(node.orelse):
                binding_while(node)
    return definition


def binding_while(node: Anything) -> None:
    refuted = gast.copy_location(gast.UnaryOp(gast.Not(), node.test), node.test)
    leave = gast.copy_location(gast.Break(), node)
    end = gast.copy_location(gast.If(refuted, [*node.orelse, leave], []), node)
    node.test = gast.copy_location(gast.Constant(True, None), node.test)
    node.body = [end, *node.body]
    node.orelse = []


def leaves_outer(body: list[Anything]) -> bool:
    """Whether a statement list has a `break` or `continue` for a loop around it."""
    for node in body:
        if isinstance(node, (gast.Break, gast.Continue)):
            return True
        if isinstance(node, (gast.FunctionDef, gast.Lambda)):
            continue
        inner = list(gast.iter_child_nodes(node))
        if isinstance(node, (gast.For, gast.While)):
            inner = list(node.orelse)
        if leaves_outer(inner):
            return True
    return False


def end_with_return(node: Anything) -> None:
    """Make the return of None at the end of a function explicit."""
    last = node.body[-1]
    if isinstance(last, gast.Return):
        return
    node.body.append(gast.copy_location(gast.Return(None), last))


def open_loops(node: Anything) -> None:
    """Give a loop whose condition assigns names the form `while True: if ...: ... else: break`:
    what the condition assigns is then assigned in the body."""
    for loop in gast.walk(node):
        if not isinstance(loop, gast.While) or loop.orelse:
            continue
        if any(isinstance(n, gast.NamedExpr) for n in gast.walk(loop.test)):
            leave = gast.copy_location(gast.Break(), loop)
            inner = gast.copy_location(gast.If(loop.test, loop.body, [leave]), loop)
            loop.test = gast.copy_location(gast.Constant(True, None), loop.test)
            loop.body = [inner]
