"""Unpacking: `a, *rest, b = x` in assignments, `f(*xs)` in calls, `[*xs]` in displays."""

from __future__ import annotations

import inspect
import types
from typing import Any as Anything

import gast
import numpy as np

from s2s_ad.frontend.bindings import Bound, Closure, Derived, is_structure, items
from s2s_ad.frontend.context import Frame, evaluate, operand, refuse
from s2s_ad.frontend.holding import cell_of, opened
from s2s_ad.frontend.objects import is_object
from s2s_ad.ir.build import emit
from s2s_ad.ir.core import Value
from s2s_ad.ir.types import ListOf, Num, Seq
from s2s_ad.ops.structure import UNPACK

POSITIONAL = ("positional_only", "positional_or_keyword")


def unpacked(frame: Frame, x: Anything, targets: list[Anything]) -> list[Anything]:
    """The parts of what is unpacked into so many targets, one of which may be starred."""
    from s2s_ad.frontend.expressions import collected

    x = collected(frame, x)
    count = len(targets)
    stars = [k for k, t in enumerate(targets) if isinstance(t, gast.Starred)]
    found = known(frame, x)
    if found is not None:
        if not stars:
            if len(found) != count:
                refuse(
                    f"{len(found)} values are unpacked into {count} names",
                    "give as many names as values, or a starred one",
                )
            return found
        (k,) = stars
        behind = count - 1 - k
        if len(found) < count - 1:
            refuse(
                f"{len(found)} values are unpacked into at least {count - 1} names",
                "give no more names than values",
            )
        last = len(found) - behind
        return [*found[:k], cell_of(frame, found[k:last]), *found[last:]]
    if is_object(x):
        from s2s_ad.frontend.iteration import listed

        return unpacked(frame, tuple(listed(frame, x)), targets)
    x = opened(frame, x)
    if type(x) is not Value or not may_unpack(x):
        refuse("this cannot be unpacked", "unpack a tuple, a list or an array")
    if stars:
        return _around_star(frame, x, stars[0], count - 1 - stars[0])
    return counted(x, count)


def counted(x: Value, count: int) -> list[Anything]:
    """The items of a value of unknown length that must be `count`."""
    out = emit(UNPACK, x, count=count)
    return out if isinstance(out, list) else [out]


def _around_star(frame: Frame, x: Value, before: int, behind: int) -> list[Anything]:
    """The first and last items of a value of unknown length, and a list of those between."""
    from s2s_ad.frontend import prelude
    from s2s_ad.frontend.containers import run
    from s2s_ad.frontend.subscripts import get_item

    if not isinstance(x.type, (Num, ListOf)) or isinstance(x.type, Num) and x.type.rank is None:
        refuse(
            "a starred target needs the type of what is unpacked", "use slices: a, b = x[0], x[1:]"
        )
    run(frame, prelude.at_least, operand(frame, x), before + behind)
    first = [get_item(frame, x, k) for k in range(before)]
    last = [get_item(frame, x, k - behind) for k in range(behind)]
    middle = get_item(frame, x, slice(before or None, -behind or None))
    return [*first, run(frame, prelude.collected, middle), *last]


def known(frame: Frame, x: Anything) -> list[Anything] | None:
    """The items of an iterable, where their number is known while lowering."""
    from s2s_ad.frontend.iteration import walk

    x = opened(frame, x)
    if isinstance(x, str):
        return list(x)
    if is_structure(x):
        return list(x) if type(x) is dict else items(x)
    if type(x) is Value and isinstance(x.type, Num) and x.type.shape:
        size = x.type.shape[0]
        return [emit("getitem", x, k) for k in range(size)] if type(size) is int else None
    if getattr(type(x), "walks", False):
        return walk(frame, x).fixed(frame)
    return None


def may_unpack(x: Value) -> bool:
    """Whether a value may have items."""
    t = x.type
    if isinstance(t, Num):
        return t.kind in ("array", "any") and t.shape != ()
    return isinstance(t, ListOf) or not isinstance(t, (Seq,)) and str(t) == "any"


