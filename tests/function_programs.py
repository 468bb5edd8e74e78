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


# Closures that write, and outlive their frames --------------------------------------------------


def nonlocal_chain(x: Any) -> Any:
    s = 0.0

    def add(v: Any) -> Any:
        nonlocal s
        s = s + v * v

    def twice(v: Any) -> Any:
        nonlocal s
        add(v)
        s = s * 2.0
        add(v * 2)

    for v in x:
        twice(v)
    return s * x[1]


def nonlocal_ifexp(x: Any) -> Any:
    s = x[0]

    def bump() -> Any:
        nonlocal s
        s = s * 2.0
        return s

    y = bump() if x[1] > 1.0 else 3.0
    z = 1.0 if x[2] > 5.0 and bump() > 0.0 else 2.0
    return y * s * z


def nonlocal_break(x: Any) -> Any:
    s = 0.0
    n = 0

    def add(v: Any) -> Any:
        nonlocal s, n
        if v > 1.0:
            n = n + 1
            return False
        s = s + v * v
        return True

    for v in x:
        if not add(v):
            break
    else:
        s = 100.0
    return s + n * x[1]


def nonlocal_struct(x: Any) -> Any:
    best, where = 0.0, (0, 0.0)

    def look(i: Any, v: Any) -> Any:
        nonlocal best, where
        if v > best:
            best = v
            where = (i, v * v)

    for i in range(3):
        look(i, x[i])
    return best * where[1] + where[0]


def nonlocal_aug_array(x: Any) -> Any:
    y = x * 1.0

    def step() -> Any:
        nonlocal y
        y += x
        y[0] = y[0] * 2.0

    z = y
    step()
    return np.sum(y) + z[0]


def nonlocal_aug_order(x: Any) -> Any:
    s = x[0]

    def bump() -> Any:
        nonlocal s
        s = s * 3.0
        return 1.0

    s += bump()
    return s


def nonlocal_in_arg(x: Any) -> Any:
    s = x[0]

    def bump() -> Any:
        nonlocal s
        s = s * 2.0
        return s

    return bump() + s * bump() + s


def nonlocal_try(x: Any) -> Any:
    s = 0.0

    def risky(v: Any) -> Any:
        nonlocal s
        s = s + v
        if v > 1.0:
            raise ValueError("x")
        s = s * 2.0

    for v in x:
        try:
            risky(v)
        except ValueError:
            s = s + 10.0 * v
    return s


def returned_view(x: Any) -> Any:
    def make(v: Any) -> Any:
        b = v[1:]
        return lambda: b[0]

    a = x * 2.0
    f = make(a)
    a[1] = x[0] * x[2]
    return f() * x[1]


def returned_closure_array(x: Any) -> Any:
    def make(v: Any) -> Any:
        a = v * 2.0

        def get(i: Any) -> Any:
            return a[i]

        return get, a

    get, a = make(x)
    y = get(0)
    a[0] = x[1] * x[2]
    return get(0) * y


def stored_lambda_sees_store(x: Any) -> Any:
    a = x * 2.0
    f = lambda i: a[i] * a[i]
    y = f(0)
    a[0] = 5.0 * x[1]
    return y + f(0)


def star_dict_call(x: Any) -> Any:
    def f(a: Any, b: Any = 1.0, **more: Any) -> Any:
        return a * b + sum(more.values())

    opts = {"b": x[1], "q": x[2] * x[0]}
    return f(x[0], **opts) + f(**{"a": x[2]}, r=x[1] ** 2)


# More generators --------------------------------------------------------------------------------


def late_gen(x: Any) -> Any:
    a = x[0]
    g = (a * v for v in x)
    a = x[1]
    return sum(g)


def gen_body_writes(x: Any) -> Any:
    a = x * 1.0

    def gen() -> Any:
        for i in range(3):
            yield a[i]

    s = 0.0
    for v in gen():
        a[:] = a * 1.5
        s = s + v
    return s


