"""Numbers on tapes and undo logs, counted by running the emitted text."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

import s2s_ad


def recorded(f: Any, args: tuple[Any, ...], wrt: Any) -> int:
    """How many numbers the forward sweep of the emitted gradient puts on lists."""
    text = s2s_ad.source(f, "vjp", wrt=wrt, like=args)
    text = re.sub(r"= \[\]$", "= Recorder()", text, flags=re.M)
    total = [0]

    class Recorder(list):  # type: ignore[type-arg]
        def append(self, item: Any) -> None:
            total[0] += int(np.size(item))
            super().append(item)

    module: dict[str, Any] = {"__name__": "emitted", "Recorder": Recorder}
    exec(compile(text, "<recorded>", "exec"), module)
    y = f(*(a.copy() if isinstance(a, np.ndarray) else a for a in args))
    module[f.__name__ + "_vjp"](*args, *([np.ones(np.shape(y))] if np.shape(y) else []))
    return total[0]
