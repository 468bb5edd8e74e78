"""The invariants of SSA, checked after each pass in tests: whatever is broken is an InternalError
that shows the function with an arrow at the fault."""

from __future__ import annotations

from typing import Any as Anything
from typing import get_args

from s2s_ad.errors import InternalError
from s2s_ad.ir.core import (
    Block,
    Function,
    Op,
    Parameter,
    Statement,
    Undefined,
    Value,
    leaves,
    tree_map,
    walk,
)
from s2s_ad.ir.primitive import Primitive
from s2s_ad.ir.printer import print_function, show_type
from s2s_ad.ir.types import NONE, Any, ListOf, Num, Seq, Stack, Tape, Type, type_of

# Constants never are parts of SSA themselves; types stand in static arguments only.
ASK = ("stack_length", "copy_stack", "zeros_tree")  # they take nothing from a stack
FORBIDDEN = (Op, Block, Function, Statement, Parameter, Primitive, *get_args(Type))


def verify(function: Function) -> Function:
    """The same function, or an InternalError for the first broken invariant:

    - every operand is defined earlier in its block or an enclosing one; a block of a reverse
      sweep with a `mirror` may also read what the mirrored forward block defines;
    - a value is defined once and knows its owner, blocks know theirs;
    - control flow has the blocks, parameters and yields that its results need;
    - where types are known, what is yielded has the type of what it becomes;
    - a version of a stack is consumed at most once on every path;
    - the structure of the result refers to existing yields.
    """
    Verifier(function).run()
    return function


