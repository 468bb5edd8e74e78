"""Programs with functions of functions, unpacking, recursion and the smaller control flow."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

X = np.array([0.5, 1.25, 0.75])


# Unpacking --------------------------------------------------------------------------------------


def three(a: Any, b: Any, c: Any) -> Any:
    return a * b + np.sin(c)


def total_of_all(first: Any, *rest: Any) -> Any:
    out = first * first
    for r in rest:
        out = out * r + first
    return out


def starred_array(x: Any) -> Any:
    return three(*x) + three(*x[:2], c=x[2])


def starred_list_of_unknown_length(x: Any) -> Any:
    xs = []
    for i in range(len(x)):
        xs.append(x[i] * x[i])
    return three(*xs) + three(2.0, *xs[1:])


def starred_rest_of_unknown_length(x: Any) -> Any:
    xs = []
    for i in range(len(x)):
        xs.append(x[i] * x[i])
    return total_of_all(*xs) + total_of_all(x[0], *xs)


def starred_generator(x: Any) -> Any:
    return total_of_all(*(v * v for v in x)) + three(*(v * 2.0 for v in x))


def starred_target_of_an_array(x: Any) -> Any:
    a, *rest, b = x
    return a * b + sum(rest) * a


def starred_target_of_a_list(x: Any) -> Any:
    xs = [v * v for v in x]
    first, *rest = xs
    *front, last = xs
    rest.append(last)
    return first * sum(rest) + front[0] * front[1] + len(xs)


def starred_target_of_a_tuple(x: Any) -> Any:
    a, *rest = (x[0], x[1] * x[0], x[2])
    rest[0] = rest[0] * a
    (p, *q), r = (x, a)
    return a * rest[0] + rest[1] * p * q[1] + r


def starred_displays(x: Any) -> Any:
    a = [*x, x[0] * x[1]]
    b = (*a, *x[:2], 2.0)
    d = {"u": x[0], **{"v": x[1] * x[1]}}
    e = {**d, "u": x[2] * d["u"]}
    return sum(a) * sum(b) + e["u"] * e["v"]


def nested_targets(x: Any) -> Any:
    out = 0.0
    for i, (a, b) in enumerate(zip(x[:-1], x[1:])):
        out = out + a * b * (i + 1)
    for k, (u, (v, w)) in enumerate(zip(x, [(x[0], 1.0), (x[1], 2.0)], strict=False)):
        out = out + u * v * w * k
    return out


def strict_zip(x: Any) -> Any:
    out = 0.0
    for a, b in zip(x, x * x, strict=True):
        out = out + a * b
    ys = [v * v for v in x]
    for a, b in zip(ys, x, strict=True):
        out = out + a * b
    return out


def starred_of_numpy(x: Any) -> Any:
    return np.hypot(*x[1:]) * max(*x) + min(*[v * v for v in x])


PROGRAMS: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (starred_array, (X,)),
    (starred_list_of_unknown_length, (X,)),
    (starred_rest_of_unknown_length, (X,)),
    (starred_generator, (X,)),
    (starred_target_of_an_array, (X,)),
    (starred_target_of_a_list, (X,)),
    (starred_target_of_a_tuple, (X,)),
    (starred_displays, (X,)),
    (nested_targets, (X,)),
    (strict_zip, (X,)),
    (starred_of_numpy, (X,)),
]


# Statements -------------------------------------------------------------------------------------


def matched_values(x: Any, kind: str = "square", n: int = 2) -> Any:
    match kind:
        case "cube":
            y = x[0] ** 3
        case "square" | "quadratic":
            y = x[0] ** 2
        case _:
            y = x[0]
    out = 0.0
    for k in range(len(x)):
        match k:
            case 0:
                out = out + x[k] * y
            case 1 | 3 if x[k] > 1.0:
                out = out + x[k] ** 2 * n
            case other:
                out = out + x[k] ** 3 * other
    return out


def matched_sequences(x: Any) -> Any:
    def area(shape: Any) -> Any:
        match shape:
            case ("circle", r):
                return math.pi * r * r
            case ("box", w, h) if w > h:
                return w * h
            case ("box", w, h):
                return w * h * h
            case ["sum", *parts]:
                return sum(parts)
            case {"side": a}:
                return a * a
            case None:
                return 0.0
            case float(v):
                return v
        return 1.0

    return (
        area(("circle", x[0]))
        + area(("box", x[0], x[1]))
        + area(("box", x[1], x[0])) * area({"side": x[2]})
        + area(["sum", x[0], x[1] * x[2]]) * area(None)
        + area(1.5) * x[2] ** 2
        + area("?") * x[1]
    )


def matched_run_time_value(x: Any) -> Any:
    out = 0.0
    for v in x:
        match v:
            case 0.9:
                out = out + v * v
            case w if w > 1.0:
                out = out + w**3
            case u:
                out = out + u
    return out


SCALE = 2.0


def local_imports(x: Any) -> Any:
    global SCALE
    import math as m
    from math import pi as PI
    from math import sin

    import numpy.linalg

    return m.cos(x[0]) * sin(x[1]) * PI + numpy.linalg.norm(x) * SCALE


PROGRAMS += [
    (matched_values, (X,)),
    (matched_sequences, (X,)),
    (matched_run_time_value, (X,)),
    (local_imports, (X,)),
]


# Iterators --------------------------------------------------------------------------------------


def maps_and_filters(x: Any) -> Any:
    def square(v: Any) -> Any:
        return v * v

    total = sum(map(square, x)) + sum(map(lambda a, b: a * b, x, [1.0, 2.0, 3.0]))
    for k, v in enumerate(map(np.sin, x)):
        total = total + k * v
    for v in filter(lambda v: v > 0.6, x):
        total = total * v
    kept = list(filter(None, [x[0], 0.0, x[1]]))
    return total * kept[1] + max(map(square, x)) + np.sum(np.array(list(map(square, x))))


def reductions(x: Any) -> Any:
    a = functools.reduce(lambda p, q: p * q + 1.0, x)
    b = functools.reduce(lambda p, q: p * q, [x[0], x[1], x[2], x[0]])
    c = functools.reduce(np.hypot, x, 1.0)
    return a * b + c


def accumulated(x: Any) -> Any:
    out = 0.0
    for v in itertools.accumulate(x):
        out = out + v * v
    for v in itertools.accumulate([x[0], x[1] * 2.0, x[2]], lambda a, b: a * b):
        out = out + v
    for k, v in enumerate(itertools.accumulate(x, max, initial=0.1)):
        out = out + k * v
    return out


def chains_and_slices(x: Any) -> Any:
    out = 0.0
    for v in itertools.chain(x, [x[0] * x[1], 2.0], (x[2] ** 2,)):
        out = out * 0.5 + v * v
    for v in itertools.islice(x, 1, None):
        out = out + v**3
    for v, k in zip(x, itertools.count(1)):
        out = out + v * k
    for k, v in zip(itertools.count(), x):
        out = out + v**2 * k
    for v, w in zip(x, itertools.cycle([1.0, -1.0])):
        out = out + v * v * w
    for a, b in itertools.pairwise(x):
        out = out + a * b
    for row in itertools.chain.from_iterable([[x[0], x[1]], [x[2]]]):
        out = out + np.sin(row)
    for v, w in zip(x, itertools.repeat(x[0])):
        out = out + v * w
    return out


def products_and_combinations(x: Any) -> Any:
    out = 0.0
    for i, j in itertools.product(range(len(x)), range(2)):
        out = out + x[i] * x[j] * (i + j)
    for spins in itertools.product((-1, 1), repeat=3):
        out = out + np.exp(sum(s * v for s, v in zip(spins, x)))
    for a, b in itertools.combinations(x, 2):
        out = out + a * b * b
    for a, b in itertools.permutations([x[0], x[1], x[2]], 2):
        out = out + a * b**3
    return out


def searched(x: Any) -> Any:
    y = 1.0
    for k in itertools.count():
        y = 0.5 * (y + x[1] / y)
        if abs(y * y - x[1]) < 1e-12:
            break
    out = y * k
    for v in itertools.takewhile(lambda v: v < 1.0, x):
        out = out + v * v
    for v in itertools.dropwhile(lambda v: v < 1.0, x):
        out = out + v**3
    return out


# Generators -------------------------------------------------------------------------------------


def steps(y: Any, n: Any) -> Any:
    v = y * 0.5
    for k in range(n):
        v = v * y + k
        yield v
    yield v * v


def pairs(xs: Any) -> Any:
    for i in range(len(xs)):
        for j in range(i):
            if i + j == 2:
                continue
            yield xs[i], xs[j]


def flat(xss: Any) -> Any:
    for xs in xss:
        yield from xs


def bounded(x: Any, limit: Any) -> Any:
    for v in x:
        if v > limit:
            return
        yield v


def forever(v: Any) -> Any:
    while True:
        v = v * 0.5
        yield v


def consumed_generators(x: Any) -> Any:
    out = 0.0
    v = x[2]
    for k, w in enumerate(steps(x[0], 3)):
        out = out + w * k * v
    for a, b in pairs(x):
        out = out + a * b * b
    return out + sum(steps(x[1], 2)) + max(flat([[x[0], x[1]], [x[2]]])) * v


def generators_left_early(x: Any) -> Any:
    out = 0.0
    for v in forever(x[0]):
        if v < 0.1:
            break
        out = out + v * v
    for i, (a, b) in enumerate(pairs(x)):
        if i == 1:
            continue
        if a > 2.0:
            break
        out = out + a * b
    else:
        out = out * x[2]
    for v in bounded(x, 1.0):
        out = out + v
    for v in steps(x[1], 2):
        if v > 100.0:
            return v
        out = out + v
    return out


def generator_that_sees_stores(x: Any) -> Any:
    def cells(u: Any) -> Any:
        for i in range(1, len(u)):
            yield i, u[i - 1] * 2.0

    u = x * 1.0
    for i, left in cells(u):
        u[i] = u[i] * left
    return u[2]


def generator_expression_in_a_loop(x: Any) -> Any:
    squares = (v * v for v in x if v > 0.6)
    out = 1.0
    for s in squares:
        out = out * s + x[0]
    return out + sum(steps(out, 1))


PROGRAMS += [
    (maps_and_filters, (X,)),
    (reductions, (X,)),
    (accumulated, (X,)),
    (chains_and_slices, (X,)),
    (products_and_combinations, (X,)),
    (searched, (X,)),
    (consumed_generators, (X,)),
    (generators_left_early, (X,)),
    (generator_that_sees_stores, (X,)),
    (generator_expression_in_a_loop, (X,)),
]


# Functions of functions -------------------------------------------------------------------------


def makes_functions(x: Any) -> Any:
    def power(n: Any) -> Any:
        def f(v: Any) -> Any:
            return v**n * x[0]

        return f

    def compose(f: Any, g: Any) -> Any:
        return lambda v: f(g(v))

    square, cube = power(2), power(3)
    table = {"square": square, "cube": cube, "both": compose(square, cube)}
    steps_ = [square, lambda v: v + x[2], np.sin]
    y = x[1]
    for f in steps_:
        y = f(y)
    return y + table["both"](x[1]) + power(x[1])(x[2]) + compose(np.cos, table["cube"])(x[1])


def newton(f: Any, df: Any, x0: Any, *args: Any, tol: float = 1e-12, **options: Any) -> Any:
    for _ in range(options.get("steps", 20)):
        step = f(x0, *args) / df(x0, *args)
        x0 = x0 - step
        if abs(step) < tol:
            break
    return x0


def passes_functions(x: Any) -> Any:
    root = newton(lambda y, a, b: y**3 + a * y - b, lambda y, a, b: 3 * y**2 + a, 1.0, x[0], x[1])
    return root * newton(lambda y, a: y * y - a, lambda y, a: 2.0 * y, 1.0, x[2], steps=30)


def affine(v: Any, a: Any, b: Any = 0.0, *, scale: Any = 1.0) -> Any:
    return (a * v + b) * scale


WEIGHTS = np.array([1.0, 2.0, 3.0])
HALF = functools.partial(affine, b=0.5, scale=2.0)
WEIGHTED = functools.partial(np.dot, WEIGHTS)


def partials(x: Any) -> Any:
    f = functools.partial(affine, x[0], scale=x[1])
    g = functools.partial(f, x[2])
    return f(x[1]) + g() * g(b=x[0]) + HALF(x[0], x[1]) + WEIGHTED(x) * f(2.0, x[2])


def counted(f: Any) -> Any:
    @functools.wraps(f)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return 2.0 * f(*args, **kwargs) + args[0] * 0.5

    return wrapper


def scaled(factor: Any) -> Any:
    def decorate(f: Any) -> Any:
        @functools.wraps(f)
        def wrapper(v: Any, *args: Any) -> Any:
            return factor * f(v, *args)

        return wrapper

    return decorate


@counted
@scaled(3.0)
def decorated_helper(v: Any, w: Any) -> Any:
    return v * v * w


@functools.cache
def coefficient(k: int) -> float:
    return 1.0 / (k + 1)


def decorated(x: Any) -> Any:
    @counted
    def local(v: Any) -> Any:
        return v**3

    @scaled(x[1])
    def other(v: Any, w: Any) -> Any:
        return v * w

    return decorated_helper(x[0], x[1]) + local(x[2]) * other(x[0], x[2]) * coefficient(2)


@counted
def decorated_itself(x: Any) -> Any:
    return x * x * x


def late_binding(x: Any) -> Any:
    a = x[0]

    def f(v: Any) -> Any:
        return a * v

    first = f(x[1])
    a = x[2]
    fs = [lambda v: v * i for i in range(3)]
    gs = [lambda v, i=i: v * i for i in range(3)]
    hs = []
    for k in range(3):
        hs.append(lambda v: v + k * a)
    return first * f(x[1]) + fs[0](x[0]) + gs[0](x[0]) + gs[1](x[1]) ** 2 + hs[0](x[2])


def assigns_nonlocal(x: Any) -> Any:
    total, count = 0.0, 0

    def add(v: Any) -> Any:
        nonlocal total, count
        if v > 0.6:
            total += v * v
        else:
            return total
        count = count + 1
        return total * 0.5

    last = 0.0
    for v in x:
        if v > 0.1:
            last = add(v) + last
    add(x[0] * 2.0)
    return total * count + last


def nonlocal_in_while(x: Any) -> Any:
    y = x[1]

    def improve() -> Any:
        nonlocal y
        y = 0.5 * (y + x[0] / y)
        return abs(y * y - x[0]) > 1e-13

    while improve():
        pass
    return y * x[2]


PROGRAMS += [
    (makes_functions, (X,)),
    (passes_functions, (X,)),
    (partials, (X,)),
    (decorated, (X,)),
    (decorated_itself, (1.5,)),
    (late_binding, (X,)),
    (assigns_nonlocal, (X,)),
    (nonlocal_in_while, (X,)),
]


# Recursion --------------------------------------------------------------------------------------


def power(x: Any, n: Any) -> Any:
    if n == 0:
        return 1.0
    return x * power(x, n - 1)


def halves(x: Any) -> Any:
    if len(x) == 1:
        return x[0] * x[0]
    middle = len(x) // 2
    return halves(x[:middle]) * 2.0 + np.sin(halves(x[middle:]))


def even(x: Any, n: Any) -> Any:
    return x if n == 0 else odd(x * x, n - 1) + x


def odd(x: Any, n: Any) -> Any:
    return np.sin(x) if n == 0 else even(x * 0.5, n - 1)


def collatz(x: Any, limit: Any) -> Any:
    if x > limit:
        return x
    y = x * 1.5 + 0.1
    return collatz(y * y * 0.5 + x, limit) * 0.5


def simpson(f: Any, a: Any, b: Any, depth: Any) -> Any:
    middle = 0.5 * (a + b)
    one = (b - a) / 6.0 * (f(a) + 4.0 * f(middle) + f(b))
    if depth == 0:
        return one
    return simpson(f, a, middle, depth - 1) + simpson(f, middle, b, depth - 1)


def fibonacci_pair(x: Any, n: int) -> Any:
    """Two results."""
    if n <= 0:
        return x, 0.5 * x * x
    a, b = fibonacci_pair(x, n - 1)
    return a + b * 0.1, a * 0.5


def recursive_power(x: Any) -> Any:
    return power(x[0], 4) + power(x[1] * x[0], 3) ** 2


def recursive_halves(x: Any) -> Any:
    return halves(x)


def mutual_recursion(x: Any) -> Any:
    return even(x[0], 3) * x[1] + odd(x[2], 2)


def recursion_to_a_limit(x: Any) -> Any:
    return collatz(x[0], 6.0) + collatz(x[1], 8.0) * x[2]


def recursive_quadrature(x: Any) -> Any:
    return simpson(lambda t: np.exp(-x[0] * t) * x[1], 0.0, x[2], 2)


def recursive_local_function(x: Any) -> Any:
    n = len(x)
    a = x[1] * 2.0

    def horner(t: Any, k: Any) -> Any:
        if k == n:
            return 0.0
        return x[k] + t * horner(t, k + 1) * a

    first = horner(x[0], 0)
    a = x[2]
    return first + horner(a, 1)


def recursive_with_two_results(x: Any) -> Any:
    a, b = fibonacci_pair(x[0], 5)
    return a * b + x[1]


def recursive_in_a_loop(x: Any) -> Any:
    out = 0.0
    for k in range(len(x)):
        out = out + power(x[k], k + 1) * out + x[0]
    return out


def factorial(n: Any) -> Any:
    return 1 if n <= 1 else n * factorial(n - 1)


def series(x: Any) -> Any:
    out = 0.0
    for k in range(6):
        out = out + x[0] ** k / factorial(k)
    return out * factorial(4) * x[1]


def recursive_itself(x: Any, n: Any = 3) -> Any:
    if n == 0:
        return np.sum(x * x)
    return recursive_itself(np.sin(x) + x[0], n - 1) * x[1]


PROGRAMS += [
    (recursive_power, (X,)),
    (recursive_halves, (np.array([0.5, 1.25, 0.75, 0.3]),)),
    (mutual_recursion, (X,)),
    (recursion_to_a_limit, (X,)),
    (recursive_quadrature, (X,)),
    (recursive_local_function, (X,)),
    (recursive_with_two_results, (X,)),
    (recursive_in_a_loop, (X,)),
    (series, (X,)),
    (recursive_itself, (X,)),
]


# Keys that depend on a condition ----------------------------------------------------------------

TREE = {
    "split": 0,
    "at": 0.6,
    "low": {"base": 0.4, "slope": (0.3, 0.1)},
    "high": {
        "split": 1,
        "at": 1.1,
        "low": {"base": 0.25, "slope": (0.2, 0.3)},
        "high": {"base": 0.6, "slope": (0.15, 0.2)},
    },
}


def chosen_key(x: Any) -> Any:
    rates = {"low": x[0], "high": x[1] * x[1]}
    out = 0.0
    for v in x:
        side = "low" if v < 0.6 else "high"
        out = out + rates[side] * v
    kind = "a" if x[0] > 0.2 else "b"
    table = {"a": (x[0], 1.0), "b": (x[1], 2.0)}
    u, w = table[kind]
    return out * u + w


def tree_walk(x: Any) -> Any:
    out = 0.0
    for k in range(len(x) - 1):
        node = TREE
        while "split" in node:
            side = "low" if x[k + node["split"]] < node["at"] else "high"
            node = node[side]
        a, b = node["slope"]
        out = out + node["base"] * x[k] ** 2 + a * x[k] * x[k + 1] + b
    return out


def different_things_by_key(x: Any) -> Any:
    shapes = {"circle": (x[0],), "box": (x[1], x[2])}
    name = "circle" if x[0] > 1.0 else "box"
    shape = shapes[name]
    area = math.pi * shape[0] ** 2 if len(shape) == 1 else shape[0] * shape[1]
    return area * 2.0


PROGRAMS += [
    (chosen_key, (X,)),
    (tree_walk, (X,)),
    (different_things_by_key, (X,)),
]
