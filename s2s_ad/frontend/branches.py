"""Branches: two blocks are lowered, then joined where control flow meets again.

An exit (`break`, `return`, `continue`) is a status. What follows a conditional exit moves into
the other branch; where an exit happens on some inner paths only, the `if` yields a status beside
the names, and what follows is the other branch of `if status`.
"""

from __future__ import annotations

from collections.abc import Callable
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
    map_leaves,
    rebuilt,
    same_frame,
    user_name,
)
from s2s_ad.frontend.context import (
    RAISED,
    RETURN,
    Frame,
    inside,
    made,
    materialised,
    opened,
    raised,
)
from s2s_ad.frontend.escapes import Unwound, close, escapes, left_open, parks
from s2s_ad.frontend.liveness import Names
from s2s_ad.frontend.places import changed, current, hold, renew
from s2s_ad.ir.build import cursor, facts, read_now, typeof
from s2s_ad.ir.core import UNDEFINED, Block, Op, Value
from s2s_ad.ir.primitive import Primitive
from s2s_ad.ir.types import ANY, INT, Num, Seq, Type
from s2s_ad.ops.structure import IF

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
class Rest:
    """What follows a statement in its list. `live` and `tail` belong to the end of the list:
    the names read after it, and whether it is the end of a loop's body."""

    lower: Callable[[], Status]
    empty: bool
    after: Names | None  # live right after the statement; None: everything
    live: Names | None
    tail: bool = False
    statements: list[Anything] = field(default_factory=list)  # where it is a plain list


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


@dataclass(eq=False)
class Join:
    """The yields of all branches while they are collected."""

    frame: Frame
    arms: list[Arm]
    yields: list[list[Anything]] = field(default_factory=list)
    results: list[Value] = field(default_factory=list)

    def slot(self, parts: list[Anything], name: str) -> Slot:
        pending = self.frame.lowering.pending
        parts = [self.contents(k, x) for k, x in enumerate(parts)]
        known = [x for x in parts if not (type(x) is Value and x in pending)]
        types = [typeof(x) for x in known if x is not UNDEFINED]
        own = name in (RETURN, RESULT) or name.startswith(RAISED) or name in self.frame.hidden
        shown = "" if own else user_name(name)
        self.results.append(Value(join_types(types), shown, bool(shown)))
        self.yields.append(parts)
        return Slot(len(self.results) - 1)

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
            values.append(UNDEFINED if x is DEAD else x)
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
        parts = [x if x is DEAD or x is UNDEFINED else self.held(k, x) for k, x in enumerate(parts)]
        inside_ = self.merge(name, parts)
        if isinstance(inside_, Conflict):
            return inside_
        return Merged(kinds.pop(), inside_, list(besides), besides)

    def optional(self, x: Anything) -> bool:
        """Whether an object may be None."""
        return isinstance(x, Cell) and type(x.initial) is dict and PRESENT in x.initial

    def maybe(self, name: str, parts: list[Anything], objects: list[Anything]) -> Anything:
        """An object on some paths, None on others: its attributes, and whether it is there."""
        if len({kind_of(x) for x in objects}) > 1:
            return differs(name, objects)
        inner: list[Anything] = []
        for k, x in enumerate(parts):
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
            return self.slot([UNDEFINED if x is DEAD else x for x in parts], name)
        return differs(name, known)

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


# Branching ------------------------------------------------------------------------------------


def run(frame: Frame, lower: Callable[[], Status]) -> Arm:
    """Lower one branch into a block of its own."""
    block = Block()
    lowering = frame.lowering
    saved, versions = frame.env, lowering.versions
    frame.env, lowering.versions = dict(saved), dict(versions)
    try:
        with inside(frame, block):
            depth = len(lowering.openings)
            try:
                status = lower()
            except Unwound as unwound:
                status = unwound.status
            status = close(frame, depth, status, None, False)
        return Arm(block, frame.env, status, lowering.versions)
    finally:
        frame.env, lowering.versions = saved, versions


def extend(frame: Frame, arm: Arm, rest: Rest) -> None:
    """Lower what follows into a branch."""
    lowering = frame.lowering
    saved, versions = frame.env, lowering.versions
    frame.env, lowering.versions = arm.env, arm.versions
    try:
        with inside(frame, arm.block):
            depth = len(lowering.openings)
            arm.status = resume(frame, arm.status, rest)
            arm.status = close(frame, depth, arm.status, rest.live, rest.tail)
        arm.env, arm.versions = frame.env, lowering.versions
    finally:
        frame.env, lowering.versions = saved, versions


def resume(frame: Frame, status: Status, rest: Rest) -> Status:
    """Go on with what follows, where the status says so."""
    if FALLS not in status.codes or rest.empty:
        return status
    if not isinstance(status.value, Value):
        return rest.lower()
    left = among(status.value, status.codes - {FALLS})
    arms = [run(frame, lambda: left), run(frame, rest.lower)]
    return join(frame, status.value, arms, rest.live, rest.tail)


def branch(
    frame: Frame,
    condition: Anything,
    then: Callable[[], Status],
    orelse: Callable[[], Status],
    rest: Rest,
) -> tuple[Status, bool]:
    """Write an `if`; its status, and whether what follows has been lowered as well."""
    if not isinstance(condition, Value):
        status = then() if condition else orelse()
        return resume(frame, status, rest), True
    arms = [run(frame, then), run(frame, orelse)]
    return meet(frame, condition, arms, rest)


