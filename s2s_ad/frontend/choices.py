"""Keys that are one of two constants: `side = "left" if x < t else "right"; node = node[side]`.

Where both items are numbers, or have one structure, the item is chosen as the key was. Where they
differ, the statement and those that follow it are lowered once for each key, in the branches of an
`if`. A `while` over such a structure ends where its condition is known, one copy of its body for
each level (see loops.lower_while).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any as Anything

from s2s_ad.errors import UnsupportedError
from s2s_ad.frontend.bindings import is_data, is_structure, same_frame
from s2s_ad.frontend.branches import Rest, Status, always, branch, choose
from s2s_ad.frontend.context import Frame, holding
from s2s_ad.ir.build import cursor
from s2s_ad.ir.core import Op, Value


class Choice(UnsupportedError):
    """A key that is one of two constants decides the structure of what follows."""

    retried = True

    def __init__(self, key: Value, condition: Value, keys: tuple[Anything, Anything]) -> None:
        self.key, self.condition, self.keys = key, condition, keys
        super().__init__(
            "a key of a dict must be a constant", "use a literal key, or a list", cursor().location
        )


def keys_of(key: Anything) -> tuple[Value, tuple[Anything, Anything]] | None:
    """The condition, and the constants between which it chooses a key."""
    op = key.owner if type(key) is Value else None
    if not isinstance(op, Op) or op.prim.name != "if" or type(op.args[0]) is not Value:
        return None
    position = op.results.index(key)
    first, second = (block.yields[position] for block in op.blocks)
    if isinstance(first, str) and isinstance(second, str):
        return op.args[0], (first, second)
    return None


def chosen(frame: Frame, key: Value, get: Callable[[Anything], Anything]) -> Anything:
    """The item at a key that `keys_of` knows."""
    found = keys_of(key)
    assert found is not None
    condition, (first, second) = found
    a, b = holding(frame, get(first)), holding(frame, get(second))
    alike = is_data(a) and is_data(b) or is_structure(a) and is_structure(b) and same_frame(a, b)
    if not alike:
        raise Choice(key, condition, (first, second))
    return choose(frame, condition, lambda: get(first), lambda: get(second))


def split(
    frame: Frame, choice: Choice, lower: Callable[[], Status], live: Anything, tail: bool
) -> Status:
    """Lower statements in both branches, with the key a constant in each."""
    names = [n for n, b in frame.env.items() if b is choice.key]
    if not names:
        raise choice

    def arm(key: Anything) -> Callable[[], Status]:
        def run() -> Status:
            frame.env.update(dict.fromkeys(names, key))
            return lower()

        return run

    first, second = choice.keys
    nothing = Rest(lambda: always(0), True, live, live, tail)
    return branch(frame, choice.condition, arm(first), arm(second), nothing)[0]
