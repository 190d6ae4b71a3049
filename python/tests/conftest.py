"""A small market, written once, and a short way to run functions on it.

Tests that import rustybt need the built module rustybt._core: without it they are left out and the header says so; under CI=true that
is a failure.
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest


def _has_core():
    try:
        return importlib.util.find_spec("rustybt._core") is not None
    except ModuleNotFoundError:
        return False


_WITHOUT_CORE = (
    []
    if _has_core()
    else [f.name for f in sorted(Path(__file__).parent.glob("test_*.py")) if "rustybt" in f.read_text()]
)
collect_ignore = _WITHOUT_CORE


def pytest_report_header():
    if _WITHOUT_CORE:
        return f"SKIPPED, rustybt._core is not built (make build): {', '.join(_WITHOUT_CORE)}"


def pytest_configure():
    if _WITHOUT_CORE and os.environ.get("CI") == "true":
        pytest.exit("rustybt._core is not built: make build", returncode=1)


SESSIONS = [
    "2020-01-02",
    "2020-01-03",
    "2020-01-06",
    "2020-01-07",
    "2020-01-08",
    "2020-01-09",
    "2020-01-10",
    "2020-01-13",
    "2020-01-14",
    "2020-01-15",
    "2020-01-16",
    "2020-01-17",
]


@pytest.fixture(scope="session")
def bars():
    """Columns of flat bars at closes given as text."""
    return flat_bars


def flat_bars(closes, volume=1000, sessions=SESSIONS):
    days = sessions[: len(closes)]
    return {
        "date": days,
        "open": closes,
        "high": closes,
        "low": closes,
        "close": closes,
        "volume": [volume] * len(closes),
    }


@pytest.fixture(scope="session")
def market(tmp_path_factory):
    """AAA rises by 0.25 a session from 100, splits 2:1 on 2020-01-14 and pays 0.50 (ex 01-08, pay 01-10); BBB stands at 20.005;
    CCC ends on 2020-01-09 and closes two days later."""
    from rustybt.data import bundles

    root = tmp_path_factory.mktemp("market")
    closes = [f"{(100 + 0.25 * i) / (2 if day >= '2020-01-14' else 1):.3f}" for i, day in enumerate(SESSIONS)]
    bundles.write_frames(
        "market",
        {
            "AAA": flat_bars(closes),
            "BBB": flat_bars(["20.005"] * 12, volume=100),
            "CCC": flat_bars([f"{50 + i}" for i in range(6)]),
        },
        assets=[
            {"symbol": "AAA"},
            {"symbol": "BBB"},
            {"symbol": "CCC", "end_date": "2020-01-09", "auto_close_date": "2020-01-11"},
        ],
        splits=[{"symbol": "AAA", "effective_date": "2020-01-14", "ratio": 0.5}],
        dividends=[{"symbol": "AAA", "ex_date": "2020-01-08", "pay_date": "2020-01-10", "amount": "0.50"}],
        root=root,
    )
    return SimpleNamespace(root=root, bundle=bundles.load("market", root=root), closes=closes)


@pytest.fixture
def run(market):
    """run(handle_data, initialize=..., ...) on the market; defaults may be overridden."""
    import rustybt

    def run(handle_data=None, initialize=None, **settings):
        return rustybt.run_algorithm(
            **{"initialize": initialize, "handle_data": handle_data, "bundle": market.bundle, **settings}
        )

    return run


@pytest.fixture(scope="session")
def command_line():
    """command_line(root, "run", "hold.py", ...): the finished process of `rustybt` with its data under root."""

    def run(root, *arguments):
        return subprocess.run(
            [sys.executable, "-m", "rustybt", *arguments],
            env={**os.environ, "RUSTYBT_ROOT": str(root), "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run
