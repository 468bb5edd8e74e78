"""Programs that make, change and read lists and dicts, with arguments."""

from __future__ import annotations

from typing import Any

import numpy as np

from s2s_ad import grad, vjp

X = np.array([0.5, 1.25, 0.75])


def inner(p: Any, t: Any) -> Any:
    q = [p[0] * t, p[1]]
    q.append(t)
    return q[0] * q[1] * q[2]


def push(L: Any, v: Any) -> Any:
    L.append(v * v)
    return L


def filled_in_a_loop(x: Any) -> Any:
    out = []
    for i in range(len(x)):
        out.append(np.sin(x[i]) * x[i])
    return np.sum(np.array(out) ** 2)


def recurrence_on_the_last_item(x: Any) -> Any:
    s = [x[0]]
    for t in range(len(x)):
        s.append(s[-1] * s[-1] + x[t])
    return s[-1] + s[2]


def sum_of_a_generator(x: Any) -> Any:
    return sum(v * v for v in x)


def enumerate_with_condition(x: Any) -> Any:
    return sum([v * v * k for k, v in enumerate(x) if k > 0])


def alias_of_a_list(x: Any) -> Any:
    a = [x[0]]
    b = a
    b.append(x[1] * x[1])
    return a[1] * a[0]


def extrema_of_comprehensions(x: Any) -> Any:
    return max([v * v for v in x]) + min(v * v for v in x)


def set_insert_pop(x: Any) -> Any:
    L = [x[0] * 2, x[1]]
    L[0] = L[1] * L[0]
    L.insert(0, x[2])
    v = L.pop()
    return L[0] * L[1] * v


def stacked_comprehension(x: Any) -> Any:
    ys = [x * k for k in range(3)]
    return np.sum(np.stack(ys) ** 2)


def dict_that_grows(x: Any) -> Any:
    d = {"a": x[0], "b": x[1]}
    d["c"] = d["a"] * d["b"]
    for k in d:
        d[k] = d[k] * 2.0
    return sum(d.values()) * sum(v * v for k, v in d.items() if k != "a")


def list_of_zeros_filled(x: Any) -> Any:
    L = [0.0] * len(x)
    for i in range(len(x)):
        L[i] = x[i] ** 2
    return sum(L) * L[0]


def stack_emptied_by_while(x: Any) -> Any:
    st = [v * v for v in x]
    total = 0.0
    while st:
        v = st.pop()
        total = total * 0.5 + v * v
    return total


def table_by_nested_comprehension(x: Any) -> Any:
    return np.sum(np.array([[a * b for b in x] for a in x]) ** 2)


def sorted_items(x: Any) -> Any:
    L = sorted([v * v for v in x])
    return L[0] * 3 + L[1] * L[2]


def any_all_copies_and_sums(x: Any) -> Any:
    if any(v > 100.0 for v in x) or not all(v > -100.0 for v in x):
        return x[0]
    a = list(x)
    b = a + [x[0] * x[1]]
    c = b * 2
    c.extend([x[2]])
    c += [x[1] ** 3]
    return sum(c) * c[-1] * len(c)


def history_of_arrays(x: Any) -> Any:
    hist = []
    y = x * 1.0
    for k in range(4):
        y = y * x + 0.1
        hist.append(y)
    return np.sum(hist[1] * hist[-1]) + np.sum(np.array(hist))


def appends_on_two_paths(x: Any) -> Any:
    acc = []
    for v in x:
        if v > 0.6:
            acc.append(v * v)
        else:
            acc.append(v)
            acc.append(v**3)
    r = 1.0
    for a in acc:
        r = r * a
    return r


def pair_rotated(x: Any) -> Any:
    q = [x[0], x[1]]
    for i in range(5):
        q = [q[1], q[0] * q[1] + x[2]]
    return q[0] + q[1]


def comprehension_unpacked(x: Any) -> Any:
    a, b, c = [v * 2 for v in x]
    return a * b + c


def layers_in_tuples(x: Any) -> Any:
    layers = [(x[0], x[1]), (x[1], x[2])]
    h = 1.0
    for w, b in layers:
        h = np.tanh(w * h + b)
    return h


def slices_of_a_list(x: Any) -> Any:
    L = [x[0]]
    for i in range(3):
        L.append(L[i] * x[1])
    M = L[1:3]
    return M[0] * M[1] + sum(L[::-1]) + L.index(L[2])


def rows_of_lists(x: Any) -> Any:
    rows = [[a, a * x[1]] for a in x]
    return sum(r[0] * r[1] for r in rows)


