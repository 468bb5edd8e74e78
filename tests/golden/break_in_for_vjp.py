def break_in_for_vjp(x, out_bar=1.0):
    s_tape = []
    s = 0.0
    for i in range(10):
        s = s + x * i
        s_tape.append(s)
        if s > 5.0:
            break
        s = s * x
    out = s
    # for i in range(10)
    x_bar = 0.0
    s_bar = out_bar
    for i in reversed(range(len(s_tape))):
        s = s_tape.pop()
        # if s > 5.0
        if not s > 5.0:
            # s = s * x
            x_bar += s_bar * s
            s_bar *= x
        # s = s + x * i
        x_bar += s_bar * i
    return out, (x_bar,)
