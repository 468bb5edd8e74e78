"""What a `for` walks: ranges, arrays, containers, and enumerate, zip and reversed around them.

Everything becomes an index range and, for each index, an item. An array, list or tuple that is
only known to be indexable (its type unknown) is walked by `len` and indexing.
"""

from __future__ import annotations

import enum
import operator
from typing import Any as Anything

from s2s_ad.frontend.bindings import (
    Cell,
    Object,
    Stored,
    flatten,
    is_data,
    is_structure,
    items,
    map_leaves,
)
from s2s_ad.frontend.context import Frame, operate, refuse
from s2s_ad.frontend.expressions import arithmetic
from s2s_ad.frontend.holding import holding, item, materialised, opened
from s2s_ad.frontend.objects import MISSING, call, is_object
from s2s_ad.frontend.places import root_of
from s2s_ad.frontend.subscripts import get_item
from s2s_ad.ir.build import cursor, emit, typeof
from s2s_ad.ir.core import Value
from s2s_ad.ir.types import Any, ListOf, Num, Seq, Type
from s2s_ad.ops.structure import as_type

SHORT = 16  # literal sequences up to this length are unrolled


class Walk:
    """Something that a `for` can walk. `walks` marks these classes as no data."""

    walks = True
    storable = False
    endless = False

    def pools(self) -> list[Anything]:
        """Arrays, lists and dicts whose items Python takes when the iterator is made."""
        return []

    def prepare(self, frame: Frame) -> None:
        """Write what has to stand before the loop."""

    def length(self, frame: Frame) -> Anything:
        """The number of iterations."""
        raise NotImplementedError

    def item(self, frame: Frame, index: Anything) -> Anything:
        """What is bound at an index."""
        raise NotImplementedError

    def fixed(self, frame: Frame) -> list[Anything] | None:
        """All items, where they are known while lowering."""
        return None

    def bounded(self, frame: Frame, n: int | None = None) -> list[Anything] | None:
        """All items, or the first n, where their number is known at the price of an assertion."""
        return self.fixed(frame)

    def rolls(self) -> bool:
        """Whether one text can serve for all items."""
        return True

    def may_roll(self) -> bool:
        """Whether one text could serve, where there is no other way."""
        return self.rolls()

    def sources(self) -> list[Value]:
        """The values that are walked."""
        return []

    def cells(self) -> list[Cell]:
        """The lists and dicts that are walked."""
        return []

    def over(self) -> tuple[str, tuple[Value, ...]] | None:
        """How the user wrote the header: ("items", values), ("enumerate", values), else None."""
        return None


class Range(Walk):
    """`range(start, stop, step)`."""

    storable = True

    def __init__(self, start: Anything, stop: Anything, step: Anything) -> None:
        self.start, self.stop, self.step = start, stop, step

    def natural(self) -> bool:
        """Whether no item is negative."""
        if type(self.step) is not int:
            return False
        first, least = (self.start, 0) if self.step > 0 else (self.stop, -1)
        return type(first) is int and first >= least

    def constant(self) -> range | None:
        parts = (self.start, self.stop, self.step)
        return range(*parts) if all(type(p) is int for p in parts) else None

    def length(self, frame: Frame) -> Anything:
        known = self.constant()
        if known is not None:
            return len(known)
        if self.start == 0 and type(self.start) is int and self.step == 1:
            return self.stop
        if type(self.step) is not int or self.step == 0:
            refuse("a range with a computed step is not supported here", "use a constant step")
        span = arithmetic(frame, operator.sub, self.stop, self.start)
        if self.step == 1:
            return span
        widened = arithmetic(frame, operator.add, span, self.step - (1 if self.step > 0 else -1))
        return arithmetic(frame, operator.floordiv, widened, self.step)

    def item(self, frame: Frame, index: Anything) -> Anything:
        if type(self.step) is int and self.step == 1:
            scaled = index
        else:
            scaled = arithmetic(frame, operator.mul, index, self.step)
        if type(self.start) is int and self.start == 0:
            return scaled
        return arithmetic(frame, operator.add, self.start, scaled)

    def fixed(self, frame: Frame) -> list[Anything] | None:
        known = self.constant()
        return list(known) if known is not None and len(known) <= SHORT else None


