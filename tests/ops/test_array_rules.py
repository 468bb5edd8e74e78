"""The primitives on arrays, on their sample arguments, through the one checker."""

from __future__ import annotations

import pytest

import s2s_ad.ops
import s2s_ad.passes.algebra  # noqa: F401  (the peepholes that rules are written for)
from s2s_ad.errors import UnsupportedError
from s2s_ad.ir.build import knowing
from s2s_ad.ir.types import Facts
from tests.ops import array_samples
from tests.ops.checker import check, check_derivatives, check_result, primal
from tests.ops.samples import Case


@pytest.mark.parametrize("case", array_samples.CASES, ids=str)
def test_rule(case: Case) -> None:
    check(case)


@pytest.mark.parametrize("case", array_samples.TYPED, ids=str)
def test_rule_that_needs_ranks(case: Case) -> None:
    with knowing(Facts()):
        block = primal(case, True)
        check_result(case, block)
        check_derivatives(case, block, case.order)
    with knowing(Facts()), pytest.raises(UnsupportedError):
        check_derivatives(case, primal(case, False), case.order)


@pytest.mark.parametrize("case", array_samples.SEQUENCES, ids=str)
def test_result_that_is_a_sequence(case: Case) -> None:
    with knowing(Facts()):
        check_result(case, primal(case, True))
