def newton_sqrt_vjp(x, out_bar=1.0):
    y_tape = []
    y = 1.0
    while abs(y * y - x) > 1e-12:
        y_tape.append(y)
        y = 0.5 * (y + x / y)
    out = y
    # while abs(y * y - x) > 1e-12
    x_bar = 0.0
    y_bar = out_bar
    while y_tape:
        y = y_tape.pop()
        # y = 0.5 * (y + x / y)
        y_bar = 0.5 * y_bar
        x_bar += y_bar / y
        y_bar -= y_bar * (x / y) / y
    return out, (x_bar,)
