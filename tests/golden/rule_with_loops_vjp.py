import tests.custom_programs
import numpy as np


def rule_with_loops_vjp(x, out_bar=1.0):
    x_tape = []
    for _ in range(3):
        x_tape.append(x)
        x = tests.custom_programs.iterated(x, 2) + x
    out = x
    # for _ in range(3)
    x_bar = out_bar
    for _ in reversed(range(3)):
        # x = iterated(x, 2) + x
        x = x_tape.pop()
        states = []
        for _ in range(2):
            states.append(x)
            x *= np.sin(x)
        out_bar = x_bar
        for state in reversed(states):
            out_bar *= np.sin(state) + state * np.cos(state)
        x_bar += out_bar
    return out, (float(x_bar),)
