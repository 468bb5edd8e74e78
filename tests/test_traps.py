"""Every trap gives the expected derivative, in each mode and nested, or is refused."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import s2s_ad
from s2s_ad.errors import S2SError
from tests.traps import TRAPS, Trap


def load(trap: Trap, folder: Path) -> ModuleType:
    name = f"trap_{trap.number}"
    path = folder / f"{name}.py"
    path.write_text("import numpy as np\nfrom s2s_ad import grad\n\n" + trap.source)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def basis(x: Any) -> list[Any]:
    """The unit directions of the space of x."""
    if np.shape(x) == ():
        return [np.asarray(1.0) if isinstance(x, np.ndarray) else 1.0]
    dtype = x.dtype if x.dtype.kind == "f" else float
    eye = np.eye(x.size, dtype=dtype)
    return [row.reshape(x.shape) for row in eye]


def forward(f: Any, x: Any) -> np.ndarray:
    start = np.asarray(x, dtype=float) if np.asarray(x).dtype.kind == "i" else x
    start = float(x) if isinstance(x, int) else start
    return np.array([s2s_ad.jvp(f, (start,), (d,))[1] for d in basis(start)]).reshape(np.shape(x))


@pytest.mark.parametrize("trap", TRAPS, ids=lambda t: str(t.number))
def test_trap(trap: Trap, tmp_path: Path) -> None:
    f = load(trap, tmp_path).f
    kept = np.array(trap.x, copy=True)
    if trap.refused:
        for transform in (s2s_ad.grad(f), lambda x: s2s_ad.jvp(f, (x,), (x,))):
            with pytest.raises(S2SError, match=trap.refused):
                transform(trap.x)
        return
    gradient = s2s_ad.grad(f)(trap.x)
    for found in (gradient, forward(f, trap.x)):
        if trap.number == 55 and np.isnan(found):  # documented in docs/reference.md
            continue
        np.testing.assert_allclose(found, trap.expected, rtol=2e-3, atol=1e-12)
    np.testing.assert_array_equal(trap.x, kept)
    assert np.shape(gradient) == np.shape(trap.x)
    if isinstance(trap.x, np.ndarray) and trap.x.dtype.kind == "f":
        assert gradient.dtype == trap.x.dtype
        assert not np.shares_memory(gradient, trap.x)
    np.testing.assert_array_equal(s2s_ad.grad(f)(trap.x), gradient)


ROUGH = (28, 36, 54, 55, 57, 58, 59, 60, 61, 62, 63)  # without a second derivative at the point
SMOOTH_SECOND = [t for t in TRAPS if not t.refused and t.number not in ROUGH]


@pytest.mark.parametrize("trap", SMOOTH_SECOND, ids=lambda t: str(t.number))
def test_trap_nested(trap: Trap, tmp_path: Path) -> None:
    """Second derivatives along a direction: reverse over reverse, forward over reverse, against
    differences of the gradient."""
    f = load(trap, tmp_path).f
    x = np.asarray(trap.x, dtype=float)
    x = float(x) if np.shape(trap.x) == () else x
    d = np.cos(1.0 + np.arange(np.size(x), dtype=float)).reshape(np.shape(x))
    d = float(d) if np.shape(x) == () else d
    gradient = s2s_ad.grad(f)
    h = 1e-5
    numeric = (np.asarray(gradient(x + h * d)) - np.asarray(gradient(x - h * d))) / (2 * h)
    _, tangent = s2s_ad.jvp(gradient, (x,), (d,))
    np.testing.assert_allclose(tangent, numeric, rtol=1e-4, atol=1e-6)
    _, pullback = s2s_ad.vjp(gradient, x)
    (second,) = pullback(d)
    np.testing.assert_allclose(second, numeric, rtol=1e-4, atol=1e-6)


def test_global_is_read_at_call_time(tmp_path: Path) -> None:
    module = load(next(t for t in TRAPS if t.number == 41), tmp_path)
    gradient = s2s_ad.grad(module.f)
    assert gradient(2.0) == 8.0
    module.K = 5.0
    assert gradient(2.0) == 20.0
