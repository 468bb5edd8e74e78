import numpy as np


def loop_of_calls_forward(x, n):
    if n < 2:
        return x * x, None
    s_tape = []
    tapes = []
    s_term_tape = []
    s_term_tape2 = []
    s = x
    for k in range(3):
        s_tape.append(s)
        sin_s = np.sin(s)
        s_term = n - 2 if k == 2 else 1
        s_term_tape.append(s_term)
        s_term, tape = loop_of_calls_forward(s + k, s_term)
        s_term_tape2.append(s_term)
        tapes.append(tape)
        s = sin_s * s_term
    return s, (s_tape, tapes, s_term_tape, s_term_tape2)


def loop_of_calls_pullback(x, n, tape, out_bar):
    if n < 2:
        # return x * x
        x_bar = 2.0 * out_bar * x
    else:
        s_tape, tapes, tape2, tape3 = tape
        s_tape = s_tape.copy()
        tapes = tapes.copy()
        # for k in range(3)
        s_bar = out_bar
        tape2 = tape2.copy()
        tape3 = tape3.copy()
        for k in reversed(range(3)):
            s = s_tape.pop()
            # s = np.sin(s) * loop_of_calls(s + k, n - 2 if k == 2 else 1)
            sin_s_bar = s_bar * tape3.pop()
            s_bar = loop_of_calls_pullback(s + k, tape2.pop(), tapes.pop(), s_bar * np.sin(s))
            s_bar += sin_s_bar * np.cos(s)
        x_bar = s_bar
    return x_bar


def loop_of_calls_grad(x, n):
    """A tree with three branches, of which the last one is deep."""
    test = n < 2
    s_tape = []
    tapes = []
    s_term_tape = []
    s_term_tape2 = []
    if not test:
        s = x
        for k in range(3):
            s_tape.append(s)
            sin_s = np.sin(s)
            s_term = n - 2 if k == 2 else 1
            s_term_tape.append(s_term)
            s_term, tape = loop_of_calls_forward(s + k, s_term)
            s_term_tape2.append(s_term)
            tapes.append(tape)
            s = sin_s * s_term
    # if n < 2
    if test:
        # return x * x
        x_bar = 2.0 * x
    else:
        # for k in range(3)
        s_bar = 1.0
        for k in reversed(range(3)):
            s = s_tape.pop()
            # s = np.sin(s) * loop_of_calls(s + k, n - 2 if k == 2 else 1)
            sin_s_bar = s_bar * s_term_tape2.pop()
            s_bar = loop_of_calls_pullback(s + k, s_term_tape.pop(), tapes.pop(), s_bar * np.sin(s))
            s_bar += sin_s_bar * np.cos(s)
        x_bar = s_bar
    return float(x_bar),
