"""The ways in: `differentiate`, `grad`, `value_and_grad`, `jvp`, `vjp`, `source`."""

from __future__ import annotations

import functools
import types
import weakref
from collections.abc import Callable, Mapping
from typing import Any as Anything
from typing import Generic, ParamSpec, TypeVar, overload

import numpy as np

from s2s_ad.dispatch import Dispatcher, parameters_of, positions
from s2s_ad.entries import gradient, pullbacks, pushforward
from s2s_ad.errors import DerivativeTypeError, S2SError, SourceNotFoundError, UnsupportedError
from s2s_ad.results import detach, match

P = ParamSpec("P")
R = TypeVar("R")
F = TypeVar("F", bound=Callable[..., Anything])
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


def _split(f: Anything) -> tuple[Anything, tuple[Anything, ...]]:
    """A callable as a plain function and the arguments bound to it (`self`)."""
    if isinstance(f, Differentiable):
        f = f.__wrapped__
    if isinstance(f, BoundDifferentiable):
        return f.__func__, (f.__self__,)
    if isinstance(f, types.MethodType):
        inner, before = _split(f.__func__)
        return inner, (f.__self__, *before)
    if isinstance(f, (staticmethod, classmethod)):
        raise UnsupportedError(
            f"a {type(f).__name__} object cannot be differentiated",
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
    call = getattr(type(f), "__call__", None)
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
    function, before = _split(f)
    if len(before) > 1:
        raise UnsupportedError("a method bound twice cannot be differentiated")
    places = positions(function, parameters_of(function), wrt, bool(before))
    several = isinstance(wrt, (tuple, list))
    d = _dispatcher((function, before), kind, places, several)
    # A function object of its own: attributes tell what it is, to people and to the front end.
    made = types.FunctionType(
        d.wrapper.__code__, d.wrapper.__globals__, d.wrapper.__name__, d.wrapper.__defaults__
    )
    made.__kwdefaults__ = d.wrapper.__kwdefaults__
    name = getattr(function, "__name__", "f")
    made.__name__ = f"{name}_{kind}"
    made.__qualname__ = f"{getattr(function, '__qualname__', name)}_{kind}"
    made.__module__ = getattr(function, "__module__", None) or __name__
    what = "Value and gradient" if kind == "value_and_grad" else "Gradient"
    names = ", ".join(d.names[i] for i in places)
    made.__doc__ = f"{what} of `{name}` with respect to {names}."
    made.__dict__["__signature__"] = _signature(function)
    made.__dict__["__s2s_derivative__"] = (kind, function, wrt)
    return types.MethodType(made, before[0]) if before else made


def _signature(function: Anything) -> Anything:
    import inspect

    signature = inspect.signature(function)
    return signature.replace(return_annotation=signature.empty)


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


def _arguments(function: Anything, before: tuple[Anything, ...], primals: Anything) -> Anything:
    """The primals as arguments by parameter, defaults filled in."""
    import inspect

    bound = inspect.signature(function).bind(*before, *primals)
    bound.apply_defaults()
    return bound


def jvp(f: Callable[..., Anything], primals: Anything, tangents: Anything) -> tuple[Anything, Anything]:
    """The value of f and its derivative along a direction: (y, y_dot).

    One tangent per primal, of the primal's structure and shapes; None stands for zero.

    >>> jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 10.0))
    (6.0, 23.0)
    """
    function, before = _split(f)
    if not isinstance(primals, (tuple, list)) or not isinstance(tangents, (tuple, list)):
        raise DerivativeTypeError(
            "jvp takes a tuple of primals and a tuple of tangents", "jvp(f, (x, y), (x_dot, y_dot))"
        )
    if len(primals) != len(tangents):
        raise DerivativeTypeError(f"{len(primals)} primals, but {len(tangents)} tangents")
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
    if isinstance(x, (float, complex, list, tuple, dict)):
        return True
    if isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind in "fc":
        return True
    return bool(np.any(x_dot)) if isinstance(x_dot, (int, float, np.ndarray, np.generic)) else True


def _check_plain(function: Anything, before: tuple[Anything, ...], count: int) -> None:
    """Refuse primals that land in `*args`: gradients are per parameter."""
    code = getattr(function, "__code__", None)
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
    function, before = _split(f)
    _check_plain(function, before, len(primals))
    floats = [i for i, x in enumerate(primals) if _is_float(x)]
    ints = [i for i, x in enumerate(primals) if _is_int(x) and not _declared_int(function, i + len(before))]
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
    except S2SError:
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
    return kind is float or kind is complex


def _is_int(x: Anything) -> bool:
    return type(x) is int or (isinstance(x, (np.ndarray, np.integer)) and x.dtype.kind in "iu")


def _declared_int(function: Anything, place: int) -> bool:
    parameters = list(parameters_of(function).values())
    return place < len(parameters) and parameters[place].annotation in (int, "int")


def source(f: Callable[..., Anything], mode: str, *, wrt: Wrt = 0, like: Anything = None) -> str:
    """The source of a derivative: a complete module that runs as it stands.

    `mode` is "jvp", "vjp", "grad" or "ssa" (the intermediate form). `like` says what the
    arguments are: a tuple of examples or signature strings (`"f8[n, m]"`, `"float"`), a mapping from
    names to these, or one string `"x=f8[n], k=float"`. Without it annotations and defaults count.
    """
    from s2s_ad.annotations import described

    if mode not in MODES:
        raise DerivativeTypeError(
            f"mode {mode!r} is unknown", f"choose among {', '.join(map(repr, MODES))}"
        )
    function, before = _split(f)
    parameters = parameters_of(function)
    places = positions(function, parameters, wrt, bool(before))
    free = dict(list(parameters.items())[len(before) :])
    found, values = described(function, free, like)
    d = Dispatcher(function, mode, places, gradient(False), bool(before), isinstance(wrt, tuple))
    if before:
        values = {next(iter(parameters)): before[0], **values}
    return d.source(found, values)


for _transform in (grad, value_and_grad, jvp, vjp):
    _transform.__s2s_transform__ = _transform.__name__  # type: ignore[attr-defined]


class Differentiable(Generic[P, R]):
    """A function with its derivatives: what `differentiate` returns.

    Calling it calls the function. `grad` and `value_and_grad` are functions of the same arguments.
    """

    __s2s_ad__ = True
    __wrapped__: Callable[P, R]
    __name__: str
    __qualname__: str

    def __init__(self, function: Callable[P, R], wrt: Wrt = 0) -> None:
        functools.update_wrapper(self, function)
        self.__dict__.pop("__s2s_cache__", None)
        self.wrt = wrt

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.__wrapped__(*args, **kwargs)

    @functools.cached_property
    def grad(self) -> Callable[P, Anything]:
        """The gradient, as a function of the same arguments."""
        return grad(self.__wrapped__, self.wrt)

    @functools.cached_property
    def value_and_grad(self) -> Callable[P, tuple[R, Anything]]:
        """The pair (value, gradient), as a function of the same arguments."""
        return value_and_grad(self.__wrapped__, self.wrt)

    def jvp(self, primals: Anything, tangents: Anything) -> tuple[R, Anything]:
        """(y, y_dot) along a direction, one tangent per primal."""
        return jvp(self.__wrapped__, primals, tangents)

    def vjp(self, *primals: Anything) -> tuple[R, Callable[..., Anything]]:
        """(y, pullback); the pullback gives a tuple with one gradient per primal."""
        return vjp(self.__wrapped__, *primals)

    def source(self, mode: str, *, wrt: Wrt | None = None, like: Anything = None) -> str:
        """The source of a derivative: see `s2s_ad.source`."""
        return source(self.__wrapped__, mode, wrt=self.wrt if wrt is None else wrt, like=like)

    @overload
    def __get__(self, instance: None, owner: type) -> Differentiable[P, R]: ...
    @overload
    def __get__(self, instance: object, owner: type | None = None) -> BoundDifferentiable: ...

    def __get__(self, instance: Anything, owner: type | None = None) -> Anything:
        if instance is None:
            return self
        return BoundDifferentiable(self, instance)

    def __reduce__(self) -> Anything:
        """By reference, as functions are pickled; by parts where the name means the bare function."""
        import sys

        found: Anything = sys.modules.get(self.__module__)
        for part in self.__qualname__.split("."):
            found = getattr(found, part, None)
        if found is self:
            return self.__qualname__
        return Differentiable, (self.__wrapped__, self.wrt)

    def __copy__(self) -> Differentiable[P, R]:
        return self

    def __deepcopy__(self, memo: dict[int, Anything]) -> Differentiable[P, R]:
        return self

    def __repr__(self) -> str:
        return f"<differentiable {self.__wrapped__!r}>"


class BoundDifferentiable:
    """A differentiable method bound to its instance; positions count after `self`."""

    __s2s_ad__ = True

    def __init__(self, method: Differentiable[..., Anything], instance: object) -> None:
        self.__func__ = method.__wrapped__
        self.__self__ = instance
        self.__wrapped__ = types.MethodType(method.__wrapped__, instance)
        self.wrt = method.wrt
        self._method = method
        self.__name__ = method.__name__
        self.__doc__ = method.__doc__

    def __call__(self, *args: Anything, **kwargs: Anything) -> Anything:
        return self.__func__(self.__self__, *args, **kwargs)

    @property
    def grad(self) -> Callable[..., Anything]:
        """The gradient, as a function of the same arguments."""
        return grad(self.__wrapped__, self.wrt)

    @property
    def value_and_grad(self) -> Callable[..., Anything]:
        """The pair (value, gradient), as a function of the same arguments."""
        return value_and_grad(self.__wrapped__, self.wrt)

    def jvp(self, primals: Anything, tangents: Anything) -> tuple[Anything, Anything]:
        """(y, y_dot) along a direction, one tangent per primal."""
        return jvp(self.__wrapped__, primals, tangents)

    def vjp(self, *primals: Anything) -> tuple[Anything, Callable[..., Anything]]:
        """(y, pullback); the pullback gives a tuple with one gradient per primal."""
        return vjp(self.__wrapped__, *primals)

    def source(self, mode: str, *, wrt: Wrt | None = None, like: Anything = None) -> str:
        """The source of a derivative: see `s2s_ad.source`."""
        return source(self.__wrapped__, mode, wrt=self.wrt if wrt is None else wrt, like=like)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, BoundDifferentiable)
            and self.__func__ is other.__func__
            and self.__self__ is other.__self__
        )

    def __hash__(self) -> int:
        return hash((id(self.__func__), id(self.__self__)))

    def __reduce__(self) -> Anything:
        return getattr, (self.__self__, self.__name__)

    def __repr__(self) -> str:
        return f"<differentiable {self.__wrapped__!r}>"


