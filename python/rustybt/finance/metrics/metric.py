"""The metrics of the default set, under Zipline's names.

Each says in `columns` which columns of the engine's frame are its own; the engine computes those in a run, and their hooks
serve a MetricsTracker without one. A metric that is made with another function or field has no columns and is called like one
of a strategy's own.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from rustybt.finance.metrics import _statistics

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from rustybt._types import Day, Field, Frequency
    from rustybt.data.data_portal import DataPortal
    from rustybt.utils.calendar_utils import TradingCalendar

__all__ = ["classic_metrics", "default_metrics"]


class _LedgerField:
    """Reads one field of the ledger ("portfolio.cash"); the packet's name is its last part unless one is given."""

    #: names that the engine computes, by field
    known: Any = {}

    def __init__(self, ledger_field: str | Callable[[Any], Any], packet_field: str | None = None) -> None:
        self._get = operator.attrgetter(ledger_field)
        self._name = ledger_field.rsplit(".", 1)[-1] if packet_field is None else packet_field
        self.columns: tuple[str, ...] = (self._name,) if self.known.get(ledger_field) == self._name else ()


class SimpleLedgerField(_LedgerField):
    """A field of the ledger at the end of each period."""

    known: Any = {"positions": "positions"}

    def _end(self, part, packet, ledger, *_):
        packet[part][self._name] = self._get(ledger)

    def end_of_bar(self, *args: Any) -> None:
        self._end("minute_perf", *args)

    def end_of_session(self, *args: Any) -> None:
        self._end("daily_perf", *args)


class DailyLedgerField(SimpleLedgerField):
    """The same, in the packet's cumulative_perf too."""

    known: Any = {
        "portfolio.positions_exposure": "ending_exposure",
        "portfolio.positions_value": "ending_value",
        "portfolio.cash": "ending_cash",
        "portfolio.portfolio_value": "portfolio_value",
        "account.gross_leverage": "gross_leverage",
        "account.net_leverage": "net_leverage",
        **{
            f"position_tracker.stats.{name}": name
            for name in (
                "longs_count",
                "shorts_count",
                "long_value",
                "short_value",
                "long_exposure",
                "short_exposure",
            )
        },
    }

    def _end(self, part, packet, ledger, *_):
        packet["cumulative_perf"][self._name] = packet[part][self._name] = self._get(ledger)


class StartOfPeriodLedgerField(_LedgerField):
    """A field of the ledger at the start of each session."""

    known: Any = {
        "portfolio.positions_exposure": "starting_exposure",
        "portfolio.positions_value": "starting_value",
        "portfolio.cash": "starting_cash",
    }

    def start_of_simulation(self, ledger: Any, *_: Any) -> None:
        self._first = self._get(ledger)

    def start_of_session(self, ledger: Any, *_: Any) -> None:
        self._before = self._get(ledger)

    def _end(self, part, packet, *_):
        packet["cumulative_perf"][self._name] = self._first
        packet[part][self._name] = self._before

    def end_of_bar(self, *args: Any) -> None:
        self._end("minute_perf", *args)

    def end_of_session(self, *args: Any) -> None:
        self._end("daily_perf", *args)


class _EndOfPeriod:
    """A metric that says the same of a minute and of a session."""

    columns: tuple[str, ...] = ()

    def end_of_bar(
        self, packet: dict[str, Any], ledger: Any, dt: pd.Timestamp, session_ix: int, data_portal: Any
    ) -> None:
        self._end(packet, "minute_perf", ledger, dt, session_ix)

    def end_of_session(
        self, packet: dict[str, Any], ledger: Any, session: pd.Timestamp, session_ix: int, data_portal: Any
    ) -> None:
        self._end(packet, "daily_perf", ledger, None, session_ix)


class Returns(_EndOfPeriod):
    """Return of each session, and of the run so far."""

    columns: tuple[str, ...] = ("returns", "algorithm_period_return")

    def _end(self, packet, part, ledger, dt, session_ix):
        total = ledger.portfolio.returns
        packet[part]["returns"] = ledger.todays_returns
        packet["cumulative_perf"]["returns"] = packet["cumulative_risk_metrics"]["algorithm_period_return"] = total


