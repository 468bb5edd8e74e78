"""Whole derivative functions: the JVP, and the joint form of the VJP (value and adjoints)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any as Anything

from s2s_ad.autodiff.activity import refuse_complex, useful, varied
from s2s_ad.autodiff.arguments import own_parameters, refuse_unknown_targets
from s2s_ad.autodiff.clears import drop_clears
from s2s_ad.autodiff.forward import Forward
from s2s_ad.autodiff.outside_calls import check_outside_calls
from s2s_ad.autodiff.record import record
from s2s_ad.autodiff.results import finish, unshare
from s2s_ad.autodiff.reverse import Sweep
from s2s_ad.errors import DerivativeTypeError
from s2s_ad.ir.build import building, knowing, typeof
from s2s_ad.ir.core import UNDEFINED, Function, Parameter, Value, clone, tree_map, walk
from s2s_ad.ir.types import ANY, FLOAT, Any, Num, Seq, Type, differentiable, is_scalar
from s2s_ad.passes.dce import dce
from s2s_ad.passes.headers import drop_lost_headers
from s2s_ad.passes.retype import retype
from s2s_ad.passes.tidy import tidy
from s2s_ad.passes.twins import merge_twins


def taken_names(function: Function) -> set[str]:
    """The user's names in a function: parameters and named values."""
    out = {p.name for p in function.parameters}
    out.update(v.hint for op in walk(function.block) for v in op.results if v.named)
    return out


def free_name(wanted: str, taken: set[str]) -> str:
    """The name, or the name with the first suffix number that is free; it is then taken."""
    candidate, number = wanted, 1
    while candidate in taken:
        number += 1
        candidate = f"{wanted}_{number}"
    taken.add(candidate)
    return candidate


def fresh(function: Function, suffix: str, moved: dict[int, int] | None = None) -> Function:
    """A copy to transform; all its operations are primal to the transform about to run."""
    f = clone(function)
    f.moved = dict(moved or {})
    f.name = function.name + suffix
    for op in walk(f.block):
        op.role = "primal"
    own_parameters(f)
    return f


def extra_parameter(function: Function, name: str, type: Type, default: Anything) -> Value:
    """Add a parameter after the user's; keyword-only where it could not stand there otherwise."""
    keyword = any(
        p.default is not UNDEFINED or p.kind in ("keyword_only", "var_positional", "var_keyword")
        for p in function.parameters
    )
    kind = "keyword_only" if keyword else "positional_or_keyword"
    parameter = Parameter(name, kind, default, seed=True)
    at = len(function.parameters)
    if function.parameters and function.parameters[-1].kind == "var_keyword":
        at -= 1
    function.parameters.insert(at, parameter)
    value = Value(type, name, True)
    value.owner = function.block
    function.block.params.insert(at, value)
    return value


def jvp_function(function: Function, wrt: tuple[int, ...]) -> Function:
    """`f_jvp(<parameters>, <tangents>)` -> (value, tangent); a tangent per parameter of wrt."""
    f = fresh(function, "_jvp", function.moved)
    with knowing(f.facts):
        taken = taken_names(f)
        seeds = [f.block.params[i] for i in wrt]
        dots = {}
        for p in seeds:
            dots[p] = extra_parameter(f, free_name(p.hint + "_dot", taken), p.type, UNDEFINED)
        check_outside_calls(f, seeds)
        active = varied(f.block, seeds)
        refuse_complex(f.block, active)
        refuse_unknown_targets(f, seeds, active)
        forward = Forward(dots, active)
        forward.block(f.block)
        with building(f.block, role="tangent"):
            n = len(f.block.yields)
            f.block.yields += [forward.tangent(v) for v in f.block.yields]
        for place, k in function.moved.items():
            if place in wrt:
                bar = f.block.params[place]
                dots[bar].companion = (bar, "_dot")
                f.moved[f.block.params.index(dots[bar])] = n + k
        f.returns = (function.returns, tree_map(lambda i: _shift(i, n), function.returns))
    merge_twins(f)
    tidy(f)
    retype(f)
    with knowing(f.facts):
        finish(f, f.block.yields, [None] * len(f.block.yields))
    return f


def _shift(i: Anything, n: int) -> Anything:
    return i + n if type(i) is int else i


def vjp_function(
    function: Function,
    wrt: tuple[int, ...],
    several: bool,
    value: bool = True,
    of: tuple[int, ...] | None = None,
    seeded: bool = False,
) -> Function:
    """`f_vjp(<parameters>, out_bar=1.0)` -> (value, gradient), or, without the value, `f_grad`.

    `several` makes the gradient a tuple; `of` takes a cotangent each for some of the flattened
    results instead of one of the structure of all; `seeded` fixes the cotangent at 1.0. Raises
    DerivativeTypeError where a gradient is asked of a function whose value is known not to be a
    scalar.
    """

    def bars(f: Function, outputs: list[Anything]) -> list[Anything]:
        if of is not None:
            return flat_bars(f, outputs, of)
        return out_bars(f, outputs) if value and not seeded else [one_for_scalar(f, outputs)]

    f, own, outputs, gradients = swept(function, "_vjp" if value else "_grad", wrt, bars)
    n = len(outputs) if value else 0
    f.block.yields = [*(outputs if value else []), *gradients]
    template: Anything = tuple(range(n, n + len(wrt))) if several or len(wrt) > 1 else n
    f.returns = (function.returns, template) if value else template
    tidy(f, may_raise_less=not value)
    record(f)
    return polished(f, [None] * n + [own[k] for k in wrt], may_raise_less=not value)


