"""Longer bars: pandas, LEAN's daily files and a running history as judges."""

import os
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import rustybt
from rustybt.data import bundles
from rustybt.data.resample import minute_frame_to_session_frame, minute_to_session, resample
from rustybt.errors import InvalidArgument, NotASession
from rustybt.utils.calendar_utils import get_calendar

HOW = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}


def random_minutes(minutes, seed):
    """Bars with missing rows, and missing prices in rows."""
    random = np.random.default_rng(seed)
    n = len(minutes)
    close = np.round(100 + np.cumsum(random.normal(0, 0.05, n)), 2)
    open_ = np.round(close + random.normal(0, 0.05, n), 2)
    frame = pd.DataFrame(
        {
            "open": open_,
            "high": np.maximum(open_, close) + 0.02,
            "low": np.minimum(open_, close) - 0.02,
            "close": close,
            "volume": random.integers(0, 1000, n).astype(float),
        },
        index=minutes,
    ).round(2)
    frame.loc[random.random(n) < 0.05, ["open", "high", "low", "close"]] = np.nan
    return frame[random.random(n) < 0.9]


def minutes_of(calendar, sessions):
    """Trading minutes of sessions of a calendar without breaks."""
    parts = [
        pd.date_range(calendar.session_first_minute(s), calendar.session_close(s), freq="min") for s in sessions
    ]
    return parts[0].append(parts[1:])


