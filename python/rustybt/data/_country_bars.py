"""Writer and readers of daily bars by country under the names of Zipline's HDF5 classes; on disk they are bundles of ours.

    HDF5DailyBarWriter("bars").write("CA", [(7, frame)], currency_codes=pd.Series({7: "CAD"}))
    MultiCountryDailyBarReader.from_path("bars").get_value(7, pd.Timestamp("2020-01-03"), "close")

Files in the HDF5 format itself are read by rustybt.data.hdf5_daily_bars.
"""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from rustybt import _core
from rustybt.data._bar_folder import BarFolder, as_stored
from rustybt.data.bar_reader import NoDataAfterDate, NoDataBeforeDate, NoDataForSid, NoDataOnDate, NoKnownSid, _CoreReader
from rustybt.data.session_bars import CurrencyAwareSessionBarReader
from rustybt.utils.calendar_utils import get_calendar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rustybt._types import Array, StrPath
    from rustybt.assets import Asset

_EVERY_DAY = "24/7"  # the files name no calendar: their days are those that have a row
_RATIO = 1000


class HDF5DailyBarWriter:
    """Writes daily bars into the folder `filename`, a part for each country. date_chunk_size is accepted as Zipline's."""

    def __init__(self, filename: StrPath, date_chunk_size: int | None = None) -> None:
        self._filename = os.fspath(filename)

    def write(
        self,
        country_code: str,
        data: Iterable[tuple[int, pd.DataFrame]],
        assets: Iterable[int] | None = None,
        show_progress: bool = False,
        scaling_factors: Mapping[str, int] | None = None,
        currency_codes: pd.Series[str] | None = None,
        invalid_data_behavior: str = "warn",
    ) -> None:
        """Replace the bars of a country by those of each (sid, frame) of `data`.

        currency_codes: of the prices by sid. Prices are kept to thousandths, or as scaling_factors["close"] says, volumes whole.
        """
        ratio = (scaling_factors or {}).get("close", _RATIO)
        frames, days = {}, pd.DatetimeIndex([])
        wanted = None if assets is None else set(assets)
        for sid, frame in data:
            if wanted is not None and sid not in wanted:
                raise ValueError(f"unknown asset id {sid!r}")
            stored = as_stored(frame, ratio, sid, invalid_data_behavior)
            if stored.index.tz is not None:
                stored.index = stored.index.tz_convert("UTC").tz_localize(None)
            days = days.union(stored.index)
            if len(stored):
                frames[int(sid)] = stored
        folder = BarFolder(os.path.join(self._filename, country_code))
        currencies = {} if currency_codes is None else {int(sid): str(code) for sid, code in currency_codes.items()}
        folder.save_settings(
            {
                "days": [str(day.date()) for day in days],
                "lifetimes": {sid: [str(day.date()) for day in _life(frame)] for sid, frame in frames.items()},
                "currencies": {sid: code for sid, code in currencies.items() if sid in frames},
            }
        )
        folder.write(frames, True, get_calendar(_EVERY_DAY), append=False)


def _life(frame):
    """First and last day with any value."""
    traded = frame.index[(frame["volume"] > 0) | frame["close"].notna()]
    return (traded[0], traded[-1]) if len(traded) else (frame.index[0], frame.index[-1])