class Spread:
    """`*xs` in a call, where the number of items is not known: as many as the callee takes."""

    def __init__(self, value: Value) -> None:
        self.value = value


def starred(frame: Frame, node: Anything) -> list[Anything]:
    """The items of `*xs` in a call; a `Spread` where their number is not known."""
    from s2s_ad.frontend.expressions import collected

    x = collected(frame, evaluate(frame, node.value))
    found = known(frame, x)
    if found is not None:
        return found
    x = opened(frame, x)
    if type(x) is Value and may_unpack(x):
        return [Spread(x)]
    refuse("a starred argument needs a tuple, list or array", "write the items out")


def spread(
    frame: Frame, callee: Anything, args: list[Anything], kwargs: dict[str, Anything]
) -> list[Anything]:
    """The arguments of a call with a `Spread` replaced by as many items as the callee takes."""
    found = [x for x in args if isinstance(x, Spread)]
    if not found:
        return args
    if len(found) == 1 == len(args) and not kwargs and callee in (max, min):
        from s2s_ad.frontend import prelude
        from s2s_ad.frontend.containers import run

        return [run(frame, prelude.collected, found[0].value)]
    wanted, rest = room(frame, callee, kwargs) if len(found) == 1 else (None, False)
    if wanted is None or wanted < len(args) - 1:
        refuse(
            "the number of starred arguments is not known here",
            "write the items out, or pass the sequence itself",
        )
    if not rest:
        out: list[Anything] = []
        for x in args:
            new = counted(x.value, wanted - len(args) + 1) if isinstance(x, Spread) else [x]
            out += new
        return out
    if not isinstance(args[-1], Spread):
        refuse("an argument follows starred ones of unknown number", "give it by its name")
    from s2s_ad.frontend.subscripts import get_item

    x, taken = args[-1].value, wanted - len(args) + 1
    first = [get_item(frame, x, k) for k in range(taken)]
    others = operand(frame, get_item(frame, x, slice(taken, None)))
    return [*args[:-1], *first, Rest(emit("as_tuple", others))]


class Rest:
    """All that `*args` of a callee gets: a tuple of unknown length."""

    def __init__(self, value: Value) -> None:
        self.value = value


def room(frame: Frame, callee: Anything, kwargs: dict[str, Anything]) -> tuple[int | None, bool]:
    """How many arguments without name a callee takes (None: not fixed), and whether it takes all
    further ones."""
    from s2s_ad.frontend.binding import parameters, source_of

    while getattr(callee, "__s2s_ad__", False) is True:
        callee = callee.__wrapped__
    if isinstance(callee, Derived):
        return room(frame, callee.target, kwargs)
    if isinstance(callee, Bound):
        wanted, rest = room(frame, callee.function, kwargs)
        return None if wanted is None else wanted - 1, rest
    if isinstance(callee, np.ufunc):
        return callee.nin, False
    if isinstance(callee, (Closure, types.FunctionType)):
        node = (
            callee.node if isinstance(callee, Closure) else source_of(frame.lowering, callee).tree
        )
        optional = {n.id for n in node.args.args[len(node.args.args) - len(node.args.defaults) :]}
        found = parameters(node)
    elif isinstance(callee, type):
        try:
            signature = inspect.signature(callee)
        except ValueError:
            return None, False
        found = [(p.name, p.kind.name.lower()) for p in signature.parameters.values()]
        optional = {
            p.name
            for p in signature.parameters.values()
            if p.default is not inspect.Parameter.empty
        }
    else:
        return None, False
    places = [n for n, kind in found if kind in POSITIONAL and n not in kwargs]
    # Where some have defaults, those that have none are meant: another number raises when it runs.
    needed = [n for n in places if n not in optional]
    return len(needed), any(kind == "var_positional" for _, kind in found)
