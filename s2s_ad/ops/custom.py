"""Functions with derivatives given by the user: the registry, and the operation that calls one.

A rule is a Python function. The front end lowers it where the function is called, so its text
appears in the derivative's and is differentiated again; here its operations are put in place.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import Any as Anything

import numpy as np

from s2s_ad.errors import DerivativeTypeError, S2SError, UnsupportedError
from s2s_ad.ir.build import cursor, emit, typeof
from s2s_ad.ir.core import Function, Op, Value, clone_op, leaves, replace, walk
from s2s_ad.ir.primitive import TABLE, Primitive, register
from s2s_ad.ir.types import ANY, ListOf, Num, Seq, Type, differentiable, is_scalar
from s2s_ad.ops.fitting import cast, fit
from s2s_ad.ops.rules import Contributions, constant
from s2s_ad.ops.structure import as_type
from s2s_ad.runtime import stop_gradient


@dataclass
class Registration:
    """What a user has said of a function: its rules, and the type of what it returns."""

    jvp: Callable[..., Anything] | None = None
    vjp: Callable[..., Anything] | None = None
    type: Type = ANY


REGISTRY: dict[Anything, Registration] = {}
epoch = {"epoch": 0}  # counts registrations: derivatives made before one are made anew


def enter(
    function: Anything, mode: str, rule: Callable[..., Anything], type: Type | None, override: bool
) -> None:
    """Register a rule for a function; `mode` is "jvp" or "vjp"."""
    known = REGISTRY.get(function)
    name = getattr(function, "__name__", repr(function))
    if not override and (function in TABLE or getattr(known, mode, None) is not None):
        raise DerivativeTypeError(
            f"{name} has a derivative rule already", "write override=True to replace it"
        )
    known = REGISTRY.setdefault(function, Registration())
    setattr(known, mode, rule)
    if type is not None:
        known.type = type
    epoch["epoch"] += 1


def registration(x: Anything) -> Registration | None:
    """What is registered for a callable, if anything is."""
    if not REGISTRY:
        return None
    try:
        return REGISTRY.get(x)
    except TypeError:  # not hashable
        return None


class Rules:
    """The lowered rules of a call: a Function each, or why there is none. Filled in after it was
    made, as a rule may call its own function."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.jvp: Function | S2SError | None = None
        self.vjp: Function | S2SError | None = None
        self.backwards = False  # the JVP is just being read backwards

    def __repr__(self) -> str:
        return f"<rules {self.name}>"


# Which operand of these operations lends its shape and dtype alone.
SHAPES = {
    "size": 0, "shape": 0, "ndim": 0, "len": 0, "broadcast_like": 1, "unbroadcast": 1,
    "zeros_like": 0, "zeros_tree": 0,
}  # fmt: skip


