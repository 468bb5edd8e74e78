"""Random statements on lists and dicts: of numbers, of arrays, of lists.

Of a list the writer knows how many items it has at least, so that indices are in range; a name
that is another name of it shares that knowledge.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.properties.control import Control
from tests.properties.expressions import VECTOR, Array, Expressions


@dataclass
class List:
    """A list: of "numbers", of "vectors" (of this length), or of "rows", which are lists of two
    numbers or more."""

    items: str
    low: int
    length: int = 0
    root: int = 0


@dataclass
class Lists(Control):
    """Statements that make, change and read lists."""

    lists: dict[str, List] = field(default_factory=dict)
    dicts: list[str] = field(default_factory=list)
    listing: bool = False  # whether this program uses lists at all

    def block(self, indent: int, count: int) -> None:
        lists, dicts = dict(self.lists), list(self.dicts)
        super().block(indent, count)
        self.lists, self.dicts = lists, dicts

    def list_statement(self, indent: int) -> None:
        if not self.lists or self.chance(25):
            return self.bind_list(indent)
        if self.dicts and self.chance(20):
            return self.change_dict(indent)
        name = self.choose(self.lists)
        x = self.lists[name]
        if self.chance(12):
            return self.same_list(indent, name)
        {"numbers": self.numbers, "vectors": self.vectors, "rows": self.rows_of}[x.items](
            indent, name, x
        )

    # Making -------------------------------------------------------------------------------

    def bind_list(self, indent: int) -> None:
        kind = self.below(11)
        name = self.name_for("LM")
        if kind == 10:
            name = self.name_for("D")
            n = self.calm(self.number(1))
            self.write(indent, f'{name} = {{"u": {n}, "w": {self.fresh_vector()}}}')
            self.dicts.append(name)
            return
        if kind in (7, 8):
            items = [self.fresh_vector() for _ in range(1 + self.below(2))]
            self.write(indent, f"{name} = [{', '.join(items)}]")
            self.lists[name] = List("vectors", len(items), VECTOR[0], self.memory.new())
            return
        if kind == 9:
            text, low = self.choose(
                (
                    (f"[[0.5, {self.number(0)}], [{self.number(0)}, 1.5]]", 2),
                    (f"[[0.0] * 2 for _ in range({self.choose('23')})]", 2),
                    (f"[[{self.number(0)}, 0.3 * j] for j in range(3)]", 3),
                )
            )
            self.write(indent, f"{name} = {text}")
            self.lists[name] = List("rows", low)
            return
        low = 2
        if kind == 0:
            self.write(indent, f"{name} = [{self.number(1)}, {self.number(0)}]")
        elif kind == 1:
            self.write(indent, f"{name} = [0.5] * 3")
            low = 3
        elif kind == 2:
            i = f"i{len(self.lines)}"
            self.write(indent, f"{name} = []")
            self.write(indent, f"for {i} in range(3):")
            self.indices[i] = 0, 2
            self.write(indent + 1, f"{name}.append({self.calm(self.number(1))})")
            del self.indices[i]
            low = 3
        elif kind == 3:
            v = self.name_for("v")
            self.scalars.append(v)
            value = self.calm(self.number(1))
            self.scalars.remove(v)
            base = self.choose(self.of_rank(1)) if self.of_rank(1) else "np.linspace(0.1, 0.9, 3)"
            low = self.arrays[base].shape[0] if base in self.arrays else 3
            self.write(indent, f"{name} = [{value} for {v} in {base}]")
        elif kind == 4:
            j = self.name_for("j")
            self.indices[j] = 0, 2
            value, test = self.calm(self.number(1)), self.condition()
            del self.indices[j]
            self.write(indent, f"{name} = [{value} for {j} in range(3) if {test}]")
            self.write(indent, f"{name}.append({self.number(0)})")
            low = 1
        else:
            self.write(indent, f"{name} = [{self.number(1)}]")
            low = 1
        self.lists[name] = List("numbers", low)

    def fresh_vector(self) -> str:
        return self.choose(
            (
                f"{self.inner(self.array(VECTOR, 0))} * 1.0",
                f"np.sin({self.array(VECTOR, 0)})",
                f"np.zeros({VECTOR[0]})",
                f"{self.inner(self.piece(VECTOR))}.copy()",
            )
        )

    def same_list(self, indent: int, name: str) -> None:
        """Another name for a list, or a copy of it."""
        x = self.lists[name]
        other = self.name_for("LM")
        if self.chance(50):
            self.write(indent, f"{other} = {name}")
            self.lists[other] = x
            return
        if x.items == "vectors":  # the copy has the same arrays
            self.write(indent, f"{other} = [v.copy() for v in {name}]")
        elif x.items == "rows":
            self.write(indent, f"{other} = [v[:] for v in {name}]")
        else:
            forms = (f"{name}[:]", f"list({name})", f"{name} + [{self.number(0)}]", f"{name}[::-1]")
            self.write(indent, f"{other} = {self.choose(forms)}")
        self.lists[other] = List(x.items, x.low, x.length, self.memory.new())

    # Changing -----------------------------------------------------------------------------

    def at(self, low: int) -> str:
        """An index of a list that has so many items."""
        fitting = [i for i, (_, hi) in self.indices.items() if hi < low]
        return str(self.choose(["0", "-1", *fitting, *fitting, *("1" for _ in range(low > 1))]))

    def grown_list(self, x: List) -> None:
        if not self.nested:
            x.low += 1

    def shorten(self, indent: int, name: str, x: List) -> None:
        if not self.nested and x.low > 1 and self.chance(50):
            x.low -= 1
        else:
            self.write(indent, f"if len({name}) > {x.low}:")
            indent += 1
        taken = self.choose(("", "", "0"))
        if x.items == "numbers" and self.chance(50) and self.scalars:
            self.write(indent, f"{self.choose(self.scalars)} = {name}.pop({taken})")
        else:
            self.write(indent, f"{name}.pop({taken})")

    def numbers(self, indent: int, name: str, x: List) -> None:
        kind = self.below(12)
        value = self.calm(self.number(1))
        i, j = self.at(x.low), self.at(x.low)
        if kind < 3:
            self.write(indent, f"{name}[{i}] = {value}")
        elif kind < 5:
            self.write(indent, f"{name}[{i}] {self.choose(('+=', '*=', '-='))} {value}")
        elif kind < 7:
            self.write(indent, f"{name}.append({value})")
            self.grown_list(x)
        elif kind == 7:
            self.shorten(indent, name, x)
        elif kind == 8:
            self.write(indent, f"{name}[{i}], {name}[{j}] = {name}[{j}], {name}[{i}]")
        elif kind == 9:
            self.write(indent, f"{name}.insert({self.choose('01')}, {value})")
            self.grown_list(x)
        elif kind == 10:
            added = self.choose((f"[{value}]", f"[{value}, 0.5]", f"({value}, {value})"))
            form = self.choose(("{0}.extend({1})", "{0} += {1}"))
            self.write(indent, form.format(name, added))
            self.grown_list(x)
        else:
            k, v = self.name_for("k"), self.name_for("v")
            self.write(indent, f"for {k}, {v} in enumerate({name}):")
            self.write(indent + 1, f"{name}[{k}] = np.sin({v} + {self.number(0)})")

    def vectors(self, indent: int, name: str, x: List) -> None:
        kind = self.below(8)
        i = self.at(x.low)
        item = f"{name}[{i}]"
        if kind < 2:
            self.write(indent, f"{item}[{self.index(x.length)}] = {self.calm(self.number(1))}")
        elif kind == 2:
            self.write(indent, f"{item} = {self.fresh_vector()}")
        elif kind == 3:
            op = self.choose(("+=", "*=", "-="))
            self.write(indent, f"{item} {op} {self.calm(self.array((x.length,), 1))}")
        elif kind == 4:
            self.write(indent, f"{name}.append({self.fresh_vector()})")
            self.grown_list(x)
        elif kind == 5:
            q = self.name_for("pqr")
            self.write(indent, f"{q} = {item}")
            self.arrays[q] = Array((x.length,), x.root)
            self.store(indent, q)
        elif kind == 6:
            q = self.name_for("pqr")
            self.write(indent, f"for {q} in {name}:")
            self.write(indent + 1, f"{q}[{self.index(x.length)}] = {self.calm(self.number(1))}")
        else:
            self.write(indent, f"{item}[1:] += {self.calm(self.array((x.length - 1,), 0))}")
        self.memory.wrote.setdefault(x.root, set()).add(name)

    def rows_of(self, indent: int, name: str, x: List) -> None:
        kind = self.below(6)
        row, j = f"{name}[{self.at(x.low)}]", self.choose("01")
        value = self.calm(self.number(1))
        if kind < 2:
            self.write(indent, f"{row}[{j}] = {value}")
        elif kind == 2:
            self.write(indent, f"{row}[{j}] += {value}")
        elif kind == 3:
            other = self.name_for("LM")
            self.write(indent, f"{other} = {row}")
            self.write(indent, f"{other}[{j}] = {value}")
        elif kind == 4:
            self.write(indent, f"{name}.append([{value}, {self.number(0)}])")
            self.grown_list(x)
        else:
            self.write(indent, f"{row} = [{value}, {self.number(0)}]")

    def change_dict(self, indent: int) -> None:
        name = self.choose(self.dicts)
        kind = self.below(4)
        value = self.calm(self.number(1))
        if kind == 0:
            self.write(indent, f'{name}["u"] = {value}')
        elif kind == 1:
            self.write(indent, f'{name}["u"] += {value}')
        elif kind == 2:
            self.write(indent, f'{name}["w"][{self.index(VECTOR[0])}] = {value}')
        else:
            self.write(indent, f'{name}["w"] = {self.fresh_vector()}')

    # Reading ------------------------------------------------------------------------------

    def number(self, depth: int = 2) -> str:
        if (self.lists or self.dicts) and self.chance(15):
            return self.number_of_list()
        return Expressions.number(self, depth)

    def number_of_list(self) -> str:
        if not self.lists or self.dicts and self.chance(30):
            name = self.choose(self.dicts)
            return str(self.choose((f'{name}["u"]', f'{name}["w"][{self.index(VECTOR[0])}]')))
        name = self.choose(self.lists)
        x = self.lists[name]
        item = f"{name}[{self.at(x.low)}]"
        if x.items == "numbers":
            forms = [item, item, item, f"np.sin(sum({name}))", f"max(«{name}»)"]
            forms += [f"0.2 * len({name})", f"np.mean(np.array({name}))"]
            forms += [f"sum(v * 0.5 for v in {name})"]
        elif x.items == "vectors":
            if self.memory.wrote.get(x.root, set()) - {name}:
                self.memory.seen = True
            index = self.index(x.length)
            forms = [f"{item}[{index}]", f"{item}[{index}]", f"np.sum({item})"]
            forms += [f"np.sin(sum({name})[{index}])", f"np.tanh(np.sum(np.array({name})))"]
            forms += [f"sum(np.sum(v) for v in {name}) * 0.1", f"np.mean(np.stack({name}))"]
        else:
            forms = [f"{item}[0]", f"{item}[1]", f"{item}[-1]", f"np.sin(sum({item}))"]
            forms += [f"0.3 * sum(v[0] for v in {name})", f"np.mean(np.array({name}))"]
        return str(self.choose(forms))
