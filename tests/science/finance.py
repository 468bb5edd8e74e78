"""Option prices by formula and by simulation, and a tariff given as a decision tree."""

import math
from typing import Any, NamedTuple

import numpy as np

# --- Black-Scholes and Heston paths ------------------------------------------------------------


class HestonParams(NamedTuple):
    kappa: float
    theta: float
    xi: float
    rho: float
    v0: float


def norm_cdf(x):
    return 0.5 * (1.0 + math.erf(x / math.sqrt(2.0)))


def black_scholes_call(spot, strike, sigma, rate, maturity):
    """Price of a European call in the Black-Scholes model."""
    if maturity <= 0.0:
        return max(spot - strike, 0.0)
    vol = sigma * math.sqrt(maturity)
    d1 = (math.log(spot / strike) + (rate + 0.5 * sigma**2) * maturity) / vol
    d2 = d1 - vol
    return spot * norm_cdf(d1) - strike * math.exp(-rate * maturity) * norm_cdf(d2)


def heston_call(
    spot: float,
    params: np.ndarray,
    strike: float = 1.0,
    rate: float = 0.02,
    maturity: float = 1.0,
    n_steps: int = 12,
    n_paths: int = 16,
    seed: int = 0,
) -> float:
    """Call under Heston by Monte Carlo, with Black-Scholes as the control variate."""
    p = HestonParams(*params)
    rng = np.random.default_rng(seed)
    dt = maturity / n_steps
    sigma = math.sqrt(p.theta)
    log_s = np.full(n_paths, np.log(spot))
    log_bs = np.full(n_paths, np.log(spot))
    v = np.full(n_paths, p.v0)
    for _ in range(n_steps):
        z1 = rng.standard_normal(n_paths)
        z2 = p.rho * z1 + np.sqrt(1.0 - p.rho**2) * rng.standard_normal(n_paths)
        v_plus = np.maximum(v, 0.0)
        root = np.sqrt(v_plus * dt)
        log_s += (rate - 0.5 * v_plus) * dt + root * z1
        log_bs += (rate - 0.5 * p.theta) * dt + sigma * np.sqrt(dt) * z1
        v = v + p.kappa * (p.theta - v_plus) * dt + p.xi * root * z2
    discount = np.exp(-rate * maturity)
    heston = discount * np.maximum(np.exp(log_s) - strike, 0.0)
    control = discount * np.maximum(np.exp(log_bs) - strike, 0.0)
    exact = black_scholes_call(spot, strike, sigma, rate, maturity)
    return np.mean(heston) + (exact - np.mean(control))


# --- decision-tree-like piecewise pricing ------------------------------------------------------

TARIFF_TREE: dict[str, Any] = {
    "feature": 0,
    "threshold": 0.5,
    "left": {"base": 0.40, "slope": (0.30, 0.10, 0.05), "power": 1.0},
    "right": {
        "feature": 2,
        "threshold": 1.2,
        "left": {"base": 0.25, "slope": (0.20, 0.35, 0.10), "power": 1.3},
        "right": {"base": 0.60, "slope": (0.15, 0.25, 0.40), "power": 1.6},
    },
}

TIERS = [(1.0, 0.10), (2.0, 0.16), (math.inf, 0.25)]


def walk_tree(tree, x):
    """Leaf of a tariff tree that belongs to the features x."""
    node = tree
    while "feature" in node:
        side = "left" if x[node["feature"]] < node["threshold"] else "right"
        node = node[side]
    return node


def usage_charge(amount, tiers=TIERS):
    """Charge for an amount billed tier by tier, each tier with its own unit price."""
    charge, lower = 0.0, 0.0
    for upper, unit_price in tiers:
        if amount <= upper:
            return charge + unit_price * (amount - lower)
        charge += unit_price * (upper - lower)
        lower = upper
    raise ValueError(f"no tier for an amount of {amount}")


def book_premium(features, usage, inflation, discount_after=2):
    """Average premium of a book of customers, with a volume discount on the later ones."""
    if len(features) != len(usage):
        raise ValueError(f"{len(features)} rows of features, {len(usage)} of usage")
    premiums = []
    for i, (row, amount) in enumerate(zip(features, usage)):
        leaf = walk_tree(TARIFF_TREE, row)
        risk = leaf["base"] + sum(s * f for s, f in zip(leaf["slope"], row))
        price = risk ** leaf["power"] * (1.0 + inflation) ** 2 + usage_charge(amount)
        if i >= discount_after:
            price *= 1.0 - 0.05 * np.tanh(amount)
        premiums.append(price)
    return sum(premiums) / len(premiums)
