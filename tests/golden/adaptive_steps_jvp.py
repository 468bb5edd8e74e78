import numpy as np


def adaptive_steps_jvp(y, h, y_dot, h_dot):
    t = 0.0
    y_dot_2 = y_dot
    h_dot_2 = h_dot
    while t < 1.0:
        h_y = h * y
        h_y_dot = h_dot_2 * y + y_dot_2 * h
        err = abs(h_y)
        err_dot = h_y_dot * np.sign(h_y)
        if err > 1.0:
            h = h * 0.8 / err
            h_dot_2 = 0.8 * h_dot_2 / err - err_dot * h / err
        else:
            y = y + h_y
            y_dot_2 += h_y_dot
            t += h
    return y, y_dot_2
