"""Random programs that write into arrays: values, derivatives in both modes and all four of
their second derivatives, against CPython.

`python -m tests.properties.test_inplace --programs 10000` is the long mode; it prints how many are
right, refused (by reason) and wrong.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
import time
import warnings
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings

import s2s_ad
from s2s_ad.errors import UnsupportedError
from s2s_ad.ir.interpreter import interpret
from s2s_ad.ir.signature import Signature
from s2s_ad.loader import load
from s2s_ad.pipeline import prepare
from s2s_ad.signatures import of_value
from tests.properties.inplace import inplace_programs, seeded_program
from tests.properties.probing import Program

Vector = tuple[Any, Any, Any]


class Discarded(Exception):
    """NumPy does not run the program, or differences mean nothing at the point."""


def leaves(tree: Any) -> list[Any]:
    return [x for t in tree for x in leaves(t)] if isinstance(tree, (tuple, list)) else [tree]


def dot(a: Any, b: Any) -> float:
    return float(sum(np.sum(x * y) for x, y in zip(leaves(a), leaves(b), strict=True)))


def moved(program: Program, *steps: tuple[float, Vector]) -> tuple[Any, ...]:
    out = list(program.fresh())
    for h, (a, b, s) in steps:
        out[0] += h * a
        out[1] += h * b
        out[2] += h * s
    return tuple(out)


def directions(program: Program, seed: int) -> Vector:
    rng = np.random.default_rng(seed)
    a, b = program.args[:2]
    return rng.normal(size=a.shape), rng.normal(size=b.shape), float(rng.normal())


def weights(y: Any) -> Any:
    """A cotangent for a value."""
    rng = np.random.default_rng(11)

    def leaf(x: Any) -> Any:
        return rng.normal(size=np.shape(x)) if np.shape(x) else float(rng.normal())

    return type(y)(map(leaf, y)) if isinstance(y, (tuple, list)) else leaf(y)


def differences(program: Program, u: Vector, v: Vector) -> tuple[Any, Any, float, float]:
    """The value, a cotangent, and the first and second derivative of their product by
    differences."""
    try:
        with np.errstate(all="ignore"):
            y, nearest = program.probe(program.fresh())
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        NameError,
        TypeError,
        ValueError,
    ) as error:
        raise Discarded(f"NumPy: {type(error).__name__}") from None
    flat = leaves(y)
    if not all(np.all(np.isfinite(x)) for x in flat) or max(np.max(np.abs(x)) for x in flat) > 1e4:
        raise Discarded("large")
    if nearest < 1e-4:
        raise Discarded("near a threshold")
    w = weights(y)

    def along(*steps: tuple[float, Vector]) -> float:
        found, near = program.probe(moved(program, *steps))
        if near < 1e-7:
            raise Discarded("near a threshold")
        return dot(w, found)

    firsts, seconds = [], []
    for h in (1e-5, 2e-5):
        firsts.append((along((h, u)) - along((-h, u))) / (2 * h))
    for h in (2e-4, 4e-4):
        corners = [p * q * along((p * h, u), (q * h, v)) for p in (1, -1) for q in (1, -1)]
        seconds.append(sum(corners) / (4 * h * h))
    first, second = firsts[0], (4 * seconds[0] - seconds[1]) / 3
    if abs(firsts[1] - first) > 1e-6 * (1 + abs(first)) or abs(first) > 1e5:
        raise Discarded("steep")
    if abs(seconds[1] - seconds[0]) > 1e-2 * (1 + abs(second)) or abs(second) > 1e6:
        raise Discarded("steep")
    return y, w, first, second


SECOND = """
def fwd(a, b, s, n, e, u0, u1, u2):
    return jvp(f, (a, b, s, n, e), (u0, u1, u2, None, None))[1]


def rev(a, b, s, n, e, w):
    y, pullback = vjp(f, a, b, s, n, e)
    bars = pullback(w)
    return (bars[0], bars[1], bars[2])
