"""Whole functions: values and derivatives to second order in every mode, typed and untyped."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

import s2s_ad
from s2s_ad.testing import check_grads
from tests.programs import PROGRAMS

IDS = [f"{f.__name__}-{i}" for i, (f, _) in enumerate(PROGRAMS)]


@pytest.mark.parametrize(("f", "args"), PROGRAMS, ids=IDS)
def test_derivatives(f: Any, args: Any) -> None:
    check_grads(f, args, order=2)


def float_positions(args: Any) -> tuple[int, ...]:
    return tuple(i for i, a in enumerate(args) if not isinstance(a, int))


def flat(tree: Any) -> list[Any]:
    if isinstance(tree, dict):
        tree = list(tree.values())
    if isinstance(tree, (list, tuple)):
        return [leaf for item in tree for leaf in flat(item)]
    return [tree]


@pytest.mark.parametrize(("f", "args"), PROGRAMS, ids=IDS)
def test_text_is_what_runs(f: Any, args: Any) -> None:
    """The printed module, executed, gives the gradient; without types it gives the same."""
    wrt = float_positions(args)
    expected = flat(s2s_ad.grad(f, wrt=wrt)(*args))
    for like in (args, None):
        text = s2s_ad.source(f, "vjp", wrt=wrt, like=like)
        assert text == s2s_ad.source(f, "vjp", wrt=wrt, like=like)
        assert all(len(line) <= 100 for line in text.splitlines())
        module: dict[str, Any] = {"__name__": "emitted"}
        exec(compile(text, f"<{f.__name__}>", "exec"), module)
        value, gradient = module[f.__name__ + "_vjp"](*args)
        np.testing.assert_allclose(value, f(*args), rtol=1e-12)
        for a, b in zip(flat(gradient), expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


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
