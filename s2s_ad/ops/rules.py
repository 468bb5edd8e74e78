"""The verbs with which derivatives are declared; each serves forward and reverse mode.

A derivative object has two methods, which write SSA through `s2s_ad.ir.build`:

    jvp(op, dots)          dots: value -> tangent, for the active operands. The tangents of the
                           results, one each, None for zero.
    vjp(op, bars, active)  bars: the cotangents of the results, None for zero. Pairs
                           (operand, contribution); a contribution is a value, or `At(index, v)`,
                           which adds v to that place of the operand's adjoint.

Maps are called as `f(d, out, *args)`: d the differential, out the result, args the operands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any as Anything

import numpy as np

from s2s_ad.errors import InternalError
from s2s_ad.ir.build import emit, typeof
from s2s_ad.ir.core import Op, Value, leaves, tree_map
from s2s_ad.ir.primitive import Primitive, register
from s2s_ad.ir.types import is_scalar
from s2s_ad.ops.fitting import cast, fit, like_result, tangent_in_nest, total
from s2s_ad.ops.masks import Mask

Map = Callable[..., Anything]
Contributions = Iterator[tuple[Value, Anything]]


@dataclass
class At:
    """A contribution to one indexed place of an operand's adjoint."""

    index: Anything
    value: Anything


class Constant:
    """Zero derivative everywhere (`floor`, comparisons)."""

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        return [None] * len(op.results)

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        return iter(())


class Elementwise:
    """Diagonal maps, their own transpose. `same` is used where all operands are one value.

    `maps` holds one map per operand, None where it is constant, or gives the map of the k-th
    operand; a map may return None for a zero.

    A differential that was masked (`np.where(c, g, 0.0)`, the adjoint of a branch of `np.where`)
    is masked after the map instead of before it: so a branch that was not taken contributes 0
    also where its derivative is not finite.

    `selects` tells that the maps are made with `np.where`, which gives the Python number d of one
    operand double precision whatever the other's: then a tangent takes the dtype of the result.
    """

    def __init__(
        self,
        maps: tuple[Map | None, ...] | Callable[[int], Map | None],
        same: Map | None = None,
        selects: bool = False,
    ) -> None:
        self.maps = maps
        self.same = same
        self.selects = selects

    def _terms(self, op: Op, wanted: Callable[[Value], bool]) -> list[tuple[Value, Map]]:
        args = op.args
        if self.same and len(args) > 1 and type(args[0]) is Value:
            same = self.same

            def once(d: Anything, out: Anything, x: Anything, *again: Anything) -> Anything:
                return same(d, out, x)

            if all(a is args[0] for a in args):
                return [(args[0], once)] if wanted(args[0]) else []
        if callable(self.maps):
            maps = tuple(self.maps(k) for k in range(len(args)))
        elif len(args) > len(self.maps):
            raise InternalError(f"{op.prim.name} has {len(args)} operands, {len(self.maps)} maps")
        else:
            maps = self.maps
        return [
            (a, m) for a, m in zip(args, maps) if type(a) is Value and m is not None and wanted(a)
        ]

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        out = op.result
        found = self._terms(op, lambda v: v in dots)
        terms = []
        for a, m in found:
            mask = Mask.of(dots[a])
            if mask.wide:  # nothing sums a tangent afterwards
                mask = Mask(dots[a], dots[a])
            terms.append(mask.over(m(mask.inside, out, *op.args), out))
        d = total(terms)
        if d is None:
            return [None]
        narrow = self.selects and getattr(out.type, "dtype", None) is None
        for a in op.args:
            narrow = narrow or not (is_scalar(typeof(a)) or any(a is b for b, _ in found))
        return [cast(like_result(d, out) if narrow else d, out)]

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        out = op.result
        mask = Mask.of(bars[0])
        for a, m in self._terms(op, lambda v: v in active):
            g = mask.over(m(mask.inside, out, *op.args), out)
            if g is None:
                continue
            if not mask.wide and all(is_scalar(typeof(b)) for b in op.args if b is not a):
                yield a, cast(g, a)  # nothing was broadcast
            else:
                yield a, fit(g, a)


class Linear:
    """Linear in each of some operands, given the others.

    `transposes` maps the operand's position to `f(g, out, *args, **static)`, its transpose. The
    JVP applies the operation itself. An argument that holds several values (the list of
    `np.stack`) has one transpose returning a list of contributions in their order.
    """

    def __init__(self, transposes: dict[int, Map]) -> None:
        self.transposes = transposes

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        terms = []
        for k in self.transposes:
            if k >= len(op.args):
                continue
            inside = list(leaves(op.args[k]))
            if not any(v in dots for v in inside):
                continue
            args = list(op.args)
            if type(args[k]) is Value:
                args[k] = dots[args[k]]
            else:
                args[k] = tree_map(lambda v: tangent_in_nest(v, dots), args[k])
            terms.append(emit(op.prim, *args, **op.kwargs))
        return [total(terms)]

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        for k, transpose in self.transposes.items():
            inside = list(leaves(op.args[k])) if k < len(op.args) else []
            if not any(v in active for v in inside):
                continue
            g = transpose(bars[0], op.result, *op.args, **op.kwargs)
            if type(op.args[k]) is Value:
                yield op.args[k], g if isinstance(g, At) else cast(g, op.args[k])
            else:
                for v, part in zip(inside, g, strict=True):
                    if v in active and part is not None:
                        yield v, cast(part, v)


