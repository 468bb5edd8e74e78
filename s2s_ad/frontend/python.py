"""Python's own functions, where they mean something while lowering: `len`, `isinstance`, `range`,
`print`, `list`, ... Returns `NotImplemented` where the function is an ordinary operation."""

from __future__ import annotations

import collections
import functools
import inspect
import operator
import sys
from collections.abc import Callable
from typing import Any as Anything

import gast
import numpy as np

from s2s_ad.frontend import containers, prelude
from s2s_ad.frontend.bindings import (
    Closure,
    Partial,
    is_number,
    is_plain,
    is_structure,
    items,
    rebuilt,
)
from s2s_ad.frontend.composed import Enumerate, Reversed, Zip
from s2s_ad.frontend.comprehensions import Generator, consume
from s2s_ad.frontend.conditions import negation, truth
from s2s_ad.frontend.context import Frame, operand, operate, refuse
from s2s_ad.frontend.expressions import arithmetic, collected
from s2s_ad.frontend.foreign import observe
from s2s_ad.frontend.generators import of_expression
from s2s_ad.frontend.holding import holding, opened
from s2s_ad.frontend.iteration import Range, View, listed, walk
from s2s_ad.frontend.liveness import nonlocals
from s2s_ad.frontend.objects import MISSING, call, is_object
from s2s_ad.frontend.statics import refuse_promoted
from s2s_ad.frontend.weaving import Generated
from s2s_ad.ir.build import emit
from s2s_ad.ir.core import Value
from s2s_ad.ir.types import ListOf, Num, Seq
from s2s_ad.ops.opaque import Reference
from s2s_ad.runtime import stop_gradient

Handler = Callable[..., Anything]
PYTHON: dict[Anything, Handler] = {}


def python(*functions: Anything) -> Callable[[Handler], Handler]:
    """Enter a handler: `handler(frame, *args, **kwargs)`, with bindings as arguments."""

    def enter(f: Handler) -> Handler:
        for function in functions:
            PYTHON[function] = f
        return f

    return enter


@python(len)
def _len(frame: Frame, x: Anything) -> Anything:
    found = call(frame, x, "__len__")
    if found is not MISSING:
        return found
    x = opened(frame, x) if is_object(x) else holding(frame, x)
    if is_structure(x) or isinstance(x, (str, bytes)):
        return len(x)
    if type(x) is Value and isinstance(x.type, Seq):
        return len(x.type.items)
    if isinstance(x, View):
        return x.length(frame)
    if isinstance(x, Range):
        known = x.constant()
        return len(known) if known is not None else NotImplemented
    t = x.type if type(x) is Value else None
    if isinstance(t, Num) and t.shape and type(t.shape[0]) is int:
        return t.shape[0]
    return operate(frame, len, x)


@python(functools.partial)
def _partial(frame: Frame, function: Anything, *args: Anything, **kwargs: Anything) -> Anything:
    return Partial(function, args, kwargs)


@python(functools.wraps)
def _wraps(frame: Frame, *args: Anything, **options: Anything) -> Anything:
    return prelude.same


@python(functools.cache, functools.lru_cache)
def _cache(
    frame: Frame, x: Anything = None, typed: Anything = False, **options: Anything
) -> Anything:
    """What is looked through: the results are those of the function."""
    if not isinstance(x, Closure):
        return prelude.same if x is None or type(x) is int else x
    if isinstance(x.node, gast.FunctionDef) and nonlocals(x.node):
        refuse(f"{x.name} is cached and assigns nonlocal names", "leave the cache out")
    return x


@python(range)
def _range(frame: Frame, *args: Anything) -> Anything:
    if not 1 <= len(args) <= 3:
        refuse(f"range takes 1 to 3 arguments, not {len(args)}", "write range(start, stop, step)")
    for x in args:
        t = x.type if type(x) is Value else None
        wrong = isinstance(t, Num) and t.dtype is not None and t.dtype.kind not in "iu"
        if wrong or isinstance(x, float):
            refuse("the limits of a range must be ints", "write int(...) around it")
    start, stop = (0, args[0]) if len(args) == 1 else args[:2]
    step = args[2] if len(args) == 3 else 1
    if type(step) is int and step == 0:
        refuse("the step of a range is 0", "give another step")
    return Range(start, stop, step)


@python(enumerate)
def _enumerate(frame: Frame, x: Anything, start: Anything = 0) -> Anything:
    if isinstance(x, Generator):
        x = of_expression(frame, x)
    if isinstance(x, Generated):
        return containers.run(frame, prelude.enumerating, x, start)
    return Enumerate(walk(frame, x), start)


