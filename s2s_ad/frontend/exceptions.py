"""Exceptions: making them, raising them, and what a handler sees of them.

Inside a `try` an exception is an object like any other (a cell with attributes), so what it carries
is differentiated. Where nothing catches it, a `raise` is an operation.
"""

from __future__ import annotations

import inspect
import types
from dataclasses import dataclass
from typing import Any as Anything

from s2s_ad.frontend.assumptions import assume, conditional
from s2s_ad.frontend.bindings import Cell, Conflict
from s2s_ad.frontend.branches import join, run
from s2s_ad.frontend.conditions import holds
from s2s_ad.frontend.context import (
    Frame,
    Lowering,
    evaluate,
    inside,
    operand,
    raised,
    refuse,
    refuse_conflict,
)
from s2s_ad.frontend.escapes import Unwound
from s2s_ad.frontend.holding import made
from s2s_ad.frontend.joining import FALLS, RAISES, Status, always
from s2s_ad.frontend.objects import find
from s2s_ad.ir.build import cursor, emit
from s2s_ad.ir.core import Block, Op, Value
from s2s_ad.ops.structure import EXCEPTION, RAISE

CALLED = "(arguments)"  # the attribute of an exception that holds what its class was called with


def is_exception(x: Anything) -> bool:
    """Whether a binding is an exception that the function has made."""
    return isinstance(x, Cell) and isinstance(x.kind, type) and issubclass(x.kind, BaseException)


def make(
    frame: Frame, cls: type, args: list[Anything], kwargs: dict[str, Anything], site: Anything
) -> Anything:
    """`cls(*args, **kwargs)`: an object where it may be caught, else an operation."""
    init = find(frame, cls, "__init__")
    if kwargs:
        if not isinstance(init, types.FunctionType):
            refuse(f"{cls.__name__}() takes no keyword arguments", "give them by position")
        bound = inspect.signature(init).bind(None, *args, **kwargs)
        args, kwargs = list(bound.args[1:]), bound.kwargs
        if kwargs:
            refuse(f"keyword-only arguments of {cls.__name__}", "take them by position")
    if not frame.lowering.tries:
        return emit("exception", *(operand(frame, a) for a in args), cls=cls)
    held = {"args": tuple(args), CALLED: tuple(args)}
    cell = made(frame.lowering, Cell(cls, held), frame.lowering.blocks[-1])
    if isinstance(init, types.FunctionType):
        from s2s_ad.frontend.inline import call_function

        call_function(frame, init, [cell, *args], {}, site)
    return cell


def as_value(frame: Frame, cell: Cell) -> Value:
    """An exception as an operand."""
    held = frame.lowering.versions.get(cell, cell.initial)
    if isinstance(held, Conflict):
        refuse_conflict(held)
    if isinstance(held[CALLED], Conflict):
        refuse_conflict(held[CALLED])
    out: Value = emit("exception", *(operand(frame, a) for a in held[CALLED]), cls=cell.kind)
    return out


# Raising --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kind:
    """What is known of the class of an exception: it is, or derives from, one of `classes` (is it,
    where that is certain), and from none of `others`."""

    classes: tuple[type, ...] = (BaseException,)
    others: tuple[type, ...] = ()
    certain: bool = False


def catcher(lowering: Lowering, kind: Kind) -> tuple[Anything, int] | None:
    """The `try` under way that catches an exception, and its handler's code; None where none does,
    or only run time tells."""
    for t in reversed(lowering.tries):
        for classes, code in t.caught:
            if all(issubclass(c, classes) for c in kind.classes):
                return t, code
            narrower = (c for c in classes if issubclass(c, kind.classes))
            if not kind.certain and any(not issubclass(c, kind.others) for c in narrower):
                return None
    return None


def lower_raise(frame: Frame, node: Anything) -> Status:
    """A `raise` statement: a jump to the handler, where one catches it."""
    cause: list[Anything] = []
    if node.exc is None:
        if not frame.handling:
            refuse("a bare raise outside a handler", "name the exception")
        error = frame.handling[-1]
    else:
        error = evaluate(frame, node.exc)
    if isinstance(error, type) and issubclass(error, BaseException):
        error = make(frame, error, [], {}, node)
    if node.cause is not None:
        found = evaluate(frame, node.cause)
        if isinstance(found, type) and issubclass(found, BaseException):
            found = emit("exception", cls=found)
        cause = [found]
    return throw(frame, error, cause)


