"""What a list or dict holds, and what it is given: the primitive changes of cells."""

from __future__ import annotations

import functools
from typing import Any as Anything
from typing import Union

from s2s_ad.frontend import prelude
from s2s_ad.frontend.arguments import look_into, take_apart
from s2s_ad.frontend.bindings import Cell, Unrollable, describe, is_key, is_structure
from s2s_ad.frontend.context import Frame, Lowering, happened, operand, refuse
from s2s_ad.frontend.holding import cells_in, holding, keep, materialised
from s2s_ad.frontend.places import base, check_floor, current, hold, is_list, narrowed, renew
from s2s_ad.frontend.sharing import Update, note, visible
from s2s_ad.frontend.subscripts import looping, refuse_key
from s2s_ad.ir.build import cursor, emit
from s2s_ad.ir.core import Block, Op, Value
from s2s_ad.ir.types import ListOf, Num, Seq
from s2s_ad.ops.slots import element

ADVICE = "copy it first (list(xs), dict(d)), and change the copy"
NEW = "make a new object with the other attributes"


List = Union[Cell, Value]  # a list, or one that is an item of another list


def change(frame: Frame, cell: List, new: Anything, grows: bool = True) -> None:
    """Give a list or dict new contents. `grows` tells that items may come, go or move."""
    lowering = frame.lowering
    if isinstance(cell, Value):
        change_inside(frame, cell, new)
        return
    check_floor(lowering, cell)
    if cell.outside:
        refuse(
            f"a default {cell.shown} of the caller is changed", "copy it first, and change the copy"
        )
    if cell.in_place:
        take_apart(lowering, cell)
    if cell.kept:
        look_into(lowering, cell.initial)
        what = f"this {cell.shown} is an item of another list as well"
        advice = "store a copy there: list(xs)" if isinstance(cell.kind, str) else NEW
        if isinstance(cell.kind, type) and type(cell.initial) is Value:
            what = f"this {cell.shown} is changed, and is chosen at run time among some"
            advice = "choose it by a literal index, or in a loop over range of a known number"
        raise Unrollable(what, advice, cursor().location)
    if grows and any(cell is w for w in lowering.walked):
        refuse(f"{describe(cell)} is changed while a loop walks it", "walk a copy: list(xs)")
    others = [x for x in visible(frame, None) if x is not cell]
    blocks = tuple(lowering.blocks)
    advice = ADVICE if isinstance(cell.kind, str) else NEW
    new_update = Update(cell, others, describe(cell), cursor().location, advice, None, blocks)
    lowering.updates.append(new_update)
    if grows:
        lowering.reshaped.add(cell)
    hold(lowering, cell, new)
    happened(frame)


def change_inside(frame: Frame, x: Value, new: Anything) -> None:
    """Give a list that is an item of another list new contents."""
    lowering = frame.lowering
    current(lowering, x)  # refuses what has moved
    root, steps = base(lowering, x)
    if not isinstance(root, Cell):
        look_into(lowering, x)
        refuse("a list inside an argument is changed", "copy it first: xs = list(xs)")
    note(frame, None, root, "an item of a list", ADVICE, x)
    stored = materialised(frame, new)
    lowering.single[stored] = 2  # it is the item that was there, changed
    renew(frame, root, emit("set_at", holding(frame, root), path_of(lowering, steps), stored))


def path_of(lowering: Lowering, steps: list[Op], *inner: Anything) -> Anything:
    """The index by which a list is asked for what some steps, and an index, lead to."""
    path = inner[0] if inner else None
    for op in reversed(steps):
        first = path is None and not inner
        path = op.args[1] if first else narrowed(lowering, op.args[1], path, op.args[0].type)
    return path


def now(frame: Frame, x: List) -> Anything:
    """What a list holds now; it may be an item of another list."""
    return current(frame.lowering, x) if isinstance(x, Value) else holding(frame, x)


def as_list(frame: Frame, x: Anything) -> Value:
    """What a list holds, as a value."""
    x = now(frame, x)
    out: Value = materialised(frame, list(x) if is_structure(x) else x)
    return out


def is_inside(frame: Frame, x: Anything) -> bool:
    """Whether a binding is a list in a list that the function can change."""
    if type(x) is not Value or not is_list(x.type):
        return False
    return isinstance(base(frame.lowering, x)[0], Cell)


