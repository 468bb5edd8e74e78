"""Orbits, chains of masses and control loops."""

from dataclasses import dataclass

import numpy as np

# --- orbital mechanics -------------------------------------------------------------------------


@dataclass
class Orbit:
    """State of a satellite in units where the central body has mu = 1."""

    r: np.ndarray
    v: np.ndarray
    mu: float = 1.0

    @property
    def energy(self):
        return 0.5 * np.dot(self.v, self.v) - self.mu / np.linalg.norm(self.r)

    def angular_momentum(self):
        return np.cross(self.r, self.v)

    def eccentricity_vector(self):
        h = self.angular_momentum()
        return np.cross(self.v, h) / self.mu - self.r / np.linalg.norm(self.r)


def gravity(r, mu=1.0, j2=0.0, radius=0.4):
    """Acceleration of a point mass plus, if asked for, the oblateness (J2) term."""
    d = np.linalg.norm(r)
    acc = -mu * r / d**3
    if j2 != 0.0:
        x, y, z = r
        k = 1.5 * j2 * mu * radius**2 / d**5
        q = 5.0 * z**2 / d**2
        acc = acc + k * np.array([x * (q - 1.0), y * (q - 1.0), z * (q - 3.0)])
    return acc


def propagate(orbit, duration, steps=40, j2=0.0):
    """Velocity Verlet from one state to the next."""
    dt = duration / steps
    r, v = orbit.r.copy(), orbit.v.copy()
    acc = gravity(r, mu=orbit.mu, j2=j2)
    for _ in range(steps):
        v += 0.5 * dt * acc
        r += dt * v
        acc = gravity(r, mu=orbit.mu, j2=j2)
        v += 0.5 * dt * acc
    return Orbit(r, v, orbit.mu)


def transfer_cost(r0, v0, burn, target_energy=-0.4, j2=0.01):
    """Coast, burn, coast again; fuel used plus the distance from the wanted orbit."""
    orbit = propagate(Orbit(r0, v0), duration=1.5, j2=j2)
    orbit.v = orbit.v + burn
    orbit = propagate(orbit, duration=2.0, j2=j2)
    fuel = np.sqrt(np.sum(burn**2) + 1e-4)
    miss = (orbit.energy - target_energy) ** 2
    inclination = orbit.angular_momentum()[2] / np.linalg.norm(orbit.angular_momentum())
    shape = np.sum(orbit.eccentricity_vector() ** 2)
    return fuel + 10.0 * miss + (1.0 - inclination) + 0.5 * shape


# --- Kepler's equation -------------------------------------------------------------------------


def solve_kepler(mean_anomaly, ecc, tol=1e-12, max_iter=50):
    """Eccentric anomaly E with E - e sin(E) = M, by Newton's method."""
    if not 0.0 <= ecc < 1.0:
        raise ValueError(f"eccentricity {ecc} is not that of an ellipse")
    E = mean_anomaly + ecc * np.sin(mean_anomaly) if ecc < 0.8 else np.pi
    count = 0
    while True:
        delta = (E - ecc * np.sin(E) - mean_anomaly) / (1.0 - ecc * np.cos(E))
        E -= delta
        count += 1
        if abs(delta) < tol:
            return E
        if count >= max_iter:
            raise RuntimeError(f"no convergence after {count} steps, last step {delta:.2e}")


def radial_velocity_chi2(elements, times, observed, sigma=0.3):
    """Misfit of the radial velocity of a star with one planet.

    elements: period, eccentricity, argument of periastron, semi-amplitude, systemic velocity.
    """
    period, ecc, omega, amplitude, systemic = elements
    chi2 = 0.0
    for t, rv in zip(times, observed):
        phase = t / period
        phase = phase - np.floor(phase)
        try:
            E = solve_kepler(2.0 * np.pi * phase, ecc)
        except ValueError:
            return np.inf
        nu = 2.0 * np.arctan2(
            np.sqrt(1.0 + ecc) * np.sin(E / 2.0), np.sqrt(1.0 - ecc) * np.cos(E / 2.0)
        )
        model = systemic + amplitude * (np.cos(nu + omega) + ecc * np.cos(omega))
        chi2 += ((rv - model) / sigma) ** 2
    return chi2 / len(times)


# --- spring-mass chain with contact ------------------------------------------------------------


def chain_forces(x, v, stiffness, rest, damping):
    """Forces of the springs between neighbours, with dashpots, on every mass."""
    f = np.zeros_like(x)
    for i in range(len(x) - 1):
        stretch = x[i + 1] - x[i] - rest
        pull = stiffness[i] * stretch + damping * (v[i + 1] - v[i])
        f[i] += pull
        f[i + 1] -= pull
    return f


def drop_chain(stiffness, masses, height, dt=0.02, steps=45, wall=30.0, g=1.0):
    """Drop a vertical chain on the floor; return the energy left in it at the end.

    The floor is a stiff one-sided spring (penalty contact) at x = 0.
    """
    n = len(masses)
    rest = 0.5
    x = height + rest * np.arange(n)
    v = np.full(n, -1.0)
    impulse = 0.0
    lowest = []
    touching = 0
    for _ in range(steps):
        f = chain_forces(x, v, stiffness, rest, damping=0.05)
        f -= masses * g
        for i in range(n):
            if x[i] < 0.0:
                push = -wall * x[i]
                f[i] += push
                impulse += push * dt
                touching += 1
        v = v + dt * f / masses
        x = x + dt * v
        lowest.append(x[0])
        if not np.all(np.isfinite(x)):
            raise FloatingPointError(f"the chain blew up, dt = {dt} is too large")
    if touching == 0:
        raise RuntimeError(f"the chain never reached the floor in {steps} steps")
    kinetic = 0.5 * np.sum(masses * v**2)
    elastic = 0.5 * np.sum(stiffness * (np.diff(x) - rest) ** 2)
    return kinetic + elastic + 0.1 * impulse + 0.5 * np.mean(lowest)


# --- PID control loop --------------------------------------------------------------------------


class PID:
    """Controller with a filtered derivative, output limits and anti-windup."""

    def __init__(self, kp, ki, kd, limits=(-3.0, 3.0)):
        self.kp = kp
        self.ki = ki
        self.kd = kd
        self.limits = limits
        self.integral = 0.0
        self.filtered = 0.0
        self.last_error = None

    def update(self, error, dt):
        if self.last_error is not None:
            slope = (error - self.last_error) / dt
            self.filtered += 0.4 * (slope - self.filtered)
        self.last_error = error
        candidate = self.integral + error * dt
        output = self.kp * error + self.ki * candidate + self.kd * self.filtered
        low, high = self.limits
        if output > high:
            return high
        if output < low:
            return low
        self.integral = candidate
        return output


def tracking_cost(gains, plant, setpoint=1.0, dt=0.05, steps=60):
    """Integrated square error plus control effort for a second-order plant."""
    controller = PID(*gains)
    position, velocity = 0.0, 0.0
    cost = 0.0
    history = []
    for k in range(steps):
        target = setpoint if k * dt < 2.0 else 0.5 * setpoint
        error = target - position
        u = controller.update(error, dt)
        accel = (u - plant["drag"] * velocity - plant["spring"] * position) / plant["mass"]
        velocity += dt * accel
        position += dt * velocity
        history.append(u)
        cost += dt * error**2
    effort = sum(u**2 for u in history) / len(history)
    return cost + 0.01 * effort
