"""One checker for every primitive: result type, aliases, JVP, VJP, second order.

`check(case)` builds a function of one operation, differentiates it with the drivers of
`s2s_ad.autodiff`, runs what they write in the interpreter and compares: the JVP with central
differences, the VJP with the JVP by the dot-product identity; then the derivative of the VJP,
again in both modes. Once with known types (sizes as symbols) and once with nothing known.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from s2s_ad.autodiff.activity import varied
from s2s_ad.autodiff.forward import Forward
from s2s_ad.autodiff.reverse import Sweep
from s2s_ad.autodiff.zeros import zero_of
from s2s_ad.ir.build import apply, building, knowing
from s2s_ad.ir.core import Block, Value, clone_block, leaves, tree_map
from s2s_ad.ir.interpreter import run_block
from s2s_ad.ir.types import (
    ANY,
    FLOAT,
    Dim,
    Facts,
    Num,
    Seq,
    Type,
    differentiable,
    is_scalar,
    type_of,
)
from tests.ops.samples import Case, Fixed, Given

STEP = 1e-6


# A case as a function of its operands ---------------------------------------------------------


class Slot:
    """Where an operand stands in the arguments of a case."""

    def __init__(self, index: int) -> None:
        self.index = index


def is_operand(x: Any) -> bool:
    return isinstance(x, (float, complex, np.ndarray, np.generic, Given))


def split(case: Case) -> tuple[Any, list[Any]]:
    """The arguments with slots for operands, and the operands."""
    operands: list[Any] = []

    def leaf(x: Any) -> Any:
        if isinstance(x, Fixed):
            return x.value
        if not is_operand(x):
            return x
        operands.append(x.value if isinstance(x, Given) else x)
        return Slot(len(operands) - 1)

    return tree_map(leaf, case.args), operands


def fill(template: Any, operands: list[Any]) -> Any:
    return tree_map(lambda x: operands[x.index] if isinstance(x, Slot) else x, template)


def floating(x: Any) -> bool:
    return isinstance(x, float) or (
        isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind in "fc"
    )


def moving(case: Case, operands: list[Any]) -> list[int]:
    if case.wrt is not None:
        return list(case.wrt)
    return [k for k, x in enumerate(operands) if floating(x)]


def symbolic(x: Any, name: str) -> Type:
    """The type of a sample with symbols for sizes that are not 1; equal sizes, equal symbols."""
    t = type_of(x)
    if isinstance(t, Num) and t.shape:
        sizes = tuple(n if n == 1 else Dim(f"n{n}", 0, True) for n in t.shape)
        return Num(t.kind, t.dtype, sizes)
    return t


# Programs: a block, the parameters for the primal's operands, and what it yields ---------------


def primal(case: Case, known: bool) -> Block:
    """The block of one operation on the case's operands."""
    template, operands = split(case)
    block = Block()
    for k, x in enumerate(operands):
        block.add_param(symbolic(x, f"x{k}") if known else ANY, f"x{k}")
    with building(block):
        out = apply(case.function, *fill(template, block.params), **case.kwargs)
    block.yields = list(out) if isinstance(out, list) else [out]
    return block


def forward(block: Block, wrt: list[int]) -> Block:
    """The block with a tangent parameter for each parameter in wrt, yielding the tangents."""
    block = clone_block(block, {})
    dots: dict[Value, Any] = {}
    for k in wrt:
        p = block.params[k]
        dots[p] = block.add_param(p.type, p.hint + "_dot")
    run = Forward(dots, varied(block, list(dots)))
    run.block(block)
    with building(block, role="tangent"):
        block.yields = [
            run.dots[y] if type(y) is Value and y in run.dots else 0.0 for y in block.yields
        ]
    return block


def reverse(block: Block, wrt: list[int]) -> Block:
    """The block with a parameter for the cotangent of each yield, yielding the adjoints of wrt."""
    block = clone_block(block, {})
    params = [block.params[k] for k in wrt]
    active = varied(block, params)
    sweep = Sweep(active, {})
    ops = list(block.ops)
    with building(block, role="adjoint"):
        for y in block.yields:
            t = y.type if type(y) is Value else ANY
            if isinstance(t, Num) and t.shape is None:
                t = Num("any", t.dtype, None)  # a Python float where it turns out a scalar
            sweep.add(y, block.add_param(FLOAT if is_scalar(t) else t, "bar"))
        sweep.ops(ops, block)
        block.yields = [sweep.whole(p) if p in sweep.bars else zero_of(p) for p in params]
    return block


