"""The size of a temporary is read from something of the same shape that has a name, so that the
temporary can go back into its expression: `np.mean(a * b)` needs `a.size`, not `(a * b).size`."""

from __future__ import annotations

from s2s_ad.ir.core import Block, Function, Op, Value, readers
from s2s_ad.ir.types import Num

READS = frozenset({"size", "shape"})


def read_sizes_from_names(function: Function) -> None:
    """Redirect reads of sizes, in place."""
    users = readers(function.block)

    def visit(block: Block, visible: list[Value]) -> None:
        visible = visible + block.params
        for op in block.ops:
            if op.prim.name in READS and op.role != "primal":
                v = op.args[0]
                if type(v) is Value and not v.hint:
                    others = [u for u in users.get(v, []) if not is_read(u)]
                    if len(others) == 1:
                        op.args = (stand_in(v, visible), *op.args[1:])
            for b in op.blocks:
                visit(b, visible)
            visible = visible + op.results

    visit(function.block, [])


def is_read(user: object) -> bool:
    return isinstance(user, Op) and user.prim.name in READS


def stand_in(v: Value, visible: list[Value]) -> Value:
    """The nearest earlier value with a name and the same shape, or v."""
    t = v.type
    if not isinstance(t, Num) or t.kind != "array" or t.shape is None or None in t.shape:
        return v
    for w in reversed(visible):
        if (
            w.hint
            and isinstance(w.type, Num)
            and w.type.kind == "array"
            and w.type.shape == t.shape
        ):
            return w
    return v
