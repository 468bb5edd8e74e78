"""`x += v`: rebinds a number, but changes an array, which another name may see.

An array gets new contents, in its own dtype, and stays the same object (see places.py). Where it
is not known which of both `x` is, the name is bound to the result; that is the same if nothing else
can see the object, which is noted here and asked when the function is lowered (see sharing.py).
"""

from __future__ import annotations

import operator
from typing import Any as Anything

import gast
import numpy as np

from s2s_ad.frontend.attributes import get_attribute
from s2s_ad.frontend.bindings import Cell, describe, is_plain, is_structure
from s2s_ad.frontend.containers import extend, update
from s2s_ad.frontend.context import Frame, evaluate, operand, operate, refuse
from s2s_ad.frontend.expressions import BINARY, arithmetic
from s2s_ad.frontend.identity import may_be_array
from s2s_ad.frontend.names import look_up
from s2s_ad.frontend.objects import MISSING, call, is_object
from s2s_ad.frontend.operators import BINARY as OPERATORS
from s2s_ad.frontend.operators import binary
from s2s_ad.frontend.setting import put
from s2s_ad.frontend.sharing import Update, visible
from s2s_ad.frontend.stores import overwrite, store, sums
from s2s_ad.ir.build import cursor, emit, facts, typeof
from s2s_ad.ir.core import Value
from s2s_ad.ir.types import ListOf, Num, Seq, Type, same_dtype

SYMBOLS = {
    gast.Add: "+", gast.Sub: "-", gast.Mult: "*", gast.Div: "/", gast.FloorDiv: "//",
    gast.Mod: "%", gast.Pow: "**", gast.MatMult: "@", gast.LShift: "<<", gast.RShift: ">>",
    gast.BitOr: "|", gast.BitXor: "^", gast.BitAnd: "&",
}  # fmt: skip


ATOMS = (gast.Name, gast.Constant, gast.Call, gast.Attribute, gast.Subscript, gast.List)


def augment(frame: Frame, node: Anything) -> Anything:
    """The new binding of the name in `name op= value`."""
    return in_place(frame, node, look_up(frame, node.target.id), node.target.id)


def augment_attribute(frame: Frame, node: Anything) -> None:
    """`x.name op= value`."""
    x, name = evaluate(frame, node.target.value), node.target.attr
    shown = frame.source.text(node.target)
    old = get_attribute(frame, x, name, shown)
    new = in_place(frame, node, old, shown, (x, name) if is_object(x) else None)
    if new is not old:
        put(frame, x, name, new)


def in_place(
    frame: Frame, node: Anything, found: Anything, name: str,
    place: tuple[Cell, Anything] | None = None,
) -> Anything:  # fmt: skip
    """What stands in a name, or in a place of a list or object, after `op= value`."""
    function = BINARY[type(node.op)]
    right = frame.source.text(node.value)
    if not isinstance(node.value, ATOMS):
        right = f"({right})"
    instead = f"{name} = {name} {SYMBOLS[type(node.op)]} {right}"
    old = found
    new = evaluate(frame, node.value)
    if is_object(old):
        own = f"__i{OPERATORS.get(function, '')}__"
        out = call(frame, old, own, new)
        return binary(frame, function, old, new) if out is MISSING else out
    if isinstance(old, Cell):
        return change_list(frame, node, old, new, instead)
    if type(old) is Value and _is_list(old.type):
        refuse(f"{name!r} is a list, which this changes in place", f"write {instead}")
    if is_plain(old) or is_structure(old) or not may_be_array(typeof(old)):
        return arithmetic(frame, function, old, new)
    if type(old) is not Value:
        refuse(f"{name!r} cannot be changed in place", f"write {instead}")
    old = operand(frame, found)
    out = arithmetic(frame, function, old, new)
    if may_widen(old.type, typeof(out), typeof(operand(frame, new))):
        adds = function in (operator.add, operator.sub) and sums(old, Ellipsis, new)
        if adds:
            out = new if function is operator.add else operate(frame, operator.neg, new)
        store(frame, node, found, Ellipsis, out, name, adds=adds)
        return found
    out = in_dtype_of(old, out, operand(frame, new))
    if isinstance(old.type, Num) and old.type.kind == "array":
        overwrite(frame, node, found, out, name)
        return found
    advice = f"write {instead}, or give the type: a number is no array"
    others = visible(frame, node, name, place)
    frame.lowering.updates.append(Update(old, others, repr(name), cursor().location, advice))
    return out


def change_list(frame: Frame, node: Anything, cell: Cell, new: Anything, instead: str) -> Cell:
    """`xs += ys`, `d |= e`."""
    if cell.kind == "list" and isinstance(node.op, gast.Add):
        if type(new) is Value and not isinstance(new.type, (Seq, ListOf)):
            # An array answers for `+=` before the list does.
            refuse(
                "a list += an array adds numbers, and makes the name an array",
                "write .extend(...) for a longer list, or make the list an array first",
            )
        extend(frame, cell, new)
    elif cell.kind == "dict" and isinstance(node.op, gast.BitOr):
        update(frame, cell, new)
    else:
        refuse(f"this operator does not change {describe(cell)} in place here", f"write {instead}")
    return cell


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
                refuse(
                    "the right side has more dimensions than the array that is changed in place",
                    "write x = x + v, which makes a new array",
                )
            if _fits(a, given):
                return out if a.dtype == b.dtype else emit("astype", out, dtype=a.dtype)
        if a.kind == "any" and a.shape == () == b.shape and same_dtype(a.dtype, b.dtype):
            return out  # a number, or a 0-d array nobody else sees
    return emit("augmented", old, out)


def may_widen(a: Type, b: Type, given: Type) -> bool:
    """Whether a is an array, and `old op new` could by its types be larger: then NumPy raises, as
    it does where a store does not fit."""
    if not (isinstance(a, Num) and isinstance(b, Num)) or a.kind != "array":
        return False
    if a.dtype is None or b.dtype is None or a.shape is None or b.shape is None:
        return False
    fits = len(b.shape) <= len(a.shape) and np.can_cast(b.dtype, a.dtype, "same_kind")
    return fits and not _fits(a, given)


def _fits(a: Num, given: Type) -> bool:
    """Whether the right side broadcasts to the shape of the array without widening it."""
    if not isinstance(given, Num) or given.shape is None or a.shape is None:
        return False
    pairs = zip(reversed(a.shape), reversed(given.shape))
    return all(s == 1 or facts().equal(r, s) or facts().never_one(r) for r, s in pairs)
