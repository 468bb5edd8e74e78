"""Whole functions: values and derivatives to second order in every mode, typed and untyped."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from s2s_ad.testing import check_grads
from tests.checking import check_derivatives, check_text, each
from tests.programs import PROGRAMS


@each(PROGRAMS)
def test_derivatives(f: Any, args: Any) -> None:
    check_derivatives(f, args)


@each(PROGRAMS)
def test_text_is_what_runs(f: Any, args: Any) -> None:
    check_text(f, args)


def test_every_program_is_listed() -> None:
    import tests.programs as programs

    listed = {f.__name__ for f, _ in PROGRAMS} | {
        "helper",
        "large_with_loop",
        "large",
        "v",
        "n",
        "grad",
    }
    for name, member in inspect.getmembers(programs, inspect.isfunction):
        if member.__module__ == programs.__name__:
            assert name in listed


def test_the_kind_of_a_dtype_is_known_with_the_types() -> None:
    f = lambda x: np.sum(x) if np.issubdtype(x.dtype, np.integer) else np.sum(x * x)
    check_grads(f, (np.array([1.5, 2.0]),), order=2)