def set_item(frame: Frame, cell: List, index: Anything, v: Anything) -> None:
    """`xs[index] = v`, `d[key] = v`."""
    if isinstance(cell, Value):
        set_inside(frame, cell, index, v)
        return
    held = now(frame, cell)
    if type(held) is Value and isinstance(held.type, Seq):
        held = unfolded(frame, held)
    if type(held) is dict:
        if not is_key(index):
            refuse_key(index)
        change(frame, cell, {**held, index: v}, grows=index not in held)
        return
    if type(held) is list and isinstance(index, slice):
        if not _static(index):
            refuse("a store into a slice of a list with computed bounds", "write a loop")
        new = list(held)
        new[index] = _all(frame, v)
        change(frame, cell, new)
        return
    if type(held) is list and type(index) is int:
        if -len(held) <= index < len(held):
            new = list(held)
            new[index] = v
            change(frame, cell, new, grows=False)
            return
        if not looping(frame):
            refuse(f"the index {index} is out of range", f"there are {len(held)} items")
    if isinstance(index, slice):
        from s2s_ad.frontend.containers import run

        new = holding(frame, run(frame, prelude.collected, v))
        change(frame, cell, replaced(held, index, materialised(frame, new)))
        return
    x, stored = as_list(frame, held), kept(frame, v)
    new_value = emit("set_at", x, operand(frame, index), stored)
    change(frame, cell, new_value, grows=False)


def set_inside(frame: Frame, x: Value, index: Anything, v: Anything) -> None:
    """`xs[i][j] = v`, for a list in a list."""
    lowering = frame.lowering
    if isinstance(index, slice):
        refuse("a store into a slice of a list in a list", "write a loop")
    current(lowering, x)  # refuses what has moved
    root, steps = base(lowering, x)
    note(frame, None, root, "an item of a list", ADVICE, x)
    stored = kept(frame, v)
    path = path_of(lowering, steps, operand(frame, index))
    renew(frame, root, emit("set_at", holding(frame, root), path, stored))


def kept(frame: Frame, v: Anything) -> Anything:
    """What becomes an item of a list that is a value; a list is such an item once at most."""
    if isinstance(v, Cell):
        inside = cells_in(frame, v)[1:]
        level = 2 if len(set(inside)) == len(inside) else 1
        if any(shared(frame, c) for c in inside):
            level = 1
        if shared(frame, v):
            level = 0
        keep(frame.lowering, v)
        out = materialised(frame, v)
        elem = element(out.type)
        if isinstance(out.type, Seq) and v.kind == "list" and isinstance(elem, (Num, ListOf)):
            out.type = ListOf("list", elem)  # it may grow
        frame.lowering.single[out] = level
        return out
    return materialised(frame, v)


def shared(frame: Frame, cell: Cell) -> bool:
    """Whether a cell may be put into a list more than once."""
    home = frame.lowering.homes[cell]
    inner = [b for b in frame.lowering.blocks if b is home or _loop(b)]
    return cell.kept or not inner or inner[-1] is not home and _loop(inner[-1])


def _loop(block: Block) -> bool:
    return bool(block.params)


def replaced(held: Value, index: slice, new: Anything) -> Anything:
    """A list of unknown length with other items (None: no items) in place of a slice."""

    start, stop = 0 if index.start is None else index.start, index.stop
    known = type(start) is int and (stop is None or type(stop) is int and (start < 0) == (stop < 0))
    if not known or index.step is not None:
        refuse(
            "a slice with computed bounds or a step, of a list of unknown length, is replaced",
            "write xs = xs[:i] + ys + xs[j:]",
        )
    parts = [emit("getitem", held, slice(None, start))] if start else []
    parts += [] if new is None else [new]
    if stop is not None:
        parts.append(emit("getitem", held, slice(max(start, stop), None)))
    return functools.reduce(lambda a, b: emit("list_join", a, b), parts) if parts else []


def unfolded(frame: Frame, held: Anything) -> Anything:
    """Contents of known length as a list or dict of bindings."""
    from s2s_ad.frontend.holding import opened

    return opened(frame, held)


def _static(index: slice) -> bool:
    return all(p is None or type(p) is int for p in (index.start, index.stop, index.step))


def _all(frame: Frame, x: Anything) -> list[Anything]:
    """All items of an iterable of known length."""
    from s2s_ad.frontend.iteration import walk

    found = walk(frame, x).fixed(frame)
    if found is None:
        refuse("the number of items is not known here", "write a loop")
    return list(found)
