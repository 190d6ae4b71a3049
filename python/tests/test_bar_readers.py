"""Readers and a portal for callers outside of a run."""

import numpy as np
import pandas as pd
import pytest

import rustybt
from rustybt.assets import Equity, Future
from rustybt.data import bundles
from rustybt.data.bar_reader import NoDataAfterDate, NoDataBeforeDate, NoDataForSid, NoDataOnDate
from rustybt.data.data_portal import DataPortal
from rustybt.data.dispatch_bar_reader import AssetDispatchSessionBarReader
from rustybt.data.resample import DailyHistoryAggregator, MinuteResampleSessionBarReader, ReindexSessionBarReader
from rustybt.errors import HistoryWindowStartsBeforeData, InvalidArgument
from rustybt.utils.calendar_utils import get_calendar

DAYS = pd.to_datetime(["2020-01-02", "2020-01-03", "2020-01-06", "2020-01-07"])


def frame(index, closes, volumes):
    closes = np.array(closes, dtype=float)
    return pd.DataFrame({"open": closes - 0.5, "high": closes + 1, "low": closes - 1, "close": closes, "volume": volumes}, index=index)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    root = tmp_path_factory.mktemp("readers")
    minutes = pd.to_datetime(["2020-01-02 14:31", "2020-01-02 14:33", "2020-01-03 21:00"]).tz_localize("UTC")
    bundles.write_frames(
        "b",
        {"AAA": frame(DAYS, [10, 11, 12, 6], [100, 0, 300, 400]), "BBB": frame(DAYS[1:3], [20, 21], [5, 6]),
         "FUT": frame(DAYS, [1000, 1001, 1002, 1003], 7)},
        minute_bars={"AAA": frame(minutes, [10.25, 10.5, 11], [10, 0, 20])},
        assets=[{"symbol": "AAA", "sid": 3}, {"symbol": "BBB", "sid": 8},
                {"symbol": "FUT", "sid": 9, "asset_type": "future", "root_symbol": "FU"}],
        splits=[{"symbol": "AAA", "effective_date": "2020-01-07", "ratio": 0.5}],
        stock_dividends=[{"symbol": "AAA", "ex_date": "2020-01-03", "pay_date": "2020-01-06", "payment_symbol": "BBB", "ratio": 0.1}],
        root=root,
    )
    return bundles.load("b", root=root)


def test_daily_values(bundle):
    reader = bundle.equity_daily_bar_reader
    assert (reader.data_frequency, reader.trading_calendar.name) == ("daily", "XNYS")
    assert (reader.first_trading_day, reader.last_available_dt) == (DAYS[0], DAYS[-1])
    assert reader.sessions.tolist() == DAYS.tolist()
    assert reader.get_value(3, "2020-01-03", "close") == 11.0 and reader.get_value(3, "2020-01-03", "volume") == 0
    assert reader.get_last_traded_dt(bundle.asset_finder.retrieve_asset(3), "2020-01-03") == DAYS[0]
    assert reader.get_last_traded_dt(8, "2020-01-07") == DAYS[2]
    assert reader.get_last_traded_dt(8, "2020-01-02") is pd.NaT
    close, volume = reader.load_raw_arrays(["close", "volume"], DAYS[0], DAYS[-1], [8, 3, 77])
    np.testing.assert_array_equal(close, [[np.nan, 10, np.nan], [20, 11, np.nan], [21, 12, np.nan], [np.nan, 6, np.nan]])
    np.testing.assert_array_equal(volume, [[0, 100, 0], [5, 0, 0], [6, 300, 0], [0, 400, 0]])


def test_what_is_not_there_has_a_name(bundle):
    reader = bundle.equity_daily_bar_reader
    for sid, day, error in [(3, "2020-01-04", NoDataOnDate), (8, "2020-01-02", NoDataBeforeDate),
                            (8, "2020-01-07", NoDataAfterDate), (3, "2020-01-08", NoDataAfterDate), (77, "2020-01-03", NoDataForSid)]:
        with pytest.raises(error):
            reader.get_value(sid, day, "close")
    assert issubclass(NoDataBeforeDate, NoDataOnDate) and issubclass(NoDataAfterDate, NoDataOnDate)
    with pytest.raises(NoDataForSid):
        reader.load_raw_arrays(["close"], DAYS[0], DAYS[1], [77])
    with pytest.raises(NoDataOnDate):
        reader.load_raw_arrays(["close"], "2020-01-04", DAYS[-1], [3])
    with pytest.raises(KeyError):
        reader.get_value(3, DAYS[0], "price")


