"""Programs with objects of the user's classes, with arguments."""

from __future__ import annotations

import copy
from collections import deque, namedtuple
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, NamedTuple

import numpy as np

X = np.array([0.5, 1.25, 0.75])


class Quat:
    __slots__ = ("w", "x", "y", "z")

    def __init__(self, w: Any, x: Any, y: Any, z: Any) -> Any:
        self.w, self.x, self.y, self.z = w, x, y, z

    def __mul__(self, o: Any) -> Any:
        if isinstance(o, Quat):
            return Quat(
                self.w * o.w - self.x * o.x - self.y * o.y - self.z * o.z,
                self.w * o.x + self.x * o.w + self.y * o.z - self.z * o.y,
                self.w * o.y - self.x * o.z + self.y * o.w + self.z * o.x,
                self.w * o.z + self.x * o.y - self.y * o.x + self.z * o.w,
            )
        return Quat(self.w * o, self.x * o, self.y * o, self.z * o)

    __rmul__ = __mul__

    def __neg__(self) -> Any:
        return Quat(-self.w, -self.x, -self.y, -self.z)

    @property
    def conj(self) -> Any:
        return Quat(self.w, -self.x, -self.y, -self.z)

    def __abs__(self) -> Any:
        return np.sqrt(self.w**2 + self.x**2 + self.y**2 + self.z**2)

    @classmethod
    def unit(cls) -> Any:
        return cls(1.0, 0.0, 0.0, 0.0)

    @staticmethod
    def scale(a: Any) -> Any:
        return a * 2.0

    def __iter__(self) -> Any:
        return iter((self.w, self.x, self.y, self.z))

    def __getitem__(self, i: Any) -> Any:
        return (self.w, self.x, self.y, self.z)[i]

    def __len__(self) -> Any:
        return 4


def quaternion_product(x: Any) -> Any:
    p = Quat(x[0], x[1], x[2], 0.5)
    q = 2.0 * p * p.conj * Quat.unit()
    return q.w * abs(p) + (-p).x + Quat.scale(x[0]) + p[1] * len(p)


def quaternions_in_a_loop(x: Any) -> Any:
    q = Quat.unit()
    for v in x:
        q = q * Quat(v, 0.1, v * v, 0.2)
    a, b, c, d = q
    return a * b + c * d


@dataclass
class Body:
    pos: np.ndarray
    vel: np.ndarray
    mass: float = 1.5
    log: list = field(default_factory=list)

    def kinetic(self) -> Any:
        return 0.5 * self.mass * np.sum(self.vel**2)

    def step(self, dt: Any) -> Any:
        self.vel = self.vel - dt * self.pos
        self.pos += dt * self.vel
        self.log.append(self.kinetic())


def body_steps(x: Any) -> Any:
    b = Body(x * 1.0, x * 0.5)
    for _ in range(5):
        b.step(0.1)
    return b.kinetic() + sum(b.log) + np.sum(b.pos)


@dataclass(frozen=True)
class P:
    a: float
    b: float = 2.0

    def shifted(self, d: Any) -> Any:
        return replace(self, a=self.a + d)


def frozen_replaced(x: Any) -> Any:
    p = P(x[0])
    q = p.shifted(x[1])
    return q.a * q.b * p.a


Pt = namedtuple("Pt", "u v", defaults=(1.0,))


class Pair(NamedTuple):
    u: float
    v: float = 3.0

    def prod(self) -> Any:
        return self.u * self.v


def named_tuples(x: Any) -> Any:
    p = Pt(x[0], x[1])
    q = Pair(u=x[2])
    u, v = p
    r = q._replace(v=x[0])
    return u * v * q.prod() + r[1] * p.u + np.sum(np.array(p))


class PID:
    def __init__(self, kp: Any, ki: Any, kd: Any) -> Any:
        self.kp, self.ki, self.kd = kp, ki, kd
        self.integral = 0.0
        self.last = None

    def __call__(self, e: Any, dt: Any) -> Any:
        self.integral += e * dt
        d = 0.0 if self.last is None else (e - self.last) / dt
        self.last = e
        return self.kp * e + self.ki * self.integral + self.kd * d


def controller(x: Any) -> Any:
    c = PID(x[0], x[1], x[2])
    y = 0.0
    cost = 0.0
    for i in range(6):
        e = 1.0 - y
        u = c(e, 0.1)
        y = y + 0.1 * (u - y)
        cost += e * e
    return cost