"""


class Wrong(AssertionError):
    """A derivative is wrong."""


def close(what: str, found: Any, expected: Any, tolerance: float) -> None:
    if not abs(found - expected) <= tolerance * (1 + abs(expected)):
        raise Wrong(f"{what}: found {found}, expected {expected}")


def same(what: str, found: Any, expected: Any) -> None:
    for a, b in zip(leaves(found), leaves(expected), strict=True):
        if np.shape(a) != np.shape(b) or not np.allclose(a, b, rtol=1e-12, atol=1e-13):
            raise Wrong(f"{what}: found {found}, expected {expected}")


def apart(what: str, args: Any, *results: Any) -> None:
    """What is returned shares memory with nothing."""
    arrays = [x for x in leaves(tuple(results)) if isinstance(x, np.ndarray)]
    given = [x for x in args if isinstance(x, np.ndarray)]
    for k, x in enumerate(arrays):
        if any(np.shares_memory(x, other) for other in (*given, *arrays[:k])):
            raise Wrong(f"{what}: a result shares memory")


def check_text(f: Any, program: Program, w: Any, y: Any, bars: Any) -> None:
    """The printed adjoint, in joint form, with respect to some of the arguments."""
    choices = ((0, 1, 2), (0,), (1,), (2,), (0, 2), (1, 2))
    wrt = choices[len(program.source) % len(choices)]
    args = program.fresh()
    text = s2s_ad.source(f, "vjp", wrt=wrt, like=args)
    value, found = load(text, "text", {})["f_vjp"](*args, out_bar=w)
    same("text", value, y)
    for k, bar in zip(wrt, found, strict=True):
        scale = 1.0 + float(np.max(np.abs(bars[k])))
        if np.shape(bar) != np.shape(bars[k]) or not np.all(np.abs(bar - bars[k]) < 1e-8 * scale):
            raise Wrong(f"text of wrt={wrt}: found {bar}, expected {bars[k]}")
    for x, original in zip(args, program.args):
        if not np.array_equal(x, original):
            raise Wrong("text: an argument has changed")


def check(program: Program) -> None:
    """Everything about one program. Raises Discarded, UnsupportedError or Wrong."""
    u, v = directions(program, 3), directions(program, 4)
    y, w, first, second = differences(program, u, v)
    f = program.function()
    names = ("a", "b", "s", "n", "e")
    types = {name: of_value(arg, name) for name, arg in zip(names, program.args)}
    same("interpreted", interpret(prepare(f, Signature(types)), program.fresh()), y)
    args = program.fresh()
    value, y_dot = s2s_ad.jvp(f, args, (*u, None, None))
    same("fwd", value, y)
    close("fwd", dot(w, y_dot), first, 2e-5)
    apart("fwd", args, value, y_dot)
    value, pullback = s2s_ad.vjp(f, *args)
    bars = pullback(w)
    same("rev", value, y)
    close("rev", dot(bars[:3], u), first, 2e-5)
    apart("rev", args, value, bars[:3])
    again = pullback(w)
    same("rev again", again[:3], bars[:3])
    check_text(f, program, w, y, bars)
    made = load(SECOND, "second", {"f": f, "jvp": s2s_ad.jvp, "vjp": s2s_ad.vjp})
    fwd, rev = made["fwd"], made["rev"]
    still = (None,) * 5
    _, out = s2s_ad.jvp(fwd, (*args, *u), (*v, *still))
    close("fwd of fwd", dot(w, out), second, 1e-3)
    precise = dot(w, out)
    _, pullback = s2s_ad.vjp(fwd, *args, *u)
    close("rev of fwd", dot(pullback(w)[:3], v), precise, 1e-7)
    _, out = s2s_ad.jvp(rev, (*args, w), (*v, None, None, None))
    close("fwd of rev", dot(out, u), precise, 1e-7)
    _, pullback = s2s_ad.vjp(rev, *args, w)
    close("rev of rev", dot(pullback(u)[:3], v), precise, 1e-7)
    for given_, original in zip(args, program.args):
        if not np.array_equal(given_, original):
            raise Wrong("an argument has changed")


def judged(program: Program) -> tuple[str, str]:
    """The verdict on a program ("right", "discarded", "refused", "wrong") and the reason."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            check(program)
        except Discarded as error:
            return "discarded", str(error)
        except UnsupportedError as error:
            message = str(error.message)
            return "refused", re.sub(r"'?\b[a-z]+\d+\b'?|\bprogram.*", "*", message)
        except Wrong as error:
            return "wrong", str(error)
        except Exception as error:  # noqa: BLE001 (the verdict names it)
            return "wrong", f"{type(error).__name__}: {error}".splitlines()[0]
    return "right", ""


common = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],  # failures are reduced by `shrunk`, below
)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@common
@given(inplace_programs())
def test_programs_that_write_into_arrays(program: Program) -> None:
    verdict, reason = judged(program)
    assume(verdict not in ("discarded", "refused"))
    assert verdict == "right", f"{reason}\n{program}"


