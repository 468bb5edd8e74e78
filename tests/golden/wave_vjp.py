import numpy as np


def wave_vjp(u, c, out_bar=1.0):
    prev = u.copy()
    now = u.copy()
    term_tape = []
    for t in range(3):
        new = np.zeros_like(now)
        term = now[2:, 1:-1] + now[:-2, 1:-1] + now[1:-1, 2:]
        term = term + now[1:-1, :-2] - 4.0 * now[1:-1, 1:-1]
        term_tape.append(term)
        new[1:-1, 1:-1] = 2.0 * now[1:-1, 1:-1] - prev[1:-1, 1:-1] + c * term
        new[0, :] = 0.0
        new[:, -1] = new[:, -2]
        prev = now
        now = new
    out = np.sum(now * now)
    # return np.sum(now * now)
    now_bar = 2.0 * out_bar * now
    # for t in range(3)
    c_bar = 0.0
    prev_bar = np.zeros_like(u)
    for t in reversed(range(3)):
        # new[:, -1] = new[:, -2]
        term_bar = now_bar[:, -1].copy()
        now_bar[:, -1] = 0.0
        new_bar = now_bar
        new_bar[:, -2] += term_bar
        # new[0, :] = 0.0
        new_bar[0, :] = 0.0
        # new[1:-1, 1:-1] = 2.0 * now[1:-1, 1:-1] - prev[1:-1, 1:-1] + c * (now[2:, 1:-1] + now[ ...
        term_bar = new_bar[1:-1, 1:-1]
        c_bar += np.sum(term_bar * term_tape.pop())
        term_bar2 = term_bar * c
        term_bar3 = -term_bar
        term_bar = 2.0 * term_bar
        prev_bar[1:-1, 1:-1] -= 4.0 * term_bar2
        now_bar = prev_bar
        prev_bar = np.zeros_like(u)
        now_bar[1:-1, :-2] += term_bar2
        now_bar[1:-1, 2:] += term_bar2
        now_bar[:-2, 1:-1] += term_bar2
        now_bar[2:, 1:-1] += term_bar2
        now_bar[1:-1, 1:-1] += term_bar
        prev_bar[1:-1, 1:-1] += term_bar3
    # prev = u.copy()
    u_bar = now_bar + prev_bar
    return out, (u_bar, float(c_bar))
