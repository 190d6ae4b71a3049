"""Sessions and minutes of calendars, against exchange_calendars."""

import pandas as pd
import pytest

from rustybt.utils.calendar_utils import get_calendar

exchange_calendars = pytest.importorskip("exchange_calendars")


@pytest.mark.parametrize("name", ["XNYS", "CMES", "XHKG", "XLON", "24/7"])
def test_calendars_agree(name):
    ours = get_calendar(name, "2019-01-02", "2020-12-30")
    theirs = exchange_calendars.get_calendar(name, start="2019-01-02", end="2020-12-30", side="right")
    assert list(ours.sessions) == list(theirs.sessions)
    assert list(ours.minutes) == list(theirs.minutes)
    session = ours.sessions[100]
    close = ours.session_close(session)
    for call, arguments in {
        "session_minutes": (session,),
        "session_open_close": (session,),
        "sessions_window": (session, -4),
        "sessions_minutes": (session, ours.sessions[105]),
        "minutes_in_range": (close - pd.Timedelta(minutes=90), close + pd.Timedelta(days=3)),
        "minutes_window": (close, -500),
        "minutes_to_sessions": (ours.session_minutes(session),),
    }.items():
        assert list(getattr(ours, call)(*arguments)) == list(getattr(theirs, call)(*arguments)), call
    assert ours.next_session(session) == theirs.next_session(session)
    assert ours.previous_session(session) == theirs.previous_session(session)
    assert ours.sessions_distance(session, ours.sessions[120]) == theirs.sessions_distance(session, ours.sessions[120]) == 21
    assert session + 7 * ours.day == ours.sessions[107]


def test_what_is_no_session_is_refused():
    calendar = get_calendar("NYSE", end="2020-12-31")
    with pytest.raises(ValueError, match="no session of calendar XNYS"):
        calendar.next_session("2020-07-04")
    with pytest.raises(ValueError, match="at the end of calendar"):
        calendar.next_session("2020-12-31")
    with pytest.raises(TypeError, match="right-sided"):
        get_calendar("NYSE", side="left")


def test_a_run_on_the_futures_calendar_trades_within_its_sessions():
    ours = get_calendar("us_futures", "2019-12-02", "2020-02-28")
    theirs = exchange_calendars.get_calendar("us_futures", start="2019-12-02", end="2020-02-28", side="right")
    days = "2020-01-06", "2020-01-10"
    minutes = ours.execution_minutes_for_sessions_in_range(*days)
    assert len(minutes) == 5 * 630 and list(minutes) == list(theirs.execution_minutes_for_sessions_in_range(*days))
    stocks = get_calendar("XNYS")
    assert list(stocks.execution_minutes_for_session("2020-01-06")) == list(stocks.session_minutes("2020-01-06"))


def test_calendars_without_an_end_reach_a_year_from_today():
    a_year_on = pd.Timestamp.now().normalize() + pd.DateOffset(years=1)
    calendar = get_calendar("NYSE")
    # no market holiday and weekend are longer than a week
    assert a_year_on - pd.Timedelta(days=7) < calendar.last_session <= a_year_on
    assert get_calendar("NYSE", end="2030-12-31").last_session == pd.Timestamp("2030-12-31")  # a Tuesday
