import numpy as np


def heat_vjp(u, k, steps, out_bar=1.0):
    u = u.copy()
    term_tape = []
    for t in range(steps):
        term = u[2:] - 2.0 * u[1:-1] + u[:-2]
        term_tape.append(term)
        u[1:-1] += k * term
    out = np.sum(u * u)
    # return np.sum(u * u)
    u_bar = 2.0 * out_bar * u
    # for t in range(steps)
    k_bar = 0.0
    for t in reversed(range(steps)):
        # u[1:-1] += k * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        k_bar += np.sum(u_bar[1:-1] * term_tape.pop())
        term_bar = u_bar[1:-1] * k
        u_bar[:-2] += term_bar
        u_bar[1:-1] -= 2.0 * term_bar
        u_bar[2:] += term_bar
    return out, (u_bar, float(k_bar))
