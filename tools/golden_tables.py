"""A result as the tables of a golden folder: perf, orders, transactions, positions, recorded."""

import math

PERF = (
    "algo_volatility",
    "algorithm_period_return",
    "alpha",
    "benchmark_period_return",
    "benchmark_volatility",
    "beta",
    "capital_used",
    "ending_cash",
    "ending_exposure",
    "ending_value",
    "excess_return",
    "gross_leverage",
    "long_exposure",
    "long_value",
    "longs_count",
    "max_drawdown",
    "max_leverage",
    "net_leverage",
    "period_close",
    "period_label",
    "period_open",
    "pnl",
    "portfolio_value",
    "returns",
    "sharpe",
    "short_exposure",
    "short_value",
    "shorts_count",
    "sortino",
    "starting_cash",
    "starting_exposure",
    "starting_value",
    "trading_days",
    "treasury_period_return",
)


def cell(value):
    """One cell: floats as their shortest text, times ISO UTC, missing values empty."""
    if value is None:
        return ""
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return str(bool(value))
    if isinstance(value, float):
        return "" if math.isnan(value) else repr(float(value))
    if hasattr(value, "tz_convert"):
        return "" if value != value else value.tz_convert("UTC").strftime("%Y-%m-%dT%H:%M:%SZ")
    if hasattr(value, "symbol"):
        return value.symbol
    if type(value).__name__.startswith(("int", "uint")):
        return str(int(value))
    return str(value)


def tables(result, recorded_in_perf=False):
    """{table: rows} of a rustybt.Result."""
    from rustybt.result import _utc

    core = result._core
    columns = core.performance()
    columns["period_open"], columns["period_close"] = _utc(columns["period_open"]), _utc(columns["period_close"])
    sessions = [str(t.date()) for t in columns["period_close"].tz_convert("America/New_York")]
    columns["excess_return"] = columns["treasury_period_return"] = [0.0] * len(sessions)
    values = {name: columns[name].tolist() if hasattr(columns[name], "tolist") else columns[name] for name in PERF}
    values["period_open"], values["period_close"] = list(columns["period_open"]), list(columns["period_close"])
    recorded = core.recorded()
    if recorded_in_perf:  # there truth values are 1 and 0
        values.update(
            {name: [int(v) if v is True or v is False else v for v in column] for name, column in recorded.items()}
        )
    lists = core.daily_lists()
    out = {
        "perf": [{"session": s, **{name: cell(values[name][i]) for name in values}} for i, s in enumerate(sessions)],
        "orders": _rows(sessions, lists["orders"], _order),
        "transactions": _rows(sessions, lists["transactions"], _transaction),
        "positions": _rows(sessions, lists["positions"], _position),
    }
    if recorded and not recorded_in_perf:
        out["recorded"] = [
            {"session": s, **{name: cell(v[i]) for name, v in recorded.items()}} for i, s in enumerate(sessions)
        ]
        # a session before the first record() has no line
        out["recorded"] = [row for row in out["recorded"] if any(v for k, v in row.items() if k != "session")]
    return out


# what minute packets hold, beside their risk figures (those of PERF that are statistics)
MINUTE_RISK = (
    "algo_volatility",
    "algorithm_period_return",
    "alpha",
    "benchmark_period_return",
    "benchmark_volatility",
    "beta",
    "excess_return",
    "max_drawdown",
    "max_leverage",
    "period_label",
    "sharpe",
    "sortino",
    "trading_days",
    "treasury_period_return",
)


def minute_tables(result, capital, days):
    """{table: rows} of the minutes of a rustybt.Result with minute emission; `days` are the run's sessions."""
    from rustybt.result import _utc

    core = result._core
    columns = core.minute_performance()
    columns["period_open"], columns["period_close"] = _utc(columns["period_open"]), _utc(columns["period_close"])
    minutes = [cell(t) for t in columns["period_close"]]
    zeros = [0.0] * len(minutes)
    columns["excess_return"] = columns["treasury_period_return"] = zeros
    run = {
        "capital_used": columns["cumulative_capital_used"],
        "pnl": columns["cumulative_pnl"],
        "returns": columns["algorithm_period_return"],
        "period_open": [str(days[0].date())] * len(minutes),
        "period_close": [str(days[-1].date())] * len(minutes),
        "starting_cash": [capital] * len(minutes),
        "starting_exposure": zeros,
        "starting_value": zeros,
    }
    money = [name for name in PERF if name not in MINUTE_RISK]

    def values(column):
        return [cell(v) for v in (column.tolist() if hasattr(column, "tolist") else column)]

    table = {"dt": minutes}
    table.update({f"minute.{n}": values(list(columns[n])) for n in money})
    table.update({f"cumulative.{n}": values(list(run.get(n, columns[n]))) for n in money})
    table.update({f"risk.{n}": values(columns[n]) for n in MINUTE_RISK})
    lists = core.minute_lists()
    return {
        "minute_perf": [dict(zip(table, row)) for row in zip(*table.values())],
        "minute_orders": _rows(minutes, lists["orders"], _order, "minute"),
        "minute_transactions": _rows(minutes, lists["transactions"], _transaction, "minute"),
    }


def _rows(sessions, lists, columns, label="session"):
    return [
        {label: session, "seq": str(i), **columns(row)}
        for session, rows in zip(sessions, lists)
        for i, row in enumerate(rows)
    ]


def number(order_id):
    """Number of an order by creation; empty for automatic closes."""
    return "" if order_id is None else str(int(order_id, 16))


def _order(o):
    return {
        "order": number(o["id"]),
        "symbol": o["sid"].symbol,
        "status": str(int(o["status"])),
        **{k: cell(o[k]) for k in ("amount", "filled", "commission", "created", "dt", "limit", "stop")},
    }


def _transaction(t):
    return {
        "symbol": t["sid"].symbol,
        "order": number(t["order_id"]),
        **{k: cell(t[k]) for k in ("amount", "price", "commission", "dt")},
    }


def _position(p):
    return {"symbol": p["sid"].symbol, **{k: cell(p[k]) for k in ("amount", "cost_basis", "last_sale_price")}}
