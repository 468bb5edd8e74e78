"""What an operation may raise, from what is known of its operands.

A class of Python's or NumPy's stands for those classes derived from it that are Python's or
NumPy's too; `Exception` stands for anything. A `try` is needed around an operation only if its
handlers catch something that is listed here; lack of memory and the like is not.
"""

from __future__ import annotations

import copy
from types import FunctionType
from typing import Any as Anything

import numpy as np

from s2s_ad.ir.build import facts, knowing, typeof
from s2s_ad.ir.core import Block, Function, Op, Value, leaves, tree_map, walk
from s2s_ad.ir.primitive import result_types
from s2s_ad.ir.types import Any, Facts, ListOf, Num, Opaque, Refused, Seq, Size
from s2s_ad.ir.unbound import may_be
from s2s_ad.ops.overlap import is_basic
from s2s_ad.ops.rules import Elementwise

Classes = tuple[type, ...]
ANYTHING: Classes = (Exception,)
# What Python's own functions and NumPy's raise, if nothing else is known.
BUILTIN: Classes = (ArithmeticError, LookupError, ValueError, TypeError, AttributeError, OSError)
NOTHING: Classes = ()
LINALG: Classes = (np.linalg.LinAlgError, ValueError)
# Operations that raise nothing, whatever numbers and arrays they get:
SAFE = frozenset(
    """
    if for while try errstate tuple list dict read new_stack push pop pack open mark print fstring
    shape ndim size len dtype zeros_like ones_like empty_like full_like copy astype T transpose
    swapaxes ravel flatten squeeze expand_dims flip fliplr flipud sum mean var std prod all any
    count_nonzero cumsum cumprod not is is_not logical_not isnan isinf isfinite sign floor ceil
    trunc rint where real imag conj diag diagonal trace tril triu outer stop_gradient bool float
    math.isnan math.isinf math.isfinite math.copysign math.fabs abs math.degrees math.radians
    negative positive atleast_1d atleast_2d builtins.max builtins.min stack_length copy_stack
    gradient_like identity eye
    """.split()
)
FOREIGN = ("opaque", "observe", "custom")  # ... that may raise anything
# Those that raise nothing if they get numbers.
SAFE_NUMBERS = frozenset(
    """
    add subtract multiply less less_equal greater greater_equal equal not_equal np.less
    np.less_equal np.greater np.greater_equal np.equal np.not_equal logical_and logical_or
    logical_xor bitwise_and bitwise_or bitwise_xor invert accumulate array asarray
    """.split()
)
KNOWN: dict[str, Classes] = {
    "assert": (AssertionError,),
    "getattr": (AttributeError,),
    "unpack": (ValueError, TypeError),
    "max": (ValueError,),
    "min": (ValueError,),
    "argmax": (ValueError,),
    "argmin": (ValueError,),
    "ptp": (ValueError,),
    "reshape": (ValueError,),
    "concatenate": (ValueError,),
    "stack": (ValueError,),
    "hstack": (ValueError,),
    "vstack": (ValueError,),
    "column_stack": (ValueError,),
    "zeros": (ValueError,),
    "ones": (ValueError,),
    "empty": (ValueError,),
    "full": (ValueError,),
    "linspace": (ValueError,),
    "arange": (ValueError,),
    "norm": (ValueError,),
    "cross": (ValueError,),
    "take": (IndexError, ValueError),
    "int": (ValueError, OverflowError),
    "builtins.round": (ValueError, OverflowError),
    "list_insert": NOTHING,
    "list_take": (IndexError,),
    "list_join": NOTHING,
    **dict.fromkeys(("inv", "solve", "det", "slogdet", "cholesky", "eigh", "eigvalsh"), LINALG),
}
ON_NUMBERS = {  # of Python's arithmetic
    "divide": (ZeroDivisionError, OverflowError),
    "floor_divide": (ZeroDivisionError,),
    "mod": (ZeroDivisionError,),
    "divmod": (ZeroDivisionError,),
    "power": (ZeroDivisionError, OverflowError, ValueError),
}


def may_catch(raised: Classes, caught: Classes) -> bool:
    """Whether a handler for some classes catches some of what is raised."""
    return any(
        issubclass(r, c) or issubclass(c, r) and (r is Exception or library(c))
        for r in raised
        for c in caught
    )


