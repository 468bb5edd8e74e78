"""Options of the test suite."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--renew-golden",
        action="store_true",
        help="write tests/golden/ again from what is emitted now; review the difference like code",
    )
    parser.addoption(
        "--first-order",
        action="store_true",
        help="derivatives of the programs to first order only, in less than half the time",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--first-order"):
        from tests import checking

        checking.ORDER = 1
