def triangular_vjp(x, out_bar=1.0):
    p_tape = []
    s = 0.0
    for i in range(4):
        p = x
        for j in range(i):
            p_tape.append(p)
            p = p * x + j
        s = s + p
    # for i in range(4)
    x_bar = 0.0
    for i in reversed(range(4)):
        # for j in range(i)
        p_bar = out_bar
        for j in reversed(range(i)):
            # p = p * x + j
            x_bar += p_bar * p_tape.pop()
            p_bar *= x
        x_bar += p_bar
    return s, (x_bar,)
