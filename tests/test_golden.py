"""Golden text: what is emitted, compared exactly, then executed and compared with differences.

Each file of tests/golden/ is the emitted module of one function, for one idea each. Renew with
`python -m pytest tests/test_golden.py --renew-golden`, and read the difference.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import s2s_ad
from tests import custom_programs, inplace_programs, programs, recursion_programs, try_programs

FOLDER = Path(__file__).parent / "golden"

# mode, function: the first arguments listed for it in the tables of programs
CASES = [
    *(("vjp", f) for f in (
        "horner", "newton_sqrt", "break_in_for", "continue_in_for", "return_in_loop",
        "early_return", "status_break", "swap_in_loop", "triangular", "chained_comparison",
        "augmented", "math_functions", "closure_value", "dict_literal", "enumerate_zip", "rows",
        "softmax_loss", "mlp", "fancy", "broadcasting", "rk4_pendulum", "nested_gradient",
        "heat", "wave", "gauss_seidel", "thomas", "cholesky", "rotated_buffers", "histogram",
    )),
    *(("vjp", f) for f in ("layers", "rule_with_loops", "draws_in_a_loop")),
    *(("vjp", f) for f in ("cholesky_or_not", "tried_until_it_holds")),
    *(("jvp", f) for f in ("adaptive_steps",)),
    *(("jvp", f) for f in ("break_in_for", "mlp", "heat")),
    *(("grad", f) for f in ("logistic", "heat", "whole_tree", "loop_of_calls", "tail_of_sines")),
    *(("grad", f) for f in ("two_heaps", "mutual_elements")),
]  # fmt: skip


def case(name: str) -> tuple[Any, tuple[Any, ...], tuple[int, ...]]:
    tables = (programs.PROGRAMS, inplace_programs.INPLACE, custom_programs.PROGRAMS)
    later = (try_programs.PROGRAMS, recursion_programs.PROGRAMS)
    for f, args in (row for table in (*tables, *later) for row in table):
        if f.__name__ == name:
            return f, args, tuple(i for i, a in enumerate(args) if type(a) is not int)
    raise LookupError(name)


@pytest.mark.parametrize(("mode", "name"), CASES, ids=[f"{n}_{m}" for m, n in CASES])
def test_golden(mode: str, name: str, request: pytest.FixtureRequest) -> None:
    f, args, wrt = case(name)
    text = s2s_ad.source(f, mode, wrt=wrt, like=args)
    path = FOLDER / f"{name}_{mode}.py"
    if request.config.getoption("--renew-golden"):
        path.write_text(text)
    assert text == path.read_text()

    module: dict[str, Any] = {"__name__": "golden"}
    exec(compile(path.read_text(), str(path), "exec"), module)
    rng = np.random.default_rng(5)
    direction = [_random(args[i], rng) for i in wrt]
    ends = [_at(f, args, wrt, direction, h) for h in (1e-6, -1e-6)]
    numeric = np.sum((ends[0] - ends[1]) / 2e-6)
    more = copy.deepcopy(direction) if mode == "jvp" else []
    if mode == "vjp" and np.shape(ends[0]):
        more = [np.ones(np.shape(ends[0]))]
    out = module[f"{name}_{mode}"](*copy.deepcopy(args), *more)
    if mode == "jvp":
        exact = np.sum(out[1])
    else:
        gradients = out if mode == "grad" else out[1]
        exact = sum(_dot(g, d) for g, d in zip(gradients, direction, strict=True))
    np.testing.assert_allclose(exact, numeric, rtol=1e-5, atol=1e-7)


def _random(x: Any, rng: np.random.Generator) -> Any:
    if isinstance(x, dict):
        return {k: _random(v, rng) for k, v in x.items()}
    if isinstance(x, (tuple, list)):
        return type(x)(_random(v, rng) for v in x)
    return rng.normal(size=np.shape(x)) if np.shape(x) else float(rng.normal())


def _move(x: Any, d: Any, h: float) -> Any:
    if isinstance(x, dict):
        return {k: _move(x[k], d[k], h) for k in x}
    if isinstance(x, (tuple, list)):
        return type(x)(_move(v, e, h) for v, e in zip(x, d, strict=True))
    return x + h * d


def _dot(g: Any, d: Any) -> Any:
    if isinstance(d, dict):
        return sum(_dot(g[k], d[k]) for k in d)
    if isinstance(d, (tuple, list)):
        return sum(_dot(v, e) for v, e in zip(g, d, strict=True))
    return np.sum(g * d)


def _at(f: Any, args: Any, wrt: tuple[int, ...], direction: list[Any], h: float) -> Any:
    moved = list(copy.deepcopy(args))
    for i, d in zip(wrt, direction, strict=True):
        moved[i] = _move(moved[i], d, h)
    return f(*moved)
