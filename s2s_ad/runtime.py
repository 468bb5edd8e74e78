"""The few helpers that generated code may call: for shapes that are unknown until it runs."""

from __future__ import annotations

import itertools
import math
from typing import Any, TypeVar

import numpy as np

from s2s_ad.errors import DerivativeTypeError
from s2s_ad.trees import add_slot as add_slot
from s2s_ad.trees import add_trees as add_trees
from s2s_ad.trees import copy_tree as copy_tree
from s2s_ad.trees import gradient_like as gradient_like
from s2s_ad.trees import like_object as like_object
from s2s_ad.trees import new_object as new_object
from s2s_ad.trees import zeros_tree as zeros_tree

T = TypeVar("T")


def unbroadcast(g: Any, x: Any) -> Any:
    """g summed to the shape of x, undoing NumPy's broadcasting of x to the shape of g; in the
    floating dtype of x."""
    shape = np.shape(x)
    have = np.shape(g)
    if isinstance(x, np.ndarray) and x.dtype.kind == "f" and np.asarray(g).dtype.kind == "f":
        g = np.asarray(g, dtype=x.dtype)
    if have == shape:
        return g
    lead = len(have) - len(shape)
    if lead < 0 or any(n != m and n != 1 for n, m in zip(shape, have[lead:])):
        raise ValueError(f"a cotangent of shape {have} does not fit a value of shape {shape}")
    if lead > 0:
        g = np.sum(g, axis=tuple(range(lead)))
    axes = tuple(i for i, (n, m) in enumerate(zip(shape, np.shape(g))) if n == 1 and m != 1)
    return np.sum(g, axis=axes, keepdims=True) if axes else g


def last_writer(x: Any, index: Any) -> Any:
    """Where `x[index] = v` with repeated indices leaves the item of v that stands there: the last
    one that names a place."""
    owner = np.zeros(np.shape(x), dtype=int)
    places = np.arange(owner[index].size).reshape(np.shape(owner[index]))
    owner[index] = places
    return owner[index] == places


def broadcast_like(g: Any, x: Any) -> Any:
    """g in the shape of x, and in its dtype where that is floating; g itself where x is a number
    or where nothing changes, else a fresh array."""
    shape = np.shape(x)
    dtype = np.asarray(g).dtype
    if isinstance(x, np.ndarray) and x.dtype.kind == "f" and dtype.kind != "c":
        dtype = x.dtype
    if np.shape(g) == shape:
        return g.astype(dtype, copy=False) if shape else g
    return np.array(np.broadcast_to(g, shape), dtype=dtype)


def order(x: list[Any], reverse: bool = False) -> list[int]:
    """The indices of the items of x in the order of `sorted(x)`."""
    return sorted(range(len(x)), key=x.__getitem__, reverse=reverse)


def nested(a: Any, x: Any) -> Any:
    """The array a as nested lists like x."""
    return [nested(p, q) for p, q in zip(a, x, strict=True)] if isinstance(x, list) else a


def spread(g: Any, x: list[Any]) -> list[Any]:
    """The cotangent g of sum(x) for every item of x."""
    return [unbroadcast(g, item) for item in x]


def copy_tapes(tape: list[Any]) -> list[Any]:
    """A copy of a tape of tapes."""
    return [copy_tapes(item) if type(item) is list else item for item in tape]


def scalar_seed(out: Any) -> float:
    """The seed 1.0 of a gradient; raises a TypeError unless the function's value is a scalar."""
    if np.shape(out) != ():
        raise DerivativeTypeError(
            f"the value is not a scalar: its shape is {np.shape(out)}",
            "use vjp with a cotangent of that shape, or a Jacobian",
        )
    return 1.0


# Transposes of array operations where ranks or shapes are unknown ------------------------------


def untile(g: Any, x: Any, reps: Any) -> Any:
    """The transpose of np.tile(x, reps): the sum of the copies."""
    given = tuple(np.atleast_1d(reps))
    total = max(np.ndim(x), len(given))
    sizes = (1,) * (total - np.ndim(x)) + np.shape(x)
    counts = (1,) * (total - len(given)) + given
    pairs = [n for pair in zip(counts, sizes, strict=True) for n in pair]
    return np.sum(np.reshape(g, pairs), axis=tuple(range(0, 2 * total, 2))).reshape(np.shape(x))