class HDF5DailyBarReader(CurrencyAwareSessionBarReader):
    """Daily bars of one country in a folder that HDF5DailyBarWriter wrote."""

    def __init__(self, path: StrPath, country_code: str) -> None:
        folder = BarFolder(os.path.join(path, country_code))
        told, bundle = folder.settings(), folder.bundle()
        self._bars = None if bundle is None else _CoreReader(_core.bundle_bar_reader(bundle, False), "daily", bundle)
        self._days = pd.DatetimeIndex(told["days"]).astype("M8[ns]")
        self._lifetimes = {int(sid): tuple(map(pd.Timestamp, days)) for sid, days in told["lifetimes"].items()}
        self._currencies = {int(sid): code for sid, code in told["currencies"].items()}

    @classmethod
    def from_path(cls, path: StrPath, country_code: str) -> HDF5DailyBarReader:
        """The same as the constructor, under Zipline's name."""
        return cls(path, country_code)

    @property
    def trading_calendar(self) -> Any:
        raise NotImplementedError("the bars name no calendar; pass the one of the run")

    @property
    def sessions(self) -> pd.DatetimeIndex:
        return self._days

    @property
    def dates(self) -> Array:
        """The days as numpy datetimes."""
        return self._days.values

    @property
    def first_trading_day(self) -> pd.Timestamp:
        return self._days[0]

    @property
    def last_available_dt(self) -> pd.Timestamp:
        return self._days[-1]

    @cached_property
    def sids(self) -> Array:
        """All sids, ascending."""
        return np.array(sorted(self._lifetimes))

    @property
    def asset_start_dates(self) -> Array:
        """First day of each of `sids`."""
        return np.array([self._lifetimes[sid][0] for sid in self.sids], dtype="M8[ns]")

    @property
    def asset_end_dates(self) -> Array:
        """Last day of each of `sids`."""
        return np.array([self._lifetimes[sid][1] for sid in self.sids], dtype="M8[ns]")

    def _check_day(self, day):
        if day.tz is not None or day not in self._days:
            raise NoDataOnDate(day)

    def load_raw_arrays(
        self, columns: Sequence[str], start_date: pd.Timestamp, end_date: pd.Timestamp, assets: Iterable[Asset]
    ) -> list[Array]:
        for day in (start_date, end_date):
            self._check_day(day)
        places = {place: int(asset) for place, asset in enumerate(assets) if int(asset) in self._lifetimes}
        if not places:
            raise NoKnownSid("At least one valid asset id is required.")
        days = self._days[self._days.slice_indexer(start_date, end_date)]
        rows = (days - start_date).days  # of all days from the first one on
        found = self._bars.load_raw_arrays(columns, start_date, end_date, places.values())
        arrays = []
        for column, values in zip(columns, found):
            array = np.full((len(days), len(list(assets))), 0.0 if column == "volume" else np.nan)
            array[:, list(places)] = values[rows]
            arrays.append(array)
        return arrays

    def get_value(self, sid: int, dt: pd.Timestamp, field: str) -> float:
        if int(sid) not in self._lifetimes:
            raise NoDataForSid(f"No data for sid={sid}")
        self._check_day(dt)
        first, last = self._lifetimes[int(sid)]
        if dt < first:
            raise NoDataBeforeDate(f"No data on or before day={dt} for sid={sid}")
        if dt > last:
            raise NoDataAfterDate(f"No data on or after day={dt} for sid={sid}")
        return self._bars.get_value(sid, dt, field)

    def get_last_traded_dt(self, asset: Asset, dt: pd.Timestamp) -> Any:
        first, last = self._lifetimes[int(asset)]
        dt = dt if dt.tz is None else dt.tz_convert("UTC").tz_localize(None)
        return pd.NaT if dt < first else self._bars.get_last_traded_dt(asset, min(dt, last))

    def currency_codes(self, sids: Iterable[int]) -> Array:
        return np.array([self._currencies.get(int(sid)) for sid in sids], dtype=object)


class MultiCountryDailyBarReader(CurrencyAwareSessionBarReader):
    """Readers by country as one; the assets of a question are of one country."""

    def __init__(self, readers: Mapping[str, HDF5DailyBarReader]) -> None:
        self._readers = dict(readers)
        self._country_of = {int(sid): code for code, reader in self._readers.items() for sid in reader.sids}

    @classmethod
    def from_path(cls, path: StrPath) -> MultiCountryDailyBarReader:
        """Of all countries in a folder that HDF5DailyBarWriter wrote."""
        return cls({code: HDF5DailyBarReader(path, code) for code in sorted(os.listdir(path))})

    @property
    def countries(self) -> Any:
        """Codes of the countries."""
        return self._readers.keys()

    def _reader_of(self, assets):
        codes = sorted({self._country_of[int(asset)] for asset in assets if int(asset) in self._country_of})
        if not codes:
            raise NoKnownSid("At least one valid asset id is required.")
        if len(codes) > 1:
            raise NotImplementedError(
                f"Assets were requested from multiple countries ({codes}), but multi-country reads are not yet supported."
            )
        return self._readers[codes[0]]

    @property
    def trading_calendar(self) -> Any:
        raise NotImplementedError("the bars name no calendar; pass the one of the run")

    @property
    def sessions(self) -> pd.DatetimeIndex:
        return pd.DatetimeIndex(np.unique(np.concatenate([reader.dates for reader in self._readers.values()])))

    @property
    def first_trading_day(self) -> pd.Timestamp:
        return min(reader.first_trading_day for reader in self._readers.values())

    @property
    def last_available_dt(self) -> pd.Timestamp:
        return max(reader.last_available_dt for reader in self._readers.values())

    def load_raw_arrays(
        self, columns: Sequence[str], start_date: pd.Timestamp, end_date: pd.Timestamp, assets: Iterable[Asset]
    ) -> list[Array]:
        return self._reader_of(assets).load_raw_arrays(columns, start_date, end_date, assets)

    def get_value(self, sid: int, dt: pd.Timestamp, field: str) -> float:
        if int(sid) not in self._country_of:
            raise NoDataForSid(f"Asset not contained in daily pricing file: {sid}")
        return self._reader_of([sid]).get_value(sid, dt, field)

    def get_last_traded_dt(self, asset: Asset, dt: pd.Timestamp) -> Any:
        return self._reader_of([asset]).get_last_traded_dt(asset, dt)

    def currency_codes(self, sids: Iterable[int]) -> Array:
        return self._reader_of(sids).currency_codes(sids)
