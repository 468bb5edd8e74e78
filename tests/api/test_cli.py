"""The command line: output, and one line on stderr with status 2 for every mistake."""

import os
import subprocess
import sys

import pytest

from s2s_ad.cli import main

MODEL = """
import numpy as np


def energy(x: float, k: float):
    return 0.5 * k * np.sin(x) ** 2


class Spring:
    def force(self, x: "f8[n]"):
        return np.sum(x * x)


def refused(x):
    return {x}


constant = 3.0
"""


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.py"
    path.write_text(MODEL)
    (tmp_path / "broken.py").write_text("def f(x):\n    return (\n")
    (tmp_path / "fails.py").write_text("import no_such_module\n")
    (tmp_path / "exits.py").write_text("import sys\nsys.exit(3)\n")
    (tmp_path / "helper.py").write_text("from model import energy\n\n\ndef g(x: float):\n"
                                        "    return energy(x, 2.0)\n")  # fmt: skip
    return path


def run(capsys, *arguments):
    status = main([str(a) for a in arguments])
    out, err = capsys.readouterr()
    return status, out, err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["grad", "{dir}/nothing.py:f"], "there is no file"),
        (["grad", "{dir}/model.py:energi"], "is 'energy' meant?"),
        (["grad", "{dir}/model.py"], "write FILE.py:function"),
        (["grad", "{dir}/model.py:"], "write FILE.py:function"),
        (["grad", "{dir}/model.py:constant"], "is not a function"),
        (["grad", "{dir}/broken.py:f"], "syntax error"),
        (["grad", "{dir}/fails.py:f"], "cannot import"),
        (["grad", "{dir}/exits.py:f"], "cannot import"),
        (["grad", "no_such_package.module:f"], "cannot import"),
        (["grad", "{dir}:f"], "is a directory"),
        (["grad", "{dir}/model.py:energy", "--wrt", "q"], "no parameter 'q'"),
        (["grad", "{dir}/model.py:energy", "--wrt", "7"], "no argument number 7"),
        (["grad", "{dir}/model.py:energy", "--wrt", ","], "--wrt"),
        (["grad", "{dir}/model.py:energy", "--like", "x=f9[n]"], "cannot be read"),
        (["grad", "{dir}/model.py:energy", "--like", "q=float"], "no parameter 'q'"),
        (["grad", "{dir}/model.py:energy", "-o", "{dir}/no/such/folder/f.py"], "cannot write"),
        (["grad", "{dir}/model.py:refused"], "sets are not supported"),
    ],
)
def test_mistakes(capsys, model, arguments, message):
    status, out, err = run(capsys, *(a.format(dir=model.parent) for a in arguments))
    assert status == 2
    assert out == ""
    assert message in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "arguments", [[], ["grad"], ["hessian", "x.py:f"], ["grad", "x.py:f", "-q"]]
)
def test_usage(capsys, arguments):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2


@pytest.mark.parametrize("mode", ["grad", "vjp", "jvp", "ssa"])
def test_modes(capsys, model, mode):
    status, out, err = run(capsys, mode, f"{model}:energy", "--wrt", "x,k")
    assert (status, err) == (0, "")
    assert out.endswith("\n")
    if mode != "ssa":
        namespace = {}
        exec(compile(out, "<out>", "exec"), namespace)
        assert f"energy_{mode}" in namespace


def test_same_text_as_source(capsys, model):
    from s2s_ad import source
    from s2s_ad.cli import load_target

    _, out, _ = run(capsys, "grad", f"{model}:energy")
    assert out == source(load_target(f"{model}:energy"), "grad")


def test_methods_files_beside_and_output(capsys, model, tmp_path):
    status, out, _ = run(
        capsys, "grad", f"{model}:Spring.force", "--wrt", "x", "-o", tmp_path / "out.py"
    )
    assert (status, out) == (0, "")
    assert "def force_grad" in (tmp_path / "out.py").read_text()
    status, out, err = run(capsys, "grad", f"{tmp_path / 'helper.py'}:g")
    assert status == 0, err
    assert "def g_grad" in out


def test_colour(capsys, model):
    pytest.importorskip("pygments")
    _, plain, _ = run(capsys, "grad", f"{model}:energy")
    _, colour, _ = run(capsys, "grad", f"{model}:energy", "--color", "always")
    assert "\x1b[" in colour
    assert "\x1b[" not in plain


def test_missing_pygments_names_the_command(capsys, model, monkeypatch):
    monkeypatch.setitem(sys.modules, "pygments", None)
    status, _, err = run(capsys, "grad", f"{model}:energy", "--color", "always")
    assert status == 2
    assert 'python -m pip install "s2s-ad[color]"' in err


def test_as_a_module(model):
    done = subprocess.run(
        [sys.executable, "-m", "s2s_ad", "grad", "model:energy"],
        capture_output=True,
        text=True,
        cwd=model.parent,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
    )
    assert done.returncode == 0, done.stderr
    assert "def energy_grad" in done.stdout