def throw(frame: Frame, error: Anything, cause: list[Anything]) -> Status:
    """Raise an exception."""
    if isinstance(error, Conflict):
        refuse_conflict(error)
    kind = kind_of(frame, error)
    if kind is None:
        refuse("only an exception that is made here can be raised", "write raise ValueError(...)")
    found = catcher(frame.lowering, kind)
    if found is None or found[1] in found[0].general:
        shown = as_value(frame, error) if is_exception(error) else error
        apart: dict[str, Anything] = {"others": kind.others} if kind.others else {}
        emit(RAISE, shown, *(operand(frame, c) for c in cause), **apart)
        return always(RAISES)
    frame.env[raised(found[1])] = as_cell(frame, error)
    return always(found[1])


def raise_certain(frame: Frame, cls: type, args: tuple[Anything, ...]) -> None:
    """Raise what an expression certainly raises, if something catches it or it stands under a
    condition, which may never hold."""
    found = catcher(frame.lowering, Kind((cls,), certain=True))
    caught = found is not None and found[1] not in found[0].general
    if caught or conditional(frame.lowering):
        status = throw(frame, make(frame, cls, list(args), {}, frame.under_way), [])
        raise Unwound(status)


def kind_of(frame: Frame, error: Anything) -> Kind | None:
    """The class of an exception; of one that was caught at run time, those of its handler."""
    if is_exception(error):
        return Kind((error.kind,), certain=True)
    if type(error) is not Value or str(error.type) != "exception":
        return None
    op = error.owner
    if isinstance(op, Op) and op.prim is EXCEPTION:
        return Kind((op.kwargs["cls"],), certain=True)
    found: Kind = frame.lowering.caught.get(error, Kind())
    return found


def as_cell(frame: Frame, error: Anything) -> Anything:
    """An exception as an object, where it was made as an operation."""
    op = error.owner if type(error) is Value else None
    if not isinstance(op, Op) or op.prim is not EXCEPTION:
        return error
    held = {"args": tuple(op.args), CALLED: tuple(op.args)}
    return made(frame.lowering, Cell(op.kwargs["cls"], held), frame.lowering.blocks[-1])


def raise_unless(frame: Frame, condition: bool | Value, cls: type, message: str) -> None:
    """Raise an exception in the middle of an expression, unless a condition holds."""

    def fail() -> Status:
        return throw(frame, make(frame, cls, [message], {}, frame.under_way), [])

    if not isinstance(condition, Value):
        if not condition:
            raise Unwound(fail())
        return
    join(frame, condition, [run(frame, lambda: always(FALLS)), run(frame, fail)], None, False)
    assume(frame.lowering, cursor().block, condition, True)


def lower_assert(frame: Frame, node: Anything) -> Status | None:
    """An `assert` statement; an operation where nothing catches it."""
    test = holds(frame, node.test)
    if test is True:
        return None
    found = catcher(frame.lowering, Kind((AssertionError,), certain=True))
    if found is None or found[1] in found[0].general:
        _asserted(frame, node, test)
        return None

    def fail() -> Status:
        args = [] if node.msg is None else [evaluate(frame, node.msg)]
        return throw(frame, make(frame, AssertionError, args, {}, node), [])

    if not isinstance(test, Value):
        return fail()
    return join(frame, test, [run(frame, lambda: always(FALLS)), run(frame, fail)], None, False)


def _asserted(frame: Frame, node: Anything, test: Anything) -> None:
    if node.msg is None:
        emit("assert", test)
        return
    block = Block()
    with inside(frame, block):
        message = operand(frame, evaluate(frame, node.msg))
    if all(op.prim.name in ("fstring", "read") for op in block.ops):
        cursor().block.ops.extend(block.ops)
        emit("assert", test, message)
        return
    # A message that is computed must be computed only where the assertion fails.
    if not isinstance(test, Value):
        refuse("an assertion that always fails", "raise an exception")

    def fail() -> Status:
        emit("raise", emit("exception", message, cls=AssertionError))
        return always(RAISES)

    raising = run(frame, fail)
    raising.block.ops[:0] = block.ops
    join(frame, test, [run(frame, lambda: always(FALLS)), raising], None, False)
