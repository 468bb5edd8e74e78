"""The ways in: `grad`, `value_and_grad`, `jvp`, `vjp`, `source`."""

from __future__ import annotations

import functools
import inspect
import types
import weakref
from collections.abc import Callable
from typing import Any as Anything

import numpy as np

from s2s_ad.dispatch import Dispatcher
from s2s_ad.entries import gradient, pullbacks, pushforward
from s2s_ad.errors import DerivativeTypeError, UnsupportedError
from s2s_ad.loader import load
from s2s_ad.parameters import STARS, parameters_of, positions
from s2s_ad.results import match
from s2s_ad.trees import attributes_of

Wrt = int | str | tuple[int | str, ...]

MODES = ("jvp", "vjp", "grad", "ssa")


class _Cache(dict[Anything, Dispatcher]):
    """The dispatchers of one function, kept in its `__dict__` so that they live as long as it.

    It says whose they are because `functools.wraps` copies that dict; copies and pickles are empty.
    """

    def __init__(self, owner: Anything = None) -> None:
        super().__init__()
        self.owner = weakref.ref(owner) if owner is not None else lambda: None

    def __reduce__(self) -> tuple[Anything, ...]:
        return _Cache, ()


def split_bound(f: Anything) -> tuple[Anything, tuple[Anything, ...]]:
    """A callable as a plain function and the arguments bound to it (`self`)."""
    if getattr(f, "__s2s_ad__", False) is True:
        return split_bound(f.__wrapped__)  # a decorated function, or what `grad` returned
    if isinstance(f, types.MethodType):
        inner, before = split_bound(f.__func__)
        return inner, (f.__self__, *before)
    if isinstance(f, (staticmethod, classmethod)):
        raise UnsupportedError(
            f"an object of class {type(f).__name__} cannot be differentiated",
            f"put @{type(f).__name__} above @differentiate",
        )
    if isinstance(f, functools.partial):
        raise UnsupportedError(
            "a functools.partial cannot be differentiated",
            "write a function: lambda x: f(x, k=k)",
        )
    if isinstance(f, (types.FunctionType, types.BuiltinFunctionType, np.ufunc, type)):
        return f, ()
    if not callable(f):
        raise DerivativeTypeError(f"{f!r} is not a function", "give the function, not its value")
    call = type(f).__call__
    if isinstance(call, types.FunctionType):
        return call, (f,)
    return f, ()


def _dispatcher(f: Anything, kind: str, wrt: Anything, several: bool = False) -> Dispatcher:
    """The dispatcher of a derivative of a plain function, made once; `wrt` are positions."""
    function, before = f
    cache = getattr(function, "__s2s_cache__", None)
    if type(cache) is not _Cache or cache.owner() is not function:
        cache = _Cache(function if isinstance(function, types.FunctionType) else None)
        try:
            function.__s2s_cache__ = cache
        except (AttributeError, TypeError):
            pass  # a built-in function takes no attributes; its derivatives are made anew
    key = kind, wrt, several, bool(before)
    found = cache.get(key)
    if found is None:
        mode, finish = {
            "grad": ("grad", gradient(False)),
            "value_and_grad": ("vjp", gradient(True)),
            "jvp": ("jvp", pushforward),
            "vjp": ("split", pullbacks),
        }[kind]
        found = cache.setdefault(
            key, Dispatcher(function, mode, wrt, finish, bool(before), several)
        )
    return found


def _gradient_function(f: Anything, kind: str, wrt: Wrt) -> Callable[..., Anything]:
    """`grad(f)` or `value_and_grad(f)`: a plain function, bound to `self` where f is."""
    function, before = split_bound(f)
    if len(before) > 1:
        raise UnsupportedError(
            "a method bound twice cannot be differentiated",
            "write a function that calls it: lambda x: obj.method(x)",
        )
    places = positions(function, parameters_of(function), wrt, bool(before))
    several = isinstance(wrt, (tuple, list))
    d = _dispatcher((function, before), kind, places, several)
    # A function object of its own, because attributes tell what it is: the front end, which unwraps
    # what `__s2s_ad__` marks, finds Python text that says the same.
    call = d.wrapper
    made = types.FunctionType(call.__code__, call.__globals__, kind, call.__defaults__)
    made.__kwdefaults__ = call.__kwdefaults__
    functools.update_wrapper(made, _in_words(function, kind, places if several else places[0]))
    made.__s2s_ad__ = True  # type: ignore[attr-defined]
    name = getattr(function, "__name__", "f")
    what = "Value and gradient" if kind == "value_and_grad" else "Gradient"
    names = ", ".join(d.names[i] for i in places)
    made.__doc__ = f"{what} of `{name}` with respect to {names}."
    return types.MethodType(made, before[0]) if before else made


