"""The few helpers that generated code may call: for shapes that are unknown until it runs."""

from __future__ import annotations

from typing import Any

import numpy as np


def unbroadcast(g: Any, x: Any) -> Any:
    """g summed to the shape of x, undoing NumPy's broadcasting of x to the shape of g."""
    shape = np.shape(x)
    have = np.shape(g)
    if have == shape:
        return g
    lead = len(have) - len(shape)
    if lead > 0:
        g = np.sum(g, axis=tuple(range(lead)))
    axes = tuple(
        i for i, (n, m) in enumerate(zip(shape, np.shape(g), strict=True)) if n == 1 and m != 1
    )
    return np.sum(g, axis=axes, keepdims=True) if axes else g


def broadcast_like(g: Any, x: Any) -> Any:
    """g spread to the shape of x; a fresh array, or g itself where x is a scalar."""
    shape = np.shape(x)
    if np.shape(g) == shape:
        return g
    return np.array(np.broadcast_to(g, shape))


def zeros_tree(x: Any) -> Any:
    """Zeros of the structure of x, with lists for sequences so that slots can be assigned."""
    if isinstance(x, (list, tuple)):
        return [zeros_tree(item) for item in x]
    if isinstance(x, dict):
        return {key: zeros_tree(item) for key, item in x.items()}
    if isinstance(x, np.ndarray):
        return np.zeros_like(x, dtype=x.dtype if x.dtype.kind in "fc" else float)
    return 0.0


def copy_tree(x: Any) -> Any:
    """A copy of nested lists, tuples, dicts and arrays."""
    if isinstance(x, (list, tuple)):
        return type(x)(copy_tree(item) for item in x)
    if isinstance(x, dict):
        return {key: copy_tree(item) for key, item in x.items()}
    return x.copy() if isinstance(x, np.ndarray) else x


def add_trees(a: Any, b: Any) -> Any:
    """The sum of two adjoints of one structure."""
    if isinstance(a, (list, tuple)):
        return [add_trees(p, q) for p, q in zip(a, b, strict=True)]
    if isinstance(a, dict):
        return {key: add_trees(a[key], b[key]) for key in a}
    return a + b


def add_slot(x_bar: Any, index: Any, v: Any) -> Any:
    """x_bar with v added at an index, in place; repeated indices of an array add up."""
    if isinstance(x_bar, np.ndarray):
        np.add.at(x_bar, index, v)
    else:
        x_bar[index] = add_trees(x_bar[index], v)
    return x_bar


def gradient_like(x_bar: Any, x: Any) -> Any:
    """The adjoint as a fresh gradient of the kind, dtype, shape and structure of x."""
    if isinstance(x, (list, tuple)):
        return type(x)(gradient_like(g, item) for g, item in zip(x_bar, x, strict=True))
    if isinstance(x, dict):
        return {key: gradient_like(x_bar[key], item) for key, item in x.items()}
    if isinstance(x, np.ndarray):
        dtype = x.dtype if x.dtype.kind in "fc" else float
        return np.array(np.broadcast_to(x_bar, x.shape), dtype=dtype)
    if isinstance(x, np.generic):
        return x.dtype.type(x_bar)
    return type(x)(x_bar) if isinstance(x, (float, complex)) else float(x_bar)


def scalar_seed(out: Any) -> float:
    """The seed 1.0 of a gradient; raises TypeError unless the function's value is a scalar."""
    if np.shape(out) != ():
        raise TypeError(
            f"grad of a function whose value has shape {np.shape(out)}: use vjp with a cotangent "
            "of that shape, or a Jacobian"
        )
    return 1.0


# Transposes of array operations where ranks or shapes are unknown ------------------------------


def untile(g: Any, x: Any, reps: Any) -> Any:
    """The transpose of np.tile(x, reps): the sum of the copies."""
    counts = np.atleast_1d(reps)
    total = max(np.ndim(x), len(counts))
    sizes = (1,) * (total - np.ndim(x)) + np.shape(x)
    counts = (1,) * (total - len(counts)) + tuple(counts)
    pairs = [n for pair in zip(counts, sizes, strict=True) for n in pair]
    return np.sum(np.reshape(g, pairs), axis=tuple(range(0, 2 * total, 2))).reshape(np.shape(x))


def undiagonal(g: Any, x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Zeros in the shape of x, with g on a diagonal: the transpose of np.diagonal."""
    out = np.zeros(np.shape(x), np.result_type(g))
    place = np.diagonal(out, offset, axis1, axis2)
    place.setflags(write=True)
    place[...] = g
    return out


def undiag(g: Any, v: Any, k: int = 0) -> Any:
    """The transpose of np.diag(v, k)."""
    return np.diag(g, k) if np.ndim(v) == 1 else undiagonal(g, v, k)
