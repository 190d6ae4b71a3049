"""Figures in which the rounding of Zipline's own books shows: returns, statistics, profit, under the preset zipline.

tests/data/zipline_rounding.csv has the rows of `make differential` in which exact books differed from the real zipline-reloaded 3.2.1,
with the rows next to them, as the oracle wrote them; the strategies are made anew from their seeds.
"""

import csv
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from rustybt import api

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("RUSTYBT_TEST_DATA", ROOT.parent / "shared"))
INPUT = SHARED / "data/golden/zipline_reloaded/input"
MAKE = SHARED / "oracle/make_random.py"


def recorded():
    """{seed: rows}"""
    seeds = {}
    with open(ROOT / "tests/data/zipline_rounding.csv", newline="") as f:
        for row in csv.DictReader(f):
            seeds.setdefault(int(row.pop("seed")), {})[int(row.pop("row"))] = row
    return seeds


RECORDED = recorded()


@pytest.fixture(scope="module")
def tools():
    sys.path.insert(0, str(ROOT / "tools"))
    yield
    sys.path.remove(str(ROOT / "tools"))


@pytest.fixture(scope="module")
def golden(tools, tmp_path_factory):
    for path in (INPUT, MAKE):
        if not path.exists():
            message = f"{path} is not there: set RUSTYBT_TEST_DATA"
            if os.environ.get("CI") == "true":
                pytest.fail(message)
            pytest.skip(message)
    from golden_input import write_bundle

    return write_bundle(INPUT, tmp_path_factory.mktemp("golden"))


@pytest.fixture
def performance_of(golden, tmp_path, monkeypatch):
    """The performance rows of random strategy N as text."""
    import golden_scenarios

    import rustybt.compat.zipline  # noqa: F401  the strategies import zipline

    def perform(seed):
        words = ["--input", INPUT, "--out", tmp_path / "scenarios", "--first-number", str(seed), "--seeds", str(seed)]
        subprocess.run([sys.executable, "-B", MAKE, *words], check=True, capture_output=True)
        monkeypatch.syspath_prepend(str(tmp_path / "scenarios"))
        module = golden_scenarios.load(tmp_path, f"random_{seed}")
        return golden_scenarios.execute(tmp_path, module, module.SETTINGS, golden)["perf"]

    yield perform
    sys.modules.pop("golden_log", None)


def test_the_recorded_seeds_are_all_there():
    assert len(RECORDED) == 38 and all(len(rows) >= 3 for rows in RECORDED.values())


@pytest.mark.parametrize("seed", sorted(RECORDED))
def test_rows_are_those_of_zipline(seed, performance_of):
    from golden_compare import first_difference, parse_table

    found = performance_of(seed)
    found = parse_table(found) if isinstance(found, str) else found
    for number, expected in RECORDED[seed].items():
        assert first_difference("perf", [expected], [found[number - 1]]) is None, number


def short_three(context, data):
    if not context.portfolio.positions and not api.get_open_orders():
        api.order(api.symbol("BBB"), -3)


def no_commission(context):
    api.set_slippage(api.slippage.VolumeShareSlippage(volume_limit=0.252, price_impact=0.163))
    api.set_commission(api.commission.NoCommission())


def test_a_strategy_reads_rounded_profit_and_tables_keep_the_exact_one(run):
    seen = {}

    def handle_data(context, data):
        short_three(context, data)
        p = context.portfolio
        seen[str(api.get_datetime().date())] = (p.pnl, p.returns, p.capital_used, p.cash_exact)

    result = run(handle_data, no_commission, end="2020-01-06", preset="zipline")
    # zipline: u = 20005 * 0.001; price = u + (3 / 100)**2 * -0.163 * u; cash += 3 * price; value = cash - 3 * u
    u = 20005 * 0.001
    price = u + (3 / 100) ** 2 * -0.163 * u
    cash = 100000.0 + -(price * -3)
    pnl = cash + -3 * u - 100000.0
    assert seen["2020-01-03"] == (pnl, (1 + 0.0) * (1 + pnl / 100000.0) - 1, -(price * -3), Decimal("100060.0061957995"))
    assert result.perf["pnl"].iloc[1] == pnl and result.perf["capital_used"].iloc[1] == -(price * -3)
    exact = result.to_pandas("performance")
    assert exact["capital_used"].iloc[1] == Decimal("60.0061957995") and exact["pnl"].iloc[1] == Decimal("-0.0088042005")


def test_exact_books_round_nothing(run):
    result = run(short_three, no_commission, end="2020-01-06", preset="rustybt")
    assert result.perf["capital_used"].iloc[1] == 60.0061957995 and result.perf["pnl"].iloc[1] == -0.0088042005
