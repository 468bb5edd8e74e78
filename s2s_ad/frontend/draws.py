"""Random draws, files, clocks: what calls from outside give, where that is known.

Such calls happen once, in the forward sweep; what they give is a constant of the derivative.
"""

from __future__ import annotations

import inspect
import io
import random
from collections.abc import Callable
from typing import Any as Anything

import numpy as np

from s2s_ad.ir.build import typeof
from s2s_ad.ir.types import (
    ANY,
    BOOL,
    F8,
    FLOAT,
    GENERATORS,
    INT,
    NONE,
    STR,
    ListOf,
    Num,
    Opaque,
    Seq,
    Type,
)
from s2s_ad.ops.arraytypes import shape_argument
from s2s_ad.ops.opaque import Draw

# Modules whose functions are called as they are, though they have source: they act on the world.
ACTING = frozenset({
    "random", "secrets", "time", "datetime", "os", "io", "_io", "sys", "json", "csv", "pathlib",
    "pickle", "glob", "tempfile", "shutil", "uuid", "gc", "resource", "platform", "threading",
    "numpy.random", "numpy.random.mtrand", "numpy.random._generator", "posixpath", "posix",
})  # fmt: skip
OBSERVING = ("logging", "warnings", "_warnings")  # these modules tell somebody something:
TELLING = ("debug", "info", "warning", "warn", "error", "exception", "critical", "fatal", "log")

FLOATS = (
    "beta chisquare exponential f gamma gumbel laplace logistic lognormal noncentral_chisquare "
    "noncentral_f normal pareto power rand randn random random_sample ranf rayleigh sample "
    "standard_cauchy standard_exponential standard_gamma standard_normal standard_t triangular "
    "uniform vonmises wald weibull"
).split()
INTS = (
    "binomial geometric hypergeometric integers logseries negative_binomial poisson "
    "randint random_integers zipf"
).split()
PYTHON_FLOATS = (
    "random uniform triangular betavariate expovariate gammavariate gauss lognormvariate "
    "normalvariate vonmisesvariate paretovariate weibullvariate"
).split()
PYTHON_INTS = ("randrange", "randint", "getrandbits", "binomialvariate")
SHUFFLES = ("shuffle",)  # these write into what they get

FORMULAS = {
    "normal": "mu + s * rng.normal()",
    "gauss": "mu + s * rng.gauss(0.0, 1.0)",
    "normalvariate": "mu + s * rng.gauss(0.0, 1.0)",
    "uniform": "low + (high - low) * rng.uniform()",
    "exponential": "scale * rng.exponential()",
    "expovariate": "rng.expovariate(1.0) / rate",
    "laplace": "loc + scale * rng.laplace()",
    "logistic": "loc + scale * rng.logistic()",
    "gumbel": "loc + scale * rng.gumbel()",
    "lognormal": "np.exp(mu + s * rng.normal())",
    "rayleigh": "scale * rng.rayleigh()",
    "weibull": "rng.exponential(size=n) ** (1.0 / a)",
    "pareto": "np.exp(rng.exponential() / a) - 1.0",
    "choice": "x[rng.integers(len(x))]",
    "choices": "[x[rng.randrange(len(x))] for _ in range(k)]",
    "permutation": "x[rng.permutation(len(x))]",
    "permuted": "x[rng.permutation(len(x))]",
    "multivariate_normal": "mean + np.linalg.cholesky(cov) @ rng.normal(size=n)",
}


def draw_of(name: str, shown: str) -> Draw:
    """What to say where the parameters of a draw are active."""
    formula = FORMULAS.get(name)
    if formula is None:
        text = "draw with constant parameters, and transform what was drawn by a formula"
    else:
        text = f"reparametrise it: {formula}, where the draw itself has constant parameters"
    return Draw(shown, text)


def is_generator(x: Anything) -> bool:
    """Whether an object draws random numbers."""
    return isinstance(x, GENERATORS)


