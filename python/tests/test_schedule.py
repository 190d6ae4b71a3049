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


# zipline.utils.events.make_eventrule of zipline-reloaded 3.2.1 over the minutes of XNYS (first two) and us_futures (last),
# 2020-11-16 to 2020-12-04; the 26th is a holiday of XNYS, the 27th ends at 18:00 UTC
ALL_DAYS = "16 17 18 19 20 23 24 25 27 30 1 2 3 4"


@pytest.mark.parametrize(
    "calendar, date_rule, time_rule, half_days, days, time",
    [
        ("US_EQUITIES", date_rules.every_day(), time_rules.market_open(minutes=30), True, ALL_DAYS, "15:00"),
        ("US_EQUITIES", date_rules.every_day(), time_rules.market_open(minutes=30), False, ALL_DAYS.replace("27 ", ""), "15:00"),
        ("US_EQUITIES", date_rules.week_end(), time_rules.market_close(hours=2), False, "20 4", "19:00"),
        ("US_EQUITIES", date_rules.month_end(1), time_rules.market_close(minutes=45), True, "27", "17:15"),
        ("US_EQUITIES", date_rules.month_end(1), time_rules.market_close(minutes=45), False, "", ""),
        # the sessions of us_futures are executed from 6:31 to 17:00 in New York
        ("US_FUTURES", date_rules.every_day(), time_rules.market_open(minutes=30), True, "", ""),
        ("US_FUTURES", date_rules.every_day(), time_rules.market_open(hours=8), True, ALL_DAYS.replace("27 ", ""), "19:30"),
        ("US_FUTURES", date_rules.every_day(), time_rules.market_close(hours=2), True, ALL_DAYS.replace("27 ", ""), "20:00"),
        ("US_FUTURES", date_rules.week_start(1), time_rules.market_close(hours=2), False, "17 24 1", "20:00"),
        ("US_FUTURES", date_rules.week_end(), time_rules.market_close(hours=2), True, "20 4", "20:00"),
        ("US_FUTURES", date_rules.month_start(2), time_rules.market_open(hours=8), True, "3", "19:30"),
        ("US_FUTURES", date_rules.month_end(1), time_rules.market_open(hours=8), True, "", ""),
    ],
)
def test_rules_of_several_calendars_run_when_zipline_ran_them(
    november, calendar, date_rule, time_rule, half_days, days, time
):
    called = november("XNYS", date_rule, time_rule, half_days, getattr(calendars, calendar))
    assert [c.day for c in called] == [int(d) for d in days.split()]
    assert {c.strftime("%H:%M") for c in called} == ({time} if time else set())


@pytest.mark.parametrize(
    "time_rule, half_days, called",
    [
        (time_rules.market_open(minutes=30), True, "25 15:00, 27 15:00, 30 15:00, 01 15:00"),
        (time_rules.market_open(minutes=30), False, "25 15:00, 30 15:00, 01 15:00"),
        (time_rules.market_close(hours=2), True, "25 19:00, 27 16:00, 30 19:00, 01 19:00"),
        (time_rules.market_close(hours=2), False, "25 19:00, 30 19:00, 01 19:00"),
    ],
)
def test_rules_of_new_york_in_a_run_of_us_futures(november, time_rule, half_days, called):
    times = november("us_futures", date_rules.every_day(), time_rule, half_days, calendars.US_EQUITIES, start="2020-11-25", end="2020-12-01")
    assert ", ".join(t.strftime("%d %H:%M") for t in times) == called


@pytest.fixture(scope="module")
def november(tmp_path_factory):
    """november(calendar, date_rule, time_rule, half_days, calendar of the rules): when the function was called."""
    import pandas as pd

    import rustybt
    from rustybt.data import bundles

    root = tmp_path_factory.mktemp("november")
    minutes = pd.date_range("2020-11-16 14:31", "2020-12-04 21:00", freq="min", tz="UTC")
    minutes = minutes[(minutes.time > datetime.time(14, 30)) & (minutes.time <= datetime.time(21)) & (minutes.dayofweek < 5)]
    holiday = pd.Timestamp("2020-11-26").date()
    early = pd.Timestamp("2020-11-27 18:00", tz="UTC")
    minutes = minutes[[m.date() != holiday and not (m.date() == early.date() and m > early) for m in minutes]]
    columns = dict.fromkeys(("open", "high", "low", "close", "volume"), [100] * len(minutes))
    bundles.write_frames("november", {}, minute_bars={"AAA": {"dt": minutes, **columns}}, root=root)

    def run(calendar, date_rule, time_rule, half_days, rule_calendar, start=None, end=None):
        called = []
        rustybt.run_algorithm(
            initialize=lambda c: c.schedule_function(
                lambda context, data: called.append(context.get_datetime()), date_rule, time_rule, half_days, rule_calendar
            ),
            bundle="november",
            root=root,
            data_frequency="minute",
            trading_calendar=calendar,
            start=start,
            end=end,
        )
        return called

    return run
