"""Numerical programs that write into arrays, as scientists write them, with arguments: solvers,
flows, waves, filters, networks. Beside those of `inplace_programs`."""

from __future__ import annotations

from typing import Any

import numpy as np

RNG = np.random.default_rng(11)


# Tridiagonal systems ----------------------------------------------------------------------------


def solve_tridiagonal(a: Any, b: Any, c: Any, d: Any) -> Any:
    """Thomas' algorithm; nothing of the caller is overwritten."""
    n = len(d)
    cp = np.empty(n)
    dp = np.empty(n)
    cp[0] = c[0] / b[0]
    dp[0] = d[0] / b[0]
    for i in range(1, n):
        m = b[i] - a[i] * cp[i - 1]
        cp[i] = c[i] / m
        dp[i] = (d[i] - a[i] * dp[i - 1]) / m
    x = np.empty(n)
    x[n - 1] = dp[n - 1]
    for i in range(n - 2, -1, -1):
        x[i] = dp[i] - cp[i] * x[i + 1]
    return x


def implicit_heat(u: Any, r: float, steps: int) -> Any:
    """Backward Euler: the factors are made once, each step sweeps the interior twice."""
    n = len(u)
    w = np.zeros(n)
    for i in range(1, n - 1):
        w[i] = r / (1.0 + 2.0 * r - r * w[i - 1])
    for _ in range(steps):
        for i in range(1, n - 1):
            u[i] = (u[i] + r * u[i - 1]) * w[i] / r
        for i in range(n - 2, 0, -1):
            u[i] += w[i] * u[i + 1]
    return np.sum(u * u)


def implicit_heat_constant(u: Any, steps: int) -> Any:
    """The same with a constant coefficient, the Thomas solve inside the time loop."""
    n = len(u)
    r = 0.4
    c = np.zeros(n)
    d = np.zeros(n)
    for _ in range(steps):
        for i in range(1, n - 1):
            m = 1.0 + 2.0 * r - r * c[i - 1]
            c[i] = r / m
            d[i] = (u[i] + r * d[i - 1]) / m
        for i in range(n - 2, 0, -1):
            u[i] = d[i] + c[i] * u[i + 1]
    return np.sum(u * u)


def implicit_heat_called(u: Any, k: Any, steps: int) -> Any:
    """A conductivity that varies in space, and a solver that is called in each step."""
    n = len(u)
    a, b, c = np.zeros(n), np.ones(n), np.zeros(n)
    a[1:-1] = -k[:-1]
    c[1:-1] = -k[1:]
    b[1:-1] += k[:-1] + k[1:]
    for _ in range(steps):
        u = solve_tridiagonal(a, b, c, u)
    return np.sum(u * u)


def adi(u: Any, steps: int) -> Any:
    """Alternating directions (PolyBench's, in place): column sweeps, then row sweeps."""
    n = u.shape[0]
    mu = 0.3
    v = np.zeros_like(u)
    p = np.zeros_like(u)
    q = np.zeros_like(u)
    for _ in range(steps):
        for i in range(1, n - 1):
            v[0, i] = 1.0
            p[i, 0] = 0.0
            q[i, 0] = v[0, i]
            for j in range(1, n - 1):
                m = mu * p[i, j - 1] + 1.0 + 2.0 * mu
                p[i, j] = -mu / m
                q[i, j] = (
                    mu * u[j, i - 1] + (1.0 - 2.0 * mu) * u[j, i] + mu * u[j, i + 1]
                    + mu * q[i, j - 1]
                ) / m  # fmt: skip
            v[n - 1, i] = 1.0
            for j in range(n - 2, 0, -1):
                v[j, i] = p[i, j] * v[j + 1, i] + q[i, j]
        for i in range(1, n - 1):
            u[i, 0] = 1.0
            p[i, 0] = 0.0
            q[i, 0] = u[i, 0]
            for j in range(1, n - 1):
                m = mu * p[i, j - 1] + 1.0 + 2.0 * mu
                p[i, j] = -mu / m
                q[i, j] = (
                    mu * v[i - 1, j] + (1.0 - 2.0 * mu) * v[i, j] + mu * v[i + 1, j]
                    + mu * q[i, j - 1]
                ) / m  # fmt: skip
            u[i, n - 1] = 1.0
            for j in range(n - 2, 0, -1):
                u[i, j] = p[i, j] * u[i, j + 1] + q[i, j]
    return np.sum(u * u)


