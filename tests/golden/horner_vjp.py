def horner_vjp(c, x, out_bar=1.0):
    y_tape = []
    y = 0.0
    for a in c:
        y_tape.append(y)
        y = y * x + a
    # for a in c
    c_bar = [None] * len(c)
    x_bar = 0.0
    y_bar = out_bar
    for i in reversed(range(3)):
        # y = y * x + a
        x_bar += y_bar * y_tape.pop()
        c_bar[i] = y_bar
        # y = y * x + a
        y_bar *= x
    return y, (c_bar, x_bar)
