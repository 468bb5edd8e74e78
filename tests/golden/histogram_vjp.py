import numpy as np


def histogram_vjp(x, out_bar):
    bins = np.zeros(4)
    len_x = len(x)
    for k in range(len_x):
        x_k = x[k]
        i = int(abs(x_k) * 3.0) % 4
        bins[i] += x_k * x_k
    # for k in range(len(x))
    x_bar = np.zeros_like(x)
    for k in reversed(range(len_x)):
        i = int(3.0 * abs(x[k])) % 4
        # i = int(abs(x[k]) * 3.0) % 4
        x_bar[k] += 2.0 * out_bar[i] * x[k]
    return bins, (x_bar,)
