"""The split form of a VJP: a forward function that returns residuals beside the value, and a
pullback that takes them and a cotangent. Both are ordinary functions, so they differentiate
again, and a call of a function that is not inlined is reversed with them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any as Anything

from s2s_ad.autodiff.joint import free_name, vjp_function
from s2s_ad.autodiff.results import fresh, is_array, owned
from s2s_ad.ir.build import building, emit, knowing
from s2s_ad.ir.core import Block, Function, Parameter, Value, captured, substitute
from s2s_ad.ir.types import Stack
from s2s_ad.ir.unbound import define
from s2s_ad.passes.dce import dce
from s2s_ad.passes.headers import drop_lost_headers


def split_function(
    function: Function, wrt: tuple[int, ...], of: tuple[int, ...] | None = None
) -> tuple[Function, Function, int]:
    """`f_forward(<parameters>)` -> (value, residuals...) and `f_pullback(<residuals>, out_bar)` ->
    a tuple of gradients, with the number of residuals.

    The pullback can be called many times: it owns copies of the caller's arrays, and copies the
    tapes that it consumes. With `of` (a call inside a derivative, with cotangents of those
    results) it is called once, and needs no copies."""
    reusable = of is None
    joint = vjp_function(function, wrt, several=True, of=of)
    block = joint.block
    n = len(function.block.yields)
    own = block.params[: len(function.block.params)]
    bars = [p for p in block.params if p not in own]
    bar_parameters = [
        q for q in joint.parameters if q.name not in {r.name for r in function.parameters}
    ]
    back = Block(ops=[op for op in block.ops if op.role == "adjoint"], yields=block.yields[n:])
    front = [op for op in block.ops if op.role != "adjoint"]
    residuals = [v for v in captured([back]) if v not in bars]

    taken = {p.hint for p in bars}
    mapping: dict[Value, Anything] = {}
    parameters = []
    for v in residuals:
        p = back.add_param(v.type, free_name(v.hint or "residual", taken), v.named)
        mapping[v] = p
        parameters.append(Parameter(p.hint, seed=True))
    for p, parameter in zip(bars, bar_parameters):
        mapping[p] = back.add_param(p.type, p.hint, True)
        parameters.append(Parameter(parameter.name, default=parameter.default, seed=True))
    substitute(back, mapping)
    with knowing(joint.facts):
        if reusable:
            _copy_tapes(back)
        forward = Block(block.params, front, block.yields[:n])
        forward.params = list(own)
        with building(forward):
            for v in residuals:
                define(v)
                shared = reusable and is_array(v.type) and not isinstance(v.type, Stack)
                if shared and not owned(v):
                    forward.yields.append(fresh(v))
                else:
                    forward.yields.append(v)
    first = Function(
        function.name + "_forward",
        forward,
        list(function.parameters),
        (function.returns, tuple(range(n, n + len(residuals)))),
        joint.facts,
        guards=list(joint.guards),
        imports=dict(joint.imports),
    )
    second = Function(
        function.name + "_pullback",
        back,
        parameters,
        tuple(range(len(wrt))),
        replace(joint.facts, relied=set()),  # the forward function asks for the sizes
        imports=dict(joint.imports),
    )
    return dce(first), dce(drop_lost_headers(second)), len(residuals)


def _copy_tapes(back: Block) -> None:
    """Let a pullback consume copies of its tapes."""
    scratch = Block()
    mapping: dict[Value, Anything] = {}
    read = set(captured([Block(ops=back.ops, yields=back.yields)]))  # also inside branches
    with building(scratch, role="adjoint"):
        for p in back.params:
            if isinstance(p.type, Stack) and p in read:
                nested = isinstance(p.type.elem, Stack)
                mapping[p] = emit("copy_stacks" if nested else "copy_stack", p)
                mapping[p].hint = p.hint
    substitute(back, mapping)
    back.ops[:0] = scratch.ops
