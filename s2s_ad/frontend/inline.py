"""Calls of Python functions: bound by Python's rules, then lowered into the caller's block.

A large callee that is called in several places becomes a function of its own (`call`), so that
the text grows linearly.
"""

from __future__ import annotations

import inspect
from typing import Any as Anything

import gast

from s2s_ad.frontend import prelude
from s2s_ad.frontend.activations import is_own
from s2s_ad.frontend.arguments import can_last, taken
from s2s_ad.frontend.binding import (
    bind_arguments,
    default_binding,
    default_objects,
    parameters,
    source_of,
)
from s2s_ad.frontend.bindings import (
    Cell,
    Closure,
    Conflict,
    is_data,
    is_structure,
    items,
    map_leaves,
)
from s2s_ad.frontend.borrowing import contents, lend, position
from s2s_ad.frontend.closures import called, check_alive, make_boxes
from s2s_ad.frontend.context import (
    RETURN,
    Frame,
    Lowering,
    cursor_or_none,
    evaluate,
    operand,
    refuse,
)
from s2s_ad.frontend.escapes import escapes, hand_over, left_open
from s2s_ad.frontend.holding import cell_of, fully_opened, materialised
from s2s_ad.frontend.iteration import stored
from s2s_ad.frontend.joining import RAISES
from s2s_ad.frontend.recursion import call_recursive
from s2s_ad.frontend.returning import (
    Given,
    Made,
    apart,
    check_new,
    has_lists,
    has_objects,
    opened_object,
    returned,
    without_objects,
)
from s2s_ad.frontend.sharing import check, written_parameters, written_paths
from s2s_ad.frontend.source import Source
from s2s_ad.frontend.unbound import assure
from s2s_ad.frontend.weaving import Generated, generates
from s2s_ad.ir.build import NotStatic, building, cursor, emit, facts, typeof
from s2s_ad.ir.core import UNDEFINED, Block, Function, Parameter, Value, walk
from s2s_ad.ir.types import ANY, Type
from s2s_ad.ops.custom import registration
from s2s_ad.ops.opaque import is_unknown

QUIET = (prelude.__name__, "contextlib")  # modules whose text is not the user's
LARGE = 40  # operations from which a callee is not inlined twice


def entry_of(lowering: Lowering, function: Anything) -> Source:
    """The source of a function to differentiate, with the parameters that callers see."""
    found = source_of(lowering, function)
    key = ("entry", found.function)
    if key not in lowering.sources:
        lowering.sources[key] = called(found)
    return lowering.sources[key]


def call_function(
    frame: Frame,
    callee: Anything,
    args: list[Anything],
    kwargs: dict[str, Anything],
    site: Anything,
) -> Anything:
    """Call a Python function or a local one."""
    if isinstance(callee, Closure):
        node, parent = callee.node, callee.frame
        names = [n.id for n in (*node.args.posonlyargs, *node.args.args)]
        start = len(names) - len(callee.defaults)
        defaults = {**dict(zip(names[start:], callee.defaults)), **callee.kwdefaults}
        given = bind_arguments(callee.name, node, args, kwargs, defaults)
        inner = Frame(frame.lowering, parent.source, node, frame, parent)
        if generates(node):
            return generated(inner, given, callee.name)
        check_alive(frame, callee)
        if is_own(frame, callee, inner, given):
            return call_recursive(frame, callee, inner, given)
        out = inline(inner, given)
        return out
    source = source_of(frame.lowering, callee)
    check_kind(callee)
    node = source.tree
    quiet = callee.__globals__.get("__name__") in QUIET
    inner = Frame(frame.lowering, source, node, frame, quiet=quiet)
    inner.hidden = inner.locals if quiet else frozenset()
    objects = default_objects(source)
    missing = object()
    given = bind_arguments(source.name, node, args, kwargs, dict.fromkeys(objects, missing))
    given = {
        n: default_binding(inner, n, objects[n]) if x is missing else x for n, x in given.items()
    }
    if generates(node):
        return generated(inner, given, source.name)
    if is_own(frame, callee, inner, given):
        return call_recursive(frame, callee, inner, given)
    if node in frame.lowering.plans:
        return inline(inner, given)
    sites = frame.lowering.sites.setdefault(node, [])
    if site not in sites:
        sites.append(site)
    again = not quiet and sites.index(site) > 0 and frame.lowering.sizes.get(node, 0) > LARGE
    if again and all(_passable(x, frame.lowering.versions) for x in given.values()):
        called = call_out(frame, inner, given)
        if called is not None:
            return called[0]
    before = len(cursor().block.ops)
    out = inline(inner, given)
    written = cursor().block.ops[before:]
    size = len(written) + sum(1 for op in written for b in op.blocks for _ in walk(b))
    frame.lowering.sizes[node] = max(size, frame.lowering.sizes.get(node, 0))
    return out


