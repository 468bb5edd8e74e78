"""Programs that write into arrays: values and derivatives to second order in every mode."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import s2s_ad
from s2s_ad.errors import UnsupportedError
from s2s_ad.testing import check_grads
from tests.inplace_programs import INPLACE

IDS = [f"{f.__name__}-{i}" for i, (f, _) in enumerate(INPLACE)]


@pytest.mark.parametrize(("f", "args"), INPLACE, ids=IDS)
def test_derivatives(f: Any, args: Any) -> None:
    check_grads(f, args, order=2)
