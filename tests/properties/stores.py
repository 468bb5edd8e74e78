"""Random stores: items, slices, masks, arrays of indices, methods, `out=`, exchanges; into arrays
of floats and of integers.
"""

from __future__ import annotations

from tests.properties.expressions import Array, Expressions, Integers


class Stores(Expressions):
    """Statements that write into arrays."""

    def target(self, name: str) -> tuple[str, tuple[int, ...]]:
        """A part of an array as the target of a store, and its shape."""
        a = self.arrays[name]
        kind = self.below(12)
        if kind < 5:
            return f"{name}[{', '.join(self.index(k) for k in a.shape)}]", ()
        if kind == 5:
            return f"{name}[...]", a.shape
        if kind == 6 and len(a.shape) == 2 and a.shape[1] > 1:
            return f"{name}[{self.index(a.shape[0])}, 1:]", (a.shape[1] - 1,)
        if kind == 7 and self.several(a.shape[0]):
            i, k = self.choose(self.several(a.shape[0]))
            if len(a.shape) == 1:
                return f"{name}[{i}]", (k,)
            columns = [j for j, length in self.several(a.shape[1]) if length == k]
            if columns and self.chance(50):
                return f"{name}[{i}, {self.choose(columns)}]", (k,)
            if self.chance(50):
                return f"{name}[{i}, {self.index(a.shape[1])}]", (k,)
            return f"{name}[{i}]", (k, a.shape[1])
        options = [(t, s) for t, s, _ in self.views(name) if t.endswith("]") and t.count("[") == 1]
        return self.choose(options) if options else (f"{name}[:]", a.shape)

    def store(self, indent: int, name: str = "") -> None:
        name = name or self.choose(self.arrays)
        a = self.arrays[name]
        kind = self.below(24)
        op = self.choose(("+=", "-=", "*=", "+=", "/="))
        if kind < 8:
            target, shape = self.target(name)
            whole = shape and self.chance(70)
            value = self.calm(self.array(shape) if whole else self.number())
            if self.chance(12):
                value = self.choose(("0.0", "1.5", "2", "True"))
            self.write(indent, f"{target} = {value}")
        elif kind < 12:
            target, shape = self.target(name)
            whole = shape and self.chance(70)
            self.write(indent, f"{target} {self.by(op, shape if whole else ())}")
            self.read(name)
        elif kind < 15:
            self.write(indent, f"{name} {self.by(op, a.shape if self.chance(70) else ())}")
            self.read(name)
        elif kind == 15:
            self.masked(indent, name)
        elif kind == 16:
            rows = [0, a.shape[0] - 1, 0] if self.chance(60) else [a.shape[0] - 1, 0]
            shape = (len(rows), *a.shape[1:])
            value = self.choose((self.number(1), self.array(shape, 1)))
            form = self.choose(("=", "=", "+="))
            self.write(indent, f"{name}[{rows}] {form} {self.calm(value)}")
        elif kind == 17:
            self.scattered(indent, name)
        elif kind < 20:
            self.method(indent, name)
        elif kind < 22:
            self.into(indent, name)
        else:
            self.write(indent, f"np.copyto({name}, {self.calm(self.array(a.shape, 1))})")
        self.wrote(name)

    def by(self, op: str, shape: tuple[int, ...]) -> str:
        """The operator of an augmented store with a value."""
        value = self.calm(self.array(shape, 1) if shape else self.number(1))
        return f"{op} 2.0 + {value} ** 2" if op == "/=" else f"{op} {value}"

    def masked(self, indent: int, name: str) -> None:
        a = self.arrays[name]
        mask = f"‹{self.inner(self.array(a.shape, 0))}¦{self.choose('<>')}¦{self.bound()}›"
        if len(a.shape) == 2:
            mask = f"‹{self.read(name)}¦>¦{self.bound()}›"
        value = self.calm(self.number(1))
        form = self.choose((f"= {value}", "*= 0.5", "= 0.0", f"+= {value}"))
        kind = self.below(6)
        if kind == 0:
            source = self.array(a.shape, 0)
            self.write(indent, f"np.copyto({name}, {source}, where={mask})")
        elif kind == 1:
            m = self.name_for("m")
            self.write(indent, f"{m} = {mask}")
            self.write(
                indent, f"{m}[{', '.join('0' for _ in a.shape)}] = {self.choose(('True', 'False'))}"
            )
            self.write(indent, f"{name}[{self.choose((m, f'~{m}'))}] {form}")
        elif kind == 2:
            m = self.name_for("m")
            self.write(indent, f"{m} = {mask}")
            self.write(indent, f"{name}[{m}] {form}")
        else:
            self.write(indent, f"{name}[{mask}] {form}")

    def scattered(self, indent: int, name: str) -> None:
        """`np.add.at` and its like."""
        a = self.arrays[name]
        several = self.several(a.shape[0])
        index, k = self.choose(several) if several and self.chance(60) else ("[0, 0]", 2)
        shape = (k, *a.shape[1:])
        value = self.calm(self.array(shape, 1) if self.chance(60) else self.number(1))
        ufunc = self.choose(("add", "add", "subtract"))
        self.write(indent, f"np.{ufunc}.at({name}, {index}, {value})")

    def method(self, indent: int, name: str) -> None:
        a = self.arrays[name]
        kind = self.below(5)
        if kind == 0 and len(a.shape) == 2:
            self.write(indent, f"np.fill_diagonal({name}, {self.calm(self.number(1))})")
        elif kind == 1 and len(a.shape) == 1:
            where = f"[0, {a.shape[0] - 1}]"
            self.write(indent, f"np.put({name}, {where}, {self.calm(self.number(1))})")
        elif kind == 2 and len(a.shape) == 1:
            self.write(indent, f"«{name}».sort()")
        else:
            self.write(indent, f"{name}.fill({self.calm(self.number(1))})")

    def into(self, indent: int, name: str) -> None:
        """An operation with `out=`."""
        a = self.arrays[name]
        out, shape = name, a.shape
        if self.chance(30):
            out, shape, _ = self.choose(self.views(name))
        kind = self.below(4)
        if kind == 0:
            text = f"np.{self.choose(('sin', 'tanh'))}({self.array(shape, 0)}, out={out})"
        elif kind == 1:
            left, right = self.array(shape, 0), self.array(shape, 1)
            text = f"np.{self.choose(('add', 'subtract'))}({left}, {right}, out={out})"
        elif kind == 2:
            text = f"np.maximum(«{self.array(shape, 0)}‖{self.bound()}», out={out})"
        else:
            text = f"np.multiply({self.array(shape, 0)}, 0.7, out={out})"
        self.write(indent, text)

    # Exchanges ----------------------------------------------------------------------------

    def exchange(self, indent: int) -> None:
        """Elements, rows or whole arrays exchanged."""
        name = self.choose(self.arrays)
        a = self.arrays[name]
        kind = self.below(4)
        twins = [n for n, b in self.arrays.items() if b.shape == a.shape and n != name]
        if kind == 0 and twins and (not self.nested or self.chance(40)):
            return self.exchange_names(indent, name, self.choose(twins))
        if len(a.shape) == 1:
            i, j = self.index(a.shape[0]), self.index(a.shape[0])
        else:
            i, j = (", ".join(self.index(k) for k in a.shape) for _ in range(2))
        self.read(name)
        if kind == 1:
            self.write(indent, f"{name}[{i}], {name}[{j}] = {name}[{j}], {name}[{i}]")
        elif kind == 2 and len(a.shape) == 2:
            self.write(indent, f"{name}[[0, -1]] = {name}[[-1, 0]]")
        elif len(a.shape) == 1:
            k = self.choose((1, 2)) if a.shape[0] > 3 else 1
            text = f"{name}[{k}:] = {name}[:-{k}]"
            if self.chance(50):
                text = f"{name}[:-{k}] {self.choose(('=', '+='))} {name}[{k}:]"
            self.write(indent, text if a.shape[0] > k else f"{name}[0] = 0.5")
        else:
            self.write(indent, f"{name}[1:] = {name}[:-1]")
        self.wrote(name)

    def exchange_names(self, indent: int, name: str, other: str) -> None:
        a, b = self.arrays[name], self.arrays[other]
        self.write(indent, f"{name}, {other} = {other}, {name}")
        if not self.nested:
            self.arrays[name], self.arrays[other] = b, a
            return
        # Which is which is not known behind a block that may not run: one memory for both.
        for n, c in list(self.arrays.items()):
            if c.root == b.root:
                self.arrays[n] = Array(c.shape, a.root)
        wrote = self.memory.wrote
        wrote.setdefault(a.root, set()).update(wrote.get(b.root, set()))
        self.arrays[name] = Array(a.shape, a.root)

    # Arrays without axes ------------------------------------------------------------------

    def box(self, indent: int) -> None:
        """An array without axes is made, named again, or changed."""
        boxes = [s for s in self.scalars if s.startswith("o")]
        kind = self.below(8)
        value = self.calm(self.number(1))
        if not boxes or kind < 2:
            name = self.name_for("o")
            vectors = self.of_rank(1)
            if vectors and kind == 0:
                self.write(indent, f"{name} = {self.choose(vectors)}[1:2].reshape(())")
            else:
                self.write(indent, f"{name} = np.array({self.number(1)})")
            self.scalars.append(name)
            return
        name = self.choose(boxes)
        if kind == 2:
            other = self.name_for("o")
            self.write(indent, f"{other} = {name}")
            self.scalars.append(other)
        elif kind == 3:
            self.write(indent, f"{name}[...] = {value}")
        elif kind == 4:
            self.write(indent, f"{name}[()] {self.choose(('=', '+='))} {value}")
        elif kind == 5:
            self.write(indent, f"{name}.fill({value})")
        else:
            self.write(indent, f"{name} {self.choose(('+=', '*=', '-='))} {value}")

    # Integers -----------------------------------------------------------------------------

    def bind_integers(self, indent: int) -> None:
        """An array of integers: indices, or counts."""
        name = self.name_for("IJ")
        kind = self.below(6)
        length, high = self.choose(((3, 2), (2, 2), (4, 2), (3, 4)))
        values = [(k * 2 + 1) % (high + 1) for k in range(length)]
        text = f"np.array({values})"
        vectors = self.of_rank(1)
        if kind == 0:
            text = f"np.arange({length}) % {high + 1}"
        elif kind == 1:
            text = f"np.zeros({length}, dtype=int)"
        elif kind == 2 and vectors:
            v = self.choose(vectors)
            (length,) = self.arrays[v].shape
            high = length - 1
            text = f"np.argsort(«{self.read(v)}»)"
        elif kind == 3 and vectors:
            v = self.choose(vectors)
            (length,) = self.arrays[v].shape
            text, high = f"(‹{self.read(v)}¦>¦{self.bound()}›).astype(int)", 1
        elif kind == 4:
            text, high = f"np.zeros({length}, dtype=np.int64)", None
        self.write(indent, f"{name} = {text}")
        self.integers[name] = Integers(length, high)

    def store_integer(self, indent: int) -> None:
        """A store into an array of integers; a float loses its fraction there."""
        if not self.integers:
            return self.bind_integers(indent)
        name = self.choose(self.integers)
        a = self.integers[name]
        i = self.within(a.length)
        kind = self.below(6)
        if a.high is None:
            forms = [f"{name}[{i}] += 1", f"{name}[{i}] += {self.whole()}", f"{name} += 1"]
            if kind < 3:
                value = f"2.6 * {self.inner(self.calm(self.number(1)))} + 0.25"
                forms = [f"{name}[{i}] = ⌈{value}⌉"]
            self.write(indent, self.choose(forms))
            return
        n = a.high + 1
        j = self.within(a.length)
        forms = [
            f"{name}[{i}] = ({self.whole()} + 1) % {n}",
            f"{name}[{i}] = ({name}[{j}] + 1) % {n}",
            f"{name}[{i}], {name}[{j}] = {name}[{j}], {name}[{i}]",
            f"{name}[:] = {name}[::-1].copy()",
            f"{name}[1:] = {name}[:-1]",
            f"{name}[{i}] = {a.high}",
        ]
        if kind == 0:
            self.write(indent, f"{name} += 1")
            self.write(indent, f"{name} %= {n}")
        elif kind == 1:
            value = f"{a.high / 2} + {a.high / 2 - 0.01} * np.tanh({self.number(1)})"
            self.write(indent, f"{name}[{i}] = ⌈{value}⌉")
        else:
            self.write(indent, self.choose(forms))
