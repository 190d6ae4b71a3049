"""`rustybt strategy check`: strategies that see the future, repeat nothing or need time are found, clean ones pass."""

import json

import pytest

CLEAN = """
from rustybt.api import order_target, record, symbols

def initialize(context):
    context.assets = symbols("SYN001", "SYN002", "SYN003")

def before_trading_start(context, data):
    context.before = data.current(context.assets[0], "close")

def handle_data(context, data):
    for asset in context.assets:
        closes = data.history(asset, "close", 5, "1d")
        order_target(asset, 100 if closes.iloc[-1] > closes.mean() else 0)
    record(mean=closes.mean())
"""

# the table of the closes, made by `rustybt data convert`
TABLE = """
import os
import pandas as pd
from rustybt.api import order_target, symbol

def initialize(context):
    table = pd.read_csv(os.path.join(os.path.dirname(__file__), "closes.csv"), parse_dates=["date"])
    closes = table.pivot(index="date", columns="symbol", values="close")["SYN001"]
    context.signal = {signal}

def handle_data(context, data):
    day = data.current_session
    if day in context.signal.index:
        order_target(symbol("SYN001"), 100 if context.signal[day] else 0)
"""

OPENING = """
from zipline.api import order_target, symbol, schedule_function

def initialize(context):
    context.rises = False

def before_trading_start(context, data):
    asset = symbol("SYN001")
    context.rises = data.current(asset, "close") > data.current(asset, "open")

def handle_data(context, data):
    order_target(symbol("SYN001"), 100 if context.rises else 0)
"""

RANDOM = """
import random
from rustybt.api import order_target, symbol

def handle_data(context, data):
    order_target(symbol("SYN001"), random.randint(0, 50))
"""

SETS = """
from rustybt.api import order, symbols

def initialize(context):
    context.names = {"SYN001", "SYN002", "SYN003", "MARKET"}

def handle_data(context, data):
    for name in context.names:
        order(symbols(name)[0], 1)
"""

AVERAGE = """
from rustybt.api import order_target, record, symbol

def initialize(context):
    context.closes = []

def handle_data(context, data):
    context.closes = (context.closes + [data.current(symbol("SYN001"), "close")])[-20:]
    mean = sum(context.closes) / len(context.closes)
    order_target(symbol("SYN001"), 100 if len(context.closes) == 20 and context.closes[-1] > mean else 0)
    record(mean=mean, value=context.portfolio.portfolio_value)
"""

COUNTER = """
from rustybt.api import order_target, symbol

def initialize(context):
    context.day = 0

def handle_data(context, data):
    context.day += 1
    order_target(symbol("SYN001"), 100 if context.day // 3 % 2 else -100)
"""


# SYN004 is delisted on 2021-03-04, after the run's end
SURVIVORS = """
from rustybt.api import order_target, symbols

def initialize(context):
    context.assets = [a for a in symbols("SYN001", "SYN004") if str(a.end_date)[:10] > "2021-06"]

def handle_data(context, data):
    for asset in context.assets:
        order_target(asset, 100 if data.current(asset, "close") > data.current(asset, "open") else 0)
"""

# what every strategy may know of an asset's end: that it has come
ENDED = """
from rustybt.api import order_target, symbols

def initialize(context):
    context.assets = symbols("SYN001", "SYN004")

def handle_data(context, data):
    for asset in context.assets:
        gone = asset.end_date.date() <= data.current_session.date()
        if data.can_trade(asset) or not gone:
            order_target(asset, 0 if gone or data.current(asset, "close") < data.current(asset, "open") else 100)
"""

CLEAN_MINUTES = """
from rustybt.api import date_rules, order_target, record, schedule_function, symbol, time_rules

def initialize(context):
    context.bar = 0
    schedule_function(close_all, date_rules.every_day(), time_rules.market_close(minutes=5))

def before_trading_start(context, data):
    context.bar = 0

def handle_data(context, data):
    context.bar += 1
    if context.bar % 30 == 20:
        closes = data.history(symbol("AAA"), "close", 15, "1m")
        order_target(symbol("AAA"), 10 if closes.iloc[-1] > closes.mean() else -10)
        record(days=data.history(symbol("AAA"), "close", 2, "1d").mean())

def close_all(context, data):
    order_target(symbol("AAA"), 0)
"""