class Base:
    K = 3.0

    def __init__(self, w: Any) -> Any:
        self.w = w

    def f(self, x: Any) -> Any:
        return self.w * x


class Derived(Base):
    def __init__(self, w: Any, b: Any) -> Any:
        super().__init__(w)
        self.b = b

    def f(self, x: Any) -> Any:
        return super().f(x) + self.b * self.K


def inherited(x: Any) -> Any:
    m = Derived(x[0], x[1])
    return m.f(x[2]) ** 2


def records_in_a_list(x: Any) -> Any:
    scene = [Pair(v, v * v) for v in x]
    return sum(s.prod() for s in scene)


def object_chosen_then_changed(x: Any) -> Any:
    best = Base(x[0])
    if x[0] > 0.0:
        best = Base(x[1] * x[0])
    other = best
    other.w = other.w * 2.0
    return best.w * x[2]


class Mode(Enum):
    LIN = 1
    QUAD = 2


def enum_argument(x: Any, mode: Any = Mode.QUAD) -> Any:
    m = Mode.LIN if mode is Mode.QUAD else Mode.QUAD
    if m == Mode.LIN:
        return np.sum(x * mode.value)
    return np.sum(x * x)


class Vec:
    def __init__(self, d: Any) -> Any:
        self.d = np.asarray(d)

    def __add__(self, o: Any) -> Any:
        return Vec(self.d + (o.d if isinstance(o, Vec) else o))

    def __matmul__(self, o: Any) -> Any:
        return np.dot(self.d, o.d)

    def __iadd__(self, o: Any) -> Any:
        self.d = self.d + o.d
        return self

    def __setitem__(self, i: Any, v: Any) -> Any:
        self.d[i] = v

    def __getitem__(self, i: Any) -> Any:
        return self.d[i]

    def __eq__(self, o: Any) -> Any:
        return False

    def __bool__(self) -> Any:
        return len(self.d) > 0

    def __contains__(self, v: Any) -> Any:
        return v in (1, 2)


def vector_operators(x: Any) -> Any:
    a = Vec(x * 2.0)
    b = a + Vec(x)
    c = b
    b += a
    a[0] = x[1] * x[2]
    if a and 2 in a and not a == b:
        return c @ b + a[0] * a[1]
    return 0.0


def bodies_in_a_list(x: Any) -> Any:
    stack = []
    for v in x:
        stack.append(Body(np.array([v, v * v]), np.array([1.0, v])))
    return sum(b.kinetic() * b.mass for b in stack) + stack[-1].pos[1]


def objects_in_a_dict(x: Any) -> Any:
    objs = {"a": Base(x[0]), "b": Base(x[1])}
    for k in objs:
        objs[k].w = objs[k].w * x[2]
    return objs["a"].w * objs["b"].w


def closure_changes_an_object(x: Any) -> Any:
    acc = Base(0.0)

    def visit(v: Any) -> Any:
        acc.w += v * v

    for v in x:
        visit(v)
    return acc.w * acc.K


def zip_with_arrays(x: Any) -> Any:
    cols = [np.array([1.0, 2.0]), np.array([3.0, 4.0])]
    s = [v * c[0] for v, c in zip(x, cols)]
    return sum(s)


def object_or_none(x: Any) -> Any:
    hit = None
    for v in x:
        if v > 0.6:
            hit = Pair(v, v)
    if hit is None:
        return 0.0
    return hit.prod()


def nearest_hit(x: Any) -> Any:
    near, hit = 1e9, None
    for v in x:
        p = Pair(v, v * v)
        t = p.prod() if v > 0.6 else None
        if t is not None and t < near:
            near, hit = t, p
    if hit is None:
        return 0.0
    return hit.prod() * near


def object_on_one_path(x: Any) -> Any:
    hit = None
    if x[0] > 0.1:
        hit = Pair(x[0], x[1])
    if hit is None:
        return 0.0
    return hit.prod()


@dataclass
class Inner:
    k: float
    w: np.ndarray


@dataclass
class Planet:
    pos: np.ndarray
    mass: float
    inner: Inner
    name: str = "b"
    n: int = 3

    def energy(self, v: Any) -> Any:
        return 0.5 * self.mass * np.sum(v * v) + self.inner.k * np.sum(self.pos * self.inner.w)


def planet_argument(b: Any, v: Any) -> Any:
    s = 0.0
    for i in range(b.n):
        s = s + b.energy(v * (i + 1.0)) * b.pos[i]
    return s


