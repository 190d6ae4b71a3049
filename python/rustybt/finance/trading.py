"""What a run is asked to do: sessions, capital and frequencies, under Zipline's name.

    calendar = get_calendar("NYSE")
    params = SimulationParameters(pd.Timestamp("2014-01-01"), pd.Timestamp("2014-06-30"), calendar, capital_base=50_000)
    params.start_session                # 2014-01-02, the first session
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from rustybt._types import Frequency
    from rustybt.utils.calendar_utils import TradingCalendar

__all__ = ["DEFAULT_CAPITAL_BASE", "SimulationParameters"]

DEFAULT_CAPITAL_BASE = 1e5


def _day(moment):
    """The label of a day: midnight without a time zone."""
    return moment.normalize().tz_localize(None)


class SimulationParameters:
    """Period, capital and frequencies of a run. Days without a session move inwards: start forwards, end back."""

    data_frequency: Frequency
    arena: str

    def __init__(
        self,
        start_session: pd.Timestamp,
        end_session: pd.Timestamp,
        trading_calendar: TradingCalendar,
        capital_base: float = DEFAULT_CAPITAL_BASE,
        emission_rate: Frequency = "daily",
        data_frequency: Frequency = "daily",
        arena: str = "backtest",
    ) -> None:
        assert isinstance(start_session, pd.Timestamp), f"expected a Timestamp as start_session, found {start_session!r}"
        assert isinstance(end_session, pd.Timestamp), f"expected a Timestamp as end_session, found {end_session!r}"
        assert trading_calendar is not None, "Must pass in trading calendar!"
        start, end = _day(start_session), _day(end_session)
        assert start <= end, "Period start falls after period end."
        sessions = trading_calendar.sessions
        assert start <= sessions[-1], "Period start falls after the last known trading day."
        assert end >= sessions[0], "Period end falls before the first known trading day."
        self._start = sessions[sessions.searchsorted(start)]
        self._end = sessions[sessions.searchsorted(end, side="right") - 1]
        self._calendar, self._capital_base, self._emission_rate = trading_calendar, capital_base, emission_rate
        self.data_frequency, self.arena = data_frequency, arena

    @property
    def start_session(self) -> pd.Timestamp:
        return self._start

    @property
    def end_session(self) -> pd.Timestamp:
        return self._end

    @property
    def trading_calendar(self) -> TradingCalendar:
        return self._calendar

    @property
    def capital_base(self) -> float:
        return self._capital_base

    @property
    def emission_rate(self) -> Frequency:
        return self._emission_rate

    @cached_property
    def first_open(self) -> pd.Timestamp:
        """First minute of the first session; minutes carry their END."""
        return self._calendar.session_open(self._start) + pd.Timedelta(minutes=1)

    @cached_property
    def last_close(self) -> pd.Timestamp:
        """Close of the last session."""
        return self._calendar.session_close(self._end)

    @cached_property
    def sessions(self) -> pd.DatetimeIndex:
        return self._calendar.sessions_in_range(self._start, self._end)

    def create_new(
        self, start_session: pd.Timestamp, end_session: pd.Timestamp, data_frequency: Frequency | None = None
    ) -> SimulationParameters:
        """The same with another period."""
        return SimulationParameters(
            start_session,
            end_session,
            self._calendar,
            capital_base=self._capital_base,
            emission_rate=self._emission_rate,
            data_frequency=data_frequency or self.data_frequency,
            arena=self.arena,
        )

    def __repr__(self) -> str:
        names = (
            "start_session",
            "end_session",
            "capital_base",
            "data_frequency",
            "emission_rate",
            "first_open",
            "last_close",
            "trading_calendar",
        )
        rows = ",\n".join(f"    {name}={getattr(self, name)}" for name in names)
        return f"\n{type(self).__name__}(\n{rows}\n)"
