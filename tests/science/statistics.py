"""Likelihoods, posteriors and interpolation."""

import numpy as np

# --- hidden Markov forward algorithm -----------------------------------------------------------


def log_softmax(x):
    """Logarithm of the softmax of every row."""
    shifted = x - np.max(x, axis=-1, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))


def logsumexp(x, axis=0):
    top = np.max(x, axis=axis)
    return top + np.log(np.sum(np.exp(x - top), axis=axis))


def gaussian_logpdf(x, mean, log_sd):
    z = (x - mean) / np.exp(log_sd)
    return -0.5 * z**2 - log_sd - 0.5 * np.log(2.0 * np.pi)


def stationary(log_trans, iterations=8):
    """Distribution over the states after many transitions."""
    trans = np.exp(log_trans)
    p = np.full(len(trans), 1.0 / len(trans))
    for _ in range(iterations):
        p = p @ trans
        p /= p.sum()
    return p


def hmm_log_likelihood(logits, means, log_sds, observations, start=None):
    """Log likelihood of a sequence under a hidden Markov model with Gaussian emissions.

    Missing observations (NaN) contribute a transition only.
    """
    n_states = len(means)
    log_trans = log_softmax(logits)
    if log_trans.shape != (n_states, n_states):
        raise ValueError(f"{n_states} states but transitions of shape {log_trans.shape}")
    log_alpha = np.log(stationary(log_trans) if start is None else start)
    filtered = []
    for t, obs in enumerate(observations):
        if t > 0:
            log_alpha = logsumexp(log_alpha[:, None] + log_trans, axis=0)
        if not np.isnan(obs):
            log_alpha = log_alpha + gaussian_logpdf(obs, means, log_sds)
        filtered.append(log_alpha - logsumexp(log_alpha))
    if not all(np.isfinite(row).all() for row in filtered):
        raise FloatingPointError(f"forward pass underflowed after {len(filtered)} observations")
    return logsumexp(log_alpha) / len(observations)


# --- Metropolis log density --------------------------------------------------------------------


class LogisticPosterior:
    """Posterior of a logistic regression with a normal prior."""

    def __init__(self, features, labels, prior_scale=1.0):
        self.features = features
        self.labels = labels
        self.prior_scale = prior_scale
        self.calls = 0

    def log_prior(self, w):
        return -0.5 * np.sum((w / self.prior_scale) ** 2) - len(w) * np.log(self.prior_scale)

    def log_likelihood(self, w):
        z = self.features @ w
        return np.sum(self.labels * z - np.logaddexp(0.0, z))

    def __call__(self, w):
        self.calls += 1
        return self.log_prior(w) + self.log_likelihood(w)


def metropolis_mean_density(features, prior_scale, labels, n_steps=30, width=0.6, seed=1):
    """Mean log density along a random-walk Metropolis chain that starts at zero."""
    rng = np.random.default_rng(seed)
    target = LogisticPosterior(features, labels, prior_scale=prior_scale)
    w = np.zeros(features.shape[1])
    current = target(w)
    trace = []
    accepted = 0
    for _ in range(n_steps):
        proposal = w + width * rng.normal(size=w.shape)
        candidate = target(proposal)
        if np.log(rng.uniform()) < candidate - current:
            w, current = proposal, candidate
            accepted += 1
        trace.append(current)
    if not 0 < accepted < n_steps:
        raise RuntimeError(f"acceptance {accepted}/{n_steps}: change the proposal width")
    return np.mean(np.array(trace)) / len(labels)


# --- Gaussian process marginal likelihood ------------------------------------------------------


def rbf_kernel(x1, x2, lengthscales, variance):
    """Squared-exponential kernel with one length scale for each input dimension."""
    diff = (x1[:, None, :] - x2[None, :, :]) / lengthscales
    return variance * np.exp(-0.5 * np.sum(diff**2, axis=-1))