Point = namedtuple("Point", "u v")


def record_argument(p: Any) -> Any:
    return p.u * p.v**2 + p[0]


class Net:
    def __init__(self, w: Any, b: Any) -> Any:
        self.w = w
        self.b = b
        self.extra = [w * 2, 3.0]

    def loss(self, x: Any) -> Any:
        return np.sum(np.tanh(x @ self.w + self.b)) * self.extra[1] + np.sum(self.extra[0])


def network_argument(net: Any, x: Any) -> Any:
    return net.loss(x)


def record_returned(p: Any) -> Any:
    q = Point(p.u * p.v, p.v)
    return q


def records_argument(ps: Any) -> Any:
    return sum(p.u * p.v for p in ps) + ps[0].u


class Particle:
    def __init__(self, pos: Any, vel: Any) -> None:
        self.pos, self.vel = pos, vel


def particles_in_a_list(x: Any, v: Any) -> Any:
    ps = [Particle(x[i], v[i]) for i in range(len(x))]
    for _ in range(3):
        forces = []
        for i, p in enumerate(ps):
            f = 0.0
            for j, q in enumerate(ps):
                if i != j:
                    f = f + (q.pos - p.pos) / (0.1 + (q.pos - p.pos) ** 2)
            forces.append(f)
        for p, f in zip(ps, forces):
            p.vel = p.vel + 0.05 * f
            p.pos += 0.05 * p.vel
    return sum(p.pos**2 for p in ps) + ps[0].vel


class Node:
    def __init__(self, val: Any) -> None:
        self.val = val
        self.grid = np.zeros(2)


def arrays_of_objects_written(x: Any) -> Any:
    ns = [Node(v) for v in x]
    for n in ns:
        n.grid[0] = n.val * x[0]
        n.grid += x[1]
    return sum(np.sum(n.grid**2) for n in ns)


def one_object_twice(x: Any) -> Any:
    n = Node(x[0])
    ns = [n for _ in range(2)]
    ns[0].val = x[1]
    return ns[1].val * x[2]


def same_object(x: Any) -> Any:
    ns = [Node(v) for v in x]
    return sum(a.val * b.val for a in ns for b in ns if a is not b)


def planet() -> Planet:
    return Planet(X.copy(), 1.5, Inner(0.3, np.array([0.1, 0.2, 0.3])))


class Weight:
    def __init__(self, x: Any) -> None:
        self.x = x


class Link:
    def __init__(self, a: Any, w: Any) -> None:
        self.a, self.w = a, w


def objects_that_share_what_is_read(x: Any) -> Any:
    weights = x * x
    links = [Link(weights, v) for v in x]
    for link in links:
        link.w = link.w * link.a[1]
    return sum(link.w * link.a[0] for link in links)


def arrays_in_links_written(x: Any) -> Any:
    links = []
    for v in x:
        links.append(Link(np.array([v, 2 * v]), v))
    for link in links:
        link.a[0] = link.a[1] * link.w
    return sum(np.sum(link.a) * link.w for link in links)


def attribute_two_levels_down(x: Any) -> Any:
    links = [Link(Weight(v), 3.0 * v) for v in x]
    links[1].a.x = x[2] ** 2
    for link in links:
        link.a.x *= link.w
    return sum(link.a.x for link in links) * len(links)


PROGRAMS: list[tuple[Any, tuple[Any, ...]]] = [
    (quaternion_product, (X,)),
    (quaternions_in_a_loop, (X,)),
    (body_steps, (X,)),
    (frozen_replaced, (X,)),
    (named_tuples, (X,)),
    (controller, (X,)),
    (inherited, (X,)),
    (records_in_a_list, (X,)),
    (object_chosen_then_changed, (X,)),
    (enum_argument, (X,)),
    (vector_operators, (X,)),
    (bodies_in_a_list, (X,)),
    (objects_in_a_dict, (X,)),
    (closure_changes_an_object, (X,)),
    (zip_with_arrays, (X,)),
    (object_or_none, (X,)),
    (nearest_hit, (X,)),
    (object_on_one_path, (X,)),
    (planet_argument, (planet(), np.array([0.2, 0.3, 0.4]))),
    (record_argument, (Point(1.5, 0.7),)),
    (network_argument, (Net(0.3 * np.ones((3, 2)), np.array([0.1, 0.2])), X)),
    (particles_in_a_list, (np.array([0.1, 0.5, 1.2]), np.array([0.0, 0.1, 0.2]))),
    (arrays_of_objects_written, (X,)),
    (records_argument, ([Point(1.5, 0.7), Point(0.3, 0.4)],)),
]