def run(block: Block, args: list[Any]) -> list[Any]:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return run_block(block, args, {})


# Numbers --------------------------------------------------------------------------------------


def direction(x: Any, rng: np.random.Generator) -> Any:
    """A random tangent of the kind of x."""
    if isinstance(x, np.ndarray):
        return np.asarray(rng.normal(size=x.shape), dtype=x.dtype)
    d = rng.normal()
    return type(x)(d)


def cotangent(x: Any, rng: np.random.Generator) -> Any:
    """A random cotangent for a result; that of a scalar is a Python float, as `out_bar=1.0`."""
    if not floating(x):
        return 0.0
    return direction(x, rng) if np.ndim(x) else float(rng.normal())


def moved(x: Any, d: Any, step: float) -> Any:
    if isinstance(x, np.ndarray):
        return np.asarray(x + step * d, dtype=x.dtype)
    return type(x)(x + step * d)


def inner(a: list[Any], b: list[Any]) -> float:
    return float(sum(np.sum(np.asarray(p, "f8") * np.asarray(q, "f8")) for p, q in zip(a, b)))


def close(a: Any, b: Any, tolerance: float, what: str) -> None:
    assert np.shape(a) == np.shape(b) or np.size(a) == 1, f"{what}: {np.shape(a)}, {np.shape(b)}"
    np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance, err_msg=what)


def central(block: Block, args: list[Any], wrt: list[int], dots: list[Any]) -> list[Any]:
    """The central difference of the yields of a block along a direction."""
    up, down = list(args), list(args)
    for k, d in zip(wrt, dots):
        up[k], down[k] = moved(args[k], d, STEP), moved(args[k], d, -STEP)
    pairs = zip(run(block, up), run(block, down))
    return [(np.asarray(p, "f8") - np.asarray(q, "f8")) / (2.0 * STEP) for p, q in pairs]


def exact(args: list[Any]) -> bool:
    """Whether all floats are of double precision, so that differences mean something."""
    return all(not isinstance(x, (np.ndarray, np.generic)) or x.dtype != np.float32 for x in args)


# Checks ---------------------------------------------------------------------------------------


def check(case: Case) -> None:
    """Every check of one case, with types known and with types erased."""
    for known in (True, False):
        order = min(case.order, 2 if known else case.erased)
        if order >= 0:
            with knowing(Facts()):
                block = primal(case, known)
                check_result(case, block)
                check_derivatives(case, block, order)


def check_result(case: Case, block: Block) -> None:
    """The primal runs as the function itself does; its types and alias are as declared."""
    template, operands = split(case)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        expected = case.function(*fill(template, operands), **case.kwargs)
    got = run(block, operands)
    several = block.ops[-1].prim.container or len(got) > 1
    for g, e, y in zip(got, expected if several else [expected], block.yields, strict=True):
        assert type(g) is type(e), f"{type(g)} instead of {type(e)}"
        np.testing.assert_array_equal(g, e)
        check_type(y.type, e)
    check_alias(case, block, template, operands)


def check_type(t: Type, x: Any) -> None:
    """Whether a value has the type that a rule gave for it."""
    if isinstance(t, Seq):
        assert isinstance(x, (tuple, list)), f"{type(x)} is no sequence"
        for item, part in zip(t.items, x, strict=True):
            check_type(item, part)
    if not isinstance(t, Num):
        return
    have = type_of(x)
    assert isinstance(have, Num), f"{type(x)} is no {t}"
    assert t.kind in ("any", have.kind), f"{type(x)} where the rule says {t.kind}"
    assert t.dtype in (None, have.dtype), f"{have.dtype} where the rule says {t.dtype}"
    if t.shape is not None:
        assert len(t.shape) == np.ndim(x), f"rank {np.ndim(x)} where the rule says {t}"
        for size, n in zip(t.shape, np.shape(x)):
            if isinstance(size, Dim) and size.name[0] == "n" and size.name[1:].isdigit():
                size = max(0, int(size.name[1:]) + size.offset)
            assert not isinstance(size, int) or size == n, f"size {n} where the rule says {t}"


def check_alias(case: Case, block: Block, template: Any, operands: list[Any]) -> None:
    """A result that shares memory with an operand was declared so, in C and in F order."""
    alias = block.ops[-1].prim.aliasing(block.ops[-1])
    for order in "CF":
        args = [x.copy(order) if isinstance(x, np.ndarray) else x for x in operands]
        before = [np.copy(x) for x in args]
        for out in run(block, args):
            for x in args:
                if isinstance(x, np.ndarray) and isinstance(out, np.ndarray) and out.size:
                    shared = np.shares_memory(out, x)
                    assert not shared or alias != "fresh", f"shares memory in {order} order"
        for x, old in zip(args, before):
            np.testing.assert_array_equal(x, old, err_msg="an input was changed")


