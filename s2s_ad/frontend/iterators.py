"""map, filter, functools.reduce and itertools: walks by index where that is possible, generator
functions of the prelude where not."""

from __future__ import annotations

import functools
import itertools
import operator
import sys
from typing import Any as Anything

from s2s_ad.frontend import prelude
from s2s_ad.frontend.bindings import Cell, is_structure
from s2s_ad.frontend.composed import Several, Zip
from s2s_ad.frontend.comprehensions import Generator
from s2s_ad.frontend.containers import run
from s2s_ad.frontend.context import Frame, operand, operate, refuse
from s2s_ad.frontend.expressions import arithmetic
from s2s_ad.frontend.generators import of_expression
from s2s_ad.frontend.holding import holding
from s2s_ad.frontend.iteration import SHORT, Around, Items, Range, Walk, walk
from s2s_ad.frontend.python import python
from s2s_ad.frontend.subscripts import get_item
from s2s_ad.frontend.weaving import Generated
from s2s_ad.ir.build import NotStatic, emit
from s2s_ad.ir.core import Value
from s2s_ad.ir.types import INT, Seq
from s2s_ad.ops.choices import CHOICES

MANY = 4096  # tuples of indices up to this number are written into the text, or walked one by one


class Endless(Walk):
    """An iterator without end: `for` needs a `break`, `zip` another one."""

    endless = True

    def length(self, frame: Frame) -> Anything:
        return sys.maxsize


class Count(Endless):
    """`itertools.count(start, step)`."""

    def __init__(self, start: Anything, step: Anything) -> None:
        self.start, self.step = start, step

    def item(self, frame: Frame, index: Anything) -> Anything:
        return Range(self.start, sys.maxsize, self.step).item(frame, index)


class Cycle(Endless, Around):
    """`itertools.cycle(inner)`."""

    def __init__(self, inner: Walk) -> None:
        self.inner = inner

    def pools(self) -> list[Anything]:
        return [*self.inner.sources(), *self.inner.cells()]

    def item(self, frame: Frame, index: Anything) -> Anything:
        n = self.inner.length(frame)
        return self.inner.item(frame, arithmetic(frame, operator.mod, index, n))

    def fixed(self, frame: Frame) -> list[Anything] | None:
        return None


class Repeat(Endless):
    """`itertools.repeat(x, times)`."""

    def __init__(self, found: Anything, times: Anything = None) -> None:
        self.found, self.times = found, times
        self.endless = times is None

    def length(self, frame: Frame) -> Anything:
        return sys.maxsize if self.times is None else self.times

    def item(self, frame: Frame, index: Anything) -> Anything:
        return self.found

    def fixed(self, frame: Frame) -> list[Anything] | None:
        known = type(self.times) is int and self.times <= SHORT
        return [self.found] * self.times if known else None


class Taken(Around):
    """A slice of a list, taken when it is walked."""

    def __init__(self, inner: Walk, cell: Cell) -> None:
        self.inner, self.cell = inner, cell

    def pools(self) -> list[Anything]:
        return [self.cell]


class Product(Several):
    """`itertools.product(...)`: the last one runs fastest."""

    def __init__(self, inners: list[Walk]) -> None:
        self.inners = inners

    def pools(self) -> list[Anything]:
        return [p for inner in self.inners for p in (*inner.sources(), *inner.cells())]

    def length(self, frame: Frame) -> Anything:
        out: Anything = 1
        for inner in self.inners:
            n = inner.length(frame)
            out = n if out == 1 and type(out) is int else arithmetic(frame, operator.mul, out, n)
        return out

    def item(self, frame: Frame, index: Anything) -> Anything:
        out: list[Anything] = []
        for k, inner in reversed(list(enumerate(self.inners))):
            n = inner.length(frame)
            place = index if k == 0 else arithmetic(frame, operator.mod, index, n)
            out.insert(0, inner.item(frame, place))
            index = index if k == 0 else arithmetic(frame, operator.floordiv, index, n)
        return tuple(out)

    def fixed(self, frame: Frame) -> list[Anything] | None:
        found = [inner.fixed(frame) for inner in self.inners]
        known = [f for f in found if f is not None]
        if len(known) < len(found):
            return None
        return list(itertools.islice(itertools.product(*known), MANY + 1))


