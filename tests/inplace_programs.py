"""Programs that write into arrays, as scientists write them, with arguments."""

from __future__ import annotations

from typing import Any

import numpy as np

RNG = np.random.default_rng(5)
PAIRS = np.array([0, 0, 1, 3])
WHERE = np.array([2, 0])


# Stores, views and names ----------------------------------------------------------------------


def augmented_parameter(x: Any) -> Any:
    x += 1.0
    return x * x


def augmented_alias(x: Any) -> Any:
    y = x * 2
    z = y
    y += x
    return z * y


def augmented_view(x: Any) -> Any:
    y = x * 2
    v = y[1:]
    v += 1.0
    v *= x[1:]
    return np.sum(y)


def augmented_in_container(x: Any) -> Any:
    y = x * 2
    pair = (y, x)
    y += x
    return pair[0] * pair[1]


def augmented_in_loop(x: Any) -> Any:
    y = x * 2
    z = y
    for _ in range(3):
        z = y
        y *= x
    return y + z


def bump(v: Any) -> Any:
    v += 1.0
    return v


def augmented_in_callee(x: Any) -> Any:
    y = x * 2
    return bump(y) * y


def augmented_while_iterated(x: Any) -> Any:
    y = x * 2
    for v in y:
        y += v
    return y


def rows_of_a_loop(A: Any) -> Any:
    for row in A:
        row[0] = row[1] * row[2]
        row *= 2.0
    return np.sum(A * A)


def swapped_rows(A: Any) -> Any:
    A[0], A[1] = A[1].copy(), A[0].copy()
    A[0, 0], A[1, 1] = A[1, 1], A[0, 0]
    return A[0] * 2.0 + A[1] * A[1]


def swapped_views(A: Any) -> Any:
    """NumPy's trap: the second store reads what the first has written."""
    B = A * 1.0
    B[0], B[1] = B[1], B[0]
    return np.sum(B * A)


def view_of_view(A: Any) -> Any:
    B = A * A
    inner = B[1:, 1:]
    row = inner[0]
    row[-1] = 3.0 * A[0, 0]
    inner[1] *= A[0, 1]
    B[1, 1] += row[0]
    return np.sum(B * B)


def loop_over_a_view(x: Any) -> Any:
    y = x * 2.0
    tail = y[1:]
    for i in range(len(tail)):
        tail[i] += y[i] * tail[i]
    for i in range(len(tail) - 2, -1, -1):
        tail[1:][i] *= x[0]
    return np.sum(y * x)


def through_transpose(A: Any) -> Any:
    B = A * 2.0
    T = B.T
    T[0, 1:] = A[0, 1:] ** 2
    B[2, 0] *= 3.0
    return np.sum(T * T)


def through_ravel(x: Any) -> Any:
    B = np.zeros((2, 3))
    flat = B.ravel()
    flat[:] = x * x
    B[0, 1] = x[5]
    return np.sum(flat * x)


def through_reshape(x: Any) -> Any:
    y = np.sin(x)
    grid = y.reshape(2, 3)
    grid[1, :2] = x[0] * x[:2]
    return np.sum(y * x)


def strided(x: Any) -> Any:
    y = np.zeros(6)
    y[::2] = x[:3]
    y[1::2] = x[3:] * y[::2]
    y[::-1] += x
    return np.sum(y * y * x)


def broadcast_store_row(x: Any) -> Any:
    y = np.ones((2, x.shape[0]))
    y[:] = x
    y[1] *= x[0]
    return np.sum(y * y)


def masked(x: Any) -> Any:
    y = x * x
    y[y > 0.5] = x[0]
    y[x < 0.0] *= x[1]
    mask = x > 0.1
    y[mask] += x[mask] ** 2
    return np.sum(y * x)


def fancy(x: Any) -> Any:
    y = x * 2.0
    y[WHERE] = x[1:3] * x[0]
    y[PAIRS] += x[:4]
    y[PAIRS] = x[1:5] ** 2 * y[0]
    return np.sum(y * y * x)


def scatter(x: Any) -> Any:
    y = np.zeros(4)
    np.add.at(y, PAIRS, x[:4] * x[2])
    np.subtract.at(y, PAIRS, x[1:5])
    return np.sum(y * y)


