import numpy as np


def logistic_grad(w, b, x, y):
    assert 1 not in (x.shape[0], y.shape[0]), "derived for sizes other than 1"
    z = x @ w + b
    one_over_z_size = 1.0 / z.size
    minus_one_over_z_size = -one_over_z_size
    # return np.mean(np.logaddexp(0.0, z) - y * z)
    y_bar = minus_one_over_z_size * z
    z_bar = minus_one_over_z_size * y + one_over_z_size * np.exp(z - np.logaddexp(0.0, z))
    # z = x @ w + b
    b_bar = np.sum(z_bar)
    x_bar = np.outer(z_bar, w)
    w_bar = x.T @ z_bar
    return w_bar, float(b_bar), x_bar, y_bar