def gen_nested(x: Any) -> Any:
    def up(n: Any) -> Any:
        for i in range(n):  # noqa: UP028
            yield i

    s = 0.0
    for i in up(3):
        for j in up(i + 1):
            if j > 1:
                break
            s = s + x[i] * x[j]
    return s


def gen_return_in_for(x: Any) -> Any:
    def gen() -> Any:
        for v in x:
            if v > 1.0:
                return
            yield v
        yield x[2] * 100.0

    s = 0.0
    for v in gen():
        s += v * v
    return s


def gen_else(x: Any) -> Any:
    def gen() -> Any:
        for i in range(len(x)):
            yield x[i]
        else:
            yield x[0] * 3.0

    s = 0.0
    for v in gen():
        if v > 100:
            break
        s += v * v
    else:
        s = s * 2.0
    return s


def gen_name_clash(x: Any) -> Any:
    def gen(v: Any) -> Any:
        s = v * 2.0
        i = 5
        yield s
        s = s + i
        yield s

    s = x[1]
    i = 1.0
    for v in gen(x[0]):
        s = s + v * i
        i = i + 1.0
    return s * i


def try_around_gen(x: Any) -> Any:
    def gen() -> Any:
        for v in x:
            if v > 1.0:
                raise ValueError("large")
            yield v

    s = 0.0
    try:
        for v in gen():
            s += v * v
    except ValueError:
        s = s * 3.0
    return s


def gen_try_in_body(x: Any) -> Any:
    def gen() -> Any:
        for v in x:  # noqa: UP028
            yield v

    s = 0.0
    for v in gen():
        try:
            if v > 1.0:
                raise ValueError("large")
            s += v * v
        except ValueError:
            continue
        finally:
            s += 1.0
    return s


def zip_gen(x: Any) -> Any:
    def gen() -> Any:
        yield x[0]
        yield x[1]

    return sum(a * b for a, b in zip(gen(), x))


def star_gen(x: Any) -> Any:
    def gen() -> Any:
        yield x[0]
        yield x[1]

    a, b = gen()
    return a * b + math.hypot(*gen())


def genexpr_of_gen(x: Any) -> Any:
    def gen() -> Any:
        yield x[0]
        yield x[1]

    return sum(v * v for v in gen()) + max([v for v in gen()])


# More recursion ---------------------------------------------------------------------------------


def rec_tuple_tree(x: Any) -> Any:
    def total(t: Any) -> Any:
        if isinstance(t, tuple):
            return sum(total(u) for u in t)
        return t * t

    return total((x[0], (x[1], (x[2], x[0]))))


def rec_closure_rebound(x: Any) -> Any:
    def f(n: Any) -> Any:
        return 1.0 if n == 0 else k * f(n - 1)

    k = x[0]
    a = f(2)
    k = x[1]
    return a + f(3)


def rec_closure_array_version(x: Any) -> Any:
    a = x * 1.0

    def f(n: Any) -> Any:
        return a[0] if n == 0 else a[n] * f(n - 1)

    y = f(2)
    a[0] = x[1] * 3.0
    return y + f(1)


def rec_kwargs(x: Any) -> Any:
    def f(v: Any, *, n: Any = 3, scale: Any = 1.0) -> Any:
        return v if n == 0 else f(np.sin(v) * scale, n=n - 1, scale=scale + v)

    return f(x[0]) + f(x[1], n=2, scale=2.0)


def rec_none(x: Any) -> Any:
    def f(v: Any, last: Any = None, n: Any = 3) -> Any:
        if n == 0:
            return v
        if last is None:
            return f(v * v, v, n - 1)
        return f(v * last, v, n - 1)

    return f(x[0])


def rec_string(x: Any) -> Any:
    def f(v: Any, how: Any, n: Any) -> Any:
        if n == 0:
            return v
        if how == "sin":
            return f(np.sin(v), "square", n - 1)
        return f(v * v, "sin", n - 1)

    return f(x[0], "sin", 3)


