"""Returns of a benchmark, from the bars of an asset or from a given series.

    source = BenchmarkSource(spy, calendar, sessions, data_portal)
    source.get_range(sessions[0], sessions[-1])

A run computes the same in the engine; this is for looking at them outside of one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rustybt.errors import (
    BenchmarkAssetNotAvailableTooEarly,
    BenchmarkAssetNotAvailableTooLate,
    InvalidArgument,
    InvalidBenchmarkAsset,
)

if TYPE_CHECKING:
    import pandas as pd

    from rustybt._types import Frequency
    from rustybt.assets import Asset
    from rustybt.data.data_portal import DataPortal
    from rustybt.utils.calendar_utils import TradingCalendar

__all__ = ["BenchmarkSource"]


class BenchmarkSource:
    """Returns of a benchmark by session, or with emission_rate "minute" by minute.

    benchmark_asset: its price, fully adjusted as known on the last session; the asset trades in all of `sessions`, and pays no
    dividend in stock. On the first session of its life the return is that from open to close. benchmark_returns, where there is
    no asset: Series of daily returns; 0 on sessions that it lacks.

    Raises BenchmarkAssetNotAvailableTooEarly, BenchmarkAssetNotAvailableTooLate, InvalidBenchmarkAsset.
    """

    benchmark_asset: Asset | None
    sessions: pd.DatetimeIndex
    data_portal: DataPortal

    def __init__(
        self,
        benchmark_asset: Asset | None,
        trading_calendar: TradingCalendar,
        sessions: pd.DatetimeIndex,
        data_portal: DataPortal,
        emission_rate: Frequency = "daily",
        benchmark_returns: pd.Series[float] | None = None,
    ) -> None:
        import pandas as pd

        self.benchmark_asset, self.sessions = benchmark_asset, sessions
        self.emission_rate, self.data_portal = emission_rate, data_portal
        self._calendar = trading_calendar
        if len(sessions) == 0:
            self._returns = self._daily = pd.Series(dtype=float)
        elif benchmark_asset is not None:
            self._check(benchmark_asset)
            by_minute = emission_rate == "minute"
            self._returns, self._daily = (self._minute_returns_of if by_minute else self._daily_returns_of)(benchmark_asset)
        elif benchmark_returns is not None:
            self._daily = self._returns = benchmark_returns.reindex(sessions).fillna(0)
            if emission_rate == "minute":  # each minute has the return of its session
                minutes = trading_calendar.sessions_minutes(sessions[0], sessions[-1])
                self._returns = self._daily.tz_localize(minutes.tz).reindex(minutes, method="ffill")
        else:
            raise InvalidArgument.with_hint(
                "Must provide either benchmark_asset or benchmark_returns.", "pass an asset, or a Series of daily returns"
            )

    def get_value(self, dt: pd.Timestamp) -> float:
        """Return at a session's label, with emission_rate "minute" at a minute."""
        return self._returns.loc[dt]

    def get_range(self, start_dt: pd.Timestamp, end_dt: pd.Timestamp) -> pd.Series[float]:
        """Returns from start_dt to end_dt, both included; labels as in get_value."""
        return self._returns.loc[start_dt:end_dt]

    def daily_returns(self, start: pd.Timestamp, end: pd.Timestamp | None = None) -> Any:
        """Returns of the sessions from start to end, or without end that of one session."""
        return self._daily[start] if end is None else self._daily[start:end]

    def _check(self, asset):
        first, last = self.sessions[0], self.sessions[-1]
        if dividends := self.data_portal.get_stock_dividends(asset, self.sessions):
            raise InvalidBenchmarkAsset(sid=str(asset), dt=dividends[0]["ex_date"])
        if asset.start_date > first:
            raise BenchmarkAssetNotAvailableTooEarly(sid=str(asset), dt=first, start_dt=asset.start_date)
        if asset.end_date < last:
            raise BenchmarkAssetNotAvailableTooLate(sid=str(asset), dt=last, end_dt=asset.end_date)

    def _prices(self, asset, end, bar_count, frequency):
        window = self.data_portal.get_history_window([asset], end, bar_count, frequency, "price", self.emission_rate)
        return window[asset]

    def _daily_returns_of(self, asset):
        """(returns of sessions, the same)"""
        first, last = self.sessions[0], self.sessions[-1]
        if asset.start_date < first:
            returns = self._prices(asset, last, len(self.sessions) + 1, "1d").pct_change().iloc[1:]
            return returns, returns
        returns = self._prices(asset, last, len(self.sessions), "1d").pct_change()
        begin, end = (self.data_portal.get_spot_value(asset, field, first, "daily") for field in ("open", "close"))
        returns.iloc[0] = (end - begin) / begin
        return returns, returns

    def _minute_returns_of(self, asset):
        """(returns of minutes, of sessions from the second on)"""
        minutes = self._calendar.sessions_minutes(self.sessions[0], self.sessions[-1])
        prices = self._prices(asset, minutes[-1], len(minutes) + 1, "1m")
        closes = self._calendar.closes[self.sessions[0] : self.sessions[-1]]
        daily = prices[closes].pct_change()
        daily.index = closes.index
        return prices.pct_change().iloc[1:], daily.iloc[1:]
