"""Keys that are one of some constants: `side = "left" if x < t else "right"; node = node[side]`.

Where the items are numbers, or have one structure, the item is chosen as the key was. Where they
differ, the statement and those that follow it are lowered once for each key, in the branches of an
`if`. A `while` over such a structure ends where its condition is known, one copy of its body for
each level (see loops.lower_while).
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any as Anything

from s2s_ad.errors import UnsupportedError
from s2s_ad.frontend.bindings import is_data, is_structure, same_frame
from s2s_ad.frontend.branches import Rest, branch, choose
from s2s_ad.frontend.context import Frame, operate
from s2s_ad.frontend.holding import holding
from s2s_ad.frontend.joining import Status, always
from s2s_ad.ir.build import cursor
from s2s_ad.ir.core import Op, Value


class Choice(UnsupportedError):
    """A key that is one of some constants decides the structure of what follows."""

    retried = True

    def __init__(self, key: Value, keys: list[str]) -> None:
        self.key, self.keys = key, keys
        super().__init__(
            "a key of a dict must be a constant", "use a literal key, or a list", cursor().location
        )


def keys_of(frame: Frame, key: Anything) -> list[str]:
    """The constants, two or more, of which a key is one; none where they are not known."""
    if type(key) is not Value:
        return []
    narrowed = frame.lowering.narrowed.get(key)
    found = list(dict.fromkeys(_constants(key))) if narrowed is None else list(narrowed)
    return found if all(isinstance(k, str) for k in found) and len(found) > 1 else []


def _constants(key: Anything) -> list[Anything]:
    op = key.owner if type(key) is Value else None
    if type(key) is not Value:
        return [key]
    if not isinstance(op, Op) or op.prim.name != "if":
        return [None]
    position = op.results.index(key)
    return [k for block in op.blocks for k in _constants(block.yields[position])]


def condition_of(frame: Frame, key: Value, keys: list[str]) -> Value:
    """What holds where the key is the first of the constants."""
    op = key.owner
    if isinstance(op, Op) and len(keys) == 2 and key not in frame.lowering.narrowed:
        condition, position = op.args[0], op.results.index(key)
        chosen_ = [block.yields[position] for block in op.blocks]
        if chosen_ == keys and type(condition) is Value:
            return condition
    out: Value = operate(frame, operator.eq, key, keys[0])
    return out


def chosen(frame: Frame, key: Value, get: Callable[[Anything], Anything]) -> Anything:
    """The item at a key that `keys_of` knows."""
    keys = keys_of(frame, key)
    found = [holding(frame, get(k)) for k in keys]
    alike = all(map(is_data, found)) or all(
        is_structure(x) and same_frame(found[0], x) for x in found
    )
    if not alike:
        raise Choice(key, keys)

    def choice(k: int) -> Anything:
        if k + 1 == len(keys):
            return get(keys[k])
        condition = condition_of(frame, key, keys[k:])
        return choose(frame, condition, lambda: get(keys[k]), lambda: choice(k + 1))

    return choice(0)


def split(
    frame: Frame, choice: Choice, lower: Callable[[], Status], live: Anything, tail: bool
) -> Status:
    """Lower statements in both branches, with the key a constant in each."""
    key, (first, *others) = choice.key, choice.keys
    names = [n for n, b in frame.env.items() if b is key]
    if not names:
        raise choice
    condition = condition_of(frame, key, choice.keys)
    narrowed = frame.lowering.narrowed

    def one() -> Status:
        frame.env.update(dict.fromkeys(names, first))
        return lower()

    def rest() -> Status:
        if len(others) == 1:
            frame.env.update(dict.fromkeys(names, others[0]))
            return lower()
        before = narrowed.get(key)
        narrowed[key] = others
        try:
            return lower()
        finally:
            narrowed.pop(key)
            if before is not None:
                narrowed[key] = before

    nothing = Rest(lambda: always(0), True, live, live, tail)
    return branch(frame, condition, one, rest, nothing)[0]
