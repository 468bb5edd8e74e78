"""Programs with objects: values and derivatives to second order; gradients that are objects."""

from __future__ import annotations

import copy
import json
from collections import deque
from typing import Any

import numpy as np
import pytest

import s2s_ad
from s2s_ad.errors import UnsupportedError
from tests.checking import check_derivatives, each
from tests.object_programs import (
    PROGRAMS,
    Net,
    Planet,
    Point,
    X,
    largest_of_all,
    one_object_twice,
    planet,
    record_returned,
    same_object,
)


@each(PROGRAMS)
def test_derivatives(f: Any, args: Any) -> None:
    check_derivatives(f, args)


def test_a_gradient_is_an_object_of_the_same_class() -> None:
    net = Net(0.3 * np.ones((3, 2)), np.array([0.1, 0.2]))
    bar = s2s_ad.grad(Net.loss, wrt="self")(net, X)
    assert type(bar) is Net
    assert bar.w.shape == net.w.shape
    assert not np.shares_memory(bar.w, net.w)
    assert bar.extra[1] == np.sum(np.tanh(X @ net.w + net.b))
    mass = s2s_ad.grad(Planet.energy, wrt=0)(planet(), X)
    assert type(mass) is Planet
    assert mass.mass == pytest.approx(0.5 * np.sum(X * X))
    assert mass.name is None
    assert mass.n is None


class Pair:
    def __init__(self, weight: Any, inner: Any) -> None:
        self.weight, self.inner = weight, inner


def test_an_object_inside_an_object_that_is_not_used_has_zeros() -> None:
    given = Pair(3.0, Pair(np.ones(2), 1.0))
    found = s2s_ad.grad(lambda p: p.weight**2)(given)
    assert found.weight == 6.0
    assert found.inner.inner == 0.0
    np.testing.assert_array_equal(found.inner.weight, np.zeros(2))


def test_a_returned_object_has_tangents_in_its_attributes() -> None:
    value, dot = s2s_ad.jvp(record_returned, (Point(1.5, 0.7),), (Point(1.0, 0.0),))
    assert value == record_returned(Point(1.5, 0.7))
    assert dot == Point(0.7, 0.0) or tuple(dot) == (0.7, 0.0)
    value, pullback = s2s_ad.vjp(record_returned, Point(1.5, 0.7))
    assert tuple(pullback(type(value)(1.0, 2.0))[0]) == (0.7, 3.5)


def written_though_none(x: Any) -> Any:
    mass = Mass(x) if x > 1.0 else None
    mass.x = 3.0 * x
    return mass.x * x


@pytest.mark.parametrize("derivative", [s2s_ad.grad, s2s_ad.value_and_grad])
def test_an_attribute_of_none_raises_as_in_python(derivative: Any) -> None:
    assert s2s_ad.grad(written_though_none)(2.0) == pytest.approx(12.0)
    with pytest.raises(AttributeError, match="'NoneType' object has no attribute 'x'"):
        derivative(written_though_none)(0.5)
    with pytest.raises(AttributeError, match="'NoneType' object has no attribute 'v'"):
        derivative(largest_of_all)(X[:0])


def changes_a_record(p: Any) -> Any:
    q = Point(p, p)
    q.u = 2.0
    return q.u


def uses_an_object_as_a_number(x: Any) -> Any:
    return np.sum(Net(x, x))


def missing_attribute(x: Any) -> Any:
    return Net(x, x).nothing


class Holder:
    item: Any


def number_before_a_loop(x: Any) -> Any:
    last, total = Holder(), 0.0
    last.item = 0.0
    for t in x:
        total += t * last.item if isinstance(last.item, float) else t
        last.item = Holder()
    return total


def chain_that_grows(x: Any) -> Any:
    head, total = None, 0.0
    for v in x:
        node = Spring(v, head)
        head = node
    while head is not None:
        total += head.a
        head = head.b
    return total


def one_object_in_a_slot_and_a_name(x: Any) -> Any:
    last = Holder()
    last.item = None
    for v in x:
        mass = Mass(v)
        last.item = mass
    mass.x = 3.0 * mass.x
    return last.item.x * mass.x


def keys_in_another_order(d: Any) -> Any:
    for v in d["x"]:
        y = d.pop("a")
        d["a"] = y * d["b"] * v
    return d["a"]


def type_of_one_or_none(x: Any) -> Any:
    last, total = None, 0.0
    for t in x:
        total += t * t if type(last) is Holder else 3 * t
        last = Holder()
    return total


def list_of_one_or_none(x: Any) -> Any:
    last, kept = None, []
    for _ in x:
        kept.append(last)
        last = Holder()
    return x[0] * len(kept)


class Mass:
    def __init__(self, x: Any) -> None:
        self.x = x


class Spring:
    def __init__(self, a: Any, b: Any) -> None:
        self.a, self.b = a, b


def heaviest_changes(x: Any) -> Any:
    masses = [Mass(v) for v in x]
    best = masses[0]
    for m in masses:
        if m.x > best.x:
            best = m
    best.x = best.x * 10
    return sum(m.x**2 for m in masses)


