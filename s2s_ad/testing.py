"""Checking derivatives against differences: `check_grads`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any as Anything

import numpy as np

from s2s_ad.api import jvp, vjp
from s2s_ad.loader import load
from s2s_ad.trees import attributes_of, like_object

# Tolerances and steps by the size of the coarsest float among arguments and values.
TOLERANCES = {
    2: (1e-1, 1e-1, 1e-1),
    4: (2e-2, 2e-2, 5e-3),
    8: (1e-6, 1e-5, 1e-5),
    16: (1e-6, 1e-5, 1e-5),
}


def check_grads(
    f: Callable[..., Anything],
    args: Sequence[Anything],
    order: int = 2,
    modes: Sequence[str] = ("fwd", "rev"),
    *,
    wrt: Sequence[int] | None = None,
    atol: float | None = None,
    rtol: float | None = None,
    eps: float | None = None,
    seed: int = 0,
) -> None:
    """Compare the derivatives of f at `args` with central differences, in random directions.

    "fwd" compares a JVP with differences, "rev" a VJP with a JVP by the dot-product identity
    `<y_bar, J x_dot> = <J^T y_bar, x_dot>` (with differences where "fwd" is not asked for). Orders
    above one check the derivatives of these derivatives, in all combinations of modes. Arguments
    and values may be nested tuples, lists, dicts; integers and other objects in them stay fixed,
    and so do the arguments whose positions are not in `wrt`, where it is given.
    Raises AssertionError with the combination, the numbers and the direction.

    >>> check_grads(lambda x: x * x * x, (2.0,))
    """
    args = tuple(args)
    unknown = set(modes) - {"fwd", "rev"}
    if unknown or not modes:
        raise ValueError(f"modes={tuple(modes)!r}: choose among 'fwd' and 'rev'")
    if not any(_is_number(leaf) for leaf in _leaves(args)):
        raise ValueError("no argument is a float or an array of floats")
    if wrt is not None:
        f, args = _restricted(f, args, tuple(wrt))
    _check(f, args, order, tuple(modes), (), (atol, rtol, eps), np.random.default_rng(seed))


def _restricted(
    f: Callable[..., Anything], args: tuple[Anything, ...], wrt: tuple[int, ...]
) -> tuple[Callable[..., Anything], tuple[Anything, ...]]:
    """f as a function of some of its arguments, the others fixed."""
    names = [f"x{k}" for k in range(len(args))]
    name = getattr(f, "__name__", "f").strip("<>")
    text = f"def {name}({', '.join(names[k] for k in wrt)}):\n    return f({', '.join(names)})\n"
    fixed = {names[k]: x for k, x in enumerate(args) if k not in wrt}
    return load(text, name, {"f": f, **fixed})[name], tuple(args[k] for k in wrt)


def _check(
    f: Callable[..., Anything],
    args: tuple[Anything, ...],
    order: int,
    modes: tuple[str, ...],
    path: tuple[str, ...],
    given: tuple[float | None, float | None, float | None],
    rng: np.random.Generator,
) -> None:
    y = f(*_fresh(args))
    default = TOLERANCES[min(_precision(args), _precision(y))]
    atol, rtol, eps = (d if g is None else g for d, g in zip(default, given))
    x_dot = tuple(_random(x, rng) for x in args)
    plus, minus = f(*_moved(args, x_dot, eps)), f(*_moved(args, x_dot, -eps))
    numeric = _difference(plus, minus, 2.0 * eps)
    y_bar = _random(y, rng)

    def agree(mode: str, found: Anything, expected: Anything, what: str) -> None:
        if np.allclose(
            found, expected, rtol=rtol, atol=atol * (1.0 + _norm(expected)), equal_nan=True
        ):
            return
        combination = " of ".join([mode, *path]) + f" (order {len(path) + 1})"
        raise AssertionError(
            f"{combination} of {getattr(f, '__name__', f)}: {what}\n"
            f"    found    {found}\n    expected {expected}\n"
            f"    in the direction {x_dot!r}"
            + (f"\n    with the cotangent {y_bar!r}" if mode == "rev" else "")
        )

    if "fwd" in modes:
        value, y_dot = jvp(f, args, x_dot)
        _agree_on_value("fwd", value, y, agree)
        for k, (a, b) in enumerate(zip(_leaves(y_dot), _leaves(numeric))):
            if _is_number(b):
                agree("fwd", a, b, f"JVP against central differences, leaf {k} of the value")
    if "rev" in modes:
        value, pullback = vjp(f, *args)
        _agree_on_value("rev", value, y, agree)
        x_bar = pullback(y_bar)
        _same_structure(x_bar, args)
        along = y_dot if "fwd" in modes else numeric
        against = "a JVP" if "fwd" in modes else "central differences"
        agree("rev", _dot(x_bar, x_dot), _dot(y_bar, along), f"VJP against {against}, dot product")
        _same(pullback(y_bar), x_bar, "rev", path)
    if order > 1:
        for mode in modes:
            inner, inner_args = _derivative(f, args, mode, x_dot, y_bar)
            _check(inner, inner_args, order - 1, modes, (mode, *path), given, rng)


def _agree_on_value(mode: str, value: Anything, y: Anything, agree: Callable[..., None]) -> None:
    for a, b in zip(_leaves(value), _leaves(y)):
        if _is_number(b):
            agree(mode, a, b, "the value beside the derivative")


def _same_structure(x_bar: tuple[Anything, ...], args: tuple[Anything, ...]) -> None:
    for k, (bar, x) in enumerate(zip(_leaves(x_bar), _leaves(args))):
        if not _is_number(x):
            continue
        right = np.shape(bar) == np.shape(x) and np.asarray(bar).dtype == np.asarray(x).dtype
        assert right, f"leaf {k}: a gradient {bar!r} for the argument {x!r}"


def _same(again: Anything, first: Anything, mode: str, path: tuple[str, ...]) -> None:
    for a, b in zip(_leaves(again), _leaves(first)):
        same = a is b or np.array_equal(a, b, equal_nan=True)
        assert same, (
            f"{' of '.join([mode, *path])}: a second call of the pullback gives {a}, not {b}"
        )


# Derivatives as functions to be differentiated again --------------------------------------------


def _derivative(
    f: Anything,
    args: tuple[Anything, ...],
    mode: str,
    x_dot: Anything,
    y_bar: Anything,
) -> tuple[Callable[..., Anything], tuple[Anything, ...]]:
    """The JVP or VJP of f as a Python function of primals and directions, and its arguments.

    Written as text, with one parameter per primal, so that it has source like any function.
    """
    active = [any(map(_is_number, _leaves(x))) for x in args]
    names = [f"x{i}" for i in range(len(args))]
    if mode == "fwd":
        dots = [f"x{i}_dot" if a else "None" for i, a in enumerate(active)]
        parameters = names + [d for d in dots if d != "None"]
        body = f"    return jvp(f, ({', '.join(names)},), ({', '.join(dots)},))[1]\n"
        moving = tuple(d for d, a in zip(x_dot, active) if a)
    else:
        parameters = [*names, "y_bar"]
        bars = ", ".join(f"bars[{i}]" for i, a in enumerate(active) if a)
        body = (
            f"    y, pullback = vjp(f, {', '.join(names)})\n"
            "    bars = pullback(y_bar)\n"
            f"    return {bars if sum(active) == 1 else f'({bars},)'}\n"
        )
        moving = (y_bar,)
    name = f"{getattr(f, '__name__', 'f').strip('<>')}_{'jvp' if mode == 'fwd' else 'vjp'}"
    text = f"def {name}({', '.join(parameters)}):\n{body}"
    made = load(text, name, {"f": f, "jvp": jvp, "vjp": vjp})[name]
    return made, (*args, *moving)


# Nested values ------------------------------------------------------------------------------------


def _leaves(tree: Anything) -> list[Anything]:
    kind = type(tree)
    if kind is tuple or kind is list:
        return [leaf for item in tree for leaf in _leaves(item)]
    if kind is dict:
        return [leaf for item in tree.values() for leaf in _leaves(item)]
    found = attributes_of(tree)
    return [tree] if found is None else _leaves(found)


def _map(g: Callable[..., Anything], tree: Anything, *rest: Anything) -> Anything:
    kind = type(tree)
    if kind is tuple or kind is list:
        return kind([_map(g, tree[i], *(r[i] for r in rest)) for i in range(len(tree))])
    if kind is dict:
        return {k: _map(g, tree[k], *(r[k] for r in rest)) for k in tree}
    found = attributes_of(tree)
    if found is None:
        return g(tree, *rest)
    others = [attributes_of(r) or {} for r in rest]
    return like_object(tree, {k: _map(g, v, *(o[k] for o in others)) for k, v in found.items()})


def _is_number(x: Anything) -> bool:
    if isinstance(x, (np.ndarray, np.generic)):
        return x.dtype.kind in "fc"
    return type(x) in (float, complex)


def _precision(tree: Anything) -> int:
    """The bytes of the coarsest float (of a complex number: of its parts)."""
    sizes = []
    for leaf in _leaves(tree):
        if _is_number(leaf):
            dtype = np.asarray(leaf).dtype
            sizes.append(dtype.itemsize // (2 if dtype.kind == "c" else 1))
    return min(sizes, default=8)


def _random(x: Anything, rng: np.random.Generator) -> Anything:
    def leaf(v: Anything) -> Anything:
        if not _is_number(v):
            return None
        d = rng.normal(size=np.shape(v))
        if np.iscomplexobj(v):
            d = d + 1j * rng.normal(size=np.shape(v))
        return d.astype(v.dtype) if isinstance(v, np.ndarray) else type(v)(d[()])

    return _map(leaf, x)


def _fresh(tree: Anything) -> Anything:
    """A copy, for functions that write into their arguments."""
    return _map(lambda v: v.copy() if isinstance(v, np.ndarray) else v, tree)


def _moved(args: tuple[Anything, ...], x_dot: tuple[Anything, ...], eps: float) -> Anything:
    def leaf(v: Anything, d: Anything) -> Anything:
        if d is None:
            return v.copy() if isinstance(v, np.ndarray) else v
        return (
            type(v)(v + eps * d) if not isinstance(v, np.ndarray) else (v + eps * d).astype(v.dtype)
        )

    return _map(leaf, args, x_dot)


def _difference(plus: Anything, minus: Anything, step: float) -> Anything:
    def leaf(a: Anything, b: Anything) -> Anything:
        return (np.asarray(a) - np.asarray(b)) / step if _is_number(a) else None

    return _map(leaf, plus, minus)


def _dot(a: Anything, b: Anything) -> float:
    """The real inner product of two nested values."""
    total = 0.0
    for u, v in zip(_leaves(a), _leaves(b)):
        if u is not None and v is not None:
            total += float(np.sum(np.real(np.conj(u) * np.asarray(v))))
    return total


def _norm(x: Anything) -> float:
    return float(np.max(np.abs(x), initial=0.0))


__all__ = ["check_grads"]
