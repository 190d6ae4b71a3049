"""Sets of metrics: what the performance frame of a run holds.

    class Turnover:
        def start_of_simulation(self, ledger, emission_rate, trading_calendar, sessions, benchmark_source): ...
        def end_of_session(self, packet, ledger, session, session_ix, data_portal):
            packet["daily_perf"]["turnover"] = sum(abs(t["amount"] * t["price"]) for t in ledger.transactions())

    @register("with_turnover")
    def with_turnover():
        return default_metrics() | {Turnover()}

    run_algorithm(..., metrics_set="with_turnover")          # or: rustybt run script.py --metrics-set with_turnover

Hooks are those of Zipline: start_of_simulation, end_of_simulation, start_of_session, end_of_session, and with minute emission
end_of_bar. What a metric puts into packet["daily_perf"] and packet["cumulative_risk_metrics"] becomes columns of the frame;
numbers, truth values and texts are recorded values as well, so that they are in every exact table and report. The metrics of
the default set are computed by the engine.
"""

from rustybt.finance.metrics.core import load, metrics_sets, register, unregister
from rustybt.finance.metrics.metric import (
    PNL,
    AlphaBeta,
    BenchmarkReturnsAndVolatility,
    CashFlow,
    DailyLedgerField,
    MaxLeverage,
    NumTradingDays,
    Orders,
    PeriodLabel,
    Positions,
    Returns,
    ReturnsStatistic,
    SimpleLedgerField,
    StartOfPeriodLedgerField,
    Transactions,
    _ClassicRiskMetrics,
    _ConstantCumulativeRiskMetric,
    classic_metrics,
    default_metrics,
)
from rustybt.finance.metrics.tracker import MetricsTracker

__all__ = [
    "AlphaBeta",
    "BenchmarkReturnsAndVolatility",
    "CashFlow",
    "DailyLedgerField",
    "MaxLeverage",
    "MetricsTracker",
    "NumTradingDays",
    "Orders",
    "PNL",
    "PeriodLabel",
    "Positions",
    "Returns",
    "ReturnsStatistic",
    "SimpleLedgerField",
    "StartOfPeriodLedgerField",
    "Transactions",
    "_ClassicRiskMetrics",
    "_ConstantCumulativeRiskMetric",
    "classic_metrics",
    "default_metrics",
    "get_metrics_set",
    "load",
    "metrics_sets",
    "register",
    "unregister",
]

#: Zipline's other name of `load`.
get_metrics_set = load

register("none", set)
register("default", default_metrics)
register("classic", classic_metrics)
