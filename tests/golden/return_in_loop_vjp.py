def return_in_loop_vjp(x, out_bar=1.0):
    x_tape = []
    stop = 0
    for i in range(10):
        x = x * 1.3
        x_tape.append(x)
        if x > 4.0:
            out = x * x
            stop = 2
            break
    out = out if stop else x
    # for i in range(10)
    if stop:
        term_bar = out_bar
        x_bar = 0.0
    else:
        term_bar = 0.0
        x_bar = out_bar
    while x_tape:
        x = x_tape.pop()
        if x > 4.0:
            # return x * x
            x_bar += 2.0 * term_bar * x
        # x = x * 1.3
        x_bar = 1.3 * x_bar
        term_bar = 0.0
    return out, (x_bar,)
