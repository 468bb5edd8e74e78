"""Functions with rules of one's own, random draws, clocks and files: right to second order."""

from __future__ import annotations

import bisect
import logging
import math
import os
import random
import sys
import time
import warnings

import numpy as np

from s2s_ad import custom_jvp, custom_vjp, grad, stop_gradient, vjp

LOG = logging.getLogger("tests.custom_programs")
VECTOR = np.array([1.0, 2.0, 3.0])
MATRIX = np.array([[2.0, 0.3, 0.1], [0.2, 3.0, 0.4], [0.5, 0.1, 4.0]])

# Rules ------------------------------------------------------------------------------------------


def softplus(x):
    return np.logaddexp(0.0, x)


@custom_jvp(softplus)
def softplus_jvp(x_dot, out, x):
    return x_dot * (1.0 - np.exp(-out))


@custom_vjp(softplus)
def softplus_vjp(out_bar, out, x):
    return out_bar * (1.0 - np.exp(-out))


def layers(x, w):
    h = softplus(w @ x)
    for _ in range(2):
        h = softplus(h * x)
    return np.sum(h)


def digamma(x):
    return math.log(x) - 1 / (2 * x) - 1 / (12 * x**2) + 1 / (120 * x**4) - 1 / (252 * x**6)


gamma = np.frompyfunc(math.gamma, 1, 1)  # a function without source
custom_jvp(gamma, like="float")(lambda x_dot, out, x: out * digamma(x) * x_dot)


def factorials(x):
    """Reverse mode reads the JVP backwards."""
    return gamma(x) * x


def solve(a, b):
    return np.linalg.solve(a, b)


@custom_jvp(solve)
def solve_jvp(dots, out, a, b):
    a_dot, b_dot = dots
    return solve(a, b_dot - a_dot @ out)


@custom_vjp(solve)
def solve_vjp(out_bar, out, a, b):
    z = solve(a.T, out_bar)
    return -np.outer(z, out), z


def energy_of_solution(a, b):
    return np.sum(solve(a, b) ** 2)


def one_argument_active(b):
    return np.sum(solve(MATRIX, b) ** 2) + solve(MATRIX, b=b)[0]


def two(x, y):
    return x * y, x + y


@custom_jvp(two)
def two_jvp(dots, out, x, y):
    x_dot, y_dot = dots
    return x_dot * y + x * y_dot, x_dot + y_dot


@custom_vjp(two)
def two_vjp(out_bar, out, x, y):
    p_bar, q_bar = out_bar
    return p_bar * y + q_bar, p_bar * x + q_bar


def two_results(x, y):
    p, q = two(x, y)
    return p * q * q


def power(x, n):
    return x**n


@custom_jvp(power)
def power_jvp(dots, out, x, n):
    return n * x ** (n - 1) * dots[0]


@custom_vjp(power)
def power_vjp(out_bar, out, x, n):
    return n * x ** (n - 1) * out_bar, None


def constant_argument(x):
    return power(x, 3) * x


def iterated(x, n):
    for _ in range(n):
        x = x * np.sin(x)
    return x


@custom_jvp(iterated)
def iterated_jvp(dots, out, x, n):
    x_dot = dots[0]
    for _ in range(n):
        x_dot = x_dot * (np.sin(x) + x * np.cos(x))
        x = x * np.sin(x)
    return x_dot


@custom_vjp(iterated)
def iterated_vjp(out_bar, out, x, n):
    states = []
    for _ in range(n):
        states.append(x)
        x = x * np.sin(x)
    for state in reversed(states):
        out_bar = out_bar * (np.sin(state) + state * np.cos(state))
    return out_bar, None


def rule_with_loops(x):
    for _ in range(3):
        x = iterated(x, 2) + x
    return x


class Spring:
    def __init__(self, k):
        self.k = k

    def energy(self, x):
        return 0.5 * self.k * x * x


@custom_jvp(Spring.energy)
def energy_jvp(dots, out, self, x):
    return self.k * x * dots[1]


@custom_vjp(Spring.energy)
def energy_vjp(out_bar, out, self, x):
    return None, self.k * x * out_bar


SPRING = Spring(3.0)


def method(x):
    return SPRING.energy(x) * x


def in_place_after(x):
    z = softplus(x * 2.0)
    z[0] = 5.0 * x[1]
    return np.sum(z * x)


def in_a_while(x):
    while power(x, 2) < 50.0:
        x = power(x, 2) + 1.0
    return x * two(x, x)[0]


def in_a_gradient(x):
    y, pullback = vjp(lambda v: softplus(v) * v, x)
    return pullback(1.0)[0] * y + grad(lambda v: power(v, 3))(x)


def in_a_comprehension(x):
    return sum(softplus(v) for v in x) * np.sum(np.array([power(v, 2) for v in x]))


