"""Names that have no value on some path: the derivative raises where the primal does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import s2s_ad
from s2s_ad.errors import UnsupportedError
from s2s_ad.testing import check_grads

X = np.array([0.53, 1.27, 0.79, 2.11])


class Point:
    def __init__(self, x: Any) -> None:
        self.x = x


def copied(x: Any, a: Any) -> Any:
    if a:
        w = x * 2.0
    s = 0.0 * x
    if x[0] > 0:
        s = w
    return s.sum()


def of_a_loop(x: Any, n: Any) -> Any:
    for i in range(n):
        y = x[i] * x[i]
    return y


def of_a_while(x: Any, n: Any) -> Any:
    i = 0
    while i < n:
        y = x[i] * 2.0
        i += 1
    z = y
    return z * x[0]


def nested(x: Any, n: Any) -> Any:
    for i in range(n + 1):
        for j in range(i):
            t = x[j]
    return t * x[0]


def found(x: Any, a: Any) -> Any:
    for v in x:
        if v > 3.0 - a:
            b = v
            break
    return b * b


def written(x: Any, a: Any) -> Any:
    if a:
        w = np.zeros(3)
    w[0] = x[1]
    return w.sum()


def appended(x: Any, a: Any) -> Any:
    if a:
        w = []
    w.append(x[1])
    return w[-1] * 2


def keyed(x: Any, a: Any) -> Any:
    if a:
        d = {"k": x[0]}
    d["k"] = x[1]
    return d["k"] ** 2


def unpacked(x: Any, a: Any) -> Any:
    if a:
        w = (x[0], x[1])
    p, q = w
    return p * q


def of_an_object(x: Any, a: Any) -> Any:
    if a:
        o = Point(x[0])
    o.x = x[1] * x[2]
    return o.x


def in_a_closure(x: Any, a: Any) -> Any:
    if a:
        w = x[0]

    def g() -> Any:
        return w * w

    return g() + x[1]


def deleted(x: Any, a: Any) -> Any:
    w = x[0] * 2
    if not a:
        del w
    return w * x[1]


def deleted_in_a_loop(x: Any, a: Any) -> Any:
    w = x[0]
    s = 0.0
    for i in range(3):
        s += w * x[i]
        if i == 1 and not a:
            del w
    return s


def asked(x: Any, a: Any) -> Any:
    y = x[0]
    if not a:
        del y
    return x[1] if y is None else x[2]


def guarded(x: Any, a: Any) -> Any:
    if a:
        w = x[0]
    try:
        s = w
    except NameError:
        s = x[1]
    return s * s


def remembered(x: Any, n: Any) -> Any:
    s = 0.0
    for i in range(n):
        if i > 0:
            s += w * x[i]  # noqa: F821
        w = x[i] ** 2  # noqa: F841
    return s


def kept(x: Any, a: Any) -> Any:
    if a:
        h = []
    s = 0.0
    for v in x:
        s += v * v
        if a:
            h.append(s)
    if a:
        s = sum(h)
    return s


def inlined_twice(x: Any, a: Any) -> Any:
    def g(v: Any) -> Any:
        if v > 0:
            q = v * 2
        return q

    return g(x[0]) * g(a - 0.5)


def constant_inlined_twice(x: Any, a: Any) -> Any:
    def g(v: Any) -> Any:
        if v > 0:
            q = 2.0
        return q

    return g(x[0]) * g(a - 0.5) * x[1]


def left_from_an_iteration(x: Any, a: Any) -> Any:
    t = 0.0
    for k in range(2):
        if k == 0 or a:
            s = x[k]
        t += s
        del s
    return t


def deleted_in_a_try(x: Any, a: Any) -> Any:
    w = x[0]
    try:
        if not a:
            del w
        t = x[1] / a
    except ZeroDivisionError:
        t = x[2]
    return w * t


def same_expression(x: Any, a: Any) -> Any:
    A = [x[0], x[1], x[0] * x[1]]  # noqa: F841
    if a > 0:
        v = x[0] * x[1]
    return v


def shared_and_of_a_loop(x: Any, a: Any) -> Any:
    def f(z: Any) -> None:
        nonlocal v
        v = z

    for _ in range(a):
        v = x[0]
    return v


RAISING = [
    same_expression, shared_and_of_a_loop,
    copied, of_a_loop, of_a_while, nested, found, written, appended, keyed, unpacked, of_an_object,
    in_a_closure, deleted, deleted_in_a_loop, asked, inlined_twice, constant_inlined_twice,
    left_from_an_iteration, deleted_in_a_try,
]  # fmt: skip


def class_of_the_error(x: Any, a: Any) -> Any:
    def h() -> Any:
        return s * 3

    try:
        if a:
            s = x[1]
        r = h()
    except UnboundLocalError:
        r = x[0] * x[1]
    except NameError:
        r = x[0] * x[0]
    return r


def caught_in_a_loop(x: Any, a: Any) -> Any:
    t = x[0]
    if a:
        prev = x[1]
    for k in range(3):
        try:
            t += prev * x[k]
        except UnboundLocalError:
            t += x[2]
        if t > 1.5:
            prev = t
        else:
            try:
                del prev
            except UnboundLocalError:
                t *= 2
    return t


def other_length_after_a_return(x: Any, a: Any) -> Any:
    xs = [x[0], x[1]]
    if a > 0:
        if a > 1:
            return sum(xs) ** 2
        xs = [x[0] * x[1]]
    return sum(xs) * x[2]


def changed_where_it_is(x: Any, a: Any) -> Any:
    if a > 0:
        xs = [x[0], x[1]]
    if a > 1:
        xs.append(x[0])
    return sum(xs) ** 2 if a > 0 else x[2]


def asked_twice(x: Any, a: Any) -> Any:
    if a > 1:
        v = x[0] > 0
    try:
        if not v:
            return x[0]
    except NameError:
        return x[0] * x[1]
    w = v
    return x[1] if w else x[2]


CAUGHT = [
    asked_twice,
    guarded, remembered, kept, class_of_the_error, caught_in_a_loop, other_length_after_a_return,
    changed_where_it_is,
]  # fmt: skip
RIGHT = [*[(f, 1) for f in RAISING], *[(f, k) for f in CAUGHT for k in (0, 1, 2)]]


@pytest.mark.parametrize("f", RAISING)
def test_the_derivative_raises_too(f: Any) -> None:
    with pytest.raises(NameError):
        f(X, 0)
    for derivative in (
        lambda: s2s_ad.jvp(f, (X, 0), (np.ones(4), None)),
        lambda: s2s_ad.vjp(f, X, 0),
        lambda: s2s_ad.value_and_grad(f)(X, 0),
    ):
        with pytest.raises(NameError):
            derivative()


@pytest.mark.parametrize(("f", "a"), RIGHT)
def test_derivatives(f: Any, a: int) -> None:
    check_grads(f, (X, a), order=2)


def test_only_what_python_would_not_notice_is_asked() -> None:
    for f in (of_a_loop, of_a_while, found, remembered, kept):
        assert "UnboundLocalError" not in s2s_ad.source(f, "jvp", like=(X, 2)), f
    assert "        h" not in s2s_ad.source(kept, "vjp", like=(X, 2))
    assert """
        if w is None:
            raise UnboundLocalError("'w' has no value")
        s = w
