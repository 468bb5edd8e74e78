"""Signatures from actual arguments: the type of each argument, and the key that stands for it.

Two argument lists with equal keys have equal types, so one derivative serves both. Sizes are
symbols named by the Python expression that gives them (`params[0][1].shape[0]`), or 1.
"""

from __future__ import annotations

import enum
import types
from typing import Any as Anything

import numpy as np

from s2s_ad.errors import DerivativeTypeError
from s2s_ad.ir.types import (
    BOOL,
    COMPLEX,
    FLOAT,
    GENERATORS,
    INT,
    Dim,
    Known,
    Num,
    Opaque,
    Seq,
    Size,
    Type,
)
from s2s_ad.trees import attributes_of

KNOWN = (types.FunctionType, types.BuiltinFunctionType, np.ufunc, type(np.sum), type, enum.Enum)
NUMBERS: dict[type, Num] = {float: FLOAT, int: INT, bool: BOOL, complex: COMPLEX}


def size(n: int, expression: str) -> Size:
    """A size as a symbol; 1 and 0-d aside, the code must not depend on its value."""
    return 1 if n == 1 else Dim(expression, 0, True)


def of_value(x: Anything, name: str) -> Type:
    """The type of an argument; `name` is the expression that denotes it in the function.

    >>> print(of_value([(np.ones((3, 1)), 2.0)], "p"))
    [(f64[p[0][0].shape[0], 1], float)]
    """
    kind = type(x)
    if kind in NUMBERS:
        return NUMBERS[kind]
    if isinstance(x, np.generic):
        return Num("np", x.dtype, ()) if x.dtype.kind in "biufc" else Opaque(kind.__name__)
    if isinstance(x, np.ndarray):
        if kind is not np.ndarray:
            raise DerivativeTypeError(
                f"{name} is a {kind.__module__}.{kind.__name__}: only plain arrays are supported",
                f"pass np.asarray({name})",
            )
        if x.dtype.kind not in "biufc":
            return Opaque(f"ndarray of {x.dtype}")
        sizes = tuple(size(n, f"{name}.shape[{axis}]") for axis, n in enumerate(x.shape))
        return Num("array", x.dtype, sizes)
    if kind is tuple or kind is list:
        return Seq(kind.__name__, tuple(of_value(v, f"{name}[{i}]") for i, v in enumerate(x)))
    if kind is dict:
        items = tuple(of_value(v, f"{name}[{k!r}]") for k, v in x.items())
        return Seq("dict", items, tuple(x))
    return Opaque("None" if x is None else kind.__name__)


def of_tree(x: Anything, name: str) -> Type:
    """The type of an argument by which one differentiates: an object is its attributes."""
    found = attributes_of(x)
    if found is not None:
        items = tuple(of_tree(v, f"{name}.{k}") for k, v in found.items())
        return Seq("dict", items, tuple(found), type(x))
    kind = type(x)
    if kind is tuple or kind is list:
        return Seq(kind.__name__, tuple(of_tree(v, f"{name}[{i}]") for i, v in enumerate(x)))
    if kind is dict:
        inner = tuple(of_tree(v, f"{name}[{k!r}]") for k, v in x.items())
        return Seq("dict", inner, tuple(x))
    # The key has it by value, or by identity.
    return Known(kind.__name__, x) if isinstance(x, KNOWN) else of_value(x, name)


def has_objects(x: Anything) -> bool:
    """Whether an argument is, or contains, an object of a user's class."""
    if type(x) in (tuple, list):
        return any(map(has_objects, x))
    if type(x) is dict:
        return any(map(has_objects, x.values()))
    return attributes_of(x) is not None


def key_of_tree(x: Anything) -> Anything:
    """What stands for the type of an argument by which one differentiates."""
    try:
        return _key_of_tree(x)
    except RecursionError:
        raise DerivativeTypeError(
            f"a {type(x).__name__} contains itself, or is nested too deeply",
            "leave out what leads back: a parent, a neighbour",
        ) from None


def is_tree(x: Anything) -> bool:
    """Whether an argument can be known by the attributes of its objects."""
    try:
        return has_objects(x) and bool(_key_of_tree(x))
    except RecursionError:
        return False


def _key_of_tree(x: Anything) -> Anything:
    found = attributes_of(x)
    if found is not None:
        return type(x), tuple([(k, _key_of_tree(v)) for k, v in found.items()])
    kind = type(x)
    if kind is tuple or kind is list:
        return kind, tuple([_key_of_tree(v) for v in x])
    if kind is dict:
        return kind, tuple(x), tuple([_key_of_tree(v) for v in x.values()])
    return key_of(x)


def is_static(x: Anything) -> bool:
    """Whether an argument is specialised by value from the start: what it is decides what the
    function does (a function, a string, None), or only the object itself says what it can do."""
    kind = type(x)
    if kind in NUMBERS or kind in GENERATORS or isinstance(x, (np.generic, np.ndarray)):
        return False
    return kind not in (tuple, list, dict)