@python(zip)
def _zip(frame: Frame, *xs: Anything, strict: Anything = False) -> Anything:
    if type(strict) is not bool:
        refuse("strict must be a constant", "write strict=True")
    if not xs:
        return ()
    walks = [walk(frame, x) for x in xs]
    generated = [k for k, w in enumerate(walks) if isinstance(w, Generated)]
    if len(generated) == 1 and len(walks) > 1 and not strict:
        from s2s_ad.frontend.iterators import indexable

        (k,) = generated
        others = [indexable(frame, x) for x in (*xs[:k], *xs[k + 1 :])]
        return containers.run(frame, prelude.zipping, walks[k], k, *others)
    return Zip(walks, strict)


@python(reversed)
def _reversed(frame: Frame, x: Anything) -> Anything:
    inner = walk(frame, x)
    return inner.inner if isinstance(inner, Reversed) else Reversed(inner)


@python(list)
def _list(frame: Frame, *xs: Anything) -> Anything:
    if not xs:
        return []
    return collect(frame, xs[0])


@python(tuple)
def _tuple(frame: Frame, *xs: Anything) -> Anything:
    found = holding(frame, collect(frame, xs[0])) if xs else []
    if type(found) is Value:
        return emit("as_tuple", found)
    return tuple(found)


def collect(frame: Frame, x: Anything) -> Anything:
    """A new list of all items of an iterable."""
    if isinstance(x, Generator):
        return consume(frame, prelude.collected, x)
    held = holding(frame, x)
    if type(held) is Value and isinstance(held.type, ListOf):
        return containers.copied(frame, held)
    found = walk(frame, x).fixed(frame)
    return list(found) if found is not None else containers.run(frame, prelude.collected, x)


@python(collections.deque)
def _deque(frame: Frame, *xs: Anything, **options: Anything) -> Anything:
    from s2s_ad.frontend.construction import construct

    return construct(frame, prelude.deque, list(xs), options, prelude.deque)


@python(dict)
def _dict(frame: Frame, *xs: Anything, **named: Anything) -> Anything:
    out: dict[Anything, Anything] = {}
    for x in xs:
        if isinstance(x, Generator):
            x = consume(frame, prelude.mapped, x)
        x = opened(frame, collected(frame, x))
        out.update(x if type(x) is dict else dict(opened(frame, y) for y in listed(frame, x)))
    return {**out, **named}


@python(slice)
def _slice(frame: Frame, *xs: Anything) -> Anything:
    return slice(*xs)


@python(sum)
def _sum(frame: Frame, x: Anything, start: Anything = 0) -> Anything:
    if isinstance(x, Generator):
        return consume(frame, prelude.total, x, start)
    found = opened(frame, x)
    if type(found) is Value:
        plain = start == 0 and type(start) is int
        number = isinstance(found.type, ListOf) and isinstance(found.type.elem, Num)
        if plain and (number or isinstance(found.type, Num)):
            return operate(frame, sum, found)
        return containers.run(frame, prelude.total, x, start)
    if not is_structure(found):
        found = walk(frame, x).fixed(frame)
    if found is None:
        return containers.run(frame, prelude.total, x, start)
    numbers = list(found)
    plain = start == 0 and type(start) is int and len(numbers) > 1
    if plain and all(type(y) is Value and isinstance(y.type, Num) or is_number(y) for y in numbers):
        return operate(frame, sum, tuple(numbers))
    return functools.reduce(lambda a, b: arithmetic(frame, operator.add, a, b), numbers, start)


@python(max)
def _max(frame: Frame, *xs: Anything, **options: Anything) -> Anything:
    return extremum(frame, "max_of", xs, options)


@python(min)
def _min(frame: Frame, *xs: Anything, **options: Anything) -> Anything:
    return extremum(frame, "min_of", xs, options)


def extremum(frame: Frame, name: str, xs: Anything, options: Anything) -> Anything:
    """Builtin max or min of several numbers, or of one iterable."""
    key = options.pop("key", None)
    if len(xs) != 1 and key is None:
        return NotImplemented
    found = xs[0] if len(xs) == 1 else xs
    if isinstance(found, Generator) or getattr(type(found), "walks", False):
        found = containers.run(frame, prelude.collected, found)
    if "default" in options:
        function = max if name == "max_of" else min
        return containers.run(frame, prelude.extremum, found, function, key, options["default"])
    if key is not None:
        return containers.first_by(frame, found, key, name == "max_of")
    found = opened(frame, found)
    if is_structure(found):
        numbers = items(found)
        return numbers[0] if len(numbers) == 1 else Again(tuple(numbers), {})
    if type(found) is Value and isinstance(found.type, ListOf):
        return emit(name, found)
    return NotImplemented


