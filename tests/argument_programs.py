"""Programs that change objects, lists and dicts which they are given, with arguments."""

from __future__ import annotations

import copy
import functools
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from s2s_ad import grad, jvp, value_and_grad, vjp

X = np.array([0.5, 1.25, 0.75])


class Body:
    def __init__(self, x: Any, v: Any) -> None:
        self.x, self.v = x, v

    def step(self, dt: Any) -> None:
        self.x = self.x + dt * self.v
        self.v = self.v - dt * self.x

    def energy(self) -> Any:
        return self.x**2 + 0.5 * self.v**2

    def advance(self, dt: Any) -> Any:
        self.step(dt)
        return self.energy()


class Springy(Body):
    def __init__(self, x: Any, v: Any, k: Any) -> None:
        super().__init__(x, v)
        self.k = k

    @functools.cached_property
    def half(self) -> Any:
        self.x = self.x * 1.5
        return 0.5 * self.x

    def step(self, dt: Any) -> None:
        super().step(dt * self.k)
        self.k = self.k * self.x


class Layer:
    def __init__(self, w: Any) -> None:
        self.w, self.cache, self.f, self.name = w, [], np.tanh, "layer"

    def __call__(self, x: Any) -> Any:
        self.cache.append(self.w * x)
        return self.f(self.cache[-1])


class Slots:
    __slots__ = ("p", "q")

    def __init__(self, p: Any, q: Any) -> None:
        self.p, self.q = p, q


class Doubled:
    def __init__(self, v: Any) -> None:
        self._v = v

    @property
    def v(self) -> Any:
        return 2.0 * self._v

    @v.setter
    def v(self, x: Any) -> None:
        self._v = x * x

    def __setitem__(self, k: Any, x: Any) -> None:
        self._v = x + k

    def __iadd__(self, x: Any) -> Any:
        self._v = self._v + x
        return self


@dataclass
class Record:
    a: float
    b: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Frozen:
    a: float
    b: float


def body(x: float = 1.2, v: float = 0.7) -> Body:
    return Body(x, v)


def attribute_set(b: Any, dt: Any) -> Any:
    b.x += dt * b.v
    return b.x**2


def stepped_in_a_loop(b: Any, dt: Any) -> Any:
    for _ in range(5):
        b.step(dt)
    return b.energy() * b.x


def stepped_until(b: Any, dt: Any) -> Any:
    n = 0
    while b.x < 2.0:
        b.step(dt)
        b.x = b.x * 1.3
        n += 1
    return b.energy() * n


def loops_without_iterations(b: Any, dt: Any) -> Any:
    while b.x > 20.0:
        b.step(dt)
    for _ in range(int(b.x * 0)):
        b.x = b.x * 2
    return b.energy()


def arrays_of_attributes_written(b: Any, dt: Any) -> Any:
    b.x[0] = b.v[1] * dt
    b.x += b.v * dt
    b.v[1:] *= b.x[1:]
    for i in range(1, 3):
        b.x[i] += b.x[i - 1] * b.v[i]
    return np.sum(b.x**2) + np.sum(b.v**3)


def set_on_one_path(b: Any, dt: Any) -> Any:
    if b.x > 1.0:
        b.x = b.x * b.v
    else:
        b.v = b.x * dt
    if b.v > 5.0:
        b.v = 0.0
    return b.x**2 * b.v


def objects_in_a_list(bs: Any, dt: Any) -> Any:
    for b in bs:
        b.step(dt)
    bs[0].x = bs[1].x * bs[0].x
    return sum(b.energy() for b in bs)


def bodies_that_attract(bs: Any, dt: Any) -> Any:
    n = len(bs)
    for i in range(n):
        for j in range(n):
            if i != j:
                d = bs[j].x - bs[i].x
                bs[i].v += dt * d / (abs(d) + 0.1)
    for b in bs:
        b.x += dt * b.v
    return sum(b.energy() for b in bs)


def objects_in_a_tuple(bs: Any, dt: Any) -> Any:
    a, b = bs
    a.x = a.x * b.v * dt
    b.v = a.x**2
    return bs[0].x * bs[1].v


def objects_in_a_dict(bs: Any, dt: Any) -> Any:
    bs["a"].x *= bs["b"].x * dt
    for _, b in bs.items():
        b.v = b.x * b.v
    for b in bs.values():
        b.x = b.v**2
    return bs["a"].x + bs["b"].x * bs["a"].v


