"""Which names are read later: decides what branches yield and what loops carry.

A name is live at a point if some path from there reads it before assigning it. Names that nested
functions and lambdas read count as live everywhere.
"""

from __future__ import annotations

from typing import Any as Anything

import gast

Names = frozenset[str]
NONE: Names = frozenset()


# Texts with names of their own.
NESTED = (gast.FunctionDef, gast.Lambda)
COMPREHENSIONS = (gast.ListComp, gast.DictComp, gast.SetComp, gast.GeneratorExp)


def nonlocals(node: Anything) -> Names:
    """The names that a function declares `nonlocal`."""
    out: set[str] = set()

    def visit(n: Anything) -> None:
        if isinstance(n, gast.Nonlocal):
            out.update(n.names)
        elif not isinstance(n, NESTED):
            for child in gast.iter_child_nodes(n):
                visit(child)

    for statement in node.body:
        visit(statement)
    return frozenset(out)


class Liveness:
    """The live names of one function: `after[statement]` when it ends normally, `head[loop]` at
    the start of each iteration, `entry[try]` where it is left by an exception, `around[statement]`
    everywhere in it."""

    def __init__(self, node: Anything) -> None:
        self.after: dict[Anything, Names] = {}
        self.head: dict[Anything, Names] = {}
        self.entry: dict[Anything, Names] = {}
        self.around: dict[Anything, Names] = {}
        self.always: Names = NONE
        self.outer: Names = NONE
        if isinstance(node, gast.Lambda):
            return
        for inner in gast.walk(node):
            if inner is not node and isinstance(inner, NESTED):
                self.always |= loads(inner)
                if isinstance(inner, gast.FunctionDef):
                    self.always |= nonlocals(inner)
        self.outer = nonlocals(node)
        self.block(node.body, self.always, self.always, self.always)

    def block(self, body: list[Anything], out: Names, stop: Names, next: Names) -> Names:
        """The names live before a list of statements; `stop` and `next` are where break and
        continue lead."""
        for statement in reversed(body):
            self.after[statement], self.around[statement] = out, self.always
            out = self.statement(statement, out, stop, next) | self.always
        return out

    def inside(
        self, node: Anything, body: list[Anything], out: Names, stop: Names, next: Names
    ) -> None:
        """The same for statements that take the place of a statement."""
        always = self.always
        self.always |= self.around.get(node, NONE)
        self.block(body, out, stop, next)
        self.always = always

    def statement(self, node: Anything, out: Names, stop: Names, next: Names) -> Names:
        if isinstance(node, gast.If):
            branches = self.block(node.body, out, stop, next) | self.block(
                node.orelse, out, stop, next
            )
            return loads(node.test) | branches
        if isinstance(node, (gast.For, gast.While)):
            return self.loop(node, out, stop, next)
        if isinstance(node, gast.With):
            # After an exception that the context ends comes what follows; see contexts.py.
            kept = getattr(node, "keeps", NONE)
            always, self.always = self.always, self.always | out
            if kept:
                self.always |= kept | stop | next
            inside = self.block(node.body, out, stop, next)
            self.always = always
            for item in node.items:
                bound = item.optional_vars
                inside -= targets(bound) if bound is not None else NONE
            return inside.union(out, *(loads(item) for item in node.items))
        if isinstance(node, gast.Try):
            return self.attempt(node, out, stop, next)
        if isinstance(node, gast.Break):
            return stop
        if isinstance(node, gast.Continue):
            return next
        if isinstance(node, (gast.Return, gast.Raise)):
            return loads(node)
        if isinstance(node, gast.FunctionDef):
            return out - {node.name}
        if isinstance(node, gast.Assign):
            return loads(node) | (out - targets(*node.targets))
        if isinstance(node, gast.AnnAssign) and node.value is not None:
            return loads(node.value) | (out - targets(node.target))
        if isinstance(node, gast.AugAssign):
            return loads(node) | targets(node.target) | out
        if isinstance(node, gast.AnnAssign):
            return out
        return loads(node) | out

    def attempt(self, node: Anything, out: Names, stop: Names, next: Names) -> Names:
        """A `try`: from any place in its body the next step may be a handler."""
        always = self.always
        if node.finalbody:
            self.always |= {"return", "raise "}
            out = stop = next = self.block(node.finalbody, out | stop | next, stop, next)
            self.always = always | out
        handlers = out if node.finalbody else NONE
        for h in node.handlers:
            caught = self.block(h.body, out, stop, next) - (targets(h.name) if h.name else NONE)
            handlers |= caught | (loads(h.type) if h.type is not None else NONE)
        self.entry[node] = handlers
        orelse = self.block(node.orelse, out, stop, next)
        self.always |= handlers
        inside = self.block(node.body, orelse, stop, next)
        self.always = always
        return inside | handlers

    def loop(self, node: Anything, out: Names, stop: Names, next: Names) -> Names:
        exhausted = self.block(node.orelse, out, stop, next)
        bound = targets(node.target) if isinstance(node, gast.For) else NONE
        test = loads(node.test) if isinstance(node, gast.While) else NONE
        head = exhausted | test
        while True:
            before = self.block(node.body, head, out, head)
            wider = head | (before - bound) | self.always
            if wider == head:
                break
            head = wider
        self.head[node] = head
        return head | (loads(node.iter) if isinstance(node, gast.For) else NONE)


def loads(node: Anything) -> Names:
    """The names that are read anywhere in a node, nested functions included."""
    return frozenset(
        n.id for n in gast.walk(node) if isinstance(n, gast.Name) and isinstance(n.ctx, gast.Load)
    )


def targets(*nodes: Anything) -> Names:
    """The plain names among assignment targets."""
    out: set[str] = set()
    for node in nodes:
        if isinstance(node, gast.Name):
            out.add(node.id)
        elif isinstance(node, (gast.Tuple, gast.List)):
            out |= targets(*node.elts)
        elif isinstance(node, gast.Starred):
            out |= targets(node.value)
    return frozenset(out)


def assigned(nodes: list[Anything]) -> dict[str, None]:
    """The names that a piece of text binds or deletes, in order; not those of nested functions."""
    out: dict[str, None] = {}

    def visit(node: Anything) -> None:
        if isinstance(node, gast.FunctionDef):
            out[node.name] = None
            return
        if isinstance(node, (gast.Lambda, *COMPREHENSIONS)):
            return
        if isinstance(node, gast.Name) and isinstance(node.ctx, (gast.Store, gast.Del)):
            out[node.id] = None
        if isinstance(node, (gast.Import, gast.ImportFrom)):
            out.update({a.asname or a.name.partition(".")[0]: None for a in node.names})
        for child in gast.iter_child_nodes(node):
            visit(child)

    for node in nodes:
        visit(node)
    return out


def contains(nodes: list[Anything], *kinds: type) -> bool:
    """Whether a piece of text has such a statement, not counting nested functions."""
    for node in nodes:
        if isinstance(node, kinds):
            return True
        nested = isinstance(node, (gast.FunctionDef, gast.Lambda))
        if not nested and contains(list(gast.iter_child_nodes(node)), *kinds):
            return True
    return False