class Items(Walk):
    """A literal tuple, list or dict, or a string: its items are bindings."""

    def __init__(self, found: list[Anything]) -> None:
        self.found = found
        self.value: Anything = None

    def prepare(self, frame: Frame) -> None:
        self.value = materialised(frame, tuple(self.found))

    def length(self, frame: Frame) -> Anything:
        return len(self.found)

    def item(self, frame: Frame, index: Anything) -> Anything:
        if type(index) is int:
            return self.found[index]
        return walk(frame, self.value).item(frame, index)

    def fixed(self, frame: Frame) -> list[Anything] | None:
        return self.found

    def rolls(self) -> bool:
        kinds = {type(x) for x in self.found}
        plain = kinds in ({int}, {float}, {bool}, {complex})
        return plain or len(self.found) > SHORT and all(type(x) is Value for x in self.found)

    def may_roll(self) -> bool:
        if not all(is_data(leaf) for x in self.found for leaf in flatten(x)):
            return False
        types = [as_type(map_leaves(typeof, x)) for x in self.found]
        return all(similar(types[0], t) for t in types[1:])


class Sequence(Walk):
    """A container value of fixed structure: a parameter, say."""

    def __init__(self, value: Value) -> None:
        self.value = value
        t = value.type
        assert isinstance(t, Seq)
        self.types = t.items

    def length(self, frame: Frame) -> Anything:
        return emit("len", self.value)

    def item(self, frame: Frame, index: Anything) -> Anything:
        if type(index) is int:
            return item(frame, self.value, index)
        from s2s_ad.frontend.joining import join_types

        return emit("getitem", self.value, index, types=[join_types(list(self.types))])

    def fixed(self, frame: Frame) -> list[Anything] | None:
        return items(opened(frame, self.value))

    def rolls(self) -> bool:
        return bool(self.types) and all(similar(self.types[0], t) for t in self.types[1:])

    def sources(self) -> list[Value]:
        return [self.value]

    def over(self) -> tuple[str, tuple[Value, ...]] | None:
        return ("items", (self.value,))


class Indexed(Walk):
    """An array, a list of unknown length, or a value of unknown type."""

    def __init__(self, value: Value) -> None:
        self.value = value

    def length(self, frame: Frame) -> Anything:
        t = self.value.type
        if isinstance(t, Num) and t.shape and type(t.shape[0]) is int:
            return t.shape[0]
        return operate(frame, len, self.value)

    def item(self, frame: Frame, index: Anything) -> Anything:
        t = self.value.type
        if isinstance(t, ListOf):
            return emit("getitem", self.value, index, types=[t.elem])
        return emit("getitem", self.value, index)

    def bounded(self, frame: Frame, n: int | None = None) -> list[Anything] | None:
        if n is None or n > SHORT:
            return self.fixed(frame)
        enough = arithmetic(frame, operator.ge, self.length(frame), n)
        emit("assert", enough, f"fewer than {n} items")
        return [self.item(frame, k) for k in range(n)]

    def counted(self, frame: Frame) -> list[Anything] | None:
        """All items of an array whose size is known."""
        n = self.length(frame)
        return [self.item(frame, k) for k in range(n)] if type(n) is int and n <= SHORT else None

    def sources(self) -> list[Value]:
        return [self.value]

    def over(self) -> tuple[str, tuple[Value, ...]] | None:
        return ("items", (self.value,))


class Around(Walk):
    """A walk that goes where another one goes, with other items."""

    inner: Walk

    def prepare(self, frame: Frame) -> None:
        self.inner.prepare(frame)

    def length(self, frame: Frame) -> Anything:
        return self.inner.length(frame)

    def item(self, frame: Frame, index: Anything) -> Anything:
        return self.inner.item(frame, index)

    def fixed(self, frame: Frame) -> list[Anything] | None:
        return self.inner.fixed(frame)

    def rolls(self) -> bool:
        return self.inner.rolls()

    def may_roll(self) -> bool:
        return self.inner.may_roll()

    def sources(self) -> list[Value]:
        return self.inner.sources()


class Walked(Around):
    """A list or dict that may get other items, not more or fewer, while it is walked."""

    def __init__(self, frame: Frame, cell: Cell) -> None:
        self.cell = cell
        self.held = holding(frame, cell)
        self.inner = walk(frame, self.held)

    def item(self, frame: Frame, index: Anything) -> Anything:
        if holding(frame, self.cell) is self.held or self.cell.kind == "dict":
            return self.inner.item(frame, index)
        return get_item(frame, self.cell, index)

    def cells(self) -> list[Cell]:
        return [self.cell]

    def over(self) -> tuple[str, tuple[Value, ...]] | None:
        return self.inner.over()


