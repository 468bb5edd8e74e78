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
from dataclasses import dataclass, field
from typing import Any as Anything

from s2s_ad.autodiff.joint import jvp_function, vjp_function
from s2s_ad.codegen.module import emit_module
from s2s_ad.errors import DerivativeTypeError
from s2s_ad.frontend.lower import lower
from s2s_ad.ir.core import Function
from s2s_ad.ir.printer import print_function
from s2s_ad.ir.signature import Signature
from s2s_ad.passes.constants import fold_constants
from s2s_ad.passes.cse import cse
from s2s_ad.passes.dce import dce


@dataclass
class Derived:
    """A generated module. `bindings` are injected into its namespace before it runs, `guards`
    asked before each call whether it still holds."""

    name: str
    text: str
    bindings: dict[str, Anything] = field(default_factory=dict)
    guards: list[Callable[[tuple[Anything, ...]], bool]] = field(default_factory=list)


def prepare(function: Callable[..., Anything], signature: Signature) -> Function:
    """The simplified primal as SSA."""
    return simplify(lower(function, signature, transform))


def simplify(function: Function) -> Function:
    """The passes that run before and after a transform."""
    fold_constants(function)
    cse(function)
    return dce(function)


def transform(function: Function, mode: str, wrt: tuple[int, ...], several: bool = False) -> Function:
    """The derivative of an SSA function as an SSA function; mode is "jvp", "vjp" or "grad"."""
    simplify(function)
    if mode == "jvp":
        derived = jvp_function(function, wrt)
    else:
        derived = vjp_function(function, wrt, several, value=mode != "grad")
    return simplify(derived)


def derive(
    function: Callable[..., Anything],
    mode: str,
    wrt: tuple[int, ...],
    signature: Signature,
    several: bool = False,
) -> Derived:
    """Generate a derivative of a Python function. `wrt` are positions of parameters; `several`
    makes the gradient a tuple. Raises what the front end and the transforms refuse."""
    primal = prepare(function, signature)
    if mode == "ssa":
        return Derived(primal.name, print_function(primal), {}, primal.guards)
    if not wrt:
        raise DerivativeTypeError(f"{mode} of {primal.name} with respect to nothing")
    derived = transform(primal, mode, wrt, several)
    emitted = emit_module([derived])
    return Derived(derived.name, emitted.text, emitted.bindings, primal.guards)
