"""np.linalg.norm: the Euclidean norm and the others, with the derivative 0 at 0."""

from __future__ import annotations

from typing import Any as Anything

import numpy as np

from s2s_ad.errors import UnsupportedError
from s2s_ad.ir.build import typeof
from s2s_ad.ir.core import Op, Value
from s2s_ad.ir.types import Num, Size
from s2s_ad.ops.arraytypes import array_of, float_dtype, real_only, reduced
from s2s_ad.ops.fitting import cast
from s2s_ad.ops.promotion import equal
from s2s_ad.ops.rules import Contributions, composite, declare


def _rank(x: Anything) -> int | None:
    return array_of(typeof(x)).rank


def _norm_type(
    x: Anything, ord: Anything = None, axis: Anything = None, keepdims: bool = False
) -> Num:
    t = array_of(x)
    dtype = float_dtype(t.dtype)
    if dtype is not None and dtype.kind == "c":
        dtype = np.empty(0, dtype).real.dtype
    axes = _norm_axes(t.rank, axis)
    if axis is None and not keepdims:
        return reduced(dtype, ())
    if t.shape is None or axes is None:
        return Num("any", dtype, None)
    gone = {k % len(t.shape) for k in axes}
    sizes: list[Size] = []
    for k, s in enumerate(t.shape):
        if k not in gone:
            sizes.append(s)
        elif keepdims:
            sizes.append(1)
    return reduced(dtype, tuple(sizes))


def _norm_axes(r: int | None, axis: Anything) -> tuple[int, ...] | None:
    if axis is not None:
        return tuple(axis) if isinstance(axis, (tuple, list)) else (axis,)
    return None if r is None else tuple(range(r))


def _norm_definition(
    x: Anything, ord: Anything = None, axis: Anything = None, keepdims: bool = False
) -> Anything:
    """The norms that are sums and maxima of absolute values; the derivative runs through these."""
    axes = _norm_axes(_rank(x), axis)
    keys: dict[str, Anything] = {"keepdims": True} if keepdims else {}
    size = np.abs(x)
    assert axes is not None
    if len(axes) == 1:
        if ord == 1:
            return np.sum(size, axis=axes[0], **keys)
        return (np.max if ord > 0 else np.min)(size, axis=axes[0], **keys)
    # The largest (smallest) sum over columns (1) or rows (inf) of a matrix.
    summed, left = axes if abs(ord) == 1 else axes[::-1]
    sums = np.sum(size, axis=summed, keepdims=True)
    return (np.max if ord > 0 else np.min)(sums, axis=axes, **keys)


class Norm:
    """The Euclidean norm: dx -> sum(x * dx) / norm, with 0 at 0; other orders by definition."""

    def order(self, op: Op) -> Anything:
        """ "euclidean", "power" or "definition"."""
        x, ord, axis = op.args[0], op.kwargs.get("ord"), op.kwargs.get("axis")
        real_only(x, "np.linalg.norm")
        axes = _norm_axes(_rank(x), axis)
        if ord is None or (ord == "fro" and axis is None):
            return "euclidean"
        if axes is None:
            raise UnsupportedError(
                "np.linalg.norm with an order, of an array of unknown rank", "give the axis"
            )
        if ord == "fro" and len(axes) == 2:
            return "euclidean"
        if not isinstance(ord, (int, float)) or (len(axes) == 2 and ord in (2, -2)):
            raise UnsupportedError(
                f"the derivative of np.linalg.norm of a matrix with ord={ord!r}",
                "None, 'fro', 1, -1, np.inf and -np.inf are supported",
            )
        if len(axes) == 1 and ord == 2:
            return "euclidean"
        if ord in (np.inf, -np.inf) or ord == 1 or (ord == -1 and len(axes) == 2):
            return "definition"
        if len(axes) == 1 and ord > 1:
            return "power"
        raise UnsupportedError(
            f"the derivative of np.linalg.norm with ord={ord!r}",
            "orders of at least 1 are supported",
        )

    def kept(self, v: Anything, op: Op) -> Anything:
        """A result or its cotangent with the axes that the norm removed."""
        axis = op.kwargs.get("axis")
        if axis is None or op.kwargs.get("keepdims"):
            return v
        return np.expand_dims(v, tuple(axis) if isinstance(axis, list) else axis)

    def direction(self, op: Op, order: str) -> Anything:
        """The gradient of each norm: x / norm, or sign(x) * (|x| / norm) ** (ord - 1)."""
        x, out = op.args[0], self.kept(op.result, op)
        scale = x / np.where(equal(out, 0.0), 1.0, out)
        if order == "euclidean":
            return scale
        return np.sign(x) * np.abs(scale) ** (op.kwargs["ord"] - 1)

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        x, order = op.args[0], self.order(op)
        if order == "definition":
            return composite(_norm_definition).jvp(op, dots)
        axis = op.kwargs.get("axis")
        keys: dict[str, Anything] = {"keepdims": True} if op.kwargs.get("keepdims") else {}
        if axis is not None:
            keys["axis"] = tuple(axis) if isinstance(axis, list) else axis
        return [np.sum(self.direction(op, order) * dots[x], **keys)]

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        x, order = op.args[0], self.order(op)
        if order == "definition":
            yield from composite(_norm_definition).vjp(op, bars, active)
        elif order == "euclidean":
            out = self.kept(op.result, op)
            yield x, cast(x * (self.kept(bars[0], op) / np.where(equal(out, 0.0), 1.0, out)), x)
        else:
            yield x, cast(self.kept(bars[0], op) * self.direction(op, order), x)


NORM = declare(np.linalg.norm, _norm_type, Norm(), syntax="call np.linalg.norm")
