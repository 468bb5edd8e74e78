import numpy as np


def heat_jvp(u, k, steps, u_dot, k_dot):
    u = u.copy()
    u_dot_2 = u_dot.copy()
    for t in range(steps):
        term = u[2:] - 2.0 * u[1:-1] + u[:-2]
        u[1:-1] += k * term
        u_dot_2[1:-1] += k_dot * term + (u_dot_2[2:] - 2.0 * u_dot_2[1:-1] + u_dot_2[:-2]) * k
    return np.sum(u * u), 2.0 * np.sum(u_dot_2 * u)
