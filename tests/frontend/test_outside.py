"""Names from outside: what guards ask, what is read at each call; large callees; transforms."""

import numpy as np
import pytest

import s2s_ad
from s2s_ad.frontend.lower import lower
from s2s_ad.ir.core import walk
from s2s_ad.ir.interpreter import interpret
from s2s_ad.ir.signature import Signature
from s2s_ad.ir.types import FLOAT, INT
from s2s_ad.ir.verifier import verify

K = 2.0
W = np.array([1.0, 2.0])
N = 1
TABLE = [1.0, np.ones(2)]


def helper(x):
    return x * 2


def uses_helper(x):
    return helper(x) + K


def uses_array(x):
    return np.sum(W * x)


def uses_size(x):
    return np.sum(np.ones((2, 2)), axis=N)[0] * x


def uses_table(x):
    return TABLE[0] * x + TABLE[1][0]


class Model:
    def __init__(self):
        self.k = 2.0
        self.f = helper

    def apply(self, x):
        return self.f(x) * self.k


def holds(ssa, *args):
    return all(guard(args) for guard in ssa.guards)


def test_a_redefined_helper_fails_the_guard(monkeypatch):
    ssa = lower(uses_helper)
    assert holds(ssa, 1.0)
    monkeypatch.setitem(globals(), "helper", lambda x: x)
    assert not holds(ssa, 1.0)


def test_data_is_read_when_the_primal_reads_it(monkeypatch):
    ssa = lower(uses_helper)
    monkeypatch.setitem(globals(), "K", 5.0)
    assert holds(ssa, 1.0)
    assert interpret(ssa, [1.0]) == 7.0
    monkeypatch.setitem(globals(), "K", np.ones(2))
    assert not holds(ssa, 1.0)


@pytest.mark.parametrize("changed", [np.ones(1), np.ones((2, 1)), np.ones(2, np.float32), 3.0])
def test_rank_dtype_and_sizes_of_one_are_guarded(monkeypatch, changed):
    ssa = lower(uses_array)
    monkeypatch.setitem(globals(), "W", np.ones(5))
    assert holds(ssa, 1.0)
    monkeypatch.setitem(globals(), "W", changed)
    assert not holds(ssa, 1.0)


def test_a_global_that_is_an_axis_is_taken_by_value(monkeypatch):
    ssa = lower(uses_size)
    assert holds(ssa, 1.0)
    assert interpret(ssa, [3.0]) == 6.0
    monkeypatch.setitem(globals(), "N", 0)
    assert not holds(ssa, 1.0)


def test_global_containers(monkeypatch):
    ssa = lower(uses_table)
    assert interpret(ssa, [3.0]) == 4.0
    monkeypatch.setitem(globals(), "TABLE", [5.0, np.ones(3)])
    assert holds(ssa, 1.0)
    assert interpret(ssa, [3.0]) == 16.0
    monkeypatch.setitem(globals(), "TABLE", [5.0])
    assert not holds(ssa, 1.0)


def test_a_name_that_shadows_a_builtin_later(monkeypatch):
    def f(x):
        return abs(x)

    ssa = lower(f)
    assert holds(ssa, 1.0)
    monkeypatch.setitem(globals(), "abs", helper)
    assert not holds(ssa, 1.0)


def test_closure_cells():
    inner = helper
    k = 2.0

    def f(x):
        return inner(x) * k

    ssa = lower(f)
    k = 3.0
    assert holds(ssa, 1.0)
    assert interpret(ssa, [1.0]) == 6.0
    inner = np.sin
    assert not holds(ssa, 1.0)
    assert inner is np.sin
    assert k == 3.0


def test_attributes_of_self():
    model = Model()
    ssa = lower(model.apply, Signature({"x": FLOAT}))
    assert holds(ssa, model, 1.0)
    model.k = 5.0
    assert holds(ssa, model, 1.0)
    assert interpret(ssa, [model, 1.0]) == 10.0
    model.k = np.ones(2)
    assert not holds(ssa, model, 1.0)
    model.k = 2.0
    model.f = np.sin
    assert not holds(ssa, model, 1.0)


