"""What Python's own functions do with iterables, written in Python: lowered where they are called.

A generator expression is put in place of `items`, so that it runs as the loop asks for it.
"""

from __future__ import annotations

from typing import Any


def same(x: Any) -> Any:
    return x


def extend(items: Any, out: Any) -> Any:
    for item in items:
        out.append(item)


def collected(items: Any) -> Any:
    out = []
    for item in items:
        out.append(item)
    return out


def at_least(items: Any, count: Any) -> Any:
    if len(items) < count:
        raise ValueError("not enough values to unpack")


def same_length(first: Any, other: Any) -> Any:
    if first != other:
        raise ValueError("zip() arguments differ in length")


def mapped(items: Any) -> Any:
    out = {}
    for key, value in items:
        out[key] = value
    return out


def keys(items: Any, key: Any) -> Any:
    out = []
    for item in items:
        out.append(key(item))
    return out


def place(k: Any, length: Any) -> Any:
    return k + length if k < 0 else k


def item(items: Any, k: Any) -> Any:
    return items[k]


def first(items: Any) -> Any:
    for item in items:
        return item
    raise StopIteration


def first_or(items: Any, default: Any) -> Any:
    for item in items:
        return item
    return default


def extremum(items: Any, function: Any, key: Any, default: Any) -> Any:
    if len(items) == 0:
        return default
    return function(items, key=key)


def chosen(items: Any, order: Any) -> Any:
    out = []
    for k in order:
        out.append(items[k])
    return out


def repeated(items: Any, count: Any) -> Any:
    out = []
    for _ in range(count):
        for item in items:
            out.append(item)
    return out


def total(items: Any, start: Any) -> Any:
    for item in items:
        start = start + item
    return start


def any_of(items: Any) -> Any:
    for item in items:
        if item:
            return True
    return False


def all_of(items: Any) -> Any:
    for item in items:
        if not item:
            return False
    return True


def index(items: Any, wanted: Any) -> Any:
    for k in range(len(items)):
        if items[k] == wanted:
            return k
    raise ValueError("the value is not in the list")


def count(items: Any, wanted: Any) -> Any:
    found = 0
    for item in items:
        if item == wanted:
            found = found + 1
    return found


# Iterators: generator functions, whose text takes the place of the loop over them.


def mapping(function: Any, items: Any) -> Any:
    for item in items:
        yield function(item)


def mappings(function: Any, *columns: Any) -> Any:
    for row in zip(*columns):
        yield function(*row)


def starmap(function: Any, items: Any) -> Any:
    for item in items:
        yield function(*item)


def truthy(items: Any) -> Any:
    for item in items:
        if item:
            yield item


def filtering(function: Any, items: Any) -> Any:
    for item in items:
        if function(item):
            yield item


def filterfalse(function: Any, items: Any) -> Any:
    for item in items:
        if not function(item):
            yield item


def takewhile(function: Any, items: Any) -> Any:
    for item in items:
        if not function(item):
            return
        yield item


def dropwhile(function: Any, items: Any) -> Any:
    dropping = True
    for item in items:
        if dropping:
            dropping = bool(function(item))
        if not dropping:
            yield item


def chained(*columns: Any) -> Any:
    for items in columns:
        yield from items


def chained_items(columns: Any) -> Any:
    for items in columns:
        yield from items


def enumerating(items: Any, start: Any) -> Any:
    for item in items:
        yield start, item
        start += 1


def zipping(items: Any, place: Any, *others: Any) -> Any:
    count = min([len(other) for other in others])
    k = 0
    for item in items:
        if k >= count:
            return
        row = [other[k] for other in others]
        row.insert(place, item)
        yield tuple(row)
        k += 1


def accumulating(items: Any, function: Any) -> Any:
    if len(items) > 0:
        total = items[0]
        yield total
        for k in range(1, len(items)):
            total = function(total, items[k])
            yield total


def accumulating_from(items: Any, function: Any, total: Any) -> Any:
    yield total
    for item in items:
        total = function(total, item)
        yield total


def first_items(items: Any, count: Any) -> Any:
    left = count
    if left > 0:
        for item in items:
            yield item
            left -= 1
            if left == 0:
                return


def suppressing(*classes: Any) -> Any:
    try:
        yield
    except classes:
        pass


def closing(thing: Any) -> Any:
    try:
        yield thing
    finally:
        thing.close()


def managing(manager: Any) -> Any:
    value = manager.__enter__()
    try:
        yield value
    except BaseException as error:
        if not manager.__exit__(type(error), error, unknown_traceback()):
            raise
    else:
        manager.__exit__(None, None, None)


def unknown_traceback() -> Any: ...


def giving(x: Any = None) -> Any:
    yield x


def reduced(function: Any, items: Any) -> Any:
    if len(items) == 0:
        raise TypeError("reduce() of empty iterable with no initial value")
    total = items[0]
    for k in range(1, len(items)):
        total = function(total, items[k])
    return total


def reduced_from(function: Any, items: Any, total: Any) -> Any:
    for item in items:
        total = function(total, item)
    return total


class Box:
    """A variable that several functions assign."""


class deque:  # called as messages should call it
    """`collections.deque`: a list that may be of bounded length."""

    def __init__(self, items: Any = (), maxlen: Any = None) -> None:
        self.items: Any = []
        self.maxlen = maxlen
        self.extend(items)

    def append(self, x: Any) -> None:
        self.items.append(x)
        if self.maxlen is not None and len(self.items) > self.maxlen:
            self.items.pop(0)

    def appendleft(self, x: Any) -> None:
        self.items.insert(0, x)
        if self.maxlen is not None and len(self.items) > self.maxlen:
            self.items.pop()

    def extend(self, items: Any) -> None:
        for x in items:
            self.append(x)

    def extendleft(self, items: Any) -> None:
        for x in items:
            self.appendleft(x)

    def pop(self) -> Any:
        if len(self.items) == 0:
            raise IndexError("pop from an empty deque")
        return self.items.pop()

    def popleft(self) -> Any:
        if len(self.items) == 0:
            raise IndexError("pop from an empty deque")
        return self.items.pop(0)

    def insert(self, k: Any, x: Any) -> None:
        if self.maxlen is not None and len(self.items) >= self.maxlen:
            raise IndexError("deque already at its maximum size")
        self.items.insert(k, x)

    def rotate(self, n: Any = 1) -> None:
        if len(self.items) > 0:
            k = n % len(self.items)
            self.items = self.items[len(self.items) - k :] + self.items[: len(self.items) - k]

    def reverse(self) -> None:
        self.items.reverse()

    def clear(self) -> None:
        self.items = []

    def copy(self) -> Any:
        return deque(self.items, self.maxlen)

    def count(self, x: Any) -> Any:
        return self.items.count(x)

    def index(self, x: Any) -> Any:
        return self.items.index(x)

    def __copy__(self) -> Any:
        return self.copy()

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Any:
        return iter(self.items)

    def __contains__(self, x: Any) -> bool:
        return x in self.items

    def __getitem__(self, k: Any) -> Any:
        return self.items[k]

    def __setitem__(self, k: Any, x: Any) -> None:
        self.items[k] = x

    def __eq__(self, other: Any) -> Any:
        return isinstance(other, deque) and self.items == other.items
