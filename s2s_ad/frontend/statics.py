"""Questions about types that have an answer while lowering: `np.ndim(x)`, `isinstance(x, float)`,
`x.shape[0] == 1`. Branches on them disappear."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any as Anything

import numpy as np

from s2s_ad.frontend.bindings import Bound, Cell, Closure, Object, is_structure
from s2s_ad.frontend.context import Frame, refuse
from s2s_ad.ir.build import facts, typeof
from s2s_ad.ir.core import Op, Value
from s2s_ad.ir.types import GENERATORS, Dim, ListOf, Num, Opaque, Seq, Size, Type

CONTAINERS: dict[str, type] = {"tuple": tuple, "list": list, "dict": dict}
OPAQUE: dict[str, type] = {"None": type(None), "str": str, **{g.__name__: g for g in GENERATORS}}
SCALARS: dict[str, type] = {"f": float, "i": int, "b": bool, "c": complex}


def python_class(x: Anything) -> type | None:
    """The class of what a binding will be at run time, where its type tells."""
    if is_structure(x):
        return type(x)
    if isinstance(x, Cell):
        found: type = CONTAINERS.get(x.kind, x.kind)
        return found
    if isinstance(x, Object):
        return type(x.object)
    if isinstance(x, (Closure, Bound)):
        return type(python_class)
    if type(x) is not Value:
        return type(x)
    t = x.type
    if isinstance(t, (Seq, ListOf)):
        return CONTAINERS[t.kind]
    if isinstance(t, Opaque):
        return OPAQUE.get(t.what)
    if not isinstance(t, Num):
        return None
    if t.kind == "array":
        return np.ndarray
    if t.dtype is None or t.kind == "any":
        return None
    if t.kind == "np":
        return t.dtype.type
    return SCALARS[t.dtype.kind]


PROMOTED: dict[type, type] = {float: int, np.float64: np.int64}  # what an argument may have been


def refuse_promoted(frame: Frame, x: Anything, what: str) -> None:
    """Refuse what differs for a float where an argument that is an int is taken as one."""
    if python_class(x) in PROMOTED and type(x) is Value and frame.lowering.promoted:
        refuse(
            f"{what} of a float, where an argument that is an int is taken as one",
            "leave the int out of wrt, or pass a float",
        )


def is_instance(frame: Frame, x: Anything, classes: Anything) -> bool:
    """`isinstance(x, classes)`."""
    known = python_class(x)
    if known is not None:
        found = issubclass(known, classes)
        before = PROMOTED.get(known) if frame.lowering.promoted else None
        if before is not None and found is not issubclass(before, classes):
            refuse(
                "isinstance of a float, where an argument that is an int is taken as one",
                "leave the int out of wrt, or pass a float",
            )
        return found
    t = typeof(x)
    wanted = classes if isinstance(classes, tuple) else (classes,)
    # A number of unknown kind is a Python number, a NumPy scalar or an array.
    if isinstance(t, Num) and not any(issubclass(c, NUMBERS) for c in wanted):
        return False
    refuse(
        "isinstance needs the type, which is not known here",
        "give types: annotate the parameters, or pass example arguments",
    )


NUMBERS = (float, int, complex, np.generic, np.ndarray)


def rank_of(x: Anything) -> int | None:
    """`np.ndim(x)` where it is known."""
    t = typeof(x)
    if isinstance(t, Num):
        return t.rank
    return None


def dtype_of(x: Anything) -> np.dtype[Anything] | None:
    """`x.dtype` where it is known."""
    t = typeof(x)
    return t.dtype if isinstance(t, Num) and t.kind in ("array", "np") else None


def size_of(x: Anything) -> Size:
    """The size that an expression like `x.shape[0]` or `len(x)` denotes, if it is one."""
    if type(x) is int:
        return x
    op = x.owner if type(x) is Value else None
    if not isinstance(op, Op) or not op.args or type(op.args[0]) is not Value:
        return None
    if op.prim.name == "len":
        return _size(op.args[0].type, 0)
    if op.prim.name == "getitem" and type(op.args[1]) is int:
        source = op.args[0].owner
        if isinstance(source, Op) and source.prim.name == "shape":
            return _size(typeof(source.args[0]), op.args[1])
    return None


def _size(t: Type, axis: int) -> Size:
    if isinstance(t, Num) and t.shape is not None and -len(t.shape) <= axis < len(t.shape):
        return t.shape[axis]
    return None


def compare_sizes(function: Callable[..., Anything], a: Anything, b: Anything) -> bool | None:
    """`x.shape[0] == 1` where the type tells; None where it does not."""
    if function not in (operator.eq, operator.ne) or (type(a) is int) == (type(b) is int):
        return None
    constant, value = (a, b) if type(a) is int else (b, a)
    size = size_of(value)
    if isinstance(size, int):
        return bool(function(size, constant))
    if constant == 1 and isinstance(size, Dim) and facts().never_one(size):
        facts().relied.add(size)
        return function is operator.ne
    return None
