"""A pass on SSA text: what it makes of it, and that the results are the same."""

from __future__ import annotations

import textwrap

import numpy as np

import s2s_ad.ops  # noqa: F401
from s2s_ad.ir.core import Function, clone
from s2s_ad.ir.interpreter import interpret
from s2s_ad.ir.parser import parse_function
from s2s_ad.ir.printer import print_function
from s2s_ad.ir.verifier import verify


def text_of(f: Function) -> str:
    return print_function(f)


def check(run: object, before: str, after: str, *args: object, role: str = "primal") -> None:
    """`after` is the body expected; results are those of before."""
    f = parse_function(textwrap.dedent(before), role)
    expected = interpret(verify(clone(f)), args) if args else None
    g = verify(run(f))  # type: ignore[operator]
    assert text_of(g).split(":\n", 1)[1] == textwrap.indent(
        textwrap.dedent(after).lstrip("\n"), "  "
    )
    if args:
        np.testing.assert_equal(interpret(g, args), expected)
