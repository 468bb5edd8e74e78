"""What a loop carries: the names its body assigns that are read in a later iteration or after it.

The body is lowered again until structure and types of what it carries are stable; what comes out
of it unchanged is not carried after all.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any as Anything

from s2s_ad.frontend.bindings import (
    DEAD,
    PRESENT,
    Bound,
    Cell,
    Closure,
    Conflict,
    Held,
    Partial,
    Unrollable,
    describe,
    identical,
    is_structure,
    items,
    same_frame,
    user_name,
)
from s2s_ad.frontend.context import (
    RAISED,
    RETURN,
    Frame,
    checkpoint,
    inside,
    refuse,
)
from s2s_ad.frontend.joining import Status, join_two
from s2s_ad.frontend.liveness import Names
from s2s_ad.frontend.places import changed, contents, hold, renew
from s2s_ad.frontend.templates import (
    HOLE,
    Hole,
    Shape,
    filled,
    holes,
    project,
    same_template,
    template,
    widest,
)
from s2s_ad.frontend.unbound import doubt, is_doubtful, leaves_in
from s2s_ad.ir.build import cursor, typeof
from s2s_ad.ir.core import ABSENT, UNDEFINED, Block, Value
from s2s_ad.ir.types import ANY, Type

ROUNDS = 10  # after so many attempts the types that still change are given up


@dataclass(eq=False)
class Carried:
    """A name that a loop carries, or an array, list or dict that it writes: its structure, and the
    types of the values in it."""

    name: str | Value | Cell
    init: Anything
    template: Anything
    types: list[Type | None]  # None where nothing is known to flow in yet
    missing: bool = False  # it may have no value where an iteration begins or the loop ends

    def holes(self) -> int:
        return len(self.types)


@dataclass(eq=False)
class Body:
    """One attempt at lowering a loop's body (for a `while`, both blocks)."""

    blocks: list[Block]
    ends: list[Ends]  # what the names mean at the end of each block
    params: list[dict[Anything, Anything]]  # and at its start
    status: Status


@dataclass(eq=False)
class Ends:
    """What is carried at the end of a block: bindings, and what they hold then; and the arrays
    written in the block."""

    bindings: dict[Anything, Anything]
    contents: dict[Anything, Anything]
    written: list[Value]
    env: dict[str, Anything]  # all names that are read later


# The fixpoint ---------------------------------------------------------------------------------


def settle(
    frame: Frame,
    names: list[str],
    attempt: Callable[[list[Carried]], Body],
    unrollable: bool = False,
) -> tuple[list[Carried], Body]:
    """Lower the body until what it carries is stable. A name that changes its structure raises
    `Unrollable` where the loop could be unrolled, else only where it is read."""
    carried = [_start(frame, name) for name in names]
    left: list[str] = []  # what came out of the body unchanged, when less was known to flow in
    taken: set[str] = set()
    restore = checkpoint(frame)
    for round in range(ROUNDS + 2):
        body = attempt(carried)
        if round == ROUNDS:
            restore()
            for c in carried:
                c.types = [ANY] * c.holes()
            continue
        stable = True
        kept: list[Carried] = []
        for name in [n for n in left if n not in taken and _assigned(frame, n, body)]:
            taken.add(name)
            kept.append(_start(frame, name))
            stable = False
        for c in carried:
            if _unchanged(c, body) and c.name not in taken:
                assert isinstance(c.name, str)
                left.append(c.name)
                stable = False
                continue
            kept.append(c)
            stable = _widen(frame, c, body) and stable
        known = {c.name for c in kept}
        for root in (root for end in body.ends for root in end.written):
            if root not in known:
                known.add(root)
                kept.append(_start(frame, root))
                stable = False
        if stable:
            for c in carried:
                for start in body.params:
                    flow(start[c.name], c.init)
                    for any_end in body.ends:
                        flow(start[c.name], any_end.contents.get(c.name, UNDEFINED))
                if isinstance(c.template, Conflict) and c.template.looping and unrollable:
                    raise Unrollable(c.template.message, c.template.advice)
            return carried, body
        carried = kept
        restore()
    refuse("the types of what this loop carries do not settle", "annotate the parameters")


def flow(target: Anything, source: Anything) -> None:
    """Note of which lists and dicts the target is one."""
    if isinstance(target, Cell) and isinstance(source, Held):
        if source.cell is not target and source.cell not in target.sources:
            target.sources.append(source.cell)
        flow(target.initial, source.inside)
    elif type(target) is dict and type(source) is dict:
        for key in target:
            flow(target[key], source.get(key, UNDEFINED))
    elif is_structure(target) and is_structure(source) and same_frame(target, source):
        for t, s in zip(items(target), items(source)):
            flow(t, s)


