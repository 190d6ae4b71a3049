"""Bad input: each mistake gives a code, where it is, what was expected, what to do, and a status that is not 0."""

import json

import pytest

GOOD = """date,open,high,low,close,volume
2020-01-02,10.00,11.00,9.50,10.50,1000
2020-01-03,10.50,11.50,10.00,11.00,1200
2020-01-06,11.00,12.00,10.50,11.50,900
"""


def rows(*changes):
    """GOOD with lines (from 1) replaced."""
    lines = GOOD.splitlines()
    for number, line in changes:
        lines[number - 1] = line
    return "\n".join(lines) + "\n"


def refused(result, code, name, *texts):
    """The one error that was printed says all of this."""
    said = result.stderr
    assert f"error {code} {name}: " in said, said
    for text in texts:
        assert text in said, f"{text!r} is missing in\n{said}"
    assert "hint: " in said
    assert result.returncode == code // 1000 + 1
    return said


BAD_FILES = {
    "missing column": (rows((1, "date,open,high,low,price,volume")), 2001, "MissingColumn", ["aapl.csv", "close"]),
    "wrong date": (rows((3, "2020-13-03,10.50,11.50,10.00,11.00,1200")), 2002, "BadCell", ["aapl.csv, line 3: ", "2020-13-03"]),
    "no number": (rows((3, "2020-01-03,10.50,abc,10.00,11.00,1200")), 2002, "BadCell", ["aapl.csv, line 3: ", "abc"]),
    "duplicate": (rows((4, "2020-01-03,11.00,12.00,10.50,11.50,900")), 2003, "DuplicateRow", ["aapl.csv, line 4: ", "2020-01-03"]),
    "out of order": (rows((2, "2020-01-07,10.00,11.00,9.50,10.50,1000")), 2004, "RowsOutOfOrder", ["aapl.csv, line 3: ", "2020-01-03"]),
    "high below low": (rows((3, "2020-01-03,10.50,9.00,10.00,11.00,1200")), 2005, "BadBar", ["aapl.csv, line 3: ", "high"]),
    "no session": (rows((4, "2020-01-04,11.00,12.00,10.50,11.50,900")), 2006, "NotASession", ["aapl.csv, line 4: ", "2020-01-04"]),
    "ragged row": (rows((3, "2020-01-03,10.50,11.50")), 2002, "BadCell", ["aapl.csv", "3"]),
}


@pytest.mark.parametrize("mistake", BAD_FILES)
def test_bad_file_is_refused_with_file_and_line(rustybt, tmp_path, mistake):
    content, code, name, texts = BAD_FILES[mistake]
    (tmp_path / "aapl.csv").write_text(content)
    refused(rustybt("ingest", "aapl.csv", "--name", "mine"), code, name, *texts)
    assert json.loads(rustybt.ok("bundles", "--json").stdout)["bundles"] == [], "nothing was written"


def test_failed_ingest_leaves_the_bundle_before(rustybt, tmp_path):
    file = tmp_path / "aapl.csv"
    file.write_text(GOOD)
    rustybt.ok("ingest", file, "--name", "mine")
    before = rustybt.ok("bundles", "--json").stdout
    file.write_text(BAD_FILES["high below low"][0])
    assert rustybt("ingest", file, "--name", "mine").returncode == 3
    assert rustybt.ok("bundles", "--json").stdout == before
    assert "is whole" in rustybt.ok("data", "check", "mine").stdout


def test_rows_out_of_order_can_be_sorted(rustybt, tmp_path):
    (tmp_path / "aapl.csv").write_text(BAD_FILES["out of order"][0])
    rustybt.ok("ingest", "aapl.csv", "--name", "mine", "--sort")


def test_damaged_bundle_is_found(rustybt, tmp_path):
    (tmp_path / "aapl.csv").write_text(GOOD)
    rustybt.ok("ingest", "aapl.csv", "--name", "mine")
    (file,) = tmp_path.glob("root/data/mine/versions/*/daily/*/*.parquet")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    result = rustybt("data", "check", "mine")
    refused(result, 2008, "CorruptBundle", "mine")
    assert "SHA-256" in result.stdout


