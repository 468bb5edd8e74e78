"""SSA: values, operations, blocks, functions.

Structured: a function is a tree of blocks; `if`, `for` and `while` are operations that own
blocks, and a block yields values to the operation that owns it. Identity semantics throughout.

    if     args (condition,)                    blocks [then, else]     results = yields
    for    args (start, stop, step, inits)      blocks [body]           params (index, *carried)
    while  args (inits,)                        blocks [before, after]  as MLIR's scf.while

`for`: the body yields the next carried values. With `kwargs["stop"]` it yields, last, a truthy
value that ends the loop after this iteration (0 goes on, 1 is break, 2 is return); the results
are then the carried values and the last such value (0 after exhaustion).
`while`: `before` (params: carried) yields (condition, *carried); while it holds, `after` (params:
carried) yields the next carried values, with `stop` as above. Results are the values `before`
yielded when the condition failed, or what `after` yielded where it stopped.

Operands are values or plain Python constants, in nested tuples, lists, dicts and slices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from typing import Any as Anything

from s2s_ad.errors import Location
from s2s_ad.ir.types import ANY, Facts, Type

if TYPE_CHECKING:
    from s2s_ad.ir.primitive import Primitive


class Undefined:
    """The constant of a name that is unbound on a path; reading it there is the primal's error."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


UNDEFINED = Undefined("undefined")
ABSENT = Undefined("absent")  # the same, where something must stand there: printed as None


@dataclass(frozen=True)
class Statement:
    """A statement of the primal, for comments and for the order of emitted text."""

    text: str  # its first logical line, without a trailing colon
    location: Location | None = None
    order: int = 0  # position in the primal's text


class Value:
    """The result of an operation or a parameter of a block.

    `hint` is the user's name for it, or one derived from a user's name (`x_bar`); `named` tells
    that the user (not s2s_ad) gave it a name. `companion` is (v, "_bar") on the adjoint of v,
    (v, "_dot") on its tangent, for naming where v has no hint. Arithmetic on a value writes
    operations into the block under construction (see `s2s_ad.ir.build`).
    """

    __slots__ = ("companion", "hint", "named", "owner", "type")
    __array_priority__ = 1000

    def __init__(self, type: Type = ANY, hint: str = "", named: bool = False) -> None:
        self.type = type
        self.hint = hint
        self.named = named
        self.owner: Op | Block | None = None
        self.companion: tuple[Value, str] | None = None

    def __repr__(self) -> str:
        return f"%{self.hint or 'v'}@{id(self) & 0xFFFF:x}: {self.type}"

    def __bool__(self) -> bool:
        raise TypeError("an SSA value has no truth value while transforming; use np.where")

    def __iter__(self) -> Iterator[Anything]:
        raise TypeError("an SSA value cannot be iterated while transforming")


@dataclass(eq=False)
class Op:
    """One operation. `role` is "primal", "tangent" or "adjoint"."""

    prim: Primitive
    args: tuple[Anything, ...]
    kwargs: dict[str, Anything] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)
    results: list[Value] = field(default_factory=list)
    statement: Statement | None = None
    location: Location | None = None
    role: str = "primal"

    def __post_init__(self) -> None:
        for v in self.results:
            v.owner = self
        for b in self.blocks:
            b.owner = self

    @property
    def result(self) -> Value:
        (v,) = self.results
        return v

    @property
    def operands(self) -> list[Value]:
        """The values among the arguments, in order, with repetitions."""
        return list(leaves(self.args))

    @property
    def inits(self) -> tuple[Anything, ...]:
        """The initial carried values of a loop."""
        return tuple(self.args[-1])

    def __repr__(self) -> str:
        return f"<{self.prim.name} {self.args} {self.kwargs}>"


@dataclass(eq=False)
class Block:
    """A sequence of operations. `mirror`, on a block of a reverse sweep, is the forward block
    whose values it may read as residuals until `autodiff.record` has given each a source."""

    params: list[Value] = field(default_factory=list)
    ops: list[Op] = field(default_factory=list)
    yields: list[Anything] = field(default_factory=list)
    owner: Op | Function | None = None
    mirror: Block | None = None

    def __post_init__(self) -> None:
        for p in self.params:
            p.owner = self

    def add_param(self, type: Type, hint: str = "", named: bool = False) -> Value:
        v = Value(type, hint, named)
        v.owner = self
        self.params.append(v)
        return v


@dataclass(eq=False)
class Parameter:
    """A parameter of the primal as Python declares it."""

    name: str
    kind: str = "positional_or_keyword"  # inspect's kinds in lower case
    default: Anything = UNDEFINED  # the default object, or UNDEFINED for none
    seed: bool = False  # a tangent, a cotangent or a residual: not of the primal


@dataclass(eq=False)
class Function:
    """A function: `block.params` correspond to `parameters`, then to `hidden` inputs.

    The block yields the flattened results; `returns` is their structure: a template in which
    an int stands for the yield of that index (nested tuples, lists, dicts around it).
    `guards` are asked before each call, with the arguments by parameter: does what the
    transformation took for granted (callees, types of globals) still hold?
    """

    name: str
    block: Block
    parameters: list[Parameter] = field(default_factory=list)
    returns: Anything = 0
    facts: Facts = field(default_factory=Facts)
    doc: str = ""
    imports: dict[str, str] = field(default_factory=dict)  # local name -> module to import
    guards: list[Callable[[tuple[Anything, ...]], bool]] = field(default_factory=list)
    derived: dict[Anything, Anything] = field(default_factory=dict)  # derivatives made of it
    recursive: bool = False  # it may call itself
    written: list[int] = field(default_factory=list)  # parameters whose arrays the primal writes
    inlined: bool = False  # it returns an object: only its text in place of a call can show it
    made: Anything = None  # what it returns, with the classes of objects
    moved: dict[int, int] = field(default_factory=dict)  # parameters that become these results

    # A moved parameter is a buffer that the caller gives away, and has back as the result.

    def __post_init__(self) -> None:
        self.block.owner = self


