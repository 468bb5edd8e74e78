import math
import numpy as np


def math_functions_vjp(x, out_bar=1.0):
    sin_x = math.sin(x)
    exp_minus_x = math.exp(-x)
    sqrt_x = math.sqrt(x)
    term = math.log(x + 2.0)
    term2 = math.atan2(x, 2.0)
    # return math.sin(x) * math.exp(-x) + math.sqrt(x) + math.log(x + 2.0) * math.atan2(x, 2.0)
    x_bar = np.divide(2.0 * out_bar * term, 4.0 + x * x) + out_bar * term2 / (x + 2.0)
    x_bar += np.divide(0.5 * out_bar, sqrt_x)
    x_bar -= out_bar * sin_x * exp_minus_x
    x_bar += out_bar * exp_minus_x * math.cos(x)
    return sin_x * exp_minus_x + sqrt_x + term * term2, (float(x_bar),)
