"""Arrays that a function of its own writes: what it is given, and what stands around it.

Values do not change, so it returns the new contents beside its value, and where it is called they
become the contents of the caller's arrays. What it writes around it becomes a parameter.
"""

from __future__ import annotations

from typing import Any as Anything

from s2s_ad.frontend.bindings import Cell, Conflict, is_structure, items
from s2s_ad.frontend.context import Frame, refuse, refuse_conflict
from s2s_ad.frontend.places import base, root_of
from s2s_ad.frontend.sharing import Update
from s2s_ad.frontend.stores import ADVICE, check_root, overwrite
from s2s_ad.ir.build import cursor, typeof
from s2s_ad.ir.core import Function, Parameter, Value
from s2s_ad.ir.types import SCALARS, ListOf, Num, Opaque, Seq, Type


def may_be_written(t: Type) -> bool:
    """Whether a value of this type may be an array."""
    return not (isinstance(t, (Seq, ListOf, Opaque)) or isinstance(t, Num) and t.kind in SCALARS)


def lend(frame: Frame, function: Function, roots: list[Value]) -> None:
    """Give a function that is being lowered parameters for arrays around it."""
    lowering, block = frame.lowering, function.block
    for root in roots:
        taken = {p.name for p in function.parameters}
        name = free(root.hint or "value", taken)
        p = block.add_param(typeof(lowering.versions.get(root, root)), name, root.named)
        function.parameters.append(Parameter(name))
        lowering.versions[root], lowering.owners[p] = p, root


def free(hint: str, taken: set[str]) -> str:
    """A name that is not taken."""
    name, number = hint, 1
    while name in taken:
        number += 1
        name = f"{hint}_{number}"
    return name


def contents(frame: Frame, root: Value) -> Value:
    """What an array holds at the end of a function."""
    found = frame.lowering.versions.get(root, root)
    if isinstance(found, Conflict):
        refuse_conflict(found)
    out: Value = found
    return out


def position(frame: Frame, x: Anything, roots: list[Value]) -> int | None:
    """Which of the written arrays a returned binding is."""
    if type(x) is not Value:
        return None
    root, steps = base(frame.lowering, x)
    found = [k for k, r in enumerate(roots) if r is root and not steps]
    return found[0] if found else None


def renew_all(frame: Frame, targets: list[Anything], new: list[Value], name: str) -> None:
    """Make what a call has returned the contents of the arrays that it wrote."""
    for x, v in zip(targets, new):
        overwrite(frame, None, x, v, f"an array that {name} writes")


def check_apart(frame: Frame, targets: list[Anything], others: list[Value], name: str) -> None:
    """Refuse a call that gets an array which it writes in two ways: there, each name has contents
    of its own."""
    lowering = frame.lowering
    roots = [root_of(lowering, x) for x in targets]
    for k, root in enumerate(roots):
        check_root(root, f"an array that {name} writes")
        met = [r for j, r in enumerate(roots) if j != k] + [root_of(lowering, v) for v in others]
        if isinstance(root, Cell) or any(r is root for r in met):
            refuse(f"{name} calls itself, and writes into an array that it gets twice", ADVICE)
        values = [r for j, r in enumerate(roots) if j != k] + others
        shown = f"an array that {name} writes"
        lowering.updates.append(Update(root, values, shown, cursor().location, ADVICE))


def arrays(frame: Frame, x: Anything) -> list[Value]:
    """The values in an argument that may be arrays."""
    if isinstance(x, Cell):
        x = frame.lowering.versions.get(x, x.initial)
    if is_structure(x):
        return [v for i in items(x) for v in arrays(frame, i)]
    scalar = type(x) is Value and isinstance(x.type, Num) and x.type.kind in SCALARS
    return [x] if type(x) is Value and not scalar and not isinstance(x.type, Opaque) else []
