"""Writes into arrays: `x[i] = v`, `x[i] += v`, `x += v`, `x.fill(v)`, `np.add.at`, `out=`.

A write makes a new version of the root of what is written; through a view, the new contents of the
view go back into the root, step by step.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any as Anything

import numpy as np

from s2s_ad.frontend.arguments import look_into
from s2s_ad.frontend.bindings import Cell, describe, is_structure
from s2s_ad.frontend.cells import is_inside, set_item
from s2s_ad.frontend.context import Frame, evaluate, operand, operate, refuse
from s2s_ad.frontend.expressions import BINARY, arithmetic
from s2s_ad.frontend.holding import holding
from s2s_ad.frontend.layouts import order_of
from s2s_ad.frontend.objects import MISSING, call, is_object
from s2s_ad.frontend.overlaps import overlaps
from s2s_ad.frontend.places import (
    again,
    base,
    current,
    narrowed,
    renew,
)
from s2s_ad.frontend.sharing import note
from s2s_ad.frontend.subscripts import get_item
from s2s_ad.ir.build import emit, typeof
from s2s_ad.ir.core import Op, Value, leaves
from s2s_ad.ir.types import SCALARS, ListOf, Num, Opaque, Seq
from s2s_ad.ops.overlap import is_basic

ADVICE = "copy it first, and write into the copy"
READ_ONLY = ("broadcast_to", "diagonal", "diag")


def writable(frame: Frame, x: Anything, shown: str) -> Value:
    """The array that is written, or a refusal."""
    t = typeof(x) if type(x) is Value else None
    if isinstance(t, (Seq, ListOf)):
        look_into(frame.lowering, x)
        refuse(
            f"{shown} is a {t.kind} inside an argument or in another list, and is changed",
            f"change a copy, {t.kind}({shown}), and store that where it stood",
        )
    if type(x) is tuple:
        refuse("a tuple cannot be changed", "make it a list")
    if type(x) is not Value or isinstance(t, Opaque) or isinstance(t, Num) and t.kind in SCALARS:
        refuse(f"{shown} is no array: nothing can be stored in it", "store into an array")
    return x


def store(
    frame: Frame, node: Anything, x: Value, index: Anything, v: Anything, shown: str,
    adds: bool = False,
) -> None:  # fmt: skip
    """`x[index] = v`, or `x[index] += v`, where no place is named twice."""
    index = operand(frame, index)
    v = stored(frame, x, v)
    advice = ADVICE if is_array(x) else f"{ADVICE}, or give the types"
    lowering = frame.lowering
    root, steps = base(lowering, x)
    check_root(root, shown)
    current(lowering, x)  # refuses what has moved
    note(frame, node, root, shown, advice, x if isinstance(root, Cell) else None)
    chain = [holding(frame, root) if isinstance(root, Cell) else current(lowering, root)]
    if is_structure(chain[0]):
        refuse(
            f"{shown} was an item of a list that has got other items since",
            "copy it first: x = xs[k].copy()",
        )
    for op in steps:
        chain.append(op.result if op.args[0] is chain[-1] else again(lowering, op, chain[-1]))
    risky = not adds and type(v) is Value and overlaps(lowering, root, steps, index, v)
    while steps and steps[-1].prim.name == "getitem":
        joined = narrowed(lowering, steps[-1].args[1], index, chain[-2].type)
        if joined is None:
            break
        index = joined
        steps.pop()
        chain.pop()
    if risky and overlaps(lowering, root, steps, index, v):
        refuse(
            f"{shown} is stored into itself along another axis or step: NumPy may overwrite what "
            "it has yet to read",
            "copy what is stored: write .copy() after it",
        )
    if isinstance(root, Cell):
        if adds:
            v = emit("add", emit("getitem", chain[-1], index), v)
        new: Value = emit("set_at", chain[-1], index, v)
    else:
        new = emit("add_at" if adds else "set_at", chain[-1], index, v)
    replace(frame, root, chain, steps, new)


def replace(frame: Frame, root: Value, chain: list[Value], steps: list[Op], new: Value) -> None:
    """Give the last of a chain of views new contents, and with it the root."""
    for x, op in zip(reversed(chain[:-1]), reversed(steps)):
        new = put_back(x, op, new)
    if new is root or new in frame.lowering.owners:  # nothing but axes were exchanged twice
        new = emit("set_at", current(frame.lowering, root), Ellipsis, new)
    renew(frame, root, new)


def put_back(x: Anything, op: Op, new: Anything) -> Anything:
    """The contents of an array after a view of it, by this step, has got new contents."""
    name = op.prim.name
    if name == "getitem":
        return emit("set_at", x, op.args[1], new)
    if name in ("asarray", "real"):
        return new
    if name in ("T", "flip", "fliplr", "flipud", "swapaxes"):
        return emit(op.prim, new, **op.kwargs)
    if name == "transpose":
        axes = op.kwargs.get("axes")
        axes = op.args[1] if len(op.args) > 1 else axes
        if axes is None:
            return emit(op.prim, new)
        back = np.argsort([int(k) % len(axes) for k in axes])
        return np.transpose(new, tuple(int(k) for k in back))
    if name == "moveaxis":
        return np.moveaxis(new, op.kwargs["destination"], op.kwargs["source"])
    if name in ("reshape", "ravel") and order_of(op) == "F":
        return np.reshape(new, np.shape(x), order="F")
    return np.reshape(new, np.shape(x))


def overwrite(frame: Frame, node: Anything, x: Value, new: Value, shown: str) -> None:
    """Give all of x new contents, a fresh array of its shape and dtype."""
    root, steps = base(frame.lowering, x)
    if steps or new in frame.lowering.owners or not isinstance(new.owner, Op):
        store(frame, node, x, Ellipsis, new, shown)
        return
    check_root(root, shown)
    note(frame, node, root, shown, ADVICE)
    renew(frame, root, new)


def is_array(x: Value) -> bool:
    """Whether a value is known to be an array."""
    return isinstance(x.type, Num) and x.type.kind == "array"


def check_root(root: Value | Cell, shown: str) -> None:
    """Refuse to write into what NumPy does not let one write into, or what nobody can name."""
    op = None if isinstance(root, Cell) else root.owner
    if not isinstance(op, Op):
        return
    if op.prim.name in READ_ONLY:
        refuse(f"{shown} is a read-only view ({op.prim.name})", ADVICE)
    if op.prim.name == "getitem" and type(op.args[0]) is Value:
        inside = op.args[0].type
        if isinstance(inside, (Seq, ListOf)) and any(True for _ in leaves(op.args[1])):
            refuse(
                f"{shown} is an item of a list, chosen at run time",
                "store a new array there: xs[i] = xs[i] + ...",
            )
    if op.prim.name == "getitem" and type(op.args[0]) is not Value:
        refuse(f"{shown} is an item of a list, chosen at run time", ADVICE)


def stored(frame: Frame, x: Value, v: Anything) -> Anything:
    """What is stored, as an operand."""
    v = operand(frame, v)
    if isinstance(v, (list, tuple)) or type(v) is Value and isinstance(v.type, (Seq, ListOf)):
        v = operate(frame, np.array, v)
    a, b = x.type, typeof(v)
    if v is None or isinstance(b, Opaque):
        refuse("this cannot be stored in an array of numbers", "store a number or an array")
    if isinstance(a, Num) and isinstance(b, Num) and a.dtype is not None and b.dtype is not None:
        if b.dtype.kind == "c" and a.dtype.kind != "c":
            refuse("a complex number is stored in a real array", "store its real part")
    return v


# Assignment -----------------------------------------------------------------------------------


def assign_item(frame: Frame, target: Anything, v: Anything) -> None:
    """`container[index] = v`."""
    shown = frame.source.text(target.value)
    container = evaluate(frame, target.value)
    index = evaluate(frame, target.slice)
    if is_object(container):
        if call(frame, container, "__setitem__", index, v) is MISSING:
            refuse(f"{describe(container)} has no items", "define __setitem__ in its class")
        return
    if isinstance(container, Cell) or is_inside(frame, container):
        set_item(frame, container, index, v)
        return
    x = writable(frame, container, shown)
    store(frame, frame.under_way, x, index, v, shown)


def augment_item(frame: Frame, node: Anything) -> None:
    """`container[index] op= v`: container and index are evaluated once, the item before v."""
    target, function = node.target, BINARY[type(node.op)]
    shown = frame.source.text(target.value)
    container = evaluate(frame, target.value)
    index = evaluate(frame, target.slice)
    if isinstance(container, Cell) or is_inside(frame, container):
        from s2s_ad.frontend.augmented import in_place

        old = get_item(frame, container, index)
        place = (container, index) if isinstance(container, Cell) else None
        new = in_place(frame, node, old, f"{shown}[...]", place)
        if is_object(container):
            call(frame, container, "__setitem__", index, new)
        elif new is not old:
            set_item(frame, container, index, new)
        return
    x = writable(frame, container, shown)
    before = current(frame.lowering, x)
    old = get_item(frame, x, index)
    v = evaluate(frame, node.value)
    same = current(frame.lowering, x) is before
    view = is_basic(operand(frame, index)) and type(old) is Value and may_be_rows(old)
    check_dtype(x, v, old)
    if function in (operator.add, operator.sub) and sums(x, index, v) and (same or view):
        if function is operator.sub:
            v = -v if type(v) in (int, float) else operate(frame, operator.neg, v)
        store(frame, node, x, index, v, shown, adds=True)
        return
    store(frame, node, x, index, arithmetic(frame, function, old, v), shown)


def may_be_rows(v: Value) -> bool:
    """Whether an item of an array may be a view of it."""
    return not (isinstance(v.type, Num) and v.type.kind in SCALARS)


def sums(x: Value, index: Anything, v: Anything) -> bool:
    """Whether `x[index] += v` may be written as one addition in place."""
    a, b = x.type, typeof(v)
    if is_structure(v) or not is_basic(index):
        return False
    if isinstance(a, Num) and a.dtype is not None and a.dtype.kind not in "fc":
        return False
    if isinstance(b, Num) and b.dtype is not None and b.dtype.kind == "b":
        return False
    return isinstance(a, Num) and a.dtype is not None and isinstance(b, Num)


def check_dtype(x: Value, v: Anything, old: Anything) -> None:
    """Refuse what NumPy refuses: floats added in place to a slice of an int array."""
    a, b, o = x.type, typeof(v), typeof(old)
    known = isinstance(a, Num) and isinstance(b, Num) and isinstance(o, Num) and o.kind == "array"
    if known and a.dtype is not None and b.dtype is not None:  # type: ignore[union-attr]
        if not np.can_cast(b.dtype, a.dtype, "same_kind"):  # type: ignore[union-attr]
            refuse(
                f"{b.dtype} cannot be added in place to an array of {a.dtype}",  # type: ignore[union-attr]
                "convert the array first: x = x.astype(float)",
            )


# Methods and functions that write --------------------------------------------------------------

Writer = Callable[..., Anything]


def fill(frame: Frame, x: Anything, v: Anything) -> None:
    """`x.fill(v)`."""
    store(frame, None, writable(frame, x, "the array"), Ellipsis, v, "the array")


def sort(frame: Frame, x: Anything, axis: Anything = -1) -> None:
    """`x.sort()`."""
    a = writable(frame, x, "the array")
    new = operate(frame, np.sort, a) if axis == -1 else operate(frame, np.sort, a, axis=axis)
    overwrite(frame, None, a, new, "the array")


def put(frame: Frame, x: Anything, index: Anything, v: Anything) -> None:
    """`np.put(x, index, v)` for vectors."""
    a = writable(frame, x, "the array")
    if not isinstance(a.type, Num) or a.type.rank != 1:
        refuse("np.put into what is not known to be a vector", "write the store with an index")
    size = typeof(v)
    if not isinstance(size, Num) or size.shape != ():
        refuse("np.put of more than one number", "write x[index] = v")
    store(frame, None, a, index, v, "the array")


def copyto(frame: Frame, x: Anything, v: Anything, **options: Anything) -> None:
    """`np.copyto(x, v, where=mask)`."""
    a = writable(frame, x, "the array")
    where = options.pop("where", True)
    if options:
        refuse("np.copyto with casting is not supported", "leave it out")
    if where is not True:
        v = operate(frame, np.where, where, v, a)
    store(frame, None, a, Ellipsis, v, "the array")


def fill_diagonal(frame: Frame, x: Anything, v: Anything) -> None:
    """`np.fill_diagonal(x, v)` for a matrix."""
    a = writable(frame, x, "the array")
    t = a.type
    if not isinstance(t, Num) or t.shape is None or len(t.shape) != 2:
        refuse("np.fill_diagonal of what is not known to be a matrix", "write a loop")
    sizes = operate(frame, np.shape, a)
    size = get_item(frame, sizes, 0)
    if t.shape[0] != t.shape[1]:
        size = operate(frame, min, size, get_item(frame, sizes, 1))
    k = operate(frame, np.arange, size)
    store(frame, None, a, (k, k), v, "the array")


def at(function: Callable[..., Anything]) -> Writer:
    """`np.add.at(x, index, v)` and the like."""

    def write(frame: Frame, x: Anything, index: Anything, *vs: Anything) -> None:
        a = writable(frame, x, "the array")
        if len(vs) != 1:
            refuse("this ufunc.at needs a second operand", "write x[index] op= v")
        (v,) = vs
        if is_basic(operand(frame, index)):
            old = get_item(frame, a, index)
            store(frame, None, a, index, operate(frame, function, old, v), "the array")
            return
        if function not in (np.add, np.subtract):
            refuse(f"np.{function.__name__}.at with repeated indices", "write a loop")
        if function is np.subtract:
            v = operate(frame, operator.neg, v)
        store(frame, None, a, index, v, "the array", adds=True)

    return write


WRITING_FUNCTIONS: dict[Anything, Writer] = {
    np.put: put,
    np.copyto: copyto,
    np.fill_diagonal: fill_diagonal,
    np.add.at: at(np.add),
    np.subtract.at: at(np.subtract),
    np.multiply.at: at(np.multiply),
    np.divide.at: at(np.divide),
}
WRITING_METHODS: dict[str, Writer] = {"fill": fill, "sort": sort, "put": put}


def write_out(frame: Frame, callee: Anything, args: list[Anything], kwargs: Anything) -> Anything:
    """A call with `out=`: the result is written into that array, which is the value."""
    named = {k: v for k, v in kwargs.items() if k != "out"}
    out = kwargs["out"]
    if type(out) is tuple and len(out) == 1:
        (out,) = out
    if out is None:
        return operate(frame, callee, *args, **named)
    a = writable(frame, out, "the array given as out")
    new = operate(frame, callee, *args, **named)
    if type(new) is not Value:
        refuse("out= of an operation with several results", "leave it out")
    store(frame, None, a, Ellipsis, new, "the array given as out")
    return a
