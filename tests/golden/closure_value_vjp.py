def closure_value_vjp(x, out_bar=1.0):
    k = x * x
    # return inner(x) + (lambda z: z * k)(2.0)
    k_bar = 2.0 * out_bar
    # return y * k
    x_bar = out_bar * k
    k_bar += out_bar * x
    # k = x * x
    x_bar += 2.0 * k_bar * x
    return x * k + 2.0 * k, (x_bar,)
