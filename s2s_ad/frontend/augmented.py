"""`x += v`: rebinds a number, but changes an array, which another name may see.

An array gets new contents, in its own dtype, and stays the same object (see places.py). Where it
is not known which of both `x` is, the name is bound to the result; that is the same if nothing else
can see the object, which is noted here and asked when the function is lowered (see sharing.py).
"""

from __future__ import annotations

from typing import Any as Anything

import gast
import numpy as np

from s2s_ad.frontend.bindings import is_plain, is_structure
from s2s_ad.frontend.context import Frame, evaluate, operand, refuse
from s2s_ad.frontend.expressions import BINARY, arithmetic
from s2s_ad.frontend.names import look_up
from s2s_ad.frontend.sharing import Update, may_be_array, visible
from s2s_ad.frontend.stores import overwrite
from s2s_ad.ir.build import cursor, emit, facts, typeof
from s2s_ad.ir.core import Value
from s2s_ad.ir.types import Num, Seq, Type

SYMBOLS = {
    gast.Add: "+", gast.Sub: "-", gast.Mult: "*", gast.Div: "/", gast.FloorDiv: "//",
    gast.Mod: "%", gast.Pow: "**", gast.MatMult: "@", gast.LShift: "<<", gast.RShift: ">>",
    gast.BitOr: "|", gast.BitXor: "^", gast.BitAnd: "&",
}  # fmt: skip


ATOMS = (gast.Name, gast.Constant, gast.Call, gast.Attribute, gast.Subscript, gast.List)


def augment(frame: Frame, node: Anything) -> Anything:
    """The new binding of the name in `name op= value`."""
    name, function = node.target.id, BINARY[type(node.op)]
    right = frame.source.text(node.value)
    if not isinstance(node.value, ATOMS):
        right = f"({right})"
    instead = f"{name} = {name} {SYMBOLS[type(node.op)]} {right}"
    old = found = look_up(frame, name)
    new = evaluate(frame, node.value)
    if type(old) is dict or type(old) is Value and getattr(old.type, "kind", "") == "dict":
        refuse(f"{name!r} is a dict, which this changes in place", "write d = {**d, 'key': x}")
    if type(old) is list or type(old) is Value and _is_list(old.type):
        refuse(f"{name!r} is a list, which this changes in place", f"write {instead}")
    if is_plain(old) or is_structure(old) or not may_be_array(typeof(old)):
        return arithmetic(frame, function, old, new)
    if type(old) is not Value:
        refuse(f"{name!r} cannot be changed in place", f"write {instead}")
    old = operand(frame, found)
    out = in_dtype_of(old, arithmetic(frame, function, old, new), operand(frame, new))
    if isinstance(old.type, Num) and old.type.kind == "array":
        overwrite(frame, node, found, out, name)
        return found
    advice = f"write {instead}, or give the type: a number is no array"
    others = visible(frame, node, name)
    frame.lowering.updates.append(Update(old, others, repr(name), cursor().location, advice))
    return out


def _is_list(t: Type) -> bool:
    return isinstance(t, Seq) and t.kind != "tuple"


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
