"""How arrays are laid out in memory, where the text alone decides it: "C" row by row, "F" column by
column, both without gaps, or "" where it is not known. A vector without gaps is "C".
"""

from __future__ import annotations

from typing import Any as Anything

from s2s_ad.ir.core import Op, Value
from s2s_ad.ir.types import Num

# Operations whose result is laid out row by row, unless an order is given.
C_ORDER = ("zeros", "ones", "empty", "full", "arange", "linspace", "eye", "identity", "flatten")


def order_of(op: Op) -> str:
    """In which order a `reshape` or `ravel` takes the items."""
    place = 2 if op.prim.name == "reshape" else 1
    return str(op.args[place] if len(op.args) > place else op.kwargs.get("order", "C"))


def view_layout(op: Op, found: str) -> str:
    """The layout of a view of an array, given that of the array."""
    if op.prim.name in ("reshape", "ravel"):
        found = found and order_of(op)
    elif op.prim.name in ("T", "transpose") and len(op.args) == 1 and not op.kwargs:
        found = {"C": "F", "F": "C"}.get(found, "")
    elif op.prim.name == "getitem":
        found = found if found == "C" and _without_gaps(op.args[1]) else ""
    elif op.prim.name != "asarray":
        return ""
    t = op.result.type
    return "C" if isinstance(t, Num) and t.rank == 1 and found else found


def made_layout(root: Anything) -> str:
    """The layout of an array that an operation has made."""
    if not isinstance(root, Value):
        return ""  # the items of a list
    op, t = root.owner, root.type
    if not isinstance(op, Op) or op.blocks or not isinstance(t, Num) or t.kind != "array":
        return ""
    fresh = op.prim.name not in ("call", "getattr", "read") and op.prim.aliasing(op) == "fresh"
    if fresh and t.rank == 1:
        return "C"
    order = op.kwargs.get("order", "C" if op.prim.name in C_ORDER else "")
    return order if fresh and order in ("C", "F") else ""


def _without_gaps(index: Anything) -> bool:
    """Whether what an index takes of an array that is laid out row by row has no gaps: ints, then
    at most one slice."""
    entries = index if isinstance(index, tuple) else (index,)
    sliced = False
    for e in entries:
        if e is Ellipsis:
            return len(entries) == 1
        if e is None or sliced and not (isinstance(e, slice) and e == slice(None)):
            return False
        if isinstance(e, slice):
            if e.step not in (None, 1):
                return False
            sliced = True
    return True
