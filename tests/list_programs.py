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


def rows_with_constants(x: Any) -> Any:
    rows = []
    for v in x:
        rows.append([v, v * v, 1.0])
    A = np.array(rows)
    return np.sum(A @ A)


def indices_in_a_list(x: Any) -> Any:
    idx = []
    for i in range(3):
        idx.append((i * 2) % 3)
    return np.sum(x[idx] * X) * x[idx[1]]


def grown_in_two_loops(x: Any) -> Any:
    L = []
    for i in range(len(x)):
        for j in range(i, len(x)):
            L.append(x[i] * x[j])
    s = 0.0
    for k in range(len(L)):
        s = s + L[k] * L[k] * k
    return s


def returned_from_a_growing_list(x: Any) -> Any:
    L = []
    for i in range(10):
        L.append(x[i % 3] ** 2)
        if sum(L) > 3.0:
            return L[-1] * L[0] * i
    return sum(L)


def grown_or_replaced(x: Any) -> Any:
    L = []
    for v in x:
        L.append(v)
    if x[0] > 0.1:
        L.append(x[1] * x[2])
    elif x[0] > 0:
        L = [x[0]]
    return sum(v * v for v in L)


def levels_of_a_tree(x: Any) -> Any:
    prev, cur = [x[0]], []
    for k in range(4):
        for p in prev:
            cur.append(p * x[1])
            if len(cur) < 5:
                cur.append(p + x[2])
        prev, cur = cur, []
    return sum(prev)


def sum_reset_when_full(x: Any) -> Any:
    L = []
    s = 0.0
    for v in x:
        L.append(v)
        if len(L) > 1:
            s = 1.0 * v
            L = []
    return s + sum(L)


def slice_from_a_counter(x: Any) -> Any:
    A = [x[0], x[1]]
    i = 0
    for k in range(2):
        i = i + 1
    out = [1.0]
    out.extend(A[i:])
    return sum(out)


def sorted_by_abs(x: Any) -> Any:
    L = sorted([v - 1.1 for v in x], key=abs, reverse=True)
    return L[0] + 2 * L[1] + 3 * L[2] * L[0]


def sort_by_a_key(x: Any) -> Any:
    w = x[1]
    L = [v for v in x]
    L.sort(key=lambda v: np.cos(v * w), reverse=True)
    return L[0] + 2 * L[1] + 3 * L[2] * L[0]


def extrema_by_a_key(x: Any) -> Any:
    pts = [(v, v * v) for v in x]
    a = max(pts, key=lambda p: p[1])
    b = min(pts, key=lambda p: p[0] * 2)
    c = max(x[0], -x[1], key=abs)
    return a[0] * b[1] + c**2


def extrema_with_default(x: Any) -> Any:
    return max([v for v in x if v < 1.0], key=lambda v: -v, default=2.0) ** 2 + min(
        [], default=x[0]
    )


def first_of_a_generator(x: Any) -> Any:
    return (
        next((v * v for v in x if v > 6.0), x[0] * x[1])
        + next((i for i in range(3) if x[i] > 0.6), -1) * x[2]
    )


def extended_by_a_generator(x: Any) -> Any:
    L = [x[0]]
    L.extend(v * v for v in x if v > 0.6)
    L.extend(np.array([x[1], x[2]]))
    L.extend(range(2))
    L += (v * 2 for v in x)
    return sum(L) * L[1]


def priority_queue(x: Any) -> Any:
    q = [(x[0], 0), (x[1], 1)]
    out = 0.0
    for step in range(4):
        q.sort()
        d, k = q.pop(0)
        out += d * (k + 1)
        q.append((d * 1.5 + x[2], k + 1))
    return out


def cleared_when_full(x: Any) -> Any:
    L = []
    s = 0.0
    for v in x:
        L.append(v)
        L.append(v * v)
        if len(L) > 3:
            s += sum(L)
            L.clear()
    return s + sum(L) * 2


def list_of_a_tuple(x: Any) -> Any:
    t = tuple(x)
    L = list(t)
    L[0] = t[1]
    return L[0] * t[0]


