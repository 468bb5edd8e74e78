"""Who reads each value: the operations, and the blocks that yield it."""

from __future__ import annotations

from s2s_ad.codegen.headers import Header
from s2s_ad.ir.core import Block, Function, Op, Value, leaves
from s2s_ad.ops.structure import IF


class Readers:
    """The readers of every value, in the order of the text."""

    def __init__(self, function: Function, headers: dict[Op, Header]) -> None:
        self.headers = headers
        self.uses: dict[Value, list[Op | Block]] = {}
        self.statuses: set[Value] = set()
        self.shared: set[Value] = set()  # conditions that a branch yields again
        self.collect(function.block)

    def collect(self, block: Block) -> None:
        for op in block.ops:
            pattern = short_circuit(op)
            if op.kwargs.get("status") and op.results:
                self.statuses.add(op.results[-1])
            for v in leaves(op.args[3:] if op in self.headers else op.args):
                self.uses.setdefault(v, []).append(op)
            for k, b in enumerate(op.blocks):
                self.collect(b)
                if pattern == ("or", "and")[k] if pattern else False:
                    self.uses[op.args[0]].pop()  # the yield that repeats the condition
                    self.shared.add(op.args[0])
        for v in leaves(block.yields):
            self.uses.setdefault(v, []).append(block)

    def of_status(self, condition: object) -> bool:
        """Whether a condition is a status or compares one."""
        if condition in self.statuses:
            return True
        owner = condition.owner if type(condition) is Value else None
        return isinstance(owner, Op) and any(
            a in self.statuses for a in leaves(owner.args) if not owner.blocks
        )


def short_circuit(op: Op) -> str:
    """ "and" or "or" where an `if` is one: a branch only repeats the condition."""
    if op.prim is not IF or len(op.results) != 1 or type(op.args[0]) is not Value:
        return ""
    then, orelse = op.blocks
    if not orelse.ops and orelse.yields[0] is op.args[0]:
        return "and"
    if not then.ops and then.yields[0] is op.args[0]:
        return "or"
    return ""