class View(Walk):
    """`d.keys()`, `d.values()`, `d.items()`: what the dict holds when it is walked."""

    storable = True

    def __init__(self, frame: Frame, cell: Cell, name: str) -> None:
        self.cell, self.name = cell, name
        self.first = self.now(frame)
        self.value: Anything = None

    def now(self, frame: Frame) -> list[Anything]:
        held = opened(frame, self.cell)
        if self.name == "items":
            return [(k, v) for k, v in held.items()]
        return list(held.values()) if self.name == "values" else list(held)

    def prepare(self, frame: Frame) -> None:
        self.value = materialised(frame, tuple(self.now(frame)))

    def length(self, frame: Frame) -> Anything:
        return len(self.now(frame))

    def item(self, frame: Frame, index: Anything) -> Anything:
        if type(index) is int:
            return self.now(frame)[index]
        return walk(frame, self.value).item(frame, index)

    def fixed(self, frame: Frame) -> list[Anything] | None:
        return self.now(frame)

    def rolls(self) -> bool:
        return Items(self.first).rolls()

    def may_roll(self) -> bool:
        return Items(self.first).may_roll()

    def cells(self) -> list[Cell]:
        return [self.cell]

    def pools(self) -> list[Anything]:
        return [self.cell]


def held_by(frame: Frame, pools: list[Anything]) -> list[tuple[Anything, Anything]]:
    """What is walked, and what it holds now."""
    versions = frame.lowering.versions
    roots = [root_of(frame.lowering, v) if type(v) is Value else v for v in pools]
    return [(r, versions.get(r, r)) for r in roots]


def stored(frame: Frame, x: Anything) -> Anything:
    """A binding as a name holds it."""
    if not getattr(type(x), "walks", False) or getattr(type(x), "storable", False):
        return x
    watched = [*x.sources(), *x.cells(), *x.pools()] if isinstance(x, Walk) else []
    return Stored(x, cursor().block, held_by(frame, watched))


def similar(a: Type, b: Type) -> bool:
    """Whether one text serves for both: the same structure, kinds and ranks."""
    if isinstance(a, Num) and isinstance(b, Num):
        kinds = [t.dtype.kind if t.dtype is not None else "" for t in (a, b)]
        return a.kind == b.kind and a.rank == b.rank and kinds[0] == kinds[1]
    if isinstance(a, Seq) and isinstance(b, Seq):
        return (
            a.kind == b.kind
            and a.keys == b.keys
            and len(a.items) == len(b.items)
            and all(map(similar, a.items, b.items))
        )
    return a == b


def walk(frame: Frame, x: Anything) -> Walk:
    """What iterating over a binding walks."""
    if isinstance(x, Walk):
        return x
    if is_object(x) or isinstance(x, Object):
        found = call(frame, x, "__iter__")
        if found is MISSING:
            found = opened(frame, x)
        if found is x:
            refuse("an object without __iter__ is walked", "define __iter__ in its class")
        return walk(frame, found)
    if isinstance(x, Cell):
        return Walked(frame, x)
    if type(x) is dict:
        return Items(list(x))
    if is_structure(x):
        return Items(list(x))
    if isinstance(x, str) or isinstance(x, type) and issubclass(x, enum.Enum):
        return Items(list(x))
    if type(x) is Value:
        t = x.type
        if isinstance(t, Seq):
            return Items(list(t.keys)) if t.kind == "dict" else Sequence(x)
        if isinstance(t, (ListOf, Any)):
            return Indexed(x)
        if isinstance(t, Num) and t.kind in ("array", "any") and t.shape != ():
            return Indexed(x)
    refuse("this cannot be iterated", "iterate over a range, an array, a list or a tuple")


def listed(frame: Frame, x: Anything) -> list[Anything]:
    """All items of an iterable of known length: `list(x)`, `tuple(x)`."""
    found = walk(frame, x).bounded(frame)
    if found is None:
        refuse("a list of unknown length cannot be built yet", "iterate over it in a for statement")
    return list(found)
