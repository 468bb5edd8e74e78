"""Every primitive on arrays says truly whether its result shares memory with its operand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from s2s_ad.ir.build import apply, building, knowing
from s2s_ad.ir.core import Block, tree_map
from s2s_ad.ir.types import Facts, Num, Type, type_of
from tests.ops.array_samples import CASES


def arrays_of(result: Any) -> list[np.ndarray]:
    if isinstance(result, (list, tuple)):
        return [a for item in result for a in arrays_of(item)]
    return [result] if isinstance(result, np.ndarray) else []


def unknown_rank(t: Type) -> Type:
    return Num(t.kind, t.dtype, None) if isinstance(t, Num) and t.kind == "array" else t


@pytest.mark.parametrize("layout", ["C", "F"])
@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.function.__name__)
def test_alias(case: Any, layout: str, known: bool) -> None:
    def prepared(x: Any) -> Any:
        return np.asarray(x, order=layout) if isinstance(x, np.ndarray) else x

    args = tree_map(prepared, case.args)
    block = Block()

    def parameter(x: Any) -> Any:
        if not isinstance(x, (np.ndarray, float)):
            return x
        t = type_of(x)
        return block.add_param(t if known else unknown_rank(t))

    with knowing(Facts()), building(block):
        apply(case.function, *tree_map(parameter, args), **case.kwargs)
    (op,) = block.ops
    given = arrays_of(list(case.args[:1]))
    if not given or given[0].size == 0:
        return
    source = arrays_of(list(args[:1]))
    results = arrays_of(case.function(*args, **case.kwargs))
    shared = any(np.shares_memory(r, s) for r in results if r.size for s in source)
    same = any(r is s for r in results for s in source)
    says = op.prim.aliasing(op)
    if says == "fresh":
        assert not shared
    elif says == "same":
        assert same
    elif says == "view":
        assert shared or not any(r.size for r in results)
    else:
        assert says == "layout"
