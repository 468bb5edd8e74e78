"""Lists and dicts: what they hold now, and the methods and stores that change them.

A list or dict is a cell, an object with an identity that names share. What it holds is a list or
dict of bindings as long as its length is known while lowering; a list that grows in a loop, or is
written at a computed index, holds a value. `Lowering.versions` has what each cell holds now.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any as Anything
from typing import Union

from s2s_ad.frontend import prelude
from s2s_ad.frontend.bindings import Cell, is_key, is_plain, is_structure
from s2s_ad.frontend.comprehensions import Generator, consume
from s2s_ad.frontend.context import (
    Frame,
    cell_of,
    certain,
    holding,
    keep,
    materialised,
    operand,
    refuse,
)
from s2s_ad.frontend.places import base, check_floor, current, hold, is_list, narrowed, renew
from s2s_ad.frontend.sharing import Update, note, visible
from s2s_ad.frontend.subscripts import looping, refuse_key
from s2s_ad.ir.build import cursor, emit
from s2s_ad.ir.core import Block, Op, Value
from s2s_ad.ir.types import ListOf, Num, Seq
from s2s_ad.ops.slots import element

ADVICE = "copy it first (list(xs), dict(d)), and change the copy"


List = Union[Cell, Value]  # a list, or one that is an item of another list


def change(frame: Frame, cell: List, new: Anything, grows: bool = True) -> None:
    """Give a list or dict new contents. `grows` tells that items may come, go or move."""
    lowering = frame.lowering
    if isinstance(cell, Value):
        change_inside(frame, cell, new)
        return
    check_floor(lowering, cell)
    if cell.outside:
        what = "an" if isinstance(cell.kind, type) else "a default"
        refuse(
            f"{what} {cell.shown} of the caller is changed", "copy it first, and change the copy"
        )
    if cell.kept:
        refuse(
            f"this {cell.shown} is an item of another list as well", "store a copy there: list(xs)"
        )
    if grows and any(cell is w for w in lowering.walked):
        refuse(f"a {cell.shown} is changed while a loop walks it", "walk a copy: list(xs)")
    others = [x for x in visible(frame, None) if x is not cell]
    blocks = tuple(lowering.blocks)
    new_update = Update(cell, others, f"a {cell.shown}", cursor().location, ADVICE, None, blocks)
    lowering.updates.append(new_update)
    if grows:
        lowering.reshaped.add(cell)
    hold(lowering, cell, new)


def change_inside(frame: Frame, x: Value, new: Anything) -> None:
    """Give a list that is an item of another list new contents."""
    lowering = frame.lowering
    current(lowering, x)  # refuses what has moved
    root, steps = base(lowering, x)
    if not isinstance(root, Cell):
        refuse("a list inside an argument is changed", "copy it first: xs = list(xs)")
    note(frame, None, root, "an item of a list", ADVICE, x)
    held = holding(frame, root)
    stored = materialised(frame, new)
    path: Anything = None
    for op in reversed(steps):
        path = op.args[1] if path is None else narrowed(lowering, op.args[1], path, op.args[0].type)
    lowering.single[stored] = True  # it is the item that was there, changed
    renew(frame, root, emit("set_at", held, path, stored))


def now(frame: Frame, x: List) -> Anything:
    """What a list holds now; it may be an item of another list."""
    return current(frame.lowering, x) if isinstance(x, Value) else holding(frame, x)


def as_list(frame: Frame, x: Anything) -> Value:
    """What a list holds, as a value."""
    x = now(frame, x)
    out: Value = materialised(frame, list(x) if is_structure(x) else x)
    return out


# Stores ---------------------------------------------------------------------------------------


def is_container(x: Anything) -> bool:
    """Whether a binding is a list or dict that could be changed."""
    return isinstance(x, Cell)


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
        new = holding(frame, run(frame, prelude.collected, v))
        change(frame, cell, replaced(frame, held, index, materialised(frame, new)))
        return
    x, stored = as_list(frame, held), kept(frame, v)
    new_value = emit("set_at", x, operand(frame, index), stored)
    change(frame, cell, new_value, grows=False)


def set_inside(frame: Frame, x: Value, index: Anything, v: Anything) -> None:
    """`xs[i][j] = v`, for a list in a list."""
    lowering = frame.lowering
    if isinstance(index, slice):
        refuse("a store into a slice of a list in a list", "write a loop")
    op = current(lowering, x).owner
    root, _ = base(lowering, x)
    note(frame, None, root, "an item of a list", ADVICE, x)
    assert isinstance(op, Op)
    path = narrowed(lowering, op.args[1], operand(frame, index), op.args[0].type)
    stored = kept(frame, v)
    renew(frame, root, emit("set_at", op.args[0], path, stored))


def kept(frame: Frame, v: Anything) -> Anything:
    """What becomes an item of a list that is a value; a list is such an item once at most."""
    if isinstance(v, Cell):
        home = frame.lowering.homes[v]
        inner = [b for b in frame.lowering.blocks if b is home or _loop(b)]
        v.shared = v.kept or not inner or inner[-1] is not home and _loop(inner[-1])
        keep(frame.lowering, v)
        out = materialised(frame, v)
        elem = element(out.type)
        if isinstance(out.type, Seq) and v.kind == "list" and isinstance(elem, (Num, ListOf)):
            out.type = ListOf("list", elem)  # it may grow
        frame.lowering.single[out] = not v.shared
        return out
    return materialised(frame, v)


def _loop(block: Block) -> bool:
    return bool(block.params)


def delete_item(frame: Frame, x: Anything, index: Anything) -> None:
    """`del xs[index]`, `del d[key]`."""
    if not isinstance(x, Cell) and not is_inside(frame, x):
        refuse("del of an item of something that is no list or dict", "build a new array")
    held = unfolded(frame, now(frame, x))
    if is_structure(held) and (isinstance(index, slice) or is_key(index)):
        new = held.copy()
        try:
            del new[index]
        except (KeyError, IndexError) as error:
            refuse(f"there is no such item: {error}", "test for it first: if key in d")
        change(frame, x, new)
        return
    if isinstance(index, slice):
        change(frame, x, replaced(frame, held, index, None))
    else:
        pop(frame, x, index)


def replaced(frame: Frame, held: Value, index: slice, new: Anything) -> Anything:
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
    from s2s_ad.frontend.context import opened

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


# Methods --------------------------------------------------------------------------------------


def append(frame: Frame, cell: List, v: Anything) -> None:
    held = now(frame, cell)
    if is_structure(held):
        change(frame, cell, [*held, v])
        return
    change(frame, cell, emit("list_insert", held, None, kept(frame, v)))


def insert(frame: Frame, cell: List, index: Anything, v: Anything) -> None:
    held = now(frame, cell)
    if is_structure(held) and type(index) is int:
        new = list(held)
        new.insert(index, v)
        change(frame, cell, new)
    elif type(index) is int and index == 0:
        change(frame, cell, emit("list_insert", as_list(frame, cell), 0, kept(frame, v)))
    else:
        x, at = as_list(frame, cell), operand(frame, index)
        head, tail = emit("getitem", x, slice(None, at)), emit("getitem", x, slice(at, None))
        grown = emit("list_insert", head, None, kept(frame, v))
        change(frame, cell, emit("list_join", grown, tail))


def pop(frame: Frame, cell: List, *index: Anything) -> Anything:
    held = unfolded(frame, now(frame, cell))
    if isinstance(cell, Cell) and cell.kind == "dict":
        return _pop_key(frame, cell, held, *index)
    at = index[0] if index else -1
    if is_structure(held) and type(at) is int:
        if -len(held) <= at < len(held):
            new = list(held)
            out = new.pop(at)
            change(frame, cell, new)
            return out
        if not looping(frame):
            empty = "pop from empty list" if not held else "pop index out of range"
            certain(frame, IndexError, empty)
            refuse("pop from a list that has no such item", "test its length first: if xs")
    if type(at) is int and at in (-1, 0):
        x = as_list(frame, cell)
        shorter, out = emit("list_take", x, None if at == -1 else 0)
        change(frame, cell, shorter)
        return out
    x = as_list(frame, cell)
    if type(at) is not int or at < 0:
        at = run(frame, prelude.place, at, emit("len", x))
    head, tail = emit("getitem", x, slice(None, at)), slice(emit("add", at, 1), None)
    out = emit("getitem", x, at)
    change(frame, cell, emit("list_join", head, emit("getitem", x, tail)))
    return out


def _pop_key(
    frame: Frame, cell: List, held: Anything, key: Anything, *default: Anything
) -> Anything:
    if not is_key(key):
        refuse_key(key)
    if key not in held:
        if default:
            return default[0]
        certain(frame, KeyError, key)
        refuse(f"the key {key!r} is not in the dict", "give a default: d.pop(key, None)")
    change(frame, cell, {k: v for k, v in held.items() if k != key})
    return held[key]


def extend(frame: Frame, cell: List, xs: Anything) -> None:
    held = now(frame, cell)
    known = None if isinstance(xs, Generator) else known_items(frame, xs)
    if is_structure(held) and known is not None:
        change(frame, cell, [*held, *known])
    elif xs is cell:
        change(frame, cell, emit("list_join", held, held))
    else:
        run(frame, prelude.extend, xs, cell)


def known_items(frame: Frame, x: Anything) -> list[Anything] | None:
    """The items of an iterable, where all are known while lowering."""
    from s2s_ad.frontend.iteration import walk

    return walk(frame, x).fixed(frame)


def remove(frame: Frame, cell: List, v: Anything) -> None:
    held = unfolded(frame, now(frame, cell))
    if not is_structure(held) or not is_plain(v) or not all(map(is_plain, held)):
        refuse("remove of a computed item", "remember the index, and use pop(i)")
    if v not in held:
        refuse(f"{v!r} is not in the list", "test for it first: if v in xs")
    new = list(held)
    new.remove(v)
    change(frame, cell, new)


def clear(frame: Frame, cell: List) -> None:
    change(frame, cell, {} if isinstance(cell, Cell) and cell.kind == "dict" else [])


def reverse(frame: Frame, cell: List) -> None:
    held = unfolded(frame, now(frame, cell))
    back = slice(None, None, -1)
    change(frame, cell, held[back] if is_structure(held) else emit("getitem", held, back))


def sort(frame: Frame, cell: List, **options: Anything) -> None:
    new = run(frame, sorted_, cell, **options)
    change(frame, cell, holding(frame, new))


def update(frame: Frame, cell: List, *others: Anything, **named: Anything) -> None:
    from s2s_ad.frontend.python import PYTHON

    held = unfolded(frame, now(frame, cell))
    more = holding(frame, cell_of(frame, PYTHON[dict](frame, *others, **named)))
    change(frame, cell, {**held, **more})


def setdefault(frame: Frame, cell: List, key: Anything, default: Anything = None) -> Anything:
    held = unfolded(frame, now(frame, cell))
    if not is_key(key):
        refuse_key(key)
    if key not in held:
        change(frame, cell, {**held, key: default})
        return default
    return held[key]


def popitem(frame: Frame, cell: List) -> Anything:
    held = unfolded(frame, now(frame, cell))
    if not held:
        refuse("popitem of an empty dict", "test for it first: if d")
    key = list(held)[-1]
    return key, _pop_key(frame, cell, held, key)


Method = Callable[..., Anything]
CHANGING: dict[str, dict[str, Method]] = {
    "list": {
        "append": append, "extend": extend, "insert": insert, "pop": pop, "remove": remove,
        "clear": clear, "reverse": reverse, "sort": sort,
    },
    "dict": {
        "update": update, "setdefault": setdefault, "pop": pop, "popitem": popitem, "clear": clear,
    },
}  # fmt: skip


def call_method(
    frame: Frame, name: str, x: Anything, args: list[Anything], kwargs: Anything
) -> Anything:
    """A method of a list, tuple or dict."""
    kind = x.kind if isinstance(x, Cell) else "list" if is_inside(frame, x) else ""
    if name in CHANGING.get(kind, ()):
        return CHANGING[kind][name](frame, x, *args, **kwargs)
    held = unfolded(frame, holding(frame, x))
    if name in CHANGING["list"] or name in CHANGING["dict"]:
        refuse(
            f"a list or dict inside an argument is changed ({name})",
            "copy it first: xs = list(xs)",
        )
    if type(held) is dict:
        if name == "items" and not args:
            return tuple((k, v) for k, v in held.items())
        if name == "values" and not args:
            return tuple(held.values())
        if name == "keys" and not args:
            return tuple(held)
        if name == "get" and args and is_key(args[0]):
            return held.get(args[0], args[1] if len(args) > 1 else None)
    if name == "copy" and not args:
        return held.copy() if is_structure(held) else copied(frame, held)
    if name in ("index", "count") and len(args) == 1:
        function = prelude.index if name == "index" else prelude.count
        return run(frame, function, x, args[0])
    refuse(f"the method {name!r} of a container is not supported", "use indexing and loops")


def copied(frame: Frame, held: Value) -> Cell:
    """A new list with the items of a list or tuple value."""
    kind = getattr(held.type, "kind", "list")
    new = emit("as_list", held) if kind == "tuple" else emit("getitem", held, slice(None))
    out: Cell = cell_of(frame, new, "list")
    return out


def sorted_(
    frame: Frame, x: Anything, *, key: Anything = None, reverse: Anything = False
) -> Anything:
    """`sorted(x)`: a new list."""
    if type(reverse) is not bool:
        refuse("sorted with a computed reverse", "write both calls, with an if")
    if not is_structure(x) and not isinstance(x, Cell) and not _sequence(x):
        x = run(frame, prelude.collected, x)
    known = holding(frame, x)
    if key is None and is_structure(known) and all(map(is_key, known)):
        return sorted(known, reverse=reverse)
    keys = x if key is None else run(frame, prelude.keys, x, key)
    order = emit("order", operand(frame, keys), reverse)
    return run(frame, prelude.chosen, x, order)


def first_by(frame: Frame, x: Anything, key: Anything, reverse: bool) -> Anything:
    """The first item of a sequence by a key: builtin min, or max, with a key."""
    order = emit("order", operand(frame, run(frame, prelude.keys, x, key)), reverse)
    return run(frame, prelude.item, x, order[0])


def _sequence(x: Anything) -> bool:
    if type(x) is not Value:
        return False
    t = x.type
    return isinstance(t, (Seq, ListOf)) or isinstance(t, Num) and t.kind == "array" and t.rank == 1


def run(frame: Frame, function: Anything, *args: Anything, **kwargs: Anything) -> Anything:
    """Call a function of the prelude, or of this module."""
    if function is sorted_:
        return sorted_(frame, *args, **kwargs)
    if args and isinstance(args[0], Generator):
        return consume(frame, function, *args)
    from s2s_ad.frontend.inline import call_function

    return call_function(frame, function, list(args), kwargs, function)
