"""Lists whose length is known at run time only: what makes them, changes them, reads all of them.

Values are immutable here too: `insert` gives a longer list, which the emitter writes as
`xs.append(v)`. The adjoint of a list is a list: that of `append` is `pop`, and the reverse.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any as Anything

from s2s_ad import runtime
from s2s_ad.ir.build import emit, facts, typeof
from s2s_ad.ir.core import Op, Value
from s2s_ad.ir.primitive import Primitive, register
from s2s_ad.ir.types import INT, ListOf, Num, Seq, Type
from s2s_ad.ops.fitting import cast
from s2s_ad.ops.rules import At, Contributions, Linear, constant
from s2s_ad.ops.slots import element, tangent, zero
from s2s_ad.ops.structure import as_type


def row(t: Anything) -> Type:
    """The type of an item of an array."""
    t = as_type(t)
    if not isinstance(t, Num) or t.shape is None or not t.shape:
        return Num("any", getattr(t, "dtype", None))
    return Num("array" if t.shape[1:] else "np", t.dtype, t.shape[1:])


def _insert(x: list[Anything], index: int | None, v: Anything) -> list[Anything]:
    at = len(x) if index is None else index
    return [*x[:at], v, *x[at:]]


def _take(x: list[Anything], index: int | None) -> tuple[list[Anything], Anything]:
    rest = list(x)
    out = rest.pop() if index is None else rest.pop(index)
    return rest, out


class Insert:
    """Linear in list and item together; transposed by taking the item out again."""

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        x, index, v = op.args
        return [emit(INSERT, tangent(x, dots), index, tangent(v, dots))]

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        x, index, v = op.args
        rest, v_bar = emit(TAKE, bars[0], index)
        if type(x) is Value and x in active:
            yield x, rest
        if type(v) is Value and v in active:
            yield v, cast(v_bar, v)


class Take:
    """Transposed by putting the item back where it was."""

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        x, index = op.args
        return list(emit(TAKE, dots[x], index))

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        x, index = op.args
        shorter, v = op.results
        if x in active:
            rest = bars[0] if bars[0] is not None else zero(shorter)
            yield x, emit(INSERT, rest, index, bars[1] if bars[1] is not None else zero(v))


# `index` is 0 or, for the end, None.
INSERT = register(
    Primitive(
        "list_insert",
        _insert,
        lambda x, index, v: ListOf("list", element(x, v)),
        "insert",
        derivative=Insert(),
    )
)
TAKE = register(
    Primitive(
        "list_take",
        _take,
        lambda x, index: (ListOf("list", element(x)), element(x)),
        "take",
        derivative=Take(),
    )
)


class Joined:
    """`x + y` for lists: the cotangent is cut where they met."""

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        x, y = op.args
        return [emit(JOIN, tangent(x, dots), tangent(y, dots))]

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        x, y = op.args
        if type(x) is Value and x in active:
            yield x, bars[0][: _length(x)]
        if type(y) is Value and y in active:
            yield y, bars[0][_length(x) :]


def _length(x: Anything) -> Anything:
    t = typeof(x)
    return len(t.items) if isinstance(t, Seq) else emit("len", x)


def _join_type(x: Anything, y: Anything) -> Type:
    kind = getattr(as_type(x), "kind", "list")
    return ListOf(kind, facts().join(element(x), element(y)))


JOIN = register(Primitive("list_join", operator.add, _join_type, "infix +", derivative=Joined()))

# [g] * count of plain numbers.
REPEAT = register(
    Primitive(
        "list_repeat",
        operator.mul,
        lambda x, count: ListOf("list", element(x)),
        "infix *",
        derivative=constant,
    )
)

# The rows of an array as a list, and the nested lists of which x would make an array: the
# cotangents of np.array(x).
LISTED = register(
    Primitive(
        "listed",
        list,
        lambda a: ListOf("list", row(a)),
        "call list",
        alias="view",
        derivative=Linear({0: lambda g, out, a: emit("array", g)}),
    )
)
NESTED = register(
    Primitive(
        "nested",
        runtime.nested,
        lambda a, x: as_type(x),
        "runtime nested",
        alias="view",
        derivative=Linear({0: lambda g, out, a, x: emit("array", g)}),
    )
)

# The indices of the items in ascending (or descending) order.
ORDER = register(
    Primitive(
        "order",
        runtime.order,
        lambda x, reverse=False: ListOf("list", INT),
        "runtime order",
        effect="raise",
        derivative=constant,
    )
)
# Where an item stands first.
INDEX_OF = register(
    Primitive(
        "index_of", lambda x, v: x.index(v), lambda x, v: INT, "method index", derivative=constant
    )
)


class Extremum:
    """Builtin max and min of a list hand the derivative to the item that they return."""

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        (x,) = op.args
        return [dots[x][emit(INDEX_OF, x, op.result)]]

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        (x,) = op.args
        if x in active:
            yield x, At(emit(INDEX_OF, x, op.result), bars[0])


def extremum(function: Callable[..., Anything]) -> Primitive:
    """Builtin max or min of one list of numbers."""
    name = function.__name__
    return register(
        Primitive(
            f"{name}_of",
            function,
            lambda x: element(x),
            f"call {name}",
            effect="raise",
            derivative=Extremum(),
        )
    )


MAX_OF, MIN_OF = extremum(max), extremum(min)

# spread(g, x): the cotangent of sum(x), which goes to every item; sum_items is its transpose.
SPREAD = register(
    Primitive(
        "spread",
        runtime.spread,
        lambda g, x: ListOf("list", element(x)),
        "spread",
        derivative=Linear({0: lambda g, out, a, x: emit("builtins.sum", g)}),
    )
)
