import numpy as np


def tail_of_sines_pullback(x, n, out_bar):
    if n == 0:
        x_bar = out_bar
    else:
        term_bar = tail_of_sines_pullback(0.9 * np.sin(x) + 0.1, n - 1, out_bar)
        x_bar = 0.9 * term_bar * np.cos(x)
    return x_bar


def tail_of_sines_grad(x, n):
    test = n == 0
    if not test:
        term = 0.9 * np.sin(x) + 0.1
        n_minus_one = n - 1
    # return x if n == 0 else tail_of_sines(0.9 * np.sin(x) + 0.1, n - 1)
    if test:
        x_bar = 1.0
    else:
        term_bar = tail_of_sines_pullback(term, n_minus_one, 1.0)
        x_bar = 0.9 * term_bar * np.cos(x)
    return float(x_bar),
