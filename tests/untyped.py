"""The text that is printed without knowing the types of the arguments, against the typed one."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

import s2s_ad
from s2s_ad.errors import S2SError


def check_untyped(f: Any, args: Any) -> None:
    """Without types the text is longer, never another number; what needs a type is refused."""
    try:
        text = s2s_ad.source(f, "vjp")
    except S2SError:
        return
    expected = f(*copy.deepcopy(args))
    if "_cell" in text or not isinstance(expected, float):
        return  # data of a closure is handed over by the loader; no gradient to compare with
    module: dict[str, Any] = {"__name__": "emitted", **f.__globals__}
    exec(compile(text, f"<{f.__name__}>", "exec"), module)
    value, gradient = module[f.__name__ + "_vjp"](*copy.deepcopy(args), out_bar=1.0)
    np.testing.assert_allclose(value, expected, rtol=1e-12)
    np.testing.assert_allclose(gradient, s2s_ad.grad(f)(*args), rtol=1e-9, atol=1e-12)
