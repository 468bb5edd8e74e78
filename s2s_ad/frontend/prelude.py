"""What Python's own functions do with iterables, written in Python: lowered where they are called.

A generator expression is put in place of `items`, so that it runs as the loop asks for it.
"""

from __future__ import annotations

from typing import Any


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
