"""Calls the hooks of a strategy's own metrics during a run and makes the frame of its set; from the metrics_set of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from rustybt import _core

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from rustybt._core import BarData
    from rustybt._types import Day, Field, Frame, Frequency
    from rustybt.algorithm import TradingAlgorithm
    from rustybt.assets import Asset

__all__ = ["RunTracker", "RunView", "make"]

_ALWAYS = ("period_open", "period_close")


class RunTracker:
    """The metrics of one run: those that the engine computes choose columns, the hooks of the others are called."""

    def __init__(self, metrics: Iterable[Any]) -> None:
        from rustybt.finance.metrics.metric import default_metrics

        self.metrics: list[Any] = list(metrics)
        # a metric whose class is not ours (a subclass too) may do anything: it is called
        ours = {m for m in self.metrics if getattr(m, "columns", ()) and type(m).__module__ == _OURS}
        self._columns = {*_ALWAYS, *(column for m in ours for column in m.columns)}
        self._native = {*_ALWAYS, *(column for m in default_metrics() for column in m.columns)}
        self._called = [m for m in self.metrics if m not in ours]
        self._rows = []
        #: the packet of the end of the run
        self.end_packet: dict[str, Any] = {}

    # --- called by the engine -----------------------------------------------------------------------------------------

    def start(self, context: TradingAlgorithm, data: BarData) -> None:
        """The run begins; the strategy has been initialized."""
        import pandas as pd

        from rustybt.utils.calendar_utils import get_calendar

        environment = context.get_environment("*")
        days, opens, closes = zip(*context._sessions(), strict=True)
        self._context = context
        self._sessions = pd.DatetimeIndex(np.array(days, dtype="datetime64[D]").astype("datetime64[ns]"))
        self._opens, self._closes = pd.to_datetime(opens, utc=True), pd.to_datetime(closes, utc=True)
        self._capital = environment["capital_base"]
        self._minutes = context._emits_minutes()
        self._calendar = get_calendar(context._calendar_name())
        self._portal = _Portal(data)
        self._ledger = RunLedger(context, self._sessions)
        self._benchmark = _Benchmark(context, self._sessions)
        rate = "minute" if self._minutes else "daily"
        self._call("start_of_simulation", self._ledger, rate, self._calendar, self._sessions, self._benchmark)

    def session_start(self, session: int) -> None:
        self._call("start_of_session", self._ledger, self._sessions[session], self._portal)

    def minute_end(self, session: int) -> None:
        figures = self._ledger._close_period(session, minute=True)
        packet = self._packet(session, "minute_perf", self._opens[session], figures["period_close"])
        self._call("end_of_bar", packet, self._ledger, figures["period_close"], session, self._portal)

    def session_end(self, session: int) -> None:
        self._ledger._close_period(session, minute=False)
        packet = self._packet(session, "daily_perf", self._opens[session], self._closes[session])
        self._call("end_of_session", packet, self._ledger, self._sessions[session], session, self._portal)
        for name in _ALWAYS:
            del packet["daily_perf"][name]
        row = {**packet["daily_perf"], **packet["cumulative_risk_metrics"]}
        self._rows.append(row)
        for name, value in row.items():
            value = value.item() if isinstance(value, np.generic) else value
            if isinstance(value, (bool, int, float, str)):
                _core.Algorithm.record(self._context, name, value)
        if session + 1 == len(self._sessions):
            self._call(
                "end_of_simulation",
                self.end_packet,
                self._ledger,
                self._calendar,
                self._sessions,
                self._portal,
                self._benchmark,
            )
            self._context.risk_report = self.end_packet

    # --- the frame ----------------------------------------------------------------------------------------------------

    def frame(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The engine's frame with the columns of this set: recorded values stay, metrics called come last."""
        import pandas as pd

        kept = frame[[c for c in frame if c in self._columns or c not in self._native]].copy()
        rows = self._rows[: len(kept)]
        for name in dict.fromkeys(name for row in rows for name in row):
            values = [row.get(name) for row in rows]
            plain = all(isinstance(v, (int, float, np.number)) and not isinstance(v, bool) for v in values)
            kept[name] = pd.Series(values, index=kept.index, dtype=None if plain else object)
        return kept

    # --- inside -------------------------------------------------------------------------------------------------------

    def _call(self, hook, *arguments):
        for metric in self._called:
            function = getattr(metric, hook, None)
            if function is not None:
                function(*arguments)

    def _packet(self, session, part, start, end):
        first, last = self._sessions[0], self._sessions[-1]
        return {
            "period_start": first,
            "period_end": last,
            "capital_base": self._capital,
            part: {"period_open": start, "period_close": end},
            "cumulative_perf": {"period_open": first, "period_close": last},
            "progress": 1.0 if self._minutes else (session + 1) / len(self._sessions),
            "cumulative_risk_metrics": {},
        }


