"""Calls of functions that s2s_ad does not look into: without source, or with effects outside.

Such a call happens once, in the forward sweep, where the primal makes it. What it is given must not
be active; whether it is, is known after activity analysis (`autodiff.outside_calls`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any as Anything

from s2s_ad.errors import UnsupportedError
from s2s_ad.ir.core import Op, Value
from s2s_ad.ir.primitive import Primitive, register
from s2s_ad.ir.types import ANY, NONE
from s2s_ad.ops.rules import Contributions, constant
from s2s_ad.ops.structure import PRINT, Outside


@dataclass(frozen=True, eq=False)
class Reference:
    """A function that the emitted text calls by name: where it stands, or the name of a method of
    the first operand (then `function` is None)."""

    name: str  # `scipy.special.erf`, `np.random.default_rng`, `normal`
    function: Callable[..., Anything] | None = None
    place: Outside | None = None  # the module or cell that has it; None for builtins and methods

    def __call__(self, operands: Anything, names: tuple[str, ...] = ()) -> Anything:
        """Call it, the last operands by these keywords."""
        items = list(operands)
        at = len(items) - len(names)
        keywords = dict(zip(names, items[at:]))
        if self.function is not None:
            return self.function(*items[:at], **keywords)
        return getattr(items[0], self.name)(*items[1:at], **keywords)


def _run(operands: Anything, callee: Reference, names: Anything = (), **_: Anything) -> Anything:
    return callee(operands, names)


class Refused:
    """No derivative: active values must not come here."""

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        raise no_rule(op)

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        raise no_rule(op)


def no_rule(op: Op) -> UnsupportedError:
    """The refusal of a call that active values reach."""
    callee, draw = op.kwargs["callee"], op.kwargs.get("draw")
    if draw is not None:
        return UnsupportedError(
            f"{draw.shown} draws with parameters that depend on what one differentiates by",
            draw.advice,
            op.location,
        )
    if callee.function is None:
        return UnsupportedError(
            f"there is no derivative rule for the method {callee.name}, and it has no Python "
            "source",
            "call it in a function of yours for which you register a rule (custom_jvp, "
            "custom_vjp), or give it a constant: stop_gradient(x)",
            op.location,
        )
    library = callee.name.startswith("np.")
    return UnsupportedError(
        f"there is no derivative rule for {callee.name}"
        + ("" if library else ", and it has no Python source"),
        advice(callee.name),
        op.location,
    )


def advice(name: str) -> str:
    """How to register a rule, in two lines of code."""
    return (
        "register a rule, with your formulas:\n"
        f"    s2s_ad.custom_jvp({name})(lambda x_dot, out, x: ... * x_dot)\n"
        f"    s2s_ad.custom_vjp({name})(lambda out_bar, out, x: ... * out_bar)"
    )


@dataclass(frozen=True)
class Draw:
    """What to say where the parameters of a random draw are active."""

    shown: str
    advice: str


# `operands` is one nest; what the result may share with it is unknown, unless `fresh`.
OPAQUE = register(
    Primitive(
        "opaque",
        _run,
        lambda operands, callee, names=(), type=ANY, fresh=False, reads=False, draw=None: type,
        "opaque",
        alias=lambda op: "fresh" if op.kwargs.get("fresh") else "view",
        effect="effect",
        static=frozenset({"callee"}),
        derivative=Refused(),
    )
)

# A call that only looks at its operands, active or not: print, logging, warnings.
OBSERVE = register(
    Primitive(
        "observe",
        _run,
        lambda operands, callee, names=(), type=NONE: type,
        "opaque",
        effect="effect",
        static=frozenset({"callee"}),
        derivative=constant,
    )
)


def is_unknown(op: Op) -> bool:
    """Whether an operation may change what it gets."""
    return op.prim is OPAQUE and not (op.kwargs.get("fresh") or op.kwargs.get("reads"))


def acts(op: Op) -> bool:
    """Whether an operation does something that must not be done twice."""
    if op.prim is OPAQUE:
        return not op.kwargs.get("reads")
    return op.prim is OBSERVE or op.prim is PRINT
