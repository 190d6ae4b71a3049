"""When scheduled functions run: on which sessions (date_rules) and at which minute of them (time_rules).

schedule_function(rebalance, date_rules.month_start(), time_rules.market_open(minutes=30))
"""

from __future__ import annotations

import abc
import datetime
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    import pandas as pd

    from rustybt._core import BarData

__all__ = [
    "AfterOpen",
    "Always",
    "BeforeClose",
    "ComposedRule",
    "Event",
    "EventManager",
    "EventRule",
    "NDaysBeforeLastTradingDayOfMonth",
    "NDaysBeforeLastTradingDayOfWeek",
    "Never",
    "NotHalfDay",
    "NthTradingDayOfMonth",
    "NthTradingDayOfWeek",
    "OncePerDay",
    "StatefulRule",
    "StatelessRule",
    "calendars",
    "date_rules",
    "make_eventrule",
    "time_rules",
]

MAX_MONTH_RANGE = 23
MAX_WEEK_RANGE = 5
_ONE_MINUTE = datetime.timedelta(minutes=1)
_ONE_DAY = datetime.timedelta(days=1)


class EventRule(abc.ABC):
    """Base of all rules. Subclasses say in should_trigger(dt) whether a bar of that time is meant; `cal` is the calendar of the
    schedule. The rules of this module have `_core` too, a kind and an offset: in a run the engine asks its own rule of that kind.
    """

    _core = None
    cal = None

    @abc.abstractmethod
    def should_trigger(self, dt: pd.Timestamp) -> bool:
        """Is the bar of this time (UTC) meant?"""
        raise NotImplementedError("should_trigger")

    def __repr__(self) -> str:
        if self._core is None:
            return f"{type(self).__name__}()"
        kind, offset = self._core
        return f"{type(self).__name__}({offset})" if offset else f"{type(self).__name__}()"


class StatelessRule(EventRule):
    """A rule whose answer depends on the time alone; two of them are joined by `&`."""

    def and_(self, rule: StatelessRule) -> ComposedRule:
        return ComposedRule(self, rule, ComposedRule.lazy_and)

    __and__ = and_


class ComposedRule(StatelessRule):
    """Two rules in one: composer(first.should_trigger, second.should_trigger, dt)."""

    first: StatelessRule
    second: StatelessRule
    composer: Callable[..., bool]

    def __init__(self, first: StatelessRule, second: StatelessRule, composer: Callable[..., bool]) -> None:
        if not (isinstance(first, StatelessRule) and isinstance(second, StatelessRule)):
            raise ValueError("Only two StatelessRules can be composed")
        self.first, self.second, self.composer = first, second, composer

    def should_trigger(self, dt: pd.Timestamp) -> bool:
        return self.composer(self.first.should_trigger, self.second.should_trigger, dt)

    @staticmethod
    def lazy_and(
        first_should_trigger: Callable[[Any], bool], second_should_trigger: Callable[[Any], bool], dt: pd.Timestamp
    ) -> bool:
        return first_should_trigger(dt) and second_should_trigger(dt)

    @property
    def cal(self) -> Any:
        return self.first.cal

    @cal.setter
    def cal(self, calendar: Any) -> Any:
        self.first.cal = self.second.cal = calendar


class Always(StatelessRule):
    """Every day; every minute."""

    _core = ("always", 0)

    def should_trigger(self, dt: pd.Timestamp) -> bool:
        return True


class Never(StatelessRule):
    """On no bar."""

    def should_trigger(self, dt: pd.Timestamp) -> bool:
        return False


class NotHalfDay(StatelessRule):
    """On sessions that do not close early."""

    def should_trigger(self, dt: pd.Timestamp) -> bool:
        return self.cal.minute_to_session(dt) not in self.cal.early_closes


class _DayOfPeriod(StatelessRule):
    """The n-th session of a week or month, counted from one end, from 0."""

    _is_from_end = False

    def __init__(self, n: int) -> None:
        if isinstance(n, float):
            if n != int(n):
                raise TypeError(n)
            warnings.warn(
                f"{type(self).__name__} expected an int for argument 'n', but got float {n}. Coercing to int.",
                stacklevel=3,
            )
            n = int(n)
        if not 0 <= n < self._range:
            raise _refusal(f"offset must be in between 0 and {self._range - 1} inclusive", "0 is the first session, counted from one end")
        self.n = n
        self._core = (self._kind, n)
        self._days = None, frozenset()

    def should_trigger(self, dt: pd.Timestamp) -> bool:
        if self._days[0] is not self.cal:
            sessions = self.cal.sessions.to_series()
            place = -self.n - 1 if self._is_from_end else self.n
            self._days = self.cal, frozenset(sessions.groupby(self._periods(self.cal.sessions)).nth(place))
        return self.cal.minute_to_session(dt, direction="none") in self._days[1]

    @staticmethod
    @abc.abstractmethod
    def _periods(sessions):
        """The period of each session."""


