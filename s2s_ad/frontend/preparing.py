"""A function that is differentiated inside another one: lowered for its arguments, transformed, put
in place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any as Anything

from s2s_ad.frontend.arguments import forget_classes
from s2s_ad.frontend.binding import bind_arguments, default_binding, default_objects, parameters
from s2s_ad.frontend.bindings import (
    Bound,
    Closure,
    Derived,
    Object,
    Pullback,
    is_number,
    is_structure,
    map_leaves,
)
from s2s_ad.frontend.context import Frame, operand, operate, refuse
from s2s_ad.frontend.guards import MISSING
from s2s_ad.frontend.holding import materialised
from s2s_ad.frontend.inline import build, check_kind, entry_of
from s2s_ad.frontend.objects import is_object
from s2s_ad.frontend.primals import (
    plain,
    shared,
)
from s2s_ad.ir.build import NotStatic, cursor, reading, typeof
from s2s_ad.ir.core import Block, Function, Value, clone_op, replace, walk
from s2s_ad.ir.types import Num, Type


@dataclass(eq=False)
class Prepared:
    """A function about to be differentiated: its arguments by parameter, how many of them are
    bound (`self`), and its lowering for types and static bindings."""

    given: dict[str, Anything]
    lead: int
    make: Callable[[dict[str, Type], dict[str, Anything]], Function]
    params: Callable[[], dict[str, Value]]  # of the lowering under way
    made: Callable[[], Anything]  # what it returned, with its objects


@dataclass(eq=False)
class Lowered:
    """A function that has been lowered for its arguments: their values, what it returns, with its
    objects; and by which of the primals of `vjp` it is to be differentiated."""

    function: Function
    values: list[Anything]
    made: Anything
    active: list[int] = field(default_factory=list)
    lead: int = 0

    @property
    def places(self) -> tuple[int, ...]:
        return tuple(self.lead + k for k in self.active)


def prepare(
    frame: Frame, target: Anything, args: list[Anything], kwargs: dict[str, Anything]
) -> Prepared:
    """A function with its arguments; functions made by `grad` are transforms of transforms."""
    if isinstance(target, Derived):
        return prepare_derived(frame, target, args, kwargs)
    if isinstance(target, Bound):
        prepared = prepare(frame, target.function, [target.first, *args], kwargs)
        prepared.lead = 1
        return prepared
    while getattr(target, "__s2s_ad__", False) is True:
        target = target.__wrapped__
    if isinstance(target, (Pullback, Object)):
        refuse("this cannot be differentiated here", "give a function")
    twice = shared(frame, target, [*args, *kwargs.values()])
    args, kwargs = [plain(frame, x) for x in args], {k: plain(frame, x) for k, x in kwargs.items()}
    frames: list[Frame] = []
    found: list[Function] = []

    def make(known: dict[str, Type], static: dict[str, Anything]) -> Function:
        frames.append(_frame(frame, target))
        function = build(frames[-1], known, static)
        if function.written and twice:
            refuse(
                f"{function.name} changes what it gets, is differentiated inside a function, and "
                "gets one array, list or object in two ways",
                "pass a copy",
            )
        found.append(function)
        return function

    def params() -> dict[str, Value]:
        names = [name for name, _ in parameters(frames[-1].node)]
        return dict(zip(names, frames[-1].env.get("", ())))

    return Prepared(
        _arguments(frame, target, args, kwargs), 0, make, params, lambda: found[-1].made
    )


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


def prepare_derived(
    frame: Frame, derived: Derived, args: list[Anything], kwargs: dict[str, Anything]
) -> Prepared:
    prepared = prepare(frame, derived.target, args, kwargs)
    if derived.mode not in ("grad", "value_and_grad"):
        refuse("only grad and value_and_grad can be differentiated again here", "use a lambda")
    places = positions(derived.wrt, list(prepared.given), prepared.lead)
    several = isinstance(derived.wrt, (tuple, list))
    return changed(frame, prepared, derived.mode, places, several)


def changed(
    frame: Frame, prepared: Prepared, mode: str, places: tuple[int, ...], several: bool
) -> Prepared:
    """The same with its lowering transformed."""
    inner = promoting(frame, prepared, places)

    def make(known: dict[str, Type], static: dict[str, Anything]) -> Function:
        return transformed(frame, inner.make(known, static), mode, places, several)

    return Prepared(inner.given, inner.lead, make, inner.params, inner.made)


def promoting(frame: Frame, prepared: Prepared, places: tuple[int, ...]) -> Prepared:
    """The same with floats for the ints by which one differentiates."""
    names = list(prepared.given)
    wanted = {names[k] for k in places}
    given = {n: _promoted(frame, x) if n in wanted else x for n, x in prepared.given.items()}
    promoted = any(given[n] is not prepared.given[n] for n in names)

    def make(known: dict[str, Type], static: dict[str, Anything]) -> Function:
        before = frame.lowering.promoted
        frame.lowering.promoted = before or promoted
        try:
            return prepared.make(known, static)
        finally:
            frame.lowering.promoted = before

    return Prepared(given, prepared.lead, make, prepared.params, prepared.made)


def transformed(
    frame: Frame, function: Function, mode: str, places: tuple[int, ...], several: bool
) -> Function:
    transform = frame.lowering.transform
    if transform is None:
        refuse(
            "a derivative inside a function cannot be lowered here", "use the pipeline's prepare"
        )
    forget_classes(frame, [function])
    with reading(lambda v: v):
        return transform(function, mode, places, several)


def positions(wrt: Anything, names: list[str], lead: int) -> tuple[int, ...]:
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


def is_int(x: Anything) -> bool:
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


def put_in_place(frame: Frame, prepared: Prepared, seeds: list[Anything]) -> Anything:
    """Lower the function, transform it, put the result in place."""
    found = lowered_now(frame, prepared)
    return splice(found.function, [*found.values, *(as_operand(frame, x) for x in seeds)])


def lowered_now(frame: Frame, prepared: Prepared) -> Lowered:
    """Lower the function for its arguments. What is no value is specialised by value, unless one
    differentiates by it: numbers are passed."""
    operands = {n: as_operand(frame, x) for n, x in prepared.given.items()}
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
    return Lowered(function, values, prepared.made())


def as_operand(frame: Frame, x: Anything) -> Anything:
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
