"""The arguments of a call by parameter, as Python binds them."""

from __future__ import annotations

import copy
import inspect
import types
from typing import Any as Anything

from s2s_ad.frontend.bindings import (
    is_plain,
    is_structure,
    items,
)
from s2s_ad.frontend.context import (
    Frame,
    Lowering,
    refuse,
)
from s2s_ad.frontend.guards import Equals, holds_data
from s2s_ad.frontend.holding import cell_of
from s2s_ad.frontend.names import outside
from s2s_ad.frontend.source import Source, find
from s2s_ad.frontend.unpacking import Rest
from s2s_ad.ops.structure import Outside

KINDS = (
    "positional_only",
    "positional_or_keyword",
    "var_positional",
    "keyword_only",
    "var_keyword",
)


def source_of(lowering: Lowering, function: Anything) -> Source:
    """The source of a function, found once."""
    known = lowering.sources.get(function)
    if known is None:
        known = lowering.sources[function] = find(function)
    return known


def parameters(node: Anything) -> list[tuple[str, str]]:
    """Names and kinds of the parameters, in order."""
    a = node.args
    out = [(n.id, KINDS[0]) for n in a.posonlyargs]
    out += [(n.id, KINDS[1]) for n in a.args]
    out += [(a.vararg.id, KINDS[2])] if a.vararg else []
    out += [(n.id, KINDS[3]) for n in a.kwonlyargs]
    out += [(a.kwarg.id, KINDS[4])] if a.kwarg else []
    return out


def bind_arguments(
    name: str,
    node: Anything,
    args: list[Anything],
    kwargs: dict[str, Anything],
    defaults: dict[str, Anything],
) -> dict[str, Anything]:
    """The arguments by parameter, as Python binds them; `defaults` are not evaluated here."""
    signature = inspect.Signature(
        [
            inspect.Parameter(
                n,
                getattr(inspect.Parameter, kind.upper()),
                default=None if n in defaults else inspect.Parameter.empty,
            )
            for n, kind in parameters(node)
        ]
    )
    try:
        bound = signature.bind(*args, **kwargs).arguments
    except TypeError as error:
        refuse(f"{name}(): {error}", "call it with the arguments that it declares")
    out = {}
    for n, kind in parameters(node):
        if n in bound:
            out[n] = bound[n]
            if kind == "var_positional" and isinstance(out[n][-1], Rest):
                out[n] = out[n][-1].value
        elif kind == "var_positional":
            out[n] = ()
        elif kind == "var_keyword":
            out[n] = {}
        else:
            out[n] = defaults[n]
    return out


def default_objects(source: Source) -> dict[str, Anything]:
    """The default of each parameter that has one."""
    a = source.tree.args
    positional = [n.id for n in (*a.posonlyargs, *a.args)]
    given = source.defaults
    out = dict(zip(positional[len(positional) - len(given) :], given))
    return {**out, **source.kwdefaults}


def default_binding(frame: Frame, name: str, x: Anything) -> Anything:
    """The binding of a default: an object that was made with the function."""
    if is_plain(x):
        return x
    if is_structure(x) and holds_data(x) and not _has_arrays(x):
        lowering = frame.lowering
        now = copy.deepcopy(x)
        lowering.guards.setdefault(("default", id(x)), Equals(lambda arguments: x, now))
        return cell_of(frame, now, outside=True)
    return outside(frame, x, Outside(name, "", types.CellType(x)), name)


def _has_arrays(x: Anything) -> bool:
    return not is_plain(x) and (not is_structure(x) or any(map(_has_arrays, items(x))))
