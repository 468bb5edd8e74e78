# ruff: noqa: F841, F842, E731, E702, RUF100
"""Small programs in the supported language, with arguments: each is lowered, its SSA is run, and
the result is compared with what CPython gives. One idea each."""

import math
import operator

import numpy as np

K = 2.0
AXIS = 0
ARRAY = np.array([1.0, 2.0, 3.0])
PAIR = (2.0, np.array([3.0, 4.0]))
V3 = np.array([1.0, -2.0, 3.0])
M = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 7.0]])
PARAMS = [(np.ones((3, 2)) * 0.1, np.zeros(2)), (np.ones((2, 2)) * 0.3, np.ones(2))]
PROGRAMS = []


def program(*cases):
    def enter(f):
        PROGRAMS.extend((f, case) for case in cases)
        return f

    return enter


# Straight lines -------------------------------------------------------------------------------


@program((2.0, 3.0))
def arithmetic(x, y):
    return x + y - x * y / 2 + x**2 - -y + (x // y) + (x % y)


@program((3, 5))
def bits(a, b):
    return (a & b) | (a ^ 3) + (a << 2) - (b >> 1) + ~a


@program((2.0,))
def chained_assignment(x):
    a = b = x * 2
    return a + b


@program((2.0, 3.0))
def swap(x, y):
    x, y = y, x
    (p, q), r = (x, y), x * y
    return p - q + r


@program((2.0,))
def annotated(x):
    y: float = x * 3
    z: int
    return y


@program((2.0,))
def walrus(x):
    if (y := x * x) > 1:
        return y * x
    return x


@program((2.0,), (9.0,))
def one_path(x):
    if x > 5:
        z = 2 * x
    y = x if x < 5 else z
    return y * x


@program((2.0,))
def rebinding(x):
    y = 3
    y = y * x
    y = np.array([y, y * x])
    return y[0] + y[1]


@program((V3,))
def method_calls(x):
    return x.sum() + x.mean(axis=0) * x.T.max() + x.shape[0] + x.ndim + x.size + len(x)


@program((M,))
def shapes(x):
    n, m = x.shape
    return x.reshape(n * m)[1:-1].sum() * m + x[0, ::2].sum() + x[..., 1].sum() + x[None].ndim


@program((V3,))
def fancy(x):
    return x[[0, 0, 1]].sum() + x[x > 0].sum() + x[::-1][0] + x[np.array([1, 2])].sum()


@program((2.0,))
def math_and_operator(x):
    return math.sin(x) + operator.mul(x, math.pi) + np.pi * math.sqrt(x) + operator.neg(x)


@program((2.0, 3.0))
def builtins_of_numbers(x, y):
    return abs(-x) + min(x, y) + max(x, y, 1.0) + pow(x, 2) + float(x) + int(y) + sum((x, y, 1.0))


@program((2.0,))
def literal_containers(x):
    a = [x, x * 2]
    d = {"p": x * 3, "q": a}
    b = (*a, d["p"])
    return a[0] + a[-1] + d["q"][1] + b[2] + len(b) + sum(a)


@program((2.0,))
def concatenated_lists(x):
    a = [x]
    b = a + [x * 2]
    c = (x,) * 2
    return b[0] * b[1] + c[1]


@program((3.0,), (0.5,))
def returned_structure(x):
    return {"a": (x, [x * 2, 1.0]), "b": None}


@program((2.0,))
def text(x):
    """Docstring."""
    name = "x"
    "another string"
    print(f"{name} = {x:.3f} {x!r}", end="\n")
    assert x > 0, f"bad {x}"
    pass
    return x * len(name)


@program((3.0,))
def errstate(x):
    with np.errstate(all="ignore"):
        y = x * x / 0.5
    return y


@program((3.0,), (-1.0,))
def errstate_return(x):
    with np.errstate(divide="ignore"):
        if x > 0:
            return x * x
        y = x + 1
    return y


@program((V3,))
def unpack_array(x):
    a, b, c = x
    return a * b - c


# Conditions -----------------------------------------------------------------------------------


@program((2.0,), (-1.0,), (0.0,))
def or_value(x):
    return (0.0 * x) or (x * x) or 7.0


@program((2.0,), (0.0,))
def and_value(x):
    return x and x + 1


@program((2.0,), (5.0,), (-1.0,))
def chained_comparison(x):
    return x * x if 0.0 < x < 3.0 and 1.0 / x > 0.1 else x


@program((2.0,), (-2.0,), (0.0,))
def branches(x):
    if x > 0:
        y = x
    elif x < 0:
        y = -x
        z = 3.0
    else:
        y = 1
    return y


@program((2.0,), (-2.0,), (0.5,))
def early_returns(x):
    if x < 0:
        return -x
    y = x * 2
    if y > 3:
        y = y + 1
        if y > 100:
            return 0.0
        y = y * 2
    else:
        return y
    return y + 1


@program((2.0,), (-2.0,))
def not_and_bools(x):
    a = not x > 0
    if not a:
        return x
    return x * 3


@program((0.0,), (4.0,))
def untaken(x):
    return np.sqrt(x) if x > 0 else 0.0 * x


@program((2.0,), (V3,), (M,))
def on_rank(x):
    if np.ndim(x) == 0:
        return x * 2
    elif x.ndim == 1:
        return x[0] + x.shape[0]
    return x.sum(axis=1)[0]


@program((2.0,))
def on_type(x):
    if isinstance(x, float):
        return x * 2
    return x[0]


@program((2.0, None), (3.0, 2.0))
def on_none(x, y=None):
    if y is None:
        y = 4.0
    return x * y


@program((2.0,), (-2.0,))
def raising_branch(x):
    if x < 0:
        y = -x
    elif x > 100:
        raise ValueError(f"{x} is too large")
    else:
        y = x
    return y * 2


@program((2.0,), (-1.0,))
def structures_meet(x):
    if x > 0:
        pair = (x, 1.0)
    else:
        pair = (0.0, x)
    a, b = pair
    return a + 2 * b


# Loops ----------------------------------------------------------------------------------------


@program((2.0, 0), (2.0, 5))
def power(x, n):
    y = 1
    for i in range(n):
        y = y * x + i
    return y


@program((2.0,))
def index_after(x):
    for i in range(3):
        x = x * 1.0 + i
    return x * i


@program((1.0,))
def ranges(x):
    for i in range(1, 8, 3):
        x = x * 2 + i
    for i in range(5, 0, -2):
        x = x - i
    for i in reversed(range(4)):
        x = x * 0.5 + i
    return x


@program((V3,))
def over_array(x):
    s = 0.0
    for v in x:
        s += v * v
    return s


@program((M,))
def over_rows(x):
    s = 0.0
    for i, row in enumerate(x):
        for v in row:
            s = s + v * i
    return s


@program((V3, V3 * 2))
def zipped(x, y):
    s = 0.0
    for a, b in zip(x, y):
        s = s + a * b
    for k, (a, b) in enumerate(zip(x, y), 1):
        s = s + a * k - b
    for a, b in zip(x[1:], y):
        s = s + a / b
    for k, a in zip(range(2, 20, 3), x):
        s = s + k * a
    return s


@program((V3,))
def reversed_array(x):
    s = 0.0
    for v in reversed(x):
        s = s * 0.5 + v
    for i, v in reversed(list(enumerate(x))):
        s = s + i * v
    return s


@program((2.0,))
def over_literals(x):
    s = 0.0
    for c in (x, 2 * x):
        s = s + c * c
    for k in [1, 2, 3]:
        s = s + k * x
    for name, c in (("a", x), ("b", 3 * x)):
        s = s + c if name == "a" else s * c
    return s


@program((2.0,))
def over_dict(x):
    d = {"a": x, "b": x * x}
    s = 0.0
    for k in d:
        s = s + d[k]
    for k, v in d.items():
        s = s + v * len(k)
    for v in d.values():
        s = s * v
    return s


@program((PARAMS, np.ones(3)))
def layers(params, x):
    h = x
    for W, b in params:
        h = np.tanh(h @ W + b)
    return np.sum(h) + params[0][1][0] + len(params)


@program((PARAMS, np.ones(3)))
def layers_by_index(params, x):
    h = x
    for i in range(len(params)):
        h = np.tanh(h @ params[i][0] + params[i][1])
    return np.sum(h)


@program(({"w": V3, "b": 2.0}, 3.0))
def dict_parameter(p, x):
    w, b = p["w"], p["b"]
    return np.sum(w * x) + b + sum(p["w"])


@program(((2.0, V3, [1.0, 2.0]),))
def heterogeneous(p):
    s = 0.0
    for item in p[:2]:
        s = s + np.sum(item)
    return s + sum(p[2])


@program((4.0,))
def newton(x):
    y = 1.0
    while abs(y * y - x) > 1e-13:
        y = 0.5 * (y + x / y)
    return y


@program((1.0, 4.0), (9.0, 4.0))
def while_else(x, limit):
    n = 0
    while x < limit:
        x = x * 1.5
        n += 1
        if n > 2:
            break
    else:
        x = x + 100
    return x * n


@program((1.5,))
def while_true(x):
    n = 0
    while True:
        x = x * x
        n = n + 1
        if x > 100:
            break
    return x + n


@program((5.0,))
def while_walrus(x):
    total = 0.0
    while (y := x * 0.5) > 0.1:
        total = total + y
        x = y
    return total * y


@program((3.0,), (0.1,))
def breaks(x):
    s = 0.0
    for i in range(10):
        if s > 5:
            break
        s = s + x * i
    else:
        s = s - 1
    return s


@program((3.0,))
def continues(x):
    s = 11 * x
    for i in range(5):
        if i == 2:
            continue
        s += x * i
        if i > 3:
            s = s + 1
            continue
        s = s * 1.1
    return s


@program((3.0,), (1.0,), (0.1,))
def break_and_continue(x):
    s = 0.0
    for i in range(10):
        if i % 2 == 0:
            if i == 4:
                continue
            s = s + 1
            if s > 20:
                break
            s = s * x
        elif s > 3:
            if x > 2:
                break
            continue
        s = s + i
    else:
        s = s + 1000
    return s + i


@program((3.0,), (0.01,), (0.5,))
def return_in_loop(x):
    s = 0.0
    for i in range(10):
        s = s + x
        if s > 4:
            return s, i
        if s < 0.02:
            continue
        for j in range(3):
            if s * j > 6:
                return s * 100, j
            s = s * 1.05
            if j > 1:
                break
    return -s, 0


@program((3.0,), (0.5,))
def return_in_while_else(x):
    n = 0
    while n < 5:
        n += 1
        if x * n > 10:
            return x * n
        if x * n > 7:
            break
    else:
        x = x * 10
        if x > 4:
            return x
    return x + n


@program((3.0,), (0.3,), (1.0,))
def unrolled_with_exits(x):
    s = 0.0
    for name, c in (("a", x), ("b", 2 * x), ("c", x * x)):
        if c > 7:
            break
        if name == "b" and c < 1:
            continue
        if c == 1.0:
            return 55.0
        s = s + c
    else:
        s = -s
    return s * 2


@program((2.0,))
def early_return_everywhere(x):
    for i in range(3):
        for j in range(3):
            if i * j == 2:
                return x * i + j
    return x


@program((2.0, 3))
def triangular(x, n):
    s = 0.0
    for i in range(n):
        t = x * i
        for j in range(i):
            t = t + j * x
        s = s + t
    return s


@program((1.0,))
def many_carried(x):
    a, b = x, 1.0
    for i in range(5):
        a, b = b, a + b
        c = a * b
    return a * b + c


@program((2.0,))
def static_in_loop(x):
    scale = None
    for i in range(3):
        scale = 2.0
        x = x * scale
    return x


@program((V3,))
def rank_changes(x):
    y = 0.0
    for i in range(2):
        y = y * x + x
    return y


# Calls ----------------------------------------------------------------------------------------


def helper(a, b=2.0, *, c=1.0):
    if a > 10:
        return a
    y = a * b
    return y + c


@program((2.0,), (11.0,))
def calls(x):
    return helper(x) + helper(b=x, a=3.0) + helper(x, c=x, b=1)


def variadic(*args, **kwargs):
    return sum(args) * kwargs["k"] + len(args)


@program((2.0,))
def variadic_call(x):
    pair = (x, 2 * x)
    return variadic(*pair, 1.0, k=x) + variadic(x, **{"k": 3.0})


def first_positive(xs):
    for v in xs:
        if v > 1:
            return v
    return 0.0


@program((V3,), (-V3,))
def call_with_loop_return(x):
    return first_positive(x) * 2 + first_positive(x[:1])


@program((2.0,))
def local_functions(x):
    scale = 3.0
    square = lambda v: v * v * scale

    def twice(f, v=x):
        return f(f(v))

    scale = 2.0
    return twice(square) + twice(lambda v: v + x, v=1.0)


@program((2.0,))
def closure_in_loop(x):
    y = 1.0

    def step(v):
        return v * y

    for i in range(3):
        y = y + x
        x = step(x)
    return x


@program((2.0,))
def globals_read(x):
    return K * x * np.sum(ARRAY) + PAIR[0] * PAIR[1][1] + x


@program((M,))
def global_as_axis(x):
    return np.sum(x, axis=AXIS)[0]


def make(k):
    weights = np.array([k, 2.0])

    def closure(x):
        return x * k + weights[1] * np.sum(weights)

    return closure


PROGRAMS.append((make(3.0), (2.0,)))
PROGRAMS.append((lambda x, y=2.0: x * y, (3.0, 4.0)))


def sin(v):
    return v * v


@program((3.0,))
def shadowed(x):
    return sin(x)


class Model:
    """A class whose methods are differentiated."""

    def __init__(self):
        self.k = 3.0
        self.w = np.array([1.0, 2.0])
        self.act = np.tanh
        self.inner = self

    def scale(self, x):
        return x * self.k

    def __call__(self, x):
        return self.act(self.scale(x)) + np.sum(self.w * x) + self.inner.k


MODEL = Model()


@program((0.3,))
def objects(x):
    return MODEL(x) + MODEL.k * MODEL.scale(x)


PROGRAMS.append((MODEL.scale, (2.0,)))
PROGRAMS.append((MODEL.__call__, (0.2,)))


@program((2.0, 3.0))
def keyword_only(x, *, y):
    return x * y


@program((2.0, (3.0, 4.0), {"k": 5.0}))
def starred_parameters(x, *args, **kwargs):
    return x * args[0] + args[1] * kwargs["k"]


# Augmented assignment -------------------------------------------------------------------------


@program((2.0,))
def augmented_scalars(x):
    y = x * 2
    z = y
    z += x
    z -= 1
    z *= y
    z /= 2
    z **= 2
    n = 7
    n //= 2
    n %= 2
    return z + y + n


@program((V3,))
def augmented_fresh(x):
    y = x * 2
    y += x
    for i in range(3):
        y *= 0.5
        y += i
    return y


@program((np.ones(3, np.float32),))
def augmented_dtype(x):
    y = x * np.float32(2)
    y += np.array([1e-9, 0.1, 0.2])
    return y


@program((2.0,))
def growing_tuple(x):
    history = ()
    for i in range(3):
        x = x * 1.5 + i
        history = history + (x,)
    values = []
    for k in (1, 2):
        values = values + [x * k]
    return sum(history) + history[0] + sum(values)


@program((M,))
def assert_with_message(x):
    n, m = x.shape
    assert x.shape == (2, 3) and n < m, f"bad shape {x.shape} {x[0].sum()}"
    assert n, "empty"
    return x[0, 0] * n


@program((M,))
def axis_in_loop(x):
    s = 0.0
    for axis in range(2):
        s = s + x.sum(axis=axis)[0]
    return s
