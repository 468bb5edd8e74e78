"""Types of SSA values."""

from __future__ import annotations

import numpy as np
import pytest

from s2s_ad.ir.types import F8, FLOAT, INT, Facts, Num, Type, array

UNKNOWN = Num("py", None, ())


@pytest.mark.parametrize(
    ("a", "b"), [(FLOAT, UNKNOWN), (UNKNOWN, FLOAT), (array(F8, 3), Num("array", None, (3,)))]
)
def test_unknown_dtype_is_not_float64(a: Type, b: Type) -> None:
    """NumPy says `np.dtype(float) == None`."""
    assert a != b
    assert Facts().join(a, b) == Facts().join(b, a)
    assert getattr(Facts().join(a, b), "dtype") is None


def test_equal_types() -> None:
    assert array("f8", 2) == array(np.float64, 2)
    assert hash(array("f8", 2)) == hash(array(np.float64, 2))
    assert array("f8", 2) != array("f4", 2)
    assert FLOAT != INT
