"""`import` inside a function, and `global`."""

from __future__ import annotations

import importlib
from typing import Any as Anything

from s2s_ad.frontend.context import Frame, refuse
from s2s_ad.frontend.liveness import assigned
from s2s_ad.frontend.names import outside
from s2s_ad.ops.structure import Outside


def import_modules(frame: Frame, node: Anything) -> None:
    """`import a.b, c as d`."""
    for alias in node.names:
        module = _module(frame, alias.name)
        if alias.asname is None:
            name = alias.name.partition(".")[0]
            module = _module(frame, name)
        else:
            name = alias.asname
        frame.env[name] = module


def import_names(frame: Frame, node: Anything) -> None:
    """`from a import b as c`."""
    module = _module(frame, "." * (node.level or 0) + (node.module or ""))
    for alias in node.names:
        name = alias.asname or alias.name
        if not hasattr(module, alias.name):
            frame.env[name] = _module(frame, f"{module.__name__}.{alias.name}")
            continue
        place = Outside(alias.name, module.__name__, module.__dict__)
        frame.env[name] = outside(frame, getattr(module, alias.name), place, alias.name)


def _module(frame: Frame, name: str) -> Anything:
    try:
        return importlib.import_module(name, frame.source.globals.get("__package__"))
    except ImportError as error:
        refuse(f"{name} cannot be imported: {error}", "import it at the top of the module")


def declare_global(frame: Frame, node: Anything) -> None:
    """`global a`: reads are as they are without it; writes would outlive the call."""
    bound = assigned(frame.node.body)
    for name in node.names:
        if name in bound:
            refuse(
                f"the global {name!r} is assigned: a derivative must not change what is outside",
                "return the value instead",
            )
