import numpy as np


def cholesky_vjp(A, out_bar=1.0):
    A = A.copy()
    n = A.shape[0]
    term = np.sqrt(A[0, 0])
    A[0, 0] = term
    for i in range(1, n):
        for j in range(i):
            A[i, j] -= np.dot(A[i, :j], A[j, :j])
            A[i, j] = A[i, j] / A[j, j]
        A[i, i] -= np.dot(A[i, :i], A[i, :i])
        A[i, i] = np.sqrt(A[i, i])
    total = 0.0
    for i in range(n):
        total += np.log(A[i, i])
    # return 2.0 * total
    total_bar = 2.0 * out_bar
    # for i in range(n)
    A_bar = np.zeros_like(A)
    for i in reversed(range(n)):
        # total += np.log(A[i, i])
        A_bar[i, i] += total_bar / A[i, i]
    # for i in range(1, n)
    for i in reversed(range(1, n)):
        # A[i, i] = np.sqrt(A[i, i])
        A_bar[i, i] = 0.5 * A_bar[i, i] / A[i, i]
        # A[i, i] -= np.dot(A[i, :i], A[i, :i])
        term_bar = -A_bar[i, i]
        A_bar[i, :i] += term_bar * A[i, :i]
        A_bar[i, :i] += term_bar * A[i, :i]
        # for j in range(i)
        for j in reversed(range(i)):
            # A[i, j] /= A[j, j]
            term_bar = A_bar[i, j]
            A_bar[i, j] = term_bar / A[j, j]
            A_bar[j, j] -= term_bar * A[i, j] / A[j, j]
            # A[i, j] -= np.dot(A[i, :j], A[j, :j])
            term_bar = -A_bar[i, j]
            A_bar[j, :j] += term_bar * A[i, :j]
            A_bar[i, :j] += term_bar * A[j, :j]
    # A[0, 0] = np.sqrt(A[0, 0])
    A_bar[0, 0] = 0.5 * A_bar[0, 0] / term
    return 2.0 * total, (A_bar,)
