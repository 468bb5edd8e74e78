"""The decorator: a function with its derivatives as attributes, on functions and on methods."""

from __future__ import annotations

import functools
import sys
import types
from collections.abc import Callable
from typing import Any as Anything
from typing import Generic, ParamSpec, TypeVar, overload

from s2s_ad.api import Wrt, grad, jvp, source, split_bound, value_and_grad, vjp
from s2s_ad.errors import DerivativeTypeError

P = ParamSpec("P")
R = TypeVar("R")


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
        """By reference, as functions are; by parts where the name means the bare function."""
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
    """A function with its derivatives: `@differentiate` or `@differentiate(wrt="w")`.

    The object calls like the function and has `.grad`, `.value_and_grad`, `.jvp`, `.vjp` and
    `.source`.

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
        split_bound(function)  # refuses, with the advice to swap the decorators
    if not callable(function):
        raise DerivativeTypeError(
            f"@differentiate needs a function, not {function!r}", "write @differentiate(wrt=...)"
        )
    return Differentiable(function, wrt)
