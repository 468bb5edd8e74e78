"""Values in nests of lists, tuples, dicts and objects, and adjoints of their structure."""

from __future__ import annotations

import copy
import enum
from typing import Any

import numpy as np


def zeros_tree(x: Any) -> Any:
    """Zeros of the structure of x, with lists for sequences so that slots can be assigned, and
    dicts for objects."""
    found = attributes_of(x)
    if found is not None:
        return {key: zeros_tree(item) for key, item in found.items()}
    if isinstance(x, (list, tuple)):
        return [zeros_tree(item) for item in x]
    if isinstance(x, dict):
        return {key: zeros_tree(item) for key, item in x.items()}
    if isinstance(x, np.ndarray):
        return np.zeros_like(x, dtype=x.dtype if x.dtype.kind in "fc" else float)
    return 0.0


def copy_tree(x: Any) -> Any:
    """A copy of nested lists, tuples, dicts and arrays."""
    if type(x) in (list, tuple):
        return type(x)(copy_tree(item) for item in x)
    if isinstance(x, dict):
        return {key: copy_tree(item) for key, item in x.items()}
    if isinstance(x, np.ndarray):
        return x.copy()
    found = attributes_of(x)
    return x if found is None else like_object(x, {k: copy_tree(v) for k, v in found.items()})


def add_trees(a: Any, b: Any) -> Any:
    """The sum of two adjoints of one structure; None is that of what is no number."""
    if a is None or b is None:
        return b if a is None else a
    if isinstance(a, (list, tuple)):
        return [add_trees(p, q) for p, q in zip(a, b, strict=True)]
    if isinstance(a, dict):
        return {key: add_trees(a[key], b[key]) for key in a}
    return a + b


def add_slot(x_bar: Any, index: Any, v: Any) -> Any:
    """x_bar with v added at an index, in place; repeated indices of an array add up. In a list, a
    tuple is a path: `x_bar[i][j]`."""
    inner = x_bar
    if isinstance(x_bar, list) and isinstance(index, tuple):
        *path, index = index
        for step in path:
            inner = inner[step]
    if isinstance(inner, np.ndarray):
        np.add.at(inner, index, v)
    else:
        inner[index] = add_trees(inner[index], v)
    return x_bar


def gradient_like(x_bar: Any, x: Any) -> Any:
    """The adjoint as a fresh gradient of the kind, dtype, shape and structure of x; None where x
    is no number."""
    if x_bar is None:
        return None
    if isinstance(x, (list, tuple)):
        return type(x)(gradient_like(g, item) for g, item in zip(x_bar, x, strict=True))
    if isinstance(x, dict):
        return {key: gradient_like(x_bar[key], item) for key, item in x.items()}
    if isinstance(x, np.ndarray):
        dtype = x.dtype if x.dtype.kind in "fc" else float
        return np.array(np.broadcast_to(x_bar, x.shape), dtype=dtype)
    if isinstance(x, np.generic):
        return x.dtype.type(x_bar)
    found = attributes_of(x)
    if found is not None:
        inside = {k: v for k, v in found.items() if x_bar.get(k) is not None}
        return like_object(x, {k: gradient_like(x_bar[k], v) for k, v in inside.items()})
    return type(x)(x_bar) if isinstance(x, (float, complex)) else float(x_bar)


def attributes_of(x: Any) -> dict[str, Any] | None:
    """The attributes of an object of a user's class, a dataclass or a named tuple; None for
    anything else."""
    cls = type(x)
    if cls.__module__.partition(".")[0] in BUILT_IN or isinstance(x, NO_OBJECTS):
        return None
    if isinstance(x, tuple):
        return dict(zip(cls._fields, x)) if hasattr(cls, "_fields") else None
    names = [n for base in cls.__mro__ for n in base.__dict__.get("__slots__", ())]
    found = {n: getattr(x, n) for n in names if hasattr(x, n)}
    return {**found, **getattr(x, "__dict__", {})}


BUILT_IN = ("builtins", "numpy", "functools", "types", "random", "logging", "io", "_io")


NO_OBJECTS = (type, enum.Enum, dict, list, set, int, float, complex, str, bytes, np.ndarray)


def new_object(cls: type, attributes: dict[str, Any]) -> Any:
    """An object with these attributes, made without its `__init__`."""
    if issubclass(cls, tuple):
        return cls(**attributes)
    out = object.__new__(cls)
    for name, value in attributes.items():
        object.__setattr__(out, name, value)
    return out


def like_object(x: Any, attributes: dict[str, Any]) -> Any:
    """An object of the class of x with these attributes; where one is missing, zero for a number
    and None for anything else."""
    new: dict[str, Any] = {}
    for name, value in (attributes_of(x) or {}).items():
        given = attributes.get(name)
        if isinstance(given, dict) and attributes_of(value) is not None:
            given = like_object(value, given)
        new[name] = given
    if isinstance(x, tuple):
        return type(x)(**new)
    out = copy.copy(x)
    for name, value in new.items():
        object.__setattr__(out, name, value)
    return out