def histogram(x: Any) -> Any:
    bins = np.zeros(4)
    for k in range(len(x)):
        i = int(abs(x[k]) * 3.0) % 4
        bins[i] += x[k] * x[k]
    return bins


def in_place_methods(x: Any) -> Any:
    y = x * 2.0
    z = np.empty_like(y)
    z.fill(x[0])
    np.copyto(z, y * x, where=x > 0)
    w = y * z
    w.sort()
    np.multiply(w, x, out=y)
    M = np.zeros((3, 3))
    np.fill_diagonal(M, x[:3])
    return np.sum(y * w) + np.sum(M @ M) + np.sum(z)


def branch_store(x: Any) -> Any:
    y = x * 2.0
    if x[0] > 0:
        y[1] = x[0] * x[2]
    else:
        y[0] = x[1] ** 2
        y = y * x
    y[2] *= 3.0
    return np.sum(y * y)


def chosen_then_exchanged(x: Any) -> Any:
    """What a branch made is read by the adjoint after a loop has written into it."""
    if x[0] > 0:
        y = x * 2.0
    else:
        y = x * 3.0
        y[0] = 1.0
    z = np.sin(y)
    for i in range(2):
        y[i], y[1] = y[1], y[i]
    return np.sum(z) + np.sum(y * y * y)


def row_into_column(A: Any) -> Any:
    """The tangent of the store is a row of the array that is written."""
    A[:, 2] = A[1] + 0.1
    return np.sum(A * A * A)


def early_exit(x: Any) -> Any:
    y = x * 1.0
    for i in range(1, 6):
        if y[i - 1] > 3.0:
            y[0] *= 2.0
            break
        y[i] += y[i - 1] ** 2
        if i == 4:
            return np.sum(y)
    y[-1] = y[0] * x[0]
    return np.sum(y * x)


def normalise(v: Any, k: int) -> None:
    if k > 1:
        v[k] = 0.5 * v[0]
        return
    v /= np.sum(v * v) + 1.0


def callee_with_exits(x: Any) -> Any:
    y = x * 2.0
    for k in range(4):
        normalise(y[1:], k)
    return np.sum(y * x)


def while_store(x: Any) -> Any:
    y = x * 0.5
    n = 0
    while n < 4 and y[n] < 2.0:
        y[n + 1] += y[n] * x[n]
        n += 1
    return np.sum(y * y)


def rotated_buffers(x: Any) -> Any:
    a = x * 1.0
    b = np.zeros_like(x)
    for _ in range(3):
        b[1:] = a[:-1] * x[1:]
        b[0] = a[0] ** 2
        a, b = b, a
    return np.sum(a * x) + b[0]


def new_array_each_step(x: Any) -> Any:
    u = x * 1.0
    for _ in range(3):
        new = np.empty_like(u)
        for i in range(len(u)):
            new[i] = u[i] * u[i - 1] * 0.5
        u = new
    return np.sum(u * x)


def casts(x: Any) -> Any:
    n = np.zeros(3, dtype=int)
    n[1] = x[0] * 10.0
    y = np.zeros(3, dtype=np.float32)
    y[:2] = x[:2]
    return np.sum(x) * float(n[1] >= 0) + float(y[0]) * 0.0


# Numerical programs ---------------------------------------------------------------------------


def heat(u: Any, k: float, steps: int) -> Any:
    for t in range(steps):
        u[1:-1] += k * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    return np.sum(u * u)


def heat_nonlinear(u: Any, k: float) -> Any:
    for t in range(4):
        flux = u[1:] ** 2 - u[:-1]
        u[1:-1] += k * (flux[1:] - flux[:-1])
        u[0] = u[1]
    return np.sum(u * u)


def wave(u: Any, c: float) -> Any:
    prev = u.copy()
    now = u.copy()
    for t in range(3):
        new = np.zeros_like(now)
        new[1:-1, 1:-1] = (
            2.0 * now[1:-1, 1:-1] - prev[1:-1, 1:-1]
            + c * (now[2:, 1:-1] + now[:-2, 1:-1] + now[1:-1, 2:] + now[1:-1, :-2]
                   - 4.0 * now[1:-1, 1:-1])
        )  # fmt: skip
        new[0, :] = 0.0
        new[:, -1] = new[:, -2]
        prev, now = now, new
    return np.sum(now * now)