class BenchmarkReturnsAndVolatility(_EndOfPeriod):
    """Return of the benchmark so far and its volatility."""

    columns: tuple[str, ...] = ("benchmark_period_return", "benchmark_volatility")

    def start_of_simulation(
        self,
        ledger: Any,
        emission_rate: Frequency,
        trading_calendar: TradingCalendar,
        sessions: pd.DatetimeIndex,
        benchmark_source: Any,
    ) -> None:
        self._returns = benchmark_source.daily_returns(sessions[0], sessions[-1]).values
        self._minutes = None
        if emission_rate == "minute":
            first, last = trading_calendar.session_open(sessions[0]), trading_calendar.session_close(sessions[-1])
            self._minutes = benchmark_source.get_range(first, last)

    def _end(self, packet, part, ledger, dt, session_ix):
        known = self._returns[: session_ix + 1]
        if dt is not None:  # of the session under way its minutes so far
            today = self._minutes[(self._minutes.index <= dt) & (self._minutes.index >= dt.normalize())]
            known = np.append(known[:-1], np.prod(1.0 + today.values) - 1.0)
        risk = packet["cumulative_risk_metrics"]
        risk["benchmark_period_return"] = _or_none(np.prod(1.0 + known) - 1.0)
        risk["benchmark_volatility"] = _or_none(_statistics.annual_volatility(known))


class PNL(_EndOfPeriod):
    """Profit of each session."""

    columns: tuple[str, ...] = ("pnl",)

    def start_of_simulation(self, *_: Any) -> None:
        self._before = 0.0

    def start_of_session(self, ledger: Any, *_: Any) -> None:
        self._before = ledger.portfolio.pnl

    def _end(self, packet, part, ledger, dt, session_ix):
        packet["cumulative_perf"]["pnl"] = total = ledger.portfolio.pnl
        packet[part]["pnl"] = total - self._before


class CashFlow(_EndOfPeriod):
    """Cash spent or received in each session."""

    columns: tuple[str, ...] = ("capital_used",)

    def start_of_simulation(self, *_: Any) -> None:
        self._before = 0.0

    def _end(self, packet, part, ledger, dt, session_ix):
        packet["cumulative_perf"]["capital_used"] = total = ledger.portfolio.cash_flow
        packet[part]["capital_used"] = total - self._before
        if dt is None:
            self._before = total


class Orders(_EndOfPeriod):
    """Orders of each session."""

    columns: tuple[str, ...] = ("orders",)

    def _end(self, packet, part, ledger, dt, session_ix):
        packet[part]["orders"] = ledger.orders(dt)


class Transactions(_EndOfPeriod):
    """Fills of each session."""

    columns: tuple[str, ...] = ("transactions",)

    def _end(self, packet, part, ledger, dt, session_ix):
        packet[part]["transactions"] = ledger.transactions(dt)


class Positions(_EndOfPeriod):
    """Positions at the end of each session."""

    columns: tuple[str, ...] = ("positions",)

    def _end(self, packet, part, ledger, dt, session_ix):
        packet[part]["positions"] = ledger.positions


class ReturnsStatistic:
    """A function of the daily returns so far, as a column of its name."""

    known: Any = {
        (_statistics.annual_volatility, "algo_volatility"),
        (_statistics.sharpe_ratio, "sharpe"),
        (_statistics.sortino_ratio, "sortino"),
        (_statistics.max_drawdown, "max_drawdown"),
    }

    def __init__(self, function: Callable[..., Any], field_name: str | None = None) -> None:
        self._function = function
        self._name = function.__name__ if field_name is None else field_name
        self.columns: tuple[str, ...] = (self._name,) if (function, self._name) in self.known else ()

    def end_of_bar(
        self, packet: dict[str, Any], ledger: Any, dt: pd.Timestamp, session_ix: int, data_portal: DataPortal
    ) -> None:
        value = self._function(ledger.daily_returns_array[: session_ix + 1])
        packet["cumulative_risk_metrics"][self._name] = value if np.isfinite(value) else None

    end_of_session = end_of_bar


