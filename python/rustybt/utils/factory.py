"""Shorthand for parameters and returns in tests (zipline.utils.factory)."""

import datetime

import pandas as pd

from rustybt.finance.trading import SimulationParameters
from rustybt.utils.calendar_utils import get_calendar

__all__ = ["create_returns_from_list", "create_simulation_parameters"]


def create_simulation_parameters(
    year=2006,
    start=None,
    end=None,
    capital_base=1.0e5,
    num_days=None,
    data_frequency="daily",
    emission_rate="daily",
    trading_calendar=None,
):
    """SimulationParameters of a year, of start to end, or of num_days sessions from start on.

    create_simulation_parameters(start=pd.Timestamp("2006-01-03"), num_days=5).end_session      # 2006-01-09
    """
    calendar = trading_calendar or get_calendar("NYSE")
    start = pd.Timestamp(f"{year}-01-01") if start is None else pd.Timestamp(start)
    if end is None and num_days:
        sessions = calendar.sessions
        end = sessions[sessions.searchsorted(start.tz_localize(None)) + num_days - 1]
    elif end is None:
        end = pd.Timestamp(f"{year}-12-31")
    elif type(end) is datetime.datetime:
        end = pd.Timestamp(end)
    return SimulationParameters(
        start_session=start,
        end_session=end,
        trading_calendar=calendar,
        capital_base=capital_base,
        emission_rate=emission_rate,
        data_frequency=data_frequency,
    )


def create_returns_from_list(returns, sim_params):
    """Series of these returns, from the first session on."""
    return pd.Series(index=sim_params.sessions[: len(returns)], data=returns)
