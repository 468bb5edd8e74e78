import numpy as np


def cholesky_or_not_vjp(A, out_bar=1.0):
    assert 1 not in (A.shape[0], A.shape[1]), "derived for sizes other than 1"
    k = A @ A.T - 0.5 * np.eye(2)
    try:
        L = np.linalg.cholesky(k)
        raised = 0
    except np.linalg.LinAlgError:
        raised = 1
        L = None
        L2 = k * 2.0
    else:
        L2 = L
    L_L = L2 * L2
    out = np.sum(L_L * A)
    # return np.sum(L * L * A)
    A_bar = out_bar * L_L
    L_bar = 2.0 * out_bar * A * L2
    # try
    if raised:
        # L = k * 2.0
        k_bar = 2.0 * L_bar
    else:
        L_T = L.T
        # L = np.linalg.cholesky(k)
        L_T_L_bar = L_T @ L_bar
        L_term = np.tril(L_T_L_bar) + np.tril(L_T_L_bar, k=-1)
        L_term = np.linalg.solve(L_T, np.linalg.solve(L_T, (0.5 * L_term).T).T)
        L_term = 0.5 * (L_term + L_term.T)
        k_bar = np.tril(L_term) + np.tril(L_term, k=-1)
    # k = A @ A.T - 0.5 * np.eye(2)
    A_bar += k_bar @ A
    A_bar += (A.T @ k_bar).T
    return out, (A_bar,)