def merge_of_sorted_lists(x: Any) -> Any:
    A = [x[0], x[1]]
    B = [x[2], x[2] * 2]
    out = []
    i = j = 0
    while i < len(A) and j < len(B):
        if A[i] <= B[j]:
            out.append(A[i])
            i += 1
        else:
            out.append(B[j])
            j += 1
    out.extend(A[i:])
    out.extend(B[j:])
    return sum(v * k for k, v in enumerate(out))


def selection_without_replacement(x: Any) -> Any:
    left = [0, 1, 2]
    s = 0.0
    while left:
        k = left[0]
        for j in left:
            if x[j] < x[k]:
                k = j
        s = s * x[k] + x[k]
        left = [j for j in left if j != k]
    return s


def histories_of_a_cell(x: Any) -> Any:
    hs, cs = [0.0], [0.0]
    for t in range(4):
        f = 1 / (1 + np.exp(-(x[0] * hs[-1] + x[1])))
        cs.append(f * cs[-1] + (1 - f) * np.tanh(x[2] * hs[-1] + t))
        hs.append(np.tanh(cs[-1]) * f)
    return sum(hs) * cs[-1]


def cache_of_none(x: Any) -> Any:
    cache = [None, None, None]
    for i in range(3):
        if cache[i] is None:
            cache[i] = x[i] ** 2
    return cache[0] * cache[1] + cache[2]


def gradient_of_a_sum_over_a_list(x: Any) -> Any:
    def cost(ws):
        return sum(w * w * w for w in ws)

    g = grad(cost)([x[0], x[1] * x[2]])
    return g[0] * g[1]


def elimination_with_exchanged_rows(x: Any) -> Any:
    n = 3
    A = [[x[i] * x[j] + (3.0 if i == (j + 1) % 3 else 0.0) for j in range(n)] for i in range(n)]
    for i in range(n):
        p = i
        for k in range(i + 1, n):
            if abs(A[k][i]) > abs(A[p][i]):
                p = k
        A[i], A[p] = A[p], A[i]
        for k in range(i + 1, n):
            f = A[k][i] / A[i][i]
            A[k] = [A[k][j] - f * A[i][j] for j in range(n)]
    return A[0][0] * A[1][1] * A[2][2]


def gradient_by_a_grown_list(x: Any) -> Any:
    def cost(ws):
        s = 0.0
        for w in ws:
            s = s + w**3
        return s

    L = []
    for v in x:
        L.append(v * v)
    g = grad(cost)(L)
    return sum(g) * g[0]


def starred_rest(x: Any) -> Any:
    L = []
    for v in x:
        L.append(v * v)
    first, *rest = L
    return first * sum(rest)


def returns_a_dict_of_lists(x: Any) -> Any:
    d = {"a": [], "b": x * 2}
    for v in x:
        d["a"].append(v * v)
    return d


def returns_a_triangle(x: Any) -> Any:
    out = []
    for i in range(3):
        out.append([x[i] * x[j] for j in range(i)])
    return out


def pop_before_the_last(x: Any) -> Any:
    L = [v * v for v in x]
    L.append(x[0])
    v = L.pop(-2)
    return v * L[0] + L[1] * L[-1]


def largest_first(x: Any) -> Any:
    L = [v * v for v in x]
    s = 0.0
    while L:
        s = s * x[0] + L.pop(L.index(max(L)))
    return s


def inserted_anywhere(x: Any) -> Any:
    L = [v * v for v in x]
    for i in range(3):
        L.insert(i, x[i] * 2)
    L.insert(-1, x[0])
    return sum(v * k for k, v in enumerate(L))


def slices_replaced(x: Any) -> Any:
    L = [v * v for v in x]
    L.append(x[0])
    L[1:3] = [x[1], x[2], x[0]]
    L[-1:] = L[:2]
    L[:0] = [x[2] ** 2]
    return sum(v * v * k for k, v in enumerate(L))


def slices_deleted(x: Any) -> Any:
    L = [v * v for v in x] + [x[0]]
    del L[:2]
    del L[-1:]
    return sum(L)


def extended_by_itself(x: Any) -> Any:
    L = [v for v in x]
    L.extend(L)
    L += L
    return sum(L) * len(L)


def array_taken_and_put_back(x: Any) -> Any:
    L = [x * v for v in x]
    a = L.pop(1)
    L.insert(1, a * a)
    return np.sum(L[0] * L[1] * L[2])


