"""Sets of metrics: chosen by name, of one's own, and what they leave in the result."""

import numpy as np
import pandas as pd
import pytest

import rustybt
from rustybt.finance import metrics
from rustybt.finance.metrics.metric import _ClassicRiskMetrics


ZIPLINE_JANUARY = {'algo_volatility': 0.051380930314660525,
 'algorithm_period_return': -0.00010999492912833198,
 'alpha': 0.008203258743806785,
 'benchmark_period_return': -0.004154384000489619,
 'benchmark_volatility': 0.062476177278005154,
 'beta': 0.1783119060927893,
 'excess_return': -0.00010999492912833198,
 'max_drawdown': -0.007004905056267597,
 'max_leverage': 0.75,
 'period_label': '2020-01',
 'sharpe': 0.0,
 'sortino': 0.0,
 'trading_days': 22.0,
 'treasury_period_return': 0.0}
ZIPLINE_QUARTER = {'algo_volatility': 0.05098774362530666,
 'algorithm_period_return': -0.002322310837320485,
 'alpha': -0.007792984825086835,
 'benchmark_period_return': -0.0024500021838567143,
 'benchmark_volatility': 0.06019759131393879,
 'beta': 0.006553984132459492,
 'excess_return': -0.002322310837320485,
 'max_drawdown': -0.007223341892321179,
 'max_leverage': 0.75,
 'period_label': '2020-03',
 'sharpe': -0.1544488820268449,
 'sortino': -0.21879748724684184,
 'trading_days': 64.0,
 'treasury_period_return': 0.0}


class Watcher:
    """Notes every hook with its arguments, and puts values into the packet."""

    def __init__(self):
        self.heard = []

    def start_of_simulation(self, ledger, emission_rate, trading_calendar, sessions, benchmark_source):
        self.heard.append(("simulation", emission_rate, trading_calendar.name, len(sessions), ledger.portfolio.cash))

    def start_of_session(self, ledger, session, data_portal):
        self.heard.append(("start", session.day, ledger.portfolio.portfolio_value))

    def end_of_session(self, packet, ledger, session, session_ix, data_portal):
        fills = [(t["amount"], t["price"], t["sid"].symbol) for t in ledger.transactions()]
        self.heard.append(("end", session.day, session_ix, fills, len(ledger.orders())))
        packet["daily_perf"]["turnover"] = sum(abs(amount * price) for amount, price, _ in fills)
        packet["cumulative_risk_metrics"]["best"] = ledger.daily_returns_array[: session_ix + 1].max()
        packet["daily_perf"]["assets"] = [p["sid"].symbol for p in ledger.positions]

    def end_of_simulation(self, packet, ledger, trading_calendar, sessions, data_portal, benchmark_source):
        packet["mean"] = ledger.daily_returns_series.mean()
        self.heard.append(("over", list(benchmark_source.daily_returns(sessions[0], sessions[1]))))


def buy_first(context, data):
    if data.current_session.day == 2:
        rustybt.api.order(rustybt.api.symbol("BBB"), 10)
    rustybt.api.record(day=data.current_session.day)


def free_of_costs(context):
    context.set_slippage(rustybt.api.slippage.NoSlippage())
    context.set_commission(rustybt.api.commission.NoCommission())


def test_the_registry_is_zipline_s():
    assert set(metrics.metrics_sets) == {"none", "default", "classic"}
    assert metrics.load("none") == set()
    assert len(metrics.load("default")) == 32
    with pytest.raises(ValueError, match="'default' is already registered"):
        metrics.register("default", set)
    with pytest.raises(ValueError, match="no metrics set registered as 'other', options are: "):
        metrics.get_metrics_set("other")
    with pytest.raises(ValueError, match="'other' was not already registered"):
        metrics.unregister("other")
    with pytest.warns(DeprecationWarning, match="original risk packet"):
        assert len(metrics.load("classic")) == 33


def test_none_leaves_the_times_and_what_is_recorded(run):
    perf = run(buy_first, metrics_set="none").perf
    assert set(perf) == {"period_open", "period_close", "day"}
    assert list(perf["day"][:3]) == [2, 3, 6]


def test_a_chosen_set_keeps_its_columns(run):
    chosen = {metrics.Returns(), metrics.PNL(), metrics.DailyLedgerField("portfolio.cash", "ending_cash")}
    full = run(buy_first)
    perf = run(buy_first, metrics_set=chosen).perf
    assert set(perf) == {
        "period_open", "period_close", "day", "returns", "algorithm_period_return", "pnl", "ending_cash",
    }  # fmt: skip
    pd.testing.assert_frame_equal(perf, full.perf[list(perf)])
    # with a name of one's own the field is read from the books
    named = run(buy_first, metrics_set={metrics.DailyLedgerField("portfolio.cash", "money")}).perf
    assert list(named["money"]) == list(full.perf["ending_cash"])


