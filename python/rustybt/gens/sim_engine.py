"""The events of a run in order, as Zipline's clock gives them. The engine's own clock goes through the same ones.

>>> from rustybt.utils.calendar_utils import days_at_time, get_calendar
>>> import datetime
>>> calendar = get_calendar("NYSE")
>>> days = calendar.sessions_in_range("2016-07-15", "2016-07-15")
>>> before = days_at_time(days, datetime.time(8, 45), "US/Eastern", 0)
>>> clock = MinuteSimulationClock(days, calendar.first_minutes[days], calendar.closes[days], before)
>>> [event for time, event in clock][:3] == [SESSION_START, BEFORE_TRADING_START_BAR, BAR]
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

BAR, SESSION_START, SESSION_END, MINUTE_END, BEFORE_TRADING_START_BAR = range(5)
NANOS_IN_MINUTE = 60_000_000_000


class MinuteSimulationClock:
    """(time, event) of each session: its start, its minutes with before_trading_start among them, its end.

    sessions, market_opens (first minutes), market_closes and before_trading_start_minutes: one of each a session, as indexes or
    series of times. before_trading_start after the close does not come. minute_emission: MINUTE_END after every bar.
    """

    def __init__(
        self,
        sessions: pd.DatetimeIndex,
        market_opens: pd.DatetimeIndex,
        market_closes: pd.DatetimeIndex,
        before_trading_start_minutes: pd.DatetimeIndex,
        minute_emission: bool = False,
    ) -> None:
        import pandas as pd

        columns = (pd.DatetimeIndex(c) for c in (market_opens, market_closes, before_trading_start_minutes))
        self._rows = list(zip(sessions, *columns))
        self.minute_emission = minute_emission

    def __iter__(self) -> Iterator[Any]:
        import pandas as pd

        for session, first, last, before in self._rows:
            minutes = pd.date_range(first, last, freq="min", tz="UTC" if first.tz is None else None)
            yield pd.Timestamp(session, tz="UTC"), SESSION_START
            place = minutes.searchsorted(before)
            yield from self._bars(minutes[:place])
            if place < len(minutes):
                yield before, BEFORE_TRADING_START_BAR
            yield from self._bars(minutes[place:])
            yield minutes[-1], SESSION_END

    def _bars(self, minutes):
        for minute in minutes:
            yield minute, BAR
            if self.minute_emission:
                yield minute, MINUTE_END
