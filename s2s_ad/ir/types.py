"""Types and symbolic dimensions of SSA values.

A type is optional knowledge: `ANY` is always allowed and always right. A dimension is an
integer, a symbol plus a constant, or None when nothing is known.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Union

import numpy as np


@dataclass(frozen=True)
class Dim:
    """The size `name + offset`, clipped at 0. `not_one` holds for the symbol alone, offset 0."""

    name: str
    offset: int = 0
    not_one: bool = False

    def __add__(self, step: int) -> Dim:
        return Dim(self.name, self.offset + step, self.not_one)

    def __str__(self) -> str:
        return self.name + (f"{self.offset:+d}" if self.offset else "")


Size = Union[int, Dim, None]


SCALARS = {"py", "np", "scalar"}


def same_dtype(a: np.dtype | None, b: np.dtype | None) -> bool:
    """Whether both are known and equal, or both unknown. (NumPy's own `==` takes None for
    float64.)"""
    return a is b or a is not None and b is not None and a == b


@dataclass(frozen=True)
class Num:
    """A number or an array of numbers.

    `kind` is "py" (Python scalar), "np" (NumPy scalar), "scalar" (one of these two), "array"
    (ndarray, 0-d included), or "any" where only dtype or shape is known. `dtype` None and `shape`
    None mean unknown. `value` is known of a Python int that is a size (`len(x)`, `x.shape[0]`),
    so that `np.zeros(len(x))` has the size of x.
    """

    kind: str
    dtype: np.dtype | None = None
    shape: tuple[Size, ...] | None = None
    value: Size = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Num) or self.kind != other.kind or self.shape != other.shape:
            return False
        return self.value == other.value and same_dtype(self.dtype, other.dtype)

    def __hash__(self) -> int:
        return hash((self.kind, self.dtype, self.shape, self.value))

    @property
    def rank(self) -> int | None:
        return None if self.shape is None else len(self.shape)

    def __str__(self) -> str:
        if self.kind == "py" and self.dtype is not None:
            return {"f": "float", "i": "int", "b": "bool", "c": "complex"}[self.dtype.kind]
        name = "?" if self.dtype is None else self.dtype.kind + str(8 * self.dtype.itemsize)
        if self.kind == "np":
            return name
        if self.shape is None:
            return name + "[...]"
        return f"{name}[{', '.join('?' if d is None else str(d) for d in self.shape)}]"


@dataclass(frozen=True)
class Seq:
    """A tuple, list or dict of fixed structure. `kind` is "tuple", "list" or "dict". An object of
    a user's class is a dict of its attributes; `cls` is known while lowering."""

    kind: str
    items: tuple[Type, ...]
    keys: tuple[object, ...] = ()  # of a dict, in order
    cls: type | None = None

    def __str__(self) -> str:
        inner = ", ".join(map(str, self.items))
        if self.kind == "dict":
            inner = ", ".join(f"{k!r}: {t}" for k, t in zip(self.keys, self.items))
            return "{" + inner + "}"
        return f"[{inner}]" if self.kind == "list" else f"({inner})"


@dataclass(frozen=True)
class ListOf:
    """A list or tuple of unknown length whose elements share one type."""

    kind: str
    elem: Type

    def __str__(self) -> str:
        return f"{self.kind}[{self.elem}]"


@dataclass(frozen=True)
class Stack:
    """A functional stack (a tape): `push` and `pop` give new versions."""

    elem: Type

    def __str__(self) -> str:
        return f"stack[{self.elem}]"


@dataclass(frozen=True)
class Tape:
    """What one call of a function that calls itself has recorded. It holds the tapes of the calls
    in it, so its structure is not known; only whether there are numbers in it that may carry a
    derivative."""

    varies: bool = True

    def __str__(self) -> str:
        return "tape" if self.varies else "constant_tape"


@dataclass(frozen=True)
class Opaque:
    """Not a number: a string, a dtype, None, a random generator. Never active."""

    what: str = "object"

    def __str__(self) -> str:
        return self.what


@dataclass(frozen=True)
class Known(Opaque):
    """An object of which the type says which one it is: a function, a class, an enum's member."""

    object: object = None


@dataclass(frozen=True)
class Any:
    """Nothing is known; or, of the items of a stack or list, that there is none (yet)."""

    empty: bool = False

    def __str__(self) -> str:
        return "any"


