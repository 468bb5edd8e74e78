"""The front end's one entrance: a Python function and its signature in, SSA out."""

from __future__ import annotations

import enum
import types
from collections.abc import Callable
from functools import partial
from typing import Any as Anything

import s2s_ad.ops  # noqa: F401  fills the table of primitives
from s2s_ad.errors import S2SError
from s2s_ad.frontend import (
    attributes,
    calls,
    comprehensions,
    conditions,
    expressions,
    names,
    statements,
    subscripts,
)
from s2s_ad.frontend.activations import Again
from s2s_ad.frontend.arguments import forget_classes, has_objects
from s2s_ad.frontend.binding import default_objects, parameters
from s2s_ad.frontend.bindings import Object, is_structure
from s2s_ad.frontend.context import Frame, Lowering, Transform
from s2s_ad.frontend.guards import Apart, Equals, Looks
from s2s_ad.frontend.inline import build, check_kind, entry_of
from s2s_ad.frontend.names import RESOLVED, freeze
from s2s_ad.frontend.places import current
from s2s_ad.frontend.source import Source
from s2s_ad.ir.build import NotStatic, knowing, reading
from s2s_ad.ir.core import Function, Value, walk, with_callees
from s2s_ad.ir.signature import Signature
from s2s_ad.ir.types import ANY, Dim, Facts, ListOf, Num, Seq, Type
from s2s_ad.signatures import key_of_tree, of_tree

# Importing these enters the evaluators of their expressions.
EVALUATORS = (
    attributes, calls, comprehensions, conditions, expressions, names, statements, subscripts,
)  # fmt: skip


def lower(
    function: Anything, signature: Signature | None = None, transform: Transform | None = None
) -> Function:
    """The SSA of a Python function for arguments of these types.

    Parameters correspond one to one to Python's; one that `signature.static` names is that object
    (its block parameter is there all the same). `transform(function, mode, positions)` makes
    derivatives that the function takes inside itself. A static argument of a primitive that is a
    run-time value raises `NotStatic`.
    """
    signature = signature or Signature()
    while getattr(function, "__s2s_ad__", False) is True:
        function = function.__wrapped__
    static = dict(signature.static)
    method = isinstance(function, types.MethodType)
    owner = function.__self__ if method else None
    function = function.__func__ if method else function
    lowering = Lowering(transform)
    while True:
        # What was taken by value in the last attempt, and the guards that ask for it, stay; so
        # does what was learnt of functions that call themselves.
        kept = {key: guard for key, guard in lowering.guards.items() if key[0] == "value"}
        lowering = Lowering(
            transform,
            guards=kept,
            frozen=lowering.frozen,
            sources=lowering.sources,
            plans=lowering.plans,
            changed=lowering.changed,
            given=signature.given,
        )
        lowering.promoted = bool(signature.promoted)
        lowering.names.update(_symbols(*signature.types.values()))
        source = entry_of(lowering, function)
        if method:
            static.setdefault(parameters(source.tree)[0][0], owner)
        lowering.entry = source.tree
        known = _look_into(lowering, source, signature, static)
        try:
            with knowing(Facts()), reading(partial(current, lowering)):
                check_kind(function)
                frame = Frame(lowering, source, source.tree)
                bound = _static(frame, static)
                out = build(frame, known, bound, default_objects(source))
        except NotStatic as error:
            if not freeze(lowering, error.value):
                raise
            continue
        except Again:
            continue
        except S2SError as error:
            raise error.at(source.location(source.tree)) from None
        rules = [f for r in lowering.rules.values() for f in (r.jvp, r.vjp)]
        lowered = [f for f in rules if isinstance(f, Function)]
        deep = [has_objects(p.type) for p in out.block.params]
        forget_classes(frame, [out, *lowered])
        out.imports = lowering.imports
        out.guards = list(lowering.guards.values())
        if out.written:
            inside = [op for f in with_callees([out]) for op in walk(f.block)]
            places = [op.kwargs["place"].read for op in inside if op.prim.name == "read"]
            names = [p.name for p in out.parameters]
            found = {
                f"{key[1]}.{key[3]}": guard.find
                for key, guard in lowering.guards.items()
                if key[0] == "attribute" and isinstance(guard, Looks)
            }
            positions = {p: k for k, p in enumerate(out.block.params)}
            written = [(positions[p], keys) for p, keys in lowering.written if p in positions]
            out.guards.append(Apart(written, names, deep, places, found))
        out.guards.insert(0, lowering.unchanged)
        return out


def _look_into(
    lowering: Lowering, source: Source, signature: Signature, static: dict[str, Anything]
) -> dict[str, Type]:
    """The types of the parameters; of those in which objects are changed, by attributes."""
    out = dict(signature.types)
    for k, (name, _) in enumerate(parameters(source.tree)):
        if (source.tree, name) in lowering.changed and name in signature.given:
            x = signature.given[name]
            key = key_of_tree(x)  # refuses what contains itself
            if not has_objects(out.get(name, ANY)):
                out[name] = of_tree(x, name)
            static.pop(name, None)
            lowering.guards["tree", name] = Equals(_tree(k), key)
    return out


def _tree(k: int) -> Callable[[tuple[Anything, ...]], Anything]:
    return lambda arguments: key_of_tree(arguments[k])


def _static(frame: Frame, given: dict[str, Anything]) -> dict[str, Anything]:
    """The bindings of static parameters. An object keeps its parameter: its attributes are read
    from it at run time."""
    out = {}
    for k, (name, _) in enumerate(parameters(frame.node)):
        if name not in given:
            continue
        x = given[name]
        plain = isinstance(x, (*RESOLVED, enum.Enum, int, float, complex, slice)) or is_structure(x)
        if plain or getattr(x, "__s2s_ad__", False) is True:
            out[name] = x
            continue
        out[name] = _object(frame, x, k, name)
    return out


def _object(frame: Frame, x: Anything, k: int, name: str) -> Object:
    def value() -> Value:
        # Of the block, not of what names mean: a handler may see other names.
        return frame.lowering.blocks[0].params[k]

    return Object(x, value, lambda arguments: arguments[k], name, name)


def _symbols(*found: Type) -> set[str]:
    """The names of sizes in a signature: sizes of globals must not be confused with them."""
    out: set[str] = set()
    for t in found:
        if isinstance(t, Num):
            out.update(d.name for d in t.shape or () if isinstance(d, Dim))
        elif isinstance(t, Seq):
            out |= _symbols(*t.items)
        elif isinstance(t, ListOf):
            out |= _symbols(t.elem)
    return out
