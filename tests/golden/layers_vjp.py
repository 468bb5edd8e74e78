import tests.custom_programs
import numpy as np


def layers_vjp(x, w, out_bar=1.0):
    assert 1 not in (x.shape[0], w.shape[0]), "derived for sizes other than 1"
    h = tests.custom_programs.softplus(w @ x)
    h_tape = []
    h2 = h
    for _ in range(2):
        h_tape.append(h2)
        h2 = tests.custom_programs.softplus(h2 * x)
    out = np.sum(h2)
    # return np.sum(h)
    h_bar = np.full_like(h2, out_bar)
    # for _ in range(2)
    x_bar = np.zeros_like(x)
    for _ in reversed(range(2)):
        # h = softplus(h * x)
        h_x_bar = h_bar * (1.0 - np.exp(-h2))
        h2 = h_tape.pop()
        h_bar = h_x_bar * x
        x_bar += h_x_bar * h2
    # h = softplus(w @ x)
    w_x_bar = h_bar * (1.0 - np.exp(-h))
    w_bar = np.outer(w_x_bar, x)
    x_bar += w.T @ w_x_bar
    return out, (x_bar, w_bar)
