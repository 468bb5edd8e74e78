"""The state of one lowering, and the tables of what evaluates each kind of node."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any as Anything
from typing import NoReturn

import gast

from s2s_ad.errors import InternalError, S2SError, UnsupportedError
from s2s_ad.frontend.bindings import (
    DEAD,
    Bound,
    Cell,
    Closure,
    Conflict,
    Held,
    Unrollable,
    describe,
    is_structure,
    items,
)
from s2s_ad.frontend.guards import Unchanged
from s2s_ad.frontend.liveness import Liveness, Names, assigned, loads, nonlocals
from s2s_ad.frontend.refusals import REFUSED
from s2s_ad.frontend.source import Source
from s2s_ad.ir.build import Cursor, apply, building, cursor, emit, facts
from s2s_ad.ir.collecting import refusals
from s2s_ad.ir.core import Block, Function, Statement, Value
from s2s_ad.ir.primitive import TABLE
from s2s_ad.ir.types import POISON, Opaque, Type
from s2s_ad.ops.custom import Rules

Transform = Callable[[Function, str, tuple[int, ...], bool], Function]
RETURN = "return"  # the name under which a value to be returned travels; no user can have it
RAISED = "raise "  # ... and, with a handler's code, an exception on its way to that handler


def raised(code: int) -> str:
    """The name under which an exception travels to a handler."""
    return f"{RAISED}{code}"


@dataclass(eq=False)
class Lowering:
    """What all frames of one lowering share."""

    transform: Transform | None
    unchanged: Unchanged = field(default_factory=Unchanged)
    guards: dict[Anything, Callable[[tuple[Anything, ...]], bool]] = field(default_factory=dict)
    imports: dict[str, str] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)  # open ones, outermost first
    items: dict[Value, dict[Anything, Value]] = field(default_factory=dict)
    types: dict[Anything, tuple[str, Type]] = field(default_factory=dict)  # of data from outside
    frozen: dict[Anything, Anything] = field(default_factory=dict)  # numbers taken by value
    promoted: bool = False  # whether integers among the arguments are taken as floats
    # Attributes that were read: how a guard finds them, and what they are.
    origins: dict[Value, tuple[Anything, Anything, Anything]] = field(default_factory=dict)
    callees: dict[Anything, Function] = field(default_factory=dict)
    sites: dict[Anything, list[Anything]] = field(default_factory=dict)  # where each is called
    sizes: dict[Anything, int] = field(default_factory=dict)  # operations of an inlined callee
    updates: list[Anything] = field(default_factory=list)  # see sharing.py
    # See places.py and containers.py: the contents of each array, list and dict that was written,
    # the root of each version of an array, the block where each is defined; the open blocks of
    # other functions; the lists that loops under way walk.
    versions: dict[Anything, Anything] = field(default_factory=dict)
    owners: dict[Value, Anything] = field(default_factory=dict)
    homes: dict[Anything, Block | None] = field(default_factory=dict)
    unsure: set[tuple[Cell, Anything]] = field(default_factory=set)  # attributes perhaps not set
    walked: list[Cell] = field(default_factory=list)
    # Lists in whose items something was written, with the versions that this made; lists whose
    # items came, went or moved.
    stirred: set[Anything] = field(default_factory=set)
    reshaped: set[Cell] = field(default_factory=set)
    entry: Anything = None  # the text of the whole function
    arguments: set[Value] = field(default_factory=set)  # of the whole function
    # See arguments.py: the arguments, where they are at hand; the function and name of each
    # parameter; those in which objects are changed; what is changed in arguments, by its paths.
    given: dict[str, Anything] = field(default_factory=dict)
    parameters: dict[Value, Anything] = field(default_factory=dict)
    changed: set[Anything] = field(default_factory=set)
    written: list[Anything] = field(default_factory=list)
    # Objects that become items of a list: 0 where they may stand elsewhere too, 1 where what they
    # hold may, else 2.
    single: dict[Value, int] = field(default_factory=dict)
    # Of the function that is being lowered into a block of its own: its block, what it may write
    # that stands around it, whether that may become more.
    floor: int = 0
    lent: list[Value] = field(default_factory=list)
    lends: bool = False
    naturals: set[Value] = field(default_factory=set)  # indices of loops, never negative
    names: set[str] = field(default_factory=set)  # of sizes
    liveness: dict[Anything, Liveness] = field(default_factory=dict)
    pending: set[Value] = field(default_factory=set)  # see loops.template
    sources: dict[Anything, Source] = field(default_factory=dict)
    # See activations.py and recursion.py: is a function recursive, what becomes of it, how many of
    # its activations were written out; which functions are being lowered.
    recursive: dict[Anything, bool] = field(default_factory=dict)
    plans: dict[Anything, Anything] = field(default_factory=dict)
    activations: int = 0
    recursions: dict[Anything, Anything] = field(default_factory=dict)
    narrowed: dict[Value, list[str]] = field(default_factory=dict)  # see choices.py
    turns: dict[Anything, int] = field(default_factory=dict)  # of `while` loops, one copy each
    woven: dict[Anything, Anything] = field(default_factory=dict)  # see generators.py
    # See escapes.py and exceptions.py: the branches in which lowering goes on while the other
    # branch waits; the `try` statements under way, outermost first.
    openings: list[Anything] = field(default_factory=list)
    tries: list[Anything] = field(default_factory=list)
    caught: dict[Value, Anything] = field(default_factory=dict)  # exceptions caught at run time
    # How conditions have come out, and the blocks where that is known: see assumptions.py.
    assumed: dict[Value, tuple[Block, bool]] = field(default_factory=dict)
    # Values that are missing on some path, and the blocks in which they were read: see unbound.py.
    doubtful: set[Value] = field(default_factory=set)
    assured: dict[Value, list[Block]] = field(default_factory=dict)
    # Rules of functions that have some, by the types of their arguments; those under way.
    rules: dict[Anything, Rules] = field(default_factory=dict)
    ruling: list[Anything] = field(default_factory=list)
    places: dict[int, Anything] = field(default_factory=dict)  # where each function was found


@dataclass(eq=False)
class Loop:
    """The loop under way: the names live where `continue` and `break` lead."""

    head: Names
    after: Names


@dataclass(eq=False)
class Frame:
    """One activation of a Python function while it is lowered into the block under way."""

    lowering: Lowering
    source: Source
    node: Anything
    caller: Frame | None = None
    parent: Frame | None = None  # the frame in whose text a local function stands
    env: dict[str, Anything] = field(default_factory=dict)
    loop: Loop | None = None
    order: int | None = None  # of all its statements, where it is inlined
    visible: Names | None = None  # names read in this statement or later; None: all
    under_way: Anything = None  # the statement
    # The block and the number of operations in it when the statement, and the frame, began.
    mark: tuple[Block, int] | None = None
    began: tuple[Block, int] | None = None
    iterated: list[Value] = field(default_factory=list)  # what the loops under way walk
    quiet: bool = False  # not the user's text: operations belong to the statement that calls it
    hidden: Names = frozenset()  # names in it that are not the user's
    handling: list[Anything] = field(default_factory=list)  # exceptions that are being handled
    finals: Names = frozenset()  # read where blocks under way end (see finals.py)
    locals: Names = frozenset()
    boxed: Names = frozenset()  # among them those that functions in its text assign
    given: dict[str, Anything] = field(default_factory=dict)  # its arguments
    age: int = 0  # what is made later has a larger one
    elsewhere: dict[int, Frame] = field(default_factory=dict)  # of generators that it consumes
    liveness: Liveness = field(init=False)

    def __post_init__(self) -> None:
        if isinstance(self.node, gast.FunctionDef):
            from s2s_ad.frontend.closures import shared
            from s2s_ad.frontend.finals import split_finally
            from s2s_ad.frontend.managers import split_with
            from s2s_ad.frontend.rewrites import end_with_return, open_loops

            end_with_return(self.node)
            open_loops(self.node)
            split_with(self.node)
            split_finally(self.node)
        body = [self.node.body] if isinstance(self.node, gast.Lambda) else self.node.body
        a = self.node.args
        names = [n.id for n in (*a.posonlyargs, *a.args, *a.kwonlyargs, a.vararg, a.kwarg) if n]
        self.locals = frozenset(names) | frozenset(assigned(body))
        if isinstance(self.node, gast.FunctionDef):
            self.locals -= nonlocals(self.node)
            self.boxed = shared(self.node) & self.locals
        known = self.lowering.liveness
        if self.node not in known:
            known[self.node] = Liveness(self.node)
        self.liveness = known[self.node]

    def chain(self) -> Iterator[Frame]:
        """This frame and its callers."""
        frame: Frame | None = self
        while frame is not None:
            yield frame
            frame = frame.caller


# Evaluation -----------------------------------------------------------------------------------

Evaluator = Callable[[Frame, Anything], Anything]
EXPRESSIONS: dict[type, Evaluator] = {}


def expression(*kinds: type) -> Callable[[Evaluator], Evaluator]:
    """Enter a function as the evaluator of these kinds of expression."""

    def enter(f: Evaluator) -> Evaluator:
        for kind in kinds:
            EXPRESSIONS[kind] = f
        return f

    return enter


def evaluate(frame: Frame, node: Anything) -> Anything:
    """The binding that an expression denotes; operations are written as it is evaluated."""
    c = cursor()
    before, lint = c.location, refusals()
    touched = lint.touched if lint is not None else 0
    if not frame.quiet and not getattr(node, "quiet", False):
        c.location = frame.source.location(node)
    try:
        evaluator = EXPRESSIONS.get(type(node))
        if evaluator is None:
            refuse_node(node)
        from s2s_ad.frontend.holding import cell_of

        found = cell_of(frame, evaluator(frame, node))
        if lint is not None and poisoned(frame, found):
            lint.touched += 1
        return found
    except S2SError as error:
        error = error.at(c.location)
        if lint is None or not lint.take(error, touched):
            raise error from None
        return emit("refused")
    finally:
        c.location = before


def poisoned(frame: Frame, x: Anything) -> bool:
    """Whether a binding, or a part of it, was refused."""
    if isinstance(x, Cell):
        x = frame.lowering.versions.get(x, x.initial)
    if type(x) is Value:
        return x.type == POISON
    return is_structure(x) and any(poisoned(frame, i) for i in items(x))


def certain(frame: Frame, cls: type, *args: Anything) -> None:
    """Raise what an expression certainly raises, where that need not be a mistake."""
    from s2s_ad.frontend.exceptions import raise_certain

    raise_certain(frame, cls, args)


def refuse_node(node: Anything) -> NoReturn:
    kind = type(node).__name__
    message, advice = REFUSED.get(kind, (f"{kind} is not supported", ""))
    refuse(message, advice)


def refuse(message: str, advice: str = "") -> NoReturn:
    """Refuse the construct under way."""
    c = cursor_or_none()
    raise UnsupportedError(message, advice, c.location if c is not None else None)


def refuse_conflict(found: Conflict) -> NoReturn:
    """Refuse to read a name whose binding depends on the path taken."""
    if found.looping:
        c = cursor_or_none()
        raise Unrollable(found.message, found.advice, c.location if c is not None else None)
    refuse(found.message, found.advice)


def cursor_or_none() -> Cursor | None:
    """Where operations are written, if a block is under construction."""
    try:
        return cursor()
    except InternalError:
        return None


@contextmanager
def inside(frame: Frame, block: Block) -> Iterator[None]:
    """Write into a block of a control operation."""
    c = cursor()
    blocks, openings = frame.lowering.blocks, frame.lowering.openings
    depth, waiting = len(blocks), len(openings)
    blocks.append(block)
    try:
        with building(block, c.statement, c.location):
            yield
            if len(openings) > waiting:
                refuse(
                    "a call that may raise an exception which is handled stands in a condition of "
                    "`while`, or the like",
                    "assign its result to a name in a statement of its own",
                )
    finally:
        del blocks[depth:], openings[waiting:]


@contextmanager
def statement(frame: Frame, node: Anything) -> Iterator[None]:
    """Mark what is written as belonging to a statement of the primal. In a lint, a statement that
    is refused ends here."""
    c = cursor()
    before = c.statement, c.location
    lint = refusals()
    touched = lint.touched if lint is not None else 0
    if not frame.quiet and not getattr(node, "quiet", False):
        c.location = frame.source.location(node)
        order = frame.source.orders.get(node, 0) if frame.order is None else frame.order
        c.statement = Statement(frame.source.header(node), c.location, order)
    happened(frame)
    visible, under_way = frame.visible, frame.under_way
    after = frame.liveness.after.get(node, frozenset())
    mark, frame.mark = frame.mark, (c.block, len(c.block.ops))
    frame.visible, frame.under_way = after | loads(node), node
    try:
        yield
    except S2SError as error:
        error = error.at(c.location)
        if lint is None or not lint.take(error, touched):
            raise error from None
    finally:
        happened(frame, node)
        c.statement, c.location = before
        frame.visible, frame.under_way, frame.mark = visible, under_way, mark


def happened(frame: Frame, ended: Anything = None) -> None:
    """Tell the `try`s that must know what holds where an operation raises (see attempts.py)."""
    for t in frame.lowering.tries:
        if t.general:
            t.note(cursor().block, ended)


def checkpoint(frame: Frame) -> Callable[[], None]:
    """Before a lowering that may be thrown away: a function that takes back what it learnt."""
    f, updates = facts(), frame.lowering.updates
    soft = {d: set(s) for d, s in f.soft.items()}
    parent, relied, count = dict(f.parent), set(f.relied), len(updates)
    versions = dict(frame.lowering.versions)

    def restore() -> None:
        f.parent, f.soft, f.relied = dict(parent), {d: set(s) for d, s in soft.items()}, set(relied)
        del updates[count:]
        frame.lowering.versions = dict(versions)

    return restore


# Operations -----------------------------------------------------------------------------------


def operand(frame: Frame, x: Anything) -> Anything:
    """A binding as an operand: what it holds now. Functions and other things that are no data are
    refused."""
    from s2s_ad.frontend.bindings import Derived, Method, Object, Partial, Pullback
    from s2s_ad.frontend.holding import holding, opened

    if type(x) is Value:
        from s2s_ad.frontend.places import current

        return current(frame.lowering, x)
    if isinstance(x, Cell):
        if isinstance(x.kind, type):
            if issubclass(x.kind, BaseException):
                from s2s_ad.frontend.exceptions import as_value

                return as_value(frame, x)
            x = opened(frame, x)
            if isinstance(x, Cell):
                refuse(f"{describe(x)} is used as a number or array", "use its attributes")
            return operand(frame, x)
        return operand(frame, holding(frame, x))
    if isinstance(x, Held):
        return operand(frame, x.inside)
    if is_structure(x):
        return type(x)(
            {k: operand(frame, v) for k, v in x.items()} if type(x) is dict else
            [operand(frame, v) for v in x]
        )  # fmt: skip
    if isinstance(x, slice):
        return slice(*(operand(frame, part) for part in (x.start, x.stop, x.step)))
    if isinstance(x, Object):
        return x.value()
    if isinstance(x, (Closure, Bound, Derived, Partial, Pullback, Method)):
        raise Unrollable(
            "a function cannot be stored, returned or passed to this",
            "call it where it is used",
            cursor().location,
        )
    if isinstance(x, Conflict):
        refuse_conflict(x)
    if x is DEAD:
        refuse("this name has no value here", "assign it on every path that leads here")
    if getattr(type(x), "walks", False):
        refuse(
            "an iterator that is stored or passed on is not supported",
            "use it directly in the for statement",
        )
    return x


def operate(frame: Frame, function: Anything, *args: Anything, **kwargs: Anything) -> Anything:
    """Write the operation that a callable stands for; its result as a binding."""
    shown = [operand(frame, x) for x in args]
    named = {k: operand(frame, x) for k, x in kwargs.items()}
    out = apply(function, *shown, **named)
    prim = TABLE[function]
    if prim.container:
        results = out if isinstance(out, list) else [out]
        return tuple(results) if prim.container == "tuple" else results
    if type(out) is Value and prim.effect == "effect" and out.type == Opaque("None"):
        return None
    return out