@dataclass(frozen=True)
class Refused(Any):
    """The type of what was refused, while a lint goes on after it (see `s2s_ad.ir.collecting`)."""

    def __str__(self) -> str:
        return "refused"


Type = Union[Num, Seq, ListOf, Stack, Tape, Opaque, Any]
ANY = Any()
EMPTY = Any(empty=True)
POISON = Refused()
F8 = np.dtype(np.float64)
FLOAT = Num("py", F8, ())
INT = Num("py", np.dtype(np.int64), ())
BOOL = Num("py", np.dtype(np.bool_), ())
COMPLEX = Num("py", np.dtype(np.complex128), ())
NONE = Opaque("None")
# Objects that draw random numbers. What they give depends on their state alone, so that they are
# known by type, not by identity.
GENERATORS = (np.random.Generator, np.random.RandomState, random.Random)
STR = Opaque("str")


def array(dtype: object, *shape: Size) -> Num:
    """The type of an ndarray."""
    return Num("array", np.dtype(dtype), shape)  # type: ignore[call-overload]


def type_of(x: object) -> Type:
    """The type of a constant, exact: sizes are integers. Containers keep their structure."""
    kind = type(x)
    if kind is bool:
        return BOOL
    if kind is int:
        return INT
    if kind is float:
        return FLOAT
    if kind is complex:
        return COMPLEX
    if isinstance(x, np.generic) and x.dtype.kind in "fiubc":
        return Num("np", x.dtype, ())
    if type(x) is np.ndarray and x.dtype.kind in "fiubc":
        return Num("array", x.dtype, x.shape)
    if type(x) is tuple or type(x) is list:
        return Seq(kind.__name__, tuple(map(type_of, x)))
    if type(x) is dict:
        return Seq("dict", tuple(map(type_of, x.values())), tuple(x))
    return Opaque("None" if x is None else kind.__name__)


def differentiable(t: Type) -> bool:
    """Whether a value of this type can carry a derivative."""
    if isinstance(t, Num):
        return t.dtype is None or t.dtype.kind in "fc"
    if isinstance(t, Seq):
        return any(map(differentiable, t.items)) or t.kind == "list" and not t.items  # it may grow
    if isinstance(t, (ListOf, Stack)):
        return differentiable(t.elem)
    return t.varies if isinstance(t, Tape) else isinstance(t, Any)


def rank(t: Type) -> int | None:
    """The number of dimensions, or None where it is unknown."""
    return t.rank if isinstance(t, Num) else None


def is_scalar(t: Type) -> bool:
    """Known to have shape ()."""
    return isinstance(t, Num) and t.shape == ()