def meet(frame: Frame, condition: Value, arms: list[Arm], rest: Rest) -> tuple[Status, bool]:
    """Join branches, after moving what follows into the only one that goes on."""
    going = [arm for arm in arms if FALLS in arm.status.codes]
    leaving = [arm for arm in arms if arm.status.codes - {FALLS, RAISES}]
    consumed = rest.empty or not going
    if len(going) == 1 and leaving and leaving != going:
        extend(frame, going[0], rest)
        consumed = True
    live = rest.live if consumed else rest.after
    status = join(frame, condition, arms, live, rest.tail and consumed)
    if not consumed:
        return resume(frame, status, rest), True
    return status, True


def join(
    frame: Frame, condition: Value | None, arms: list[Arm], live: Names | None, tail: bool,
    closing: bool = False,
) -> Status:  # fmt: skip
    """Write the control operation that owns the branches, and bind what they assigned. A branch
    that leaves by an exception which is caught waits, and lowering goes on in the other one;
    `closing` says that this is over."""
    if condition is not None and not closing and parks(frame, condition, arms):
        return frame.lowering.openings[-1].status  # type: ignore[no-any-return]
    found = Join(frame, arms)
    read = [live_at(frame, arm.status, live) for arm in arms]
    names: dict[str, None] = {}
    for arm in arms:
        names.update(dict.fromkeys(arm.env))
    joined: dict[str, Anything] = {}
    for name in names:
        parts: list[Anything] = [
            arm.env.get(name, UNDEFINED) if r is None or reads(r, name) else DEAD
            for arm, r in zip(arms, read)
        ]
        if any(x is not DEAD for x in parts):
            joined[name] = found.join(name, parts)
    written = found.written()
    status, codes = ending(arms, tail)
    kwargs = {}
    if codes is not None:
        found.results.append(Value(INT, "status"))
        found.yields.append(codes)
        kwargs["status"] = True
        status = Status(found.results[-1], status.codes)
    for k, arm in enumerate(arms):
        arm.block.yields = [row[k] for row in found.yields]
    args = () if condition is None else (condition,)
    write(IF, args, kwargs, [arm.block for arm in arms], found.results)
    bind_written(frame, written, found.results)
    frame.env = {
        name: filled
        for name, binding in joined.items()
        if (filled := fill(frame, binding, found.results)) is not UNDEFINED
    }
    return status


def reads(names: Names, name: str) -> bool:
    """Whether a name is among those that are read; RAISED stands for all exceptions."""
    return name in names or RAISED in names and name.startswith(RAISED)


def bind_written(frame: Frame, written: dict[Anything, Anything], results: list[Value]) -> None:
    """Make results of an operation the contents of what was written inside it."""
    for root, found in written.items():
        if isinstance(found, Conflict):
            frame.lowering.versions[root] = found
        elif isinstance(root, Cell):
            hold(frame.lowering, root, fill(frame, found, results))
        else:
            renew(frame, root, results[found.position])


def ending(arms: list[Arm], tail: bool) -> tuple[Status, list[Anything] | None]:
    """The status of joined branches; the yields that tell, where it is not constant."""
    shown = []
    for arm in arms:
        status = arm.status
        if tail and status.value == CONTINUES and not status.mixed:
            status = always(FALLS)
        shown.append(status)
    alive = [s for s in shown if s.codes != {RAISES}]
    if not alive:
        return always(RAISES), None
    codes = frozenset().union(*(s.codes for s in alive)) - {RAISES}
    if len(codes) == 1:
        return always(next(iter(codes))), None
    values = [FALLS if s.codes == {RAISES} else s.value for s in shown]
    return Status(0, codes), values


def live_at(frame: Frame, status: Status, live: Names | None) -> Names | None:
    """The names that are read after a list that ends so."""
    out: Names = frame.finals
    for code in status.codes:
        if code == FALLS:
            if live is None:
                return None
            out |= live
        elif code == BREAKS and frame.loop is not None:
            out |= frame.loop.after
        elif code == CONTINUES and frame.loop is not None:
            out |= frame.loop.head
        elif code == RETURNS:
            out |= {RETURN} | frame.liveness.outer
        elif code >= CAUGHT:
            out |= frame.liveness.outer | {raised(code)}
            for t in frame.lowering.tries:
                if t.frame is frame and any(code == own for _, own in t.caught):
                    out |= t.live
    return out


def write(
    prim: Primitive, args: Anything, kwargs: Anything, blocks: list[Block], results: list[Value]
) -> Op:
    """Append a control operation to the block under way."""
    c = cursor()
    args = read_now(args)
    op = Op(prim, args, kwargs, blocks, results, c.statement, c.location, c.role)
    c.block.ops.append(op)
    return op


def fill(frame: Frame, binding: Anything, results: list[Value]) -> Anything:
    """A binding with its slots replaced by results."""

    def leaf(x: Anything) -> Anything:
        if isinstance(x, Merged):
            cell = Cell(x.kind, fill(frame, x.inside, results), x.sources, x.besides)
            return made(frame.lowering, cell, frame.lowering.blocks[-1])
        return results[x.position] if isinstance(x, Slot) else x

    return map_leaves(leaf, binding)


def choose(
    frame: Frame, condition: Value, then: Callable[[], Anything], orelse: Callable[[], Anything]
) -> Anything:
    """The value of a conditional expression."""

    def arm(f: Callable[[], Anything]) -> Callable[[], Status]:
        def lower() -> Status:
            frame.env[RESULT] = f()
            return always(FALLS)

        return lower

    status = join(frame, condition, [run(frame, arm(then)), run(frame, arm(orelse))], None, False)
    if escapes(status):
        left_open(frame, frame, status)
    out = frame.env.pop(RESULT)
    if isinstance(out, Conflict):
        from s2s_ad.frontend.context import refuse

        refuse(out.message, out.advice)
    return out
