def chained_comparison_vjp(x, out_bar=1.0):
    test = 0.0 < x and x < 3.0 and 1.0 / x > 0.1
    out = x * x if test else x
    # return x * x if 0.0 < x < 3.0 and 1.0 / x > 0.1 else x
    if test:
        x_bar = 2.0 * out_bar * x
    else:
        x_bar = out_bar
    return out, (x_bar,)