class Box:
    def __init__(self, v: Any) -> None:
        self.v = v


def none_before_a_loop(x: Any) -> Any:
    box, s, n = None, 0.0, 0.0
    for v in x:
        s = s + v**2 if box is None else s * box.v
        if not box or isinstance(box, Box) and box.v < v:
            n = n + v
        box = Box(v)
        box.v = box.v * 1.5
    return s * n * box.v


def none_or_object(x: Any) -> Any:
    box = Box(x[0]) if x[1] > 2.0 else None
    other = Box(x[1]) if x[1] > 1.0 else None
    s = x[2] ** 2 if box else x[2] ** 3
    s = s * x[0] if isinstance(box, Box) else s * x[1]
    return s * (box or Box(x[2])).v * (other or Box(x[2])).v


def largest_of_all(x: Any) -> Any:
    best = None
    for v in x:
        box = Box(v * v)
        if best is None or box.v > best.v:
            best = box
    return best.v * best.v


def first_of_some(x: Any) -> Any:
    found = None
    for v in x:
        if v > 1 and found is None:
            found = Box(v)
        if found is not None and found.v > 0:
            found.v = found.v * v
    if found is None:
        return x[0]
    return found.v * x[0]


def attribute_of_none(x: Any, n: Any) -> Any:
    box = Box(x[0]) if n > 1 else None
    try:
        v = box.v
    except AttributeError:
        v = x[1]
    return v * v


def no_box(x: Any) -> Any:
    return attribute_of_none(x, 0)


def a_box(x: Any) -> Any:
    return attribute_of_none(x, 2)


def a_box_or_not(x: Any) -> Any:
    return attribute_of_none(x, x[1])


@dataclass
class Term:
    op: str
    args: list[Any] = field(default_factory=list)
    value: Any = None

    def __add__(self, other: Any) -> Any:
        return Term("+", [self, other])

    def __mul__(self, other: Any) -> Any:
        return Term("*", [self, other])


class Evaluation:
    def __init__(self) -> None:
        self.calls = 0

    def visit(self, t: Any) -> Any:
        self.calls += 1
        return t.value if t.op == "number" else self.visit_operation(t)

    def visit_operation(self, t: Any) -> Any:
        values = [self.visit(a) for a in t.args]
        out = values[0]
        for v in values[1:]:
            out = out + v if t.op == "+" else out * v
        return out


def terms_made_in_a_loop(x: Any) -> Any:
    a, b, c = (Term("number", value=v) for v in x)
    tree = (a + b * c) * (b + a * a)
    e = Evaluation()
    return e.visit(tree) * e.calls


class Held:
    def __init__(self, v: Any) -> None:
        self.v = v
        self.h = [v]


class Tripled:
    def __init__(self, v: Any) -> None:
        self.v = v

    def __copy__(self) -> Any:
        return Tripled(self.v * 3)


@dataclass
class Motion:
    pos: Any
    vel: Any

    def step(self, dt: Any) -> Any:
        new = copy.copy(self)
        new.pos = new.pos + dt * new.vel
        new.vel = new.vel - dt * np.sin(new.pos)
        return new


def shallow_copy(x: Any) -> Any:
    a = Held(x[0])
    b = copy.copy(a)
    b.v = b.v * 2
    b.h.append(x[1])
    return a.v * b.v + sum(a.h) * copy.copy(Tripled(x[2])).v


def deep_copy(x: Any) -> Any:
    a = Held(x[0])
    b = copy.deepcopy(a)
    b.v = b.v * 2
    b.h.append(x[1])
    return a.v * b.v + sum(a.h) * len(a.h) + sum(b.h)


def copied_states(x: Any) -> Any:
    m = Motion(x[:2], x[1:])
    seen = []
    for _ in range(4):
        m = m.step(0.1)
        seen.append(copy.copy(m))
    m.pos = m.pos * 0.0
    return np.sum(np.sum(m.vel) * m.pos**2) + sum(np.sum(s.pos**2) for s in seen)


def copied_arrays(x: Any) -> Any:
    y = copy.copy(x)
    y[0] = 2 * x[1]
    z = copy.deepcopy(y)
    z[1] *= 3
    return np.sum(x * y * z)