def moving_window(x: Any) -> Any:
    w = []
    s = 0.0
    for i in range(7):
        w.append(x[i % 3] ** 2 * i)
        if len(w) > 3:
            del w[0]
        s += w[0] * w[-1]
    return s


def first_item_in_a_branch(x: Any) -> Any:
    L = []
    for i in range(4):
        if i == 0:
            L.append(x[0])
        else:
            L.append(L[-1] * x[1] + L[i - 1])
    return sum(v * v for v in L)


def index_that_is_there_later(x: Any) -> Any:
    L = [x[0]]
    s = 0.0
    for i in range(4):
        if i > 1:
            s += L[1] * L[2 - 1]
        L.append(x[1] * L[-1])
    return s + L[-1]


def pop_that_works_later(x: Any) -> Any:
    L = []
    s = 0.0
    for i in range(6):
        if i > 2:
            s = s * 2 + L.pop()
            s = s + L[-1]
            L[0] = L[0] * 2
        L.append(x[i % 3] ** 2)
    return s + sum(L)


def insertion_into_a_sorted_list(x: Any) -> Any:
    L = []
    for v in x:
        k = 0
        while k < len(L) and L[k] < v:
            k += 1
        L.insert(k, v)
    return L[0] + L[1] ** 2 + L[2] * L[0]


def arrays_appended_on_two_paths(x: Any) -> Any:
    H = []
    for i in range(4):
        if i > 0:
            y = H[-1] * x + H[i - 1]
        else:
            y = x * 1.0
        H.append(y)
    return np.sum(H[-1])


def dict_with_tuples_as_keys(x: Any) -> Any:
    d = {}
    for i in range(2):
        for j in range(2):
            d[i, j] = x[i] * x[j + 1]
    s = 0.0
    for (i, j), v in d.items():
        s += v * (i + 1)
    if (0, 1) in d:
        s = s * d.get((1, 1), 2.0)
    return d[0, 1] * d[(1, 0)] + s


def dict_in_order(x: Any) -> Any:
    d = {"b": x[0], "a": x[1], "c": x[2]}
    s = 0.0
    for k in sorted(d):
        s = s * 2 + d[k]
    for k in sorted(d.keys(), reverse=True):
        s = s * d[k]
    for k, v in sorted(d.items()):
        s = s * 3 + v
    return s


def pieces_ended_by_a_value(x: Any) -> Any:
    rows = []
    cur = []
    for i in range(len(x)):
        cur.append(x[i])
        if x[i] > 0.6:
            rows.append(cur)
            cur = []
    return sum(sum(r) * r[0] for r in rows)


def pieces_of_two(x: Any) -> Any:
    rows = []
    cur = []
    for i in range(6):
        cur.append(x[i % 3])
        if len(cur) == 2:
            rows.append(cur)
            cur = []
    if cur:
        rows.append(cur)
    return sum(r[0] * r[1] for r in rows)


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


def numbers_of_two_kinds_exchanged(x: Any) -> Any:
    squares = [v * v for v in x]
    squares[1] = -0.7
    squares[0], squares[1] = squares[1], squares[0]
    squares[2] = squares[0]
    return sum(squares) * squares[1]


def items_of_a_list_of_arrays_exchanged(x: Any) -> Any:
    rows = [v * x for v in x]
    rows[0], rows[1] = rows[1], rows[0]
    rows[2] = rows[0]
    return np.sum(rows[0] * rows[1]) + np.sum(rows[2])


def tuple_of_a_lists_arrays(x: Any) -> Any:
    L = []
    for v in x:
        L.append(x * v)
    t = tuple(L)
    t[0][0] = 5.0
    return np.sum(L[0] * L[1])


def item_that_grows_under_another_name(x: Any) -> Any:
    cur = [x[0]]
    rows = [cur]
    for i in range(3):
        if i == 1:
            cur = [x[1]]
            rows.append(cur)
        cur.append(x[i] ** 2)
    return sum(sum(r) for r in rows) * rows[1][1]


def item_that_grows_through_an_alias(x: Any) -> Any:
    cur = [x[0]]
    rows = []
    alias = cur
    for i in range(3):
        rows.append(cur)
        cur = [x[1]]
    alias.append(x[2])
    return sum(rows[0])


