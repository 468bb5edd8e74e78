"""What a lowering took for granted about the world outside, asked again before each call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any as Anything

import numpy as np

from s2s_ad.errors import UnsupportedError
from s2s_ad.ir.types import Dim, Num, Seq, Type, type_of
from s2s_ad.ops.custom import epoch
from s2s_ad.trees import attributes_of

Arguments = tuple[Anything, ...]
Keys = tuple[Anything, ...]
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
    """Refuses a call in which what the function changes, an array, a list, an object, is also
    something else that it is given or reads, or shares memory with it: what is changed under one
    name, the other would see."""

    def __init__(
        self,
        written: list[tuple[int, Keys]],
        names: list[str],
        deep: list[bool],
        outside: list[Callable[[], Anything]],
        attributes: dict[str, Callable[[Arguments], Anything]],
    ) -> None:
        self.written = written
        self.names = names
        self.deep = deep  # of which arguments the attributes are read
        self.outside = outside
        self.attributes = attributes

    def __call__(self, arguments: Arguments) -> bool:
        known = [
            ((k, *keys), part)
            for k, x in enumerate(arguments)
            for keys, part in parts(x, self.deep[k])
        ]
        others = [("an array from outside", a) for f in self.outside for _, a in parts(f(), False)]
        others += [
            (name, a) for name, f in self.attributes.items() for _, a in parts(f(arguments), False)
        ]
        for path, part in known:
            if not any(self.meets(path, (k, *keys)) for k, keys in self.written):
                continue
            met = [(self.shown(other), x) for other, x in known if other != path]
            for name, x in (*met, *others):
                if part is x or isinstance(part, np.ndarray) and shares(part, x):
                    raise UnsupportedError(
                        f"the function writes into {self.shown(path)}, which shares memory with "
                        f"{name}",
                        "pass a copy",
                    )
        return True

    @staticmethod
    def meets(path: Keys, written: Keys) -> bool:
        """Whether the keys that lead to a part may be those that lead to what is written."""
        exact = written[-1] is not ...
        same = all(w is None or w is ... or k == w for k, w in zip(path, written))
        return same and (len(path) == len(written) if exact else len(path) >= len(written) - 1)

    def shown(self, path: Keys) -> str:
        """The part of an argument as the function may name it."""
        out = self.names[path[0]]
        for key in path[1:]:
            out += f".{key}" if isinstance(key, Attribute) else f"[{key!r}]"
        return out


class Attribute(str):
    """The name of an attribute, among the keys that lead to a part of an argument."""


def parts(x: Anything, deep: bool, keys: Keys = ()) -> Iterator[tuple[Keys, Anything]]:
    """What can be changed in place in an argument: arrays, lists, dicts, and, if `deep`, objects;
    each with the keys that lead to it."""
    kind = type(x)
    found: Anything = None
    if kind in (tuple, list):
        found = dict(enumerate(x))
    elif kind is dict:
        found = x
    elif deep:
        found = attributes_of(x)
        found = None if found is None else {Attribute(k): v for k, v in found.items()}
    if kind is np.ndarray or attributes_of(x) is not None or kind in (list, dict):
        yield keys, x
    for key, inner in (found or {}).items():
        yield from parts(inner, deep, (*keys, key))


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
