"""Random expressions over arrays whose shapes and memory are known: what `inplace` builds its
programs of.
"""

from __future__ import annotations

import hashlib
import linecache
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

VECTOR, MATRIX = (5,), (3, 4)
MARKED = re.compile("‹([^‹›¦]*)¦([<>=]+)¦([^‹›¦]*)›")
ELEMENTWISE = (
    "np.sin({})", "np.tanh({})", "0.5 * {}", "{} * {}", "{} + {}", "{} - {}", "-{}", "{} * {s}",
    "{} + {s}", "{} / (2.0 + {} ** 2)", "np.exp(-({} ** 2))", "np.cos({}) * {}", "{s} - {}",
    "np.where({c}, {}, {})", "{} ** 2",
)  # fmt: skip
NUMBERS = (
    "np.sin({})", "np.tanh({})", "{} * {}", "{} + {}", "{} - {}", "0.5 * {}",
    "{} / (2.0 + {} ** 2)", "math.cos({})", "np.exp(-({} ** 2))",
)  # fmt: skip


@dataclass
class Program:
    """`marked` defines `f`, with its comparisons marked; `args` are for it. `seen` says whether
    it reads through another name what a store wrote."""

    marked: str
    args: tuple[Any, ...]
    seen: bool = False

    @property
    def source(self) -> str:
        return unmarked(self.marked)

    def fresh(self) -> tuple[Any, ...]:
        return tuple(a.copy() if isinstance(a, np.ndarray) else a for a in self.args)

    def function(self) -> Any:
        """The program as a Python function, whose source `inspect` finds."""
        return compiled(self.source)["f"]

    def probe(self, args: tuple[Any, ...]) -> tuple[Any, float]:
        """The value and the smallest distance of any comparison from a tie."""
        nearest = [math.inf]

        def seen(left: Any, right: Any) -> Any:
            nearest[0] = min(nearest[0], float(np.min(np.abs(np.subtract(left, right)))))
            return left

        text = MARKED.sub(r"(_seen(\1, \3) \2 \3)", self.marked)
        namespace = {"np": np, "math": math, "_seen": seen}
        exec(compile(text, "<probe>", "exec"), namespace)
        return namespace["f"](*args), nearest[0]  # type: ignore[operator]

    def __repr__(self) -> str:
        return f"Program(args={self.args!r}, source=\n{self.source})"


def unmarked(text: str) -> str:
    return MARKED.sub(r"\1 \2 \3", text)


def compiled(source: str) -> dict[str, Any]:
    """The namespace of a program; `inspect` finds its text."""
    filename = f"<program {hashlib.sha256(source.encode()).hexdigest()[:16]}>"
    lines = source.splitlines(keepends=True)
    linecache.cache[filename] = len(source), None, lines, filename
    namespace: dict[str, Any] = {"np": np, "math": math, "__name__": "program"}
    exec(compile(source, filename, "exec"), namespace)
    return namespace


@dataclass
class Array:
    """What the writer knows of a name: shape, the memory it stands for, and whether that is laid
    out row by row from its start."""

    shape: tuple[int, ...]
    root: int
    rowwise: bool = False


@dataclass
class Memory:
    """Through which names each object was written, and whether another name read it."""

    count: int = 0
    wrote: dict[int, set[str]] = field(default_factory=dict)
    seen: bool = False


@dataclass
class Callee:
    name: str
    shapes: list[tuple[int, ...]]
    value: str  # "array", "number" or "none": what it returns
    writes: bool