def rec_array_arg(x: Any) -> Any:
    def f(a: Any, n: Any) -> Any:
        if n == 0:
            return np.sum(a)
        return f(a[1:] * a[:-1], n - 1) + a[0]

    return f(x * x, 2)


def rec_dict_tree(x: Any) -> Any:
    tree = {
        "v": x[0],
        "kids": [{"v": x[1], "kids": []}, {"v": x[2], "kids": [{"v": x[0], "kids": []}]}],
    }

    def f(t: Any) -> Any:
        return t["v"] ** 2 + sum(f(k) for k in t["kids"]) * t["v"]

    return f(tree)


def rec_list_arg(x: Any) -> Any:
    def f(xs: Any) -> Any:
        if len(xs) == 0:
            return 0.0
        return xs[0] * xs[0] + f(xs[1:]) * 0.5

    return f([v * 2.0 for v in x]) + f([x[0], x[1]])


def rec_while_inside(x: Any) -> Any:
    def f(v: Any, n: Any) -> Any:
        k = 0
        while k < n:
            v = v * x[k]
            k += 1
        return v + 1.0 if n == 0 else f(v, n - 1) * v

    return f(x[1], 2)


def recursion_tuple_result(x: Any) -> Any:
    def f(n: Any) -> Any:
        if n == 0:
            return {"v": x[0], "w": (x[1], x)}
        r = f(n - 1)
        return {"v": r["v"] * 2.0, "w": (r["w"][0] * r["v"], r["w"][1] * r["v"])}

    r = f(2)
    return r["v"] + r["w"][0] + np.sum(r["w"][1])


def recursion_int_float(x: Any) -> Any:
    def f(n: Any) -> Any:
        if n == 0:
            return 0
        return f(n - 1) + x[n]

    return f(2) * x[0]


def recursion_none(x: Any) -> Any:
    def find(k: Any) -> Any:
        if k == len(x):
            return None
        if x[k] > 1.0:
            return x[k]
        return find(k + 1)

    v = find(0)
    return v * v


def recursion_early(x: Any) -> Any:
    def f(v: Any, n: Any) -> Any:
        for k in range(n):
            if v > 2.0:
                return v
            v = v * f(v, n - 1) if n > 1 else v + 1.0
        return v

    return f(x[0], 3)


def recursion_through_map(x: Any) -> Any:
    def f(n: Any) -> Any:
        if n == 0:
            return x[0]
        return sum(map(lambda k: f(n - 1) * x[k], range(2)))

    return f(2)


# More keys and structures -----------------------------------------------------------------------


def choice_mutates(x: Any) -> Any:
    d = {"low": [x[0]], "high": [x[1], x[2]]}
    side = "low" if x[0] > 0.6 else "high"
    xs = d[side]
    xs.append(x[0] * x[1])
    return sum(xs) + sum(d["high"]) * 2.0


def choice_in_while(x: Any) -> Any:
    d = {"low": (x[0],), "high": (x[1], x[2])}
    k = 0
    s = 0.0
    while k < 3:
        side = "low" if x[k] > 0.6 else "high"
        t = d[side]
        s = s + t[0] * len(t)
        k += 1
    return s


def choice_elif_struct(x: Any) -> Any:
    d = {"a": (x[0],), "b": (x[1], x[2]), "c": ()}
    s = 0.0
    for v in x:
        if v > 1.0:
            k = "a"
        elif v > 0.6:
            k = "b"
        else:
            k = "c"
        t = d[k]
        for w in t:
            s = s + w * v
        s = s + len(t) * v
    return s


def choice_return_early(x: Any) -> Any:
    d = {"low": (x[0],), "high": (x[1], x[2])}
    side = "low" if x[0] > 0.6 else "high"
    t = d[side]
    if len(t) == 1:
        return t[0]
    return t[0] * t[1]