def copied_containers(x: Any) -> Any:
    rows = [[x[0], x[1]], [x[2]]]
    same, other = copy.copy(rows), copy.deepcopy(rows)
    same[0][0] = x[2] * 2
    other[0][1] = x[0] * 5
    d = {"a": x, "b": [x[0]]}
    e = copy.deepcopy(d)
    e["a"][0] = 7 * x[1]
    e["b"].append(x[2])
    grown = []
    for v in x:
        grown.append(v * v)
    kept = copy.copy(grown)
    kept[0] = 1.0
    s = rows[0][0] * rows[0][1] + same[0][0] + other[0][0] * other[0][1] + sum(grown) * kept[0]
    return s + np.sum(d["a"]) * len(d["b"]) + np.sum(e["a"]) * e["b"][1]


def copy_of_a_circle(x: Any) -> Any:
    a = Held(x[0])
    a.me = a
    b = copy.deepcopy(a)
    b.v *= x[1]
    return b.me.v * a.me.v


def what_is_shared_stays_shared(x: Any) -> Any:
    a = Held(x[0])
    p = [a, a, Held(x[1])]
    q = copy.deepcopy(p)
    q[0].v = q[1].v * x[2]
    s = 1.0 if q[0] is q[1] else 5.0
    return s * p[0].v * q[0].v * q[1].v * q[2].v


class Order(Enum):
    FIRST = 1
    SECOND = 2


def members_of_an_enum(x: Any) -> Any:
    s = 0.0
    for m in Order:
        s = s + x[0] ** m.value
    for k, m in enumerate(list(Order)):
        s = s * m.value + k * x[1]
    return s


def moving_window(x: Any) -> Any:
    window = deque(maxlen=2)
    s = 0.0
    for v in x:
        window.append(v * v)
        s = s + sum(window) / len(window) + np.dot(np.ones(len(window)), np.array(window))
    return s


def queue(x: Any) -> Any:
    todo = deque([x[0]])
    s = 0.0
    while todo:
        v = todo.popleft()
        s = s + v * v
        if v < 1.9:
            todo.append(v * 2)
            todo.append(v + 1.6)
    return s


def rotated(x: Any) -> Any:
    q = deque(x)
    q.rotate(2)
    q.appendleft(q[0] * q[-1])
    q.rotate(-1)
    s = 0.0
    for k, v in enumerate(q):
        s = s + k * v
    q[1] = 3.0
    q.pop()
    try:
        deque().pop()
    except IndexError:
        s = s * x[1]
    return s * q[1] * q[2] * len(q)


class Equal:
    def __init__(self, v: Any) -> None:
        self.v = v

    def __eq__(self, other: Any) -> Any:
        return self.v == other.v

    __hash__ = None


class Added:
    def __init__(self, v: Any) -> None:
        self.v = v

    def __add__(self, other: Any) -> Any:
        return type(self)(self.v + other.v)


class AddedFirst(Added):
    def __radd__(self, other: Any) -> Any:
        return AddedFirst(other.v * 100)


def operators_in_order(x: Any) -> Any:
    s = x[0] if Equal(x[1]) != Equal(x[1]) else x[2]
    return s * (Added(x[0]) + AddedFirst(x[1])).v * (AddedFirst(x[0]) + Added(x[1])).v


def queues_compared(x: Any) -> Any:
    d, e = deque([x[0], x[1]]), deque([x[0]])
    e.append(x[1])
    s = x[2] if d == e and type(d) is deque else x[0]
    e.append(x[0])
    return s * x[1] if d != e and isinstance(e, (list, deque)) else s


PROGRAMS += [
    *(
        (f, (X,))
        for f in (
            shallow_copy,
            deep_copy,
            copied_states,
            copied_arrays,
            copied_containers,
            copy_of_a_circle,
            what_is_shared_stays_shared,
            operators_in_order,
            queues_compared,
            members_of_an_enum,
            moving_window,
            queue,
            rotated,
        )
    ),
    (terms_made_in_a_loop, (X,)),
    (none_before_a_loop, (X,)),
    (none_or_object, (X,)),
    (objects_that_share_what_is_read, (X,)),
    (arrays_in_links_written, (X,)),
    (attribute_two_levels_down, (X,)),
    (largest_of_all, (X,)),
    (first_of_some, (X,)),
    (first_of_some, (X / 3,)),
    (no_box, (X,)),
    (a_box, (X,)),
    (a_box_or_not, (X,)),
    (a_box_or_not, (X / 3,)),
]


