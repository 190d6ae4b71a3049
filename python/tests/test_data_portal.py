"""A data portal over readers of any kind, and BarData over a portal at any time."""

import numpy as np
import pandas as pd
import pytest

import rustybt
from rustybt import _preset
from rustybt._protocol import BarData, handle_non_market_minutes
from rustybt.data.bar_reader import BarReader, NoDataForSid
from rustybt.data.bcolz_daily_bars import BcolzDailyBarReader, BcolzDailyBarWriter
from rustybt.data.data_portal import DataPortal
from rustybt.errors import HistoryWindowStartsBeforeData
from rustybt.finance.asset_restrictions import NoRestrictions, StaticRestrictions
from rustybt.testing import FakeDataPortal, create_minute_df_for_asset, tmp_asset_finder, tmp_bcolz_equity_minute_bar_reader, tmp_dir
from rustybt.testing.fixtures import WithCreateBarData, WithTradingSessions, ZiplineTestCase
from rustybt.utils.calendar_utils import get_calendar, register_calendar_alias

CALENDAR = get_calendar("XNYS")
DAYS = CALENDAR.sessions_in_range("2016-01-05", "2016-01-08")


def utc(text):
    return pd.Timestamp(text, tz="UTC")


class OwnReader(BarReader):
    """Days of sid 1 as a user's class gives them; their closes are not those of the minutes."""

    data_frequency = "session"
    trading_calendar = CALENDAR
    first_trading_day = DAYS[0]
    last_available_dt = DAYS[-1]
    closes = np.array([100.5, np.nan, 102.25, 103.0])

    def load_raw_arrays(self, columns, start_date, end_date, assets):
        if list(assets) != [1]:
            raise NoDataForSid("only sid 1")
        rows = DAYS.slice_indexer(start_date, end_date)
        volume = np.where(np.isnan(self.closes), 0, 1000.0)
        return [(volume if column == "volume" else self.closes)[rows].reshape(-1, 1) for column in columns]

    def get_value(self, sid, dt, field):
        raise AssertionError("values are taken in one piece")

    def get_last_traded_dt(self, asset, dt):
        raise AssertionError("values are taken in one piece")


class Splits:
    """The least that an adjustment reader has."""

    def get_adjustments_for_sid(self, table, sid):
        return [[pd.Timestamp("2016-01-07"), 0.5]] if (table, sid) == ("splits", 1) else []


@pytest.fixture
def finder():
    frame = pd.DataFrame(
        {"symbol": ["A"], "start_date": [DAYS[0]], "end_date": [DAYS[-1]], "exchange": ["NYSE"]}, index=[1]
    )
    with tmp_asset_finder(equities=frame) as made:
        yield made


@pytest.fixture
def portal(finder):
    minutes = create_minute_df_for_asset(CALENDAR, DAYS[0], DAYS[-1], interval=10)
    with tmp_bcolz_equity_minute_bar_reader(CALENDAR, DAYS, [(1, minutes)]) as reader:
        yield DataPortal(
            finder, CALENDAR, DAYS[0], equity_daily_reader=OwnReader(), equity_minute_reader=reader, adjustment_reader=Splits()
        )


def bar_data(portal, now, frequency="minute", restrictions=None):
    return BarData(portal, lambda: now, frequency, CALENDAR, restrictions or NoRestrictions())


def test_days_come_from_the_daily_reader_and_minutes_from_the_other(finder, portal):
    (asset,) = finder.retrieve_all([1])
    assert portal.get_spot_value(asset, "close", DAYS[0], "daily") == 100.5
    assert portal.get_spot_value(asset, "close", utc("2016-01-05 14:40"), "minute") == 10.0  # the tenth minute
    # finished days from the one, the running day from the other; the split of the 7th halves what is before it
    window = portal.get_history_window([asset], utc("2016-01-07 14:50"), 3, "1d", "close", "minute")[asset]
    np.testing.assert_array_equal(window, [50.25, np.nan, 390 * 2 + 20])
    window = portal.get_history_window([asset], utc("2016-01-07 14:50"), 3, "1d", "price", "minute")[asset]
    np.testing.assert_array_equal(window, [50.25, 50.25, 800])
    assert portal.get_splits([asset], DAYS[2]) == [(asset, 0.5)]


def test_between_the_minutes_there_is_only_a_price(finder, portal):
    (asset,) = finder.retrieve_all([1])
    night, morning = utc("2016-01-06 03:00"), utc("2016-01-07 09:00")
    assert portal.get_spot_value(asset, "price", night, "minute") == 390.0
    assert portal.get_spot_value(asset, "price", morning, "minute") == 780.0 / 2  # the split is in force
    assert np.isnan(portal.get_spot_value(asset, "close", night, "minute"))
    assert portal.get_spot_value(asset, "volume", night, "minute") == 0
    assert portal.get_spot_value(asset, "last_traded", morning, "minute") == utc("2016-01-06 21:00")
    assert portal.get_spot_value(asset, "last_traded", utc("2016-01-05 14:31"), "minute") is pd.NaT
    assert np.isnan(portal.get_spot_value(asset, "price", utc("2016-01-11 09:00"), "minute"))  # it has ended