_OURS = "rustybt.finance.metrics.metric"


def make(metrics_set: Any) -> RunTracker | None:
    """A RunTracker, or None for the default set, which needs none."""
    from rustybt.finance import metrics

    if isinstance(metrics_set, str):
        if metrics_set == "default" and metrics.metrics_sets.get("default") is metrics.default_metrics:
            return None
        metrics_set = metrics.load(metrics_set)
    return RunTracker(metrics_set)


class RunLedger:
    """The books as metrics see them: portfolio, account, position_tracker.stats, positions, returns, orders, fills."""

    def __init__(self, context: TradingAlgorithm, sessions: pd.DatetimeIndex) -> None:
        import pandas as pd

        self._context = context
        self._period = {}
        self.daily_returns_series: Any = pd.Series(np.nan, index=sessions)
        self.daily_returns_array: Any = self.daily_returns_series.to_numpy(copy=True)
        self.position_tracker: _PositionTracker = _PositionTracker(self)

    def _close_period(self, session, minute):
        self._period = self._context._period_figures(minute)
        self._minute = minute
        self.daily_returns_array[session] = self._period["returns"]
        if not minute:
            self.daily_returns_series.iloc[session] = self._period["returns"]
        return self._period

    @property
    def portfolio(self) -> Any:
        return self._context.portfolio

    @property
    def account(self) -> Any:
        return self._context.account

    @property
    def todays_returns(self) -> float:
        """Return of the session that was just closed, so far in a minute."""
        return self._period.get("returns", 0.0)

    @property
    def positions(self) -> list[dict[str, Any]]:
        """A dict per position."""
        return [
            {
                "sid": asset,
                "amount": p.amount,
                "cost_basis": p.cost_basis,
                "last_sale_price": p.last_sale_price,
            }
            for asset, p in self.portfolio.positions.items()
        ]

    def transactions(self, dt: pd.Timestamp | None = None) -> list[dict[str, Any]]:
        """Fills of the session, or of one minute, as dicts."""
        import pandas as pd

        fills = []
        for ns, asset, amount, price, order in self._context._period_fills():
            at = pd.Timestamp(ns, unit="ns", tz="UTC")
            if dt is None or at == dt:
                amount = int(amount) if amount == int(amount) else amount
                fills.append(
                    {"amount": amount, "dt": at, "price": price, "order_id": order, "sid": asset, "commission": None}
                )
        return fills

    def orders(self, dt: pd.Timestamp | None = None) -> list[dict[str, Any]]:
        """Orders that were touched in the session, or in the minute that was just closed, as dicts."""
        ids = self._context._period_order_ids(dt is not None and self._minute)
        return [dict(vars(self._context.get_order(i))) for i in ids]


class _PositionTracker:
    def __init__(self, ledger: Any) -> None:
        self._ledger = ledger

    @property
    def positions(self) -> Any:
        return self._ledger.portfolio.positions

    @property
    def stats(self) -> Any:
        from rustybt.finance.ledger import PositionStats

        return PositionStats(*self._ledger._context._position_stats())


class RunView:
    """The books of a run as context.metrics_tracker shows them."""

    def __init__(self, context: TradingAlgorithm) -> None:
        import pandas as pd

        days = [day for day, _, _ in context._sessions()]
        sessions = pd.DatetimeIndex(np.array(days, dtype="datetime64[D]").astype("datetime64[ns]"))
        self._ledger = RunLedger(context, sessions)

    @property
    def portfolio(self) -> Any:
        return self._ledger.portfolio

    @property
    def account(self) -> Any:
        return self._ledger.account

    @property
    def positions(self) -> Any:
        return self._ledger.portfolio.positions


class _Benchmark:
    def __init__(self, context: TradingAlgorithm, sessions: pd.DatetimeIndex) -> None:
        self._context, self._sessions = context, sessions

    def daily_returns(self, start: Day, end: Day | None = None) -> Any:
        """Returns of the benchmark by session; zeros without one."""
        import pandas as pd

        values = np.zeros(len(self._sessions))
        given = np.array(self._context._benchmark_returns()[: len(values)])
        values[: len(given)] = given
        returns = pd.Series(values, index=self._sessions)
        return returns.loc[start:end] if end is not None else returns.loc[start]


class _Portal:
    """What metrics may ask of the market: the values of now."""

    def __init__(self, data: BarData) -> None:
        self._data = data

    def get_spot_value(
        self, assets: Asset | Iterable[Asset], field: Field, dt: pd.Timestamp, data_frequency: Frequency
    ) -> Any:
        return self._data.current(assets, field)

    def get_history_window(
        self,
        assets: Asset | Iterable[Asset],
        end_dt: pd.Timestamp,
        bar_count: int,
        frequency: str,
        field: Field,
        data_frequency: Frequency,
        ffill: bool = True,
    ) -> Any:
        return self._data.history(assets, field, bar_count, frequency)
