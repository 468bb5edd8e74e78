"""Random control flow: branches, loops over ranges and arrays, loops that a condition ends, early
exits.
"""

from __future__ import annotations

from tests.properties.expressions import Array
from tests.properties.stores import Stores


class Control(Stores):
    """Statements that own blocks."""

    can_continue: bool = True

    def statement(self, indent: int) -> None:
        raise NotImplementedError

    def outcome(self) -> str:
        raise NotImplementedError

    def block(self, indent: int, count: int) -> None:
        arrays, scalars = dict(self.arrays), list(self.scalars)
        indices, integers = dict(self.indices), dict(self.integers)
        self.nested += 1
        for _ in range(count):
            self.statement(indent)
        self.nested -= 1
        # What this block binds anew may be unbound, or of another shape, behind it.
        changed = [name for name, a in arrays.items() if self.arrays.get(name) is not a]
        self.arrays = {name: a for name, a in arrays.items() if name in self.arrays}
        for name in changed:
            if name in self.arrays and len(self.arrays) > 1 and self.chance(95):
                del self.arrays[name]  # one array or another: what is stored there is refused
            elif name in self.arrays:
                self.arrays[name] = Array(arrays[name].shape, arrays[name].root)
        self.arrays = self.arrays or arrays
        self.scalars, self.indices, self.integers = scalars, indices, integers

    def branch(self, indent: int) -> None:
        self.write(indent, f"if {self.condition()}:")
        if self.chance(12):
            self.write(indent + 1, f"return {self.outcome()}")
            return
        self.block(indent + 1, 1 + self.below(2))
        if self.chance(15):
            self.write(indent, f"elif {self.condition()}:")
            self.block(indent + 1, 1)
        if self.chance(50):
            self.write(indent, "else:")
            self.block(indent + 1, 1 + self.below(2))

    def leave(self, indent: int) -> None:
        """An early exit of the loop, of an iteration or of the function."""
        exits = ["break", "break", f"return {self.outcome()}"]
        if self.can_continue:
            exits.append("continue")
        self.write(indent, f"if {self.condition()}:")
        if self.chance(30):
            self.store(indent + 1)
        self.write(indent + 1, self.choose(exits))

    # Loops --------------------------------------------------------------------------------

    def loop(self, indent: int) -> None:
        kind = self.below(12)
        if kind < 2 and self.of_rank(2):
            return self.rows(indent)
        if kind == 2 and self.of_rank(1):
            return self.items(indent)
        if kind in (3, 4):
            return self.counted(indent)
        if kind == 5:
            return self.grown(indent)
        name = f"i{len(self.lines)}"
        count = self.count
        options = [
            ("range(1, 5)", 1, 4), ("range(3)", 0, 2), (f"range({count})", 0, 2),
            ("range(0)", 0, 0), ("range(3, 0, -1)", 1, 3), (f"range(1, {count})", 1, 2),
            ("range(1, 3)", 1, 2), ("range(4)", 0, 3), ("range(0, 5, 2)", 0, 4),
            ("reversed(range(3))", 0, 2),
        ]  # fmt: skip
        for outer, (lo, hi) in self.indices.items():
            if hi <= 4:
                options += [(f"range({outer})", 0, max(hi - 1, 0)), (f"range({outer}, 4)", lo, 3)]
                options += [(f"range({outer} + 1)", 0, hi)]
        text, lo, hi = self.choose(options)
        self.write(indent, f"for {name} in {text}:")
        self.indices[name] = lo, hi
        self.body(indent)
        if text not in ("range(4)", "range(1, 3)", "range(3, 0, -1)") or self.chance(60):
            del self.indices[name]  # else: it is read behind the loop

    def rows(self, indent: int) -> None:
        """A loop over the rows of a matrix."""
        base = self.choose(self.of_rank(2))
        a = self.arrays[base]
        row = self.name_for("pqr")
        n, m = a.shape
        kind = self.below(6)
        self.arrays[row] = Array((m,), a.root)
        index = item = ""
        if kind == 0:
            head = f"for {row} in {base}.T:"
            self.arrays[row] = Array((n,), a.root)
        elif kind == 1:
            index = self.name_for("k")
            head = f"for {index}, {row} in enumerate({base}):"
            self.indices[index] = 0, n - 1
        elif kind == 2 and any(b.shape[0] == n for b in self.arrays.values()):
            with_ = [v for v, b in self.arrays.items() if b.shape[0] == n]
            other = self.choose(with_)
            b = self.arrays[other]
            item = self.name_for("pqr" if len(b.shape) == 2 else "tz")
            head = f"for {row}, {item} in zip({base}, {self.read(other)}):"
            if len(b.shape) == 2:
                self.arrays[item] = Array(b.shape[1:], b.root)
            else:
                self.scalars.append(item)
        elif kind == 3:
            head = f"for {row} in {base}[::-1]:"
        else:
            head = f"for {row} in {base}:"
        before = dict(self.arrays)
        self.write(indent, head)
        self.body(indent)
        for name in (row, item):
            self.arrays.pop(name, None)
            before.pop(name, None)
        self.arrays = self.arrays or before
        self.scalars = [s for s in self.scalars if s != item]
        self.indices.pop(index, None)

    def items(self, indent: int) -> None:
        """A loop over the items of a vector."""
        base = self.choose(self.of_rank(1))
        (n,) = self.arrays[base].shape
        item, index = self.name_for("tz"), ""
        self.read(base)
        if self.chance(50):
            index = self.name_for("k")
            self.indices[index] = 0, n - 1
            self.write(indent, f"for {index}, {item} in enumerate({base}):")
        else:
            self.write(indent, f"for {item} in {base}:")
        self.scalars.append(item)
        self.body(indent)
        self.scalars.remove(item)
        self.indices.pop(index, None)

    def counted(self, indent: int) -> None:
        """A `while` loop with a counter."""
        k = self.name_for("k")
        kind = self.below(4)
        last = self.choose((2, 3))
        condition = f"{k} < {last}"
        if kind == 0:
            condition += f" and ‹{self.inner(self.number(1))}¦<¦{self.bound()}›"
        if kind == 1:
            condition = "True"
        self.write(indent, f"{k} = 0")
        self.write(indent, f"while {condition}:")
        if self.chance(40) or kind == 1:
            self.write(indent + 1, f"{k} += 1")
            if kind == 1:
                self.write(indent + 1, f"if {k} > {last}:")
                self.write(indent + 2, "break")
            self.indices[k] = 1, last
            self.body(indent)
        else:
            self.indices[k] = 0, last - 1
            self.body(indent, skips=False)
            self.write(indent + 1, f"{k} += 1")
        self.indices[k] = 0, last + 1

    def grown(self, indent: int) -> None:
        """A `while` loop that a float ends."""
        name = self.name_for("tz")
        self.write(indent, f"{name} = 0.1 * {self.inner(self.number(0))} ** 2")
        self.write(indent, f"while ‹{name}¦<¦{self.choose(('0.9', '1.7'))}›:")
        self.scalars.append(name)
        step = self.choose(("0.35", "0.55"))
        self.write(
            indent + 1, f"{name} += {step} + 0.1 * np.sin({self.inner(self.number(1))}) ** 2"
        )
        self.scalars.remove(name)  # nothing else may change it
        self.body(indent, name)
        self.scalars.append(name)

    def body(self, indent: int, read: str = "", skips: bool = True) -> None:
        before, self.can_continue = self.can_continue, skips
        self.loops += 1
        if self.chance(15):
            self.leave(indent + 1)
        if read and self.chance(60):
            name = self.choose(self.arrays)
            index = ", ".join(self.index(k) for k in self.arrays[name].shape)
            self.write(indent + 1, f"{name}[{index}] = np.sin({self.number(0)} + {read})")
            self.wrote(name)
        self.block(indent + 1, 1 + self.below(3))
        if self.chance(15):
            self.leave(indent + 1)
        self.loops -= 1
        self.can_continue = before
