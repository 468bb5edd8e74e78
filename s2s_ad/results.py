"""What crosses the border of generated code: tangents and cotangents in, derivatives out.

Derivatives are fresh, writable and shared with nothing, and have the kind, dtype and shape of
the argument that they belong to. Freshness is read off the reference count: an array whose only
holder is the caller's variable, and that views no other, is nobody else's.
"""

from __future__ import annotations

from sys import getrefcount
from typing import Any as Anything

import numpy as np

from s2s_ad.errors import DerivativeTypeError, InternalError
from s2s_ad.trees import attributes_of, like_object


def match(g: Anything, x: Anything, alone: int = 0, tangent: bool = False) -> Anything:
    """The derivative g with the structure, kinds, dtypes and shapes of x, unshared.

    Leaves of x that are no floating-point numbers get None; for a `tangent`, integers get 0.
    `alone` is the reference count of an array that nobody else holds.
    """
    kind = type(x)
    if kind is np.ndarray:
        if x.dtype.kind not in "fc":
            return np.zeros(x.shape) if tangent and x.dtype.kind in "biu" else None
        alike = type(g) is np.ndarray and g.dtype == x.dtype and g.shape == x.shape
        if alike and getrefcount(g) <= (alone or ALONE) and unshared(g):
            return g
        return _convert_array(g, x)
    if kind is float:
        return 0.0 if g is None else float(_real(g))
    if kind is tuple or kind is list:
        if g is None:
            return kind([match(None, x[i], 0, tangent) for i in range(len(x))])
        _same_length(g, x)
        # Indexing, not iteration: the container is then the only holder besides the callee.
        return kind([match(g[i], x[i], ALONE_INSIDE, tangent) for i in range(len(x))])
    if kind is dict:
        if g is None:
            return {k: match(None, x[k], 0, tangent) for k in x}
        _same_length(g, x)
        return {k: match(g.get(k), x[k], ALONE_INSIDE, tangent) for k in x}
    if kind is complex:
        return 0j if g is None else complex(g)
    found = attributes_of(x)
    if found is not None:
        bars = (g if type(g) is dict else attributes_of(g)) or {}
        inner = {k: match(bars.get(k), v, ALONE_INSIDE, tangent) for k, v in found.items()}
        return like_object(x, inner)
    if isinstance(x, np.generic) and x.dtype.kind in "fc":
        value = 0 if g is None else g if x.dtype.kind == "c" else _real(g)
        if np.shape(value) != ():
            raise InternalError(f"a derivative of shape {np.shape(value)} for a scalar")
        return x.dtype.type(value)
    return 0.0 if tangent and isinstance(x, (int, np.integer, np.bool_)) else None


def _same_length(g: Anything, x: Anything) -> None:
    if len(g) != len(x):
        raise InternalError(
            f"a derivative with {len(g)} entries for a {type(x).__name__} of {len(x)}"
        )


def _real(g: Anything) -> Anything:
    return g.real if isinstance(g, (complex, np.complexfloating, np.ndarray)) else g


def _convert_array(g: Anything, x: Anything) -> Anything:
    if g is None:
        return np.zeros(x.shape, x.dtype)
    if x.dtype.kind != "c":
        g = _real(g)
    if np.shape(g) not in ((), x.shape):
        # `f_grad` may have left out the operation that raises in the primal.
        raise DerivativeTypeError(
            f"the derivative has shape {np.shape(g)}, its argument {x.shape}: shapes in the "
            "function do not agree",
            "call the function itself to see where",
        )
    return np.array(np.broadcast_to(g, x.shape), dtype=x.dtype)


def unshared(g: Anything) -> bool:
    """Whether an array that only the caller holds owns its memory, or is the only view of it."""
    base = g.base
    if base is None:
        return True
    if type(base) is not np.ndarray or base.base is not None or not g.flags.writeable:
        return False
    return getrefcount(base) <= ALONE_BASE  # g itself, `base`, the argument