def robust_cholesky(k, jitter=1e-8, attempts=5):
    """Cholesky factor of k, with as much jitter on the diagonal as it takes."""
    try:
        return np.linalg.cholesky(k)
    except np.linalg.LinAlgError:
        pass
    for _ in range(attempts):
        try:
            return np.linalg.cholesky(k + jitter * np.eye(len(k)))
        except np.linalg.LinAlgError:
            jitter *= 100.0
    raise np.linalg.LinAlgError(f"not positive definite even with jitter {jitter:g}")


def gp_nll(log_params, x, y, mean=None):
    """Negative log marginal likelihood of a Gaussian process, per data point.

    log_params: log of the length scales (one per column of x), of the signal standard
    deviation, and of the noise standard deviation.
    """
    n, dim = x.shape
    lengthscales = np.exp(log_params[:dim])
    signal, noise = np.exp(2.0 * log_params[dim:])
    k = rbf_kernel(x, x, lengthscales, signal)
    k[np.diag_indices(n)] += noise
    residual = y - (np.mean(y) if mean is None else mean)
    chol = robust_cholesky(k)
    alpha = np.linalg.solve(chol.T, np.linalg.solve(chol, residual))
    fit = 0.5 * residual @ alpha
    complexity = np.sum(np.log(np.diag(chol)))
    return (fit + complexity + 0.5 * n * np.log(2.0 * np.pi)) / n


# --- spline evaluation -------------------------------------------------------------------------


def thomas(lower, diagonal, upper, rhs):
    """Solve a tridiagonal system."""
    n = len(rhs)
    c, d = np.zeros(n), np.zeros(n)
    c[0] = upper[0] / diagonal[0]
    d[0] = rhs[0] / diagonal[0]
    for i in range(1, n):
        pivot = diagonal[i] - lower[i] * c[i - 1]
        c[i] = upper[i] / pivot if i < n - 1 else 0.0
        d[i] = (rhs[i] - lower[i] * d[i - 1]) / pivot
    for i in reversed(range(n - 1)):
        d[i] -= c[i] * d[i + 1]
    return d


class NaturalSpline:
    """Cubic spline through (x, y) whose second derivative vanishes at both ends."""

    def __init__(self, x, y):
        if len(x) != len(y):
            raise ValueError(f"{len(x)} knots but {len(y)} values")
        self.x, self.y = x, y
        h = np.diff(x)
        slopes = np.diff(y) / h
        inner = thomas(h[:-1], 2.0 * (h[:-1] + h[1:]), h[1:], 6.0 * np.diff(slopes))
        self.h = h
        self.m = np.concatenate([[0.0], inner, [0.0]])

    def __call__(self, t):
        i = int(np.clip(np.searchsorted(self.x, t) - 1, 0, len(self.h) - 1))
        h = self.h[i]
        left, right = self.x[i + 1] - t, t - self.x[i]
        curve = (self.m[i] * left**3 + self.m[i + 1] * right**3) / (6.0 * h)
        line_left = (self.y[i] / h - self.m[i] * h / 6.0) * left
        line_right = (self.y[i + 1] / h - self.m[i + 1] * h / 6.0) * right
        return curve + line_left + line_right

    def slope(self, i):
        """First derivative at knot i, from the piece on its right."""
        rise = (self.y[i + 1] - self.y[i]) / self.h[i]
        return rise - self.h[i] * (2.0 * self.m[i] + self.m[i + 1]) / 6.0


def spline_misfit(knots, values, points, samples, roughness=0.01):
    """Mean square misfit of a spline at some points, with a penalty on its curvature."""
    spline = NaturalSpline(knots, values)
    misfit = np.mean([(spline(t) - s) ** 2 for t, s in zip(points, samples)])
    penalty = np.sum(spline.h * (spline.m[:-1] ** 2 + spline.m[1:] ** 2)) / 2.0
    return misfit + roughness * penalty + 0.01 * spline.slope(0) ** 2
