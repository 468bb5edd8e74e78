"""Mutable arrays as values: what a binding means now.

A binding stands for an object. Where it is the result of a view (`y[1:]`, `A.T`) its place is a
path of view steps from a root, the object that owns the memory; otherwise it is a root itself. A
store gives the root a new version; `current` reads a binding at this moment: the view steps
written again on the root's version of now. Nothing is written for arrays that no store reached.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any as Anything

from s2s_ad.frontend.bindings import Cell, Conflict, Held, Reached, describe, map_leaves
from s2s_ad.frontend.context import happened, refuse, refuse_conflict
from s2s_ad.frontend.layouts import made_layout, order_of, view_layout
from s2s_ad.ir.build import emit, typeof
from s2s_ad.ir.core import Block, Op, Value
from s2s_ad.ir.types import ListOf, Num, Seq, Type
from s2s_ad.ops.indexing import item_type
from s2s_ad.ops.overlap import is_basic

if TYPE_CHECKING:
    from s2s_ad.frontend.context import Frame, Lowering

AXES = (
    "T", "transpose", "swapaxes", "moveaxis", "squeeze", "expand_dims", "flip", "fliplr", "flipud",
)  # fmt: skip


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
    if name == "getitem" and type(x) is Value and (is_list(x.type) or is_known(x.type)):
        return is_item(lowering, op)
    if type(x) is not Value or not isinstance(x.type, Num) or x.type.kind not in ("array", "any"):
        return False
    t = op.result.type
    if not isinstance(t, Num) or t.kind != "array":
        return False
    if name == "getitem":
        return x.type.kind == "array" and is_basic(op.args[1])
    if name == "reshape" and x.type.rank == 1:
        return True  # a vector has one stride, which every shape of it can have
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
    return is_list(t) or is_known(t) or isinstance(t, Num) and t.kind == "array"


def is_known(t: Type) -> bool:
    """Whether a type is that of an object that the function made: a dict of its attributes."""
    return isinstance(t, Seq) and t.cls is not None


def is_list(t: Type) -> bool:
    """Whether a type is that of a list."""
    return isinstance(t, (Seq, ListOf)) and t.kind == "list"


def layout(lowering: Lowering, v: Value) -> str:
    """How an array surely is laid out, without gaps: "C" row by row, "F" column by column, "" not
    known."""
    root, steps = base(lowering, v)
    found = made_layout(root)
    for op in steps:
        found = view_layout(op, found)
    return found


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
    if isinstance(out, Conflict):
        refuse_conflict(out)
    for op in steps:
        out = op.result if op.args[0] is out else again(lowering, op, out)
    return out


def in_list(lowering: Lowering, v: Value) -> bool:
    """Whether a value is an object in a list that the function can change."""
    root, steps = base(lowering, v)
    return isinstance(root, Cell) and bool(steps)


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
    check_taken_apart(lowering, v)
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
        happened(frame)
        return
    lowering.owners[new] = root
    if not new.named:
        new.hint, new.named = root.hint or new.hint, root.named
    lowering.versions[root] = new
    if root not in lowering.homes:
        lowering.homes[root] = home(lowering, root)
    check_floor(lowering, root)
    happened(frame)


def hold(lowering: Lowering, cell: Cell, new: Anything) -> None:
    """Let a list or dict hold something else."""
    lowering.versions[cell] = new
    if type(new) is Value:
        check_taken_apart(lowering, cell.initial)
        lowering.owners[new] = cell
        name_held(cell, new)


def check_taken_apart(lowering: Lowering, x: Anything) -> None:
    """A container of the caller is made anew only if no objects are in it: in one that the function
    makes, they are dicts."""
    from s2s_ad.frontend.arguments import from_argument, has_objects, look_into

    if type(x) is Value and has_objects(x.type) and from_argument(lowering, x):
        look_into(lowering, x)
        refuse(
            "a list of the caller is changed that has objects in it, and is long",
            "keep the numbers in arrays, or make the list in the function",
        )


def name_held(cell: Cell, new: Value) -> None:
    """What a list holds has the name of the list."""
    if not new.named:
        new.hint, new.named = cell.name or new.hint, bool(cell.name)


def check_floor(lowering: Lowering, root: Value | Cell) -> None:
    """Refuse to change what stands outside a function that is differentiated."""
    block = lowering.homes[root]
    if any(root is r for r in lowering.lent):
        return
    if all(b is not block for b in lowering.blocks[lowering.floor :]):
        if lowering.lends:
            raise Reached(root)
        what = describe(root) if isinstance(root, Cell) else "an array"
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
    if is_list(t) or is_known(t):  # there a tuple is a path: `x[i][j]`
        inside = item_type(t, path)
        nested = is_list(inside) or is_known(inside)
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
