import numpy as np


def gauss_seidel_vjp(A, b, out_bar):
    len_b = len(b)
    x = np.zeros(len_b)
    x_undo = []
    for _ in range(3):
        for i in range(len_b):
            x_undo.append(x[i])
            x[i] = (b[i] - A[i, :i] @ x[:i] - A[i, i + 1:] @ x[i + 1:]) / A[i, i]
    out = x.copy()
    # for _ in range(3)
    b_bar = np.zeros_like(b)
    A_bar = np.zeros_like(A)
    x_bar = out_bar.copy()
    for _ in reversed(range(3)):
        # for i in range(len(b))
        for i in reversed(range(len_b)):
            i_plus_one = i + 1
            # x[i] = (b[i] - A[i, :i] @ x[:i] - A[i, i + 1 :] @ x[i + 1 :]) / A[i, i]
            term_bar = x_bar[i]
            x_bar[i] = 0.0
            term_bar2 = term_bar / A[i, i]
            A_bar[i, i] -= term_bar * x[i] / A[i, i]
            term_bar = -term_bar2
            x_bar[i_plus_one:] += term_bar * A[i, i_plus_one:]
            A_bar[i, i_plus_one:] += term_bar * x[i_plus_one:]
            x_bar[:i] += term_bar * A[i, :i]
            A_bar[i, :i] += term_bar * x[:i]
            x[i] = x_undo.pop()
            b_bar[i] += term_bar2
    return out, (A_bar, b_bar)
