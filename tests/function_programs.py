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
    import numpy.linalg
    from math import sin, pi as PI

    return m.cos(x[0]) * sin(x[1]) * PI + numpy.linalg.norm(x) * SCALE


PROGRAMS += [
    (matched_values, (X,)),
    (matched_sequences, (X,)),
    (matched_run_time_value, (X,)),
    (local_imports, (X,)),
]
