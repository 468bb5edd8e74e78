"""Loops: the body is lowered again until the types of what it carries are stable.

Carried are the names that the body assigns and that are read at the start of an iteration or
after the loop; what comes out of the body unchanged is not carried after all.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any as Anything

import gast

from s2s_ad.frontend.bindings import (
    DEAD,
    Conflict,
    describe,
    identical,
    is_data,
    is_structure,
    items,
    map_leaves,
    rebuilt,
    same_frame,
)
from s2s_ad.frontend.branches import (
    BREAKS,
    CONTINUES,
    FALLS,
    RAISES,
    RETURNS,
    Rest,
    Status,
    always,
    branch,
    join_two,
    live_at,
    resume,
    write,
)
from s2s_ad.frontend.context import (
    RETURN,
    Frame,
    Loop,
    checkpoint,
    evaluate,
    inside,
    opened,
    operand,
    operate,
    refuse,
)
from s2s_ad.frontend.expressions import truth
from s2s_ad.frontend.iteration import SHORT, Enumerate, Range, Reversed, Walk, walk
from s2s_ad.frontend.liveness import Names, assigned, contains
from s2s_ad.ir.build import NotStatic, typeof
from s2s_ad.ir.core import UNDEFINED, Block, Value
from s2s_ad.ir.types import ANY, INT, Seq, Type
from s2s_ad.ops.structure import FOR, WHILE

LowerList = Callable[[Frame, list[Anything], Names, bool], Status]
ROUNDS = 10  # after so many attempts the types that still change are given up


class Hole:
    """Stands for one carried value in the structure of a carried name."""


HOLE = Hole()


@dataclass(eq=False)
class Carried:
    """A name that a loop carries: its structure, and the types of the values in it."""

    name: str
    init: Anything
    template: Anything
    types: list[Type | None]  # None where nothing is known to flow in yet

    def holes(self) -> int:
        return len(self.types)


@dataclass(eq=False)
class Body:
    """One attempt at lowering a loop's body (for a `while`, both blocks)."""

    blocks: list[Block]
    ends: list[dict[str, Anything]]  # what the names mean at the end of each block
    params: list[dict[str, Anything]]  # and at its start
    status: Status


def template(name: str, a: Anything, b: Anything, pending: set[Value]) -> Anything:
    """The structure that covers two bindings of a name; `HOLE` for each value. `pending` are the
    parameters of loops into which nothing is known to flow yet: they may become structures."""
    missing = (UNDEFINED, DEAD)
    if any(a is m for m in missing):
        return HOLE if any(b is m for m in missing) else template(name, b, b, pending)
    if any(b is m for m in missing):
        return template(name, a, a, pending)
    if isinstance(a, Conflict) or isinstance(b, Conflict):
        return a if isinstance(a, Conflict) else b
    if is_structure(a) and is_structure(b) and same_frame(a, b):
        columns = zip(items(a), items(b))
        return rebuilt(a, [template(name, x, y, pending) for x, y in columns])
    for x, y in ((a, b), (b, a)):
        if is_structure(x) and type(y) is Value and isinstance(y.type, Seq):
            if y.type.kind == type(x).__name__ and len(y.type.items) == len(x):
                return map_leaves(lambda leaf: HOLE, x)
        if is_structure(x) and type(y) is Value and y in pending:
            return template(name, x, x, pending)
    if is_data(a) and is_data(b):
        return HOLE
    if identical(a, b):
        return a
    if describe(a) == describe(b):
        return Conflict(f"{name!r} is {describe(a)} that changes in a loop", "use a fixed one")
    return Conflict(
        f"{name!r} is {describe(a)} before the loop and {describe(b)} after an iteration",
        "give it the same structure throughout: a list that grows is not supported yet",
    )


def same_template(a: Anything, b: Anything) -> bool:
    if is_structure(a) and is_structure(b):
        return same_frame(a, b) and all(map(same_template, items(a), items(b)))
    return a is b or isinstance(a, Conflict) and isinstance(b, Conflict) or identical(a, b)


def holes(shape: Anything) -> int:
    if is_structure(shape):
        return sum(map(holes, items(shape)))
    return int(shape is HOLE)


