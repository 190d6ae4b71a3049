"""Minute emission: the books after every minute."""

import pandas as pd
import pytest

import rustybt
from rustybt.data import bundles
from rustybt.errors import InvalidArgument

DAYS = ["2020-01-02", "2020-01-03"]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """AAA rises by 0.01 a minute from 100.01 over two sessions."""
    root = tmp_path_factory.mktemp("minutes")
    minutes = pd.DatetimeIndex([]).tz_localize("UTC")
    for day in DAYS:
        minutes = minutes.append(pd.date_range(f"{day} 14:31", f"{day} 21:00", freq="min", tz="UTC"))
    prices = [f"{100 + (i + 1) / 100:.2f}" for i in range(len(minutes))]
    flat = {f: prices for f in ("open", "high", "low", "close")}
    bundles.write_frames("m", {}, minute_bars={"AAA": {"dt": minutes, **flat, "volume": [10_000] * len(minutes)}}, root=root)
    return root


def buy_once(context, data):
    if not context.portfolio.positions and not rustybt.api.get_open_orders():
        rustybt.api.order(rustybt.api.symbol("AAA"), 10)


def initialize(context):
    rustybt.api.set_slippage(rustybt.api.slippage.NoSlippage())
    rustybt.api.set_commission(rustybt.api.commission.NoCommission())


def run(root, **options):
    return rustybt.run_algorithm(
        initialize=initialize, handle_data=buy_once, bundle="m", root=root, data_frequency="minute", **options
    )


def test_every_minute_has_a_row_of_the_books(root):
    result = run(root, emission_rate="minute")
    table = result.to_pandas("minute_performance")
    assert len(table) == 780
    # ordered at 14:31, bought at 14:32 for 100.02; a minute later worth 0.01 more each
    bought, later = table.iloc[1], table.iloc[2]
    assert str(bought["period_close"]) == "2020-01-02 14:32:00+00:00"
    assert str(bought["ending_cash"]) == "98999.80" and str(bought["capital_used"]) == "-1000.20"
    assert str(later["pnl"]) == "0.10" and str(later["portfolio_value"]) == "100000.10"
    # the second session starts anew, the run's figures go on: 100.02 -> 103.90 at the first close, 103.91 a minute later
    opening = table.iloc[390]
    assert str(opening["pnl"]) == "0.10" and str(opening["cumulative_pnl"]) == "38.90"
    assert str(opening["capital_used"]) == "0.00" and str(opening["cumulative_capital_used"]) == "-1000.20"
    assert opening["trading_days"] == 2
    orders = result.to_pandas("minute_orders")
    assert [(str(t), s) for t, s in zip(orders["dt"], orders["state"])] == [
        ("2020-01-02 14:31:00+00:00", "open"),
        ("2020-01-02 14:32:00+00:00", "filled"),
    ]


def test_the_last_minute_is_the_session(root):
    result = run(root, emission_rate="minute", benchmark_returns={"2020-01-02": 0.01, "2020-01-03": -0.02})
    minutes = result.to_pandas("minute_performance").groupby("session").last()
    sessions = result.to_pandas("performance").set_index("session")
    for column in ("portfolio_value", "returns", "benchmark_period_return", "algo_volatility", "beta", "sharpe"):
        found, expected = (table[column].astype(float).tolist() for table in (minutes, sessions))
        assert found == pytest.approx(expected, rel=1e-9, nan_ok=True), column
    assert sessions["benchmark_period_return"].tolist() == pytest.approx([0.01, 1.01 * 0.98 - 1])


def test_a_benchmark_asset_is_followed_by_minute(root):
    result = run(root, emission_rate="minute", benchmark="AAA")
    table = result.to_pandas("minute_performance")
    # from the first minute's open, 100.01
    assert table["benchmark_period_return"].iloc[0] == pytest.approx(0, abs=1e-15)
    assert table["benchmark_period_return"].iloc[100] == pytest.approx(101.01 / 100.01 - 1)
    assert result.to_pandas("performance")["benchmark_period_return"].tolist() == pytest.approx(
        [103.9 / 100.01 - 1, 107.8 / 100.01 - 1]
    )


@pytest.mark.parametrize("rate, minutes", [("minute", 394), ("daily", 0)])
def test_a_run_that_fails_keeps_the_minutes_before(root, rate, minutes):
    def handle_data(context, data):
        if data.current_dt == pd.Timestamp("2020-01-03 14:35", tz="UTC"):
            raise RuntimeError("here")
        rustybt.api.order(rustybt.api.symbol("AAA"), 1)

    with pytest.raises(RuntimeError, match="here") as raised:
        rustybt.run_algorithm(handle_data=handle_data, bundle="m", root=root, data_frequency="minute", emission_rate=rate)
    result = raised.value.partial_result
    assert len(result) == 1
    # one fill a minute from 14:32 on; that of 14:35 belongs to a minute that has no row
    assert len(result.to_pandas("transactions")) == (389 + 4 if minutes else 389)
    if minutes:
        assert len(result.to_pandas("minute_performance")) == minutes
        assert str(result.to_pandas("minute_performance")["period_close"].iloc[-1]) == "2020-01-03 14:34:00+00:00"


def test_daily_emission_has_no_minute_tables(root):
    assert "minute_performance" not in run(root).tables


def test_minute_emission_needs_minute_bars(root):
    with pytest.raises(ValueError, match="emission_rate is 'daily' or 'minute'"):
        run(root, emission_rate="hourly")
    with pytest.raises(InvalidArgument, match="needs a run on minute bars"):
        rustybt.run_algorithm(bundle="m", root=root, emission_rate="minute")