@overload
def differentiate(function: Callable[P, R], *, wrt: Wrt = 0) -> Differentiable[P, R]: ...
@overload
def differentiate(
    function: None = None, *, wrt: Wrt = 0
) -> Callable[[Callable[P, R]], Differentiable[P, R]]: ...


def differentiate(function: Anything = None, *, wrt: Wrt = 0) -> Anything:
    """A function with its derivatives, as a decorator: `@differentiate` or `@differentiate(wrt="w")`.

    The object calls like the function and has `.grad`, `.value_and_grad`, `.jvp`, `.vjp`, `.source`.

    >>> @differentiate
    ... def square(x):
    ...     return x * x
    >>> square(3.0), square.grad(3.0)
    (9.0, 6.0)
    """
    if function is None:
        return lambda f: differentiate(f, wrt=wrt)
    if isinstance(function, Differentiable):
        return Differentiable(function.__wrapped__, wrt)
    if isinstance(function, (staticmethod, classmethod)):
        _split(function)  # refuses, with the advice to swap the decorators
    if not callable(function):
        raise DerivativeTypeError(
            f"@differentiate needs a function, not {function!r}", "write @differentiate(wrt=...)"
        )
    return Differentiable(function, wrt)


_ = (Mapping, SourceNotFoundError, detach, F)
