"""Tapes: functional stacks, one for each value that is recorded.

The emitter writes `tape = []`, `tape.append(v)`, `tape.pop()`. `pop` gives the shorter stack and
the value.

What a function that calls itself records is no stack but a tuple, of what one activation records
and of the tuples of its calls: `return y, (x, tape)` and `x, tape = tape` (`pack` and `open`). Of
one thing it is that thing.
"""

from __future__ import annotations

from typing import Any as Anything

from s2s_ad.ir.build import facts
from s2s_ad.ir.primitive import Primitive, register
from s2s_ad.ir.types import ANY, EMPTY, INT, Stack, Tape, Type, differentiable
from s2s_ad.ops.rules import Linear, constant
from s2s_ad.ops.structure import as_type


def _push_type(s: Anything, v: Anything) -> Stack:
    return Stack(as_type(v) if s.elem == EMPTY else facts().join(s.elem, as_type(v)))


NEW_STACK = register(
    Primitive("new_stack", lambda elem=None: (), lambda elem=EMPTY: Stack(elem), "new_stack")
)
PUSH = register(Primitive("push", lambda s, v: (*s, v), _push_type, "push"))
POP = register(
    Primitive(
        "pop", lambda s: (s[:-1], s[-1]), lambda s: (s, ANY if s.elem == EMPTY else s.elem), "pop"
    )
)
COPY_STACK = register(
    Primitive(
        "copy_stack",
        lambda s: s,
        lambda s: s,
        "method copy",
        derivative=Linear({0: lambda g, out, s: g}),
    )
)
# The elements are tapes themselves: the pullback of a callee consumes them.
COPY_STACKS = register(
    Primitive(
        "copy_stacks",
        lambda s: s,
        lambda s: s,
        "runtime copy_tapes",
        derivative=Linear({0: lambda g, out, s: g}),
    )
)
# A tape on which the body of a `try` had pushed when it raised: what was pushed there goes.
RESTORE = register(
    Primitive(
        "restore",
        lambda s, n: s,
        lambda s, n: s,
        "restore",
        derivative=Linear({0: lambda g, out, s, n: g}),
    )
)


def _pack(items: tuple[Anything, ...]) -> Anything:
    return items if len(items) > 1 else items[0]


def _open(tape: Anything, items: tuple[Type, ...]) -> Anything:
    return tuple(tape) if len(items) > 1 else tape


# The static `items` are the types of what is in the tape.
PACK = register(
    Primitive(
        "pack",
        lambda nest, items: _pack(nest),
        lambda nest, items: Tape(any(map(differentiable, items))),
        "pack",
        static=frozenset({"items"}),
    )
)
OPEN = register(
    Primitive(
        "open",
        _open,
        lambda tape, items: items if len(items) != 1 else items[0],
        "unpack",
        alias="view",
        static=frozenset({"items"}),
    )
)
STACK_LENGTH = register(
    Primitive("stack_length", len, lambda s: INT, "call len", derivative=constant)
)
