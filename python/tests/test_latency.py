"""Latency: orders, cancels and changes arrive later. Minute bars whose close is their number, worked by hand."""

from decimal import Decimal

import pandas as pd
import pytest

import rustybt
from rustybt.api import cancel_order, commission, get_order, latency, modify_order, order, set_commission, set_slippage, slippage, symbol
from rustybt.data import bundles
from rustybt.finance.execution import LimitOrder

FIRST = pd.Timestamp("2020-01-02 14:31", tz="UTC")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("latency")
    times = pd.date_range(FIRST, periods=390, freq="min")
    bars = dict.fromkeys(("open", "high", "low", "close"), [f"{100 + i}" for i in range(390)])
    bundles.write_frames("m", {}, minute_bars={"AAA": {"dt": times, **bars, "volume": [1000] * 390}}, root=root)
    return root


@pytest.fixture
def run(root):
    """run(model, actions by minute, seed): (minute, price, amount) of the fills, and the result."""

    def run(model, actions, **seed):
        minutes = iter(range(390))

        def initialize(context):
            set_slippage(slippage.NoSlippage())
            set_commission(commission.NoCommission())
            if model is not None:
                context.set_latency(model, **seed)

        def handle_data(context, data):
            act = actions.get(next(minutes))
            if act:
                act(symbol("AAA"))

        result = rustybt.run_algorithm(
            initialize=initialize, handle_data=handle_data, bundle="m", root=root, data_frequency="minute"
        )
        fills = [t for day in result.perf.transactions for t in day]
        return [((t["dt"] - FIRST) // pd.Timedelta("1min"), t["price"], t["amount"]) for t in fills], result

    return run


@pytest.mark.parametrize(
    "ms, minute",
    [(0, 6), (60_000, 6), (60_000.001, 7), (59_999, 6), (150_000, 8)],
)
def test_an_order_fills_at_the_first_bar_that_ends_after_its_arrival(run, ms, minute):
    fills, result = run(latency.FixedLatency(network_ms=ms), {5: lambda a: order(a, 10)})
    assert fills == [(minute, 100 + minute, 10)]
    assert result.settings["latency"].startswith("FixedLatency(network=")


def test_without_a_model_nothing_changes(run):
    fills, result = run(None, {5: lambda a: order(a, 10)})
    assert fills == [(6, 106, 10)] and result.settings["latency"] is None


def test_a_cancel_that_arrives_after_the_fill_is_too_late(run):
    ids = []

    def place(asset):
        ids.append(order(asset, -10, style=LimitOrder(111)))  # reached at minute 11
        ids.append(order(asset, -10, style=LimitOrder(114)))

    def cancel(asset):
        for number in ids:
            cancel_order(number)

    fills, result = run(latency.FixedLatency(120_000), {1: place, 10: cancel})
    assert fills == [(11, 111, -10)]  # the cancels arrive at minute 12
    last = {o["id"]: o for day in result.perf.orders for o in day}
    assert [int(last[number]["status"]) for number in ids] == [1, 2]


def test_a_change_arrives_later(run):
    ids, seen = [], []

    def look(asset):
        seen.append(get_order(ids[0]).limit)

    fills, _ = run(
        latency.FixedLatency(180_000),
        {
            1: lambda a: ids.append(order(a, -10, style=LimitOrder(150))),
            10: lambda a: modify_order(ids[0], limit_price=112),
            12: look,
            13: look,
        },
    )
    assert fills == [(13, 113, -10)]
    assert [float(s) for s in seen] == [150, 112]


def test_draws_go_by_the_seed_and_stay_in_their_range(run):
    model = latency.RandomLatency(network=(0, 600_000))
    actions = {minute: (lambda a: order(a, 1)) for minute in range(0, 300, 10)}

    def delays(seed):
        fills, result = run(model, actions, seed=seed)
        assert len(fills) == 30
        orders = {o["id"]: o for day in result.perf.orders for o in day}.values()
        return [(o["dt"] - o["created"]) // pd.Timedelta("1min") for o in orders]

    first = delays(1)
    assert first == delays(1) != delays(2)
    assert len(set(first)) > 4 and 1 <= min(first) and max(first) <= 10


def test_models_add_up(run):
    model = latency.CompositeLatency(
        latency.NetworkLatency(100_000),
        latency.BrokerLatency(1, range=(1, 10)),  # 1 + 0.5 x 1
        latency.ExchangeLatency(19_998.5, range=(0, 30_000)),  # and no other order in the queue
        latency.HistoricalLatency({"2020-01-02 14:00": (1, 2, 3), "2020-01-02 15:00": 60_000}),
    )
    fills, result = run(model, {5: lambda a: order(a, 10)})
    # 14:36 is nearer to 15:00 than to 14:00: 60 s; 180 s in all, and the bar that ends then is the ninth
    assert fills == [(9, 109, 10)]
    assert result.settings["latency"].count(" + ") == 3


def test_wrong_models_are_refused(run):
    for model in (latency.FixedLatency(-1), latency.RandomLatency(network=(5, 1)), latency.HistoricalLatency({})):
        with pytest.raises(rustybt.errors.BadOrderParameters, match="latency"):
            run(model, {})
    with pytest.raises(ValueError, match="uniform"):
        latency.RandomLatency(distribution="log")
    with pytest.raises(ValueError, match="binance"):
        latency.profile("nobody")
    with pytest.raises(ValueError, match="only be called in initialize"):
        run(None, {3: lambda a: rustybt.api.set_latency(latency.FixedLatency(1))})


def test_profiles_are_those_of_the_specification():
    ib = latency.profile("interactive_brokers")
    assert (ib.network, ib.broker, ib.exchange, ib.distribution) == ((10, 30), (2, 8), (0.5, 3), "normal")
    assert latency.profile("hyperliquid").broker == (5, 15)
    assert Decimal(str(latency.profile("bybit").exchange[1])) == Decimal("1.5")


def test_post_only_is_judged_by_the_first_price_after_the_arrival(run):
    # closes are 100 + minute: placed at 105 a sell limit of 107 rests; after three minutes on its way the market is above it
    style = LimitOrder(107, post_only=True)
    ids = []
    fills, result = run(latency.FixedLatency(180_000), {5: lambda a: ids.append(order(a, -10, style=style))})
    last = {o["id"]: o for day in result.perf.orders for o in day}
    assert fills == [] and last[ids[0]]["status"] == 3  # rejected
    fills, _ = run(latency.FixedLatency(60_000), {5: lambda a: order(a, -10, style=style)})
    assert fills == [(7, 107, -10)]  # arrived at 106 it rests


def test_profiles_come_from_files_too(tmp_path):
    path = tmp_path / "venues.json"
    path.write_text('{"mine": {"network": [20, 50], "exchange": [0.1, 2], "distribution": "normal"}}')
    latency.load_profiles(path)
    mine = latency.profile("mine")
    assert (mine.network, mine.broker, mine.exchange, mine.distribution) == ((20, 50), (0, 0), (0.1, 2), "normal")
    path.write_text('{"mine": {"networks": [20, 50]}}')
    with pytest.raises(ValueError, match="networks.*may have network"):
        latency.load_profiles(path)
    assert "mine" in latency.profiles()
