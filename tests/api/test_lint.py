# ruff: noqa: F821, F841, RUF100
"""`s2s-ad lint`: everything that is refused, in one go; nothing that only follows from it."""

import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest

import s2s_ad
from s2s_ad.cli import main
from s2s_ad.lint import functions_in, lint

MODEL = """\
import numpy as np


def bessel(v: float):
    return np.i0(v) * v


def loss(x: "f8[n]", n: int):
    s = {1.0, 2.0}          # refused
    t = [v for v in s]      # follows from it
    y = x + sum(t)          # follows
    if n > 3:
        async_thing = lambda: (yield)
        z = nowhere         # refused
    else:
        z = y * bessel(x[0])
    w = np.linalg.norm(np.outer(x, x), 2)
    k = np.sum(x, axis=n)   # refused, and tried as a constant first
    return np.sum(z) + w + k


class Spring:
    def __init__(self, k):
        self.k = k

    def energy(self, x: float):
        return self.k * x * {x}

    @staticmethod
    def force(x: float):
        return nothing * x


def clean(x: float, flag=True):
    return x * x


def no_numbers(name: str, n: int):
    return {name}


def none():
    return {1.0}
"""
EXPECTED = [  # line, what
    (5, "no derivative rule for np.i0"),
    (9, "sets are not supported"),
    (14, "the name 'nowhere' is not defined"),
    (17, "np.linalg.norm of a matrix with ord=2"),
    (18, "'axis' must be known"),
    (27, "sets are not supported"),
    (31, "the name 'nothing' is not defined"),
]


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.py"
    path.write_text(MODEL)
    return path


def run(capsys, *arguments):
    status = main([str(a) for a in arguments])
    out, err = capsys.readouterr()
    return status, out, err


CONTEXTS = """\
import contextlib


@contextlib.contextmanager
def scaled(y):
    try:
        yield y * 2.0
    finally:
        print("done")


class Timer:
    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        print(kind is None)

    @contextlib.contextmanager
    def part(self, x):
        yield x


def area(x: float):
    with Timer() as t, t.part(x) as v, scaled(v) as w:
        return w * x


def stack(x: float):
    with contextlib.ExitStack():
        return x
"""


def test_contexts(tmp_path, capsys):
    path = tmp_path / "contexts.py"
    path.write_text(CONTEXTS)
    assert main(["lint", str(path)]) == 1
    printed = capsys.readouterr().out
    assert "ExitStack is not supported" in printed and "1 refus" in printed


def test_a_whole_file(capsys, model):
    status, out, err = run(capsys, "lint", model)
    assert (status, err) == (1, "")
    heads = re.findall(r"^(.*model\.py):(\d+):(\d+): (.*)$", out, re.M)
    assert [int(h[1]) for h in heads] == [line for line, _ in EXPECTED], out
    for head, (_, what) in zip(heads, EXPECTED):
        assert what in head[3]
    assert out.endswith("7 refusals, 5 functions checked\n")
    lines = MODEL.splitlines()
    for _, line, column, _ in heads:
        shown = out.partition(f":{line}:{column}: ")[2].splitlines()
        assert shown[1] == "    " + lines[int(line) - 1]
        assert shown[2].index("^") == 4 + int(column) - 1
        assert shown[3]  # what to write instead


def test_as_json(capsys, model):
    status, out, err = run(capsys, "lint", model, "--format", "json")
    assert (status, err) == (1, "")
    found = json.loads(out)
    assert (found["schema"], found["count"]) == (1, len(EXPECTED))
    assert found["functions"] == ["bessel", "loss", "Spring.energy", "Spring.force", "clean"]
    assert [r["line"] for r in found["refusals"]] == [line for line, _ in EXPECTED]
    first = found["refusals"][1]
    assert first == {
        "file": str(model),
        "line": 9,
        "column": 9,
        "end_column": 19,
        "source": MODEL.splitlines()[8],
        "function": "loss",
        "code": "unsupported",
        "message": "sets are not supported: their order is arbitrary",
        "advice": "use a tuple",
        "called_from": None,
    }
    assert found["refusals"][4]["code"] == "not-static"


