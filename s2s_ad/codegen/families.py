"""Which values should share a variable: a user's name, the versions of a buffer, what a loop
carries. Wishes only; `storage` grants them where the values do not interfere."""

from __future__ import annotations

from typing import Any as Anything

from s2s_ad.codegen.aliases import is_update, moved
from s2s_ad.ir.core import UNDEFINED, Function, Op, Value, leaves, walk
from s2s_ad.ir.types import Stack
from s2s_ad.ops.structure import CALL, FOR, IF, WHILE
from s2s_ad.ops.tapes import POP, PUSH, RESTORE


class Families:
    """`root(v)` is the same for values that wish to share a variable; `hint(v)` is its name."""

    def __init__(self, function: Function) -> None:
        self.parent: dict[Value, Value] = {}
        self.hints: dict[Value, str] = {}
        self.named: set[Value] = set()
        self.pairs: list[tuple[Value, Value]] = []  # wishes, most important first
        self.uses: dict[Value, int] = {}
        first: dict[str, Value] = {}
        values = list(function.block.params)
        for op in walk(function.block):
            for b in op.blocks:
                values += b.params
            values += op.results
            self.count(op.args)
            for b in op.blocks:
                self.count(b.yields)
        self.count(function.block.yields)
        own = {v.hint for v in values if v.named and not generated(v)}
        hints: dict[Value, str] = {}
        for v in values:
            self.parent[v] = v
            if v.hint:  # the user's names win over generated ones
                hints[v] = v.hint + "_2" if generated(v) and v.hint in own else v.hint
                self.hints[v] = hints[v]
            if v.named:
                self.named.add(v)
        wishes: list[tuple[int, Value, Value]] = []
        for op in walk(function.block):
            wishes += self.wishes(op)
        for _, one, other in sorted(wishes, key=lambda w: w[0]):
            self.join(one, other)
        for v in values:
            if v.hint:
                self.join(first.setdefault(hints[v], v), v)

    def count(self, operand: Anything) -> None:
        for v in leaves(operand):
            self.uses[v] = self.uses.get(v, 0) + 1

    def root(self, v: Value) -> Value:
        while self.parent.setdefault(v, v) is not v:
            v = self.parent[v]
        return v

    def hint(self, v: Value) -> str:
        return self.hints.get(self.root(v), v.hint)

    def join(self, a: Value, b: Value) -> None:
        ra, rb = self.root(a), self.root(b)
        if ra is rb:
            self.pairs.append((a, b))
            return
        ha, hb = self.hints.get(ra, ""), self.hints.get(rb, "")
        if ha and hb and ha != hb and not isinstance(a.type, Stack):
            return
        self.pairs.append((a, b))
        self.parent[rb] = ra
        if hb and not ha:
            self.hints[ra] = hb
        if rb in self.named:
            self.named.add(ra)

    def wishes(self, op: Op) -> list[tuple[int, Value, Value]]:
        """Pairs (urgency, a, b). A value without a name takes that of where it goes."""
        out: list[tuple[int, Value, Value]] = []

        def wish(urgency: int, target: Value, source: Anything) -> None:
            if type(source) is not Value or source is UNDEFINED:
                return
            if isinstance(target.type, Stack):
                out.append((0, target, source))
                return
            if source.hint and not target.hint:
                return
            if not source.hint and target.hint and self.uses.get(source, 0) > 1:
                return
            if not source.hint and not isinstance(source.owner, Op):
                return
            out.append((urgency, target, source))

        if op.prim in (PUSH, POP, RESTORE):
            out.append((0, op.args[0], op.results[0]))
        elif op.prim is CALL:
            for k, x in moved(op).items():
                out.append((1, op.results[k], x))
        elif is_update(op) and type(op.args[0]) is Value:
            if op.args[0].hint == op.results[0].hint or not op.args[0].hint:
                out.append((1, op.results[0], op.args[0]))
        elif op.prim is IF:
            for b in op.blocks:
                for r, y in zip(op.results, b.yields):
                    wish(4, r, y)
        elif op.prim in (FOR, WHILE):
            inits = op.inits
            back = op.blocks[0].params[len(op.blocks[0].params) - len(inits) :]
            for k, p in enumerate(back):
                out.append((2, p, op.results[k]))
                wish(2, p, op.blocks[-1].yields[k])
                if op.prim is WHILE:
                    out.append((2, p, op.blocks[1].params[k]))
                    wish(2, p, op.blocks[0].yields[1 + k])
                wish(3, p, inits[k])
        elif op.blocks:
            for b in op.blocks:
                for r, y in zip(op.results, b.yields):
                    wish(4, r, y)
        return out


def generated(v: Value) -> bool:
    """Whether the name is made from another one: a tangent or an adjoint."""
    return v.companion is not None and bool(v.companion[1])