class TradingDayOfWeekRule(_DayOfPeriod):
    _range = MAX_WEEK_RANGE

    @staticmethod
    def _periods(sessions):
        days = sessions.isocalendar()
        return [days.year, days.week]


class TradingDayOfMonthRule(_DayOfPeriod):
    _range = MAX_MONTH_RANGE

    @staticmethod
    def _periods(sessions):
        return [sessions.year, sessions.month]


class NthTradingDayOfWeek(TradingDayOfWeekRule):
    """The n-th session of a week, from 0."""

    _kind = "week_start"


class NDaysBeforeLastTradingDayOfWeek(TradingDayOfWeekRule):
    """The session n before the last of a week."""

    _kind, _is_from_end = "week_end", True


class NthTradingDayOfMonth(TradingDayOfMonthRule):
    """The n-th session of a month, from 0."""

    _kind = "month_start"


class NDaysBeforeLastTradingDayOfMonth(TradingDayOfMonthRule):
    """The session n before the last of a month."""

    _kind, _is_from_end = "month_end", True


class _MinuteOfSession(StatelessRule):
    def __init__(self, offset: datetime.timedelta | None = None, **hours_and_minutes: Any) -> None:
        self.offset: datetime.timedelta = _build_offset(offset, hours_and_minutes, _ONE_MINUTE)
        self._core = (self._kind, self.offset // datetime.timedelta(microseconds=1) * 1000)
        self._session = None, None, None  # first and last minute of the session last asked for, and the one meant

    def should_trigger(self, dt: pd.Timestamp) -> bool:
        first, last, meant = self._session
        if first is None or not first <= dt <= last:
            session = self.cal.minute_to_session(dt)
            first, last = self.cal.session_first_minute(session), self.cal.session_close(session)
            meant = self._minute(self.cal.execution_time_from_open(first), self.cal.execution_time_from_close(last))
            self._session = first, last, meant
        return dt == meant

    @abc.abstractmethod
    def _minute(self, first, close):
        """The minute meant, of a session's first minute and its close."""


class AfterOpen(_MinuteOfSession):
    """A time after the open; one minute is the session's first."""

    _kind = "market_open"

    def _minute(self, first, close):
        return first + self.offset - _ONE_MINUTE


class BeforeClose(_MinuteOfSession):
    """A time before the close."""

    _kind = "market_close"

    def _minute(self, first, close):
        return close - self.offset


class StatefulRule(EventRule):
    """A rule around another one, whose answer may depend on what was asked before."""

    def __init__(self, rule: EventRule | None = None) -> None:
        self.rule: EventRule = rule or Always()

    @property
    def cal(self) -> Any:
        return self.rule.cal

    @cal.setter
    def cal(self, calendar: Any) -> Any:
        self.rule.cal = calendar


class OncePerDay(StatefulRule):
    """The first time only that the other rule triggers within 24 hours of the first bar asked for."""

    next_date: Any

    def __init__(self, rule: EventRule | None = None) -> None:
        super().__init__(rule)
        self.triggered, self.next_date = False, None

    def should_trigger(self, dt: pd.Timestamp) -> bool:
        if self.next_date is None or dt >= self.next_date:
            self.triggered, self.next_date = False, dt + _ONE_DAY
        if not self.triggered and self.rule.should_trigger(dt):
            self.triggered: bool = True
            return True
        return False


class Event(NamedTuple):
    """What to call, and when: callback(context, data) where the rule triggers."""

    rule: EventRule
    callback: object = None

    def handle_data(self, context: Any, data: BarData, dt: pd.Timestamp) -> None:
        if self.rule.should_trigger(dt) and self.callback is not None:
            self.callback(context, data)


class EventManager:
    """Events in order; create_context(data) gives a context manager around their callbacks."""

    def __init__(self, create_context: Callable[[BarData], AbstractContextManager[Any]] | None = None) -> None:
        from contextlib import nullcontext

        self._events = []
        self._create_context = create_context or (lambda data: nullcontext())

    def add_event(self, event: Event, prepend: bool = False) -> None:
        self._events.insert(0 if prepend else len(self._events), event)

    def handle_data(self, context: Any, data: BarData, dt: pd.Timestamp) -> None:
        with self._create_context(data):
            for event in self._events:
                event.handle_data(context, data, dt)


def make_eventrule(date_rule: StatelessRule, time_rule: StatelessRule, cal: Any, half_days: bool = True) -> OncePerDay:
    """The rule that schedule_function makes of a date rule and a time rule: both of them, once a day."""
    rule = date_rule & time_rule
    if not half_days:
        rule = rule & NotHalfDay()
    once = OncePerDay(rule)
    once.cal = cal
    return once


class date_rules:
    """On which sessions a scheduled function runs."""

    @staticmethod
    def every_day() -> Always:
        return Always()

    @staticmethod
    def month_start(days_offset: int = 0) -> NthTradingDayOfMonth:
        """The session `days_offset` (0..22) after the month's first."""
        return NthTradingDayOfMonth(n=days_offset)

    @staticmethod
    def month_end(days_offset: int = 0) -> NDaysBeforeLastTradingDayOfMonth:
        """The session `days_offset` (0..22) before the month's last."""
        return NDaysBeforeLastTradingDayOfMonth(n=days_offset)

    @staticmethod
    def week_start(days_offset: int = 0) -> NthTradingDayOfWeek:
        """The session `days_offset` (0..4) after the week's first."""
        return NthTradingDayOfWeek(n=days_offset)

    @staticmethod
    def week_end(days_offset: int = 0) -> NDaysBeforeLastTradingDayOfWeek:
        """The session `days_offset` (0..4) before the week's last."""
        return NDaysBeforeLastTradingDayOfWeek(n=days_offset)


class time_rules:
    """At which minute of a session a scheduled function runs; daily runs have one bar, so it has no effect there."""

    @staticmethod
    def market_open(
        offset: datetime.timedelta | None = None, hours: int | None = None, minutes: int | None = None
    ) -> AfterOpen:
        """1 minute to 12 hours after the open; default the first minute."""
        return AfterOpen(offset=offset, hours=hours, minutes=minutes)

    @staticmethod
    def market_close(
        offset: datetime.timedelta | None = None, hours: int | None = None, minutes: int | None = None
    ) -> BeforeClose:
        """1 minute to 12 hours before the close; default one minute."""
        return BeforeClose(offset=offset, hours=hours, minutes=minutes)

    @staticmethod
    def every_minute() -> Always:
        return Always()


class _CalendarName:
    name: str
    calendar: str

    def __init__(self, name: str, calendar: Any) -> None:
        self.name, self.calendar = name, calendar

    def __repr__(self) -> str:
        return f"calendars.{self.name}"


class calendars:
    """Whose sessions a schedule counts."""

    US_EQUITIES = _CalendarName("US_EQUITIES", "XNYS")
    US_FUTURES = _CalendarName("US_FUTURES", "us_futures")


def _refusal(message, hint, kind="InvalidArgument"):
    from rustybt import errors

    return getattr(errors, kind).with_hint(message, hint)


def check_is_rule(rule: object) -> None:
    """Refuse rules that were not called (date_rules.month_end instead of date_rules.month_end())."""
    if isinstance(rule, EventRule):
        return
    message = f"invalid rule: {rule!r}"
    if callable(rule) and hasattr(rule, "__name__"):
        message += f" (hint: did you mean {rule.__name__}())"
    raise _refusal(message, "pass a rule such as date_rules.every_day() or time_rules.market_open(minutes=30)", "WrongType")


# --- arguments of rules -----------------------------------------------------------------------------------------------


def _build_offset(offset, kwargs, default):
    """An offset given as timedelta or as hours and minutes."""
    given = {name: value for name, value in kwargs.items() if value is not None}
    if offset is None:
        if not given:
            return default
        offset = datetime.timedelta(**given)
    elif given:
        raise ValueError("Cannot pass kwargs and an offset")
    elif not isinstance(offset, datetime.timedelta):
        raise TypeError("Must pass 'hours' and/or 'minutes' as keywords")
    if not 60 <= offset.total_seconds() <= 43200:
        raise _refusal("offset must be in between 1 minute and 12 hours, inclusive.", "give hours=, minutes= within that")
    return offset


def _build_date(date, kwargs):
    """A date given as such or as year, month and day."""
    return _given_once("date", date, kwargs) or datetime.date(**kwargs)


def _build_time(time, kwargs):
    """A time of day given as such (UTC where it has no zone) or as hour and minute."""
    kwargs = {name: value for name, value in kwargs.items() if name != "tz"}
    given = _given_once("time", time, kwargs)
    return datetime.time(**kwargs) if given is None else given.replace(tzinfo=given.tzinfo or datetime.timezone.utc)


def _given_once(what, value, kwargs):
    if value is None and not kwargs:
        raise ValueError(f"Must pass a {what} or kwargs")
    if value is not None and kwargs:
        raise ValueError(f"Cannot pass kwargs and a {what}")
    return value
