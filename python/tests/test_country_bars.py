"""Daily bars by country under the names of Zipline's HDF5 classes."""

import numpy as np
import pandas as pd
import pytest

from rustybt.data.bar_reader import NoDataAfterDate, NoDataBeforeDate, NoDataForSid, NoDataOnDate
from rustybt.data.hdf5_daily_bars import HDF5DailyBarReader, HDF5DailyBarWriter, MultiCountryDailyBarReader

DAYS = pd.DatetimeIndex(["2020-01-02", "2020-01-03", "2020-01-06", "2020-01-07"])


def frame(closes, days):
    prices = np.array(closes, dtype=float)
    return pd.DataFrame({**dict.fromkeys(("open", "high", "low", "close"), prices), "volume": np.where(prices > 0, 100, 0)}, index=days)


@pytest.fixture
def path(tmp_path):
    writer = HDF5DailyBarWriter(tmp_path / "bars", 30)
    writer.write("US", [(1, frame([10, np.nan, 12.3456, 13], DAYS)), (3, frame([7, 8], DAYS[1:3]))])
    writer.write("CA", [(2, frame([5.5], DAYS[2:3].tz_localize("UTC")))], currency_codes=pd.Series({2: "CAD"}))
    return tmp_path / "bars"


def test_a_country_is_read_back(path):
    reader = HDF5DailyBarReader.from_path(path, "US")
    closes, volumes = reader.load_raw_arrays(["close", "volume"], DAYS[0], DAYS[3], [3, 99, 1])
    assert np.array_equal(closes, [[np.nan, np.nan, 10], [7, np.nan, np.nan], [8, np.nan, 12.346], [np.nan, np.nan, 13]], equal_nan=True)
    assert volumes.tolist() == [[0, 0, 100], [100, 0, 0], [100, 0, 100], [0, 0, 100]]
    assert reader.sids.tolist() == [1, 3] and reader.sessions.tolist() == DAYS.tolist()
    assert list(pd.DatetimeIndex(reader.asset_start_dates)) == list(DAYS[:2]) and reader.asset_end_dates[1] == DAYS[2].asm8
    assert reader.get_last_traded_dt(1, DAYS[1]) == DAYS[0] and reader.get_last_traded_dt(3, DAYS[0]) is pd.NaT
    assert reader.currency_codes([1, 3]).tolist() == [None, None]


def test_what_is_not_there_is_told(path):
    reader = HDF5DailyBarReader.from_path(path, "US")
    for error, sid, day in (
        (NoDataOnDate, 1, pd.Timestamp("2020-01-04")),
        (NoDataBeforeDate, 3, DAYS[0]),
        (NoDataAfterDate, 3, DAYS[3]),
        (NoDataForSid, 2, DAYS[2]),
    ):
        with pytest.raises(error):
            reader.get_value(sid, day, "close")
    assert np.isnan(reader.get_value(1, DAYS[1], "close")) and reader.get_value(1, DAYS[1], "volume") == 0
    with pytest.raises(ValueError, match="At least one valid asset"):
        reader.load_raw_arrays(["close"], DAYS[0], DAYS[1], [2])
    with pytest.raises(NoDataOnDate):
        reader.load_raw_arrays(["close"], pd.Timestamp("2020-01-01"), DAYS[1], [1])


def test_countries_are_one_reader(path):
    reader = MultiCountryDailyBarReader.from_path(path)
    assert sorted(reader.countries) == ["CA", "US"] and reader.sessions.tolist() == DAYS.tolist()
    assert reader.get_value(2, DAYS[2], "close") == 5.5 and reader.currency_codes([-1, 2]).tolist() == [None, "CAD"]
    assert (reader.first_trading_day, reader.last_available_dt) == (DAYS[0], DAYS[3])
    with pytest.raises(NotImplementedError, match="multiple countries"):
        reader.load_raw_arrays(["close"], DAYS[2], DAYS[2], [1, 2])
    with pytest.raises(NoDataForSid):
        reader.get_value(99, DAYS[2], "close")
