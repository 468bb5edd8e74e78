"""The parameters of the primal, and which of them `wrt` means."""

from __future__ import annotations

import inspect
from typing import Any as Anything

from s2s_ad.errors import DerivativeTypeError, SourceNotFoundError

VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
STARS: dict[Anything, str] = {
    inspect.Parameter.VAR_POSITIONAL: "*",
    inspect.Parameter.VAR_KEYWORD: "**",
}


def parameters_of(function: Anything) -> dict[str, inspect.Parameter]:
    """The parameters of the primal, by name, in order."""
    try:
        return dict(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        name = getattr(function, "__name__", repr(function))
        raise SourceNotFoundError(
            f"{name} has no Python source: its parameters are unknown",
            f"wrap it in a function: lambda x: {name}(x)",
        ) from None


def positions(
    function: Anything, parameters: dict[str, inspect.Parameter], wrt: Anything, bound: bool
) -> tuple[int, ...]:
    """The positions of the parameters in `wrt`, counted from the first that the caller gives."""
    names = list(parameters)
    out = []
    for item in wrt if isinstance(wrt, (tuple, list)) else (wrt,):
        called = getattr(function, "__name__", repr(function))
        if isinstance(item, str):
            if item not in names:
                raise DerivativeTypeError(
                    f"{called} has no parameter {item!r}", f"its parameters are {', '.join(names)}"
                )
            out.append(names.index(item))
        elif isinstance(item, int) and not isinstance(item, bool):
            place = item + bound
            if not bound <= place < len(names):
                raise DerivativeTypeError(
                    f"{called} has no argument number {item}",
                    f"positions count from 0; its parameters are {', '.join(names[bound:])}",
                )
            out.append(place)
        else:
            raise DerivativeTypeError(
                f"wrt={wrt!r}: positions or names of parameters are meant",
                'for example wrt=0, wrt="x" or wrt=("x", "w")',
            )
    if not out or len(set(out)) < len(out):
        raise DerivativeTypeError(
            f"wrt={wrt!r} names no parameter, or one twice",
            "give at least one parameter, each once",
        )
    for place in out:
        if parameters[names[place]].kind in VARIADIC:
            raise DerivativeTypeError(
                f"no derivative with respect to *{names[place]}",
                "collect the arguments in a tuple, a list or a dict",
            )
    return tuple(out)
