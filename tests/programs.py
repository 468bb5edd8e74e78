"""Whole functions as users write them, with arguments: one table for every checker of programs."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from s2s_ad import grad

K = 1.5
TABLE_OF_WEIGHTS = np.array([0.5, -1.0, 2.0])
RNG = np.random.default_rng(3)


def polynomial(x: float) -> float:
    return 3.0 * x**3 - 2.0 * x**2 + x - 7.0


def horner(c: Any, x: float) -> float:
    y = 0.0
    for a in c:
        y = y * x + a
    return y


def newton_sqrt(x: float) -> float:
    y = 1.0
    while abs(y * y - x) > 1e-12:
        y = 0.5 * (y + x / y)
    return y


def break_in_for(x: float) -> float:
    s = 0.0
    for i in range(10):
        s = s + x * i
        if s > 5.0:
            break
        s = s * x
    return s


def continue_in_for(x: float) -> float:
    s = x
    for i in range(6):
        if i % 2 == 0:
            continue
        s = s * x + i
    return s


def nested_break(x: float) -> float:
    s = 0.0
    for i in range(4):
        for j in range(4):
            if j > i:
                break
            s = s + x**2 * j
            if s > 20.0:
                s = s * 0.5
                break
        else:
            s = s + x
    return s


def return_in_loop(x: float) -> float:
    for i in range(10):
        x = x * 1.3
        if x > 4.0:
            return x * x
    return x


def return_in_nested_loops(x: float) -> float:
    s = x
    for i in range(3):
        for j in range(3):
            s = s * 1.2
            if s > 3.0 * x:
                return s * i + j * x
        s = s + x
    return s


def early_return(x: float) -> float:
    if x > 1.0:
        return x * x
    y = math.sin(x)
    if y > 0.5:
        return y * 2.0
    return y + x


def while_else(x: float) -> float:
    n = 0
    while n < 3:
        x = x * 1.1
        n += 1
    else:
        x = x + 1.0
    return x * x


def while_break(x: float) -> float:
    n = 0
    while True:
        x = x * x * 0.9
        n += 1
        if n >= 3 or x > 10.0:
            break
    return x


def walrus_while(x: float) -> float:
    s = 0.0
    while (y := x * x) < 50.0:
        s = s + y
        x = x * 1.7
    return s


def status_break(x: float) -> float:
    s = x
    for i in range(6):
        if i > 1:
            if s > 2.0:
                break
        s = s * x + 0.1
        s = s * 1.01
    return s


def two_carried(x: float, n: int) -> float:
    a, b = x, 1.0
    for _ in range(n):
        a, b = b * x, a + b
    return a * b


def swap_in_loop(x: float, y: float) -> float:
    for _ in range(3):
        x, y = y, x * y
    return x + 2.0 * y


def triangular(x: float) -> float:
    s = 0.0
    for i in range(4):
        p = x
        for j in range(i):
            p = p * x + j
        s = s + p
    return s


def zero_trip(x: float) -> float:
    for _ in range(0):
        x = x * x
    return 3.0 * x


def loop_variable_after(x: float) -> float:
    for i in range(4):
        x = x + 0.1
    return x * i


def chained_comparison(x: float) -> float:
    return x * x if 0.0 < x < 3.0 and 1.0 / x > 0.1 else x


def or_value(x: float) -> float:
    return (0.0 * x) or (x * x)


def conditional_nest(x: float) -> float:
    return x if x < 0 else (x * x if x < 1 else x**3)


def augmented(x: float) -> float:
    y = x
    y += x * x
    y *= 2.0
    y -= x
    y /= 3.0
    y **= 2
    return y


def math_functions(x: float) -> float:
    return math.sin(x) * math.exp(-x) + math.sqrt(x) + math.log(x + 2.0) * math.atan2(x, 2.0)


def operator_functions(x: float) -> float:
    return operator.add(operator.mul(x, x), operator.truediv(1.0, x))


def helper(a: float, b: float = 2.0, *, c: float = 1.0) -> float:
    return a * a * b + c


def keywords(x: float) -> float:
    return helper(x) + helper(b=x, a=3.0) + helper(1.0, c=x * x)


def closure_value(x: float) -> float:
    k = x * x

    def inner(y: float) -> float:
        return y * k

    return inner(x) + (lambda z: z * k)(2.0)


def global_data(x: float) -> float:
    return K * x * x + np.sum(TABLE_OF_WEIGHTS * x)


def tuple_loop(x: float) -> float:
    s = 0.0
    for a, b in ((x, 1.0), (2.0, x), (x, x)):
        s = s + a * b
    return s


def list_literal(x: float) -> float:
    terms = [x, x * x, 3.0]
    return terms[0] * terms[1] + terms[-1]


def dict_literal(x: float) -> float:
    p = {"a": x, "b": x * x}
    return p["a"] * p["b"]


def enumerate_zip(xs: Any, ys: Any) -> float:
    s = 0.0
    for i, (a, b) in enumerate(zip(xs, ys)):
        s = s + a * b * (i + 1)
    return s


def reversed_array(xs: Any) -> float:
    s = 0.0
    for a in reversed(xs):
        s = 0.5 * s + a * a
    return s


def rows(A: Any) -> float:
    s = 0.0
    for row in A:
        s = s + np.sum(row) * row[0]
    return s


def indices(x: Any) -> float:
    s = 0.0
    for i in range(1, len(x)):
        s = s + x[i] * x[i - 1] ** 2
    return s


def stencil(u: Any) -> float:
    lap = u[2:] - 2.0 * u[1:-1] + u[:-2]
    return np.sum(lap * lap)


def softmax_loss(z: Any) -> float:
    e = np.exp(z - np.max(z))
    p = e / np.sum(e)
    return -np.log(p[1])


def logistic(w: Any, b: float, x: Any, y: Any) -> float:
    z = x @ w + b
    return np.mean(np.logaddexp(0.0, z) - y * z)


def mlp(params: Any, x: Any, y: Any) -> float:
    h = x
    for W, b in params:
        h = np.tanh(h @ W + b)
    return np.mean((h - y) ** 2)


def dict_params(p: Any, x: Any) -> float:
    return np.sum(np.tanh(x @ p["W"] + p["b"]) ** 2)


def gaussian(x: Any, mean: Any, L: Any) -> float:
    z = np.linalg.solve(L, x - mean)
    return -0.5 * np.dot(z, z) - np.log(np.abs(np.linalg.det(L)))


def fancy(x: Any) -> float:
    i = np.array([0, 2, 0])
    return np.sum(x[i] ** 2) + np.sum(x[x > 0.0])


def broadcasting(a: Any, b: Any) -> float:
    return np.sum(np.sin(a[:, None] * b[None, :]) + b)


def methods(x: Any) -> float:
    return (x.T @ x).sum(axis=0).max() + x.mean() * x.shape[0] + x.reshape(-1)[0]


def rk4_pendulum(theta: float, omega: float, length: float, steps: int) -> float:
    dt = 0.05
    for _ in range(steps):
        k1t, k1o = omega, -9.81 / length * np.sin(theta)
        k2t = omega + 0.5 * dt * k1o
        k2o = -9.81 / length * np.sin(theta + 0.5 * dt * k1t)
        k3t = omega + 0.5 * dt * k2o
        k3o = -9.81 / length * np.sin(theta + 0.5 * dt * k2t)
        k4t = omega + dt * k3o
        k4o = -9.81 / length * np.sin(theta + dt * k3t)
        theta = theta + dt / 6.0 * (k1t + 2.0 * k2t + 2.0 * k3t + k4t)
        omega = omega + dt / 6.0 * (k1o + 2.0 * k2o + 2.0 * k3o + k4o)
    return theta * theta + omega


def array_recurrence(A: Any, x: Any, steps: int) -> float:
    for _ in range(steps):
        x = np.tanh(A @ x)
    return np.sum(x * x)


def branch_in_loop(x: Any) -> float:
    s = 1.0
    for i in range(len(x)):
        if x[i] > 0.0:
            t = np.exp(x[i])
            s = s * t + t * t
        elif x[i] < -1.0:
            s = s - x[i]
        else:
            s = s * x[i]
    return s


def one_path_only(x: float) -> float:
    if x > 0.5:
        z = x * x
    y = x if x < 0.5 else z
    return y * x


def error_state(x: float) -> float:
    with np.errstate(all="ignore"):
        y = x * x
        z = y * np.sin(x)
    return y * z


def nested_gradient(x: float) -> float:
    return x * grad(lambda y: x * y * y)(2.0)


def rank_changes(x: float) -> float:
    y: Any = 3
    y = y * x
    y = np.array([y, y * x])
    return y[0] + y[1] * x


def bound_if_looped(x: Any, c: bool) -> float:
    if c:
        z = x[1:] * 2.0
    s = 0.0
    for _ in range(2 if c else 0):
        s = s + np.sum(z * x[0])
    if c:
        s = s + z[0] ** 2
    return s + x[0]


def captured_intermediate(x: float) -> float:
    k = x * x
    return grad(lambda y: y * y * k)(x)


def break_in_error_state(x: float) -> float:
    with np.errstate(divide="ignore"):
        y = np.log(x)
        for i in range(3):
            y = y * x
            if i == 1:
                break
    return y * x


def exit_in_loop_and_error_state(x: float) -> float:
    y = x * 1.3
    d = {"a": x, "b": y * x}
    t = (np.sin(x) + d["b"], d["a"])
    for _ in range(3):
        d = {"a": y, "b": t[1] * 0.5}
        with np.errstate(all="ignore"):
            if d["a"] > 0.8:
                return x
            y = np.sin(x) + x
    return y + d["a"] + d["b"] + t[0]


def exits_in_error_states(x: float) -> float:
    y = x * 1.3
    t = (y, x * 1.1)
    with np.errstate(all="ignore"):
        with np.errstate(divide="ignore"):
            if t[1] > 0.3:
                return x * t[1]
        t = (x - 0.5 * x, x * 1.1)
        if y > 0.8:
            return t[1] * t[1]
    if t[1] > 1.5:
        t = (y * x, t[0] - 0.5 * y)
    return x + y + t[0] + t[1]


def index_in_slot(x: float, n: int) -> float:
    s = (x, x * 2.0)
    for i in range(n):
        for j in range(i):
            s = (s[1] + x * j, j)
    return s[0] * s[1]


def binding_condition(x: float) -> float:
    s = 0.0
    while (y := x * s) < 3.0:
        if y > 2.5:
            s = s * 2.0
            break
        s = s + x + 0.1
    else:
        s = s * y + x
    return s * y


def binding_conditions(x: float) -> float:
    s = 1.0
    while (n := s * s) < 30.0 and (m := n * x) < 20.0:
        s = s * 1.5 + 0.1 * x
        if m > 8.0:
            return s * m * n
    else:
        s = s * n
    return s * n * x


def descent(p: Any, x: Any) -> float:
    def loss(p: Any) -> Any:
        return np.sum(np.tanh(x @ p["W"] + p["b"]) ** 2)

    for _ in range(2):
        g = grad(loss)(p)
        p = {"W": p["W"] - 0.1 * g["W"], "b": p["b"] - 0.1 * g["b"]}
    return loss(p)


def return_from_item_loop(x: float, d: Any) -> float:
    for v in d["v"]:
        if v > 0.0:
            return x * x
        x = x * 1.1
    return x


def unreachable_division(x: float) -> float:
    return x**2 if x >= 0 else x / 0


def layers_with_skip(params: Any, h: Any) -> float:
    for i in range(len(params) - 1):
        h = np.tanh(h @ params[i][0] + params[i][1])
        if i == 0:
            skip = h
        else:
            h = h + skip
    W, b = params[-1]
    reg = 0.0
    for V, _ in reversed(params):
        reg = reg + np.sum(V**2)
    return np.mean((h @ W + b) ** 2) + 0.1 * reg


def return_in_unrolled(A: Any, B: Any) -> float:
    s = 0.0
    for a, b in zip(A[::-1], B):
        s = s + np.sum(a) + b[1]
        if s > 4.0:
            return s * b[0]
    return s


def large_with_loop(a: float, b: float, k: int = 2) -> Any:
    s = a * b
    t = b
    for _ in range(k):
        if s > 10.0:
            s = s * 0.5
            continue
        u = np.sin(s) * t + a
        v_ = np.cos(t) * s - b
        w = u * v_ + np.tanh(u)
        z = w * u - v_ * s
        y = z * 0.1 + w * 0.2
        s = y + u * 0.3
        t = v_ * 0.5 + y
        if t > 4.0:
            break
    p = s * t
    o = p * a - t * b
    m = np.exp(-o * o) + p
    return m * 0.3, np.tanh(p * o)


def large(x: float, n: int) -> Any:
    """Too large to be inlined twice."""
    for _ in range(n):
        y_ = np.sin(x) * np.cos(x) - np.exp(-x * x)
        z = np.tanh(y_ * x) + y_ / (1.0 + x * x) + np.tanh(y_)
        w = np.sin(z - y_) + 0.1 * np.log(1.0 + y_ * y_) * np.sqrt(1.0 + z * z)
        u = np.tanh(w * z) * np.cos(y_) - w / (2.0 + z * z) + np.sin(w - x)
        x = 0.3 * u * w - np.tanh(u * z) + np.cos(u) * 0.1
    return x, z


def calls_of_a_large_function(x: float) -> float:
    a, b = large(x, 2)
    for _ in range(2):
        c, b = large(b, 2)
        a = a * c + b
    return a * b


def calls_in_loop(x: float, y: float) -> float:
    a, b = large_with_loop(x, y)
    s = 0.1 * a
    for _ in range(2):
        g, h = large_with_loop(s, b, 3)
        s = s + g * h
    return s * large_with_loop(b=x, a=0.5)[1] + large_with_loop(x, y, k=1)[0]


def falling(v: float, x: float) -> float:
    for _ in range(10):
        v = v + 0.1 * 9.81
        x = x + 0.1 * v
    return x


def v(*shape: int) -> Any:
    """Positive random numbers."""
    return RNG.uniform(0.3, 1.5, size=shape)


def n(*shape: int) -> Any:
    """Normal random numbers."""
    return RNG.normal(size=shape)


# function, arguments; only float leaves are differentiated
PROGRAMS: list[tuple[Any, tuple[Any, ...]]] = [
    (polynomial, (1.3,)),
    (horner, ([1.0, 2.0, -0.5], 0.7)),
    (horner, (n(4), 0.7)),
    (newton_sqrt, (3.7,)),
    (break_in_for, (1.2,)),
    (break_in_for, (0.1,)),
    (continue_in_for, (1.1,)),
    (nested_break, (1.3,)),
    (nested_break, (0.4,)),
    (return_in_loop, (1.5,)),
    (return_in_loop, (0.1,)),
    (return_in_nested_loops, (1.5,)),
    (early_return, (1.4,)),
    (early_return, (0.9,)),
    (early_return, (0.2,)),
    (while_else, (1.2,)),
    (while_break, (1.6,)),
    (walrus_while, (1.4,)),
    (status_break, (1.3,)),
    (status_break, (0.3,)),
    (two_carried, (1.2, 4)),
    (swap_in_loop, (1.2, 0.7)),
    (triangular, (0.8,)),
    (zero_trip, (2.0,)),
    (loop_variable_after, (2.0,)),
    (chained_comparison, (2.0,)),
    (or_value, (2.0,)),
    (conditional_nest, (0.5,)),
    (conditional_nest, (1.5,)),
    (augmented, (1.7,)),
    (math_functions, (1.2,)),
    (operator_functions, (1.2,)),
    (keywords, (1.2,)),
    (closure_value, (1.2,)),
    (global_data, (1.2,)),
    (tuple_loop, (1.2,)),
    (list_literal, (1.2,)),
    (dict_literal, (1.2,)),
    (enumerate_zip, (n(3), n(3))),
    (enumerate_zip, ([1.0, 2.0, 3.0], [0.5, 0.6, 0.7])),
    (reversed_array, (n(4),)),
    (rows, (n(3, 2),)),
    (indices, (n(5),)),
    (stencil, (n(6),)),
    (softmax_loss, (n(4),)),
    (logistic, (n(3), 0.3, n(5, 3), v(5))),
    (mlp, ([(n(3, 4), n(4)), (n(4, 4), n(4)), (n(4, 2), n(2))], n(5, 3), n(5, 2))),
    (mlp, (((n(3, 4), n(4)), (n(4, 1), n(1))), n(5, 3), n(5, 1))),
    (dict_params, ({"W": n(3, 2), "b": n(2)}, n(4, 3))),
    (gaussian, (n(3), n(3), n(3, 3) + 3.0 * np.eye(3))),
    (fancy, (n(4),)),
    (broadcasting, (n(3), n(4))),
    (methods, (n(3, 3),)),
    (rk4_pendulum, (0.5, 0.1, 1.2, 3)),
    (array_recurrence, (n(3, 3), n(3), 3)),
    (branch_in_loop, (np.array([0.5, -2.0, -0.5, 0.3]),)),
    (one_path_only, (0.7,)),
    (one_path_only, (0.3,)),
    (error_state, (0.7,)),
    (nested_gradient, (0.7,)),
    (rank_changes, (0.7,)),
    (bound_if_looped, (np.array([0.7, -0.4, 1.2]), True)),
    (bound_if_looped, (np.array([0.7, -0.4, 1.2]), False)),
    (captured_intermediate, (1.3,)),
    (break_in_error_state, (0.7,)),
    (descent, ({"W": n(2, 2), "b": n(2)}, n(2))),
    (return_from_item_loop, (1.3, {"v": np.array([-1.0, 2.0, 3.0])})),
    (unreachable_division, (2.0,)),
    (layers_with_skip, ([(n(2, 3), n(3)), (n(3, 3), n(3)), (n(3, 1), n(1))], n(4, 2))),
    (return_in_unrolled, ([v(3), v(3)], [v(3), v(3)])),
    (calls_in_loop, (0.7, 0.4)),
    (exit_in_loop_and_error_state, (0.4,)),
    (exit_in_loop_and_error_state, (0.9,)),
    (exits_in_error_states, (0.2,)),
    (exits_in_error_states, (0.4,)),
    (index_in_slot, (1.1, 4)),
    (binding_condition, (0.7,)),
    (binding_condition, (1.6,)),
    (binding_conditions, (0.1,)),
    (binding_conditions, (0.7,)),
    (calls_of_a_large_function, (0.7,)),
    (falling, (1.0, 2.0)),
]