def _start(frame: Frame, name: str | Value | Cell) -> Carried:
    if isinstance(name, Cell):
        init = contents(frame.lowering, frame.lowering.versions.get(name, name.initial))
        shape = template(describe(name), init, init, frame.lowering.pending)
        return Carried(name, init, shape, [typeof(x) for x in project(frame, shape, init)])
    if isinstance(name, Value):
        return Carried(name, frame.lowering.versions.get(name, name), HOLE, [name.type])
    travels = name == RETURN or name.startswith(RAISED)
    init = UNDEFINED if travels else frame.env.get(name, UNDEFINED)
    init = contents(frame.lowering, init)
    shape = template(name, init, init, frame.lowering.pending)
    types = [None if x is UNDEFINED else typeof(x) for x in project(frame, shape, init)]
    return Carried(name, init, shape, types)


def _unchanged(c: Carried, body: Body) -> bool:
    if isinstance(c.name, (Value, Cell)) or isinstance(c.template, Conflict):
        return False
    ends = [end.bindings.get(c.name, UNDEFINED) for end in body.ends]
    if c.init is UNDEFINED and isinstance(c.template, Hole):
        starts = [start[c.name] for start in body.params]
        return all(_missing(end) or end is start for start, end in zip(starts, ends))
    shown = [end.contents.get(c.name, UNDEFINED) for end in body.ends]
    return all(
        identical(start[c.name], end) and _same_inside(start[c.name], now)
        for start, end, now in zip(body.params, ends, shown)
    )


def _assigned(frame: Frame, name: str, body: Body) -> bool:
    """Whether the body gives a name that is not carried something else, which is read later."""
    start = frame.env.get(name, UNDEFINED)
    return any(name in e.env and not identical(e.env[name], start) for e in body.ends)


def _same_inside(start: Anything, now: Anything) -> bool:
    """Whether a list or dict that the loop made at its start still holds what it held."""
    if isinstance(start, Cell) and isinstance(now, Held):
        return _alike(start.initial, now.inside)
    return True


def _alike(a: Anything, b: Anything) -> bool:
    if isinstance(a, Cell) and isinstance(b, Held):
        return a is b.cell
    if is_structure(a) and is_structure(b):
        return same_frame(a, b) and all(map(_alike, items(a), items(b)))
    return identical(a, b)


def _missing(x: Anything) -> bool:
    return x is UNDEFINED or x is DEAD


def _widen(frame: Frame, c: Carried, body: Body) -> bool:
    """Make structure and types cover what comes out of the body; whether they did before."""
    ends = [end.contents.get(c.name, UNDEFINED) for end in body.ends]
    known = [x for x in (c.init, *ends) if not _missing(x)]
    shaped = (x for x in known if is_structure(x) or isinstance(x, Held))
    chosen = next(shaped, known[0] if known else UNDEFINED)
    known = completed(frame, c.name, known)
    chosen = known[0] if type(chosen) is dict and type(known[0]) is dict else chosen
    name = c.name if isinstance(c.name, str) else getattr(c.name, "hint", "the list")
    shapes = [template(name, chosen, x, frame.lowering.pending) for x in known] or [HOLE]
    new = functools.reduce(widest, shapes)
    if _missing(c.init) and isinstance(new, (Closure, Partial, Bound)):
        new = Conflict(f"{name!r} is a function made in a loop", "call it there", True)
    columns = [project(frame, new, c.init)]
    for block, end in zip(body.blocks, ends):
        with inside(frame, block):
            columns.append(project(frame, new, end))
    same = same_template(c.template, new)
    types: list[Type | None] = []
    for k in range(holes(new)):
        t = c.types[k] if same else None
        for column in columns:
            x = column[k]
            if x is not UNDEFINED and not (type(x) is Value and x in frame.lowering.pending):
                u = typeof(x)
                t = u if t is None else join_two(t, u)
        types.append(t)
    stable = same and types == c.types
    c.template, c.types = new, types
    if not c.missing:
        closing = zip(ends, body.blocks)
        c.missing = any(is_doubtful(frame.lowering, x, b) for x, b in closing)
        c.missing = c.missing or is_doubtful(frame.lowering, c.init)
        stable = stable and not c.missing
    return stable


def completed(frame: Frame, cell: Anything, known: list[Anything]) -> list[Anything]:
    """What an object holds before a loop and after an iteration; an attribute that is set in the
    loop for the first time has no value before."""
    if not isinstance(cell, Cell) or not isinstance(cell.kind, type):
        return known
    if not all(type(x) is dict for x in known):
        return known
    every = {key: UNDEFINED for x in known for key in x}
    frame.lowering.unsure.update((cell, key) for key in every if any(key not in x for x in known))
    return [{**every, **x} for x in known]


def doubt_unset(frame: Frame, cell: Anything, held: Anything) -> None:
    """Note that attributes which a loop sets for the first time may have no value."""
    for key, x in held.items() if isinstance(cell, Cell) and type(held) is dict else ():
        if (cell, key) in frame.lowering.unsure:
            doubt(frame.lowering, (v for v in leaves_in(x) if type(v) is Value))