def unpad(g: Any, x: Any, pad_width: Any) -> Any:
    """The part of g in which np.pad(x, pad_width) has x."""
    widths = np.broadcast_to(pad_width, (np.ndim(x), 2))
    return g[tuple(slice(k, k + n) for (k, _), n in zip(widths, np.shape(x), strict=True))]


def undiagonal(g: Any, x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Zeros in the shape of x, with g on a diagonal: the transpose of np.diagonal."""
    out = np.zeros(np.shape(x), np.result_type(x if np.result_type(x).kind in "fc" else g))
    place = np.diagonal(out, offset, axis1, axis2)
    place.setflags(write=True)
    place[...] = g
    return out


def undiag(g: Any, v: Any, k: int = 0) -> Any:
    """The transpose of np.diag(v, k)."""
    return np.diag(g, k) if np.ndim(v) == 1 else undiagonal(g, v, k)


def sinc_derivative(x: Any, order: int = 1) -> Any:
    """The derivative of np.sinc of an order: pi**k * integral of t**k cos(pi x t + k pi/2), t in
    [0, 1]; by its series near 0, by x f' + f = cos(pi x), differentiated, elsewhere."""
    x = np.asarray(x)
    z = np.pi * (x if x.dtype.kind == "f" else x.astype(float))
    near = np.abs(z) < max(1.0, order)
    far = np.where(near, max(1.0, order), z)
    value = np.sin(far) / far
    for k in range(1, order + 1):
        value = (np.sin(far + 0.5 * k * np.pi) - k * value) / far
    z = np.where(near, z, 0.0)
    series, first = 0.0 * z, (order + 1) // 2
    for m in range(first, first + 12 + order):
        power = 2 * m - order
        series = series + (-1) ** m * z**power / (math.factorial(power) * (2 * m + 1))
    return (np.pi**order * np.where(near, series, value)).astype(z.dtype)[()]


def polygamma(x: float, order: int = 0) -> float:
    """The derivative of order + 1 of log(gamma(x)) for a number x, by recurrence and the
    asymptotic series. Far below 0 by reflection for order 0, nan for others."""
    x = float(x)
    if x <= 0.0 and x == math.floor(x):
        return math.nan
    if x < -200.0:
        return polygamma(1.0 - x) - math.pi / math.tan(math.pi * x) if order == 0 else math.nan
    sign, factorial = (-1.0) ** (order + 1), math.factorial(order)
    out = 0.0
    while x < 15.0 + order:
        out += sign * factorial / x ** (order + 1)
        x += 1.0
    if order == 0:
        out += math.log(x) - 0.5 / x
    else:
        out += sign * (math.factorial(order - 1) / x**order + 0.5 * factorial / x ** (order + 1))
    bernoulli = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6)
    for k, b in enumerate(bernoulli, 1):
        rising = math.factorial(2 * k + order - 1) / math.factorial(2 * k)
        out += sign * b * rising / x ** (2 * k + order)
    return out


def _swapped(x: Any) -> Any:
    return np.swapaxes(x, -1, -2)


def matmul_wrt_a(g: Any, a: Any, b: Any) -> Any:
    """The cotangent of a, where g is that of a @ b."""
    if np.ndim(b) == 1:
        return unbroadcast(np.expand_dims(g, -1) * b, a)
    if np.ndim(a) == 1:
        return unbroadcast((b @ np.expand_dims(g, -1))[..., 0], a)
    return unbroadcast(g @ _swapped(b), a)


def matmul_wrt_b(g: Any, a: Any, b: Any) -> Any:
    """The cotangent of b, where g is that of a @ b."""
    if np.ndim(a) == 1:
        return unbroadcast(a * g if np.ndim(b) == 1 else a[:, None] * np.expand_dims(g, -2), b)
    if np.ndim(b) == 1:
        return unbroadcast((_swapped(a) @ np.expand_dims(g, -1))[..., 0], b)
    return unbroadcast(_swapped(a) @ g, b)


def dot_wrt_a(g: Any, a: Any, b: Any) -> Any:
    """The cotangent of a, where g is that of np.dot(a, b)."""
    p, q = np.ndim(a), np.ndim(b)
    if p == 0 or q == 0:
        return unbroadcast(g * b, a)
    if q == 1:
        return np.expand_dims(g, -1) * b
    rest = range(p - 1, p + q - 2)
    return np.tensordot(g, np.moveaxis(b, -2, 0), axes=(rest, range(1, q)))


