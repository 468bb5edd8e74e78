"""Lists and dicts: what they hold now, and the methods and stores that change them.

A list or dict is a cell, an object with an identity that names share. What it holds is a list or
dict of bindings as long as its length is known while lowering; a list that grows in a loop, or is
written at a computed index, holds a value. `Lowering.versions` has what each cell holds now.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any as Anything

from s2s_ad.frontend import prelude
from s2s_ad.frontend.arguments import look_into
from s2s_ad.frontend.bindings import Cell, is_key, is_plain, is_structure
from s2s_ad.frontend.cells import List, as_list, change, is_inside, kept, now, replaced, unfolded
from s2s_ad.frontend.comprehensions import Generator, consume
from s2s_ad.frontend.context import Frame, certain, operand, refuse
from s2s_ad.frontend.holding import cell_of, holding
from s2s_ad.frontend.subscripts import looping, refuse_key
from s2s_ad.ir.build import emit
from s2s_ad.ir.core import Value
from s2s_ad.ir.types import ListOf, Num, Seq

# Stores ---------------------------------------------------------------------------------------


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
        change(frame, x, replaced(held, index, None))
    else:
        pop(frame, x, index)


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
        look_into(frame.lowering, x)
        refuse(
            f"a list or dict inside an argument is changed ({name})",
            "copy it first: xs = list(xs)",
        )
    if type(held) is dict:
        if isinstance(x, Cell) and name in ("items", "values", "keys") and not args:
            from s2s_ad.frontend.iteration import View

            return View(frame, x, name)
        if name == "items" and not args:
            return tuple((k, v) for k, v in held.items())
        if name == "values" and not args:
            return tuple(held.values())
        if name == "keys" and not args:
            return tuple(held)
        if name == "get" and args:
            if not is_key(args[0]):
                refuse_key(args[0])
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