def item_that_grows_in_the_next_iteration(x: Any) -> Any:
    cur = [x[0]]
    rows = []
    for i in range(3):
        cur.append(x[i])
        rows.append(cur)
        if x[i] > 0.6:
            cur = []
    return sum(rows[0]) + sum(rows[1])


def one_of_two_stored_then_changed(x: Any) -> Any:
    a = [x[0]]
    b = [x[1]]
    c = a if x[0] > 0.3 else b
    rows = []
    for i in range(2):
        rows.append([x[i]])
    rows.append(c)
    a.append(x[2])
    return sum(rows[2])


def one_of_two_changed_after_it_was_stored(x: Any) -> Any:
    a = [x[0]]
    b = [x[1]]
    rows = []
    for i in range(2):
        rows.append([x[i]])
    rows.append(a)
    c = a if x[0] > 0.3 else b
    c.append(x[2])
    return sum(rows[2])


def users_names_in_comprehensions(x: Any) -> Any:
    out, item = [x[0], x[1] * x[2]], x[1]
    squares = [out[k] * out[k] * item for k in range(2)]
    return sum(squares) + len(out) * x[0] + max(item * v for v in x)


def users_names_in_a_consumer(x: Any) -> Any:
    out = []
    for k in range(8):
        out.append(x * k)
    return max(row[1] for row in out) - min(row[2] for row in out)


def names_of_pythons_functions(x: Any) -> Any:
    len, bool, StopIteration = x[0], x[1], 2.0
    d = {k: len * bool * k for k in range(3)}
    return d[2] + next(v * len for v in x if v > bool) * StopIteration + any(v > len for v in x)


def item_under_another_name(x: Any) -> Any:
    rows = [[v, v] for v in x]
    best = rows[1] if x[0] > 0.1 else rows[0]
    for k in range(3):
        rows[k][0] = rows[k][0] * 3
    return best[0]


def items_chosen_into_a_list(x: Any) -> Any:
    rows = [[v] for v in x]
    large = [r for r in rows if r[0] > 0.7]
    for r in rows:
        r[0] = 10 * x[0]
    return sum(r[0] for r in large)


def slice_of_rows(x: Any) -> Any:
    rows = [[v] for v in x]
    first = rows[:2]
    rows[0][0] = 10 * x[1]
    return sum(r[0] for r in first)


def one_list_twice_in_an_item(x: Any) -> Any:
    rows = []
    for v in x:
        u = [v]
        rows.append([u, u])
    rows[1][0][0] = x[2] ** 2
    return sum(sum(r[1]) for r in rows)


