"""What stands between a caller and a generated function, per kind of derivative.

An entry takes the primal's arguments in order, promotes integers, calls the generated function
and hands its results over in the kinds of the arguments. Entries are small generated functions
too, with the checks of the usual case inline.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from sys import getrefcount
from typing import Any as Anything

import numpy as np

from s2s_ad.dispatch import Dispatcher, Entry, Variant
from s2s_ad.errors import DerivativeTypeError
from s2s_ad.ir.types import FLOAT, Num, Type
from s2s_ad.loader import explain, load
from s2s_ad.results import ALONE, ALONE_INSIDE, detach, direction, match
from s2s_ad.signatures import promoted

NOT_SCALAR = "the value is not a scalar, so it has no gradient"
ADVICE = "use vjp for the product with a cotangent, or assemble the Jacobian from jvp columns"


def _call(d: Dispatcher, function: str, *extra: str) -> str:
    """The call of a generated function with the primal's parameters."""
    arguments = []
    for name, p in d.parameters.items():
        if p.kind is p.VAR_POSITIONAL:
            arguments.append("*" + name)
        elif p.kind is p.VAR_KEYWORD:
            arguments.append("**" + name)
        elif p.kind is p.KEYWORD_ONLY:
            arguments.append(f"{name}={name}")
        else:
            arguments.append(name)
    return f"{function}({', '.join([*arguments, *extra])})"


def _promotions(d: Dispatcher, change: list[bool]) -> list[str]:
    return [f"{n} = _s2s_promoted({n}, {n!r})" for n, c in zip(d.names, change) if c]


def _define(d: Dispatcher, variant: Variant, lines: list[str], own: dict[str, Anything]) -> Entry:
    """The entry with these lines, after the variant's guards."""
    condition, bindings = _guards(variant, f"({', '.join(d.names)},)" if d.names else "()")
    text = f"def entry({', '.join(d.names)}):\n"
    text += "".join(f"    {line}\n" for line in [*condition, *lines])
    entry: Entry = load(text, "entry", {**_BINDINGS, **bindings, **own})["entry"]
    return entry


def _guards(variant: Variant, arguments: str) -> tuple[list[str], dict[str, Anything]]:
    """The lines that ask the guards; names that must not have changed are looked up inline."""
    from s2s_ad.frontend.guards import MISSING, Unchanged

    asked: list[str] = []
    bindings: dict[str, Anything] = {"_s2s_again": variant.again, "_s2s_keep": variant.keep}
    for i, guard in enumerate(variant.guards):
        if type(guard) is Unchanged and not guard.cells:
            for j, (namespace, name, found) in enumerate(guard.entries):
                bindings[f"_s2s_names{i}_{j}"] = namespace
                bindings[f"_s2s_get{i}_{j}"] = namespace.get
                bindings[f"_s2s_is{i}_{j}"] = found
                if found is MISSING:  # a builtin that no global hides
                    asked.append(f"{name!r} not in _s2s_names{i}_{j}")
                else:
                    asked.append(f"_s2s_get{i}_{j}({name!r}) is _s2s_is{i}_{j}")
        else:
            bindings[f"_s2s_guard{i}"] = guard
            asked.append(f"_s2s_guard{i}({arguments})")
    if not asked:
        return [], bindings
    return [f"if not ({' and '.join(asked)}): return _s2s_again({arguments})"], bindings


def gradient(with_value: bool) -> Callable[[Dispatcher, Variant, list[bool]], Entry]:
    """Entries of `grad` and `value_and_grad`; the latter calls `f_vjp` with its default seed."""

    def finish(d: Dispatcher, variant: Variant, change: list[bool]) -> Entry:
        if with_value and not _has_default_cotangent(d, variant):
            name = getattr(d.function, "__name__", "f").replace("<lambda>", "f")
            raise DerivativeTypeError(f"the value of {name} is not a scalar", ADVICE)
        lines = _promotions(d, change)
        own: dict[str, Anything] = {"_s2s_f": variant.function}
        bars = [f"_s2s_g{i}" for i in d.wrt]
        target = f"({', '.join(bars)},)" if d.several else bars[0]
        if with_value:
            lines.append(f"_s2s_value, {target} = {_call(d, '_s2s_f')}")
            lines.append("if type(_s2s_value) is not _s2s_float:")
            lines.append("    _s2s_value = _s2s_scalar(_s2s_value)")
        else:
            lines.append(f"{target} = {_call(d, '_s2s_f')}")
        for i, bar in zip(d.wrt, bars):
            lines += _hand_over(bar, d.names[i], variant.types[d.names[i]], own)
        lines.append(f"return _s2s_value, {target}" if with_value else f"return {target}")
        return _define(d, variant, lines, own)

    return finish


def _has_default_cotangent(d: Dispatcher, variant: Variant) -> bool:
    """Whether `f_vjp` may be called without a cotangent: where the value may be a scalar."""
    (name,) = variant.extra(d.names)
    parameter = inspect.signature(variant.function).parameters[name]
    return parameter.default is not parameter.empty