class Verifier:
    """One run over one function."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self.seen: set[Value] = set()  # all definitions so far, anywhere
        self.ops: set[Op] = set()
        self.blocks: set[Block] = set()

    def fail(self, message: str, at: Op | Block | None) -> None:
        text = print_function(self.function, at).splitlines()
        spots = [k for k, line in enumerate(text) if line.endswith("<-- here")]
        if spots:
            text = text[max(0, spots[0] - 12) : spots[0] + 6]
        name = f"{at.prim.name}: " if isinstance(at, Op) else ""
        location = at.location if isinstance(at, Op) else None
        raise InternalError(f"{name}{message}", "\n".join(text), location)

    def run(self) -> None:
        f = self.function
        if f.block.owner is not f:
            self.fail("the function's block does not know its function", f.block)
        if len(f.block.params) < len(f.parameters):
            self.fail("fewer block parameters than parameters", f.block)
        self.block(f.block, set(), set())
        self.returns(f.returns, len(f.block.yields))
        self.stacks(f.block, set())

    def returns(self, template: Anything, count: int) -> None:
        def leaf(i: Anything) -> None:
            if type(i) is int and not 0 <= i < count:
                self.fail(f"the result refers to yield {i} of {count}", self.function.block)
            if type(i) is Value:
                self.fail("the structure of the result holds a value", self.function.block)

        tree_map(leaf, template)

    # Scopes and structure

    def define(self, v: Value, owner: Op | Block, scope: set[Value]) -> None:
        at = owner
        if type(v) is not Value:
            self.fail(f"{v!r} is not a value", at)
        if v in self.seen:
            self.fail(f"%{v.hint} is defined twice", at)
        if v.owner is not owner:
            self.fail(f"%{v.hint} has another owner", at)
        if not isinstance(v.type, get_args(Type)):
            self.fail(f"%{v.hint} has no type but {v.type!r}", at)
        self.seen.add(v)
        scope.add(v)

    def use(self, tree: Anything, scope: set[Value], at: Op | Block) -> None:
        for v in leaves(tree):
            if v not in scope:
                self.fail(f"%{v.hint or 'v'} is read where it is not defined", at)

    def block(self, block: Block, outer: set[Value], mirrored: set[Value]) -> None:
        if block in self.blocks:
            self.fail("a block occurs twice", block)
        self.blocks.add(block)
        if block.mirror is not None:
            mirrored = mirrored | defined(block.mirror)
        # Definitions of this block end with it; a copy of the scope is the simple way.
        scope = outer | mirrored
        for p in block.params:
            self.define(p, block, scope)
        for op in block.ops:
            self.op(op, scope, mirrored)
        self.use(block.yields, scope, block)
        self.constants(block.yields, block)

    def op(self, op: Op, scope: set[Value], mirrored: set[Value]) -> None:
        if op in self.ops:
            self.fail("an operation occurs twice", op)
        self.ops.add(op)
        if not isinstance(op.prim, Primitive):
            self.fail(f"{op.prim!r} is not a primitive", op)
        if type(op.args) is not tuple:
            self.fail("the arguments are not a tuple", op)
        self.use(op.args, scope, op)
        self.constants(op.args, op)
        for name, x in op.kwargs.items():
            # A loop's header in the primal, `over`, names what it walks.
            if name != "over" and any(True for _ in leaves(x)):
                self.fail(f"the static argument {name} holds a value", op)
        self.use(op.kwargs, scope, op)
        for block in op.blocks:
            if block.owner is not op:
                self.fail("a block does not know its operation", op)
            self.block(block, scope, mirrored)
        rule = getattr(self, "_" + op.prim.name, None)
        if rule is not None:
            rule(op)
        elif op.blocks:
            self.fail("only control flow owns blocks", op)
        for v in op.results:
            self.define(v, op, scope)

    def constants(self, tree: Anything, at: Op | Block) -> None:
        def leaf(x: Anything) -> None:
            if isinstance(x, FORBIDDEN):
                self.fail(f"a {type(x).__name__} stands as an operand", at)

        tree_map(leaf, tree)

    # Control flow

    def count(self, op: Op, what: str, have: int, want: int) -> None:
        if have != want:
            self.fail(f"{have} {what} instead of {want}", op)

    def _if(self, op: Op) -> None:
        self.count(op, "blocks", len(op.blocks), 2)
        self.count(op, "arguments", len(op.args), 1)
        for block in op.blocks:
            self.count(op, "block parameters", len(block.params), 0)
            self.count(op, "yields", len(block.yields), len(op.results))
            self.cover(op, op.results, block.yields)

    def _for(self, op: Op) -> None:
        self.count(op, "blocks", len(op.blocks), 1)
        self.count(op, "arguments", len(op.args), 4)
        inits, body, stop = op.inits, op.blocks[0], bool(op.kwargs.get("stop"))
        self.count(op, "block parameters", len(body.params), len(inits) + 1)
        self.count(op, "yields", len(body.yields), len(inits) + stop)
        self.count(op, "results", len(op.results), len(inits) + stop)
        for given in (inits, body.yields):
            self.cover(op, body.params[1:], given)
            self.cover(op, op.results, given)

    def _while(self, op: Op) -> None:
        self.count(op, "blocks", len(op.blocks), 2)
        self.count(op, "arguments", len(op.args), 1)
        inits, (before, after), stop = op.inits, op.blocks, bool(op.kwargs.get("stop"))
        self.count(op, "block parameters", len(before.params), len(inits))
        self.count(op, "yields of the condition", len(before.yields), len(inits) + 1)
        self.count(op, "block parameters", len(after.params), len(inits))
        self.count(op, "yields", len(after.yields), len(inits) + stop)
        self.count(op, "results", len(op.results), len(inits) + stop)
        self.cover(op, before.params, inits)
        self.cover(op, before.params, after.yields)
        self.cover(op, after.params, before.yields[1:])
        self.cover(op, op.results, before.yields[1:])
        if stop:
            self.cover(op, op.results, after.yields)

    def _errstate(self, op: Op) -> None:
        self.count(op, "blocks", len(op.blocks), 1)
        self.count(op, "block parameters", len(op.blocks[0].params), 0)
        self.count(op, "yields", len(op.blocks[0].yields), len(op.results))
        self.cover(op, op.results, op.blocks[0].yields)

    def _with(self, op: Op) -> None:
        self.count(op, "blocks", len(op.blocks), 1)
        self.count(op, "block parameters", len(op.blocks[0].params), 1)
        self.count(op, "yields", len(op.blocks[0].yields), len(op.results))
        self.cover(op, op.results, op.blocks[0].yields)

    def _try(self, op: Op) -> None:
        self.count(op, "blocks", len(op.blocks), 2)
        for block, count in zip(op.blocks, (0, 2)):
            self.count(op, "block parameters", len(block.params), count)
            self.count(op, "yields", len(block.yields), len(op.results))
            self.cover(op, op.results, block.yields)

    def _call(self, op: Op) -> None:
        callee = op.kwargs.get("callee")
        if not isinstance(callee, Function):
            self.fail("the callee is no function", op)
        else:
            self.count(op, "arguments", len(op.args), len(callee.block.params))
            self.count(op, "results", len(op.results), len(callee.block.yields))

    def cover(self, op: Op, wide: list[Value], given: Anything) -> None:
        for w, x in zip(wide, given):
            if type(x) is Undefined or x is None:  # fills a slot on paths where nobody reads it
                continue
            t = x.type if type(x) is Value else _type_of(x)
            if not covers(w.type, t, constant=type(x) is not Value):
                self.fail(f"%{w.hint} is {show_type(w.type)}, but gets {show_type(t)}", op)

    # Stacks

    def stacks(self, block: Block, spent: set[Value]) -> None:
        """`spent` are the versions consumed so far on this path; extended in place."""
        for op in block.ops:
            for v in leaves(op.args):
                if isinstance(v.type, Stack) and v in spent:
                    self.fail(f"the stack %{v.hint} is used after it was consumed", op)
            if op.prim.name not in ASK:
                self.consume(op.args, spent, op)
            if op.prim.name in ("for", "while"):
                for b in op.blocks:
                    inside = set(spent)
                    self.stacks(b, inside)
                    taken = (inside - spent) - defined(*op.blocks)
                    for v in taken:
                        self.fail(f"the stack %{v.hint} is consumed in every iteration", op)
            else:
                branches = [set(spent) for _ in op.blocks]
                for b, inside in zip(op.blocks, branches):
                    self.stacks(b, inside)
                spent.update(*branches)
        self.consume(block.yields, spent, block)

    def consume(self, tree: Anything, spent: set[Value], at: Op | Block) -> None:
        for v in leaves(tree):
            if isinstance(v.type, Stack):
                if v in spent:
                    self.fail(f"the stack %{v.hint} is consumed twice", at)
                spent.add(v)


def defined(*blocks: Block) -> set[Value]:
    """All values that blocks define, nested ones included."""
    out: set[Value] = set()
    for block in blocks:
        out.update(block.params)
        for op in walk(block):
            out.update(op.results)
            for b in op.blocks:
                out.update(b.params)
    return out


def _type_of(x: Anything) -> Type:
    """The type of an operand that may hold values inside."""
    if type(x) is Value:
        return x.type
    if type(x) in (tuple, list):
        return Seq(type(x).__name__, tuple(map(_type_of, x)))
    if type(x) is dict:
        return Seq("dict", tuple(map(_type_of, x.values())), tuple(x))
    return type_of(x)


def covers(wide: Type, narrow: Type, constant: bool = False) -> bool:
    """Whether a value of type `narrow` may become one of type `wide`, as far as both are known:
    structure, rank and kind of dtype. A real constant may start a complex adjoint."""
    if isinstance(wide, Any) or isinstance(narrow, Any):
        return True
    if isinstance(wide, Num) and narrow == NONE:
        return wide.kind == "any"
    if isinstance(wide, Num) and isinstance(narrow, Num):
        if None not in (wide.rank, narrow.rank) and wide.rank != narrow.rank:
            return False
        if wide.dtype is None or narrow.dtype is None:
            return True
        if constant and wide.dtype.kind == "c":
            return narrow.dtype.kind in "fc"
        return wide.dtype.kind == narrow.dtype.kind
    if isinstance(wide, Seq) and isinstance(narrow, Seq):
        same = wide.kind == narrow.kind and wide.keys == narrow.keys
        same = same and len(wide.items) == len(narrow.items)
        return same and all(map(covers, wide.items, narrow.items))
    if isinstance(wide, ListOf):
        items = narrow.items if isinstance(narrow, Seq) else getattr(narrow, "elem", None)
        if items is None or getattr(narrow, "kind", None) != wide.kind:
            return False
        inner = items if isinstance(items, tuple) else (items,)
        return all(covers(wide.elem, i) for i in inner)
    if isinstance(wide, Stack) and isinstance(narrow, Stack):
        return covers(wide.elem, narrow.elem)
    if isinstance(wide, Tape) and isinstance(narrow, Tape):
        return True
    return wide == narrow
