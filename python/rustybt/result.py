"""Result of a run: Zipline's performance frame, and every table in exact numbers."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any

from rustybt import _core

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterator

    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from rustybt._core import RunResult, Table
    from rustybt._types import StrPath

__all__ = ["Report", "Result"]

# statistics that Zipline leaves None where they are not defined
_STATISTICS = (
    "algo_volatility",
    "benchmark_volatility",
    "sharpe",
    "sortino",
    "max_drawdown",
    "alpha",
    "beta",
    "benchmark_period_return",
)
# recorded values never replace these
_RISK = (
    *_STATISTICS,
    "algorithm_period_return",
    "excess_return",
    "treasury_period_return",
    "max_leverage",
    "trading_days",
    "period_label",
)


class Report:
    """The report of a run: one HTML page that needs nothing else; made by Result.report()."""

    def __init__(self, html: str, title: str) -> None:
        self.html = html
        self._title = title

    def save(self, path: StrPath) -> None:
        """Write the page."""
        with open(path, "w", encoding="utf-8") as file:
            file.write(self.html)

    def __repr__(self) -> str:
        return f"<Report of {self._title}, {len(self.html):,} bytes: save(path), html>"

    def _repr_html_(self) -> str:
        import html

        return (
            f'<iframe srcdoc="{html.escape(self.html)}" title="{html.escape(self._title)}" '
            'style="width: 100%; height: 700px; border: 0"></iframe>'
        )


class Result:
    """What a run leaves behind.

    result.perf                    Zipline's frame (lists of dicts included), made on first use
    result.table("orders")         exact numbers: .to_arrow(), .to_polars(), .to_pandas(); any Arrow consumer takes it as it is;
                                   tables: performance, transactions, orders, positions, recorded, capital_changes,
                                   financing (costs of holding), closed_lots (lots fifo or lifo)
    result.summary                 headline figures
    result.portfolio_value         any column of perf, as with Zipline's frame
    """

    def __init__(self, core: RunResult, metrics: Any = None) -> None:
        self._core = core
        self._metrics = metrics

    # --- frames -------------------------------------------------------------------------------------------------------

    @cached_property
    def perf(self) -> pd.DataFrame:
        """Zipline's performance frame, one row per session, index = close of the session in UTC."""
        frame = _performance_frame(self._core)
        return frame if self._metrics is None else self._metrics.frame(frame)

    @property
    def risk_report(self) -> dict[str, Any]:
        """What the metrics left at the end of the run (set "classic": one_month, three_month, ...); empty for others."""
        return {} if self._metrics is None else self._metrics.end_packet

    def to_pandas(self, table: str | None = None) -> pd.DataFrame:
        """The performance frame, or one exact table as a frame."""
        return self.perf if table is None else self.table(table).to_pandas()

    def to_arrow(self, table: str = "performance") -> pa.Table:
        """One exact table as pyarrow.Table."""
        return self.table(table).to_arrow()

    def to_polars(self, table: str = "performance") -> pl.DataFrame:
        """One exact table as polars.DataFrame."""
        return self.table(table).to_polars()

    def table(self, name: str) -> Table:
        """One exact table; it has __arrow_c_stream__."""
        return self._core.table(name)

    @property
    def tables(self) -> list[str]:
        """Names of the exact tables."""
        return list(self._core.table_names)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.table("performance").__arrow_c_stream__(requested_schema)

    # --- files ------------------------------------------------------------------------------------------------------------

    def report(self) -> Report:
        """The run as one HTML page, as `rustybt run --report` writes it; a notebook shows it.

        result.report().save("report.html")
        """
        title = repr(self)[len("<Result: ") : -1]
        return Report(_core.report_page(self._core, "a run_algorithm call", ""), title)

    def write(
        self,
        folder: StrPath | None = None,
        *,
        report: StrPath | None = None,
        strategy: str = "a run_algorithm call",
        command: str = "",
    ) -> None:
        """Write all tables as Parquet with summary.json into a folder, or an HTML page with its tables beside it, or both.

        `rustybt report FOLDER` makes the page of a folder again. strategy, command: what the page says the run was.
        """
        _core.write_run(self._core, strategy, command, os.fspath(folder or ""), os.fspath(report or ""))

    # --- facts --------------------------------------------------------------------------------------------------------

    @cached_property
    def summary(self) -> dict[str, Any]:
        """Headline figures; money is decimal.Decimal."""
        return self._core.summary()

    @property
    def settings(self) -> dict[str, Any]:
        """What reproduces the run: preset and its reason, policies, models, bundle and data hash, calendar."""
        c = self._core
        return {
            "preset": c.preset,
            "preset_reason": c.preset_reason,
            "policies": c.policies,
            "slippage": c.slippage,
            "commission": c.commission,
            **dict(zip(("borrow_cost", "financing", "funding"), (text or None for text in c.holding_costs))),
            "latency": c.latency or None,
            "partial_fill": c.partial_fill or None,
            "margin": c.margin or None,
            "bundle": c.bundle,
            "data_hash": c.data_hash,
            "calendar": c.calendar,
            "base_currency": c.base_currency,
        }

    @property
    def capital_changes(self) -> list[dict[str, Any]]:
        """Capital changes that were made: {"date", "type": "cash", "target" (None for a delta), "delta": cash added}."""
        return [
            {"date": date, "type": "cash", "target": target, "delta": delta}
            for date, target, delta in self._core.capital_changes()
        ]

    @property
    def margin_calls(self) -> list[dict[str, Any]]:
        """Margin calls: {"time", "equity", "required": maintenance, as Decimal}, the first bar of each."""
        return [
            {"time": time, "equity": equity, "required": required} for time, equity, required in self._core.margin_calls()
        ]

    @property
    def end(self) -> str:
        """How the run ended: completed, interrupted or failed."""
        return self._core.end

    @property
    def error_time(self) -> datetime.datetime | None:
        """Simulation time of the error of a failed run."""
        return self._core.error_time

    def __len__(self) -> int:
        return self._core.sessions

    # --- as Zipline's frame -------------------------------------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.perf, name)

    def __getitem__(self, key: Any) -> Any:
        return self.perf[key]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.perf)

    def __contains__(self, key: object) -> bool:
        return key in self.perf

    def __repr__(self) -> str:
        if not len(self):
            return f"<Result: {self.end}, no finished session>"
        s = self.summary
        return (
            f"<Result: {s['first_session']} to {s['last_session']}, {s['sessions']} sessions, {self.end}, "
            f"ending value {s['ending_value']:,.2f}, total return {s['total_return']:.2%}>"
        )

    def _repr_html_(self):
        import html

        rows = "".join(
            f"<tr><th style='text-align:left'>{html.escape(k.replace('_', ' '))}</th>"
            f"<td style='text-align:right'>{html.escape(_figure(k, v))}</td></tr>"
            for k, v in self.summary.items()
        )
        settings = self.settings
        return (
            f"<table><caption>{html.escape(repr(self)[1:-1])}</caption>{rows}</table>"
            f"<small>preset {settings['preset']} ({html.escape(settings['preset_reason'])}), bundle {html.escape(settings['bundle'])}</small>"
        )


