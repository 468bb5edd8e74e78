"""Order along axes: flip, rot90, roll. All linear; a transpose turns back."""

from __future__ import annotations

from typing import Any as Anything

import numpy as np

from s2s_ad.ir.types import Num
from s2s_ad.ops.arraytypes import array_of
from s2s_ad.ops.rules import declare, linear
from s2s_ad.ops.shaping import alias_of_array, arranged, swapaxes_type


def _flip_type(m: Anything, axis: Anything = None) -> Num:
    return arranged(m, array_of(m).shape)


FLIP = declare(
    np.flip,
    _flip_type,
    linear(lambda g, out, x, axis=None: np.flip(g, axis=axis) if axis is not None else np.flip(g)),
    alias=alias_of_array("view"),
)
FLIPLR = declare(
    np.fliplr,
    lambda m: _flip_type(m),
    linear(lambda g, out, x: np.fliplr(g)),
    alias=alias_of_array("view"),
)
FLIPUD = declare(
    np.flipud,
    lambda m: _flip_type(m),
    linear(lambda g, out, x: np.flipud(g)),
    alias=alias_of_array("view"),
)


def _rot90_type(m: Anything, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Num:
    old = array_of(m).shape
    if old is None or k % 2 == 0:
        return arranged(m, old)
    return swapaxes_type(m, *axes)


ROT90 = declare(
    np.rot90,
    _rot90_type,
    linear(lambda g, out, x, k=1, axes=(0, 1): np.rot90(g, -k, axes)),
    alias=alias_of_array("view"),
)


def _roll_type(a: Anything, shift: Anything, axis: Anything = None) -> Num:
    return arranged(a, array_of(a).shape)


def _negated(shift: Anything) -> Anything:
    if isinstance(shift, (tuple, list)):
        return tuple(_negated(s) for s in shift)
    return -shift


ROLL = declare(
    np.roll,
    _roll_type,
    linear(lambda g, out, x, shift, axis=None: np.roll(g, _negated(shift), axis=axis)),
    arrays=1,
)
