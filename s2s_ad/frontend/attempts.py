"""`try` around operations that may raise by themselves: `np.linalg.cholesky(k)`, `1 / x`, `xs[k]`.

What is left of the body is the operation `try`: from the statement with the first operation that
may raise. It results in a number, 0 where nothing was raised, else that of the handler; handlers
are branches of an `if` on it. A handler sees what held when the exception was raised. Names and
arrays that the body has changed by then, but perhaps not, are refused where they are read.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING
from typing import Any as Anything

import gast

from s2s_ad.frontend.bindings import Cell, Conflict
from s2s_ad.frontend.branches import Rest, bind_written, branch, ending, fill, live_at, run, write
from s2s_ad.frontend.context import Frame, operate, raised
from s2s_ad.frontend.exceptions import Kind
from s2s_ad.frontend.joining import Arm, Join, Status
from s2s_ad.ir.build import cursor, facts
from s2s_ad.ir.core import UNDEFINED, Block, Op, Value, walk
from s2s_ad.ir.types import INT, Facts, Opaque
from s2s_ad.ops.raising import copied, risky
from s2s_ad.ops.structure import FOR, TRY, WHILE

if TYPE_CHECKING:
    from s2s_ad.frontend.tries import Dispatch, Note, Try

EXCEPTION = Opaque("exception")


def attempted(d: Dispatch, t: Try) -> tuple[Status, bool]:
    """A `try` statement as an operation, and what follows it."""
    frame, lowering, body = d.frame, d.frame.lowering, d.node.body
    known = copied(facts())
    lowering.tries.append(t)
    try:
        arm = run(frame, lambda: d.lower(frame, body, t.after, False))
        caught = [(classes, code) for classes, code in t.caught if code in t.general]
        classes = tuple(c for found, _ in caught for c in found)
        start, unsure = moment(t.notes, arm.block, risky([arm.block], classes, copied(known)))
        hoist(frame, arm.block, start)
        number, error, status = written(frame, t, arm, start, d.rest)
    finally:
        lowering.tries.remove(t)
    forget(known)

    def handle(k: int) -> Callable[[], Status]:
        def lowered() -> Status:
            classes, code = caught[k]
            frame.env = {**start.env, **unsure[0], raised(code): error}
            # What the body has changed for the first time holds what it did at the start.
            first = {r: r.initial if isinstance(r, Cell) else r for r in lowering.versions}
            lowering.versions = {**first, **start.versions, **unsure[1]}
            lowering.caught[error] = Kind(classes, tuple(c for cs, _ in caught[:k] for c in cs))
            return d.handler(code)

        return lowered

    def orelse(k: int) -> Callable[[], Status]:
        """What happens where none of the first so many handlers ran."""
        if k == len(caught):
            return lambda: d.alone().dispatch(status)[0]
        return lambda: branch(frame, is_number(k), handle(k), orelse(k + 1), d.nothing)[0]

    def is_number(k: int) -> Anything:
        return number if len(caught) == 1 else operate(frame, operator.eq, number, k + 1)

    return branch(frame, is_number(0), handle(0), orelse(1), d.rest)


def forget(known: Facts) -> None:
    """What the body has shown of sizes holds only where it did not raise."""
    now = facts()
    now.parent, now.soft = dict(known.parent), {d: set(s) for d, s in known.soft.items()}


# The moment of raising ------------------------------------------------------------------------


def moment(
    notes: list[Note], block: Block, found: set[Op]
) -> tuple[Note, tuple[dict[str, Anything], dict[Anything, Anything]]]:
    """What holds before the first operation that may raise; and, of what may have changed between
    it and the last one, that it is not known."""
    around = enclosing(block)
    places = [place(notes, op, around) for op in walk(block) if op in found]
    top = [
        k for k, op in enumerate(block.ops)
        if op in found or any(o in found for b in op.blocks for o in walk(b))
    ]  # fmt: skip
    start = max(
        (k for k, n in enumerate(notes) if n.block is block and n.count <= top[0]), default=0
    )
    end = max(places)
    names: dict[str, Anything] = {}
    versions: dict[Anything, Anything] = {}
    for n in notes[start : end + 1]:
        for name in {**notes[start].env, **n.env}:
            if n.env.get(name) is not notes[start].env.get(name):
                names[name] = unknown(repr(name))
        for root in {**notes[start].versions, **n.versions}:
            if n.versions.get(root) is not notes[start].versions.get(root):
                versions[root] = unknown(getattr(root, "name", "") or getattr(root, "hint", ""))
    return notes[start], (names, versions)


def unknown(what: str) -> Conflict:
    return Conflict(
        f"{what or 'a value'} is changed in a try, and it is not known whether it has been where "
        "the exception is raised",
        "change it before the try, or in its else",
    )


def enclosing(block: Block) -> dict[Op, tuple[Block, Op | None]]:
    """The block of each operation, and the operation that owns it."""
    out: dict[Op, tuple[Block, Op | None]] = {}

    def visit(block: Block, owner: Op | None) -> None:
        for op in block.ops:
            out[op] = (block, owner)
            for b in op.blocks:
                visit(b, op)

    visit(block, None)
    return out


def place(notes: list[Note], op: Op, around: dict[Op, tuple[Block, Op | None]]) -> int:
    """The last note that was taken when the operation may raise: in a loop, that is any."""
    outer: Op | None = op
    found = -1
    while outer is not None:
        block, owner = around[outer]
        if found < 0:
            at = block.ops.index(outer)
            found = max(
                (k for k, n in enumerate(notes) if n.block is block and n.count <= at), default=-1
            )
            if found >= 0 and found + 1 < len(notes) and binds_early(notes[found + 1].ended):
                found += 1
        if owner is not None and owner.prim in (FOR, WHILE):
            inside = {id(b) for b in owner.blocks}
            inside |= {id(b) for o in around if within(o, owner, around) for b in o.blocks}
            last = max((k for k, n in enumerate(notes) if id(n.block) in inside), default=-1)
            found = max(found, last)
        outer = owner
    return max(found, 0)


def within(op: Op, owner: Op, around: dict[Op, tuple[Block, Op | None]]) -> bool:
    inner: Op | None = op
    while inner is not None:
        inner = around[inner][1]
        if inner is owner:
            return True
    return False


def binds_early(node: Anything) -> bool:
    """Whether a statement may bind something before it has evaluated everything."""
    if node is None or isinstance(node, (gast.If, gast.For, gast.While, gast.With, gast.Try)):
        return False
    if any(isinstance(n, gast.NamedExpr) for n in gast.walk(node)):
        return True
    if not isinstance(node, gast.Assign):
        return False
    plain = len(node.targets) == 1 and all(
        isinstance(n, (gast.Name, gast.Tuple, gast.List))
        or not isinstance(n, (gast.Subscript, gast.Attribute, gast.Starred))
        for n in gast.walk(node.targets[0])
    )
    item = len(node.targets) == 1 and isinstance(node.targets[0], gast.Subscript)
    return not plain and not item


# Writing --------------------------------------------------------------------------------------


def hoist(frame: Frame, block: Block, start: Note) -> None:
    """Let what cannot raise stand before the `try`."""
    outer = cursor().block
    outer.ops.extend(block.ops[: start.count])
    block.ops = block.ops[start.count :]
    homes = frame.lowering.homes
    for root in list(homes)[: start.homes]:
        if homes[root] is block:
            homes[root] = outer


def written(frame: Frame, t: Try, arm: Arm, start: Note, rest: Rest) -> tuple[Value, Value, Status]:
    """Write the operation: its number, its exception, and how the body ends where it does not
    raise."""
    lowering = frame.lowering
    frame.env, lowering.versions = dict(start.env), dict(start.versions)
    found = Join(frame, [arm])
    number, error = Value(INT, "raised"), Value(EXCEPTION, "error")
    found.results, found.yields = [number, error], [[0], [UNDEFINED]]
    live = live_at(frame, arm.status, (rest.after or frozenset()) | t.after)
    read = live or frozenset()
    joined = {n: found.join(n, [b]) for n, b in arm.env.items() if live is None or n in read}
    changed = found.written()
    status, parts = ending([arm], False)
    if parts is not None:
        found.results.append(Value(INT, "status"))
        found.yields.append(parts)
        status = Status(found.results[-1], status.codes)
    arm.block.yields = [row[0] for row in found.yields]
    failed = Block()
    failed.yields = [failed.add_param(INT, "raised"), failed.add_param(EXCEPTION, "error")]
    failed.yields += [UNDEFINED] * (len(found.results) - 2)
    handlers = tuple(classes for classes, code in t.caught if code in t.general)
    write(TRY, (), {"handlers": handlers}, [arm.block, failed], found.results)
    bind_written(frame, changed, found.results)
    frame.env = {
        n: b for n, x in joined.items() if (b := fill(frame, x, found.results)) is not UNDEFINED
    }
    return number, error, status