def objects_in_an_attribute(b: Any) -> Any:
    for c in b.x:
        c.x = c.x * c.v * b.v
    b.x[0].v = 2 * b.x[1].x
    b.x.append(b.x[0])
    b.x[2].x = b.x[2].x * 3
    return sum(c.x * c.v for c in b.x)


def objects_in_objects(b: Any) -> Any:
    b.x.x = b.v.x * b.x.v
    b.v = b.x
    b.v.v = 3.0 * b.x.x
    return b.x.v * b.x.x * b.v.x


def list_of_an_attribute_grows(layer: Any, x: Any) -> Any:
    for _ in range(4):
        x = layer(x)
    return sum(np.sum(c**2) for c in layer.cache) + len(layer.cache) * np.sum(x)


def layers_keep_what_they_saw(layers: Any, x: Any) -> Any:
    for _ in range(2):
        for layer in layers:
            x = layer(x)
    return sum(np.sum(c**2) for layer in layers for c in layer.cache)


def arrays_and_objects_in_a_list(items: Any, y: Any) -> Any:
    items[0][1] = y
    items[1].v[0] = items[0][1] * items[1].x
    items[1].x = items[0]
    items.append(Body(y, items[1].v))
    return np.sum(items[1].x) * np.sum(items[2].v)


def objects_come_and_go(bs: Any, y: Any) -> Any:
    b = bs.pop()
    b.x = b.x * y
    bs.insert(0, b)
    bs[0].v = bs[0].x * 3
    bs.append(Body(y, y))
    bs[-1].x = bs[1].x * bs[-1].v
    bs.reverse()
    for a, b in zip(bs, bs[1:]):
        a.v = a.v * b.x
    return sum(b.x * b.v for b in bs) * bs[0].x


def objects_deep_in_dicts(d: Any, y: Any) -> Any:
    d["p"]["q"].x *= y
    d["p"]["r"] = d["p"]["q"].x
    d["s"] = d["p"]
    d["s"]["r"] = d["s"]["r"] * 2
    return d["p"]["r"] * d["p"]["q"].v


def arrays_of_attributes_shared(b: Any, y: Any) -> Any:
    z = b.x
    b.v = b.x
    b.x = b.x * 2
    z[0] = y
    return np.sum(b.x**2) * np.sum(b.v) * z[0]


def local_functions_change_it(b: Any, x: Any) -> Any:
    def added(v):
        b.x = b.x * v + b.v
        return b.x

    def values():
        for v in x:
            b.v = b.v * v
            yield b.v

    return sum([added(v) for v in x]) * b.x + sum(values()) * b.v


def exceptions_and_contexts_change_it(b: Any, y: Any) -> Any:
    def raises():
        b.x = b.x * 2
        if b.x > 1:
            raise ValueError("large")
        b.x = 0.0

    try:
        raises()
    except ValueError:
        b.v = b.v * y
    with Twice(b) as c:
        c.x = c.x * y
    return b.x * b.v


class Twice:
    def __init__(self, b: Any) -> None:
        self.b = b

    def __enter__(self) -> Any:
        self.b.x = self.b.x * 2
        return self.b

    def __exit__(self, *error: Any) -> None:
        self.b.x = self.b.x + 1


def copies_are_apart(b: Any, y: Any) -> Any:
    c, d = copy.copy(b), copy.deepcopy(b)
    c.v, c.x[0], d.x[1] = c.v * y, y, y * y
    return np.sum(b.x**2) * np.sum(c.x) * np.sum(d.x) * b.v * c.v


def dict_of_an_attribute_set(b: Any, y: Any) -> Any:
    b.x["h"] = b.x["c"] * y
    b.x["n"] = b.x["h"] ** 2
    return b.x["n"] * b.x["h"] * b.v


def lists_in_a_dict_of_an_attribute(b: Any, y: Any) -> Any:
    b.x["h"].append(y * b.v)
    b.x["h"][0] = b.x["c"][0] * y
    return sum(b.x["h"]) ** 2


def lists_in_a_dict(d: Any, y: Any) -> Any:
    d["h"].append(y * d["c"][0])
    d["h"][0] = d["c"][0] * y
    return sum(d["h"]) ** 2


