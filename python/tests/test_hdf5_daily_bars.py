"""Files in the layout of Zipline's HDF5DailyBarWriter (version 0), written here with h5py."""

import sys

import numpy as np
import pandas as pd
import pytest

from rustybt.data import bundles
from rustybt.data.hdf5_daily_bars import ingest_hdf5_daily_bars, read_hdf5_daily_bars
from rustybt.errors import FileNotReadable, InvalidArgument, MissingDependency

DAYS = pd.DatetimeIndex(["2020-01-02", "2020-01-03", "2020-01-06"])


def write_country(file, code, sids, closes, first, last, currency):
    """closes: thousandths, a row per sid; the other prices are the same, volumes 100 where there is a price."""
    group = file.create_group(code)
    group["index/sid"] = np.array(sids)
    group["index/day"] = DAYS.to_numpy().astype("datetime64[ns]").astype("int64")
    group["lifetimes/start_date"] = np.array(first)
    group["lifetimes/end_date"] = np.array(last)
    group["currency/code"] = np.array(currency, dtype="S3")
    closes = np.array(closes, dtype="uint32")
    for field in ("open", "high", "low", "close", "volume"):
        values = np.where(closes > 0, 100, 0).astype("uint32") if field == "volume" else closes
        data = group.create_dataset(f"data/{field}", data=values, compression="lzf", shuffle=True)
        data.attrs["scaling_factor"] = 1 if field == "volume" else 1000


@pytest.fixture
def file(tmp_path):
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "bars.h5"
    with h5py.File(path, "w") as h5:
        h5.attrs["version"] = 0
        write_country(h5, "US", [1, 2], [[10_005, 0, 12_250], [99_999, 0, 0]], [0, 0], [2, 0], ["USD", "XXX"])
        write_country(h5, "CA", [7], [[0, 5_500, 5_625]], [1], [2], ["CAD"])
    return path


def test_prices_are_thousandths_and_days_without_trade_no_rows(file):
    frames = read_hdf5_daily_bars(file)
    assert sorted(frames) == [1, 2, 7]
    assert frames[1]["close"].to_dict() == {DAYS[0]: 10.005, DAYS[2]: 12.25}
    assert frames[1]["volume"].tolist() == [100, 100]
    assert frames[2].index.tolist() == [DAYS[0]]
    assert frames[7]["open"].tolist() == [5.5, 5.625]
    assert frames[1].attrs == {"country_code": "US", "currency": "USD"}
    assert frames[2].attrs == {"country_code": "US"}


def test_a_country_is_chosen_by_its_code(file):
    assert list(read_hdf5_daily_bars(file, "CA")) == [7]
    with pytest.raises(InvalidArgument, match="no country 'DE'; it has CA, US"):
        read_hdf5_daily_bars(file, "DE")


def test_the_bars_become_a_bundle(file, tmp_path):
    info = ingest_hdf5_daily_bars("h5", file, symbols={1: "AAA", 2: "BBB", 7: "CCC"}, root=tmp_path)
    assert (info["assets"], info["daily_rows"]) == (3, 5)
    finder = bundles.load("h5", root=tmp_path).asset_finder
    assert finder.lookup_symbol("CCC", as_of_date=None).sid == 7
    assert finder.lookup_symbol("CCC", as_of_date=None).country_code == "CA"


def test_what_is_no_such_file_is_said(tmp_path):
    h5py = pytest.importorskip("h5py")
    (tmp_path / "text").write_text("no HDF5")
    with pytest.raises(FileNotReadable, match="is no HDF5 file"):
        read_hdf5_daily_bars(tmp_path / "text")
    with h5py.File(tmp_path / "other.h5", "w") as h5:
        h5.attrs["version"] = 3
    with pytest.raises(FileNotReadable, match="expected bars of version 0, found 3"):
        read_hdf5_daily_bars(tmp_path / "other.h5")


def test_without_h5py_the_package_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(MissingDependency, match="h5py"):
        read_hdf5_daily_bars(tmp_path / "bars.h5")