class Selected(Around):
    """Tuples of items: at the indices that `chosen`, a list of tuples of ints, holds."""

    def __init__(self, inner: Walk, chosen: Value, count: int) -> None:
        self.inner, self.chosen, self.count = inner, chosen, count

    def pools(self) -> list[Anything]:
        return [*self.inner.sources(), *self.inner.cells()]

    def length(self, frame: Frame) -> Anything:
        return operate(frame, len, self.chosen)

    def item(self, frame: Frame, index: Anything) -> Anything:
        row = emit("getitem", self.chosen, index, types=[Seq("tuple", (INT,) * self.count)])
        places = [emit("getitem", row, k, types=[INT]) for k in range(self.count)]
        return tuple(self.inner.item(frame, place) for place in places)

    def fixed(self, frame: Frame) -> list[Anything] | None:
        return None


def iterable(frame: Frame, x: Anything) -> Anything:
    """An argument that is walked: a generator expression as a generator."""
    return of_expression(frame, x) if isinstance(x, Generator) else x


def indexable(frame: Frame, x: Anything) -> Anything:
    """What has a length and items at indices: a list of what has not."""
    x = iterable(frame, x)
    if getattr(walk(frame, x), "endless", False):
        refuse("an iterator without end is consumed", "use it in zip, or in a loop with break")
    walks = isinstance(x, Walk) and not isinstance(x, Range)
    return run(frame, prelude.collected, x) if walks else x


@python(map)
def _map(frame: Frame, function: Anything, *xs: Anything) -> Anything:
    if len(xs) == 1:
        return run(frame, prelude.mapping, function, iterable(frame, xs[0]))
    return run(frame, prelude.mappings, function, *(iterable(frame, x) for x in xs))


@python(filter)
def _filter(frame: Frame, function: Anything, x: Anything) -> Anything:
    if function is None:
        return run(frame, prelude.truthy, iterable(frame, x))
    return run(frame, prelude.filtering, function, iterable(frame, x))


@python(itertools.filterfalse)
def _filterfalse(frame: Frame, function: Anything, x: Anything) -> Anything:
    return run(frame, prelude.filterfalse, function, iterable(frame, x))


@python(itertools.starmap)
def _starmap(frame: Frame, function: Anything, x: Anything) -> Anything:
    return run(frame, prelude.starmap, function, iterable(frame, x))


@python(itertools.takewhile)
def _takewhile(frame: Frame, function: Anything, x: Anything) -> Anything:
    return run(frame, prelude.takewhile, function, iterable(frame, x))


@python(itertools.dropwhile)
def _dropwhile(frame: Frame, function: Anything, x: Anything) -> Anything:
    return run(frame, prelude.dropwhile, function, iterable(frame, x))


@python(itertools.chain)
def _chain(frame: Frame, *xs: Anything) -> Anything:
    found = [iterable(frame, x) for x in xs]
    if not any(isinstance(x, Generated) for x in found):
        known = [walk(frame, x).fixed(frame) for x in found]
        if all(k is not None for k in known):
            return Items([i for k in known if k is not None for i in k])
    return run(frame, prelude.chained, *found)


@python(itertools.chain.from_iterable)
def _chain_items(frame: Frame, x: Anything) -> Anything:
    return run(frame, prelude.chained_items, iterable(frame, x))


@python(itertools.accumulate)
def _accumulate(
    frame: Frame, x: Anything, func: Anything = None, *, initial: Anything = None
) -> Anything:
    function = operator.add if func is None else func
    if initial is not None:
        return run(frame, prelude.accumulating_from, iterable(frame, x), function, initial)
    return run(frame, prelude.accumulating, indexable(frame, x), function)


