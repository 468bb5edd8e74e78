import numpy as np


def mlp_vjp(params, x, y, out_bar=1.0):
    assert params[0][0].shape[1] != 1
    assert params[0][1].shape[0] != 1
    assert params[1][0].shape[1] != 1
    assert params[1][1].shape[0] != 1
    assert params[2][0].shape[1] != 1
    assert params[2][1].shape[0] != 1
    assert x.shape[0] != 1
    assert x.shape[1] != 1
    assert y.shape[0] != 1
    assert y.shape[1] != 1
    h_tape = []
    h = x
    for W, b in params:
        h_tape.append(h)
        h = np.tanh(h @ W + b)
    h_minus_y = h - y
    out = np.mean(h_minus_y ** 2)
    # return np.mean((h - y) ** 2)
    h_minus_y_bar = 2.0 * (out_bar / h.size) * h_minus_y
    y_bar = -h_minus_y_bar
    # for W, b in params
    params_bar = [None] * len(params)
    h_bar = h_minus_y_bar
    for i, (W, _) in reversed(list(enumerate(params))):
        # h = np.tanh(h @ W + b)
        h_W_plus_b_bar = h_bar * (1.0 - h ** 2)
        h = h_tape.pop()
        b_bar = np.sum(h_W_plus_b_bar, axis=0)
        h_bar = h_W_plus_b_bar @ W.T
        W_bar = h.T @ h_W_plus_b_bar
        params_bar[i] = (W_bar, b_bar)
    return out, (params_bar, h_bar, y_bar)
