"""Returns of a benchmark outside of a run: of an asset's prices, of a series, of a command's options."""

import numpy as np
import pandas as pd
import pytest

from rustybt.data.data_portal import DataPortal
from rustybt.data.in_memory_daily_bars import InMemoryDailyBarReader
from rustybt.errors import BenchmarkAssetNotAvailableTooEarly, InvalidArgument, InvalidBenchmarkAsset, SymbolNotFound
from rustybt.sources.benchmark_source import BenchmarkSource
from rustybt.testing import tmp_asset_finder
from rustybt.utils.calendar_utils import get_calendar
from rustybt.utils.run_algo import BenchmarkSpec

CALENDAR = get_calendar("XNYS")
DAYS = CALENDAR.sessions_in_range("2016-01-04", "2016-01-08")


@pytest.fixture
def portal():
    rows = {"symbol": ["A", "B"], "start_date": [DAYS[0], DAYS[2]], "end_date": [DAYS[-1]] * 2, "exchange": ["NYSE"] * 2}
    with tmp_asset_finder(equities=pd.DataFrame(rows, index=[1, 2])) as finder:
        opens = pd.DataFrame({1: [80.0, 100, 105, 84, 105], 2: [np.nan, np.nan, 10, 10, 10]}, index=DAYS)
        closes = pd.DataFrame({1: [100.0, 105, np.nan, 84, 126], 2: [np.nan, np.nan, 10, 11, 12]}, index=DAYS)
        volumes = closes.notna() * 100.0
        frames = {"open": opens.where(volumes > 0), "high": closes, "low": opens.where(volumes > 0), "close": closes, "volume": volumes}
        reader = InMemoryDailyBarReader(frames, CALENDAR, pd.Series({1: "USD", 2: "USD"}), verify_indices=False)
        yield DataPortal(finder, CALENDAR, DAYS[0], equity_daily_reader=reader)


def source(portal, sid, sessions, **more):
    return BenchmarkSource(None if sid is None else portal.asset_finder.retrieve_asset(sid), CALENDAR, sessions, portal, **more)


def test_returns_are_those_of_the_prices(portal):
    benchmark = source(portal, 1, DAYS[1:])
    assert [round(r, 12) for r in benchmark.get_range(DAYS[1], DAYS[-1])] == [0.05, 0.0, -0.2, 0.5]  # a day without trade: 0
    assert benchmark.get_value(DAYS[4]) == benchmark.daily_returns(DAYS[4]) == 0.5
    assert benchmark.daily_returns(DAYS[1], DAYS[2]).index.tolist() == [DAYS[1], DAYS[2]]


def test_the_first_session_of_an_asset_counts_from_its_open(portal):
    assert source(portal, 1, DAYS).get_value(DAYS[0]) == 0.25  # 80 to 100


def test_an_asset_must_trade_in_all_sessions(portal):
    with pytest.raises(BenchmarkAssetNotAvailableTooEarly, match="does not exist on 2016-01-05 .* It started trading on 2016-01-06"):
        source(portal, 2, DAYS[1:])


def test_stock_dividends_are_refused(portal, monkeypatch):
    monkeypatch.setattr(portal, "get_stock_dividends", lambda asset, sessions: [{"ex_date": DAYS[2]}])
    with pytest.raises(InvalidBenchmarkAsset, match="stock dividend on 2016-01-06"):
        source(portal, 1, DAYS[1:])


def test_a_series_is_zero_where_it_says_nothing(portal):
    given = pd.Series({DAYS[1]: 0.5, DAYS[3]: -0.25})
    assert source(portal, None, DAYS, benchmark_returns=given).get_range(DAYS[0], DAYS[-1]).tolist() == [0, 0.5, 0, -0.25, 0]
    by_minute = source(portal, None, DAYS[:2], benchmark_returns=given, emission_rate="minute")
    first = CALENDAR.session_first_minute(DAYS[1])
    assert by_minute.get_value(first) == by_minute.get_value(CALENDAR.session_close(DAYS[1])) == 0.5
    with pytest.raises(InvalidArgument, match="benchmark_asset or benchmark_returns"):
        source(portal, None, DAYS)


def test_a_command_names_a_benchmark(portal, tmp_path, caplog):
    finder = portal.asset_finder

    def resolve(sid=None, symbol=None, file=None, none=False):
        return BenchmarkSpec.from_cli_params(sid, symbol, file, none).resolve(finder, DAYS[0], DAYS[-1])

    assert resolve(sid=2) == (2, None) and resolve(symbol="A") == (1, None)
    with pytest.raises(SymbolNotFound, match="'C'"):
        resolve(symbol="C")
    file = tmp_path / "returns.csv"
    file.write_text("date,return\n2016-01-04,0.5\n")
    assert resolve(file=file)[1].to_dict() == {DAYS[0]: 0.5}
    assert (resolve(none=True)[1] == 0).all() and not caplog.messages
    assert resolve() == (None, None) and "No benchmark configured" in caplog.messages[0]
