"""enumerate, zip and reversed around what a loop walks."""

from __future__ import annotations

import operator
from typing import Any as Anything

from s2s_ad.frontend.bindings import Cell
from s2s_ad.frontend.context import Frame, operate, refuse
from s2s_ad.frontend.expressions import arithmetic
from s2s_ad.frontend.iteration import Around, Indexed, Sequence, Walk
from s2s_ad.ir.build import facts
from s2s_ad.ir.core import Value
from s2s_ad.ir.types import Num


class Enumerate(Around):
    """`enumerate(inner, start)`."""

    def __init__(self, inner: Walk, start: Anything = 0) -> None:
        self.inner, self.start = inner, start

    def item(self, frame: Frame, index: Anything) -> Anything:
        shown = index
        if not (type(self.start) is int and self.start == 0):
            shown = arithmetic(frame, operator.add, self.start, index)
        return shown, self.inner.item(frame, index)

    def fixed(self, frame: Frame) -> list[Anything] | None:
        inner = self.inner.fixed(frame)
        if inner is None or type(self.start) is not int:
            return None
        return list(enumerate(inner, self.start))

    def bounded(self, frame: Frame, n: int | None = None) -> list[Anything] | None:
        inner = self.inner.bounded(frame, n)
        if inner is None or type(self.start) is not int:
            return None
        return list(enumerate(inner, self.start))

    def cells(self) -> list[Cell]:
        return self.inner.cells()

    def over(self) -> tuple[str, tuple[Value, ...]] | None:
        inner = self.inner.over()
        if inner and inner[0] == "items" and type(self.start) is int and self.start == 0:
            return ("enumerate", inner[1])
        return None


class Several(Walk):
    """A walk that goes along several others."""

    inners: list[Walk]

    def prepare(self, frame: Frame) -> None:
        for inner in self.inners:
            inner.prepare(frame)

    def rolls(self) -> bool:
        return all(inner.rolls() for inner in self.inners)

    def may_roll(self) -> bool:
        return all(inner.may_roll() for inner in self.inners)

    def sources(self) -> list[Value]:
        return [v for inner in self.inners for v in inner.sources()]


class Zip(Several):
    """`zip(...)`: as long as the shortest, or `strict`."""

    def __init__(self, inners: list[Walk], strict: bool = False) -> None:
        self.inners, self.strict = inners, strict

    def prepare(self, frame: Frame) -> None:
        super().prepare(frame)
        if self.strict:
            self.compare(frame)

    def compare(self, frame: Frame) -> None:
        """Raise where the lengths differ, as Python does at the end of the shortest."""
        from s2s_ad.frontend import prelude
        from s2s_ad.frontend.containers import run

        first = self.inners[0].length(frame)
        for inner in self.inners[1:]:
            n = inner.length(frame)
            if type(n) is int and type(first) is int:
                if n != first:
                    refuse(
                        f"zip with strict walks {first} and {n} items",
                        "give it equal numbers of items",
                    )
            elif not facts().equal(_size(self.inners[0]), _size(inner)):
                run(frame, prelude.same_length, first, n)

    def length(self, frame: Frame) -> Anything:
        ending = [inner for inner in self.inners if not inner.endless] or self.inners[:1]
        sizes = [_size(inner) for inner in ending]
        first = sizes[0]
        if first is not None and all(facts().equal(first, s) for s in sizes[1:]):
            return ending[0].length(frame)
        lengths = [inner.length(frame) for inner in ending]
        if all(type(n) is int for n in lengths):
            return min(lengths)
        out = lengths[0]
        for n in lengths[1:]:
            out = out if n is out else operate(frame, min, out, n)
        return out

    def item(self, frame: Frame, index: Anything) -> Anything:
        return tuple(inner.item(frame, index) for inner in self.inners)

    def fixed(self, frame: Frame) -> list[Anything] | None:
        columns = [inner.fixed(frame) for inner in self.inners]
        known = [c for c in columns if c is not None]
        if known and self.inners and any(inner.endless for inner in self.inners):
            n = min(map(len, known))
            columns = [
                [i.item(frame, k) for k in range(n)] if i.endless else c
                for c, i in zip(columns, self.inners)
            ]
        if any(c is not None for c in columns):
            pairs = zip(columns, self.inners)
            columns = [
                i.counted(frame) if c is None and isinstance(i, Indexed) else c for c, i in pairs
            ]
        known = [c for c in columns if c is not None]
        if len(known) < len(columns):
            return None
        if self.strict and len({len(c) for c in known}) > 1:
            refuse(
                "zip with strict walks different numbers of items",
                "give it equal numbers of items",
            )
        return list(zip(*known))

    def bounded(self, frame: Frame, n: int | None = None) -> list[Anything] | None:
        known = self.fixed(frame)
        if known is not None or self.strict:
            return known
        sizes = [len(c) for inner in self.inners if (c := inner.fixed(frame)) is not None]
        if n is not None:
            sizes.append(n)
        if not sizes:
            return None
        columns = [inner.bounded(frame, min(sizes)) for inner in self.inners]
        return None if None in columns else list(zip(*columns))

    def cells(self) -> list[Cell]:
        return [c for inner in self.inners for c in inner.cells()]

    def over(self) -> tuple[str, tuple[Value, ...]] | None:
        parts = [inner.over() for inner in self.inners]
        if all(p is not None and p[0] == "items" for p in parts):
            return ("items", tuple(v for p in parts if p is not None for v in p[1]))
        return None


class Reversed(Around):
    """`reversed(inner)`. Where it is the whole header, the loop runs its range backwards."""

    def __init__(self, inner: Walk) -> None:
        self.inner = inner

    def item(self, frame: Frame, index: Anything) -> Anything:
        last = arithmetic(frame, operator.sub, self.inner.length(frame), 1)
        return self.inner.item(frame, arithmetic(frame, operator.sub, last, index))

    def fixed(self, frame: Frame) -> list[Anything] | None:
        inner = self.inner.fixed(frame)
        return None if inner is None else inner[::-1]

    def cells(self) -> list[Cell]:
        return self.inner.cells()


def _size(inner: Walk) -> Anything:
    if isinstance(inner, Indexed) and isinstance(inner.value.type, Num) and inner.value.type.shape:
        return inner.value.type.shape[0]
    if isinstance(inner, Sequence):
        return len(inner.types)
    return None
