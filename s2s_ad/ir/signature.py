"""What is known of a function's arguments: a type per parameter, and values taken as static."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any as Anything

from s2s_ad.ir.types import Type


@dataclass
class Signature:
    """Types by parameter name (`*args` and `**kwargs` under their names, as tuple and dict).

    `static` holds the parameters that are specialised by value (an `axis`, a flag, a string, a
    function): inside the function they are that constant. `promoted` has the types before of
    those whose integers are taken as floats, because one differentiates by them. `given` has the
    arguments themselves, where there are some: objects known by identity are looked into where the
    function changes them.
    """

    types: dict[str, Type] = field(default_factory=dict)
    static: dict[str, Anything] = field(default_factory=dict)
    promoted: dict[str, Type] = field(default_factory=dict)
    given: dict[str, Anything] = field(default_factory=dict)
