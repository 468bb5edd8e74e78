import numpy as np


def product_tree_forward(x, lo, hi):
    if hi - lo == 1:
        return 1.0 + np.sin(x) / (lo + 1.0), None
    m = (lo + hi) // 2
    left, left_tape = product_tree_forward(x, lo, m)
    term, tape = product_tree_forward(x, m, hi)
    return left * term, (left, left_tape, term, tape)


def product_tree_pullback(x, lo, hi, tape, out_bar):
    if hi - lo == 1:
        # return 1.0 + np.sin(x) / (lo + 1.0)
        x_bar = out_bar / (lo + 1.0) * np.cos(x)
    else:
        left, left_tape, term, tape = tape
        m = (lo + hi) // 2
        # return left * product_tree(x, m, hi)
        left_bar = out_bar * term
        x_bar = product_tree_pullback(x, m, hi, tape, out_bar * left)
        # left = product_tree(x, lo, m)
        left_term = product_tree_pullback(x, lo, m, left_tape, left_bar)
        x_bar += left_term
    return float(x_bar)


def whole_tree_grad(x, n):
    _, tape = product_tree_forward(x, 0, n)
    # return product_tree(x, 0, n)
    x_bar = product_tree_pullback(x, 0, n, tape, 1.0)
    return x_bar,
