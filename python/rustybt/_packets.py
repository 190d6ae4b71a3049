"""Zipline's packets of a run, made from its result: what TradingAlgorithm.get_generator() yields."""

import numpy as np

_PERIOD = (
    "starting_cash starting_value starting_exposure ending_cash ending_value ending_exposure pnl capital_used portfolio_value returns "
    "long_value short_value long_exposure short_exposure longs_count shorts_count"
).split()
_DAY_ONLY = ("gross_leverage", "net_leverage")
_RISK = (
    "algo_volatility algorithm_period_return alpha benchmark_period_return benchmark_volatility beta max_drawdown max_leverage "
    "period_label sharpe sortino trading_days"
).split()


def packets(result, params):
    """Capital changes, minutes (with minute emission) and sessions in the order of time, then the risk report."""
    import pandas as pd

    core = result._core
    changes = [(c["date"], c) for c in result.capital_changes]
    recorded = core.recorded()
    days = _rows(core.performance(), core.daily_lists())
    minutes = _rows(core.minute_performance(), core.minute_lists()) if params.emission_rate == "minute" else []
    whole = {
        "period_start": params.start_session,
        "period_end": params.end_session,
        "capital_base": params.capital_base,
    }
    start = params.start_session
    before = {"pnl": 0.0, "capital_used": 0.0}
    for number, day in enumerate(days):
        for minute in minutes:
            at = pd.Timestamp(minute["period_close"], tz="UTC")
            if not day["period_open"] <= minute["period_close"] <= day["period_close"]:
                continue
            yield from _changes_until(changes, at)
            sums = {name: minute[f"cumulative_{name}"] for name in before}
            yield {**whole, **_packet("minute_perf", minute, days[0], sums, at, start), "progress": 1.0}
        at = pd.Timestamp(day["period_close"], tz="UTC")
        yield from _changes_until(changes, at)
        before = {name: value + day[name] for name, value in before.items()}
        packet = {**whole, **_packet("daily_perf", day, days[0], before, at, start), "progress": (number + 1) / len(days)}
        packet["daily_perf"].update({name: day[name] for name in (*_DAY_ONLY, "positions")})
        packet["daily_perf"]["recorded_vars"] = {name: values[number] for name, values in recorded.items()}
        yield packet
    yield result.risk_report


def _rows(columns, lists):
    names = [*columns, *lists]
    values = [v.tolist() if isinstance(v, np.ndarray) else v for v in (*columns.values(), *lists.values())]
    return [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]


def _changes_until(changes, at):
    while changes and changes[0][0] <= at:
        yield {"capital_change": changes.pop(0)[1]}


def _packet(name, row, first, sums, at, start):
    import pandas as pd

    period = {field: row[field] for field in _PERIOD}
    begin = {field: first[field] for field in ("starting_cash", "starting_value", "starting_exposure")}
    return {
        name: {
            "period_open": pd.Timestamp(row["period_open"], tz="UTC"),
            "period_close": at,
            **period,
            "transactions": row["transactions"],
            "orders": row["orders"],
        },
        "cumulative_perf": {
            **period,
            **begin,
            **sums,
            "returns": row["algorithm_period_return"],
            "period_open": start,
            "period_close": at.normalize().tz_localize(None),
        },
        "cumulative_risk_metrics": {field: row[field] for field in _RISK},
    }