@python(bool)
def _bool(frame: Frame, *xs: Anything) -> Anything:
    if not xs:
        return False
    t = truth(frame, xs[0])
    return t if not isinstance(t, Value) else NotImplemented


@python(float, int, complex)
def _number(frame: Frame, *xs: Anything) -> Anything:
    found = call(frame, xs[0], "__float__") if len(xs) == 1 else MISSING
    return NotImplemented if found is MISSING else found


@python(abs)
def _abs(frame: Frame, x: Anything) -> Anything:
    found = call(frame, x, "__abs__")
    return NotImplemented if found is MISSING else found


@python(any)
def _any(frame: Frame, x: Anything) -> Anything:
    return containers.run(frame, prelude.any_of, x)


@python(all)
def _all(frame: Frame, x: Anything) -> Anything:
    return containers.run(frame, prelude.all_of, x)


@python(str, repr, format)
def _text(frame: Frame, x: Anything, *spec: Anything) -> Anything:
    if is_plain(x) and not spec:
        return str(x)
    refuse_promoted(frame, x, "the text")
    return emit("fstring", [(operand(frame, x), "", spec[0] if spec else "")])


@python(print)
def _print(frame: Frame, *xs: Anything, **options: Anything) -> Anything:
    if "file" in options:
        return observe(frame, Reference("print", print), list(xs), options)
    for name, value in options.items():
        if name not in ("sep", "end", "flush") or not is_plain(value):
            refuse(f"print with {name} is not supported", "print to standard output")
    emit("print", *(operand(frame, x) for x in xs), **options)
    return None


@python(stop_gradient)
def _stop_gradient(frame: Frame, x: Anything) -> Anything:
    x = opened(frame, x)
    if is_structure(x):
        return rebuilt(x, [_stop_gradient(frame, item) for item in items(x)])
    if is_plain(x):
        return x
    return operate(frame, stop_gradient, x)


@python(sorted)
def _sorted(frame: Frame, x: Anything, **options: Anything) -> Anything:
    return containers.sorted_(frame, containers.run(frame, prelude.collected, x), **options)


@python(next)
def _next(frame: Frame, x: Anything, *default: Anything) -> Anything:
    if not isinstance(x, Generator):
        return _iterator(frame, x, None)
    function = prelude.first_or if default else prelude.first
    return containers.run(frame, function, x, *default)


@python(
    eval, exec, compile, locals, globals, vars, dir, __import__, sys._getframe,
    inspect.currentframe, inspect.stack, inspect.getmembers,
)  # fmt: skip
def _looks_around(frame: Frame, *args: Anything, **options: Anything) -> Anything:
    refuse(
        "eval, exec, locals and the like are not supported: they would see the variables of the "
        "derivative, not those of the function",
        "write the expression out, or import what is meant",
    )


@python(iter)
def _iterator(frame: Frame, *xs: Anything) -> Anything:
    if len(xs) != 1:
        refuse("explicit iterators are not supported", "use a for statement")
    return walk(frame, xs[0])  # what `__iter__` returns; it cannot be stored


@python(operator.not_)
def _not(frame: Frame, x: Anything) -> Anything:
    return negation(frame, x)


@python(np.diag_indices)
def _diag_indices(frame: Frame, n: Anything, ndim: Anything = 2) -> Anything:
    if type(ndim) is not int:
        refuse("the number of axes must be known here", "write it out")
    return (operate(frame, np.arange, n),) * ndim


@python(np.fromiter)
def _fromiter(frame: Frame, x: Anything, dtype: Anything) -> Anything:
    return operate(frame, np.array, collected(frame, x), dtype=dtype)


@python(np.asarray, np.array)
def _array(frame: Frame, x: Anything, *rest: Anything, **options: Anything) -> Anything:
    if is_object(x) and x.kind is prelude.deque:
        return Again((collect(frame, x), *rest), options)
    x = holding(frame, x)
    if type(x) is Value and isinstance(x.type, Seq):
        from s2s_ad.frontend.holding import fully_opened

        return Again((fully_opened(frame, x), *rest), options)
    return NotImplemented


class Again:
    """The same call with other arguments."""

    def __init__(self, args: tuple[Anything, ...], kwargs: dict[str, Anything]) -> None:
        self.args, self.kwargs = args, kwargs
