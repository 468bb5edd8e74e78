"""Writing SSA: the block under construction, and arithmetic on values.

`with building(block):` makes operations on values append to `block`. Rules are plain NumPy
expressions; through NumPy's dispatch protocols (NEP 13, NEP 18) they write SSA when they are
called with values, and compute when they are called with arrays.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any as Anything

from s2s_ad.errors import InternalError, Location, UnsupportedError
from s2s_ad.ir.collecting import refusals
from s2s_ad.ir.core import Block, Op, Statement, Value, leaves, tree_map
from s2s_ad.ir.primitive import BY_NAME, TABLE, Primitive, result_types
from s2s_ad.ir.types import POISON, Facts, ListOf, Num, Seq, Stack, Type, type_of


@dataclass
class Cursor:
    """Where and on whose behalf operations are written."""

    block: Block
    statement: Statement | None = None
    location: Location | None = None
    role: str = "primal"


_cursor: ContextVar[Cursor | None] = ContextVar("cursor", default=None)
_facts: ContextVar[Facts | None] = ContextVar("facts", default=None)
_reader: ContextVar[Callable[[Value], Value] | None] = ContextVar("reader", default=None)


def cursor() -> Cursor:
    c = _cursor.get()
    if c is None:
        raise InternalError("no block is under construction")
    return c


def facts() -> Facts:
    """The facts about sizes of the pipeline run under way."""
    f = _facts.get()
    if f is None:
        raise InternalError("no pipeline run is under way")
    return f


@contextmanager
def knowing(f: Facts) -> Iterator[Facts]:
    """Run a pass with these facts."""
    token = _facts.set(f)
    try:
        yield f
    finally:
        _facts.reset(token)


@contextmanager
def reading(reader: Callable[[Value], Value]) -> Iterator[None]:
    """Write operations on what `reader` gives for each operand: the front end reads a name of a
    mutable array as what the array holds at this moment."""
    token = _reader.set(reader)
    try:
        yield
    finally:
        _reader.reset(token)


def read_now(args: Anything) -> Anything:
    """Operands as the front end reads them at this moment."""
    reader = _reader.get()
    if reader is None:
        return args
    return tree_map(lambda v: reader(v) if type(v) is Value else v, args)


@contextmanager
def building(
    block: Block,
    statement: Statement | None = None,
    location: Location | None = None,
    role: str = "primal",
) -> Iterator[Cursor]:
    """Append what is written to `block`; statement, location and role mark the operations."""
    token = _cursor.set(Cursor(block, statement, location, role))
    try:
        c = _cursor.get()
        assert c is not None
        yield c
    finally:
        _cursor.reset(token)


def typeof(x: Anything) -> Type:
    """The type of a value or of a constant."""
    return x.type if type(x) is Value else type_of(x)


def emit(
    primitive: Primitive | str,
    *args: Anything,
    blocks: list[Block] | None = None,
    types: list[Type] | None = None,
    hint: str = "",
    **kwargs: Anything,
) -> Anything:
    """Write one operation; its result, or the list of results where there are not exactly one.

    Arguments are operands in the primitive's own order; static ones by keyword. `types` replaces
    the type rule (for operations that own blocks).
    """
    prim = BY_NAME[primitive] if isinstance(primitive, str) else primitive
    c = cursor()
    args = read_now(args)
    if types is None:
        shown = tree_map(lambda v: v.type if type(v) is Value else v, args)
        types = result_types(prim, shown, kwargs)
    if refusals() is not None and any(v.type == POISON for v in leaves(args)):
        types = [t if isinstance(t, (ListOf, Seq, Stack)) else POISON for t in types]
    hints = prim.fields if prim.fields and not hint else [hint] * len(types)
    results = [Value(t, h) for t, h in zip(types, hints)]
    op = Op(prim, args, kwargs, blocks or [], results, c.statement, c.location, c.role)
    if c.role != "primal":
        simpler = simplify(op)
        if simpler is not None:
            return simpler[0]
    c.block.ops.append(op)
    return results[0] if len(results) == 1 else results


# Peepholes for derivative code: op -> a one-tuple of the simpler result, or None. Registered by
# `s2s_ad.passes.algebra`, so that what a rule writes is simple from the start.
PEEPHOLES: list[Callable[[Op], tuple[Anything] | None]] = []


def simplify(op: Op) -> tuple[Anything] | None:
    for peephole in PEEPHOLES:
        simpler = peephole(op)
        if simpler is not None:
            return simpler
    return None


def apply(function: Anything, *args: Anything, **kwargs: Anything) -> Anything:
    """Call a Python callable on values: look its primitive up, bind, write the operation."""
    prim = TABLE.get(function)
    if prim is None:
        name = getattr(function, "__qualname__", repr(function))
        module = getattr(function, "__module__", None)
        raise UnsupportedError(
            f"no derivative rule for {module + '.' if module else ''}{name}",
            "write it with supported functions, or register a rule for it",
        )
    operands, static = prim.bind(args, kwargs)
    for name, value in static.items():
        if any(True for _ in leaves(value)):
            raise NotStatic(prim, name, next(leaves(value)))
    shown = [_as_array(x) if k < prim.arrays else x for k, x in enumerate(operands)]
    return emit(prim, *shown, **static)


def _as_array(x: Anything) -> Anything:
    """A list or tuple as the array that NumPy makes of it, by an operation of its own."""
    written = isinstance(x, (list, tuple))
    if written or (
        type(x) is Value and isinstance(x.type, (Seq, ListOf)) and x.type.kind != "dict"
    ):
        return emit("array", x)
    return x


class NotStatic(UnsupportedError):
    """A static argument (an axis, say) is a run-time value; where it is a parameter, the
    pipeline specialises on its value and tries again."""

    code = "not-static"
    retried = True
    parameter = ""  # of a recursive function: see frontend/recursion.py

    def __init__(self, prim: Primitive, argument: str, value: Value) -> None:
        found = decisive(value)
        self.value = value if found is None else found
        super().__init__(
            f"{prim.name}: {argument!r} must be known when the function is transformed",
            "pass a literal, or a parameter whose value is given",
        )


def decisive(value: Value) -> Value | None:
    """The first parameter, or number from outside, from which an int was computed."""
    if not isinstance(value.owner, Op):
        return value if isinstance(value.owner, Block) and _is_int(value) else None
    if value.owner.prim.name == "read":
        return value
    operands = [v for v in value.owner.operands if _is_int(v)]
    if not _is_int(value) or len(operands) < len(value.owner.operands) or value.owner.blocks:
        return None
    return next((found for v in operands if (found := decisive(v)) is not None), None)


def _is_int(v: Value) -> bool:
    return isinstance(v.type, Num) and v.type.kind == "py" and str(v.type.dtype) == "int64"


def _ufunc(
    self: Value, ufunc: Anything, method: str, *inputs: Anything, **kwargs: Anything
) -> Anything:
    if method != "__call__":
        raise UnsupportedError(
            f"np.{ufunc.__name__}.{method} is not supported",
            "write it with functions that have a rule",
        )
    return apply(ufunc, *inputs, **kwargs)


def _array_function(
    self: Value, function: Anything, types: Anything, args: Anything, kwargs: Anything
) -> Anything:
    return apply(function, *args, **kwargs)


def _binary(function: Anything) -> tuple[Callable[..., Anything], Callable[..., Anything]]:
    def forward(self: Value, other: Anything) -> Anything:
        return apply(function, self, other)

    def backward(self: Value, other: Anything) -> Anything:
        return apply(function, other, self)

    return forward, backward


def _install() -> None:
    """Give `Value` its arithmetic. Here, not in core, because it needs the table."""
    namespace: dict[str, Anything] = {
        "__array_ufunc__": _ufunc,
        "__array_function__": _array_function,
    }
    for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"):
        function = getattr(operator, name)
        namespace[f"__{name}__"], namespace[f"__r{name}__"] = _binary(function)
    for name in ("lt", "le", "gt", "ge"):
        namespace[f"__{name}__"] = _binary(getattr(operator, name))[0]
    for name in ("neg", "pos", "abs", "invert"):
        function = getattr(operator, name)
        namespace[f"__{name}__"] = lambda self, function=function: apply(function, self)
    namespace["__getitem__"] = lambda self, index: apply(operator.getitem, self, index)
    for name, member in namespace.items():
        setattr(Value, name, member)


_install()
