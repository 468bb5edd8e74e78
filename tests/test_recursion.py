"""Programs whose functions call themselves: values and derivatives to second order, and what is
refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import s2s_ad
from s2s_ad.errors import UnsupportedError
from s2s_ad.testing import check_grads
from tests.checking import check_derivatives, check_untyped, each
from tests.recursion_programs import (
    ARG,
    GLOB,
    NODE,
    OUT,
    PROGRAMS,
    Linked,
    Node,
    P,
    Tree,
    X,
    Y,
    energy,
    glob,
    ret,
    shrink,
    two,
)


@each(PROGRAMS)
def test_derivatives(f: Any, args: Any) -> None:
    check_derivatives(f, args)


ARRAYS = [(f, args) for f, args in PROGRAMS if isinstance(args[0], np.ndarray)]


@each(ARRAYS)
def test_untyped_text(f: Any, args: Any) -> None:
    check_untyped(f, args)


@pytest.mark.parametrize(
    ("f", "args"),
    [(energy, (NODE,)), (Tree.potential, (ARG, 0.4)), (shrink, (P(0.5, 0.7), 3))],
)
def test_a_function_that_calls_itself_is_differentiated(f: Any, args: Any) -> None:
    check_grads(f, args, order=2)


def test_a_bound_method_that_calls_itself() -> None:
    check_grads(OUT.potential, (0.4,), order=2)


def test_a_method_of_one_object_is_a_function_of_its_own() -> None:
    from tests.recursion_programs import global_fib, global_tree

    assert "def fib" in s2s_ad.source(global_fib, "jvp", like=(X,))
    assert s2s_ad.source(global_tree, "jvp", like=(X,)).count("def ") == 1


def one_array_twice(x: Any) -> Any:
    a = x * 1.0
    two(a, a, len(x) - 1)
    return np.sum(a * a)


def two_views_of_one_array(x: Any) -> Any:
    a = x * 1.0
    two(a[1:], a[:-1], len(x) - 2)
    return np.sum(a * a)


def perhaps_one_array(x: Any) -> Any:
    a = x * 1.0
    b = a if x[0] > 0.0 else x + 1.0
    two(a, b, len(x) - 1)
    return np.sum(a * b)


def array_given_and_read_around(x: Any) -> Any:
    a = x * 1.0

    def f(b: Any, k: Any) -> Any:
        if k == 0:
            return
        b[k] = b[k] * a[k - 1]
        b[k - 1] = b[k - 1] + a[k]
        f(b, k - 1)

    f(a, len(x) - 1)
    return np.sum(a * a)


def written_after_it_was_returned(x: Any) -> Any:
    a = x * 1.0
    b = ret(a, len(x) - 1)
    b[0] = b[0] * 3.0
    return np.sum(a * b)


def append_all(xs: Any, out: Any, k: Any) -> Any:
    if k == len(xs):
        return
    out.append(xs[k] * xs[k])
    append_all(xs, out, k + 1)


def list_that_grows(x: Any) -> Any:
    out: Any = []
    append_all(x, out, 0)
    return sum(out)


def chain(n: int) -> Any:
    out = None
    for k in range(n):
        out = Linked(0.1 * k, out)
    return out


LONG = chain(40)


def long_chain(x: Any) -> Any:
    return LONG.total() * np.sum(x)


def own_derivative(x: Any) -> Any:
    return np.sum(x) + np.sum(s2s_ad.grad(own_derivative)(x))


def to_a_limit(x: Any) -> Any:
    def grow(v: Any) -> Any:
        if v > 9.0:
            return None
        return Node(v, grow(v * 2.0))

    return grow(x[0]).v


def counts_around(x: Any) -> Any:
    count = 0.0

    def f(v: Any) -> Any:
        nonlocal count
        if v > 9.0:
            return v
        count += v
        return f(v * 2.0)

    return f(x[0]) + count


def sum_around(x: Any) -> Any:
    found = Node(0.0, None)

    def f(v: Any) -> Any:
        if v < 9.0:
            found.v += v
            f(v * 2.0)

    f(x[0])
    return found.v


def items_around(x: Any) -> Any:
    found = []

    def f(v: Any) -> Any:
        if v < 9.0:
            found.append(v)
            f(v * 2.0)

    f(x[0])
    return sum(found)


def object_from_around(x: Any) -> Any:
    found = Node(x[0], None)

    def f(v: Any) -> Any:
        if v < 9.0:
            f(v * 2.0)
        return found

    return f(x[0]).v


def list_that_it_got(x: Any) -> Any:
    def f(items: Any, v: Any) -> Any:
        return items if v > 9.0 else f(items, v * 2.0)

    return f([x[0], x[1]], x[0])[0]


def functions_in_a_list(x: Any) -> Any:
    def f(functions: Any, v: Any) -> Any:
        return functions[0](v) if v > 9.0 else f(functions, v * 2.0)

    return f([np.sin, np.cos], x[0])


def axes_of_its_own(x: Any) -> Any:
    def f(a: Any, v: Any) -> Any:
        return np.sum(a) * v if v > 9.0 else f(a[None], v * 2.0)

    return f(x, x[0])


def lists_of_other_lengths(x: Any) -> Any:
    def f(v: Any) -> Any:
        return [v] if v > 9.0 else f(v * 2.0) + [v]

    return sum(f(x[0]))


def object_of_one_path(x: Any) -> Any:
    found = Node(x[0], None)

    def f(v: Any) -> Any:
        return found if v > 9.0 else f(v * 2.0)

    r = f(x[0])
    r.v = 3.0 * r.v
    return found.v


def list_of_one_path(x: Any) -> Any:
    found = [x[0]]

    def f(v: Any) -> Any:
        return found if v > 9.0 else f(v * 2.0)

    r = f(x[0])
    r[0] = 3.0 * r[0]
    return found[0]


def object_inside_a_new_one(x: Any) -> Any:
    found = Node(x[0], None)

    def f(v: Any) -> Any:
        return (v, found) if v > 9.0 else f(v * 2.0)

    r = f(x[0])[1]
    r.v = 3.0 * r.v
    return found.v


WRITTEN = ", so its calls are written out, and that is more than "


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (one_array_twice, "writes into an array that it gets twice"),
        (two_views_of_one_array, "writes into an array that it gets twice"),
        (perhaps_one_array, "may be the same array"),
        (array_given_and_read_around, "writes into an array that it gets twice"),
        (written_after_it_was_returned, "may be the same array"),
        (list_that_grows, "calls itself and writes into its arguments, so its calls are written"),
        (to_a_limit, WRITTEN),
        (counts_around, "f calls itself and assigns nonlocal names" + WRITTEN),
        (sum_around, "f calls itself and changes an? .*Node.* around it" + WRITTEN),
        (items_around, "f calls itself and changes a list around it" + WRITTEN),
        (object_from_around, "returns an object of class Node from around it" + WRITTEN),
        (object_of_one_path, "returns an object of class Node from around it" + WRITTEN),
        (list_of_one_path, "returns a list from around it" + WRITTEN),
        (object_inside_a_new_one, "returns an object of class Node from around it" + WRITTEN),
        (list_that_it_got, "calls itself and returns a list that it may have got" + WRITTEN),
        (functions_in_a_list, "f calls itself with functions in a container" + WRITTEN),
        (axes_of_its_own, "f calls itself with arguments of ever other types" + WRITTEN),
        (lists_of_other_lengths, "f returns different structures on different paths" + WRITTEN),
        (long_chain, "a function that walks objects by calling itself is written out, and"),
        (own_derivative, "takes its own derivative"),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_refused(f: Any, message: str) -> None:
    with pytest.raises(UnsupportedError, match=message):
        s2s_ad.grad(f)(Y)


def test_a_global_array_that_is_read_inside_is_not_written() -> None:
    with pytest.raises(UnsupportedError, match="shares memory with an array from outside"):
        s2s_ad.grad(glob)(GLOB)
