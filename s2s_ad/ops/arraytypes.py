"""What the type rules of array operations share: dtypes, kinds, and arithmetic on sizes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any as Anything

import numpy as np

from s2s_ad.errors import UnsupportedError
from s2s_ad.ir.build import facts
from s2s_ad.ir.core import Value
from s2s_ad.ir.types import Dim, ListOf, Num, Seq, Size, Type
from s2s_ad.ops.structure import as_type

UNKNOWN = Num("any")


def array_of(t: Anything) -> Num:
    """The number or array that NumPy makes of an operand: nested lists become arrays."""
    t = as_type(t)
    if isinstance(t, Num):
        return t
    if isinstance(t, ListOf):
        inner = array_of(t.elem)
        shape = None if inner.shape is None else (facts().fresh(), *inner.shape)
        return Num("array", inner.dtype, shape)
    if isinstance(t, Seq) and t.kind != "dict":
        items = [array_of(item) for item in t.items]
        if not items:
            return Num("array", np.dtype(float), (0,))
        return Num("array", strong_dtype(items), stacked(items))
    return UNKNOWN


def stacked(items: Sequence[Num]) -> tuple[Size, ...] | None:
    """The shape of np.array([...]) over items, which must agree."""
    first = items[0].shape
    for item in items[1:]:
        if first is None or item.shape is None or len(item.shape) != len(first):
            return None
        first = tuple(agreeing(a, b) for a, b in zip(first, item.shape))
    return None if first is None else (len(items), *first)


def agreeing(a: Size, b: Size) -> Size:
    """Two sizes that are equal, or the operation raises."""
    facts().agree(a, b)
    if isinstance(a, int) or b is None:
        return a
    return b if isinstance(b, int) or a is None else a


def strong_dtype(items: Sequence[Num]) -> np.dtype | None:
    """The common dtype where Python scalars count as float64 and int64."""
    dtypes = [item.dtype for item in items]
    if any(d is None for d in dtypes):
        return None
    return np.result_type(*(d for d in dtypes if d is not None))


def promoted(*items: Num) -> np.dtype | None:
    """The common dtype by NumPy 2's promotion, where Python scalars are weak."""
    if any(item.dtype is None for item in items):
        return None
    weak = {"b": np.bool_, "i": 0, "f": 0.0, "c": 0j}
    found: list[np.dtype] = []
    for loose in (False, True):  # "any" may be a Python scalar or not: certain where both agree
        args: list[Anything] = []
        for item in items:
            assert item.dtype is not None
            is_weak = item.kind == "py" or (loose and item.kind in ("any", "scalar"))
            args.append(weak[item.dtype.kind] if is_weak else item.dtype)
        found.append(np.result_type(*args))
    return found[0] if found[0] == found[1] else None


def dtype_given(dtype: Anything, otherwise: np.dtype | None) -> np.dtype | None:
    """The dtype that a `dtype=` argument names; `otherwise` for None."""
    return otherwise if dtype is None else np.dtype(dtype)


def reduced(dtype: np.dtype | None, shape: tuple[Size, ...] | None) -> Num:
    """The result of an operation that gives a NumPy scalar where no axis is left."""
    if shape is None:
        return Num("any", dtype, None)
    return Num("array" if shape else "np", dtype, shape)


def is_array(t: Type) -> bool:
    """Certainly an ndarray."""
    return isinstance(t, Num) and (t.kind == "array" or bool(t.shape))


def float_dtype(d: np.dtype | None) -> np.dtype | None:
    """The dtype in which linear algebra computes."""
    return d if d is None or d.kind in "fc" else np.dtype(float)


def dtype_keyword(t: Num) -> dict[str, Anything] | None:
    """The keyword with which a new array has the dtype of another; None where it is unknown."""
    if t.dtype is None:
        return None
    return {} if t.dtype == np.dtype(float) or t.dtype.kind not in "fc" else {"dtype": t.dtype}


def real_only(x: Anything, name: str) -> None:
    """Refuse the derivative of an operation that is not holomorphic, of a complex operand."""
    t = x.type if type(x) is Value else UNKNOWN
    if isinstance(t, Num) and t.dtype is not None and t.dtype.kind == "c":
        raise UnsupportedError(
            f"the derivative of {name} of complex numbers", "write it in real and imaginary parts"
        )


