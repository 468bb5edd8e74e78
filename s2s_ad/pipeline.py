"""The way of a function, from Python source to Python source.

    lower       source text -> AST -> SSA, typed; calls inlined (frontend)
    simplify    fold constants, merge common subexpressions, drop dead code (passes): before the
                transform, so that the adjoint mentions only what is left
    transform   forward or reverse, SSA -> SSA (autodiff); reverse decides what is recorded last,
                when it is known what the sweep reads
    simplify    again: what only the value needed is dead in a gradient
    emit        out of SSA, names, comments, text (codegen)

`ssa` stops after the first simplification and prints. Transforms inside the user's function
(`grad` called in a differentiated function) are run by `lower`, innermost first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any as Anything

from s2s_ad.autodiff.joint import jvp_function, vjp_function
from s2s_ad.autodiff.split import split_function
from s2s_ad.codegen.lines import Places
from s2s_ad.codegen.module import emit_module
from s2s_ad.errors import DerivativeTypeError, UnsupportedError
from s2s_ad.frontend.lower import lower
from s2s_ad.ir.collecting import refusals
from s2s_ad.ir.core import Function, walk
from s2s_ad.ir.printer import print_function
from s2s_ad.ir.signature import Signature
from s2s_ad.ir.types import Num
from s2s_ad.ir.verifier import verify
from s2s_ad.passes.constants import fold_constants
from s2s_ad.passes.cse import cse
from s2s_ad.passes.dce import dce


@dataclass
class Derived:
    """A generated module. `bindings` are injected into its namespace before it runs, `guards`
    asked before each call whether it still holds, `places` say where in the primal its text
    came from."""

    name: str
    text: str
    bindings: dict[str, Anything] = field(default_factory=dict)
    guards: list[Callable[[tuple[Anything, ...]], bool]] = field(default_factory=list)
    places: Places = field(default_factory=list)


def prepare(function: Callable[..., Anything], signature: Signature) -> Function:
    """The simplified primal as SSA. A function made by `grad` or `value_and_grad` is the
    transform of what it was made from, so derivatives nest to any order."""
    made = getattr(function, "__s2s_derivative__", None)
    if made is None:
        return verify(simplify(lower(function, signature, transform)))
    kind, inner, wrt = made
    primal = prepare(inner, signature)
    names = [p.name for p in primal.parameters]
    chosen = wrt if isinstance(wrt, (tuple, list)) else (wrt,)
    bound = bool(signature.static) and names[:1] == list(signature.static)[:1] == ["self"]
    places = tuple(names.index(w) if isinstance(w, str) else w + bound for w in chosen)
    return transform(primal, kind, places, isinstance(wrt, (tuple, list)))


def stores(function: Function) -> tuple[int, int]:
    """How many stores into arrays of integers, and into others, a function and its callees have."""
    found, functions = [0, 0], [function]
    for each in functions:
        for op in walk(each.block):
            if op.prim.name in ("set_at", "add_at"):
                t = op.result.type
                found[not isinstance(t, Num) or t.dtype is None or t.dtype.kind in "fc"] += 1
            callee = op.kwargs.get("callee")
            if isinstance(callee, Function) and callee not in functions:
                functions.append(callee)
    return found[0], found[1]


def simplify(function: Function, may_raise_less: bool = False) -> Function:
    """The passes that run before and after a transform. A gradient alone may raise less than
    the primal: what only the value needed is gone."""
    fold_constants(function)
    cse(function)
    found = refusals()
    if found is not None and found.touched:
        return function  # nothing is known to be dead: what reads it may have been refused
    return dce(function, may_raise_less)


def transform(
    function: Function, mode: str, wrt: tuple[int, ...], several: bool = False
) -> Function:
    """The derivative of an SSA function as an SSA function: mode is "jvp", "vjp", "grad" or
    "value_and_grad" (a VJP with the cotangent 1.0)."""
    simplify(function)
    if mode == "jvp":
        return simplify(jvp_function(function, wrt))
    value, seeded = mode != "grad", mode == "value_and_grad"
    derived = vjp_function(function, wrt, several, value=value, seeded=seeded)
    return simplify(derived, may_raise_less=not value)


def derive(
    function: Callable[..., Anything],
    mode: str,
    wrt: tuple[int, ...],
    signature: Signature,
    several: bool = False,
) -> Derived:
    """Generate a derivative of a Python function. `wrt` are positions of parameters; `several`
    makes the gradient a tuple. Raises what the front end and the transforms refuse; `mode` "lint"
    does all that may be refused, and gives no text."""
    primal = prepare(function, signature)
    if signature.promoted and stores(primal) != stores(
        prepare(
            function,
            replace(signature, types={**signature.types, **signature.promoted}, promoted={}),
        )
    ):
        name = ", ".join(signature.promoted)
        raise UnsupportedError(
            f"a store into an array of integers, where a float loses its fraction, would become "
            f"one into an array of floats: {name} is taken as floats",
            f"leave {name} out of wrt, or pass floats",
        )
    if mode == "ssa":
        return Derived(primal.name, print_function(primal), {}, primal.guards)
    if not wrt:
        raise DerivativeTypeError(
            f"{mode} of {primal.name} with respect to nothing", "give at least one parameter in wrt"
        )
    if mode == "lint":
        for kind in ("jvp", "vjp"):
            derived = transform(primal, kind, wrt, True)
            found = refusals()
            if found is None or not found.touched:  # else there is no text for it
                emit_module([verify(derived)])
        return Derived(primal.name, "", {}, primal.guards)
    if mode == "split":
        forward, pullback, _ = split_function(primal, wrt)
        functions = [simplify(forward), simplify(pullback)]
    else:
        functions = [transform(primal, mode, wrt, several)]
    for derived in functions:
        verify(derived)
    emitted = emit_module(functions)
    name = functions[0].name
    return Derived(name, emitted.text, emitted.bindings, primal.guards, emitted.places)