def gradient_reads_a_written_array(x: Any) -> Any:
    y = x * 2
    y[0] = 5 * x[1]
    return grad(lambda t: t * t * np.sum(y * y))(1.0) * x[0]


def gradient_reads_a_grown_list(x: Any) -> Any:
    L = [x[0]]
    L.append(x[1] * x[0])
    return grad(lambda t: t * t * L[1])(x[2]) * L[0]


def gradient_by_a_list(x: Any) -> Any:
    L = [x[0]]
    L.append(x[1])
    g = grad(inner)(L, x[2])
    L.append(x[2])
    return g[0] * L[2] + g[1]


def pullback_of_a_list(x: Any) -> Any:
    v, pb = vjp(inner, [x[0], x[1]], x[2])
    gp, gt = pb(1.0)
    return gp[0] * gt + gp[1] * v


def callee_appends(x: Any) -> Any:
    L = []
    for v in x:
        push(L, v)
    M = push(L, x[0])
    return L[-1] * M[0] + len(L)


def default_that_is_not_changed(x: Any) -> Any:
    def add(v, out=[]):
        return out + [v]

    a = add(x[0])
    b = add(x[1])
    return a[0] * b[0] + len(b)


def table_filled(x: Any) -> Any:
    grid = [[0.0] * 3 for _ in range(len(x))]
    for i in range(len(x)):
        for j in range(3):
            grid[i][j] = x[i] * x[j]
    return sum(sum(r) for r in grid)


def triangle_of_rows(x: Any) -> Any:
    table = []
    for i in range(len(x)):
        row = []
        for j in range(i + 1):
            row.append(x[i] * x[j])
        table.append(row)
    return sum(table[-1]) * table[1][0]


def polynomial_in_lists(x: Any) -> Any:
    best = [x[0]]
    for i in range(1, len(x)):
        prev = best
        best = []
        for b in prev:
            best.append(b * x[i])
        best.append(x[i])
    return sum(best)


def continue_break_else(x: Any) -> Any:
    out = []
    for i in range(len(x)):
        if x[i] < 0.6:
            continue
        out.append(x[i] ** 2)
        if len(out) > 4:
            break
    else:
        out.append(x[0])
    return sum(out)


def descent_on_a_list(x: Any) -> Any:
    ws = [x[0], x[1]]
    for step in range(3):
        gs = [w * w for w in ws]
        ws = [w - 0.1 * g for w, g in zip(ws, gs)]
    return ws[0] * ws[1]


def descent_on_a_dict(x: Any) -> Any:
    p = {"w": x[0], "b": x[1]}
    for step in range(4):
        p = {k: v - 0.1 * v * v for k, v in p.items()}
    return p["w"] * p["b"]


def memo_with_known_keys(x: Any) -> Any:
    memo = {}
    memo[0] = x[0]
    memo[1] = x[1]
    for k in range(2, 5):
        memo[k] = memo[k - 1] * memo[k - 2]
    return memo[4]


def queue_of_tuples(x: Any) -> Any:
    queue = [(x[0], 0)]
    total = 0.0
    while queue:
        v, d = queue.pop(0)
        total = total + v * v
        if d < 3:
            queue.append((v * 0.5, d + 1))
            queue.append((v * x[1], d + 1))
    return total


def joined_comprehensions(x: Any) -> Any:
    return np.sum(np.vstack([x * k for k in range(1, 4)])) + np.sum(np.concatenate([x[:2], x]) ** 2)


def arrays_in_a_list_written(x: Any) -> Any:
    y = [np.zeros(3) for _ in range(2)]
    y[0][1] = x[0]
    y[1][:] = x * y[0][1]
    return np.sum(y[0] * y[1])


def filtered_pairs(x: Any) -> Any:
    s = 0.0
    it = [v for v in x if v > 0.6]
    for a in it:
        for b in it:
            s += a * b
    return s / len(it)


def sort_reverse_delete(x: Any) -> Any:
    xs = [x[0], x[1], x[2]]
    xs.sort()
    xs.reverse()
    del xs[0]
    return xs[0] * xs[1] ** 2


def array_of_pairs(x: Any) -> Any:
    pts = [(v, v * v) for v in x]
    a = np.array(pts)
    m = min(p[1] for p in pts)
    return np.sum(a[:, 0] * a[:, 1]) * m


def dict_of_state_and_history(x: Any) -> Any:
    state = {"pos": x[0], "hist": []}
    for i in range(4):
        state["pos"] = state["pos"] * x[1] + x[2]
        state["hist"].append(state["pos"])
    return state["hist"][2] * state["pos"] + sum(state["hist"])


