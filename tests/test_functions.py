"""Programs with functions of functions, unpacking, generators, recursion and `match`: values and
derivatives to second order in every mode."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from s2s_ad.testing import check_grads
from tests.function_programs import PROGRAMS
from tests.untyped import check_untyped

IDS = [f.__name__ for f, _ in PROGRAMS]


@pytest.mark.parametrize(("f", "args"), PROGRAMS, ids=IDS)
def test_derivatives(f: Any, args: Any) -> None:
    kept = copy.deepcopy(args)
    check_grads(f, args, order=2)
    np.testing.assert_equal(args, kept)


@pytest.mark.parametrize(("f", "args"), PROGRAMS, ids=IDS)
def test_untyped_text(f: Any, args: Any) -> None:
    check_untyped(f, args)
