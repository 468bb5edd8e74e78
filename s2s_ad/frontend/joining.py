"""Where branches meet: how each ends, and what names and containers mean then."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any as Anything

from s2s_ad.frontend.bindings import (
    DEAD,
    PRESENT,
    Cell,
    Conflict,
    describe,
    identical,
    is_data,
    is_none,
    is_plain,
    is_structure,
    items,
    rebuilt,
    same_frame,
    user_name,
)
from s2s_ad.frontend.context import RAISED, RETURN, Frame, inside
from s2s_ad.frontend.holding import materialised, opened
from s2s_ad.frontend.places import changed, current
from s2s_ad.frontend.unbound import doubt, is_doubtful
from s2s_ad.ir.build import facts, typeof
from s2s_ad.ir.core import ABSENT, UNDEFINED, Block, Undefined, Value
from s2s_ad.ir.types import ANY, Num, Seq, Type

# How a list of statements ends. CAUGHT and above: by an exception that is caught, one code for each
# handler.
FALLS, BREAKS, RETURNS, CONTINUES, RAISES, CAUGHT = range(6)


RESULT = "="  # the name under which the value of an expression meets itself


@dataclass(frozen=True, eq=False)
class Status:
    """How a list of statements ends: a code, or a value that tells at run time which of some."""

    value: int | Value
    codes: frozenset[int]

    @property
    def mixed(self) -> bool:
        return isinstance(self.value, Value)


def always(code: int) -> Status:
    """The status of a list that always ends in this way."""
    return Status(code, frozenset({code}))


def among(value: Value, codes: frozenset[int]) -> Status:
    """A status that is one of these codes, a constant where only one is left."""
    return always(next(iter(codes))) if len(codes) == 1 else Status(value, codes)


@dataclass(eq=False)
class Arm:
    """One branch: its block, what names mean at its end, how it ends."""

    block: Block
    env: dict[str, Anything]
    status: Status
    versions: dict[Anything, Anything] = field(default_factory=dict)  # see places.py


@dataclass(eq=False)
class Slot:
    """Stands for a result of the operation that is about to be written."""

    position: int


@dataclass(eq=False)
class Merged:
    """Stands for a list or dict that is one of several: `inside` is what it holds, with slots."""

    kind: str
    inside: Anything
    sources: list[Cell]
    besides: dict[Cell, set[Block]] = field(default_factory=dict)
    there: Slot | None = None


@dataclass(eq=False)
class Join:
    """The yields of all branches while they are collected."""

    frame: Frame
    arms: list[Arm]
    yields: list[list[Anything]] = field(default_factory=list)
    results: list[Value] = field(default_factory=list)

    def slot(self, parts: list[Anything], name: str) -> Slot:
        pending = self.frame.lowering.pending
        missing = any(self.doubtful(k, x) for k, x in enumerate(parts))
        if name in self.frame.env:  # deleted: the variable must lose its value
            parts = [ABSENT if x is UNDEFINED else x for x in parts]
        parts = [UNDEFINED if x is DEAD else self.contents(k, x) for k, x in enumerate(parts)]
        known = [x for x in parts if not (type(x) is Value and x in pending)]
        types = [typeof(x) for x in known if type(x) is not Undefined]
        own = name in (RETURN, RESULT) or name.startswith(RAISED) or name in self.frame.hidden
        shown = "" if own else user_name(name)
        self.results.append(Value(join_types(types), shown, bool(shown)))
        self.yields.append(parts)
        if missing:
            doubt(self.frame.lowering, self.results[-1:])
        return Slot(len(self.results) - 1)

    def doubtful(self, k: int, x: Anything) -> bool:
        """Whether a binding may have no value at the end of a branch."""
        return is_doubtful(self.frame.lowering, x, self.arms[k].block)

    def contents(self, k: int, x: Anything) -> Anything:
        """What a binding holds at the end of a branch."""
        if type(x) is not Value:
            return x
        lowering, arm = self.frame.lowering, self.arms[k]
        saved = lowering.versions
        lowering.versions = arm.versions
        try:
            with inside(self.frame, arm.block):
                return current(lowering, x)
        finally:
            lowering.versions = saved

    def held(self, k: int, x: Anything) -> Anything:
        """What a list or dict holds at the end of a branch."""
        lowering, arm = self.frame.lowering, self.arms[k]
        if isinstance(x, Cell):
            x = arm.versions.get(x, x.initial)
        if type(x) is Value and isinstance(x.type, Seq):
            saved, lowering.versions = lowering.versions, arm.versions
            try:
                with inside(self.frame, arm.block):
                    return opened(self.frame, x)
            finally:
                lowering.versions = saved
        return x

    def merge(self, name: str, parts: list[Anything]) -> Anything:
        """What a list or dict holds where branches meet, from what it holds at their ends."""
        known = [x for x in parts if x is not DEAD and x is not UNDEFINED]
        unknown = next((x for x in known if isinstance(x, Conflict)), None)
        if unknown is not None:
            return unknown
        if all(is_structure(x) and same_frame(known[0], x) for x in known):
            return self.structure(name, parts, known)
        if any(type(x) is dict for x in known):
            return differs(name, known)
        values = []
        for k, x in enumerate(parts):
            if is_structure(x):
                lowering, arm = self.frame.lowering, self.arms[k]
                saved, lowering.versions = lowering.versions, arm.versions
                with inside(self.frame, arm.block):
                    x = materialised(self.frame, x)
                lowering.versions = saved
            values.append(x)
        return self.slot(values, name)

    def cell(self, name: str, parts: list[Anything], known: list[Anything]) -> Anything:
        """The list or dict that is another one on each path."""
        objects = [x for x in known if not is_none(x)]
        optional = len(objects) < len(known) or any(map(self.optional, objects))
        if optional and isinstance(objects[0], Cell) and isinstance(objects[0].kind, type):
            return self.maybe(name, parts, objects)
        kinds = {kind_of(x) for x in known}
        if len(kinds) > 1 or not all(isinstance(x, Cell) or type(x) is Value for x in known):
            return differs(name, known)
        besides = {
            x: {arm.block for arm, y in zip(self.arms, parts) if y is not x}
            for x in known
            if isinstance(x, Cell)
        }
        there = self.there(name, parts)
        parts = [x if x is DEAD or x is UNDEFINED else self.held(k, x) for k, x in enumerate(parts)]
        inside_ = self.merge(name, parts)
        if isinstance(inside_, Conflict):
            return inside_
        return Merged(kinds.pop(), inside_, list(besides), besides, there)

    def optional(self, x: Anything) -> bool:
        """Whether an object may be None."""
        return isinstance(x, Cell) and type(x.initial) is dict and PRESENT in x.initial

    def maybe(self, name: str, parts: list[Anything], objects: list[Anything]) -> Anything:
        """An object on some paths, None on others: its attributes, and whether it is there."""
        if len({kind_of(x) for x in objects}) > 1:
            return differs(name, objects)
        inner: list[Anything] = []
        for k, x in enumerate(parts):
            if x is not UNDEFINED and not self.optional(x) and self.doubtful(k, x):
                return Conflict(
                    f"{user_name(name)!r} is None on one path and has no value on another",
                    "assign it on every path",
                )
            if x is DEAD or x is UNDEFINED:
                inner.append(x)
            elif is_none(x):
                inner.append(None)
            else:
                inner.append({PRESENT: True, **self.held(k, x)})
        shape = next(x for x in inner if type(x) is dict)
        absent = {key: key != PRESENT and UNDEFINED for key in shape}
        inner = [absent if x is None else x for x in inner]
        found = self.merge(name, inner)
        cells = [x for x in objects if isinstance(x, Cell)]
        return found if isinstance(found, Conflict) else Merged(kind_of(objects[0]), found, cells)

    def written(self) -> dict[Anything, Anything]:
        """Slots for the arrays, lists and dicts that a branch has written."""
        lowering = self.frame.lowering
        going = [arm for arm in self.arms if arm.status.codes != {RAISES}]
        roots: dict[Anything, None] = {}
        for arm in going:
            roots.update(dict.fromkeys(changed(lowering, lowering.versions, arm.versions)))
        out = {}
        for root in roots:
            if isinstance(root, Cell):
                found = [
                    self.held(k, root) if arm in going else UNDEFINED
                    for k, arm in enumerate(self.arms)
                ]
                out[root] = self.merge(root.name or RESULT, found)
                continue
            before = lowering.versions.get(root, root)
            parts = [
                arm.versions.get(root, before) if arm in going else UNDEFINED for arm in self.arms
            ]
            unknown = next((x for x in parts if isinstance(x, Conflict)), None)
            if unknown is not None:
                out[root] = unknown
                continue
            self.results.append(Value(root.type, root.hint, root.named))
            self.yields.append(parts)
            out[root] = Slot(len(self.results) - 1)
        return out

    def join(self, name: str, parts: list[Anything]) -> Anything:
        """The binding that covers those of all branches, with slots for what differs."""
        present = [x for x in parts if x is not DEAD]
        known = [x for x in present if x is not UNDEFINED]
        if not known:
            return UNDEFINED
        first = known[0]
        conflict = next((x for x in known if isinstance(x, Conflict)), None)
        if conflict is not None:
            return conflict
        if len(known) == len(present) and all(identical(first, x) for x in known[1:]):
            alone = len(present) < len(parts) or len(parts) == 1
            before = self.frame.env.get(name, UNDEFINED)
            if not alone or is_plain(first) or identical(first, before):
                return first
            if not is_data(first) and not is_structure(first) and not isinstance(first, Cell):
                return first
        if any(isinstance(x, Cell) for x in known):
            return self.cell(name, parts, known)
        if any(map(is_structure, known)):
            return self.structure(name, parts, known)
        if all(map(is_data, known)):
            return self.slot(parts, name)
        return differs(name, known)

    def there(self, name: str, parts: list[Anything]) -> Slot | None:
        """A sign that a list or dict is there, where nothing in it could tell."""
        signs = [x.there if isinstance(x, Cell) else None for x in parts]
        missing = any(x is UNDEFINED for x in parts)
        held = [self.held(k, x) for k, x in enumerate(parts) if isinstance(x, Cell)]
        empty = all(is_structure(x) and len(x) == 0 for x in held)
        if not (missing and empty) and all(sign is None for sign in signs):
            return None
        parts = [True if isinstance(x, Cell) else x for x in parts]
        return self.slot([x if sign is None else sign for x, sign in zip(parts, signs)], name)

    def structure(self, name: str, parts: list[Anything], known: list[Anything]) -> Anything:
        parts = list(parts)
        for k, x in enumerate(parts):
            if type(x) is Value and x in self.frame.lowering.pending:
                parts[k] = UNDEFINED
            elif type(x) is Value and isinstance(x.type, Seq):
                with inside(self.frame, self.arms[k].block):
                    parts[k] = opened(self.frame, x)
        known = [x for x in parts if x is not DEAD and x is not UNDEFINED]
        shape = known[0]
        if not all(is_structure(x) and same_frame(shape, x) for x in known):
            return differs(name, known)
        columns = []
        for position in range(len(shape)):
            column = [x if x is DEAD or x is UNDEFINED else items(x)[position] for x in parts]
            columns.append(self.join(name, column))
        return rebuilt(shape, columns)


def kind_of(x: Anything) -> Anything:
    """What kind of container or object a binding is."""
    if isinstance(x, Cell):
        return x.kind
    t = typeof(x) if type(x) is Value else None
    return (t.cls or t.kind) if isinstance(t, Seq) else getattr(t, "kind", "")


def differs(name: str, known: list[Anything]) -> Conflict:
    what = "the value" if name in (RETURN, RESULT) else repr(name)
    what = "the exception" if name.startswith(RAISED) else what
    first, last = describe(known[0]), describe(known[-1])
    if type(known[0]) is dict and type(known[-1]) is dict:
        some = [key for x in known for key in x if any(key not in other for other in known)]
        if some:
            return Conflict(
                f"{what} has {some[0]!r} on one path and not on another", "set it on every path"
            )
    if first == last:
        return Conflict(
            f"{what} is {first} that depends on the path taken",
            "move what uses it into the branches",
        )
    return Conflict(
        f"{what} is {first} on one path and {last} on another",
        "give it the same structure on every path",
    )


def join_types(types: list[Type]) -> Type:
    """The least type that covers all; equal sizes stay known."""
    out = types[0] if types else ANY
    for t in types[1:]:
        out = join_two(out, t)
    return out


def join_two(a: Type, b: Type) -> Type:
    if isinstance(a, Num) and isinstance(b, Num) and a.shape and b.shape and a.rank == b.rank:
        sizes = tuple(x if facts().equal(x, y) else y for x, y in zip(a.shape, b.shape))
        b = Num(b.kind, b.dtype, sizes)
    return facts().join(a, b)
