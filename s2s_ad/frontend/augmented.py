"""`x += v`: rebinds a number, but changes an array, which another name may see.

Allowed where `x` is a number, or where nothing else can see the object: then it is `x = x + v` in
the dtype of `x`. Who else may see it depends on what loops carry, which is known only when the
function is lowered; so the question is noted here and answered at the end, by `check`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any as Anything

import gast
import numpy as np

from s2s_ad.errors import Location, UnsupportedError
from s2s_ad.frontend.bindings import flatten, is_plain, is_structure
from s2s_ad.frontend.context import Frame, evaluate, operand, refuse
from s2s_ad.frontend.expressions import BINARY, arithmetic
from s2s_ad.frontend.names import look_up
from s2s_ad.ir.build import cursor, emit, facts, typeof
from s2s_ad.ir.core import Block, Op, Value, leaves
from s2s_ad.ir.types import Num, Opaque, Seq, Type

SYMBOLS = {
    gast.Add: "+", gast.Sub: "-", gast.Mult: "*", gast.Div: "/", gast.FloorDiv: "//",
    gast.Mod: "%", gast.Pow: "**", gast.MatMult: "@", gast.LShift: "<<", gast.RShift: ">>",
    gast.BitOr: "|", gast.BitXor: "^", gast.BitAnd: "&",
}  # fmt: skip


ATOMS = (gast.Name, gast.Constant, gast.Call, gast.Attribute, gast.Subscript, gast.List)


@dataclass(eq=False)
class Update:
    """An augmented assignment to what may be an array, to be justified at the end."""

    value: Value
    others: list[Value]  # what else can be read from here on
    name: str
    location: Location | None
    instead: str  # the same as a plain assignment


def augment(frame: Frame, node: Anything) -> Anything:
    """The new binding of the name in `name op= value`."""
    name, function = node.target.id, BINARY[type(node.op)]
    right = frame.source.text(node.value)
    if not isinstance(node.value, ATOMS):
        right = f"({right})"
    instead = f"{name} = {name} {SYMBOLS[type(node.op)]} {right}"
    old = look_up(frame, name)
    new = evaluate(frame, node.value)
    if type(old) is dict or type(old) is Value and getattr(old.type, "kind", "") == "dict":
        refuse(f"{name!r} is a dict, which this changes in place", "write d = {**d, 'key': x}")
    if type(old) is list or type(old) is Value and _is_list(old.type):
        refuse(f"{name!r} is a list, which this changes in place", f"write {instead}")
    if is_plain(old) or is_structure(old) or not may_be_array(typeof(old)):
        return arithmetic(frame, function, old, new)
    if type(old) is not Value:
        refuse(f"{name!r} cannot be changed in place", f"write {instead}")
    update = Update(old, visible(frame, node, name), name, cursor().location, instead)
    frame.lowering.updates.append(update)
    out = arithmetic(frame, function, old, new)
    return in_dtype_of(old, out, operand(frame, new))


def _is_list(t: Type) -> bool:
    return isinstance(t, Seq) and t.kind != "tuple"


def may_be_array(t: Type) -> bool:
    """Whether a value of this type may be mutable."""
    if isinstance(t, Num):
        return t.kind in ("array", "any")
    return not isinstance(t, Opaque)


def in_dtype_of(old: Value, out: Anything, new: Anything) -> Anything:
    """What `old op= new` leaves in `old`: the result in its dtype and shape."""
    a, b, given = old.type, typeof(out), typeof(new)
    if isinstance(a, Num) and isinstance(b, Num) and a.dtype is not None and b.dtype is not None:
        if a.kind == "array" and a.shape is not None and b.shape is not None:
            if not np.can_cast(b.dtype, a.dtype, "same_kind"):
                refuse(
                    f"{b.dtype} cannot be added in place to an array of {a.dtype}",
                    "convert the array first: x = x.astype(float)",
                )
            if len(b.shape) > len(a.shape):
                refuse("the right side has more dimensions than the array that is changed")
            if _fits(a, given):
                return out if a.dtype == b.dtype else emit("astype", out, dtype=a.dtype)
        if a.kind == "any" and a.shape == () == b.shape and a.dtype == b.dtype:
            return out  # a number, or a 0-d array nobody else sees
    return emit("augmented", old, out)


def _fits(a: Num, given: Type) -> bool:
    """Whether the right side broadcasts to the shape of the array without widening it."""
    if not isinstance(given, Num) or given.shape is None or a.shape is None:
        return False
    pairs = zip(reversed(a.shape), reversed(given.shape))
    return all(s == 1 or facts().equal(r, s) or facts().never_one(r) for r, s in pairs)


# Who else can see the object ------------------------------------------------------------------


def visible(frame: Frame, node: Anything, name: str) -> list[Value]:
    """The values that can be read after this statement other than through the name itself."""
    out: dict[Value, None] = {}
    for f in frame.chain():
        names = frame.liveness.after[node] if f is frame else f.visible
        for other, binding in f.env.items():
            if f is frame and other == name or names is not None and other not in names:
                continue
            out.update(dict.fromkeys(v for v in flatten(binding) if type(v) is Value))
        out.update(dict.fromkeys(f.iterated))
    return list(out)


def check(updates: list[Update]) -> None:
    """Refuse an update of an object that somebody else may see."""
    for update in updates:
        mine = roots([update.value])
        foreign = next((r for r in mine if not _owned(r)), None)
        shared = None if foreign is not None else _meeting(mine, update.others)
        if foreign is None and shared is None:
            continue
        name = update.name
        if foreign is not None:
            why = "it may be an array that the caller or somebody else can see"
        else:
            hint = shared.hint if shared is not None else ""
            why = f"{repr(hint) if hint else 'another name'} may be the same array"
        raise UnsupportedError(
            f"{name!r} is changed in place, and {why}",
            f"write {update.instead}"
            + ("" if isinstance(update.value.type, Num) and update.value.type.kind == "array" else
               ", or give the type: a number is no array"),
            update.location,
        )  # fmt: skip


def _owned(root: Value) -> bool:
    """Whether an object comes from an operation that made it."""
    return isinstance(root.owner, Op) or not may_be_array(root.type)


def _meeting(mine: dict[Value, None], others: list[Value]) -> Value | None:
    for other in others:
        if may_be_array(other.type) and any(r in mine for r in roots([other])):
            return other
    return None


def roots(values: Iterable[Value]) -> dict[Value, None]:
    """The values whose objects these may be, or may be views of: results of operations that
    make new objects, and parameters."""
    out: dict[Value, None] = {}
    seen: set[Value] = set()
    todo = list(values)
    while todo:
        v = todo.pop()
        if v in seen:
            continue
        seen.add(v)
        sources = _sources(v)
        if sources is None:
            out[v] = None
        else:
            todo.extend(sources)
    return out


def _sources(v: Value) -> list[Value] | None:
    """The values that this one may be the object of; None for an object of its own."""
    owner = v.owner
    if isinstance(owner, Block):
        op = owner.owner
        if not isinstance(op, Op):
            return None
        place = owner.params.index(v)
        if op.prim.name == "for":
            if place == 0:
                return []
            return _values(op.inits[place - 1], owner.yields[place - 1])
        before, after = op.blocks
        if owner is before:
            return _values(op.inits[place], after.yields[place])
        return _values(before.yields[1 + place])
    if not isinstance(owner, Op):
        return None
    name = owner.prim.name
    if name in ("if", "errstate"):
        place = owner.results.index(v)
        return _values(*(b.yields[place] for b in owner.blocks))
    if name == "for":
        place = owner.results.index(v)
        if place >= len(owner.inits):
            return []
        return _values(owner.inits[place], owner.blocks[0].yields[place])
    if name == "while":
        place = owner.results.index(v)
        if place >= len(owner.inits):
            return []
        return _values(owner.blocks[0].yields[1 + place], owner.blocks[1].yields[place])
    if name == "call":
        return list(leaves(owner.args))
    if name in ("tuple", "list", "dict"):
        return list(leaves(owner.args))
    if name == "augmented":
        return list(leaves(owner.args[1:]))
    if name in ("read", "getattr"):
        foreign = Value(v.type)  # without an owner: nobody here made it
        return [foreign]
    if not may_be_array(v.type) or owner.prim.aliasing(owner) == "fresh":
        return None
    return list(leaves(owner.args[:1]))


def _values(*xs: Anything) -> list[Value]:
    return [x for x in xs if type(x) is Value]
