"""Literal factors and signs of products in derivative code, one normal form.

A product is a tree of `multiply`, `divide`, `negative` and `broadcast_like`; the tree stays as the
derivative rule wrote it, only its literal factors move: they are multiplied into one, which meets
a scalar before it meets an array and otherwise stands in front; a factor 1 goes, a factor -1 is a
`negative` around the product, where a sum can absorb it.
"""

from __future__ import annotations

import math
from typing import Any as Anything

from s2s_ad.ir.build import emit, facts, typeof
from s2s_ad.ir.core import Op, Value
from s2s_ad.ir.types import is_scalar
from s2s_ad.passes.peephole import is_float, is_literal, made_by, rule, single, without


def scalar(x: Anything) -> bool:
    return is_scalar(typeof(x))


def power_of_two(c: float) -> bool:
    return c != 0 and math.isfinite(c) and abs(math.frexp(c)[0]) == 0.5


def safe(c: Anything, *factors: Anything) -> bool:
    """Whether multiplying literals into c neither overflowed nor underflowed."""
    return math.isfinite(c) and (c != 0 or 0 in factors)


def coefficient(x: Anything, free: bool = False) -> Anything:
    """The literal factor that can be taken out of x at no cost: only single-use products are
    taken apart; with `free` (a literal on our side will take the factor in) also others whose
    outermost operation is the literal's."""
    if is_literal(x):
        return x
    if not (free or single(x)):
        return 1
    op = made_by(x, "multiply", "negative")
    if op is not None and op.prim.name == "negative":
        k = coefficient(op.args[0], free)
        return -k if is_float(op.args[0]) else 1
    if op is not None and (is_literal(op.args[0]) or is_literal(op.args[1])):
        a, b = op.args
        if is_literal(a) and is_literal(b):
            return 1
        c, y = (a, b) if is_literal(a) else (b, a)
        k = coefficient(y, free)
        return c * k if is_float(y) and safe(c * k, c, k) else (c if is_float(y) else 1)
    if not single(x):
        return 1
    if op is not None and is_float(op.args[0]) and is_float(op.args[1]):
        a, b = map(coefficient, op.args)
        return a * b if safe(a * b, a, b) else 1
    op = made_by(x, "divide")
    if op is not None and is_float(op.args[1]) and (is_literal(op.args[0]) or is_float(op.args[0])):
        a, b = _quotient(op)
        return a / b
    op = made_by(x, "broadcast_like")
    if op is not None and not is_literal(op.args[0]):
        return coefficient(op.args[0])
    return 1


def _quotient(op: Op) -> tuple[Anything, Anything]:
    """The literal factors of numerator and denominator; a denominator's only where exact."""
    a, b = map(coefficient, op.args)
    if is_literal(op.args[1]) or not power_of_two(b):
        b = 1
    if is_literal(op.args[0]) and b == 1 and a == 1:
        return 1, 1
    return (a, b) if a != 0 and safe(a / b, a) else (1, 1)


def strip(x: Anything, free: bool = False) -> Anything:
    """x without its `coefficient`."""
    if coefficient(x, free) == 1:
        return _dropped(x)
    op = made_by(x, "multiply", "negative", "divide", "broadcast_like")
    if op is None:
        return x
    if op.prim.name == "negative":
        return strip(op.args[0], free)
    if op.prim.name == "broadcast_like":
        return emit("broadcast_like", strip(op.args[0]), op.args[1])
    a, b = op.args
    if op.prim.name == "divide":
        ka, kb = _quotient(op)
        a = 1.0 if is_literal(a) else strip(a) if ka != 1 else a
        return _divide(a, strip(b) if kb != 1 else b)
    if is_literal(a) or is_literal(b):
        c, y = (a, b) if is_literal(a) else (b, a)
        k = coefficient(y, free)
        return strip(y, free) if safe(c * k, c, k) else y
    return _multiply(strip(a), strip(b))


