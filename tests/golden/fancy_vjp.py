import numpy as np


def fancy_vjp(x, out_bar=1.0):
    i = np.array([0, 2, 0])
    x_i = x[i]
    test = x > 0.0
    out = np.sum(x_i ** 2) + np.sum(x[test])
    # return np.sum(x[i] ** 2) + np.sum(x[x > 0.0])
    x_bar = np.zeros_like(x)
    x_bar[test] += out_bar
    np.add.at(x_bar, i, 2.0 * out_bar * x_i)
    return out, (x_bar,)
