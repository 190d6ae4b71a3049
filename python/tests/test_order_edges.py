"""What orders do at their edges: steps and minimums of amounts, auctions of short days, bars without trade, groups over splits."""

from decimal import Decimal

import pandas as pd
import pytest

import rustybt
from rustybt.api import cancel_order, commission, get_open_orders, get_order, order, order_bracket, order_oco, order_value, set_commission, set_slippage, slippage, symbol
from rustybt.data import bundles
from rustybt.finance.execution import LimitOrder, MarketOnCloseOrder, MarketOnOpenOrder, MarketOrder, StopOrder, TrailingStopOrder


def free_of_costs(context):
    set_slippage(slippage.NoSlippage())
    set_commission(commission.NoCommission())


def run(actions, root, **settings):
    """actions: function by bar number, called with the asset. Fills as (time, price, amount), and the result."""
    bars = iter(range(100_000))

    def handle_data(context, data):
        act = actions.get(next(bars))
        if act:
            act(context.asset)

    def initialize(context):
        free_of_costs(context)
        context.asset = symbol(settings.get("symbol", "AAA"))

    result = rustybt.run_algorithm(
        initialize=initialize, handle_data=handle_data, bundle="m", root=root,
        **{k: v for k, v in settings.items() if k != "symbol"},
    )
    return [(t["dt"], t["price"], t["amount"]) for day in result.perf.transactions for t in day], result


def flat(times, prices, volume):
    return {"date": times, **dict.fromkeys(("open", "high", "low", "close"), prices), "volume": volume}


# --- amounts ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def coin(tmp_path):
    days = pd.date_range("2020-01-03", "2020-01-06")  # over a weekend
    asset = {"symbol": "BTC/USDT", "asset_type": "crypto", "quantity_step": "0.001", "minimum_notional": 5}
    bundles.write_frames("m", {"BTC/USDT": flat(days, ["100"] * 4, [1000] * 4)}, assets=[asset], calendar="24/7", root=tmp_path)
    return tmp_path


def test_amounts_are_cut_to_the_assets_step(coin):
    def act(asset):
        assert order(asset, 0.1239) and order(asset, -0.0999) and order_value(asset, 33.399)
        assert order(asset, 0.0009) is None  # less than a step

    fills, result = run({0: act}, coin, symbol="BTC/USDT")
    assert [amount for _, _, amount in fills] == [0.123, -0.099, 0.333]
    held = result.table("positions").to_pandas()["amount"].iloc[-1]
    assert Decimal(str(held)) == Decimal("0.357")
    assert Decimal(str(result.perf["ending_cash"].iloc[-1])) == Decimal("99964.3")  # 100000 - 35.7


def test_an_order_below_the_least_notional_is_not_placed(coin, caplog):
    def act(asset):
        assert order(asset, 0.049) is None
        assert order(asset, -0.049) is None
        assert order(asset, 0.05)

    fills, _ = run({0: act}, coin, symbol="BTC/USDT")
    assert [amount for _, _, amount in fills] == [0.05]
    assert [r.getMessage() for r in caplog.records] == ["No order of BTC/USDT worth 4.9: the least is 5."] * 2


# --- auctions of a half day ----------------------------------------------------------------------------------------------


def test_auctions_of_minute_runs_are_at_the_sessions_ends(tmp_path):
    """The day after Thanksgiving ends at 13:00 in New York."""
    times = [
        t
        for day, close in (("2020-11-25", "21:00"), ("2020-11-27", "18:00"))
        for t in pd.date_range(f"{day} 14:31", f"{day} {close}", freq="min", tz="UTC")
    ]
    bars = {("dt" if k == "date" else k): v for k, v in flat(times, [f"{100 + i}" for i in range(len(times))], [100] * len(times)).items()}
    bundles.write_frames("m", {}, minute_bars={"AAA": bars}, root=tmp_path)
    first = 390  # minute bars of the first day; its auctions lie behind the second minute

    fills, _ = run(
        {
            10: lambda asset: order(asset, 1, style=MarketOnOpenOrder()),
            first + 10: lambda asset: order(asset, 2, style=MarketOnCloseOrder()),
        },
        tmp_path,
        data_frequency="minute",
    )
    assert fills == [
        (pd.Timestamp("2020-11-27 14:31", tz="UTC"), 100 + first, 1),
        (pd.Timestamp("2020-11-27 18:00", tz="UTC"), 100 + len(times) - 1, 2),
    ]


# --- bars without trade ---------------------------------------------------------------------------------------------------

DAYS = ["2020-01-02", "2020-01-03", "2020-01-06", "2020-01-07", "2020-01-08", "2020-01-09"]