def project(frame: Frame, shape: Anything, x: Anything) -> list[Anything]:
    """The values of a binding, one for each hole of the structure."""
    if shape is HOLE:
        return [UNDEFINED if x is DEAD or isinstance(x, Conflict) else operand(frame, x)]
    if is_structure(shape):
        if x is DEAD or x is UNDEFINED:
            return [UNDEFINED] * holes(shape)
        return [
            leaf for s, part in zip(items(shape), items(opened(frame, x)))
            for leaf in project(frame, s, part)
        ]  # fmt: skip
    return []


def filled(shape: Anything, values: list[Value]) -> Anything:
    """The structure with values in its holes."""
    left = iter(values)
    return map_leaves(lambda leaf: next(left) if leaf is HOLE else leaf, shape)


# The fixpoint ---------------------------------------------------------------------------------


def settle(
    frame: Frame, names: list[str], attempt: Callable[[list[Carried]], Body]
) -> tuple[list[Carried], Body]:
    """Lower the body until what it carries is stable."""
    carried = [_start(frame, name) for name in names]
    restore = checkpoint(frame)
    for round in range(ROUNDS + 2):
        body = attempt(carried)
        if round == ROUNDS:
            restore()
            for c in carried:
                c.types = [ANY] * c.holes()
            continue
        stable = True
        kept = []
        for c in carried:
            if _unchanged(c, body):
                stable = False
                continue
            kept.append(c)
            stable = _widen(frame, c, body) and stable
        if stable:
            return carried, body
        carried = kept
        restore()
    refuse("the types of what this loop carries do not settle", "annotate the parameters")


def _start(frame: Frame, name: str) -> Carried:
    init = UNDEFINED if name == RETURN else frame.env.get(name, UNDEFINED)
    shape = template(name, init, init, frame.lowering.pending)
    types = [None if x is UNDEFINED else typeof(x) for x in project(frame, shape, init)]
    return Carried(name, init, shape, types)


def _unchanged(c: Carried, body: Body) -> bool:
    ends = [end.get(c.name, UNDEFINED) for end in body.ends]
    if c.init is UNDEFINED and c.template is HOLE:
        starts = [start[c.name] for start in body.params]
        return all(_missing(end) or end is start for start, end in zip(starts, ends))
    return all(identical(start[c.name], end) for start, end in zip(body.params, ends))


def _missing(x: Anything) -> bool:
    return x is UNDEFINED or x is DEAD


def _widen(frame: Frame, c: Carried, body: Body) -> bool:
    """Make structure and types cover what comes out of the body; whether they did before."""
    ends = [end.get(c.name, UNDEFINED) for end in body.ends]
    known = [x for x in (c.init, *ends) if not _missing(x)]
    chosen = next((x for x in known if is_structure(x)), known[0] if known else UNDEFINED)
    shapes = [template(c.name, chosen, x, frame.lowering.pending) for x in known] or [HOLE]
    new = next((s for s in shapes if isinstance(s, Conflict)), shapes[0])
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
    return stable


def enter(block: Block, carried: list[Carried], pending: set[Value]) -> dict[str, Anything]:
    """Parameters of a loop's block for what it carries, as bindings."""
    out = {}
    for c in carried:
        user = c.name != RETURN
        values = [block.add_param(t or ANY, c.name if user else "", user) for t in c.types]
        pending.update(v for v, t in zip(values, c.types) if t is None)
        out[c.name] = filled(c.template, values)
    return out


def leave(frame: Frame, carried: list[Carried], end: dict[str, Anything]) -> list[Anything]:
    """What a block yields for what the loop carries."""
    return [x for c in carried for x in project(frame, c.template, end.get(c.name, UNDEFINED))]


def results_of(carried: list[Carried]) -> tuple[list[Value], dict[str, Anything]]:
    """The results of a loop, and the bindings after it."""
    out: list[Value] = []
    env = {}
    for c in carried:
        user = c.name != RETURN
        values = [Value(t or ANY, c.name if user else "", user) for t in c.types]
        out.extend(values)
        env[c.name] = filled(c.template, values)
    return out, env


def carried_names(frame: Frame, node: Anything, head: Names, after: Names) -> list[str]:
    parts = [node.target, *node.body] if isinstance(node, gast.For) else [node.test, *node.body]
    live = head | after
    names = [n for n in assigned(parts) if n in live]
    return [*names, RETURN] if contains(node.body, gast.Return) else names


def stop_of(status: Status) -> tuple[Anything, frozenset[int]]:
    """What the body yields to stop the loop, and how the loop may end."""
    codes = frozenset(FALLS if c in (CONTINUES, FALLS) else c for c in status.codes) - {RAISES}
    if not codes - {FALLS}:
        return None, frozenset({FALLS})
    value = status.value
    if isinstance(value, Value) and CONTINUES in status.codes:
        value = value % 3  # the status `continue` is 3: as good as none
    return value, codes | {FALLS}


