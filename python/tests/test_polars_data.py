"""Bars as Polars frames: exact, of the assets and times asked for, never from the future."""

import shutil
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal as D

import polars as pl
import pytest

from rustybt import errors
from rustybt.data import bundles
from rustybt.data.polars import PolarsDataPortal, PolarsParquetDailyReader, PolarsParquetMinuteReader


@pytest.fixture(scope="module")
def daily(market):
    return PolarsParquetDailyReader("market", root=market.root)


def minute(text):
    return datetime.fromisoformat(f"{text}:00+00:00")


@pytest.fixture(scope="module")
def minutes(tmp_path_factory):
    """AAA trades in the first two minutes of 2020-01-30 and 31 and of 02-03, at 10.25, 10.5, 11.25, ..."""
    root = tmp_path_factory.mktemp("minutes")
    times = [f"2020-{day} 14:3{m}:00" for day in ("01-30", "01-31", "02-03") for m in (1, 2)]
    closes = ["10.25", "10.5", "11.25", "11.5", "12.25", "12.505"]
    frame = pl.DataFrame({"dt": times, **{p: closes for p in ("open", "high", "low", "close")}, "volume": [100, 200] * 3})
    frame = frame.with_columns(pl.col("dt").str.to_datetime(time_zone="UTC"))
    sessions = pl.DataFrame({"date": ["2020-01-30", "2020-01-31", "2020-02-03"]})
    day = sessions.with_columns(pl.col("date").str.to_date(), *[pl.lit(c).alias(p) for p, c in
                                zip(("open", "high", "low", "close"), ("10.25", "12.505", "10.25", "10.5"), strict=True)],
                                volume=pl.lit(300))
    bundles.write_frames("minutes", {"AAA": day}, minute_bars={"AAA": frame}, root=root)
    return root


def test_daily_bars_are_the_exact_decimals_that_were_written(daily, market):
    frame = daily.load_daily_bars([0], "2020-01-02", "2020-01-17", ["close", "volume"])
    assert frame.columns == ["date", "sid", "close", "volume"]
    assert isinstance(frame.schema["close"], pl.Decimal)
    assert frame["close"].to_list() == [D(c) for c in market.closes]
    assert frame["date"][0] == date(2020, 1, 2)


def test_regression_event_7_a_reader_returns_the_assets_days_and_fields_asked_for(daily):
    first = daily.load_daily_bars([1], "2020-01-06", "2020-01-07", ["close"])
    other_asset = daily.load_daily_bars([2], "2020-01-06", "2020-01-07", ["close"])
    other_days = daily.load_daily_bars([2], "2020-01-07", "2020-01-08", ["close"])
    other_field = daily.load_daily_bars([2], "2020-01-07", "2020-01-08", ["volume"])
    assert first.rows() == [(date(2020, 1, 6), 1, D("20.005")), (date(2020, 1, 7), 1, D("20.005"))]
    assert other_asset["close"].to_list() == [52, 53]
    assert other_days["close"].to_list() == [53, 54]
    assert other_field["volume"].to_list() == [1000, 1000]


def test_regression_event_13_a_corrected_price_is_seen_and_an_open_reader_keeps_its_version(tmp_path, bars):
    bundles.write_frames("mine", {"AAA": bars(["10.00", "11.00"])}, root=tmp_path)
    before = PolarsParquetDailyReader("mine", root=tmp_path)
    assert before.load_spot_value([0], "2020-01-03")["value"][0] == D("11.00")
    bundles.write_frames("mine", {"AAA": bars(["10.00", "11.01"])}, root=tmp_path)
    after = PolarsParquetDailyReader("mine", root=tmp_path)
    assert after.load_spot_value([0], "2020-01-03")["value"][0] == D("11.01")
    assert before.load_spot_value([0], "2020-01-03")["value"][0] == D("11.00")
    assert before.data_hash != after.data_hash


def test_spot_values_keep_the_order_asked_for(daily):
    frame = daily.load_spot_value([2, 0], "2020-01-10")
    assert frame.rows() == [(2, None), (0, D("101.5"))]  # CCC ended the day before


def test_assets_may_be_symbols_or_assets(daily, market):
    asset = market.bundle.asset_finder.lookup_symbol("CCC", as_of_date=None)
    by_asset, by_symbol = (daily.load_daily_bars([a], "2020-01-02", "2020-01-17") for a in (asset, "CCC"))
    assert by_asset.equals(by_symbol) and by_asset["sid"].unique().to_list() == [2]