@pytest.mark.parametrize("preset", ["rustybt", "zipline"])
@pytest.mark.parametrize("terms", ["IOC", "FOK"])
def test_an_order_that_does_not_wait_ends_on_a_bar_without_volume(terms, preset, tmp_path):
    bundles.write_frames("m", {"AAA": flat(DAYS, ["10", "11", "12", "13", "14", "15"], [100, 0, 100, 100, 100, 100])}, root=tmp_path)
    ids, open_at = [], {}

    def act(asset):
        ids.append(order(asset, 5, style=MarketOrder(time_in_force=terms)))
        ids.append(order(asset, 3))

    def look(asset):
        open_at[len(open_at) + 1] = [get_order(i) in get_open_orders(asset) for i in ids]

    fills, result = run({0: act, 1: look, 2: look}, tmp_path, preset=preset)
    assert open_at == {1: [False, True], 2: [False, False]}
    assert [(str(t.date()), price, amount) for t, price, amount in fills] == [("2020-01-06", 12.0, 3)]
    assert [(int(o["status"]), o["filled"]) for o in result.perf.orders.iloc[1]] == [(2, 0)]


def test_this_close_fills_at_the_bar_of_the_decision(tmp_path):
    bundles.write_frames("m", {"AAA": flat(DAYS, ["10", "11", "12", "13", "14", "15"], [1000] * 6)}, root=tmp_path)

    def first(asset):
        order(asset, 3)
        order(asset, 4, style=LimitOrder(9))

    fills, _ = run({1: first, 2: lambda asset: order(asset, -3)}, tmp_path, policies={"fill": "this_close"})
    assert [(str(t.date()), price, amount) for t, price, amount in fills] == [("2020-01-03", 11.0, 3), ("2020-01-06", 12.0, -3)]


# --- groups over a split ---------------------------------------------------------------------------------------------------


@pytest.fixture
def split(tmp_path):
    """100, then two new shares for an old one: 50, and on to 56."""
    bundles.write_frames(
        "m",
        {"AAA": flat(DAYS, ["100", "100", "100", "50", "56", "46"], [1000] * 6)},
        splits=[{"symbol": "AAA", "effective_date": "2020-01-07", "ratio": 0.5}],
        root=tmp_path,
    )
    return tmp_path


def test_exits_of_a_bracket_follow_a_split(split):
    # 10 at 100 are 20 at 50; the target 110 is 55, the stop 90 is 45
    fills, result = run({0: lambda a: order_bracket(a, 10, stop_loss=90, take_profit=110)}, split)
    assert [(str(t.date()), price, amount) for t, price, amount in fills] == [("2020-01-03", 100.0, 10), ("2020-01-08", 56.0, -20)]
    assert not len(result.perf["positions"].iloc[-1])


def test_legs_of_a_pair_follow_a_split(split):
    def act(asset):
        order_oco(asset, -10, LimitOrder(120), StopOrder(94))  # 60 and 47 of 20 shares

    fills, _ = run({0: lambda a: order(a, 10), 1: act}, split)
    assert [(str(t.date()), price, amount) for t, price, amount in fills] == [("2020-01-03", 100.0, 10), ("2020-01-09", 46.0, -20)]


def test_a_trailing_stop_follows_a_split(split):
    # 12 below the best: 100 and 12 become 50 and 6; the best is then 56, and 46 is below 50
    fills, _ = run({0: lambda a: order(a, 10), 1: lambda a: order(a, -10, style=TrailingStopOrder(trail_amount=12))}, split)
    assert [(str(t.date()), price, amount) for t, price, amount in fills] == [("2020-01-03", 100.0, 10), ("2020-01-09", 46.0, -20)]


# --- decisions of docs/orders.md --------------------------------------------------------------------------------------------


def test_a_cancelled_leg_of_a_pair_leaves_the_other_open(tmp_path):
    bundles.write_frames("m", {"AAA": flat(DAYS, ["100", "100", "100", "100", "111", "100"], [1000] * 6)}, root=tmp_path)
    ids = []
    fills, _ = run(
        {
            0: lambda a: ids.extend(order_oco(a, -10, LimitOrder(110), StopOrder(94))),
            1: lambda a: cancel_order(ids[1]),
        },
        tmp_path,
    )
    assert [(str(t.date()), price, amount) for t, price, amount in fills] == [("2020-01-08", 111.0, -10)]


def test_exits_stay_for_what_a_cancelled_entry_has_filled(tmp_path):
    bundles.write_frames("m", {"AAA": flat(DAYS, ["100", "100", "100", "100", "111", "100"], [400] * 6)}, root=tmp_path)
    ids, exits = [], []

    def initialize(context):
        set_slippage(slippage.VolumeShareSlippage(volume_limit=0.025, price_impact=0))  # 10 a bar
        set_commission(commission.NoCommission())
        context.bar = -1

    def handle_data(context, data):
        context.bar += 1
        asset = symbol("AAA")
        if context.bar == 0:
            ids.extend(order_bracket(asset, 25, stop_loss=90, take_profit=110))
        if context.bar == 1:
            cancel_order(ids[0])
            exits.extend(o.amount for o in get_open_orders(asset))

    result = rustybt.run_algorithm(initialize=initialize, handle_data=handle_data, bundle="m", root=tmp_path)
    assert exits == [-10, -10]
    assert [t["amount"] for day in result.perf.transactions for t in day] == [10, -10]