@dataclass
class Expressions:
    """What can be read at one place of a function, and how."""

    below: Callable[[int], int]  # a number from 0 to n - 1
    memory: Memory
    arrays: dict[str, Array] = field(default_factory=dict)
    scalars: list[str] = field(default_factory=list)
    indices: dict[str, tuple[int, int]] = field(default_factory=dict)  # counters, their ranges
    callees: list[Callee] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    result: str = "number"
    budget: int = 12
    loops: int = 0
    fresh: int = 0
    nested: int = 0
    count: str = "n"  # a name or number that is at most 3

    def choose(self, options: Any) -> Any:
        options = tuple(options)
        return options[self.below(len(options))]

    def chance(self, percent: int) -> bool:
        return self.below(100) >= 100 - percent

    def write(self, indent: int, text: str) -> None:
        self.lines.append("    " * indent + text)

    # Reading ------------------------------------------------------------------------------

    def read(self, name: str) -> str:
        """The name of an array, read: through another name than the one that wrote?"""
        wrote = self.memory.wrote.get(self.arrays[name].root, set())
        if wrote - {name}:
            self.memory.seen = True
        return name

    def wrote(self, name: str) -> str:
        self.memory.wrote.setdefault(self.arrays[name].root, set()).add(name)
        return name

    def of_rank(self, rank: int) -> list[str]:
        return [n for n, a in self.arrays.items() if len(a.shape) == rank]

    def index(self, length: int) -> str:
        """An int index into an axis."""
        options = [str(k) for k in {0: 0, 1: 0, length - 1: 0} if k < length] + ["-1"]
        for name, (lo, hi) in self.indices.items():
            if hi < length:
                options += [name] * 3
            if lo >= 1 and hi - 1 < length:
                options += [f"{name} - 1"] * 3
            if hi + 1 < length:
                options += [f"{name} + 1"] * 2
            if hi < length:
                options.append(f"{length - 1} - {name}")
            options.append(f"({name} + 2) % {length}")
        return str(self.choose(options))

    def element(self) -> str:
        name = self.choose(self.arrays)
        index = ", ".join(self.index(k) for k in self.arrays[name].shape)
        return f"{self.read(name)}[{index}]"

    def number(self, depth: int = 2) -> str:
        """A scalar expression of moderate size."""
        kind = self.below(10)
        if depth == 0 or kind < 3:
            return str(self.choose(self.scalars)) if self.chance(50) else self.element()
        if kind == 3:
            return str(self.choose(("0.3", "1.5", "-0.7")))
        if kind == 4:
            name = self.choose(self.arrays)
            return f"np.{self.choose(('sum', 'mean'))}({self.read(name)})"
        if kind == 5 and self.of_rank(1):
            v = self.choose(self.of_rank(1))
            (n,) = self.arrays[v].shape
            return f"{self.read(v)} @ {self.inner(self.array((n,), 0))}"
        if kind == 6 and self.indices:
            return f"0.3 * {self.choose(self.indices)}"
        return self.fill(self.choose(NUMBERS), lambda: self.inner(self.number(depth - 1)), depth)

    def array(self, shape: tuple[int, ...], depth: int = 2) -> str:
        """An expression of this shape, or one that is broadcast to it."""
        if depth == 0 or self.chance(30):
            return self.piece(shape)
        form = self.choose(ELEMENTWISE)
        left = self.inner(self.piece(shape))
        form = form.replace("{c}", f"‹{left}¦{self.choose('<>')}¦{self.bound()}›")
        return self.fill(form, lambda: self.inner(self.array(shape, depth - 1)), depth)

    def fill(self, form: str, inner: Callable[[], str], depth: int) -> str:
        out = ""
        while "{" in form:
            before, _, rest = form.partition("{")
            hole, _, form = rest.partition("}")
            out += before + (self.inner(self.number(depth - 1)) if hole == "s" else inner())
        return out + form

    def inner(self, text: str) -> str:
        return text if re.fullmatch(r"\w+(\[[^\]]*\])?|np\.\w+\([^()]*\)", text) else f"({text})"

    def piece(self, shape: tuple[int, ...]) -> str:
        """A name or a view of this shape (or one row of it)."""
        options = [n for n, a in self.arrays.items() if a.shape == shape]
        if options and self.chance(60):
            return self.read(self.choose(options))
        views = [(n, view) for n in self.arrays for view, s, _ in self.views(n) if s == shape]
        if views:
            n, view = self.choose(views)
            self.read(n)
            return str(view)
        if options:
            return self.read(self.choose(options))
        if len(shape) == 2 and shape[1:] != shape:
            return self.piece(shape[1:]) if self.chance(50) else f"np.ones({shape})"
        return f"np.linspace(0.1, 0.9, {shape[0]})"

    def views(self, name: str) -> list[tuple[str, tuple[int, ...], bool]]:
        """Views of an array: the text, the shape, whether it is known to be laid out row by row."""
        a = self.arrays[name]
        if len(a.shape) == 1:
            (n,) = a.shape
            out = [
                (f"{name}[1:]", (n - 1,), False),
                (f"{name}[:-1]", (n - 1,), False),
                (f"{name}[::-1]", (n,), False),
                (f"{name}[::2]", ((n + 1) // 2,), False),
                (f"{name}[1:-1]", (n - 2,), False),
                (f"{name}[:3]", (min(n, 3),), False),
                (f"{name}[...]", (n,), False),
            ]
            for i, (lo, hi) in self.indices.items():
                if hi + 2 <= n:
                    out.append((f"{name}[{i}:{i} + 2]", (2,), False))
            out = [v for v in out if v[1][0] > 0]
            if a.rowwise and n % 2 == 0:
                out.append((f"{name}.reshape({n // 2}, 2)", (n // 2, 2), True))
            return out
        n, m = a.shape
        out = [(f"{name}.T", (m, n), False)]
        for k in ("0", "-1", *(i for i, (_, hi) in self.indices.items() if hi < n)):
            out.append((f"{name}[{k}]", (m,), False))
        for k in ("1", *(i for i, (_, hi) in self.indices.items() if hi < m)):
            out.append((f"{name}[:, {k}]", (n,), False))
        if n > 1 and m > 1:
            out += [(f"{name}[1:]", (n - 1, m), False), (f"{name}[:, 1:]", (n, m - 1), False)]
        if a.rowwise:
            out += [
                (f"{name}.reshape({m}, {n})", (m, n), True),
                (f"{name}.ravel()", (n * m,), True),
                (f"{name}.reshape(-1)", (n * m,), True),
            ]
        return out

    def bound(self) -> str:
        return str(self.choose(("0.31", "-0.47", "0.83", "0.05")))

    def condition(self) -> str:
        if self.indices and self.chance(30):
            return f"{self.choose(self.indices)} {self.choose(('<', '>=', '=='))} 1"
        return f"‹{self.inner(self.number(1))}¦{self.choose('<>')}¦{self.bound()}›"

    def calm(self, text: str) -> str:
        """Values in loops are kept moderate."""
        if not self.loops and not self.chance(20):
            return text
        return f"{self.choose(('np.sin', 'np.tanh'))}({text})" if not text.isdigit() else text