def jacobi(A: Any, b: Any) -> Any:
    n = len(b)
    x = np.zeros(n)
    for _ in range(3):
        new = np.zeros(n)
        for i in range(n):
            s = 0.0
            for j in range(n):
                if j != i:
                    s += A[i, j] * x[j]
            new[i] = (b[i] - s) / A[i, i]
        x = new
    return x


def gauss_seidel(A: Any, b: Any) -> Any:
    x = np.zeros(len(b))
    for _ in range(3):
        for i in range(len(b)):
            x[i] = (b[i] - A[i, :i] @ x[:i] - A[i, i + 1 :] @ x[i + 1 :]) / A[i, i]
    return x


def thomas(a: Any, b: Any, c: Any, d: Any) -> Any:
    n = len(d)
    for i in range(1, n):
        w = a[i] / b[i - 1]
        b[i] -= w * c[i - 1]
        d[i] -= w * d[i - 1]
    x = np.zeros(n)
    x[-1] = d[-1] / b[-1]
    for i in range(n - 2, -1, -1):
        x[i] = (d[i] - c[i] * x[i + 1]) / b[i]
    return x


def lu(A: Any) -> Any:
    n = A.shape[0]
    for k in range(n):
        for i in range(k + 1, n):
            A[i, k] /= A[k, k]
            for j in range(k + 1, n):
                A[i, j] -= A[i, k] * A[k, j]
    return np.sum(A * A)


def cholesky(A: Any) -> Any:
    n = A.shape[0]
    A[0, 0] = np.sqrt(A[0, 0])
    for i in range(1, n):
        for j in range(i):
            A[i, j] -= np.dot(A[i, :j], A[j, :j])
            A[i, j] /= A[j, j]
        A[i, i] -= np.dot(A[i, :i], A[i, :i])
        A[i, i] = np.sqrt(A[i, i])
    total = 0.0
    for i in range(n):
        total += np.log(A[i, i])
    return 2.0 * total


def gram_schmidt(A: Any) -> Any:
    Q = A.copy()
    for j in range(Q.shape[1]):
        for i in range(j):
            Q[:, j] -= np.dot(Q[:, i], Q[:, j]) * Q[:, i]
        Q[:, j] /= np.sqrt(np.sum(Q[:, j] ** 2))
    return np.sum(Q * A)


def floyd_warshall(D: Any) -> Any:
    n = len(D)
    for k in range(n):
        for i in range(n):
            for j in range(n):
                D[i, j] = min(D[i, j], D[i, k] + D[k, j])
    return np.sum(D)


def recursive_filter(x: Any, a: float) -> Any:
    y = np.zeros_like(x)
    y[0] = x[0]
    for i in range(1, len(x)):
        y[i] = a * y[i - 1] + (1.0 - a) * x[i]
    for i in range(len(x) - 2, -1, -1):
        y[i] += a * y[i + 1]
    return y


def fft(re: Any, im: Any) -> Any:
    n = len(re)
    j = 0
    for i in range(1, n):
        bit = n >> 1
        while j & bit:
            j ^= bit
            bit >>= 1
        j |= bit
        if i < j:
            re[i], re[j] = re[j], re[i]
            im[i], im[j] = im[j], im[i]
    size = 2
    while size <= n:
        half = size // 2
        for start in range(0, n, size):
            for k in range(half):
                angle = -2.0 * np.pi * k / size
                c, s = np.cos(angle), np.sin(angle)
                p, q = start + k, start + k + half
                t = c * re[q] - s * im[q]
                u = s * re[q] + c * im[q]
                re[q] = re[p] - t
                im[q] = im[p] - u
                re[p] += t
                im[p] += u
        size *= 2
    return np.sum((re**2 + im**2) * np.arange(1.0, 5.0))


def n_body(x: Any, v: Any) -> Any:
    n = len(x)
    for _ in range(2):
        f = np.zeros_like(x)
        for i in range(n):
            for j in range(n):
                if i != j:
                    d = x[j] - x[i]
                    f[i] += d / (np.sum(d * d) + 0.5) ** 1.5
        v += 0.1 * f
        x += 0.1 * v
    return np.sum(x * x) + np.sum(v**2)


