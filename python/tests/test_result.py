"""The result: Zipline's frame, exact tables, what remains of a run that failed."""

import gc
import signal
import traceback
from decimal import Decimal

import pandas as pd
import polars
import pyarrow
import pytest

from rustybt import api, errors

# zipline_semantics 5
COLUMNS = """algo_volatility algorithm_period_return alpha benchmark_period_return benchmark_volatility beta capital_used ending_cash
ending_exposure ending_value excess_return gross_leverage long_exposure long_value longs_count max_drawdown max_leverage net_leverage
orders period_close period_label period_open pnl portfolio_value positions returns sharpe short_exposure short_value shorts_count sortino
starting_cash starting_exposure starting_value trading_days transactions treasury_period_return""".split()


def trade(context, data):
    api.order(context.symbol("AAA"), 10)


def test_perf_is_zipline_frame(run):
    perf = run(trade).perf
    assert sorted(perf.columns) == COLUMNS
    assert isinstance(perf.index, pd.DatetimeIndex) and str(perf.index.tz) == "UTC"
    assert str(perf.index[0]) == "2020-01-02 21:00:00+00:00" and (perf.index == perf.period_close).all()
    assert str(perf.period_open.iloc[0]) == "2020-01-02 14:31:00+00:00" and perf.period_label.iloc[0] == "2020-01"
    assert perf.longs_count.tolist()[:3] == [0, 1, 1] and perf.trading_days.tolist() == list(range(1, 13))
    assert perf.alpha.isna().all() and perf.alpha.iloc[0] is None  # no benchmark
    assert perf.algo_volatility.dtype == float
    (order,) = perf.orders.iloc[0]
    assert list(order) == [
        "id",
        "dt",
        "reason",
        "created",
        "amount",
        "filled",
        "commission",
        "stop",
        "limit",
        "stop_reached",
        "limit_reached",
        "sid",
        "status",
    ]
    (position,) = perf.positions.iloc[1]
    assert list(position) == ["sid", "amount", "cost_basis", "last_sale_price"] and isinstance(position["amount"], int)


def test_recorded_values_are_columns(run):
    thing = object()

    def handle_data(context, data):
        day = context.get_datetime().day
        if day == 3:
            api.record("late", day, text="x", number=1.5)
        if day == 6:
            api.record(thing=thing, pnl="mine", alpha="never")

    perf = run(handle_data).perf
    assert perf.late.isna().tolist()[:2] == [True, False] and perf.late.iloc[-1] == 3  # stays until overwritten
    assert perf.text.iloc[1:].tolist() == ["x"] * 11 and perf.number.iloc[5] == 1.5
    assert perf.thing.iloc[2] is thing and perf.thing.iloc[-1] is thing
    assert perf.pnl.iloc[-1] == "mine" and perf.alpha.iloc[-1] is None  # as in zipline, risk figures are not replaced


def test_result_stands_for_its_frame(run):
    result = run(trade)
    assert result.portfolio_value is result.perf.portfolio_value or result.portfolio_value.equals(
        result.perf.portfolio_value
    )
    assert result["returns"].equals(result.perf["returns"]) and "returns" in result and len(result) == 12
    assert result.to_pandas() is result.perf
    with pytest.raises(AttributeError):
        result.no_such_column
    assert "12 sessions" in repr(result) and "<table>" in result._repr_html_()


def test_tables_are_exact_and_leave_without_a_copy(run):
    result = run(trade)
    assert result.tables == ["performance", "transactions", "orders", "positions", "recorded"]
    table = result.table("transactions")
    arrow = table.to_arrow()
    assert pyarrow.types.is_decimal(arrow.schema.field("price").type)
    assert arrow.column("price")[0].as_py() == Decimal("100.300125")  # 100.25 x 1.0005
    assert arrow.column("amount")[0].as_py() == 10 and len(table) == 11
    assert polars.from_arrow(arrow).height == result.to_polars("transactions").height == 11
    assert pyarrow.table(table).equals(arrow)
    assert result.to_arrow().num_rows == 12 and result.to_pandas("orders").shape[0] == len(result.table("orders"))
    # the data outlive every object of ours
    del table, result
    gc.collect()
    assert arrow.column("price")[-1].as_py() > 0
    with pytest.raises(ValueError):
        run(trade).table("no such table")


