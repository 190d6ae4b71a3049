"""The tracker of metrics without a run: books of its own, and the hooks of its metrics.

    tracker = MetricsTracker(calendar, first, last, 100_000.0, "daily", "daily", finder, load("default"))
    tracker.handle_start_of_simulation(benchmark_source)
    tracker.handle_market_open(session, data_portal)
    tracker.process_transaction(transaction)
    packet = tracker.handle_market_close(close, data_portal)

In a run the engine does this; metrics of a strategy's own are called by rustybt.finance.metrics._run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rustybt.finance.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from rustybt._types import Frequency
    from rustybt.assets import Asset
    from rustybt.finance.transaction import Transaction
    from rustybt.utils.calendar_utils import TradingCalendar

__all__ = ["MetricsTracker"]

_HOOKS = ("start_of_simulation", "end_of_simulation", "start_of_session", "end_of_session", "end_of_bar")


class MetricsTracker:
    """Keeps a ledger and calls the hooks of metrics."""

    def __init__(
        self,
        trading_calendar: TradingCalendar,
        first_session: pd.Timestamp,
        last_session: pd.Timestamp,
        capital_base: float,
        emission_rate: Frequency,
        data_frequency: Frequency,
        asset_finder: Any,
        metrics: Iterable[Any],
    ) -> None:
        self.emission_rate = emission_rate
        self._calendar, self._asset_finder, self._capital_base = trading_calendar, asset_finder, capital_base
        self._first_session, self._last_session = first_session, last_session
        self._sessions = trading_calendar.sessions_in_range(first_session, last_session)
        self._session_count = 0
        self._enter(first_session)
        self._ledger = Ledger(self._sessions, capital_base, data_frequency)
        self._benchmark_source = None
        for hook in _HOOKS:
            setattr(self, hook, _caller([getattr(m, hook) for m in metrics if hasattr(m, hook)]))

    def _enter(self, session):
        self._current_session = session
        label = session if session.tzinfo is None else session.tz_localize(None)
        self._market_open = self._calendar.session_first_minute(label)
        self._market_close = self._calendar.session_close(label)

    # --- the books ----------------------------------------------------------------------------------------------------

    @property
    def portfolio(self) -> Any:
        return self._ledger.portfolio

    @property
    def account(self) -> Any:
        return self._ledger.account

    @property
    def positions(self) -> Any:
        return self._ledger.position_tracker.positions

    def update_position(
        self,
        asset: Asset,
        amount: float | None=None,
        last_sale_price: float | None=None,
        last_sale_date: Any=None,
        cost_basis: float | None=None,
    ) -> None:
        self._ledger.position_tracker.update_position(asset, amount, last_sale_price, last_sale_date, cost_basis)

    def override_account_fields(self, **kwargs: Any) -> None:
        self._ledger.override_account_fields(**kwargs)

    def process_transaction(self, transaction: Transaction) -> None:
        self._ledger.process_transaction(transaction)

    def handle_splits(self, splits: Iterable[tuple[Asset, float]]) -> float:
        self._ledger.process_splits(splits)

    def process_order(self, event: Any) -> None:
        self._ledger.process_order(event)

    def process_commission(self, commission: Any) -> None:
        self._ledger.process_commission(commission)

    def process_close_position(self, asset: Asset, dt: pd.Timestamp | None, data_portal: Any) -> None:
        self._ledger.close_position(asset, dt, data_portal)

    def capital_change(self, amount: float) -> None:
        self._ledger.capital_change(amount)

    def sync_last_sale_prices(
        self, dt: pd.Timestamp | None, data_portal: Any, handle_non_market_minutes: bool=False
    ) -> None:
        self._ledger.sync_last_sale_prices(dt, data_portal, handle_non_market_minutes=handle_non_market_minutes)

    # --- the run of time ----------------------------------------------------------------------------------------------

    def handle_start_of_simulation(self, benchmark_source: Any) -> None:
        """Before the first session; benchmark_source: an object with daily_returns(start, end)."""
        self._benchmark_source = benchmark_source
        self.start_of_simulation(
            self._ledger, self.emission_rate, self._calendar, self._sessions, benchmark_source
        )

    def handle_market_open(self, session_label: Any, data_portal: Any) -> None:
        """A session begins: its dividends are booked."""
        self._ledger.start_of_session(session_label)
        reader = data_portal.adjustment_reader
        if reader is not None:
            self._ledger.process_dividends(session_label, self._asset_finder, reader)
        self._enter(session_label)
        self.start_of_session(self._ledger, session_label, data_portal)

    def handle_minute_close(self, dt: pd.Timestamp | None, data_portal: Any) -> dict[str, Any]:
        """The packet of a minute."""
        self.sync_last_sale_prices(dt, data_portal)
        packet = self._packet("minute_perf", dt)
        self._ledger.end_of_bar(self._session_count)
        self.end_of_bar(packet, self._ledger, dt, self._session_count, data_portal)
        return packet

    def handle_market_close(self, dt: pd.Timestamp | None, data_portal: Any) -> dict[str, Any]:
        """The packet of a session."""
        if self.emission_rate == "daily":
            self.sync_last_sale_prices(dt, data_portal)
        index = self._session_count
        self._session_count += 1
        packet = self._packet("daily_perf", dt)
        self._ledger.end_of_session(index)
        self.end_of_session(packet, self._ledger, self._current_session, index, data_portal)
        return packet

    def handle_simulation_end(self, data_portal: Any) -> dict[str, Any]:
        """The packet of the end."""
        packet = {}
        self.end_of_simulation(
            packet, self._ledger, self._calendar, self._sessions, data_portal, self._benchmark_source
        )
        return packet

    def _packet(self, part, dt):
        minutes = self.emission_rate == "minute"
        return {
            "period_start": self._first_session,
            "period_end": self._last_session,
            "capital_base": self._capital_base,
            part: {"period_open": self._market_open, "period_close": dt},
            "cumulative_perf": {"period_open": self._first_session, "period_close": self._last_session},
            "progress": 1.0 if minutes else self._session_count / len(self._sessions),
            "cumulative_risk_metrics": {},
        }


def _caller(functions):
    def call(*args, **kwargs: Any) -> None:
        for function in functions:
            function(*args, **kwargs)

    return call