class AlphaBeta(_EndOfPeriod):
    """Alpha and beta to the benchmark."""

    columns: tuple[str, ...] = ("alpha", "beta")

    def start_of_simulation(
        self,
        ledger: Any,
        emission_rate: Frequency,
        trading_calendar: TradingCalendar,
        sessions: pd.DatetimeIndex,
        benchmark_source: Any,
    ) -> None:
        self._benchmark = benchmark_source.daily_returns(sessions[0], sessions[-1]).values

    def _end(self, packet, part, ledger, dt, session_ix):
        n = session_ix + 1
        alpha, beta = _statistics.alpha_beta(ledger.daily_returns_array[:n], self._benchmark[:n])
        packet["cumulative_risk_metrics"].update(alpha=alpha if np.isfinite(alpha) else None, beta=_or_none(beta))


class MaxLeverage(_EndOfPeriod):
    """Largest leverage so far."""

    columns: tuple[str, ...] = ("max_leverage",)

    def start_of_simulation(self, *_: Any) -> None:
        self._largest = 0.0

    def _end(self, packet, part, ledger, dt, session_ix):
        self._largest = max(self._largest, ledger.account.leverage)
        packet["cumulative_risk_metrics"]["max_leverage"] = self._largest


class NumTradingDays(_EndOfPeriod):
    """Sessions so far."""

    columns: tuple[str, ...] = ("trading_days",)

    def _end(self, packet, part, ledger, dt, session_ix):
        packet["cumulative_risk_metrics"]["trading_days"] = session_ix + 1


class PeriodLabel(_EndOfPeriod):
    """The month."""

    columns: tuple[str, ...] = ("period_label",)

    def start_of_session(self, ledger: Any, session: pd.Timestamp, data_portal: Any) -> None:
        self._label = session.strftime("%Y-%m")

    def _end(self, packet, part, ledger, dt, session_ix):
        packet["cumulative_risk_metrics"]["period_label"] = self._label


class _ConstantCumulativeRiskMetric:
    """A column that never changes."""

    def __init__(self, field: Field, value: Any) -> None:
        self._name, self._value = field, value
        self.columns = (field,) if value == 0.0 and field in ("excess_return", "treasury_period_return") else ()

    def end_of_bar(self, packet: dict[str, Any], *_: Any) -> None:
        packet["cumulative_risk_metrics"][self._name] = self._value

    end_of_session = end_of_bar


class _ClassicRiskMetrics:
    """Risk figures of every whole month, quarter, half-year and year, in the packet of the end: result.risk_report."""

    def start_of_simulation(
        self,
        ledger: Any,
        emission_rate: Frequency,
        trading_calendar: TradingCalendar,
        sessions: pd.DatetimeIndex,
        benchmark_source: Any,
    ) -> None:
        self._leverages = np.full(len(sessions), np.nan)

    def end_of_session(
        self, packet: dict[str, Any], ledger: Any, session: pd.Timestamp, session_ix: int, data_portal: DataPortal
    ) -> None:
        self._leverages[session_ix] = ledger.account.leverage

    def end_of_simulation(
        self,
        packet: dict[str, Any],
        ledger: Any,
        trading_calendar: TradingCalendar,
        sessions: pd.DatetimeIndex,
        data_portal: DataPortal,
        benchmark_source: Any,
    ) -> None:
        import pandas as pd

        benchmark = benchmark_source.daily_returns(sessions[0], sessions[-1])
        leverages = pd.Series(self._leverages, index=sessions)
        packet.update(self.risk_report(ledger.daily_returns_series, benchmark, leverages))

    @classmethod
    def risk_report(
        cls, algorithm_returns: pd.Series, benchmark_returns: pd.Series, algorithm_leverages: pd.Series
    ) -> dict[str, list[dict[str, Any]]]:
        """Figures of the periods that begin in each month and end by the end of the last one."""
        import pandas as pd

        first, last = (_naive(algorithm_returns.index[i]) for i in (0, -1))
        end = last.replace(day=1) + pd.DateOffset(months=1)
        months = pd.period_range(first, end - pd.Timedelta(days=1), freq="M")
        if end.time() != pd.Timestamp(0).time():
            months = months[:-1]

        def periods(length):
            found = []
            for month in months if len(months) >= length else ():
                period_end = (month + (length - 1)).end_time
                if period_end > end:
                    break
                stop = min(period_end, last)
                found.append(
                    cls.risk_metric_period(
                        month.start_time, stop, algorithm_returns, benchmark_returns, algorithm_leverages
                    )
                )
            return found

        names = {"one_month": 1, "three_month": 3, "six_month": 6, "twelve_month": 12}
        return {name: periods(length) for name, length in names.items()}

    @classmethod
    def risk_metric_period(
        cls,
        start_session: pd.Timestamp,
        end_session: pd.Timestamp,
        algorithm_returns: pd.Series,
        benchmark_returns: pd.Series,
        algorithm_leverages: pd.Series,
    ) -> dict[str, Any]:
        """Figures of one period, both days included; None where one is not defined."""
        start, end = _naive(start_session), _naive(end_session)
        ours, leverages = (_between(series, start, end) for series in (algorithm_returns, algorithm_leverages))
        theirs = _between(benchmark_returns, start, _naive(ours.index[-1]))
        alpha, beta = _statistics.alpha_beta(ours.values, theirs.values)
        sharpe = _statistics.sharpe_ratio(ours.values)
        total = _statistics.cumulative_return(ours.values)
        values = {
            "algorithm_period_return": total,
            "benchmark_period_return": _statistics.cumulative_return(theirs.values),
            "treasury_period_return": 0,
            "excess_return": total,
            "alpha": alpha,
            "beta": beta,
            "sharpe": 0.0 if np.isnan(sharpe) else sharpe,
            "sortino": _statistics.sortino_ratio(ours.values),
            "trading_days": len(theirs),
            "algo_volatility": _statistics.annual_volatility(ours.values),
            "benchmark_volatility": _statistics.annual_volatility(theirs.values),
            "max_drawdown": _statistics.max_drawdown(ours.values),
            "max_leverage": leverages.max(),
        }
        values = {name: value if np.isfinite(value) else None for name, value in values.items()}
        return {**values, "period_label": end.strftime("%Y-%m")}