# None at first, an object later -------------------------------------------------------------------


class Slot:
    def __init__(self) -> None:
        self.item: Any = None
        self.k = 2.0


def item_of_the_last_iteration(x: Any) -> Any:
    slot, t = Slot(), 0.0
    for v in x:
        t = t + v if slot.item is None else t + v * slot.item.v
        slot.item = Box(v * v)
    return t * slot.item.v


def true_where_it_is_there(x: Any) -> Any:
    slot, t = Slot(), 0.0
    for v in x:
        t += v * v if slot.item else 3 * v
        slot.item = Slot()
    return t


def set_where_it_is_none(x: Any) -> Any:
    slot = Slot()
    for v in x:
        if slot.item is None:
            slot.item = Box(v)
        slot.item.v = slot.item.v * v
    return slot.item.v


def none_again(x: Any) -> Any:
    slot, t = Slot(), 0.0
    for v in x:
        if slot.item is None:
            slot.item = Box(v)
        else:
            t += slot.item.v * v
            slot.item = None
    return t if slot.item is None else t * slot.item.v


def arrays_and_numbers_in_place_of_none(x: Any) -> Any:
    slot, other, t, k = Slot(), Slot(), 0.0, 0
    while k < len(x):
        v = x[k]
        if slot.item is not None:
            t = t + v * np.sum(slot.item)
        t = t + v if other.item is None else t + v * other.item
        slot.item, other.item = np.array([v, v * v]), v**3
        k += 1
    return t


def set_in_inner_loops(x: Any) -> Any:
    slot, t = Slot(), 0.0
    for v in x:
        for w in x:
            if slot.item is not None:
                t += slot.item.v.v * w
            slot.item = Box(Box(v * w))
        if slot.item.v.v > 0.5:
            slot.item = None
    return t


def none_raises_at_first(x: Any) -> Any:
    slot, t = Slot(), 0.0
    for v in x:
        try:
            t += slot.item.v * v
        except AttributeError:
            t += v
        slot.item = Box(v * v)
    return t


def best_in_a_dict(x: Any) -> Any:
    d = {"best": None, "n": 0.0}
    for v in x:
        if d["best"] is None or v > d["best"].v:
            d["best"] = Box(v)
            d["n"] += v
    return d["best"].v * d["n"]


def best_in_an_argument(slot: Any, d: Any, x: Any) -> Any:
    for v in x:
        if slot.item is None or slot.item.v < v:
            slot.item = Box(v * slot.k)
        if d["best"] is None or d["best"].v > v:
            d["best"] = Box(v * d["w"])
    return slot.item.v**2 * d["best"].v


def no_iteration(x: Any) -> Any:
    slot = Slot()
    for v in x[:0]:
        slot.item = Box(v)
    return x[0] ** 2 if slot.item is None else slot.item.v


class Chained:
    def __init__(self, v: Any) -> None:
        self.v, self.next = v, None


def linked(x: Any) -> Any:
    a, b = Chained(x[0]), Chained(x[1])
    a.next, b.next = b, Chained(x[2])
    t, n = 0.0, a
    while n is not None:
        t = t * n.v + n.v
        n = n.next
    return t


def smallest_of_the_callers(bs: Any, y: Any) -> Any:
    return min(bs, key=lambda b: b.v).v * y + bs[0].v


def slice_of_the_callers(bs: Any, y: Any) -> Any:
    t = 0.0
    for b in bs[1:]:
        t += b.v**2
    for b in bs[int(y * 3) :]:
        t += b.v * y
    return t


PROGRAMS += [
    (slice_of_the_callers, ([Box(2.0), Box(1.5), Box(0.7)], 0.5)),
    (smallest_of_the_callers, ([Box(2.0), Box(1.5)], 0.5)),
    (item_of_the_last_iteration, (X,)),
    (true_where_it_is_there, (X,)),
    (set_where_it_is_none, (X,)),
    (none_again, (X,)),
    (none_again, (X[:2],)),
    (arrays_and_numbers_in_place_of_none, (X,)),
    (set_in_inner_loops, (X,)),
    (none_raises_at_first, (X,)),
    (best_in_a_dict, (X,)),
    (best_in_an_argument, (Slot(), {"best": None, "w": 3.0}, X)),
    (no_iteration, (X,)),
    (linked, (X,)),
]
