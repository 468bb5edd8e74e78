"""Results are fresh, unshared, and of the argument's kind, dtype and shape."""

from __future__ import annotations

from typing import Any as Anything

from s2s_ad.ir.build import building, emit, typeof
from s2s_ad.ir.core import Block, Function, Op, Value, leaves, readers, replace
from s2s_ad.ir.types import SCALARS, Any, Num, Seq, Stack, Tape, Type, differentiable, same_dtype
from s2s_ad.ir.unbound import may_be_unbound
from s2s_ad.ops.slots import FILL_SLOT
from s2s_ad.ops.structure import DICT, FOR, LIST, TUPLE, WHILE


def owned(v: Anything, seen: frozenset[Value] = frozenset()) -> bool:
    """Whether v is memory that an operation of this function made for it."""
    if type(v) is not Value:
        return True
    if v in seen:
        return True
    owner = v.owner
    if isinstance(owner, Block):
        loop = owner.owner
        if isinstance(loop, Function):
            return owner.params.index(v) in loop.moved
        if not isinstance(loop, Op) or loop.prim not in (FOR, WHILE):
            return False
        k = owner.params.index(v) - (len(owner.params) - len(loop.inits))
        return k >= 0 and _slot_owned(loop, k, seen | {v})
    if owner is None:
        return False
    if owner.prim in (FOR, WHILE):
        k = owner.results.index(v)
        return k < len(owner.inits) and _slot_owned(owner, k, seen | {v})
    if owner.blocks:
        k = owner.results.index(v)
        return all(owned(b.yields[k], seen | {v}) for b in owner.blocks)
    alias = owner.prim.alias
    return (alias(owner) if callable(alias) else alias) == "fresh"


def _slot_owned(loop: Op, k: int, seen: frozenset[Value]) -> bool:
    return owned(loop.inits[k], seen) and owned(loop.blocks[-1].yields[k], seen)


def is_array(t: Type) -> bool:
    """Whether a value of this type may be shared memory."""
    return not (isinstance(t, Num) and t.kind in SCALARS)


def fresh(v: Value) -> Anything:
    """A copy of v: of an array by its method, of what may also be a number or None (in place of
    a name without a value) by a helper."""
    surely = isinstance(v.type, Num) and v.type.kind == "array" and not may_be_unbound(v)
    return emit("copy" if surely else "fresh_tree", v)


def unshare(function: Function) -> None:
    """Copy what goes into the slots of a container's adjoint where it is not its alone."""
    readers_of = readers(function.block)

    def visit(block: Block) -> None:
        for op in list(block.ops):
            if op.prim is FILL_SLOT:
                item = op.args[2]
                maker = item.owner if type(item) is Value else None
                nest = isinstance(maker, Op) and maker.prim in (TUPLE, LIST, DICT)
                holder = maker if nest else op
                assert isinstance(holder, Op)
                scratch = Block()
                with building(scratch, op.statement, op.location, "adjoint"):
                    mapping = {
                        v: fresh(v)
                        for v in leaves(holder.args if nest else op.args[2:])
                        if is_array(v.type) and not (owned(v) and len(readers_of[v]) == 1)
                        and isinstance(v.type, (Num, Any))
                    }  # fmt: skip
                at = block.ops.index(holder)
                block.ops[at:at] = scratch.ops
                holder.args = (
                    replace(holder.args, mapping)
                    if nest
                    else (*op.args[:2], replace(op.args[2], mapping))
                )
            for b in op.blocks:
                visit(b)

    visit(function.block)


def finish(function: Function, yields: list[Anything], likes: list[Anything]) -> None:
    """Make the results fresh, and gradients (those with a parameter in `likes`) like it."""
    seen: set[Value] = set()
    ops = function.block.ops
    for k, (v, like) in enumerate(zip(list(yields), likes)):
        if like is not None:
            with building(function.block, role="adjoint"):
                yields[k] = _finish(v, typeof(like), like, seen)
            continue
        value = Block()  # before the reverse sweep, which may put back what it overwrote
        with building(value):
            yields[k] = _finish(v, None, None, seen)
        at = next((i for i, op in enumerate(ops) if op.role == "adjoint"), len(ops))
        ops[at:at] = value.ops


def _finish(v: Anything, want: Type | None, like: Anything, seen: set[Value]) -> Anything:
    have = typeof(v)
    if isinstance(have, (Stack, Tape)) or isinstance(want, (Stack, Tape)):
        return v
    if isinstance(want, Seq):
        out = _finish_container(v, want, like, seen)
        outermost = want.cls is not None and not (isinstance(like, _Item) and like.object)
        if type(out) is Value and isinstance(out.owner, Op):
            outermost = outermost and out.owner.prim.name != "gradient_like"  # which makes objects
        return _named(emit("like_object", _value(like), out), v) if outermost else out
    if want is not None and not differentiable(want):
        return None
    if isinstance(want, Num) and isinstance(have, Num):
        if want.kind == "py" and want.dtype is not None and want.dtype.kind == "f":
            return v if have.kind == "py" else _named(emit("float", v), v)
        exact = have.kind == want.kind and want.dtype is not None
        exact = exact and same_dtype(have.dtype, want.dtype)
        if not exact:
            return _named(emit("gradient_like", v, _value(like)), v)
    elif want is not None:
        return _named(emit("gradient_like", v, _value(like)), v)
    if type(v) is not Value or not is_array(have):
        return v
    if not owned(v) or v in seen:
        v = _named(fresh(v), v)
    seen.add(v)
    return v


def _finish_container(v: Anything, want: Seq, like: Anything, seen: set[Value]) -> Anything:
    owner = v.owner if type(v) is Value else None
    if isinstance(owner, Op) and owner.prim in (TUPLE, LIST, DICT):
        nest = owner.args[0]
        keys = list(want.keys) if want.kind == "dict" else list(range(len(want.items)))
        inside = want.cls
        items = [
            _finish(nest[key], t, _Item(like, key, inside, t), seen)
            for key, t in zip(keys, want.items)
        ]
        if items == [nest[key] for key in keys]:
            return v
        new: Anything = dict(zip(want.keys, items)) if want.kind == "dict" else tuple(items)
        if want.kind == "list":
            new = list(items)
        return _named(emit(owner.prim, new), v)
    if isinstance(owner, Op) and owner.prim in (FOR, WHILE) and want.kind == "tuple":
        return _named(emit("as_tuple", v), v)
    if isinstance(owner, Op) and owner.prim in (FOR, WHILE):
        return v
    return _named(emit("gradient_like", v, _value(like)), v)


class _Item:
    """`container[key]`, written only if it turns out to be needed."""

    def __init__(self, container: Anything, key: Anything, object: Anything, type: Type) -> None:
        self.container = container
        self.key = key
        self.object = object  # the class where the container is an object
        self.type = type


def _value(like: Anything) -> Anything:
    if not isinstance(like, _Item):
        return like
    if like.object is not None:
        return emit("getattr", _value(like.container), name=like.key, type=like.type)
    return _value(like.container)[like.key]


def _named(new: Anything, old: Anything) -> Anything:
    if type(new) is Value and type(old) is Value and not new.hint:
        new.hint, new.named, new.companion = old.hint, old.named, old.companion
    return new
