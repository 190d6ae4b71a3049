"""Zipline's writers and readers of bars and actions, over our store."""

import sqlite3

import numpy as np
import pandas as pd
import pytest

from rustybt.assets import AssetDBWriter, AssetFinder
from rustybt.assets.asset_db_migrations import downgrade
from rustybt.data.adjustments import SQLiteAdjustmentReader, SQLiteAdjustmentWriter
from rustybt.data.bcolz_daily_bars import BcolzDailyBarReader, BcolzDailyBarWriter
from rustybt.data.bcolz_minute_bars import BcolzMinuteBarReader, BcolzMinuteBarWriter, BcolzMinuteOverlappingData
from rustybt.data.in_memory_daily_bars import InMemoryDailyBarReader
from rustybt.errors import NoDataAfterDate, NoDataOnDate
from rustybt.utils.calendar_utils import get_calendar

DAYS = pd.to_datetime(["2016-08-22", "2016-08-23", "2016-08-24", "2016-08-25"])


def bars(times, close):
    return pd.DataFrame({"open": 9.0, "high": 2.0, "low": 1.0, "close": close, "volume": 10}, index=times)


def test_daily_bars_read_back_to_thousandths_even_when_they_contradict_themselves(tmp_path):
    writer = BcolzDailyBarWriter(tmp_path, get_calendar("NYSE"), DAYS[0], DAYS[3])
    reader = BcolzDailyBarReader(writer.write([(1, bars(DAYS[:3], [1.00051, np.nan, 2.0]))]))
    (closes,) = reader.load_raw_arrays(["close"], DAYS[0], DAYS[3], [1])
    np.testing.assert_array_equal(closes[:, 0], [1.001, np.nan, 2.0, np.nan])
    assert reader.get_value(1, DAYS[0], "open") == 9.0
    assert (reader.first_trading_day, reader.last_available_dt) == (DAYS[0], DAYS[3])
    with pytest.raises(NoDataAfterDate):
        reader.get_value(1, DAYS[3], "close")
    with pytest.raises(NoDataOnDate):
        reader.get_value(1, pd.Timestamp("2016-08-21"), "close")


def test_daily_bars_have_a_row_for_every_session(tmp_path):
    writer = BcolzDailyBarWriter(tmp_path, get_calendar("NYSE"), DAYS[0], DAYS[3])
    with pytest.raises(AssertionError, match="Got 2 rows .* expected 3 rows"):
        writer.write([(1, bars(DAYS[[0, 2]], 1.5))])
    with pytest.raises(ValueError, match="unknown asset id 1"):
        writer.write([(1, bars(DAYS, 1.5))], assets=[2])


def test_minute_bars_are_added_sid_by_sid_and_never_twice(tmp_path):
    minutes = pd.date_range("2016-08-22 13:31", periods=3, freq="min", tz="UTC")
    writer = BcolzMinuteBarWriter(tmp_path, get_calendar("NYSE"), DAYS[0], DAYS[3], 390)
    writer.write_sid(1, bars(minutes[:2], 1.5))
    writer.write_sid(2, bars(minutes, 1.25))
    BcolzMinuteBarWriter.open(tmp_path).write_sid(1, bars(minutes[2:], 1.75))
    with pytest.raises(BcolzMinuteOverlappingData):
        writer.write_sid(2, bars(minutes[2:], 1.5))
    reader = BcolzMinuteBarReader(tmp_path)
    assert [reader.get_value(1, minute, "close") for minute in minutes] == [1.5, 1.5, 1.75]
    assert reader.get_value(2, minutes[0], "close") == 1.25
    assert reader.last_available_dt == pd.Timestamp("2016-08-25 20:00", tz="UTC")


def test_a_dividend_becomes_a_ratio_of_the_close_before(tmp_path):
    frame = pd.DataFrame([[10.0], [9.5], [9.0], [9.0]], index=DAYS, columns=[1])
    frames = dict.fromkeys(("open", "high", "low", "close", "volume"), frame)
    reader = InMemoryDailyBarReader(frames, get_calendar("NYSE"), pd.Series({1: "USD"}))
    days = dict.fromkeys(("ex_date", "declared_date", "record_date", "pay_date"), DAYS[1])
    path = str(tmp_path / "adjustments.sqlite")
    with SQLiteAdjustmentWriter(path, reader) as writer:
        writer.write(dividends=pd.DataFrame([{"sid": 1, "amount": 0.5, **days}]))
    with SQLiteAdjustmentReader(path) as actions:
        assert actions.get_adjustments_for_sid("dividends", 1) == [[DAYS[1], 0.95]]  # 1 - 0.5 / 10
        assert actions.get_df_from_table("dividend_payouts", convert_dates=True)["pay_date"].tolist() == [DAYS[1]]


def test_assets_downgraded_to_version_4_keep_their_last_symbol(tmp_path):
    path = str(tmp_path / "assets.sqlite")
    rows = [("OLD", "2014-01-01", "2014-01-02"), ("NEW", "2014-01-03", "2014-01-04")]
    AssetDBWriter(path).write(
        equities=[{"sid": 7, "symbol": s, "start_date": a, "end_date": b, "exchange": "NYSE"} for s, a, b in rows]
    )
    assert AssetFinder(path).lookup_symbol("OLD", "2014-01-02").sid == 7
    downgrade(path, 4)
    with sqlite3.connect(path) as database:
        assert database.execute("SELECT sid, symbol FROM equities").fetchall() == [(7, "NEW")]
        assert database.execute("SELECT version FROM version_info").fetchall() == [(4,)]
