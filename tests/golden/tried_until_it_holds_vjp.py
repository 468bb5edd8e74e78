def tried_until_it_holds_vjp(x, out_bar=1.0):
    h = 4.0 * x
    h_tape = []
    while True:
        h_tape.append(h)
        if not h > 2.0:
            y = h * h
            break
        h *= 0.5
    out = y * h
    # return y * h
    y_bar = out_bar * h
    h_bar = out_bar * y
    # while True
    while h_tape:
        h = h_tape.pop()
        # try
        if h > 2.0:
            # h *= 0.5
            h_bar = 0.5 * h_bar
        else:
            # return x * x
            h_bar += 2.0 * y_bar * h
            y_bar = 0.0
    # h = 4.0 * x
    x_bar = 4.0 * h_bar
    return out, (x_bar,)
