import numpy as np


def thomas_vjp(a, b, c, d, out_bar):
    d = d.copy()
    b = b.copy()
    n = len(d)
    for i in range(1, n):
        i_minus_one = i - 1
        w = a[i] / b[i_minus_one]
        b[i] -= w * c[i_minus_one]
        d[i] -= w * d[i_minus_one]
    x = np.zeros(n)
    term = b[-1]
    term2 = d[-1] / term
    x[-1] = term2
    for i in range(n - 2, -1, -1):
        x[i] = (d[i] - c[i] * x[i + 1]) / b[i]
    # for i in range(n - 2, -1, -1)
    d_bar = np.zeros_like(d)
    c_bar = np.zeros_like(c)
    b_bar = np.zeros_like(b)
    x_bar = out_bar.copy()
    for i in reversed(range(n - 2, -1, -1)):
        # x[i] = (d[i] - c[i] * x[i + 1]) / b[i]
        term_bar = x_bar[i]
        x_bar[i] = 0.0
        term_bar2 = term_bar / b[i]
        b_bar[i] -= term_bar * x[i] / b[i]
        term_bar = -term_bar2
        x_bar[i + 1] += term_bar * c[i]
        c_bar[i] += term_bar * x[i + 1]
        d_bar[i] += term_bar2
    # x[-1] = d[-1] / b[-1]
    b_bar[-1] -= x_bar[-1] * term2 / term
    d_bar[-1] += x_bar[-1] / term
    # for i in range(1, n)
    a_bar = np.zeros_like(a)
    for i in reversed(range(1, n)):
        i_minus_one = i - 1
        b_i_minus_one = b[i_minus_one]
        w = a[i] / b_i_minus_one
        # d[i] -= w * d[i - 1]
        w_d_i_minus_one_bar = -d_bar[i]
        w_bar = w_d_i_minus_one_bar * d[i_minus_one]
        d_bar[i_minus_one] += w_d_i_minus_one_bar * w
        # b[i] -= w * c[i - 1]
        w_c_i_minus_one_bar = -b_bar[i]
        w_bar += w_c_i_minus_one_bar * c[i_minus_one]
        c_bar[i_minus_one] += w_c_i_minus_one_bar * w
        # w = a[i] / b[i - 1]
        b_bar[i_minus_one] -= w_bar * w / b_i_minus_one
        a_bar[i] += w_bar / b_i_minus_one
    return x, (a_bar, b_bar, c_bar, d_bar)
