"""Random programs that write into arrays: stores of every kind, views, aliases, callees that
write, loops, branches, swaps, early exits.

`write_program` draws from any source of integers, so that hypothesis and a seeded random number
generator make the same programs. What is not smooth is marked in the text, so that a program can
be run with a probe that sees how close it comes to a tie.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.properties.expressions import MATRIX, VECTOR, Array, Callee, Integers, Memory
from tests.properties.lists import List, Lists
from tests.properties.probing import Program


class Writer(Lists):
    """Writes one function."""

    def statement(self, indent: int) -> None:
        self.budget -= 1
        if self.listing and self.chance(40):
            return self.list_statement(indent)
        kind = self.below(30)
        if self.budget > 0 and self.nested < 3:
            if kind in (0, 1):
                return self.branch(indent)
            if kind in (2, 3, 4):
                return self.loop(indent)
        if kind in (5, 6):
            return self.bind(indent)
        if kind in (7, 8, 9, 21, 22):
            return self.view(indent)
        if kind in (10, 11):
            return self.scalar(indent)
        if kind in (12, 13) and self.callees:
            return self.call(indent)
        if kind == 14:
            return self.exchange(indent)
        if kind == 15:
            return self.bind_integers(indent)
        if kind in (16, 17) and self.integers:
            return self.store_integer(indent)
        if kind == 18:
            return self.counter(indent)
        if kind == 19 and self.loops:
            return self.leave(indent)
        if kind == 20:
            return self.rebind(indent)
        if kind == 23 and self.chance(40):
            return self.box(indent)
        return self.store(indent)

    def bind(self, indent: int) -> None:
        """A fresh array."""
        shape = self.choose((VECTOR, MATRIX, self.arrays[self.choose(self.arrays)].shape))
        like = [n for n, a in self.arrays.items() if a.shape == shape]
        name = self.name_for("uw")
        text, order = self.fresh_array(indent, name, shape, like)
        if text:
            self.write(indent, f"{name} = {text}")
        self.arrays[name] = Array(shape, self.memory.new(), "C" if len(shape) == 1 else order)

    def fresh_array(
        self, indent: int, name: str, shape: tuple[int, ...], like: list[str]
    ) -> tuple[str, str]:
        """The text of a fresh array (or none, if statements that fill it are written), and how
        its items are laid out."""
        kind = self.below(9)
        layout, order = ("", "C") if self.chance(70) else (', order="F"', "")
        if layout and self.chance(10):
            order = "F"
        twin = self.choose(like) if like else ""
        if kind == 0:
            return f"np.zeros({shape}{layout})", order
        if kind == 1 and like:
            return f"np.zeros_like({twin})", self.arrays[twin].order
        if kind == 2 and like:
            return f"{self.read(twin)}.copy()", ""
        if kind == 3 and like:
            if self.chance(50):
                return f"np.copy({self.read(twin)})", self.arrays[twin].order
            return f"np.array({self.read(twin)}{layout})", order if layout else ""
        if kind == 4:
            turned = [n for n, a in self.arrays.items() if a.shape == shape[::-1]]
            if len(shape) == 2 and turned:
                return f"{self.read(self.choose(turned))}.T.copy({layout[2:]})", order
        if kind == 5:
            self.write(indent, f"{name} = np.empty({shape}{layout})")
            self.write(indent, f"{name}[:] = {self.calm(self.array(shape))}")
            return "", order
        if kind == 6 and len(shape) == 1:
            i = f"i{len(self.lines)}"
            self.write(indent, f"{name} = np.empty({shape[0]})")
            self.write(indent, f"for {i} in range({shape[0]}):")
            self.indices[i] = 0, shape[0] - 1
            self.write(indent + 1, f"{name}[{i}] = {self.calm(self.number())}")
            del self.indices[i]
            return "", "C"
        form = self.choose(("2.0 * {}", "{} * {}", "np.sin({})", "{} + 0.5"))
        text = form.replace("{}", self.inner(self.array(shape, 0)))
        if len(shape) == 2:  # a row may stand for it: spread it out
            text = f"{text} + np.zeros({shape})"
        return text, ""

    def rebind(self, indent: int) -> None:
        """A name that had an array gets another one, of the same shape."""
        name = self.choose(self.arrays)
        shape = self.arrays[name].shape
        if name in "abv" and self.result in ("matrix", "first"):
            return self.store(indent)
        text = f"{self.inner(self.array(shape, 1))} + np.zeros({shape})"
        twins = [n for n, a in self.arrays.items() if a.shape == shape and n != name]
        if twins and self.chance(30):
            # Two buffers that change their roles.
            other = self.choose(twins)
            self.write(indent, f"{name}, {other} = {other}, {self.calm(text)}")
            self.arrays[other] = Array(shape, self.memory.new())
        else:
            self.write(indent, f"{name} = {self.calm(text)}")
        self.arrays[name] = Array(shape, self.memory.new())

    def view(self, indent: int) -> None:
        """Another name for an array, or a view of it."""
        base = self.choose(self.arrays)
        a = self.arrays[base]
        rows = len(a.shape) == 2 and self.chance(2)
        if rows:
            n, m = a.shape
            names = [self.name_for("pqr") for _ in range(n)]
            self.write(indent, f"{', '.join(names)}{',' if n == 1 else ''} = {base}")
            for name in names:
                self.arrays[name] = Array((m,), a.root, "C" if a.order == "C" else "")
        elif self.chance(20):
            name = self.name_for("pqr")
            self.write(indent, f"{name} = {base}")
            self.arrays[name] = Array(a.shape, a.root, a.order)
        else:
            text, shape, order = self.choose(self.views(base))
            name = self.name_for("pqr")
            self.write(indent, f"{name} = {text}")
            self.arrays[name] = Array(shape, a.root, order)
        if self.chance(60):
            self.store(indent, name if self.chance(60) else base)

    def scalar(self, indent: int) -> None:
        value = self.number()
        if self.loops:
            value = self.calm(value)
        if self.chance(60) and self.scalars:
            name = self.choose(self.scalars)
            op = self.choose(("=", "=", "+=", "-=", "*="))
            self.write(indent, f"{name} {op} {value}")
        else:
            name = self.name_for("tz")
            self.write(indent, f"{name} = {value}")
            self.scalars.append(name)

    def counter(self, indent: int) -> None:
        """An int that counts modulo 3, or one that the data decide."""
        old = [k for k, bounds in self.indices.items() if k[0] == "c" and bounds == (0, 2)]
        if old and self.chance(70):
            name = self.choose(old)
            form = self.choose(("({0} + 1) % 3", "2 - {0}", "({0} + {1}) % 3", "1"))
            self.write(indent, f"{name} = {form.format(name, self.whole())}")
            return
        name = self.name_for("c")
        vectors = self.of_rank(1)
        bounds = 0, 2
        if vectors and self.chance(30):
            v = self.choose(vectors)
            bounds = 0, self.arrays[v].shape[0] - 1
            text = f"np.{self.choose(('argmax', 'argmin'))}(«{self.read(v)}»)"
        elif self.chance(30):
            text = f"1 if {self.condition()} else 2"
        else:
            text = str(self.choose(("0", "1", "2")))
        self.write(indent, f"{name} = {text}")
        self.indices[name] = bounds

    def call(self, indent: int) -> None:
        """A callee that may write into its arguments."""
        callee = self.choose(self.callees)
        if not callee.shapes:
            return self.call_with_list(indent, callee)
        given = []
        for shape in callee.shapes:
            options = [(n, n) for n, a in self.arrays.items() if a.shape == shape]
            options += [(n, t) for n in self.arrays for t, s, _ in self.views(n) if s == shape]
            if not options:
                return self.store(indent)
            n, text = self.choose(options)
            self.read(n)
            self.memory.wrote.setdefault(self.arrays[n].root, set()).add(callee.name)
            given.append(text)
        text = f"{callee.name}({', '.join([*given, self.number(1)])})"
        if callee.value == "number":
            name = self.name_for("tz")
            self.scalars.append(name)
            text = f"{name} = {text}"
        elif callee.value == "array" and self.chance(70):
            first = next(n for n in self.arrays if re.search(rf"\b{n}\b", given[0]))
            name = self.name_for("pqr")
            self.arrays[name] = Array(callee.shapes[0], self.arrays[first].root)
            text = f"{name} = {text}"
        self.write(indent, text)

    def call_with_list(self, indent: int, callee: Callee) -> None:
        names = [n for n, x in self.lists.items() if x.items == "numbers"]
        if not names:
            return self.store(indent)
        given = self.choose(names)
        text = f"{callee.name}({given}, {self.number(1)})"
        if callee.value == "number":
            name = self.name_for("tz")
            self.scalars.append(name)
            text = f"{name} = {text}"
        elif callee.value == "list" and self.chance(70):
            name = self.name_for("LM")
            self.lists[name] = self.lists[given]
            text = f"{name} = {text}"
        self.write(indent, text)

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
        if self.result == "list":
            whole = [n for n, x in self.lists.items() if x.items != "rows"]
            if whole and self.chance(60):
                return str(self.choose(whole))
            return f"[{self.number(1)}, {self.array(VECTOR, 0)}]"
        if self.result == "first":
            return "v"
        names = list(self.arrays)
        parts = [f"np.sum({self.read(self.choose(names))})" for _ in range(2)]
        if self.lists or self.dicts:
            parts.append(self.number_of_list())
        return " + ".join([*dict.fromkeys(parts), self.inner(self.number(1))])


def write_list_callee(below: Callable[[int], int], memory: Memory, name: str) -> tuple[Callee, str]:
    """A function of a list of numbers and a number, that changes the list."""
    value = ("none", "number", "list")[below(3)]
    w = Writer(below, memory, result="number", budget=3, count="3")
    w.arrays = {"v": Array(VECTOR, memory.new(), "C")}
    w.scalars, w.nested, w.listing = ["k"], 1, True
    w.write(1, f"v = np.linspace(0.1, 0.9, {VECTOR[0]}) * k")
    w.lists = {"L": List("numbers", 1)}
    for _ in range(1 + below(2)):
        w.statement(1)
    w.list_statement(1)
    if value != "none":
        w.write(1, f"return {w.outcome() if value == 'number' else 'L'}")
    return Callee(name, [], value), "\n".join([f"def {name}(L, k):", *w.lines, "", ""])


def write_callee(
    below: Callable[[int], int], memory: Memory, name: str, others: list[Callee]
) -> tuple[Callee, str]:
    """A function of one or two arrays and a number that writes into its first array."""
    shapes = [(VECTOR, MATRIX, (4,), (3,))[below(4)]]
    if below(3) == 0:
        shapes.append(shapes[0])
    value = ("none", "number", "array")[below(3)]
    result = {"none": "none", "number": "number", "array": "first"}[value]
    w = Writer(below, memory, callees=others, result=result, budget=3, count="3")
    for parameter, shape in zip("vy", shapes):
        w.arrays[parameter] = Array(shape, memory.new())
    w.scalars = ["k"]
    w.nested = 1
    for _ in range(1 + below(2)):
        w.statement(1)
    if "v" in w.arrays:
        w.store(1, "v")
    if value != "none":
        w.write(1, f"return {w.outcome()}")
    head = f"def {name}({', '.join([*'vy'[: len(shapes)], 'k'])}):"
    return Callee(name, shapes, value), "\n".join([head, *w.lines, "", ""])


def write_program(below: Callable[[int], int], size: int = 1) -> Program:
    """A program `f(a, b, s, n, e)`: a vector, a matrix, a float, an int, an array of ints. Of twice
    the size it has about twice as many statements."""
    memory = Memory(2)
    callees: list[Callee] = []
    texts = []
    for k in range(below(3)):
        callee, text = write_callee(below, memory, f"g{k}", list(callees))
        callees.append(callee)
        texts.append(text)
    listing = below(100) >= 55
    if listing and below(3) == 0:
        callee, text = write_list_callee(below, memory, "h")
        callees.append(callee)
        texts.append(text)
    memory.wrote.clear()
    memory.seen = False
    result = ("number", "number", "number", "vector", "pair", "matrix")[below(6)]
    if listing and below(6) == 0:
        result = "list"
    w = Writer(below, memory, callees=callees, result=result, budget=12 * size)
    order = "CCF"[below(3)]
    known = w.chance(6)  # else `ravel` and `reshape`, of which only a run knows, are left out
    w.arrays = {"a": Array(VECTOR, 1, "C"), "b": Array(MATRIX, 2, order if known else "")}
    w.scalars = ["s"]
    w.integers = {"e": Integers(3, 2)}
    w.listing = listing
    if w.chance(60):
        w.bind(1)
    for _ in range((2 + below(4) + 2 * listing) * size):
        w.statement(1)
    w.write(1, f"return {w.outcome()}")
    rng = np.random.default_rng(below(2**16))
    a, b, s = rng.normal(size=VECTOR), rng.normal(size=MATRIX), float(rng.uniform(0.2, 1.5))
    e = rng.integers(0, 3, size=3)
    marked = "".join(texts) + "\n".join(["def f(a, b, s, n, e):", *w.lines, ""])
    return Program(marked, (a, np.asarray(b, order=order), s, below(4), e), memory.seen)


@st.composite
def inplace_programs(draw: Any) -> Program:
    """Programs that write into arrays, drawn by hypothesis."""
    return write_program(lambda n: draw(st.integers(0, n - 1)))


def seeded_program(seed: int, size: int = 1) -> Program:
    """A program drawn by a random number generator."""
    return write_program(random.Random(seed).randrange, size)
