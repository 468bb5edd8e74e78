import numpy as np


def mlp_jvp(params, x, y, params_dot, x_dot, y_dot):
    h = x
    h_dot = x_dot
    for i, (W, b) in enumerate(params):
        W_dot = params_dot[i][0]
        b_dot = params_dot[i][1]
        h_W_dot = h @ W_dot
        h = np.tanh(h @ W + b)
        h_dot = (h_dot @ W + h_W_dot + b_dot) * (1.0 - h ** 2)
    h_minus_y = h - y
    return np.mean(h_minus_y ** 2), np.mean(2.0 * (h_dot - y_dot) * h_minus_y)