def test_a_folder_is_a_bundle_too(market, tmp_path):
    shutil.copytree(market.root / "data" / "market", tmp_path / "copy")
    assert PolarsParquetDailyReader(tmp_path / "copy").sids == [0, 1, 2]


def test_first_and_last_date(daily):
    assert daily.get_first_available_date(2) == date(2020, 1, 2)
    assert daily.get_last_available_date(2) == date(2020, 1, 9)


def test_what_is_not_there_is_named(daily, market):
    with pytest.raises(errors.SidsNotFound, match="99"):
        daily.load_daily_bars([99], "2020-01-02", "2020-01-03")
    with pytest.raises(errors.UnknownField, match="vwap"):
        daily.load_daily_bars([0], "2020-01-02", "2020-01-03", ["vwap"])
    with pytest.raises(errors.UnknownBundle, match="there are: market"):
        PolarsParquetDailyReader("nothing", root=market.root)
    with pytest.raises(errors.InvalidArgument, match="after its end"):
        daily.load_daily_bars([0], "2020-01-03", "2020-01-02")


def test_minute_bars_over_many_days_and_partitions(minutes):
    reader = PolarsParquetMinuteReader("minutes", root=minutes)
    frame = reader.load_minute_bars([0], minute("2020-01-30T14:32"), minute("2020-02-03T14:31"), ["close"])
    assert frame["close"].to_list() == [D("10.5"), D("11.25"), D("11.5"), D("12.25")]
    assert frame["timestamp"][-1] == minute("2020-02-03T14:31")
    assert reader.get_last_available_dt(0) == minute("2020-02-03T14:32")
    assert reader.load_spot_value([0], minute("2020-01-31T14:31"))["value"].to_list() == [D("11.25")]
    assert reader.load_minute_bars([0], minute("2021-01-01T14:31"), minute("2021-02-01T14:31")).rows() == []


def test_history_is_adjusted_as_known_at_its_end(daily, market):
    portal = PolarsDataPortal(daily)
    before = portal.get_history_window([0], "2020-01-13", 2, "1d", "close")
    assert before["close"].to_list() == [D("101.5"), D("101.75")]
    after = portal.get_history_window([0], "2020-01-14", 3, "1d", "close")  # 2:1 on that day
    assert after["close"].to_list() == [D("50.75"), D("50.875"), D("51")]
    assert portal.get_history_window([0], "2020-01-14", 2, "1d", "volume")["volume"].to_list() == [2000, 1000]
    raw = portal.get_history_window([0], "2020-01-14", 2, "1d", "close", adjusted=False)
    assert raw["close"].to_list() == [D("101.75"), D("51")]
    assert portal.get_splits([0, 1], "2020-01-14") == [(0, D("0.5"))]


def test_history_equals_that_of_a_run(run, daily):
    """The engine's own window, which is held to zipline's numbers by the golden tests, to the last digit of a double."""
    seen = []

    def handle_data(context, data):
        from rustybt.api import symbol

        closes = data.history(symbol("AAA"), "close", 5, "1d")
        seen.append((closes.index[-1].date(), list(closes)))

    run(handle_data, start="2020-01-09")
    portal = PolarsDataPortal(daily)
    assert len(seen) == 7
    for day, closes in seen:
        ours = portal.get_history_window(["AAA"], day, 5, "1d", "close")["close"].to_list()
        assert [float(c) for c in ours] == pytest.approx(closes, abs=5e-9)  # ours are rounded at 8 decimals


def test_each_asset_has_every_row_of_the_window(daily):
    frame = PolarsDataPortal(daily).get_history_window([2, 1], "2020-01-13", 4, "1d", "price")
    assert frame["sid"].to_list() == [2] * 4 + [1] * 4
    assert frame["price"].to_list() == [54, 55, 55, 55] + [D("20.005")] * 4  # CCC's last price is carried on
    assert PolarsDataPortal(daily).get_history_window([2], "2020-01-15", 2, "1d", "price")["price"].to_list() == [55, 55]
    assert PolarsDataPortal(daily).get_history_window([2], "2020-01-13", 2, "1d", "close")["close"].to_list() == [None, None]