def test_one_function_with_types(capsys, model):
    status, out, _ = run(capsys, "lint", f"{model}:clean")
    assert (status, out) == (0, "1 function checked, nothing refused\n")
    status, out, _ = run(capsys, "lint", f"{model}:Spring.energy", "--like", "x=f8[3]")
    assert (status, out.count("^\n")) == (1, 1)
    status, out, _ = run(capsys, "lint", f"{model}:loss", "--like", "n=0", "--wrt", "x")
    assert status == 1
    assert "axis" not in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lint", "{dir}/nothing.py"], "there is no file"),
        (["lint", "{dir}/model.py:los"], "is 'loss' meant?"),
        (["lint", "{dir}/model.py", "--like", "x=float"], "need a function"),
        (["lint", "{dir}/model.py:loss", "--like", "x=f9[n]"], "cannot be read"),
    ],
)
def test_mistakes(capsys, model, arguments, message):
    status, out, err = run(capsys, *(a.format(dir=model.parent) for a in arguments))
    assert (status, out) == (2, "")
    assert message in err


def test_as_a_program(model):
    done = subprocess.run(
        [sys.executable, "-m", "s2s_ad", "lint", "model.py"],
        capture_output=True,
        text=True,
        cwd=model.parent,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
    )
    assert (done.returncode, done.stderr) == (1, "")  # no progress where there is no terminal
    assert done.stdout.startswith("model.py:5:12: ")


def test_progress_on_a_terminal(capsys, model, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    _, _, err = run(capsys, "lint", model)
    assert "2/5 loss" in err
    assert err.endswith("\r\x1b[K")
    _, _, err = run(capsys, "lint", f"{model}:loss")
    assert err == ""


def test_help_is_a_page(capsys):
    with pytest.raises(SystemExit):
        main(["lint", "--help"])
    out = capsys.readouterr().out
    for word in ("exit status:", "--format", "end_column", "called_from", "examples:"):
        assert word in out


# From Python -------------------------------------------------------------------------------------


def consequences(x):
    a = {x}
    b = a + 1.0
    c, d = b
    for e in c:
        d = d + e.size
    while d > 0:
        d = d - np.sum(b[0], axis=d)
    f = [c, d]
    f.append(a)
    return f[2] * b


def in_a_block(x: float):
    with open("nothing") as file, {x}:
        y = {x}
    for v in {x}:
        y = x * {v}
    return y


def in_a_callee(x: float):
    return helper(x) + helper(2.0 * x)


def helper(x):
    return x * nowhere


def unrolled(x: "f8[n]", axes=(0, 1)):
    total = 0.0
    for k in (0, 1):
        total = total + np.sum(np.outer(x, x), axis=k)[0]
    return total


def stores(x: "f8[3]"):
    y = x * 1.0
    z = y if y[0] > 0.0 else x
    z[0] = 1.0
    w = x.T if y[0] > 0.0 else y
    w[1] = 2.0
    return np.sum(y) + np.sum(x)


@pytest.mark.parametrize(
    ("function", "count"),
    [(consequences, 1), (in_a_callee, 1), (unrolled, 0), (stores, 2)],
    ids=lambda x: getattr(x, "__name__", x),
)
def test_what_follows_is_not_listed(function, count):
    report = lint(function)
    assert len(report.refusals) == count, report.text()


def test_blocks_of_refused_statements_are_looked_at():
    lines = [e.location.line for e in lint(in_a_block).refusals]
    first = in_a_block.__code__.co_firstlineno
    assert [line - first for line in lines] == [1, 2, 3, 4]


def test_a_lint_leaves_no_trace():
    lint(consequences)
    with pytest.raises(s2s_ad.UnsupportedError, match="sets"):
        s2s_ad.source(consequences, "grad")


def test_functions_of_a_module():
    module = sys.modules[__name__]
    found = functions_in(module, __file__)
    assert "consequences" in found
    assert "test_functions_of_a_module" not in found  # no parameters


def test_clean_functions_are_clean():
    from tests.golden_reference import inplace, scalar

    for module in (scalar, inplace):
        for primal, _, _, args, *rest in module.EXAMPLES:
            wrt = rest[0] if rest else tuple(range(len(args)))
            assert lint(primal, wrt=wrt, like=args).refusals == []
