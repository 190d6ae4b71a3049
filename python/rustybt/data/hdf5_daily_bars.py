"""Daily bars in Zipline's HDF5 files (format version 0), one country or several in a file. Needs the package h5py.

The classes of Zipline's module of that name write and read bundles of ours.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from rustybt.data._country_bars import HDF5DailyBarReader, HDF5DailyBarWriter, MultiCountryDailyBarReader
from rustybt.errors import FileNotReadable, InvalidArgument, MissingDependency

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rustybt._types import Array, StrPath
    from rustybt.utils.calendar_utils import TradingCalendar

__all__ = [
    "HDF5DailyBarReader",
    "HDF5DailyBarWriter",
    "MultiCountryDailyBarReader",
    "coerce_to_uint32",
    "ingest_hdf5_daily_bars",
    "read_hdf5_daily_bars",
]

OPEN, HIGH, LOW, CLOSE, VOLUME = FIELDS = ("open", "high", "low", "close", "volume")
#: what values in a file are multiplied with
DEFAULT_SCALING_FACTORS = {OPEN: 1000, HIGH: 1000, LOW: 1000, CLOSE: 1000, VOLUME: 1}
VERSION = 0
NO_CURRENCY = "XXX"  # ISO 4217: no currency


def coerce_to_uint32(a: Array, scaling_factor: float) -> Array:
    """Values as a file has them: multiplied and rounded.

    >>> import numpy as np
    >>> coerce_to_uint32(np.array([130.23]), DEFAULT_SCALING_FACTORS["close"]).tolist()
    [130230]
    """
    return (a * scaling_factor).round().astype("uint32")


def read_hdf5_daily_bars(path: StrPath, country_code: str | None = None) -> Any:
    """Frames of every asset, {sid: frame}: days as index, columns open, high, low, close, volume.

    A price of 0 in the file is missing and becomes NaN; a day without any value is no row. The listing currency is in
    `frame.attrs["currency"]` where the file has one.
    """
    frames = {}
    with _open(path) as file:
        for code in _countries(file, path, country_code):
            for sid, frame in _read_country(file[code], code, path):
                if sid in frames:
                    raise InvalidArgument(f"{path}: sid {sid} is in two countries; name one: country_code={code!r}")
                frames[sid] = frame
    return frames


def ingest_hdf5_daily_bars(
    name: str,
    path: StrPath,
    *,
    symbols: Sequence[str] | None = None,
    country_code: str | None = None,
    calendar: TradingCalendar = "XNYS",
    root: StrPath | None = None,
) -> Any:
    """Make a bundle of such a file. `symbols` gives each sid its symbol (default: the number). Returns the bundle's info."""
    from rustybt.data.bundles import write_frames

    frames = read_hdf5_daily_bars(path, country_code)
    symbol_of = {sid: str(symbols[sid] if symbols is not None else sid) for sid in frames}
    assets = []
    for sid, frame in frames.items():
        row = {"sid": sid, "symbol": symbol_of[sid], "exchange": frame.attrs["country_code"]}
        if "currency" in frame.attrs:
            row["quote_currency"] = frame.attrs["currency"]
        assets.append(row)
    countries = sorted({frame.attrs["country_code"] for frame in frames.values()})
    return write_frames(
        name,
        {symbol_of[sid]: frame.rename_axis("date").reset_index() for sid, frame in frames.items()},
        assets=assets,
        exchanges=[(code, code, code) for code in countries],
        calendar=calendar,
        root=root,
        source=f"hdf5 {os.fspath(path)}",
    )


def _open(path):
    try:
        import h5py
    except ImportError:
        raise MissingDependency("HDF5 bars need the package h5py: pip install h5py") from None
    try:
        return h5py.File(path, "r")
    except FileNotFoundError:
        raise
    except OSError as error:
        raise FileNotReadable(f"{path} is no HDF5 file: {error}") from None


def _countries(file, path, country_code):
    version = file.attrs.get("version")
    if version != VERSION:
        raise FileNotReadable(f"{path}: expected bars of version {VERSION}, found {version}")
    if country_code is None:
        return sorted(file)
    if country_code not in file:
        raise InvalidArgument(f"{path} has no country {country_code!r}; it has {', '.join(sorted(file))}")
    return [country_code]


def _read_country(group, code, path):
    import numpy as np
    import pandas as pd

    try:
        sids = group["index/sid"][:]
        days = pd.DatetimeIndex(group["index/day"][:].astype("datetime64[ns]"))
        first, last = group["lifetimes/start_date"][:], group["lifetimes/end_date"][:]
        currencies = group["currency/code"][:]
        columns = {}
        for field in FIELDS:
            data = group["data"][field]
            columns[field] = (data[:], float(data.attrs["scaling_factor"]))
    except KeyError as error:
        raise FileNotReadable(f"{path}: country {code} lacks a table: {error}") from None
    for field, (values, _) in columns.items():
        if values.shape != (len(sids), len(days)):
            raise FileNotReadable(f"{path}: {code}/data/{field} is {values.shape}, expected {(len(sids), len(days))}")
    for row, sid in enumerate(sids):
        life = slice(max(int(first[row]), 0), int(last[row]) + 1)
        # a quotient is correctly rounded, so it reads as the decimal that the file means
        frame = pd.DataFrame(
            {field: values[row, life] / scale for field, (values, scale) in columns.items()}, index=days[life]
        )
        frame = frame[(frame != 0).any(axis=1)]
        prices = list(FIELDS[:4])
        frame[prices] = frame[prices].where(frame[prices] != 0, np.nan)
        frame.attrs["country_code"] = code
        currency = currencies[row].decode()
        if currency != NO_CURRENCY:
            frame.attrs["currency"] = currency
        yield int(sid), frame
