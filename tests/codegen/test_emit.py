"""Exact text for small functions, each for one idea."""

import textwrap

import numpy as np
import pytest

import s2s_ad


def emitted(function, mode, *like, wrt=0):
    text = s2s_ad.source(function, mode, wrt=wrt, like=like)
    assert all(len(line) <= 100 for line in text.splitlines())
    lines = text.splitlines()
    start = next(k for k, line in enumerate(lines) if line.startswith("def "))
    return "\n".join(lines[start:]).strip()


def same(text, expected):
    assert text == textwrap.dedent(expected).strip()


def power(x, n):
    y = 1.0
    for i in range(n):
        y = y * x
    return y


def test_a_pop_folds_and_an_adjoint_is_updated():
    same(
        emitted(power, "vjp", 1.3, 5),
        """
        def power_vjp(x, n, out_bar=1.0):
            y_tape = []
            y = 1.0
            for i in range(n):
                y_tape.append(y)
                y = y * x
            # for i in range(n)
            x_bar = 0.0
            y_bar = out_bar
            for i in reversed(range(n)):
                # y = y * x
                x_bar += y_bar * y_tape.pop()
                y_bar *= x
            return y, x_bar
        """,
    )


def swap(x, n):
    u = x
    v = 1.0
    for i in range(n):
        u, v = v, u * v + x
    return u + v


def test_swaps_are_tuple_assignments():
    same(
        emitted(swap, "jvp", 1.1, 4),
        """
        def swap_jvp(x, n, x_dot):
            u = x
            v = 1.0
            u_dot = x_dot
            v_dot = 0.0
            for i in range(n):
                u_dot, v_dot = v_dot, u_dot * v + v_dot * u + x_dot
                u, v = v, u * v + x
            return u + v, u_dot + v_dot
        """,
    )


def exits(x, n):
    s = 0.0
    for i in range(n):
        if i % 2 == 0:
            t = x * x
            if t > 100.0:
                break
            s += t
        else:
            if s > 50.0:
                continue
            s += x
        s = s * 1.5
    return s


def test_break_and_continue_stand_where_they_were_written():
    same(
        emitted(exits, "jvp", 1.7, 6),
        """
        def exits_jvp(x, n, x_dot):
            s = 0.0
            s_dot = 0.0
            for i in range(n):
                if i % 2 == 0:
                    t = x * x
                    t_dot = 2.0 * x_dot * x
                    if t > 100.0:
                        break
                    s += t
                    s_dot += t_dot
                else:
                    if s > 50.0:
                        continue
                    s += x
                    s_dot += x_dot
                s = s * 1.5
                s_dot = 1.5 * s_dot
            return s, s_dot
        """,
    )


def early(x, n):
    if n == 0:
        return x
    y = x * x
    return y * n


def test_early_return():
    same(
        emitted(early, "jvp", 1.7, 6),
        """
        def early_jvp(x, n, x_dot):
            if n == 0:
                return x, x_dot
            y = x * x
            y_dot = 2.0 * x_dot * x
            return y * n, y_dot * n
        """,
    )


def early_in_loop(x, n):
    s = x
    for i in range(n):
        s = s * x
        if s > 10.0:
            return s
    return s * 2.0


def test_return_in_a_loop():
    text = emitted(early_in_loop, "jvp", 1.7, 6)
    assert "stop" not in text and text.count("return") == 2
    namespace = {}
    exec(text, namespace)
    assert namespace["early_in_loop_jvp"](1.9, 9, 1.0)[0] == early_in_loop(1.9, 9)
    assert namespace["early_in_loop_jvp"](1.1, 2, 1.0)[0] == early_in_loop(1.1, 2)


def pairs(params, x):
    h = x
    for W, b in params:
        h = np.tanh(h @ W + b)
    return np.sum(h)


def test_loops_over_pairs():
    params = [(np.ones((3, 3)), np.ones(3)), (np.ones((3, 3)), np.ones(3))]
    text = emitted(pairs, "vjp", params, np.ones((2, 3)))
    assert "for W, b in params:" in text
    assert "for i, (W, _) in reversed(list(enumerate(params))):" in text
    assert "params_bar[i] = (W_bar, b_bar)" in text


def until(x):
    y = x
    while y < 40.0:
        y = y * y
    return y


def test_while_is_undone_until_the_tape_is_empty():
    text = emitted(until, "vjp", 1.5)
    assert "while y < 40.0:" in text and "while y_tape:" in text


def collide(x):
    bx = x * x
    x_bar = bx * x
    d = x_bar * 2
    return d


def test_the_users_names_win():
    text = emitted(collide, "vjp", 1.5)
    assert "x_bar = bx * x" in text
    assert text.endswith("return d, x_bar_2")


def shadow(len, reversed):
    s = 0.0
    for i in range(reversed):
        s = s + len * len * s + len
    return s


def test_parameters_named_like_builtins():
    text = s2s_ad.source(shadow, "vjp", wrt=0, like=(0.1, 3))
    assert "in builtins.reversed(range(reversed))" in text
    namespace = {}
    exec(text, namespace)
    assert namespace["shadow_vjp"](0.1, 3)[0] == shadow(0.1, 3)


def aliases(x):
    y = x * 2.0
    return np.sum(x[0] * y) + np.sum(x[1:]) + np.sum(x)


def test_adjoint_buffers_are_updated_in_place():
    text = emitted(aliases, "vjp", np.array([1.0, 2.0, 3.0]))
    assert "x_bar[1:] += " in text and "x_bar[0] += " in text


def negative(x):
    return x * -(2.0**x) + (-1.5) ** 2 - -x


def test_negative_constants_keep_their_meaning():
    namespace = {}
    exec(s2s_ad.source(negative, "jvp", wrt=0, like=(1.5,)), namespace)
    assert namespace["negative_jvp"](1.5, 1.0)[0] == negative(1.5)


def conditional(x):
    y = x * x if 0.0 < x < 3.0 and 1.0 / x > 0.1 else x
    return (0.0 * y) or y


@pytest.mark.parametrize("x", [2.0, 5.0, -1.0])
def test_conditional_expressions(x):
    text = emitted(conditional, "vjp", 2.0)
    namespace = {}
    exec(text, namespace)
    assert namespace["conditional_vjp"](x)[0] == conditional(x)


def wide(x):
    return np.sum(
        np.sin(x) * np.cos(x) + np.exp(-x * x) * np.log1p(x * x) + np.tanh(x) * np.sqrt(1.0 + x * x)
        + np.arctan(x) * np.sinh(x) + np.cosh(x) * x**3 + np.sin(2.0 * x) + np.cos(3.0 * x)
    )  # fmt: skip


def test_long_expressions_are_cut_by_names():
    text = s2s_ad.source(wide, "jvp", wrt=0, like=(np.ones(3),))
    assert all(len(line) <= 100 for line in text.splitlines())
    namespace = {}
    exec(text, namespace)
    x = np.array([0.3, 0.7, 1.1])
    assert namespace["wide_jvp"](x, x)[0] == wide(x)
