"""Stores of a piece of an array into another piece of it.

`A[:, 2] = A[1]`: NumPy copies the right side first where memory overlaps, but not where both sides
are vectors with strides of one sign; that is right only where the strides are the same.
"""

from __future__ import annotations

from typing import Any as Anything

import numpy as np

from s2s_ad.ir.core import Op, Value
from s2s_ad.ir.types import SCALARS, Num, Type


def crosses(t: Type, target: list[Anything], source: list[Anything]) -> bool:
    """Whether a store into a view of an array of type t, of another view of it, may read what it
    has written. A view is a path from the array: operations, and indices that are yet to be
    taken."""
    rank = t.rank if isinstance(t, Num) else None
    stored = kept(rank, target)
    if stored is not None and len(stored) != 1:
        return False
    read = kept(rank, source)
    if stored is None or read is None or len(read) > 1:
        return True
    if not read:
        return False
    (axis, step), (other, stride) = stored[0], read[0]
    if type(step) is not int or type(stride) is not int:
        return True
    return step * stride > 0 and (axis != other or step != stride)


def is_basic(index: Anything) -> bool:
    """Whether an index surely is made of ints, slices, newaxis and ellipsis."""
    if isinstance(index, tuple):
        return all(map(is_basic, index))
    if isinstance(index, slice):
        return True
    if type(index) is Value:
        t = index.type
        known = isinstance(t, Num) and t.kind in SCALARS and t.dtype is not None
        return known and t.dtype.kind in "iu"  # type: ignore[union-attr]
    if isinstance(index, (bool, np.bool_)):
        return False
    return index is None or index is Ellipsis or isinstance(index, (int, np.integer))


def kept(rank: int | None, path: list[Anything]) -> list[tuple[int, Anything]] | None:
    """The axes of an array that a view has, with their steps; None where that is not known."""
    if rank is None:
        # Only the vector of an array of unknown rank, as it is written, can be compared.
        first = path[0].args[1] if isinstance(path[0], Op) and is_getitem(path[0]) else path[0]
        if not isinstance(first, slice):
            return None
        rank = 1
    axes: list[tuple[int, Anything]] = [(k, 1) for k in range(rank)]
    for e in path:
        if isinstance(e, Op) and not is_getitem(e):
            turned = e.prim.name in ("T", "transpose") and len(e.args) == 1 and not e.kwargs
            if not turned:
                return None
            axes.reverse()
            continue
        found = _taken(axes, e.args[1] if isinstance(e, Op) else e)
        if found is None:
            return None
        axes = found
    return axes


def is_getitem(op: Op) -> bool:
    return op.prim.name == "getitem"


def _taken(axes: list[tuple[int, Anything]], index: Anything) -> list[tuple[int, Anything]] | None:
    """What a plain index leaves of axes and steps."""
    entries = list(index) if isinstance(index, tuple) else [index]
    if not is_basic(index) or any(e is None for e in entries):
        return None
    if any(e is Ellipsis for e in entries):
        k = next(k for k, e in enumerate(entries) if e is Ellipsis)
        entries[k : k + 1] = [slice(None)] * (len(axes) - len(entries) + 1)
    entries += [slice(None)] * (len(axes) - len(entries))
    out = []
    for (axis, step), e in zip(axes, entries):
        if isinstance(e, slice):
            stride = 1 if e.step is None else e.step
            known = type(step) is int and type(stride) is int
            out.append((axis, step * stride if known else None))
    return out