RULES = [
    (softplus, (0.3,)),
    (softplus, (VECTOR,)),
    (layers, (VECTOR, MATRIX)),
    (factorials, (8.3,)),
    (energy_of_solution, (MATRIX, VECTOR)),
    (one_argument_active, (VECTOR,)),
    (two_results, (2.0, 3.0)),
    (constant_argument, (1.3,)),
    (rule_with_loops, (1.1,)),
    (rule_with_loops, (np.array([1.1, 1.2]),)),
    (method, (2.0,)),
    (in_place_after, (VECTOR,)),
    (in_a_while, (2.0,)),
    (in_a_gradient, (2.0,)),
    (in_a_comprehension, (VECTOR,)),
]

# Draws ------------------------------------------------------------------------------------------


def draws_in_a_loop(x, seed=3):
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal(3)
    for _ in range(4):
        x = x * np.sin(x + 0.1 * rng.normal()) + 0.01 * noise * rng.uniform(size=3)
        if rng.random() < 0.5:
            x = x * 1.1
    return np.sum(x * noise)


def drawn_indices(x, seed=3):
    rng = np.random.default_rng(seed)
    i, some = rng.integers(0, 3), rng.integers(0, 3, size=4)
    order, pair = rng.permutation(3), rng.choice(3, size=2, replace=False)
    w = rng.choice(VECTOR, size=3)
    return x[i] * np.sum(x[some]) + np.sum(x[order] * w) + x[pair[0]] * x[pair[1]]


def dropout(x, seed=3):
    mask = np.random.default_rng(seed).random(x.shape) < 0.5
    return np.sum(np.where(mask, x, 0.0) ** 2) + np.sum(x[mask])


class Noise:
    def __init__(self, seed, scale):
        self.rng = np.random.default_rng(seed)
        self.scale = scale

    def sample(self, n):
        return self.scale * self.rng.normal(size=n)


def generator_in_an_object(x, seed=3):
    noise = Noise(seed, x[0])
    streams = noise.rng.spawn(2)
    z = noise.sample(3)
    z[0] = x[1] * streams[1].normal()
    return np.sum(x * z) * noise.rng.normal()


def random_state(x, seed=3):
    rng = np.random.RandomState(seed)
    z, u, k = rng.randn(3), rng.rand(), rng.poisson(3.0)
    m = rng.multivariate_normal(np.zeros(3), np.eye(3))
    return np.sum(x * z) * u + k * np.sum(x * m)


def global_state(x, seed=3):
    np.random.seed(seed)
    walk = [x]
    for _ in range(3):
        walk.append(walk[-1] * np.random.normal())
    return sum(walk) * walk[1]


def random_module(x, seed=3):
    random.seed(seed)
    y = x * random.random() + x * x * random.gauss(0.0, 1.0)
    return y * random.randint(1, 3) + random.choice([1.0, 2.0]) * x


def random_walk_length(x, seed=1):
    rng = np.random.default_rng(seed)
    while rng.random() < 0.8:
        x = x * np.cos(x)
    for _ in range(rng.poisson(3.0) + 2):
        x = x * np.sin(x)
    return x


def draws_in_a_closure(x, seed=1):
    rng = np.random.default_rng(seed)

    def step(v):
        return v * rng.normal()

    return step(x) * step(x) + step(2.0) + sum([x * rng.normal() for _ in range(3)])


def short_circuits(x, seed=4):
    rng = np.random.default_rng(seed)
    y = rng.normal() if x > 0.0 else 0.0
    z = (rng.random() < 0.5 and rng.random() < 0.5) or rng.random() < 0.9
    return x * y * (2.0 if z else 3.0) * rng.normal()


def drawn_targets(x, seed=4):
    rng = np.random.default_rng(seed)
    y = x * 1.0
    for _ in range(5):
        y[rng.integers(3)] += rng.normal() * y[rng.integers(3)]
    return np.sum(y * x)


def order_of_draws(x, seed=4):
    rng = np.random.default_rng(seed)
    a = x * rng.normal() - rng.normal() * x**2 + rng.normal() / x
    b = [rng.normal(), x * rng.normal(), (rng.normal(), x)]

    def g(v, w=rng.normal()):
        return v * w * rng.normal()

    return a * b[0] + b[1] * b[2][0] + g(g(x), w=rng.normal())


def drawn_exits(x, seed=4):
    rng = np.random.default_rng(seed)
    s = 0.0
    for _ in range(6):
        u = rng.random()
        if u < 0.3:
            continue
        if u > 0.95:
            break
        s += x * rng.normal() * s + x
        if rng.random() < 0.1:
            return s * rng.normal()
    else:
        s *= rng.normal()
    assert rng.random() >= 0.0, f"{rng.random()}"
    return s


def long_step(x, rng):
    a = x * rng.normal()
    for _ in range(3):
        a = a + np.cos(a * x) * 0.1 + np.exp(-a * a) * x + np.tanh(a) * rng.uniform() + a * 0.01
        a = a + np.cos(a * x) * 0.1 + np.exp(-a * a) * x + np.tanh(a) * rng.uniform() + a * 0.01
        a = a + np.cos(a * x) * 0.1 + np.exp(-a * a) * x + np.tanh(a) * rng.uniform() + a * 0.01
    return a


def large_callee(x, seed=4):
    """A function of its own, whose tapes hold constants."""
    rng = np.random.default_rng(seed)
    return long_step(x, rng) + long_step(2.0 * x, rng) + long_step(1.0, rng)


