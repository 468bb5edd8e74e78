"""`with`: the context is entered once, in the forward sweep; the adjoint runs outside.

Objects of the user's classes are lowered, `__enter__` and `__exit__` as any method. Files, locks
and the like stand in the text as they are. `np.errstate` holds for the adjoint too.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable
from typing import Any as Anything

import gast
import numpy as np

from s2s_ad.frontend.bindings import Object
from s2s_ad.frontend.branches import Rest, bind_written, ending, fill, live_at, resume, run, write
from s2s_ad.frontend.context import Frame, evaluate, operand, refuse
from s2s_ad.frontend.finals import lower_finally
from s2s_ad.frontend.foreign import reference
from s2s_ad.frontend.foreign import write as write_call
from s2s_ad.frontend.joining import FALLS, Arm, Join, Status, always
from s2s_ad.frontend.liveness import Names
from s2s_ad.frontend.objects import MISSING, call, method_of
from s2s_ad.frontend.tries import lower_try
from s2s_ad.ir.core import UNDEFINED, Value
from s2s_ad.ir.primitive import Primitive
from s2s_ad.ir.types import ANY, INT, Opaque
from s2s_ad.ops.structure import ERRSTATE, WITH

LowerList = Callable[[Frame, list[Anything], Names, bool], Status]
# What is known not to end an exception.
KNOWN = (
    open,
    warnings.catch_warnings,
    np.printoptions,
    contextlib.redirect_stdout,
    contextlib.redirect_stderr,
    contextlib.closing,
)
LOCKS = ("threading", "_thread", "_io", "multiprocessing.synchronize")


def split_with(node: Anything) -> None:
    """Give each context of a function a `with` of its own."""
    for w in [n for n in gast.walk(node) if isinstance(n, gast.With)]:
        while len(w.items) > 1:
            w.body = [gast.copy_location(gast.With([w.items.pop()], w.body, None), w)]


def lower_with(
    frame: Frame, node: Anything, rest: Rest, lower: LowerList, lower_open: LowerList
) -> tuple[Status, bool]:
    """A `with` statement."""
    (item,) = node.items
    expression, target = item.context_expr, item.optional_vars
    called = evaluate(frame, expression.func) if isinstance(expression, gast.Call) else None
    live = rest.after or frozenset()
    if called is np.errstate:
        return _errstate(frame, node, rest, lower)
    if called is contextlib.suppress:
        return _suppress(frame, node, rest, lower, lower_open)

    def body(entered: Anything) -> Status:
        from s2s_ad.frontend.statements import assign

        if target is not None:
            assign(frame, target, entered)
        return lower(frame, node.body, live, False)

    if called is contextlib.nullcontext:
        given = [evaluate(frame, a) for a in expression.args]
        status = body(given[0] if given else None)
        return (resume(frame, status, rest), True) if status.mixed else (status, False)
    if called in KNOWN:
        args = [evaluate(frame, a) for a in expression.args]
        options = {str(k.arg): evaluate(frame, k.value) for k in expression.keywords}
        kind = Opaque("file" if called is open else "context")
        found = write_call(frame, reference(frame, called), args, options, kind, fresh=True)
        return _entered(frame, found, body, rest, kind if called is open else ANY)
    if getattr(called, "__globals__", {}) is vars(contextlib):
        refuse(
            f"{getattr(called, '__name__', '')} is made of a generator by contextlib",
            "write a class with __enter__ and __exit__, or take the body out of the with",
        )
    x = evaluate(frame, expression)
    if method_of(frame, x, "__enter__") is not None:
        return _object(frame, x, body, rest)
    if isinstance(x, Object) and type(x.object).__module__ in LOCKS:
        return _entered(frame, x.value(), body, rest, ANY)
    if type(x) is Value and isinstance(x.type, Opaque) and x.type.what == "file":
        return _entered(frame, x, body, rest, x.type)
    refuse(
        "it is not known what this context does, and whether it ends exceptions",
        "write a class with __enter__ and __exit__, or take the body out of the with",
    )


def _object(
    frame: Frame, x: Anything, body: Callable[[Anything], Status], rest: Rest
) -> tuple[Status, bool]:
    """A context of a user's class."""
    entered = call(frame, x, "__enter__")

    def leave(names: Names) -> Status:
        found = call(frame, x, "__exit__", None, None, None)
        if found is MISSING:
            refuse("this context has no __exit__", "define it in its class")
        if found is not None and found is not False:
            refuse(
                "__exit__ returns something, which may end an exception",
                "let it return nothing, and catch the exception with try",
            )
        return always(FALLS)

    return lower_finally(frame, rest, frozenset(), lambda: body(entered), leave, False)


def _suppress(
    frame: Frame, node: Anything, rest: Rest, lower: LowerList, lower_open: LowerList
) -> tuple[Status, bool]:
    """`with contextlib.suppress(...)`: a handler that does nothing."""
    expression = node.items[0].context_expr
    nothing = gast.copy_location(gast.Pass(), node)
    classes = gast.copy_location(gast.Tuple(list(expression.args), gast.Load()), expression)
    handler = gast.copy_location(gast.ExceptHandler(classes, None, [nothing]), node)
    t = gast.copy_location(gast.Try(node.body, [handler], [], []), node)
    liveness = frame.liveness
    liveness.after[nothing] = liveness.entry[t] = liveness.after[node]
    return lower_try(frame, t, rest, lower, lower_open)


def _entered(
    frame: Frame,
    manager: Anything,
    body: Callable[[Anything], Status],
    rest: Rest,
    kind: Anything,
) -> tuple[Status, bool]:
    """A context that stands in the text as it is."""
    value = Value(kind)

    def lowered() -> Status:
        return body(value)

    arm = run(frame, lowered)
    value.owner = arm.block
    arm.block.params.append(value)
    return _written(frame, WITH, (operand(frame, manager),), {}, arm, rest)


def _errstate(frame: Frame, node: Anything, rest: Rest, lower: LowerList) -> tuple[Status, bool]:
    expression = node.items[0].context_expr
    options = {k.arg: evaluate(frame, k.value) for k in expression.keywords}
    literal = all(k and isinstance(v, (str, type(None))) for k, v in options.items())
    if expression.args or not literal:
        refuse("the options of np.errstate must be literal", "write np.errstate(divide='ignore')")
    if node.items[0].optional_vars is not None:
        refuse("np.errstate gives nothing that could be bound", "leave the `as` out")
    live = rest.after or frozenset()
    arm = run(frame, lambda: lower(frame, node.body, live, False))
    return _written(frame, ERRSTATE, (), options, arm, rest)


def _written(
    frame: Frame, prim: Primitive, args: Anything, options: Anything, arm: Arm, rest: Rest
) -> tuple[Status, bool]:
    """Write an operation with one block, which runs once."""
    found = Join(frame, [arm])
    read = live_at(frame, arm.status, rest.after) or frozenset()
    joined = {n: found.join(n, [b]) for n, b in arm.env.items() if n in read}
    written = found.written()
    status, parts = ending([arm], False)
    if parts is not None:
        found.results.append(Value(INT, "status"))
        found.yields.append(parts)
        status = Status(found.results[-1], status.codes)
    arm.block.yields = [row[0] for row in found.yields]
    write(prim, args, options, [arm.block], found.results)
    bind_written(frame, written, found.results)
    frame.env = {
        n: b for n, x in joined.items() if (b := fill(frame, x, found.results)) is not UNDEFINED
    }
    if status.mixed:
        return resume(frame, status, rest), True
    return status, False
