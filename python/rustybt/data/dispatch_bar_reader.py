"""One reader over several, chosen by the class of the asset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rustybt.data.bar_reader import BarReader
from rustybt.errors import InvalidArgument, NoDataForSid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import pandas as pd

    from rustybt.assets import AssetFinder
    from rustybt.utils.calendar_utils import TradingCalendar

__all__ = ["AssetDispatchBarReader", "AssetDispatchMinuteBarReader", "AssetDispatchSessionBarReader"]


class AssetDispatchBarReader(BarReader):
    """readers: {class of assets: reader}; all share the calendar. last_available_dt: default the latest of theirs."""

    data_frequency: str = "session"

    def __init__(
        self,
        trading_calendar: TradingCalendar,
        asset_finder: AssetFinder,
        readers: Mapping[type, Any],
        last_available_dt: pd.Timestamp | None = None,
    ) -> None:
        if not readers:
            raise InvalidArgument("dispatch needs a reader for one class of assets or more")
        for cls, reader in readers.items():
            if reader.trading_calendar.name != trading_calendar.name:
                raise InvalidArgument(
                    f"all readers must share the calendar {trading_calendar.name}: the one for {cls.__name__} has "
                    f"{reader.trading_calendar.name}"
                )
        self._calendar, self._asset_finder, self._readers = trading_calendar, asset_finder, dict(readers)
        self._last_available_dt = last_available_dt

    @property
    def trading_calendar(self) -> TradingCalendar:
        return self._calendar

    @property
    def first_trading_day(self) -> pd.Timestamp:
        return min(reader.first_trading_day for reader in self._readers.values())

    @property
    def last_available_dt(self) -> pd.Timestamp:
        if self._last_available_dt is not None:
            return self._last_available_dt
        return max(reader.last_available_dt for reader in self._readers.values())

    def get_value(self, sid: Any, dt: pd.Timestamp, field: str) -> Any:
        return self._reader_of(self._asset_finder.retrieve_asset(int(sid))).get_value(sid, dt, field)

    def get_last_traded_dt(self, asset: Any, dt: pd.Timestamp) -> pd.Timestamp:
        return self._reader_of(self._asset_finder.retrieve_asset(int(asset))).get_last_traded_dt(asset, dt)

    def load_raw_arrays(
        self, columns: Sequence[str], start_date: pd.Timestamp, end_date: pd.Timestamp, assets: Sequence[Any]
    ) -> list[np.ndarray]:
        import numpy as np

        places: dict[Any, list[int]] = {}
        for place, asset in enumerate(self._asset_finder.retrieve_all(assets)):
            places.setdefault(self._reader_of(asset), []).append(place)
        out = None
        for reader, own in places.items():
            arrays = reader.load_raw_arrays(columns, start_date, end_date, [assets[place] for place in own])
            if out is None:
                out = [np.empty((len(array), len(assets))) for array in arrays]
            for all_values, values in zip(out, arrays):
                all_values[:, own] = values
        return out or []

    def _reader_of(self, asset):
        if type(asset) not in self._readers:
            raise NoDataForSid(f"no bars of sid {asset.sid}: there is no reader for assets of class {type(asset).__name__}")
        return self._readers[type(asset)]


class AssetDispatchMinuteBarReader(AssetDispatchBarReader):
    """Over minute readers."""

    data_frequency: str = "minute"


class AssetDispatchSessionBarReader(AssetDispatchBarReader):
    """Over daily readers."""

    @property
    def sessions(self) -> pd.DatetimeIndex:
        import functools

        return functools.reduce(lambda x, y: x.union(y), (reader.sessions for reader in self._readers.values()))