def _in_words(function: Anything, kind: str, wrt: Anything) -> Anything:
    """`grad(f, wrt)` as a Python function with source: it calls the transform, then the result."""
    parameters = parameters_of(function)
    name = getattr(function, "__name__", "f")
    name = name if name.isidentifier() else "f"
    head, arguments = [], []
    for p in parameters.values():
        prefix = STARS.get(p.kind, "")
        arguments.append(f"{p.name}={p.name}" if p.kind is p.KEYWORD_ONLY else prefix + p.name)
        default = p.empty if p.default is p.empty else None
        head.append(p.replace(annotation=p.empty, default=default))
    outer, inner = kind, name
    while outer in parameters:
        outer += "_"
    while inner in parameters or inner == outer:
        inner += "_"
    called = f"{outer}({inner}, {wrt!r})({', '.join(arguments)})"
    text = f"def {name}_{kind}{inspect.Signature(head)}:\n    return {called}\n"
    transform = value_and_grad if kind == "value_and_grad" else grad
    made = load(text, f"{name}_{kind}", {outer: transform, inner: function})[f"{name}_{kind}"]
    if hasattr(function, "__wrapped__"):  # by a decorator: the parameters are not its own
        given = {n: p for n, p in parameters.items() if p.default is not p.empty}
        places = [p.default for p in given.values() if p.kind is not p.KEYWORD_ONLY]
        made.__defaults__ = tuple(places)
        made.__kwdefaults__ = {n: p.default for n, p in given.items() if p.kind is p.KEYWORD_ONLY}
    else:
        made.__defaults__ = getattr(function, "__defaults__", None)
        made.__kwdefaults__ = getattr(function, "__kwdefaults__", None)
    made.__module__ = getattr(function, "__module__", None) or __name__
    annotations = dict(getattr(function, "__annotations__", {}))
    annotations.pop("return", None)
    made.__annotations__ = annotations
    return made


def grad(f: Callable[..., Anything], wrt: Wrt = 0) -> Callable[..., Anything]:
    """The gradient of a function with a scalar value, as a function of the same arguments.

    `wrt` names the arguments, by position or name; a tuple of them gives a tuple of gradients.
    Positions count after `self` on bound methods.

    >>> grad(lambda x: x * x)(3.0)
    6.0
    """
    return _gradient_function(f, "grad", wrt)


def value_and_grad(f: Callable[..., Anything], wrt: Wrt = 0) -> Callable[..., Anything]:
    """Like `grad`, but the result is the pair (value, gradient).

    >>> value_and_grad(lambda x: x * x)(3.0)
    (9.0, 6.0)
    """
    return _gradient_function(f, "value_and_grad", wrt)


def jvp(
    f: Callable[..., Anything], primals: Anything, tangents: Anything
) -> tuple[Anything, Anything]:
    """The value of f and its derivative along a direction: (y, y_dot).

    One tangent per primal, of the primal's structure and shapes; None stands for zero.

    >>> jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 10.0))
    (6.0, 23.0)
    """
    function, before = split_bound(f)
    if not isinstance(primals, (tuple, list)) or not isinstance(tangents, (tuple, list)):
        raise DerivativeTypeError(
            "jvp takes a tuple of primals and a tuple of tangents", "jvp(f, (x, y), (x_dot, y_dot))"
        )
    if len(primals) != len(tangents):
        raise DerivativeTypeError(
            f"{len(primals)} primals, but {len(tangents)} tangents",
            "give one tangent per primal; None stands for zero",
        )
    places, given = [], []
    for i, (x, x_dot) in enumerate(zip(primals, tangents)):
        if x_dot is None or not _moves(x, x_dot):
            continue
        places.append(i + len(before))
        given.append(x_dot)
    _check_plain(function, before, len(primals))
    if not places:
        y = f(*primals)
        return y, match(None, y, 0, True)
    push = _dispatcher((function, before), "jvp", tuple(places)).wrapper(*before, *primals)
    y, y_dot = push(tuple(given))
    return y, y_dot


def _moves(x: Anything, x_dot: Anything) -> bool:
    """Whether a primal takes part: a zero tangent leaves an int or an object what it is."""
    if isinstance(x, (float, complex, list, tuple, dict)) or attributes_of(x) is not None:
        return True
    if isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind in "fc":
        return True
    return bool(np.any(x_dot)) if isinstance(x_dot, (int, float, np.ndarray, np.generic)) else True


