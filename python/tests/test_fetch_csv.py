"""fetch_csv: columns of a file beside the bars, seen from the session on that follows their time."""

import math

import pandas as pd
import pytest

import rustybt
from rustybt.api import fetch_csv, symbol
from rustybt.data import bundles
from rustybt.errors import ConnectionFailed, FileNotFound, WrongType

SCORES = """symbol,date,score,text
AAA,2020-01-06 00:00,1.5,a
AAA,2020-01-08 20:59,2.5,b
AAA,2020-01-10 21:00,3.5,c
bbb,2020-01-06,-1,d
NOPE,2020-01-06 00:00,9,e
AAA,never,7,f
"""


@pytest.fixture
def scores(tmp_path):
    file = tmp_path / "scores.csv"
    file.write_text(SCORES)
    return file


def seen(run, initialize, value, **settings):
    """{day: value(context, data)} of a run."""
    found = {}

    def handle_data(context, data):
        found[str(data.current_session.date())[5:]] = value(context, data)

    run(handle_data, initialize, **settings)
    return found


@pytest.mark.parametrize("preset", ["rustybt", "zipline"])
def test_rows_hold_from_their_time_to_the_next_one(run, scores, caplog, preset):
    scores = scores.rename(scores.with_name("my scores.csv"))
    address = scores if preset == "rustybt" else scores.as_uri()  # with %20
    found = seen(
        run,
        lambda context: fetch_csv(address),
        lambda context, data: [data.current(symbol(s), "score") for s in ("AAA", "BBB", "CCC")],
        preset=preset,
        start="2020-01-03",
    )
    assert math.isnan(found["01-03"][0]) and math.isnan(found["01-17"][2])
    # the session of the 8th closes at 21:00 UTC: one minute later is too late for it
    a = {day: values[0] for day, values in found.items()}
    assert [a[d] for d in ("01-06", "01-07", "01-08", "01-09", "01-10", "01-13", "01-17")] == [1.5, 1.5, 2.5, 2.5, 2.5, 3.5, 3.5]
    # Zipline reads dates that are all written alike
    assert str(found["01-17"][1]) == ("nan" if preset == "zipline" else "-1.0")
    assert "1 rows with unknown symbols" in caplog.text and "rows without a readable time" in caplog.text


def test_other_calls_see_the_columns_too(run, scores):
    def value(context, data):
        a, b, _ = [symbol(s) for s in ("AAA", "BBB", "CCC")]
        both = data.current(a, ["close", "score"])
        table = data.current([a, b], ["score", "text"])
        return both["score"], table.at[b, "score"], table.at[a, "text"], sorted(x.symbol for x in data.fetcher_assets)

    found = seen(run, lambda context: fetch_csv(scores), value, start="2020-01-06", end="2020-01-08")
    assert found["01-07"] == (1.5, -1.0, "a", ["AAA", "BBB"]) and found["01-08"] == (2.5, -1.0, "b", ["AAA", "BBB"])


def test_rows_about_what_is_no_asset(run, tmp_path):
    file = tmp_path / "vix.csv"
    file.write_text("Day;VIX Close\n06/01/2020;13.85\n08/01/2020;13.45\n")

    def initialize(context):
        context.source = fetch_csv(
            file,
            pre_func=lambda rows: rows.rename(columns={"VIX Close": "close"}),
            post_func=lambda rows: rows.assign(double=rows["close"] * 2),
            date_column="Day",
            date_format="%d/%m/%Y",
            symbol="VIX",
            sep=";",
        )

    def value(context, data):
        with pytest.raises(WrongType):
            data.current("VXX", "close")
        return data.current("VIX", "close"), data.current("VIX", "double"), data.current(symbol("AAA"), "close")

    found = seen(run, initialize, value, start="2020-01-06", end="2020-01-08")
    assert [v[:2] for v in found.values()] == [(13.85, 27.7), (13.85, 27.7), (13.45, 26.9)]
    assert all(v[2] > 40 for v in found.values())  # bars stay what they are


def test_what_cannot_be_read_is_told(run, scores, monkeypatch):
    def initialize(context):
        with pytest.raises(FileNotFound, match="there is no file nowhere.csv"):
            fetch_csv("nowhere.csv")
        with pytest.raises(KeyError, match="no column 'day'; the file has symbol, date, score, text"):
            fetch_csv(scores, date_column="day")
        with pytest.raises(KeyError, match="no column 'ticker'"):
            fetch_csv(scores, symbol_column="ticker")
        with pytest.raises(TypeError, match="Unexpected keyword arguments: colour"):
            fetch_csv(scores, colour="red")
        monkeypatch.setitem(__import__("sys").modules, "requests", None)
        with pytest.raises(ConnectionFailed, match="needs the package requests"):
            fetch_csv("http://127.0.0.1:9/scores.csv")

    run(initialize=initialize, end="2020-01-02")


@pytest.mark.parametrize(("preset", "expected"), [("rustybt", [math.nan, 1.0]), ("zipline", [1.0, 2.0])])
def test_minutes_see_a_time_inside_of_a_day_only_afterwards(tmp_path, preset, expected):
    minutes = pd.DatetimeIndex([]).tz_localize("UTC")
    for day in ("2020-01-02", "2020-01-03"):
        minutes = minutes.append(pd.date_range(f"{day} 14:31", f"{day} 21:00", freq="min", tz="UTC"))
    bars = {"dt": minutes, **dict.fromkeys(("open", "high", "low", "close"), ["10"] * 780), "volume": [100] * 780}
    bundles.write_frames("m", {}, minute_bars={"AAA": bars}, root=tmp_path)
    file = tmp_path / "signal.csv"
    file.write_text("symbol,date,signal\nAAA,2020-01-02 18:00,1\nAAA,2020-01-03 18:00,2\n")
    found = {}

    def handle_data(context, data):
        found.setdefault(str(data.current_session.date()), set()).add(data.current(symbol("AAA"), "signal"))

    settings = {"bundle": "m", "root": tmp_path, "data_frequency": "minute", "preset": preset}
    rustybt.run_algorithm(initialize=lambda context: fetch_csv(file), handle_data=handle_data, **settings)
    days = [found[day] for day in ("2020-01-02", "2020-01-03")]
    assert all(len({str(v) for v in values}) == 1 for values in days)  # one value all through the session
    assert [str(float(next(iter(values)))) for values in days] == [str(v) for v in expected]