# for ------------------------------------------------------------------------------------------


def lower_for(
    frame: Frame, node: Anything, rest: Rest, lower: LowerList
) -> tuple[Status, bool]:
    """A `for` statement: rolled where one text serves for all items, else unrolled."""
    over = walk(frame, evaluate(frame, node.iter))
    found = over.fixed(frame) if not over.rolls() else None
    if found is not None:
        return unrolled(frame, node, found, rest, lower)
    if not over.rolls():
        refuse("the items of this loop differ in structure", "iterate over one kind of item")
    restore = checkpoint(frame)
    try:
        return rolled(frame, node, over, rest, lower)
    except NotStatic:
        found = over.fixed(frame)
        if found is None or len(found) > SHORT:
            raise
        restore()
        return unrolled(frame, node, found, rest, lower)


def rolled(
    frame: Frame, node: Anything, over: Walk, rest: Rest, lower: LowerList
) -> tuple[Status, bool]:
    from s2s_ad.frontend.statements import assign

    backwards = isinstance(over, Reversed)
    inner = over.inner if isinstance(over, Reversed) else over
    inner.prepare(frame)
    after = frame.liveness.after[node]
    head = frame.liveness.head[node]
    if isinstance(inner, Range):
        bounds = tuple(operand(frame, x) for x in (inner.start, inner.stop, inner.step))
    else:
        bounds = (0, operand(frame, inner.length(frame)), 1)
    hint = _index_name(node.target, inner)
    outer, saved = frame.loop, frame.env

    def attempt(carried: list[Carried]) -> Body:
        block = Block()
        index = block.add_param(INT, hint, bool(hint))
        params = enter(block, carried, frame.lowering.pending)
        frame.env = {**saved, **params}
        frame.loop = Loop(head, after)
        frame.iterated.extend(inner.sources())
        try:
            with inside(frame, block):
                assign(frame, node.target, index if isinstance(inner, Range) else inner.item(frame, index))
                status = lower(frame, node.body, head, True)
                ends = ended(frame, carried, status)
            return Body([block], [ends], [params], status)
        finally:
            frame.env, frame.loop = saved, outer
            del frame.iterated[len(frame.iterated) - len(inner.sources()) :]

    carried, body = settle(frame, carried_names(frame, node, head, after), attempt)
    (block,) = body.blocks
    inits = tuple(x for c in carried for x in project(frame, c.template, c.init))
    with inside(frame, block):
        block.yields = leave(frame, carried, body.ends[0])
        stop, codes = stop_of(body.status)
    results, bound = results_of(carried)
    kwargs: dict[str, Anything] = {}
    if inner.over() is not None:
        kwargs["over"] = inner.over()
    if backwards:
        kwargs["reversed"] = True
    return finish(frame, node, FOR, (*bounds, inits), kwargs, body, results, bound, stop, codes, rest, lower)  # fmt: skip


def ended(frame: Frame, carried: list[Carried], status: Status) -> dict[str, Anything]:
    """What the carried names mean at the end of a body, where that is read."""
    assert frame.loop is not None
    live = live_at(frame, status, frame.loop.head)
    out = {}
    for c in carried:
        x = frame.env.get(c.name, UNDEFINED)
        out[c.name] = x if live is None or c.name in live else DEAD
    return out


def _index_name(target: Anything, over: Walk) -> str:
    if isinstance(over, Range) and isinstance(target, gast.Name):
        return str(target.id)
    if isinstance(over, Enumerate) and isinstance(target, gast.Tuple):
        first = target.elts[0]
        if isinstance(first, gast.Name) and over.start == 0 and type(over.start) is int:
            return str(first.id)
    return ""


def finish(
    frame: Frame, node: Anything, prim: Anything, args: Anything, kwargs: dict[str, Anything],
    body: Body, results: list[Value], bound: dict[str, Anything], stop: Anything,
    codes: frozenset[int], rest: Rest, lower: LowerList,
) -> tuple[Status, bool]:  # fmt: skip
    """Write the loop, bind its results, and go on after it."""
    ending = always(FALLS)
    if stop is not None:
        body.blocks[-1].yields.append(stop)
        kwargs["stop"] = True
        results.append(Value(INT, "stop"))
        ending = Status(results[-1], codes)
    write(prim, args, kwargs, body.blocks, results)
    after = frame.liveness.after[node]
    frame.env = {**frame.env, **bound}
    for name in assigned([*node.body, *([node.target] if isinstance(node, gast.For) else [])]):
        if name not in bound and name not in after and name not in frame.liveness.head[node]:
            frame.env.pop(name, None)
    return afterwards(frame, node, ending, rest, lower)


