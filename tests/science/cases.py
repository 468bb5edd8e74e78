"""The functions of this package with the arguments at which their derivatives are checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.science import biology, finance, mechanics, physics, statistics, vision


@dataclass(frozen=True)
class Case:
    """A function, arguments, and the positions of those to differentiate with respect to."""

    name: str
    function: Callable[..., Any]
    args: tuple[Any, ...]
    wrt: tuple[int, ...]


def _rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def _rv_data() -> tuple[np.ndarray, np.ndarray]:
    times = np.array([0.3, 0.9, 1.4, 2.2, 3.1, 3.7, 4.6, 5.2])
    return times, 0.2 + np.cos(2.0 * np.pi * times / 1.9 + 0.4) + 0.1 * _rng(3).normal(size=8)


def _enzyme_data() -> tuple[np.ndarray, np.ndarray]:
    s = np.array([0.2, 0.5, 1.0, 2.0, 4.0, 8.0])
    return 1.5 * s / (0.8 + s) + 0.02 * _rng(4).normal(size=6), s


def _observations() -> list[vision.Observation]:
    rng = _rng(5)
    cameras, points = _bundle()
    found = []
    for c, camera in enumerate(cameras):
        for p, point in enumerate(points):
            if (c + p) % 4 != 3:
                noise = rng.choice([0.08, 0.5]) * rng.choice([-1.0, 1.0], size=2)
                found.append(vision.Observation(c, p, vision.project(camera, point) + noise))
    return found


def _bundle() -> tuple[np.ndarray, np.ndarray]:
    rng = _rng(6)
    cameras = np.zeros((3, 8))
    cameras[:, :3] = 0.2 * rng.normal(size=(3, 3))
    cameras[:, 3:6] = np.array([0.0, 0.0, 4.0]) + 0.2 * rng.normal(size=(3, 3))
    cameras[:, 6] = 1.2
    cameras[:, 7] = -0.1
    return cameras, rng.uniform(-1.0, 1.0, size=(5, 3))


CASES: list[Case] = [
    Case(
        "orbital_mechanics",
        mechanics.transfer_cost,
        (np.array([1.0, 0.1, 0.2]), np.array([-0.1, 1.05, 0.1]), np.array([0.05, 0.08, -0.03])),
        (0, 1, 2),
    ),
    Case(
        "black_scholes_heston",
        finance.heston_call,
        (1.05, np.array([1.5, 0.09, 0.3, -0.6, 0.08])),
        (0, 1),
    ),
    Case(
        "sir_model",
        biology.epidemic_misfit,
        (
            np.array([0.9, 0.3, 0.7]),
            np.array([0.2, 0.3, 0.5, 0.8, 1.1, 1.6, 1.7, 1.8, 1.7, 1.5]),
        ),
        (0,),
    ),
    Case("michaelis_menten_fit", biology.fit_michaelis_menten, _enzyme_data(), (0,)),
    Case(
        "lotka_volterra_adaptive",
        biology.populations_at,
        (np.array([1.1, 0.6, 0.9, 0.5]), np.array([1.5, 1.0])),
        (0, 1),
    ),
    Case(
        "ising_energy",
        physics.ising_free_energy,
        (np.array([1.0, 0.8, -0.5, 0.9, 0.3, 1.2, 0.7, -0.2, 0.6]), 0.3),
        (0, 1),
    ),
    Case(
        "hidden_markov_forward",
        statistics.hmm_log_likelihood,
        (
            np.array([[1.0, 0.2, -0.5], [0.1, 1.2, 0.0], [-0.3, 0.4, 0.9]]),
            np.array([-1.0, 0.3, 1.5]),
            np.array([-0.4, -0.1, -0.6]),
            np.array([-1.1, -0.8, 0.2, np.nan, 0.5, 1.4, 1.7, -0.6]),
        ),
        (0, 1, 2),
    ),
    Case(
        "spline_evaluation",
        statistics.spline_misfit,
        (
            np.array([0.0, 0.7, 1.5, 2.1, 3.0, 3.8]),
            np.array([0.1, 0.8, 0.9, 0.4, -0.5, -0.7]),
            np.array([0.3, 1.1, 1.3, 1.8, 2.6, 3.4]),
            np.array([0.4, 0.9, 0.8, 0.6, -0.2, -0.5]),
        ),
        (0, 1, 2),
    ),
    Case(
        "ray_sphere_renderer",
        vision.render_loss,
        (
            np.array([[-0.3, 0.1, -3.0], [0.6, -0.2, -4.1]]),
            np.array([0.8, 1.1]),
            np.array([1.5, 2.0, 0.5]),
            _rng(7).uniform(0.0, 1.0, size=(5, 5, 3)),
        ),
        (0, 1, 2),
    ),
    Case(
        "pid_control_loop",
        mechanics.tracking_cost,
        (np.array([2.2, 0.9, 0.5]), {"mass": 1.0, "drag": 0.4, "spring": 0.8}),
        (0,),
    ),
    Case(
        "metropolis_log_density",
        statistics.metropolis_mean_density,
        (_rng(8).normal(size=(8, 2)), 1.3, np.array([1, 0, 1, 1, 0, 0, 1, 0])),
        (0, 1),
    ),
    Case(
        "tight_binding_chain",
        physics.chain_energy,
        (
            np.array([0.05, -0.1, 0.15, -0.05, 0.1, -0.2]),
            np.array([0.3, -0.2, 0.25, -0.3, 0.2, -0.1]),
        ),
        (0, 1),
    ),
    Case(
        "camera_reprojection",
        vision.reprojection_error,
        (
            np.array([0.2, -0.1, 0.3, 0.1, -0.2, 4.0]),
            np.array([1.2, 1.1, 0.05, -0.03, -0.2, 0.05]),
            _rng(9).uniform(-1.0, 1.0, size=(6, 3)),
            _rng(10).uniform(-0.5, 0.5, size=(6, 2)),
        ),
        (0, 1, 2),
    ),
    Case(
        "quaternion_rotation",
        vision.integrate_gyro,
        (
            np.array([0.9, 0.1, -0.3, 0.2]),
            _rng(11).normal(size=(6, 3)),
            np.array([0.05, -0.1, 0.2]),
        ),
        (0, 1, 2),
    ),
    Case(
        "gaussian_process_likelihood",
        statistics.gp_nll,
        (
            np.array([0.1, 0.4, 0.2, -1.0]),
            _rng(12).uniform(-2.0, 2.0, size=(9, 2)),
            _rng(13).normal(size=9),
        ),
        (0, 1, 2),
    ),
    Case("bundle_adjustment", vision.bundle_cost, (*_bundle(), _observations()), (0, 1)),
    Case(
        "spring_mass_contact",
        mechanics.drop_chain,
        (np.array([8.0, 6.0, 9.0]), np.array([1.0, 0.8, 1.1, 0.9]), 0.31),
        (0, 1, 2),
    ),
    Case(
        "kepler_newton",
        mechanics.radial_velocity_chi2,
        (np.array([1.9, 0.3, 0.6, 1.1, 0.1]), *_rv_data()),
        (0,),
    ),
    Case(
        "finite_volume_upwind",
        physics.advect,
        (0.3 + np.exp(-((np.linspace(0.05, 0.95, 16) - 0.4) ** 2) / 0.02), 1.1),
        (0, 1),
    ),
    Case(
        "decision_tree_pricing",
        finance.book_premium,
        (
            np.array([[0.3, 0.6, 0.9], [0.8, 0.4, 1.0], [0.9, 0.7, 1.5], [0.2, 0.9, 1.8]]),
            np.array([0.7, 1.6, 2.8, 1.3]),
            0.04,
        ),
        (0, 1, 2),
    ),
]