_PERCENT = ("total_return", "annual_return", "annual_volatility", "max_drawdown", "benchmark_return")


def _figure(name, value):
    if name in _PERCENT:
        return f"{value:.2%}"
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"


def _performance_frame(core):
    import pandas as pd

    columns = core.performance()
    closes = _utc(columns["period_close"])
    columns["period_open"] = _utc(columns["period_open"])
    columns["period_close"] = closes
    columns["excess_return"] = columns["treasury_period_return"] = 0.0
    for name in _STATISTICS:
        values = columns[name]
        if len(values) and (values != values).all():  # Zipline: a column of None
            columns[name] = _objects([None] * len(values))
    columns["period_label"] = _objects(columns.pop("period_label"))
    for name, lists in core.daily_lists().items():
        columns[name] = _objects(lists)
    for name, values in core.recorded_columns().items():
        if name not in _RISK:
            columns[name] = values
    return pd.DataFrame(columns, index=closes, copy=False)  # the arrays are the frame's alone


def _objects(values):
    """An array of Python objects; lists among them stay whole."""
    import numpy as np

    return np.fromiter(values, dtype=object, count=len(values))


def _utc(nanoseconds):
    import pandas as pd

    return pd.DatetimeIndex(nanoseconds.view("M8[ns]")).tz_localize("UTC")
