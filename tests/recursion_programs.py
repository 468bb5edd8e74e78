"""Programs whose functions call themselves: methods, objects, arrays that are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

X = np.array([0.5, 1.25, 0.75])
Y = np.array([0.9, -0.3, 1.4, 0.2, 2.1])


class Tree:
    def __init__(self, value: Any, left: Any = None, right: Any = None) -> Any:
        self.value = value
        self.left = left
        self.right = right

    def potential(self, x: Any) -> Any:
        if self.left is None:
            return self.value * np.sin(x)
        return self.value * x + self.left.potential(x * 0.5) * self.right.potential(x)

    def depth(self) -> Any:
        if self.left is None:
            return 0
        return 1 + max(self.left.depth(), self.right.depth())


def made_tree(x: Any) -> Any:
    t = Tree(x[0], Tree(x[1]), Tree(x[2], Tree(x[0] * x[1]), Tree(2.0)))
    return t.potential(x[1]) + t.depth() * x[0] + t.potential(0.3)


OUT = Tree(0.7, Tree(1.1), Tree(0.2, Tree(0.9), Tree(2.0)))


def global_tree(x: Any) -> Any:
    return OUT.potential(x[0]) * x[1] + OUT.potential(x[2])


def arg_tree(t: Any, x: Any) -> Any:
    return t.potential(x) + t.left.potential(x)


ARG = Tree(0.7, Tree(1.1), Tree(0.2, Tree(0.9), Tree(2.0)))


class Fib:
    def __init__(self, a: Any, b: Any) -> Any:
        self.a, self.b = a, b

    def fib(self, n: Any) -> Any:
        if n < 2:
            return self.a + n * self.b
        return self.fib(n - 1) * 0.5 + self.fib(n - 2) * self.a

    def even(self, x: Any, n: Any) -> Any:
        return x if n == 0 else self.odd(x * self.a, n - 1)

    def odd(self, x: Any, n: Any) -> Any:
        return x * x if n == 0 else self.even(np.sin(x) + self.b, n - 1)


def made_fib(x: Any) -> Any:
    f = Fib(x[0], x[1])
    return f.fib(5) * f.fib(4) + f.even(x[2], 3)


GF = Fib(0.4, 1.3)


def global_fib(x: Any) -> Any:
    return GF.fib(5) * x[0] + GF.odd(x[1], 4)


def arg_fib(f: Any, x: Any, n: Any) -> Any:
    return f.fib(n) * f.even(x, 3)


def changed_fib(x: Any) -> Any:
    f = Fib(x[0], x[1])
    y = f.fib(4)
    f.a = x[2] * x[2]
    return y * f.fib(4)


class Const:
    def __init__(self, c: Any) -> Any:
        self.c = c

    def eval(self, env: Any) -> Any:
        return self.c


class Var:
    def __init__(self, n: Any) -> Any:
        self.n = n

    def eval(self, env: Any) -> Any:
        return env[self.n]


class Bin:
    def __init__(self, left: Any, right: Any) -> Any:
        self.left, self.right = left, right


class Add(Bin):
    def eval(self, env: Any) -> Any:
        return self.left.eval(env) + self.right.eval(env)


class Mul(Bin):
    def eval(self, env: Any) -> Any:
        return self.left.eval(env) * self.right.eval(env)


class Sin:
    def __init__(self, u: Any) -> Any:
        self.u = u

    def eval(self, env: Any) -> Any:
        return np.sin(self.u.eval(env))


EXPR = Add(Mul(Var("x"), Sin(Var("y"))), Mul(Const(2.0), Mul(Var("x"), Var("x"))))


def expr_global(x: Any) -> Any:
    return EXPR.eval({"x": x[0], "y": x[1] * x[2]})


def expr_made(x: Any) -> Any:
    e = Add(Mul(Var("x"), Sin(Var("y"))), Mul(Const(x[2]), Mul(Var("x"), Var("x"))))
    return e.eval({"x": x[0], "y": x[1] * x[2]})


@dataclass
class Node:
    v: float
    left: Node | None = None
    right: Node | None = None


def energy(n: Any) -> Any:
    if n is None:
        return 0.0
    return n.v * n.v + energy(n.left) * 0.5 + energy(n.right) * n.v


def dc_energy(n: Any) -> Any:
    return energy(n)


NODE = Node(0.5, Node(1.5, Node(0.3), None), Node(2.0))


def dc_made(x: Any) -> Any:
    return energy(Node(x[0], Node(x[1], None, Node(x[2])), None))


def build(x: Any, depth: Any) -> Any:
    if depth == 0:
        return Node(x)
    return Node(x, build(x * 0.5, depth - 1), build(np.sin(x), depth - 1))


def dc_build(x: Any) -> Any:
    return energy(build(x[0] * x[1], 2))


def dc_build_n(x: Any, n: Any = 2) -> Any:
    return energy(build(x[0] * x[1], n))


def from_list(xs: Any) -> Any:
    if not xs:
        return None
    m = len(xs) // 2
    return Node(xs[m], from_list(xs[:m]), from_list(xs[m + 1 :]))


def dc_from_list(x: Any) -> Any:
    return energy(from_list([x[0], x[1], x[2], x[0] * x[1]]))


class Quad(NamedTuple):
    value: float
    error: float
    n: int


def adaptive(f: Any, a: Any, b: Any, tol: Any) -> Any:
    m = 0.5 * (a + b)
    one = (b - a) / 6 * (f(a) + 4 * f(m) + f(b))
    h = m - a
    two = h / 6 * (f(a) + 4 * f(a + h / 2) + f(m)) + h / 6 * (f(m) + 4 * f(m + h / 2) + f(b))
    if abs(two - one) < tol:
        return Quad(two, abs(two - one), 5)
    low, high = adaptive(f, a, m, tol / 2), adaptive(f, m, b, tol / 2)
    return Quad(low.value + high.value, low.error + high.error, low.n + high.n)


def nt_adaptive(x: Any) -> Any:
    q = adaptive(lambda t: np.exp(-x[0] * t * t) * x[1], 0.0, x[2] + 2.0, 1e-3)
    return q.value + 0.1 * q.error + q.n * x[0]


@dataclass
class P:
    x: float
    y: float


def shrink(p: Any, n: Any) -> Any:
    if n == 0:
        return p.x * p.y
    return shrink(P(p.x * 0.5 + p.y, np.sin(p.y)), n - 1) + p.x


def dc_passed(x: Any) -> Any:
    return shrink(P(x[0], x[1] * x[2]), 4)


def dc_passed_arg(p: Any, n: Any) -> Any:
    return shrink(p, n)


def walk(p: Any, n: Any) -> Any:
    if n == 0:
        return p
    return walk(P(p.x * 0.5 + p.y, np.sin(p.y)), n - 1)


def dc_walk(x: Any) -> Any:
    p = walk(P(x[0], x[1] * x[2]), 4)
    return p.x * p.y


def rk(p: Any, params: Any, n: Any) -> Any:
    if n == 0:
        return p
    q = P(p.x + params.x * p.y * 0.1, p.y - params.y * p.x * 0.1)
    return rk(q, params, n - 1)


def dc_rk(x: Any, n: Any) -> Any:
    p = rk(P(x[0], x[1]), P(x[2], 2.0), n)
    return p.x * p.x + p.y


class Group:
    def __init__(self, w: Any, children: Any) -> Any:
        self.w, self.children = w, children

    def total(self) -> Any:
        s = self.w * self.w
        for c in self.children:
            s = s + c.total() * self.w
        return s

    def gen(self) -> Any:
        return self.w + sum(c.gen() for c in self.children)


GROUP = Group(0.5, [Group(1.5, []), Group(0.3, [Group(2.0, []), Group(0.1, [])])])


def group_global(x: Any) -> Any:
    return GROUP.total() * x[0] + GROUP.gen() * x[1]


def group_made(x: Any) -> Any:
    g = Group(x[0], [Group(x[1], []), Group(0.3, [Group(x[2], []), Group(0.1, [])])])
    return g.total() * x[0] + g.gen()


def group_arg(g: Any, x: Any) -> Any:
    return g.total() * x + g.gen()


class Leaf:
    def __init__(self, v: Any) -> Any:
        self.v = v


class Split:
    def __init__(self, f: Any, at: Any, lo: Any, hi: Any) -> Any:
        self.f, self.at, self.lo, self.hi = f, at, lo, hi


def predict(t: Any, x: Any) -> Any:
    if isinstance(t, Leaf):
        return t.v * x[0]
    if x[t.f] < t.at:
        return predict(t.lo, x)
    return predict(t.hi, x) * x[1]


DT = Split(0, 0.6, Split(1, 1.0, Leaf(1.0), Leaf(2.0)), Split(2, 0.5, Leaf(3.0), Leaf(4.0)))


def dtree(x: Any) -> Any:
    return predict(DT, x)


class Linked:
    def __init__(self, v: Any, nxt: Any = None) -> Any:
        self.v, self.next = v, nxt

    def total(self) -> Any:
        return self.v * self.v + (0.5 * self.next.total() if self.next else 0.0)

    def last(self) -> Any:
        return self if self.next is None else self.next.last()


def linked(x: Any) -> Any:
    h = None
    for v in (x[0], x[1], x[2]):
        h = Linked(v, h)
    return h.total() * h.last().v


class Math:
    @staticmethod
    def power(x: Any, n: Any) -> Any:
        return 1.0 if n == 0 else x * Math.power(x, n - 1)

    @classmethod
    def horner(cls, c: Any, t: Any, k: Any = 0) -> Any:
        return 0.0 if k == len(c) else c[k] + t * cls.horner(c, t, k + 1)


def static_methods(x: Any) -> Any:
    return Math.power(x[0], 3) + Math.horner(x, x[1])


def memo(x: Any) -> Any:
    cache = {}

    def f(n: Any) -> Any:
        if n < 2:
            return x[n]
        if n in cache:
            return cache[n]
        cache[n] = f(n - 1) * 0.5 + f(n - 2)
        return cache[n]

    return f(6)


def fibm(n: Any, memo: Any, a: Any) -> Any:
    if n < 2:
        return a
    if n not in memo:
        memo[n] = fibm(n - 1, memo, a) * a + fibm(n - 2, memo, a)
    return memo[n]


def memo_arg(x: Any) -> Any:
    return fibm(7, {}, x[0])


class Count:
    def __init__(self) -> Any:
        self.calls = 0
        self.total = 0.0

    def go(self, v: Any, n: Any) -> Any:
        self.calls += 1
        self.total += v * v
        if n > 0:
            self.go(np.sin(v), n - 1)


def counting(x: Any) -> Any:
    c = Count()
    c.go(x[0], 4)
    return c.total * c.calls


def collect(t: Any, out: Any) -> Any:
    if t is None:
        return
    collect(t.left, out)
    out.append(t.v * t.v)
    collect(t.right, out)


def collects(x: Any) -> Any:
    out = []
    collect(Node(x[0], Node(x[1], None, Node(x[2])), None), out)
    return out[0] * out[1] + out[2]


def double_integral(x: Any) -> Any:
    def integ(f: Any, a: Any, b: Any, n: Any) -> Any:
        h = (b - a) / n
        s = 0.0
        for k in range(n):
            s += f(a + (k + 0.5) * h) * h
        return s

    return integ(lambda u: integ(lambda v: np.exp(-x[0] * u * v), 0.0, x[1], 3), 0.0, x[2], 4)


# Arrays that are written


def partition(a: Any, lo: Any, hi: Any) -> Any:
    p = a[hi]
    i = lo
    for j in range(lo, hi):
        if a[j] < p:
            t = a[i]
            a[i] = a[j]
            a[j] = t
            i += 1
    t = a[i]
    a[i] = a[hi]
    a[hi] = t
    return i


def quicksort(a: Any, lo: Any, hi: Any) -> Any:
    if lo < hi:
        i = partition(a, lo, hi)
        quicksort(a, lo, i - 1)
        quicksort(a, i + 1, hi)


def qsorted(x: Any) -> Any:
    a = x * x
    quicksort(a, 0, len(a) - 1)
    return np.sum(a * np.arange(5.0) * a)


def qsort_argument(x: Any) -> Any:
    quicksort(x, 0, len(x) - 1)
    return np.sum(x * x * np.arange(5.0))


def haar(a: Any, n: Any) -> Any:
    if n < 2:
        return
    h = n // 2
    s = a[:n:2] * 0.5 + a[1:n:2] * 0.5
    d = a[:n:2] - a[1:n:2]
    a[:h] = s
    a[h:n] = d * d
    haar(a, h)


def haar_p(x: Any) -> Any:
    a = np.concatenate((x, x[:3] * 2.0))
    haar(a, len(a))
    return np.sum(a * np.arange(8.0))


def views(a: Any) -> Any:
    n = len(a)
    if n < 2:
        a[0] = a[0] * a[0]
        return
    h = n // 2
    views(a[:h])
    views(a[h:])
    a[0] = a[0] * a[n - 1]


def views_p(x: Any) -> Any:
    a = x * 1.0
    views(a)
    return np.sum(a * np.arange(1.0, 6.0))


def scan(x: Any) -> Any:
    out = np.zeros(len(x))

    def visit(k: Any, acc: Any) -> Any:
        if k == len(x):
            return acc
        out[k] = acc * x[k]
        return visit(k + 1, acc + x[k] * x[k])

    r = visit(0, x[0])
    return np.sum(out * out) + r


def memo_array(x: Any) -> Any:
    memo = np.zeros(8)

    def f(n: Any) -> Any:
        if n < 2:
            return x[n]
        if memo[n] != 0.0:
            return memo[n]
        memo[n] = f(n - 1) * x[2] + f(n - 2)
        return memo[n]

    return f(7)


def flood(g: Any, seen: Any, i: Any, j: Any) -> Any:
    if i < 0 or j < 0 or i >= g.shape[0] or j >= g.shape[1] or seen[i, j] or g[i, j] < 0.3:
        return 0.0
    seen[i, j] = True
    return (
        g[i, j] * g[i, j]
        + flood(g, seen, i + 1, j)
        + flood(g, seen, i - 1, j)
        + flood(g, seen, i, j + 1)
        + flood(g, seen, i, j - 1)
    )


GRID = np.array([[0.9, 0.1, 0.4], [0.8, 0.7, 0.2], [0.1, 0.5, 0.6]])


def flood_p(g: Any) -> Any:
    return flood(g, np.zeros(g.shape, dtype=bool), 0, 0)


def ret(a: Any, k: Any) -> Any:
    if k == 0:
        return a
    a[k] = a[k] * a[k - 1]
    return ret(a, k - 1)


def in_loop(x: Any) -> Any:
    a = x * 1.0
    for k in range(3):
        a = ret(a, 2)
        a[1] = a[1] + x[k]
    return np.sum(a * a)


def view_captured(x: Any) -> Any:
    y = x[1:]

    def f(k: Any) -> Any:
        return 1.0 if k == 0 else y[k - 1] * f(k - 1)

    return f(2)


def pingpong(a: Any, k: Any) -> Any:
    if k > 0:
        a[k] = a[k] * a[0]
        pongping(a, k - 1)


def pongping(a: Any, k: Any) -> Any:
    if k > 0:
        a[k] = np.sin(a[k]) + a[0]
        pingpong(a, k - 1)


def mutual(x: Any) -> Any:
    a = x * 1.0
    pingpong(a, len(x) - 1)
    return np.sum(a * a)


def two(a: Any, b: Any, k: Any) -> Any:
    if k == 0:
        return
    a[k] = a[k] * b[k - 1]
    b[k] = a[k] + 1.0
    two(a, b, k - 1)


def alias_ok(x: Any) -> Any:
    a = x * 1.0
    b = x + 1.0
    two(a, b, len(x) - 1)
    return np.sum(a * b)


def view_kept(x: Any) -> Any:
    a = x * 1.0
    v = a[1:]
    quicksort(a, 0, len(a) - 1)
    return np.sum(v * np.arange(4.0) * v)


GLOB = np.array([1.0, 2.0, 3.0, 4.0, 5.0])


def wglob(a: Any, k: Any) -> Any:
    if k == 0:
        return
    a[k] = a[k] * GLOB[k]
    wglob(a, k - 1)


def glob(x: Any) -> Any:
    wglob(x, len(x) - 1)
    return np.sum(x * GLOB)


def old_copy(x: Any) -> Any:
    a = x * 1.0
    c = a.copy()
    ret(a, 3)
    return np.sum(a * c)


# Functions of their own that read what stands around them


def simpson(f: Any, a: Any, b: Any, depth: Any) -> Any:
    m = 0.5 * (a + b)
    one = (b - a) / 6.0 * (f(a) + 4.0 * f(m) + f(b))
    if depth == 0:
        return one
    return simpson(f, a, m, depth - 1) + simpson(f, m, b, depth - 1)


def stale(x: Any) -> Any:
    a = x[0]

    def q(t: Any) -> Any:
        return a * t

    y = simpson(q, 0.0, 1.0, 2)
    a = x[1] * x[1]
    return y + simpson(q, 0.0, 1.0, 2)


def stale_const(x: Any) -> Any:
    a = 1.0

    def q(t: Any) -> Any:
        return a * t * x[0]

    y = simpson(q, 0.0, 1.0, 2)
    a = 3.0
    return y + simpson(q, 0.0, 1.0, 2)


# What pullbacks read of activations


def chain_of_sines(x: Any, n: Any) -> Any:
    return x if n == 0 else np.sin(chain_of_sines(x, n - 1))


def tail_of_sines(x: Any, n: Any) -> Any:
    return x if n == 0 else tail_of_sines(0.9 * np.sin(x) + 0.1, n - 1)


def linear_tree(x: Any, n: Any) -> Any:
    if n < 2:
        return np.cos(x) * n
    return 0.5 * linear_tree(x, n // 2) - linear_tree(x, n - n // 2)


def product_tree(x: Any, lo: Any, hi: Any) -> Any:
    if hi - lo == 1:
        return 1.0 + np.sin(x) / (lo + 1.0)
    m = (lo + hi) // 2
    left = product_tree(x, lo, m)
    return left * product_tree(x, m, hi)


def whole_tree(x: Any, n: Any) -> Any:
    return product_tree(x, 0, n)


def even_steps(x: Any, n: Any) -> Any:
    return x if n == 0 else np.sin(odd_steps(x, n - 1))


def odd_steps(x: Any, n: Any) -> Any:
    return x * x if n == 0 else np.cos(even_steps(x, n - 1)) * x


class Damped:
    def __init__(self, k: Any) -> Any:
        self.k = k

    def step(self, x: Any, n: Any) -> Any:
        return x if n == 0 else np.sin(self.step(x * self.k, n - 1))


def method_calls(x: Any, n: Any) -> Any:
    return Damped(x).step(0.5, n)


def called_in_a_loop(x: Any, n: Any) -> Any:
    s = 0.0
    for k in range(3):
        s = s + chain_of_sines(x + k, n) * s + even_steps(x, n)
    return s


def loop_of_calls(x: Any, n: Any) -> Any:
    """A tree with three branches, of which the last one is deep."""
    if n < 2:
        return x * x
    s = x
    for k in range(3):
        s = np.sin(s) * loop_of_calls(s + k, n - 2 if k == 2 else 1)
    return s


def steps_to_a_limit(x: Any, n: Any) -> Any:
    s, k = x, 0
    while True:
        s = s * 1.2 + x
        if s > 2.0:
            break
        k += 1
    return s if n == 0 else s * np.sin(steps_to_a_limit(x, n - 1)) + k


def matrix_power(a: Any, n: Any) -> Any:
    if n == 0:
        return np.eye(len(a))
    if n % 2 == 0:
        half = matrix_power(a, n // 2)
        return half @ half
    return a @ matrix_power(a, n - 1)


def powers(x: Any) -> Any:
    return np.sum(matrix_power(np.outer(x, x[::-1]) * 0.3 + np.eye(3), 5))


def minors(a: Any) -> Any:
    if len(a) == 1:
        return a[0, 0]
    total = 0.0
    for j in range(len(a)):
        minor = np.concatenate((a[1:, :j], a[1:, j + 1 :]), axis=1)
        total = total + (-1.0) ** j * a[0, j] * minors(minor)
    return total


def determinant(x: Any) -> Any:
    return minors(np.outer(x, x) + np.diag(x * x + 1.0))


def tried(x: Any, n: Any) -> Any:
    if n == 0:
        if x > 1.0:
            raise ValueError
        return x * x
    s = 0.0
    for k in range(2):
        try:
            s = s + tried(x + 0.3 * k, n - 1) * x
        except ValueError:
            s = s + np.cos(x * x)
    return s * s


def tries(x: Any) -> Any:
    return tried(x[0], 3) + tried(x[2], 2)


def abs_in_a_loop(x: Any, c: Any, n: Any) -> Any:
    if n == 0:
        return x * c
    s = x
    for k in range(3):
        s = abs(s) * 0.5 + c * k
        s = s * c
    return s * abs_in_a_loop(s, c, n - 1)


def inactive_calls(x: Any, c: Any, n: Any) -> Any:
    if n == 0:
        return x * x * c
    return x * inactive_calls(0.3, c, n - 1) * inactive_calls(np.sin(x), 0.9, n - 1)


def ping(x: Any, a: Any, b: Any, n: Any) -> Any:
    if n <= 0:
        return a
    t = b
    if b > -0.2:
        t = b * pong(x, a * x[1] * 0.7, b, n - 2)
    return np.tanh(a * x[n] + ping(x, a * 0.5 * a, a, n - 2) * t)


def pong(x: Any, a: Any, b: Any, n: Any) -> Any:
    if n <= 0:
        return np.sin(x[1])
    return np.tanh(a * x[n] + ping(x[::-1], a, a, n - 1) * b * a)


def numbers_of_two_kinds(x: Any) -> Any:
    """The second call is lowered anew, and so is what calls it back."""
    return ping(x, x[0], x[1], 2) * x[2] + np.sum(x) * ping(x, 0.4, x[2], 1)


# Arrays of which each call reads a few elements: their adjoint is handed from call to call


def product(x: Any, lo: Any, hi: Any) -> Any:
    if hi - lo == 1:
        return x[lo]
    m = (lo + hi) // 2
    return product(x, lo, m) * product(x, m, hi)


def elements(x: Any) -> Any:
    return product(x, 0, len(x))


def heap_sum(v: Any, w: Any, i: Any) -> Any:
    if i >= len(v):
        return 0.0
    below = 0.5 * heap_sum(v, w, 2 * i + 1) * v[i] + heap_sum(v, w, 2 * i + 2)
    return v[i] * np.sin(w[i]) + below


def two_heaps(x: Any) -> Any:
    return heap_sum(x, x[::-1] * x, 0)


def one_heap_twice(x: Any) -> Any:
    return heap_sum(x, x, 0)


def reversed_at_times(v: Any, i: Any) -> Any:
    if i == 0:
        return v[0]
    rest = reversed_at_times(v[::-1], i - 2 if i > 1 else 0)
    return np.sum(v) * v[i] * reversed_at_times(v, i - 1) + rest


def parts_reversed(x: Any) -> Any:
    return reversed_at_times(x, len(x) - 1)


def read_around(x: Any) -> Any:
    y = x * x

    def f(k: Any) -> Any:
        return 1.0 if k == len(y) else y[k] * f(k + 1) + x[k]

    return f(0)


def loop_over_elements(v: Any, i: Any) -> Any:
    if i < 0:
        return 1.0
    s = 0.0
    for j in range(i):
        if v[j] > 0.5:
            s = s + v[j] * loop_over_elements(v, i - 1 - j)
    return s * v[i]


def loops_over_elements(x: Any) -> Any:
    return loop_over_elements(x, 3)


def products_of_products(x: Any) -> Any:
    y = x * product(x, 0, 3)
    return product(y, 1, 4) * product(x, 0, len(x)) + np.sum(y)


def growing_products(x: Any) -> Any:
    s = 0.0
    for k in range(1, len(x)):
        s = np.sin(s + product(x, 0, k) * x[k])
    return s


def written_between(x: Any) -> Any:
    a = x * 1.0
    for k in range(1, 3):
        y = product(a, 0, k + 1)
        a[k] = y * a[0]
    return np.sum(a * a)


def sines_of(a: Any, n: Any) -> Any:
    if n == 0:
        return a * 1.0
    b = np.sin(a)
    return b * sines_of(b, n - 1) + a


def written_afterwards(x: Any) -> Any:
    a = x * 1.0
    y = np.sum(sines_of(a, 2))
    a[0] = y * a[1]
    return np.sum(a * a) * y


def exchanged(a: Any, b: Any, n: Any) -> Any:
    return a[0] * b[1] if n == 0 else exchanged(b, a, n - 1) * a[n] + b[n]


def exchanges(x: Any) -> Any:
    return exchanged(x, np.sin(x), 3)


def scaled(a: Any, n: Any) -> Any:
    return a if n == 0 else scaled(a, n - 1) * a[n]


def scaled_arrays(x: Any) -> Any:
    return np.sum(scaled(x, 3) * np.arange(5.0))


def replaced_at_times(a: Any, n: Any) -> Any:
    if n == 0:
        return np.sum(a)
    if a[n] > 1.0:
        return replaced_at_times(a, n - 1) * 2.0
    return replaced_at_times(a * a[n], n - 1) + a[0]


def replaced_arrays(x: Any) -> Any:
    return replaced_at_times(x, 4)


def viewed(a: Any, n: Any) -> Any:
    if n == 0:
        return a[0]
    b = a[1:]
    return viewed(a, n - 1) * b[n - 1] + viewed(b, 0)


def views_and_wholes(x: Any) -> Any:
    return viewed(x, 3)


def even_elements(v: Any, i: Any) -> Any:
    return v[i] if i == 0 else v[i] * odd_elements(v, i - 1)


def odd_elements(v: Any, i: Any) -> Any:
    return v[i] if i == 0 else v[i] + np.sin(even_elements(v, i - 1))


def mutual_elements(x: Any) -> Any:
    return even_elements(x, 4)


def corner(m: Any, i: Any, j: Any) -> Any:
    if i == 3 or j == 3:
        return 0.3
    return m[i, j] * corner(m, i + 1, j) + corner(m, i, j + 1) * m[j, i]


def corners(m: Any) -> Any:
    return corner(m, 0, 0)


GROWING = [
    (chain_of_sines, lambda n: (0.7, n)),
    (tail_of_sines, lambda n: (0.7, n)),
    (linear_tree, lambda n: (0.7, n)),
    (whole_tree, lambda n: (0.7, n)),
    (even_steps, lambda n: (0.7, n)),
    (method_calls, lambda n: (0.7, n)),
    (called_in_a_loop, lambda n: (0.7, n)),
    (loop_of_calls, lambda n: (0.7, n)),
    (steps_to_a_limit, lambda n: (0.7, n)),
]

PROGRAMS = [
    *((f, args(4)) for f, args in GROWING),
    (powers, (X,)),
    (determinant, (X,)),
    (tries, (X,)),
    (abs_in_a_loop, (0.7, 0.9, 2)),
    (inactive_calls, (0.7, 0.9, 2)),
    (numbers_of_two_kinds, (X,)),
    (elements, (Y,)),
    (two_heaps, (Y,)),
    (one_heap_twice, (Y,)),
    (parts_reversed, (Y,)),
    (read_around, (Y,)),
    (loops_over_elements, (Y,)),
    (products_of_products, (Y,)),
    (growing_products, (Y,)),
    (written_between, (Y,)),
    (written_afterwards, (Y,)),
    (exchanges, (Y,)),
    (scaled_arrays, (Y,)),
    (replaced_arrays, (Y,)),
    (views_and_wholes, (Y,)),
    (mutual_elements, (Y,)),
    (corners, (GRID,)),
    (made_tree, (X,)),
    (global_tree, (X,)),
    (arg_tree, (ARG, 0.4)),
    (made_fib, (X,)),
    (global_fib, (X,)),
    (arg_fib, (Fib(0.4, 1.3), 0.5, 4)),
    (changed_fib, (X,)),
    (expr_global, (X,)),
    (expr_made, (X,)),
    (dc_energy, (NODE,)),
    (dc_made, (X,)),
    (dc_build, (X,)),
    (dc_build_n, (X, 2)),
    (dc_from_list, (X,)),
    (nt_adaptive, (X,)),
    (dc_passed, (X,)),
    (dc_passed_arg, (P(0.5, 0.7), 3)),
    (dc_walk, (X,)),
    (dc_rk, (X, 5)),
    (group_global, (X,)),
    (group_made, (X,)),
    (group_arg, (GROUP, 0.5)),
    (dtree, (X,)),
    (linked, (X,)),
    (static_methods, (X,)),
    (memo, (X,)),
    (memo_arg, (X,)),
    (counting, (X,)),
    (collects, (X,)),
    (double_integral, (X,)),
    (qsorted, (Y,)),
    (qsort_argument, (Y,)),
    (haar_p, (Y,)),
    (views_p, (Y,)),
    (scan, (Y,)),
    (mutual, (Y,)),
    (alias_ok, (Y,)),
    (view_kept, (Y,)),
    (glob, (Y,)),
    (old_copy, (Y,)),
    (memo_array, (X,)),
    (flood_p, (GRID,)),
    (in_loop, (X,)),
    (view_captured, (X,)),
    (stale, (X,)),
    (stale_const, (X,)),
]
