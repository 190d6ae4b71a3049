"""BarData, at the place where Zipline keeps it: the market as a strategy sees it, here over a data portal at any time.

    data = BarData(portal, lambda: now, "minute", calendar, NoRestrictions())
    data.current(asset, "price")

A run hands its strategy a BarData of the core, which answers the same questions.
"""

from __future__ import annotations

import abc
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rustybt import _core, _preset
from rustybt.errors import WrongType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

    from rustybt._types import Frequency
    from rustybt.assets import ContinuousFuture, Future
    from rustybt.data.data_portal import DataPortal
    from rustybt.finance.asset_restrictions import Restrictions
    from rustybt.utils.calendar_utils import TradingCalendar

__all__ = ["BarData", "handle_non_market_minutes"]


@contextmanager
def handle_non_market_minutes(bar_data: Any) -> Iterator[None]:
    """See prices as of the market minute before now, adjusted to now, as before_trading_start does."""
    bar_data._handle_non_market_minutes = True
    try:
        yield
    finally:
        bar_data._handle_non_market_minutes = False


class BarData(metaclass=abc.ABCMeta):
    """The market at the time that simulation_dt_func tells.

    data_frequency: "daily" or "minute", of the bars behind current() and of the last bar of history(). restrictions: assets that they
    name cannot be traded.
    """

    def __init__(
        self,
        data_portal: DataPortal,
        simulation_dt_func: Callable[[], pd.Timestamp],
        data_frequency: Frequency,
        trading_calendar: TradingCalendar,
        restrictions: Restrictions,
    ) -> None:
        self._portal, self._now, self._frequency = data_portal, simulation_dt_func, data_frequency
        self._trading_calendar, self._is_restricted = trading_calendar, restrictions.is_restricted
        self._handle_non_market_minutes = False

    def current(self, assets: Any, fields: Any, currency: str | None = None) -> Any:
        """Value of the current bar: one number, or a Series or frame for lists."""
        from rustybt import _shapes

        return _shapes.current(self, assets, fields, currency)

    def history(self, assets: Any, fields: Any, bar_count: int, frequency: str, currency: str | None = None) -> Any:
        """The last bars up to now, adjusted for splits and dividends known by now."""
        from rustybt import _shapes

        return _shapes.history(self, assets, fields, bar_count, frequency, currency)

    def can_trade(self, assets: Any) -> Any:
        """Is the asset alive, not closed, its exchange open (now or at the next open), and does it have a price? A Series for lists."""
        from rustybt import _shapes

        return _shapes.can_trade(self, assets)

    def is_stale(self, assets: Any) -> Any:
        """Has the asset a price, but none from the current bar? A Series for lists."""
        from rustybt import _shapes

        return _shapes.is_stale(self, assets)

    def current_chain(self, continuous_future: ContinuousFuture) -> list[Future]:
        """Contracts of a continuous future that trade now, from its current one on."""
        if not isinstance(continuous_future, _core.ContinuousFuture):
            raise WrongType("Expected continuous_future argument to be of type ContinuousFuture")
        return self._portal.get_current_future_chain(continuous_future, self._now())

    @property
    def current_dt(self) -> pd.Timestamp:
        """Now."""
        return self._now()

    @property
    def current_session(self) -> pd.Timestamp:
        """Label of the session of now, of the coming one outside sessions."""
        return self._trading_calendar.minute_to_session(self._now(), direction="next")

    @property
    def current_session_minutes(self) -> pd.DatetimeIndex:
        """All minutes of the current session."""
        return self._trading_calendar.session_minutes(self.current_session)

    _extra_columns = None  # the portal knows them itself

    @property
    def fetcher_assets(self) -> list[Any]:
        """Assets that the rows of fetch_csv name on the day of now."""
        return self._portal.get_fetcher_assets(self._now())

    # --- what rustybt._shapes asks

    _is_field = staticmethod(lambda field: True)  # the portal knows

    @property
    def _zipline(self):
        return _preset.default == "zipline"

    @property
    def _calendar(self):
        return self._trading_calendar.name

    @property
    def _sessions(self):
        return self._trading_calendar.sessions.values.astype("M8[ns]").view("i8")

    def _seen(self):
        """Time whose bar is seen."""
        dt, calendar = self._now(), self._portal.trading_calendar
        if self._handle_non_market_minutes:
            dt = calendar.previous_minute(dt)
        return calendar.minute_to_session(dt) if self._frequency == "daily" else dt

    def _scalar(self, asset, field):
        if self._handle_non_market_minutes:
            return self._portal.get_adjusted_value(asset, field, self._seen(), self._now(), self._frequency)
        return self._portal.get_spot_value(asset, field, self._seen(), self._frequency)

    def _rate_to(self, asset, currency):
        return self._portal._rate_to(asset, currency, self._seen(), self._frequency)

    def _history(self, assets, field, bar_count, frequency, currency, of_several_fields):
        seen = self._seen()
        in_currency = {"currency": currency} if currency else {}
        frame = self._portal.get_history_window(assets, seen, bar_count, frequency, field, self._frequency, **in_currency)
        values = frame.to_numpy()
        if self._handle_non_market_minutes:
            ratios = self._portal.get_adjustments(assets, field, seen, self._now())
            shared = of_several_fields and self._zipline  # quirk Q17: the first asset's
            values = values * (ratios[0] if shared else ratios)
        index = frame.index if frame.index.tz is None else frame.index.tz_convert("UTC").tz_localize(None)
        return index.values.astype("M8[ns]").view("i8"), values.T, False

    def _can_trade(self, asset):
        dt, calendar = self._now(), self._trading_calendar
        seen = self._seen() if self._handle_non_market_minutes else dt
        if self._is_restricted(asset, seen):
            return False
        session = calendar.minute_to_session(dt)
        if not asset.is_alive_for_session(session) or (asset.auto_close_date and session > asset.auto_close_date):
            return False
        if self._frequency != "daily":
            if not calendar.is_open_on_minute(dt):  # quirk Q12: Zipline's minute of the opening bell is before the first one
                dt = calendar.next_open(dt) if self._zipline else calendar.next_minute(dt)
            if not asset.is_exchange_open(dt):
                return False
        price = self._portal.get_spot_value(asset, "price", seen, self._frequency)
        return price == price

    def _is_stale(self, asset):
        dt = self._now()
        if not asset.is_alive_for_session(self._trading_calendar.minute_to_session(dt)):
            return False
        seen = self._seen() if self._handle_non_market_minutes else dt
        if self._portal.get_spot_value(asset, "volume", seen, self._frequency) > 0:
            return False
        last = self._portal.get_spot_value(asset, "last_traded", seen, self._frequency)
        return last == last  # NaT is not itself


BarData.register(_core.BarData)
