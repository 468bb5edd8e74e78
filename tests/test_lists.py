"""Programs with lists and dicts: values and derivatives to second order in every mode."""

from __future__ import annotations

from typing import Any

import pytest

import s2s_ad
from s2s_ad.errors import UnsupportedError
from tests.checking import check_derivatives, check_untyped, each
from tests.list_programs import PROGRAMS, REFUSED, X, recurrence_on_the_last_item, too_few


@each(PROGRAMS)
def test_derivatives(f: Any, args: Any) -> None:
    check_derivatives(f, args)


@each(PROGRAMS)
def test_untyped_text(f: Any, args: Any) -> None:
    check_untyped(f, args)


@pytest.mark.parametrize(("f", "message"), REFUSED, ids=lambda x: getattr(x, "__name__", ""))
def test_what_cannot_be_decided_is_refused(f: Any, message: str) -> None:
    with pytest.raises(UnsupportedError, match=message):
        s2s_ad.grad(f)(X)


def test_what_stands_in_a_list_that_grows_is_not_recorded() -> None:
    text = s2s_ad.source(recurrence_on_the_last_item, "vjp", like=(X,))
    assert "_tape" not in text
    assert "s_bar[-1] += 2.0 * term_bar * s[t]" in text


def test_names_are_zipped_with_as_many_numbers() -> None:
    with pytest.raises(AssertionError, match="fewer than 5 items"):
        s2s_ad.grad(too_few)(X)
