"""Methods and attributes of arrays, as the NumPy functions that they are.

`METHODS[name](x, *args, **kwargs)` and `ATTRIBUTES[name](x)` write the operation (they are called
with values, while a block is under construction); a few answer at once, with a constant.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any as Anything

import numpy as np

from s2s_ad.errors import UnsupportedError
from s2s_ad.ir.build import apply, emit, typeof
from s2s_ad.ir.types import Num

Function = Callable[..., Anything]


def function(f: Anything) -> Function:
    """The method that is f with the array as its first argument."""
    return lambda x, *args, **kwargs: apply(f, x, *args, **kwargs)


def refused(name: str, advice: str) -> Function:
    """A method that writes into its array."""

    def method(x: Anything, *args: Anything, **kwargs: Anything) -> Anything:
        raise UnsupportedError(f".{name}() writes into its array", advice)

    return method


def _one_or_many(args: tuple[Anything, ...]) -> Anything:
    """x.reshape(2, 3) and x.reshape((2, 3)) are one."""
    return args[0] if len(args) == 1 else args


def _reshape(x: Anything, *shape: Anything, **kwargs: Anything) -> Anything:
    return apply(np.reshape, x, _one_or_many(shape), **kwargs)


def _transpose(x: Anything, *axes: Anything) -> Anything:
    if not axes or axes == (None,):
        return apply(np.transpose, x)
    return apply(np.transpose, x, _one_or_many(axes))


def _item(x: Anything, *index: Anything) -> Anything:
    """The one element of an array (or the one at an index) as a Python scalar."""
    return emit("item", x) if not index else emit("item", apply_index(x, index))


def apply_index(x: Anything, index: tuple[Anything, ...]) -> Anything:
    place = _one_or_many(index)
    t = typeof(x)
    if len(index) == 1 and isinstance(t, Num) and t.rank != 1:
        raise UnsupportedError(
            ".item(i) of what is not known to be a vector", "write x.ravel()[i].item()"
        )
    return emit("getitem", x, place)


METHODS: dict[str, Function] = {
    name: function(getattr(np, name))
    for name in (
        "all", "any", "argmax", "argmin", "argsort", "clip", "cumprod", "cumsum", "diagonal",
        "dot", "max", "mean", "min", "prod", "ravel", "repeat", "round", "searchsorted",
        "squeeze", "std", "sum", "swapaxes", "take", "trace", "var",
    )
}  # fmt: skip
METHODS |= {
    "astype": function(np.ndarray.astype),
    "copy": function(np.ndarray.copy),
    "flatten": function(np.ndarray.flatten),
    "item": _item,
    "reshape": _reshape,
    "transpose": _transpose,
    "conj": function(np.conj),
    "conjugate": function(np.conj),
    "tolist": lambda x: emit("item", x) if _scalar(x) else _no_list(),
    "__len__": function(len),
    "fill": refused("fill", "write x = np.full_like(x, value)"),
    "sort": refused("sort", "write x = np.sort(x)"),
    "partition": refused("partition", "write x = np.partition(x, k)"),
    "put": refused("put", "write the store with an index"),
    "resize": refused("resize", "write x = np.resize(x, shape)"),
}


def _scalar(x: Anything) -> bool:
    t = typeof(x)
    return isinstance(t, Num) and t.shape == ()


def _no_list() -> Anything:
    raise UnsupportedError(".tolist() of an array", "work with the array itself")


def _dtype(x: Anything) -> Anything:
    t = typeof(x)
    known = isinstance(t, Num) and t.dtype is not None and t.kind != "py"
    return t.dtype if known else emit("dtype", x)  # type: ignore[union-attr]


ATTRIBUTES: dict[str, Function] = {
    "T": lambda x: emit("T", x),
    "mT": lambda x: apply(np.swapaxes, x, -1, -2),
    "shape": lambda x: apply(np.shape, x),
    "ndim": lambda x: apply(np.ndim, x),
    "size": lambda x: apply(np.size, x),
    "dtype": _dtype,
    "real": lambda x: apply(np.real, x),
    "imag": lambda x: apply(np.imag, x),
}
