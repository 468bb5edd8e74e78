"""Primitives and the table of them: the only global mutable state beside the caches."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from typing import Any as Anything

from s2s_ad.errors import InternalError, UnsupportedError
from s2s_ad.ir.types import EMPTY, Any, Num, Type

if TYPE_CHECKING:
    from s2s_ad.ir.core import Op


@dataclass(eq=False)
class Primitive:
    """One operation, however Python spells it.

    function   what the interpreter calls: plain Python or NumPy
    infer      the type rule. Its signature is the primitive's: names, order and defaults. A
               parameter with a default (or named in `static`) is static: an ordinary Python
               object while transforming. It receives types where the operation receives values
               (constants stay themselves) and returns a type, or a tuple for several results.
    alias      "fresh", "same", "view" or "layout" (view or copy, depending on memory layout), or a
               function of the operation that tells which; ask `aliasing(op)`. What is aliased is
               the first operand (any part of it, where that is a nest or a container)
    effect     "" (pure), "raise" (may raise, kept and ordered) or "effect" (print, assert)
    syntax     how it is written: "call np.sin", "infix +", "prefix -", "attribute T", or a
               name that `codegen.expressions` knows
    derivative an object with `jvp` and `vjp` (see `s2s_ad.ops.rules`), or None
    container  "" for one plain result; "tuple" or "list" where the Python value is a sequence of
               the results, one each (then the type rule returns a tuple of types, also for one)
    arrays     how many of the leading operands NumPy makes arrays of: lists there become arrays
    fields     the names of those results as attributes (`eigenvalues`), where it is a named tuple
    """

    name: str
    function: Callable[..., Anything]
    infer: Callable[..., Anything]
    syntax: str
    alias: str | Callable[[Op], str] = "fresh"
    effect: str = ""
    static: frozenset[str] = frozenset()
    derivative: Anything = None
    container: str = ""
    fields: tuple[str, ...] = ()
    arrays: int = 0
    signature: inspect.Signature = field(init=False)

    def __post_init__(self) -> None:
        self.signature = inspect.signature(self.infer)
        defaults = {n for n, p in self.signature.parameters.items() if p.default is not p.empty}
        self.static = frozenset(self.static) | defaults

    def aliasing(self, op: Op) -> str:
        """How the results of this operation alias its first operand."""
        return self.alias if isinstance(self.alias, str) else self.alias(op)

    def bind(
        self, args: tuple[Anything, ...], kwargs: dict[str, Anything]
    ) -> tuple[tuple[Anything, ...], dict[str, Anything]]:
        """Operands in order, and the static arguments that differ from their defaults."""
        for name in kwargs:
            known = self.signature.parameters
            if name not in known and not any(p.kind is p.VAR_KEYWORD for p in known.values()):
                raise UnsupportedError(
                    f"{self.name} with the argument {name!r} is not supported",
                    f"supported are {', '.join(known)}",
                )
        try:
            bound = self.signature.bind(*args, **kwargs)
        except TypeError as error:
            raise UnsupportedError(
                f"{self.name}: {error}", f"its arguments are {self.signature}"
            ) from None
        operands: list[Anything] = []
        static: dict[str, Anything] = {}
        for name, value in bound.arguments.items():
            parameter = self.signature.parameters[name]
            if parameter.kind is parameter.VAR_POSITIONAL:
                operands.extend(value)
            elif parameter.kind is parameter.VAR_KEYWORD:
                static.update(value)
            elif name not in self.static:
                operands.append(value)
            elif parameter.default is parameter.empty or not _same(value, parameter.default):
                static[name] = value
        return tuple(operands), static

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"


def _same(a: Anything, b: Anything) -> bool:
    return a is b or (type(a) is type(b) and isinstance(a, (int, float, str)) and a == b)


TABLE: dict[Anything, Primitive] = {}  # every spelling (a callable) -> primitive
BY_NAME: dict[str, Primitive] = {}


def register(primitive: Primitive, *spellings: Anything, override: bool = False) -> Primitive:
    """Enter a primitive under its name and all its spellings."""
    if primitive.name in BY_NAME and not override:
        raise InternalError(f"primitive {primitive.name} is registered twice")
    BY_NAME[primitive.name] = primitive
    for spelling in spellings:
        if spelling in TABLE and not override:
            raise InternalError(f"{spelling!r} is already {TABLE[spelling].name}")
        TABLE[spelling] = primitive
    return primitive


def result_types(primitive: Primitive, args: Anything, kwargs: dict[str, Anything]) -> list[Type]:
    """The types of the results, by the primitive's type rule. What is computed from an item that
    is not there does not widen what it meets."""
    out = primitive.infer(*args, **kwargs)
    found = list(out) if isinstance(out, tuple) else [out]
    if any(isinstance(t, Any) and t.empty for t in args):
        return [EMPTY if isinstance(t, Any) or _open(t) else t for t in found]
    return found


def _open(t: Type) -> bool:
    return isinstance(t, Num) and (t.dtype is None or t.dtype.kind in "fc")
