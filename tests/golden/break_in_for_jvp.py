def break_in_for_jvp(x, x_dot):
    s = 0.0
    s_dot = 0.0
    for i in range(10):
        s = s + x * i
        s_dot += x_dot * i
        if s > 5.0:
            break
        s_dot = s_dot * x + x_dot * s
        s = s * x
    return s, s_dot
