"""Trading calendars.

>>> calendar = get_calendar("NYSE")
>>> calendar.name, calendar.is_session("2014-07-04")
('XNYS', False)
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from rustybt import _core
from rustybt._dates import to_days, to_nanoseconds
from rustybt.errors import InvalidCalendarName, NotYetSupported

if TYPE_CHECKING:
    import datetime

    import pandas as pd

    from rustybt._types import Day, Moment

__all__ = ["TradingCalendar", "days_at_time", "get_calendar", "register_calendar", "register_calendar_alias"]

_MINUTE = 60_000_000_000
_aliases: dict[str, str] = {}
_whole: dict[str, TradingCalendar] = {}


def get_calendar(
    name: str, start: Day | None = None, end: Day | None = None, side: str | None = None
) -> TradingCalendar:
    """A calendar by name or alias (NYSE, NASDAQ, XLON, 24/7, ...), from session `start` to `end`.

    Without bounds it begins in 1990 or when we know its market, and ends a year from today, as Zipline's.

    side: "right", as Zipline's, or None: a minute's label is its end. Raises TypeError for another side.
    """
    if side not in (None, "right"):
        raise TypeError(f"calendars are right-sided (a minute's label is its end): side is 'right', not {side!r}")
    core = _core.get_calendar(_aliases.get(name, name))
    if start is not None or end is not None:
        return TradingCalendar(core, start, end)
    return _whole.setdefault(core.name, TradingCalendar(core))


def register_calendar_alias(alias: str, real_name: str, force: bool = False) -> None:
    """Let get_calendar find a calendar under another name too. Raises ValueError for a name that is taken, unless forced."""
    try:
        taken = get_calendar(alias).name
    except InvalidCalendarName:
        taken = None
    name = get_calendar(real_name).name
    if taken not in (None, name) and not force:
        raise ValueError(f"{alias!r} names the calendar {taken} already: pass force=True to let it name {name}")
    _aliases[alias] = name


def register_calendar(name: str, calendar: TradingCalendar, force: bool = False) -> None:
    """Let get_calendar find a calendar of ours under a name of your own. Calendars made of other classes are not supported yet."""
    if not isinstance(calendar, TradingCalendar):
        raise NotYetSupported(f"register_calendar takes what get_calendar gives, found {calendar!r}")
    register_calendar_alias(name, calendar.name, force)


class TradingCalendar:
    """Sessions of a market; labels are naive midnights, times are UTC. Names as in exchange_calendars."""

    side = "right"

    def __init__(self, core: Any, start: Day | None = None, end: Day | None = None) -> None:
        self._core = core
        self._bounds = start, end

    @property
    def name(self) -> str:
        return self._core.name

    @property
    def tz(self) -> datetime.tzinfo:
        import zoneinfo

        return zoneinfo.ZoneInfo(self._core.tz)

    @cached_property
    def sessions(self) -> pd.DatetimeIndex:
        import pandas as pd

        return self._within(pd.DatetimeIndex(self._core._sessions().view("M8[ns]")))

    def _within(self, sessions):
        import pandas as pd

        start, end = self._bounds
        start = None if start is None else _naive(start)
        end = pd.Timestamp.now().normalize() + pd.DateOffset(years=1) if end is None else _naive(end)
        return sessions[sessions.slice_indexer(start, end)]

    @property
    def all_sessions(self) -> pd.DatetimeIndex:
        return self.sessions

    @cached_property
    def schedule(self) -> pd.DataFrame:
        """Frame of opens and closes by session."""
        import pandas as pd

        def times(values):
            return pd.DatetimeIndex(values.view("M8[ns]")).tz_localize("UTC")

        columns = {"open": times(self._core._opens()), "close": times(self._core._closes())}
        whole = pd.DatetimeIndex(self._core._sessions().view("M8[ns]"))
        return pd.DataFrame(columns, index=whole).loc[self.sessions]

    @property
    def opens(self) -> pd.Series:
        return self.schedule["open"]

    @property
    def closes(self) -> pd.Series:
        return self.schedule["close"]

    @cached_property
    def first_minutes(self) -> pd.Series:
        """The first minute of each session."""
        import pandas as pd

        return self.opens + pd.Timedelta(minutes=1)

    @property
    def last_minutes(self) -> pd.Series:
        return self.closes

    @cached_property
    def minutes(self) -> pd.DatetimeIndex:
        """All minutes of all sessions, without lunch breaks."""
        import pandas as pd

        return pd.DatetimeIndex(self._minutes.view("M8[ns]"), tz="UTC")

    @cached_property
    def _minutes(self):
        import numpy as np

        starts, ends = self._core._stretches()
        first, last = self.opens.iloc[0].value, self.closes.iloc[-1].value
        kept = (starts >= first) & (ends <= last)
        starts, counts = starts[kept], (ends[kept] - starts[kept]) // _MINUTE
        before = np.repeat(np.cumsum(counts) - counts, counts)
        return np.repeat(starts, counts) + (np.arange(counts.sum()) - before + 1) * _MINUTE

    @cached_property
    def day(self) -> Any:
        """Offset of one session: what is no session is a holiday."""
        import numpy as np
        import pandas as pd

        weekdays = np.unique(self.sessions.weekday)
        candidates = pd.date_range(self.first_session, self.last_session)
        candidates = candidates[np.isin(candidates.weekday, weekdays)]
        mask = "".join("1" if day in weekdays else "0" for day in range(7))
        return pd.offsets.CustomBusinessDay(weekmask=mask, holidays=list(candidates.difference(self.sessions)))

    @property
    def first_session(self) -> pd.Timestamp:
        return self.sessions[0]

    @property
    def last_session(self) -> pd.Timestamp:
        return self.sessions[-1]

    @cached_property
    def early_closes(self) -> pd.DatetimeIndex:
        import pandas as pd

        return self._within(pd.DatetimeIndex(self._core._early_closes().view("M8[ns]")))

    def is_session(self, day: pd.Timestamp) -> bool:
        return self._core._is_session(to_days(day))

    def sessions_in_range(self, start: Day, end: Day) -> pd.DatetimeIndex:
        return self.sessions[self.sessions.slice_indexer(_naive(start), _naive(end))]

    def sessions_window(self, session: Day, count: int) -> pd.DatetimeIndex:
        """The session and those after it (before it, for a negative count), `count` in all; fewer at an end."""
        at = self._place(session)
        return self.sessions[at : at + count] if count > 0 else self.sessions[max(at + count + 1, 0) : at + 1]

    def next_session(self, session: Day) -> pd.Timestamp:
        return self._beside(session, 1)

    def previous_session(self, session: Day) -> pd.Timestamp:
        return self._beside(session, -1)

    def _beside(self, session, step):
        at = self._place(session) + step
        if not 0 <= at < len(self.sessions):
            raise ValueError(f"{_naive(session).date()} is at the end of calendar {self.name}: no session beside it")
        return self.sessions[at]

    def _place(self, session):
        at = self.sessions.searchsorted(_naive(session))
        if at == len(self.sessions) or self.sessions[at] != _naive(session):
            raise ValueError(f"{session} is no session of calendar {self.name}")
        return at

    def sessions_distance(self, start: Day, end: Day) -> int:
        """Sessions from start to end, both counted."""
        return len(self.sessions_in_range(start, end))

    def session_minutes(self, session: Day) -> pd.DatetimeIndex:
        return self.sessions_minutes(session, session)

    def sessions_minutes(self, start: Day, end: Day) -> pd.DatetimeIndex:
        """The minutes of the sessions from start to end."""
        return self.minutes_in_range(self.session_first_minute(start), self.session_last_minute(end))

    def minutes_in_range(self, start: Day, end: Day) -> pd.DatetimeIndex:
        """The minutes of sessions from a time to a time."""
        import numpy as np

        first = np.searchsorted(self._minutes, to_nanoseconds(start))
        return self.minutes[first : np.searchsorted(self._minutes, to_nanoseconds(end), side="right")]

    def minutes_window(self, minute: Moment, count: int) -> pd.DatetimeIndex:
        """The minute and those after it (before it, for a negative count), `count` in all."""
        import numpy as np

        at = int(np.searchsorted(self._minutes, to_nanoseconds(minute)))
        return self.minutes[at : at + count] if count > 0 else self.minutes[max(at + count + 1, 0) : at + 1]

    def minutes_to_sessions(self, minutes: pd.DatetimeIndex) -> pd.DatetimeIndex:
        """The session of each of these minutes."""
        import pandas as pd

        places = self.closes.searchsorted(pd.DatetimeIndex(minutes))
        return self.sessions[places]

    def session_open(self, session: Day) -> pd.Timestamp:
        return self.schedule.at[_naive(session), "open"]

    def session_close(self, session: Day) -> pd.Timestamp:
        return self.schedule.at[_naive(session), "close"]

    def session_open_close(self, session: Day) -> tuple[pd.Timestamp, pd.Timestamp]:
        return self.session_open(session), self.session_close(session)

    def execution_time_from_open(self, opens: Any) -> Any:
        """When trading begins in a run: with the calendar us_futures 12:30 hours after the open, else at the open."""
        import pandas as pd

        return opens + pd.Timedelta(hours=12.5) if self.name == "us_futures" else opens

    def execution_time_from_close(self, closes: Any) -> Any:
        """When trading ends in a run: with the calendar us_futures an hour before the close, else at the close."""
        import pandas as pd

        return closes - pd.Timedelta(hours=1) if self.name == "us_futures" else closes

    def execution_minutes_for_session(self, session: Day) -> pd.DatetimeIndex:
        """The minutes of a session in which a run trades."""
        return self.minutes_in_range(
            self.execution_time_from_open(self.session_first_minute(session)),
            self.execution_time_from_close(self.session_last_minute(session)),
        )

    def execution_minutes_for_sessions_in_range(self, start: Day, end: Day) -> pd.DatetimeIndex:
        """The minutes in which a run from start to end trades."""
        import pandas as pd

        none = pd.DatetimeIndex([], tz="UTC")
        return none.append([self.execution_minutes_for_session(day) for day in self.sessions_in_range(start, end)])

    def session_first_minute(self, session: Day) -> pd.Timestamp:
        import pandas as pd

        return self.session_open(session) + pd.Timedelta(minutes=1)

    def session_last_minute(self, session: Day) -> pd.Timestamp:
        return self.session_close(session)

    def is_open_on_minute(self, minute: Moment) -> bool:
        return self._core._is_open_on_minute(to_nanoseconds(minute))

    def minute_to_session(self, minute: Moment, direction: str = "next") -> pd.Timestamp:
        return _naive(self._core._minute_to_session(to_nanoseconds(minute), direction))

    def next_minute(self, minute: Moment) -> pd.Timestamp:
        """The first trading minute after a time."""
        return _utc(self._core._next_minute(to_nanoseconds(minute)))

    def previous_minute(self, minute: Moment) -> pd.Timestamp:
        """The last trading minute before a time."""
        return _utc(self._core._previous_minute(to_nanoseconds(minute)))

    def next_open(self, minute: Moment) -> pd.Timestamp:
        return _utc(self._core._next_open(to_nanoseconds(minute)))

    def next_close(self, minute: Moment) -> pd.Timestamp:
        return _utc(self._core._next_close(to_nanoseconds(minute)))

    def previous_open(self, minute: Moment) -> pd.Timestamp:
        return _utc(self._core._previous_open(to_nanoseconds(minute)))

    def previous_close(self, minute: Moment) -> pd.Timestamp:
        return _utc(self._core._previous_close(to_nanoseconds(minute)))

    def __repr__(self) -> str:
        return f"<TradingCalendar {self.name}>"


def days_at_time(dates: Any, time: datetime.time, tz: str | datetime.tzinfo, day_offset: int) -> pd.DatetimeIndex:
    """The UTC times at which it is `time` in zone `tz` on the days `day_offset` after these dates."""
    import pandas as pd

    days = pd.DatetimeIndex(dates).tz_localize(None).normalize() + pd.Timedelta(days=day_offset)
    clock = pd.Timedelta(hours=time.hour, minutes=time.minute, seconds=time.second)
    return (days + clock).tz_localize(tz).tz_convert("UTC")


def _naive(value):
    import pandas as pd

    return pd.Timestamp(value).tz_localize(None)


def _utc(ns):
    import pandas as pd

    return pd.Timestamp(ns, tz="UTC")