def _naive(moment):
    return moment if moment.tzinfo is None else moment.tz_convert("UTC").tz_localize(None)


def _or_none(value):
    return None if np.isnan(value) else value


def _between(series, start, end):
    if not hasattr(series.index, "tz"):
        return series
    index = series.index if series.index.tz is None else series.index.tz_convert("UTC").tz_localize(None)
    return series[(index >= start) & (index <= end)]


def default_metrics() -> set[Any]:
    """The metrics of Zipline's frame."""
    stats = ("longs_count", "shorts_count", "long_value", "short_value", "long_exposure", "short_exposure")
    return {
        Returns(),
        ReturnsStatistic(_statistics.annual_volatility, "algo_volatility"),
        BenchmarkReturnsAndVolatility(),
        PNL(),
        CashFlow(),
        Orders(),
        Transactions(),
        SimpleLedgerField("positions"),
        StartOfPeriodLedgerField("portfolio.positions_exposure", "starting_exposure"),
        DailyLedgerField("portfolio.positions_exposure", "ending_exposure"),
        StartOfPeriodLedgerField("portfolio.positions_value", "starting_value"),
        DailyLedgerField("portfolio.positions_value", "ending_value"),
        StartOfPeriodLedgerField("portfolio.cash", "starting_cash"),
        DailyLedgerField("portfolio.cash", "ending_cash"),
        DailyLedgerField("portfolio.portfolio_value"),
        *(DailyLedgerField(f"position_tracker.stats.{name}") for name in stats),
        DailyLedgerField("account.gross_leverage"),
        DailyLedgerField("account.net_leverage"),
        AlphaBeta(),
        ReturnsStatistic(_statistics.sharpe_ratio, "sharpe"),
        ReturnsStatistic(_statistics.sortino_ratio, "sortino"),
        ReturnsStatistic(_statistics.max_drawdown),
        MaxLeverage(),
        _ConstantCumulativeRiskMetric("excess_return", 0.0),
        _ConstantCumulativeRiskMetric("treasury_period_return", 0.0),
        NumTradingDays(),
        PeriodLabel(),
    }


def classic_metrics() -> set[Any]:
    """The default metrics and the risk figures of months, quarters and years (deprecated in Zipline)."""
    import warnings

    warnings.warn(
        "The original risk packet has been deprecated and will be removed in a future release. Please use "
        '"default" metrics instead.',
        category=DeprecationWarning,
        stacklevel=2,
    )
    return default_metrics() | {_ClassicRiskMetrics()}
