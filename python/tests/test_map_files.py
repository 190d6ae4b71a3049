"""Renames in time from LEAN map files, over bars that are stored by ticker."""

import os
from pathlib import Path

import pandas as pd
import pytest

from rustybt import errors
from rustybt.assets.map_files import company_bars, read_map_files
from rustybt.data import bundles

_SHARED = Path(os.environ.get("RUSTYBT_TEST_DATA", Path(__file__).resolve().parents[3] / "shared")) / "data/equities"


@pytest.fixture
def shared():
    if not _SHARED.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{_SHARED} is not there")
        pytest.skip(f"{_SHARED} is not there: set RUSTYBT_TEST_DATA")
    return _SHARED


def test_rows_of_a_map_file(tmp_path):
    (tmp_path / "wm.csv").write_text("19980102,uw,N\n19980716,uw,N\n20090804,wmi,N\n20501231,wm,N\n")
    assert read_map_files(tmp_path / "wm.csv")[1] == {
        "symbol": "WM",
        "name": "WMI",
        "start_date": pd.Timestamp("1998-07-17"),
        "end_date": pd.Timestamp("2009-08-04"),
    }
    (tmp_path / "bad.csv").write_text("1998-01-02,uw\n")
    with pytest.raises(errors.BadCell, match="bad.csv, line 1"):
        read_map_files(tmp_path)


def lean_daily(folder, ticker):
    columns = ["date", "open", "high", "low", "close", "volume"]
    frame = pd.read_csv(folder / f"lean_daily/{ticker}.csv", header=None, names=columns)
    frame.index = pd.to_datetime(frame.pop("date").str[:8])
    frame[columns[1:5]] /= 10_000
    return frame


def test_bars_follow_the_company(shared, tmp_path):
    maps = read_map_files(shared / "lean_map_files")
    frames = {t: lean_daily(shared, t) for t in ("goog", "googl", "goocv", "wm", "wmi", "uw", "qqq")}
    bars, rest = company_bars(maps, frames)
    assert sum(map(len, [*bars.values(), *rest.values()])) == sum(map(len, frames.values()))
    # before 2009-08-05 WM was Washington Mutual, which has no map file
    assert rest["WM"].index.max() == pd.Timestamp("2008-09-26")
    bars = {c: f for c, f in bars.items() if c in ("GOOG", "GOOGL", "WM", "QQQ")}
    bundles.write_frames(
        "us", bars, symbol_mappings=[row for row in maps if row["symbol"] in bars], root=tmp_path, calendar="XNYS"
    )
    finder = bundles.load("us", root=tmp_path).asset_finder
    class_a, class_c = finder.lookup_symbol("GOOGL", "2015-01-05"), finder.lookup_symbol("GOOG", "2015-01-05")
    assert finder.lookup_symbol("GOOG", "2014-04-02") == class_a != class_c
    assert finder.lookup_symbol("WMI", "2005-01-03") == finder.lookup_symbol("WM", "2012-01-03")
    assert finder.lookup_symbol("UW", "1998-03-02").symbol == "WM"
    assert finder.lookup_symbol("QQQQ", "2008-01-02") == finder.lookup_symbol("QQQ", "2003-01-02")
    assert class_a.start_date == pd.Timestamp("2004-08-19") and class_c.start_date == pd.Timestamp("2014-03-27")
