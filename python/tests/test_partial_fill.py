"""Partial fills: a part of the bar's volume each bar, a price that moves with it, rests that expire. Worked by hand."""

from decimal import Decimal

import pandas as pd
import pytest

import rustybt
from rustybt.api import commission, get_order, order, partial_fill, set_commission, set_slippage, slippage, symbol
from rustybt.data import bundles
from rustybt.finance.execution import LimitOrder

FIRST = pd.Timestamp("2020-01-02 14:31", tz="UTC")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("partial_fill")
    times = pd.date_range(FIRST, periods=390, freq="min")
    bars = dict.fromkeys(("open", "high", "low", "close"), ["100"] * 390)
    bundles.write_frames("m", {}, minute_bars={"AAA": {"dt": times, **bars, "volume": [1000] * 390}}, root=root)
    return root


@pytest.fixture(params=["rustybt", "zipline"])
def run(root, request):
    """run(model, actions by minute): (minute, price, amount) of the fills, and the result."""

    def run(model, actions):
        minutes = iter(range(390))

        def initialize(context):
            set_slippage(slippage.NoSlippage())
            set_commission(commission.NoCommission())
            if model is not None:
                context.set_partial_fill(model)

        def handle_data(context, data):
            act = actions.get(next(minutes))
            if act:
                act(symbol("AAA"))

        result = rustybt.run_algorithm(
            initialize=initialize,
            handle_data=handle_data,
            bundle="m",
            root=root,
            data_frequency="minute",
            preset=request.param,
        )
        fills = [t for day in result.perf.transactions for t in day]
        return [((t["dt"] - FIRST) // pd.Timedelta("1min"), t["price"], t["amount"]) for t in fills], result

    return run


def test_an_order_fills_bar_by_bar_at_a_price_that_its_size_moves(run):
    fills, result = run(partial_fill.VolumeBasedFillModel("0.10", "0.01"), {0: lambda a: order(a, 250)})
    # 10 % of 1,000: 100 x (1 + 0.01 x 100/1000); the last 50: 100 x (1 + 0.01 x 50/1000)
    assert fills == [(1, 100.1, 100), (2, 100.1, 100), (3, 100.05, 50)]
    assert result.settings["partial_fill"] == "VolumeBasedFill(fill_ratio=0.10, market_impact=0.01)"
    assert Decimal(str(result.perf.ending_cash.iloc[-1])) == Decimal(100_000) - Decimal("25022.5")


def test_the_presets_of_the_model(run):
    for model, fill in (
        (partial_fill.AggressiveFillModel(), (1, 99.5, -250)),  # 100 x (1 - 0.02 x 250/1000)
        (partial_fill.BalancedFillModel(), (1, 99.9, -100)),
        (partial_fill.ConservativeFillModel(), (1, 99.975, -50)),  # 100 x (1 - 0.005 x 50/1000)
    ):
        fills, _ = run(model, {0: lambda a: order(a, -999)})
        assert fills[0] == fill


def test_a_rest_expires_after_its_bars(run):
    ids = []

    def place(asset):
        ids.append(order(asset, 1000))

    seen = {}

    def look(asset):
        seen["now"] = get_order(ids[0])

    fills, result = run(partial_fill.BalancedFillModel(timeout_bars=3), {0: place, 4: look})
    assert [(minute, amount) for minute, _, amount in fills] == [(1, 100), (2, 100), (3, 100), (4, 100)]
    assert (seen["now"].filled, seen["now"].amount) == (400, 1000) and not seen["now"].open
    assert "timeout_bars=3" in result.settings["partial_fill"]


def test_impact_stays_within_the_limit(run):
    fills, _ = run(partial_fill.BalancedFillModel(), {0: lambda a: order(a, 50, style=LimitOrder(100.05))})
    assert fills == [(1, 100.05, 50)]
    fills, _ = run(partial_fill.BalancedFillModel(), {0: lambda a: order(a, 50, style=LimitOrder(100.04))})
    assert fills == []


def test_without_a_model_nothing_changes(run):
    fills, result = run(None, {0: lambda a: order(a, 5000)})
    assert fills == [(1, 100.0, 5000)] and result.settings["partial_fill"] is None


def test_refuses_what_is_no_model(run):
    for bad in (("0", "0.01"), ("1.5", "0.01"), ("0.1", "-1"), ("0.1", "0.01", 0)):
        with pytest.raises(rustybt.errors.RustybtError, match="partial fills"):
            run(partial_fill.VolumeBasedFillModel(*bad), {})
    with pytest.raises(rustybt.errors.RustybtError, match="initialize"):
        run(None, {3: lambda a: rustybt.api.set_partial_fill(partial_fill.BalancedFillModel())})