def test_the_future_is_an_error(daily):
    portal = PolarsDataPortal(daily, current_simulation_time="2020-01-08")
    assert portal.get_spot_value([0], "close", "2020-01-08")["value"].to_list() == [101]
    with pytest.raises(errors.LookAhead):
        portal.get_spot_value([0], "close", "2020-01-09")
    with pytest.raises(errors.LookAhead):
        portal.get_history_window([0], "2020-01-09", 2, "1d", "close")
    portal.set_simulation_time(minute("2020-01-09T15:00"))  # in the session: its daily bar is not known yet
    with pytest.raises(errors.LookAhead):
        portal.get_spot_value([0], "close", "2020-01-09")
    assert portal.get_history_window([0], minute("2020-01-09T15:00"), 2, "1d", "close")["close"].to_list() == [101, None]
    portal.set_simulation_time(minute("2020-01-09T21:00"))
    assert portal.get_spot_value([0], "close", "2020-01-09")["value"].to_list() == [D("101.25")]


def test_a_running_day_is_made_of_its_minutes_so_far(minutes):
    portal = PolarsDataPortal(
        PolarsParquetDailyReader("minutes", root=minutes),
        PolarsParquetMinuteReader("minutes", root=minutes),
        current_simulation_time=minute("2020-01-31T14:31"),
    )
    now = minute("2020-01-31T14:31")
    assert portal.get_history_window(["AAA"], now, 2, "1d", "close")["close"].to_list() == [D("10.5"), D("11.25")]
    portal.set_simulation_time(minute("2020-01-31T14:32"))
    now = minute("2020-01-31T14:32")
    for field, value in {"open": "11.25", "high": "11.5", "low": "11.25", "close": "11.5", "volume": "300"}.items():
        assert portal.get_history_window(["AAA"], now, 1, "1d", field)[field].to_list() == [D(value)], field


def test_minute_windows_cross_nights_and_weekends(minutes):
    portal = PolarsDataPortal(minute_reader=PolarsParquetMinuteReader("minutes", root=minutes))
    frame = portal.get_history_window(["AAA"], minute("2020-02-03T14:32"), 3, "1m", "close")
    assert frame["timestamp"].to_list() == [minute(t) for t in ("2020-01-31T21:00", "2020-02-03T14:31", "2020-02-03T14:32")]
    assert frame["close"].to_list() == [None, D("12.25"), D("12.505")]
    price = portal.get_history_window(["AAA"], minute("2020-02-03T14:32"), 3, "1m", "price")
    assert price["price"].to_list() == [D("11.5"), D("12.25"), D("12.505")]
    assert portal.get_spot_value("AAA", "price", minute("2020-01-31T18:00"), "minute")["value"].to_list() == [D("11.5")]
    assert portal.get_last_traded_dt("AAA", minute("2020-02-01T00:00"), "minute") == datetime(2020, 1, 31, 14, 32, tzinfo=UTC)


def test_regression_event_2_the_last_row_of_a_24_7_window_is_the_current_day(tmp_path):
    days = [f"2024-01-{d:02}" for d in range(1, 11)]  # a weekend among them
    prices = {p: [str(100 + i) for i in range(10)] for p in ("open", "high", "low", "close")}
    bundles.write_frames("coins", {"BTC": {"date": days, **prices, "volume": [1] * 10}}, calendar="24/7", root=tmp_path)
    portal = PolarsDataPortal(PolarsParquetDailyReader("coins", root=tmp_path))
    for i, day in enumerate(days[1:], 1):
        portal.set_simulation_time(day)
        frame = portal.get_history_window(["BTC"], day, 2, "1d", "close")
        assert frame["close"].to_list() == [99 + i, 100 + i]
        assert frame["date"][-1] == date.fromisoformat(day)


def test_without_polars_the_error_says_what_to_install(market):
    code = (
        "import sys; sys.modules['polars'] = None\n"
        "from rustybt import errors\n"
        "from rustybt.data.polars import PolarsParquetDailyReader\n"
        f"try: PolarsParquetDailyReader('market', root={str(market.root)!r})\n"
        "except errors.MissingDependency as error: print(error)\n"
    )
    code = f"import sys; sys.path[:0] = {[p for p in sys.path if p]!r}\n" + code
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert 'pip install "rustybt[polars]"' in said
