"""Operations without mathematics: control flow, containers, tapes, adjoint buffers, effects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any as Anything

import numpy as np

from s2s_ad import runtime
from s2s_ad.errors import UnsupportedError
from s2s_ad.ir.build import emit, facts, typeof
from s2s_ad.ir.core import Op, Value
from s2s_ad.ir.primitive import Primitive, register
from s2s_ad.ir.types import (
    ANY,
    FLOAT,
    INT,
    NONE,
    STR,
    Any,
    ListOf,
    Num,
    Opaque,
    Seq,
    Stack,
    Type,
    is_scalar,
    type_of,
)
from s2s_ad.ops.rules import At, Constant, Contributions, Elementwise, Linear, cast, constant, fit


def as_type(t: Anything) -> Type:
    """The type of what a type rule received: a type, a constant, or a nest of both."""
    if isinstance(t, tuple) or isinstance(t, list):
        return Seq(type(t).__name__, tuple(map(as_type, t)))
    if isinstance(t, dict):
        return Seq("dict", tuple(map(as_type, t.values())), tuple(t))
    if isinstance(t, Type.__args__):  # type: ignore[attr-defined]
        return t
    return type_of(t)


def _control(*args: Anything, **kwargs: Anything) -> Type:
    raise AssertionError("the types of control flow are given where it is written")


def _no_function(*args: Anything) -> Anything:
    raise AssertionError("the interpreter runs control flow itself")


IF = register(Primitive("if", _no_function, _control, "if"))
FOR = register(Primitive("for", _no_function, _control, "for"))
WHILE = register(Primitive("while", _no_function, _control, "while"))

# Containers. `tuple`, `list` and `dict` take one operand, the nest itself.
TUPLE = register(Primitive("tuple", lambda items: tuple(items), as_type, "tuple"))
LIST = register(Primitive("list", lambda items: list(items), as_type, "list"))
DICT = register(Primitive("dict", lambda items: dict(items), as_type, "dict"))

# Tapes: functional stacks; the emitter writes `tape = []`, `tape.append(v)`, `tape.pop()`.
# `pop` gives the shorter stack and the value.
NEW_STACK = register(Primitive("new_stack", lambda elem=None: (), lambda elem=ANY: Stack(elem), "new_stack"))  # fmt: skip
PUSH = register(Primitive("push", lambda s, v: (*s, v), lambda s, v: Stack(facts().join(s.elem, as_type(v)) if s.elem != ANY else as_type(v)), "push"))  # fmt: skip
POP = register(Primitive("pop", lambda s: (s[:-1], s[-1]), lambda s: (s, s.elem), "pop"))
COPY_STACK = register(Primitive("copy_stack", lambda s: s, lambda s: s, "method copy", derivative=Linear({0: lambda g, out, s: g})))  # fmt: skip
STACK_LENGTH = register(Primitive("stack_length", len, lambda s: INT, "call len", derivative=constant))  # fmt: skip


def _same_as_first(x: Anything, *others: Anything) -> Type:
    return as_type(x)


def _accumulate_type(acc: Anything, g: Anything) -> Type:
    """acc + g for an adjoint, which has one shape throughout."""
    a, b = as_type(acc), as_type(g)
    if isinstance(a, Num) and isinstance(b, Num):
        if a.kind == "array" or b.kind == "array":
            return a if a.kind == "array" and a.shape is not None else b
        if a.kind != b.kind:
            return Num("any" if "any" in (a.kind, b.kind) else "scalar", a.dtype, a.shape)
        return a
    return a if not isinstance(a, Any) else b


# acc + g, where the storage of acc may be reused: written `acc += g` where acc is owned.
ACCUMULATE = register(
    Primitive(
        "accumulate",
        lambda acc, g: acc + g,
        _accumulate_type,
        "accumulate",
        derivative=Elementwise((lambda d, out, acc, g: d, lambda d, out, acc, g: d)),
    )
)


def _add_at(x: np.ndarray, index: Anything, v: Anything) -> np.ndarray:
    out = x.copy()
    np.add.at(out, index, v)
    return out


def _set_at(x: Anything, index: Anything, v: Anything) -> Anything:
    out = x.copy()
    out[index] = v
    return out


def plain(index: Anything) -> bool:
    """An index of ints, slices, newaxis and ellipsis, which names no place twice."""
    if isinstance(index, tuple):
        return all(map(plain, index))
    if type(index) is Value:
        return is_scalar(index.type)
    return index is None or index is Ellipsis or isinstance(index, (int, slice, np.integer))


class Store:
    """The derivative of a store: linear in the buffer and the value together."""

    def __init__(self, adds: bool) -> None:
        self.adds = adds

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        x, index, v = op.args
        x_dot = dots.get(x) if type(x) is Value else None
        v_dot = dots.get(v) if type(v) is Value else None
        if v_dot is None and (self.adds or x_dot is None):
            return [x_dot]
        x_dot = np.zeros_like(x) if x_dot is None else x_dot
        return [emit(op.prim, x_dot, index, 0.0 if v_dot is None else v_dot)]

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        x, index, v = op.args
        if type(v) is Value and v in active:
            if not self.adds and not plain(index):
                raise UnsupportedError("a store at an index array in code that is differentiated")
            yield v, fit(bars[0][index], v)
        if type(x) is Value and x in active:
            yield x, bars[0] if self.adds else emit(SET_AT, bars[0], index, 0.0)


# buffer with v added at (or stored at) an index; in place on the way out: `x_bar[i] += v`.
# Repeated indices add up. Transposes read the same place.
ADD_AT = register(
    Primitive(
        "add_at",
        _add_at,
        _same_as_first,
        "add_at",
        derivative=Store(adds=True),
    )
)
SET_AT = register(Primitive("set_at", _set_at, _same_as_first, "set_at", derivative=Store(adds=False)))  # fmt: skip

# The adjoint of a list that a loop walks. `new_slots` are empty, `fill_slot` puts an adjoint into
# a slot that is filled once; `zeros_tree` and `add_slot` accumulate, for the general case.
NEW_SLOTS = register(
    Primitive("new_slots", lambda like: [None] * len(like), _same_as_first, "new_slots", derivative=constant)  # fmt: skip
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
        _same_as_first,
        "set_at",
        derivative=Slots(adds=False),
    )
)
ZEROS_TREE = register(
    Primitive("zeros_tree", runtime.zeros_tree, _same_as_first, "runtime zeros_tree", derivative=constant)  # fmt: skip
)
ADD_SLOT = register(
    Primitive(
        "add_slot",
        lambda x, i, v: runtime.add_slot(runtime.copy_tree(x), i, v),
        _same_as_first,
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


def _as_tuple_type(x: Anything) -> Type:
    t = as_type(x)
    return Seq("tuple", t.items) if isinstance(t, Seq) else ANY


# Results: a filled list of slots as the tuple the argument was; a fresh copy of any structure; the
# seed 1.0 of a gradient whose value is known to be a scalar only when it runs.
AS_SLOTS = register(Primitive("as_slots", list, _same_as_first, "call list", derivative=Linear({0: lambda g, out, x: g})))  # fmt: skip
ADD_TREES = register(Primitive("add_trees", runtime.add_trees, _same_as_first, "runtime add_trees", derivative=Linear({0: lambda g, out, x, y: g, 1: lambda g, out, x, y: g})))  # fmt: skip
AS_TUPLE = register(Primitive("as_tuple", tuple, _as_tuple_type, "call tuple", derivative=Linear({0: lambda g, out, x: g})))  # fmt: skip
FRESH_TREE = register(Primitive("fresh_tree", runtime.copy_tree, _same_as_first, "runtime copy_tree", derivative=Linear({0: lambda g, out, x: g})))  # fmt: skip
SCALAR_SEED = register(Primitive("scalar_seed", runtime.scalar_seed, lambda x: FLOAT, "runtime scalar_seed", effect="raise", derivative=constant))  # fmt: skip


def _unbroadcast_type(g: Anything, x: Anything) -> Type:
    g, x = as_type(g), as_type(x)
    if isinstance(x, Num) and isinstance(g, Num):
        return Num("np" if is_scalar(x) else x.kind, g.dtype, x.shape)
    return x if isinstance(x, Num) else ANY


def _broadcast_like_type(g: Anything, x: Anything) -> Type:
    g, x = as_type(g), as_type(x)
    if isinstance(x, Num):
        dtype = g.dtype if isinstance(g, Num) else None
        if x.dtype is not None and x.dtype.kind == "f" and not (dtype and dtype.kind == "c"):
            dtype = x.dtype
        return Num("array" if x.shape else x.kind, dtype or x.dtype, x.shape)
    return ANY


def _broadcast_like_alias(op: Op) -> str:
    """np.full_like is fresh; where the shape is unknown, or a number, g itself may come back."""
    t = typeof(op.args[1])
    known = isinstance(t, Num) and t.rank is not None and t.kind != "any"
    return "fresh" if known and (t.rank or t.kind == "array") else "view"  # type: ignore[union-attr]


# unbroadcast(g, x): g summed to the shape of x. broadcast_like(g, x): g spread to the shape of
# x. Each is the transpose of the other.
UNBROADCAST = register(
    Primitive(
        "unbroadcast",
        runtime.unbroadcast,
        _unbroadcast_type,
        "runtime unbroadcast",
        alias="same",
    )
)
BROADCAST_LIKE = register(
    Primitive(
        "broadcast_like",
        runtime.broadcast_like,
        _broadcast_like_type,
        "broadcast_like",
        alias=_broadcast_like_alias,
    )
)


def _install_transposes() -> None:
    UNBROADCAST.derivative = Linear({0: lambda g, out, a, x: emit(BROADCAST_LIKE, g, a)})
    BROADCAST_LIKE.derivative = Linear({0: lambda g, out, a, x: emit(UNBROADCAST, g, a)})


_install_transposes()

# Data from outside the function, read where the primal reads it.
@dataclass(frozen=True)
class Outside:
    """A global of a module (`module` is its importable name, "" if it has none) or a closure
    cell. `namespace` is the globals dict, or the cell."""

    name: str
    module: str
    namespace: Anything

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        same = isinstance(other, Outside) and other.namespace is self.namespace
        return same and other.name == self.name  # type: ignore[union-attr]

    def read(self) -> Anything:
        if isinstance(self.namespace, dict):
            return self.namespace[self.name]
        return self.namespace.cell_contents


READ = register(Primitive("read", lambda place, type=ANY: place.read(), lambda place, type=ANY: type, "read", alias="same", derivative=constant, static=frozenset({"place"})))  # fmt: skip

# A call of a function too large to inline: kwargs["callee"] is its Function; operands are its
# block's parameters in order, results its yields.
CALL = register(Primitive("call", _no_function, _control, "call", static=frozenset({"callee"})))

# Effects, run once in the forward sweep, never differentiated. `operands` are what they read.
PRINT = register(
    Primitive("print", print, lambda *args, **kwargs: NONE, "call print", effect="effect", derivative=Constant())  # fmt: skip
)


def _assert(condition: Anything, message: Anything = None) -> None:
    if not condition:
        raise AssertionError(message) if message is not None else AssertionError


def _raise(error: Anything) -> None:
    raise error


ASSERT = register(
    Primitive("assert", _assert, lambda condition, *message: NONE, "assert", effect="effect", derivative=Constant())  # fmt: skip
)
RAISE = register(
    Primitive("raise", _raise, lambda error: NONE, "raise", effect="effect", derivative=Constant())
)

# `with np.errstate(**kwargs)`: one block, whose yields are the results.
ERRSTATE = register(Primitive("errstate", _no_function, _control, "errstate"))


def _fstring(parts: list[Anything]) -> str:
    out = []
    for part in parts:
        if isinstance(part, str):
            out.append(part)
            continue
        value, conversion, spec = part
        convert = {"": lambda x: x, "r": repr, "s": str, "a": ascii}[conversion]
        out.append(format(convert(value), spec))
    return "".join(out)


# f"...": the operand is a list of texts and of (value, conversion, format).
FSTRING = register(
    Primitive("fstring", _fstring, lambda parts: STR, "fstring", derivative=constant)
)

# An exception that is made to be raised: its class is static, its arguments are operands.
EXCEPTION = register(
    Primitive(
        "exception",
        lambda *args, cls: cls(*args),
        lambda *args, cls: Opaque("exception"),
        "exception",
        static=frozenset({"cls"}),
        derivative=constant,
    )
)

# An attribute of an object that is no array (`self.k`), read where the primal reads it.
GETATTR = register(
    Primitive(
        "getattr",
        lambda x, name, type=ANY: getattr(x, name),
        lambda x, name, type=ANY: type,
        "getattr",
        alias="same",
        static=frozenset({"name"}),
        derivative=constant,
    )
)


class Unpack:
    """The derivative of `a, b = x` for an array: each name reads its item."""

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        (x,) = op.args
        if x not in dots:
            return [None] * len(op.results)
        return [dots[x][k] for k in range(len(op.results))]

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        (x,) = op.args
        for k, g in enumerate(bars):
            if g is not None and x in active:
                yield x, At(k, g)


def _unpack_type(x: Anything, count: int) -> tuple[Type, ...]:
    from s2s_ad.ir.primitive import BY_NAME

    t = as_type(x)
    item = t.elem if isinstance(t, ListOf) else ANY
    if isinstance(t, Num) and t.shape is not None:
        item = BY_NAME["getitem"].infer(t, 0)
    return (item,) * count


# `a, b = x` where the length of x is not known: raises where it is not `count`.
UNPACK = register(
    Primitive(
        "unpack",
        runtime.unpack,
        _unpack_type,
        "unpack",
        alias="view",
        effect="raise",
        static=frozenset({"count"}),
        derivative=Unpack(),
        container="tuple",
    )
)

# What `x op= v` leaves in x, given x and `x op v`, where x may be an array whose dtype and shape are
# not known; the derivative is that of `x op v`.
AUGMENTED = register(
    Primitive(
        "augmented",
        runtime.augmented,
        lambda old, new: _augmented_type(old, new),
        "runtime augmented",
        alias="same",
        effect="raise",
        derivative=Elementwise((None, lambda d, out, old, new: d)),
    )
)


def _augmented_type(old: Anything, new: Anything) -> Type:
    a, b = as_type(old), as_type(new)
    if not isinstance(a, Num) or not isinstance(b, Num):
        return ANY
    if a.kind == "array":
        return Num("array", a.dtype, a.shape)
    dtype = a.dtype if a.dtype == b.dtype else None
    shape = a.shape if a.shape == b.shape else None
    return Num(a.kind if a.kind == b.kind else "any", dtype, shape)