def subsets(items: list[int]) -> Iterator[list[int]]:
    for size in range(1, len(items) + 1):
        yield from (list(c) for c in itertools.combinations(items, size))


def check_derivatives(case: Case, block: Block, order: int) -> None:
    _, operands = split(case)
    wrt = moving(case, operands)
    if not wrt:
        check_constant(block, operands)
    for some in subsets(wrt):
        rng = np.random.default_rng(11)
        if order > 0:
            check_first(block, operands, some, rng)
        if order > 1 and some == wrt and exact(operands):
            check_second(block, operands, some, rng)


def check_constant(block: Block, operands: list[Any]) -> None:
    """Nothing is written for a constant function."""
    wrt = [k for k, x in enumerate(operands) if floating(x)]
    if wrt and block.ops[-1].prim.derivative is not None:
        for tangent in forward(block, wrt).yields:
            assert type(tangent) is float, "a tangent of a constant function"


def check_first(block: Block, args: list[Any], wrt: list[int], rng: Any) -> None:
    tolerance = 1e-6 if exact(args) else 2e-3
    dots = [direction(args[k], rng) for k in wrt]
    outs = run(block, args)
    tangents = run(forward(block, wrt), [*args, *dots])
    kept = [k for k, o in enumerate(outs) if floating(o) and not isinstance(o, bool)]
    if exact(args):
        differences = central(block, args, wrt, dots)
        for k in kept:
            close(tangents[k], differences[k], 1e-5, "jvp against central differences")
    for k in kept:
        if np.ndim(tangents[k]):
            assert np.shape(tangents[k]) == np.shape(outs[k]), "shape of the tangent"
            known = isinstance(block.yields[k].type, Num)  # else it may be narrower
            got, want = tangents[k].dtype, outs[k].dtype
            assert got == want or not known and got.itemsize < want.itemsize, f"tangent {got}"
    bars = [cotangent(o, rng) for o in outs]
    adjoints = run(reverse(block, wrt), [*args, *bars])
    for k, g in zip(wrt, adjoints):
        if isinstance(args[k], np.ndarray) and args[k].ndim:
            assert np.shape(g) == args[k].shape, f"shape {np.shape(g)} of the adjoint"
            assert g.dtype == args[k].dtype, f"adjoint {g.dtype}"
    mine, theirs = (
        inner(adjoints, dots),
        inner([bars[k] for k in kept], [tangents[k] for k in kept]),
    )
    close(mine, theirs, tolerance, "vjp against jvp")


def check_second(block: Block, args: list[Any], wrt: list[int], rng: Any) -> None:
    """Forward and reverse over the VJP, as a function of the operands and the cotangents; forward
    and reverse over the JVP."""
    outs = run(block, args)
    bars = [cotangent(o, rng) for o in outs]
    dots = [direction(args[k], rng) for k in wrt]
    for derivative, extra in ((reverse(block, wrt), bars), (forward(block, wrt), dots)):
        inputs = [*args, *extra]
        moving = [*wrt, *(k for k in range(len(args), len(inputs)) if floating(inputs[k]))]
        if not any(type(y) is Value and differentiable(y.type) for y in derivative.yields):
            continue
        tangents = [direction(inputs[k], rng) for k in moving]
        differences = central(derivative, inputs, moving, tangents)
        second = run(forward(derivative, moving), [*inputs, *tangents])
        for got, expected in zip(second, differences):
            close(np.broadcast_to(got, np.shape(expected)), expected, 2e-5, "second order, forward")
        seeds = [direction(np.asarray(o, "f8"), rng) for o in run(derivative, inputs)]
        seeds = [s if np.ndim(s) else float(s) for s in seeds]
        adjoints = run(reverse(derivative, moving), [*inputs, *seeds])
        spread = [np.broadcast_to(t, np.shape(s)) for t, s in zip(second, seeds)]
        close(inner(adjoints, tangents), inner(seeds, spread), 1e-6, "second order, reverse")


def names_in(block: Block) -> set[str]:
    """The primitives a block is made of."""
    return {op.prim.name for op in block.ops if not any(True for _ in leaves(op.blocks))}