def _dropped(x: Anything) -> Anything:
    """x where its coefficient is 1: inner literals may cancel, (2.0 * a) * (0.5 * b)."""
    op = made_by(x, "multiply") if single(x) else None
    if op is not None and all(is_float(a) and not is_literal(a) for a in op.args):
        a, b = map(coefficient, op.args)
        if a != 1 and safe(a * b, a, b):
            return _multiply(strip(op.args[0]), strip(op.args[1]))
    return x


def scale(c: Anything, x: Anything) -> Anything:
    """c * x in normal form."""
    k = coefficient(x, free=True)
    if k != 1 and safe(c * k, c, k):
        if is_literal(x):
            return c * x
        c, x = c * k, strip(x, free=True)
    if c == 1 and is_float(x):
        return x
    if c == -1 and (turned := _turned(x)) is not None:
        return turned
    op = _receiver(c, x)
    if op is None:
        return _negative(x) if c == -1 and is_float(x) else _multiply(c, x)
    if op.prim.name == "broadcast_like":
        return emit("broadcast_like", scale(c, op.args[0]), op.args[1])
    a, b = op.args
    if op.prim.name == "divide":
        return _divide(scale(c, a), b)
    if scalar(b) and not scalar(a):
        return _multiply(scale(c, b), a)
    return _multiply(scale(c, a), b)


def _turned(x: Anything) -> Anything:
    """-(a - b) is b - a."""
    op = made_by(x, "subtract") if single(x) else None
    return None if op is None else emit("subtract", op.args[1], op.args[0])


def _receiver(c: Anything, x: Anything) -> Op | None:
    """The product that takes the literal c in; None where c stays in front of x."""
    op = made_by(x, "broadcast_like")
    if op is not None:
        return op
    op = made_by(x, "multiply", "divide")
    if op is None or not single(x) or not all(is_float(a) or is_literal(a) for a in op.args):
        return None
    a, b = op.args
    if op.prim.name == "divide":
        if is_literal(a):
            return op if safe(c * a, c, a) else None
        return op if c != -1 or (scalar(a) and not scalar(b)) else None
    if is_literal(a) or is_literal(b):
        return None
    return op if c != -1 or scalar(a) != scalar(b) else None


def _multiply(a: Anything, b: Anything) -> Anything:
    with without(multiply):
        return emit("multiply", a, b)


def _divide(a: Anything, b: Anything) -> Anything:
    with without(divide):
        return emit("divide", a, b)


def _negative(x: Anything) -> Anything:
    with without(negative):
        return emit("negative", x)


@rule("multiply")
def multiply(op: Op) -> tuple[Anything] | None:
    a, b = op.args
    if is_literal(a) and is_literal(b):
        return (a * b,) if safe(a * b, a, b) else None
    if is_literal(a) or is_literal(b):
        c, x = (a, b) if is_literal(a) else (b, a)
        k = coefficient(x, free=True)
        if k != 1 and safe(c * k, c, k):
            return (scale(c, x),)
        if c in (1, -1) and is_float(x):
            return (scale(c, x),)
        if _receiver(c, x) is not None:
            return (scale(c, x),)
        return None if c is a else (_multiply(c, x),)
    if not (is_float(a) and is_float(b)):
        return None
    ka, kb = coefficient(a), coefficient(b)
    c = ka * kb
    if (ka == 1 and kb == 1) or not safe(c, ka, kb):
        return None
    behind = scalar(b) and not scalar(a)  # where the literal belongs
    if c not in (1, -1) and ((ka == 1) if behind else (kb == 1)):
        return None
    if c == -1 and scalar(a) != scalar(b) and ((ka == 1) if behind else (kb == 1)):
        return None
    a, b = strip(a), strip(b)
    if c == 1:
        return (_multiply(a, b),)
    if c == -1 and scalar(a) == scalar(b):
        return (_negative(_multiply(a, b)),)
    return (_multiply(scale(c, b), a) if behind else _multiply(scale(c, a), b),)


