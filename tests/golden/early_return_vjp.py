import math


def early_return_vjp(x, out_bar=1.0):
    test = x > 1.0
    if test:
        out = x * x
    else:
        y = math.sin(x)
        test2 = y > 0.5
        if test2:
            out = y * 2.0
        else:
            out = y + x
    # if x > 1.0
    if test:
        # return x * x
        x_bar = 2.0 * out_bar * x
    else:
        # if y > 0.5
        if test2:
            # return y * 2.0
            y_bar = 2.0 * out_bar
            x_bar = 0.0
        else:
            y_bar = out_bar
            x_bar = out_bar
        # y = math.sin(x)
        x_bar += y_bar * math.cos(x)
    return out, (x_bar,)
