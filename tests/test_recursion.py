"""Programs whose functions call themselves: values and derivatives to second order, and what is
refused."""

from __future__ import annotations

import itertools
import sys
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
    GROWING,
    NODE,
    OUT,
    PROGRAMS,
    Linked,
    Node,
    P,
    Tree,
    X,
    Y,
    abs_in_a_loop,
    chain_of_sines,
    elements,
    energy,
    glob,
    inactive_calls,
    linear_tree,
    read_around,
    ret,
    shrink,
    tail_of_sines,
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


def calls_of(f: Any, *args: Any) -> int:
    """How many functions a call of f enters, generated ones and NumPy's."""
    count = 0

    def enter(frame: Any, event: str, arg: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    f(*args)  # what is derived now is not counted
    sys.setprofile(enter)
    try:
        f(*args)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize(("f", "args"), GROWING, ids=[f.__name__ for f, _ in GROWING])
@pytest.mark.parametrize("order", [1, 2])
def test_the_work_grows_as_that_of_the_primal(f: Any, args: Any, order: int) -> None:
    """Twice and four times the calls cost twice and four times as much: nothing is computed again,
    and what is recorded is not copied."""
    derivative = s2s_ad.grad(f)
    if order == 2:
        derivative = s2s_ad.grad(derivative)
    one, two, four = (calls_of(derivative, *args(n)) for n in (16, 32, 64))
    assert four - two == 2 * (two - one)
    primal = [calls_of(f, *args(n)) for n in (16, 32)]
    assert two - one < 12**order * (primal[1] - primal[0])


def test_vjp_and_a_pullback_that_is_called_again_are_linear() -> None:
    def pulled_back_twice(x: float, n: int) -> Any:
        _, pullback = s2s_ad.vjp(chain_of_sines, x, n)
        return pullback(1.0)[0] + pullback(2.0)[0]

    one, two, four = (calls_of(pulled_back_twice, 0.7, n) for n in (16, 32, 64))
    assert four - two == 2 * (two - one)
    assert pulled_back_twice(0.7, 5) == 3.0 * s2s_ad.grad(chain_of_sines)(0.7, 5)


def test_only_what_the_pullback_reads_is_recorded() -> None:
    text = s2s_ad.source(chain_of_sines, "grad", like=(0.7, 3))
    assert "return np.sin(term), (term, tape)" in text
    assert "tape" not in s2s_ad.source(tail_of_sines, "grad", like=(0.7, 3))
    assert "tape" not in s2s_ad.source(linear_tree, "grad", like=(0.7, 3))


@pytest.mark.parametrize("f", [elements, read_around])
def test_an_adjoint_is_handed_from_call_to_call(f: Any) -> None:
    """No call makes or copies an array: neither for the gradient nor for its tangent."""
    for mode, function in (("grad", f), ("jvp", s2s_ad.grad(f))):
        text = s2s_ad.source(function, mode, like=(Y,))
        pullbacks = [p for p in text.split("\n\n\n") if "_pullback" in p.partition("(")[0]]
        assert pullbacks
        for part in pullbacks:
            assert "[lo] += " in part or "[k] += " in part
            assert "np." not in part and "copy" not in part


def test_what_a_recursive_function_prints_is_printed_once(capsys: Any) -> None:
    def told(x: Any, n: int) -> Any:
        print(n)
        return x if n == 0 else np.sin(told(x, n - 1))

    def told_to_the_end(x: Any, n: int) -> Any:
        print(n)
        return x if n == 0 else told_to_the_end(np.sin(x), n - 1)

    for f in (told, told_to_the_end):
        check_grads(f, (0.7, 2), order=1)
        capsys.readouterr()
        s2s_ad.value_and_grad(f)(0.7, 2)
        assert capsys.readouterr().out == "2\n1\n0\n"


def test_mixed_derivatives_of_what_tapes_hold() -> None:
    """An item of a tape may not vary, or not matter, where others do."""
    for f in (abs_in_a_loop, inactive_calls):
        for i, j, k in itertools.product((0, 1), repeat=3):
            second = s2s_ad.grad(s2s_ad.grad(f, wrt=i), wrt=j)
            at, moved = np.array([0.7, 0.9]), np.eye(2)[k] * 1e-6
            numeric = (second(*(at + moved), 2) - second(*(at - moved), 2)) / 2e-6
            found = s2s_ad.grad(second, wrt=k)(*at, 2)
            np.testing.assert_allclose(found, numeric, rtol=1e-5, atol=1e-6)


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
