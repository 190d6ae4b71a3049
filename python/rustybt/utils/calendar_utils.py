"""Trading calendars.

>>> calendar = get_calendar("NYSE")
>>> calendar.name, calendar.is_session("2014-07-04")
('XNYS', False)
"""

from functools import cached_property

from rustybt import _core
from rustybt._dates import to_days, to_nanoseconds

__all__ = ["TradingCalendar", "get_calendar"]


def get_calendar(name="XNYS"):
    """A calendar by name or alias (NYSE, NASDAQ, XLON, 24/7, ...)."""
    return TradingCalendar(_core.get_calendar(name))


class TradingCalendar:
    """Sessions of a market; labels are naive midnights, times are UTC."""

    def __init__(self, core):
        self._core = core

    @property
    def name(self):
        return self._core.name

    @property
    def tz(self):
        import zoneinfo

        return zoneinfo.ZoneInfo(self._core.tz)

    @cached_property
    def sessions(self):
        import pandas as pd

        return pd.DatetimeIndex(self._core._sessions().view("M8[ns]"))

    @property
    def all_sessions(self):
        return self.sessions

    @cached_property
    def schedule(self):
        """Frame of opens and closes by session."""
        import pandas as pd

        def times(values):
            return pd.DatetimeIndex(values.view("M8[ns]")).tz_localize("UTC")

        return pd.DataFrame(
            {"open": times(self._core._opens()), "close": times(self._core._closes())}, index=self.sessions
        )

    @property
    def first_session(self):
        return self.sessions[0]

    @property
    def last_session(self):
        return self.sessions[-1]

    @cached_property
    def early_closes(self):
        import pandas as pd

        return pd.DatetimeIndex(self._core._early_closes().view("M8[ns]"))

    def is_session(self, day):
        return self._core._is_session(to_days(day))

    def sessions_in_range(self, start, end):
        return self.sessions[self.sessions.slice_indexer(_naive(start), _naive(end))]

    def session_open(self, session):
        return self.schedule.at[_naive(session), "open"]

    def session_close(self, session):
        return self.schedule.at[_naive(session), "close"]

    def session_first_minute(self, session):
        import pandas as pd

        return self.session_open(session) + pd.Timedelta(minutes=1)

    def session_last_minute(self, session):
        return self.session_close(session)

    def is_open_on_minute(self, minute):
        return self._core._is_open_on_minute(to_nanoseconds(minute))

    def minute_to_session(self, minute, direction="next"):
        return _naive(self._core._minute_to_session(to_nanoseconds(minute), direction))

    def next_open(self, minute):
        return _utc(self._core._next_open(to_nanoseconds(minute)))

    def next_close(self, minute):
        return _utc(self._core._next_close(to_nanoseconds(minute)))

    def previous_open(self, minute):
        return _utc(self._core._previous_open(to_nanoseconds(minute)))

    def previous_close(self, minute):
        return _utc(self._core._previous_close(to_nanoseconds(minute)))

    def __repr__(self):
        return f"<TradingCalendar {self.name}>"


def _naive(value):
    import pandas as pd

    return pd.Timestamp(value).tz_localize(None)


def _utc(ns):
    import pandas as pd

    return pd.Timestamp(ns, tz="UTC")
