"""Borrow cost, financing, funding and lots, from a strategy to its tables and the printed report."""

from decimal import ROUND_HALF_EVEN, Decimal

import pandas as pd
import pytest

from rustybt import api, run_algorithm
from rustybt.data import bundles
from rustybt.finance import costs


def money(value):
    return value.quantize(Decimal(10) ** -18, ROUND_HALF_EVEN)


def trade(bundle, orders, *, setup=lambda context: None, **settings):
    """Orders by bar, as (symbol, amount), filled at the next close without costs of trading."""

    def initialize(context):
        context.set_commission(api.commission.NoCommission())
        context.set_slippage(api.slippage.NoSlippage())
        context.bar = 0
        setup(context)

    def handle_data(context, data):
        for symbol, amount in orders.get(context.bar, ()):
            api.order(api.symbol(symbol), amount)
        context.bar += 1

    return run_algorithm(initialize=initialize, handle_data=handle_data, bundle=bundle, **settings)


@pytest.mark.parametrize("preset", ["rustybt", "zipline"])
def test_a_short_pays_its_borrow_cost_every_night(market, preset):
    # BBB stands at 20.005; short from Friday 2020-01-03's close on
    result = trade(
        market.bundle,
        {0: [("BBB", -100)]},
        setup=lambda c: c.set_borrow_cost(costs.BorrowCostModel({"BBB": "0.05"})),
        start="2020-01-02",
        end="2020-01-08",
        preset=preset,
    )
    table = result.to_pandas("financing")
    assert table.days.tolist() == [3, 1, 1, 1]
    assert set(table.kind) == {"borrow"} and set(table.rate) == {Decimal("0.05")} and set(table.symbol) == {"BBB"}
    exact = [money(Decimal("2000.5") * Decimal("0.05") * days / 365) for days in (3, 1, 1, 1)]
    # files hold 18 digits: the table rounds to fewer decimals, the books do not
    assert table.amount.tolist() == [pytest.approx(-cost, abs=Decimal("1e-9")) for cost in exact]
    assert result.summary["borrow_cost"] == sum(exact)
    assert result.summary["ending_cash"] == 100000 + Decimal("2000.5") - sum(exact)
    assert result.perf.pnl.sum() == pytest.approx(-float(sum(exact)), abs=1e-9)
    assert result.perf.ending_cash.iloc[-1] == pytest.approx(102000.5 - float(sum(exact)), abs=1e-9)
    assert result.settings["borrow_cost"] == "0.3 % a year on shorts, 1 asset by table, 365 days"


def test_rates_come_from_a_file_by_day(market, tmp_path):
    file = tmp_path / "rates.csv"
    file.write_text("symbol,date,annual_rate\nBBB,2020-01-06,3.65\nBBB,2020-01-01,0.365\n")
    result = trade(
        market.bundle,
        {0: [("BBB", -100)]},
        setup=lambda c: c.set_borrow_cost(costs.BorrowCostModel(file)),
        end="2020-01-07",
    )
    assert result.to_pandas("financing").rate.tolist() == [Decimal("0.365"), Decimal("3.65"), Decimal("3.65")]
    assert result.summary["borrow_cost"] == Decimal("2000.5") * (Decimal("0.003") + Decimal("0.02"))


def test_a_file_without_its_columns_is_refused(market, tmp_path):
    file = tmp_path / "rates.csv"
    file.write_text("symbol,rate\nBBB,3.65\n")
    with pytest.raises(ValueError, match=r"expected the columns symbol, annual_rate, date, found \['symbol', 'rate'\]"):
        trade(market.bundle, {}, setup=lambda c: c.set_borrow_cost(costs.BorrowCostModel(file)))


def test_what_is_bought_on_credit_is_financed(market):
    result = trade(
        market.bundle,
        {0: [("BBB", 100)]},
        setup=lambda c: c.set_financing(costs.OvernightFinancingModel(equity=("0.073", "0"))),
        capital_base=1000,
        end="2020-01-06",
    )
    friday, monday = result.to_pandas("financing").itertuples(index=False)
    # Friday: 2,000.5 - 1,000 are borrowed for three nights at 0.073 / 365 = 0.0002; Monday also what Friday has cost
    assert (friday.kind, friday.days, friday.basis, friday.amount) == ("financing", 3, Decimal("1000.5"), Decimal("-0.6003"))
    assert (monday.days, monday.basis, monday.amount) == (1, Decimal("1001.1003"), Decimal("-0.20022006"))