def test_source_that_does_not_exist(rustybt):
    refused(rustybt("ingest", "nothing.csv"), 6001, "FileNotFound", "nothing.csv")


def test_no_bundle_yet(rustybt, tmp_path):
    (tmp_path / "s.py").write_text("")
    refused(rustybt("run", "s.py"), 2007, "UnknownBundle", "rustybt ingest")


def test_a_bundle_of_an_older_rustybt_is_no_missing_one(rustybt, tmp_path):
    (tmp_path / "aapl.csv").write_text(GOOD)
    rustybt.ok("ingest", "aapl.csv", "--name", "mine")
    manifest = tmp_path / "root" / "data" / "mine" / "manifest.json"
    current = json.loads(manifest.read_text())["schema_version"]
    manifest.write_text(manifest.read_text().replace(f'"schema_version": {current}', '"schema_version": 1'))
    (tmp_path / "s.py").write_text("")
    refused(rustybt("run", "s.py"), 2008, "CorruptBundle", "bundle mine is unreadable")
    for command in (("bundles",), ("data", "list")):
        shown = rustybt.ok(*command)
        assert f"schema version 1, this rustybt reads {current}" in shown.stderr and "unreadable" in shown.stdout
        assert "ingest" in shown.stderr


def test_unknown_bundle_names_those_that_exist(market, tmp_path):
    (tmp_path / "s.py").write_text("")
    refused(market("run", "s.py", "--bundle", "markt"), 2007, "UnknownBundle", "markt", "market")


@pytest.mark.parametrize(
    ("words", "code", "name", "texts"),
    [
        (["--start", "2020-06-01", "--end", "2020-01-01"], 1004, "InvalidDateRange", ["2020-01-01", "2020-06-01"]),
        (["--start", "2020-01-04", "--end", "2020-01-05"], 1004, "InvalidDateRange", ["XNYS", "2020-01-04"]),
        (["--start", "2010-01-01", "--end", "2010-12-31"], 2201, "NoDataOnDate", ["2010-01-01", "2020-01-02"]),
        (["--start", "01.02.2020"], 1003, "InvalidDate", ["01.02.2020", "--start", "YYYY-MM-DD"]),
        (["--capital", "many"], 1002, "InvalidNumber", ["many", "--capital"]),
        (["--capital", "0"], 1016, "ZeroCapitalError", ["capital"]),
        (["--preset", "zip"], 1006, "UnknownPolicy", ["zip", "zipline", "rustybt"]),
        (["--set", "limit_check=always"], 1006, "UnknownPolicy", ["always", "never_worse"]),
        (["--set", "limits=never"], 1006, "UnknownPolicy", ["limits", "limit_check"]),
        (["--set", "limit_check"], 1001, "InvalidArgument", ["policy=value"]),
        (["--calendar", "XNYC"], 1012, "InvalidCalendarName", ["XNYC", "rustybt calendars"]),
        (["--benchmark", "NONE"], 2101, "SymbolNotFound", ["NONE"]),
        (["--data-frequency", "weekly"], 1001, "InvalidArgument", ["weekly"]),
        (["--no-such-option"], 1001, "InvalidArgument", ["--no-such-option", "rustybt run --help"]),
    ],
)
def test_bad_settings_of_a_run(market, tmp_path, words, code, name, texts):
    (tmp_path / "s.py").write_text("def initialize(context): pass\n")
    refused(market("run", "s.py", "--bundle", "market", *words), code, name, *texts)


def test_strategy_that_does_not_exist(market):
    refused(market("run", "nothing.py"), 1007, "StrategyNotFound", "nothing.py")


ORDER_SYMBOL = """
from rustybt.api import order, symbol

def initialize(context):
    context.asset = symbol("{symbol}")

def handle_data(context, data):
    {action}
"""