@pytest.mark.parametrize("name", ["24/7", "XNYS", "24/5"])
@pytest.mark.parametrize("length,minutes", [("5m", 5), ("15m", 15), ("30m", 30), ("1h", 60), ("4h", 240)])
def test_intraday_bars_equal_pandas(name, length, minutes):
    calendar = get_calendar(name)
    # US clocks change on 2014-03-09, XNYS closes early on 2014-07-03
    sessions = calendar.sessions_in_range("2014-03-07", "2014-03-11").append(
        calendar.sessions_in_range("2014-07-02", "2014-07-07")
    )
    frame = random_minutes(minutes_of(calendar, sessions), minutes)
    # the reference: number of the minute within its session, by pandas alone
    opens = calendar.schedule["open"]
    labels = pd.Series([calendar.minute_to_session(m) for m in frame.index], index=frame.index)
    number = (frame.index - pd.DatetimeIndex(labels.map(opens))) // pd.Timedelta(minutes=1) - 1
    ends = pd.DatetimeIndex(labels.map(opens)) + pd.to_timedelta((number // minutes + 1) * minutes, unit="min")
    closes = pd.DatetimeIndex(labels.map(calendar.schedule["close"]))
    ends = ends.where(ends < closes, closes)
    expected = frame.groupby(ends).agg(HOW)
    found = resample(frame, length, calendar=calendar)
    pd.testing.assert_frame_equal(found[list(HOW)], expected, check_names=False, check_freq=False)
    if name == "24/7":  # the plain pandas way
        plain = frame.resample(length.replace("m", "min"), closed="right", label="right").agg(HOW).dropna(how="all")
        plain = plain[plain.index.isin(found.index)]
        pd.testing.assert_frame_equal(found[list(HOW)], plain, check_names=False, check_freq=False)
    starts = resample(frame, length, calendar=calendar, label="start")
    assert (starts.index < found.index).all()
    pd.testing.assert_frame_equal(starts.reset_index(drop=True), found.reset_index(drop=True))


@pytest.mark.parametrize("name", ["24/7", "XNYS"])
def test_days_weeks_and_months_equal_pandas(name):
    calendar = get_calendar(name)
    sessions = calendar.sessions_in_range("2014-05-15", "2014-07-10")
    frame = random_minutes(sessions, 3)
    weeks = frame.groupby((frame.index - pd.to_timedelta(frame.index.weekday, unit="D"))).agg(HOW)
    found = resample(frame, "1w", source="1d", calendar=name)
    assert found[list(HOW)].reset_index(drop=True).equals(weeks.reset_index(drop=True))
    assert all(calendar.is_session(day) for day in found.index)
    months = frame.groupby([frame.index.year, frame.index.month]).agg(HOW)
    found = resample(frame, "1mo", source="1d", calendar=name)
    assert found[list(HOW)].reset_index(drop=True).equals(months.reset_index(drop=True))
    assert found.attrs["last_is_partial"] and found.index[-1] == calendar.sessions_in_range("2014-07-01", "2014-07-31")[-1]


def test_minutes_to_sessions_is_ziplines():
    calendar = get_calendar("XNYS")
    frame = random_minutes(minutes_of(calendar, calendar.sessions_in_range("2014-07-02", "2014-07-07")), 5)
    sessions = minute_frame_to_session_frame(frame, calendar)
    assert [str(d.date()) for d in sessions.index] == ["2014-07-02", "2014-07-03", "2014-07-07"]
    daily = resample(frame, "1d", calendar=calendar)
    pd.testing.assert_frame_equal(sessions, daily[list(HOW)], check_names=False, check_freq=False)
    assert list(minute_frame_to_session_frame(frame[["close", "volume"]], calendar).columns) == ["close", "volume"]
    closes = np.flatnonzero(np.append(np.diff(frame.index.map(calendar.minute_to_session).asi8) != 0, True))
    for column in HOW:
        out = np.empty(3)
        minute_to_session(column, closes, frame[column].to_numpy(), out)
        np.testing.assert_array_equal(out, daily[column].to_numpy())


def test_numbers_stay_exact():
    # 0.1 + 0.2 in floats is not 0.3
    frame = {"dt": ["2020-01-02T14:31Z", "2020-01-02T14:32Z"], **dict.fromkeys(["open", "high", "low", "close"], [1, 1]),
             "volume": [0.1, 0.2]}
    bars = resample(frame, "5m", exact=True)
    assert bars["volume"].tolist() == [Decimal("0.3")]
    assert resample(frame, "5m")["volume"].tolist() == [0.3]


def test_what_is_wrong_is_said():
    frame = {"dt": ["2020-01-02T14:30Z"], **dict.fromkeys(["open", "high", "low", "close", "volume"], [1])}
    with pytest.raises(NotASession, match="row 1: 2020-01-02T14:30:00Z is no minute of a session of XNYS"):
        resample(frame, "5m")
    assert resample(frame, "5m", leave_out_closed=True).attrs["rows_left_out"] == 1
    with pytest.raises(InvalidArgument, match="no length of bars is called"):
        resample(frame, "7 minutes")
    with pytest.raises(ValueError, match="label is 'end' or 'start'"):
        resample(frame, "5m", label="middle")


def equities():
    root = Path(os.environ.get("RUSTYBT_TEST_DATA", Path(__file__).resolve().parents[3] / "shared"))
    folder = root / "data" / "equities"
    if not folder.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{folder} is not there")
        pytest.skip(f"{folder} is not there: set RUSTYBT_TEST_DATA")
    return folder


# the vendor's day leaves out some prints: its high or low differs from its own minutes by up to 7 cents on a few days
@pytest.mark.parametrize("symbol,days", [("spy", 6), ("ibm", 6), ("bac", 6), ("aapl", 3)])
def test_lean_minutes_make_lean_days(symbol, days):
    folder = equities()
    daily = pd.read_csv(
        folder / "lean_daily" / f"{symbol}.csv", header=None, names=["day", *HOW], dtype={"day": str}
    ).set_index("day")
    compared = 0
    for file in sorted((folder / "lean_minute" / symbol).glob("*_trade.csv")):
        day = file.name[:8]
        if f"{day} 00:00" not in daily.index:
            continue
        frame = pd.read_csv(file, header=None, names=["ms", *HOW])
        start = pd.Timestamp(day, tz="America/New_York")
        frame.index = (start + pd.to_timedelta(frame.pop("ms"), unit="ms")).dt.tz_convert("UTC")
        bars = resample(frame, "1d", source_label="start", leave_out_closed=True)
        assert len(bars) == 1 and str(bars.index[0].date()).replace("-", "") == day
        ours, theirs = bars.iloc[0], daily.loc[f"{day} 00:00"]
        minutes = frame[(frame.index >= start + pd.Timedelta("9h30min")) & (frame.index < start + pd.Timedelta("16h"))]
        assert ours["rows"] == len(minutes) >= 389  # ibm had no trade in one minute of two days
        assert (ours["high"], ours["low"], ours["volume"]) == (minutes.high.max(), minutes.low.min(), minutes.volume.sum())
        assert (ours["open"], ours["close"]) == (theirs["open"], theirs["close"])
        for field in ("high", "low"):
            assert abs(ours[field] - theirs[field]) <= 700, (file.name, field)  # in 1/10,000 of a dollar
        assert ours["volume"] == pytest.approx(theirs["volume"], rel=0.021)  # ibm, 2013-10-10: 2.04 % as the files have it
        compared += 1
    assert compared >= days


# --- in a run ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    """AAA in random minutes over two weeks with a half day and a clock change between, split 2:1 on the last day."""
    root = tmp_path_factory.mktemp("minutes")
    calendar = get_calendar("XNYS")
    sessions = calendar.sessions_in_range("2014-06-26", "2014-07-10")
    frame = random_minutes(minutes_of(calendar, sessions), 11).dropna()
    bundles.write_frames(
        "m", {}, minute_bars={"AAA": frame}, root=root,
        splits=[{"symbol": "AAA", "effective_date": "2014-07-10", "ratio": 0.5}],
    )
    return root, frame


def histories(root, n, length, fields, at, **options):
    """History of AAA at some moments of a run, by moment."""
    found = {}

    def handle_data(context, data):
        now = str(data.current_dt)[:16]
        if now in at:
            asset = rustybt.api.symbol("AAA")
            found[now] = {f: data.history(asset, f, n, length) for f in fields}

    rustybt.run_algorithm(handle_data=handle_data, bundle="m", root=root, data_frequency="minute", **options)
    return found


@pytest.mark.parametrize("length", ["5m", "30m", "1h", "4h", "1w", "1mo"])
def test_history_in_longer_bars_is_the_resampled_past(market, length):
    root, frame = market
    n = {"1w": 2, "1mo": 1}.get(length, 9)
    moments = ["2014-07-07 15:07", "2014-07-09 20:00", "2014-07-10 13:31", "2014-07-10 18:44"]
    start = "2014-07-02" if length != "1mo" else None
    if length == "1mo":
        moments = moments[1:]
    for now, found in histories(root, n, length, list(HOW), moments, start=start).items():
        past = frame[frame.index <= pd.Timestamp(now, tz="UTC")].copy()
        if now.startswith("2014-07-10"):  # as the asset is today
            before = past.index < pd.Timestamp("2014-07-10", tz="UTC")
            past.loc[before, ["open", "high", "low", "close"]] *= 0.5
            past.loc[before, "volume"] *= 2
        expected = resample(past, length, complete_until=pd.Timestamp(now, tz="UTC")).iloc[-n:]
        for field, series in found.items():
            assert series.index.tolist() == expected.index.tolist()
            np.testing.assert_allclose(series.to_numpy(), expected[field].to_numpy(), rtol=1e-12)
            assert series.attrs["last_is_partial"] == expected.attrs["last_is_partial"]
        assert found["close"].attrs["last_is_partial"] == (not (length in ("5m", "30m", "1h", "4h") and now.endswith("20:00")))


def test_price_is_carried_forward_over_bars_without_trade(tmp_path):
    minutes = [f"2020-01-02T14:{m}Z" for m in ("31", "40", "52")]
    frame = {"dt": minutes, **{f: ["10", "11", "12"] for f in ("open", "high", "low", "close")}, "volume": [1, 2, 3]}
    bundles.write_frames("m", {}, minute_bars={"AAA": frame}, root=tmp_path)
    found = histories(tmp_path, 5, "5m", ["close", "price", "volume"], ["2020-01-02 14:53"])["2020-01-02 14:53"]
    nan = float("nan")
    np.testing.assert_array_equal(found["close"].to_numpy(), [10, 11, nan, nan, 12])
    np.testing.assert_array_equal(found["price"].to_numpy(), [10, 11, 11, 11, 12])
    np.testing.assert_array_equal(found["volume"].to_numpy(), [1, 2, 0, 0, 3])
    assert str(found["price"].index[-1]) == "2020-01-02 14:55:00+00:00" and found["price"].attrs["last_is_partial"]


def test_several_assets_and_fields(market):
    root, _ = market
    shapes = {}

    def handle_data(context, data):
        asset = rustybt.api.symbol("AAA")
        if not shapes and str(data.current_dt) >= "2014-07-02":
            shapes["frame"] = data.history([asset], "close", 3, "1h")
            shapes["rows"] = data.history([asset], ["open", "close"], 3, "1h")

    rustybt.run_algorithm(handle_data=handle_data, bundle="m", root=root, data_frequency="minute")
    assert shapes["frame"].shape == (3, 1)
    assert shapes["rows"].index.names == ["date_time", "asset"] and list(shapes["rows"].columns) == ["open", "close"]


def test_ziplines_preset_knows_days_and_minutes_only(market):
    root, _ = market
    with pytest.raises(ValueError, match="Invalid frequency: 1h"):
        histories(root, 3, "1h", ["close"], ["2014-07-02 15:00"], preset="zipline")
    with pytest.raises(ValueError, match="Invalid frequency: 2y"):
        histories(root, 3, "2y", ["close"], ["2014-07-02 15:00"])
