"""The benchmark runs and prints its tables; figures are for people, not for assertions."""

import importlib.util
from pathlib import Path


def test_quick_run(capsys):
    spec = importlib.util.spec_from_file_location(
        "measure_benchmarks", Path(__file__).with_name("measure.py")
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.main(["--quick"])
    printed = capsys.readouterr().out
    for name in ("pendulum_energy", "cross_entropy", "power", "mlp_loss", "warm f.grad", "import"):
        assert name in printed
