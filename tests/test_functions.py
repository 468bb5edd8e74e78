"""Programs with functions of functions, unpacking, generators, recursion and `match`: values and
derivatives to second order in every mode."""

from __future__ import annotations

from typing import Any

from tests.checking import check_derivatives, check_untyped, each
from tests.function_programs import PROGRAMS


@each(PROGRAMS)
def test_derivatives(f: Any, args: Any) -> None:
    check_derivatives(f, args)


@each(PROGRAMS)
def test_untyped_text(f: Any, args: Any) -> None:
    check_untyped(f, args)