def list_in_a_tuple(p: Any) -> Any:
    p[0].append(p[1] * p[0][0])
    return p[0][-1] * p[0][0]


def slots_exchanged(s: Any) -> Any:
    s.p, s.q = s.q * s.p, s.p
    return s.p**2 * s.q


def slot_deleted(s: Any) -> Any:
    q = s.q
    del s.q
    s.p = s.p * (2.0 if hasattr(s, "q") else 3.0)
    for k in range(int(s.p) + 1):
        s.q = q * s.p + k
        s.p = s.p + s.q
    return s.p * s.q


def setters_and_operators(p: Any) -> Any:
    p.v = p.v + 1
    p.v *= 2
    p[1] = p.v
    p += 2.0
    return p.v


def set_by_a_subclass(b: Any, dt: Any) -> Any:
    b.step(dt)
    b.step(dt)
    return b.energy() * b.k


def frozen_set_by_force(f: Any) -> Any:
    object.__setattr__(f, "a", f.a**2)
    return f.a * f.b


def list_of_a_dataclass(r: Any) -> Any:
    r.b[0] = r.a**2
    r.b.append(r.a * r.b[1])
    r.b.pop(1)
    return sum(r.b) * r.b[1]


def set_before_a_raise(r: Any) -> Any:
    try:
        r.a = r.a * 2
        if r.a > 1:
            raise ValueError("x")
        r.a = 100.0
    except ValueError:
        r.a = r.a**2
    finally:
        r.b[1] *= r.a
    return r.a * r.b[1]


def set_before_an_operation_that_raises(r: Any) -> Any:
    try:
        r.a = r.a * 2
        y = r.b[int(r.b[0])]
        r.a = 100.0 * y
    except IndexError:
        r.a = r.a**2
    return r.a * r.b[1]


def set_after_a_return(r: Any) -> Any:
    def inner(r):
        try:
            return r.a * 2
        finally:
            r.a = r.a * r.b[0] * 7

    return inner(r) * r.a


def one_object_under_two_names(b: Any, y: Any) -> Any:
    c = b
    c.x = y * b.x
    return b.x**2 if c is b else b.x


def moved(b: Any, y: Any) -> Any:
    for _ in range(2):
        b.x = np.sin(b.x) + b.v * y
        b.v = np.cos(b.v) * b.x
        b.x = np.sin(b.x * b.v + y * b.x)
        b.v = np.sin(b.v + np.exp(-b.x) * y)
        b.x = np.sin(b.x) + b.v * y
        b.v = np.cos(b.v) * b.x
        b.x = np.sin(b.x * b.v + y * b.x)
        b.v = np.sin(b.v + np.exp(-b.x) * y)
        b.x = np.sin(b.x) + b.v * y
        b.v = np.cos(b.v) * b.x
        b.x = np.sin(b.x * b.v + y * b.x)
        b.v = np.sin(b.v + np.exp(-b.x) * y)
        b.x = np.sin(b.x) + b.v * y
        b.v = np.cos(b.v) * b.x
        b.x = np.sin(b.x * b.v + y * b.x)
        b.v = np.sin(b.v + np.exp(-b.x) * y)
    return b.x * 2


def large_functions_change_it(b: Any, y: Any) -> Any:
    r = moved(b, y)
    r = r + moved(b, r * 0.1)
    r = r + moved(b, r * 0.2)
    return r * b.x + b.v


def scaled(b: Any, n: Any, y: Any) -> Any:
    if n == 0:
        return b.x
    b.x = b.x * y
    return scaled(b, n - 1, y) * b.v


def recursive_function_changes_it(b: Any, y: Any) -> Any:
    return scaled(b, 3, y) * b.x


def attributes_deleted_and_new(b: Any, y: Any) -> Any:
    z = b.x
    del b.x
    if not hasattr(b, "x") and hasattr(b, "v"):
        b.extra = z * y
    setattr(b, "x", b.extra**2)
    delattr(b, "extra")
    return b.v * b.x * z


def returns_what_it_changed(b: Any, y: Any) -> Any:
    b.x = b.x * y
    return b


def returns_an_array_it_wrote(b: Any, y: Any) -> Any:
    b.v[0] = b.x * y
    return b.v, b.x * b.v