def library(cls: type) -> bool:
    """Whether a class is Python's or NumPy's."""
    return cls.__module__.partition(".")[0] in ("builtins", "numpy")


def copied(known: Facts) -> Facts:
    """What is known of sizes at one moment."""
    known = copy.copy(known)
    known.parent, known.soft = dict(known.parent), {d: set(s) for d, s in known.soft.items()}
    known.relied, known.joined = set(known.relied), dict(known.joined)
    known.derived = dict(known.derived)
    return known


def risky(blocks: list[Block], caught: Classes, before: Facts) -> set[Op]:
    """The operations of blocks and of those inside them that may raise what a handler catches.
    `before` is what was known of sizes before, and is extended: an operation makes sizes equal by
    raising where they are not. What a `try` among them catches does not leave it."""
    found: set[Op] = set()

    def visit(block: Block, ended: Classes) -> None:
        wanted = tuple(c for c in caught if not issubclass(c, ended))
        for op in block.ops:
            raised = tuple(c for c in raised_by(op) if not issubclass(c, ended))
            others = op.kwargs.get("others", NOTHING)  # what a `raise` never raises
            if may_catch(raised, tuple(c for c in wanted if not issubclass(c, others))):
                found.add(op)
            learn(op)
            inner = sum(op.kwargs["handlers"], ()) if op.prim.name == "try" else NOTHING
            for k, b in enumerate(op.blocks):
                visit(b, (*ended, *inner) if k == 0 else ended)

    with knowing(before):
        for block in blocks:
            visit(block, NOTHING)
    return found


def learn(op: Op) -> None:
    """What is known of sizes after an operation."""
    if op.blocks or op.prim.name in ("call", "raise"):
        return
    shown = tree_map(lambda v: v.type if type(v) is Value else v, op.args)
    result_types(op.prim, shown, op.kwargs)


def raised_by(op: Op) -> Classes:
    """The classes of the exceptions that an operation (not those inside it) may raise."""
    name = op.prim.name
    if name == "raise":
        made = op.args[0].owner if type(op.args[0]) is Value else None
        known = isinstance(made, Op) and made.prim.name == "exception"
        return (made.kwargs["cls"],) if known else ANYTHING  # type: ignore[union-attr]
    if name == "exception":
        return ANYTHING if isinstance(op.kwargs["cls"].__init__, FunctionType) else NOTHING
    if name == "touch":
        return (op.kwargs["cls"],)
    if name == "call":
        return of_call(op.kwargs["callee"])
    if name in FOREIGN:
        return ANYTHING
    if name == "getattr" and not isinstance(op.results[0].type, Any):
        return NOTHING  # it is asked before the call
    if name == "float" and (isinstance(op.args[0], str) or not all(map(number, leaves(op.args)))):
        return (ValueError, TypeError)
    if any(map(unknown, leaves(op.args))):
        return BUILTIN
    if name == "for" and any(may_be(v, (None,)) for v in leaves(op.args[:3])):
        return (TypeError,)
    if not op.blocks and any(may_be(v, (None,)) for v in leaves(op.args)):
        return BUILTIN
    if name == "if":
        return NOTHING if number(op.args[0]) else (ValueError,)
    if name == "getitem":
        return of_read(op)
    if name in ("set_at", "add_at"):
        if number(op.args[2]) and is_basic(op.args[1]):
            return NOTHING if inside_bounds(typeof(op.args[0]), op.args[1]) else (IndexError,)
        return (IndexError, ValueError)
    if name in KNOWN:
        return NOTHING if counted(op) else KNOWN[name]
    numbers = all(map(number, leaves(op.args)))
    if name in ("matmul", "dot", "inner"):
        return of_product(op)
    if name.startswith("math.") and name not in SAFE:
        return (ValueError, OverflowError)
    signals: Classes = NOTHING
    if isinstance(op.prim.derivative, Elementwise) or name in ON_NUMBERS:
        plain = all(map(python, op.args))
        if plain and name in ON_NUMBERS:
            return ON_NUMBERS[name]
        if not plain or op.prim.syntax.startswith("call np."):
            signals = (FloatingPointError,)
        loose = any(
            type(x) is Value and getattr(x.type, "kind", "") in ("scalar", "any") for x in op.args
        )
        if loose and name in ON_NUMBERS:
            signals = (*signals, *ON_NUMBERS[name])
        if name in ("power", "np.power") and not any(map(floating, op.args)):
            signals = (*signals, ValueError)  # an integer to a negative power
        return signals if numbers or fits(op.args) else (*signals, ValueError)
    if name in SAFE:
        return NOTHING
    if name in SAFE_NUMBERS:
        return NOTHING if numbers or fits(op.args) else (ValueError,)
    return BUILTIN