@rule("divide")
def divide(op: Op) -> tuple[Anything] | None:
    a, b = op.args
    if is_literal(b):
        if b == 1 and is_float(a):
            return (a,)
        if b == -1 and is_float(a):
            return (emit("negative", a),)
        k = coefficient(a)
        if k not in (1, -1) and not is_literal(a) and b != 0 and (k % b == 0 or power_of_two(b)):
            return (scale(k / b, strip(a)),) if safe(k / b) else None
        return None
    if not is_float(b) or not (is_literal(a) or is_float(a)):
        return None
    ka, kb = _quotient(op)
    if kb == 1 and (is_literal(a) or ka != -1 or (scalar(a) and not scalar(b))):
        return None
    c = ka / kb
    numerator = 1.0 if is_literal(a) else strip(a) if ka != 1 else a
    denominator = strip(b) if kb != 1 else b
    if c == -1 and scalar(numerator) == scalar(denominator) and not is_literal(a):
        return (_negative(_divide(numerator, denominator)),)
    return (_divide(scale(c, numerator), denominator),)


@rule("negative")
def negative(op: Op) -> tuple[Anything] | None:
    (x,) = op.args
    if is_literal(x):
        return (-x,)
    if not is_float(x):
        return None
    if coefficient(x, free=True) != 1 or _receiver(-1, x) is not None:
        return (scale(-1, x),)
    turned = _turned(x)
    return None if turned is None else (turned,)


# Sums: what is negative is subtracted.


def negated(x: Anything) -> Anything:
    """-x where that costs nothing, else None."""
    if is_literal(x):
        return -x if x < 0 else None
    op = made_by(x, "negative")
    if op is not None:
        return op.args[0]
    if type(x) is Value and coefficient(x) < 0:
        return scale(-1, x)
    return None


@rule("add")
def add(op: Op) -> tuple[Anything] | None:
    a, b = op.args
    if is_literal(a) and is_literal(b):
        return (a + b,)
    if a is b and is_float(a):
        return (scale(2.0, a),)
    if not is_literal(b) and (minus := negated(b)) is not None:
        return (emit("subtract", a, minus),)
    if not is_literal(a) and (minus := negated(a)) is not None:
        return (emit("subtract", b, minus),)
    return None


@rule("subtract")
def subtract(op: Op) -> tuple[Anything] | None:
    a, b = op.args
    if is_literal(a) and is_literal(b):
        return (a - b,)
    minus = negated(b)
    return None if minus is None else (emit("add", a, minus),)


@rule("accumulate", "add_at")
def contribution(op: Op) -> tuple[Anything] | None:
    """A negative contribution gets its sign in front, where the emitter writes `-=`."""
    *others, g = op.args
    if op.prim.name == "accumulate" and type(g) is Value and is_float(g):
        (acc,) = others
        if acc is g:
            return (scale(2.0, g),)
        behind = made_by(acc, "negative") is not None and made_by(g, "negative") is None
        if behind and single(acc) and _alike(acc, g) and coefficient(g) >= 0:
            if not g.hint and g.companion is None:  # g is the first contribution now
                g.hint, g.named, g.companion = acc.hint, acc.named, acc.companion
                acc.hint, acc.named, acc.companion = "", False, None
            return (emit(op.prim, g, acc),)
    if is_literal(g) or made_by(g, "negative") is not None:
        return None
    minus = negated(g)
    if minus is None:
        return None
    turned = _negative(minus)
    if made_by(turned, "negative") is None:  # the sign went back inside, under a broadcast
        return None
    return (emit(op.prim, *others, turned, **op.kwargs),)


def _alike(a: Anything, b: Anything) -> bool:
    """Of one shape, so that either may be added to the other."""
    return (scalar(a) and scalar(b)) or facts().same_shape(typeof(a), typeof(b))


@rule("sum")
def total(op: Op) -> tuple[Anything] | None:
    """A literal factor is applied after the sum, to fewer numbers."""
    (x,) = op.args[:1]
    k = coefficient(x)
    if is_literal(x) or k == 1:
        return None
    return (scale(k, emit("sum", strip(x), *op.args[1:], **op.kwargs)),)