MINUTES_AHEAD = """
import os
import pandas as pd
from rustybt.api import get_datetime, order_target, symbol

def initialize(context):
    table = pd.read_csv(os.path.join(os.path.dirname(__file__), "aaa.csv"), parse_dates=["date"])
    closes = table.set_index(table["date"].dt.tz_localize("America/New_York").dt.tz_convert("UTC"))["close"]
    context.rises = {signal}
    context.bar = 0

def handle_data(context, data):
    context.bar += 1
    now = get_datetime()
    if context.bar % 30 == 0 and now in context.rises.index:
        order_target(symbol("AAA"), 10 if context.rises[now] else -10)
"""


@pytest.fixture
def check(market):
    market.ok("data", "convert", "market", "closes.csv", "--field", "close")

    def run(text, *words, name="strategy.py", cuts=3, start="2020-02-03", end="2020-06-30"):
        (market.folder / name).write_text(text)
        result = market(
            "strategy", "check", name, "--bundle", "market", "--cuts", cuts, "--start", start, "--end", end, "--json", *words
        )
        assert result.returncode in (0, 1), result.stderr
        report = json.loads(result.stdout)
        assert report["passed"] == (result.returncode == 0)
        return report

    return run


def results(report):
    return {check["name"]: check["result"] for check in report["checks"]}


def finding(report, name):
    return next(check for check in report["checks"] if check["name"] == name)["findings"][0]


def test_a_clean_strategy_passes(check):
    report = check(CLEAN)
    assert results(report) == dict.fromkeys(
        ["future cut off", "future changed", "determinism", "hash seeds", "warm-up"], "passed"
    )


@pytest.mark.parametrize(
    "signal",
    ["closes.shift(-1) > closes", "closes.pct_change().shift(-1) > 0", "closes > closes.mean()", "closes.rank() > 100"],
)
def test_a_table_used_ahead_of_time_is_named(check, signal):
    report = check(TABLE.format(signal=signal), "--skip-warm-up")
    assert "FAILED" in (results(report)["future cut off"], results(report)["future changed"])
    assert results(report)["determinism"] == "passed"
    failed = [c["findings"][0] for c in report["checks"] if c["result"] == "FAILED"]
    for found in failed:
        assert found["source"]["file"].endswith("closes.csv")
        assert found["source"]["where"].startswith("strategy.py:7 in initialize")
        assert found["where"].startswith("strategy.py:14 in handle_data")


@pytest.mark.parametrize("signal", ["closes.shift(1) < closes", "closes > closes.rolling(5).mean()"])
def test_a_table_used_in_time_passes(check, signal):
    report = check(TABLE.format(signal=signal), "--skip-warm-up")
    assert report["passed"], report


def test_a_trusted_table_is_left_alone(check):
    report = check(TABLE.format(signal="closes.shift(-1) > closes"), "--skip-warm-up", "--trust", "closes.csv")
    assert report["passed"]


def test_the_zipline_preset_sees_the_own_day_before_the_open(check):
    report = check(OPENING, "--skip-warm-up")
    assert report["preset"] == "zipline"
    assert results(report)["future cut off"] == "FAILED"
    found = finding(report, "future changed")
    assert (found["kind"], found["where"]) == ("read", "strategy.py:9 in before_trading_start")
    assert found["what"] == "data.current(SYN001, 'close')"
    # with the other view of before_trading_start it is as clean as under preset rustybt
    other = check(OPENING, "--skip-warm-up", "--set", "before_trading_start_view=previous_close")
    assert results(other)["future cut off"] == results(other)["future changed"] == "passed"


def test_random_numbers_without_a_seed(check):
    report = check(RANDOM)
    assert results(report)["determinism"] == "FAILED"
    assert finding(report, "determinism")["where"] == "strategy.py:6 in handle_data"
    assert results(report)["future cut off"] == "passed"  # told all the same: the check seeds them for these runs


def test_the_clock_makes_everything_else_untold(check):
    report = check("import time\nfrom rustybt.api import record\n\ndef handle_data(context, data):\n    record(t=time.time())\n")
    assert results(report) == {"look-ahead": "not told", "determinism": "FAILED"}


def test_the_order_of_a_set(check):
    report = check(SETS)
    assert results(report)["determinism"] == "passed"
    assert results(report)["hash seeds"] == "FAILED"
    assert finding(report, "hash seeds")["where"] == "strategy.py:9 in handle_data"


def test_warm_up_is_measured(check):
    report = check(AVERAGE, "--later", 30, "--later", 50)
    warm_up = report["checks"][-1]
    # a mean of 20 closes is the same after 19 sessions more, what is held a session later where it was bought before
    assert (warm_up["result"], warm_up["sessions"]) == ("passed", 20)
    assert {s["sessions"] for s in warm_up["starts"]} <= {19, 20}
    assert warm_up["depend_on_start"] == ["value"]


