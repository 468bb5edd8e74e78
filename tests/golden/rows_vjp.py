import numpy as np


def rows_vjp(A, out_bar=1.0):
    sum_row_tape = []
    s = 0.0
    for row in A:
        sum_row = np.sum(row)
        sum_row_tape.append(sum_row)
        s = s + sum_row * row[0]
    # for row in A
    A_bar = np.zeros_like(A)
    for i, row in reversed(list(enumerate(A))):
        # s = s + np.sum(row) * row[0]
        A_bar[i, 0] += out_bar * sum_row_tape.pop()
        A_bar[i] += out_bar * row[0]
    return s, (A_bar,)