def unrolled_while_structure(x: Any) -> Any:
    t = (x[0], (x[1], (x[2], None)))
    s = 0.0
    while t is not None:
        v, t = t
        s = s * 2.0 + v
    return s


def list_shrinks(x: Any) -> Any:
    xs = [x[0], x[1], x[2]]
    s = 0.0
    while xs:
        v = xs.pop()
        s = s * 0.5 + v * v
    return s


PROGRAMS += [
    (nonlocal_chain, (X,)),
    (nonlocal_ifexp, (X,)),
    (nonlocal_break, (X,)),
    (nonlocal_struct, (X,)),
    (nonlocal_aug_array, (X,)),
    (nonlocal_aug_order, (X,)),
    (nonlocal_in_arg, (X,)),
    (nonlocal_try, (X,)),
    (returned_view, (X,)),
    (returned_closure_array, (X,)),
    (stored_lambda_sees_store, (X,)),
    (star_dict_call, (X,)),
    (late_gen, (X,)),
    (gen_body_writes, (X,)),
    (gen_nested, (X,)),
    (gen_return_in_for, (X,)),
    (gen_else, (X,)),
    (gen_name_clash, (X,)),
    (try_around_gen, (X,)),
    (gen_try_in_body, (X,)),
    (zip_gen, (X,)),
    (star_gen, (X,)),
    (genexpr_of_gen, (X,)),
    (rec_tuple_tree, (X,)),
    (rec_closure_rebound, (X,)),
    (rec_closure_array_version, (X,)),
    (rec_kwargs, (X,)),
    (rec_none, (X,)),
    (rec_string, (X,)),
    (rec_array_arg, (X,)),
    (rec_dict_tree, (X,)),
    (rec_list_arg, (X,)),
    (rec_while_inside, (X,)),
    (recursion_tuple_result, (X,)),
    (recursion_int_float, (X,)),
    (recursion_none, (X,)),
    (recursion_early, (X,)),
    (recursion_through_map, (X,)),
    (choice_mutates, (X,)),
    (choice_in_while, (X,)),
    (choice_elif_struct, (X,)),
    (choice_return_early, (X,)),
    (unrolled_while_structure, (X,)),
    (list_shrinks, (X,)),
]


# Iterators that have names, and views -----------------------------------------------------------


def items_seen_as_they_are(x: Any) -> Any:
    d = {"a": x[0], "b": x[1]}
    s = 0.0
    for _, v in d.items():
        d["b"] = v * 2.0
        s = s * 0.5 + v
    values = d.values()
    d["a"] = x[2] * 3.0
    return s + sum(values) + sum(values)


def views_of_a_dict(x: Any) -> Any:
    d = {"a": x[0], "b": x[1], "c": x[2]}
    n = len(d.values()) + len(d.keys())
    s = sum(d.values()) * n + max(d.values()) + np.sum(np.array(list(d.values())) ** 2)
    for (_, v), w in zip(d.items(), x):
        s = s + v * w
    e = {k: v * 2 for k, v in d.items() if k != "a"}
    p, q = e.values()
    if "b" in d.keys():
        s = s * p
    return s + q * sum(v for k, v in e.items()) + dict(d.items())["a"]


def named_iterators(x: Any) -> Any:
    pairs = zip(x[:-1], x[1:])
    squares = map(lambda v: v * v, x)
    rest = (v for v in x if v > 0.6)
    return sum(a * b for a, b in pairs) + sum(squares) * sum(rest)


PROGRAMS += [(items_seen_as_they_are, (X,)), (views_of_a_dict, (X,)), (named_iterators, (X,))]


def passed_on(x: Any) -> Any:
    total = 0.0

    def add(v: Any) -> Any:
        nonlocal total
        total = total + v * v
        return total

    def each(f: Any, xs: Any) -> None:
        for v in xs:
            f(v)

    each(add, x)
    return total * sum(map(add, x))