def afterwards(
    frame: Frame, node: Anything, stop: Status, rest: Rest, lower: LowerList
) -> tuple[Status, bool]:
    """The `else` of a loop, and the way out of an early return."""
    live = rest.after
    assert live is not None
    condition = stop.value

    def otherwise() -> Status:
        """What happens where the loop did not return."""
        codes = stop.codes - {RETURNS}
        if not node.orelse or codes == {BREAKS}:
            return always(FALLS)
        if codes == {FALLS} or not stop.mixed:
            return lower(frame, node.orelse, live, rest.tail and rest.empty)
        return branch(
            frame, stop.value, lambda: always(FALLS),
            lambda: lower(frame, node.orelse, live, rest.tail and rest.empty),
            Rest(lambda: always(FALLS), True, live, live),
        )[0]  # fmt: skip

    if RETURNS not in stop.codes:
        status = otherwise()
        if status.mixed:
            return resume(frame, status, rest), True
        return status, False
    if not isinstance(condition, Value):
        return always(RETURNS), True
    if BREAKS in stop.codes:
        condition = operate(frame, operator.eq, condition, RETURNS)
    return branch(frame, condition, lambda: always(RETURNS), otherwise, rest)


def unrolled(
    frame: Frame, node: Anything, found: list[Anything], rest: Rest, lower: LowerList
) -> tuple[Status, bool]:
    """One copy of the body for each item."""
    from s2s_ad.frontend.statements import assign

    after, head = frame.liveness.after[node], frame.liveness.head[node]
    outer = frame.loop

    def turn(k: int) -> Status:
        if k == len(found):
            return always(FALLS)
        assign(frame, node.target, found[k])
        status = lower(frame, node.body, head, True)
        if status.value == CONTINUES and not status.mixed:
            status = always(FALLS)
        value, codes = status.value, status.codes
        if isinstance(value, Value) and CONTINUES in codes:
            value, codes = value % 3, (codes - {CONTINUES}) | {FALLS}
            status = Status(value, codes)
        following = Rest(lambda: turn(k + 1), k + 1 == len(found), head, head | after)
        return resume(frame, status, following)

    frame.loop = Loop(head, after)
    try:
        status = turn(0)
    finally:
        frame.loop = outer
    if status.codes == {RAISES}:
        return status, True
    return afterwards(frame, node, status, rest, lower)


# while ----------------------------------------------------------------------------------------


def lower_while(
    frame: Frame, node: Anything, rest: Rest, lower: LowerList
) -> tuple[Status, bool]:
    """A `while` statement: a block for the condition, a block for the body."""
    after, head = frame.liveness.after[node], frame.liveness.head[node]
    outer, saved = frame.loop, frame.env

    def attempt(carried: list[Carried]) -> Body:
        before, block = Block(), Block()
        first = enter(before, carried, frame.lowering.pending)
        frame.env = {**saved, **first}
        try:
            with inside(frame, before):
                condition = truth(frame, evaluate(frame, node.test))
            before.yields = [condition]
            tested = {c.name: frame.env.get(c.name, UNDEFINED) for c in carried}
            second = enter(block, carried, frame.lowering.pending)
            frame.env = {**saved, **second}
            frame.loop = Loop(head, after)
            with inside(frame, block):
                status = lower(frame, node.body, head, True)
                ends = ended(frame, carried, status)
            return Body([before, block], [tested, ends], [first, second], status)
        finally:
            frame.env, frame.loop = saved, outer

    carried, body = settle(frame, carried_names(frame, node, head, after), attempt)
    before, block = body.blocks
    inits = tuple(x for c in carried for x in project(frame, c.template, c.init))
    with inside(frame, before):
        before.yields.extend(leave(frame, carried, body.ends[0]))
    with inside(frame, block):
        block.yields = leave(frame, carried, body.ends[1])
        stop, codes = stop_of(body.status)
    results, bound = results_of(carried)
    return finish(frame, node, WHILE, (inits,), {}, body, results, bound, stop, codes, rest, lower)  # fmt: skip
