"""Derivatives taken inside a differentiated function: `grad(lambda y: x * y)(2.0)`.

The inner function is lowered on its own, reading outer values directly; its derivative is made by
the transform that the pipeline hands in, and put in place. Tangents cannot be confused with outer
ones: they are different values.
"""

from __future__ import annotations

from typing import Any as Anything

from s2s_ad.errors import UnsupportedError
from s2s_ad.frontend.bindings import (
    Derived,
    Pullback,
    is_data,
    is_structure,
    items,
)
from s2s_ad.frontend.context import Frame, checkpoint, refuse
from s2s_ad.frontend.effects import calls_in, settle
from s2s_ad.frontend.holding import opened
from s2s_ad.frontend.preparing import (
    Lowered,
    as_operand,
    changed,
    is_int,
    lowered_now,
    positions,
    prepare,
    prepare_derived,
    promoting,
    put_in_place,
    splice,
    transformed,
)
from s2s_ad.frontend.primals import (
    classed,
    held_in,
    own_list,
    plain,
    remade,
    unmade,
    with_objects,
)
from s2s_ad.ir.build import cursor
from s2s_ad.ir.collecting import raising
from s2s_ad.ir.core import Value


def make_derived(
    frame: Frame, mode: str, args: list[Anything], kwargs: dict[str, Anything], site: Anything
) -> Anything:
    """A call of `grad`, `value_and_grad`, `jvp` or `vjp`."""
    if not args:
        refuse(f"{mode} needs a function", f"write {mode}(f)")
    target, *rest = args
    if type(target) is Value or is_data(target) or is_structure(target):
        refuse(f"{mode} of something that is no function", "give it a function")
    if mode in ("grad", "value_and_grad"):
        wrt = plain(frame, rest[0] if rest else kwargs.get("wrt", 0))
        if set(kwargs) - {"wrt"} or len(rest) > 1:
            refuse(f"these arguments of {mode} are not supported", f"write {mode}(f, wrt)")
        return Derived(target, mode, wrt)
    if mode == "jvp":
        primals = rest[0] if rest else kwargs.get("primals")
        tangents = rest[1] if len(rest) > 1 else kwargs.get("tangents")
        return _jvp(frame, target, opened(frame, primals), opened(frame, tangents))
    if mode == "vjp":
        if kwargs:
            refuse("vjp takes the primals by position", "write vjp(f, x, y)")
        return _vjp(frame, target, rest, site)
    refuse(
        f"{mode} is not supported inside a differentiated function",
        "use grad, value_and_grad, jvp or vjp",
    )


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
    prepared = prepare_derived(frame, derived, args, kwargs)
    given = list(prepared.given.values())
    places = positions(derived.wrt, list(prepared.given), prepared.lead)
    out = put_in_place(frame, prepared, [])
    if not any(with_objects(given[k]) for k in places):
        return out
    value, bars = out if derived.mode == "value_and_grad" else (None, out)
    if isinstance(derived.wrt, (tuple, list)):
        bars = tuple(classed(frame, g, given[k]) for g, k in zip(bars, places))
    else:
        bars = classed(frame, bars, given[places[0]])
    return (value, bars) if derived.mode == "value_and_grad" else bars


def _vjp(frame: Frame, target: Anything, args: list[Anything], site: Anything) -> Anything:
    """The value, and the function lowered for the arguments as they are now: what happens to them,
    and to what the function reads around it, before the pullback is called does not matter."""
    from s2s_ad.frontend.calls import call_binding

    primals = tuple(plain(frame, x) for x in args)
    lowered = _lowered_for(frame, target, args, primals)
    block, restore = cursor().block, checkpoint(frame)
    start, before = len(block.ops), held_in(frame, (target, *args))
    value = _call_with(frame, call_binding, target, args, site, False)
    if before != held_in(frame, (target, *args)):
        # It writes into its arguments: a derivative leaves them as they are.
        del block.ops[start:]
        restore()
        value = _call_with(frame, call_binding, target, args, site, True)
    return value, Pullback(target, primals, lowered, tuple(calls_in(block.ops[start:])))


def _call_with(
    frame: Frame, call: Anything, target: Anything, args: list[Anything], site: Anything,
    copied: bool,
) -> Anything:  # fmt: skip
    given = [own_list(frame, plain(frame, x, copied)) for x in args]
    return call(frame, plain(frame, target, copied), given, {}, site)


def _lowered_for(
    frame: Frame, target: Anything, args: list[Anything], primals: tuple[Anything, ...]
) -> list[Lowered]:
    """The function by all its arguments; and by the floats alone, where others are ints that may be
    counts, which cannot become floats."""
    prepared = prepare(frame, target, args, {})
    every = list(range(len(primals)))
    floats = [k for k in every if not is_int(primals[k])]

    def lowered(active: list[int]) -> Lowered:
        places = tuple(prepared.lead + k for k in active)
        found = lowered_now(frame, promoting(frame, prepared, places))
        found.active, found.lead = active, prepared.lead
        return found

    if floats == every or not floats:
        return [lowered(every)]
    found = []
    try:
        with raising():
            found.append(lowered(every))
    except UnsupportedError:
        pass  # as outside
    return [*found, lowered(floats)]


def call_pullback(
    frame: Frame,
    pullback: Pullback,
    args: list[Anything],
    kwargs: dict[str, Anything],
) -> Anything:
    """The second result of `vjp`, called with a cotangent: one gradient per primal."""
    if kwargs or len(args) != 1:
        refuse("a pullback takes the cotangent, nothing else", "write pullback(out_bar)")
    count = len(pullback.primals)

    def gradients(lowered: Lowered) -> list[Anything]:
        block = cursor().block
        start = len(block.ops)
        seed = unmade(frame, lowered.made, plain(frame, args[0]))
        derived = transformed(frame, lowered.function, "vjp", lowered.places, True)
        bars = splice(derived, [*lowered.values, as_operand(frame, seed)])[1]
        settle(block, start, list(pullback.done))
        return [bars[k] for k in range(len(lowered.active))]

    *first, last = pullback.lowered
    used = last
    try:
        with raising():
            bars = gradients(first[0]) if first else None
            used = first[0] if first else last
    except UnsupportedError:  # as outside: an int may be a count, which cannot become a float
        bars = None
    if bars is None:
        bars = gradients(last)
    found = dict(zip(used.active, bars))
    return tuple(
        classed(frame, found[k], pullback.primals[k]) if k in found else None for k in range(count)
    )


def _jvp(frame: Frame, target: Anything, primals: Anything, tangents: Anything) -> Anything:
    if not is_structure(primals) or not is_structure(tangents) or len(primals) != len(tangents):
        refuse("jvp takes a tuple of primals and a tuple of tangents", "write jvp(f, (x,), (d,))")
    prepared = prepare(frame, target, items(primals), {})
    moving = [k for k, d in enumerate(items(tangents)) if d is not None]  # None stands for zero
    places = tuple(prepared.lead + k for k in moving)
    seeds = [plain(frame, items(tangents)[k]) for k in moving]
    out = put_in_place(frame, changed(frame, prepared, "jvp", places, True), seeds)
    return tuple(remade(frame, prepared.made(), x) for x in out)
