import numpy as np


def draws_in_a_loop_vjp(x, seed=3, *, out_bar=1.0):
    assert x.shape[0] != 1, "derived for sizes other than 1"
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal(3)
    x_term_tape = []
    x_tape = []
    x_term_tape2 = []
    test_tape = []
    for _ in range(4):
        x_tape.append(x)
        x_term = x + 0.1 * rng.normal()
        x_term_tape.append(x_term)
        x_term = np.sin(x_term)
        x_term_tape2.append(x_term)
        x = x * x_term + 0.01 * noise * rng.uniform(size=3)
        test = rng.random() < 0.5
        test_tape.append(test)
        if test:
            x = x * 1.1
    out = np.sum(x * noise)
    # return np.sum(x * noise)
    x_bar = out_bar * noise
    # for _ in range(4)
    for _ in reversed(range(4)):
        # if rng.random() < 0.5
        if test_tape.pop():
            # x = x * 1.1
            x_bar = 1.1 * x_bar
        # x = x * np.sin(x + 0.1 * rng.normal()) + 0.01 * noise * rng.uniform(size=3)
        x_bar = x_bar * x_term_tape2.pop() + x_bar * x_tape.pop() * np.cos(x_term_tape.pop())
    return out, (x_bar,)