def large(x, n):
    for i in range(n):
        x = x * 1.01 + i
        if x > 10:
            x = x / 2
        elif x > 8:
            x = x - 1
        y = x * x + np.sin(x) * np.cos(x) - np.exp(-x)
        z = y * x + y / (1 + x * x) + np.tanh(y)
        x = z - y + x + np.log(1 + y * y) * np.sqrt(1 + z * z) - z * y + x * z
        x = x / (1 + abs(x)) * 2 + (y - z) / (1 + abs(y) + abs(z)) + np.sin(x) * np.cos(z)
    return x, {"n": n}


def calls_large(x):
    a, _ = large(x, 3)
    b, extra = large(x * 2, 3)
    c, _ = large(b, 3)
    return a + b * c + extra["n"]


def test_a_large_callee_becomes_a_function():
    ssa = verify(lower(calls_large, Signature({"x": FLOAT})))
    calls = [op for op in walk(ssa.block) if op.prim.name == "call"]
    assert len(calls) == 2
    assert len({op.kwargs["callee"] for op in calls}) <= 2
    assert interpret(ssa, [0.7]) == calls_large(0.7)


def double(f, x):
    return f(f(x))


def test_text_grows_linearly():
    source = "def f0(x):\n    return x * 2 + 1 - x / 3\n"
    for k in range(1, 12):
        source += f"def f{k}(x):\n    return f{k - 1}(x) * f{k - 1}(x + 1)\n"
    import linecache

    namespace = {}
    exec(compile(source, "<deep>", "exec"), namespace)
    linecache.cache["<deep>"] = len(source), None, source.splitlines(True), "<deep>"
    ssa = lower(namespace["f11"], Signature({"x": FLOAT}))
    assert sum(1 for _ in walk(ssa.block)) < 1000


def cube(x):
    return x * x * x


made = s2s_ad.grad(cube)


def nested(x):
    inner = s2s_ad.grad(lambda y: x * y * y)
    value, slope = s2s_ad.value_and_grad(cube)(x)
    y, pullback = s2s_ad.vjp(lambda a, b: a * b, x, 3)
    a, b = pullback(2.0)
    tangent = s2s_ad.jvp(cube, (x,), (1.0,))[1]
    pair = s2s_ad.grad(lambda p: p[0] * p[1] * x)((x, 2.0))
    second = s2s_ad.grad(s2s_ad.grad(cube))(x)
    return inner(2.0) + value * slope + y + a * b + tangent + made(x) + second + pair[0] + pair[1]


def test_derivatives_inside_a_function():
    x, step = 1.3, 1e-6
    assert s2s_ad.value_and_grad(nested)(x)[0] == pytest.approx(nested(x), rel=1e-14)
    numeric = (nested(x + step) - nested(x - step)) / (2 * step)
    assert s2s_ad.grad(nested)(x) == pytest.approx(numeric, rel=1e-7)
    assert s2s_ad.jvp(nested, (x,), (1.0,))[1] == pytest.approx(numeric, rel=1e-7)


def test_static_parameters_and_imports():
    def f(x, n, mode):
        return np.sin(x) * n if mode == "sin" else x

    ssa = lower(f, Signature({"x": FLOAT, "n": INT}, {"mode": "sin"}))
    assert [p.name for p in ssa.parameters] == ["x", "n", "mode"]
    assert ssa.imports == {"np": "numpy"}
    assert interpret(ssa, [2.0, 3, "sin"]) == f(2.0, 3, "sin")
    assert not any(op.prim.name == "if" for op in ssa.block.ops)


def test_statements_and_locations():
    def f(x):
        y = x * 2
        if y > 1:
            y = y + 1
        return y

    ssa = lower(f, Signature({"x": FLOAT}))
    texts = [op.statement.text for op in ssa.block.ops]
    assert texts == ["y = x * 2", "if y > 1", "if y > 1"]
    orders = [op.statement.order for op in walk(ssa.block)]
    assert orders == sorted(orders)
    place = ssa.block.ops[0].location
    assert place.text[place.column : place.end_column] == "x * 2"
