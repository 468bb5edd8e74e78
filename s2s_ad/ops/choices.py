"""The tuples of indices over which itertools runs."""

from __future__ import annotations

from s2s_ad import runtime
from s2s_ad.ir.primitive import Primitive, register
from s2s_ad.ir.types import INT, ListOf, Seq
from s2s_ad.ops.rules import constant

# The list of `itertools.<function>(range(n), r)`.
CHOICES = register(
    Primitive(
        "choices",
        runtime.choices,
        lambda n, r, function: ListOf("list", Seq("tuple", (INT,) * r)),
        "runtime choices",
        static=frozenset({"function", "r"}),
        derivative=constant,
    )
)
