"""Twenty functions of the kind found in scientific code, as their users wrote them."""

from __future__ import annotations

import pytest

from s2s_ad.errors import UnsupportedError
from s2s_ad.testing import check_grads
from tests.science.cases import CASES, Case

# What is refused, and why it is.
REFUSED = {
    "bundle_adjustment": "on one path and not on another",  # a key that is there on one path
}


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_derivatives(case: Case) -> None:
    if case.name in REFUSED:
        with pytest.raises(UnsupportedError, match=REFUSED[case.name]):
            check_grads(case.function, case.args, wrt=case.wrt)
        return
    check_grads(case.function, case.args, order=2, wrt=case.wrt)
