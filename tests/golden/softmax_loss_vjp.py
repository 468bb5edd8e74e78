import numpy as np


def softmax_loss_vjp(z, out_bar=1.0):
    max_z = np.max(z)
    e = np.exp(z - max_z)
    sum_e = np.sum(e)
    p = e / sum_e
    out = -np.log(p[1])
    # return -np.log(p[1])
    p_bar = np.zeros_like(z)
    p_bar[1] -= out_bar / p[1]
    # p = e / np.sum(e)
    e_bar = p_bar / sum_e - np.sum(p_bar * p / sum_e)
    # e = np.exp(z - np.max(z))
    z_bar = e_bar * e
    test = z == max_z
    z_bar += np.where(test, -np.sum(z_bar) / np.sum(test), 0.0)
    return out, (z_bar,)
