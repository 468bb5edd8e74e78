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
from s2s_ad.frontend.bindings import Bound, Cell, Derived, Kept, Partial, Stored, flatten
from s2s_ad.frontend.context import Frame, Lowering
from s2s_ad.frontend.places import root_of
from s2s_ad.ir.build import cursor
from s2s_ad.ir.collecting import report
from s2s_ad.ir.core import Block, Op, Value, leaves
from s2s_ad.ir.types import POISON, Num, Opaque, Type

CHANGES = ("list_insert", "list_take", "list_join")  # of lists: what comes out may be what went in
FOREIGN = ("read", "getattr")  # objects that live outside the function


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


def may_be_array(t: Type) -> bool:
    """Whether a value of this type may be mutable."""
    if isinstance(t, Num):
        return t.kind in ("array", "any")
    return not isinstance(t, Opaque)


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
        if sharing.foreign(update.value):
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
    named = any(isinstance(o, Cell) and o.kept for o in update.others)
    if named or not sharing.distinct(update.held):
        report(
            UnsupportedError(
                f"{update.name} is changed in place, and another item or name may be the same "
                "object",
                "make each item by an expression of its own, and change it before it is stored",
                update.location,
            )
        )


def check_cell(update: Update) -> None:
    """Refuse to change a list or dict that another name may have under another identity."""
    assert isinstance(update.value, Cell)
    mine = one_of(update.value)
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
        if not isinstance(kept, Kept) or isinstance(kept.cell.kind, type):
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
    sharing = Sharing(lowering, block)
    found: set[Anything] = set()
    for u in updates:
        if isinstance(u, Kept):
            continue
        for x in one_of(u.value) if isinstance(u.value, Cell) else {u.value}:
            v = x.initial if isinstance(x, Cell) else x
            if type(v) is Value:
                found.update(sharing.origins(v))
    return [k for k, p in enumerate(block.params) if p in found]