def dot_wrt_b(g: Any, a: Any, b: Any) -> Any:
    """The cotangent of b, where g is that of np.dot(a, b)."""
    p, q = np.ndim(a), np.ndim(b)
    if p == 0 or q == 0:
        return unbroadcast(g * a, b)
    out = np.tensordot(a, g, axes=(range(p - 1), range(p - 1)))
    return np.moveaxis(out, 0, -2) if q > 1 else out


def inner_wrt_a(g: Any, a: Any, b: Any) -> Any:
    """The cotangent of a, where g is that of np.inner(a, b)."""
    p, q = np.ndim(a), np.ndim(b)
    if p == 0 or q == 0:
        return unbroadcast(g * b, a)
    return np.tensordot(g, b, axes=(range(p - 1, p + q - 2), range(q - 1)))


def inner_wrt_b(g: Any, a: Any, b: Any) -> Any:
    """The cotangent of b, where g is that of np.inner(a, b)."""
    p, q = np.ndim(a), np.ndim(b)
    if p == 0 or q == 0:
        return unbroadcast(g * a, b)
    return np.tensordot(g, a, axes=(range(p - 1), range(p - 1)))


def _contracted(axes: Any, p: int, q: int) -> tuple[list[int], list[int]]:
    """The axes that np.tensordot(a, b, axes) sums over, for arrays of rank p and q."""
    if isinstance(axes, int):
        return list(range(p - axes, p)), list(range(axes))
    first, second = (np.atleast_1d(side).tolist() for side in axes)
    return [k % p for k in first], [k % q for k in second]


def tensordot_wrt_a(g: Any, a: Any, b: Any, axes: Any = 2) -> Any:
    """The cotangent of a, where g is that of np.tensordot(a, b, axes)."""
    axes_a, axes_b = _contracted(axes, np.ndim(a), np.ndim(b))
    free_a = [k for k in range(np.ndim(a)) if k not in axes_a]
    free_b = [k for k in range(np.ndim(b)) if k not in axes_b]
    out = np.tensordot(g, b, axes=(range(len(free_a), np.ndim(g)), free_b))
    return np.transpose(out, np.argsort(free_a + [axes_a[k] for k in np.argsort(axes_b)]))


def tensordot_wrt_b(g: Any, a: Any, b: Any, axes: Any = 2) -> Any:
    """The cotangent of b, where g is that of np.tensordot(a, b, axes)."""
    axes_a, axes_b = _contracted(axes, np.ndim(a), np.ndim(b))
    free_a = [k for k in range(np.ndim(a)) if k not in axes_a]
    free_b = [k for k in range(np.ndim(b)) if k not in axes_b]
    out = np.tensordot(a, g, axes=(free_a, range(len(free_a))))
    return np.transpose(out, np.argsort([axes_b[k] for k in np.argsort(axes_a)] + free_b))


def unjoin(g: Any, arrays: Any, how: str, axis: Any = 0) -> list[Any]:
    """The pieces of g that belong to the arrays which np.<how>(arrays) joined."""
    ends = np.cumsum([0, *(np.size(a) for a in arrays)])
    places = [
        np.reshape(np.arange(start, end), np.shape(a))
        for a, start, end in zip(arrays, ends[:-1], ends[1:], strict=True)
    ]
    join = getattr(np, how)
    where = join(places, axis=axis) if how in ("concatenate", "stack") else join(places)
    flat = np.empty(ends[-1], np.result_type(g))
    flat[where] = g
    return [flat[place] for place in places]


def columns(b: Any, like: Any) -> Any:
    """b as a matrix of one column where `like` is a vector, the right side of a solve."""
    return np.expand_dims(b, -1) if np.ndim(like) == 1 else b


def uncolumns(x: Any, like: Any) -> Any:
    """The transpose of `columns`."""
    return x[..., 0] if np.ndim(like) == 1 else x


