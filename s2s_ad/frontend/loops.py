"""Loops: `for` over ranges and sequences, rolled or unrolled, and `while`."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any as Anything

import gast

from s2s_ad.errors import UnsupportedError
from s2s_ad.frontend.bindings import Unrollable, user_name
from s2s_ad.frontend.branches import Rest, branch, live_at, resume, write
from s2s_ad.frontend.carried import Body, Carried, ended, enter, leave, results_of, set_out, settle
from s2s_ad.frontend.composed import Enumerate, Reversed
from s2s_ad.frontend.comprehensions import Generator
from s2s_ad.frontend.conditions import holds
from s2s_ad.frontend.context import (
    RETURN,
    Frame,
    Loop,
    checkpoint,
    evaluate,
    inside,
    operand,
    operate,
    raised,
    refuse,
)
from s2s_ad.frontend.escapes import escapes
from s2s_ad.frontend.generators import lower_generated, of_expression
from s2s_ad.frontend.holding import forget_kept, kept_cells
from s2s_ad.frontend.iteration import SHORT, Items, Range, Walk, held_by, walk
from s2s_ad.frontend.joining import BREAKS, CONTINUES, FALLS, RAISES, RETURNS, Status, always, among
from s2s_ad.frontend.liveness import Names, assigned, contains
from s2s_ad.frontend.places import root_of
from s2s_ad.frontend.rewrites import leaves_outer
from s2s_ad.frontend.templates import project
from s2s_ad.frontend.weaving import Generated
from s2s_ad.ir.build import NotStatic
from s2s_ad.ir.core import Block, Op, Value
from s2s_ad.ir.types import INT
from s2s_ad.ops.structure import FOR, WHILE

LowerList = Callable[[Frame, list[Anything], Names, bool], Status]


def carried_names(frame: Frame, node: Anything, head: Names, after: Names) -> list[str]:
    parts = [node.target, *node.body] if isinstance(node, gast.For) else [node.test, *node.body]
    live = head | after
    names = [n for n in assigned(parts) if n in live]
    names += [RETURN] if contains(node.body, gast.Return) else []
    return names + [raised(code) for t in frame.lowering.tries for _, code in t.caught]


def going_on(frame: Frame, value: Anything, codes: frozenset[int]) -> Anything:
    """A status with 0 for `continue`, which is 3: as good as none."""
    if max(codes - {RAISES}) == CONTINUES:
        return operate(frame, operator.mod, value, CONTINUES)
    goes = operate(frame, operator.ne, value, CONTINUES)
    return operate(frame, operator.mul, value, goes)


def stop_of(frame: Frame, status: Status) -> tuple[Anything, frozenset[int]]:
    """What the body yields to stop the loop, and how the loop may end."""
    codes = frozenset(FALLS if c in (CONTINUES, FALLS) else c for c in status.codes) - {RAISES}
    if not codes - {FALLS}:
        return None, frozenset({FALLS})
    value = status.value
    if isinstance(value, Value) and CONTINUES in status.codes:
        value = going_on(frame, value, status.codes)
    return value, codes | {FALLS}


class Unsettled(Exception):
    """A loop cannot be rolled; nothing of it has been written."""

    def __init__(self, error: UnsupportedError) -> None:
        self.error = error


def settled(
    frame: Frame,
    names: list[str],
    attempt: Callable[[list[Carried]], Body],
    unrollable: bool = False,
) -> tuple[list[Carried], Body]:
    """What a loop carries and its body; raises `Unsettled`."""
    try:
        return settle(frame, names, attempt, unrollable)
    except UnsupportedError as error:
        raise Unsettled(error) from None


# for ------------------------------------------------------------------------------------------


def lower_for(frame: Frame, node: Anything, rest: Rest, lower: LowerList) -> tuple[Status, bool]:
    """A `for` statement: rolled where one text serves for all items, else unrolled."""
    iterable = evaluate(frame, node.iter)
    if isinstance(iterable, Generator):
        iterable = of_expression(frame, iterable)
    if isinstance(iterable, Generated):
        return lower_generated(frame, node, iterable, rest, lower)
    over = walk(frame, iterable)
    if isinstance(over, Generated):  # of a method __iter__
        return lower_generated(frame, node, over, rest, lower)
    empty = isinstance(over, Range) and over.constant() == range(0)
    found = over.fixed(frame) if not over.rolls() or empty else None
    if found is not None:
        return unrolled(frame, node, over, found, rest, lower)
    if not over.may_roll():
        refuse("the items of this loop differ in structure", "iterate over one kind of item")
    restore, kept = checkpoint(frame), kept_cells(frame)
    try:
        return rolled(frame, node, over, rest, lower)
    except Unsettled as failed:
        restore()
        found = over.bounded(frame) if isinstance(failed.error, (NotStatic, Unrollable)) else None
        if found is None or len(found) > SHORT:
            raise failed.error from None
        forget_kept(frame, kept)
        return unrolled(frame, node, over, found, rest, lower)


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
    outer, saved, versions = frame.loop, frame.env, dict(frame.lowering.versions)

    def attempt(carried: list[Carried]) -> Body:
        block = Block()
        index = block.add_param(INT, hint, bool(hint))
        if not isinstance(inner, Range) or inner.natural():
            frame.lowering.naturals.add(index)
        params = enter(frame, block, carried)
        set_out(frame, params)
        start = dict(frame.lowering.versions)
        frame.loop = Loop(head, after)
        frame.iterated.extend(inner.sources())
        frame.lowering.walked.extend(inner.cells())
        try:
            with inside(frame, block):
                assign(
                    frame,
                    node.target,
                    index if isinstance(inner, Range) else inner.item(frame, index),
                )
                before = held_by(frame, over.pools())
                status = lower(frame, node.body, head, True)
                if held_by(frame, over.pools()) != before:
                    raise Unrollable("what a loop walks is changed in it", "walk a copy: list(...)")
                ends = ended(frame, carried, live_at(frame, status, head), start)
            return Body([block], [ends], [params], status)
        finally:
            frame.env, frame.loop, frame.lowering.versions = saved, outer, versions
            del frame.iterated[len(frame.iterated) - len(inner.sources()) :]
            walked = frame.lowering.walked
            del walked[len(walked) - len(inner.cells()) :]

    found = over.fixed(frame) if isinstance(inner, (Items, Range)) else None
    unrollable = found is not None and len(found) <= SHORT
    names = carried_names(frame, node, head, after)
    carried, body = settled(frame, names, attempt, unrollable)
    (block,) = body.blocks
    inits = tuple(x for c in carried for x in project(frame, c.template, c.init))
    with inside(frame, block):
        block.yields = leave(frame, carried, body.ends[0])
        stop, codes = stop_of(frame, body.status)
    results, bound = results_of(frame, carried, body)
    kwargs: dict[str, Anything] = {}
    walked = {*inner.cells(), *(root_of(frame.lowering, v) for v in inner.sources())}
    if inner.over() is not None and not any(c.name in walked for c in carried):
        kwargs["over"] = inner.over()
    if backwards:
        kwargs["reversed"] = True
    op = write(FOR, (*bounds, inits), kwargs, body.blocks, results)
    return finish(frame, node, op, bound, stop, codes, rest, lower)


def _index_name(target: Anything, over: Walk) -> str:
    if isinstance(over, Range) and isinstance(target, gast.Name):
        return user_name(target.id)
    if isinstance(over, Enumerate) and isinstance(target, gast.Tuple):
        first = target.elts[0]
        if isinstance(first, gast.Name) and over.start == 0 and type(over.start) is int:
            return user_name(first.id)
    return ""


def finish(
    frame: Frame,
    node: Anything,
    op: Op,
    bound: dict[Anything, Anything],
    stop: Anything,
    codes: frozenset[int],
    rest: Rest,
    lower: LowerList,
) -> tuple[Status, bool]:
    """Let the loop stop where its body says so, bind its results, and go on after it."""
    ending = always(FALLS)
    if stop is not None:
        op.blocks[-1].yields.append(stop)
        op.kwargs["stop"] = True
        flag = Value(INT, "stop")
        flag.owner = op
        op.results.append(flag)
        ending = Status(flag, codes)
    after = frame.liveness.after[node]
    set_out(frame, bound)
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
    leaving = escapes(stop) | (stop.codes & {RETURNS})

    def otherwise() -> Status:
        """What happens where the loop did not return."""
        codes = stop.codes - leaving
        if not node.orelse or codes == {BREAKS}:
            return always(FALLS)
        if codes == {FALLS} or not stop.mixed:
            return lower(frame, node.orelse, live, rest.tail and rest.empty)
        return branch(
            frame, stop.value, lambda: always(FALLS),
            lambda: lower(frame, node.orelse, live, rest.tail and rest.empty),
            Rest(lambda: always(FALLS), True, live, live),
        )[0]  # fmt: skip

    if not leaving:
        status = otherwise()
        if status.mixed:
            return resume(frame, status, rest), True
        return status, False
    if not isinstance(condition, Value):
        return stop, True
    if BREAKS in stop.codes:
        only = leaving == {RETURNS}
        condition = operate(frame, operator.eq if only else operator.ge, condition, RETURNS)
    left = among(stop.value, leaving)  # type: ignore[arg-type]
    return branch(frame, condition, lambda: left, otherwise, rest)


def unrolled(
    frame: Frame, node: Anything, over: Walk, found: list[Anything], rest: Rest, lower: LowerList
) -> tuple[Status, bool]:
    """One copy of the body for each item."""
    from s2s_ad.frontend.statements import assign

    after, head = frame.liveness.after[node], frame.liveness.head[node]
    outer = frame.loop

    def turn(k: int) -> Status:
        if k == len(found):
            return always(FALLS)
        assign(frame, node.target, over.item(frame, k) if over.cells() else found[k])
        status = lower(frame, node.body, head, True)
        if status.value == CONTINUES and not status.mixed:
            status = always(FALLS)
        value, codes = status.value, status.codes
        if isinstance(value, Value) and CONTINUES in codes:
            value, codes = going_on(frame, value, codes), (codes - {CONTINUES}) | {FALLS}
            status = Status(value, codes)
        following = Rest(lambda: turn(k + 1), k + 1 == len(found), head, head | after)
        return resume(frame, status, following)

    frame.loop = Loop(head, after)
    walked = frame.lowering.walked
    walked.extend(over.cells())
    try:
        status = turn(0)
    finally:
        frame.loop = outer
        del walked[len(walked) - len(over.cells()) :]
    if status.codes == {RAISES}:
        return status, True
    return afterwards(frame, node, status, rest, lower)


# while ----------------------------------------------------------------------------------------


def tested_inside(frame: Frame, node: Anything) -> None:
    """Let a condition that changes something, or may raise what a handler catches, stand in the
    body: `while True: if ...: ... else: break`."""
    leave = gast.copy_location(gast.Break(), node)
    inner = gast.copy_location(gast.If(node.test, node.body, [*node.orelse, leave]), node)
    node.orelse = []
    node.test = gast.copy_location(gast.Constant(True, None), node.test)
    node.body = [inner]
    liveness = frame.liveness
    liveness.after[inner], liveness.after[leave] = liveness.head[node], liveness.after[node]


def lower_while(frame: Frame, node: Anything, rest: Rest, lower: LowerList) -> tuple[Status, bool]:
    """A `while` statement: rolled, or a copy of the body for each turn where names change their
    structure and the condition is known."""
    turns = frame.lowering.turns
    if node not in turns:
        restore = checkpoint(frame)
        try:
            return rolled_while(frame, node, rest, lower)
        except Unsettled as failed:
            restore()
            plain = not node.orelse and not contains(node.body, gast.Break, gast.Continue)
            if not plain or not _known(frame, node.test):
                raise failed.error from None
    turns[node] = turns.get(node, 0) + 1
    try:
        if turns[node] > SHORT:
            refuse("this loop changes the structure of a name too often", "use a list")
        condition = holds(frame, node.test)
        if isinstance(condition, Value):
            refuse("a loop that changes the structure of a name ends at run time", "use a list")
        if not condition:
            return always(FALLS), False
        live = rest.after
        assert live is not None
        status = lower(frame, [*node.body, node], live, False)
        return (resume(frame, status, rest), True) if status.mixed else (status, False)
    finally:
        turns[node] -= 1
        if not turns[node]:
            del turns[node]


def _known(frame: Frame, test: Anything) -> bool:
    """Whether a condition is known while lowering, here and now."""
    restore = checkpoint(frame)
    with inside(frame, Block()):
        condition = holds(frame, test)
    restore()
    return not isinstance(condition, Value) and not isinstance(test, gast.Constant)


def rolled_while(frame: Frame, node: Anything, rest: Rest, lower: LowerList) -> tuple[Status, bool]:
    """A `while` as one loop: a block for the condition, a block for the body."""
    calls = contains([node.test], gast.Call)
    if frame.lowering.tries and calls and not leaves_outer(node.orelse):
        tested_inside(frame, node)
    after, head = frame.liveness.after[node], frame.liveness.head[node]
    outer, saved, versions = frame.loop, frame.env, dict(frame.lowering.versions)

    def attempt(carried: list[Carried]) -> Body:
        before, block = Block(), Block()
        first = enter(frame, before, carried)
        set_out(frame, first)
        start = dict(frame.lowering.versions)
        try:
            with inside(frame, before):
                condition = holds(frame, node.test)
                before.yields = [operand(frame, condition)]
                tested = ended(frame, carried, None, start)
            second = enter(frame, block, carried)
            frame.env, frame.lowering.versions = saved, versions
            set_out(frame, second)
            start = dict(frame.lowering.versions)
            frame.loop = Loop(head, after)
            with inside(frame, block):
                status = lower(frame, node.body, head, True)
                ends = ended(frame, carried, live_at(frame, status, head), start)
            return Body([before, block], [tested, ends], [first, second], status)
        finally:
            frame.env, frame.loop, frame.lowering.versions = saved, outer, versions

    restore = checkpoint(frame)
    carried, body = settled(frame, carried_names(frame, node, head, after), attempt)
    if body.ends[0].written and not leaves_outer(node.orelse):
        restore()
        tested_inside(frame, node)
        return rolled_while(frame, node, rest, lower)
    before, block = body.blocks
    inits = tuple(x for c in carried for x in project(frame, c.template, c.init))
    with inside(frame, before):
        before.yields.extend(leave(frame, carried, body.ends[0]))
    with inside(frame, block):
        block.yields = leave(frame, carried, body.ends[1])
        stop, codes = stop_of(frame, body.status)
    results, bound = results_of(frame, carried, body)
    op = write(WHILE, (inits,), {}, body.blocks, results)
    return finish(frame, node, op, bound, stop, codes, rest, lower)
