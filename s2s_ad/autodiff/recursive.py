"""Functions that call themselves: a forward function that returns its value and a tape, and a
pullback that takes the tape.

The tape holds those of the calls, so it is as deep as the recursion, and the pullback visits each
activation once. What the pullback reads of the parameters is passed to it again. Which parameters
these are, and whether there is anything to record, depends on the calls of the function itself: a
fixpoint, from nothing upwards. So a recursion whose adjoint needs nothing recorded has no tape.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from typing import Any as Anything

from s2s_ad.autodiff.finals import Finals
from s2s_ad.autodiff.frames import Activation
from s2s_ad.autodiff.joint import flat_bars, free_name, polished, swept
from s2s_ad.autodiff.record import record, ungroup
from s2s_ad.autodiff.regions import Region
from s2s_ad.autodiff.zeros import bound_zero
from s2s_ad.ir.build import emit
from s2s_ad.ir.core import (
    Block,
    Function,
    Op,
    Parameter,
    Value,
    captured,
    substitute,
    walk,
    with_callees,
)
from s2s_ad.ir.types import Num, Tape
from s2s_ad.ops.structure import CALL
from s2s_ad.passes.dce import dce
from s2s_ad.passes.headers import drop_lost_headers
from s2s_ad.passes.retype import retype
from s2s_ad.passes.tidy import tidy

if TYPE_CHECKING:
    from s2s_ad.autodiff.reverse import Sweep


@dataclass(eq=False)
class Pair:
    """The forward function and the pullback of a function, with respect to some of its parameters
    and with cotangents of some of its results."""

    function: Function
    wrt: tuple[int, ...]
    of: tuple[int, ...]
    forward: Function
    pullback: Function
    handed: tuple[int, ...] = ()  # the parameters of which it adds to the adjoints so far
    reads: tuple[int, ...] = ()  # the parameters that the pullback gets again
    tape: Tape | None = None

    @property
    def state(self) -> Anything:
        """What others rely on."""
        return self.reads, self.tape


_group: ContextVar[list[Pair] | None] = ContextVar("group", default=None)


def calls_itself(function: Function) -> bool:
    """Whether a function may call itself, be it through others."""
    return function.recursive and reaches(function, function)


def reaches(function: Function, other: Function) -> bool:
    """Whether a function calls another one, be it through others."""
    called = [op.kwargs["callee"] for op in walk(function.block) if op.prim is CALL]
    return other in with_callees(called)


def passes_on(function: Function, k: int) -> bool:
    """Whether calls of a function get the array that it got itself: then they add to one adjoint,
    which is handed from call to call, and not each to one of its own."""
    p = function.block.params[k]
    if not isinstance(p.type, Num) or p.type.kind != "array" or not p.type.shape:
        return False
    return any(
        op.prim is CALL and any(v is p for v in op.args) and reaches(op.kwargs["callee"], function)
        for op in walk(function.block)
    )


def reverse_recursive(op: Op, bars: list[Anything], sweep: Sweep) -> None:
    """Add the contributions of a call of a function that calls itself."""
    callee: Function = op.kwargs["callee"]
    wrt = tuple(
        k
        for k, v in enumerate(op.args)
        if type(v) is Value and (v in sweep.active or k in callee.moved)
    )
    of = tuple(k for k, bar in enumerate(bars) if bar is not None)
    pair = pair_of(callee, wrt, of)
    given = [op.args[k] for k in pair.reads]
    if pair.tape is not None:
        op.kwargs["callee"] = pair.forward
        hint = next((f"{r.hint}_tape" for r in op.results if r.hint), "tape")
        tape = Value(pair.tape, hint)
        tape.owner = op
        op.results.append(tape)
        given.append(tape)
    seeds = [bars[k] for k in of]
    types = [op.args[k].type for k in wrt]
    so_far: list[Anything] = []
    for k in pair.handed:
        v = op.args[k]
        once = sum(w is v for w in op.args) == 1
        so_far.append(sweep.bars.pop(v) if once and v in sweep.bars else bound_zero(v))
    out = emit(CALL, *given, *seeds, *so_far, callee=pair.pullback, types=types)
    for k, bar in zip(wrt, out if isinstance(out, list) else [out], strict=True):
        sweep.add(op.args[k], bar)


def pair_of(function: Function, wrt: tuple[int, ...], of: tuple[int, ...]) -> Pair:
    """The pair, there before it is done for those that call each other."""
    key = ("pair", wrt, of)
    if key not in function.derived:
        first, second = (
            Function(function.name + suffix, Block(), recursive=True)
            for suffix in ("_forward", "_pullback")
        )
        handed = tuple(k for k in wrt if passes_on(function, k))
        pair = function.derived[key] = Pair(function, wrt, of, first, second, handed)
        group = _group.get()
        if group is not None and reaches(function, group[0].function):
            group.append(pair)
        else:
            settle(pair)
    found: Pair = function.derived[key]
    return found


def settle(first: Pair) -> None:
    """Write a pair, and those that it needs and that need it, until nothing changes."""
    group = [first]
    token = _group.set(group)
    try:
        before: list[Anything] = []
        while before != [pair.state for pair in group]:
            before = [pair.state for pair in group]
            for pair in group:
                write(pair)
    except BaseException:
        for pair in group:
            del pair.function.derived["pair", pair.wrt, pair.of]
        raise
    finally:
        _group.reset(token)


def write(pair: Pair) -> None:
    """Write both functions, given what the calls in them rely on."""
    function = pair.function
    n, last = len(function.block.yields), len(pair.handed)
    f, own, outputs, gradients = swept(
        function, "", pair.wrt, lambda f, outputs: flat_bars(f, outputs, pair.of), pair.handed
    )
    bars = [p for p in f.block.params if p not in own]
    f.block.yields = [*outputs, *gradients]
    f.returns = tuple(range(len(f.block.yields)))
    tidy(f)
    taken = {p.hint for p in f.block.params}
    tape = Value(Tape(), free_name("tape", taken))
    back, packed = Block(), None

    def outermost(region: Region, finals: Finals) -> None:
        nonlocal packed
        block = f.block
        back.ops = [op for op in block.ops if op.role == "adjoint"]
        back.yields = block.yields[n:]
        block.ops = [op for op in block.ops if op.role != "adjoint"]
        block.yields = block.yields[:n]
        block.params = own
        packed = Activation(f, region, finals, back).resolve(tape)

    record(f, outermost)
    ungroup(back)
    again = {p: Value(p.type, p.hint, p.named) for p in own}
    substitute(back, again)
    back.params = [*again.values(), tape, *bars]
    for p in back.params:
        p.owner = back
    second = Function(
        function.name + "_pullback",
        back,
        [Parameter(p.hint, seed=True) for p in back.params],
        tuple(range(len(pair.wrt))),
        f.facts,
        imports=dict(f.imports),
    )

    def give_away() -> None:
        for k, position in enumerate(pair.handed, len(back.params) - last):
            second.moved[k] = pair.wrt.index(position)

    give_away()
    polished(second, [again[own[k]] for k in pair.wrt])
    read = captured([Block(ops=back.ops, yields=back.yields)])
    pair.reads = tuple(k for k, p in enumerate(own) if k in pair.reads or again[p] in read)
    taped = tape in read or pair.tape is not None
    back.params = [*(again[own[k]] for k in pair.reads), *([tape] if taped else []), *bars]
    second.parameters = [Parameter(p.hint, seed=True) for p in back.params]
    second.moved.clear()
    give_away()
    install(pair.pullback, drop_lost_headers(second))
    if not taped:
        return
    assert packed is not None and isinstance(packed.type, Tape)
    tape.type = pair.tape = packed.type
    f.block.yields.append(packed)
    pair.pullback.facts = replace(f.facts, relied=set())  # the forward function asks for the sizes
    first = Function(
        function.name + "_forward",
        f.block,
        list(function.parameters),
        tuple(range(len(f.block.yields))),
        f.facts,
        guards=list(f.guards),
        imports=dict(f.imports),
    )
    tidy(first, hoist=True)
    install(pair.forward, dce(retype(first)))


def install(made: Function, new: Function) -> None:
    """Give a function that others call already its contents."""
    made.__dict__.update({**new.__dict__, "recursive": True, "derived": made.derived})
    made.block.owner = made
