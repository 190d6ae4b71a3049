"""Figures in which the rounding of Zipline's own books shows: returns, statistics, profit, under the preset zipline.

tests/data/zipline_rounding.csv has the rows of `make differential` in which exact books differed from the real zipline-reloaded 3.2.1,
with the rows next to them, as the oracle wrote them; the strategies are made anew from their seeds.
"""

import csv
import importlib.util
import json
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

_SPEC = importlib.util.spec_from_file_location("golden_compare", ROOT / "tools/golden_compare.py")
golden_compare = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(golden_compare)


def recorded():
    """{seed: rows}"""
    seeds = {}
    with open(ROOT / "tests/data/zipline_rounding.csv", newline="") as f:
        for row in csv.DictReader(f):
            seeds.setdefault(int(row.pop("seed")), {})[int(row.pop("row"))] = row
    return seeds


RECORDED = recorded()


# in a process of its own: the strategies import zipline, whose name then stands for rustybt in the whole process
RUN = """
import json, subprocess, sys
from pathlib import Path

tools, make, given, work, *seeds = sys.argv[1:]
sys.path.insert(0, tools)
import rustybt.compat.zipline
import golden_scenarios
from golden_compare import parse_table
from golden_input import write_bundle

work = Path(work)
bundle = write_bundle(given, work)
found = {}
for seed in seeds:
    words = ["--input", given, "--out", work / "scenarios", "--first-number", seed, "--seeds", seed]
    subprocess.run([sys.executable, "-B", make, *words], check=True, capture_output=True)
    sys.path.insert(1, str(work / "scenarios"))
    module = golden_scenarios.load(work, "random_" + seed)
    rows = golden_scenarios.execute(work, module, module.SETTINGS, bundle)["perf"]
    found[seed] = parse_table(rows) if isinstance(rows, str) else rows
json.dump(found, sys.stdout)
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """{seed: performance rows of its random strategy, as text}"""
    for path in (INPUT, MAKE):
        if not path.exists():
            message = f"{path} is not there: set RUSTYBT_TEST_DATA"
            if os.environ.get("CI") == "true":
                pytest.fail(message)
            pytest.skip(message)
    path = f"import sys; sys.path[:0] = {[p for p in sys.path if p]!r}\n"
    words = [ROOT / "tools", MAKE, INPUT, tmp_path_factory.mktemp("golden"), *map(str, RECORDED)]
    done = subprocess.run([sys.executable, "-B", "-c", path + RUN, *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_recorded_seeds_are_all_there():
    assert len(RECORDED) == 38 and all(len(rows) >= 3 for rows in RECORDED.values())


@pytest.mark.parametrize("seed", sorted(RECORDED))
def test_rows_are_those_of_zipline(seed, found):
    for number, expected in RECORDED[seed].items():
        assert golden_compare.first_difference("perf", [expected], [found[str(seed)][number - 1]]) is None, number


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
