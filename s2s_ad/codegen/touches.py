"""Reads of names that may have no value: Python notices most of them itself.

It does where an operation that is written next reads a variable that was never assigned: nothing
that could have been left in the variable stands before the place where it got no value.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from s2s_ad.errors import UnsupportedError
from s2s_ad.ir.core import UNDEFINED, Block, Function, Op, Value, leaves, walk
from s2s_ad.ir.unbound import define, flows, joins, may_be, may_be_absent
from s2s_ad.ops.structure import FOR, TOUCH, WHILE

if TYPE_CHECKING:
    from s2s_ad.codegen.scope import Scope
    from s2s_ad.codegen.storage import Variable


@dataclass
class Touches:
    """For each `touch` the value that is asked at run time, or the one by which Python notices."""

    asked: dict[Op, Value] = field(default_factory=dict)
    relied: dict[Op, Value] = field(default_factory=dict)


def settle(function: Function) -> Touches:
    """Decide how each name without a value is noticed."""
    found, places = Touches(), Places()
    places.visit(function.block, False)
    for op, (block, k) in places.touches.items():
        unbound = [v for v in op.operands if may_be(v, (UNDEFINED,))]
        relied = [v for v in unbound if read_next(v, block, k) and places.never_assigned(v)]
        if relied and op.kwargs["cls"] is UnboundLocalError:
            found.relied[op] = relied[0]
        elif unbound:
            define(unbound[0])
    # Where one is None for the sake of another that is asked, or copied, it is asked too.
    for op in places.touches:
        absent = next(filter(may_be_absent, op.operands), None)
        if absent is not None:
            found.relied.pop(op, None)
            found.asked[op] = absent
            check_none(op, absent)
    return found


def check_none(op: Op, v: Value) -> None:
    """Refuse a value that is None on a path where it has a value, too."""
    if may_be(v, (None,)):
        raise UnsupportedError(
            f"{op.kwargs['name']!r} is None on one path and has no value on another",
            "assign it on every path",
            op.location,
        )


class Places:
    """Where operations stand: in which order, and whether in a loop."""

    def __init__(self) -> None:
        self.order: dict[Op, int] = {}
        self.looping: set[Op] = set()
        self.touches: dict[Op, tuple[Block, int]] = {}

    def visit(self, block: Block, looping: bool) -> None:
        for k, op in enumerate(block.ops):
            self.order[op] = len(self.order)
            if looping:
                self.looping.add(op)
            if op.prim is TOUCH:
                self.touches[op] = (block, k)
            for b in op.blocks:
                self.visit(b, looping or op.prim in (FOR, WHILE))

    def made(self, v: Value) -> int:
        """When a value is set."""
        op = v.owner.owner if isinstance(v.owner, Block) else v.owner
        return self.order[op] if isinstance(op, Op) else -1

    def never_assigned(self, v: Value) -> bool:
        """Whether nothing flows into v before the places where it gets no value, on any turn."""
        entries = [op for x, op in flows(v) if x is UNDEFINED]
        last = max(self.order[op] for op in entries)
        return not any(op in self.looping for op in entries) and all(
            (self.made(x) if type(x) is Value else self.order[op]) >= last for x, op in flows(v)
        )


def overlaid(touches: Touches, function: Function, variables: dict[Value, Variable]) -> list[Value]:
    """The values by which Python would not notice: their variable has held something else."""
    places = Places()
    places.visit(function.block, False)
    out = []
    for op, v in touches.relied.items():
        known = sources(v)
        others = [x for x in variables[v].values if not sources(x) <= known]
        if any(places.made(x) < places.order[op] for x in others):
            out.append(v)
    return out


def sources(v: Value) -> set[Value | Op]:
    """The values, set by operations, that branches and loops pass on to v, or v itself; for a
    constant, where it comes in."""
    found = {x if type(x) is Value else op for x, op in flows(v) if x is not UNDEFINED}
    return found if joins(v) else {v}


def read_next(v: Value, block: Block, k: int) -> bool:
    """Whether an operation reads the value, before anything happens."""
    for op in block.ops[k + 1 :]:
        if op.prim is not TOUCH and any(x is v for x in read_by(op)):
            return True
        whole = [op, *(o for b in op.blocks for o in walk(b))]
        if any(o.prim.effect == "effect" for o in whole):
            return False
    return isinstance(block.owner, Function) and any(x is v for x in leaves(block.yields))


def read_by(op: Op) -> list[Value]:
    """What an operation reads, whatever happens inside it."""
    if op.prim.name in ("for", "while"):
        return list(leaves(op.args[:-1]))
    return op.operands


def raised_without(op: Op, value: ast.expr, scope: Scope) -> ast.stmt:
    """`if value is None: raise ...`, where a name has no value."""
    text = ast.Constant(f"{op.kwargs['name']!r} has no value")
    error = ast.Call(scope.builtin(op.kwargs["cls"].__name__), [text], [])
    test = ast.Compare(value, [ast.Is()], [ast.Constant(None)])
    return ast.If(test, [ast.Raise(error, None)], [])