def attributes_that_a_loop_sets_first(b: Any, x: Any) -> Any:
    for v in x:
        for w in x:
            b.p = w * v
            b.x = b.x + b.p
        b.q = b.p * b.x
        b.r = np.array([v, b.q])
        b.r[0] = b.r[1] * 2
    k = 0
    while b.x < 50.0 and k < 3:
        b.s = [b.q * x[k]]
        b.s.append(b.q + b.p)
        b.x = b.x + b.s[0] * 9
        k += 1
    b.s.append(b.p)
    return b.x * b.q * b.p + np.sum(b.r) * sum(b.s)


def objects_that_a_loop_sets_first(b: Any, x: Any) -> Any:
    for v in x:
        b.part = Body(v, b.x)
        b.part.x = b.part.x * v
    b.part.v = 3 * b.part.v
    return b.part.x * b.part.v * b.x


def made_in_a_loop_and_set_in_another(b: Any, x: Any) -> Any:
    t = 0.0
    for w in x:
        c = Body(w, b.v)
        for v in x:
            c.p = c.x * v
            c.x += c.p
        t += c.p * c.x
    return t * b.x


def cached_properties(b: Any, y: Any) -> Any:
    b.x = b.x * y
    return b.half * b.half + b.x


PROGRAMS: list[tuple[Any, tuple[Any, ...]]] = [
    (attribute_set, (body(), 0.1)),
    (stepped_in_a_loop, (body(), 0.1)),
    (stepped_until, (body(), 0.1)),
    (loops_without_iterations, (body(), 0.1)),
    (arrays_of_attributes_written, (Body(X * 2, X - 0.3), 0.1)),
    (set_on_one_path, (body(), 0.1)),
    (set_on_one_path, (body(0.4), 0.1)),
    (objects_in_a_list, ([body(), body(0.4, 0.9)], 0.1)),
    (bodies_that_attract, ([body(), body(0.4, 0.9), body(-0.3, 0.2)], 0.1)),
    (objects_in_a_tuple, ((body(), body(0.4, 0.9)), 0.1)),
    (objects_in_a_dict, ({"a": body(), "b": body(0.4, 0.9)}, 0.1)),
    (objects_in_an_attribute, (Body([body(0.2, 0.3), body(0.4, 0.5)], 1.5),)),
    (objects_in_objects, (Body(body(1.2, 0.3), body(0.5, 0.4)),)),
    (list_of_an_attribute_grows, (Layer(np.array([0.3, 0.4])), np.array([1.0, 2.0]))),
    (
        layers_keep_what_they_saw,
        ([Layer(np.array([0.3, 0.4])), Layer(np.array([0.1, 0.4]))], np.array([1.0, 2.0])),
    ),
    (arrays_and_objects_in_a_list, ([X * 2, Body(2.0, np.ones(2))], 0.3)),
    (objects_come_and_go, ([body(), body(0.4, 0.9), body(0.5, 0.2)], 0.4)),
    (objects_deep_in_dicts, ({"p": {"q": body()}}, 0.4)),
    (arrays_of_attributes_shared, (Body(X * 2, 1.0), 0.3)),
    (local_functions_change_it, (body(), X)),
    (exceptions_and_contexts_change_it, (body(), 0.4)),
    (copies_are_apart, (Body(np.ones(2), 0.3), 0.4)),
    (attributes_that_a_loop_sets_first, (body(), X)),
    (objects_that_a_loop_sets_first, (body(), X)),
    (made_in_a_loop_and_set_in_another, (body(), X)),
    (cached_properties, (Springy(1.2, 0.7, 0.9), 0.4)),
    (dict_of_an_attribute_set, (Body({"h": 1.0, "c": 2.0}, 0.3), 0.5)),
    (lists_in_a_dict_of_an_attribute, (Body({"h": [1.0, 2.0], "c": [2.0]}, 0.3), 0.5)),
    (lists_in_a_dict, ({"h": [1.0, 2.0], "c": [2.0]}, 0.5)),
    (list_in_a_tuple, (([1.5, 0.4], 2.0),)),
    (slots_exchanged, (Slots(1.3, 0.4),)),
    (slot_deleted, (Slots(1.3, 0.4),)),
    (setters_and_operators, (Doubled(1.3),)),
    (set_by_a_subclass, (Springy(1.2, 0.7, 0.9), 0.1)),
    (frozen_set_by_force, (Frozen(1.5, 2.0),)),
    (list_of_a_dataclass, (Record(1.5, [1.0, 2.0]),)),
    (set_before_a_raise, (Record(1.5, [1.0, 2.0]),)),
    (set_before_an_operation_that_raises, (Record(1.5, [1.5, 2.0]),)),
    (set_before_an_operation_that_raises, (Record(1.5, [2.5, 2.0]),)),
    (set_after_a_return, (Record(1.5, [1.0, 2.0]),)),
    (one_object_under_two_names, (body(), 2.0)),
    (large_functions_change_it, (body(0.2, 0.3), 0.5)),
    (recursive_function_changes_it, (body(0.2, 0.3), 0.5)),
    (attributes_deleted_and_new, (body(), 0.5)),
    (returns_what_it_changed, (body(), 0.5)),
    (returns_an_array_it_wrote, (Body(0.2, np.ones(2)), 0.5)),
]