def _at_operands(m: Map, op: Op, out: Anything, d: Anything) -> Anything:
    return m(d, out, *op.args, **op.kwargs)


class Differential:
    """The JVP as a map made of linear operations, per operand; the VJP is its transpose, found
    by running the reverse sweep over the map, or given as `vjp(g, out, *args, **static)`.

    For several results, `out`, `d` returned and `g` are tuples (None in g for a zero).
    """

    def __init__(self, maps: dict[int, Map], vjps: dict[int, Map] | None = None) -> None:
        self.maps = maps
        self.vjps = vjps or {}

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        out = op.result if len(op.results) == 1 else tuple(op.results)
        terms = [
            m(dots[op.args[k]], out, *op.args, **op.kwargs)
            for k, m in self.maps.items()
            if k < len(op.args) and type(op.args[k]) is Value and op.args[k] in dots
        ]
        if len(op.results) == 1:
            return [total(terms)]
        if not terms:
            return [None] * len(op.results)
        return [total([t[i] for t in terms]) for i in range(len(op.results))]

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        from s2s_ad.autodiff.transposition import transpose  # the one upward call, see there

        out = op.result if len(op.results) == 1 else tuple(op.results)
        g = bars[0] if len(op.results) == 1 else tuple(bars)
        for k, m in self.maps.items():
            if k >= len(op.args) or type(op.args[k]) is not Value or op.args[k] not in active:
                continue
            x = op.args[k]
            if k in self.vjps:
                c = self.vjps[k](g, out, *op.args, **op.kwargs)
            else:
                c = transpose(partial(_at_operands, m, op, out), x, bars)
            if c is not None:
                yield x, cast(c, x)


class Composite:
    """The derivative of a definition in terms of other primitives: `f(*args, **static)`."""

    def __init__(self, definition: Map) -> None:
        self.definition = definition

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        from s2s_ad.autodiff.transposition import forward_of

        return forward_of(lambda: self.definition(*op.args, **op.kwargs), dots)

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        from s2s_ad.autodiff.transposition import reverse_of

        return reverse_of(lambda: self.definition(*op.args, **op.kwargs), bars, active)


# Declarations ---------------------------------------------------------------------------------


def declare(
    function: Anything,
    infer: Callable[..., Anything],
    derivative: Anything,
    *spellings: Anything,
    name: str = "",
    syntax: str = "",
    alias: str | Callable[[Op], str] = "fresh",
    effect: str = "",
    static: tuple[str, ...] = (),
    container: str = "",
    fields: tuple[str, ...] = (),
    arrays: int | None = None,
) -> Primitive:
    """Register a primitive: its callable, type rule and derivative; `spellings` are the other
    callables that mean the same. The name is the callable's, for NumPy's without a prefix. All
    operands of NumPy's functions are arrays where `arrays` does not tell otherwise."""
    name = name or function.__name__
    module = getattr(function, "__module__", "") or ""
    if isinstance(function, np.ufunc):
        module = "numpy"
    if arrays is None:
        arrays = 99 if module.startswith("numpy") else 0
    if not syntax:
        prefix = module.replace("numpy", "np", 1) + "."
        prefix = "" if prefix == "builtins." else prefix
        syntax = f"call {prefix}{function.__name__}"
    known = frozenset(static)
    prim = Primitive(
        name, function, infer, syntax, alias, effect, known, derivative, container, fields, arrays
    )
    return register(prim, function, *spellings)


def elementwise(*maps: Map | None, same: Map | None = None, selects: bool = False) -> Elementwise:
    """One map per operand, `f(d, out, *args)`; None where the operand is constant."""
    return Elementwise(maps, same, selects)


def linear(*transposes: Map) -> Linear:
    """The transpose in each of the first operands, `f(g, out, *args, **static)`."""
    return Linear(dict(enumerate(transposes)))


bilinear = linear


def differential(*maps: Map, vjp: Map | tuple[Map, ...] | None = None) -> Differential:
    """The differential per operand, `f(d, out, *args, **static)`, and optionally its VJPs."""
    vjps = () if vjp is None else vjp if isinstance(vjp, tuple) else (vjp,)
    return Differential(dict(enumerate(maps)), dict(enumerate(vjps)))


def composite(definition: Map) -> Composite:
    """Differentiate through `definition(*args, **static)`."""
    return Composite(definition)


constant = Constant()
