"""Whether a store may read what it has written: of a view into another view of one array."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any as Anything

from s2s_ad.frontend.bindings import Cell
from s2s_ad.frontend.places import base
from s2s_ad.ir.core import Op, Value
from s2s_ad.ir.types import Num
from s2s_ad.ops.indexing import read_type
from s2s_ad.ops.overlap import crosses, is_basic

if TYPE_CHECKING:
    from s2s_ad.frontend.context import Lowering


def overlaps(lowering: Lowering, root: Value, steps: list[Op], index: Anything, v: Value) -> bool:
    """Whether `root[index] = v` (after view steps) stores a view of the root into a vector of it
    that is laid out otherwise (see ops/overlap.py)."""
    if isinstance(root, Cell):
        return base(lowering, v)[0] is root
    crossed: list[Op] = []
    inner = v
    while inner not in lowering.owners and inner is not root:
        op = inner.owner
        if not isinstance(op, Op) or op.blocks or not op.args or type(op.args[0]) is not Value:
            return False
        if op.prim.name in ("call", "getattr", "read") or op.prim.aliasing(op) == "fresh":
            return False
        crossed.append(op)
        inner = op.args[0]
    if lowering.owners.get(inner, inner) is not root:
        return False
    if not crossed:
        return not steps and not is_basic(index)
    shared = crossed[len(crossed) - len(steps) :][::-1]
    if steps and len(shared) == len(steps) and all(map(same_step, steps, shared)):
        rest = crossed[: len(crossed) - len(steps)]  # both are pieces of one view
        if not rest:
            return not is_basic(index)
        return crosses(steps[-1].result.type, [index], rest[::-1])
    place = steps[-1].result.type if steps else root.type
    if is_basic(index):
        t = read_type(place, index)
        if isinstance(t, Num) and t.rank not in (None, 1):
            return False
    return crosses(root.type, [*steps, index], crossed[::-1])


def same_step(a: Op, b: Op) -> bool:
    """Whether two view steps lead from one array to the same places."""
    return a.prim is b.prim and _same_index((a.args[1:], a.kwargs), (b.args[1:], b.kwargs))


def _same_index(a: Anything, b: Anything) -> bool:
    if type(a) is Value or type(b) is Value:
        return a is b
    if type(a) is not type(b):
        return False
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(map(_same_index, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(map(_same_index, a.values(), b.values()))
    if isinstance(a, slice):
        return _same_index((a.start, a.stop, a.step), (b.start, b.stop, b.step))
    return a is None or a is Ellipsis or isinstance(a, (int, str)) and a == b
