"""Adjoints and results that are containers: slots of a list, sums and copies of structures."""

from __future__ import annotations

from typing import Any as Anything

import numpy as np

from s2s_ad import runtime
from s2s_ad.ir.build import emit, facts, typeof
from s2s_ad.ir.core import Op, Value
from s2s_ad.ir.primitive import Primitive, register
from s2s_ad.ir.types import ANY, EMPTY, F8, FLOAT, ListOf, Num, Seq, Type, differentiable, is_scalar
from s2s_ad.ops.fitting import cast
from s2s_ad.ops.rules import At, Contributions, Linear, constant
from s2s_ad.ops.structure import as_type, same_as_first

# The adjoint of a list that a loop walks. `new_slots` are empty, `fill_slot` puts an adjoint into
# a slot that is filled once; `zeros_tree` and `add_slot` accumulate, for the general case.
NEW_SLOTS = register(
    Primitive(
        "new_slots",
        lambda like: [None] * len(like),
        same_as_first,
        "new_slots",
        derivative=constant,
    )
)


class Slots:
    """The derivative of a store into a slot: linear in the slots and the value together."""

    def __init__(self, adds: bool) -> None:
        self.adds = adds

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        x, index, v = op.args
        x_dot = dots.get(x) if type(x) is Value else None
        v_dot = dots.get(v) if type(v) is Value else None
        if v_dot is None and (self.adds or x_dot is None):
            return [x_dot]
        if v_dot is None:
            v_dot = emit(ZEROS_TREE, v) if type(v) is Value else 0.0
        if x_dot is None:
            x_dot = emit(ZEROS_TREE if self.adds else NEW_SLOTS, x)
        return [emit(op.prim, x_dot, index, v_dot)]

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        x, index, v = op.args
        if type(x) is Value and x in active:
            yield x, bars[0]
        if type(v) is Value and v in active:
            yield v, cast(bars[0][index], v)


def _fill_slot(slots: list[Anything], index: int, v: Anything) -> list[Anything]:
    out = list(slots)
    out[index] = v
    return out


FILL_SLOT = register(
    Primitive(
        "fill_slot",
        _fill_slot,
        same_as_first,
        "set_at",
        derivative=Slots(adds=False),
    )
)
ZEROS_TREE = register(
    Primitive(
        "zeros_tree",
        lambda x, absent=False: runtime.zeros_tree(x),
        lambda x, absent=False: floating(as_type(x)),  # it may have no value: nobody reads these
        "zeros_tree",
        static=frozenset({"absent"}),
        derivative=constant,
    )
)
ADD_SLOT = register(
    Primitive(
        "add_slot",
        lambda x, i, v: runtime.add_slot(runtime.copy_tree(x), i, v),
        same_as_first,
        "add_slot",
        derivative=Slots(adds=True),
    )
)
GRADIENT_LIKE = register(
    Primitive(
        "gradient_like",
        runtime.gradient_like,
        lambda g, x: as_type(x),
        "runtime gradient_like",
        derivative=Linear({0: lambda g, out, bar, x: g}),
    )
)


def zero(v: Anything) -> Anything:
    """A zero tangent or adjoint of what stands, or stood, in a list."""
    t = typeof(v)
    if type(v) is not Value or is_scalar(t) and isinstance(t, Num) and t.kind != "array":
        return 0.0
    if isinstance(t, Seq) and t.kind == "list" and not t.items:
        return emit("list", [])
    if isinstance(t, Num) and t.kind == "array":
        return np.zeros_like(v)
    return emit(ZEROS_TREE, v)


def element(t: Anything, *more: Anything) -> Type:
    """The type that covers the items of a list, and more."""
    t = as_type(t)
    found = list(t.items) if isinstance(t, Seq) else [t.elem] if isinstance(t, ListOf) else [ANY]
    out: Type | None = None
    for u in (*found, *map(as_type, more)):
        out = u if out is None else facts().join(out, u)
    return EMPTY if out is None else out


