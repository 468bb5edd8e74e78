"""Arrays written out (`np.array([x, 1.0])`), and np.asarray."""

from __future__ import annotations

from typing import Any as Anything

import numpy as np

from s2s_ad.ir.build import typeof
from s2s_ad.ir.core import Op, Value
from s2s_ad.ir.types import Num, same_dtype
from s2s_ad.ops.arraytypes import array_of, dtype_given
from s2s_ad.ops.joining import Join, stacked_place, unpack
from s2s_ad.ops.rules import Contributions, declare
from s2s_ad.ops.shaping import alias_of_array, shaped_like


class Literal(Join):
    """np.array of numbers and arrays, in nests; of one array it is a copy."""

    def __init__(self) -> None:
        super().__init__(stacked_place)

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        return super().jvp(op, dots) if carries(op) else [None]

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        if carries(op):
            yield from unpack(op.args[0], bars[0], active)


def carries(op: Op) -> bool:
    """Whether a conversion keeps the derivative: to an integer dtype it is lost."""
    t = op.result.type
    return not isinstance(t, Num) or t.dtype is None or t.dtype.kind in "fc"


def _array_type(
    object: Anything, dtype: Anything = None, copy: Anything = True, order: str = "K"
) -> Num:
    t = array_of(object)
    return Num("array", dtype_given(dtype, t.dtype), t.shape)


def _array_alias(op: Op) -> str:
    return "fresh" if op.kwargs.get("copy", True) is True else _asarray_alias(op)


def _asarray_alias(op: Op) -> str:
    what = alias_of_array("same")(op)
    t, out = typeof(op.args[0]), op.result.type
    if what != "same" or not isinstance(t, Num):
        return what
    known = out.dtype if isinstance(out, Num) else None
    if t.kind == "array" and (op.kwargs.get("dtype") is None or same_dtype(t.dtype, known)):
        return "same"
    differ = t.dtype is not None and known is not None and t.dtype != known
    return "fresh" if differ else "layout"


def _asarray_type(a: Anything, dtype: Anything = None) -> Num:
    return _array_type(a, dtype)


ARRAY = declare(np.array, _array_type, Literal(), alias=_array_alias, arrays=0)
ASARRAY = declare(
    np.asarray, _asarray_type, Literal(), np.asanyarray, alias=_asarray_alias, arrays=0
)


def _contiguous_type(a: Anything, dtype: Anything = None) -> Num:
    t = _array_type(a, dtype)
    return t if t.shape else Num("array", t.dtype, None if t.shape is None else (1,))


class Contiguous(Literal):
    """np.ascontiguousarray makes a vector of a number."""

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        x, g = op.args[0], bars[0]
        if type(x) is Value and isinstance(x.type, Num) and x.type.shape in ((), None):
            g = shaped_like(g, x)
        if carries(op):
            yield from unpack(x, g, active)


def _contiguous_alias(op: Op) -> str:
    what = _asarray_alias(op)
    return "layout" if what == "same" else what


ASCONTIGUOUSARRAY = declare(
    np.ascontiguousarray, _contiguous_type, Contiguous(), alias=_contiguous_alias, arrays=0
)
