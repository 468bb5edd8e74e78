import numpy as np


def heap_sum_forward(v, w, i):
    assert v.shape[0] == w.shape[0]
    if i >= len(v):
        return 0.0, None
    twice_i = 2 * i
    below_term, tape = heap_sum_forward(v, w, twice_i + 1)
    below_term = 0.5 * below_term
    v_i = v[i]
    below_term2 = below_term * v_i
    below_term3, tape2 = heap_sum_forward(v, w, twice_i + 2)
    below = below_term2 + below_term3
    return v_i * np.sin(w[i]) + below, (tape, below_term, tape2)


def heap_sum_pullback(v, w, i, tape, out_bar, v_bar, w_bar):
    # if i >= len(v)
    if not i >= len(v):
        tape, below_term, tape2 = tape
        twice_i_plus_one = 2 * i + 1
        # return v[i] * np.sin(w[i]) + below
        sin_w_i_bar = out_bar * v[i]
        w_bar[i] += sin_w_i_bar * np.cos(w[i])
        v_bar[i] += out_bar * np.sin(w[i])
        # below = 0.5 * heap_sum(v, w, 2 * i + 1) * v[i] + heap_sum(v, w, 2 * i + 2)
        v_bar, w_bar = heap_sum_pullback(v, w, 2 * i + 2, tape2, out_bar, v_bar, w_bar)
        v_bar[i] += out_bar * below_term
        below_term_bar = 0.5 * sin_w_i_bar
        v_bar, w_bar = heap_sum_pullback(v, w, twice_i_plus_one, tape, below_term_bar, v_bar, w_bar)
    return v_bar, w_bar


def two_heaps_grad(x):
    term = x[::-1]
    term2 = term * x
    _, tape = heap_sum_forward(x, term2, 0)
    # return heap_sum(x, x[::-1] * x, 0)
    x_bar, term_bar = heap_sum_pullback(x, term2, 0, tape, 1.0, np.zeros_like(x), np.zeros_like(x))
    x_bar += term_bar * term
    x_bar += (term_bar * x)[::-1]
    return x_bar,
