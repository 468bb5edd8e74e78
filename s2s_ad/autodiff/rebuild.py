"""Overwritten arrays, put back on the way: stores are undone in the reverse sweep.

Where the reverse sweep reads pieces of an array that a loop overwrites, the array is carried
backwards through the mirrored loops: each store is undone with the old value of what it
overwrote (`x0 = set_at(x1, i, old)`), so a version can be read again where it was current. The
old value is an ordinary residual; `autodiff.record` tapes it. Done only where the old values cost
less than the pieces read: compared by (loop depth + rank, count), a tie goes to the pieces.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any as Anything

from s2s_ad.autodiff.activity import slots
from s2s_ad.autodiff.finals import Finals, stands_as_it_is
from s2s_ad.autodiff.indices import apart, components
from s2s_ad.ir.build import building, emit
from s2s_ad.ir.core import Block, Function, Op, Value, leaves, rewrite, walk
from s2s_ad.ir.types import Num
from s2s_ad.ops.buffers import ADD_AT, SET_AT
from s2s_ad.ops.structure import FOR, MARK

STORES = (SET_AT, ADD_AT)


@dataclass
class Piece:
    """A value that the reverse sweep reads and that stands in a version of an array: it was read
    from it (`late` False) or stored into it."""

    value: Value
    version: Value
    index: Anything
    depth: int


@dataclass
class Past:
    """A version as the reverse sweep has it: defined in `block` after the operation `after`."""

    value: Value
    block: Block
    after: Op | None


@dataclass
class Chain:
    """The versions of one array that an outermost loop carries."""

    loop: Op
    position: int
    pasts: dict[Value, Past] = field(default_factory=dict)


def rebuild(function: Function) -> Function:
    """Carry overwritten arrays backwards where that costs less than recording what is read."""
    finals = Finals(function.block)
    mirrors = {b.mirror: b for op in walk(function.block) for b in op.blocks if b.mirror}
    marks = {op.kwargs["of"]: op for op in walk(function.block) if op.prim is MARK}
    for loop in [op for op in function.block.ops if op.prim is FOR]:
        if loop.blocks[-1] not in mirrors:
            continue
        for k in range(len(loop.inits)):
            stores = finals.stores.get((loop, k), [])
            if not stores or not finals.steady((loop, k)):
                continue
            pieces = _pieces(loop, k, finals, mirrors)
            if pieces and _worth(pieces, [s.op for s in stores], finals):
                chain = Chain(loop, k)
                if _feasible(loop.blocks[-1], slots(loop)[k], mirrors, marks, finals):
                    _carry(chain, loop, k, slots(loop)[k][3], mirrors, marks)
                    _redirect(chain, pieces, finals, mirrors)
                    finals = Finals(function.block)  # the old values are read now
    return function


def remove_marks(block: Block) -> None:
    """Take out the marks that tell where the undoing of a store begins."""
    block.ops = [op for op in block.ops if op.prim is not MARK]
    for op in block.ops:
        for b in op.blocks:
            remove_marks(b)


def _pieces(loop: Op, k: int, finals: Finals, mirrors: dict[Block, Block]) -> list[Piece]:
    """What the mirrored loop reads that stands in versions of the array."""
    forward = {v for op in walk(loop.blocks[-1]) for v in op.results}
    stored = {
        op.args[2]: op
        for op in walk(loop.blocks[-1])
        if op.prim is SET_AT
        and type(op.args[2]) is Value
        and finals.root(op.args[0]) == (loop, k)
        and stands_as_it_is(op)
    }
    found: dict[Value, Piece] = {}

    def visit(block: Block) -> None:
        for op in block.ops:
            for v in leaves((op.args, op.kwargs.get("over", ()))):
                look(v)
            for b in op.blocks:
                visit(b)
        for v in leaves(block.yields):
            look(v)

    def look(v: Value) -> None:
        op = v.owner
        if v in found or v not in forward or not isinstance(op, Op):
            return
        if finals.source(v, top=True) is not None:
            return
        if op.prim.name == "getitem" and finals.root(op.args[0]) == (loop, k):
            found[v] = Piece(v, op.args[0], op.args[1], len(finals.place[op]))
        elif v in stored:
            store = stored[v]
            found[v] = Piece(v, store.results[0], store.args[1], len(finals.place[store]))

    visit(mirrors[loop.blocks[-1]])
    return list(found.values())


def _worth(pieces: list[Piece], stores: list[Op], finals: Finals) -> bool:
    def weight(depth: int, t: Anything) -> int:
        rank = t.rank if isinstance(t, Num) and t.rank is not None else 2
        return depth + rank

    read = [weight(p.depth, p.value.type) for p in pieces]
    undo = [weight(len(finals.place[s]), old_type(s)) for s in stores]
    top = max(read)
    return (max(undo), undo.count(max(undo))) < (top, read.count(top))


def old_type(store: Op) -> Anything:
    """The type of what a store overwrites."""
    block = Block()
    with building(block):
        old = emit("getitem", store.args[0], store.args[1])
    return old.type


def _feasible(
    body: Block,
    slot: Anything,
    mirrors: dict[Block, Block],
    marks: dict[Op, Op],
    finals: Finals,
) -> bool:
    """Whether every store, loop and branch that the array passes has its mirror."""
    if body not in mirrors:
        return False
    _, params, yields, _ = slot
    v = yields[-1]
    while v is not params[-1]:
        op = v.owner if type(v) is Value else None
        if not isinstance(op, Op):
            return False
        if op.prim in STORES:
            if op not in marks:
                return False
            v = op.args[0]
        elif op.prim is FOR:
            k = op.results.index(v)
            if not _feasible(op.blocks[0], slots(op)[k], mirrors, marks, finals):
                return False
            v = op.inits[k]
        else:
            return False
    return True


def _carry(
    chain: Chain,
    loop: Op,
    k: int,
    start: Value,
    mirrors: dict[Block, Block],
    marks: dict[Op, Op],
) -> Value:
    """Carry the array backwards through the mirror of a loop; what it was before the loop."""
    body = loop.blocks[-1]
    reverse = mirrors[body]
    back = reverse.owner
    assert isinstance(back, Op)
    _, params, yields, result = slots(loop)[k]
    hint = params[-1].hint or result.hint
    current = reverse.add_param(result.type, hint, params[-1].named)
    back.args = (*back.args[:-1], (*back.inits, start))
    after: Op | None = None
    v = yields[-1]
    while True:
        chain.pasts[v] = Past(current, reverse, after)
        if v is params[-1]:
            break
        op = v.owner
        assert isinstance(op, Op)
        if op.prim in STORES:
            mark = marks[op]
            current = _undo(op, current, hint, reverse, mark, body)
            after = current.owner  # type: ignore[assignment]
            v = op.args[0]
        else:
            j = op.results.index(v)
            current = _carry(chain, op, j, current, mirrors, marks)
            after = mirrors[op.blocks[-1]].owner  # type: ignore[assignment]
            v = op.inits[j]
    reverse.yields.append(current)
    end = Value(result.type, hint, params[-1].named)
    end.owner = back
    back.results.append(end)
    return end


def _undo(op: Op, current: Value, hint: str, reverse: Block, mark: Op, body: Block) -> Value:
    """The version before a store, in the reverse block; its old value is read in the forward."""
    scratch = Block()
    with building(scratch, op.statement, op.location, "primal"):
        old = emit("getitem", op.args[0], op.args[1])
    old.companion = (current, "_undo")
    body.ops[body.ops.index(op) : body.ops.index(op)] = scratch.ops
    scratch = Block()
    with building(scratch, op.statement, op.location, "adjoint"):
        before = emit(SET_AT, current, op.args[1], old)
    before.hint = hint
    at = reverse.ops.index(mark) + 1
    reverse.ops[at:at] = scratch.ops
    return before  # type: ignore[no-any-return]


# Reading from the past ------------------------------------------------------------------------


def _redirect(
    chain: Chain,
    pieces: list[Piece],
    finals: Finals,
    mirrors: dict[Block, Block],
) -> None:
    """Let the reverse sweep read pieces from the versions that it has put back: each from the
    newest version that still holds the piece and is there before the first use."""
    for piece in pieces:
        for version in _holding(piece, finals):
            past = chain.pasts.get(version)
            if past is not None and _in_time(past, piece.value):
                scratch = Block()
                with building(scratch, None, None, "adjoint"):
                    again = emit("getitem", past.value, piece.index)
                again.hint, again.named = piece.value.hint, piece.value.named
                again.companion = (piece.value, "")
                ops = past.block.ops
                at = 0 if past.after is None else ops.index(past.after) + 1
                reader = piece.value.owner
                if isinstance(reader, Op) and _deeper(piece, finals):
                    # The index is known only where the read was.
                    ops, at = mirrors[finals.block[reader]].ops, 0
                uses = ops[at:]
                ops[at:at] = scratch.ops
                for op in uses:
                    rewrite(op, {piece.value: again})
                break
    _skip_unread(chain)


def _deeper(piece: Piece, finals: Finals) -> bool:
    """Whether a version is read inside a loop or branch in which it did not arise."""
    owner, version = piece.value.owner, piece.version.owner
    home = finals.block.get(version) if isinstance(version, Op) else version
    reads = isinstance(owner, Op) and owner.prim.name == "getitem"
    return reads and owner in finals.block and finals.block[owner] is not home


def _in_time(past: Past, v: Value) -> bool:
    """Whether every use of v in the block comes after the version is there."""
    at = -1 if past.after is None else past.block.ops.index(past.after)
    early = past.block.ops[: at + 1]
    if any(_uses(op, v) for op in early):
        return False
    return not any(w is v for w in leaves(past.block.yields))


def _uses(op: Op, v: Value) -> bool:
    return any(w is v for w in leaves(op.args)) or any(
        any(_uses(o, v) for o in b.ops) or any(w is v for w in leaves(b.yields)) for b in op.blocks
    )


def _holding(piece: Piece, finals: Finals) -> list[Value]:
    """The versions of the same block in which the piece stands, newest first."""
    versions = [piece.version]
    v = piece.version
    block = finals.block.get(v.owner) if isinstance(v.owner, Op) else v.owner
    assert isinstance(block, Block)
    for op in block.ops:
        if op.prim in STORES and op.args[0] is versions[-1]:
            pairs = zip(components(piece.index), components(op.args[1]))
            if not any(apart(a, b) for a, b in pairs):
                break
            versions.append(op.result)
    return versions[::-1]


def _skip_unread(chain: Chain) -> None:
    """Undo two stores at one index at once, where nothing reads the version between them."""
    for past in chain.pasts.values():
        op = past.value.owner
        if not isinstance(op, Op) or op.prim is not SET_AT or type(op.args[0]) is not Value:
            continue
        newer = op.args[0].owner
        if not isinstance(newer, Op) or newer.prim is not SET_AT or newer.role != "adjoint":
            continue
        readers = [o for o in walk(past.block) if any(w is newer.result for w in leaves(o.args))]
        read = any(w is newer.result for w in leaves(past.block.yields))
        pairs = zip(components(op.args[1]), components(newer.args[1]))
        same = all(x is y or x == y for x, y in pairs)
        if readers == [op] and not read and same:
            op.args = (newer.args[0], *op.args[1:])