def one_list_twice_in_a_list(x: Any) -> Any:
    a = [x[0], x[1]]
    b = [a, a]
    b[0][0] = x[2]
    c = (a, 1.0)
    c[0].append(x[0] * x[2])
    return b[1][0] * a[2] * b[0][1]


def reduced_by_pops(x: Any) -> Any:
    L = [v * v for v in x]
    while len(L) > 1:
        a = L.pop()
        b = L.pop()
        L.append(a * b + a)
    return L[0]


def bubble_sort(x: Any) -> Any:
    L = list(x)
    n = len(L)
    for i in range(n):
        for j in range(n - 1 - i):
            if L[j] < L[j + 1]:
                L[j], L[j + 1] = L[j + 1], L[j]
    return L[0] * 1.0 + L[1] * 2.0 + L[2] ** 2


def floyd_warshall_in_lists(x: Any) -> Any:
    n = len(x)
    D = [[abs(x[i] - x[j]) + 0.1 * (i + 1) for j in range(n)] for i in range(n)]
    for k in range(n):
        for i in range(n):
            for j in range(n):
                if D[i][k] + D[k][j] < D[i][j]:
                    D[i][j] = D[i][k] + D[k][j]
    return sum(sum(row) for row in D)


def buckets(x: Any) -> Any:
    buckets = [[] for _ in range(3)]
    for i in range(len(x)):
        buckets[i % 2].append(x[i] ** 2)
    return sum(buckets[0]) * sum(buckets[1])


def rows_of_a_list_of_arrays_written(x: Any) -> Any:
    rows = [x * k for k in range(1, 4)]
    for row in rows:
        row[0] = row[1] * row[2]
    rows[1] += x
    return np.sum(np.array(rows) ** 2)


def array_stored_then_rebound(x: Any) -> Any:
    ys = []
    for k in range(3):
        y = np.zeros(3)
        y[k] = x[k]
        ys.append(y)
        y = y * 2
    return np.sum(ys[0] * ys[1] + ys[2])


def copies_of_a_written_array(x: Any) -> Any:
    y = x * 1.0
    L = []
    for k in range(3):
        y[k] = y[k] ** 2
        L.append(y.copy())
    return np.sum(L[0] * L[1] * L[2])


def item_changed_through_its_name(x: Any) -> Any:
    a = [x[0], x[1]]
    L = []
    L.append(a)
    a[0] = x[2]
    return L[0][0] * x[1]


def rows_that_grow(x: Any) -> Any:
    L = [[x[0]], [x[1]]]
    M = L
    for row in M:
        row.append(row[0] * x[2])
    return L[0][1] * L[1][1]


def one_row_three_times(x: Any) -> Any:
    L = [[0.0] * 2] * 3
    L[0][1] = x[0]
    return L[1][1] * x[1]


def items_changed_while_walked(x: Any) -> Any:
    def build(n):
        out = []
        for i in range(n):
            out.append([x[i], i])
        return out

    t = build(len(x))
    for item in t:
        item[0] = item[0] ** 2
        item[1] += 1
    return sum(v * k for v, k in t)


def items_set_while_enumerated(x: Any) -> Any:
    xs = list(x)
    for i, v in enumerate(xs):
        xs[i] = v * xs[i - 1]
    return sum(xs)


def three_kinds_of_copy(x: Any) -> Any:
    a = list(x)
    b = a[:]
    c = a.copy()
    a[0] = 3.0
    b[1] = x[0] * x[1]
    c.append(x[2])
    return sum(a) * sum(b) * sum(c)


def list_argument_changed(x: Any, L: Any) -> Any:
    L.append(x[0] * x[1])
    L[0] = L[0] * 2
    return sum(L) * x[2]


def array_in_a_list_argument_written(x: Any, rows: Any) -> Any:
    rows[0][1] = x[0]
    return sum(sum(r) for r in rows) * rows[1][0]


def closure_appends(x: Any) -> Any:
    L = [x[0]]

    def rec(depth):
        L.append(L[-1] * x[1])
        return depth

    for i in range(3):
        rec(i)
    return L[-1] + L[1]


def trajectory_of_tuples(x: Any) -> Any:
    traj = []
    pos, vel = x[0], x[1]
    for t in range(6):
        traj.append((pos, vel))
        vel = vel - 0.1 * np.sin(pos)
        pos = pos + 0.1 * vel
    return sum(p * p + v * v for p, v in traj)