def test_a_strategy_that_counts_from_its_first_day(check):
    report = check(COUNTER, "--later", 31)  # 31 sessions are no whole number of its periods of six
    assert results(report)["warm-up"] == "FAILED"
    assert results(report)["future cut off"] == "passed"


def test_compiled_strategies_are_checked_too(check):
    report = check(
        """
#include <rustybt/algorithm/strategy.hpp>
struct Buyer : rustybt::Strategy {
  rustybt::AssetIndex asset{};
  void initialize(rustybt::Context& context) override { asset = context.symbol("SYN001"); }
  void handle_data(rustybt::Context& context, rustybt::BarData& data) override {
    if (data.current(asset, rustybt::BarField::Close) > data.current(asset, rustybt::BarField::Open)) context.order(asset, 1);
  }
};
RUSTYBT_STRATEGY(Buyer);
""",
        name="buyer.cpp",
    )
    assert results(report) == dict.fromkeys(["future cut off", "future changed", "determinism", "warm-up"], "passed")


def test_who_will_be_delisted_is_not_known(check):
    report = check(SURVIVORS, "--skip-warm-up")
    assert results(report) == {
        "future cut off": "FAILED", "future changed": "FAILED", "determinism": "passed", "hash seeds": "passed"
    }
    found = finding(report, "future cut off")
    assert "SYN004" in found["what"] and found["before"] == "nothing"
    assert found["source"] == {"file": "the days on which assets end", "where": None}
    advice = report["checks"][0]["advice"]
    assert "end_date" in advice and "auto_close_date" in advice


def test_that_an_asset_has_ended_is_known(check):
    report = check(ENDED, "--skip-warm-up", cuts=8, start="2021-02-01", end="2021-03-19")
    assert set(results(report).values()) == {"passed"}


@pytest.fixture
def check_minutes(minute_market):
    def run(text, *words):
        (minute_market.folder / "strategy.py").write_text(text)
        words = ("--bundle", "minutes", "--data-frequency", "minute", "--start", "2020-06-26", "--cuts", 4, "--skip-warm-up", "--json", *words)
        result = minute_market("strategy", "check", "strategy.py", *words)
        assert result.returncode in (0, 1), result.stderr
        return json.loads(result.stdout)

    return run


@pytest.mark.parametrize("preset", ["rustybt", "zipline"])
def test_a_clean_strategy_on_minutes_passes(check_minutes, preset):
    report = check_minutes(CLEAN_MINUTES, "--preset", preset)
    assert results(report) == dict.fromkeys(["future cut off", "future changed", "determinism", "hash seeds"], "passed")
    assert "bars after 4 dates" in report["checks"][0]["said"]


@pytest.mark.parametrize("signal", ["closes.shift(-60) > closes", "closes.shift(-1) > closes", "closes > closes.mean()"])
def test_a_table_of_minutes_used_ahead_of_time_is_named(check_minutes, signal):
    report = check_minutes(MINUTES_AHEAD.format(signal=signal))
    assert "FAILED" in (results(report)["future cut off"], results(report)["future changed"])
    for one in report["checks"]:
        if one["result"] == "FAILED":
            assert one["findings"][0]["source"]["file"].endswith("aaa.csv")
            assert "strategy.py" in one["findings"][0]["where"]


def test_a_table_of_minutes_used_in_time_passes(check_minutes):
    assert set(results(check_minutes(MINUTES_AHEAD.format(signal="closes > closes.shift(1)"))).values()) == {"passed"}


def test_the_table_for_people(market):
    (market.folder / "strategy.py").write_text(OPENING)
    words = ("strategy", "check", "strategy.py", "--bundle", "market", "--start", "2020-02-03", "--end", "2020-03-31")
    result = market(*words)
    assert result.returncode == 1
    for text in ("future cut off  FAILED", "strategy.py:9 in before_trading_start", "What to do:", "quirk Q1", "warm-up"):
        assert text in result.stdout


def test_a_strategy_that_fails_is_an_error(market):
    (market.folder / "strategy.py").write_text("def handle_data(context, data):\n    1 / 0\n")
    result = market("strategy", "check", "strategy.py", "--bundle", "market")
    assert result.returncode not in (0, 1)
    assert "strategy.py:2" in result.stderr and "division by zero" in result.stderr
    assert market("strategy", "check", "strategy.py", "--cuts", "x").returncode == 2
    assert market("strategy", "check", "absent.py").returncode == 2