def named(frame: Frame, c: Carried) -> tuple[str, bool]:
    """The hint of the values of what is carried, and whether the user gave it."""
    if isinstance(c.name, Value):
        return c.name.hint, c.name.named
    if isinstance(c.name, Cell):
        held = c.init
        known = type(held) is Value and held.hint
        return (held.hint, held.named) if known else (c.name.name, bool(c.name.name))
    shown = "" if is_hidden(frame, c.name) else user_name(c.name)
    return shown, bool(shown)


def names(frame: Frame, c: Carried) -> list[tuple[str, bool]]:
    """A hint for each value that is carried; those of an object are called after its attributes."""
    hint, user = named(frame, c)
    kind = c.name.kind if isinstance(c.name, Cell) else getattr(c.template, "kind", "")
    shape = c.template.inside if isinstance(c.template, Shape) else c.template
    if not isinstance(kind, type) or type(shape) is not dict or not hint:
        return [(hint, user)] * c.holes()
    found = []
    for key, s in shape.items():
        called = f"has_{hint}" if key == PRESENT else f"{hint}_{key.strip('_')}".rstrip("_")
        found += [(called, False)] * holes(s)
    return found if len(found) == c.holes() else [(hint, user)] * c.holes()


def is_hidden(frame: Frame, name: str) -> bool:
    """Whether a name is not the user's."""
    return name == RETURN or name.startswith(RAISED) or name in frame.hidden


def enter(frame: Frame, block: Block, carried: list[Carried]) -> dict[Anything, Anything]:
    """Parameters of a loop's block for what it carries, as bindings."""
    out: dict[Anything, Anything] = {}
    pending = frame.lowering.pending
    for c in carried:
        values = [block.add_param(t or ANY, *n) for t, n in zip(c.types, names(frame, c))]
        pending.update(v for v, t in zip(values, c.types) if t is None)
        if c.missing:
            doubt(frame.lowering, values)
        out[c.name] = filled(frame, c.template, values, block)
        doubt_unset(frame, c.name, out[c.name])
    return out


def set_out(frame: Frame, bound: dict[Anything, Anything]) -> None:
    """Bind names, and give arrays their contents."""
    frame.env = {**frame.env, **{n: x for n, x in bound.items() if isinstance(n, str)}}
    frame.lowering.versions = dict(frame.lowering.versions)
    for root, x in bound.items():
        if isinstance(x, Conflict) and not isinstance(root, str):
            frame.lowering.versions[root] = x
        elif isinstance(root, Value):
            renew(frame, root, x)
        elif isinstance(root, Cell):
            hold(frame.lowering, root, x)


def leave(frame: Frame, carried: list[Carried], end: Ends) -> list[Anything]:
    """What a block yields for what the loop carries."""
    out: list[Anything] = []
    for c in carried:
        x = end.contents.get(c.name, UNDEFINED)
        if x is UNDEFINED and c.init is not UNDEFINED:  # deleted: the variable must lose its value
            out += [ABSENT] * c.holes()
        else:
            out += project(frame, c.template, x)
    return out


def ended(frame: Frame, carried: list[Carried], live: Names | None, before: Anything) -> Ends:
    """What is carried at the end of a block, where it is read; `before` are the contents of
    arrays at its start."""
    out: dict[Anything, Anything] = {}
    lowering = frame.lowering
    for c in carried:
        if isinstance(c.name, Value):
            out[c.name] = lowering.versions.get(c.name, c.name)
            continue
        if isinstance(c.name, Cell):
            out[c.name] = lowering.versions.get(c.name, c.name.initial)
            continue
        x = frame.env.get(c.name, UNDEFINED)
        out[c.name] = x if live is None or c.name in live else DEAD
    written = changed(lowering, before, lowering.versions, inside=1)
    shown = {n: x if isinstance(n, Value) else contents(lowering, x, 1) for n, x in out.items()}
    env = {n: x for n, x in frame.env.items() if live is None or n in live}
    return Ends(out, shown, written, env)


def results_of(
    frame: Frame, carried: list[Carried], body: Body
) -> tuple[list[Value], dict[Anything, Anything]]:
    """The results of a loop, and the bindings after it."""
    out: list[Value] = []
    env: dict[Anything, Anything] = {}
    for c in carried:
        values = [Value(t or ANY, *n) for t, n in zip(c.types, names(frame, c))]
        out.extend(values)
        if c.missing:
            doubt(frame.lowering, values)
        env[c.name] = filled(frame, c.template, values, cursor().block)
        doubt_unset(frame, c.name, env[c.name])
        for end in (c.init, *(e.contents.get(c.name, UNDEFINED) for e in body.ends)):
            flow(env[c.name], end)
    return out, env
