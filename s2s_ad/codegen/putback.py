"""A list in a list that is changed and put back: `rows[i].append(v)`.

In SSA that is a read of the item, the change, and a store of the result in the same place. Between
the change and the store nobody reads the outer list, so the change may be made in place.
"""

from __future__ import annotations

from typing import Any as Anything

from s2s_ad.ir.core import Block, Op, Value, leaves, walk
from s2s_ad.ops.buffers import SET_AT
from s2s_ad.ops.lists import INSERT, TAKE


def put_back(block: Block, op: Op, v: Value) -> bool:
    """Whether `op` changes an item of v that the only later reader of v stores there again; `block`
    is that of the function."""
    read = op.args[0].owner if type(op.args[0]) is Value else None
    if op.prim not in (INSERT, TAKE) or not isinstance(read, Op):
        return False
    if read.prim.name != "getitem" or read.args[0] is not v:
        return False
    home = _block_of(block, op)
    if home is None or v not in home.params and not any(o is v.owner for o in home.ops):
        return False
    later = home.ops[home.ops.index(op) + 1 :]
    users = [o for o in later if any(u is v for u in _read(o))]
    if len(users) != 1 or any(u is v for u in leaves(home.yields)):
        return False
    (store,) = users
    if store.prim is not SET_AT or store.args[0] is not v or store.args[2] is not op.results[0]:
        return False
    return _same(store.args[1], read.args[1])


def _read(op: Op) -> list[Value]:
    """All that an operation and those inside it read."""
    out = [*leaves(op.args), *leaves(op.kwargs)]
    for b in op.blocks:
        for inner in walk(b):
            out += [*leaves(inner.args), *leaves(inner.kwargs)]
            for each in inner.blocks:
                out += leaves(each.yields)
        out += leaves(b.yields)
    return out


def _same(a: Anything, b: Anything) -> bool:
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(_same, a, b))
    return a is b or type(a) is int and type(b) is int and a == b


def _block_of(block: Block, op: Op) -> Block | None:
    if any(o is op for o in block.ops):
        return block
    for o in block.ops:
        for b in o.blocks:
            found = _block_of(b, op)
            if found is not None:
                return found
    return None
