"""Zeros, names and refusals that both modes need."""

from __future__ import annotations

from typing import Any as Anything

import numpy as np

from s2s_ad.errors import UnsupportedError
from s2s_ad.ir.build import emit, typeof
from s2s_ad.ir.core import UNDEFINED, Op, Value
from s2s_ad.ir.types import SCALARS, Any, ListOf, Num, Seq, Stack, Tape, Type, differentiable
from s2s_ad.ir.unbound import define, may_be_unbound
from s2s_ad.ops.slots import NEW_SLOTS, ZEROS_TREE
from s2s_ad.ops.tapes import NEW_STACK


def zero_of(x: Anything) -> Anything:
    """A zero tangent or adjoint for x, of its structure."""
    if x is UNDEFINED:
        return UNDEFINED
    t = typeof(x)
    if not differentiable(t):
        return None
    if isinstance(t, Stack):
        return emit(NEW_STACK, elem=t.elem)
    if isinstance(t, Num) and t.shape == () and t.kind in ("py", "np", "scalar", "any"):
        return 0.0
    if type(x) is Value and isinstance(x.owner, Op) and x.owner.prim in (NEW_SLOTS, ZEROS_TREE):
        return emit(x.owner.prim, x.owner.args[0], **x.owner.kwargs)
    if isinstance(t, Seq):
        keys = t.keys if t.kind == "dict" else range(len(t.items))
        parts = [zero_of(part(x, k)) for k in keys]
        if t.kind == "dict":
            return emit("dict", dict(zip(t.keys, parts)))
        return emit(t.kind, tuple(parts) if t.kind == "tuple" else parts)
    if isinstance(t, (Any, ListOf, Tape)):
        absent: dict[str, Anything] = {"absent": True} if may_be_unbound(x) else {}
        return emit("zeros_tree", x, **absent)
    return np.zeros_like(x)


def bound_zero(v: Value) -> Anything:
    """A zero adjoint. It may be made on a path where v has no value, though nothing reads it
    there: then v must be bound all the same, for its shape is asked for."""
    zero = zero_of(v)
    if type(zero) is Value:
        define(v)
    return zero


def part(v: Anything, key: Anything) -> Anything:
    """An item of a container, or an attribute of an object."""
    t = typeof(v)
    if not isinstance(t, Seq) or t.cls is None:
        return v[key]
    return emit("getattr", v, name=key, type=t.items[t.keys.index(key)])


def companion_type(t: Type) -> Type:
    """The type of a tangent or adjoint of a value of type t, as far as that is known: the kind of a
    scalar is left open."""
    if isinstance(t, Num) and t.kind in SCALARS and t.shape == ():
        return Num("scalar", t.dtype, ())
    return Stack(companion_type(t.elem)) if isinstance(t, Stack) else t


def name(new: Anything, primal: Value, suffix: str) -> Anything:
    """Name a derivative value after its primal value, unless it has a name already, or is a value
    of the primal (as `y` is for `x` in `x * y`)."""
    own = type(new) is Value and not (isinstance(new.owner, Op) and new.owner.role == "primal")
    if own and not new.hint and new.companion is None:
        if primal.hint:
            new.hint, new.named = primal.hint + suffix, primal.named
        new.companion = (primal, suffix)
    return new


def refuse(op: Op) -> UnsupportedError:
    """The refusal of an operation without a derivative rule that active values reach."""
    return UnsupportedError(
        f"no derivative rule for {op.prim.name}",
        "compute it from values that do not depend on the differentiated arguments, or write it "
        "with operations that have a rule",
        op.location,
    )