def test_minute_values(bundle):
    reader = bundle.equity_minute_bar_reader
    assert str(reader.last_available_dt) == "2020-01-07 21:00:00+00:00"
    assert reader.get_value(3, "2020-01-02T14:33Z", "close") == 10.5
    assert np.isnan(reader.get_value(3, "2020-01-02T14:32Z", "close")) and reader.get_value(3, "2020-01-02T14:32Z", "volume") == 0
    (close,) = reader.load_raw_arrays(["close"], "2020-01-02T14:31Z", "2020-01-02T14:34Z", [3])
    np.testing.assert_array_equal(close[:, 0], [10.25, np.nan, 10.5, np.nan])
    over_night = reader.load_raw_arrays(["close"], "2020-01-02T20:59Z", "2020-01-03T21:00Z", [3])[0]
    assert over_night.shape == (392, 1) and over_night[-1, 0] == 11
    assert str(reader.get_last_traded_dt(3, "2020-01-02T15:00Z")) == "2020-01-02 14:31:00+00:00"
    assert str(reader.get_last_traded_dt(3, "2020-01-05T15:00Z")) == "2020-01-03 21:00:00+00:00"
    assert reader.get_last_traded_dt(3, "2020-01-02T14:00Z") is pd.NaT
    with pytest.raises(NoDataOnDate):
        reader.get_value(3, "2020-01-02T14:30Z", "close")
    with pytest.raises(NoDataAfterDate):
        reader.get_value(3, "2020-01-06T14:31Z", "close")


def test_minutes_answer_for_sessions(bundle):
    reader = MinuteResampleSessionBarReader(get_calendar("XNYS"), bundle.equity_minute_bar_reader)
    high, volume = reader.load_raw_arrays(["high", "volume"], DAYS[0], DAYS[2], [3])
    np.testing.assert_array_equal(high[:, 0], [11.5, 12, np.nan])
    np.testing.assert_array_equal(volume[:, 0], [10, 20, 0])
    assert reader.get_value(3, DAYS[0], "open") == 9.75 and reader.get_last_traded_dt(3, DAYS[2]) == DAYS[1]


def test_the_running_day_of_minutes(bundle):
    calendar = get_calendar("XNYS")
    running = DailyHistoryAggregator(calendar.first_minutes, bundle.equity_minute_bar_reader, calendar)
    asset, other = bundle.asset_finder.retrieve_all([3, 8])  # the other lives from the 3rd on
    for minute, opens, high, close, volume in [("14:31", 9.75, 11.25, 10.25, 10), ("14:32", 9.75, 11.25, 10.25, 10), ("14:33", 9.75, 11.5, 10.5, 10)]:
        dt = pd.Timestamp(f"2020-01-02 {minute}", tz="UTC")
        assert (running.opens([asset], dt)[0], running.highs([asset], dt)[0]) == (opens, high)
        assert (running.closes([asset], dt)[0], running.volumes([asset], dt)[0]) == (close, volume)
        np.testing.assert_array_equal(running.lows([other, asset], dt), [np.nan, 9.25])
    assert np.isnan(running.opens([asset], pd.Timestamp("2020-01-03 14:31", tz="UTC"))[0])


def test_dispatch_asks_the_reader_of_the_assets_type(bundle):
    calendar = get_calendar("XNYS")
    reader = AssetDispatchSessionBarReader(
        calendar, bundle.asset_finder, {Equity: bundle.equity_daily_bar_reader, Future: bundle.equity_daily_bar_reader}
    )
    assert reader.get_value(9, "2020-01-03", "close") == 1001.0
    (close,) = reader.load_raw_arrays(["close"], DAYS[1], DAYS[2], [9, 3, 8])
    np.testing.assert_array_equal(close, [[1001, 11, 20], [1002, 12, 21]])
    equities = AssetDispatchSessionBarReader(calendar, bundle.asset_finder, {Equity: bundle.equity_daily_bar_reader})
    with pytest.raises(NoDataForSid):
        equities.get_value(9, "2020-01-03", "close")
    with pytest.raises(InvalidArgument, match="all readers must share the calendar 24/7"):
        AssetDispatchSessionBarReader(get_calendar("24/7"), bundle.asset_finder, {Equity: bundle.equity_daily_bar_reader})


def test_dispatch_takes_readers_of_any_kind(bundle):
    every_day = get_calendar("24/7")
    wide = ReindexSessionBarReader(every_day, bundle.equity_daily_bar_reader, DAYS[0], DAYS[-1])
    reader = AssetDispatchSessionBarReader(every_day, bundle.asset_finder, {Equity: wide})
    (close,) = reader.load_raw_arrays(["close"], DAYS[1], DAYS[2], [8, 3])
    np.testing.assert_array_equal(close, [[20, 11], [np.nan, np.nan], [np.nan, np.nan], [21, 12]])  # a weekend
    assert (reader.first_trading_day, reader.last_available_dt) == (DAYS[0], DAYS[-1])


