"""Time of emitted gradients beside hand-written ones, of emission, import and dispatch.

    python tests/benchmarks/measure.py            # everything
    python tests/benchmarks/measure.py --quick    # few repetitions, to see that it runs

Ratios are medians of interleaved turns in one process: what disturbs one disturbs the other.
"""

import argparse
import copy
import importlib.util
import statistics
import subprocess
import sys
import timeit
from pathlib import Path

import numpy as np

import s2s_ad

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "tests" / "golden_reference"
FILES = ("scalar", "arrays", "loops", "containers", "inplace")


def examples(names=FILES):
    """(primal, hand-written adjoint, arguments, wrt) of the reference files."""
    for name in names:
        spec = importlib.util.spec_from_file_location(f"golden_{name}", REFERENCE / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        for primal, adjoint, _, args, *rest in module.EXAMPLES:
            yield primal, adjoint, args, rest[0] if rest else tuple(range(len(args)))


def interleaved(calls, turns, seconds):
    """The median time of a call of each function, taken in turns."""
    timers = [timeit.Timer(call) for call in calls]
    counts = []
    for timer in timers:
        one = max(min(timer.repeat(5, 20)) / 20, 1e-8)
        counts.append(max(1, int(seconds / turns / one)))
    times = [[] for _ in calls]
    for _ in range(turns):
        for timer, count, found in zip(timers, counts, times):
            found.append(timer.timeit(count) / count)
    return times


def against_hand(turns, seconds):
    """A row per reference function: both times, their ratio, and the time of emission."""
    rows = []
    for primal, adjoint, args, wrt in examples():
        single = wrt[0] if len(wrt) == 1 else wrt
        begun = timeit.default_timer()
        text = s2s_ad.source(primal, "vjp", wrt=single, like=args)
        emission = timeit.default_timer() - begun
        module = {"__name__": "emitted"}
        exec(compile(text, f"<{primal.__name__}>", "exec"), module)
        emitted = module[primal.__name__ + "_vjp"]
        a, b = copy.deepcopy(args), copy.deepcopy(args)
        hand, ours = interleaved(
            [lambda f=adjoint, x=a: f(*x), lambda f=emitted, x=b: f(*x)], turns, seconds
        )
        ratio = statistics.median(o / h for o, h in zip(ours, hand))
        rows.append(
            (primal.__name__, statistics.median(hand), statistics.median(ours), ratio, emission)
        )
    return rows


def square(x):
    return x * x


def sine(x):
    return np.sin(x) * x


def total(x):
    return np.sum(x * x)


def pair(x, y):
    return np.sum(x * y)


def dispatch(turns, seconds):
    """What a warm call of `f.grad` costs beyond the generated function, in seconds."""
    x, y = np.ones(3), np.ones(3)
    rows = []
    for f, args, wrt in (
        (square, (3.0,), 0),
        (sine, (3.0,), 0),
        (total, (x,), 0),
        (pair, (x, y), (0, 1)),
    ):
        decorated = s2s_ad.differentiate(f, wrt=wrt)
        decorated.grad(*args)
        text = s2s_ad.source(f, "grad", wrt=wrt, like=args)
        module = {"__name__": "emitted"}
        exec(compile(text, f"<{f.__name__}>", "exec"), module)
        bare = module[f.__name__ + "_grad"]
        gradient = decorated.grad
        plain, ours = interleaved(
            [lambda f=bare, a=args: f(*a), lambda f=gradient, a=args: f(*a)], turns, seconds
        )
        cost = statistics.median(o - p for o, p in zip(ours, plain))
        what = ", ".join("float" if isinstance(a, float) else "array" for a in args)
        rows.append((f.__name__, what, cost))
    return rows


def recursion(x, n):
    y = np.zeros(n)
    y[0] = x
    for i in range(1, n):
        y[i] = np.sin(y[i - 1]) + x
    return y[n - 1]


def chain(x, n):
    return x if n == 0 else np.sin(chain(x, n - 1))


def tree(x, n):
    return 1.0 + np.sin(x) / n if n < 2 else tree(x, n // 2) * tree(x, n - n // 2)


def recursive_growth(turns, seconds):
    """A row per function that calls itself: 10 n calls against n, of the primal and of the
    gradient, and the gradient against the primal."""
    rows = []
    for f in (chain, tree):
        gradient = s2s_ad.grad(f)
        calls = [lambda g=g, n=n: g(0.7, n) for g in (f, gradient) for n in (50, 500)]
        times = interleaved(calls, turns, seconds)
        found = [statistics.median(b / a for a, b in zip(*pair)) for pair in
                 (times[:2], times[2:], (times[1], times[3]))]  # fmt: skip
        rows.append((f.__name__, *found))
    return rows


def stencil(u, k, steps):
    for _ in range(steps):
        inner = u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2]
        u[1:-1, 1:-1] += k * (inner - 4.0 * u[1:-1, 1:-1])
    return np.sum(u * u)


def growth(turns, seconds):
    """(what, ratio): a scalar recursion stored in an array, 10 n steps against n; the gradient of
    a 2-D stencil against its primal (on a copy of the array, as the gradient makes one)."""
    derivative = s2s_ad.grad(recursion)
    short, long = interleaved(
        [lambda: derivative(0.7, 1000), lambda: derivative(0.7, 10000)], turns, seconds
    )
    u = np.random.default_rng(0).normal(size=(150, 150))
    both = s2s_ad.grad(stencil)
    primal, adjoint = interleaved(
        [lambda: stencil(u.copy(), 0.1, 20), lambda: both(u, 0.1, 20)], turns, seconds
    )
    return [
        ("recursion, 10 n / n", statistics.median(b / a for a, b in zip(short, long))),
        ("stencil, gradient / primal", statistics.median(b / a for a, b in zip(primal, adjoint))),
    ]


def systems(n):
    """Arguments of size n for the programs of the tests that write into arrays: a function of n
    for each, which gives the arguments."""
    rng = np.random.default_rng(0)

    def vector(shift=0.0):
        return rng.uniform(0.5, 1.0, n) + shift

    def matrix(rows=n, columns=n):
        return rng.normal(size=(rows, columns))

    def spd():
        m = matrix()
        return m @ m.T + n * np.eye(n)

    return {
        "heat": (vector(), 0.2, 4),
        "implicit_heat": (vector(), 0.4, 4),
        "implicit_heat_constant": (vector(), 4),
        "implicit_heat_called": (vector(), vector()[1:], 4),
        "wave": (matrix(), 0.3),
        "wave_bounded": (matrix(), vector()[:4].copy()),
        "jacobi": (spd(), vector()),
        "gauss_seidel": (spd(), vector()),
        "adi": (matrix(), 4),
        "adi_lines": (matrix(), 0.4, 4),
        "thomas": (vector(), vector(4.0), vector(), vector()),
        "lu": (spd(),),
        "cholesky": (spd(),),
        "forward_substitution": (spd(), vector()),
        "solve_by_elimination": (spd(), vector()),
        "gram_schmidt": (matrix(),),
        "levinson": (np.append(2.0, 0.5 * rng.random(n - 1)),),
        "floyd_warshall": (rng.random((n, n)),),
        "fdtd": (vector(1.0), 4),
        "fdtd_vacuum": (vector(), vector()[1:], 4),
        "fdtd_2d": (matrix(), matrix(), matrix(), 4),
        "cavity_projection": (0.3 * matrix(), 0.3 * matrix(), 0.1, 4),
        "n_body": (matrix(n, 2), matrix(n, 2)),
        "convolution": (matrix(), matrix(2, 2)),
        "lenet_slices": (matrix(n + 1, n + 1), matrix(2, 2), matrix(3, n * n // 4)),
        "lstm": (matrix(n, 3), matrix(8, 5)),
        "kalman": (vector(), 0.3, 0.7),
        "viterbi": (matrix(), matrix()),
        "recursive_filter": (vector(), 0.6),
        "deriche": (vector(), 0.7),
        "deriche_image": (matrix(), 0.5),
        "histogram": (vector(),),
    }


def recordings():
    """A row per program: its size and what its gradient records, and both at double size.

    Differentiated are the arrays and floats; the linear ones in their arrays alone."""
    from tests import inplace_programs, numerical_programs
    from tests.recording import recorded

    linear = ("heat", "wave", "implicit_heat", "implicit_heat_constant", "adi", "adi_lines")
    rows = []
    small, large = systems(8), systems(16)
    for name in small:
        f = getattr(inplace_programs, name, None) or getattr(numerical_programs, name)
        counts = []
        for args in (small[name], large[name]):
            wrt = tuple(
                i
                for i, a in enumerate(args)
                if isinstance(a, np.ndarray) or isinstance(a, float) and name not in linear
            )
            size = sum(a.size for a in args if isinstance(a, np.ndarray))
            counts += [size, recorded(f, args, wrt)]
        rows.append((name, *counts))
    return rows


def import_time(turns):
    """Seconds that `import s2s_ad` takes after `import numpy`, in fresh interpreters."""
    program = (
        "import numpy, time; t = time.perf_counter(); import s2s_ad; print(time.perf_counter() - t)"
    )
    found = [
        float(
            subprocess.run(
                [sys.executable, "-c", program],
                capture_output=True,
                text=True,
                check=True,
                cwd=ROOT,
            ).stdout
        )
        for _ in range(turns)
    ]
    return statistics.median(found)


def main(argv=None):
    """Print the tables."""
    sys.path.insert(0, str(ROOT))
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--quick", action="store_true")
    quick = options.parse_args(argv).quick
    turns, seconds = (3, 0.01) if quick else (31, 1.0)
    print(f"{'function':<20}{'by hand':>12}{'emitted':>12}{'ratio':>8}{'emission':>12}")
    for name, hand, ours, ratio, emission in against_hand(turns, seconds):
        print(
            f"{name:<20}{hand * 1e6:>9.2f} us{ours * 1e6:>9.2f} us{ratio:>8.2f}"
            f"{emission * 1e3:>9.1f} ms"
        )
    print(f"\n{'warm f.grad':<20}{'arguments':>16}{'beyond the generated function':>34}")
    for name, what, cost in dispatch(turns, seconds):
        print(f"{name:<20}{what:>16}{cost * 1e6:>31.2f} us")
    print("\narrays written in place")
    for what, ratio in growth(turns, seconds):
        print(f"{what:<30}{ratio:>8.2f}")
    print(f"\n{'10 n calls / n':<16}{'primal':>10}{'gradient':>10}{'gradient / primal':>20}")
    for name, primal, gradient, ratio in recursive_growth(turns, seconds):
        print(f"{name:<16}{primal:>10.1f}{gradient:>10.1f}{ratio:>20.1f}")
    print(f"\n{'arguments, and numbers':<24}{'size':>8}{'recorded':>10}{'size':>8}{'recorded':>10}")
    for name, size, count, size2, count2 in recordings():
        print(f"{name:<24}{size:>8}{count:>10}{size2:>8}{count2:>10}")
    print(f"\nimport s2s_ad, after numpy: {import_time(2 if quick else 7):.3f} s")


if __name__ == "__main__":
    main()