def test_they_are_chosen_in_initialize_only(market):
    def handle_data(context, data):
        with pytest.raises(ValueError, match="set_financing can only be called in initialize"):
            context.set_financing()

    run_algorithm(handle_data=handle_data, bundle=market.bundle)


@pytest.fixture(scope="module")
def perpetual(tmp_path_factory):
    """P stands at 100 around the clock from 2020-01-01, daily and by the minute for two days."""
    root = tmp_path_factory.mktemp("perpetual")
    days = pd.date_range("2020-01-01", "2020-01-06")
    minutes = pd.date_range("2020-01-01", "2020-01-02 23:59", freq="min")

    def bars(key, moments):
        return {key: [str(m) for m in moments], "volume": [10**6] * len(moments)} | dict.fromkeys(
            ("open", "high", "low", "close"), ["100.00"] * len(moments)
        )

    bundles.write_frames(
        "perpetual",
        {"P": bars("date", days)},
        minute_bars={"P": bars("dt", minutes)},
        assets=[{"symbol": "P", "asset_type": "crypto", "base_currency": "P", "quote_currency": "USDT"}],
        calendar="24/7",
        root=root,
    )
    return bundles.load("perpetual", root=root)


def test_funding_is_charged_every_eight_hours_on_what_was_held(perpetual):
    # 10 from the close of the second day on: three fundings a day of 1,000 x 0.0001
    result = trade(perpetual, {0: [("P", 10)], 3: [("P", -10)]}, setup=lambda c: c.set_funding())
    table = result.to_pandas("financing")
    assert set(table.kind) == {"funding"}
    assert table.amount.tolist() == [Decimal("-0.10")] * 9  # days 3, 4 and 5, on which it is sold at the close
    assert result.summary["funding"] == Decimal("0.9")
    assert result.summary["ending_cash"] == Decimal("99999.1")


def test_funding_by_the_minute_is_charged_at_its_moments(perpetual):
    result = trade(
        perpetual,
        {8 * 60 - 3: [("P", -10)], 16 * 60: [("P", 10)]},
        setup=lambda c: c.set_funding(costs.FundingModel("0.0002", assets=["P"])),
        data_frequency="minute",
        start="2020-01-01",
    )
    table = result.to_pandas("financing")
    assert table.dt.tolist() == [pd.Timestamp("2020-01-01 08:00", tz="UTC"), pd.Timestamp("2020-01-01 16:00", tz="UTC")]
    assert table.amount.tolist() == [Decimal("0.20")] * 2  # shorts receive


def test_a_table_of_fundings(perpetual):
    rows = [("P", "2020-01-03 08:00", "0.001"), ("P", "2020-01-04T00:00Z", "-0.0004"), ("P", "2019-01-01", "0.1")]
    result = trade(perpetual, {0: [("P", 10)]}, setup=lambda c: c.set_funding(costs.FundingModel(table=rows)))
    assert result.to_pandas("financing").amount.tolist() == [Decimal("-1.00"), Decimal("0.40")]


LOTS = {
    # AAA at its closes 100.25, 100.5, 100.75: 10 bought, 10 bought, 15 sold
    "fifo": [(10, "1002.50", "1007.50"), (5, "502.50", "503.75")],
    "lifo": [(10, "1005.00", "1007.50"), (5, "501.25", "503.75")],
}


@pytest.mark.parametrize("method", ["fifo", "lifo"])
def test_lots_are_closed_in_the_chosen_order(market, method):
    result = trade(
        market.bundle, {0: [("AAA", 10)], 1: [("AAA", 10)], 2: [("AAA", -15)]}, policies={"lots": method}, end="2020-01-07"
    )
    table = result.to_pandas("closed_lots")
    assert list(zip(table.amount, table.cost, table.proceeds)) == [(a, Decimal(c), Decimal(p)) for a, c, p in LOTS[method]]
    assert table.realised.tolist() == (table.proceeds - table.cost).tolist()
    assert table.closed.dt.date.astype(str).unique().tolist() == ["2020-01-07"]


def test_the_average_has_no_table_of_lots(market):
    assert "closed_lots" not in trade(market.bundle, {0: [("AAA", 10)], 1: [("AAA", -10)]}).tables