@python(functools.reduce)
def _reduce(frame: Frame, function: Anything, x: Anything, *initial: Anything) -> Anything:
    if initial:
        return run(frame, prelude.reduced_from, function, iterable(frame, x), *initial)
    x = iterable(frame, x)
    known = None if isinstance(x, Generated) else walk(frame, x).fixed(frame)
    if known is None:
        return run(frame, prelude.reduced, function, indexable(frame, x))
    if not known:
        refuse("reduce of nothing", "give it an initial value")
    return run(frame, prelude.reduced_from, function, Items(known[1:]), known[0])


@python(itertools.islice)
def _islice(frame: Frame, x: Anything, *limits: Anything) -> Anything:
    start, stop, step = (0, limits[0], 1) if len(limits) == 1 else (*limits, 1)[:3]
    start, step = 0 if start is None else start, 1 if step is None else step
    x = iterable(frame, x)
    if isinstance(x, Count) and stop is not None:
        first = arithmetic(frame, operator.mul, start, x.step)
        last = arithmetic(frame, operator.mul, stop, x.step)
        return Range(
            arithmetic(frame, operator.add, x.start, first),
            arithmetic(frame, operator.add, x.start, last),
            arithmetic(frame, operator.mul, step, x.step),
        )
    held = holding(frame, x)
    if is_structure(held) or type(held) is Value:
        out = walk(frame, get_item(frame, x, slice(start, stop, step)))
        return Taken(out, x) if isinstance(x, Cell) else out
    if start == 0 and step == 1 and type(start) is int and type(step) is int and stop is not None:
        return run(frame, prelude.first_items, x, stop)
    refuse("this islice is not supported", "make a list first, and take a slice of it")


@python(itertools.count)
def _count(frame: Frame, start: Anything = 0, step: Anything = 1) -> Anything:
    return Count(start, step)


@python(itertools.cycle)
def _cycle(frame: Frame, x: Anything) -> Anything:
    return Cycle(walk(frame, indexable(frame, x)))


@python(itertools.repeat)
def _repeat(frame: Frame, x: Anything, *times: Anything) -> Anything:
    return Repeat(x, *times)


@python(itertools.pairwise)
def _pairwise(frame: Frame, x: Anything) -> Anything:
    x = indexable(frame, x)
    return Zip([walk(frame, x), walk(frame, get_item(frame, x, slice(1, None)))])


@python(itertools.product)
def _product(frame: Frame, *xs: Anything, repeat: Anything = 1) -> Anything:
    if type(repeat) is not int:
        raise NotStatic(CHOICES, "repeat", repeat)
    return Product([walk(frame, indexable(frame, x)) for x in xs] * repeat)


def _choose(frame: Frame, function: Anything, name: str, x: Anything, r: Anything) -> Anything:
    """combinations and the like."""
    x = indexable(frame, x)
    inner = walk(frame, x)
    known = inner.fixed(frame)
    if known is not None and type(r) is int:
        found = list(itertools.islice(function(known, r), MANY + 1))
        if len(found) <= SHORT or not inner.rolls():
            return Items(found)
    if type(r) is not int:
        raise NotStatic(CHOICES, "r", r)
    inner.prepare(frame)
    chosen = emit(CHOICES, operand(frame, inner.length(frame)), r=r, function=name)
    return Selected(inner, chosen, r)


@python(itertools.combinations)
def _combinations(frame: Frame, x: Anything, r: Anything) -> Anything:
    return _choose(frame, itertools.combinations, "combinations", x, r)


@python(itertools.permutations)
def _permutations(frame: Frame, x: Anything, r: Anything) -> Anything:
    return _choose(frame, itertools.permutations, "permutations", x, r)


@python(itertools.combinations_with_replacement)
def _with_replacement(frame: Frame, x: Anything, r: Anything) -> Anything:
    function = itertools.combinations_with_replacement
    return _choose(frame, function, "combinations_with_replacement", x, r)