@dataclass
class Facts:
    """What one pipeline run knows and assumes about sizes.

    `agree` records that two sizes are equal, either because the operation raises otherwise
    (matmul) or because both are assumed not to be 1 (broadcasting). `equal` answers, and notes
    in `relied` the symbols whose not being 1 an answer used; they end in the guard line.
    """

    parent: dict[Dim, Size] = field(default_factory=dict)
    soft: dict[Size, set[Dim]] = field(default_factory=dict)
    relied: set[Dim] = field(default_factory=set)
    joined: dict[str, set[Size]] = field(default_factory=dict)
    derived: dict[tuple[object, ...], Dim] = field(default_factory=dict)
    counter: int = 0

    def fresh(self) -> Dim:
        self.counter += 1
        return Dim(f"_{self.counter}")

    def find(self, d: Size) -> Size:
        while isinstance(d, Dim) and d in self.parent:
            d = self.parent[d]
        return d

    def agree(self, a: Size, b: Size, assumed: bool = False) -> None:
        """Record a == b; `assumed` where it rests on neither symbol being 1."""
        if a is None or b is None:
            return
        ra, rb = self.find(a), self.find(b)
        if ra == rb or (isinstance(ra, int) and isinstance(rb, int)):
            return
        if isinstance(ra, int):
            ra, rb = rb, ra
        assert isinstance(ra, Dim)
        self.parent[ra] = rb
        notes = self.soft.pop(ra, set()) | self.soft.get(rb, set())
        if assumed:
            notes |= {d for d in (a, b) if isinstance(d, Dim)}
        if notes:
            self.soft[rb] = notes

    def equal(self, a: Size, b: Size) -> bool:
        if a is None or b is None:
            return False
        if a == b:
            return True
        root = self.find(a)
        if root != self.find(b):
            return False
        self.relied |= self.soft.get(root, set())
        return True

    def never_one(self, d: Size) -> bool:
        if isinstance(d, int):
            return d != 1
        return isinstance(d, Dim) and d.not_one and d.offset == 0

    def broadcast(self, a: Size, b: Size) -> Size:
        """The size NumPy's broadcasting gives for two sizes."""
        if a == b and a is not None:
            return a
        if a == 1:
            return b
        if b == 1:
            return a
        one_a, one_b = self.never_one(a), self.never_one(b)
        if one_a and one_b:
            self.agree(a, b, assumed=True)
            return b if isinstance(b, int) else a
        if one_a:
            return a
        if one_b:
            return b
        if a is not None and b is not None and self.find(a) == self.find(b):
            return a
        return None

    def same_shape(self, a: Type, b: Type) -> bool:
        """Provably of one shape."""
        if not (isinstance(a, Num) and isinstance(b, Num)) or a.shape is None or b.shape is None:
            return False
        return len(a.shape) == len(b.shape) and all(map(self.equal, a.shape, b.shape))

    def join_size(self, a: Size, b: Size) -> Size:
        """A size that covers both; a fresh symbol where neither is 1, so that this stays known."""
        if a == b:
            return a
        if isinstance(a, Dim) and a.name in self.joined and self.never_one(b):
            self.joined[a.name].add(b)
            return a
        if self.never_one(a) and self.never_one(b):
            new = Dim(self.fresh().name, 0, True)
            self.joined[new.name] = {a, b}
            return new
        return None

    def join(self, a: Type, b: Type) -> Type:
        """The least type that covers both, for values that meet at a join of control flow."""
        if a == b or b == EMPTY:
            return a
        if a == EMPTY:
            return b
        if isinstance(a, Num) and isinstance(b, Num):
            kind = a.kind
            if a.kind != b.kind:
                kind = "scalar" if {a.kind, b.kind} <= SCALARS else "any"
            dtype = a.dtype if same_dtype(a.dtype, b.dtype) else None
            if a.shape is None or b.shape is None or len(a.shape) != len(b.shape):
                return Num(kind, dtype, None)
            return Num(kind, dtype, tuple(map(self.join_size, a.shape, b.shape)))
        if NONE in (a, b) and isinstance(a, Num) | isinstance(b, Num):
            number = a if isinstance(a, Num) else b
            assert isinstance(number, Num)
            return Num("any", number.dtype, number.shape)  # or None
        if isinstance(a, Seq) and isinstance(b, Seq):
            if (a.kind, a.keys, a.cls, len(a.items)) == (b.kind, b.keys, b.cls, len(b.items)):
                return Seq(a.kind, tuple(map(self.join, a.items, b.items)), a.keys, a.cls)
        if isinstance(a, (Seq, ListOf)) and isinstance(b, (Seq, ListOf)) and a.kind == b.kind:
            if a.kind != "dict":
                return self.join_lengths(a, b)
        if isinstance(a, Stack) and isinstance(b, Stack):
            return Stack(self.join(a.elem, b.elem))
        if isinstance(a, Tape) and isinstance(b, Tape):
            return Tape(a.varies or b.varies)
        return POISON if POISON in (a, b) else ANY

    def join_lengths(self, a: Seq | ListOf, b: Seq | ListOf) -> Type:
        """The type of a list or tuple that has the length of one or of the other."""
        found = [t for s in (a, b) for t in (s.items if isinstance(s, Seq) else (s.elem,))]
        elem = found[0] if found else ANY
        for t in found[1:]:
            elem = self.join(elem, t)
        return ListOf(a.kind, elem)

    def assumptions(self) -> set[Dim]:
        """The symbols of the signature whose not being 1 was relied on."""
        out: set[Dim] = set()
        todo: list[Size] = list(self.relied)
        seen: set[Size] = set()
        while todo:
            d = todo.pop()
            if d in seen or not isinstance(d, Dim):
                continue
            seen.add(d)
            if d.name in self.joined:
                todo.extend(self.joined[d.name])
            elif d.not_one:
                out.add(d)
        return out
