"""`rustybt data migrate`, and bundles of Zipline's that open without it, on the golden bundle of Zipline's."""

import json
import os
import shutil
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("RUSTYBT_TEST_DATA", Path(__file__).resolve().parents[3] / "shared"))
ZIPLINE = SHARED / "data/golden/zipline_bundle"

STRATEGY = """
from zipline.api import order, symbol

def initialize(context):
    context.asset = symbol("AAPL")

def handle_data(context, data):
    if not context.portfolio.positions:
        order(context.asset, 10)
"""


@pytest.fixture
def zipline():
    if not ZIPLINE.is_dir():
        message = f"{ZIPLINE} is not there: set RUSTYBT_TEST_DATA"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    return ZIPLINE


def test_dry_run_migration_and_rollback(rustybt, zipline):
    table = zipline / "daily_futures.bcolz"
    dry = rustybt.ok("data", "migrate", zipline, "--table", table, "--dry-run")
    assert "24 equities, 28 futures" in dry.stdout and "nothing is written" in dry.stdout
    assert not (rustybt.folder / "root").exists()
    done = json.loads(rustybt.ok("data", "migrate", zipline, "--table", table, "--name", "mine", "--json").stdout)
    assert done["cells_checked"] == 5 * (done["daily_rows"] + done["minute_rows"])
    assert done["rows_read"] == done["daily_rows"] + done["minute_rows"] + sum(done["left_out"].values())
    assert "VXM11" in rustybt.ok("data", "list", "mine").stdout
    undone = rustybt.ok("data", "migrate", "mine", "--rollback")
    assert "had no version before the migration and is removed" in undone.stdout
    assert "no bundles" in rustybt.ok("bundles").stdout


def test_bad_bars_are_listed_and_left_out_when_asked(rustybt, zipline, tmp_path):
    """A `low` column that is AAPL's high: every bar whose close is below its high contradicts itself."""
    copy = tmp_path / "zipline"
    shutil.copytree(zipline, copy, copy_function=shutil.copyfile)
    daily = next((copy / "data/golden").iterdir()) / "daily_equities.bcolz"
    for folder in (daily, daily / "low"):
        folder.chmod(0o755)
    shutil.move(daily / "low", daily / "kept")
    shutil.copytree(daily / "high", daily / "low", copy_function=shutil.copyfile)
    dry = json.loads(rustybt.ok("data", "migrate", copy, "--dry-run", "--json").stdout)
    assert dry["left_out"]["bad"] == len(dry["bad_bars"]) > 50_000
    refused = rustybt("data", "migrate", copy)
    assert refused.returncode != 0 and "BadBar" in refused.stderr and "--leave-out-bad-bars" in refused.stderr
    done = json.loads(rustybt.ok("data", "migrate", copy, "--leave-out-bad-bars", "--json").stdout)
    assert done["daily_rows"] == dry["daily_rows"]
    assert done["rows_read"] == done["daily_rows"] + done["minute_rows"] + sum(done["left_out"].values())


def test_a_run_on_a_bundle_of_ziplines_root_converts_it_once(rustybt, zipline):
    script = rustybt.folder / "strategy.py"
    script.write_text(STRATEGY)
    words = ("run", script, "--bundle", "golden", "--start", "2015-01-02", "--end", "2015-02-02")
    listed = rustybt.ok("bundles", ZIPLINE_ROOT=str(zipline))
    assert "golden" in listed.stdout and "in Zipline's root" in listed.stdout
    first = rustybt.ok(*words, ZIPLINE_ROOT=str(zipline))
    assert "converting" in first.stderr
    second = rustybt.ok(*words, ZIPLINE_ROOT=str(zipline))
    assert "converting" not in second.stderr and "converted from" in second.stderr
    missing = rustybt(*words, ZIPLINE_ROOT=str(rustybt.folder / "nothing"))
    assert missing.returncode != 0 and "UnknownBundle" in missing.stderr


def test_what_is_no_bundle_of_ziplines_is_said(rustybt):
    result = rustybt("data", "migrate", rustybt.folder)
    assert result.returncode != 0
    assert "assets-N.sqlite" in result.stderr and "~/.zipline/data/quandl" in result.stderr
