"""Types from annotations: `float`, `NDArray[np.float64]`, jaxtyping's `Float[np.ndarray, "n m"]`,
signature strings, and lists and tuples of these."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Mapping
from typing import Any as Anything

import numpy as np

from s2s_ad.ir.types import (
    ANY,
    BOOL,
    COMPLEX,
    FLOAT,
    GENERATORS,
    INT,
    NONE,
    STR,
    ListOf,
    Num,
    Opaque,
    Seq,
    Size,
    Type,
)
from s2s_ad.specs import DTYPE, SpecError, Symbols, parse

# What jaxtyping calls them; the dtype that NumPy gives by default stands for the family.
_FAMILIES = {"Float": "f8", "Int": "i8", "Integer": "i8", "Bool": "?", "Complex": "c16"}


ABSTRACT = (
    np.generic,
    np.number,
    np.integer,
    np.signedinteger,
    np.unsignedinteger,
    np.inexact,
    np.floating,
    np.complexfloating,
    np.flexible,
    np.character,
)


def of_annotation(
    annotation: Anything, namespace: Mapping[str, Anything], name: str | None, symbols: Symbols
) -> Type:
    """The type an annotation denotes; ANY where it says nothing that s2s_ad understands."""

    def inner(item: Anything, at: str | None) -> Type:
        return of_annotation(item, namespace, at, symbols)

    if annotation is None or annotation is type(None):
        return NONE
    if isinstance(annotation, str):
        return _of_text(annotation, namespace, name, symbols)
    simple: dict[type, Type] = {float: FLOAT, int: INT, bool: BOOL, complex: COMPLEX, str: STR}
    if isinstance(annotation, type) and annotation in simple:
        return simple[annotation]
    if annotation is np.ndarray:
        return Num("array")
    if annotation in GENERATORS:
        return Opaque(annotation.__name__)
    jax = _of_jaxtyping(annotation, name, symbols)
    if jax is not None:
        return jax
    if isinstance(annotation, type) and issubclass(annotation, np.generic):
        return _of_scalar_type(annotation)
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if hasattr(origin, "__value__"):  # a generic alias such as NumPy 2.5's NDArray[...]
        return inner(origin.__value__[args], name)
    if origin is typing.Annotated:
        for extra in args[1:]:
            if isinstance(extra, str):
                try:
                    return parse(extra, name, symbols)[0]
                except SpecError:
                    continue  # metadata for somebody else
        return inner(args[0], name)
    if origin is np.ndarray:
        scalar = typing.get_args(args[1]) if len(args) == 2 else ()
        known = scalar and isinstance(scalar[0], type) and issubclass(scalar[0], np.generic)
        dtype = _of_scalar_type(scalar[0]) if known else ANY
        return Num("array", dtype.dtype if isinstance(dtype, Num) else None)
    if origin is list and len(args) == 1:
        return ListOf("list", inner(args[0], None))
    if origin is tuple and len(args) == 2 and args[1] is Ellipsis:
        return ListOf("tuple", inner(args[0], None))
    if origin is tuple and args and args != ((),):
        at = [None if name is None else f"{name}[{i}]" for i in range(len(args))]
        return Seq("tuple", tuple(map(inner, args, at)))
    return ANY


def _of_scalar_type(scalar: type[np.generic]) -> Type:
    if scalar in ABSTRACT:
        return ANY
    dtype = np.dtype(scalar)
    return Num("np", dtype, ()) if dtype.kind in "biufc" else ANY


def _of_text(
    text: str, namespace: Mapping[str, Anything], name: str | None, symbols: Symbols
) -> Type:
    try:
        parsed, value = parse(text, name, symbols)
        if not isinstance(value, str):
            return parsed
    except SpecError:
        pass  # no signature string, so an ordinary annotation that is quoted or postponed
    try:
        evaluated = eval(text, dict(namespace))
    except (NameError, AttributeError, SyntaxError, TypeError):
        return ANY  # as under `if TYPE_CHECKING:`
    return ANY if evaluated == text else of_annotation(evaluated, namespace, name, symbols)


def _of_jaxtyping(annotation: Anything, name: str | None, symbols: Symbols) -> Type | None:
    """`Float[np.ndarray, "n m"]`, recognised by its attributes: jaxtyping is not imported."""
    text = getattr(annotation, "dim_str", None)
    if not isinstance(text, str) or getattr(annotation, "array_type", None) is not np.ndarray:
        return None
    dtypes = getattr(annotation, "dtypes", None)
    family = type(annotation).__name__ if not isinstance(annotation, type) else annotation.__name__
    family = getattr(getattr(annotation, "dtype", None), "__name__", family.split("[")[0])
    dtype: np.dtype[Anything] | None = None
    if family in _FAMILIES:
        dtype = np.dtype(_FAMILIES[family])
    elif isinstance(dtypes, (list, tuple)) and len(dtypes) == 1 and isinstance(dtypes[0], str):
        word = dtypes[0]
        dtype = np.dtype(word) if DTYPE.fullmatch(word) else None
    sizes: list[Size] = []
    for axis, part in enumerate(text.split()):
        if part == "..." or part.startswith("*"):
            return Num("array", dtype, None)
        part = part.rsplit("=", 1)[-1].lstrip("?")
        unknown = part.startswith("#") or name is None
        try:
            sizes.append(None if unknown else symbols.size(part, f"{name}.shape[{axis}]"))
        except SpecError:
            sizes.append(None)  # an expression such as 2*n, or a symbolic {n}
    return Num("array", dtype, tuple(sizes))


def namespace_of(function: Anything) -> dict[str, Anything]:
    """The names that a function's postponed annotations may use."""
    inner = inspect.unwrap(function)
    names = dict(getattr(inner, "__globals__", {}))
    if isinstance(inner, types.FunctionType):
        for key, cell in zip(inner.__code__.co_freevars, inner.__closure__ or ()):
            try:
                names[key] = cell.cell_contents
            except ValueError:  # not bound yet
                continue
    return names