def draw_type(owner: Anything, name: str, args: list[Anything], kwargs: Anything) -> Type | None:
    """The type of what a draw gives; None where nothing is known of this method. `owner` is the
    class of the generator."""
    if issubclass(owner, random.Random):
        if name in (*PYTHON_FLOATS, *PYTHON_INTS):
            plain = FLOAT if name in PYTHON_FLOATS else INT
            every = [*args, *kwargs.values()]
            if all(map(_is_python, every)):
                return plain
            return Num("scalar", None, ()) if all(map(_is_scalar, every)) else ANY
        return NONE if name in ("seed", "shuffle", "setstate") else ANY
    method = getattr(owner, name, None)
    if method is None:
        return None
    if name == "spawn":
        return ListOf("list", Opaque(owner.__name__))
    if name in ("rand", "randn"):
        return _drawn(F8, args) if args else FLOAT
    try:
        given = inspect.signature(method).bind(None, *args, **kwargs).arguments
    except (TypeError, ValueError):
        return ANY
    if name in FLOATS or name in INTS:
        dtype = _dtype(name, given)
        size = given.get("size")
        if size is not None:
            return _drawn(dtype, size)
        others = [v for k, v in given.items() if k not in ("self", "size", "dtype", "endpoint")]
        if all(map(_is_scalar, others)):
            # Of `dtype=np.float32` NumPy makes a Python float.
            return Num("scalar", dtype if name in INTS or dtype == F8 else None, ())
        return Num("any", dtype, None)
    if name in ("permutation", "permuted"):
        t = typeof(given.get("x"))
        if _is_whole(t):
            return _drawn(np.dtype(np.int64), given["x"])
        if isinstance(t, Num) and t.shape:
            return Num("array", t.dtype, t.shape)
        return Num("array", None, None)
    if name == "choice":
        t = typeof(given.get("a"))
        if not isinstance(t, Num) or not (t.rank == 1 or _is_whole(t)):
            return ANY
        dtype = t.dtype if t.rank == 1 else np.dtype(np.int64)
        size = given.get("size")
        return Num("scalar", dtype, ()) if size is None else _drawn(dtype, size)
    return NONE if name in (*SHUFFLES, "seed", "set_state") else ANY


def _is_whole(t: Type) -> bool:
    """Whether this is the type of an int."""
    if not isinstance(t, Num) or t.shape != () or t.kind == "array" or t.dtype is None:
        return False
    return t.dtype.kind in "iu"


def _is_python(x: Anything) -> bool:
    t = typeof(x)
    return isinstance(t, Num) and t.kind == "py" and t.dtype is not None


def _is_scalar(x: Anything) -> bool:
    t = typeof(x)
    return isinstance(t, Num) and t.shape == () and t.kind != "array"


def _dtype(name: str, given: Anything) -> np.dtype | None:
    wanted = given.get("dtype")
    if wanted is not None:
        try:
            found: np.dtype = np.dtype(wanted)
            return found
        except TypeError:
            return None
    return np.dtype(np.int64) if name in INTS else F8


def _drawn(dtype: np.dtype | None, size: Anything) -> Type:
    """An array of this size; of `size=()` NumPy makes a 0-d array or a number."""
    constant = isinstance(size, (int, np.integer, list, tuple))
    shown: Anything = size if constant else typeof(size)
    if isinstance(shown, (list, tuple)):
        shown = [s if isinstance(s, int) else typeof(s) for s in shown]
    sizes = shape_argument(shown)
    if sizes is None and isinstance(shown, (ListOf, Seq)) or sizes == ():
        return Num("any", dtype, None)
    return Num("array", dtype, sizes) if sizes is not None else Num("any", dtype, None)


# What other functions and methods give ----------------------------------------------------------

RESULTS: dict[Callable[..., Anything], Type] = {}
_CLOCKS = "time perf_counter monotonic process_time thread_time"


def _known() -> None:
    import logging
    import os
    import time

    RESULTS.update({getattr(time, n): FLOAT for n in _CLOCKS.split()})
    RESULTS.update({getattr(time, n + "_ns"): INT for n in _CLOCKS.split()})
    RESULTS.update({time.sleep: NONE, np.random.default_rng: Opaque("Generator")})
    RESULTS.update({os.getenv: ANY, os.getpid: INT, os.path.exists: BOOL, open: Opaque("file")})
    RESULTS.update({np.random.seed: NONE, input: STR, logging.getLogger: Opaque("Logger")})
    RESULTS.update({os.path.join: STR, os.getcwd: STR})


_known()
CLASSES: dict[type, str] = {
    np.random.Generator: "Generator",
    np.random.RandomState: "RandomState",
    random.Random: "Random",
    io.StringIO: "file",
    io.BytesIO: "file",
}
# The classes that opaque types stand for.
OWNERS: dict[str, type] = {
    "Generator": np.random.Generator,
    "RandomState": np.random.RandomState,
    "Random": random.Random,
}
FILES: dict[str, Type] = {
    "read": STR, "readline": STR, "readlines": ListOf("list", STR), "write": INT, "close": NONE,
    "flush": NONE, "seek": INT, "tell": INT, "getvalue": STR, "writelines": NONE,
}  # fmt: skip
TEXTS: dict[str, Type] = {
    **dict.fromkeys(
        ("strip", "lstrip", "rstrip", "lower", "upper", "title", "replace", "join", "format",
         "removeprefix", "removesuffix", "capitalize", "zfill", "ljust", "rjust", "center"), STR
    ),
    **dict.fromkeys(("split", "rsplit", "splitlines"), ListOf("list", STR)),
    **dict.fromkeys(("startswith", "endswith", "isdigit", "isnumeric", "isalpha"), BOOL),
    **dict.fromkeys(("find", "index", "count", "rfind"), INT),
}  # fmt: skip