def adi_lines(u: Any, r: float, steps: int) -> Any:
    """Peaceman and Rachford: the factors are made once, whole lines are swept along each axis."""
    n, m = u.shape
    c = np.zeros(n)
    d = np.zeros(m)
    for i in range(1, n):
        c[i] = r / (1.0 + 2.0 * r - r * c[i - 1])
    for j in range(1, m):
        d[j] = r / (1.0 + 2.0 * r - r * d[j - 1])
    for _ in range(steps):
        for i in range(1, n):
            u[i] = (u[i] + r * u[i - 1]) * c[i] / r
        for i in range(n - 2, -1, -1):
            u[i] += c[i + 1] * u[i + 1]
        for j in range(1, m):
            u[:, j] = (u[:, j] + r * u[:, j - 1]) * d[j] / r
        for j in range(m - 2, -1, -1):
            u[:, j] += d[j + 1] * u[:, j + 1]
    return np.sum(u * u)


# Linear algebra ----------------------------------------------------------------------------------


def levinson(r: Any) -> Any:
    """Levinson-Durbin: the prediction filter and the error of an autocorrelation sequence."""
    n = len(r)
    a = np.zeros(n)
    a[0] = 1.0
    error = r[0]
    for k in range(1, n):
        acc = 0.0
        for j in range(k):
            acc += a[j] * r[k - j]
        reflection = -acc / error
        for j in range(1, (k + 1) // 2 + 1):
            lo, hi = a[j], a[k - j]
            a[j] = lo + reflection * hi
            if j != k - j:
                a[k - j] = hi + reflection * lo
        error *= 1.0 - reflection * reflection
    return np.sum(a * a) + error


def levinson_slices(r: Any) -> Any:
    n = len(r)
    a = np.zeros(n)
    a[0] = 1.0
    error = r[0]
    for k in range(1, n):
        reflection = -np.dot(a[:k], r[k:0:-1]) / error
        a[1 : k + 1] += reflection * a[k - 1 :: -1][:k]
        error *= 1.0 - reflection**2
    return a * error


def durbin(r: Any) -> Any:
    """PolyBench's Durbin, with a scratch vector."""
    n = len(r)
    y = np.zeros(n)
    z = np.zeros(n)
    y[0] = -r[0]
    beta = 1.0
    alpha = -r[0]
    for k in range(1, n):
        beta = (1.0 - alpha * alpha) * beta
        total = 0.0
        for i in range(k):
            total += r[k - i - 1] * y[i]
        alpha = -(r[k] + total) / beta
        for i in range(k):
            z[i] = y[i] + alpha * y[k - i - 1]
        for i in range(k):
            y[i] = z[i]
        y[k] = alpha
    return y


def forward_substitution(L: Any, b: Any) -> Any:
    x = np.zeros_like(b)
    for i in range(len(b)):
        s = b[i]
        for j in range(i):
            s -= L[i, j] * x[j]
        x[i] = s / L[i, i]
    return x


def backward_substitution(U: Any, b: Any) -> Any:
    x = b.copy()
    for i in range(len(b) - 1, -1, -1):
        x[i] -= U[i, i + 1 :] @ x[i + 1 :]
        x[i] /= U[i, i]
    return x


def solve_by_elimination(A: Any, b: Any) -> Any:
    """Gauss, with the right-hand side carried along; both are overwritten."""
    n = len(b)
    for k in range(n - 1):
        for i in range(k + 1, n):
            m = A[i, k] / A[k, k]
            A[i, k:] -= m * A[k, k:]
            b[i] -= m * b[k]
    for i in range(n - 1, -1, -1):
        b[i] = (b[i] - np.dot(A[i, i + 1 :], b[i + 1 :])) / A[i, i]
    return b


# Waves and flows --------------------------------------------------------------------------------


def fdtd(eps: Any, steps: int) -> Any:
    """Yee's scheme in one dimension, a hard source, absorbing ends."""
    n = len(eps)
    ez = np.zeros(n)
    hy = np.zeros(n - 1)
    for t in range(steps):
        hy += 0.5 * (ez[1:] - ez[:-1])
        left, right = ez[1], ez[-2]
        ez[1:-1] += 0.5 / eps[1:-1] * (hy[1:] - hy[:-1])
        ez[0] = left
        ez[-1] = right
        ez[2] += np.exp(-((t - 3.0) ** 2))
    return np.sum(ez * ez)


def fdtd_vacuum(ez: Any, hy: Any, steps: int) -> Any:
    """The same in vacuum, linear in its fields."""
    for t in range(steps):
        hy[:] += 0.5 * (ez[1:] - ez[:-1])
        ez[1:-1] += 0.5 * (hy[1:] - hy[:-1])
        ez[0] = 0.0
        ez[-1] = ez[-2]
    return np.sum(ez * ez) + np.sum(hy * hy)


def fdtd_2d(ex: Any, ey: Any, hz: Any, steps: int) -> Any:
    """PolyBench's 2-D Yee kernel."""
    for t in range(steps):
        ey[0, :] = t
        ey[1:, :] -= 0.5 * (hz[1:, :] - hz[:-1, :])
        ex[:, 1:] -= 0.5 * (hz[:, 1:] - hz[:, :-1])
        hz[:-1, :-1] -= 0.7 * (ex[:-1, 1:] - ex[:-1, :-1] + ey[1:, :-1] - ey[:-1, :-1])
    return np.sum(hz * hz)


def fdtd_2d_loops(ex: Any, ey: Any, hz: Any, steps: int) -> Any:
    nx, ny = hz.shape
    for t in range(steps):
        for j in range(ny):
            ey[0, j] = 0.1 * t
        for i in range(1, nx):
            for j in range(ny):
                ey[i, j] = ey[i, j] - 0.5 * (hz[i, j] - hz[i - 1, j])
        for i in range(nx):
            for j in range(1, ny):
                ex[i, j] = ex[i, j] - 0.5 * (hz[i, j] - hz[i, j - 1])
        for i in range(nx - 1):
            for j in range(ny - 1):
                hz[i, j] = hz[i, j] - 0.7 * (
                    ex[i, j + 1] - ex[i, j] + ey[i + 1, j] - ey[i, j]
                )  # fmt: skip
    return np.sum(hz * hz)


def wave_bounded(u: Any, source: Any) -> Any:
    """Leapfrog in two dimensions, three buffers in rotation: a wall, a mirror, a driven edge."""
    prev = u.copy()
    now = u.copy()
    new = np.zeros_like(u)
    for t in range(len(source)):
        new[1:-1, 1:-1] = (
            2.0 * now[1:-1, 1:-1] - prev[1:-1, 1:-1]
            + 0.25 * (now[2:, 1:-1] + now[:-2, 1:-1] + now[1:-1, 2:] + now[1:-1, :-2]
                      - 4.0 * now[1:-1, 1:-1])
        )  # fmt: skip
        new[0, :] = 0.0
        new[-1, :] = new[-2, :]
        new[:, 0] = source[t]
        new[:, -1] = new[:, -2]
        prev, now, new = now, new, prev
    return np.sum(now * now)


def cavity(lid: float, viscosity: float, n: int, steps: int) -> Any:
    """Lid-driven cavity flow by stream function and vorticity."""
    psi = np.zeros((n, n))
    w = np.zeros((n, n))
    h = 1.0 / (n - 1)
    dt = 0.01
    for _ in range(steps):
        for _ in range(3):  # Gauss-Seidel sweeps for the stream function
            for i in range(1, n - 1):
                for j in range(1, n - 1):
                    psi[i, j] = 0.25 * (
                        psi[i + 1, j] + psi[i - 1, j] + psi[i, j + 1] + psi[i, j - 1]
                        + h * h * w[i, j]
                    )  # fmt: skip
        w[1:-1, 0] = -2.0 * psi[1:-1, 1] / h**2
        w[1:-1, -1] = -2.0 * psi[1:-1, -2] / h**2 - 2.0 * lid / h
        w[0, 1:-1] = -2.0 * psi[1, 1:-1] / h**2
        w[-1, 1:-1] = -2.0 * psi[-2, 1:-1] / h**2
        u = (psi[1:-1, 2:] - psi[1:-1, :-2]) / (2.0 * h)
        v = -(psi[2:, 1:-1] - psi[:-2, 1:-1]) / (2.0 * h)
        wx = (w[2:, 1:-1] - w[:-2, 1:-1]) / (2.0 * h)
        wy = (w[1:-1, 2:] - w[1:-1, :-2]) / (2.0 * h)
        lap = (w[2:, 1:-1] + w[:-2, 1:-1] + w[1:-1, 2:] + w[1:-1, :-2] - 4.0 * w[1:-1, 1:-1]) / h**2
        w[1:-1, 1:-1] += dt * (viscosity * lap - u * wx - v * wy)
    return np.sum(psi * psi) + 1e-3 * np.sum(w * w)


def cavity_projection(u: Any, v: Any, nu: float, steps: int) -> Any:
    """The same flow by a pressure projection ("12 steps to Navier-Stokes")."""
    dx, dt = 0.25, 0.01
    p = np.zeros_like(u)
    b = np.zeros_like(u)
    for _ in range(steps):
        b[1:-1, 1:-1] = (
            (u[1:-1, 2:] - u[1:-1, :-2]) / (2.0 * dx) + (v[2:, 1:-1] - v[:-2, 1:-1]) / (2.0 * dx)
        ) / dt  # fmt: skip
        for _ in range(2):
            pn = p.copy()
            p[1:-1, 1:-1] = 0.25 * (
                pn[1:-1, 2:] + pn[1:-1, :-2] + pn[2:, 1:-1] + pn[:-2, 1:-1]
                - dx**2 * b[1:-1, 1:-1]
            )  # fmt: skip
            p[:, -1] = p[:, -2]
            p[0, :] = p[1, :]
            p[:, 0] = p[:, 1]
            p[-1, :] = 0.0
        un = u.copy()
        vn = v.copy()
        u[1:-1, 1:-1] = (
            un[1:-1, 1:-1]
            - un[1:-1, 1:-1] * dt / dx * (un[1:-1, 1:-1] - un[1:-1, :-2])
            - vn[1:-1, 1:-1] * dt / dx * (un[1:-1, 1:-1] - un[:-2, 1:-1])
            - dt / (2.0 * dx) * (p[1:-1, 2:] - p[1:-1, :-2])
            + nu * dt / dx**2 * (un[1:-1, 2:] + un[1:-1, :-2] + un[2:, 1:-1] + un[:-2, 1:-1]
                                 - 4.0 * un[1:-1, 1:-1])
        )  # fmt: skip
        v[1:-1, 1:-1] = (
            vn[1:-1, 1:-1]
            - un[1:-1, 1:-1] * dt / dx * (vn[1:-1, 1:-1] - vn[1:-1, :-2])
            - vn[1:-1, 1:-1] * dt / dx * (vn[1:-1, 1:-1] - vn[:-2, 1:-1])
            - dt / (2.0 * dx) * (p[2:, 1:-1] - p[:-2, 1:-1])
            + nu * dt / dx**2 * (vn[1:-1, 2:] + vn[1:-1, :-2] + vn[2:, 1:-1] + vn[:-2, 1:-1]
                                 - 4.0 * vn[1:-1, 1:-1])
        )  # fmt: skip
        u[0, :] = 0.0
        u[:, 0] = 0.0
        u[:, -1] = 0.0
        u[-1, :] = 1.0
        v[0, :] = 0.0
        v[-1, :] = 0.0
        v[:, 0] = 0.0
        v[:, -1] = 0.0
    return np.sum(u * u) + np.sum(v * v) + np.sum(p * p)


# Signals, images and networks ------------------------------------------------------------------


def deriche(x: Any, a: float) -> Any:
    """Deriche's recursive smoothing: a pass in each direction, and their sum."""
    n = len(x)
    k = (1.0 - np.exp(-a)) ** 2 / (1.0 + 2.0 * a * np.exp(-a) - np.exp(-2.0 * a))
    a2 = k * np.exp(-a) * (a - 1.0)
    a3 = k * np.exp(-a) * (a + 1.0)
    a4 = -k * np.exp(-2.0 * a)
    b1 = 2.0 * np.exp(-a)
    b2 = -np.exp(-2.0 * a)
    y1 = np.zeros(n)
    ym1, ym2, xm1 = 0.0, 0.0, 0.0
    for i in range(n):
        y1[i] = k * x[i] + a2 * xm1 + b1 * ym1 + b2 * ym2
        xm1 = x[i]
        ym2 = ym1
        ym1 = y1[i]
    y2 = np.zeros(n)
    yp1, yp2, xp1, xp2 = 0.0, 0.0, 0.0, 0.0
    for i in range(n - 1, -1, -1):
        y2[i] = a3 * xp1 + a4 * xp2 + b1 * yp1 + b2 * yp2
        xp2 = xp1
        xp1 = x[i]
        yp2 = yp1
        yp1 = y2[i]
    return y1 + y2


def deriche_image(img: Any, b1: float) -> Any:
    """Along the rows, then along the columns, in place."""
    h, w = img.shape
    out = np.zeros_like(img)
    for i in range(h):
        for j in range(2, w):
            img[i, j] += b1 * img[i, j - 1] - 0.1 * img[i, j - 2]
        for j in range(w - 3, -1, -1):
            img[i, j] += b1 * img[i, j + 1]
    for j in range(w):
        out[0, j] = img[0, j]
        for i in range(1, h):
            out[i, j] = img[i, j] + b1 * out[i - 1, j]
    return np.sum(out * out)


def conv2d(x: Any, w: Any, b: Any) -> Any:
    """Channels, a kernel for each pair of channels, "valid" borders; all by loops."""
    out = np.zeros((w.shape[0], x.shape[1] - w.shape[2] + 1, x.shape[2] - w.shape[3] + 1))
    for o in range(out.shape[0]):
        for i in range(out.shape[1]):
            for j in range(out.shape[2]):
                out[o, i, j] = b[o]
                for c in range(x.shape[0]):
                    for p in range(w.shape[2]):
                        for q in range(w.shape[3]):
                            out[o, i, j] += x[c, i + p, j + q] * w[o, c, p, q]
    return out


def max_pool(x: Any) -> Any:
    out = np.empty((x.shape[0], x.shape[1] // 2, x.shape[2] // 2))
    for c in range(out.shape[0]):
        for i in range(out.shape[1]):
            for j in range(out.shape[2]):
                out[c, i, j] = np.max(x[c, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2])
    return out


def lenet(x: Any, w1: Any, b1: Any, w2: Any, b2: Any, w3: Any, b3: Any) -> Any:
    """Convolution, pooling, convolution, a dense layer and a log-softmax."""
    h = conv2d(x, w1, b1)
    h[h < 0.0] = 0.0
    h = max_pool(h)
    h = np.tanh(conv2d(h, w2, b2))
    flat = h.reshape(-1)
    z = np.empty(len(b3))
    for k in range(len(b3)):
        z[k] = b3[k] + np.dot(w3[k], flat)
    z -= np.max(z)
    z -= np.log(np.sum(np.exp(z)))
    return -z[1]


def lenet_slices(x: Any, w1: Any, w2: Any) -> Any:
    """The same by shifted slices: one addition for each place of the kernel."""
    k = w1.shape[0]
    n = x.shape[0] - k + 1
    h = np.zeros((n, n))
    for p in range(k):
        for q in range(k):
            h += w1[p, q] * x[p : p + n, q : q + n]
    np.maximum(h, 0.1 * h, out=h)
    pooled = 0.25 * (h[::2, ::2] + h[1::2, ::2] + h[::2, 1::2] + h[1::2, 1::2])
    z = w2 @ pooled.ravel()
    return np.log(np.sum(np.exp(z))) - z[0]


def _spd(n: int) -> Any:
    m = np.random.default_rng(2).normal(size=(n, n))
    return m @ m.T + n * np.eye(n)


V = RNG.normal(size=6)
M5 = RNG.normal(size=(5, 5))
R5 = np.array([2.0, 0.7, 0.4, -0.3, 0.2])

NUMERICAL: list[tuple[Any, tuple[Any, ...]]] = [
    (solve_tridiagonal, (V[:4], 4.0 + V[1:5] ** 2, V[2:6].copy(), V[:4] * 2.0)),
    (implicit_heat, (V, 0.4, 3)),
    (implicit_heat_constant, (V, 3)),
    (implicit_heat_called, (V, 0.2 + V[:5] ** 2, 2)),
    (adi, (M5, 2)),
    (adi_lines, (M5[:4], 0.4, 2)),
    (levinson, (R5,)),
    (levinson_slices, (R5,)),
    (durbin, (np.array([0.5, -0.2, 0.3, 0.1, 0.15]),)),
    (forward_substitution, (_spd(4), V[:4])),
    (backward_substitution, (_spd(4), V[:4])),
    (solve_by_elimination, (_spd(4), V[:4])),
    (fdtd, (1.0 + V**2, 4)),
    (fdtd_vacuum, (V, V[:5] * 2.0, 3)),
    (fdtd_2d, (M5[:4], M5[1:].copy(), 0.5 * M5[:4] ** 2, 3)),
    (fdtd_2d_loops, (M5[:3, :4], M5[1:4, 1:].copy(), 0.5 * M5[:3, :4] ** 2, 2)),
    (wave_bounded, (M5[:4], V[:3])),
    (cavity, (1.0, 0.5, 5, 2)),
    (cavity_projection, (0.3 * M5[:, :4], 0.3 * M5[:, 1:], 0.1, 2)),
    (deriche, (V, 0.7)),
    (deriche_image, (M5[:3, :4], 0.5)),
    (
        lenet,
        (
            RNG.normal(size=(1, 6, 6)), RNG.normal(size=(2, 1, 3, 3)), RNG.normal(size=2),
            RNG.normal(size=(2, 2, 2, 2)), RNG.normal(size=2), RNG.normal(size=(3, 2)),
            RNG.normal(size=3),
        ),
    ),
    (lenet_slices, (RNG.normal(size=(5, 5)), RNG.normal(size=(2, 2)), RNG.normal(size=(3, 4)))),
]  # fmt: skip
