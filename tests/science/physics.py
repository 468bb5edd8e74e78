"""Lattice models, a tight-binding chain and a transport scheme."""

import itertools
from collections import namedtuple

import numpy as np

# --- Ising energy ------------------------------------------------------------------------------


def neighbours(rows, cols):
    """Bonds of a lattice that is periodic along its rows, as pairs of site numbers."""
    bonds = []
    for i in range(rows):
        for j in range(cols):
            site = i * cols + j
            bonds.append((site, i * cols + (j + 1) % cols))
            if i + 1 < rows:
                bonds.append((site, site + cols))
    return bonds


def ising_energy(spins, couplings, field, bonds):
    """Energy of one configuration with a coupling for each bond."""
    energy = 0.0
    for J, (a, b) in zip(couplings, bonds):
        energy -= J * spins[a] * spins[b]
    return energy - field * sum(spins)


def ising_free_energy(couplings, field, beta=0.5, rows=2, cols=3):
    """Free energy per site of a small lattice, by summing over all configurations."""
    bonds = neighbours(rows, cols)
    if len(couplings) != len(bonds):
        raise ValueError(f"need {len(bonds)} couplings, got {len(couplings)}")
    n = rows * cols
    weights = []
    for spins in itertools.product((-1, 1), repeat=n):
        energy = ising_energy(spins, couplings, field, bonds)
        weights.append(-beta * energy)
    top = max(weights)
    total = 0.0
    for w in weights:
        total += np.exp(w - top)
    return -(top + np.log(total)) / (beta * n)


# --- tight-binding chain -----------------------------------------------------------------------


def hopping(displacement, t0=1.0, alpha=0.5):
    """Hopping amplitude of each bond as a function of the displacements of its atoms."""
    stretch = displacement[1:] - displacement[:-1]
    return t0 * np.exp(-alpha * stretch), stretch


def chain_hamiltonian(hops, onsite):
    n = len(onsite)
    h = np.zeros((n, n))
    for i in range(n):
        h[i, i] = onsite[i]
    for i, t in enumerate(hops):
        h[i, i + 1] = -t
        h[i + 1, i] = -t
    return h


def fermi(energy, mu, kT):
    return 1.0 / (1.0 + np.exp((energy - mu) / kT))


def chemical_potential(levels, electrons, kT, tol=1e-11):
    """Level to which the chain is filled: Newton on the number of electrons."""
    mu = np.mean(levels)
    for _ in range(60):
        f = fermi(levels, mu, kT)
        slope = 2.0 * np.sum(f * (1.0 - f)) / kT
        step = (electrons - 2.0 * np.sum(f)) / slope
        mu += step
        if abs(step) < tol:
            return mu
    raise RuntimeError(f"no chemical potential found for {electrons} electrons")


def chain_energy(displacement, onsite, kT=0.2, spring=2.0, filling=1.0):
    """Total energy per atom of a chain whose electrons couple to the lattice (SSH model)."""
    n = len(displacement)
    if onsite.shape != (n,):
        raise ValueError(f"onsite has shape {onsite.shape}, expected ({n},)")
    hops, stretch = hopping(displacement)
    levels, states = np.linalg.eigh(chain_hamiltonian(hops, onsite))
    mu = chemical_potential(levels, filling * n, kT)
    occupation = fermi(levels, mu, kT)
    band = 2.0 * np.sum(occupation * levels)
    density = (states**2) @ occupation
    staggering = np.sum((-1.0) ** np.arange(n) * density)
    elastic = 0.5 * spring * np.sum(stretch**2)
    return (band + elastic + 0.3 * staggering**2) / n


# --- finite-volume upwind scheme ---------------------------------------------------------------

Grid = namedtuple("Grid", "faces centres dx")


def make_grid(n, length=1.0):
    faces = np.linspace(0.0, length, n + 1)
    return Grid(faces=faces, centres=0.5 * (faces[:-1] + faces[1:]), dx=length / n)


def limited_slope(u):
    """van Albada's limited slope in every cell; the first and last cells get none."""
    eps = 1e-3
    left = u[1:-1] - u[:-2]
    right = u[2:] - u[1:-1]
    slope = np.zeros_like(u)
    slope[1:-1] = (left * (right**2 + eps) + right * (left**2 + eps)) / (
        left**2 + right**2 + 2.0 * eps
    )
    return slope


def upwind_flux(u, velocity, inflow):
    """Flux through every face from the cell that lies upwind of it."""
    slope = limited_slope(u)
    from_left = np.concatenate(([inflow], u + 0.5 * slope))
    from_right = np.concatenate((u - 0.5 * slope, [0.0]))
    return np.where(velocity > 0.0, velocity * from_left, velocity * from_right)


def moments(u, grid):
    """Total mass and its mean position."""
    mass = np.sum(u) * grid.dx
    return mass, np.sum(u * grid.centres) * grid.dx / mass


def advect(u0, speed, swirl=0.6, inflow=0.2, t_end=0.25, cfl=0.4):
    """Carry u0 along a velocity that changes with position; return its first two moments."""
    grid = make_grid(len(u0))
    velocity = speed * (1.0 - 1.7 * swirl * np.sin(np.pi * grid.faces) ** 2)
    steps = int(np.ceil(t_end * 1.5 / (cfl * grid.dx)))
    dt = t_end / steps
    if np.max(np.abs(velocity)) * dt > grid.dx:
        raise ValueError(f"time step {dt:.3g} violates the CFL condition")
    u = u0.copy()
    for _ in range(steps):
        flux = upwind_flux(u, velocity, inflow)
        u[:] -= dt / grid.dx * (flux[1:] - flux[:-1])
        u -= dt * 0.5 * u**2
    mass, centre = moments(u, grid)
    return np.array([mass, centre])