def _hand_over(bar: str, x: str, kind: Type, own: dict[str, Anything]) -> list[str]:
    """The usual cases inline: a float for a float, an array that nobody else holds. `own` are the
    names that the lines use."""
    if kind == FLOAT:
        return [f"if type({bar}) is not _s2s_float: {bar} = _s2s_match({bar}, {x})"]
    if isinstance(kind, Num) and kind.kind == "array" and kind.dtype is not None:
        own[f"{bar}_dtype"] = kind.dtype
        return [
            f"if (type({bar}) is not _s2s_ndarray or {bar}.base is not None",
            f"      or _s2s_count({bar}) > {ALONE - 1} or {bar}.dtype is not {bar}_dtype",
            f"      or {bar}.shape != {x}.shape): {bar} = _s2s_match({bar}, {x})",
        ]
    return [f"{bar} = _s2s_match({bar}, {x})"]


def scalar(value: Anything) -> Anything:
    """The value of a function whose gradient was asked for."""
    if isinstance(value, (int, float, complex, np.generic)):
        return value
    if isinstance(value, np.ndarray) and value.shape == ():
        return detach(value)
    what = (
        f"an array of shape {value.shape}"
        if isinstance(value, np.ndarray)
        else f"a {type(value).__name__}"
    )
    raise DerivativeTypeError(f"{NOT_SCALAR}: it is {what}", ADVICE)


def pushforward(d: Dispatcher, variant: Variant, change: list[bool]) -> Entry:
    """Entries of `jvp`: the primals in, a function from tangents to (y, y_dot) out.

    Tangents come as a tuple with one entry per parameter in `wrt`.
    """
    extra = variant.extra(d.names)
    passed = [f"{n}=_s2s_t[{k}]" for k, n in enumerate(extra)]
    checks = [
        f"_s2s_direction(_s2s_t[{k}], {d.names[i]}, {'the tangent of ' + d.names[i]!r})"
        for k, i in enumerate(d.wrt)
    ]
    lines = [
        *_promotions(d, change),
        "def push(_s2s_t):",
        f"    _s2s_t = ({', '.join(checks)},)",
        f"    try: _s2s_out = {_call(d, '_s2s_f', *passed)}",
        "    except Exception as _s2s_error:",
        "        _s2s_explain(_s2s_error)",
        "        raise",
        f"    _s2s_y_dot = _s2s_match(_s2s_out[1], _s2s_out[0], {ALONE_INSIDE}, True)",
        f"    return _s2s_detach(_s2s_out[0], {ALONE_INSIDE}), _s2s_y_dot",
        "return push",
    ]
    return _define(d, variant, lines, {"_s2s_f": variant.function})


def pullbacks(d: Dispatcher, variant: Variant, change: list[bool]) -> Entry:
    """Entries of `vjp`: the primals in, (y, pullback) out."""
    forward, pullback = split_functions(variant)
    active = ", ".join(d.names[i] for i in d.wrt)
    lines = [
        *_promotions(d, change),
        f"_s2s_y, _s2s_residuals = {_call(d, '_s2s_forward')}",
        "_s2s_residuals = _s2s_detach(_s2s_residuals)",
        "_s2s_y = _s2s_detach(_s2s_y)",
        f"return _s2s_y, _s2s_pullback(_s2s_y, _s2s_residuals, ({active},))",
    ]

    def make(y: Anything, residuals: Anything, primals: tuple[Anything, ...]) -> Entry:
        like = _outline(y)
        shapes = _outline(primals)

        def pull(out_bar: Anything = _ONE) -> tuple[Anything, ...]:
            """One gradient per primal for a cotangent of the value; may be called many times."""
            if out_bar is _ONE:
                if np.shape(like) != () or isinstance(like, dict):
                    raise DerivativeTypeError(
                        "the pullback needs a cotangent: the value is not a scalar",
                        "give an array (or nested arrays) of the value's shape",
                    )
                out_bar = 1.0
            out_bar = direction(out_bar, like, "the cotangent")
            try:
                bars = pullback(*residuals, out_bar)
            except Exception as error:
                explain(error)
                raise
            return tuple([match(bars[i], shapes[i], ALONE_INSIDE) for i in range(len(shapes))])

        return pull

    return _define(d, variant, lines, {"_s2s_forward": forward, "_s2s_pullback": make})


class _One:
    def __repr__(self) -> str:
        return "1.0"


_ONE = _One()


def split_functions(variant: Variant) -> tuple[Entry, Entry]:
    """The two functions of a split module."""
    stem = variant.derived.name.removesuffix("_forward")
    return variant.namespace[stem + "_forward"], variant.namespace[stem + "_pullback"]


def _outline(tree: Anything) -> Anything:
    """The structure, kinds, dtypes and shapes of a value, without its memory."""
    kind = type(tree)
    if kind is tuple or kind is list:
        return kind([_outline(v) for v in tree])
    if kind is dict:
        return {k: _outline(v) for k, v in tree.items()}
    if kind is np.ndarray:
        return np.broadcast_to(np.zeros((), tree.dtype), tree.shape).view(np.ndarray)
    return tree


_BINDINGS: dict[str, Anything] = {
    "_s2s_promoted": promoted,
    "_s2s_float": float,
    "_s2s_ndarray": np.ndarray,
    "_s2s_count": getrefcount,
    "_s2s_match": match,
    "_s2s_scalar": scalar,
    "_s2s_direction": direction,
    "_s2s_detach": detach,
    "_s2s_explain": explain,
}
