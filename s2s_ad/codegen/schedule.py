"""The order of operations in a block: as given, but the last reads of an old version come before
what overwrites it.

A variable is overwritten when another value of its family is computed, a buffer when an update
works in place. Where a read can be moved before the overwrite it is, by moving the overwriting
operation down; where it cannot (the read depends on it) the order stays, and `storage` copies.
"""

from __future__ import annotations

import bisect
import heapq
from collections.abc import Iterator

from s2s_ad.codegen.aliases import Aliases, Tokens
from s2s_ad.codegen.families import Families
from s2s_ad.ir.core import Block, Function, Op, Value, captured, leaves, walk
from s2s_ad.ir.types import Stack
from s2s_ad.ops.structure import CALL, TRY, WITH
from s2s_ad.ops.tapes import POP


def has_effect(op: Op) -> bool:
    """Whether the operation, or one inside it, must stay where it is."""
    if op.prim.effect or op.prim in (CALL, TRY, WITH):
        return True
    return any(has_effect(o) for b in op.blocks for o in b.ops)


def reads_of(op: Op) -> dict[Value, None]:
    """Everything that the operation and its blocks read from outside."""
    out = dict.fromkeys(leaves(op.args))
    if op.blocks:
        out.update(captured(op.blocks))
    return out


def writes_of(op: Op) -> list[Value]:
    """Everything that the operation and its blocks define."""
    out = list(op.results)
    for b in op.blocks:
        out += b.params
        for inner in walk(b):
            out += inner.results
            for c in inner.blocks:
                out += c.params
    return out


def schedule(function: Function, families: Families, aliases: Aliases) -> None:
    """Reorder every block in place."""
    _block(function.block, families, aliases)


def _block(block: Block, families: Families, aliases: Aliases) -> None:
    for op in block.ops:
        for b in op.blocks:
            if op.prim is not TRY:  # there it matters what raises first
                _block(b, families, aliases)
    n = len(block.ops)
    if n < 2:
        return
    defined = {r: k for k, op in enumerate(block.ops) for r in op.results}
    reads = [reads_of(op) for op in block.ops]
    graph = Graph(n)
    after = graph.after
    for k in range(n):
        for v in reads[k]:
            if v in defined:
                after[defined[v]].add(k)
    barrier = -1
    for k, op in enumerate(block.ops):
        if has_effect(op):
            for j in range(barrier + 1, k):
                after[j].add(k)
            if barrier >= 0:
                after[barrier].add(k)
            barrier = k
        elif barrier >= 0:
            after[barrier].add(k)

    for j, k in _overwrites(block, reads, defined, families, aliases):
        graph.order(j, k)
    block.ops[:] = [block.ops[k] for k in _order(n, after)]


class Graph:
    """What has to follow what. `after[k]` are the operations that must follow operation k."""

    def __init__(self, n: int) -> None:
        self.after: list[set[int]] = [set() for _ in range(n)]
        self.backward = False  # whether an operation has to follow a later one

    def order(self, a: int, b: int) -> None:
        """Let b follow a, unless a has to follow b."""
        if a == b or (a < b and not self.backward):
            if a != b:
                self.after[a].add(b)
        elif not self.reaches(b, a):
            self.after[a].add(b)
            self.backward |= a > b

    def reaches(self, a: int, b: int) -> bool:
        todo, seen = [a], {a}
        while todo:
            for k in self.after[todo.pop()]:
                if k == b:
                    return True
                if k not in seen and (k < b or self.backward):
                    seen.add(k)
                    todo.append(k)
        return False


def _overwrites(
    block: Block,
    reads: list[dict[Value, None]],
    defined: dict[Value, int],
    families: Families,
    aliases: Aliases,
) -> Iterator[tuple[int, int]]:
    """Pairs (j, k): operation k is the first to overwrite a variable or a buffer that j reads."""
    killers: dict[Value, list[int]] = {}
    updates: list[tuple[int, Tokens]] = []
    for k, op in enumerate(block.ops):
        for root in dict.fromkeys(map(families.root, writes_of(op))):
            killers.setdefault(root, []).append(k)
        tokens = aliases.written(op)
        if tokens:
            updates.append((k, tokens))
    reader = _readers(block, families)
    for j in range(len(block.ops)):
        for v in reads[j]:
            start = defined.get(v, -1)
            found = killers.get(families.root(v), [])
            at = bisect.bisect_right(found, start)
            first = found[at : at + 1]
            if not isinstance(v.type, Stack):
                tokens = aliases.of(v)
                first += [k for k, t in updates if k > start and t & tokens][:1]
            for k in first:
                late = block.ops[j].role == "adjoint" and block.ops[k].role == "primal"
                if not late:  # the sweeps stay apart
                    yield reader[j], k
                    yield j, k


def _readers(block: Block, families: Families) -> list[int]:
    """Where each operation is likely to be evaluated: temporaries fold into their only reader."""
    n = len(block.ops)
    users = {v: k for k, op in enumerate(block.ops) for v in leaves(op.args)}
    out = list(range(n))
    for k in reversed(range(n)):
        op = block.ops[k]
        v = op.results[-1] if op.results else None
        if v is None or op.blocks or families.uses.get(v) != 1 or v not in users:
            continue
        if (len(op.results) == 1 and not v.hint) or op.prim is POP:
            out[k] = out[users[v]]
    return out


def _order(n: int, after: list[set[int]]) -> list[int]:
    """The topological order that stays closest to the given one."""
    missing = [0] * n
    for followers in after:
        for k in followers:
            missing[k] += 1
    ready = [k for k in range(n) if not missing[k]]
    heapq.heapify(ready)
    out: list[int] = []
    while ready:
        k = heapq.heappop(ready)
        out.append(k)
        for j in after[k]:
            missing[j] -= 1
            if not missing[j]:
                heapq.heappush(ready, j)
    assert len(out) == n, "the order of operations has a cycle"
    return out
