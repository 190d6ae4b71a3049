"""Fees that depend on the run: percentages, tiers, makers and takers, and schedules from files."""

from decimal import Decimal

import pytest

from rustybt import api, run_algorithm
from rustybt.data import bundles
from rustybt.finance import commission


def trade(market, model, orders, **settings):
    """Orders by bar, as (symbol, amount, limit); fills are at the close. The result and its exact tables."""

    def initialize(context):
        context.set_commission(model)
        context.set_slippage(api.slippage.NoSlippage())
        context.bar = 0

    def handle_data(context, data):
        for symbol, amount, limit in orders.get(context.bar, ()):
            api.order(api.symbol(symbol), amount, limit_price=limit)
        context.bar += 1

    return run_algorithm(initialize=initialize, handle_data=handle_data, bundle=market.bundle, **settings)


def fees(result):
    return result.to_pandas("orders").groupby("id").commission.last().tolist()


@pytest.mark.parametrize("preset", ["rustybt", "zipline"])
def test_a_rebate_is_credited_to_cash_and_shown(market, preset):
    # AAA closes at 100, 100.25, 100.5: a sale at 100.25 placed at 100 rests and fills one bar later
    model = commission.MakerTaker("-0.0001", "0.0004")
    result = trade(market, model, {0: [("AAA", -100, 100.25)], 1: [("AAA", 100, None)]}, preset=preset)
    # 10,025 x 0.0001 = 1.0025 received; the purchase at 100.5 takes: 10,050 x 0.0004 = 4.02
    assert fees(result) == [Decimal("-1.0025"), Decimal("4.02")]
    cash = result.to_pandas("performance").ending_cash
    assert cash[1] == Decimal("100000") + Decimal("10025") + Decimal("1.0025")
    assert cash[2] == cash[1] - Decimal("10050") - Decimal("4.02")
    assert result.summary["commissions"] == Decimal("3.0175")
    assert result.perf.capital_used.iloc[1] == pytest.approx(10026.0025, abs=1e-9)
    assert result.settings["commission"] == "MakerTaker(maker_rate=-0.0001, taker_rate=0.0004)"


@pytest.mark.parametrize("preset", ["rustybt", "zipline"])
def test_a_marketable_limit_takes(market, preset):
    model = commission.MakerTaker("-0.0001", "0.0004")
    result = trade(market, model, {0: [("AAA", 100, 110.0)]}, preset=preset)
    assert fees(result) == [Decimal("4.01")]  # 100 x 100.25 x 0.0004


def test_tiers_follow_the_calendar_month(tmp_path):
    days = [f"2020-01-{d}" for d in ("29", "30", "31")] + [f"2020-02-0{d}" for d in "3456"]
    bars = {"date": days, "volume": [10**6] * 7} | dict.fromkeys(("open", "high", "low", "close"), ["10.00"] * 7)
    bundles.write_frames("months", {"A": bars}, assets=[{"symbol": "A"}], root=tmp_path)
    bundle = bundles.load("months", root=tmp_path)
    model = commission.Tiered({0: "0.001", 1000: "0.0005"}, min_commission="0.1")

    def initialize(context):
        context.set_commission(model)
        context.set_slippage(api.slippage.NoSlippage())

    def handle_data(context, data):
        api.order(api.symbol("A"), 100)

    for _ in range(2):  # a second run begins with no volume
        result = run_algorithm(initialize=initialize, handle_data=handle_data, bundle=bundle)
        # fills from January 30 on: 1,000 a session; the first of a month at the first rate
        assert fees(result)[:6] == [Decimal(c) for c in ("1", "0.5", "1", "0.5", "0.5", "0.5")]


def test_a_schedule_is_chosen_by_name(market):
    result = trade(
        market, commission.schedule("interactive_brokers_fixed"), {0: [("AAA", 100, None), ("AAA", 1000, None)]}
    )
    assert fees(result) == [Decimal(1), Decimal(5)]
    assert result.settings["commission"] == "schedule(interactive_brokers_fixed)"


def test_a_schedule_of_ones_own_is_a_file(market, tmp_path):
    file = tmp_path / "mine.json"
    file.write_text('{"name": "mine", "tiers": [{"maker": "0", "taker": "0.002"}]}')
    result = trade(market, commission.schedule(file), {0: [("AAA", 10, None)]})
    assert fees(result) == [Decimal("2.005")]  # 10 x 100.25 x 0.002
    assert result.settings["commission"] == "schedule(mine)"


def test_a_file_with_errors_is_refused_when_it_is_chosen(tmp_path):
    file = tmp_path / "bad.json"
    file.write_text(commission.schedule_text("binance_spot").replace('"0.0009"', "true", 1))
    with pytest.raises(ValueError, match=r"bad\.json: tiers\[1\]\.maker: expected a number, as .*, found true"):
        commission.schedule(file)
    with pytest.raises(ValueError, match="no fee schedule is called 'binance'"):
        commission.schedule("binance")


def test_models_are_shown_with_their_numbers():
    assert repr(commission.Percentage(0.001, 1)) == "Percentage(percentage=0.001, min_commission=1)"
    assert repr(commission.schedule("coinbase")) == "schedule(coinbase)"
    assert set(commission.schedules()) >= {"binance_spot", "coinbase", "generic", "interactive_brokers_fixed"}
