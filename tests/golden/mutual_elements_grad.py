import numpy as np


def odd_elements_forward(v, i):
    if i == 0:
        return v[i], None
    v_i = v[i]
    term, tape = even_elements_forward(v, i - 1)
    return v_i + np.sin(term), (term, tape)


def even_elements_forward(v, i):
    if i == 0:
        return v[i], None
    v_i = v[i]
    term, tape = odd_elements_forward(v, i - 1)
    return v_i * term, (term, tape)


def odd_elements_pullback(v, i, tape, out_bar, v_bar):
    if i == 0:
        v_bar[i] += out_bar
    else:
        term, tape = tape
        v_bar = even_elements_pullback(v, i - 1, tape, out_bar * np.cos(term), v_bar)
        v_bar[i] += out_bar
    return v_bar


def even_elements_pullback(v, i, tape, out_bar, v_bar):
    if i == 0:
        v_bar[i] += out_bar
    else:
        term, tape = tape
        v_i_bar = out_bar * term
        v_bar = odd_elements_pullback(v, i - 1, tape, out_bar * v[i], v_bar)
        v_bar[i] += v_i_bar
    return v_bar


def mutual_elements_grad(x):
    _, tape = even_elements_forward(x, 4)
    # return even_elements(x, 4)
    x_bar = even_elements_pullback(x, 4, tape, 1.0, np.zeros_like(x))
    return x_bar,
