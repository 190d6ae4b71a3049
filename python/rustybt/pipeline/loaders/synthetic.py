"""Invented bars whose every value tells its sid, its column and its day, for tests of writers and readers.

value = 100,000 * sid + 1,000 * place of the column in open, high, low, close, volume + days since 2000-01-01
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["OHLC", "OHLCV", "asset_end", "asset_start", "expected_bar_value", "expected_bar_value_with_holes", "expected_bar_values_2d", "make_bar_data"]

OHLC = ("open", "high", "low", "close")
OHLCV = (*OHLC, "volume")
_FIRST_DAY = pd.Timestamp("2000-01-01")


def asset_start(asset_info: pd.DataFrame, asset: int, tz: Any = None) -> pd.Timestamp:
    """First day of an asset."""
    day = asset_info.loc[asset, "start_date"]
    return day if tz is None else day.tz_localize(tz)


def asset_end(asset_info: pd.DataFrame, asset: int, tz: Any = None) -> pd.Timestamp:
    """Last day of an asset."""
    day = asset_info.loc[asset, "end_date"]
    return day if tz is None else day.tz_localize(tz)


def _days_since(times):
    days = times if times.tz is None else times.tz_convert("UTC").tz_localize(None)
    return (days - _FIRST_DAY).days


def make_bar_data(
    asset_info: pd.DataFrame, calendar: pd.DatetimeIndex, holes: Mapping[int, Iterable[pd.Timestamp]] | None = None
) -> Iterator[tuple[int, pd.DataFrame]]:
    """(sid, bars) for a writer. asset_info: start_date and end_date by sid; calendar: the sessions or minutes.

    holes: by sid the times without a bar (prices NaN, volume 0).
    """
    for sid in asset_info.index:
        begin, end = asset_start(asset_info, sid, calendar.tz), asset_end(asset_info, sid, calendar.tz)
        times = calendar[(calendar >= begin) & (calendar <= end)]
        values = sid * 100_000 + np.asarray(_days_since(times))[:, None] + 1_000 * np.arange(len(OHLCV))
        bars = pd.DataFrame(values.astype(np.uint32), index=times, columns=list(OHLCV))
        missing = list((holes or {}).get(sid, ()))
        if missing:
            bars = bars.astype(float)
            bars.loc[missing, list(OHLC)] = np.nan
            bars.loc[missing, "volume"] = 0
        bars["day"], bars["id"] = times.asi8 // 10**9, sid
        yield sid, bars


def expected_bar_value(asset_id: int, date: pd.Timestamp, colname: str) -> int:
    """The value of make_bar_data."""
    return asset_id * 100_000 + OHLCV.index(colname) * 1_000 + _days_since(date)


def expected_bar_value_with_holes(
    asset_id: int, date: pd.Timestamp, colname: str, holes: Mapping[int, Iterable[pd.Timestamp]], missing_value: Any
) -> Any:
    """The value of make_bar_data, missing_value in a hole."""
    return missing_value if date in holes.get(asset_id, ()) else expected_bar_value(asset_id, date, colname)


def expected_bar_values_2d(
    dates: pd.DatetimeIndex,
    assets: Iterable[int],
    asset_info: pd.DataFrame,
    colname: str,
    holes: Mapping[int, Iterable[pd.Timestamp]] | None = None,
) -> np.ndarray[Any, Any]:
    """Values of make_bar_data as an array [date][asset]; NaN, for volume 0, where there is no bar."""
    missing, kind = (0, np.uint32) if colname == "volume" else (np.nan, np.float64)
    assets = list(assets)
    values = np.full((len(dates), len(assets)), missing, dtype=kind)
    for column, sid in enumerate(assets):
        if sid not in asset_info.index:
            continue
        begin, end = asset_info.loc[sid, ["start_date", "end_date"]]
        for row, date in enumerate(dates):
            if begin <= (date if date.tz is None else date.tz_localize(None)) <= end:
                values[row, column] = expected_bar_value_with_holes(sid, date, colname, holes or {}, missing)
    return values
