"""What a lowering took for granted about the world outside, asked again before each call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any as Anything

import numpy as np

from s2s_ad.errors import UnsupportedError
from s2s_ad.ir.types import Dim, Num, Seq, Type, type_of
from s2s_ad.ops.custom import epoch

Arguments = tuple[Anything, ...]
MISSING = object()


class Unchanged:
    """The names that were resolved while lowering still mean the same objects, and no rule was
    registered since."""

    def __init__(self) -> None:
        self.entries: list[tuple[Anything, str, Anything]] = []
        self.cells: list[tuple[Anything, Anything]] = []
        self.note(epoch, "epoch", epoch["epoch"])

    def note(self, namespace: Anything, name: str, object: Anything) -> None:
        """Remember that `namespace[name]` (or the contents of a cell) is this object."""
        if isinstance(namespace, dict):
            if not any(n is namespace and k == name for n, k, _ in self.entries):
                self.entries.append((namespace, name, object))
        elif not any(cell is namespace for cell, _ in self.cells):
            self.cells.append((namespace, object))

    def __call__(self, arguments: Arguments) -> bool:
        for namespace, name, object in self.entries:
            if namespace.get(name, MISSING) is not object:
                return False
        for cell, object in self.cells:
            if contents(cell) is not object:
                return False
        return True


def contents(cell: Anything) -> Anything:
    """What a closure cell holds, or MISSING."""
    try:
        return cell.cell_contents
    except ValueError:
        return MISSING


class Looks:
    """An object that is read at run time still has the type it had."""

    def __init__(self, find: Callable[[Arguments], Anything], key: Anything) -> None:
        self.find = find
        self.key = key

    def __call__(self, arguments: Arguments) -> bool:
        try:
            return bool(look(self.find(arguments)) == self.key)
        except (AttributeError, KeyError, IndexError, ValueError):
            return False


class Equals:
    """A number that the text depends on (an axis, a size) still has its value."""

    def __init__(self, find: Callable[[Arguments], Anything], value: Anything) -> None:
        self.find = find
        self.value = value

    def __call__(self, arguments: Arguments) -> bool:
        try:
            now = self.find(arguments)
        except (AttributeError, KeyError, IndexError, ValueError):
            return False
        return type(now) is type(self.value) and bool(now == self.value)


class Is:
    """An attribute of an argument is still the same object."""

    def __init__(self, find: Callable[[Arguments], Anything], object: Anything) -> None:
        self.find = find
        self.object = object

    def __call__(self, arguments: Arguments) -> bool:
        try:
            return self.find(arguments) is self.object
        except (AttributeError, KeyError, IndexError, ValueError):
            return False


class Apart:
    """Refuses a call in which an array that the function writes shares memory with another one
    that it is given or reads: what one name writes, the other would see."""

    def __init__(
        self,
        written: list[int],
        names: list[str],
        outside: list[Callable[[], Anything]],
        attributes: dict[str, Callable[[Arguments], Anything]],
    ) -> None:
        self.written = written
        self.names = names
        self.outside = outside
        self.attributes = attributes

    def __call__(self, arguments: Arguments) -> bool:
        for k in self.written:
            mine = arrays(arguments[k])
            others = [
                (self.names[j], a) for j, x in enumerate(arguments) if j != k for a in arrays(x)
            ]
            others += [
                ("an array from outside", a) for find in self.outside for a in arrays(find())
            ]
            others += [
                (name, a) for name, find in self.attributes.items() for a in arrays(find(arguments))
            ]
            for i, a in enumerate(mine):
                inner = [(self.names[k], b) for b in mine[i + 1 :]]
                for name, b in (*others, *inner):
                    if a is b or isinstance(a, np.ndarray) and shares(a, b):
                        raise UnsupportedError(
                            f"the function writes into {self.names[k]}, which shares memory with "
                            f"{name}",
                            "pass a copy",
                        )
        return True


def arrays(x: Anything) -> list[Anything]:
    """The arrays, lists and dicts among nested arguments: what can be changed in place."""
    kind = type(x)
    own = [] if kind is tuple else [x]
    if kind in (tuple, list):
        return own + [a for item in x for a in arrays(item)]
    if kind is dict:
        return own + [a for item in x.values() for a in arrays(item)]
    return [x] if kind is np.ndarray else []


def shares(a: Anything, b: Anything) -> bool:
    """Whether two arrays have an element in common, as far as can be told in reasonable time."""
    if type(b) is not np.ndarray:
        return False
    effort: Anything = 100_000  # NumPy's stubs know -1 and 0 only
    try:
        return bool(np.shares_memory(a, b, max_work=effort))
    except np.exceptions.TooHardError:
        return True


def look(x: Anything) -> Anything:
    """What distinguishes the type of data: dtype, rank, which sizes are 1, structure."""
    kind = type(x)
    if kind is np.ndarray:
        return x.dtype, tuple([n == 1 for n in x.shape])
    if kind in (tuple, list):
        return kind, tuple([look(item) for item in x])
    if kind is dict:
        return kind, tuple(x), tuple([look(item) for item in x.values()])
    return kind


def holds_data(x: Anything) -> bool:
    """Whether an object is a number, a plain array, or a nest of them."""
    kind = type(x)
    if kind in (tuple, list):
        return all(map(holds_data, x))
    if kind is dict:
        return all(map(holds_data, x.values()))
    if kind is np.ndarray:
        return bool(x.dtype.kind in "fiubc")
    return kind in (bool, int, float, complex) or (
        isinstance(x, np.generic) and x.dtype.kind in "fiubc"
    )


def outside_type(x: Anything, expression: str) -> Type:
    """The type of data from outside: sizes are symbols, but for those that are 1."""
    kind = type(x)
    if kind is np.ndarray:
        sizes = [
            1 if n == 1 else Dim(f"{expression}.shape[{axis}]", 0, True)
            for axis, n in enumerate(x.shape)
        ]
        return Num("array", x.dtype, tuple(sizes))
    if kind in (tuple, list):
        inner = (outside_type(v, f"{expression}[{i}]") for i, v in enumerate(x))
        return Seq(kind.__name__, tuple(inner))
    if kind is dict:
        inner = (outside_type(v, f"{expression}[{k!r}]") for k, v in x.items())
        return Seq("dict", tuple(inner), tuple(x))
    return type_of(x)


def check_array(x: Anything, name: str) -> None:
    """Refuse subclasses of ndarray and odd dtypes, whose operations may mean something else."""
    if isinstance(x, np.ndarray) and (type(x) is not np.ndarray or x.dtype.kind not in "fiubc"):
        raise UnsupportedError(
            f"{name} is a {type(x).__name__} of dtype {x.dtype}: only plain arrays of numbers are "
            "supported",
            f"use np.asarray({name})",
        )