def axis_of(axis: int, rank: int) -> int:
    """A non-negative axis; one that does not exist is left for NumPy to complain about."""
    return axis + rank if axis < 0 else axis


# Sizes ----------------------------------------------------------------------------------------


def derived(*parts: Anything) -> Dim:
    """The symbol of a size that is a function of others: equal for equal arguments."""
    table = facts().derived
    if parts not in table:
        table[parts] = facts().fresh()
    return table[parts]


def product_of(sizes: tuple[Size, ...] | None) -> Size:
    """The number of elements."""
    if sizes is None or any(s is None for s in sizes):
        return facts().fresh()
    number, symbols = 1, []
    for s in sizes:
        if isinstance(s, int):
            number *= s
        else:
            symbols.append(s)
    if number == 0 or not symbols:
        return number
    if number == 1 and len(symbols) == 1:
        return symbols[0]
    return derived("prod", *([number] if number != 1 else []), *symbols)


def sum_of(sizes: Sequence[Size]) -> Size:
    """The size of what is joined end to end."""
    if any(s is None for s in sizes):
        return facts().fresh()
    number = sum(s for s in sizes if isinstance(s, int))
    symbols = [s for s in sizes if isinstance(s, Dim)]
    if not symbols:
        return number
    # A size with a negative offset is clipped at 0, so that adding to it is not exact.
    if len(symbols) == 1 and (number == 0 or symbols[0].offset >= 0):
        return symbols[0] + number if number else symbols[0]
    return derived("cat", *sizes)


def less(size: Size, step: int) -> Size:
    """size - step, clipped at 0."""
    if isinstance(size, int):
        return max(0, size - step)
    return size + -step if isinstance(size, Dim) else None


def size_of_int(t: Anything) -> Size:
    """The size that an integer argument asks for."""
    if isinstance(t, (int, np.integer)):
        return int(t)
    if isinstance(t, Num) and t.value is not None:
        return t.value
    if isinstance(t, Num) and t.dtype is not None and t.dtype.kind in "fc":
        raise UnsupportedError(
            "a float is no size",
            "an int that is used as a size has no derivative: leave it out of wrt",
        )
    return facts().fresh()


def shape_argument(shape: Anything) -> tuple[Size, ...] | None:
    """The sizes that a shape argument (an int or a sequence of ints) asks for."""
    if isinstance(shape, (int, np.integer)):
        return (int(shape),)
    if isinstance(shape, Seq):
        shape = shape.items
    if isinstance(shape, (tuple, list)):
        return tuple(size_of_int(s) for s in shape)
    if isinstance(shape, Num) and shape.kind in ("py", "np"):
        return (size_of_int(shape),)
    return None


def slice_size(size: Size, s: slice) -> Size:
    """The number of elements of x[s] along an axis of this size.

    With symbols: 0 or more taken off either end is exact, because sizes are clipped at 0.
    Otherwise a symbol named after size and bounds, so that equal slices have equal sizes.
    """
    bounds = (s.start, s.stop, s.step)
    if all(b is None or isinstance(b, (int, np.integer)) for b in bounds):
        start, stop, step = s.start, s.stop, s.step
        if isinstance(size, int):
            return len(range(*s.indices(size)))
        if start is None and stop is None and step in (None, 1, -1):
            return size
        if size is None:
            return facts().fresh()
        if step in (None, 1):
            first = start or 0
            if first >= 0 and stop is None:
                return less(size, first)
            if first >= 0 and stop is not None and stop < 0:
                return less(size, first - stop)
            if first >= 0 and stop is not None and 0 <= stop <= first:
                return 0
    names: list[Anything] = []
    for b in bounds:
        known = b if b is None or isinstance(b, (int, np.integer)) else getattr(b, "value", None)
        if b is not None and known is None:
            return facts().fresh()
        names.append("" if b is None else known)
    exact = names[0] in ("", 0) and names[2] in ("", 1)
    if exact and isinstance(names[1], Dim) and names[1] == size and names[1].offset >= 0:
        return size
    return facts().fresh() if size is None else derived(size, *names)