def check_kind(function: Anything) -> None:
    code = function.__code__
    if code.co_flags & (inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR):
        refuse(f"{function.__name__} is a coroutine", "use a function that returns a value")


def inline(inner: Frame, given: dict[str, Anything]) -> Anything:
    """Lower a call into the block under way; what it returns."""
    c = cursor()
    inner.order = c.statement.order if c.statement is not None else 0
    inner.began = (c.block, len(c.block.ops))
    enter(inner, given)
    return run_body(inner)


def generated(inner: Frame, given: dict[str, Anything], name: str) -> Generated:
    """The call of a generator function: nothing runs yet."""
    enter(inner, given)
    return Generated(inner, name)


def enter(inner: Frame, given: dict[str, Anything]) -> None:
    """Bind the parameters of a call."""
    for name, x in given.items():
        if type(x) is Value and not x.hint and name not in inner.hidden:
            x.hint = name
        inner.env[name] = cell_of(inner, x if inner.quiet else stored(inner, x))


def run_body(frame: Frame) -> Anything:
    """Lower the body of a function; the binding of what it returns."""
    from s2s_ad.frontend.statements import lower_open

    depth = len(frame.lowering.openings)
    if isinstance(frame.node, gast.Lambda):
        out = evaluate(frame, frame.node.body)
        hand_over(frame, depth)
        return out
    make_boxes(frame)
    status = lower_open(frame, frame.node.body, frame.liveness.always, False)
    hand_over(frame, depth)
    if escapes(status):
        assert frame.caller is not None
        left_open(frame, frame.caller, status)
    if status.codes == {RAISES}:
        return UNDEFINED
    out = frame.env.get(RETURN, UNDEFINED)
    assure(frame.lowering, out)  # a call that ends gives a value
    for leaf in items(out) if is_structure(out) else [out]:
        if isinstance(leaf, Conflict):
            refuse(leaf.message, leaf.advice)
    return out


# Functions of their own -----------------------------------------------------------------------


def _passable(x: Anything, now: dict[Anything, Anything]) -> bool:
    """Whether an argument is data; `now` has what lists and objects hold."""
    if isinstance(x, Cell):
        return _passable(now.get(x, x.initial), now)
    return all(_passable(i, now) for i in items(x)) if is_structure(x) else is_data(x)


def call_out(frame: Frame, inner: Frame, given: dict[str, Anything]) -> tuple[Anything] | None:
    """Call a function that is lowered once for arguments of these types; what it returns, or None
    where it writes into its arguments, or may return a list that it got, which only its text put
    in place can show."""
    operands = {n: materialised(frame, x) for n, x in given.items()}
    static = {n: x for n, x in operands.items() if type(x) is not Value}
    known = {n: x.type for n, x in operands.items() if type(x) is Value}
    key = (inner.node, tuple(known.items()), tuple((n, repr(x)) for n, x in static.items()))
    callees = frame.lowering.callees
    if key not in callees:
        try:
            callees[key] = build(inner, known, static, called=True)
        except NotStatic as error:
            outer = inner.env.get("")
            for n, p in zip(operands, outer or ()):
                if error.value is p:
                    error.value = operands[n]
            raise
    callee = callees[key]
    lists = [x for x in given.values() if isinstance(x, Cell)]
    if callee.written or callee.inlined or lists and has_lists(callee.returns):
        inner.env.clear()
        return None
    types_ = [typeof(y) for y in callee.block.yields]
    out = emit("call", *operands.values(), callee=callee, types=types_)
    results = out if isinstance(out, list) else [out]
    return (map_leaves(lambda k: results[k], callee.returns),)