# Derivatives inside of what changes objects ------------------------------------------------------


def changed(b: Any, y: Any) -> Any:
    b.x = b.x * y
    return b.x * b.v


def gradient_of_what_changes(b: Any, y: Any) -> Any:
    g = grad(changed)(b, y * 2)
    b.x = b.x + g.x
    return g.x * b.x + g.v * b.v


def value_and_gradient_of_what_changes(b: Any, y: Any) -> Any:
    v, g = value_and_grad(changed, 1)(b, y * 2)
    return v * g * b.x


def changed_before_the_pullback(b: Any, y: Any) -> Any:
    v, pull = vjp(changed, b, y)
    b.x = 5.0 * y
    gb, gy = pull(1.0)
    return v * gb.x * gy * b.x + gb.v


def pulled_back_twice(b: Any, y: Any) -> Any:
    v, pull = vjp(changed, b, y)
    gb, gy = pull(y)
    b.v = gb.x
    gb2, gy2 = pull(b.v)
    return v * gb.x * gy2 * b.x + gb2.v


def tangents_of_what_changes(b: Any, y: Any) -> Any:
    v, d = jvp(changed, (b, y), (Body(y, 1.0), b.x))
    w, e = jvp(changed, (b, y), (None, b.x))
    return v * d * b.x + w * e


def method_changes_its_object(b: Any, y: Any) -> Any:
    v, pull = vjp(b.advance, y)
    b.x = b.x * 3
    return v * pull(1.0)[0] * b.x * grad(b.advance)(y)


def list_grows_in_what_is_differentiated(layer: Any, z: Any) -> Any:
    def twice(layer, z):
        layer.cache.append(z * layer.w)
        layer.cache.append(z * layer.cache[0])
        return sum(layer.cache) * layer.w

    layer.cache.append(z)
    v, pull = vjp(twice, layer, z)
    layer.cache[0] = 3.0
    bar, gz = pull(2.0)
    return v * gz * bar.w + len(layer.cache) + bar.cache[0] * layer.w


def variables_around_change_before_the_pullback(x: Any) -> Any:
    w, b, xs = x.copy(), Body(x[0], x[1]), [x[0], x[1]]
    v, pull = vjp(lambda t: t * w[0] * np.sum(w) * b.x + xs[1], x[1])
    w[0] = 5.0
    w = w * 2
    b.x = 7.0
    xs[1] = 2.0
    b = Body(1.0, 2.0)
    return v * pull(1.0)[0] * w[0] * b.v


def lists_change_before_the_pullback(x: Any) -> Any:
    xs = []
    for v in x:
        xs.append(v * v)

    def cubes(ts):
        s = 0.0
        for t in ts:
            s += t**3
        ts.append(s)
        ts[0] = 2.0
        return s * ts[-1]

    v, pull = vjp(cubes, xs)
    xs[0] = 7.0
    xs.append(2.0)
    (g,) = pull(1.0)
    return g[0] * g[1] * xs[0] + len(xs) + v


def arrays_in_a_list_change(x: Any) -> Any:
    xs = []
    for v in x:
        xs.append(np.array([v, v * v]))

    def cubes(ts):
        ts[0][1] = ts[1][0] * 3
        s = 0.0
        for t in ts:
            s += np.sum(t**3)
        return s

    v, pull = vjp(cubes, xs)
    (g,) = pull(1.0)
    return v * np.sum(g[0] * g[1]) * np.sum(xs[0])


