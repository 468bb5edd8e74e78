"""Who else can see an object that is written: answered when the function is lowered, because
what loops carry and branches join is known only then.

A write makes a new version of one root. Another name that may hold the same object without having
the same root (a view that depends on memory layout, an object chosen by a branch, one that stands
in a container) would go on reading the old version: refused, if it is read later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any as Anything

from s2s_ad.errors import Location, UnsupportedError
from s2s_ad.frontend.arguments import look_into, path_of
from s2s_ad.frontend.bindings import Bound, Cell, Derived, Kept, Partial, Path, Stored, flatten
from s2s_ad.frontend.context import Frame, Lowering
from s2s_ad.frontend.identity import Sharing
from s2s_ad.frontend.places import root_of
from s2s_ad.ir.build import cursor
from s2s_ad.ir.collecting import report
from s2s_ad.ir.core import Block, Op, Value
from s2s_ad.ir.types import POISON, ListOf, Seq

BY_INDEX = "keep the index of an item rather than the item, and change it there: xs[k].a = ..."


@dataclass(eq=False)
class Update:
    """A write into what may be shared, to be justified at the end."""

    value: Value | Cell
    others: list[Value | Cell]  # what else can be read from here on
    name: str
    location: Location | None
    advice: str
    held: Value | None = None  # the list of which an item is written
    blocks: tuple[Block, ...] = ()  # that were open: where a list or dict changed


def note(
    frame: Frame, node: Anything, root: Value | Cell, name: str, advice: str,
    item: Value | None = None,
) -> None:  # fmt: skip
    """Remember that the object of a root is written by this statement (None: inside one); or an
    item of a list, where the root is one."""
    others = [
        v for v in visible(frame, node)
        if isinstance(v, Cell) or root_of(frame.lowering, v) is not root
    ]  # fmt: skip
    held = None
    if isinstance(root, Cell):
        others = [v for v in others if v is not root]
        held = frame.lowering.versions.get(root, root.initial)
    new = Update(root if item is None else item, others, name, cursor().location, advice, held)
    frame.lowering.updates.append(new)


def visible(
    frame: Frame, node: Anything, name: str = "", place: tuple[Cell, Anything] | None = None
) -> list[Value | Cell]:
    """The values and lists that can be read after this statement, other than through the name, or
    through an item of a list or attribute of an object."""
    out: dict[Value | Cell, None] = {}

    def see(binding: Anything) -> None:
        for v in flatten(binding):
            if isinstance(v, Cell) and v not in out:
                out[v] = None
                held = frame.lowering.versions.get(v, v.initial)
                if place is not None and place[0] is v and type(held) is dict:
                    held = {k: x for k, x in held.items() if k != place[1]}
                elif place is not None and place[0] is v and type(held) is list:
                    held = [x for k, x in enumerate(held) if k != place[1]]
                see(held)
            elif type(v) is Value:
                out[v] = None
            elif isinstance(getattr(v, "frame", None), Frame):
                see_frame(v.frame)
            elif isinstance(v, (Bound, Partial, Stored, Derived)):
                for part in vars(v).values():
                    see(part)

    def see_frame(f: Frame | None) -> None:
        while f is not None and f not in seen:  # not in the chain: its functions outlived it
            seen.append(f)
            for binding in list(f.env.values()):
                see(binding)
            f = f.parent

    seen = list(frame.chain())
    for f in list(seen):
        see_frame(f.parent)
    for f in frame.chain():
        names = frame.liveness.after.get(node, f.visible) if f is frame else f.visible
        for other, binding in f.env.items():
            if f is frame and other == name or names is not None and other not in names:
                continue
            see(binding)
        out.update(dict.fromkeys(f.iterated))
        out.update(dict.fromkeys(operands_before(f)))
    return list(out)


def operands_before(frame: Frame) -> list[Value]:
    """What the caller's statement has evaluated before it called this frame: it may be read when
    the call returns."""
    mark = frame.caller.mark if frame.caller is not None else None
    if mark is None or frame.began is None or mark[0] is not frame.began[0]:
        return []
    return [v for op in mark[0].ops[mark[1] : frame.began[1]] for v in op.results]


def check(lowering: Lowering, updates: list[Update | Kept], block: Block) -> None:
    """Refuse a write into an object that somebody may see through another root."""
    if not updates:
        return
    sharing = Sharing(lowering, block)
    for position, update in enumerate(updates):
        if isinstance(update, Kept) or type(update.value) is Value and update.value.type == POISON:
            continue
        if isinstance(update.value, Cell):
            check_cell(update)
            check_kept(update, updates, position)
            continue
        if update.held is not None:
            check_items(update, sharing)
        values = [o for o in update.others if type(o) is Value]
        shared = next((o for o in values if sharing.meet(update.value, o)), None)
        foreign = sharing.foreign(update.value)
        if foreign or shared is not None:
            for o in sharing.objects(update.value):
                look_into(lowering, o)
        if foreign:
            why = "it may be an array that lives outside this function"
        elif shared is not None:
            why = f"{repr(shared.hint) if shared.hint else 'another name'} may be the same array"
        else:
            continue
        report(
            UnsupportedError(
                f"{update.name} is changed in place, and {why}", update.advice, update.location
            )
        )


def check_items(update: Update, sharing: Sharing) -> None:
    """Refuse to write into an item of a list that may be several items of it, or a list that has
    a name of its own."""
    cells = (c for o in update.others if isinstance(o, Cell) for c in one_of(o))
    named = any(c.kept for c in cells)
    assert isinstance(update.value, Value)
    deep = sharing.steps(update.value) > 1
    if named or not sharing.distinct(update.held, deep):
        report(
            UnsupportedError(
                f"{update.name} is changed in place, and another item or name may be the same "
                "object",
                f"make each item by an expression of its own; {BY_INDEX}",
                update.location,
            )
        )


def check_cell(update: Update) -> None:
    """Refuse to change a list or dict that another name may have under another identity."""
    assert isinstance(update.value, Cell)
    mine = one_of(update.value)
    objects = (c for c in mine if isinstance(c.kind, type))
    if any(c.kept and type(c.initial) is Value for c in objects):
        report(
            UnsupportedError(
                f"{update.name} is changed that may be an item of a list",
                BY_INDEX,
                update.location,
            )
        )
    for other in update.others:
        if not isinstance(other, Cell):
            continue
        young = max(update.value, other, key=lambda c: c.age)
        new = not young.sources  # an object of its own, made after the other one was bound
        if not new and mine & one_of(other):
            report(
                UnsupportedError(
                    f"{update.name} is changed, and another name may be the same {other.shown}",
                    update.advice,
                    update.location,
                )
            )


def check_kept(update: Update, updates: list[Update | Kept], position: int) -> None:
    """Refuse to change a list that may be, under another identity or since an earlier iteration,
    an item of a list of unknown length: that holds its contents of that time."""
    cell = update.value
    assert isinstance(cell, Cell)
    for k, kept in enumerate(updates):
        if not isinstance(kept, Kept):
            continue
        again = any(_repeated(b) for b in kept.blocks if b in update.blocks)
        if kept.cell is cell:  # before, it was refused at once
            harmful = again and goes_on(kept)
        elif not cell.sources and cell.age >= kept.age:  # made after that
            harmful = False
        else:
            harmful = (k < position or again) and bool(one_of(kept.cell) & one_of(cell))
        if harmful:
            report(
                UnsupportedError(
                    f"{update.name} is changed that may be an item of another list as well",
                    "store a copy there: list(xs)",
                    update.location,
                )
            )
            return


def _repeated(block: Block) -> bool:
    """Whether it is the body of a loop."""
    return isinstance(block.owner, Op) and block.owner.prim.name in ("for", "while")


def goes_on(kept: Kept) -> bool:
    """Whether what was kept may come back to its cell in a later iteration: not by a branch that
    was not taken when it was kept."""
    cell = kept.cell
    return any(
        cell in c.sources and not c.besides.get(cell, set()) & {*kept.blocks} for c in one_of(cell)
    )


def one_of(cell: Cell) -> set[Cell]:
    """The objects one of which a cell is."""
    out: set[Cell] = set()
    todo = [cell]
    while todo:
        c = todo.pop()
        if c not in out:
            out.add(c)
            todo.extend(c.sources)
    return out


def written_parameters(lowering: Lowering, updates: list[Update | Kept], block: Block) -> list[int]:
    """The positions of the parameters whose objects are written."""
    found = {p for p, _ in written_paths(lowering, updates, block)}
    return [k for k, p in enumerate(block.params) if p in found]


def written_paths(
    lowering: Lowering, updates: list[Update | Kept], block: Block
) -> dict[Path, None]:
    """The parts of arguments that are written."""
    sharing = Sharing(lowering, block)
    found: dict[Path, None] = {}
    for u in updates:
        if isinstance(u, Kept):
            continue
        for x in one_of(u.value) if isinstance(u.value, Cell) else {u.value}:
            if isinstance(x, Cell) and x.given is not None:
                found[x.given] = None
                continue
            v = x.initial if isinstance(x, Cell) else x
            if type(v) is Value:
                for o in sharing.objects(v):
                    p, keys = path_of(o)
                    whole = isinstance(o.type, (Seq, ListOf))  # what was an item of it may be meant
                    found[p, (*keys, ...) if whole else keys] = None
    return found
