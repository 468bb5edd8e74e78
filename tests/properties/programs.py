"""Random Python programs in the supported subset: scalars and small arrays, loops, branches,
early exits; no stores into arrays.

Values stay moderate and everything is smooth where it is evaluated, so derivatives can be
compared with central differences; the arguments are in general position, so no comparison is a
tie and no step of a difference crosses a branch.
"""

from __future__ import annotations

import hashlib
import linecache
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import strategies as st

SIZE = 3  # of every array

SCALAR = (
    "{s} + {s}", "{s} - {s}", "{s} * {s}", "-{s}", "0.5 * {s}", "{s} / (2.0 + {s} ** 2)",
    "np.sin({s})", "np.tanh({s})", "np.exp(-({s} ** 2))", "np.sqrt(1.0 + {s} ** 2)", "{s} ** 2",
    "np.sum({a})", "{a}[{k}]", "np.dot({a}, {a})", "np.mean({a} * {s})", "{a} @ {a}",
    "({s} if {c} else {s})", "math.cos({s})", "abs({s})", "1.5", "np.sum({a} * {a}, axis=0)",
    "max({s}, {s})", "{a}[1:] @ {a}[:-1]", "np.log(3.0 + np.cos({s}))",
)  # fmt: skip
ARRAY = (
    "{a} + {a}", "{a} - {s}", "{a} * {a}", "{s} * {a}", "-{a}", "{a} / (2.0 + {a} ** 2)",
    "np.sin({a})", "np.tanh({a} * {s})", "np.where({a} > {s}, {a}, {s})", "{a}[::-1]",
    "np.outer({a}, {a}) @ {a}", "np.cumsum({a})", "np.maximum({a}, 0.1)", "{a}[[0, 0, 2]]",
    "np.stack([{s}, {s}, {s}])", "np.concatenate(({a}[1:], {a}[:1]))", "{a}.copy()",
    "np.exp(-({a} ** 2))", "{a} ** 3", "({a} if {c} else {a})",
)  # fmt: skip


@dataclass
class Program:
    """`source` defines `f`; it runs in a namespace with `np` and `math`. `args` are for it,
    `active` the positions of arguments to differentiate with respect to."""

    source: str
    args: tuple[Any, ...]
    active: tuple[int, ...] = (0, 1, 2)

    def function(self) -> Any:
        """The program as a Python function, whose source `inspect` finds."""
        digest = hashlib.sha256(self.source.encode()).hexdigest()[:16]
        filename = f"<program {digest}>"
        lines = self.source.splitlines(keepends=True)
        linecache.cache[filename] = len(self.source), None, lines, filename
        namespace: dict[str, Any] = {"np": np, "math": math, "__name__": "program"}
        exec(compile(self.source, filename, "exec"), namespace)
        return namespace["f"]

    def __repr__(self) -> str:
        return f"Program(args={self.args!r}, source=\n{self.source})"


