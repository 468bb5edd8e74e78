"""The generator itself: programs compile, run, and are varied."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, given, settings

from tests.properties.programs import Program, programs


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(programs())
def test_programs_run(program: Program) -> None:
    value = program.function()(*program.args)
    assert np.shape(value) == ()
    assert np.isfinite(value)