def of_call(function: Function) -> Classes:
    """What a function of its own may raise, and those that it calls."""
    found: dict[type, None] = {}
    functions = [function]
    for f in functions:
        if not f.block.yields and not f.block.ops:
            return ANYTHING  # it calls itself, and is not known yet
        for op in walk(f.block):
            callee = op.kwargs.get("callee") if op.prim.name == "call" else None
            if callee is None:
                found.update(dict.fromkeys(raised_by(op)))
            elif callee not in functions:
                functions.append(callee)
    return tuple(found)


def unknown(v: Value) -> bool:
    """Whether it may be an object whose operations raise anything."""
    if isinstance(v.type, Refused):
        return False
    return isinstance(v.type, Any) or isinstance(v.type, Num) and v.type.rank is None


def number(x: Anything) -> bool:
    """Whether an operand is one number."""
    t = typeof(x)
    return isinstance(t, Num) and t.shape == ()


def floating(x: Anything) -> bool:
    """Whether an operand is made of floats."""
    t = typeof(x)
    return isinstance(t, Num) and t.dtype is not None and t.dtype.kind == "f"


def python(x: Anything) -> bool:
    """Whether an operand is a Python number."""
    t = typeof(x)
    return isinstance(t, Num) and t.kind == "py"


def counted(op: Op) -> bool:
    """Whether all that an operation is given are constants, and sizes of arrays."""
    if op.prim.name not in ("zeros", "ones", "empty", "full", "linspace", "arange"):
        return False
    sizes = op.args[1:] if op.prim.name == "linspace" else op.args[:1]
    found = [v.type for v in leaves(sizes)]
    return all(isinstance(t, Num) and t.value is not None for t in found)


def of_read(op: Op) -> Classes:
    x, index = op.args[0], op.args[1]
    t = typeof(x)
    if isinstance(t, Seq) and not t.items:
        return (LookupError,)
    if isinstance(t, Seq):
        return (LookupError,) if any(True for _ in leaves(index)) else NOTHING
    if isinstance(t, ListOf):
        return NOTHING if isinstance(index, slice) else (IndexError,)
    if isinstance(t, Opaque):
        return BUILTIN
    if inside_bounds(t, index):
        return NOTHING
    parts = index if isinstance(index, tuple) else (index,)
    if is_basic(index) and all(p is None or p is Ellipsis or isinstance(p, slice) for p in parts):
        return NOTHING
    return (IndexError,)


def inside_bounds(t: Anything, index: Anything) -> bool:
    """Whether numbers index an array of a known size inside its bounds."""
    parts = index if isinstance(index, tuple) else (index,)
    if not isinstance(t, Num) or t.shape is None or len(parts) > len(t.shape):
        return False
    return all(type(i) is int and type(n) is int and -n <= i < n for i, n in zip(parts, t.shape))


def of_product(op: Op) -> Classes:
    a, b = (typeof(x) for x in op.args[:2])
    if not isinstance(a, Num) or not isinstance(b, Num) or not a.shape or not b.shape:
        return (ValueError,)
    if len(a.shape) > 2 or len(b.shape) > 2:
        return (ValueError,)
    other = b.shape[0] if op.prim.name != "inner" else b.shape[-1]
    return NOTHING if equal(a.shape[-1], other) else (ValueError,)


def fits(args: Anything) -> bool:
    """Whether operands surely can be broadcast."""
    shapes: list[tuple[Size, ...]] = []
    for x in args:
        t = typeof(x)
        if not isinstance(t, Num) or t.shape is None:
            return False
        shapes.append(t.shape)
    for k in range(1, max(map(len, shapes), default=0) + 1):
        sizes = [s[-k] for s in shapes if len(s) >= k]
        wide = [d for d in sizes if not (type(d) is int and d == 1)]
        if any(not equal(wide[0], d) for d in wide[1:]):
            return False
    return True


def equal(a: Size, b: Size) -> bool:
    if isinstance(a, int) and isinstance(b, int):
        return a == b
    return facts().equal(a, b)
