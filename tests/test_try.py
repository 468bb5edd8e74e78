"""Programs with `try`, `with` and `assert`: values, derivatives to second order, exceptions."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import s2s_ad
from s2s_ad.errors import UnsupportedError
from s2s_ad.ir.interpreter import interpret
from s2s_ad.ir.signature import Signature
from s2s_ad.ir.types import type_of
from s2s_ad.pipeline import prepare
from tests import try_programs
from tests.checking import check_derivatives, check_untyped, each
from tests.try_programs import PROGRAMS, RAISING, REFUSED


@each(PROGRAMS)
def test_derivatives(f: Any, args: Any) -> None:
    check_derivatives(f, args)


@each(PROGRAMS)
def test_untyped_text(f: Any, args: Any) -> None:
    check_untyped(f, args)


@each(PROGRAMS)
def test_ssa_runs(f: Any, args: Any) -> None:
    names = list(f.__code__.co_varnames[: len(args)])
    primal = prepare(f, Signature(dict(zip(names, map(type_of, args))), {}))
    np.testing.assert_allclose(interpret(primal, list(copy.deepcopy(args))), f(*args), rtol=1e-12)


@pytest.mark.parametrize(("f", "args"), RAISING, ids=lambda x: getattr(x, "__name__", ""))
def test_the_same_exception_comes_out(f: Any, args: Any) -> None:
    with pytest.raises(Exception) as expected:
        f(*args)
    seeds = tuple(np.ones_like(a) if isinstance(a, np.ndarray) else 1.0 for a in args)
    for derivative in (
        lambda: s2s_ad.jvp(f, args, seeds),
        lambda: s2s_ad.vjp(f, *args),
        lambda: s2s_ad.value_and_grad(f)(*args),
    ):
        with pytest.raises(expected.type) as found:
            derivative()
        assert str(found.value) == str(expected.value)
        cause, wanted = found.value.__cause__, expected.value.__cause__
        assert type(cause) is type(wanted) and str(cause) == str(wanted)


@pytest.mark.parametrize(("f", "message"), REFUSED, ids=lambda x: getattr(x, "__name__", ""))
def test_what_cannot_be_decided_is_refused(f: Any, message: str) -> None:
    with pytest.raises(UnsupportedError, match=message):
        s2s_ad.grad(f)(3.0)


def test_a_jump_leaves_no_try() -> None:
    for f in (try_programs.adaptive_steps, try_programs.tried_until_it_holds):
        text = s2s_ad.source(f, "vjp", like=(1.0, 0.2)[: f.__code__.co_argcount])
        assert "try" not in text.replace("# try", "") and "status" not in text


def test_no_handler_catches_what_a_tangent_raises() -> None:
    A = np.array([[1.0, 2.0], [2.0, 4.0]])
    assert try_programs.singular(A) == 0.0
    with pytest.raises(np.linalg.LinAlgError):
        s2s_ad.jvp(try_programs.singular, (A,), (np.ones((2, 2)),))