def run_script(market, tmp_path, text, *words):
    (tmp_path / "strategy.py").write_text(text)
    return market("run", "strategy.py", "--bundle", "market", *words)


def test_unknown_symbol_has_the_traceback_of_the_strategy(market, tmp_path):
    result = run_script(market, tmp_path, ORDER_SYMBOL.format(symbol="NONE", action="pass"))
    said = refused(result, 2101, "SymbolNotFound", "NONE")
    assert 'strategy.py", line 5, in initialize' in said


def test_order_for_a_delisted_asset(market, tmp_path):
    result = run_script(market, tmp_path, ORDER_SYMBOL.format(symbol="SYN004", action="order(context.asset, 1)"))
    said = refused(result, 3103, "CannotOrderDelistedAsset", "SYN004", "simulation time: 2021-", "data.can_trade(asset)")
    assert 'strategy.py", line 8, in handle_data' in said


def test_strategy_that_raises_keeps_what_was_done(market, tmp_path):
    text = """
from rustybt.api import get_datetime

def handle_data(context, data):
    if get_datetime().year == 2021:
        raise ValueError("enough")
"""
    result = run_script(market, tmp_path, text, "--output", "out")
    said = refused(result, 1008, "StrategyFailed", "ValueError: enough", "simulation time: 2021-01-04")
    assert 'strategy.py", line 6, in handle_data' in said
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["end"] == "failed"
    assert summary["error"]["code"] == 1008
    assert summary["headline"]["last_session"] == "2020-12-31"
    assert summary["headline"]["sessions"] == 253  # XNYS in 2020


def test_script_with_a_syntax_error(market, tmp_path):
    refused(run_script(market, tmp_path, "def initialize(context)\n    pass\n"), 1008, "StrategyFailed", 'strategy.py", line 1')


CPP = """
#include <stdexcept>
#include "rustybt/algorithm/strategy.hpp"

struct Failing : rustybt::Strategy {
  void handle_data(rustybt::Context& context, rustybt::BarData&) override { %s }
};
RUSTYBT_STRATEGY(Failing);
"""


@pytest.mark.parametrize(
    ("body", "code", "name", "texts"),
    [
        ('throw std::runtime_error("enough");', 1008, "StrategyFailed", ["enough", "strategy.cpp"]),
        ('context.symbol("NONE");', 2101, "SymbolNotFound", ["NONE", "simulation time: 2020-01-02"]),
        ("no_such_thing(context);", 1009, "StrategyDoesNotCompile", ["strategy.cpp:6", "no_such_thing"]),
    ],
)
def test_strategy_in_cpp_that_fails(market, tmp_path, body, code, name, texts):
    (tmp_path / "strategy.cpp").write_text(CPP % body)
    refused(market("run", "strategy.cpp", "--bundle", "market"), code, name, *texts)


def test_library_without_a_strategy(market, tmp_path):
    (tmp_path / "plain.so").write_bytes(b"not a library")
    refused(market("run", "plain.so", "--bundle", "market"), 6002, "FileNotReadable", "plain.so")


def test_no_python_with_rustybt(market, tmp_path):
    (tmp_path / "s.py").write_text("")
    result = market("run", "s.py", RUSTYBT_PYTHON="/no/such/python")
    refused(result, 1011, "MissingDependency", "/no/such/python", "RUSTYBT_PYTHON")


def test_errors_are_json_with_json(market, tmp_path):
    result = market("run", "nothing.py", "--json")
    assert json.loads(result.stdout)["error"] == {
        "code": 1007,
        "name": "StrategyNotFound",
        "message": "nothing.py does not exist",
        "hint": "check the path of the strategy",
        "context": {},
    }
    assert "error 1007" in result.stderr
    result = market("run", "--json")
    assert json.loads(result.stdout)["error"]["code"] == 1001


def test_report_of_a_folder_without_a_run(rustybt, tmp_path):
    refused(rustybt("report", tmp_path), 6001, "FileNotFound", "summary.json", "rustybt run --output")