def test_history_begins_at_the_first_trading_day(finder, portal):
    (asset,) = finder.retrieve_all([1])
    with pytest.raises(HistoryWindowStartsBeforeData, match="before 2016-01-05"):
        portal.get_history_window([asset], DAYS[1], 3, "1d", "close", "daily")
    earlier = DataPortal(finder, CALENDAR, CALENDAR.previous_session(DAYS[0]), equity_daily_reader=OwnReader())
    np.testing.assert_array_equal(earlier.get_history_window([asset], DAYS[0], 2, "1d", "close", "daily")[asset], [np.nan, 100.5])


def test_bar_data_asks_the_portal(finder, portal):
    (asset,) = finder.retrieve_all([1])
    data = bar_data(portal, utc("2016-01-05 14:45"))
    assert data.current(asset, "price") == 10.0 and data.can_trade(asset) and data.is_stale(asset)
    assert data.current([asset], ["close", "volume"]).loc[asset, "volume"] == 0
    assert data.history(asset, "price", 3, "1m").tolist() == [10.0] * 3
    assert data.history([asset], ["close", "volume"], 2, "1m").index.names == ["date_time", "asset"]
    assert data.current_session == DAYS[0] and len(data.current_session_minutes) == 390
    assert not bar_data(portal, utc("2016-01-05 14:35")).can_trade(asset)  # no price yet
    assert not bar_data(portal, utc("2016-01-05 14:45"), restrictions=StaticRestrictions([asset])).can_trade(asset)
    assert bar_data(portal, DAYS[2], "daily").current(asset, "close") == 102.25
    assert isinstance(data, BarData) and not hasattr(data, "data_portal")


def test_before_the_open_prices_are_yesterdays_adjusted_to_today(finder, portal):
    (asset,) = finder.retrieve_all([1])
    data = bar_data(portal, utc("2016-01-07 13:45"))
    with handle_non_market_minutes(data):
        assert data.current(asset, "close") == 780.0 / 2 and data.current(asset, "volume") == 78000 * 2
        assert data.history(asset, "close", 1, "1m").tolist() == [390.0]
        assert data.can_trade(asset)
    assert np.isnan(data.current(asset, "close"))


def test_a_portal_of_ones_own_is_asked(finder):
    (asset,) = finder.retrieve_all([1])
    data = bar_data(FakeDataPortal(finder), DAYS[3], "daily")
    assert data.current(asset, "price") == 1.0 and data.current(asset, "volume") == 100
    assert data.history(asset, "close", 2, "1d").tolist() == [100.0, 100.0]


def test_columns_of_another_source_hold_until_the_next_row(finder):
    (asset,) = finder.retrieve_all([1])
    portal = DataPortal(finder, CALENDAR, DAYS[0])
    rows = pd.DataFrame({"sid": [asset, "palladium", asset], "score": [1.0, 5.0, 3.0]}, index=DAYS[[0, 1, 2]].tz_localize("UTC"))

    class Period:
        start_session, end_session = DAYS[0], DAYS[-1]

    portal.handle_extra_source(rows, Period)
    assert [portal.get_spot_value(asset, "score", day, "daily") for day in DAYS] == [1.0, 1.0, 3.0, 3.0]
    assert portal.get_spot_value("palladium", "score", DAYS[3], "daily") == 5.0
    assert np.isnan(portal.get_spot_value("palladium", "score", DAYS[0], "daily"))
    assert portal.get_fetcher_assets(DAYS[1]) == [asset] and portal.contains(asset, "score") and not portal.contains(asset, "x")


@pytest.mark.parametrize("preset", ["rustybt", "zipline"])
def test_prices_on_a_calendar_with_longer_sessions_stand_at_their_minutes(finder, monkeypatch, preset):
    monkeypatch.setattr(_preset, "default", preset)
    (asset,) = finder.retrieve_all([1])
    futures = get_calendar("us_futures")
    minutes = create_minute_df_for_asset(CALENDAR, DAYS[0], DAYS[-1], start_val=5)
    with tmp_bcolz_equity_minute_bar_reader(CALENDAR, DAYS, [(1, minutes)]) as reader:
        portal = DataPortal(finder, futures, DAYS[0], equity_minute_reader=reader)
        window = portal.get_history_window([asset], utc("2016-01-05 14:32"), 3, "1m", "close", "minute")[asset]
    np.testing.assert_array_equal(window, [np.nan, 5, 6])


