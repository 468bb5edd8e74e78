"""Mutable arrays as values: what a binding means now.

A binding stands for an object. Where it is the result of a view (`y[1:]`, `A.T`) its place is a
path of view steps from a root, the object that owns the memory; otherwise it is a root itself. A
store gives the root a new version; `current` reads a binding at this moment: the view steps
written again on the root's version of now. Nothing is written for arrays that no store reached.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any as Anything

import numpy as np

from s2s_ad.frontend.bindings import Cell, Held, map_leaves
from s2s_ad.frontend.context import refuse
from s2s_ad.ir.build import emit, typeof
from s2s_ad.ir.core import Block, Op, Value
from s2s_ad.ir.types import ListOf, Num, Seq, Type
from s2s_ad.ops.indexing import item_type, read_type
from s2s_ad.ops.overlap import crosses, is_basic

if TYPE_CHECKING:
    from s2s_ad.frontend.context import Frame, Lowering

AXES = (
    "T", "transpose", "swapaxes", "moveaxis", "squeeze", "expand_dims", "flip", "fliplr", "flipud",
)  # fmt: skip
# Operations whose result is laid out row by row, unless an order is given.
C_ORDER = ("zeros", "ones", "empty", "full", "arange", "linspace", "eye", "identity", "flatten")


def base(lowering: Lowering, v: Value) -> tuple[Anything, list[Op]]:
    """The root of a binding and the view steps that lead from it to the binding."""
    steps: list[Op] = []
    while v not in lowering.owners:
        op = v.owner
        if not isinstance(op, Op) or not is_view(lowering, op):
            break
        steps.append(op)
        v = op.args[0]
    steps.reverse()
    return lowering.owners.get(v, v), steps


def root_of(lowering: Lowering, v: Value) -> Anything:
    """The root of a binding."""
    return base(lowering, v)[0]


def is_view(lowering: Lowering, op: Op) -> bool:
    """Whether the result certainly is a view of the first operand, in the memory of an array."""
    name = op.prim.name
    if name not in ("getitem", "reshape", "ravel", "asarray", "real", *AXES):
        return False
    x = op.args[0]
    if name == "getitem" and type(x) is Value and is_list(x.type):
        return is_item(lowering, op)
    if type(x) is not Value or not isinstance(x.type, Num) or x.type.kind not in ("array", "any"):
        return False
    t = op.result.type
    if not isinstance(t, Num) or t.kind != "array":
        return False
    if name == "getitem":
        return x.type.kind == "array" and is_basic(op.args[1])
    if name in ("reshape", "ravel"):
        return layout(lowering, x) == order_of(op) or bool(x.type.rank == 1 and layout(lowering, x))
    if name == "asarray":
        return op.prim.aliasing(op) == "same"
    if name == "real":
        return x.type.dtype is not None and x.type.dtype.kind == "f"
    return x.type.kind == "array"


def is_item(lowering: Lowering, op: Op) -> bool:
    """Whether the result is an object in a list that the function can change."""
    index, t = op.args[1], op.result.type
    if isinstance(index, slice) or not isinstance(base(lowering, op.args[0])[0], Cell):
        return False
    return is_list(t) or isinstance(t, Num) and t.kind == "array"


def is_list(t: Type) -> bool:
    """Whether a type is that of a list."""
    return isinstance(t, (Seq, ListOf)) and t.kind == "list"


def order_of(op: Op) -> str:
    """In which order a `reshape` or `ravel` takes the items."""
    place = 2 if op.prim.name == "reshape" else 1
    return str(op.args[place] if len(op.args) > place else op.kwargs.get("order", "C"))


def layout(lowering: Lowering, v: Value) -> str:
    """How an array surely is laid out, without gaps: "C" row by row, "F" column by column, "" not
    known."""
    root, steps = base(lowering, v)
    found = _laid_out(root)
    for op in steps:
        if op.prim.name in ("reshape", "ravel"):
            found = order_of(op)  # it is a view, so there are no gaps
        elif op.prim.name in ("T", "transpose") and len(op.args) == 1 and not op.kwargs:
            found = {"C": "F", "F": "C"}.get(found, "")
        elif op.prim.name == "getitem":
            found = found if found == "C" and _without_gaps(op.args[1]) else ""
        elif op.prim.name != "asarray":
            return ""
        if isinstance(op.result.type, Num) and op.result.type.rank == 1 and found:
            found = "C"
    return found


def _laid_out(root: Value) -> str:
    op, t = root.owner, root.type
    if not isinstance(op, Op) or op.blocks or not isinstance(t, Num) or t.kind != "array":
        return ""
    fresh = op.prim.name not in ("call", "getattr", "read") and op.prim.aliasing(op) == "fresh"
    if fresh and t.rank == 1:
        return "C"
    order = op.kwargs.get("order", "C" if op.prim.name in C_ORDER else "")
    return order if fresh and order in ("C", "F") else ""


def _without_gaps(index: Anything) -> bool:
    """Whether what an index takes of an array that is laid out row by row has no gaps: ints, then
    at most one slice."""
    entries = index if isinstance(index, tuple) else (index,)
    sliced = False
    for e in entries:
        if e is Ellipsis:
            return len(entries) == 1
        if e is None or sliced and not (isinstance(e, slice) and e == slice(None)):
            return False
        if isinstance(e, slice):
            if e.step not in (None, 1):
                return False
            sliced = True
    return True


def current(lowering: Lowering, v: Value) -> Value:
    """What a binding holds now; operations are written for views of what has changed."""
    if not lowering.versions:
        return v
    root, steps = base(lowering, v)
    if isinstance(v.type, Seq) and not isinstance(root, Cell):
        return _container(lowering, v)
    if isinstance(root, Cell):
        return item_now(lowering, root, v, steps)
    if root not in lowering.versions and v not in lowering.owners:
        return v
    out: Value = lowering.versions.get(root, root)
    for op in steps:
        out = op.result if op.args[0] is out else again(lowering, op, out)
    return out


def now_in_list(lowering: Lowering, v: Value) -> Value:
    """A list that is an item of another one, as it is now; any other value as it is."""
    return current(lowering, v) if isinstance(base(lowering, v)[0], Cell) else v


def item_now(lowering: Lowering, cell: Cell, v: Value, steps: list[Op]) -> Value:
    """An object in a list, read again where an object in that list has changed."""
    if not steps or cell not in lowering.stirred:
        return v
    out = lowering.versions.get(cell, cell.initial)
    if type(out) is not Value or not _unmoved(lowering, cell, steps[0].args[0], out):
        refuse(
            "this is an item of a list of which items have changed, and have been added or moved",
            "index the list again, or copy the item",
        )
    for op in steps:
        out = op.result if op.args[0] is out else again(lowering, op, out)
    return out


def _unmoved(lowering: Lowering, cell: Cell, old: Value, new: Value) -> bool:
    """Whether the items stand where they stood: only what is inside them was written since."""
    while new is not old:
        if new not in lowering.stirred:
            return cell not in lowering.reshaped
        assert isinstance(new.owner, Op)
        new = new.owner.args[0]
    return True


def again(lowering: Lowering, op: Op, x: Value) -> Value:
    """A view step written again, on other contents."""
    args = op.args[1:]
    outer = x.owner
    if op.prim.name == "getitem" and isinstance(outer, Op) and outer.prim.name == "getitem":
        joined = narrowed(lowering, outer.args[1], args[0], typeof(outer.args[0]))
        if joined is not None:
            x, args = outer.args[0], (joined,)
    out: Value = emit(op.prim, x, *args, **op.kwargs)
    out.hint = op.result.hint
    return out


def _container(lowering: Lowering, v: Value) -> Value:
    """A container value; written anew where an array in it has changed."""
    changed = [r for r in lowering.versions if type(r) is Value and _stands_in(r, v)]
    if not changed:
        return v
    known = lowering.items.get(v, {})
    t = v.type
    assert isinstance(t, Seq)
    keys = list(t.keys) if t.kind == "dict" else list(range(len(t.items)))
    parts = []
    for k, inner in zip(keys, t.items):
        found = known.get((type(k), k))
        parts.append(
            emit("getitem", v, k, types=[inner]) if found is None else current(lowering, found)
        )
    shown: Anything = dict(zip(keys, parts)) if t.kind == "dict" else parts
    out: Value = emit(t.kind, tuple(parts) if t.kind == "tuple" else shown)
    return out


def _stands_in(root: Value, v: Value) -> bool:
    op = root.owner
    while isinstance(op, Op) and op.prim.name == "getitem" and type(op.args[0]) is Value:
        if op.args[0] is v:
            return True
        op = op.args[0].owner
    return False


def contents(lowering: Lowering, x: Anything, inside: int = 0) -> Anything:
    """A binding with what it holds now: its values read, its structure kept. So many of the open
    blocks are about to be closed."""
    blocks = lowering.blocks[: len(lowering.blocks) - inside]

    def leaf(v: Anything) -> Anything:
        if isinstance(v, Cell):
            held = contents(lowering, lowering.versions.get(v, v.initial), inside)
            return Held(v, held, all(b is not lowering.homes[v] for b in blocks))
        return current(lowering, v) if type(v) is Value else v

    return map_leaves(leaf, x)


# Writing --------------------------------------------------------------------------------------


def renew(frame: Frame, root: Value | Cell, new: Value) -> None:
    """Make a value the contents of a root."""
    lowering = frame.lowering
    if isinstance(root, Cell):
        lowering.stirred.update((root, new))
        hold(lowering, root, new)
        check_floor(lowering, root)
        return
    lowering.owners[new] = root
    if not new.named:
        new.hint, new.named = root.hint or new.hint, root.named
    lowering.versions[root] = new
    if root not in lowering.homes:
        lowering.homes[root] = home(lowering, root)
    check_floor(lowering, root)


def hold(lowering: Lowering, cell: Cell, new: Anything) -> None:
    """Let a list or dict hold something else."""
    lowering.versions[cell] = new
    if type(new) is Value:
        lowering.owners[new] = cell
        name_held(cell, new)


def name_held(cell: Cell, new: Value) -> None:
    """What a list holds has the name of the list."""
    if not new.named:
        new.hint, new.named = cell.name or new.hint, bool(cell.name)


def check_floor(lowering: Lowering, root: Value | Cell) -> None:
    """Refuse to change what stands outside a function that is differentiated."""
    block = lowering.homes[root]
    if all(b is not block for b in lowering.blocks[lowering.floor :]):
        what = f"a {root.shown}" if isinstance(root, Cell) else "an array"
        refuse(
            f"{what} of an enclosing function is changed in a function that is differentiated "
            "inside it",
            "pass it as an argument",
        )


def home(lowering: Lowering, v: Value) -> Block | None:
    """The open block in which a value is defined."""
    owner = v.owner
    if isinstance(owner, Block):
        return owner
    for block in reversed(lowering.blocks):
        if any(op is owner for op in block.ops):
            return block
    return None


def changed(
    lowering: Lowering,
    before: dict[Anything, Anything],
    after: dict[Anything, Anything],
    inside: int = 0,
) -> list[Anything]:
    """The roots that have other contents than before, of those that are in scope when so many
    of the open blocks are closed."""
    blocks = lowering.blocks[: len(lowering.blocks) - inside]

    def outlives(root: Anything) -> bool:
        return any(b is lowering.homes[root] for b in blocks)

    return [r for r, v in after.items() if before.get(r, r) is not v and outlives(r)]


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


def element(lowering: Lowering, x: Value, index: Anything) -> Anything:
    """`x[index]` of an object in a list, or of a view of an array that has been written, read
    from the list or array itself; None where x is no such thing."""
    root, steps = base(lowering, x)
    if isinstance(root, Cell):
        current(lowering, x)  # refuses what has moved
        if steps and root not in lowering.stirred and isinstance(steps[0].args[0].type, Seq):
            return None
    elif root not in lowering.versions:
        return None
    inner = x
    while steps and steps[-1].prim.name == "getitem":
        op = steps.pop()
        joined = narrowed(lowering, op.args[1], index, typeof(op.args[0]))
        if joined is None:
            break
        inner, index = op.args[0], joined
    if inner is x:
        return None
    if isinstance(root, Cell) and root in lowering.stirred and not steps:
        return emit("getitem", lowering.versions[root], index)
    return emit("getitem", current(lowering, inner), index)


def narrowed(lowering: Lowering, path: Anything, index: Anything, t: Anything) -> Anything:
    """The index that means `x[path][index]` exactly, for plain indices; None where the two steps
    are needed. `t` is the type of x."""
    if is_list(t):  # there a tuple is a path: `x[i][j]`
        nested = is_list(item_type(t, path))
        inner = index if nested and isinstance(index, tuple) else (index,)
        return (*(path if isinstance(path, tuple) else (path,)), *inner)
    first = path if isinstance(path, tuple) else (path,)
    second = index if isinstance(index, tuple) else (index,)
    if not is_basic(first) or not is_basic(second) or not isinstance(t, Num):
        return None
    if any(e is None or e is Ellipsis for e in first):
        return None
    if second in ((Ellipsis,), (slice(None),)):
        return path
    left = list(second)
    if any(e is None or e is Ellipsis for e in left):
        if all(not isinstance(e, slice) for e in first):
            return _plain((*first, *left))
        return None
    out: list[Anything] = []
    for e in first:
        if not isinstance(e, slice) or not left:
            out.append(e)
            continue
        inner = left.pop(0)
        if e == slice(None):
            out.append(inner)
            continue
        shifted = _shifted(lowering, e, inner)
        if shifted is None:
            return None
        out.append(shifted)
    return _plain((*out, *left))


def _plain(index: tuple[Anything, ...]) -> Anything:
    """An index as one writes it: one entry stands alone."""
    return index[0] if len(index) == 1 else index


def _shifted(lowering: Lowering, outer: slice, inner: Anything) -> Anything:
    """`x[start:stop][inner]` as one index, where that raises and clips alike; None otherwise."""
    start = 0 if outer.start is None else outer.start
    if outer.step not in (None, 1) or type(start) is not int or start < 0:
        return None
    if type(inner) is int:
        if outer.stop is None:
            return start + inner if inner >= 0 else inner
        return None
    if type(inner) is Value and inner in lowering.naturals and outer.stop is None:
        return emit("add", inner, start) if start else inner
    if not isinstance(inner, slice) or inner.step not in (None, 1):
        return None
    first = 0 if inner.start is None else inner.start
    if type(first) is not int or first < 0:
        return None
    last, end = inner.stop, outer.stop
    if last is None:
        return slice(start + first, end)
    if end is None and type(last) is int:
        return slice(start + first, start + last if last >= 0 else last)
    if type(end) is int and end < 0 and type(last) is int and last < 0:
        return slice(start + first, end + last)
    return None


# Overlap --------------------------------------------------------------------------------------


def overlaps(lowering: Lowering, root: Value, steps: list[Op], index: Anything, v: Value) -> bool:
    """Whether `root[index] = v` (after view steps) stores a view of the root into a vector of it
    that is laid out otherwise (see ops/overlap.py)."""
    if isinstance(root, Cell):
        return base(lowering, v)[0] is root
    crossed: list[Op] = []
    inner = v
    while inner not in lowering.owners and inner is not root:
        op = inner.owner
        if not isinstance(op, Op) or op.blocks or not op.args or type(op.args[0]) is not Value:
            return False
        if op.prim.name in ("call", "getattr", "read") or op.prim.aliasing(op) == "fresh":
            return False
        crossed.append(op)
        inner = op.args[0]
    if lowering.owners.get(inner, inner) is not root:
        return False
    if not crossed:
        return not steps and not is_basic(index)
    shared = crossed[len(crossed) - len(steps) :][::-1]
    if steps and len(shared) == len(steps) and all(map(_same_step, steps, shared)):
        rest = crossed[: len(crossed) - len(steps)]  # both are pieces of one view
        if not rest:
            return not is_basic(index)
        return crosses(steps[-1].result.type, [index], rest[::-1])
    place = steps[-1].result.type if steps else root.type
    if is_basic(index):
        t = read_type(place, index)
        if isinstance(t, Num) and t.rank not in (None, 1):
            return False
    return crosses(root.type, [*steps, index], crossed[::-1])


def _same_step(a: Op, b: Op) -> bool:
    """Whether two view steps lead from one array to the same places."""
    return a.prim is b.prim and _same_index((a.args[1:], a.kwargs), (b.args[1:], b.kwargs))


def _same_index(a: Anything, b: Anything) -> bool:
    if type(a) is Value or type(b) is Value:
        return a is b
    if type(a) is not type(b):
        return False
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(map(_same_index, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(map(_same_index, a.values(), b.values()))
    if isinstance(a, slice):
        return _same_index((a.start, a.stop, a.step), (b.start, b.stop, b.step))
    return a is None or a is Ellipsis or isinstance(a, (int, str)) and a == b
