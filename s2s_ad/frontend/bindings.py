"""What a name can be bound to while lowering.

- a `Value`: data, in SSA;
- a plain Python object: a constant, a module, a function, a class;
- a `tuple` of bindings: it exists while lowering only;
- a `Cell`: a list or dict, which can change (what it holds is a `list` or `dict` of bindings, or a
  value); a bare `list` or `dict` of bindings is what some cell holds at one moment;
- one of the other classes below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from typing import Any as Anything

import numpy as np

from s2s_ad.errors import UnsupportedError
from s2s_ad.ir.core import UNDEFINED, Block, Value
from s2s_ad.ir.types import NONE

if TYPE_CHECKING:
    from s2s_ad.frontend.context import Frame

STRUCTURES = (tuple, list, dict)
Path = tuple[Value, tuple[Anything, ...]]  # a parameter, and the keys that lead to a part of it


@dataclass(eq=False)
class Cell:
    """A list or dict, or an object of a user's class: something that names share and that can
    change. `kind` is "list", "dict" or the class. `initial` is what it held when it was made: a
    list or dict of bindings (an object: its attributes), or a value where its length is only known
    at run time. See containers.py for what it holds now."""

    kind: Anything
    initial: Anything
    sources: list[Cell] = field(default_factory=list)  # where it is one of several objects: which
    # ... and the blocks in which each is another one, where branches have been joined
    besides: dict[Cell, set[Anything]] = field(default_factory=dict)
    outside: bool = False  # it lives on after the call: a default
    given: Path | None = None  # the argument that it is, or is in
    in_place: bool = False  # ... and is read in, as long as nothing is changed there
    name: str = ""  # the user's
    age: int = 0  # one that is made later has a larger one
    there: Value | None = None  # a value that is missing where it is
    kept: bool = False  # another list, of unknown length, has it as an item

    @property
    def shown(self) -> str:
        """What it is, for messages."""
        return self.kind if isinstance(self.kind, str) else f"{self.kind.__name__} object"


@dataclass(eq=False)
class Kept:
    """A cell has become an item of a value, in the innermost of these open blocks."""

    cell: Cell
    blocks: tuple[Anything, ...]
    age: int  # cells that are older were made before


@dataclass(eq=False)
class Held:
    """A cell and what it held at one moment."""

    cell: Cell
    inside: Anything
    local: bool = False  # the cell was made in the block that ends


@dataclass(eq=False)
class Closure:
    """A local function or lambda: its text, and the frame whose names it sees."""

    node: Anything
    frame: Frame
    name: str
    defaults: tuple[Anything, ...] = ()
    kwdefaults: dict[str, Anything] = field(default_factory=dict)


@dataclass(eq=False)
class Bound:
    """A Python function with its first argument, `self`, given."""

    function: Anything
    first: Anything
    wrt: Anything = 0  # of a method decorated with `differentiate`


@dataclass(eq=False)
class Partial:
    """`functools.partial(function, *args, **kwargs)`."""

    function: Anything
    args: tuple[Anything, ...]
    kwargs: dict[str, Anything]


@dataclass(eq=False)
class Method:
    """A method that is about to be called: of an array, of a literal container, of a string."""

    name: str
    receiver: Anything


@dataclass(eq=False)
class Object:
    """An object that is no data (`self`, a global of a user's class): what it is now, how its
    attributes are read at run time, and how a guard finds it again."""

    object: Anything
    value: Callable[[], Anything]
    again: Callable[[tuple[Anything, ...]], Anything]
    name: str
    argument: str = ""  # the parameter of the whole function that it is, or is a part of

    @property
    def shown(self) -> str:
        """What it is, for messages."""
        return f"{type(self.object).__name__} object"


@dataclass(eq=False)
class Derived:
    """`grad(f)` and the like: a function made from a function, to be called."""

    target: Anything
    mode: str
    wrt: Anything = 0


@dataclass(eq=False)
class Pullback:
    """The second result of `vjp(f, *primals)`."""

    target: Anything
    primals: tuple[Anything, ...]
    lowered: list[Anything]  # the function, for the primals as they were
    done: tuple[Anything, ...] = ()  # the calls that are not looked into, done for the value


@dataclass(eq=False)
class Conflict:
    """A name that cannot be read here, with the reason why."""

    message: str
    advice: str = ""
    looping: bool = False  # it would have a value in each copy of the loop's body


class Unrollable(UnsupportedError):
    """A name changes its structure from iteration to iteration: a copy of the body for each item
    may still do."""

    retried = True


class Reached(Exception):
    """A function of its own changes what stands around it."""

    def __init__(self, root: Anything) -> None:
        self.root = root


@dataclass(eq=False)
class Stored:
    """An iterator that has a name: it can be consumed once, in the block where it was made."""

    iterator: Anything
    block: Block
    watched: list[tuple[Anything, Anything]]  # what it walks, and what that held
    used: bool = False


@dataclass(eq=False)
class Dead:
    """The binding of a name on a path where nothing reads it later."""


DEAD = Dead()


PRESENT = "?"  # among the attributes of an object that may be None: whether it is one


def is_none(x: Anything) -> bool:
    """Whether a binding is None for certain."""
    return x is None or type(x) is Value and x.type == NONE


def user_name(name: str) -> str:
    """The user's name for a name of the front end: `v 3` is the `v` of a generator, ` v 3` no
    user's."""
    return name.partition(" ")[0]


def is_structure(x: Anything) -> bool:
    """Whether a binding is a container that exists while lowering only."""
    return type(x) in STRUCTURES


def is_plain(x: Anything) -> bool:
    """Whether a binding is a constant that may stand in SSA as data."""
    return (
        x is None
        or x is Ellipsis
        or isinstance(x, (bool, int, float, complex, str, bytes, np.generic, np.dtype))
    )


def is_key(x: Anything) -> bool:
    """Whether a binding is a constant that may be a key of a dict."""
    return is_plain(x) or type(x) is tuple and all(map(is_key, x))


def is_number(x: Anything) -> bool:
    """A Python or NumPy number."""
    return isinstance(x, (bool, int, float, complex, np.number, np.bool_))


def is_data(x: Anything) -> bool:
    """Whether a binding is a value, a constant, or nothing at all: one operand of SSA."""
    return type(x) is Value or x is UNDEFINED or is_plain(x)


def items(x: Anything) -> list[Anything]:
    """The items of a structure, in order."""
    return list(x.values()) if type(x) is dict else list(x)


def rebuilt(x: Anything, new: list[Anything]) -> Anything:
    """A structure of the same kind and keys with other items."""
    return dict(zip(x, new, strict=True)) if type(x) is dict else type(x)(new)


def same_frame(a: Anything, b: Anything) -> bool:
    """Whether two structures agree in kind, length and keys."""
    return type(a) is type(b) and len(a) == len(b) and (type(a) is not dict or list(a) == list(b))


def flatten(x: Anything) -> Iterator[Anything]:
    """The leaves of nested structures."""
    if is_structure(x):
        for item in items(x):
            yield from flatten(item)
    else:
        yield x


def map_leaves(f: Callable[[Anything], Anything], x: Anything) -> Anything:
    """Apply f to the leaves of nested structures."""
    if is_structure(x):
        return rebuilt(x, [map_leaves(f, item) for item in items(x)])
    return f(x)


def identical(a: Anything, b: Anything) -> bool:
    """Whether two bindings are one: the same values, equal constants (bit for bit)."""
    if a is b:
        return True
    if is_structure(a) and is_structure(b):
        return same_frame(a, b) and all(map(identical, items(a), items(b)))
    if type(a) is not type(b):
        return False
    if isinstance(a, (bool, int, str, bytes, np.dtype)):
        return bool(a == b)
    if isinstance(a, (float, complex, np.generic)):
        return repr(a) == repr(b)
    if isinstance(a, slice):
        return all(map(identical, (a.start, a.stop, a.step), (b.start, b.stop, b.step)))
    return False


def describe(x: Anything) -> str:
    """A binding in words, for messages."""
    if is_structure(x):
        count = len(x)
        return f"a {type(x).__name__} of {count} item{'' if count == 1 else 's'}"
    if isinstance(x, (Closure, Bound, Derived, Partial, Pullback)) or (
        callable(x) and not isinstance(x, (type, Value))
    ):
        return "a function"
    if isinstance(x, type):
        return "a class"
    if isinstance(x, Held):
        return describe(x.cell)
    if isinstance(x, (Cell, Object)):
        kind = x.kind if isinstance(x, Cell) else type(x.object)
        return f"a {kind}" if isinstance(kind, str) else f"an object of class {kind.__name__}"
    if type(x) is Value:
        return "a number or array"
    if x is None:
        return "None"
    return f"a {type(x).__name__}"