def convolution(x: Any, w: Any) -> Any:
    out = np.zeros((x.shape[0] - 1, x.shape[1] - 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.sum(x[i : i + 2, j : j + 2] * w)
    return np.tanh(out)


def lstm(xs: Any, W: Any) -> Any:
    h, c = np.zeros(2), np.zeros(2)
    hs = np.zeros((len(xs), 2))
    for t in range(len(xs)):
        z = W @ np.concatenate((xs[t], h))
        i, f, o = 1.0 / (1.0 + np.exp(-z[:6].reshape(3, 2)))
        c = f * c + i * np.tanh(z[6:])
        h = o * np.tanh(c)
        hs[t] = h
    return hs


def kalman(zs: Any, q: float, r: float) -> Any:
    x, P = 0.0, 1.0
    out = np.empty(len(zs))
    for t in range(len(zs)):
        P += q
        K = P / (P + r)
        x += K * (zs[t] - x)
        P *= 1.0 - K
        out[t] = x
    return out


def viterbi(E: Any, T: Any) -> Any:
    score = np.zeros_like(E)
    score[0] = E[0]
    for t in range(1, len(E)):
        for j in range(E.shape[1]):
            score[t, j] = np.max(score[t - 1] + T[:, j]) + E[t, j]
    return np.max(score[-1])


# What random programs found --------------------------------------------------------------------


def array_returned_from_loop(x: Any, y: Any) -> Any:
    u = np.empty(6)
    u[:] = x * y
    for _ in range(2):
        u[0] *= y
        for _ in range(2):
            x[0] *= 0.5
            if y > 5.0:
                return u
    return x


def shifted_by_its_own_item(A: Any) -> Any:
    row = A[0]
    A -= row[0]
    return A


def rows_added_before_overwritten(A: Any, x: Any) -> Any:
    for i in range(3):
        x[0] += A[0, 2]
        for j in range(1, 3):
            A[(j + 2) % 3, 1:] += x[1:3]
    return A * x[0]


def row_read_in_a_branch(A: Any, x: Any) -> Any:
    for row in A:
        if x[1] > 50.0:
            break
        x[[0, 3, 0]] += row[0] * row[1]
    A[1:] = x[:3]
    return A


def number_spread_over_rows(A: Any, x: Any) -> Any:
    u = np.zeros_like(A)
    for i in range(1, 4):
        u[i - 1, 1:] = np.tanh(x[i + 1])
    return A * np.sin(u)


def pieces_of_one_view(x: Any) -> Any:
    q = x[:4]
    q[:-1] = q[1:]
    q[1:] = q[:-1]
    x[1:4][::-1] = x[1:4]
    return x * q[0]


def _spd(n: int) -> Any:
    m = np.random.default_rng(1).normal(size=(n, n))
    return m @ m.T + n * np.eye(n)


X = RNG.normal(size=6)
A3 = RNG.normal(size=(3, 3))
M4 = _spd(4)


def stopped_from_the_end(x: Any) -> Any:
    s = x[0]
    for i in reversed(range(0, len(x), 2)):
        s = np.sin(s)
        if i < 3:
            s = s * x[i]
            break
    return 0.5 * s


def returned_from_a_reversed_loop(x: Any, s: Any) -> Any:
    for i in reversed(range(3)):
        s = np.sin(s)
        if s < 0.83:
            return s * x[i]
    return 0.5 * s


def pair_after_continue(x: Any, s: Any) -> Any:
    z = 0.1 * s
    while z < 0.9:
        z += 0.35
        if s < 0.83:
            continue
        if s > -0.47:
            return (x, s)
    return (x[::-1], s * z)


def pair_returned_after_continue(x: Any, s: Any) -> Any:
    y, t = pair_after_continue(x, s)
    return y * t


def counts_stored_in_an_argument(x: Any, counts: Any) -> Any:
    counts[-1] = 1.0 + 0.9 * np.tanh(x[0])
    counts[1:] += counts[:-1]
    return np.sum(x[counts[0]] * counts * x[0])


def pieces_of_an_array_that_overlap(a: Any) -> Any:
    row = a[1:]
    row[...] = a[:-1]
    turned = a.T
    turned[::-1] = a.T * 2.0
    back = a[::-1]
    back[1:, ::2] = a[1:, ::2]
    return a


def columns_first(a: Any) -> Any:
    c = a.copy(order="F")
    turned = c.reshape((4, 3), order="F")
    turned[1] *= a[0, :3]
    line = c.T.ravel()
    line[2] = np.sum(turned)
    return c * a


def parts_without_gaps(a: Any) -> Any:
    c = np.copy(a, order="C")
    p = c[1:].reshape(4, 2)
    p[1] = a[0, :2] * p[2]
    q = c[0, 1:3].reshape(2, 1)
    q[0] = 2.0 * a[0, 0]
    return c * a


def diagonals_and_layouts(a: Any) -> Any:
    wide = np.array(a, order="F")
    np.fill_diagonal(wide, a[0, 1] * a[1, 0])
    np.fill_diagonal(a[1:].T, 0.5 * wide[0, 0])
    return a * wide


V3 = RNG.normal(size=3)

INPLACE: list[tuple[Any, tuple[Any, ...]]] = [
    (augmented_parameter, (X,)),
    (augmented_alias, (X,)),
    (augmented_view, (X,)),
    (augmented_in_container, (X,)),
    (augmented_in_loop, (X,)),
    (augmented_in_callee, (X,)),
    (augmented_while_iterated, (V3,)),
    (rows_of_a_loop, (A3,)),
    (swapped_rows, (A3,)),
    (swapped_views, (A3,)),
    (view_of_view, (A3,)),
    (loop_over_a_view, (X,)),
    (through_transpose, (A3,)),
    (through_ravel, (X,)),
    (through_reshape, (X,)),
    (strided, (X,)),
    (broadcast_store_row, (X,)),
    (masked, (X,)),
    (fancy, (X,)),
    (scatter, (X,)),
    (histogram, (X,)),
    (in_place_methods, (X,)),
    (branch_store, (X,)),
    (branch_store, (-X,)),
    (chosen_then_exchanged, (X,)),
    (chosen_then_exchanged, (-X,)),
    (row_into_column, (A3,)),
    (early_exit, (np.abs(X),)),
    (early_exit, (3.0 * np.abs(X),)),
    (callee_with_exits, (X,)),
    (while_store, (X,)),
    (rotated_buffers, (X,)),
    (new_array_each_step, (X,)),
    (heat, (X, 0.2, 3)),
    (heat_nonlinear, (X, 0.2)),
    (wave, (RNG.normal(size=(5, 4)), 0.3)),
    (jacobi, (M4, X[:4])),
    (gauss_seidel, (M4, X[:4])),
    (thomas, (X[:4], 4.0 + X[1:5] ** 2, X[2:6], X[:4] * 2.0)),
    (lu, (M4,)),
    (cholesky, (M4,)),
    (gram_schmidt, (A3,)),
    (floyd_warshall, (np.abs(RNG.normal(size=(4, 4))),)),
    (recursive_filter, (X, 0.6)),
    (fft, (X[:4], X[2:6].copy())),
    (n_body, (RNG.normal(size=(3, 2)), RNG.normal(size=(3, 2)))),
    (convolution, (RNG.normal(size=(3, 4)), RNG.normal(size=(2, 2)))),
    (lstm, (RNG.normal(size=(2, 3)), RNG.normal(size=(8, 5)))),
    (kalman, (X, 0.3, 0.7)),
    (viterbi, (RNG.normal(size=(4, 3)), A3)),
    (array_returned_from_loop, (X, 0.7)),
    (shifted_by_its_own_item, (A3,)),
    (rows_added_before_overwritten, (A3, X)),
    (row_read_in_a_branch, (A3, X)),
    (number_spread_over_rows, (A3, X)),
    (pieces_of_one_view, (X,)),
    (stopped_from_the_end, (X,)),
    (returned_from_a_reversed_loop, (X, 1.2)),
    (returned_from_a_reversed_loop, (X, 0.1)),
    (pair_returned_after_continue, (X, 1.2)),
    (pair_returned_after_continue, (X, 0.1)),
    (counts_stored_in_an_argument, (X, np.array([2, 0, 1]))),
    (pieces_of_an_array_that_overlap, (A3,)),
    (columns_first, (RNG.normal(size=(3, 4)),)),
    (parts_without_gaps, (RNG.normal(size=(3, 4)),)),
    (diagonals_and_layouts, (A3,)),
    (diagonals_and_layouts, (np.asfortranarray(RNG.normal(size=(3, 4))),)),
]
