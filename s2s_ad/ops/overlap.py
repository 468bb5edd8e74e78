"""Stores of a piece of an array into another piece of it.

`A[:, 2] = A[1]`: NumPy copies the right side first where memory overlaps, but not where both sides
are vectors with strides of one sign; that is right only where the strides are the same.
"""

from __future__ import annotations

from typing import Any as Anything

import numpy as np

from s2s_ad.ir.core import Op, Value
from s2s_ad.ir.types import SCALARS, Num, Type


def crosses(t: Type, index: Anything, views: list[Op], narrower: bool = False) -> bool:
    """Whether `x[index] = v` may read what it has written: v is a view of x (of type t) by these
    steps, last one first. `narrower`: what is stored into is itself a view of x."""
    rank = t.rank if isinstance(t, Num) else None
    target = kept(index, rank)
    if not narrower and target is not None and len(target) != 1:
        return False
    if narrower or target is None or len(views) > 1 or views[0].prim.name != "getitem":
        return True
    source = kept(views[0].args[1], rank)
    if source is None or len(source) != 1:
        return source is None
    (axis, step), (other, stride) = target[0], source[0]
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


def kept(index: Anything, rank: int | None) -> list[tuple[int, Anything]] | None:
    """The axes that a plain index keeps, with their steps; None where that is not known."""
    found = list(index) if isinstance(index, tuple) else [index]
    if found == [Ellipsis]:
        found = []
    if not is_basic(index) or any(e is None or e is Ellipsis for e in found):
        return None
    if rank is None:
        # Only the vector of an array of unknown rank, as it is written, can be compared.
        if len(found) != 1 or not isinstance(found[0], slice):
            return None
        rank = 1
    found += [slice(None)] * (rank - len(found))
    return [
        (k, 1 if e.step is None else e.step) for k, e in enumerate(found) if isinstance(e, slice)
    ]
