"""When scheduled functions run: on which sessions (date_rules) and at which minute of them (time_rules).

schedule_function(rebalance, date_rules.month_start(), time_rules.market_open(minutes=30))
"""

import datetime
import warnings

__all__ = [
    "AfterOpen",
    "Always",
    "BeforeClose",
    "EventRule",
    "NDaysBeforeLastTradingDayOfMonth",
    "NDaysBeforeLastTradingDayOfWeek",
    "NthTradingDayOfMonth",
    "NthTradingDayOfWeek",
    "calendars",
    "date_rules",
    "time_rules",
]

MAX_MONTH_RANGE = 23
MAX_WEEK_RANGE = 5
_ONE_MINUTE = datetime.timedelta(minutes=1)


class EventRule:
    """Base of all rules; `_core` is what the engine schedules: a kind and an offset."""

    _core = None

    def __repr__(self):
        kind, offset = self._core
        return f"{type(self).__name__}({offset})" if offset else f"{type(self).__name__}()"


class Always(EventRule):
    """Every day; every minute."""

    _core = ("always", 0)


class _DayOfPeriod(EventRule):
    """The n-th session of a week or month, counted from one end, from 0."""

    def __init__(self, n):
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


class NthTradingDayOfWeek(_DayOfPeriod):
    _kind, _range = "week_start", MAX_WEEK_RANGE


class NDaysBeforeLastTradingDayOfWeek(_DayOfPeriod):
    _kind, _range = "week_end", MAX_WEEK_RANGE


class NthTradingDayOfMonth(_DayOfPeriod):
    _kind, _range = "month_start", MAX_MONTH_RANGE


class NDaysBeforeLastTradingDayOfMonth(_DayOfPeriod):
    _kind, _range = "month_end", MAX_MONTH_RANGE


class _MinuteOfSession(EventRule):
    def __init__(self, offset=None, **hours_and_minutes):
        given = {k: v for k, v in hours_and_minutes.items() if v is not None}
        if offset is None:
            offset = datetime.timedelta(**given) if given else _ONE_MINUTE
        elif given:
            raise ValueError("Cannot pass kwargs and an offset")
        elif not isinstance(offset, datetime.timedelta):
            raise TypeError("Must pass 'hours' and/or 'minutes' as keywords")
        if not 60 <= offset.total_seconds() <= 43200:
            raise _refusal("offset must be in between 1 minute and 12 hours, inclusive.", "give hours=, minutes= within that")
        self.offset = offset
        self._core = (self._kind, offset // datetime.timedelta(microseconds=1) * 1000)


class AfterOpen(_MinuteOfSession):
    """A time after the open; one minute is the session's first."""

    _kind = "market_open"


class BeforeClose(_MinuteOfSession):
    """A time before the close."""

    _kind = "market_close"


class date_rules:
    """On which sessions a scheduled function runs."""

    @staticmethod
    def every_day():
        return Always()

    @staticmethod
    def month_start(days_offset=0):
        """The session `days_offset` (0..22) after the month's first."""
        return NthTradingDayOfMonth(n=days_offset)

    @staticmethod
    def month_end(days_offset=0):
        """The session `days_offset` (0..22) before the month's last."""
        return NDaysBeforeLastTradingDayOfMonth(n=days_offset)

    @staticmethod
    def week_start(days_offset=0):
        """The session `days_offset` (0..4) after the week's first."""
        return NthTradingDayOfWeek(n=days_offset)

    @staticmethod
    def week_end(days_offset=0):
        """The session `days_offset` (0..4) before the week's last."""
        return NDaysBeforeLastTradingDayOfWeek(n=days_offset)


class time_rules:
    """At which minute of a session a scheduled function runs; daily runs have one bar, so it has no effect there."""

    @staticmethod
    def market_open(offset=None, hours=None, minutes=None):
        """1 minute to 12 hours after the open; default the first minute."""
        return AfterOpen(offset=offset, hours=hours, minutes=minutes)

    @staticmethod
    def market_close(offset=None, hours=None, minutes=None):
        """1 minute to 12 hours before the close; default one minute."""
        return BeforeClose(offset=offset, hours=hours, minutes=minutes)

    @staticmethod
    def every_minute():
        return Always()


class _CalendarName:
    def __init__(self, name, calendar):
        self.name, self.calendar = name, calendar

    def __repr__(self):
        return f"calendars.{self.name}"


class calendars:
    """Whose sessions a schedule counts."""

    US_EQUITIES = _CalendarName("US_EQUITIES", "XNYS")
    US_FUTURES = _CalendarName("US_FUTURES", "us_futures")


def _refusal(message, hint, kind="InvalidArgument"):
    from rustybt import errors

    return getattr(errors, kind).with_hint(message, hint)


def check_is_rule(rule):
    """Refuse rules that were not called (date_rules.month_end instead of date_rules.month_end())."""
    if isinstance(rule, EventRule):
        return
    message = f"invalid rule: {rule!r}"
    if callable(rule) and hasattr(rule, "__name__"):
        message += f" (hint: did you mean {rule.__name__}())"
    raise _refusal(message, "pass a rule such as date_rules.every_day() or time_rules.market_open(minutes=30)", "WrongType")
