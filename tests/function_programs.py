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
