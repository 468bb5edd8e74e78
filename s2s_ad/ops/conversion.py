"""Copies and dtypes, and what is asked about an array: its shape, rank, size, length, dtype."""

from __future__ import annotations

from typing import Any as Anything

import numpy as np

from s2s_ad.ir.core import Op, Value
from s2s_ad.ir.types import ANY, BOOL, COMPLEX, FLOAT, INT, ListOf, Num, Opaque, Seq, Size, Type
from s2s_ad.ops.arraytypes import array_of, product_of
from s2s_ad.ops.literals import carries
from s2s_ad.ops.rules import Contributions, Linear, constant, declare
from s2s_ad.ops.shaping import shaped_like
from s2s_ad.ops.structure import as_type


def whole_number(size: Size = None) -> Num:
    """The type of a Python int that is a size."""
    return INT if size is None else Num(INT.kind, INT.dtype, (), size)


# Copies ---------------------------------------------------------------------------------------


class Conversion(Linear):
    """Linear, but for a conversion to an integer dtype, which loses the derivative."""

    def __init__(self) -> None:
        super().__init__({0: lambda g, out, x, **static: g})

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        return super().jvp(op, dots) if carries(op) else [None]

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        return super().vjp(op, bars, active) if carries(op) else iter(())


def _copy_type(a: Anything, order: str = "K") -> Num:
    t = array_of(a)
    return Num("array" if t.kind != "np" else "any", t.dtype, t.shape)


COPY = declare(np.copy, _copy_type, Conversion(), np.ndarray.copy, syntax="method copy")


def _astype(x: Anything, dtype: Anything, copy: bool = True) -> Anything:
    return x.astype(dtype, copy=copy)


def _astype_type(x: Anything, dtype: Anything, copy: bool = True) -> Type:
    t = as_type(x)
    if not isinstance(t, Num):
        return Num("any", np.dtype(dtype), None)
    return Num("np" if t.kind in ("py", "np") else t.kind, np.dtype(dtype), t.shape)


def _astype_alias(op: Op) -> str:
    return "fresh" if op.kwargs.get("copy", True) else "layout"


ASTYPE = declare(
    _astype,
    _astype_type,
    Conversion(),
    np.ndarray.astype,
    *([np.astype] if hasattr(np, "astype") else []),  # since NumPy 2.1
    name="astype",
    syntax="method astype",
    alias=_astype_alias,
    static=("dtype",),
)

# Questions ------------------------------------------------------------------------------------


def _shape_type(a: Anything) -> Type:
    sizes = array_of(a).shape
    if sizes is None:
        return ListOf("tuple", INT)
    return Seq("tuple", tuple(map(whole_number, sizes)))


SHAPE = declare(np.shape, _shape_type, constant, syntax="attribute shape", arrays=0)


def _ndim_type(a: Anything) -> Type:
    return whole_number(array_of(a).rank)


NDIM = declare(np.ndim, _ndim_type, constant, syntax="attribute ndim", arrays=0)


def _size_type(a: Anything, axis: int | None = None) -> Type:
    sizes = array_of(a).shape
    if sizes is None:
        return INT
    return whole_number(product_of(sizes) if axis is None else sizes[axis])


SIZE = declare(np.size, _size_type, constant, syntax="attribute size", arrays=0)


def _len_type(x: Anything) -> Type:
    t = as_type(x)
    if isinstance(t, Seq):
        return whole_number(len(t.items))
    if isinstance(t, Num) and t.shape:
        return whole_number(t.shape[0])
    return INT


LEN = declare(len, _len_type, constant)


def _dtype_of(x: Anything) -> Anything:
    return x.dtype


DTYPE = declare(
    _dtype_of,
    lambda x: Opaque("dtype") if as_type(x) != ANY else ANY,
    constant,
    name="dtype",
    syntax="attribute dtype",
)

# A Python scalar from an array of one element -------------------------------------------------


def _item(x: Anything) -> Anything:
    return x.item()


def _item_type(x: Anything) -> Type:
    t = as_type(x)
    if not isinstance(t, Num) or t.dtype is None:
        return Num("py", None, ())
    return {"b": BOOL, "c": COMPLEX, "f": FLOAT}.get(t.dtype.kind, INT)


ITEM = declare(
    _item,
    _item_type,
    Linear({0: lambda g, out, x: shaped_like(g, x)}),
    np.ndarray.item,
    name="item",
    syntax="method item",
)
