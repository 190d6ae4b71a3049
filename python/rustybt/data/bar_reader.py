"""Bars by sid and time, outside of a run.

    reader = rustybt.data.bundles.load("mine").equity_daily_bar_reader
    reader.get_value(sid, "2014-06-05", "close")
    closes, volumes = reader.load_raw_arrays(["close", "volume"], start, end, sids)     # arrays of times by sids
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from rustybt import _core
from rustybt._dates import to_nanoseconds
from rustybt.errors import NoDataAfterDate, NoDataBeforeDate, NoDataForSid, NoDataOnDate  # noqa: F401

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from rustybt._core import RunResult
    from rustybt._types import Array, Frequency
    from rustybt.assets import Asset

__all__ = ["OHLCV", "BarReader", "BundleBarReader", "NoDataAfterDate", "NoDataBeforeDate", "NoDataForSid", "NoDataOnDate"]

OHLCV = ("open", "high", "low", "close", "volume")
_DAY_NS = 86_400_000_000_000


class BarReader(ABC):
    """What every reader answers (Zipline's interface)."""

    @property
    @abstractmethod
    def data_frequency(self) -> Frequency:
        """ "daily" or "minute"."""

    @property
    @abstractmethod
    def trading_calendar(self) -> Any:
        """The calendar of the bars."""

    @property
    @abstractmethod
    def first_trading_day(self) -> pd.Timestamp:
        """First session with bars."""

    @property
    @abstractmethod
    def last_available_dt(self) -> pd.Timestamp:
        """Last session, or minute, with bars."""

    @abstractmethod
    def load_raw_arrays(
        self, columns: Sequence[str], start_date: pd.Timestamp, end_date: pd.Timestamp, assets: Asset | Iterable[Asset]
    ) -> list[Array]:
        """One array per column: times by assets, NaN (volume: 0) where there is nothing."""

    @abstractmethod
    def get_value(self, sid: int, dt: pd.Timestamp, field: str) -> float:
        """One value; raises NoDataOnDate, NoDataBeforeDate, NoDataAfterDate, NoDataForSid."""

    @abstractmethod
    def get_last_traded_dt(self, asset: Asset, dt: pd.Timestamp) -> Any:
        """Time of the last bar with volume at or before dt; NaT when it never traded."""


class NoKnownSid(NoDataForSid, ValueError):
    """None of the assets that were asked for has bars."""


class _CoreReader(BarReader):
    """A reader of the core."""

    def __init__(self, core: RunResult, data_frequency: Frequency, bundle: str) -> None:
        self._core, self._frequency, self._bundle = core, data_frequency, bundle

    @property
    def data_frequency(self) -> Frequency:
        return self._frequency

    @property
    def trading_calendar(self) -> Any:
        from rustybt.utils.calendar_utils import get_calendar

        return get_calendar(self._core.calendar_name)

    @property
    def sessions(self) -> pd.DatetimeIndex:
        import numpy as np
        import pandas as pd

        return pd.DatetimeIndex(np.array(self._core.sessions, dtype="M8[D]").astype("M8[ns]"))

    @property
    def first_trading_day(self) -> pd.Timestamp:
        import pandas as pd

        return pd.Timestamp(self._core.first_trading_day * _DAY_NS)

    @property
    def last_available_dt(self) -> pd.Timestamp:
        return self._stamp(self._core.last_available_ns)

    def load_raw_arrays(
        self, columns: Sequence[str], start_date: pd.Timestamp, end_date: pd.Timestamp, assets: Asset | Iterable[Asset]
    ) -> list[Array]:
        return self._core.load_raw_arrays(
            list(columns), to_nanoseconds(start_date), to_nanoseconds(end_date), [int(a) for a in assets]
        )

    def get_value(self, sid: int, dt: pd.Timestamp, field: str) -> float:
        value = self._core.get_value(int(sid), to_nanoseconds(dt), field)
        return int(value) if field == "volume" and value.is_integer() else value

    def get_last_traded_dt(self, asset: Asset, dt: pd.Timestamp) -> Any:
        import pandas as pd

        ns = self._core.last_traded(int(asset), to_nanoseconds(dt))
        return pd.NaT if ns is None else self._stamp(ns)

    def _stamp(self, ns):
        import pandas as pd

        return pd.Timestamp(ns) if self._frequency == "daily" else pd.Timestamp(ns, tz="UTC")


class BundleBarReader(_CoreReader):
    """The daily or minute bars of an open bundle."""

    def __init__(self, bundle: str, data_frequency: Frequency = "daily") -> None:
        super().__init__(_core.bundle_bar_reader(bundle, data_frequency == "minute"), data_frequency, bundle)

    def __repr__(self) -> str:
        return f"<BundleBarReader {self._bundle.name}, {self._frequency}>"


def reader_of(bundle: str, data_frequency: Frequency) -> Any:
    """The reader of a bundle; None where it has no such bars."""
    rows = bundle.info["daily_rows" if data_frequency == "daily" else "minute_rows"]
    return BundleBarReader(bundle, data_frequency) if rows else None