@dataclass
class Writer:
    """Writes one program; `scalars` and `arrays` are the names that have a value here."""

    draw: Any
    lines: list[str] = field(default_factory=list)
    scalars: list[str] = field(default_factory=lambda: ["x", "y"])
    arrays: list[str] = field(default_factory=lambda: ["a"])
    frozen: list[str] = field(default_factory=list)  # counters that must not be assigned
    loops: int = 0
    budget: int = 9
    returns: bool = True

    def choose(self, options: Any) -> Any:
        return self.draw(st.sampled_from(tuple(options)))

    def chance(self, percent: int) -> bool:
        return bool(self.draw(st.integers(0, 99)) >= 100 - percent)

    def expression(self, array: bool, depth: int = 2) -> str:
        """An expression of moderate size; leaves are names and indices."""
        if depth == 0 or self.chance(25):
            return str(self.choose(self.arrays if array else self.scalars))
        form = self.choose(ARRAY if array else SCALAR)
        out = ""
        rest = form
        while "{" in rest:
            before, _, rest = rest.partition("{")
            kind, _, rest = rest.partition("}")
            out += before + self.hole(kind, depth - 1)
        return out + rest

    def hole(self, kind: str, depth: int) -> str:
        if kind == "k":
            return str(self.choose((0, 1, -1)))
        if kind == "c":
            return self.condition(depth)
        text = self.expression(kind == "a", depth)
        return text if text.isidentifier() else f"({text})"

    def condition(self, depth: int = 1) -> str:
        left = self.expression(False, depth)
        bound = self.choose(("0.31", "-0.47", "1.13"))
        test = f"{left} {self.choose(('<', '>', '>='))} {bound}"
        if self.chance(15):
            test = f"-2.21 < {left} < {bound}"
        if self.chance(15):
            test = f"({test}) {self.choose(('and', 'or'))} {self.expression(False, 0)} > 0.07"
        return f"({test})"

    def write(self, indent: int, text: str) -> None:
        self.lines.append("    " * indent + text)

    def assign(self, indent: int) -> None:
        array = self.chance(35)
        names = self.arrays if array else self.scalars
        free = [n for n in names if n not in self.frozen]
        new = [n for n in (("u", "v") if array else ("s", "t", "z")) if n not in names]
        target = self.choose(free + new)
        value = self.expression(array)
        if self.loops:  # keep what is carried around a loop moderate
            value = f"np.tanh({value})" if array or self.chance(50) else f"math.sin({value})"
        if not array and target in names and self.chance(30):
            self.write(indent, f"{target} {self.choose(('+', '-', '*'))}= {value}")
        else:
            self.write(indent, f"{target} = {value}")
        if target not in names:
            names.append(target)

    def block(self, indent: int, depth: int) -> None:
        for _ in range(self.draw(st.integers(1, 3))):
            self.statement(indent, depth)

    def scoped(self, indent: int, depth: int) -> tuple[list[str], list[str]]:
        """A nested block; the names that have a value at its end. What it defines is forgotten."""
        before = list(self.scalars), list(self.arrays)
        self.block(indent, depth)
        after = self.scalars, self.arrays
        self.scalars, self.arrays = before
        return after

    def statement(self, indent: int, depth: int) -> None:
        self.budget -= 1
        kind = self.draw(st.integers(0, 9))
        if depth == 0 or self.budget < 0 or kind < 5:
            self.assign(indent)
        elif kind < 7:
            self.branch(indent, depth - 1)
        elif kind < 9:
            self.for_loop(indent, depth - 1)
        else:
            self.while_loop(indent, depth - 1)

    def branch(self, indent: int, depth: int) -> None:
        self.write(indent, f"if {self.condition()}:")
        if self.returns and self.chance(15):
            self.write(indent + 1, f"return {self.expression(False)}")
            return
        then = self.scoped(indent + 1, depth)
        if self.chance(60):
            self.write(indent, "else:")
            orelse = self.scoped(indent + 1, depth)
            # What both branches define has a value afterwards.
            for names, a, b in zip((self.scalars, self.arrays), then, orelse):
                names.extend(n for n in a if n in b and n not in names)

    def leave(self, indent: int) -> None:
        """Perhaps leave the loop early."""
        if self.chance(30):
            self.write(indent, f"if {self.condition()}:")
            jumps = ["break", "continue"]
            if self.returns:
                jumps.append(f"return {self.expression(False)}")
            self.write(indent + 1, self.choose(jumps))

    def for_loop(self, indent: int, depth: int) -> None:
        self.loops += 1
        index = f"i{self.loops}"
        over = self.choose(
            ("range(n)", "range(3)", "range(0)", "range(2, 0, -1)", "range(1, n + 1)")
        )
        self.write(indent, f"for {index} in {over}:")
        self.scalars.append(index)
        self.frozen.append(index)
        self.leave(indent + 1)
        self.scoped(indent + 1, depth)
        self.leave(indent + 1)
        self.scalars.remove(index)
        self.loops -= 1

    def while_loop(self, indent: int, depth: int) -> None:
        self.loops += 1
        count = f"k{self.loops}{len(self.lines)}"
        self.write(indent, f"{count} = 0")
        self.write(indent, f"while {count} < {self.choose(('3', 'n'))} and {self.condition()}:")
        self.frozen.append(count)
        self.write(indent + 1, f"{count} += 1")
        self.leave(indent + 1)
        self.scoped(indent + 1, depth)
        self.loops -= 1


@st.composite
def programs(draw: Any, depth: int = 2, returns: bool = True) -> Program:
    """A program `f(x, y, a, n)`: two floats, an array, an int; its value is a number. `depth`
    bounds the nesting of control flow, `returns` allows early returns."""
    w = Writer(draw, returns=returns)
    for _ in range(draw(st.integers(1, 4))):
        w.statement(1, depth)
    names = [*w.scalars, *(f"np.sum({a})" for a in w.arrays)]
    chosen = draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True))
    value = " + ".join(chosen)
    if draw(st.booleans()):
        value = f"{value} * {w.expression(False, 1)}"
    source = "\n".join(["def f(x, y, a, n):", *w.lines, f"    return {value}", ""])
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    args = (
        float(rng.normal()),
        float(rng.uniform(0.2, 1.5)),
        rng.normal(size=SIZE),
        draw(st.integers(0, 3)),
    )
    return Program(source, args)