def test_what_is_generated_is_accepted_and_reads_what_was_written() -> None:
    """At least 95 % of what NumPy runs is accepted; a third reads through another name."""
    verdicts, seen, reasons = Counter[str](), 0, Counter[str]()
    for seed in range(2000, 2075):
        program = seeded_program(seed)
        verdict, reason = judged(program)
        verdicts[verdict] += 1
        reasons[reason] += 1
        seen += program.seen and verdict != "discarded"
    run = verdicts.total() - verdicts["discarded"]
    assert verdicts["wrong"] == 0, reasons
    assert verdicts["refused"] <= 0.05 * run, reasons
    assert seen >= run / 3


# The long mode ------------------------------------------------------------------------------------


def kind_of(verdict: tuple[str, str]) -> tuple[str, str]:
    """A verdict without its numbers."""
    return verdict[0], re.split(r"[:,(\d]", verdict[1])[0]


def shrunk(program: Program, limit: float = 20.0) -> Program:
    """The program with the statements dropped that the verdict does not need."""
    wanted = kind_of(judged(program))
    deadline = time.monotonic() + limit
    best = Program(program.source, program.args)
    changed = True
    while changed and time.monotonic() < deadline:
        changed = False
        for text in smaller(best.source):
            if time.monotonic() > deadline:
                break
            candidate = Program(text, program.args)
            try:
                compile(text, "<smaller>", "exec")
            except SyntaxError:
                continue
            if kind_of(judged(candidate)) == wanted:
                best, changed = candidate, True
                break
    return best


def smaller(source: str) -> list[str]:
    """The texts in which one statement is dropped, or replaced by its body."""
    out = []
    count = sum(1 for node in ast.walk(ast.parse(source)) if hasattr(node, "body"))
    for k in range(count):
        for field in ("body", "orelse"):
            tree = ast.parse(source)
            node: Any = [n for n in ast.walk(tree) if hasattr(n, "body")][k]
            rows = getattr(node, field, None)
            for i in range(len(rows) if isinstance(rows, list) else 0):
                for inside in (False, True):
                    tree = ast.parse(source)
                    node = [n for n in ast.walk(tree) if hasattr(n, "body")][k]
                    rows = getattr(node, field)
                    if inside and not isinstance(rows[i], (ast.If, ast.For, ast.While)):
                        continue
                    rows[i : i + 1] = rows[i].body if inside else []
                    if not rows and field == "body":
                        continue
                    out.append(ast.unparse(tree) + "\n")
        for i in range(6):
            tree = ast.parse(source)
            node = [n for n in ast.walk(tree) if hasattr(n, "body")][k]
            calls: list[Any] = [
                n for n in ast.walk(node) if isinstance(n, (ast.Assign, ast.AugAssign, ast.Return))
            ]
            if i < len(calls) and isinstance(calls[i].value, (ast.BinOp, ast.Call)):
                inner = calls[i].value
                calls[i].value = (
                    inner.left
                    if isinstance(inner, ast.BinOp)
                    else inner.args[-1]
                    if inner.args
                    else inner
                )
                out.append(ast.unparse(tree) + "\n")
    return list(dict.fromkeys(out))


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--programs", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--size", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1e9)
    parser.add_argument("--shrink", action="store_true")
    options = parser.parse_args()
    verdicts, reasons, seen = Counter[str](), Counter[tuple[str, str]](), 0
    began = time.monotonic()
    for seed in range(options.first, options.first + options.programs):
        if time.monotonic() - began > options.seconds:
            break
        program = seeded_program(seed, options.size)
        verdict, reason = judged(program)
        verdicts[verdict] += 1
        seen += program.seen and verdict != "discarded"
        if verdict != "right":
            reasons[verdict, reason.splitlines()[0][:150]] += 1
        if verdict == "wrong":
            print(f"seed {seed}: {reason[:300]}")
            print((shrunk(program) if options.shrink else program).source, flush=True)
    run = verdicts.total() - verdicts["discarded"]
    print(f"\n{verdicts.total()} programs, {run} of them run, {time.monotonic() - began:.0f} s")
    print(f"right {verdicts['right']}, refused {verdicts['refused']}, wrong {verdicts['wrong']}")
    print(f"read through another name what a store wrote: {seen}")
    for (verdict, reason), count in reasons.most_common():
        print(f"{count:6d} {verdict}: {reason}")
    return bool(verdicts["wrong"])


if __name__ == "__main__":
    sys.exit(main())