def _body(frame: Frame) -> Anything:
    """The body of a function that is differentiated: of one that has rules, a call of itself."""
    given = registration(frame.source.function) if frame.node is frame.source.tree else None
    if given is None:
        return run_body(frame)
    from s2s_ad.frontend.custom import call_itself

    return call_itself(frame, given)


def build(
    frame: Frame,
    known: dict[str, Type],
    static: dict[str, Anything],
    defaults: dict[str, Anything] | None = None,
    called: bool = False,
    own: list[Value] | None = None,
) -> Function:
    """Lower a function into a block of its own. `static` parameters are those bindings; `called`
    tells that it is lowered for calls of it. With `own` none of them is replaced by its text: it
    returns objects, and the new contents of what it writes, of these arrays around it too."""
    lowering, node, source = frame.lowering, frame.node, frame.source
    block = Block()
    declared, lasts = [], {}
    lowering.blocks.append(block)
    for name, kind in parameters(node):
        default = (defaults or {}).get(name, UNDEFINED)
        declared.append(Parameter(name, kind, default))
        p = block.add_param(known.get(name, ANY), name, True)
        lowering.parameters[p] = node, name
        lasts[p] = default is not UNDEFINED and can_last(default)
        frame.env[name] = cell_of(frame, static[name]) if name in static else p
    frame.env[""] = tuple(block.params)
    name = source.name if node is source.tree else getattr(node, "name", "f")
    function = Function(name, block, declared, facts=facts())
    outer = cursor_or_none()
    statement = outer.statement if outer is not None else None
    versions, noted = lowering.versions, len(lowering.updates)
    outside = lowering.floor, lowering.lent, lowering.lends
    lowering.versions = dict(versions)
    lowering.floor, lowering.lent = len(lowering.blocks) - 1, own or []
    lowering.lends = own is not None
    tries, lowering.tries = lowering.tries, []  # nothing jumps out of a function of its own
    try:
        with building(block, statement, outer.location if outer is not None else None):
            if outer is None:
                lowering.arguments.update(block.params)
            for p in block.params:
                if p.hint not in static:
                    frame.env[p.hint] = taken(frame, p, lasts[p])
            if own is not None:
                lend(frame, function, own)
            elif not frame.given:
                frame.given = {p.hint: frame.env[p.hint] for p in block.params}
            out = _body(frame)
            if called and own is None and has_objects(frame, out):
                function.inlined, out = True, None
            roots: list[Value] = []
            if own is not None:
                positions = written_parameters(lowering, lowering.updates[noted:], block)
                roots = [block.params[k] for k in positions] + own
            if own is not None:
                check_new(frame, out)
            out = fully_opened(frame, out)
            leaves_: list[Anything] = []

            def leaf(x: Anything) -> Anything:
                if isinstance(x, Cell) and isinstance(x.kind, type):
                    if own is not None:
                        return Made(x.kind, map_leaves(leaf, apart(frame, x)))
                    if outer is not None:
                        return Made(x.kind, map_leaves(leaf, opened_object(frame, x)))
                    x = returned(frame, x)
                k = position(frame, x, roots)
                if k is not None:
                    return Given(k)
                if x is None and roots:
                    return None
                x = operand(frame, x)
                if not is_data(x):
                    refuse(
                        f"{name} returns something that is no data",
                        "return numbers, arrays, or tuples, lists and dicts of them",
                    )
                leaves_.append(x)
                return len(leaves_) - 1

            function.made = map_leaves(leaf, out)
            function.returns = without_objects(function.made, len(leaves_))
            if own is not None:
                new = [contents(frame, r) for r in roots]
                if roots:
                    at = range(len(leaves_), len(leaves_) + len(new))
                    function.returns = (function.returns, tuple(at))
                leaves_ += new
            block.yields = leaves_
            function.inlined |= any(map(is_unknown, walk(block)))
        updates = lowering.updates[noted:]
        check(lowering, updates, block)
        function.written = written_parameters(lowering, updates, block)
        lowering.written = list(written_paths(lowering, updates, block))
    finally:
        lowering.blocks.pop()
        lowering.versions, lowering.tries = versions, tries
        lowering.floor, lowering.lent, lowering.lends = outside
        del lowering.updates[noted:]
    function.doc = source.function.__doc__ or "" if node is source.tree else ""
    return function