@pytest.mark.parametrize(
    ("words", "texts"),
    [
        ([], ["`rustybt` needs a command: demo, ingest, run"]),
        (["rnu", "s.py"], ["`rustybt` has no command 'rnu', only demo, ingest, run"]),
        (["data"], ["`rustybt data` needs a command: list, ", "rustybt data --help"]),
        (["data", "chek", "mine"], ["`rustybt data` has no command 'chek', only list, "]),
    ],
)
def test_command_that_does_not_exist(rustybt, words, texts):
    refused(rustybt(*words), 1001, "InvalidArgument", *texts)


def test_bad_name_of_a_bundle_is_refused_before_the_files_are_read(rustybt, tmp_path):
    (tmp_path / "aapl.csv").write_text(BAD_FILES["no number"][0])
    refused(rustybt("ingest", "aapl.csv", "--name", "my/stocks"), 1001, "InvalidArgument", "my/stocks")


def test_page_that_cannot_be_written_is_refused_before_the_run(market, tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "s.py").write_text("def handle_data(context, data): print('ran')\n")
    for words, texts in {
        ("--report", "."): [". is a folder", "--report report.html"],
        ("--report", "file/page.html"): ["cannot make the folder", "file"],
        ("--output", "file"): ["cannot make the folder file"],
    }.items():
        result = market("run", "s.py", "--bundle", "market", *words)
        refused(result, 6003, "FileNotWritable", *texts)
        assert "ran" not in result.stdout


def test_folders_of_page_and_tables_are_made(market, tmp_path):
    (tmp_path / "s.py").write_text("def handle_data(context, data): pass\n")
    market.ok("run", "s.py", "--bundle", "market", "--output", "a/tables", "--report", "b/c/page.html")
    assert "../../a/tables/transactions.parquet" in (tmp_path / "b" / "c" / "page.html").read_text()
    market.ok("report", "a/tables", "--report", "d/page.html")


MINUTES = "datetime,open,high,low,close,volume\n" + "".join(
    f"2020-01-02 {9 + minute // 60:02}:{minute % 60:02},10,11,9,10,100\n" for minute in range(30, 420)
)


def test_run_on_bars_that_the_bundle_has_not(market, rustybt, tmp_path):
    (tmp_path / "s.py").write_text("def handle_data(context, data): pass\n")
    refused(market("run", "s.py", "--bundle", "market", "--data-frequency", "minute"), 2009, "EmptyData", "only daily bars")
    (tmp_path / "aapl.csv").write_text(MINUTES)
    rustybt.ok("ingest", "aapl.csv", "--name", "minutes", "--timezone", "America/New_York")
    refused(rustybt("run", "s.py", "--bundle", "minutes"), 2009, "EmptyData", "only minute bars", "--data-frequency minute")
    rustybt.ok("run", "s.py", "--bundle", "minutes", "--data-frequency", "minute")


def test_local_minutes_read_as_utc_are_noticed(rustybt, tmp_path):
    (tmp_path / "aapl.csv").write_text(MINUTES)
    said = rustybt.ok("ingest", "aapl.csv", "--name", "minutes").stderr
    assert "read as UTC" in said and "--timezone America/New_York" in said
    assert rustybt.ok("ingest", "aapl.csv", "--name", "minutes", "--timezone", "America/New_York").stderr == ""


def test_run_beyond_the_data_is_noticed(market, tmp_path):
    (tmp_path / "s.py").write_text("def handle_data(context, data): pass\n")
    run = ["run", "s.py", "--bundle", "market"]
    said = market.ok(*run, "--start", "2019-06-03", "--end", "2022-06-01").stderr
    assert "begin on 2020-01-02, the run on 2019-06-03" in said
    assert "end on 2021-12-31, the run on 2022-06-01" in said
    assert market.ok(*run, "--start", "2020-01-01", "--end", "2021-12-31").stderr == ""  # a holiday misses nothing
    refused(market(*run, "--start", "2030-01-01"), 2201, "NoDataOnDate", "2021-12-31", "2030-01-01 to its last day")