""" in s2s_ad.source(copied, "vjp", like=(X, 2))


def test_none_and_no_value_are_not_mixed() -> None:
    def f(x: Any, n: Any) -> Any:
        for i in range(n):
            r = None
            if x[i] > 1:
                r = x[i]
        return x[0] if r is None else r * r

    def g(x: Any, n: Any) -> Any:
        if n > 1:
            o = Point(x[0])
        elif n == 1:
            o = None
        if o is None:
            return x[0] * x[1]
        return o.x * x[2]

    with pytest.raises(UnsupportedError, match="'o' is None on one path and has no value on"):
        s2s_ad.jvp(g, (X, 0), (X, None))
    with pytest.raises(UnsupportedError, match="'r' is None on one path and has no value on") as e:
        s2s_ad.vjp(f, X, 2)
    assert e.value.advice == "assign it on every path"


def test_an_int_that_counts_is_no_float() -> None:
    def of_text(x: Any, c: Any) -> Any:
        return x * len(str(c)) + len(f"{c}")

    def of_bits(x: Any, c: Any) -> Any:
        return x * (c & 1) + len([0] * c)

    def of_sizes(x: Any, c: Any) -> Any:
        return x * np.ones(c).sum() + np.linspace(x, 1.0, c)[1]

    for f in (of_text, of_bits, of_sizes):
        y, pullback = s2s_ad.vjp(f, 1.5, 3)
        assert y == f(1.5, 3)
        assert pullback(1.0)[1] is None
        check_grads(f, (1.5, 3), order=2)