def maker() -> Any:
    k = 0.0

    def step(v: Any) -> Any:
        nonlocal k
        k = k + v
        return k

    return step


def made_with_a_state(x: Any) -> Any:
    f, g = maker(), maker()
    s = 0.0
    for v in x:
        s = s + f(v) * g(2 * v)
    return s


def shared_by_three(x: Any) -> Any:
    def a() -> Any:
        k = x[0]

        def b() -> Any:
            nonlocal k

            def c() -> None:
                nonlocal k
                k = k * x[1]

            c()
            c()
            return k

        return b() + k

    return a()


def none_at_first(x: Any) -> Any:
    best, seen = None, []

    def see(v: Any) -> None:
        nonlocal best, seen
        if best is None or v > best:
            best = v
        seen = seen + [v]

    for v in x:
        see(v)
    return best * best + sum(seen)


def loop_variable_of_two(x: Any) -> Any:
    t = 0.0

    def get() -> Any:
        nonlocal i
        i = i + 1
        return x[i - 1]

    for i in range(2):
        t = t + get() * i
    return t


def parameter_of_two(x: Any, y: Any = 2.0) -> Any:
    def scale(c: Any) -> None:
        nonlocal y
        y = y * c

    scale(x[0])
    scale(x[1])
    return y * x[2]


def returns_early(x: Any) -> Any:
    s = 0.0

    def add(v: Any) -> Any:
        nonlocal s
        if v > 1:
            s += v
        elif v > 0.6:
            return s
        s = s * 1.1
        return v

    t = [add(v) for v in x]
    return s * sum(t)


def recursive_and_nonlocal(x: Any) -> Any:
    n = 0.0

    def walk(k: Any) -> None:
        nonlocal n
        if k == 0:
            return
        n += x[k - 1] * k
        walk(k - 1)
        if k > 1:
            walk(k - 2)

    walk(3)
    return n * n


class Stepper:
    def __init__(self, v: Any) -> None:
        self.v = v
        self.n = 0

    def step(self) -> Any:
        self.v = self.v * 1.3
        self.n += 1
        return self.n < 5


def condition_that_steps(x: Any) -> Any:
    o = Stepper(x[0])
    s = 0.0
    while o.step():
        s = s + o.v
    return s


def condition_that_pops(x: Any) -> Any:
    todo = [x[0], x[1]]
    s = 0.0
    while todo.pop() < 9.0:
        s = s + x[2]
        if s > 1.0:
            break
        todo.append(s * 2)
    return s * len(todo)


def condition_that_steps_or_else(x: Any) -> Any:
    o = Stepper(x[0])
    s = 0.0
    while o.step():
        s = s + o.v
        if s > 3.0:
            break
    else:
        s = s * x[1]
    return s


def condition_that_writes(x: Any) -> Any:
    y = x * 1.0

    def grow() -> Any:
        y[0] *= 1.5
        return y[0]

    s = 0.0
    while grow() < 4.0:
        s = s + y[0] * y[1]
    return s + y[0]


PROGRAMS += [
    (f, (X,))
    for f in (
        passed_on,
        made_with_a_state,
        shared_by_three,
        none_at_first,
        loop_variable_of_two,
        parameter_of_two,
        returns_early,
        recursive_and_nonlocal,
        condition_that_steps,
        condition_that_pops,
        condition_that_writes,
        condition_that_steps_or_else,
    )
]


def cached_inside(x: Any) -> Any:
    graph = {"in": [("a", x[0]), ("b", x[1])], "a": [("out", x[2])], "b": [("a", x[0]), ("out", 2)]}

    @functools.lru_cache(None)
    def gain(name: Any) -> Any:
        if name == "out":
            return 1.0
        return sum(w * gain(m) for m, w in graph[name])

    @functools.cache
    def square(v: Any) -> Any:
        return v * v

    return gain("in") * square(x[1])


PROGRAMS += [(cached_inside, (X,))]