def drawn_matrices(x, seed=4):
    rng = np.random.default_rng(seed)
    a, b = rng.standard_normal((3, 3)), rng.normal(0.0, 1.0, 3)
    a = a @ a.T + np.eye(3)
    a[0] += b
    z = rng.normal(size=(2, 3))
    z *= rng.uniform(size=3)
    z[1] += rng.normal()
    z[0] = x
    misfit = np.sum(np.linalg.solve(a, x) ** 2) + np.sum(z @ x)
    return misfit + rng.exponential(2.0) * x[0] + np.sum(rng.normal(b, 1.0) * x)


def drawn_choices(x, seed=4):
    rng = np.random.default_rng(seed)
    order, m = rng.permutation(np.arange(3)), rng.permuted(np.array([1.0, 2.0, 3.0]))
    letter, n, k = rng.choice(["a", "b"]), rng.choice([1, 2, 3]), rng.choice(5, p=[0.2] * 5)
    return np.sum(x[order] * m) * n * (2.0 if letter == "a" else 3.0) + k * x[0]


def random_tree(x, depth, rng):
    """Draws for the value, for the branches and for what is handed down."""
    if depth == 0 or rng.random() < 0.2:
        return np.sin(x) * rng.normal()
    left = random_tree(x * rng.normal(), depth - 1, rng)
    return left * random_tree(x + rng.normal(), depth - 1, rng)


def drawn_tree(x, seed=3):
    rng = np.random.default_rng(seed)
    return random_tree(x, 3, rng) + random_tree(2.0 * x, 2, rng)


DRAWS = [
    (drawn_tree, (0.7,)),
    (short_circuits, (2.0,)),
    (drawn_targets, (VECTOR,)),
    (order_of_draws, (2.0,)),
    (drawn_exits, (2.0,)),
    (large_callee, (0.7,)),
    (drawn_matrices, (VECTOR,)),
    (drawn_choices, (VECTOR,)),
    (draws_in_a_loop, (VECTOR,)),
    (drawn_indices, (VECTOR,)),
    (dropout, (VECTOR,)),
    (generator_in_an_object, (VECTOR,)),
    (random_state, (VECTOR,)),
    (global_state, (2.0,)),
    (random_module, (2.0,)),
    (random_walk_length, (2.0,)),
    (draws_in_a_closure, (2.0,)),
]

# The world outside ------------------------------------------------------------------------------


def clocks(x):
    began = time.perf_counter()
    y = x * x
    spent = time.perf_counter() - began
    return y + 0.0 * spent + 0.0 * time.time()


def reads_a_file(x, path=os.path.join(os.path.dirname(__file__), "coefficients.txt")):
    file = open(path)
    k = float(file.readline())
    c = float(file.readline())
    p, q = file.readline().split()
    file.close()
    return x * k * c + x * x * float(p) * float(q)


def reads_in_a_context(x, path=os.path.join(os.path.dirname(__file__), "coefficients.txt")):
    with open(path) as file:
        k = float(file.readline())
        c = float(file.readline())
    table = np.loadtxt(path, max_rows=2)
    return x * k * c + x * x * np.sum(table)


def environment(x):
    return x * x * float(os.environ.get("S2S_AD_NO_SUCH_VARIABLE", "2.0"))


def tells(x):
    LOG.debug("x is %s", x)
    print("x is", x, file=sys.stderr)
    with np.errstate(all="ignore"):
        y = x * x
    if x < 0.0:
        warnings.warn(f"negative: {x}", stacklevel=1)
    return y


def without_rule(x):
    """NumPy's functions without a rule, of constants."""
    counts = np.histogram(np.array([1.0, 2.0, 3.0]), bins=2)[0]
    return x * x * np.percentile(VECTOR, 50.0) + x * counts[0] * float(np.spacing(1.0))


PLACES, HEIGHTS = [0.0, 1.0, 2.0], [1.0, 3.0, 2.0]


def interpolated(x):
    i = bisect.bisect(PLACES, x) - 1
    t = (x - PLACES[i]) / (PLACES[i + 1] - PLACES[i])
    return (1.0 - t) * HEIGHTS[i] + t * HEIGHTS[i + 1] * x


def copies(x):
    k = gamma_of(np.copy(VECTOR))
    return np.sum(x) * float(k[0])


gamma_of = np.frompyfunc(math.gamma, 1, 1)

OUTSIDE = [
    (clocks, (2.0,)),
    (reads_a_file, (2.0,)),
    (reads_in_a_context, (2.0,)),
    (environment, (2.0,)),
    (tells, (2.0,)),
    (without_rule, (2.0,)),
    (interpolated, (0.4,)),
    (copies, (VECTOR,)),
]

# Constants --------------------------------------------------------------------------------------


def normalised(x):
    """As if the norm were a constant; check_grads would not agree."""
    return x / stop_gradient(np.sqrt(np.sum(x * x)))


def stopped_containers(x):
    k, (a, b) = stop_gradient((x, [x, 2.0]))
    d = stop_gradient({"a": x})
    return k * x * a * b * d["a"]


PROGRAMS = [*RULES, *DRAWS, *OUTSIDE]
