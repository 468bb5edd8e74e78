import numpy as np


def broadcasting_vjp(a, b, out_bar=1.0):
    term = a[:, None] * b[None, :]
    out = np.sum(np.sin(term) + b)
    # return np.sum(np.sin(a[:, None] * b[None, :]) + b)
    term_bar = out_bar * np.cos(term)
    b_bar = np.sum(np.full_like(term, out_bar), axis=0) + np.sum(term_bar * a[:, None], axis=0)
    a_bar = np.sum(term_bar * b[None, :], axis=1)
    return out, (a_bar, b_bar)
