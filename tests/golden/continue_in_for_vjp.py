def continue_in_for_vjp(x, out_bar=1.0):
    s_tape = []
    s = x
    for i in range(6):
        s_tape.append(s)
        if i % 2 == 0:
            continue
        s = s * x + i
    # for i in range(6)
    x_bar = 0.0
    s_bar = out_bar
    for i in reversed(range(6)):
        s2 = s_tape.pop()
        # if i % 2 == 0
        if not i % 2 == 0:
            # s = s * x + i
            x_bar += s_bar * s2
            s_bar *= x
    x_bar += s_bar
    return s, (x_bar,)
