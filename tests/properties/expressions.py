"""Random expressions over arrays whose shapes and memory are known: what `inplace` builds its
programs of.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

VECTOR, MATRIX = (5,), (3, 4)
ELEMENTWISE = (
    "np.sin({})", "np.tanh({})", "0.5 * {}", "{} * {}", "{} + {}", "{} - {}", "-{}", "{} * {s}",
    "{} + {s}", "{} / (2.0 + {} ** 2)", "np.exp(-({} ** 2))", "np.cos({}) * {}", "{s} - {}",
    "np.where({c}, {}, {})", "{} ** 2", "np.sqrt(1.0 + {} ** 2)", "np.{m}(«{}‖{}»)", "{} * {k}",
)  # fmt: skip
NUMBERS = (
    "np.sin({})", "np.tanh({})", "{} * {}", "{} + {}", "{} - {}", "0.5 * {}",
    "{} / (2.0 + {} ** 2)", "math.cos({})", "np.exp(-({} ** 2))", "{m}(«{}‖{}»)", "{} * {k}",
)  # fmt: skip
NAME = re.compile(r"\w+(\[[^\]]*\])?|np\.\w+\([^()]*\)")


@dataclass
class Array:
    """What the writer knows of a name: shape, the memory it stands for, and how that is laid out
    from its start ("C": row by row, "F": column by column, "": not known)."""

    shape: tuple[int, ...]
    root: int
    order: str = ""


@dataclass
class Integers:
    """An array of integers: its length, and the largest of its values (the smallest is 0), if
    they may be indices."""

    length: int
    high: int | None


@dataclass
class Memory:
    """Through which names each object was written, and whether another name read it."""

    count: int = 0
    wrote: dict[int, set[str]] = field(default_factory=dict)
    seen: bool = False

    def new(self) -> int:
        self.count += 1
        return self.count


@dataclass
class Callee:
    """A function that the program may call: the shapes it takes, what it returns ("array",
    "number" or "none"), whether it wants a number besides."""

    name: str
    shapes: list[tuple[int, ...]]
    value: str


@dataclass
class Expressions:
    """What can be read at one place of a function, and how."""

    below: Callable[[int], int]  # a number from 0 to n - 1
    memory: Memory
    arrays: dict[str, Array] = field(default_factory=dict)
    scalars: list[str] = field(default_factory=list)
    indices: dict[str, tuple[int, int]] = field(default_factory=dict)  # ints, their ranges
    integers: dict[str, Integers] = field(default_factory=dict)
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

    def name_for(self, options: str) -> str:
        """A name to bind: a new one."""
        self.fresh += 1
        return f"{self.choose(options)}{self.fresh}"

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
        for name, a in self.integers.items():
            k = self.within(a.length)
            if a.high is None:
                options.append(f"{name}[{k}] % {length}")
            elif a.high < length:
                options += [f"{name}[{k}]"] * 2
        return str(self.choose(options))

    def within(self, length: int) -> str:
        """A simple int index."""
        fitting = [name for name, (_, hi) in self.indices.items() if hi < length]
        return str(self.choose(["0", "-1", *fitting, *fitting]))

    def several(self, length: int) -> list[tuple[str, int]]:
        """Arrays of integers that index an axis, with their lengths."""
        return [
            (name, a.length)
            for name, a in self.integers.items()
            if a.high is not None and a.high < length
        ]

    def whole(self) -> str:
        """An int as a number: a counter, or an item of an array of integers."""
        options = [
            *self.indices,
            *(f"{n}[{self.within(a.length)}]" for n, a in self.integers.items()),
        ]
        return str(self.choose(options)) if options else "2"

    def element(self) -> str:
        name = self.choose(self.arrays)
        index = ", ".join(self.index(k) for k in self.arrays[name].shape)
        return f"{self.read(name)}[{index}]"

    def number(self, depth: int = 2) -> str:
        """A scalar expression of moderate size."""
        kind = self.below(12)
        if depth == 0 or kind < 3:
            return str(self.choose(self.scalars)) if self.chance(50) else self.element()
        if kind == 3:
            return str(self.choose(("0.3", "1.5", "-0.7")))
        if kind == 4:
            name = self.choose(self.arrays)
            if self.chance(25):
                return f"np.{self.choose(('max', 'min'))}(«{self.read(name)}»)"
            return f"np.{self.choose(('sum', 'mean'))}({self.read(name)})"
        if kind == 5 and self.of_rank(1):
            v = self.choose(self.of_rank(1))
            (n,) = self.arrays[v].shape
            return f"{self.read(v)} @ {self.inner(self.array((n,), 0))}"
        if kind == 6:
            return f"0.3 * {self.whole()}"
        return self.fill(self.choose(NUMBERS), lambda: self.inner(self.number(depth - 1)), depth)

    def array(self, shape: tuple[int, ...], depth: int = 2) -> str:
        """An expression of this shape, or one that is broadcast to it."""
        if depth == 0 or self.chance(30):
            return self.piece(shape)
        if self.chance(8):
            return self.product(shape)
        form = self.choose(ELEMENTWISE)
        left = self.inner(self.piece(shape))
        form = form.replace("{c}", f"‹{left}¦{self.choose('<>')}¦{self.bound()}›")
        form = form.replace("np.{m}", self.choose(("np.maximum", "np.minimum")))
        return self.fill(form, lambda: self.inner(self.array(shape, depth - 1)), depth)

    def product(self, shape: tuple[int, ...]) -> str:
        """Products, sums along an axis and other operations on whole arrays."""
        options = []
        for n, a in self.arrays.items():
            if len(a.shape) == 2 and a.shape[:1] == shape:
                options += [f"{n} @ {self.inner(self.piece(a.shape[1:]))}", f"np.sum({n}, axis=1)"]
            elif len(a.shape) == 2 and a.shape[1:] == shape:
                options += [f"{self.inner(self.piece(a.shape[:1]))} @ {n}", f"np.mean({n}, axis=0)"]
            elif a.shape == shape and len(shape) == 1:
                options += [
                    f"np.cumsum({n})",
                    f"np.sort(«{n}»)",
                    f"np.roll({n}, 1)",
                    f"np.flip({n})",
                ]
        if len(shape) == 2:
            options.append(f"np.outer({self.piece(shape[:1])}, {self.piece(shape[1:])})")
        if not options:
            return self.piece(shape)
        text = str(self.choose(options))
        for n in self.arrays:
            if re.search(rf"\b{n}\b", text):
                self.read(n)
        return text

    def fill(self, form: str, inner: Callable[[], str], depth: int) -> str:
        form = form.replace("{m}", self.choose(("max", "min")))
        out = ""
        while "{" in form:
            before, _, rest = form.partition("{")
            hole, _, form = rest.partition("}")
            text = (
                self.inner(self.number(depth - 1))
                if hole == "s"
                else self.whole()
                if hole
                else inner()
            )
            out += before + text
        return out + form

    def inner(self, text: str) -> str:
        return text if NAME.fullmatch(text) else f"({text})"

    def piece(self, shape: tuple[int, ...]) -> str:
        """A name or a view of this shape (or one row of it)."""
        options = [n for n, a in self.arrays.items() if a.shape == shape]
        if options and self.chance(60):
            return self.read(self.choose(options))
        if self.chance(25):
            gathered = [
                (n, f"{n}[{i}]")
                for n, a in self.arrays.items()
                for i, k in self.several(a.shape[0])
                if (k, *a.shape[1:]) == shape
            ]
            if gathered:
                n, text = self.choose(gathered)
                self.read(n)
                return str(text)
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

    def views(self, name: str) -> list[tuple[str, tuple[int, ...], str]]:
        """Views of an array: the text, the shape, the layout."""
        a = self.arrays[name]
        if len(a.shape) == 1:
            (n,) = a.shape
            out = [
                (f"{name}[1:]", (n - 1,), a.order),
                (f"{name}[:-1]", (n - 1,), a.order),
                (f"{name}[::-1]", (n,), ""),
                (f"{name}[::2]", ((n + 1) // 2,), ""),
                (f"{name}[1:-1]", (n - 2,), a.order),
                (f"{name}[:3]", (min(n, 3),), a.order),
                (f"{name}[...]", (n,), a.order),
                (f"{name}[None]", (1, n), a.order),
                (f"{name}[:, np.newaxis]", (n, 1), a.order),
            ]
            for i, (_, hi) in self.indices.items():
                if hi + 2 <= n:
                    out.append((f"{name}[{i}:{i} + 2]", (2,), a.order))
                if hi < n - 1:
                    out.append((f"{name}[-2 - {i} : {n} - {i}]", (2,), a.order))
            out = [v for v in out if v[1][0] > 0]
            if a.order and n % 2 == 0:
                out.append((f"{name}.reshape({n // 2}, 2)", (n // 2, 2), "C"))
                out.append((f'{name}.reshape(2, {n // 2}, order="F")', (2, n // 2), "F"))
            return out
        n, m = a.shape
        turned = {"C": "F", "F": "C", "": ""}[a.order]
        out = [(f"{name}.T", (m, n), turned), (f"np.swapaxes({name}, 0, 1)", (m, n), turned)]
        for k in ("0", "-1", *(i for i, (_, hi) in self.indices.items() if hi < n)):
            out.append((f"{name}[{k}]", (m,), "C" if a.order == "C" else ""))
        for k in ("1", *(i for i, (_, hi) in self.indices.items() if hi < m)):
            if k != "1" or m > 1:
                out.append((f"{name}[:, {k}]", (n,), "C" if a.order == "F" else ""))
        if n > 1 and m > 1:
            out += [(f"{name}[1:]", (n - 1, m), ""), (f"{name}[:, 1:]", (n, m - 1), "")]
            out += [(f"{name}[::-1]", (n, m), ""), (f"{name}[:2, ::2]", (2, (m + 1) // 2), "")]
        if 1 in a.shape:
            out.append((f"np.squeeze({name})", tuple(k for k in a.shape if k > 1) or (), ""))
        if a.order == "C":
            out += [
                (f"{name}.reshape({m}, {n})", (m, n), "C"),
                (f"{name}.ravel()", (n * m,), "C"),
                (f"{name}.reshape(-1)", (n * m,), "C"),
            ]
        elif a.order == "F":
            out += [
                (f'{name}.ravel(order="F")', (n * m,), "C"),
                (f'{name}.reshape(({m}, {n}), order="F")', (m, n), "F"),
                (f"{name}.T.reshape(-1)", (n * m,), "C"),
            ]
        return [v for v in out if v[1]]

    def bound(self) -> str:
        return str(self.choose(("0.31", "-0.47", "0.83", "0.05")))

    def condition(self) -> str:
        if self.chance(25) and (self.indices or self.integers):
            return f"{self.whole()} {self.choose(('<', '>=', '==', '%'))} {self.choose('12')}"
        text = f"‹{self.inner(self.number(1))}¦{self.choose('<>')}¦{self.bound()}›"
        if self.chance(12):
            other = f"‹{self.inner(self.number(0))}¦{self.choose('<>')}¦{self.bound()}›"
            return f"{text} {self.choose(('and', 'or'))} {other}"
        return text

    def calm(self, text: str) -> str:
        """Values in loops are kept moderate."""
        if not self.loops and not self.chance(20):
            return text
        return f"{self.choose(('np.sin', 'np.tanh'))}({text})" if not text.isdigit() else text
