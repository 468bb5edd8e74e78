def status_break_vjp(x, out_bar=1.0):
    s_tape = []
    status_tape = []
    s = x
    for i in range(6):
        s_tape.append(s)
        if i > 1:
            if s > 2.0:
                status_tape.append(1)
                break
        status_tape.append(0)
        s = s * x + 0.1
        s = s * 1.01
    # for i in range(6)
    x_bar = 0.0
    s_bar = out_bar
    while s_tape:
        s2 = s_tape.pop()
        # if i > 1
        if not status_tape.pop():
            # s = s * 1.01
            s_bar = 1.01 * s_bar
            # s = s * x + 0.1
            x_bar += s_bar * s2
            s_bar *= x
    x_bar += s_bar
    return s, (x_bar,)
