"""Fit the length of a damped pendulum to noisy measurements, through an RK4 integrator.

    python examples/pendulum.py
    python examples/pendulum.py --show-gradient

The derivative of the misfit with respect to length and damping goes backwards through every step
of the integrator: the emitted source is a loop that runs in reverse over a tape.
"""

import argparse

import numpy as np

import s2s_ad

GRAVITY = 9.81
STEP = 0.02
LENGTH, DAMPING = 1.35, 0.25  # the truth, to be found again


def acceleration(theta, omega, length, damping):
    """The angular acceleration of a damped pendulum."""
    return -GRAVITY / length * np.sin(theta) - damping * omega


def misfit(length, damping, theta, omega, measured):
    """The mean squared distance between a simulated pendulum and its measured angles."""
    total = 0.0
    for angle in measured:
        k1 = acceleration(theta, omega, length, damping)
        omega2 = omega + 0.5 * STEP * k1
        k2 = acceleration(theta + 0.5 * STEP * omega, omega2, length, damping)
        omega3 = omega + 0.5 * STEP * k2
        k3 = acceleration(theta + 0.5 * STEP * omega2, omega3, length, damping)
        omega4 = omega + STEP * k3
        k4 = acceleration(theta + STEP * omega3, omega4, length, damping)
        theta = theta + STEP / 6.0 * (omega + 2.0 * omega2 + 2.0 * omega3 + omega4)
        omega = omega + STEP / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
        total = total + (theta - angle) ** 2
    return total / len(measured)


def measurements(steps, noise, seed):
    """Angles of the true pendulum with measurement noise: simulated by the same integrator."""
    rng = np.random.default_rng(seed)
    angles, theta, omega = [], 1.0, 0.0
    for _ in range(steps):
        state = np.array([theta, omega])

        def slope(s):
            return np.array([s[1], acceleration(s[0], s[1], LENGTH, DAMPING)])

        k1 = slope(state)
        k2 = slope(state + 0.5 * STEP * k1)
        k3 = slope(state + 0.5 * STEP * k2)
        k4 = slope(state + STEP * k3)
        theta, omega = state + STEP / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
        angles.append(theta + noise * rng.normal())
    return np.array(angles)


def fit(measured, length, damping, iterations=40):
    """Minimise the misfit with BFGS: gradients from s2s_ad, a halving line search."""
    value_and_grad = s2s_ad.value_and_grad(misfit, wrt=("length", "damping"))

    def evaluate(p):
        value, gradient = value_and_grad(float(p[0]), float(p[1]), 1.0, 0.0, measured)
        return value, np.array(gradient)

    p, inverse = np.array([length, damping]), 0.1 * np.eye(2)
    value, gradient = evaluate(p)
    for iteration in range(iterations):
        direction = -inverse @ gradient
        t = min(1.0, 0.2 / np.max(np.abs(direction)))
        while True:
            trial, (new, new_gradient) = p + t * direction, evaluate(p + t * direction)
            if new <= value + 1e-4 * t * gradient @ direction or t < 1e-10:
                break
            t *= 0.5
        s, y = trial - p, new_gradient - gradient
        p, value, gradient = trial, new, new_gradient
        print(
            f"{iteration + 1:3d}  misfit {value:.6f}  length {p[0]:.4f}  damping {p[1]:.4f}",
            flush=True,
        )
        if np.max(np.abs(gradient)) < 1e-8 or s @ s < 1e-20:
            break
        if s @ y > 1e-12:
            left = np.eye(2) - np.outer(s, y) / (s @ y)
            inverse = left @ inverse @ left.T + np.outer(s, s) / (s @ y)
    return p


def main():
    """The command line."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--steps", type=int, default=200)
    options.add_argument("--noise", type=float, default=0.02)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--show-gradient", action="store_true", help="print the emitted source")
    chosen = options.parse_args()
    measured = measurements(chosen.steps, chosen.noise, chosen.seed)
    if chosen.show_gradient:
        like = (1.0, 0.0, 1.0, 0.0, measured)
        print(s2s_ad.source(misfit, "vjp", wrt=("length", "damping"), like=like))
    length, damping = fit(measured, 1.1, 0.05)
    print(f"true length {LENGTH:.3f}, damping {DAMPING:.3f}")
    print(f"fitted length {length:.3f}, damping {damping:.3f}")


if __name__ == "__main__":
    main()
