"""Shorthand for parameters and returns in tests (zipline.utils.factory)."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from rustybt.finance.trading import SimulationParameters
from rustybt.protocol import DATASOURCE_TYPE, Event
from rustybt.utils.calendar_utils import get_calendar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rustybt._types import Day, Frequency
    from rustybt.utils.calendar_utils import TradingCalendar

__all__ = [
    "create_daily_trade_source",
    "create_returns_from_list",
    "create_returns_from_range",
    "create_simulation_parameters",
]


def create_simulation_parameters(
    year: int = 2006,
    start: Day | None = None,
    end: Day | None = None,
    capital_base: float = 1.0e5,
    num_days: int | None = None,
    data_frequency: Frequency = "daily",
    emission_rate: Frequency = "daily",
    trading_calendar: TradingCalendar | None = None,
) -> SimulationParameters:
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


def create_returns_from_range(sim_params: SimulationParameters) -> pd.Series:
    """Invented returns between 0 and 1 of all sessions, the same ones every time."""
    returns = np.random.default_rng(0).random(len(sim_params.sessions))
    return pd.Series(returns, index=sim_params.sessions)


def create_returns_from_list(returns: Sequence[float], sim_params: SimulationParameters) -> pd.Series:
    """Series of these returns, from the first session on."""
    return pd.Series(index=sim_params.sessions[: len(returns)], data=returns)


def create_daily_trade_source(
    sids: Sequence[int], sim_params: SimulationParameters, asset_finder: Any, trading_calendar: Any
) -> Iterator[Event]:
    """Trades of each sid at the midnight of each session: prices from 1 to 10 and again, volumes that rise by 50 from 100 to 950."""
    for place, session in enumerate(sim_params.sessions):
        price = place % 10 + 1.0
        for sid in sids:
            yield Event(
                {
                    "source_id": "test_factory",
                    "type": DATASOURCE_TYPE.TRADE,
                    "sid": sid,
                    "dt": session.tz_localize("UTC"),
                    "price": price,
                    "open_price": price,
                    "close_price": price,
                    "low": price * 0.95,
                    "high": price * 1.05,
                    "volume": place * 50 % 900 + 100,
                }
            )
