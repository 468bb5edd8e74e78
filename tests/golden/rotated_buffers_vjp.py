import numpy as np


def rotated_buffers_vjp(x, out_bar=1.0):
    a = x * 1.0
    b = np.zeros_like(x)
    a_tape = []
    for _ in range(3):
        a_tape.append(a.copy())
        a_0 = a[0]
        b[1:] = a[:-1] * x[1:]
        b[0] = a_0 ** 2
        a, b = b, a
    out = np.sum(a * x) + b[0]
    # return np.sum(a * x) + b[0]
    b_bar = np.zeros_like(x)
    b_bar[0] += out_bar
    a_bar = out_bar * x
    x_bar = out_bar * a
    # for _ in range(3)
    for _ in reversed(range(3)):
        a = a_tape.pop()
        # b[0] = a[0] ** 2
        b_bar[0] += 2.0 * a_bar[0] * a[0]
        a_bar2 = b_bar
        a_bar[0] = 0.0
        b_bar = a_bar
        # b[1:] = a[:-1] * x[1:]
        term_bar = b_bar[1:] * x[1:]
        x_bar[1:] += b_bar[1:] * a[:-1]
        b_bar[1:] = 0.0
        a_bar2[:-1] += term_bar
        a_bar = a_bar2
    # a = x * 1.0
    x_bar += a_bar
    return out, (x_bar,)