class Sharing:
    """Whether two values of a function may be the same object, or share memory."""

    def __init__(self, lowering: Lowering, block: Block) -> None:
        self.lowering = lowering
        self.homes: dict[Op, Block] = {}
        self.depths: dict[Block, int] = {}
        self.stored: dict[Value, Op] = {}  # the list into which an object was put
        self.index(block, 0)

    def index(self, block: Block, depth: int) -> None:
        self.depths[block] = depth
        for op in block.ops:
            self.homes[op] = block
            for b in op.blocks:
                self.index(b, depth + 1)

    def home(self, v: Value) -> Block | None:
        return self.homes.get(v.owner) if isinstance(v.owner, Op) else v.owner

    def depth(self, v: Value) -> int:
        block = self.home(v)
        return -1 if block is None else self.depths.get(block, -1)

    def inside(self, v: Value, block: Block) -> bool:
        """Whether v is defined in a block or in one nested in it."""
        home = self.home(v)
        while home is not None and home is not block:
            owner = home.owner
            home = self.homes.get(owner) if isinstance(owner, Op) else None
        return home is block

    def strip(self, v: Value) -> Value:
        """The object of which v is a version, or a view."""
        apart = (*FOREIGN, "call", "tuple", "list", "dict", "augmented", *CHANGES)
        while True:
            owner = self.lowering.owners.get(v)
            if owner is not None and not isinstance(owner, Cell):
                v = owner
                continue
            op = v.owner
            if not isinstance(op, Op) or op.blocks or not op.args or op.prim.name in apart:
                return v
            x, name = op.args[0], op.prim.name
            if type(x) is not Value or name == "getitem" and not isinstance(x.type, Num):
                return v
            if name == "set_at" and not isinstance(x.type, Num):
                return v
            if name not in ("set_at", "add_at") and op.prim.aliasing(op) == "fresh":
                return v
            v = x

    def sources(self, v: Value) -> list[Anything] | None:
        """The bindings one of which v is, or which it holds; None for an object of its own."""
        owner = v.owner
        if isinstance(owner, Block):
            op = owner.owner
            if not isinstance(op, Op):
                return None
            if op.prim.name in ("try", "with"):
                return None
            k = owner.params.index(v)
            if op.prim.name == "for":
                return None if k == 0 else [op.inits[k - 1], owner.yields[k - 1]]
            before, after = op.blocks
            if owner is before:
                return [op.inits[k], after.yields[k]]
            return [before.yields[1 + k]]
        if not isinstance(owner, Op):
            return None
        name = owner.prim.name
        if owner.blocks:
            k = owner.results.index(v)
            if name in ("if", "errstate", "try", "with"):
                return [b.yields[k] for b in owner.blocks]
            if k >= len(owner.inits):
                return []
            if name == "for":
                return [owner.inits[k], owner.blocks[0].yields[k]]
            return [owner.blocks[0].yields[1 + k], owner.blocks[1].yields[k]]
        container = name == "set_at" and not isinstance(owner.results[0].type, Num)
        if container or name in ("call", "tuple", "list", "dict", "augmented", *CHANGES):
            return list(leaves(owner.args))
        if name == "getitem":
            return self.item(owner)
        nested = name not in FOREIGN and owner.prim.aliasing(owner) != "fresh"
        return list(leaves(owner.args[:1])) if nested else None

    def item(self, op: Op) -> list[Anything] | None:
        """What an item of a container may be; None where that is an object of its own."""
        x, key = op.args
        if type(x) is not Value:
            return list(leaves(x))
        if isinstance(x.type, Num):
            return None
        if isinstance(x.owner, Op) and x.owner.prim.name in ("tuple", "list", "dict"):
            inner = x.owner.args[0]
            if type(key) in (int, str):
                return list(leaves(inner[key]))
            return list(leaves(inner))
        if self.sources(x) is None and self.path(op.result)[1] is not None:
            return None
        return [x]

    def path(self, v: Value) -> tuple[Value, list[Anything] | None]:
        """The container in which v is an item, and the constant keys that lead to it."""
        keys: list[Anything] = []
        constant = True
        while isinstance(v.owner, Op) and v.owner.prim.name == "getitem":
            x, key = v.owner.args
            if type(x) is not Value or isinstance(x.type, Num):
                break
            constant = constant and type(key) in (int, str)
            keys.insert(0, key)
            v = x
        return v, keys if constant else None

    def meet(self, a: Value, b: Value, assumed: set[frozenset[Value]] | None = None) -> bool:
        """Whether two values, readable at one moment, may share memory. Two values that a loop
        carries do not if they start apart and each iteration keeps them apart."""
        assumed = set() if assumed is None else assumed
        a, b = self.strip(a), self.strip(b)
        if not may_be_array(a.type) or not may_be_array(b.type):
            return False
        if a is b:
            return True
        pair = frozenset((a, b))
        if pair in assumed:
            return False
        assumed.add(pair)
        (x, keys), (y, others) = self.path(a), self.path(b)
        if x is y and self.sources(x) is None:
            if keys is None or others is None:
                return True
            return all(k == o for k, o in zip(keys, others))
        mine, theirs = self.sources(a), self.sources(b)
        if a.owner is b.owner and mine is not None and theirs is not None and self.carries(a):
            return any(self.either(p, q, assumed) for p, q in zip(mine, theirs))
        if mine is None and theirs is None:
            return False
        if self.older(a, b, theirs) or self.older(b, a, mine):
            return False
        first = theirs is None or mine is not None and self.depth(a) >= self.depth(b)
        rows, other = (mine, b) if first else (theirs, a)
        return any(self.either(p, other, assumed) for p in rows or [])

    def distinct(self, v: Anything, seen: set[Value] | None = None) -> bool:
        """Whether the items of a list are objects of their own, which stand nowhere else."""
        seen = set() if seen is None else seen
        if type(v) is not Value or v in seen:
            return True
        seen.add(v)
        op = v.owner
        if isinstance(op, Block) and not isinstance(op.owner, Op):
            return True  # an argument: a guard looks at its items
        if isinstance(op, Block) or op is not None and op.blocks:
            return all(self.distinct(x, seen) for x in self.sources(v) or [])
        if op is None:
            return False
        name = op.prim.name
        if name == "list":
            items = [i for i in op.args[0] if type(i) is Value]
            return len(set(items)) == len(items) and all(self.own(i, op) for i in items)
        if name == "list_insert" or name == "set_at" and not isinstance(op.args[1], tuple):
            return self.distinct(op.args[0], seen) and self.own(op.args[2], op)
        if name in ("list_take", "set_at"):
            return self.distinct(op.args[0], seen)
        return name == "list_repeat"

    def own(self, item: Anything, into: Op) -> bool:
        """Whether an item is made for the list: in the same iteration, and for no other place."""
        if type(item) is not Value or not may_be_array(item.type):
            return True
        if item in self.lowering.single:
            return self.lowering.single[item]
        v = self.strip(item)
        if v is not item or self.stored.setdefault(v, into) is not into:
            return False
        op = v.owner
        if not isinstance(op, Op) or self.homes.get(op) is not self.homes.get(into):
            return False
        if op.blocks or op.prim.name in (*FOREIGN, "call", "tuple", "dict", *CHANGES, "getitem"):
            return False
        if op.prim.name == "list":
            return self.distinct(v)
        return op.prim.aliasing(op) == "fresh"

    def carries(self, v: Value) -> bool:
        return isinstance(v.owner, Block) or isinstance(v.owner, Op) and bool(v.owner.blocks)

    def either(self, p: Anything, q: Anything, assumed: set[frozenset[Value]]) -> bool:
        return type(p) is Value and type(q) is Value and self.meet(p, q, assumed)

    def older(self, a: Value, b: Value, made: list[Anything] | None) -> bool:
        """Whether a is what a loop carries into the iteration in which b is made."""
        if made is not None or not isinstance(a.owner, Block) or not isinstance(b.owner, Op):
            return False
        if b.owner.prim.name in (*FOREIGN, "getitem"):
            return False
        return isinstance(a.owner.owner, Op) and self.inside(b, a.owner)

    def origins(self, v: Value) -> dict[Value, None]:
        """The objects of which v may be one."""
        out: dict[Value, None] = {}
        seen: set[Value] = set()
        todo = [v]
        while todo:
            x = self.strip(todo.pop())
            if x in seen:
                continue
            seen.add(x)
            found = self.sources(x)
            if found is None:
                out[self.path(x)[0]] = None
            else:
                todo.extend(s for s in found if type(s) is Value)
        return out

    def foreign(self, v: Value) -> bool:
        """Whether v may be an object that lives outside the function."""
        return any(
            isinstance(o.owner, Op) and o.owner.prim.name in FOREIGN and may_be_array(o.type)
            for o in self.origins(v)
        )
