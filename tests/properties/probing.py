"""Random programs as texts in which what is not smooth is marked, so that a run can be probed.

Marks: `‹x¦<¦y›` compares, `«x»` is put in order, `«x‖y»` are two of which the larger or smaller
counts, `⌈x⌉` loses its fraction. A probe is a run that sees how near each of them is to a tie.
"""

from __future__ import annotations

import hashlib
import linecache
import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

COMPARED = re.compile("‹([^‹›¦]*)¦([<>=]+)¦([^‹›¦]*)›")
PAIR = re.compile("«([^«»‖]*)‖([^«»‖]*)»")
ORDERED = re.compile("«([^«»‖]*)»")
CUT = re.compile("⌈([^⌈⌉]*)⌉")
PLAIN = ((COMPARED, r"\1 \2 \3"), (PAIR, r"\1, \2"), (ORDERED, r"\1"), (CUT, r"\1"))
PROBED = (
    (COMPARED, r"(_compared(\1, \3) \2 \3)"),
    (PAIR, r"*_pair(\1, \2)"),
    (ORDERED, r"_ordered(\1)"),
    (CUT, r"_cut(\1)"),
)


@dataclass
class Program:
    """`marked` defines `f`, with what is not smooth marked; `args` are for it. `seen` says
    whether it reads through another name what a store wrote."""

    marked: str
    args: tuple[Any, ...]
    seen: bool = False

    @property
    def source(self) -> str:
        return replaced(self.marked, PLAIN)

    def fresh(self) -> tuple[Any, ...]:
        """Copies of the arguments, laid out alike."""
        return tuple(a.copy(order="K") if isinstance(a, np.ndarray) else a for a in self.args)

    def function(self) -> Any:
        """The program as a Python function, whose source `inspect` finds."""
        return compiled(self.source)["f"]

    def probe(self, args: tuple[Any, ...]) -> tuple[Any, float]:
        """The value and the smallest distance from a tie."""
        probe = Probe()
        names = {"np": np, "math": math} | {
            f"_{name}": getattr(probe, name) for name in ("compared", "pair", "ordered", "cut")
        }
        exec(compile(replaced(self.marked, PROBED), "<probe>", "exec"), names)
        return names["f"](*args), probe.nearest

    def __repr__(self) -> str:
        return f"Program(args={self.args!r}, source=\n{self.source})"


class Probe:
    """Sees how near a run comes to a tie."""

    def __init__(self) -> None:
        self.nearest = math.inf

    def near(self, distances: Any) -> None:
        self.nearest = min(self.nearest, float(np.min(np.abs(distances), initial=math.inf)))

    def compared(self, left: Any, right: Any) -> Any:
        self.near(np.subtract(left, right))
        return left

    def pair(self, left: Any, right: Any) -> tuple[Any, Any]:
        self.near(np.subtract(left, right))
        return left, right

    def ordered(self, x: Any) -> Any:
        self.near(np.diff(np.sort(np.ravel(x))))
        return x

    def cut(self, x: Any) -> Any:
        self.near(x - np.round(x))
        return x


def replaced(text: str, rules: Any) -> str:
    """The text with its marks replaced, inner ones first."""
    while True:
        before = text
        for pattern, replacement in rules:
            text = pattern.sub(replacement, text)
        if text == before:
            return text


def compiled(source: str) -> dict[str, Any]:
    """The namespace of a program; `inspect` finds its text."""
    filename = f"<program {hashlib.sha256(source.encode()).hexdigest()[:16]}>"
    lines = source.splitlines(keepends=True)
    linecache.cache[filename] = len(source), None, lines, filename
    namespace: dict[str, Any] = {"np": np, "math": math, "__name__": "program"}
    exec(compile(source, filename, "exec"), namespace)
    return namespace