def stored(t: Type, path: Anything, v: Type) -> Type:
    """The type of a list after v was stored in it at an index, or along a path of indices."""
    if not isinstance(t, (Seq, ListOf)) or t.kind == "tuple":
        return t
    first, *rest = path if isinstance(path, tuple) else (path,)
    if isinstance(t, Seq) and t.kind == "dict":  # an object in a list
        where = t.keys.index(first) if first in t.keys else -1
        if where < 0:
            return t
        inside = stored(t.items[where], tuple(rest), v) if rest else facts().join(t.items[where], v)
        return Seq("dict", (*t.items[:where], inside, *t.items[where + 1 :]), t.keys, t.cls)
    known = isinstance(t, Seq) and type(first) is int and -len(t.items) <= first < len(t.items)
    old = t.items[first] if isinstance(t, Seq) and known else element(t)
    new = stored(old, tuple(rest), v) if rest else facts().join(old, v)
    if isinstance(t, Seq) and known:
        items = list(t.items)
        items[first] = new
        return Seq(t.kind, tuple(items))
    return ListOf(t.kind, new)


def floating(t: Type) -> Type:
    """The type of zeros of the structure of t."""
    if isinstance(t, Seq):
        return Seq(t.kind, tuple(map(floating, t.items)), t.keys)
    if isinstance(t, ListOf):
        return ListOf(t.kind, floating(t.elem))
    if isinstance(t, Num) and t.dtype is not None and t.dtype.kind not in "fc":
        return Num(t.kind, F8, t.shape)
    return t


def tangent(v: Anything, dots: dict[Value, Anything]) -> Anything:
    """The tangent of an operand, a zero where it has none."""
    return dots[v] if type(v) is Value and v in dots else zero(v)


class SumOfTrees:
    """Linear in both structures together."""

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        moving = [dots[v] for v in op.args if type(v) is Value and v in dots]
        return [emit(op.prim, *moving) if len(moving) == 2 else moving[0]]

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        for v in op.args:
            if type(v) is Value and v in active:
                yield v, bars[0]


def _as_tuple_type(x: Anything) -> Type:
    t = as_type(x)
    if isinstance(t, ListOf):
        return ListOf("tuple", t.elem)
    return Seq("tuple", t.items) if isinstance(t, Seq) else ANY


# Results: a filled list of slots as the tuple the argument was; a fresh copy of any structure; the
# seed 1.0 of a gradient whose value is known to be a scalar only when it runs.
AS_SLOTS = register(
    Primitive(
        "as_slots", list, same_as_first, "call list", derivative=Linear({0: lambda g, out, x: g})
    )
)
ADD_TREES = register(
    Primitive(
        "add_trees",
        runtime.add_trees,
        same_as_first,
        "runtime add_trees",
        derivative=SumOfTrees(),
    )
)
AS_TUPLE = register(
    Primitive(
        "as_tuple",
        tuple,
        _as_tuple_type,
        "call tuple",
        alias="view",
        derivative=Linear({0: lambda g, out, x: g}),
    )
)
AS_LIST = register(
    Primitive(
        "as_list",
        list,
        lambda x: ListOf("list", element(x)),
        "call list",
        alias="view",
        derivative=Linear({0: lambda g, out, x: g}),
    )
)
FRESH_TREE = register(
    Primitive(
        "fresh_tree",
        runtime.copy_tree,
        same_as_first,
        "runtime copy_tree",
        derivative=Linear({0: lambda g, out, x: g}),
    )
)


class NewObject:
    """Linear in the attributes."""

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        (x,) = op.args
        return [emit(op.prim, dots[x], **op.kwargs)] if x in dots else [None]

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        (x,) = op.args
        if x in active:
            for name, t in zip(x.type.keys, x.type.items):
                if differentiable(t):
                    yield x, At(name, emit("getattr", bars[0], name=name, type=t))


def _object_type(attributes: Anything, cls: Anything) -> Type:
    t = as_type(attributes)
    return Seq("dict", t.items, t.keys, cls) if isinstance(t, Seq) else ANY


# An object that is returned: its attributes are a dict until then.
NEW_OBJECT = register(
    Primitive(
        "new_object",
        lambda attributes, cls: runtime.new_object(cls, attributes),
        _object_type,
        "new_object",
        static=frozenset({"cls"}),
        derivative=NewObject(),
    )
)

# The gradient of an object: an object of its class with these attributes.
LIKE_OBJECT = register(
    Primitive(
        "like_object",
        runtime.like_object,
        lambda x, attributes: as_type(x),
        "runtime like_object",
        derivative=Linear({1: lambda g, out, x, attributes: g}),
    )
)
SCALAR_SEED = register(
    Primitive(
        "scalar_seed",
        runtime.scalar_seed,
        lambda x: FLOAT,
        "runtime scalar_seed",
        effect="raise",
        derivative=constant,
    )
)
