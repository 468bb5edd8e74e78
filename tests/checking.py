"""What holds for every program of the tests, which are pairs of a function and its arguments."""

from __future__ import annotations

import copy
from numbers import Number
from typing import Any

import numpy as np
import pytest

import s2s_ad
from s2s_ad.errors import UnsupportedError
from s2s_ad.testing import check_grads
from s2s_ad.trees import attributes_of


def each(programs: Any) -> Any:
    """The mark of a test that runs once for each program."""
    ids = [f.__name__ for f, _ in programs]
    return pytest.mark.parametrize(("f", "args"), programs, ids=ids)


ORDER = 2  # see conftest.py


def check_derivatives(f: Any, args: Any) -> None:
    """Derivatives to second order in every mode; the arguments are left as they were."""
    kept = copy.deepcopy(flat(args))
    check_grads(f, args, order=ORDER)
    np.testing.assert_equal(flat(args), kept)


def check_text(f: Any, args: Any) -> None:
    """The printed module, executed, gives the gradient; without types it gives the same."""
    for like in (args, None):
        text = s2s_ad.source(f, "vjp", wrt=floats(args), like=like)
        assert text == s2s_ad.source(f, "vjp", wrt=floats(args), like=like)
        assert all(len(line) <= 100 for line in text.splitlines())
        check_gradient(f, args, text)


def check_untyped(f: Any, args: Any) -> None:
    """Without types the text is longer, never another number; what needs a type is refused."""
    try:
        text = s2s_ad.source(f, "vjp", wrt=floats(args))
    except UnsupportedError:
        return
    if "_cell" not in text:  # data of a closure, which the loader hands over
        check_gradient(f, args, text)


def check_gradient(f: Any, args: Any, text: str) -> None:
    """A printed module gives the value, and the gradient of a scalar; it leaves the arguments as
    they were."""
    module: dict[str, Any] = {"__name__": "emitted"}
    exec(compile(text, f"<{f.__name__}>", "exec"), module)
    expected, given = f(*copy.deepcopy(args)), copy.deepcopy(args)
    if isinstance(expected, (list, tuple, dict)):
        return  # there is no cotangent of that structure to be had so easily
    scalar = np.shape(expected) == ()
    value, gradient = module[f.__name__ + "_vjp"](*given, *([] if scalar else [expected]))
    np.testing.assert_allclose(value, expected, rtol=1e-12)
    np.testing.assert_equal(flat(given), flat(args))
    if scalar:
        found = flat(s2s_ad.grad(f, wrt=floats(args))(*args))
        for a, b in zip(flat(gradient), found, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


def floats(args: Any) -> tuple[int, ...]:
    """The positions of the arguments that one can differentiate by."""
    return tuple(
        k for k, x in enumerate(args) if any(np.asarray(v).dtype.kind == "f" for v in flat(x))
    )


def flat(tree: Any) -> list[Any]:
    """The numbers and arrays in lists, tuples, dicts and objects."""
    if isinstance(tree, (np.ndarray, Number)):
        return [tree]
    if isinstance(tree, (list, tuple)):
        return [leaf for item in tree for leaf in flat(item)]
    found = tree if isinstance(tree, dict) else attributes_of(tree)
    return flat(list((found or {}).values()))
