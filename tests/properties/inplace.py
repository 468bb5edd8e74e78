"""Random programs that write into arrays: stores of every kind, views, aliases, callees that
write, loops, branches, swaps, early exits.

`write_program` draws from any source of integers, so that hypothesis and a seeded random number
generator make the same programs. Comparisons are marked in the text, so that a program can be
run with a probe that sees how close each of them is to a tie.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.properties.expressions import (
    MATRIX,
    VECTOR,
    Array,
    Callee,
    Expressions,
    Memory,
    Program,
)


class Writer(Expressions):
    """Writes one function."""

    # Statements ---------------------------------------------------------------------------

    def block(self, indent: int, count: int) -> None:
        arrays, scalars = dict(self.arrays), list(self.scalars)
        self.nested += 1
        for _ in range(count):
            self.statement(indent)
        self.nested -= 1
        # What this block binds anew may be unbound, or of another shape, behind it.
        for name, a in list(self.arrays.items()):
            if name not in arrays:
                del self.arrays[name]
            elif arrays[name] is not a:
                self.arrays[name] = arrays[name]
        self.scalars = scalars

    def statement(self, indent: int) -> None:
        self.budget -= 1
        kind = self.below(24)
        if self.budget > 0 and self.nested < 3:
            if kind in (0, 1):
                return self.branch(indent)
            if kind in (2, 3, 4):
                return self.loop(indent)
        if kind in (5, 6):
            return self.bind(indent)
        if kind in (7, 8, 9):
            return self.view(indent)
        if kind in (10, 11):
            return self.scalar(indent)
        if kind == 12 and self.callees:
            return self.call(indent)
        if kind == 13:
            return self.exchange(indent)
        return self.store(indent)

    def name_for(self, options: str) -> str:
        """A name to bind: a new one, or one whose meaning here does not outlive the block."""
        self.fresh += 1
        return f"{self.choose(options)}{self.fresh}"

    def bind(self, indent: int) -> None:
        """A fresh array."""
        shape = self.choose((VECTOR, MATRIX, self.arrays[self.choose(self.arrays)].shape))
        like = [n for n, a in self.arrays.items() if a.shape == shape]
        kind = self.below(6)
        rowwise = True
        name = self.name_for("uw")
        if kind == 0:
            text = f"np.zeros({shape})"
        elif kind == 1 and like:
            text, rowwise = f"np.zeros_like({self.choose(like)})", False
        elif kind == 2 and like:
            text, rowwise = f"{self.read(self.choose(like))}.copy()", len(shape) == 1
        elif kind == 3:
            self.write(indent, f"{name} = np.empty({shape})")
            self.write(indent, f"{name}[:] = {self.calm(self.array(shape))}")
            text = ""
        elif kind == 4 and len(shape) == 1:
            i = f"i{len(self.lines)}"
            self.write(indent, f"{name} = np.empty({shape[0]})")
            self.write(indent, f"for {i} in range({shape[0]}):")
            self.indices[i] = 0, shape[0] - 1
            self.write(indent + 1, f"{name}[{i}] = {self.calm(self.number())}")
            del self.indices[i]
            text = ""
        else:
            form = self.choose(("2.0 * {}", "{} * {}", "np.sin({})", "{} + 0.5"))
            part = self.inner(self.array(shape, 0))
            text, rowwise = form.replace("{}", part), False
            if len(shape) == 2:  # a row stands for it: spread it out
                text = f"{text} + np.zeros({shape})"
        if text:
            self.write(indent, f"{name} = {text}")
        self.memory.count += 1
        self.arrays[name] = Array(shape, self.memory.count, rowwise)

    def view(self, indent: int) -> None:
        """Another name for an array, or a view of it."""
        base = self.choose(self.arrays)
        a = self.arrays[base]
        if self.chance(20):
            text, shape, rowwise = base, a.shape, a.rowwise
        else:
            text, shape, rowwise = self.choose(self.views(base))
        name = self.name_for("pqr")
        self.write(indent, f"{name} = {text}")
        self.arrays[name] = Array(shape, a.root, rowwise)
        if self.chance(60):
            self.store(indent, name if self.chance(60) else base)

    def scalar(self, indent: int) -> None:
        value = self.number()
        if self.loops:
            value = self.calm(value)
        old = [s for s in self.scalars if s != "n"]
        if self.chance(60) and old:
            name = self.choose(old)
            op = self.choose(("=", "=", "+=", "-=", "*="))
            self.write(indent, f"{name} {op} {value}")
        else:
            name = self.name_for("tz")
            self.write(indent, f"{name} = {value}")
            self.scalars.append(name)

    def exchange(self, indent: int) -> None:
        """Elements, rows or whole arrays exchanged."""
        name = self.choose(self.arrays)
        a = self.arrays[name]
        kind = self.below(3)
        twins = [n for n, b in self.arrays.items() if b.shape == a.shape and n != name]
        if kind == 0 and twins:
            other = self.choose(twins)
            self.write(indent, f"{name}, {other} = {other}, {name}")
            b = self.arrays[other]
            # Which is which is not known behind a block that may not run: one memory for both.
            root = a.root
            if self.nested:
                for n, c in list(self.arrays.items()):
                    if c.root == b.root:
                        self.arrays[n] = Array(c.shape, root, False)
                self.memory.wrote.setdefault(root, set()).update(
                    self.memory.wrote.get(b.root, set())
                )
                self.arrays[name] = Array(a.shape, root, False)
            else:
                self.arrays[name], self.arrays[other] = b, a
            return
        if len(a.shape) == 1:
            i, j = self.index(a.shape[0]), self.index(a.shape[0])
        else:
            i, j = (", ".join(self.index(k) for k in a.shape) for _ in range(2))
        self.read(name)
        if kind == 1:
            self.write(indent, f"{name}[{i}], {name}[{j}] = {name}[{j}], {name}[{i}]")
        elif len(a.shape) == 1:
            k = self.choose((1, 2)) if a.shape[0] > 3 else 1
            text = f"{name}[{k}:] = {name}[:-{k}]"
            if self.chance(50):
                text = f"{name}[:-{k}] {self.choose(('=', '+='))} {name}[{k}:]"
            self.write(indent, text if a.shape[0] > k else f"{name}[0] = 0.5")
        else:
            self.write(indent, f"{name}[1:] = {name}[:-1]")
        self.wrote(name)

    def target(self, name: str) -> tuple[str, tuple[int, ...]]:
        """A part of an array as the target of a store, and its shape."""
        a = self.arrays[name]
        kind = self.below(10)
        if kind < 5:
            return f"{name}[{', '.join(self.index(k) for k in a.shape)}]", ()
        if kind == 5:
            return f"{name}[...]", a.shape
        if kind == 6 and len(a.shape) == 2:
            return f"{name}[{self.index(a.shape[0])}, 1:]", (a.shape[1] - 1,)
        options = [(t, s) for t, s, _ in self.views(name) if t.endswith("]") and t.count("[") == 1]
        return self.choose(options) if options else (f"{name}[:]", a.shape)

    def store(self, indent: int, name: str = "") -> None:
        name = name or self.choose(self.arrays)
        a = self.arrays[name]
        kind = self.below(20)
        op = self.choose(("+=", "-=", "*=", "+="))
        if kind < 8:
            target, shape = self.target(name)
            if 0 in shape:
                target, shape = f"{name}[...]", a.shape
            whole = shape and self.chance(70)
            value = self.calm(self.array(shape) if whole else self.number())
            if self.chance(12):
                value = self.choose(("0.0", "1.5", "2"))
            self.write(indent, f"{target} = {value}")
        elif kind < 12:
            target, shape = self.target(name)
            if 0 in shape:
                target, shape = f"{name}[...]", a.shape
            value = self.calm(self.array(shape, 1) if shape and self.chance(70) else self.number(1))
            self.write(indent, f"{target} {op} {value}")
            self.read(name)
        elif kind < 15:
            value = self.calm(self.array(a.shape, 1) if self.chance(70) else self.number(1))
            self.write(indent, f"{name} {op} {value}")
            self.read(name)
        elif kind == 15:
            mask = f"‹{self.inner(self.array(a.shape, 0))}¦{self.choose('<>')}¦{self.bound()}›"
            if len(a.shape) == 2:
                mask = f"‹{self.read(name)}¦>¦{self.bound()}›"
            form = self.choose((f"= {self.number(1)}", "*= 0.5", "= 0.0", f"+= {self.number(1)}"))
            if self.chance(40):
                m = self.name_for("m")
                self.write(indent, f"{m} = {mask}")
                self.write(indent, f"{name}[{m}] {form}")
            else:
                self.write(indent, f"{name}[{mask}] {form}")
        elif kind == 16:
            rows = [0, a.shape[0] - 1, 0] if self.chance(60) else [a.shape[0] - 1, 0]
            shape = (len(rows), *a.shape[1:])
            value = self.choose((self.number(1), self.array(shape, 1)))
            form = self.choose(("=", "=", "+="))
            self.write(indent, f"{name}[{rows}] {form} {self.calm(value)}")
        elif kind == 17:
            self.write(indent, f"np.add.at({name}, [0, 0], {self.calm(self.number(1))})")
        elif kind == 18:
            self.write(indent, f"{name}.fill({self.calm(self.number(1))})")
        elif self.chance(50):
            self.write(indent, f"np.multiply({self.array(a.shape, 0)}, 0.7, out={name})")
        else:
            self.write(indent, f"np.copyto({name}, {self.calm(self.array(a.shape, 1))})")
        self.wrote(name)

    def call(self, indent: int) -> None:
        """A callee that may write into its arguments."""
        callee = self.choose(self.callees)
        given = []
        for shape in callee.shapes:
            options = [(n, n) for n, a in self.arrays.items() if a.shape == shape]
            options += [(n, t) for n in self.arrays for t, s, _ in self.views(n) if s == shape]
            if not options:
                return self.store(indent)
            n, text = self.choose(options)
            self.read(n)
            if callee.writes:
                self.memory.wrote.setdefault(self.arrays[n].root, set()).add(callee.name)
            given.append(text)
        text = f"{callee.name}({', '.join([*given, self.number(1)])})"
        if callee.value == "number":
            name = self.name_for("tz")
            self.scalars.append(name)
            text = f"{name} = {text}"
        elif callee.value == "array" and self.chance(70):
            first = next(n for n in self.arrays if re.match(rf"{n}\b", given[0]))
            name = self.name_for("pqr")
            self.arrays[name] = Array(callee.shapes[0], self.arrays[first].root, False)
            text = f"{name} = {text}"
        self.write(indent, text)

    def branch(self, indent: int) -> None:
        self.write(indent, f"if {self.condition()}:")
        if self.chance(12):
            self.write(indent + 1, f"return {self.outcome()}")
            return
        self.block(indent + 1, 1 + self.below(2))
        if self.chance(50):
            self.write(indent, "else:")
            self.block(indent + 1, 1 + self.below(2))

    def loop(self, indent: int) -> None:
        name = f"i{len(self.lines)}"
        kind = self.below(10)
        matrices = self.of_rank(2)
        if kind == 0 and matrices:
            base = self.choose(matrices)
            a = self.arrays[base]
            row = self.name_for("pqr")
            self.write(indent, f"for {row} in {base}:")
            self.arrays[row] = Array(a.shape[1:], a.root)
            self.body(indent)
            del self.arrays[row]
            return
        count = self.count
        text, lo, hi = self.choose(
            (
                ("range(1, 5)", 1, 4), ("range(3)", 0, 2), (f"range({count})", 0, 2),
                ("range(0)", 0, 0),
                ("range(3, 0, -1)", 1, 3), (f"range(1, {count})", 1, 2), ("range(1, 3)", 1, 2),
                ("range(4)", 0, 3),
            )
        )  # fmt: skip
        self.write(indent, f"for {name} in {text}:")
        self.indices[name] = lo, hi
        self.body(indent)
        del self.indices[name]

    def body(self, indent: int) -> None:
        self.loops += 1
        if self.chance(15):
            self.write(indent + 1, f"if {self.condition()}:")
            self.write(indent + 2, self.choose(("break", "continue")))
        self.block(indent + 1, 1 + self.below(3))
        if self.chance(12):
            self.write(indent + 1, f"if {self.condition()}:")
            self.write(indent + 2, self.choose(("break", f"return {self.outcome()}")))
        self.loops -= 1

    # The end ------------------------------------------------------------------------------

    def outcome(self) -> str:
        """What is returned: a number, or arrays of given shapes."""
        if self.result == "vector":
            return self.array(VECTOR, 0)
        if self.result == "pair":
            return f"({self.array(VECTOR, 0)}, {self.number(1)})"
        if self.result == "matrix":
            return str(
                self.choose(["b", *(n for n, a in self.arrays.items() if a.shape == MATRIX)])
            )
        if self.result == "none":
            return ""
        if self.result == "first":
            return "v"
        names = list(self.arrays)
        parts = [f"np.sum({self.read(self.choose(names))})" for _ in range(2)]
        return " + ".join([*dict.fromkeys(parts), self.inner(self.number(1))])


def write_callee(below: Callable[[int], int], memory: Memory, name: str) -> tuple[Callee, str]:
    """A function of one or two arrays and a number that writes into its first array."""
    shapes = [(VECTOR, MATRIX, (4,), (3,))[below(4)]]
    if below(3) == 0:
        shapes.append(shapes[0])
    value = ("none", "number", "array")[below(3)]
    result = {"none": "none", "number": "number", "array": "first"}[value]
    w = Writer(below, memory, result=result, budget=3, count="3")
    for parameter, shape in zip("vy", shapes):
        memory.count += 1
        w.arrays[parameter] = Array(shape, memory.count)
    w.scalars = ["k"]
    w.nested = 1
    for _ in range(1 + below(2)):
        w.statement(1)
    w.store(1, "v")
    if value != "none":
        w.write(1, f"return {w.outcome()}")
    head = f"def {name}({', '.join([*'vy'[: len(shapes)], 'k'])}):"
    return Callee(name, shapes, value, True), "\n".join([head, *w.lines, "", ""])


def write_program(below: Callable[[int], int]) -> Program:
    """A program `f(a, b, s, n)`: a vector, a matrix, a float, an int."""
    memory = Memory(2)
    callees, texts = [], []
    for k in range(below(3)):
        callee, text = write_callee(below, memory, f"g{k}")
        callees.append(callee)
        texts.append(text)
    memory.wrote.clear()
    memory.seen = False
    result = ("number", "number", "number", "vector", "pair", "matrix")[below(6)]
    w = Writer(below, memory, callees=callees, result=result)
    w.arrays = {"a": Array(VECTOR, 1), "b": Array(MATRIX, 2)}
    w.scalars = ["s"]
    if w.chance(60):
        w.bind(1)
    for _ in range(2 + below(4)):
        w.statement(1)
    w.write(1, f"return {w.outcome()}")
    rng = np.random.default_rng(below(2**16))
    args = rng.normal(size=VECTOR), rng.normal(size=MATRIX), float(rng.uniform(0.2, 1.5))
    marked = "".join(texts) + "\n".join(["def f(a, b, s, n):", *w.lines, ""])
    return Program(marked, (*args, below(4)), memory.seen)


@st.composite
def inplace_programs(draw: Any) -> Program:
    """Programs that write into arrays, drawn by hypothesis."""
    return write_program(lambda n: draw(st.integers(0, n - 1)))


def seeded_program(seed: int) -> Program:
    """A program drawn by a random number generator."""
    return write_program(random.Random(seed).randrange)
