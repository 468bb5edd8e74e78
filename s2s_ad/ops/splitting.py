"""Splitting an array along an axis. The cotangents of the parts are joined."""

from __future__ import annotations

from typing import Any as Anything

import numpy as np

from s2s_ad.ir.build import emit
from s2s_ad.ir.core import Op, Value
from s2s_ad.ir.types import Num, Size
from s2s_ad.ops.arraytypes import array_of, axis_of, derived, slice_size
from s2s_ad.ops.rules import Contributions, declare
from s2s_ad.ops.shaping import alias_of_array


def _split_type(ary: Anything, indices_or_sections: Anything, axis: int = 0) -> tuple[Num, ...]:
    t = array_of(ary)
    sections = indices_or_sections
    count = sections if isinstance(sections, int) else len(sections) + 1
    if t.shape is None:
        return (Num("array", t.dtype),) * count
    size = t.shape[axis]
    bounds: list[Anything] = []
    if not isinstance(sections, int):
        bounds = [None, *sections, None]
    elif isinstance(size, int):
        bounds = [size * k // count for k in range(count + 1)]
        if size % count:  # np.array_split: the first ones are longer
            first = [-(-size // count)] * (size % count) + [size // count] * (count - size % count)
            bounds = [0, *np.cumsum(first).tolist()]
    at = axis_of(axis, len(t.shape))
    out = []
    for k in range(count):
        if bounds:
            part: Size = slice_size(size, slice(bounds[k], bounds[k + 1]))
        else:
            part = None if size is None else derived("part", size, count)
        out.append(Num("array", t.dtype, (*t.shape[:at], part, *t.shape[at + 1 :])))
    return tuple(out)


def _array_split_type(
    ary: Anything, indices_or_sections: Anything, axis: int = 0
) -> tuple[Num, ...]:
    types = _split_type(ary, indices_or_sections, axis)
    shape = array_of(ary).shape
    if shape is None or isinstance(shape[axis], int) or not isinstance(indices_or_sections, int):
        return types
    at = axis_of(axis, len(shape))
    return tuple(
        Num("array", t.dtype, (*t.shape[:at], None, *t.shape[at + 1 :]))  # type: ignore[index]
        for t in types
    )


class Split:
    """Parts of one array: the cotangents of the parts are joined."""

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        x = op.args[0]
        if type(x) is not Value or x not in dots:
            return [None] * len(op.results)
        parts = emit(op.prim, dots[x], **op.kwargs)
        return parts if isinstance(parts, list) else [parts]

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        x = op.args[0]
        if type(x) is Value and x in active:
            parts = [g if g is not None else np.zeros_like(r) for g, r in zip(bars, op.results)]
            axis = op.kwargs.get("axis", 0)
            yield x, emit("concatenate", parts, **({"axis": axis} if axis else {}))


for _function, _rule in ((np.split, _split_type), (np.array_split, _array_split_type)):
    declare(
        _function,
        _rule,
        Split(),
        alias=alias_of_array("view"),
        static=("indices_or_sections",),
        container="list",
    )
