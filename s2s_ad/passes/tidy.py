"""The passes that derivative code goes through, in their order."""

from __future__ import annotations

from s2s_ad.ir.core import Function
from s2s_ad.passes.algebra import algebra
from s2s_ad.passes.cse import cse
from s2s_ad.passes.dce import dce
from s2s_ad.passes.licm import licm
from s2s_ad.passes.shapes import shapes
from s2s_ad.passes.stores import stores


def tidy(function: Function, may_raise_less: bool = False, hoist: bool = False) -> Function:
    """Simplify derivative code, in place.

    To be called when a sweep is written, before it is decided what is recorded (so that only
    what the simplified sweep reads is), and with `hoist` afterwards, when each block stands on
    its own.
    """
    stores(function)
    shapes(function)  # first: what lent only its shape is dead then
    dce(function, may_raise_less)
    for _ in range(2):  # a merged operand makes more equal, a removed reader frees a factor
        cse(function)
        algebra(function)
        dce(function, may_raise_less)
    if hoist:
        licm(function)
    return function
