"""SimulationParameters and their shorthand. Days and hours of the NYSE are the exchange's own."""

import pandas as pd
import pytest

from rustybt.finance.trading import SimulationParameters
from rustybt.testing import ZiplineTestCase
from rustybt.testing.fixtures import WithSimParams, WithTradingCalendars
from rustybt.utils.calendar_utils import get_calendar
from rustybt.utils.factory import create_returns_from_list, create_simulation_parameters


def parameters(start, end, **more):
    return SimulationParameters(pd.Timestamp(start), pd.Timestamp(end), get_calendar("NYSE"), **more)


def test_days_without_session_move_inwards():
    # 2014-01-01 is New Year's Day, 2014-07-04 (a Friday) Independence Day, 2014-07-03 closes at 13:00 in New York
    params = parameters("2014-01-01", "2014-07-04")
    assert params.start_session == pd.Timestamp("2014-01-02")
    assert params.end_session == pd.Timestamp("2014-07-03")
    assert params.first_open == pd.Timestamp("2014-01-02 14:31", tz="UTC")
    assert params.last_close == pd.Timestamp("2014-07-03 17:00", tz="UTC")


def test_hours_and_zones_of_days_do_not_count():
    params = parameters("2014-06-02 15:00+00:00", "2014-06-06 23:00+00:00")
    assert list(params.sessions) == list(pd.date_range("2014-06-02", periods=5))


def test_start_after_end_is_refused():
    with pytest.raises(AssertionError, match="Period start falls after period end."):
        parameters("2014-06-06", "2014-06-05")


def test_create_new_keeps_all_but_the_period():
    params = parameters("2014-06-02", "2014-06-06", capital_base=5.0, emission_rate="minute", data_frequency="minute")
    other = params.create_new(pd.Timestamp("2014-06-03"), pd.Timestamp("2014-06-04"))
    assert (other.capital_base, other.emission_rate, other.data_frequency) == (5.0, "minute", "minute")
    assert list(other.sessions) == [pd.Timestamp("2014-06-03"), pd.Timestamp("2014-06-04")]
    assert params.create_new(params.start_session, params.end_session, "daily").data_frequency == "daily"


def test_shorthand_takes_a_year_or_a_count_of_sessions():
    year = create_simulation_parameters(year=2006)
    assert (year.start_session, year.end_session) == (pd.Timestamp("2006-01-03"), pd.Timestamp("2006-12-29"))
    week = create_simulation_parameters(start=pd.Timestamp("2006-01-03", tz="UTC"), num_days=5)
    assert week.end_session == pd.Timestamp("2006-01-09")  # 7 and 8 January are a weekend
    assert create_returns_from_list([0.1, 0.2], week).to_dict() == {
        pd.Timestamp("2006-01-03"): 0.1,
        pd.Timestamp("2006-01-04"): 0.2,
    }


class TestFixture(WithSimParams, WithTradingCalendars, ZiplineTestCase):
    START_DATE = pd.Timestamp("2014-06-01")  # a Sunday
    END_DATE = pd.Timestamp("2014-06-06")

    def test_fixture_has_the_classs_period_and_takes_other_settings(self):
        assert self.sim_params.start_session == pd.Timestamp("2014-06-02")
        assert self.make_simparams(capital_base=7.0).capital_base == 7.0