def swept(
    function: Function,
    suffix: str,
    wrt: tuple[int, ...],
    bars_of: Callable[[Function, list[Anything]], list[Anything]],
    handed: tuple[int, ...] = (),
) -> tuple[Function, list[Value], list[Anything], list[Anything]]:
    """A copy of a function with its reverse sweep behind it, in which residuals have no source yet;
    its own parameters, its results, and the gradients. `bars_of` gives the cotangents of the
    results. The sweep adds to the adjoints of the parameters `handed`, which it is given."""
    f = fresh(function, suffix)
    with knowing(f.facts):
        own = list(f.block.params)
        seeds = [own[k] for k in wrt]
        outputs = list(f.block.yields)
        check_outside_calls(f, seeds)
        active = varied(f.block, seeds) & useful(f.block, outputs)
        refuse_complex(f.block, active)
        refuse_unknown_targets(f, seeds, active)
        bars = bars_of(f, outputs)
        taken = taken_names(f)
        so_far = {
            p: extra_parameter(f, free_name(f"{p.hint}_bar", taken), p.type, UNDEFINED)
            for p in (own[k] for k in handed)
        }
        for p, bar in so_far.items():
            bar.companion = (p, "_bar")
        sweep = Sweep(active, dict(so_far))
        ops = list(f.block.ops)
        with building(f.block, role="adjoint"):
            for v, bar in zip(outputs, bars, strict=True):
                sweep.add(v, bar)
        sweep.ops(ops, f.block)
        with building(f.block, role="adjoint"):
            gradients = [sweep.whole(p) for p in seeds]
    return f, own, outputs, gradients


def polished(f: Function, likes: list[Anything], may_raise_less: bool = False) -> Function:
    """Simplify what a reverse sweep and the choice of what is recorded have left, in place, and
    make the results fresh; those with a value in `likes` are gradients, of its kind."""
    merge_twins(f)
    tidy(f, may_raise_less, hoist=True)
    drop_clears(f)
    retype(f)
    with knowing(f.facts):
        unshare(f)
        finish(f, f.block.yields, likes)
    return dce(drop_lost_headers(f))


def out_bars(f: Function, outputs: list[Anything]) -> list[Anything]:
    """The cotangent parameter; a container of them where the function returns several values."""
    taken = taken_names(f)
    name = free_name("out_bar", taken)
    if f.returns == 0:
        t = typeof(outputs[0])
        scalar = is_scalar(t)
        unknown = not isinstance(t, Num) or t.shape is None
        kind = FLOAT if scalar else Num("any", t.dtype) if isinstance(t, Num) and unknown else t
        return [extra_parameter(f, name, kind, 1.0 if scalar or unknown else UNDEFINED)]
    types = tree_map(lambda i: typeof(outputs[i]) if type(i) is int else i, f.returns)
    bar = extra_parameter(f, name, _structure(types), UNDEFINED)
    found: list[Anything] = [None] * len(outputs)
    with building(f.block, role="adjoint"):

        def visit(template: Anything, at: Anything) -> None:
            if type(template) is int:
                if differentiable(typeof(outputs[template])):
                    found[template] = at()
            elif isinstance(template, (tuple, list)):
                for k, part in enumerate(template):
                    visit(part, lambda k=k: at()[k])
            elif isinstance(template, dict):
                for k, part in template.items():
                    visit(part, lambda k=k: at()[k])

        visit(f.returns, lambda: bar)
    return found


def flat_bars(f: Function, outputs: list[Anything], of: tuple[int, ...]) -> list[Anything]:
    """A cotangent parameter for each of some flattened results."""
    taken = taken_names(f)
    found: list[Anything] = [None] * len(outputs)
    for k in of:
        found[k] = extra_parameter(f, free_name("out_bar", taken), typeof(outputs[k]), UNDEFINED)
    return found


def _structure(types: Anything) -> Type:
    if isinstance(types, dict):
        return Seq("dict", tuple(map(_structure, types.values())), tuple(types))
    if isinstance(types, (tuple, list)):
        return Seq(type(types).__name__, tuple(map(_structure, types)))
    if isinstance(types, Num) and types.shape == ():
        return FLOAT
    return types if isinstance(types, (Num, Seq, Any)) else ANY


def one_for_scalar(f: Function, outputs: list[Anything]) -> Anything:
    """The seed of a gradient: 1.0, where the value is a scalar."""
    advice = "use vjp with a cotangent of the value's shape, or a Jacobian"
    what = f"the value of {f.name.removesuffix('_grad').removesuffix('_vjp')}"
    if f.returns != 0:
        raise DerivativeTypeError(f"{what} is not a scalar, but several values", advice)
    t = typeof(outputs[0])
    if isinstance(t, Num) and t.shape is not None:
        if t.shape != ():
            axes = f"{len(t.shape)} axes" if len(t.shape) > 1 else "one axis"
            raise DerivativeTypeError(f"{what} is not a scalar, but an array with {axes}", advice)
        return 1.0
    if not isinstance(t, (Num, Any)):
        raise DerivativeTypeError(f"{what} is not a number, but: {t}", advice)
    with building(f.block, role="adjoint"):
        from s2s_ad.ir.build import emit

        return emit("scalar_seed", outputs[0])
