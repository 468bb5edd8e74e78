"""Every primitive on its sample arguments, through the one checker; none without a sample."""

from __future__ import annotations

import pytest

import s2s_ad.ops
import s2s_ad.passes.algebra  # noqa: F401  (the peepholes that rules are written for)
from s2s_ad.ir.primitive import BY_NAME, TABLE, Primitive
from s2s_ad.ops import buffers, choices, custom, lists, opaque, slots, structure, tapes
from tests.ops import array_samples, samples
from tests.ops.checker import check
from tests.ops.samples import Case


@pytest.mark.parametrize("case", samples.CASES, ids=str)
def test_rule(case: Case) -> None:
    check(case)


def structural() -> set[str]:
    """What these modules declare: no mathematics, tested where it is used."""
    declared = [
        v
        for module in (buffers, choices, custom, lists, opaque, slots, structure, tapes)
        for v in vars(module).values()
    ]
    return {p.name for p in declared if isinstance(p, Primitive)}


def test_every_primitive_has_a_case() -> None:
    cases = [*samples.CASES, *array_samples.CASES, *array_samples.SEQUENCES]
    covered = {TABLE[case.function].name for case in cases if case.function in TABLE}
    missing = set(BY_NAME) - covered - structural()
    assert not missing, sorted(missing)