@pytest.fixture
def portal(bundle):
    return DataPortal(
        bundle.asset_finder, get_calendar("XNYS"), DAYS[0], equity_daily_reader=bundle.equity_daily_bar_reader,
        equity_minute_reader=bundle.equity_minute_bar_reader,
    )


def test_portal_answers_at_any_time(bundle, portal):
    a, b = (bundle.asset_finder.retrieve_asset(sid) for sid in (3, 8))
    assert portal.get_spot_value(a, "close", DAYS[1], "daily") == 11.0
    assert portal.get_spot_value([a, b], "volume", DAYS[1], "daily") == [0, 5]
    assert portal.get_spot_value(a, "price", pd.Timestamp("2020-01-02 14:32", tz="UTC"), "minute") == 10.25
    assert np.isnan(portal.get_spot_value(a, "close", pd.Timestamp("2020-01-02 14:32", tz="UTC"), "minute"))
    assert portal.get_spot_value(a, "last_traded", DAYS[1], "daily") == DAYS[0]
    with pytest.raises(KeyError):
        portal.get_spot_value(a, "colour", DAYS[1], "daily")
    # the split of the 7th: earlier prices halve, earlier volumes double
    assert portal.get_adjusted_value(a, "close", DAYS[1], DAYS[3], "daily") == 5.5
    assert portal.get_adjusted_value(a, "close", DAYS[1], DAYS[2], "daily") == 11.0
    assert portal.get_adjustments([a, b], "volume", DAYS[1], DAYS[3]) == [2.0, 1.0]
    assert portal.get_splits([a, b], DAYS[3]) == [(a, 0.5)] and portal.get_splits([b], DAYS[3]) == []
    (dividend,) = portal.get_stock_dividends(3, DAYS)
    assert (dividend["ex_date"], dividend["payment_sid"], dividend["ratio"]) == (DAYS[1], 8, 0.1)
    assert portal.get_stock_dividends(3, DAYS[1:]) == []


def test_portal_history_is_seen_from_its_end(bundle, portal):
    a, b = (bundle.asset_finder.retrieve_asset(sid) for sid in (3, 8))
    window = portal.get_history_window([a, b], DAYS[3], 4, "1d", "close", "daily")
    np.testing.assert_array_equal(window.to_numpy(), [[5, np.nan], [5.5, 20], [6, 21], [6, np.nan]])
    assert window.index.tolist() == DAYS.tolist() and list(window.columns) == [a, b]
    assert portal.get_history_window([a], DAYS[2], 3, "1d", "close", "daily")[a].tolist() == [10, 11, 12]
    # before the last question, in any order
    assert portal.get_history_window([a], DAYS[1], 1, "1d", "volume", "daily")[a].tolist() == [0]
    minute = pd.Timestamp("2020-01-02 14:34", tz="UTC")
    assert portal.get_history_window([a], minute, 4, "1m", "price", "minute")[a].tolist() == [10.25, 10.25, 10.5, 10.5]
    np.testing.assert_array_equal(
        portal.get_history_window([a], minute, 4, "1m", "price", "minute", ffill=False)[a], [10.25, np.nan, 10.5, np.nan]
    )
    assert portal.get_history_window([a], DAYS[3], 1, "1w", "high", "daily")[a].tolist() == [7.0]
    with pytest.raises(HistoryWindowStartsBeforeData):
        portal.get_history_window([a], DAYS[1], 3, "1d", "close", "daily")
    with pytest.raises(ValueError, match="Invalid frequency"):
        portal.get_history_window([a], DAYS[1], 1, "1q", "close", "daily")


def test_portal_without_readers_has_no_bars(bundle):
    portal = DataPortal(bundle.asset_finder, get_calendar("XNYS"), DAYS[0])
    asset = bundle.asset_finder.retrieve_asset(3)
    assert np.isnan(portal.get_spot_value(asset, "price", DAYS[1], "daily"))
    assert portal.get_spot_value(asset, "volume", DAYS[1], "daily") == 0
    assert portal.get_splits([asset], DAYS[3]) == []


def test_portal_equals_a_run(bundle):
    portal = DataPortal(
        bundle.asset_finder, get_calendar("XNYS"), DAYS[0], equity_daily_reader=bundle.equity_daily_bar_reader
    )
    seen = []

    def handle_data(context, data):
        a = rustybt.api.symbol("AAA")
        for field in ("open", "price", "volume"):
            assert portal.get_spot_value(a, field, data.current_session, "daily") == data.current(a, field)
            n = len(seen) + 1
            mine = portal.get_history_window([a], data.current_session, n, "1d", field, "daily")[a]
            assert mine.tolist() == data.history(a, field, n, "1d").tolist()
        seen.append(data.current_session)

    rustybt.run_algorithm(handle_data=handle_data, bundle=bundle)
    assert len(seen) == 4
