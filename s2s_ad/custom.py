"""Derivatives that one gives oneself: `custom_jvp`, `custom_vjp`, `stop_gradient`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any as Anything
from typing import TypeVar

from s2s_ad.errors import DerivativeTypeError
from s2s_ad.ir.types import Dim, ListOf, Num, Seq, Type
from s2s_ad.runtime import stop_gradient
from s2s_ad.signatures import of_value
from s2s_ad.specs import Symbols, parse

Rule = TypeVar("Rule", bound=Callable[..., Anything])


def custom_jvp(
    function: Callable[..., Anything], *, like: Anything = None, override: bool = False
) -> Callable[[Rule], Rule]:
    """Register how a function's value moves with its arguments: the rule of forward mode.

    The rule is `f_jvp(x_dot, out, x)` for a function of one argument: the tangent of the argument,
    the value of the function, the argument; it returns the tangent of the value, linear in `x_dot`.
    With several arguments the first is the tuple of their tangents: `f_jvp(dots, out, x, y)`.

    >>> import math
    >>> def softplus(x):
    ...     return max(x, 0.0) + math.log1p(math.exp(-abs(x)))
    >>> @custom_jvp(softplus)
    ... def softplus_jvp(x_dot, out, x):
    ...     return x_dot * (1.0 - math.exp(-out))

    The function stays what it is: one's own, a library's, one without Python source. Reverse mode
    uses the rule read backwards where no `custom_vjp` is given. `like` tells what the function
    returns, as a signature string ("float", "f8[...]") or an example, where its source does not.
    Raises DerivativeTypeError where there is a rule already, unless `override=True`.
    """
    return _decorator(function, "jvp", like, override)


def custom_vjp(
    function: Callable[..., Anything], *, like: Anything = None, override: bool = False
) -> Callable[[Rule], Rule]:
    """Register the adjoint of a function: the rule of reverse mode.

    The rule is `f_vjp(out_bar, out, x)` for a function of one argument: the cotangent of the value,
    the value, the argument; it returns the cotangent of the argument. With several arguments it
    returns a tuple with one for each, None where there is none: `f_vjp(out_bar, out, x, y)`.

    >>> def scale(x, k):
    ...     return k * x
    >>> @custom_vjp(scale)
    ... def scale_vjp(out_bar, out, x, k):
    ...     return k * out_bar, None

    See `custom_jvp` for the rest.
    """
    return _decorator(function, "vjp", like, override)


def _decorator(
    function: Anything, mode: str, like: Anything, override: bool
) -> Callable[[Rule], Rule]:
    while getattr(function, "__s2s_ad__", False) is True:
        function = function.__wrapped__
    if not callable(function):
        raise DerivativeTypeError(
            f"custom_{mode} needs a function, not {function!r}",
            f"write @custom_{mode}(f) above the rule of f",
        )
    type = None if like is None else _unsized(like_type(like))

    def enter_rule(rule: Rule) -> Rule:
        if not callable(rule):
            raise DerivativeTypeError(
                f"the rule of {getattr(function, '__name__', 'f')} must be a function, not "
                f"{rule!r}",
                f"write @custom_{mode}(f) above the rule of f",
            )
        from s2s_ad.ops.custom import enter  # with all primitives: only when it is needed

        enter(function, mode, rule, type, override)
        return rule

    return enter_rule


def like_type(like: Anything) -> Type:
    """The type that a signature string or an example stands for."""
    return parse(like, None, Symbols())[0] if isinstance(like, str) else of_value(like, "out")


def _unsized(t: Type) -> Type:
    """Sizes of results are not compared with those of arguments; a number may be Python's or
    NumPy's."""
    if isinstance(t, Num):
        if t.shape == () and t.kind in ("py", "np"):
            return Num("scalar", t.dtype, ())
        known = [None if isinstance(n, Dim) else n for n in t.shape or ()]
        return Num(t.kind, t.dtype, None if t.shape is None else tuple(known))
    if isinstance(t, Seq):
        return Seq(t.kind, tuple(map(_unsized, t.items)), t.keys)
    if isinstance(t, ListOf):
        return ListOf(t.kind, _unsized(t.elem))
    return t


__all__ = ["custom_jvp", "custom_vjp", "stop_gradient"]
