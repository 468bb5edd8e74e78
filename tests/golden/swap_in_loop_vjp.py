def swap_in_loop_vjp(x, y, out_bar=1.0):
    x_tape = []
    for _ in range(3):
        x_tape.append(x)
        x, y = y, x * y
    out = x + 2.0 * y
    # return x + 2.0 * y
    y_bar = 2.0 * out_bar
    # for _ in range(3)
    x_bar = out_bar
    for _ in reversed(range(3)):
        # x, y = y, x * y
        x_bar2 = y_bar * x
        x = x_tape.pop()
        y_bar = x_bar + y_bar * x
        x_bar = x_bar2
    return out, (x_bar, y_bar)
