"""Derivatives taken inside a differentiated function: `grad(lambda y: x * y)(2.0)`.

The inner function is lowered on its own, reading outer values directly; its derivative is made by
the transform that the pipeline hands in, and put in place. Tangents cannot be confused with outer
ones: they are different values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any as Anything

from s2s_ad.errors import UnsupportedError
from s2s_ad.frontend.binding import bind_arguments, default_binding, default_objects, parameters
from s2s_ad.frontend.bindings import (
    Bound,
    Cell,
    Closure,
    Derived,
    Object,
    Pullback,
    flatten,
    is_data,
    is_number,
    is_structure,
    items,
    map_leaves,
    rebuilt,
)
from s2s_ad.frontend.context import Frame, checkpoint, operand, operate, refuse
from s2s_ad.frontend.effects import calls_in, settle
from s2s_ad.frontend.guards import MISSING
from s2s_ad.frontend.holding import cell_of, holding, made, materialised, opened
from s2s_ad.frontend.inline import build, check_kind, entry_of
from s2s_ad.frontend.objects import attributes_of, forget_classes, is_object, without_class
from s2s_ad.frontend.places import contents
from s2s_ad.ir.build import NotStatic, cursor, reading, typeof
from s2s_ad.ir.collecting import raising
from s2s_ad.ir.core import Block, Function, Value, clone_op, replace, walk
from s2s_ad.ir.types import ListOf, Num, Seq, Type
from s2s_ad.ops.methods import METHODS


@dataclass(eq=False)
class Prepared:
    """A function about to be differentiated: its arguments by parameter, how many of them are
    bound (`self`), and its lowering for types and static bindings."""

    given: dict[str, Anything]
    lead: int
    make: Callable[[dict[str, Type], dict[str, Anything]], Function]
    params: Callable[[], dict[str, Value]]  # of the lowering under way


def make_derived(
    frame: Frame, mode: str, args: list[Anything], kwargs: dict[str, Anything], site: Anything
) -> Anything:
    """A call of `grad`, `value_and_grad`, `jvp` or `vjp`."""
    if not args:
        refuse(f"{mode} needs a function", f"write {mode}(f)")
    target, *rest = (plain(frame, x) for x in args)
    kwargs = {k: plain(frame, x) for k, x in kwargs.items()}
    if type(target) is Value or is_data(target) or is_structure(target):
        refuse(f"{mode} of something that is no function", "give it a function")
    if mode in ("grad", "value_and_grad"):
        wrt = rest[0] if rest else kwargs.get("wrt", 0)
        if set(kwargs) - {"wrt"} or len(rest) > 1:
            refuse(f"these arguments of {mode} are not supported", f"write {mode}(f, wrt)")
        return Derived(target, mode, wrt)
    if mode == "jvp":
        primals = rest[0] if rest else kwargs.get("primals")
        tangents = rest[1] if len(rest) > 1 else kwargs.get("tangents")
        return _jvp(frame, target, opened(frame, primals), opened(frame, tangents))
    if mode == "vjp":
        from s2s_ad.frontend.calls import call_binding

        if kwargs:
            refuse("vjp takes the primals by position", "write vjp(f, x, y)")
        primals = tuple(x if _has_objects(x) else contents(frame.lowering, x) for x in rest)
        block, restore = cursor().block, checkpoint(frame)
        start = len(block.ops)
        value = call_binding(frame, target, [_own(frame, x) for x in rest], kwargs, site)
        now = tuple(x if _has_objects(x) else contents(frame.lowering, x) for x in rest)
        if list(flatten((primals,))) != list(flatten((now,))):
            # It writes into its arguments: a derivative leaves them as they are.
            del block.ops[start:]
            restore()
            copies = [_own(frame, map_leaves(_copied, x)) for x in primals]
            value = call_binding(frame, target, copies, kwargs, site)
        return value, Pullback(target, primals, tuple(calls_in(block.ops[start:])))
    refuse(
        f"{mode} is not supported inside a differentiated function",
        "use grad, value_and_grad, jvp or vjp",
    )


def _copied(x: Anything) -> Anything:
    array = type(x) is Value and isinstance(x.type, Num) and x.type.kind == "array"
    return METHODS["copy"](x) if array else x


def _own(frame: Frame, x: Anything) -> Anything:
    """An argument whose list the function may change: it is a copy."""
    t = x.type if type(x) is Value else None
    return cell_of(frame, x, "list") if isinstance(t, (Seq, ListOf)) and t.kind == "list" else x


def call_derived(
    frame: Frame,
    derived: Derived,
    args: list[Anything],
    kwargs: dict[str, Anything],
    site: Anything,
) -> Anything:
    """`grad(f)(*args)`."""
    if derived.mode in ("jvp", "vjp"):
        return make_derived(frame, derived.mode, [derived.target, *args], kwargs, site)
    args, kwargs = plain(frame, args), plain(frame, kwargs)
    prepared = _derived(frame, derived, args, kwargs)
    given = list(prepared.given.values())
    places = _positions(derived.wrt, list(prepared.given), prepared.lead)
    out = _in_place(frame, prepared, [])
    if not any(_has_objects(given[k]) for k in places):
        return out
    value, bars = out if derived.mode == "value_and_grad" else (None, out)
    if isinstance(derived.wrt, (tuple, list)):
        bars = tuple(classed(frame, g, given[k]) for g, k in zip(bars, places))
    else:
        bars = classed(frame, bars, given[places[0]])
    return (value, bars) if derived.mode == "value_and_grad" else bars


def _has_objects(x: Anything) -> bool:
    return is_object(x) or is_structure(x) and any(map(_has_objects, items(x)))


def classed(frame: Frame, x: Anything, like: Anything) -> Anything:
    """A derivative as an object where its argument is one."""
    if is_object(like):
        found = opened(frame, x)
        held = attributes_of(frame, like)
        inner = {k: classed(frame, found[k], v) for k, v in held.items() if k in found}
        return made(frame.lowering, Cell(like.kind, inner), frame.lowering.blocks[-1])
    like = holding(frame, like)
    if _has_objects(like):
        return rebuilt(
            like, [classed(frame, a, b) for a, b in zip(items(opened(frame, x)), items(like))]
        )
    return x


def plain(frame: Frame, x: Anything) -> Anything:
    """A binding with lists and dicts as what they hold: a derivative does not change them."""
    if is_object(x):
        inside = {k: plain(frame, v) for k, v in attributes_of(frame, x).items()}
        now = Cell(x.kind, {k: cell_of(frame, v) for k, v in inside.items()}, outside=True)
        return made(frame.lowering, now, frame.lowering.blocks[-1])
    x = holding(frame, x)
    if type(x) is Value and x.type != without_class(x.type):
        x = opened(frame, x)  # objects of the caller in a list
        if not is_structure(x):
            refuse(
                "a list of unknown length with objects is passed to a function that is "
                "differentiated inside this one",
                "pass the numbers in lists of their own",
            )
    return rebuilt(x, [plain(frame, cell_of(frame, i)) for i in items(x)]) if is_structure(x) else x


def call_pullback(
    frame: Frame,
    pullback: Pullback,
    args: list[Anything],
    kwargs: dict[str, Anything],
) -> Anything:
    """The second result of `vjp`, called with a cotangent: one gradient per primal."""
    if kwargs or len(args) != 1:
        refuse("a pullback takes the cotangent, nothing else", "write pullback(out_bar)")
    args = plain(frame, args)
    prepared = _prepare(frame, pullback.target, list(pullback.primals), {})
    count = len(pullback.primals)
    every = list(range(count))
    floats = [k for k in every if not _is_int(pullback.primals[k])]

    def gradients(active: list[int]) -> list[Anything]:
        places = tuple(prepared.lead + k for k in active)
        block = cursor().block
        start = len(block.ops)
        bars = _in_place(frame, _changed(frame, prepared, "vjp", places, True), args)[1]
        settle(block, start, list(pullback.done))
        return [classed(frame, g, pullback.primals[k]) for g, k in zip(bars, active)]

    if floats == every or not floats:
        return tuple(gradients(every))
    try:
        with raising():
            return tuple(gradients(every))
    except UnsupportedError:  # as outside: an int may be a count, which cannot become a float
        found = iter(gradients(floats))
        return tuple(next(found) if k in floats else None for k in every)


def _jvp(frame: Frame, target: Anything, primals: Anything, tangents: Anything) -> Anything:
    if not is_structure(primals) or not is_structure(tangents) or len(primals) != len(tangents):
        refuse("jvp takes a tuple of primals and a tuple of tangents", "write jvp(f, (x,), (d,))")
    prepared = _prepare(frame, target, items(primals), {})
    moving = [k for k, d in enumerate(items(tangents)) if d is not None]  # None stands for zero
    places = tuple(prepared.lead + k for k in moving)
    seeds = [items(tangents)[k] for k in moving]
    return _in_place(frame, _changed(frame, prepared, "jvp", places, True), seeds)


# Preparing ------------------------------------------------------------------------------------


def _prepare(
    frame: Frame, target: Anything, args: list[Anything], kwargs: dict[str, Anything]
) -> Prepared:
    """A function with its arguments; functions made by `grad` are transforms of transforms."""
    if isinstance(target, Derived):
        return _derived(frame, target, args, kwargs)
    if isinstance(target, Bound):
        prepared = _prepare(frame, target.function, [target.first, *args], kwargs)
        prepared.lead = 1
        return prepared
    while getattr(target, "__s2s_ad__", False) is True:
        target = target.__wrapped__
    if isinstance(target, (Pullback, Object)):
        refuse("this cannot be differentiated here", "give a function")
    frames: list[Frame] = []

    def make(known: dict[str, Type], static: dict[str, Anything]) -> Function:
        frames.append(_frame(frame, target))
        return build(frames[-1], known, static)

    def params() -> dict[str, Value]:
        names = [name for name, _ in parameters(frames[-1].node)]
        return dict(zip(names, frames[-1].env.get("", ())))

    return Prepared(_arguments(frame, target, args, kwargs), 0, make, params)


def _frame(frame: Frame, target: Anything) -> Frame:
    if isinstance(target, Closure):
        _check_own(frame, target.node, target.name)
        return Frame(frame.lowering, target.frame.source, target.node, frame, target.frame)
    source = entry_of(frame.lowering, target)
    _check_own(frame, source.tree, source.name)
    return Frame(frame.lowering, source, source.tree, frame, None)


def _check_own(frame: Frame, node: Anything, name: str) -> None:
    if any(f.node is node for f in frame.chain()):
        refuse(f"{name} takes its own derivative", "write the derivative of the inner call out")


def _arguments(
    frame: Frame, target: Anything, args: list[Anything], kwargs: dict[str, Anything]
) -> dict[str, Anything]:
    if isinstance(target, Closure):
        node = target.node
        names = [n.id for n in (*node.args.posonlyargs, *node.args.args)]
        start = len(names) - len(target.defaults)
        defaults = {**dict(zip(names[start:], target.defaults)), **target.kwdefaults}
        return bind_arguments(target.name, node, args, kwargs, defaults)
    source = entry_of(frame.lowering, target)
    check_kind(target)
    objects = default_objects(source)
    missing = dict.fromkeys(objects, MISSING)
    given = bind_arguments(source.name, source.tree, args, kwargs, missing)
    inner = _frame(frame, target)
    return {
        n: default_binding(inner, n, objects[n]) if x is MISSING else x for n, x in given.items()
    }


def _derived(
    frame: Frame, derived: Derived, args: list[Anything], kwargs: dict[str, Anything]
) -> Prepared:
    prepared = _prepare(frame, derived.target, args, kwargs)
    if derived.mode not in ("grad", "value_and_grad"):
        refuse("only grad and value_and_grad can be differentiated again here", "use a lambda")
    places = _positions(derived.wrt, list(prepared.given), prepared.lead)
    several = isinstance(derived.wrt, (tuple, list))
    return _changed(frame, prepared, derived.mode, places, several)


def _changed(
    frame: Frame, prepared: Prepared, mode: str, places: tuple[int, ...], several: bool
) -> Prepared:
    """The same with its lowering transformed."""
    transform = frame.lowering.transform
    if transform is None:
        refuse(
            "a derivative inside a function cannot be lowered here", "use the pipeline's prepare"
        )
    names = list(prepared.given)
    wanted = {names[k] for k in places}
    given = {n: _promoted(frame, x) if n in wanted else x for n, x in prepared.given.items()}
    promoted = any(given[n] is not prepared.given[n] for n in names)

    def make(known: dict[str, Type], static: dict[str, Anything]) -> Function:
        before = frame.lowering.promoted
        frame.lowering.promoted = before or promoted
        try:
            inner = prepared.make(known, static)
        finally:
            frame.lowering.promoted = before
        forget_classes(frame, [inner])
        with reading(lambda v: v):
            return transform(inner, mode, places, several)

    return Prepared(given, prepared.lead, make, prepared.params)


def _positions(wrt: Anything, names: list[str], lead: int) -> tuple[int, ...]:
    """Positions of the parameters that `wrt` names; they count after a bound `self`."""
    many = wrt if isinstance(wrt, (tuple, list)) else (wrt,)
    out = []
    for w in many:
        if isinstance(w, str) and w in names:
            out.append(names.index(w))
        elif type(w) is int and lead - len(names) <= w < len(names) - lead:
            out.append(w % (len(names) - lead) + lead)
        else:
            refuse(f"there is no argument {w!r} to differentiate by", "give a position or a name")
    return tuple(out)


def _is_int(x: Anything) -> bool:
    t = typeof(x)
    return isinstance(t, Num) and t.shape == () and t.dtype is not None and t.dtype.kind == "i"


def _promoted(frame: Frame, x: Anything) -> Anything:
    """Ints by which one differentiates become floats."""
    if type(x) is int:
        return float(x)
    t = typeof(x) if type(x) is Value else None
    if isinstance(t, Num) and t.kind == "py" and t.dtype is not None and t.dtype.kind == "i":
        return operate(frame, float, x)
    return x


def _in_place(frame: Frame, prepared: Prepared, seeds: list[Anything]) -> Anything:
    """Lower the function, transform it, put the result in place. What is no value is specialised
    by value, unless one differentiates by it: numbers are passed."""
    operands = {n: _value(frame, x) for n, x in prepared.given.items()}
    static = {n: x for n, x in operands.items() if not (type(x) is Value or is_number(x))}
    while True:
        known = {n: typeof(x) for n, x in operands.items() if n not in static}
        try:
            function = prepared.make(known, static)
            break
        except NotStatic as error:
            name = next((n for n, p in prepared.params().items() if error.value is p), None)
            if name is None:
                raise
            if type(operands[name]) is Value:
                error.value = operands[name]
                raise
            static[name] = operands[name]
    values = [None if n in static else x for n, x in operands.items()]
    return splice(function, [*values, *(_value(frame, seed) for seed in seeds)])


def _value(frame: Frame, x: Anything) -> Anything:
    if type(x) is Value:
        return operand(frame, x)
    return materialised(frame, x) if is_structure(x) or is_object(x) else x


def splice(function: Function, values: list[Anything]) -> Anything:
    """The operations of a function in place of a call of it."""
    block: Block = function.block
    if len(values) != len(block.params):
        refuse("the derivative of this function takes other arguments", "call it outside")
    mapping: dict[Value, Anything] = dict(zip(block.params, values))
    into = cursor().block
    for op in block.ops:
        new = clone_op(op, mapping)
        new.role = "primal"
        for b in new.blocks:
            for inner in walk(b):
                inner.role = "primal"
        into.ops.append(new)
    results = replace(list(block.yields), mapping)
    fill: Callable[[Anything], Anything] = lambda k: results[k] if type(k) is int else k  # noqa: E731
    return map_leaves(fill, function.returns)