# Nested arguments -----------------------------------------------------------------------------


def tree_map(f: Callable[[Anything], Anything], tree: Anything) -> Anything:
    """Apply f to every leaf of nested tuples, lists, dicts and slices."""
    kind = type(tree)
    if kind is tuple or kind is list:
        return kind(tree_map(f, item) for item in tree)
    if kind is dict:
        return {key: tree_map(f, item) for key, item in tree.items()}
    if kind is slice:
        return slice(tree_map(f, tree.start), tree_map(f, tree.stop), tree_map(f, tree.step))
    return f(tree)


NESTS = frozenset({tuple, list, dict, slice})


def leaves(tree: Anything) -> Iterator[Value]:
    """The values in a nested argument, in order."""
    kind = type(tree)
    if kind is Value:
        yield tree
    elif kind in NESTS:
        parts = tree
        if kind is dict:
            parts = tree.values()
        elif kind is slice:
            parts = (tree.start, tree.stop, tree.step)
        for item in parts:
            kind = type(item)
            if kind is Value:
                yield item
            elif kind in NESTS:
                yield from leaves(item)


def replace(tree: Anything, mapping: dict[Value, Anything]) -> Anything:
    """The argument with values replaced."""
    return tree_map(lambda v: mapping.get(v, v) if type(v) is Value else v, tree)


def rewire(op: Op, mapping: dict[Value, Anything]) -> None:
    """Replace values in an operation's arguments and in what `over` names, in place."""
    op.args = replace(op.args, mapping)
    if op.kwargs:
        op.kwargs = replace(op.kwargs, mapping)


def rewrite(op: Op, mapping: dict[Value, Anything]) -> None:
    """Replace values in an operation, in place, nested blocks included."""
    rewire(op, mapping)
    for b in op.blocks:
        substitute(b, mapping)


def substitute(block: Block, mapping: dict[Value, Anything]) -> None:
    """Replace values throughout a block, in place."""
    for op in block.ops:
        rewrite(op, mapping)
    block.yields = replace(block.yields, mapping)


def walk(block: Block) -> Iterator[Op]:
    """Every operation of a block, nested ones after the operation that owns them."""
    for op in block.ops:
        yield op
        for b in op.blocks:
            yield from walk(b)


def with_callees(functions: list[Function]) -> list[Function]:
    """Some functions, and those that they call."""
    out = list(functions)
    for f in out:
        for op in walk(f.block):
            callee = op.kwargs.get("callee")
            if isinstance(callee, Function) and callee not in out:
                out.append(callee)
    return out


def readers(block: Block) -> dict[Value, list[Op | Block]]:
    """Who reads each value: an operation once for each operand, or a block that yields it."""
    out: dict[Value, list[Op | Block]] = {}

    def visit(block: Block) -> None:
        for op in block.ops:
            for v in leaves(op.args):
                out.setdefault(v, []).append(op)
            for b in op.blocks:
                visit(b)
        for v in leaves(block.yields):
            out.setdefault(v, []).append(block)

    visit(block)
    return out


def captured(blocks: list[Block]) -> dict[Value, None]:
    """The values that the blocks read from outside themselves, in order of first reading."""
    inside: set[Value] = set()
    out: dict[Value, None] = {}

    def visit(block: Block) -> None:
        inside.update(block.params)
        for op in block.ops:
            for v in leaves(op.args):
                if v not in inside:
                    out[v] = None
            for b in op.blocks:
                visit(b)
            inside.update(op.results)
        for v in leaves(block.yields):
            if v not in inside:
                out[v] = None

    for b in blocks:
        visit(b)
    return out


def clone_block(block: Block, mapping: dict[Value, Anything]) -> Block:
    """A copy with fresh values; `mapping` (extended in place) takes old values to new."""
    new = Block()
    for p in block.params:
        mapping[p] = new.add_param(p.type, p.hint, p.named)
    for op in block.ops:
        new.ops.append(clone_op(op, mapping))
    new.yields = replace(block.yields, mapping)
    return new


def clone_op(op: Op, mapping: dict[Value, Anything]) -> Op:
    """A copy of one operation with fresh results; `mapping` is extended in place."""
    args = replace(op.args, mapping)
    blocks = [clone_block(b, mapping) for b in op.blocks]
    results = [Value(v.type, v.hint, v.named) for v in op.results]
    mapping.update(zip(op.results, results))
    kwargs = replace(op.kwargs, mapping)  # `over` names values
    return Op(op.prim, args, kwargs, blocks, results, op.statement, op.location, op.role)


def clone(function: Function) -> Function:
    """A deep copy of a function; facts are shared."""
    return Function(
        function.name,
        clone_block(function.block, {}),
        list(function.parameters),
        function.returns,
        function.facts,
        function.doc,
        dict(function.imports),
        list(function.guards),
    )
