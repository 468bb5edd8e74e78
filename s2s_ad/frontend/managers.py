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

from s2s_ad.frontend import prelude
from s2s_ad.frontend.binding import parameters, source_of
from s2s_ad.frontend.bindings import Object
from s2s_ad.frontend.branches import Rest, bind_written, ending, fill, live_at, resume, run, write
from s2s_ad.frontend.calls import arguments, call_binding
from s2s_ad.frontend.context import Frame, evaluate, operand, refuse
from s2s_ad.frontend.contexts import Managed, lower_managed
from s2s_ad.frontend.finals import lower_finally, passed
from s2s_ad.frontend.foreign import reference
from s2s_ad.frontend.foreign import write as write_call
from s2s_ad.frontend.inline import call_function
from s2s_ad.frontend.joining import FALLS, Arm, Join, Status, always
from s2s_ad.frontend.liveness import Names, contains, loads
from s2s_ad.frontend.objects import call, method_of
from s2s_ad.frontend.unpacking import spread
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
STACKS = (contextlib.ExitStack, contextlib.AsyncExitStack)
# What is written in Python.
WRITTEN = (
    (contextlib.suppress, prelude.suppressing),
    (contextlib.nullcontext, prelude.giving),
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

    def body(entered: Anything) -> Status:
        from s2s_ad.frontend.statements import assign

        if target is not None:
            assign(frame, target, entered)
        return lower(frame, node.body, live, False)

    if isinstance(expression, gast.Call):
        args, options = arguments(frame, expression)
        written = next((f for known, f in WRITTEN if called is known), None)
        if called is contextlib.closing and any(method_of(frame, a, "close") for a in args):
            written = prelude.closing
        if written is None and any(called is known for known in KNOWN):
            kind = Opaque("file" if called is open else "context")
            found = write_call(frame, reference(frame, called), args, options, kind, fresh=True)
            return _entered(frame, found, body, rest, kind if called is open else ANY)
        if any(called is known for known in STACKS):
            refuse(
                f"{getattr(called, '__name__', '')} is not supported",
                "write a with for each context, or a context of your own",
            )
        given = spread(frame, called, args, options)
        x = call_binding(frame, written or called, given, options, expression)
        x = Managed(x) if written is not None else x
    else:
        x = evaluate(frame, expression)
    if isinstance(x, Managed):
        check_yields(node)
        return lower_managed(frame, node, x.generated, rest, lower_open)
    if method_of(frame, x, "__enter__") is not None:
        if method_of(frame, x, "__exit__") is None:
            refuse("this context has no __exit__", "define it in its class")
        if indifferent(frame, x) and not passed(frame, lambda: body(call(frame, x, "__enter__"))):
            return _object(frame, x, body, rest)
        check_yields(node)
        found = call_function(frame, prelude.managing, [x], {}, expression)
        return lower_managed(frame, node, found, rest, lower_open)
    if isinstance(x, Object) and type(x.object).__module__ in LOCKS:
        return _entered(frame, x.value(), body, rest, ANY)
    if type(x) is Value and isinstance(x.type, Opaque) and x.type.what == "file":
        return _entered(frame, x, body, rest, x.type)
    refuse(
        "it is not known what this context does, and whether it ends exceptions",
        "write a class with __enter__ and __exit__, or take the body out of the with",
    )


def check_yields(node: Anything) -> None:
    """Refuse a context around the `yield` of a generator that a `for` walks: what the body of the
    loop raises is not raised there."""
    if getattr(node, "yields", False):
        refuse(
            "a yield inside a context that looks at exceptions is not supported",
            "yield after the with",
        )


def indifferent(frame: Frame, x: Anything) -> bool:
    """Whether `__exit__` does the same however the block ends, and only what is not seen where an
    exception leaves the function."""
    function = method_of(frame, x, "__exit__").function
    node = source_of(frame.lowering, function).tree
    names = {name for name, _ in parameters(node)[1:]}
    returns = [n for s in node.body for n in gast.walk(s) if isinstance(n, gast.Return)]
    silent = all(getattr(n.value, "value", n.value) in (None, False) for n in returns)
    reads = frozenset().union(*map(loads, node.body))
    return silent and not reads & names and not contains(node.body, gast.Call, gast.Raise)


def _object(
    frame: Frame, x: Anything, body: Callable[[Anything], Status], rest: Rest
) -> tuple[Status, bool]:
    """A context of a user's class whose `__exit__` does not look at what happened."""
    entered = call(frame, x, "__enter__")

    def leave(names: Names) -> Status:
        call(frame, x, "__exit__", None, None, None)
        return always(FALLS)

    return lower_finally(frame, rest, frozenset(), lambda: body(entered), leave, False)


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
