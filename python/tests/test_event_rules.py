"""Rules of schedule_function by themselves, and the clock's events. NYSE: 3 July 2014 closes at 13:00."""

import datetime

import pandas as pd
import pytest

from rustybt.gens import sim_engine
from rustybt.gens.sim_engine import MinuteSimulationClock
from rustybt.utils import events
from rustybt.utils.calendar_utils import days_at_time, get_calendar

NYSE = get_calendar("NYSE")
HALF_DAY, DAY_BEFORE = NYSE.session_minutes("2014-07-03"), NYSE.session_minutes("2014-07-02")


def triggers(rule, minutes):
    rule.cal = NYSE
    return [minute.tz_convert("US/Eastern").strftime("%d %H:%M") for minute in minutes if rule.should_trigger(minute)]


def test_minutes_of_a_session():
    both = DAY_BEFORE.append(HALF_DAY)
    assert triggers(events.AfterOpen(), both) == ["02 09:31", "03 09:31"]
    assert triggers(events.AfterOpen(hours=1, minutes=5), both) == ["02 10:35", "03 10:35"]
    assert triggers(events.BeforeClose(minutes=30), both) == ["02 15:30", "03 12:30"]
    assert triggers(events.BeforeClose(hours=5), HALF_DAY) == []  # before the half day's open


def test_days_of_weeks_and_months():
    first_minutes = NYSE.first_minutes["2014-01-13":"2014-02-07"]  # Monday the 20th is a holiday

    def days(rule):
        return [text.split()[0] for text in triggers(rule, first_minutes)]

    assert days(events.NthTradingDayOfWeek(0)) == ["13", "21", "27", "03"]
    assert days(events.NthTradingDayOfWeek(4)) == ["17", "31", "07"]
    assert days(events.NDaysBeforeLastTradingDayOfWeek(1)) == ["16", "23", "30", "06"]
    assert days(events.NthTradingDayOfMonth(2)) == ["05"]
    assert days(events.NDaysBeforeLastTradingDayOfMonth(0)) == ["31"]


def test_rules_are_joined():
    rule = events.AfterOpen() & events.NotHalfDay()
    assert triggers(rule, DAY_BEFORE.append(HALF_DAY)) == ["02 09:31"]
    assert triggers(events.make_eventrule(events.Always(), events.Always(), NYSE), DAY_BEFORE) == ["02 09:31"]  # once a day
    assert triggers(events.Never(), DAY_BEFORE) == []


def test_events_run_in_order():
    said = []
    manager = events.EventManager()
    manager.add_event(events.Event(events.Always(), lambda context, data: said.append((context, data, "second"))))
    manager.add_event(events.Event(events.Always(), lambda context, data: said.append("first")), prepend=True)
    manager.add_event(events.Event(events.Never(), lambda context, data: said.append("never")))
    manager.handle_data("context", "data", DAY_BEFORE[0])
    assert said == ["first", ("context", "data", "second")]


def test_rules_of_ones_own_are_asked_on_every_bar(run):
    class Fridays(events.StatelessRule):
        def should_trigger(self, dt):
            return dt.weekday() == 4

    called, seen = [], []

    def initialize(context):
        context.schedule_function(lambda context, data: called.append(context.get_datetime().date()), Fridays() & events.Always())
        context.add_event(events.Always(), lambda context, data: seen.append(context.get_datetime().date()))

    run(initialize=initialize)
    assert [str(day) for day in called] == ["2020-01-03", "2020-01-10", "2020-01-17"]
    assert len(seen) == 12


@pytest.mark.parametrize("emits", [False, True])
def test_the_clock(emits):
    days = NYSE.sessions_in_range("2014-07-02", "2014-07-03")
    before = days_at_time(days, datetime.time(14, 0), "US/Eastern", 0)  # after the close of the half day
    clock = MinuteSimulationClock(days, NYSE.first_minutes[days], NYSE.closes[days], before, emits)
    seen = list(clock)
    starts = [i for i, (_, event) in enumerate(seen) if event == sim_engine.SESSION_START]
    bars = [time for time, event in seen if event == sim_engine.BAR]
    assert bars == list(DAY_BEFORE) + list(HALF_DAY)
    assert [time for time, event in seen if event == sim_engine.MINUTE_END] == (bars if emits else [])
    assert [time for time, event in seen if event == sim_engine.BEFORE_TRADING_START_BAR] == [pd.Timestamp("2014-07-02 18:00", tz="UTC")]
    assert seen[starts[0]] == (pd.Timestamp("2014-07-02", tz="UTC"), sim_engine.SESSION_START)
    assert seen[-1] == (HALF_DAY[-1], sim_engine.SESSION_END)
    # before_trading_start comes before the bar of its own minute
    at = seen.index((before[0], sim_engine.BEFORE_TRADING_START_BAR))
    assert seen[at + 1] == (before[0], sim_engine.BAR)
