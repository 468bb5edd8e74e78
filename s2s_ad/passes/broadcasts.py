"""Broadcasts in derivative code that the operation reading them does anyway.

`broadcast_like(s, x)` meets `y` of the shape of `x` as `s` itself, and arithmetic on a broadcast is
done before it is spread.
"""

from __future__ import annotations

from typing import Any as Anything

from s2s_ad.ir.build import emit, facts, typeof
from s2s_ad.ir.core import Op, Value
from s2s_ad.ir.primitive import result_types
from s2s_ad.ir.types import Num, is_scalar
from s2s_ad.ops.rules import Elementwise
from s2s_ad.passes.peephole import is_literal, made_by, rule


def same_shape(y: Anything, x: Anything) -> bool:
    """Whether y is known to have the shape of x: by types, or because y is computed from x alone
    element by element."""
    if y is x or facts().same_shape(typeof(y), typeof(x)):
        return type(y) is Value
    if type(y) is not Value or not isinstance(y.owner, Op):
        return False
    op = y.owner
    if op.prim.name == "broadcast_like":
        return same_shape(op.args[1], x)
    if not isinstance(op.prim.derivative, Elementwise) or len(op.results) != 1:
        return False
    rest = [a for a in op.args if not is_literal(a) and not is_scalar(typeof(a))]
    return bool(rest) and all(same_shape(a, x) for a in rest)


@rule("broadcast_like")
def spread(op: Op) -> tuple[Anything] | None:
    g, x = op.args
    if type(g) is Value and (is_scalar(typeof(x)) and is_scalar(g.type) or same_shape(g, x)):
        return (g,)
    inner = made_by(g, "broadcast_like")
    if inner is not None and is_scalar(typeof(inner.args[0])):
        return (emit("broadcast_like", inner.args[0], x),)
    return None


@rule("unbroadcast")
def summed_at_once(op: Op) -> tuple[Anything] | None:
    """Summed to the shape of y, and then to that of x, of which y was made element by element."""
    g, x = op.args
    scaled = made_by(g, "negative", "multiply")
    factors = [] if scaled is None else [a for a in scaled.args if is_literal(a)]
    if scaled is not None and len(factors) == len(scaled.args) - 1:
        (g,) = (a for a in scaled.args if not is_literal(a))
    else:
        scaled = None
    inner = made_by(g, "unbroadcast")
    if inner is None or not _made_of(inner.args[1], x):
        return None
    wide = inner.args[0]
    if scaled is not None:
        wide = emit(scaled.prim, *(wide if a is g else a for a in scaled.args))
    return (emit("unbroadcast", wide, x),)


def _made_of(y: Anything, x: Anything) -> bool:
    """Whether x is an operand of the elementwise operations that made y."""
    if y is x:
        return True
    op = y.owner if type(y) is Value else None
    if not isinstance(op, Op) or not isinstance(op.prim.derivative, Elementwise):
        return False
    return any(_made_of(a, x) for a in op.args)


@rule("multiply", "divide", "add", "subtract")
def meet(op: Op) -> tuple[Anything] | None:
    a, b = op.args
    spread_a, spread_b = made_by(a, "broadcast_like"), made_by(b, "broadcast_like")
    for at, spread_at, other in ((0, spread_a, b), (1, spread_b, a)):
        if spread_at is None:
            continue
        s, x = spread_at.args
        if not is_scalar(typeof(s)):
            continue
        args = [s, other] if at == 0 else [other, s]
        if made_by(other, "broadcast_like") is None and same_shape(other, x):
            if not as_precise(op, args, x):
                continue
            return (emit(op.prim, *args),)
        scalar = is_scalar(typeof(other))
        if is_literal(other) or (scalar and not (op.prim.name == "divide" and may_raise(args[1]))):
            return (emit("broadcast_like", emit(op.prim, *args), x),)
    if spread_a is not None and spread_b is not None and same_shape(a, spread_b.args[1]):
        small = spread_a.args[0], spread_b.args[0]
        safe = op.prim.name != "divide" or not may_raise(small[1])
        if safe and all(is_scalar(typeof(s)) for s in small):
            return (emit("broadcast_like", emit(op.prim, *small), spread_a.args[1]),)
    return None


def as_precise(op: Op, args: list[Anything], x: Value) -> bool:
    """A Python float is weak where an array of it is not: the result may get narrower, but not
    than x, whose cotangent it belongs to."""
    (new,) = result_types(op.prim, [a.type if type(a) is Value else a for a in args], op.kwargs)
    narrow, wide = (t.dtype if isinstance(t, Num) else None for t in (new, op.result.type))
    if narrow is None or wide is None or narrow == wide:
        return True
    return isinstance(x.type, Num) and x.type.dtype is not None and x.type.dtype == narrow


def may_raise(y: Anything) -> bool:
    """Whether dividing by y could raise: a Python float 0 does, an array of zeros does not."""
    if is_literal(y):
        return bool(y == 0)
    t = typeof(y)
    return not (isinstance(t, Num) and t.kind in ("np", "array"))


@rule("negative")
def negative(op: Op) -> tuple[Anything] | None:
    inner = made_by(op.args[0], "broadcast_like")
    if inner is None or not is_scalar(typeof(inner.args[0])):
        return None
    return (emit("broadcast_like", emit("negative", inner.args[0]), inner.args[1]),)


@rule("where")
def choose(op: Op) -> tuple[Anything] | None:
    """`np.where` spreads a scalar over its mask."""
    if len(op.args) != 3:
        return None
    for k in (1, 2):
        inner = made_by(op.args[k], "broadcast_like")
        if inner is None or not is_scalar(typeof(inner.args[0])):
            continue
        others = [a for i, a in enumerate(op.args) if i != k]
        if any(
            same_shape(a, inner.args[1]) and made_by(a, "broadcast_like") is None for a in others
        ):
            args = list(op.args)
            args[k] = inner.args[0]
            return (emit(op.prim, *args, **op.kwargs),)
    return None


@rule("accumulate")
def accumulate(op: Op) -> tuple[Anything] | None:
    acc, g = op.args
    inner, outer = made_by(g, "broadcast_like"), made_by(acc, "broadcast_like")
    if inner is None or not is_scalar(typeof(inner.args[0])):
        return None
    if not same_shape(acc, inner.args[1]):
        return None
    if outer is None:
        return (emit(op.prim, acc, inner.args[0]),)
    if is_scalar(typeof(outer.args[0])):
        small = emit(op.prim, outer.args[0], inner.args[0])
        return (emit("broadcast_like", small, outer.args[1]),)
    return None


@rule("add_at", "set_at")
def place(op: Op) -> tuple[Anything] | None:
    """A scalar spreads over the place it is added to or stored at."""
    inner = made_by(op.args[2], "broadcast_like")
    if inner is None or not is_scalar(typeof(inner.args[0])):
        return None
    return (emit(op.prim, op.args[0], op.args[1], inner.args[0], **op.kwargs),)
