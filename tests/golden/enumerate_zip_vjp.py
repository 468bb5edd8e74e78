import numpy as np


def enumerate_zip_vjp(xs, ys, out_bar=1.0):
    term = min(len(xs), len(ys))
    s = 0.0
    for i, (a, b) in enumerate(zip(xs, ys)):
        s = s + a * b * (i + 1)
    # for i, (a, b) in enumerate(zip(xs, ys))
    xs_bar = np.zeros_like(xs)
    ys_bar = np.zeros_like(ys)
    for i, (a, b) in reversed(list(enumerate(zip(xs, ys)))):
        # s = s + a * b * (i + 1)
        a_b_bar = out_bar * (i + 1)
        a_bar = a_b_bar * b
        b_bar = a_b_bar * a
        ys_bar[i] += b_bar
        xs_bar[i] += a_bar
    return s, (xs_bar, ys_bar)