def cofactor(a: Any) -> Any:
    """The derivative of np.linalg.det, also where the matrix is singular: by the singular values
    a = U diag(s) V, it is det(U) det(V) U diag(prod of the other s) V."""
    u, s, v = np.linalg.svd(a)
    others = np.stack(
        [np.prod(np.delete(s, k, axis=-1), axis=-1) for k in range(s.shape[-1])], axis=-1
    )
    sign = np.linalg.det(u) * np.linalg.det(v)
    return sign[..., None, None] * ((u * others[..., None, :]) @ v)


def product_of_others(x: Any, axis: Any = None) -> Any:
    """For each element the product of all others along the axes (of all, for None)."""
    if isinstance(axis, tuple):
        last = tuple(range(-len(axis), 0))
        moved = np.moveaxis(x, axis, last)
        flat = np.reshape(moved, (*moved.shape[: moved.ndim - len(axis)], -1))
        out = np.reshape(product_of_others(flat, -1), moved.shape)
        return np.moveaxis(out, last, axis)
    flat = np.reshape(x, -1) if axis is None else np.moveaxis(x, axis, -1)
    one = np.ones_like(flat[..., :1])
    before = np.cumprod(np.concatenate((one, flat[..., :-1]), axis=-1), axis=-1)
    after = np.cumprod(np.concatenate((one, flat[..., :0:-1]), axis=-1), axis=-1)[..., ::-1]
    out = before[..., : flat.shape[-1]] * after[..., : flat.shape[-1]]
    return np.reshape(out, np.shape(x))[()] if axis is None else np.moveaxis(out, -1, axis)


def shares(a: Any, out: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """1 / the number of ties at the elements of a that are equal to the extremum, 0 elsewhere."""
    whole = out if axis is None or keepdims or np.ndim(a) == 0 else np.expand_dims(out, axis)
    ties = np.equal(a, whole)
    number = np.sum(ties, axis=axis, keepdims=True)
    dtype = a.dtype if isinstance(a, (np.ndarray, np.floating)) else float
    return (ties / number).astype(dtype, copy=False).reshape(np.shape(a))[()]


def recurrence(a: Any, b: Any, axis: int = 0, backwards: bool = False) -> Any:
    """y[k] = a[k] * y[k - 1] + b[k] along the axis; backwards y[k] = a[k + 1] * y[k + 1] + b[k]."""
    a, y = np.moveaxis(a, axis, 0), np.moveaxis(np.array(b), axis, 0)
    n = len(y)
    for k in range(n - 2, -1, -1) if backwards else range(1, n):
        y[k] += a[k + 1] * y[k + 1] if backwards else a[k] * y[k - 1]
    return np.moveaxis(y, 0, axis)


def add_along_axis(g: Any, indices: Any, like: Any, axis: int) -> Any:
    """Zeros like an array, with g added where np.take_along_axis reads at these indices."""
    out = np.zeros_like(like, dtype=np.asarray(g).dtype)
    places = list(np.ogrid[tuple(slice(n) for n in np.shape(indices))])
    places[axis] = indices
    np.add.at(out, tuple(places), g)
    return out


def augmented(old: Any, new: Any) -> Any:
    """What `x op= v` leaves in x, given the old x and x op v: an array keeps dtype and shape."""
    if not isinstance(old, np.ndarray):
        return new
    if np.shape(new) != old.shape:
        raise ValueError(f"non-broadcastable output operand with shape {old.shape}")
    return np.asarray(new).astype(old.dtype, casting="same_kind", copy=False)


def choices(n: int, r: int, function: str) -> list[tuple[int, ...]]:
    """The tuples of `r` indices below `n` that a function of itertools chooses."""
    return list(getattr(itertools, function)(range(n), r))


def unpack(x: Any, count: int) -> tuple[Any, ...]:
    """The items of a sequence that must have so many."""
    items = tuple(x)
    if len(items) != count:
        raise ValueError(f"{len(items)} values to unpack into {count} names")
    return items


def stop_gradient(x: T) -> T:
    """x, as a constant: its derivative is zero. Tuples, lists and dicts are made anew with the
    same items; arrays are not copied.

    >>> stop_gradient([2.0, 3.0])
    [2.0, 3.0]
    """
    given: Any = x
    made: Any = x
    if type(x) is tuple or type(x) is list:
        made = [stop_gradient(item) for item in given]
        made = tuple(made) if type(x) is tuple else made
    elif type(x) is dict:
        made = {key: stop_gradient(item) for key, item in given.items()}
    found: T = made
    return found