def heaviest_sees_a_change(x: Any) -> Any:
    masses = [Mass(v) for v in x]
    best = masses[0]
    for m in masses:
        if m.x > best.x:
            best = m
    for m in masses:
        m.x = m.x * 10
    return best.x * x[0]


def masses_in_tuples(x: Any) -> Any:
    masses = [Mass(v) for v in x]
    pairs = [(k, m) for k, m in enumerate(masses)]
    for m in masses:
        m.x *= 2
    return sum(k * m.x for k, m in pairs)


def one_array_in_all(x: Any) -> Any:
    buffer = x.copy()
    springs = [Spring(buffer, v) for v in x]
    for s in springs:
        s.a[0] *= s.b
    return sum(s.a[0] * s.b for s in springs)


def one_array_under_two_names(x: Any) -> Any:
    springs = []
    for v in x:
        u = np.array([v, v])
        springs.append(Spring(u, u[1:]))
    springs[1].a[1] = x[2] ** 2
    return sum(np.sum(s.b) for s in springs)


def one_object_under_two_names(x: Any) -> Any:
    springs = []
    for v in x:
        m = Mass(v)
        springs.append(Spring(m, m))
    springs[1].a.x = x[2] ** 2
    return sum(s.b.x for s in springs)


def one_list_in_all(x: Any) -> Any:
    history = [x[0]]
    springs = [Spring(history, v) for v in x]
    springs[0].a.append(10 * x[1])
    return sum(sum(s.a) * s.b for s in springs)


class Doubled:
    def __get__(self, owner: Any, cls: Any) -> Any:
        return owner.value * 2

    def __set__(self, owner: Any, value: Any) -> None:
        owner.value = value * 10


class WithDescriptor:
    doubled = Doubled()

    def __init__(self, value: Any) -> None:
        self.doubled = value


def reads_a_descriptor(x: Any) -> Any:
    return np.sum(WithDescriptor(x).doubled)


def two_of_the_callers(masses: Any) -> Any:
    return masses[0].x * 2 if masses[0] is masses[1] else masses[1].x


def returns_a_deque(x: Any) -> Any:
    return deque([x[0], x[1]])


def copies_what_stands_outside(x: Any) -> Any:
    return copy.copy(OUTSIDE).x * x[0]


def deep_copy_of_its_own(x: Any) -> Any:
    return copy.deepcopy(Deep(x[0])).v


def deep_copy_of_a_growing_list(x: Any) -> Any:
    rows = []
    for v in x:
        rows.append([v])
    return copy.deepcopy(rows)[0][0]


def copy_of_something(x: Any) -> Any:
    return copy.copy(json.loads("3")) * x[0]


class Deep:
    def __init__(self, v: Any) -> None:
        self.v = v

    def __deepcopy__(self, memo: Any) -> Any:
        return Deep(self.v)


OUTSIDE = Mass(2.0)


def type_of_a_number(x: Any) -> Any:
    return x * x if type(x) is float else x


def class_of_a_number(x: Any) -> Any:
    return x * x if isinstance(x, float) else x


@pytest.mark.parametrize(
    ("f", "x", "message"),
    [
        (type_of_one_or_none, X, "of an object that may be None"),
        (list_of_one_or_none, X, "an object that may be None becomes part of a value"),
        (type_of_a_number, 3, "of a float, where an argument that is an int is taken as one"),
        (class_of_a_number, np.int64(3), "isinstance of a float, where an argument that is an int"),
        (class_of_a_number, 3, "isinstance of a float, where an argument that is an int"),
        (number_before_a_loop, X, "is a float before the loop and an object of class Holder after"),
        (chain_that_grows, X, "a chain that grows in a loop"),
        (one_object_in_a_slot_and_a_name, X, "another name may be the same Mass object"),
        (keys_in_another_order, {"a": 2.0, "b": 3.0, "x": X}, "before the loop and"),
        (changes_a_record, 2.0, "is frozen"),
        (uses_an_object_as_a_number, X, "an object of class Net is used as a number or array"),
        (returns_a_deque, X, "a deque is returned"),
        (copies_what_stands_outside, X, "which is read from outside"),
        (deep_copy_of_its_own, X, "an object with __deepcopy__"),
        (deep_copy_of_a_growing_list, X, "deepcopy of a list of unknown length"),
        (copy_of_something, X, "copy of something of unknown type"),
        (missing_attribute, X, "has no attribute"),
        (reads_a_descriptor, X, "is a descriptor"),
        (two_of_the_callers, [Mass(2.0), Mass(3.0)], "whether two names mean one object"),
        (heaviest_changes, X, "is changed that may be an item of a list"),
        (heaviest_sees_a_change, X, "another item or name may be the same object"),
        (masses_in_tuples, X, "'pairs' may be the same array"),
        (one_array_in_all, X, "another item or name may be the same object"),
        (one_array_under_two_names, X, "another item or name may be the same object"),
        (one_object_under_two_names, X, "another item or name may be the same object"),
        (one_list_in_all, X, "another item or name may be the same object"),
        (one_object_twice, X, "may be the same object"),
        (same_object, X, "whether two names mean one object is not known"),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_refused(f: Any, x: Any, message: str) -> None:
    with pytest.raises(UnsupportedError, match=message):
        s2s_ad.grad(f)(x)