def _check_plain(function: Anything, before: tuple[Anything, ...], count: int) -> None:
    """Refuse primals that land in `*args`: gradients are per parameter."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is not None and len(before) + count > code.co_argcount and code.co_flags & 0x04:
        raise UnsupportedError(
            f"{function.__name__} takes its primals in *{code.co_varnames[code.co_argcount]}",
            "collect them in one tuple or list",
        )


def vjp(f: Callable[..., Anything], *primals: Anything) -> tuple[Anything, Callable[..., Anything]]:
    """The value of f and its pullback: (y, pullback).

    `pullback(y_bar)` gives a tuple with one gradient per primal (None for what has none) and may
    be called many times; for a scalar value `y_bar` may be left out.

    >>> y, pullback = vjp(lambda x, y: x * y, 2.0, 3.0)
    >>> y, pullback(1.0), pullback(10.0)
    (6.0, (3.0, 2.0), (30.0, 20.0))
    """
    function, before = split_bound(f)
    _check_plain(function, before, len(primals))
    floats = [i for i, x in enumerate(primals) if _is_float(x)]
    ints = [
        i
        for i, x in enumerate(primals)
        if _is_int(x) and not _declared_int(function, i + len(before))
    ]
    return _vjp_of(f, function, before, primals, floats, ints)


def _vjp_of(
    f: Anything,
    function: Anything,
    before: tuple[Anything, ...],
    primals: tuple[Anything, ...],
    floats: list[int],
    ints: list[int],
) -> tuple[Anything, Callable[..., Anything]]:
    active = sorted(floats + ints)
    if not active:
        raise DerivativeTypeError(
            "no primal carries a derivative", "pass floats, float arrays or containers of them"
        )
    places = tuple(i + len(before) for i in active)
    d = _dispatcher((function, before), "vjp", places)
    try:
        y, pull = d.wrapper(*before, *primals)
    except (UnsupportedError, DerivativeTypeError):
        # An int may be a number or a count; as a float it was refused where it counts.
        if not (floats and ints):
            raise
        return _vjp_of(f, function, before, primals, floats, [])
    if len(active) == len(primals):
        return y, pull
    slots = [active.index(i) if i in active else None for i in range(len(primals))]

    def pullback(*y_bar: Anything) -> tuple[Anything, ...]:
        """One gradient per primal for a cotangent of the value; may be called many times."""
        bars = pull(*y_bar)
        return tuple([None if s is None else bars[s] for s in slots])

    return y, pullback


def _is_float(x: Anything) -> bool:
    kind = type(x)
    if kind is tuple or kind is list:
        return any(map(_is_float, x))
    if kind is dict:
        return any(map(_is_float, x.values()))
    if isinstance(x, (np.ndarray, np.generic)):
        return x.dtype.kind in "fc" or type(x) not in (np.ndarray,) and isinstance(x, np.ndarray)
    found = attributes_of(x)
    return (
        kind is float
        or kind is complex
        or found is not None
        and any(map(_is_float, found.values()))
    )


def _is_int(x: Anything) -> bool:
    return type(x) is int or (isinstance(x, (np.ndarray, np.integer)) and x.dtype.kind in "iu")


def _declared_int(function: Anything, place: int) -> bool:
    parameters = list(parameters_of(function).values())
    return place < len(parameters) and parameters[place].annotation in (int, "int")


def source(f: Callable[..., Anything], mode: str, *, wrt: Wrt = 0, like: Anything = None) -> str:
    """The source of a derivative: a complete module that runs as it stands.

    `mode` is "jvp", "vjp", "grad" or "ssa" (the intermediate form). `like` says what the
    arguments are: a tuple of examples or signature strings (`"f8[n, m]"`, `"float"`), a mapping
    from names to these, or one string `"x=f8[n], k=float"`. Without it annotations and defaults
    count.
    """
    from s2s_ad.like import described

    if mode not in MODES:
        raise DerivativeTypeError(
            f"mode {mode!r} is unknown", f"choose among {', '.join(map(repr, MODES))}"
        )
    function, before = split_bound(f)
    parameters = parameters_of(function)
    places = positions(function, parameters, wrt, bool(before))
    free = dict(list(parameters.items())[len(before) :])
    found, values = described(function, free, like)
    d = Dispatcher(
        function, mode, places, gradient(False), bool(before), isinstance(wrt, (tuple, list))
    )
    if before:
        values = {next(iter(parameters)): before[0], **values}
    return d.source(found, values)


# The front end recognises the transforms in a differentiated function by this attribute.
for _name in ("grad", "value_and_grad", "jvp", "vjp"):
    setattr(globals()[_name], "__s2s_transform__", _name)  # noqa: B010 (functions are not classes)
