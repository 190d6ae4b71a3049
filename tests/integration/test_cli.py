"""The command line as its users call it."""

import json
import re
import signal
import subprocess
import time
from pathlib import Path

import pyarrow.parquet as parquet
import pytest

ROOT = Path(__file__).resolve().parents[2]

BUY_AND_HOLD = """
from rustybt.api import order, record, symbol

def initialize(context):
    context.bought = False

def handle_data(context, data):
    asset = symbol("SYN001")
    if not context.bought:
        order(asset, 100)
        context.bought = True
    record(price=data.current(asset, "price"))
"""

BUY_AND_HOLD_CPP = """
#include "rustybt/algorithm/strategy.hpp"

struct BuyAndHold : rustybt::Strategy {
  void handle_data(rustybt::Context& context, rustybt::BarData& data) override {
    const auto asset = context.symbol("SYN001");
    if (!bought_) context.order(asset, 100);
    bought_ = true;
    context.record("price", data.price(asset));
  }
  bool bought_ = false;
};
RUSTYBT_STRATEGY(BuyAndHold);
"""

COMMANDS = [
    "demo", "ingest", "run", "report", "bundles", "data list",
    "data check", "data convert", "data synth", "clean", "calendars", "version",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(rustybt, command):
    text = rustybt.ok(*command.split(), "--help").stdout
    assert re.search(rf"Examples?:\n\s+rustybt {command}", text)
    assert "--json" in text


def test_help_of_run_lists_the_policies(rustybt):
    text = rustybt.ok("run", "--help").stdout
    assert re.search(r"limit_check +trigger_only +never_worse", text)


def test_demo_writes_a_report_from_nothing(rustybt, tmp_path):
    result = json.loads(rustybt.ok("demo", "--json").stdout)
    assert result["end"] == "completed"
    assert result["settings"]["benchmark"] == "MARKET"
    assert result["seed"] == 1
    page = (tmp_path / "report.html").read_text()
    assert len(page) < 500_000
    for text in ("Monthly returns", result["data"]["hash"], "never_worse", "rustybt demo", "report_tables/transactions.parquet"):
        assert text in page
    assert parquet.read_table(tmp_path / "report_tables" / "transactions.parquet").num_rows == result["headline"]["transactions"]
    again = json.loads(rustybt.ok("demo", "--json").stdout)
    assert again["headline"] == result["headline"]


def run_json(market, *words):
    return json.loads(market.ok("run", *words, "--bundle", "market", "--json").stdout)


def test_python_and_cpp_strategies_give_the_same_run(market, tmp_path):
    (tmp_path / "hold.py").write_text(BUY_AND_HOLD)
    (tmp_path / "hold.cpp").write_text(BUY_AND_HOLD_CPP)
    ours = run_json(market, "hold.py", "--output", "python")
    native = run_json(market, "hold.cpp", "--output", "cpp")
    assert ours["headline"] == native["headline"]
    for name in ("performance", "transactions", "orders", "positions", "recorded"):
        a, b = (parquet.read_table(tmp_path / folder / f"{name}.parquet") for folder in ("python", "cpp"))
        assert a.equals(b), name
    assert a.column_names == ["session", "price"]
    assert a.num_rows == native["headline"]["sessions"]


def test_compiled_strategy_is_kept_and_made_again_when_it_changes(market, tmp_path):
    source = tmp_path / "kept.cpp"
    source.write_text(BUY_AND_HOLD_CPP)
    assert "compiling kept.cpp" in market.ok("run", "kept.cpp").stderr
    assert "compiling" not in market.ok("run", "kept.cpp").stderr
    source.write_text(BUY_AND_HOLD_CPP.replace("100", "200"))
    assert "compiling kept.cpp" in market.ok("run", "kept.cpp").stderr


def test_library_runs(market, tmp_path):
    (tmp_path / "lib.cpp").write_text(BUY_AND_HOLD_CPP)
    market.ok("run", "lib.cpp", RUSTYBT_ROOT=market.environment["RUSTYBT_ROOT"])
    (library,) = (tmp_path.parent.parent / market.environment["RUSTYBT_ROOT"]).glob("cache/strategies/lib-*.so")
    assert run_json(market, library)["end"] == "completed"


def test_json_is_alone_on_standard_output(market, tmp_path):
    (tmp_path / "loud.py").write_text("print('top')\ndef handle_data(context, data):\n    print('loud')\n")
    result = market.ok("run", "loud.py", "--json")
    assert json.loads(result.stdout)["end"] == "completed"
    assert "top" in result.stderr
    assert "loud" in result.stderr


def test_preset_follows_the_import_and_the_option(market, tmp_path):
    (tmp_path / "ours.py").write_text(BUY_AND_HOLD)
    (tmp_path / "theirs.py").write_text(BUY_AND_HOLD.replace("rustybt.api", "zipline.api"))
    preset = run_json(market, "ours.py")["preset"]
    assert (preset["name"], preset["reason"]) == ("rustybt", "default")
    result = run_json(market, "theirs.py", "--set", "limit_check=never_worse")
    assert (result["preset"]["name"], result["preset"]["reason"]) == ("zipline", "the script imports zipline")
    assert result["policies"]["limit_check"] == "never_worse"
    assert result["policies"]["quantity"] == "whole"
    assert run_json(market, "theirs.py", "--preset", "rustybt")["policies"]["quantity"] == "asset_step"


def test_capital_changes_are_shown_and_kept(market, tmp_path):
    (tmp_path / "paid_in.py").write_text(
        BUY_AND_HOLD
        + """
def initialize(context):
    context.bought = False
    context.capital_changes = {"2020-01-06": {"type": "delta", "value": 5000.5}}
"""
    )
    output = market.ok("run", "paid_in.py", "--bundle", "market", "--start", "2020-01-02", "--end", "2020-01-10", "--output", "out")
    assert re.search(r"Capital changes +5,000\.50\n", output.stdout)
    market.ok("report", "out")
    (row,) = parquet.read_table(tmp_path / "out" / "capital_changes.parquet").to_pylist()
    assert (str(row["session"]), str(row["delta"]), row["target"]) == ("2020-01-06", "5000.50", None)


def test_report_is_made_again_from_the_folder(market, tmp_path):
    (tmp_path / "hold.py").write_text(BUY_AND_HOLD)
    result = run_json(market, "hold.py", "--output", "out", "--report", "out/first.html", "--benchmark", "MARKET")
    market.ok("report", "out", "--report", "out/second.html")
    first = (tmp_path / "out" / "first.html").read_text()
    assert first == (tmp_path / "out" / "second.html").read_text()
    assert result["command"].replace("'", "&#39;") in first or result["command"] in first
    assert "MARKET" in first


def test_the_printed_command_gives_the_same_run(market, tmp_path):
    (tmp_path / "hold.py").write_text(BUY_AND_HOLD)
    result = run_json(market, "hold.py", "--start", "2020-03-01", "--capital", "5000.50", "--set", "dividend_pay=session_only")
    words = result["command"].split()
    again = json.loads(market.ok(*words[1:], "--json").stdout)
    assert again["headline"] == result["headline"]
    assert again["policies"] == result["policies"]
    assert again["headline"]["starting_cash"] == "5000.50"


def test_interrupt_ends_cleanly_with_what_was_done(market, executable, tmp_path):
    (tmp_path / "slow.py").write_text(
        "import time\ndef handle_data(context, data):\n    print('bar', flush=True)\n    time.sleep(0.02)\n"
    )
    process = subprocess.Popen(
        [executable, "run", "slow.py", "--bundle", "market", "--output", "out"],
        cwd=tmp_path,
        env=market.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for _ in range(3):
        assert process.stdout.readline() == "bar\n"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["end"] == "interrupted"
    assert 1 <= summary["headline"]["sessions"] < 500
    assert parquet.read_table(tmp_path / "out" / "performance.parquet").num_rows == summary["headline"]["sessions"]


def test_progress_is_shown_on_what_takes_longer_than_a_second(market, tmp_path):
    (tmp_path / "slow.py").write_text("import time\ndef handle_data(context, data):\n    time.sleep(0.003)\n")
    result = market.ok("run", "slow.py", "--bundle", "market")
    assert re.search(r"^202\d-\d\d-\d\d +\d+ %  \d+ bars/s  0 orders  \d+ s left$", result.stderr, re.MULTILINE), result.stderr


def test_own_files_are_guessed_shown_and_overridable(rustybt, tmp_path):
    (tmp_path / "odd.txt").write_text("Day;O;H;L;Last;Vol\n02.01.2020;10.0;11;9;10;5\n")
    result = rustybt.ok(
        *("ingest", "--symbol", "ODD", "--map", "date=Day", "--map", "open=O", "--map", "high=H", "--map", "low=L"),
        *("--map", "close=Last", "--date-format", "%d.%m.%Y", "--map", "volume=Vol", "odd.txt", "--json"),
    )
    info = json.loads(result.stdout)
    assert info["name"] == "odd"
    assert info["first_session"] == "2020-01-02"
    assert "Last" in info["understood"]
    listed = json.loads(rustybt.ok("data", "list", "odd", "--json").stdout)
    assert [asset["symbol"] for asset in listed["symbols"]] == ["ODD"]
    assert json.loads(rustybt.ok("ingest", "odd.txt", "--date-format", "%d.%m.%Y", "--dry-run", "--json").stdout)["name"] == "odd"


def write_days(file, rows):
    lines = [f"{day},{close},{close},{close},{close},{volume}" for day, close, volume in rows]
    file.write_text("\n".join(["date,open,high,low,close,volume", *lines]) + "\n")


def test_append_adds_files_in_any_order_and_lists_what_changed(rustybt, tmp_path):
    week = [("2014-06-02", 10, 1), ("2014-06-03", 11, 2), ("2014-06-04", 12, 3), ("2014-06-05", 13, 4)]
    folder = tmp_path / "whole"
    folder.mkdir()
    write_days(folder / "AAPL.csv", week)
    whole = json.loads(rustybt.ok("ingest", folder, "--name", "whole", "--json").stdout)
    for name, rows in (("late", week[2:]), ("early", week[:3]), ("changed", [("2014-06-03", 11, 9)])):
        (tmp_path / name).mkdir()
        write_days(tmp_path / name / "AAPL.csv", rows)
    rustybt.ok("ingest", "late", "--name", "days")
    text = rustybt.ok("ingest", "early", "--name", "days", "--append").stdout
    assert "3 rows read: 2 added, 1 known already" in text
    appended = json.loads(rustybt.ok("data", "info", "days", "--json").stdout)
    assert whole["data_hash"] in json.dumps(appended)
    refused = rustybt("ingest", "changed", "--name", "days", "--append")
    assert refused.returncode != 0 and "2014-06-03: volume 2 before, 9 now" in refused.stderr
    text = rustybt.ok("ingest", "changed", "--name", "days", "--append", "--on-conflict", "replace").stdout
    assert "1 rows read: 1 replace earlier values" in text and "1 cells restated, listed in " in text
    listed = text.split("listed in ")[1].split()[0]
    assert Path(listed).read_text() == "symbol,time,what,before,now\nAAPL,2014-06-03,volume,2,9\n"
    assert "bundle days is whole" in rustybt("data", "check", "days").stdout


def test_rows_that_are_left_out_are_counted(rustybt, tmp_path):
    rows = [f"2014-06-02T{t}Z,10,10,10,10,5" for t in ("13:00:00", "13:31:00", "13:32:00", "23:00:00")]
    (tmp_path / "SPY.csv").write_text("\n".join(["time,open,high,low,close,volume", *rows]) + "\n")
    result = json.loads(rustybt.ok("ingest", "SPY.csv", "--name", "spy", "--stamped-at", "end", "--json").stdout)
    assert result["rows"]["read"] == 4 and result["rows"]["added"] == result["minute_rows"] == 2
    assert [part["rows"] for part in result["rows"]["left_out"]] == [2]
    text = rustybt.ok("ingest", "SPY.csv", "--name", "spy", "--stamped-at", "end").stdout
    assert "4 rows read: 2 added, 2 left out" in text and "outside the calendar's trading minutes" in text


def test_clean_removes_old_versions(rustybt, tmp_path):
    rows = "date,open,high,low,close,volume\n2020-01-02,10,11,9,10,5\n"
    for price in ("10", "10.5"):
        (tmp_path / "a.csv").write_text(rows.replace("9,10,", f"9,{price},"))
        rustybt.ok("ingest", "a.csv", "--name", "mine")
        time.sleep(0.01)
    assert len(json.loads(rustybt.ok("clean", "mine", "--keep-last", "1", "--json").stdout)["removed"]) == 1
    assert "is whole" in rustybt.ok("data", "check", "mine").stdout


def test_calendars_and_version(rustybt):
    assert "XNYS" in json.loads(rustybt.ok("calendars", "--json").stdout)["calendars"]
    version = json.loads(rustybt.ok("version", "--json").stdout)["rustybt"]
    assert rustybt.ok("version").stdout == f"rustybt {version}\n"
    assert rustybt.ok("--version").stdout == f"rustybt {version}\n"


def test_python_module_is_the_same_command(market, executable, tmp_path):
    python = executable.parent / "python3"
    if not python.exists():
        pytest.skip("no python3 beside the command")
    (tmp_path / "hold.py").write_text(BUY_AND_HOLD)
    result = subprocess.run(
        [python, "-m", "rustybt", "run", "hold.py", "--bundle", "market", "--json"],
        cwd=tmp_path,
        env=market.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(result.stdout)["headline"] == run_json(market, "hold.py")["headline"]


def test_documented_policies_are_those_of_the_command(rustybt):
    help_text = rustybt.ok("run", "--help").stdout
    printed = re.findall(r"^  ([a-z_]+) +([a-z_0-9]+) +([a-z_0-9]+)$", help_text, re.MULTILINE)
    page = (ROOT / "docs" / "policies.md").read_text()
    documented = re.findall(r"^\| `([a-z_]+)` \| `([a-z_0-9]+)` \| `([a-z_0-9]+)` \|", page, re.MULTILINE)
    assert len(documented) == 16
    assert documented == printed


def test_benchmark_file_is_compared_and_its_errors_name_the_line(market, tmp_path):
    (tmp_path / "nothing.py").write_text("def handle_data(context, data):\n    pass\n")
    (tmp_path / "benchmark.csv").write_text("date,return\n2020-01-02,0.10\n2020-01-03,-0.05\n")
    (tmp_path / "bad.csv").write_text("date,return\n2020-01-02,one\n")
    run = ("run", "nothing.py", "--bundle", "market", "--end", "2020-01-06", "--json", "--benchmark-file")
    result = json.loads(market.ok(*run, "benchmark.csv").stdout)
    assert result["headline"]["benchmark_return"] == pytest.approx(1.10 * 0.95 - 1, abs=1e-12)
    refused = market(*run, "bad.csv")
    assert refused.returncode == 3
    error = json.loads(refused.stdout)["error"]
    assert (error["name"], error["context"]["line"]) == ("BadCell", "2")
