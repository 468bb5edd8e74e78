"""What a derivative inside a function is given, and what it returns: objects among it.

A derivative leaves what it is given as it is. So the function that is differentiated gets objects
of its own, with the same attributes, and what it returns that is an object is taken apart and made
again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any as Anything

from s2s_ad.frontend.arguments import has_objects, is_divided
from s2s_ad.frontend.bindings import (
    Bound,
    Cell,
    Closure,
    Derived,
    Partial,
    Pullback,
    is_structure,
    items,
    rebuilt,
)
from s2s_ad.frontend.context import Frame, refuse
from s2s_ad.frontend.holding import cell_of, holding, made, opened
from s2s_ad.frontend.liveness import assigned, loads
from s2s_ad.frontend.objects import attributes_of, is_object
from s2s_ad.frontend.places import current, root_of
from s2s_ad.frontend.returning import Made
from s2s_ad.ir.build import emit
from s2s_ad.ir.core import Value
from s2s_ad.ir.types import ListOf, Num, Seq
from s2s_ad.ops.methods import METHODS


def plain(frame: Frame, x: Anything, copied: bool = False) -> Anything:
    """A binding with lists and dicts as what they hold, its objects others with the same
    attributes; with `copied` the arrays are others too."""
    if isinstance(x, Bound):
        return Bound(x.function, plain(frame, x.first, copied), x.wrt)
    if is_object(x):
        inside = {k: plain(frame, v, copied) for k, v in attributes_of(frame, x).items()}
        now = Cell(x.kind, {k: own_list(frame, v) for k, v in inside.items()})
        return made(frame.lowering, now, frame.lowering.blocks[-1])
    x = holding(frame, x)
    if type(x) is Value and has_objects(x.type):
        x = opened(frame, x)  # objects of the caller in a list
        if not is_structure(x):
            refuse(
                "a list of unknown length with objects is passed to a function that is "
                "differentiated inside this one",
                "pass the numbers in lists of their own",
            )
    if is_structure(x):
        return rebuilt(x, [plain(frame, cell_of(frame, i), copied) for i in items(x)])
    if type(x) is not Value:
        return x
    x = current(frame.lowering, x)
    if copied and isinstance(x.type, (Seq, ListOf)):
        return emit("fresh_tree", x)
    array = isinstance(x.type, Num) and x.type.kind == "array"
    return METHODS["copy"](x) if copied and array else x


def own_list(frame: Frame, x: Anything) -> Anything:
    """A binding of which the lists and dicts, known as values, can be changed."""
    t = x.type if type(x) is Value else None
    if isinstance(t, Seq) and is_divided(t):
        x = opened(frame, x)
    if is_structure(x):
        return cell_of(frame, rebuilt(x, [own_list(frame, i) for i in items(x)]))
    kind = t.kind if isinstance(t, (Seq, ListOf)) else "tuple"
    return cell_of(frame, x, "" if kind == "tuple" else kind)


def held_in(frame: Frame, x: Anything) -> list[Anything]:
    """What the arrays, lists and objects in a binding hold now."""
    if isinstance(x, Bound):
        x = x.first
    own = []
    if isinstance(x, Cell):
        own = [id(frame.lowering.versions.get(x, x.initial))]
        x = attributes_of(frame, x) if is_object(x) else holding(frame, x)
    if is_structure(x):
        return own + [v for i in items(x) for v in held_in(frame, i)]
    return [*own, current(frame.lowering, x)] if type(x) is Value else own


def shared(frame: Frame, target: Anything, args: list[Anything]) -> bool:
    """Whether an array, list or object is given to a function twice, or is also one that it reads
    from around it: what it changes under one name, it would see under the other."""
    given = [r for x in (target, *args) for r in _reached(frame, x)]
    outside = {r for x in _around(target, []) for r in _reached(frame, x)}
    return len(set(given)) < len(given) or not outside.isdisjoint(given)


def _reached(frame: Frame, x: Anything) -> Iterator[Anything]:
    if isinstance(x, Bound):
        x = x.first
    if isinstance(x, Cell):
        yield x
        x = attributes_of(frame, x) if is_object(x) else holding(frame, x)
    if is_structure(x):
        for i in items(x):
            yield from _reached(frame, i)
    elif type(x) is Value and isinstance(x.type, Num) and x.type.kind in ("array", "any"):
        yield root_of(frame.lowering, x)


def _around(x: Anything, seen: list[Anything]) -> Iterator[Anything]:
    """What a function may read from around it."""
    if isinstance(x, (Derived, Pullback)):
        x = x.target
    if isinstance(x, Bound):
        x = x.function
    if isinstance(x, Partial):
        yield from (*x.args, *x.kwargs.values())
        x = x.function
    if not isinstance(x, Closure) or any(x is s for s in seen):
        return
    seen.append(x)
    a, body = x.node.args, x.node.body
    own = {n.id for n in (*a.posonlyargs, *a.args, *a.kwonlyargs, a.vararg, a.kwarg) if n}
    own |= set(assigned(body if type(body) is list else [body]))
    for name in sorted(loads(x.node) - own):
        frame: Frame | None = x.frame
        while frame is not None and name not in frame.env:
            frame = frame.parent
        if frame is not None:
            found = frame.env[name]
            yield found
            yield from _around(found, seen)


def classed(frame: Frame, x: Anything, like: Anything) -> Anything:
    """A derivative as an object where its argument is one."""
    if is_object(like):
        found = opened(frame, x)
        held = attributes_of(frame, like)
        inner = {k: classed(frame, found[k], v) for k, v in held.items() if k in found}
        return made(frame.lowering, Cell(like.kind, inner), frame.lowering.blocks[-1])
    like = holding(frame, like)
    if not with_objects(like):
        return x
    found = opened(frame, x)
    if type(found) is Value:  # a list, of a length that its type does not know
        found = [emit("getitem", found, k) for k in range(len(like))]
    return rebuilt(like, [classed(frame, a, b) for a, b in zip(items(found), items(like))])


def with_objects(x: Anything) -> bool:
    """Whether a binding is an object, or has one in it."""
    return is_object(x) or is_structure(x) and any(map(with_objects, items(x)))


# Results --------------------------------------------------------------------------------------


def remade(frame: Frame, template: Anything, x: Anything) -> Anything:
    """What a derivative returns, with objects in place of the tuples of their attributes."""
    if isinstance(template, Made):
        parts = zip(template.inside.items(), opened(frame, x))
        inside = {k: remade(frame, t, v) for (k, t), v in parts}
        inside = {k: own_list(frame, v) for k, v in inside.items()}
        return made(frame.lowering, Cell(template.cls, inside), frame.lowering.blocks[-1])
    if not is_structure(template) or not holds_made(template):
        return x
    found = items(opened(frame, x))
    return rebuilt(template, [remade(frame, t, v) for t, v in zip(items(template), found)])


def unmade(frame: Frame, template: Anything, x: Anything) -> Anything:
    """A cotangent with tuples of attributes in place of objects; what is no number has none."""
    if isinstance(template, Made):
        if not is_object(x) or x.kind is not template.cls:
            refuse(
                f"the value is a {template.cls.__name__} object, and so must its cotangent be",
                f"write pullback({template.cls.__name__}(...))",
            )
        held = attributes_of(frame, x)
        return tuple(unmade(frame, t, held.get(k)) for k, t in template.inside.items())
    if not is_structure(template) or not holds_made(template):
        return x
    found = opened(frame, x)
    if not is_structure(found) or len(found) != len(template):
        refuse("the cotangent has another structure than the value", "give one for each part")
    return rebuilt(template, [unmade(frame, t, v) for t, v in zip(items(template), items(found))])


def holds_made(template: Anything) -> bool:
    """Whether an object is among what a function returns."""
    return isinstance(template, Made) or (
        is_structure(template) and any(map(holds_made, items(template)))
    )
