def dict_literal_vjp(x, out_bar=1.0):
    x_x = x * x
    # return p["a"] * p["b"]
    x_bar = out_bar * x_x
    # p = {"a": x, "b": x * x}
    x_bar += 2.0 * out_bar * x * x
    return x * x_x, (x_bar,)