def test_settings_reproduce_the_run(run):
    settings = run(trade, policies={"limit_check": "trigger_only"}).settings
    assert settings["preset"] == "rustybt" and settings["policies"]["limit_check"] == "trigger_only"
    assert settings["slippage"].startswith("FixedBasisPoints") and len(settings["data_hash"]) >= 32
    assert run(trade, preset="zipline").settings["policies"]["quantity"] == "whole"
    with pytest.raises(errors.UnknownPolicy):
        run(trade, policies={"no_such": "policy"})


def test_analyze_gets_the_result_while_context_still_works(run):
    seen = []

    def analyze(context, result):
        seen.append((result, context.portfolio.portfolio_value))

    result = run(trade, analyze=analyze)
    assert seen[0][0] is result and seen[0][1] == result.portfolio_value.iloc[-1]


def test_an_error_passes_with_its_traceback_and_the_finished_sessions(run):
    def helper():
        raise LookupError("mine")

    def handle_data(context, data):
        trade(context, data)
        if context.get_datetime().day == 7:
            helper()

    with pytest.raises(LookupError, match="mine") as caught:
        run(handle_data)
    assert [f.name for f in traceback.extract_tb(caught.value.__traceback__)][-2:] == ["handle_data", "helper"]
    partial = caught.value.partial_result
    assert len(partial) == 3 and partial.end == "failed" and str(partial.error_time) == "2020-01-07 21:00:00+00:00"
    assert [len(t) for t in partial.perf.transactions] == [0, 1, 1]


def test_an_error_of_the_core_inside_a_strategy_keeps_its_code(run):
    with pytest.raises(errors.SymbolNotFound) as caught:
        run(initialize=lambda context: context.symbol("NOPE"))
    assert caught.value.code == 2101 and caught.value.hint and len(caught.value.partial_result) == 0
    assert not len(caught.value.partial_result.perf)


def test_ctrl_c_ends_the_run(run):
    def handle_data(context, data):
        if context.get_datetime().day == 6:
            signal.raise_signal(signal.SIGINT)

    signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background starts with it ignored

    with pytest.raises(KeyboardInterrupt) as caught:
        run(handle_data)
    assert len(caught.value.partial_result) in (2, 3)


@pytest.mark.parametrize(
    "settings, error",
    [
        (dict(start="2020-01-10", end="2020-01-03"), errors.InvalidDateRange),
        (dict(start="2020-01-04", end="2020-01-05"), errors.InvalidDateRange),
        (dict(start="2031-01-01", end="2031-02-01"), errors.NoDataOnDate),
        (dict(capital_base=0), errors.ZeroCapitalError),
        (dict(start="yesterday"), errors.InvalidDate),
        (dict(bundle="nope"), errors.UnknownBundle),
        (dict(data_frequency="weekly"), ValueError),
        (dict(metrics_set="unknown"), ValueError),
        (dict(trading_calendar="MARS"), errors.InvalidCalendarName),
    ],
)
def test_bad_settings(run, settings, error, tmp_path):
    with pytest.raises(error):
        run(trade, **settings, root=tmp_path)


def test_dates_may_be_written_in_many_ways(run):
    import datetime

    import numpy as np

    for start in (
        "2020-01-06",
        datetime.date(2020, 1, 6),
        datetime.datetime(2020, 1, 6, 15),
        pd.Timestamp("2020-01-06"),
        pd.Timestamp("2020-01-06", tz="UTC"),
        np.datetime64("2020-01-06"),
    ):
        assert len(run(start=start)) == 10


def test_benchmark_returns(run):
    days = pd.date_range("2020-01-02", "2020-01-17", freq="B")
    perf = run(trade, benchmark_returns=pd.Series(0.01, index=days)).perf
    assert perf.benchmark_period_return.iloc[1] == pytest.approx(1.01**2 - 1, rel=1e-15)


def test_progress_is_told_after_each_session(run):
    lines = []
    run(trade, progress=lambda *facts: lines.append(facts))
    assert len(lines) == 12 and lines[0][:3] == (1, 12, "2020-01-02") and lines[-1][5] == 11
