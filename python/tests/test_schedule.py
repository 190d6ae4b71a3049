"""schedule_function and its rules."""

import datetime

import pytest

from rustybt import errors
from rustybt.utils.events import calendars, date_rules, time_rules


def days_of(run, *rules, **options):
    days = []
    run(
        initialize=lambda c: c.schedule_function(
            lambda context, data: days.append(context.get_datetime().day), *rules, **options
        )
    )
    return days


def test_date_rules(run):
    # January 2020 in this market: Thu 2, Fri 3, Mon 6 .. Fri 10, Mon 13 .. Fri 17
    assert days_of(run) == [2, 3, 6, 7, 8, 9, 10, 13, 14, 15, 16, 17]
    assert days_of(run, date_rules.week_start()) == [6, 13]  # the week's first session was 12-30
    assert days_of(run, date_rules.week_end(1)) == [2, 9, 16]
    assert days_of(run, date_rules.month_start(2)) == [6]
    assert days_of(run, date_rules.month_start(), time_rules.market_open(minutes=30)) == [2]
    assert days_of(run, date_rules.month_start(), calendar=calendars.US_EQUITIES, half_days=False) == [2]


@pytest.mark.parametrize(
    "make, error",
    [
        (lambda: date_rules.month_start(23), ValueError),
        (lambda: date_rules.week_end(-1), ValueError),
        (lambda: date_rules.week_start(5), ValueError),
        (lambda: date_rules.week_start(1.5), TypeError),
        (lambda: time_rules.market_open(30), TypeError),
        (lambda: time_rules.market_open(datetime.timedelta(minutes=1), minutes=1), ValueError),
        (lambda: time_rules.market_open(minutes=0), ValueError),
        (lambda: time_rules.market_close(hours=13), ValueError),
    ],
)
def test_rules_check_their_arguments(make, error):
    with pytest.raises(error):
        make()


def test_whole_floats_are_coerced_with_a_warning(run):
    with pytest.warns(UserWarning, match="Coercing to int"):
        rule = date_rules.month_start(2.0)
    assert days_of(run, rule) == [6]


def test_uncalled_rules_are_refused(run):
    with pytest.raises(TypeError, match=r"did you mean month_start\(\)"):
        days_of(run, date_rules.month_start)


def test_unknown_calendars_are_refused(run):
    with pytest.raises(errors.ScheduleFunctionInvalidCalendar, match="US_EQUITIES"):
        days_of(run, calendar="XLON")


def test_a_time_rule_in_the_place_of_the_date_rule_warns(run):
    with pytest.warns(UserWarning, match="time_rule="):
        assert days_of(run, time_rules.market_open()) == []


def test_handle_data_comes_first_then_schedules_in_order(run):
    calls = []

    def initialize(context):
        context.schedule_function(lambda c, d: calls.append("first"))
        context.schedule_function(lambda c, d: calls.append("second"))

    run(lambda c, d: calls.append("handle_data"), initialize, end="2020-01-02")
    assert calls == ["handle_data", "first", "second"]
