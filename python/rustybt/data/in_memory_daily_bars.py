"""Daily bars in frames, as a reader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from rustybt.data.bar_reader import OHLCV, NoDataForSid, NoDataOnDate
from rustybt.data.session_bars import CurrencyAwareSessionBarReader

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from rustybt._types import Array, Field, Frame
    from rustybt.assets import Asset
    from rustybt.utils.calendar_utils import TradingCalendar

__all__ = ["InMemoryDailyBarReader", "verify_frames_aligned"]


class InMemoryDailyBarReader(CurrencyAwareSessionBarReader):
    """frames: {field: frame of sessions by sids} for open, high, low, close and volume, all alike; calendar: of the sessions;
    currency_codes: Series of codes by sid."""

    def __init__(
        self, frames: Frame, calendar: TradingCalendar, currency_codes: Any, verify_indices: bool = True
    ) -> None:
        if set(frames) != set(OHLCV):
            raise ValueError(f"InMemoryDailyBarReader needs frames {sorted(OHLCV)}, found {sorted(frames)}")
        if verify_indices:
            verify_frames_aligned(list(frames.values()), calendar)
        self._frames, self._calendar, self._currency_codes = frames, calendar, currency_codes
        self._sessions, self._sids = frames["close"].index, frames["close"].columns

    @classmethod
    def from_dfs(cls, dfs: Mapping[str, pd.DataFrame], calendar: TradingCalendar, currency_codes: Any) -> Self:
        """The constructor under another name."""
        return cls(dfs, calendar, currency_codes)

    @property
    def trading_calendar(self) -> Any:
        return self._calendar

    @property
    def sessions(self) -> pd.DatetimeIndex:
        return self._sessions

    @property
    def first_trading_day(self) -> pd.Timestamp:
        return self._sessions[0]

    @property
    def last_available_dt(self) -> pd.Timestamp:
        return self._sessions[-1]

    def load_raw_arrays(
        self, columns: Sequence[str], start_date: pd.Timestamp, end_date: pd.Timestamp, assets: Asset | Iterable[Asset]
    ) -> list[Array]:
        for day in (start_date, end_date):
            if day not in self._sessions:
                raise NoDataOnDate(day)
        places = self._sids.get_indexer([int(asset) for asset in assets])
        if unknown := [asset for asset, place in zip(assets, places) if place < 0]:
            raise NoDataForSid(unknown)
        rows = self._sessions.slice_indexer(start_date, end_date)
        return [self._frames[column].to_numpy()[rows][:, places] for column in columns]

    def get_value(self, sid: int, dt: pd.Timestamp, field: Field) -> float:
        return self._frames[field].loc[dt, sid]

    def get_last_traded_dt(self, asset: Asset, dt: pd.Timestamp) -> Any:
        import pandas as pd

        last = self._frames["close"].loc[:dt, int(asset)].last_valid_index()
        return pd.NaT if last is None else last

    def currency_codes(self, sids: Iterable[int]) -> Array:
        return self._currency_codes.loc[sids].to_numpy()


def verify_frames_aligned(frames: Frame, calendar: TradingCalendar) -> None:
    """Raises ValueError unless all frames have one index, one set of columns, and the index is a run of the calendar's sessions."""
    index, columns = frames[0].index, frames[0].columns
    for frame in frames[1:]:
        if not frame.index.equals(index):
            raise ValueError(f"DataFrame indexes don't match:\n{index}\n{frame.index}")
        if not frame.columns.equals(columns):
            raise ValueError(f"DataFrame columns don't match:\n{columns}\n{frame.columns}")
    sessions = calendar.sessions_in_range(index[0], index[-1])
    if not index.tz_localize(None).equals(sessions):
        raise ValueError(f"DataFrame index doesn't match {calendar.name} calendar:\n{index}\n{sessions}")
