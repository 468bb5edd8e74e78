"""Programs that change what they are given: values, derivatives, and the caller's objects after."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import s2s_ad
from s2s_ad import grad, jvp, vjp
from s2s_ad.errors import DerivativeTypeError, S2SError, UnsupportedError
from s2s_ad.testing import check_grads
from tests.argument_programs import INNER, PROGRAMS, Body, Layer, X, body, moved
from tests.checking import check_derivatives, check_untyped, each, flat


@each(PROGRAMS + INNER)
def test_derivatives(f: Any, args: Any) -> None:
    check_derivatives(f, args)


@each(PROGRAMS)
def test_untyped_text(f: Any, args: Any) -> None:
    check_untyped(f, args)


# By another argument: the object is known by its identity -----------------------------------------


class Model:
    def __init__(self) -> None:
        self.w, self.f, self.seen = np.array([0.3, 0.7]), np.tanh, []
        self.last, self.count, self.part, self.kind = None, 0, body(), "tanh"

    def __call__(self, x: Any) -> Any:
        self.count += 1
        self.h = self.f(self.w * x)
        self.seen.append(self.h)
        self.part.x = self.part.x + np.sum(self.h)
        return self.h

    def loss(self, x: Any) -> Any:
        return np.sum(self(self(x)) * self.seen[0]) * self.count + self.part.x * np.sum(self.h)


def loss_of(model: Any, x: Any) -> Any:
    return model.loss(x)


def total_after_a_step(bs: Any, dt: Any) -> Any:
    for b in bs:
        b.step(dt)
    return sum(b.energy() for b in bs)


def numerical(f: Any, x: Any) -> Any:
    if isinstance(x, float):
        return (f(x + 1e-6) - f(x - 1e-6)) / 2e-6
    steps = 1e-6 * np.eye(len(x))
    return np.array([(f(x + s) - f(x - s)) / 2e-6 for s in steps])


def check_beside(f: Any, given: Any, x: Any) -> None:
    """The derivative by x, where another argument is changed."""
    before = copy.deepcopy(given)
    expected = numerical(lambda v: f(copy.deepcopy(given), v), x)
    np.testing.assert_allclose(grad(f, wrt=1)(given, x), expected, rtol=1e-6, atol=1e-8)
    value, bars = s2s_ad.value_and_grad(f, wrt=1)(given, x)
    assert value == pytest.approx(f(copy.deepcopy(given), x))
    np.testing.assert_allclose(bars, expected, rtol=1e-6, atol=1e-8)
    direction = np.ones(len(x)) if isinstance(x, np.ndarray) else 1.0
    _, dot = jvp(f, (given, x), (None, direction))
    np.testing.assert_allclose(dot, np.sum(expected), rtol=1e-6, atol=1e-8)
    np.testing.assert_equal(flat(given), flat(before))


def test_an_object_that_is_not_differentiated_by_may_be_changed() -> None:
    model, x = Model(), np.array([1.0, 2.0])
    check_beside(loss_of, model, x)
    check_beside(loss_of, [model, model][0], 2 * x)
    model.seen.append(3.0 * x)  # the derivative is made for what the object holds
    model.count = 5
    check_beside(loss_of, model, x)
    check_beside(total_after_a_step, [body(), body(0.4, 0.9)], 0.1)


def test_the_object_of_a_method_may_be_changed() -> None:
    model, x = Model(), np.array([1.0, 2.0])
    before = copy.deepcopy(model)
    expected = numerical(lambda v: copy.deepcopy(model).loss(v), x)
    np.testing.assert_allclose(grad(model.loss)(x), expected, rtol=1e-6)
    value, pull = vjp(model.loss, x)
    assert value == pytest.approx(copy.deepcopy(model).loss(x))
    np.testing.assert_allclose(pull(1.0)[0], expected, rtol=1e-6)
    np.testing.assert_equal(flat(model), flat(before))


# Two names of one object --------------------------------------------------------------------------


def two(a: Any, b: Any, y: Any) -> Any:
    a.x = a.x * y
    return a.x * b.x


def two_read(a: Any, b: Any, y: Any) -> Any:
    return a.x * b.x * y


def first_of_two(p: Any, y: Any) -> Any:
    p.x.x = p.x.x * y
    return p.x.x * p.v.x


def beside_two(p: Any, y: Any) -> Any:
    p.k = p.x.x * y
    return p.x.x * p.v.x * p.k


def first_array(p: Any, y: Any) -> Any:
    p.x[0] = y
    return p.x[0] * p.v[0] + p.v[1] * y


def first_list(p: Any, y: Any) -> Any:
    p.x.append(y)
    return sum(p.v) * y


def array_of_a_slice(rows: Any, x: Any, y: Any) -> Any:
    rows[1:][0][0] = y
    return np.sum(rows[1] * x)


def array_chosen(rows: Any, x: Any, y: Any) -> Any:
    for row in rows:
        row[0] = y
    return np.sum(rows[1] * x)


GIVEN = body(2.0, 3.0)


def beside_a_global(a: Any, y: Any) -> Any:
    a.x = a.x * y
    return a.x * GIVEN.x


def global_set(y: Any) -> Any:
    GIVEN.x = y
    return GIVEN.x**2


def closing_over(c: Any) -> Any:
    def f(a, y):
        a.x = y * a.x
        return a.x * c.x

    return f


ONE, ARRAY, LIST = body(), X.copy(), [1.0, 2.0]


@pytest.mark.parametrize(
    ("f", "args", "message"),
    [
        (two, (ONE, ONE, 0.5), "writes into a, which shares memory with b"),
        (first_of_two, (Body(ONE, ONE), 0.5), "writes into p.x, which shares memory with p.v"),
        (first_array, (Body(ARRAY, ARRAY), 0.5), "writes into p.x, which shares memory with p.v"),
        (first_array, (Body(ARRAY, ARRAY[:2]), 0.5), "shares memory with p.v"),
        (first_list, (Body(LIST, LIST), 0.5), "writes into p.x, which shares memory with p.v"),
        (total_after_a_step, ([ONE, ONE], 0.5), r"bs\[0\], which shares memory with bs\[1\]"),
        (array_of_a_slice, ([X, ARRAY], ARRAY, 0.5), r"shares memory with"),
        (array_chosen, ([X, ARRAY], ARRAY, 0.5), r"shares memory with"),
        (beside_a_global, (GIVEN, 0.5), "shares memory with an array from outside"),
        (closing_over(GIVEN), (GIVEN, 0.5), "shares memory with an array from outside"),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_one_object_that_is_changed_in_two_places_is_refused(
    f: Any, args: Any, message: str
) -> None:
    last = len(args) - 1
    for wrt in (0, last):
        with pytest.raises(UnsupportedError, match=message):
            grad(f, wrt=wrt)(*args)
        with pytest.raises(UnsupportedError, match=message):
            jvp(f, args, (*[None] * last, 1.0))
    with pytest.raises(UnsupportedError, match=message):
        vjp(f, *args)


def test_two_objects_and_what_is_only_read_are_right() -> None:
    check_grads(two, (body(), body(0.4), 0.5), order=2)
    assert grad(two_read, wrt=2)(ONE, ONE, 0.5) == ONE.x**2
    check_grads(first_of_two, (Body(body(), body(0.4)), 0.5), order=2)
    assert grad(beside_two, wrt=1)(Body(ONE, ONE), 0.5) == pytest.approx(ONE.x**3)
    check_grads(first_array, (Body(X.copy(), X.copy()), 0.5), order=2)
    check_grads(beside_a_global, (body(), 0.5), order=2)


# ... inside a function ---------------------------------------------------------------------------


def product(a: Any, b: Any) -> Any:
    a.x = a.x * b.x
    return a.x * b.x * b.v


def inner_gradient_of_one(x: Any) -> Any:
    b = Body(x, 2.0)
    return grad(product)(b, b).x


def inner_pullback_of_one(x: Any) -> Any:
    b = Body(x, 2.0)
    _, pull = vjp(product, b, b)
    return pull(1.0)[0].x


def inner_tangent_of_one(x: Any) -> Any:
    b = Body(x, 2.0)
    return jvp(product, (b, b), (Body(1.0, 0.0), None))[1]


def inner_and_around(x: Any) -> Any:
    b = Body(x, 2.0)

    def read():
        return b.x

    def f(c):
        c.x = c.x * x
        return c.x * read()

    return grad(f)(b).x


def inner_and_a_part(x: Any) -> Any:
    b = Body(Body(x, 1.0), 2.0)

    def f(o, i):
        o.x.x = o.x.x * 3
        return o.x.x * i.x

    return grad(f)(b, b.x).x.x


def inner_one_in_a_list(x: Any) -> Any:
    c = Body(x, 1.0)

    def f(o):
        o[0].x = o[0].x * 3
        return o[0].x * o[1].x

    return grad(f)([c, c])[0].x


def inner_list_twice(x: Any) -> Any:
    xs = [x, 2.0]

    def f(a, b):
        a.append(3.0 * a[0])
        return sum(b) * a[0]

    return grad(f)(xs, xs)[0]


def inner_array_twice(x: Any) -> Any:
    a = np.array([x, 2.0])

    def f(o, u):
        o.x[0] = u[1] * 3
        return np.sum(u * o.x)

    return np.sum(grad(f)(Body(a, 1.0), a).x)


@pytest.mark.parametrize(
    "f",
    [
        inner_gradient_of_one,
        inner_pullback_of_one,
        inner_tangent_of_one,
        inner_and_around,
        inner_and_a_part,
        inner_one_in_a_list,
        inner_list_twice,
        inner_array_twice,
    ],
)
def test_inside_a_function_too(f: Any) -> None:
    with pytest.raises(UnsupportedError, match="gets one array, list or object in two ways"):
        grad(f)(1.5)


# Refused ------------------------------------------------------------------------------------------


class Twisted:
    def __init__(self) -> None:
        self.x = 1.5

    def __getattribute__(self, name: str) -> Any:
        found = object.__getattribute__(self, name)
        return 2 * found if name == "x" else found


class Guarded:
    def __init__(self) -> None:
        object.__setattr__(self, "x", 1.0)

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, 2 * value)


class Node:
    def __init__(self, v: Any) -> None:
        self.v, self.parent = v, self


class Lazy:
    def __init__(self) -> None:
        self._x = 1.0

    @property
    def x(self) -> Any:
        return self._x


def read(p: Any) -> Any:
    return p.x**2


def written(p: Any) -> Any:
    p.x = p.x**2
    return p.x


def item_deleted(p: Any) -> Any:
    del p.x
    return p._x


def missing_deleted(p: Any) -> Any:
    del p.nothing
    return p.x


def deleted_in_a_list(x: Any) -> Any:
    bs = []
    for v in x:
        bs.append(Body(v, v))
    del bs[0].v
    return bs[0].x


def default_changed(y: Any, b: Any = ONE) -> Any:
    b.x = b.x * y
    return b.x


def default_list_changed(y: Any, layer: Any = Layer(1.0)) -> Any:
    layer.cache.append(y)
    return layer.cache[0]


def chosen_at_run_time(bs: Any) -> Any:
    k = 0 if bs[0].x > bs[1].x else 1
    bs[k].x = 3.0 * bs[k].x
    return bs[0].x * bs[1].x


def appended_to_a_long_list(bs: Any) -> Any:
    bs.append(body())
    return bs[0].x * bs[-1].x


class Counted:
    k = 2.0

    def __init__(self, x: Any) -> None:
        self.x = x


def asked_for(b: Any) -> Any:
    t = 0.0
    for v in X:
        if hasattr(b, "last"):
            t += b.last * v
        b.last = v * b.x
    return t


def of_the_class_at_first(b: Any) -> Any:
    t = 0.0
    for v in X:
        t += b.k * v
        b.k = v * b.x
    return t


def is_the_global(b: Any) -> Any:
    return b.x**2 if b is GIVEN else b.x


def popped_array(rows: Any) -> Any:
    a = rows.pop()
    a[0] = rows[0][1]
    return np.sum(a)


def equal_to(bs: Any) -> Any:
    return bs[0].x ** (2 if bs[0] == bs[1] else 3)


def computed_name(b: Any) -> Any:
    setattr(b, f"x{b.x}", 2.0)
    return b.x


def computed_name_deleted(b: Any) -> Any:
    delattr(b, f"x{b.x}")
    return b.x


def perhaps_none(x: Any) -> Any:
    def f(y):
        return Body(y, y) if y > 1.0 else None

    return jvp(f, (x,), (1.0,))[1].x


def another_cotangent(x: Any) -> Any:
    _, pull = vjp(lambda y: Body(y, y), x)
    return pull(Layer(1.0))[0]


def another_structure(x: Any) -> Any:
    _, pull = vjp(lambda y: (Body(y, y), y), x)
    return pull((Body(1.0, 1.0),))[0]


@pytest.mark.parametrize(
    ("f", "x", "message"),
    [
        (read, Twisted(), "the class Twisted defines __getattribute__"),
        (written, Guarded(), "the class Guarded defines __setattr__"),
        (item_deleted, Lazy(), "the property 'x' is deleted"),
        (missing_deleted, body(), "a Body object has no attribute 'nothing'"),
        (deleted_in_a_list, X, "an attribute of an object in a list of unknown length is deleted"),
        (global_set, 2.0, "is no object that the function has made or got"),
        (is_the_global, GIVEN, "whether two names mean one object is not known"),
        (popped_array, [X, 2 * X], "was an item of a list that has got other items since"),
        (equal_to, [ONE, ONE], "whether two names mean one object is not known"),
        (computed_name, body(), "setattr with a computed name"),
        (computed_name_deleted, body(), "delattr with a computed name"),
        (chosen_at_run_time, [body(), body()], "is changed, and is chosen at run time among some"),
        (total_after_a_step, ([body() for _ in range(20)], 0.1), "stands in a list of more than"),
        (appended_to_a_long_list, [body() for _ in range(20)], "has objects in it, and is long"),
        (asked_for, Counted(2.0), "hasattr of an attribute that a loop sets first"),
        (of_the_class_at_first, Counted(2.0), "which a loop sets first, is not known"),
        (perhaps_none, 2.0, "an object that may be None is returned by a function that is"),
        (another_cotangent, 2.0, "the value is a Body object, and so must its cotangent be"),
        (another_structure, 2.0, "the cotangent has another structure than the value"),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_refused(f: Any, x: Any, message: str) -> None:
    with pytest.raises(UnsupportedError, match=message):
        grad(f)(*(x if isinstance(x, tuple) else (x,)))


@pytest.mark.parametrize("f", [default_changed, default_list_changed])
def test_defaults_are_not_changed(f: Any) -> None:
    with pytest.raises(UnsupportedError, match="a default .* of the caller is changed"):
        grad(f)(0.5)


def test_an_object_that_contains_itself_is_refused() -> None:
    with pytest.raises(DerivativeTypeError, match="contains itself, or is nested too deeply"):
        grad(lambda n: n.v**2)(Node(1.5))


def test_text_without_types_refuses() -> None:
    with pytest.raises(S2SError, match="made or got"):
        s2s_ad.source(two, "grad")


def test_what_large_functions_change_is_the_callers() -> None:
    """They would be functions of their own in the text, if they changed nothing."""
    text = s2s_ad.source(lambda b, y: moved(b, y) + moved(b, y) * b.v, "grad", like=(body(), 0.5))
    assert "moved" not in text
