"""Tapes: functional stacks, one for each value that is recorded.

The emitter writes `tape = []`, `tape.append(v)`, `tape.pop()`. `pop` gives the shorter stack and
the value.
"""

from __future__ import annotations

from typing import Any as Anything

from s2s_ad.ir.build import facts
from s2s_ad.ir.primitive import Primitive, register
from s2s_ad.ir.types import ANY, EMPTY, INT, Stack
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
STACK_LENGTH = register(
    Primitive("stack_length", len, lambda s: INT, "call len", derivative=constant)
)