def test_script_without_any_function_of_a_strategy_is_noticed(market, tmp_path):
    (tmp_path / "s.py").write_text("def handle_dta(context, data): pass\n")
    said = market.ok("run", "s.py", "--bundle", "market").stderr
    assert "s.py defines none of initialize, handle_data" in said


def test_cpp_strategy_whose_constructor_throws(market, tmp_path):
    text = CPP.replace("struct Failing : rustybt::Strategy {", "struct Failing : rustybt::Strategy {\n  Failing() { throw std::runtime_error(\"no model\"); }")
    (tmp_path / "strategy.cpp").write_text(text % "")
    refused(market("run", "strategy.cpp", "--bundle", "market"), 1008, "StrategyFailed", "no model")


def test_summary_that_lacks_something_is_no_run(market, tmp_path):
    (tmp_path / "s.py").write_text("def handle_data(context, data): pass\n")
    market.ok("run", "s.py", "--bundle", "market", "--output", "out")
    file = tmp_path / "out" / "summary.json"
    whole = json.loads(file.read_text())
    for part in ["headline", "command", ("settings", "benchmark")]:
        summary = json.loads(json.dumps(whole))
        at, name = (summary, part) if isinstance(part, str) else (summary[part[0]], part[1])
        del at[name]
        file.write_text(json.dumps(summary))
        refused(market("report", "out"), 6002, "FileNotReadable", "summary.json", name)


def test_demo_leaves_other_data_of_its_name_alone(rustybt, tmp_path):
    (tmp_path / "aapl.csv").write_text(GOOD)
    rustybt.ok("ingest", "aapl.csv", "--name", "demo")
    refused(rustybt("demo"), 1001, "InvalidArgument", "demo", "aapl.csv")
    assert rustybt.ok("data", "list", "demo").stdout.count("AAPL") == 1


def test_failure_in_analyze_is_in_the_report(market, tmp_path):
    (tmp_path / "s.py").write_text("def analyze(context, result): raise ValueError('plot')\n")
    refused(market("run", "s.py", "--bundle", "market", "--report", "page.html"), 1008, "StrategyFailed", "ValueError: plot")
    assert "The run failed: 1008 StrategyFailed: ValueError: plot" in (tmp_path / "page.html").read_text()


CRYPTO = "date,open,high,low,close,volume\n" + "".join(f"2024-06-{day:02},{day}.5,{day}.75,{day}.25,{day}.5,1000.12345678\n" for day in range(1, 11))


def test_coins_from_a_file_trade_every_day_in_parts(rustybt, tmp_path):
    (tmp_path / "BTC-USDT.csv").write_text(CRYPTO)
    rustybt.ok("ingest", "BTC-USDT.csv", "--asset-type", "crypto", "--name", "coins")
    (symbol,) = json.loads(rustybt.ok("data", "list", "coins", "--json").stdout)["symbols"]
    assert (symbol["asset_type"], symbol["exchange"], symbol["missing"]) == ("crypto", "CRYPTO", 0)
    (tmp_path / "coin.py").write_text(
        "from rustybt.api import order, symbol\n"
        "def handle_data(context, data):\n"
        "    order(symbol('BTC-USDT'), 0.12345678)\n"
        "def analyze(context, result):\n"
        "    (position,) = context.portfolio.positions.values()\n"
        "    print('coins', position.amount)\n"
    )
    ran = rustybt.ok("run", "coin.py", "--bundle", "coins")
    assert "10 sessions" in ran.stdout and "coins 1.11111102" in ran.stdout  # nine fills: weekends too
    refused(rustybt("ingest", "BTC-USDT.csv", "--asset-type", "future"), 1001, "InvalidArgument", "write_frames")
    refused(rustybt("ingest", "BTC-USDT.csv", "--asset-type", "coin"), 1001, "InvalidArgument", "crypto")
