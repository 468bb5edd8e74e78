import numpy as np


def rk4_pendulum_vjp(theta, omega, length, steps, out_bar=1.0):
    theta_tape = []
    omega_tape = []
    for _ in range(steps):
        theta_tape.append(theta)
        omega_tape.append(omega)
        term = -9.81 / length
        k1o = term * np.sin(theta)
        k2t = omega + 0.025 * k1o
        k2o = term * np.sin(theta + 0.025 * omega)
        k3t = omega + 0.025 * k2o
        k3o = term * np.sin(theta + 0.025 * k2t)
        k4t = omega + 0.05 * k3o
        k4o = term * np.sin(theta + 0.05 * k3t)
        theta = theta + 0.008333333333333333 * (omega + 2.0 * k2t + 2.0 * k3t + k4t)
        omega = omega + 0.008333333333333333 * (k1o + 2.0 * k2o + 2.0 * k3o + k4o)
    out = theta * theta + omega
    # return theta * theta + omega
    theta_bar = 2.0 * out_bar * theta
    # for _ in range(steps)
    length_bar = 0.0
    omega_bar = out_bar
    for _ in reversed(range(steps)):
        theta = theta_tape.pop()
        omega = omega_tape.pop()
        term = -9.81 / length
        sin_theta = np.sin(theta)
        k2t = omega + 0.025 * term * sin_theta
        k2o_term = theta + 0.025 * omega
        k2o_term2 = np.sin(k2o_term)
        k3t = omega + 0.025 * term * k2o_term2
        k3o_term = theta + 0.025 * k2t
        k4o_term = theta + 0.05 * k3t
        # omega = omega + dt / 6.0 * (k1o + 2.0 * k2o + 2.0 * k3o + k4o)
        k1o_bar = 0.008333333333333333 * omega_bar
        k3o_bar = 0.016666666666666666 * omega_bar
        k2o_bar = 0.016666666666666666 * omega_bar
        # theta = theta + dt / 6.0 * (k1t + 2.0 * k2t + 2.0 * k3t + k4t)
        k3t_bar = 0.016666666666666666 * theta_bar
        omega_bar += 0.008333333333333333 * theta_bar
        k2t_bar = 0.016666666666666666 * theta_bar
        # k4o = -9.81 / length * np.sin(theta + dt * k3t)
        k4o_term_bar = k1o_bar * term * np.cos(k4o_term)
        k3t_bar += 0.05 * k4o_term_bar
        # k4t = omega + dt * k3o
        omega_bar += 0.008333333333333333 * theta_bar
        k3o_bar += 0.0004166666666666667 * theta_bar
        # k4o = -9.81 / length * np.sin(theta + dt * k3t)
        theta_bar += k4o_term_bar
        # k3o = -9.81 / length * np.sin(theta + 0.5 * dt * k2t)
        k3o_term_bar = k3o_bar * term * np.cos(k3o_term)
        theta_bar += k3o_term_bar
        k2t_bar += 0.025 * k3o_term_bar
        # k3t = omega + 0.5 * dt * k2o
        omega_bar += k3t_bar
        k2o_bar += 0.025 * k3t_bar
        # k2o = -9.81 / length * np.sin(theta + 0.5 * dt * k1t)
        term_bar = k1o_bar * np.sin(k4o_term) + k3o_bar * np.sin(k3o_term) + k2o_bar * k2o_term2
        k2o_term_bar = k2o_bar * term * np.cos(k2o_term)
        theta_bar += k2o_term_bar
        omega_bar += 0.025 * k2o_term_bar
        # k2t = omega + 0.5 * dt * k1o
        omega_bar += k2t_bar
        k1o_bar += 0.025 * k2t_bar
        # k1t, k1o = omega, -9.81 / length * np.sin(theta)
        theta_bar += k1o_bar * term * np.cos(theta)
        length_bar -= (term_bar + k1o_bar * sin_theta) * term / length
    return out, (float(theta_bar), float(omega_bar), float(length_bar))