def two_appends_or_one(x: Any) -> Any:
    st = [1.0]
    for i in range(len(x)):
        top = st.pop()
        if x[i] > 0.6:
            st.append(top)
            st.append(x[i] * top)
        else:
            st.append(top * x[i])
    return st[-1] * len(st)


def dict_of_lists(x: Any) -> Any:
    d = {}
    for name, v in zip(("a", "b", "c"), (x[0], x[1], x[2])):
        d.setdefault(name, []).append(v)
        d[name].append(v * v)
    return sum(d["a"]) * sum(d["b"]) + d.pop("c")[1]


def nested_list_argument(x: Any, p: Any) -> Any:
    p[0].append(x[1])
    p[1][0] = x[0] * x[2]
    return sum(p[0]) * p[1][0]


# Refused --------------------------------------------------------------------------------------


def written_after_it_was_stored(x: Any) -> Any:
    y = x * 1.0
    L = []
    for k in range(3):
        y[k] = y[k] ** 2
        L.append(y)
    return np.sum(L[0] * L[1] * L[2])


def one_row_in_a_comprehension(x: Any) -> Any:
    row = [0.0, 0.0]
    L = [row for _ in range(3)]
    L[0][0] = x[0]
    return L[2][0] * x[1]


def item_that_grows_later(x: Any) -> Any:
    row = [x[0]]
    L = []
    for i in range(2):
        L.append(row)
        row.append(x[1])
    return len(L[0]) * x[0] + sum(L[0])


PROGRAMS: list[tuple[Any, tuple[Any, ...]]] = [
    (filled_in_a_loop, (X,)),
    (recurrence_on_the_last_item, (X,)),
    (sum_of_a_generator, (X,)),
    (enumerate_with_condition, (X,)),
    (alias_of_a_list, (X,)),
    (extrema_of_comprehensions, (X,)),
    (set_insert_pop, (X,)),
    (stacked_comprehension, (X,)),
    (dict_that_grows, (X,)),
    (list_of_zeros_filled, (X,)),
    (stack_emptied_by_while, (X,)),
    (table_by_nested_comprehension, (X,)),
    (sorted_items, (X,)),
    (any_all_copies_and_sums, (X,)),
    (history_of_arrays, (X,)),
    (appends_on_two_paths, (X,)),
    (pair_rotated, (X,)),
    (comprehension_unpacked, (X,)),
    (layers_in_tuples, (X,)),
    (slices_of_a_list, (X,)),
    (rows_of_lists, (X,)),
    (gradient_reads_a_written_array, (X,)),
    (gradient_reads_a_grown_list, (X,)),
    (gradient_by_a_list, (X,)),
    (pullback_of_a_list, (X,)),
    (callee_appends, (X,)),
    (default_that_is_not_changed, (X,)),
    (table_filled, (X,)),
    (triangle_of_rows, (X,)),
    (polynomial_in_lists, (X,)),
    (continue_break_else, (X,)),
    (descent_on_a_list, (X,)),
    (descent_on_a_dict, (X,)),
    (memo_with_known_keys, (X,)),
    (queue_of_tuples, (X,)),
    (joined_comprehensions, (X,)),
    (arrays_in_a_list_written, (X,)),
    (filtered_pairs, (X,)),
    (sort_reverse_delete, (X,)),
    (array_of_pairs, (X,)),
    (dict_of_state_and_history, (X,)),
    (one_list_twice_in_a_list, (X,)),
    (reduced_by_pops, (X,)),
    (bubble_sort, (X,)),
    (floyd_warshall_in_lists, (X,)),
    (buckets, (X,)),
    (rows_of_a_list_of_arrays_written, (X,)),
    (array_stored_then_rebound, (X,)),
    (copies_of_a_written_array, (X,)),
    (item_changed_through_its_name, (X,)),
    (rows_that_grow, (X,)),
    (one_row_three_times, (X,)),
    (items_changed_while_walked, (X,)),
    (items_set_while_enumerated, (X,)),
    (three_kinds_of_copy, (X,)),
    (list_argument_changed, (X, [1.0, 2.0])),
    (array_in_a_list_argument_written, (X, [np.ones(2), 2.0 * np.ones(2)])),
    (closure_appends, (X,)),
    (trajectory_of_tuples, (X,)),
    (two_appends_or_one, (X,)),
    (dict_of_lists, (X,)),
    (nested_list_argument, (X, [[1.0, 2.0], [3.0]])),
]
REFUSED: list[tuple[Any, str]] = [
    (written_after_it_was_stored, "may be the same array"),
    (one_row_in_a_comprehension, "may be the same object"),
    (item_that_grows_later, "an item of another list"),
]
