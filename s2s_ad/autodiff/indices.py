"""Index facts: which places of an array two accesses can name, from the ranges of loops.

An index is bounded by values that do not change while two accesses are compared: in
`for j in range(i)`, `j` is at most `i - 1`, and a slice `x[i + 1:]` starts at `i + 1`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any as Anything

from s2s_ad.ir.core import Block, Op, Value
from s2s_ad.ops.structure import FOR

Bound = tuple["Value | None", int]  # the sum of both; None for a constant


def components(index: Anything) -> tuple[Anything, ...]:
    """An index as a tuple of components."""
    return index if isinstance(index, tuple) else (index,)


def affine(x: Anything) -> Bound | None:
    """x as (variable, constant), their sum; variable None for a constant."""
    if type(x) is int:
        return None, x
    if type(x) is not Value:
        return None
    op = x.owner
    if isinstance(op, Op) and op.prim.name in ("add", "subtract") and len(op.args) == 2:
        a, b = affine(op.args[0]), affine(op.args[1])
        if a is not None and b is not None and b[0] is None:
            return a[0], a[1] + (b[1] if op.prim.name == "add" else -b[1])
        if a is not None and b is not None and a[0] is None and op.prim.name == "add":
            return b[0], b[1] + a[1]
        return None
    return (x, 0) if isinstance(x.owner, Block) else None


def loop_of(v: Value | None) -> Op | None:
    """The loop of which v is the index, where its step is known."""
    loop = v.owner.owner if v is not None and isinstance(v.owner, Block) else None
    if not isinstance(loop, Op) or loop.prim is not FOR or loop.blocks[0].params[0] is not v:
        return None
    return loop if type(loop.args[2]) is int and loop.args[2] != 0 else None


def rises(loop: Op) -> bool:
    """Whether the index of a loop grows from one iteration to the next."""
    return bool(loop.args[2] > 0) != bool(loop.kwargs.get("reversed"))


def bounds(x: Anything, upper: bool) -> list[Bound]:
    """Bounds of the places that one component of an index names, each following from the one
    before it by the range of a loop; none where nothing is known, or where an index may be
    negative, which counts from the end."""
    if type(x) is slice:
        if x.step is not None and not (type(x.step) is int and x.step > 0):
            return []
        end = x.stop if upper else 0 if x.start is None else x.start
        if not nonnegative(end):
            return []
        return [(v, c - 1) for v, c in expanded(end, True)] if upper else expanded(end, False)
    return expanded(x, upper) if nonnegative(x) else []


def expanded(x: Anything, upper: bool) -> list[Bound]:
    """Bounds of a number, as of `bounds`."""
    found = affine(x)
    out: list[Bound] = []
    while found is not None:
        out.append(found)
        variable, constant = found
        loop = loop_of(variable)
        if loop is None:
            break
        start, stop, step = loop.args[:3]
        if (step > 0) == upper:
            end, shift = affine(stop), -1 if upper else 1
        else:
            end, shift = affine(start), 0
        found = None if end is None else (end[0], end[1] + shift + constant)
    return out


def nonnegative(x: Anything) -> bool:
    """Whether a number is known not to be negative."""
    return any(v is None and c >= 0 for v, c in expanded(x, False))


def ahead(r: Anything, s: Anything, variable: Value, rising: bool) -> int | None:
    """How far the place s is ahead of the place r, at least, while the index of a loop is the
    same for both and moves on; None where that is not known."""
    gaps = [
        far - near if rising else near - far
        for v, near in bounds(r, rising)
        for w, far in bounds(s, not rising)
        if v is variable and w is variable
    ]
    return max(gaps, default=None)


def apart(r: Anything, s: Anything, fixed: Collection[Value] | None = None) -> bool:
    """Whether two components never name one place while the values of `fixed` (all, if None)
    are the same for both."""
    return any(
        v is w and (v is None or fixed is None or v in fixed) and high < low
        for a, b in ((r, s), (s, r))
        for v, high in bounds(a, True)
        for w, low in bounds(b, False)
    )