def bodies_of_a_list_change(bs: Any, dt: Any) -> Any:
    def total(bs):
        for b in bs:
            b.step(dt)
        return sum(b.energy() for b in bs)

    v, pull = vjp(total, bs)
    bs[0].x = 3 * bs[0].x
    (g,) = pull(1.0)
    return v * g[0].x * g[1].v + bs[0].x


def a_count_beside_an_object(b: Any, n: Any) -> Any:
    def powers(b, n):
        for _ in range(n):
            b.x = b.x * b.v * n
        return b.x

    v, pull = vjp(powers, b, n)
    return v * pull(1.0)[0].x


def steps_along_gradients(b: Any, y: Any) -> Any:
    for _ in range(4):
        g = grad(changed)(b, y)
        b.x = b.x - 0.1 * g.x
        b.v = b.v * g.v
    return b.x * b.v


def pulled_back_in_a_loop(b: Any, y: Any) -> Any:
    v, pull = vjp(changed, b, y)
    for _ in range(4):
        g, gy = pull(b.x)
        b.x = b.x - 0.1 * g.x
        b.v = b.v * g.v * gy
    return b.x * b.v * v


def stepped(b: Any, y: Any) -> Any:
    return Body(b.x + y * b.v, b.v * y)


def pullback_of_an_object(b: Any, y: Any) -> Any:
    s, pull = vjp(stepped, b, y)
    gb, gy = pull(Body(1.0, s.x))
    return gb.x * gy * s.v + gb.v


def tangent_of_an_object(b: Any, y: Any) -> Any:
    s, d = jvp(lambda o: stepped(o, y), (b,), (Body(y, b.x),))
    return s.x * d.x + s.v * d.v


def object_that_was_changed_is_returned(b: Any, y: Any) -> Any:
    def f(o):
        o.x = o.x * y
        return o

    s, d = jvp(f, (b,), (Body(y, b.x),))
    s.x = s.x * 2
    return s.x * d.x + s.v * d.v + b.x


def objects_in_what_is_returned(b: Any, y: Any) -> Any:
    def f(o):
        o.x = o.x * y
        return o, [o, Body(o.v, o)], {"k": o.x}

    (s, _, k), (ds, dl, dk) = jvp(f, (b,), (Body(y, b.x),))
    (_, l2, _), pull = vjp(f, b)
    bars = Body(1.0, 2.0), [Body(2.0, 1.0), Body(1.0, Body(y, 2.0))], {"k": 3.0}
    (g,) = pull(bars)
    return s.x * dl[1].v.x + ds.v * dk["k"] + g.x * k["k"] + g.v * l2[1].x


INNER: list[tuple[Any, tuple[Any, ...]]] = [
    (gradient_of_what_changes, (body(1.3, 0.4), 0.7)),
    (value_and_gradient_of_what_changes, (body(1.3, 0.4), 0.7)),
    (changed_before_the_pullback, (body(1.3, 0.4), 0.7)),
    (pulled_back_twice, (body(1.3, 0.4), 0.7)),
    (tangents_of_what_changes, (body(1.3, 0.4), 0.7)),
    (method_changes_its_object, (Springy(1.3, 0.4, 2.0), 0.7)),
    (list_grows_in_what_is_differentiated, (Layer(1.5), 0.7)),
    (variables_around_change_before_the_pullback, (X,)),
    (lists_change_before_the_pullback, (X,)),
    (arrays_in_a_list_change, (X,)),
    (bodies_of_a_list_change, ([body(), body(0.4, 0.9)], 0.1)),
    (a_count_beside_an_object, (body(1.3, 0.4), 3)),
    (steps_along_gradients, (body(1.3, 0.4), 0.7)),
    (pulled_back_in_a_loop, (body(1.3, 0.4), 0.7)),
    (pullback_of_an_object, (body(1.3, 0.4), 0.7)),
    (tangent_of_an_object, (body(1.3, 0.4), 0.7)),
    (object_that_was_changed_is_returned, (body(1.3, 0.4), 0.7)),
    (objects_in_what_is_returned, (body(1.3, 0.4), 0.7)),
]