def detach(tree: Anything, alone: int = 0, memo: dict[int, Anything] | None = None) -> Anything:
    """Nested tuples, lists and dicts with every array copied that somebody else may hold."""
    kind = type(tree)
    if kind is np.ndarray:
        if getrefcount(tree) <= (alone or ALONE) and unshared(tree):
            return tree
        if memo is None:
            return np.array(tree)
        copy = memo.get(id(tree))
        if copy is None:
            copy = memo[id(tree)] = np.array(tree)
            memo[-id(tree)] = tree  # keeps the id from being reused
        return copy
    if kind is tuple or kind is list:
        memo = {} if memo is None else memo
        return kind([detach(tree[i], ALONE_INSIDE, memo) for i in range(len(tree))])
    if kind is dict:
        memo = {} if memo is None else memo
        return {k: detach(tree[k], ALONE_INSIDE, memo) for k in tree}
    found = attributes_of(tree)
    if found is not None and any(type(v) is np.ndarray for v in found.values()):
        memo = {} if memo is None else memo
        return like_object(tree, {k: detach(v, ALONE_INSIDE, memo) for k, v in found.items()})
    return tree


def direction(t: Anything, x: Anything, what: str) -> Anything:
    """A tangent or cotangent given by the caller, checked against x and in its kinds and dtypes.

    None stands for zero. Leaves of x that carry no derivative get None.
    """
    kind = type(x)
    if kind is tuple or kind is list:
        if t is None:
            return kind([direction(None, v, what) for v in x])
        if type(t) not in (tuple, list) or len(t) != len(x):
            raise DerivativeTypeError(
                f"{what} must be a {kind.__name__} of {len(x)}", f"it is {t!r}"
            )
        return kind([direction(t[i], x[i], f"{what}[{i}]") for i in range(len(x))])
    if kind is dict:
        if t is None:
            return {k: direction(None, x[k], what) for k in x}
        if type(t) is not dict or t.keys() != x.keys():
            raise DerivativeTypeError(
                f"{what} must be a dict with the keys {list(x)}", "give one entry for each"
            )
        return {k: direction(t[k], x[k], f"{what}[{k!r}]") for k in x}
    found = attributes_of(x)
    if found is not None:
        if t is not None and type(t) is not kind:
            raise DerivativeTypeError(f"{what} must be a {kind.__name__}", f"it is {t!r}")
        given_ = attributes_of(t) or {}
        inner = {k: direction(given_.get(k), v, f"{what}.{k}") for k, v in found.items()}
        return like_object(x, inner)
    number = kind is float or kind is complex or isinstance(x, (np.generic, np.ndarray))
    if not number or (isinstance(x, (np.generic, np.ndarray)) and x.dtype.kind not in "fc"):
        return None
    if t is None:
        return np.zeros_like(x) if kind is np.ndarray else kind(0)
    given = np.asarray(t)
    if given.dtype.kind not in "biufc" or (given.dtype.kind == "c" and not np.iscomplexobj(x)):
        raise DerivativeTypeError(
            f"{what} is of dtype {given.dtype}, not {np.asarray(x).dtype}",
            "convert it: .astype(float)",
        )
    if given.shape != np.shape(x):
        raise DerivativeTypeError(
            f"{what} has shape {given.shape}, but {np.shape(x)} is needed",
            "give an array of the same shape",
        )
    if kind is np.ndarray:
        return given.astype(x.dtype, copy=False)
    return kind(given[()])


def _measure() -> tuple[int, int, int]:
    """The reference counts of an array that one variable, one container, one view holds.

    Measured, not assumed: they depend on how the interpreter passes arguments.
    """
    lone = np.empty(2)
    top = _count(lone)
    holder = [np.empty(2)]
    (inside,) = [_count(holder[i]) for i in range(1)]
    return top, inside, _count_base(np.empty(2)[1:])


def _count(g: Anything) -> int:
    return getrefcount(g)


def _count_base(g: Anything) -> int:
    base = g.base
    return getrefcount(base)


ALONE, ALONE_INSIDE, ALONE_BASE = _measure()
