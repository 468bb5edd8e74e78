"""Dead code: operations, carried values, branches' results and tapes that nothing reads."""

from __future__ import annotations

from typing import Any as Anything

from s2s_ad.ir.core import Block, Function, Op, Value, leaves
from s2s_ad.ir.types import Num

DIVISIONS = ("infix /", "infix //", "infix %", "infix **")  # raise on Python numbers


def dce(function: Function, may_raise_less: bool = False) -> Function:
    """Remove what neither a result nor an effect needs, in place.

    Effects stay, operations of the primal that may raise too, unless `may_raise_less` (the
    gradient alone may raise less than the primal). A value that a loop carries only for itself
    goes, as does a tape that is never popped.

    >>> import s2s_ad.ops
    >>> from s2s_ad.ir.parser import parse_function
    >>> from s2s_ad.ir.printer import print_function
    >>> before = '''
    ... func f(%x: any, %n: int):
    ...   %t: stack[any] = new_stack
    ...   %y, %t1 = for %i: int in range(0, %n, 1) carry %y1: any = %x, %t2: stack[any] = %t:
    ...     %t3: stack[any] = push %t2, %y1
    ...     %y2: any = accumulate %y1, %x
    ...     yield %y2, %t3
    ...   return %y
    ... '''
    >>> print(print_function(dce(parse_function(before))), end="")
    func f(%x: any, %n: int):
      %y: any = for %i: int in range(0, %n, 1) carry %y1: any = %x:
        %y2: any = accumulate %y1, %x
        yield %y2
      return %y
    """
    liveness = Liveness(function, may_raise_less)
    sweep(function.block, liveness)
    return function


class Liveness:
    """What is needed: operations and values, from the results and effects backwards."""

    def __init__(self, function: Function, may_raise_less: bool) -> None:
        self.may_raise_less = may_raise_less
        self.values: set[Value] = set()
        self.ops: set[Op] = set()
        self.parents: dict[Op, Block] = {}
        self.todo: list[Value] = []
        self.entered: list[Anything] = []
        self.index(function.block)
        self.need(function.block.yields)
        for op in list(self.parents):
            if self.has_effect(op):
                self.need_op(op)
        while self.todo:
            self.trace(self.todo.pop())

    def index(self, block: Block) -> None:
        for op in block.ops:
            self.parents[op] = block
            for b in op.blocks:
                self.index(b)

    def has_effect(self, op: Op) -> bool:
        if may_raise(op):
            return op.role == "primal" and not self.may_raise_less
        if op.prim.name == "call":
            callee = op.kwargs["callee"]
            if callee in self.entered:
                return False  # a recursive call: asked of its operations already
            self.entered.append(callee)
            found = any(map(self.has_effect, _all(callee.block)))
            self.entered.pop()
            return found
        return op.prim.effect == "effect" or op.prim.name == "with"

    def need(self, tree: Anything) -> None:
        for v in leaves(tree):
            if v not in self.values:
                self.values.add(v)
                self.todo.append(v)

    def need_op(self, op: Op) -> None:
        """The operation runs: what decides whether and how often it does is needed."""
        if op in self.ops or op not in self.parents:
            return  # known, or of an enclosing function whose value is captured
        self.ops.add(op)
        self.need(op.kwargs)
        if op.prim.name == "for":
            self.need(op.args[:-1])
        elif op.prim.name == "while":
            self.need(op.blocks[0].yields[0])
        else:
            self.need(op.args)
        if op.prim.name == "try":
            # What may raise decides on the way.
            for inner in _all(op.blocks[0]):
                if inner.role == "primal" and inner.prim.name not in ("push", "pop", "new_stack"):
                    self.need_op(inner)
            self.slot(op, 0)
            self.slot(op, 1)
        if op.prim.name in ("for", "while") and op.kwargs.get("stop"):
            self.need(op.blocks[-1].yields[-1])
        owner = self.parents[op].owner
        if isinstance(owner, Op):
            self.need_op(owner)

    def trace(self, v: Value) -> None:
        """What the value v is made from."""
        owner = v.owner
        if isinstance(owner, Op):
            self.need_op(owner)
            if owner.blocks and owner in self.ops:
                self.slot(owner, owner.results.index(v))
        elif isinstance(owner, Block) and isinstance(owner.owner, Op):
            op = owner.owner
            self.need_op(op)
            if op not in self.ops:
                return
            position = owner.params.index(v) - (op.prim.name == "for")
            if position >= 0:
                self.slot(op, position)

    def slot(self, op: Op, k: int) -> None:
        """The k-th carried value of a loop, or the k-th result of a branch."""
        if op.prim.name == "while":
            before, after = op.blocks
            if k < len(op.inits):
                self.need((op.inits[k], before.yields[1 + k], after.yields[k]))
        elif op.prim.name == "for":
            if k < len(op.inits):
                self.need((op.inits[k], op.blocks[0].yields[k]))
        else:
            for b in op.blocks:
                if k < len(b.yields):
                    self.need(b.yields[k])

    def keeps(self, op: Op, k: int) -> bool:
        """Whether the k-th slot of an operation with blocks stays."""
        if op.results[k] in self.values:
            return True
        if op.prim.name == "try" and k < 2:
            return True
        if op.prim.name not in ("for", "while"):
            return False
        if k >= len(op.inits):
            return True  # the stop value decides how often the loop runs
        return any(b.params[k + (op.prim.name == "for")] in self.values for b in op.blocks)


def may_raise(op: Op) -> bool:
    """Whether the operation is known to raise for some numbers."""
    if op.prim.effect == "raise" or op.prim.syntax.startswith("call math."):
        return True
    if op.prim.syntax not in DIVISIONS:
        return False
    t = op.results[0].type
    return not (isinstance(t, Num) and t.kind in ("np", "array"))


def _all(block: Block) -> list[Op]:
    out = list(block.ops)
    for op in block.ops:
        for b in op.blocks:
            out.extend(_all(b))
    return out


def sweep(block: Block, live: Liveness) -> None:
    block.ops = [op for op in block.ops if op in live.ops]
    for op in block.ops:
        if op.blocks and op.prim.name in ("if", "for", "while", "errstate", "try", "with"):
            for k in reversed(range(len(op.results))):
                if not live.keeps(op, k):
                    drop(op, k)
        for b in op.blocks:
            sweep(b, live)


def drop(op: Op, k: int) -> None:
    """Remove the k-th slot: result, initial value, parameters and yields."""
    del op.results[k]
    if op.prim.name in ("for", "while"):
        inits = list(op.inits)
        del inits[k]
        op.args = (*op.args[:-1], tuple(inits))
        lead = int(op.prim.name == "for")
        for b in op.blocks:
            del b.params[lead + k]
    for b in op.blocks:
        condition = op.prim.name == "while" and b is op.blocks[0]
        del b.yields[k + condition]
    # Positions of slots that are recorded by name move with them.
    for name in ("count",):
        position = op.kwargs.get(name)
        if type(position) is int:
            if position == k:
                del op.kwargs[name]
            elif position > k:
                op.kwargs[name] = position - 1
    if op.prim.name == "if" and "status" in op.kwargs and k == len(op.results):
        del op.kwargs["status"]
