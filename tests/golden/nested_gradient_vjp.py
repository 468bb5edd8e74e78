def nested_gradient_vjp(x, out_bar=1.0):
    y_bar = 2.0 * (x * 2.0)
    # return x * grad(lambda y: x * y * y)(2.0)
    x_bar = out_bar * y_bar + 4.0 * out_bar * x
    return x * y_bar, (x_bar,)