class Custom:
    """The derivative that the user gave."""

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        rule = self.rule(op, "jvp", "vjp")
        return [cast(self.pushed(op, rule, dots), op.result)]

    def pushed(self, op: Op, rule: Function, dots: dict[Value, Anything]) -> Anything:
        """The tangent that a rule gives."""
        (out,) = place(rule, [*tangents(op, dots), op.result, *op.args[0]])
        check_shape(op, "tangent", out, "value", op.result)
        return out

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        rules: Rules = op.kwargs["rules"]
        if rules.vjp is None and rules.jvp is not None:
            yield from self.transposed(op, bars, active)
            return
        rule = self.rule(op, "vjp", "jvp")
        refuse_keyword(op, active)
        found = place(rule, [bars[0], op.result, *op.args[0]])
        for x, g in zip(positional(op), found, strict=True):
            if type(x) is Value and x in active and g is not None:
                yield x, fitted(op, g, x)

    def transposed(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        """A linear map, the JVP, read backwards."""
        from s2s_ad.autodiff.transposition import transpose_of  # as in ops.rules

        rule = self.rule(op, "jvp", "vjp")
        reason = ""
        if any(inner.blocks for inner in rule.block.ops):
            reason = "has branches or loops"
        rules: Rules = op.kwargs["rules"]
        if rules.backwards:
            reason = "applies it to a tangent"
        if reason:
            name = op.kwargs["callee"].name
            raise UnsupportedError(
                f"the JVP of {name} {reason}: it cannot be read backwards",
                f"register a VJP as well: s2s_ad.custom_vjp({name})",
                op.location,
            )
        found_active = (x for x in positional(op) if type(x) is Value and x in active)
        moving = list(dict.fromkeys(found_active))
        seeds = {x: Value(bar_type(x.type)) for x in moving}

        def body() -> Anything:
            return self.pushed(op, rule, seeds)

        before = len(cursor().block.ops)
        rules.backwards = True
        try:
            found = transpose_of(body, list(seeds.values()), bars)
        finally:
            rules.backwards = False
        primal = {seed: x for x, seed in seeds.items()}
        for new in cursor().block.ops[before:]:
            k = SHAPES.get(new.prim.name, len(new.args))
            new.args = (*new.args[:k], *replace(new.args[k : k + 1], primal), *new.args[k + 1 :])
            if any(v in primal for v in leaves(new.args)):
                raise UnsupportedError(
                    f"the JVP of {op.kwargs['callee'].name} is not linear in its tangents",
                    "it is the derivative times the tangent: out_dot = ... * x_dot",
                    op.location,
                )
        for x, g in zip(moving, found, strict=True):
            if g is not None:
                yield x, fitted(op, g, x)

    def rule(self, op: Op, mode: str, other: str) -> Function:
        rules: Rules = op.kwargs["rules"]
        found = getattr(rules, mode)
        if isinstance(found, S2SError):
            raise found
        if isinstance(found, Function):
            return found
        way = "forward" if mode == "jvp" else "reverse"
        name = op.kwargs["callee"].name
        raise UnsupportedError(
            f"{name} has a {other.upper()} only: there is no {way} mode through it",
            f"register the other rule as well: s2s_ad.custom_{mode}({name})",
            op.location,
        )


def positional(op: Op) -> list[Anything]:
    """The operands that stand by position: those that have tangents and cotangents."""
    items = list(op.args[0])
    return items[: len(items) - len(op.kwargs.get("names", ()))]


def tangents(op: Op, dots: dict[Value, Anything]) -> list[Anything]:
    """A tangent for each positional operand, zero where it is constant."""
    refuse_keyword(op, dots)
    return [dots[x] if type(x) is Value and x in dots else zero(x) for x in positional(op)]


def refuse_keyword(op: Op, active: Container[Value]) -> None:
    """Refuse an active argument that is given by keyword."""
    if any(v in active for v in leaves(op.args[0][len(positional(op)) :])):
        raise UnsupportedError(
            f"{op.kwargs['callee'].name} gets a keyword argument that depends on what one "
            "differentiates by",
            "pass it by position: rules have tangents and cotangents of these only",
            op.location,
        )


def fitted(op: Op, g: Anything, x: Value) -> Anything:
    """The cotangent that a rule gave, in the dtype of its argument."""
    check_shape(op, "cotangent", g, "argument", x)
    return fit(g, x) if isinstance(x.type, Num) else g


def check_shape(op: Op, what: str, d: Anything, whose: str, x: Value) -> None:
    """Refuse what a rule gave where it certainly has another shape than what it belongs to."""
    have, want = typeof(d), x.type
    if not (isinstance(have, Num) and isinstance(want, Num)):
        return
    if None in (have.rank, want.rank) or type(d) is not Value:
        return
    sizes = zip(have.shape or (), want.shape or ())
    if have.rank == want.rank and not any(type(a) is type(b) is int and a != b for a, b in sizes):
        return
    raise UnsupportedError(
        f"the rule of {op.kwargs['callee'].name} gives a {what} with {extent(have)} for the "
        f"{whose} with {extent(want)}",
        f"a {what} has the shape of its {whose}: np.full_like(x, out_bar), np.sum(x_bar)",
        op.location,
    )


def extent(t: Num) -> str:
    """How large an array is, as far as that is known."""
    if t.shape is not None and all(type(d) is int for d in t.shape):
        return f"shape {t.shape}"
    return f"{t.rank} axes" if t.rank != 1 else "1 axis"


def zero(x: Anything) -> Anything:
    t = typeof(x)
    if not differentiable(t) or is_scalar(t):
        return 0.0
    return np.zeros_like(x) if isinstance(t, Num) else emit("zeros_tree", x)


def bar_type(t: Type) -> Type:
    """The type of a tangent or cotangent: that of the value, its kind left open for a scalar."""
    if isinstance(t, Num) and t.shape == () and t.kind in ("py", "np", "scalar"):
        return Num("scalar", t.dtype, ())
    if isinstance(t, (Num, Seq, ListOf)):
        return t
    return ANY


def place(rule: Function, values: list[Anything]) -> list[Anything]:
    """The operations of a lowered rule, written here and now; its results."""
    c = cursor()
    mapping: dict[Value, Anything] = dict(zip(rule.block.params, values, strict=True))
    for op in rule.block.ops:
        new = clone_op(op, mapping)
        for inner in (new, *(o for b in new.blocks for o in walk(b))):
            inner.role, inner.statement, inner.location = c.role, c.statement, c.location
        c.block.ops.append(new)
    return list(replace(list(rule.block.yields), mapping))


def _run(operands: Anything, callee: Anything, names: Anything = (), **_: Anything) -> Anything:
    return callee(operands, names)


# `operands` is one nest, the last of them by keyword. What the function returns may be, or be a
# view of, what it got.
CUSTOM = register(
    Primitive(
        "custom",
        _run,
        lambda operands, callee, rules=None, names=(), type=ANY: type,
        "opaque",
        alias="view",
        effect="raise",
        static=frozenset({"callee"}),
        derivative=Custom(),
    )
)


STOP = register(
    Primitive(
        "stop_gradient",
        stop_gradient,
        as_type,
        "name",
        alias="same",
        derivative=constant,
    ),
    stop_gradient,
)