def key_of(x: Anything) -> Anything:
    """What stands for an argument's type in the table of derivatives."""
    kind = type(x)
    if kind is np.ndarray:
        shape = x.shape
        if 1 in shape:
            return x.dtype, tuple([n == 1 for n in shape])
        return x.dtype, len(shape)
    if kind in NUMBERS or kind in GENERATORS:
        return kind
    if kind is tuple or kind is list:
        return kind, tuple([key_of(v) for v in x])
    if kind is dict:
        return kind, tuple(x), tuple([key_of(v) for v in x.values()])
    if isinstance(x, np.generic):
        return kind, x.dtype
    if isinstance(x, np.ndarray):
        return kind
    return value_key(x)


def value_key(x: Anything) -> Anything:
    """What stands for the value of a static argument. 1, 1.0 and True are different values."""
    kind = type(x)
    if kind is tuple or kind is list:
        return kind, tuple([value_key(v) for v in x])
    if kind is dict:
        return kind, tuple([(value_key(k), value_key(v)) for k, v in x.items()])
    if kind is slice:
        return kind, value_key(x.start), value_key(x.stop), value_key(x.step)
    if kind is float:
        return kind, x.hex()  # tells 0.0 from -0.0, and nan equals itself
    if x is None or kind in (int, bool, str, bytes, complex) or isinstance(x, np.dtype):
        return kind, x
    if isinstance(x, np.generic) and x.dtype.kind in "biuf":
        return kind, x.item()
    if isinstance(x, np.ndarray):
        raise DerivativeTypeError(
            "an array cannot be a static argument", "pass a number, a string or a tuple of them"
        )
    # By identity; who stores the key also keeps the object alive (`kept`): its id is not reused.
    return kind, id(x)


def kept(x: Anything) -> list[Anything]:
    """The objects in an argument that its key may know by identity."""
    kind = type(x)
    if kind is tuple or kind is list:
        return [v for item in x for v in kept(item)]
    if kind is dict:
        return [v for item in x.values() for v in kept(item)]
    return [x] if is_static(x) else []


def promoted(x: Anything, name: str) -> Anything:
    """An argument in `wrt`: ints become floats, integer arrays float64 arrays."""
    kind = type(x)
    if kind is int:
        return float(x)
    if isinstance(x, np.integer):
        return np.float64(x)
    if kind is np.ndarray and x.dtype.kind in "iu":
        return x.astype(np.float64)
    check_active(x, name)
    return x


TWO_PARTS = "pass the real and the imaginary part as two real arguments"


def check_active(x: Anything, name: str) -> None:
    """Refuse an argument in `wrt` that has no derivative."""
    kind = type(x)
    if kind is float or (isinstance(x, np.generic) and x.dtype.kind == "f"):
        return
    if kind is complex or isinstance(x, np.complexfloating):
        what, advice = "a complex number", TWO_PARTS
    elif isinstance(x, np.ndarray):
        if kind is np.ndarray and x.dtype.kind == "f":
            return
        if kind is np.ndarray:
            advice = TWO_PARTS if x.dtype.kind == "c" else f"pass {name}.astype(float)"
            what = f"an array of dtype {x.dtype}"
        else:
            what = f"a {kind.__module__}.{kind.__name__}"
            advice = f"pass np.asarray({name})"
    elif kind in (tuple, list, dict):
        if any(map(_carries, x.values() if kind is dict else x)):
            return
        what, advice = f"a {kind.__name__} without floats", "put floats or float arrays in it"
    elif attributes_of(x) is not None:
        if any(map(_carries, (attributes_of(x) or {}).values())):
            return
        what, advice = f"a {kind.__name__} without floats", "put floats or float arrays in it"
    elif kind is bool or isinstance(x, np.bool_):
        what, advice = "a bool", f"pass float({name}) if a number is meant"
    else:
        what = "None" if x is None else f"of type {kind.__name__}"
        advice = "choose `wrt` among floats, float arrays and nested tuples, lists, dicts of them"
    raise DerivativeTypeError(f"no derivative with respect to {name}: it is {what}", advice)


def _carries(x: Anything) -> bool:
    """Whether a leaf of this value carries a derivative; refuses leaves that never may."""
    kind = type(x)
    if kind is tuple or kind is list:
        return any(_carries(v) for v in x)
    if kind is dict:
        return any(_carries(v) for v in x.values())
    if attributes_of(x) is not None:
        return any(map(_carries, (attributes_of(x) or {}).values()))
    if kind is float:
        return True
    if kind is complex or isinstance(x, (np.generic, np.ndarray)) and x.dtype.kind == "c":
        raise DerivativeTypeError("no derivative with respect to a complex number", TWO_PARTS)
    if isinstance(x, np.ndarray) and kind is not np.ndarray:
        raise DerivativeTypeError(
            f"no derivative with respect to a {kind.__module__}.{kind.__name__}",
            "pass plain arrays: np.asarray(...)",
        )
    return isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind == "f"
