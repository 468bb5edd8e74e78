"""Epidemics, enzyme kinetics and populations."""

from collections import namedtuple
from dataclasses import dataclass

import numpy as np

# --- SIR model ---------------------------------------------------------------------------------

Epidemic = namedtuple("Epidemic", ["susceptible", "infected", "recovered"])


def sir_rates(state, params):
    """Time derivative of the three compartments."""
    s, i, r = state
    infections = params["beta"] * s * i
    recoveries = params["gamma"] * i
    waning = params["waning"] * r
    return np.array([waning - infections, infections - recoveries, recoveries - waning])


def simulate_sir(params, days, substeps=4):
    """Daily states of an SIR model with waning immunity (classical Runge-Kutta)."""
    y = np.array([1.0 - params["seed"], params["seed"], 0.0])
    h = 1.0 / substeps
    trajectory = [Epidemic(*y)]
    for _ in range(days):
        for _ in range(substeps):
            k1 = sir_rates(y, params)
            k2 = sir_rates(y + 0.5 * h * k1, params)
            k3 = sir_rates(y + 0.5 * h * k2, params)
            k4 = sir_rates(y + h * k3, params)
            y = y + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
        trajectory.append(Epidemic(*y))
    return trajectory


def epidemic_misfit(theta, observed, lockdown_day=6, lockdown_effect=0.6):
    """Negative Poisson log likelihood (per day) of reported cases, per thousand people."""
    beta, gamma, reported = theta
    params = {"beta": beta, "gamma": gamma, "waning": 0.01, "seed": 0.02}
    before = simulate_sir(params, lockdown_day)
    last = before[-1]
    params = {**params, "beta": beta * lockdown_effect, "seed": last.infected}
    after = simulate_sir(params, len(observed) - lockdown_day)
    nll = 0.0
    peak = before[0].infected
    for day, state in enumerate(before[1:] + after[1:]):
        if state.infected < 0.0:
            raise ValueError(f"negative number of infected people on day {day}: {state}")
        peak = max(peak, state.infected)
        expected = 10.0 * reported * state.infected + 1e-6
        nll += expected - observed[day] * np.log(expected)
    final = after[-1]
    attack_rate = final.infected + final.recovered
    return nll / len(observed) + 0.1 * (attack_rate - 0.6) ** 2 + 0.05 * peak


# --- Michaelis-Menten fit ----------------------------------------------------------------------


def michaelis_menten(s, vmax, km):
    return vmax * s / (km + s)


def lineweaver_burk(s, rate):
    """First guess of vmax and km from the straight line of 1/rate against 1/s."""
    x, y = 1.0 / s, 1.0 / rate
    slope = np.sum((x - x.mean()) * (y - y.mean())) / np.sum((x - x.mean()) ** 2)
    intercept = y.mean() - slope * x.mean()
    if intercept <= 0:
        raise ValueError(f"the data do not saturate (intercept {intercept:.3g})")
    return 1.0 / intercept, slope / intercept


def fit_michaelis_menten(rate, s, weights=None, tol=1e-10, max_iter=40):
    """Least-squares vmax and km by Gauss-Newton; returns array([vmax, km])."""
    if weights is None:
        weights = np.ones_like(s)
    try:
        vmax, km = lineweaver_burk(s, rate)
    except ValueError:
        vmax, km = np.max(rate), np.mean(s)
    beta = np.array([vmax, km])
    for _ in range(max_iter):
        vmax, km = beta
        residual = rate - michaelis_menten(s, vmax, km)
        jac = np.stack([s / (km + s), -vmax * s / (km + s) ** 2], axis=1)
        normal = jac.T @ (weights[:, None] * jac)
        step = np.linalg.solve(normal, jac.T @ (weights * residual))
        beta = beta + step
        if np.linalg.norm(step) < tol * (1.0 + np.linalg.norm(beta)):
            break
    else:
        raise RuntimeError(f"Gauss-Newton did not converge in {max_iter} iterations")
    return beta


# --- Lotka-Volterra with adaptive steps --------------------------------------------------------


class StepRejected(Exception):
    """The local error of a trial step is too large."""

    def __init__(self, err):
        super().__init__(f"local error {err:.3g} above tolerance")
        self.err = err


@dataclass(frozen=True)
class StepControl:
    rtol: float = 1e-3
    atol: float = 1e-4
    safety: float = 0.9
    shrink: float = 0.2
    grow: float = 4.0
    max_steps: int = 200

    def error_norm(self, error, y):
        scale = self.atol + self.rtol * np.abs(y)
        return np.sqrt(np.mean((error / scale) ** 2))

    def next_step(self, h, err):
        factor = self.safety * err ** (-1.0 / 3.0)
        return h * min(self.grow, max(self.shrink, factor))


def lotka_volterra(y, a, b, c, d):
    prey, predator = y
    return np.array([a * prey - b * prey * predator, d * prey * predator - c * predator])


def trial_step(y, k1, h, rates, control):
    """One step of the Bogacki-Shampine pair: new state, its slope, and the error estimate."""
    k2 = lotka_volterra(y + 0.5 * h * k1, *rates)
    k3 = lotka_volterra(y + 0.75 * h * k2, *rates)
    y_new = y + h * (2.0 * k1 + 3.0 * k2 + 4.0 * k3) / 9.0
    k4 = lotka_volterra(y_new, *rates)
    error = h * (-5.0 * k1 / 72.0 + k2 / 12.0 + k3 / 9.0 - k4 / 8.0)
    err = control.error_norm(error, y_new)
    if err > 1.0:
        raise StepRejected(err)
    return y_new, k4, err


def populations_at(rates, y0, t_end=3.0, h=0.8, control=StepControl()):
    """Prey and predators at t_end; rejected steps are tried again with a smaller step."""
    t, y = 0.0, np.asarray(y0)
    k1 = lotka_volterra(y, *rates)
    attempts = 0
    while t < t_end - 1e-12:
        if attempts >= control.max_steps:
            raise RuntimeError(f"step size {h:.2e} too small at t = {t:.3f}")
        attempts += 1
        if t + h > t_end:
            h = t_end - t
        try:
            y, k1, err = trial_step(y, k1, h, rates, control)
        except StepRejected as rejected:
            err = rejected.err
        else:
            t += h
        h = control.next_step(h, err)
    return y