def test_a_metric_of_ones_own(run):
    watcher = Watcher()
    result = run(buy_first, free_of_costs, metrics_set=metrics.default_metrics() | {watcher})
    kinds = [h[0] for h in watcher.heard]
    assert kinds == ["simulation", *["start", "end"] * 12, "over"]
    assert watcher.heard[0] == ("simulation", "daily", "XNYS", 12, 100_000.0)
    # ordered on the 2nd, filled on the 3rd at 20.005; the books at the start of a session are those of the close before
    assert watcher.heard[2:5] == [
        ("end", 2, 0, [], 1),
        ("start", 3, 100_000.0),
        ("end", 3, 1, [(10, 20.005, "BBB")], 1),
    ]
    assert watcher.heard[-1] == ("over", [0.0, 0.0])
    perf = result.perf
    assert list(perf["turnover"][:3]) == pytest.approx([0.0, 200.05, 0.0])
    assert list(perf["assets"][:2]) == [[], ["BBB"]]
    assert (perf["best"] == 0.0).all()  # nothing moves, nothing costs
    assert perf["portfolio_value"].iloc[-1] == 100_000.0
    assert result.risk_report == {"mean": 0.0}
    # numbers are recorded values too: they are in the exact tables and in reports
    assert result.to_pandas("recorded")["turnover"].iloc[1] == pytest.approx(200.05)


def test_a_statistic_of_the_returns(run):
    def worst(returns):
        return returns.min()

    perf = run(
        lambda c, d: rustybt.api.order_target_percent(rustybt.api.symbol("AAA"), 0.5),
        metrics_set={metrics.ReturnsStatistic(worst), metrics.Returns()},
    ).perf
    assert list(perf["worst"]) == list(np.minimum.accumulate(perf["returns"]))
    assert perf["worst"].iloc[-1] < 0


def test_a_registered_set_is_found_by_name(run):
    metrics.register("mine", lambda: {metrics.NumTradingDays()})
    try:
        perf = run(buy_first, metrics_set="mine").perf
    finally:
        metrics.unregister("mine")
    assert list(perf["trading_days"]) == list(range(1, 13))
    assert "pnl" not in perf
    with pytest.raises(ValueError, match="options are"):
        run(buy_first, metrics_set="mine")


def test_a_failing_metric_ends_the_run(run):
    class Failing:
        def end_of_session(self, *args):
            raise ArithmeticError("no")

    with pytest.raises(ArithmeticError):
        run(buy_first, metrics_set={Failing()})


def test_metrics_of_minutes(tmp_path):
    from rustybt.data import bundles

    class Minutes:
        times = []

        def end_of_bar(self, packet, ledger, dt, session_ix, data_portal):
            self.times.append((dt, len(ledger.transactions(dt)), packet["minute_perf"]["period_close"] == dt))

    minutes = pd.date_range("2020-01-02 14:31", "2020-01-02 21:00", freq="min", tz="UTC")
    columns = dict.fromkeys(("open", "high", "low", "close"), ["100.00"] * 390) | {"volume": [10_000] * 390}
    bundles.write_frames("m", {}, minute_bars={"AAA": {"dt": minutes, **columns}}, root=tmp_path)

    def buy(context, data):
        if data.current_dt.hour == 15 and data.current_dt.minute == 0:
            rustybt.api.order(rustybt.api.symbol("AAA"), 5)

    rustybt.run_algorithm(
        handle_data=buy, bundle="m", root=tmp_path, data_frequency="minute", emission_rate="minute", metrics_set={Minutes()}
    )
    assert len(Minutes.times) == 390 and all(same for *_, same in Minutes.times)
    assert [t.strftime("%H:%M") for t, fills, _ in Minutes.times if fills] == ["15:01"]


def test_the_classic_report_is_zipline_s():
    # figures of _ClassicRiskMetrics.risk_report of zipline-reloaded 3.2.1 for these series
    days = pd.bdate_range("2020-01-02", "2020-04-30")
    ours = pd.Series([((i * 7) % 11 - 5) / 1000 for i in range(len(days))], index=days)
    theirs = pd.Series([((i * 5) % 13 - 6) / 1000 for i in range(len(days))], index=days)
    leverage = pd.Series([(i % 4) / 4 for i in range(len(days))], index=days)
    report = _ClassicRiskMetrics.risk_report(ours, theirs, leverage)
    assert {name: [p["period_label"] for p in periods] for name, periods in report.items()} == {
        "one_month": ["2020-01", "2020-02", "2020-03", "2020-04"],
        "three_month": ["2020-03", "2020-04"],
        "six_month": [],
        "twelve_month": [],
    }
    for period, expected in ((report["one_month"][0], ZIPLINE_JANUARY), (report["three_month"][0], ZIPLINE_QUARTER)):
        assert period.keys() == expected.keys()
        assert period.pop("period_label") == expected["period_label"]
        assert period == pytest.approx({name: expected[name] for name in period}, rel=1e-12, abs=1e-14)


def test_the_classic_set_reports_months(run):
    with pytest.warns(DeprecationWarning):
        result = run(buy_first, metrics_set="classic")
    assert "sharpe" in result.perf  # the default columns
    assert set(result.risk_report) == {"one_month", "three_month", "six_month", "twelve_month"}


def test_deltas_of_capital_changes(run):
    seen = []

    def look(context, data):
        seen.append(dict(context.capital_change_deltas))

    run(
        look,
        capital_changes={
            "2020-01-03": {"type": "delta", "value": 500},
            "2020-01-07": {"type": "target", "value": 100_000},
        },
    )
    third, seventh = (pd.Timestamp(f"2020-01-0{d}", tz="UTC") for d in (3, 7))
    assert seen[0] == {}
    assert seen[1] == seen[2] == {third: 500.0}
    assert seen[3] == {third: 500.0, seventh: -500.0}