def store_two_levels_down(x: Any) -> Any:
    rows = [[[v, v], [v, 1.0]] for v in x]
    rows[1][1][1] = x[1] * 2
    return sum(len(rows) * r[1][1] for r in rows)


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
    (item_that_grows_later, (X,)),
    (array_in_a_list_argument_written, (X, [np.ones(2), 2.0 * np.ones(2)])),
    (closure_appends, (X,)),
    (trajectory_of_tuples, (X,)),
    (two_appends_or_one, (X,)),
    (dict_of_lists, (X,)),
    (nested_list_argument, (X, [[1.0, 2.0], [3.0]])),
    (numbers_of_two_kinds_exchanged, (X,)),
    (items_of_a_list_of_arrays_exchanged, (X,)),
    (rows_with_constants, (X,)),
    (indices_in_a_list, (X,)),
    (grown_in_two_loops, (X,)),
    (returned_from_a_growing_list, (X,)),
    (grown_or_replaced, (X,)),
    (levels_of_a_tree, (X,)),
    (sum_reset_when_full, (X,)),
    (slice_from_a_counter, (X,)),
    (sorted_by_abs, (X,)),
    (sort_by_a_key, (X,)),
    (extrema_by_a_key, (X,)),
    (extrema_with_default, (X,)),
    (first_of_a_generator, (X,)),
    (extended_by_a_generator, (X,)),
    (priority_queue, (X,)),
    (cleared_when_full, (X,)),
    (list_of_a_tuple, (X,)),
    (merge_of_sorted_lists, (X,)),
    (selection_without_replacement, (X,)),
    (histories_of_a_cell, (X,)),
    (cache_of_none, (X,)),
    (gradient_of_a_sum_over_a_list, (X,)),
    (elimination_with_exchanged_rows, (X,)),
    (gradient_by_a_grown_list, (X,)),
    (starred_rest, (X,)),
    (returns_a_dict_of_lists, (X,)),
    (returns_a_triangle, (X,)),
    (pop_before_the_last, (X,)),
    (largest_first, (X,)),
    (inserted_anywhere, (X,)),
    (slices_replaced, (X,)),
    (slices_deleted, (X,)),
    (extended_by_itself, (X,)),
    (array_taken_and_put_back, (X,)),
    (moving_window, (X,)),
    (first_item_in_a_branch, (X,)),
    (index_that_is_there_later, (X,)),
    (pop_that_works_later, (X,)),
    (insertion_into_a_sorted_list, (X,)),
    (arrays_appended_on_two_paths, (X,)),
    (dict_with_tuples_as_keys, (X,)),
    (dict_in_order, (X,)),
    (pieces_ended_by_a_value, (X,)),
    (pieces_of_two, (X,)),
    (users_names_in_comprehensions, (X,)),
    (users_names_in_a_consumer, (X,)),
    (store_two_levels_down, (X,)),
    (names_of_pythons_functions, (np.array([0.5, 0.75, 1.25]),)),
]
REFUSED: list[tuple[Any, str]] = [
    (item_under_another_name, "'best' may be the same array"),
    (items_chosen_into_a_list, "'large' may be the same array"),
    (slice_of_rows, "'first' may be the same array"),
    (one_list_twice_in_an_item, "another item or name may be the same object"),
    (written_after_it_was_stored, "may be the same array"),
    (one_row_in_a_comprehension, "may be the same object"),
    (tuple_of_a_lists_arrays, "may be the same array"),
    (item_that_grows_under_another_name, "item of another list"),
    (item_that_grows_through_an_alias, "item of another list"),
    (item_that_grows_in_the_next_iteration, "item of another list"),
    (one_of_two_stored_then_changed, "item of another list"),
    (one_of_two_changed_after_it_was_stored, "item of another list"),
]


def parameters_by_name(x: Any) -> Any:
    p = dict(zip(("a", "b", "c"), x))
    squares = {k: v * v for k, v in p.items()}
    return p["a"] * p["b"] ** 2 + np.sin(p["c"]) * squares["a"]


def edges_of_a_graph(x: Any) -> Any:
    out = {"a": x[0], "b": 0.0, "c": 0.0}
    for (start, end), w in zip([("a", "b"), ("b", "c"), ("a", "c")], x):
        out[end] = out[end] + out[start] * w
    return out["c"]


def grouped(x: Any) -> Any:
    groups = {}
    for k, (name, v) in enumerate(zip(["a", "b", "a"], x)):
        groups.setdefault(name, []).append(v * (k + 1))
    return sum(sum(vs) ** 2 for vs in groups.values())


def counted_by_remainder(x: Any) -> Any:
    h = {}
    for i in range(3):
        key = f"k{i % 2}"
        h[key] = h.get(key, 0.0) + x[i] * x[i]
    return h["k0"] * h["k1"]


PROGRAMS += [
    (f, (X,)) for f in (parameters_by_name, edges_of_a_graph, grouped, counted_by_remainder)
]


def too_few(x: Any) -> Any:
    return dict(zip(("a", "b", "c", "d", "e"), x))["a"]


def returned_from_a_growing_list(x: Any, n: Any) -> Any:
    xs = [x[0]]
    for _ in range(n):
        if x[1] < 0:
            return xs[-1] * x[2]
        xs = xs + [x[1]]
    return sum(xs)


def list_of_one_path(x: Any, n: Any) -> Any:
    if n > 1:
        xs = [x[0] * k for k in range(n)]
    s = x[1] if n > 0 else x[2]
    return s * sum(xs) if n > 1 else s


PROGRAMS += [(returned_from_a_growing_list, (v, 2)) for v in (X, X * np.array([1.0, -1.0, 1.0]))]
PROGRAMS += [(list_of_one_path, (X, n)) for n in (0, 1, 3)]