def test_a_minute_that_only_the_readers_calendar_has(finder):
    (asset,) = finder.retrieve_all([1])
    minutes = create_minute_df_for_asset(CALENDAR, DAYS[0], DAYS[-1])
    with tmp_bcolz_equity_minute_bar_reader(CALENDAR, DAYS, [(1, minutes)]) as reader:
        portal = DataPortal(finder, get_calendar("XLON"), DAYS[0], equity_minute_reader=reader)
        assert portal.get_spot_value(asset, "close", utc("2016-01-05 21:00"), "minute") == 390  # London closed at 16:30
        assert portal.get_last_traded_dt(asset, utc("2016-01-05 21:30"), "minute") == utc("2016-01-05 21:00")
        assert portal.get_spot_value(asset, "close", utc("2016-01-06 15:00"), "minute") == 420  # both are open


@pytest.mark.parametrize("preset, first", [("rustybt", 4.0), ("zipline", np.nan)])  # quirk Q33: no trade before a holiday is seen
def test_a_window_from_a_session_that_the_readers_calendar_lacks(finder, monkeypatch, preset, first):
    monkeypatch.setattr(_preset, "default", preset)
    days = CALENDAR.sessions_in_range("2016-01-12", "2016-01-19")  # the 18th is a holiday in New York, futures trade
    rows = pd.DataFrame({name: [1.0, 2.0, 3.0, 4.0, 5.0] for name in ("open", "high", "low", "close", "volume")}, index=days)
    frame = pd.DataFrame({"symbol": ["A"], "start_date": [days[0]], "end_date": [days[-1]], "exchange": ["NYSE"]}, index=[1])
    with tmp_dir() as folder, tmp_asset_finder(equities=frame) as own:
        reader = BcolzDailyBarReader(BcolzDailyBarWriter(folder.path, CALENDAR, days[0], days[-1]).write([(1, rows)]))
        portal = DataPortal(own, get_calendar("us_futures"), days[0], equity_daily_reader=reader)
        (asset,) = own.retrieve_all([1])
        window = portal.get_history_window([asset], days[-1], 2, "1d", "price", "daily")[asset]
    assert window.index.tolist() == [pd.Timestamp("2016-01-18"), days[-1]]
    np.testing.assert_array_equal(window, [first, 5.0])


def test_a_run_reads_the_portals_bundle(finder, portal):
    seen = []

    def handle_data(context, data):
        asset = rustybt.api.sid(1)
        seen.append((data.current(asset, "close"), portal.get_spot_value(asset, "close", data.current_session, "daily")))

    rustybt.run_algorithm(handle_data=handle_data, bundle=portal._bundle, start=DAYS[0], end=DAYS[-1])
    np.testing.assert_array_equal(seen, [[100.5, 100.5], [np.nan, np.nan], [102.25, 102.25], [103, 103]])


def test_readers_taken_over_once_serve_the_next_portal(finder):
    days = pd.DataFrame({name: [1.0, 2.0, 3.0, 4.0] for name in ("open", "high", "low", "close", "volume")}, index=DAYS)
    with tmp_dir() as folder:
        reader = BcolzDailyBarReader(BcolzDailyBarWriter(folder.path, CALENDAR, DAYS[0], DAYS[-1]).write([(1, days)]))
        (asset,) = finder.retrieve_all([1])
        plain = DataPortal(finder, CALENDAR, DAYS[0], equity_daily_reader=reader)
        split = DataPortal(finder, CALENDAR, DAYS[0], equity_daily_reader=reader, adjustment_reader=Splits())
        for portal, first in ((plain, 1.0), (split, 0.5), (plain, 1.0)):
            assert portal.get_history_window([asset], DAYS[2], 3, "1d", "close", "daily")[asset].iloc[0] == first


def test_another_name_for_a_calendar():
    register_calendar_alias("PORTAL_TEST", "NYSE")
    register_calendar_alias("PORTAL_TEST", "XNYS")  # the same calendar
    assert get_calendar("PORTAL_TEST").name == "XNYS"
    with pytest.raises(ValueError, match="names the calendar XNYS already"):
        register_calendar_alias("PORTAL_TEST", "XLON")
    assert CALENDAR.previous_minute(utc("2016-01-06 09:00")) == utc("2016-01-05 21:00")
    assert CALENDAR.next_minute(utc("2016-01-05 21:00")) == utc("2016-01-06 14:31")


class FixturesTest(WithCreateBarData, WithTradingSessions, ZiplineTestCase):
    """The fixtures make readers and a portal of the invented bars."""

    START_DATE, END_DATE = DAYS[0], DAYS[-1]
    ASSET_FINDER_EQUITY_SIDS = 1, 2

    @classmethod
    def make_splits_data(cls):
        return pd.DataFrame({"sid": [2], "effective_date": [DAYS[1]], "ratio": [0.5]})

    def test_portal_and_bar_data(self):
        first, second = self.asset_finder.retrieve_all([1, 2])
        assert self.data_portal.get_spot_value(first, "close", DAYS[1], "daily") == 11  # 10, then one more each session
        assert self.data_portal.get_history_window([second], DAYS[1], 2, "1d", "close", "daily")[second].tolist() == [5.5, 12]
        assert self.create_bardata(lambda: utc("2016-01-05 14:33")).current(first, "close") == 12
        assert self.make_data_portal() is not self.data_portal
