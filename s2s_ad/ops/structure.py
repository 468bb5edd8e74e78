"""Operations without mathematics: control flow, containers, data from outside, effects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any as Anything
from typing import cast, get_args

from s2s_ad import runtime
from s2s_ad.ir.build import emit
from s2s_ad.ir.core import Op, Value
from s2s_ad.ir.primitive import Primitive, register
from s2s_ad.ir.types import (
    ANY,
    NONE,
    POISON,
    STR,
    ListOf,
    Num,
    Opaque,
    Seq,
    Type,
    type_of,
)
from s2s_ad.ops.rules import At, Constant, Contributions, constant


def as_type(t: Anything) -> Type:
    """The type of what a type rule received: a type, a constant, or a nest of both."""
    if isinstance(t, (tuple, list)):
        return Seq(type(t).__name__, tuple(map(as_type, t)))
    if isinstance(t, dict):
        return Seq("dict", tuple(map(as_type, t.values())), tuple(t))
    if isinstance(t, get_args(Type)):
        return cast(Type, t)
    return type_of(t)


def same_as_first(x: Anything, *others: Anything) -> Type:
    """The type rule of an update: that of what is updated."""
    return as_type(x)


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


# Data from outside the function, read where the primal reads it.
@dataclass(frozen=True)
class Outside:
    """A global of a module (`module` is its importable name, "" if it has none) or a closure
    cell. `namespace` is the globals dict, or the cell."""

    name: str
    module: str
    namespace: Anything

    def __hash__(self) -> int:
        return hash(self.name)

    @property
    def constant(self) -> bool:
        """Whether it is a constant of a library, as `np.pi`."""
        return self.module in ("numpy", "math", "cmath")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Outside):
            return False
        return other.namespace is self.namespace and other.name == self.name

    def read(self) -> Anything:
        if isinstance(self.namespace, dict):
            return self.namespace[self.name]
        return self.namespace.cell_contents


READ = register(
    Primitive(
        "read",
        lambda place, type=ANY: place.read(),
        lambda place, type=ANY: type,
        "read",
        alias="same",
        derivative=constant,
        static=frozenset({"place"}),
    )
)

# A call of a function too large to inline: kwargs["callee"] is its Function; operands are its
# block's parameters in order, results its yields.
CALL = register(Primitive("call", _no_function, _control, "call", static=frozenset({"callee"})))

# In a reverse sweep until it is decided what is recorded: the undoing of a store begins here.
MARK = register(
    Primitive(
        "mark",
        _no_function,
        lambda of=None: NONE,
        "mark",
        effect="effect",
        derivative=constant,
    )
)

# Stands for an expression that was refused, while a lint goes on.
REFUSED = register(
    Primitive("refused", _no_function, lambda: POISON, "refused", derivative=constant)
)

# Effects, run once in the forward sweep, never differentiated. `operands` are what they read.
PRINT = register(
    Primitive(
        "print",
        print,
        lambda *args, **kwargs: NONE,
        "call print",
        effect="effect",
        derivative=Constant(),
    )
)


def _assert(condition: Anything, message: Anything = None) -> None:
    if not condition:
        raise AssertionError(message) if message is not None else AssertionError


def _raise(error: Anything, *cause: Anything, others: tuple[type, ...] = ()) -> None:
    if cause:
        raise error from cause[0]
    raise error


ASSERT = register(
    Primitive(
        "assert",
        _assert,
        lambda condition, *message: NONE,
        "assert",
        effect="effect",
        derivative=Constant(),
    )
)
# Stands where a name is read that has no value on some path: `values` are what it is bound to.
TOUCH = register(
    Primitive(
        "touch",
        lambda values, name, cls: None,
        lambda values, name, cls: NONE,
        "touch",
        effect="raise",
        static=frozenset({"name", "cls"}),
        derivative=Constant(),
    )
)
RAISE = register(
    Primitive(
        "raise",
        _raise,
        lambda error, *cause, others=(): NONE,
        "raise",
        effect="effect",
        static=frozenset({"others"}),
        derivative=Constant(),
    )
)

# `with np.errstate(**kwargs)`: one block, whose yields are the results.
ERRSTATE = register(Primitive("errstate", _no_function, _control, "errstate"))

# `with manager as value`: one block, whose parameter is the value and whose yields are the results.
WITH = register(Primitive("with", _no_function, _control, "with"))

# `try`: the body, and what the results are where it raised. A handler is a tuple of classes; the
# second block's parameters are the number of the handler (from 1) and the exception. The first two
# results are the number (0 where nothing was raised) and the exception; what follows decides by it.
TRY = register(Primitive("try", _no_function, _control, "try", static=frozenset({"handlers"})))


def _fstring(parts: list[Anything]) -> str:
    out = []
    for part in parts:
        if isinstance(part, str):
            out.append(part)
            continue
        value, conversion, spec = part
        convert: dict[str, Callable[[object], object]] = {"r": repr, "s": str, "a": ascii}
        out.append(format(convert[conversion](value) if conversion else value, spec))
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


class Attribute:
    """The derivative of the attribute of an argument: the same attribute of the tangent."""

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        (x,) = op.args
        return [emit(GETATTR, dots[x], **op.kwargs) if x in dots else None]

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        (x,) = op.args
        if x in active:
            yield x, At(op.kwargs["name"], bars[0])


# An attribute of an object that is no array (`self.k`), read where the primal reads it.
GETATTR = register(
    Primitive(
        "getattr",
        lambda x, name, type=ANY: getattr(x, name),
        lambda x, name, type=ANY: type,
        "getattr",
        alias="same",
        static=frozenset({"name"}),
        derivative=Attribute(),
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
