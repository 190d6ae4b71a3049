"""Orders, models, blotter and ledger driven by themselves: expected numbers are worked out by hand in each test."""

import math
from types import SimpleNamespace

import pandas as pd
import pytest

from rustybt import _preset, api, errors, extensions
from rustybt.algorithm import TradingAlgorithm
from rustybt.assets import Equity, ExchangeInfo, Future
from rustybt.data.adjustments import Dividend, StockDividend
from rustybt.data.data_portal import DataPortal
from rustybt.finance import commission, metrics, slippage
from rustybt.finance.blotter import Blotter, SimulationBlotter
from rustybt.finance.cancel_policy import CancelPolicy, EODCancel
from rustybt.finance.execution import LimitOrder, MarketOrder
from rustybt.finance.ledger import Ledger, PositionTracker
from rustybt.finance.order import ORDER_STATUS, Order
from rustybt.finance.position import Position
from rustybt.finance.trading import SimulationParameters
from rustybt.finance.transaction import Transaction, create_transaction
from rustybt.gens.sim_engine import BAR, SESSION_END
from rustybt.utils.calendar_utils import get_calendar

NYSE = ExchangeInfo("NYSE", "NYSE", "US")
AAA, BBB = Equity(1, NYSE, symbol="AAA"), Equity(2, NYSE, symbol="BBB")
OIL = Future(3, ExchangeInfo("CMES", "CMES", "US"), symbol="CLF21", root_symbol="CL", multiplier=1000)
DAYS = pd.DatetimeIndex(["2021-01-04", "2021-01-05", "2021-01-06"], tz="UTC")


@pytest.fixture(params=["zipline", "rustybt"])
def preset(request, monkeypatch):
    monkeypatch.setattr(_preset, "default", request.param)
    return request.param


class Bar:
    """One bar of every asset."""

    current_dt = DAYS[0]

    def __init__(self, close=3.0, volume=200.0, high=None, low=None):
        self.values = {"close": close, "volume": volume, "high": high or close, "low": low or close}

    def current(self, asset, field):
        return self.values[field]


def order_of(amount, asset=AAA, **terms):
    return Order(dt=DAYS[0], asset=asset, amount=amount, **terms)


# --- orders ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "amount, terms, price, triggered",
    [
        (10, {}, 5.0, True),
        (10, {"limit": 5.0}, 5.0, True),
        (10, {"limit": 5.0}, 5.01, False),
        (-10, {"limit": 5.0}, 5.0, True),
        (-10, {"limit": 5.0}, 4.99, False),
        (10, {"stop": 5.0}, 5.0, True),
        (10, {"stop": 5.0}, 4.99, False),
        (-10, {"stop": 5.0}, 5.0, True),
        (-10, {"stop": 5.0}, 5.01, False),
    ],
)
def test_a_price_triggers_limits_and_stops(preset, amount, terms, price, triggered):
    order = order_of(amount, **terms)
    order.check_triggers(price, DAYS[1])
    assert order.triggered is triggered
    assert order.dt == (DAYS[1] if triggered and terms else DAYS[0])


def test_a_stop_limit_order_becomes_a_limit_order(preset):
    order = order_of(10, stop=5.0, limit=4.0)
    order.check_triggers(5.0, DAYS[1])
    assert (order.stop, order.limit, order.triggered) == (None, 4.0, False)
    order.check_triggers(4.5, DAYS[1])
    assert not order.triggered
    order.check_triggers(4.0, DAYS[2])
    assert order.triggered and order.dt == DAYS[2]


def test_a_split_changes_amount_and_prices_of_an_order(preset):
    order = order_of(100, limit=10.0, stop=12.0)
    order.handle_split(0.3333)  # 100 / 0.3333 = 300.03; 10 x 0.3333 = 3.333, 12 x 0.3333 = 3.9996
    assert (order.amount, order.filled, order.limit, order.stop) == (300, 0, 3.33, 4.0)
    partly = order_of(250, filled=100)
    partly.handle_split(100.0)  # 1 filled, 150 / 100 left, truncated
    assert (partly.amount, partly.filled, partly.status) == (2, 1, ORDER_STATUS.OPEN)


def test_orders_and_fills_take_assets_only():
    with pytest.raises(TypeError, match="expected a value of type zipline.assets._assets.Asset for argument 'asset'"):
        Order(dt=None, asset="AAA", amount=1)
    with pytest.raises(Exception, match="Transaction magnitude must be at least 1."):
        create_transaction(order_of(1), DAYS[0], 3.0, 0.4)


# --- models ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "model, amount, price, filled",
    [
        (slippage.NoSlippage(), 1000, 3.0, 1000),
        (slippage.FixedSlippage(spread=0.5), -1000, 2.75, -1000),
        (slippage.FixedBasisPointsSlippage(), 100, 3.0015, 20),  # 5 basis points; 10 % of 200
        (slippage.FixedBasisPointsSlippage(10, 0.2), -100, 2.997, -40),
        (slippage.VolumeShareSlippage(), 100, 3.0001875, 5),  # 3 x (1 + 0.1 x 0.025^2)
        (slippage.VolumeShareSlippage(1, 0.3), 20, 3.009, 20),  # 3 x (1 + 0.3 x 0.1^2)
    ],
)
def test_a_built_in_model_fills_an_order(preset, model, amount, price, filled):
    order = order_of(amount)
    ((same, fill),) = model.simulate(Bar(), AAA, [order])
    assert same is order
    assert fill.price == pytest.approx(price, rel=1e-15)
    assert (fill.amount, fill.order_id, fill.dt, fill.asset) == (filled, order.id, DAYS[0], AAA)
    assert order.filled == 0  # who asks counts the fill


def test_the_orders_of_a_bar_share_its_volume(preset):
    model = slippage.FixedBasisPointsSlippage(volume_limit=0.1)
    orders = [order_of(amount) for amount in (9, -5, 100, 1)]
    assert [fill.amount for _, fill in model.simulate(Bar(), AAA, orders)] == [9, -5, 6]
    assert model.volume_for_bar == 20


@pytest.mark.parametrize("bar", [Bar(volume=0.0), Bar(close=math.nan)])
def test_without_a_trade_nothing_fills(preset, bar):
    assert list(slippage.NoSlippage().simulate(bar, AAA, [order_of(1)])) == []


def test_a_volume_share_beyond_the_limit_does_not_fill(preset):
    assert list(slippage.VolumeShareSlippage().simulate(Bar(), AAA, [order_of(100, limit=3.0)])) == []
    assert len(list(slippage.VolumeShareSlippage().simulate(Bar(), AAA, [order_of(100, limit=3.001)]))) == 1


def test_volatility_volume_share_moves_the_middle_of_the_bar(preset):
    class Market(Bar):
        def history(self, asset, field, count, frequency):
            assert (count, frequency) == (21, "1d")
            # closes change by +10 % and -10 % in turn, sessions before today 20, today last
            closes = [100.0 * (1.1 * 0.9) ** (i // 2) * (1.1 if i % 2 else 1.0) for i in range(20)] + [math.nan]
            return pd.Series(closes if field == "close" else [50.0] * 20 + [1.0])

    changes = [0.1 if i % 2 == 0 else -0.1 for i in range(19)]
    mean = sum(changes) / 19
    deviation = math.sqrt(sum((c - mean) ** 2 for c in changes) / 18) * math.sqrt(252)
    model = slippage.VolatilityVolumeShare(volume_limit=0.05, eta=0.04)
    price, amount = model.process_order(Market(close=10.0, high=11.0, low=9.0), order_of(-100, OIL))
    assert amount == -10  # 5 % of 200
    assert price == pytest.approx(10 - 10 * 0.04 * deviation * math.sqrt(10 / 50) / 10_000, rel=1e-12)


def test_a_market_impact_of_ones_own_reads_history_once_a_session(preset):
    class Market(Bar):
        current_session, asked = DAYS[0], 0

        def current(self, asset, fields):
            return {f: self.values[f] for f in fields} if isinstance(fields, list) else self.values[fields]

        def history(self, asset, field, count, frequency):
            Market.asked += 1
            return pd.Series([10.0] * count if field == "close" else [40.0] * count)

    class Mine(slippage.MarketImpactBase):
        def get_txn_volume(self, data, order):
            return 7.9

        def get_simulated_impact(self, order, current_price, current_volume, txn_volume, mean_volume, volatility):
            return txn_volume / mean_volume + volatility

    model, data = Mine(), Market(close=3.0, high=4.0, low=3.0)
    orders = [order_of(100), order_of(-100)]
    # 7 whole shares of 40 a session, prices that never change: 3.5 +- 7 / 40
    assert [(f.price, f.amount) for _, f in model.simulate(data, AAA, orders)] == [(3.675, 7), (3.325, -7)]
    assert Market.asked == 2
    data.current_session = DAYS[1]
    list(model.simulate(data, AAA, [order_of(1)]))
    assert Market.asked == 4


def test_a_model_may_ask_the_built_in_it_derives_from(preset):
    class Worse(slippage.FixedBasisPointsSlippage):
        def process_order(self, data, order):
            price, amount = super().process_order(data, order)
            return price + 1, amount / 2

    ((_, fill),) = Worse().simulate(Bar(), AAA, [order_of(100)])
    assert (fill.price, fill.amount) == (pytest.approx(4.0015), 10)


def test_in_a_run_too(run):
    class Worse(slippage.FixedBasisPointsSlippage):
        def process_order(self, data, order):
            assert isinstance(order, Order) and order.open_amount == 10
            price, amount = super().process_order(data, order)
            return price + 1, amount

    result = run(lambda context, data: buy_once(context, 10), lambda context: api.set_slippage(Worse()))
    (fill,) = result.perf.transactions.iloc[1]
    assert fill["price"] == pytest.approx(100.25 * 1.0005 + 1, rel=1e-12)


def buy_once(context, amount):
    if not hasattr(context, "ordered"):
        context.ordered = api.order(api.symbol("AAA"), amount)


def test_a_simulate_of_ones_own_is_refused_by_runs(run):
    class Mine(slippage.NoSlippage):
        def simulate(self, data, asset, orders_for_asset):
            return iter(())

    with pytest.raises(errors.NotYetSupported, match="Mine.simulate: runs call process_order"):
        run(initialize=lambda context: api.set_slippage(Mine()))


@pytest.mark.parametrize(
    "model, asset, fills, costs",
    [
        (commission.PerShare(0.0075, 2.5), AAA, [230, 170, 100], [2.5, 0.5, 0.75]),
        (commission.PerShare(0.0075), AAA, [-230, -170], [1.725, 1.275]),
        (commission.PerTrade(10), AAA, [230, 170], [10, 0]),
        (commission.PerDollar(0.0015), AAA, [230], [34.5]),  # at 100
        (commission.NoCommission(), AAA, [230], [0]),
        (commission.PerContract({"CL": 0.01}, {"CL": 0.3}, 5), OIL, [230, 170, 100], [5.0, 0, 0.3]),
        (commission.PerFutureTrade(7), OIL, [230, 170], [7, 0]),
    ],
)
def test_a_built_in_model_charges_fills(preset, model, asset, fills, costs):
    order = order_of(sum(fills), asset)
    for amount, cost in zip(fills, costs, strict=True):
        charged = model.calculate(order, Transaction(asset, amount, DAYS[0], 100.0, order.id))
        assert charged == pytest.approx(cost, abs=1e-12)
        order.filled += amount
        order.commission += charged


def test_models_of_several_kinds_of_assets():
    class Both(slippage.EquitySlippageModel, slippage.FutureSlippageModel):
        def process_order(self, data, order):
            return None, None

    assert Both.allowed_asset_types == (Equity, Future)
    with pytest.raises(TypeError):
        slippage.SlippageModel()


def test_fees_that_depend_on_the_run_say_so():
    with pytest.raises(errors.NotYetSupported, match="charged in runs only"):
        commission.Tiered({0: "0.001"}).calculate(order_of(1), Transaction(AAA, 1, DAYS[0], 1.0, "a"))


# --- the blotter ----------------------------------------------------------------------------------------------------------


def test_a_blotter_fills_charges_and_prunes(preset):
    blotter = SimulationBlotter(equity_commission=commission.PerTrade(1.0))
    blotter.set_date(DAYS[0])
    first = blotter.order(AAA, 30, MarketOrder())
    second = blotter.order(BBB, -5, LimitOrder(3.5, asset=BBB))
    assert [o.id for o in blotter.new_orders] == [first, second]
    fills, costs, closed = blotter.get_transactions(Bar())
    # 10 % of 200 shares at 3.00 + 5 basis points; the limit to sell at 3.50 is not reached
    assert [(t.asset, t.amount, t.order_id) for t in fills] == [(AAA, 20, first)]
    assert [(c["asset"], c["cost"], c["order"].id) for c in costs] == [(AAA, 1.0, first)]
    assert closed == []
    fills, costs, closed = blotter.get_transactions(Bar(close=4.0))
    assert [(t.asset, t.amount) for t in fills] == [(AAA, 10), (BBB, -5)]
    assert [c["asset"] for c in costs] == [BBB]  # once per order
    assert [o.id for o in closed] == [first, second]
    blotter.prune_orders(closed)
    assert blotter.open_orders == {}
    assert blotter.orders[first].status == ORDER_STATUS.FILLED


def test_a_blotter_cancels_holds_and_rejects():
    blotter = SimulationBlotter(cancel_policy=EODCancel(warn_on_cancel=False))
    ids = [blotter.order(AAA, amount, MarketOrder()) for amount in (10, 20, 30, 40)]
    blotter.cancel(ids[1])
    blotter.reject(ids[2], "no cash")
    blotter.hold(ids[3])
    assert [o.amount for o in blotter.open_orders[AAA]] == [10, 40]
    assert [blotter.orders[i].status.name for i in ids] == ["OPEN", "CANCELLED", "REJECTED", "HELD"]
    assert blotter.orders[ids[2]].reason == "no cash"
    blotter.execute_cancel_policy(BAR)
    assert blotter.orders[ids[0]].open
    blotter.execute_cancel_policy(SESSION_END)
    assert blotter.open_orders == {}
    assert blotter.order(AAA, 0, MarketOrder()) is None
    with pytest.raises(OverflowError):
        blotter.order(AAA, 10**12, MarketOrder())


def test_a_blotter_fills_what_a_run_fills(run, market):
    """The same orders on the same bars: the run's fills and those of a blotter on its own."""
    result = run(lambda context, data: buy_once(context, 250), preset="zipline")
    expected = [(t["price"], t["amount"]) for day in result.perf.transactions for t in day]
    blotter = SimulationBlotter()
    asset = market.bundle.asset_finder.lookup_symbol("AAA", None)
    blotter.order(asset, 250, MarketOrder())
    found = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_preset, "default", "zipline")
        for close in market.closes[1:]:
            fills, _, closed = blotter.get_transactions(Bar(close=float(close), volume=1000.0))
            found += [(t.price, t.amount) for t in fills]
            blotter.prune_orders(closed)
    assert len(expected) == 3 and found == expected


def test_a_run_takes_a_blotters_models(run):
    blotter = SimulationBlotter(
        equity_slippage=slippage.FixedSlippage(spread=1.0), equity_commission=commission.PerTrade(3.0)
    )
    result = run(lambda context, data: buy_once(context, 10), blotter=blotter)
    (fill,) = result.perf.transactions.iloc[1]
    assert fill["price"] == 100.75
    assert result.perf.capital_used.iloc[1] == -1010.5


def test_a_run_takes_a_blotter_by_its_name(run):
    @extensions.register(Blotter, "three_dollars")
    class ThreeDollars(SimulationBlotter):
        def __init__(self):
            super().__init__(slippage.NoSlippage(), equity_commission=commission.PerTrade(3.0))

    try:
        result = run(lambda context, data: buy_once(context, 10), blotter="three_dollars")
    finally:
        extensions.unregister(Blotter, "three_dollars")
    assert result.perf.capital_used.iloc[1] == -1005.5
    assert isinstance(extensions.load(Blotter, "default"), SimulationBlotter)
    with pytest.raises(ValueError, match="no Blotter factory registered under name 'three_dollars'"):
        run(blotter="three_dollars")


def test_a_strategy_written_as_a_class_takes_a_blotter(market):
    class Holds(TradingAlgorithm):
        def initialize(self):
            self.order_id = None

        def handle_data(self, data):
            self.order_id = self.order_id or self.order(self.symbol("AAA"), 10)

    calendar = get_calendar("NYSE")
    reader = market.bundle.equity_daily_bar_reader
    start = pd.Timestamp("2020-01-02")
    portal = DataPortal(market.bundle.asset_finder, calendar, start, equity_daily_reader=reader)
    params = SimulationParameters(start, pd.Timestamp("2020-01-10"), calendar, capital_base=50_000)
    blotter = SimulationBlotter(equity_slippage=slippage.NoSlippage(), equity_commission=commission.PerTrade(2.5))
    result = Holds(sim_params=params, data_portal=portal, blotter=blotter).run()
    assert list(result.capital_used)[:3] == [0.0, -1005.0, 0.0]  # 10 at 100.25, and 2.50


def test_a_run_calls_batch_order_and_cancel_of_a_blotter(run):
    class Mine(SimulationBlotter):
        calls = []

        def batch_order(self, orders):
            self.calls.append([(asset.symbol, amount) for asset, amount, _ in orders])
            return super().batch_order(orders)

        def cancel(self, order_id, relay_status=True):
            self.calls.append(order_id)
            super().cancel(order_id, relay_status)

    def handle_data(context, data):
        if not Mine.calls:
            wanted = pd.Series({api.symbol("AAA"): 5, api.symbol("BBB"): -5})
            first, second = api.batch_market_order(wanted)
            api.cancel_order(second)

    result = run(handle_data, blotter=Mine())
    assert Mine.calls == [[("AAA", 5), ("BBB", -5)], f"{2:032x}"]
    assert [t["amount"] for day in result.perf.transactions for t in day] == [5]


def test_the_blotter_of_a_run_shows_and_takes_its_orders(run):
    seen = []

    def handle_data(context, data):
        blotter, aaa = context.blotter, api.symbol("AAA")
        if not seen:
            first = blotter.order(aaa, 10, MarketOrder())
            second = blotter.order(aaa, 20, LimitOrder(1.0))
            assert list(blotter.orders) == [first, second] and "x" not in blotter.orders
            assert blotter.orders[second].limit == 1.0
            assert [o.amount for o in blotter.open_orders[aaa]] == [10, 20]
            with pytest.raises(errors.NotYetSupported, match="blotter.hold in a run"):
                blotter.hold(first)
        else:
            blotter.cancel_all_orders_for_asset(aaa)
        seen.append({i[-1]: o.status.name for i, o in blotter.orders.items()})

    run(handle_data)
    assert seen[:2] == [{"1": "OPEN", "2": "OPEN"}, {"1": "FILLED", "2": "CANCELLED"}]


def test_a_run_refuses_what_it_would_never_call(run):
    class Mine(SimulationBlotter):
        def get_transactions(self, bar_data):
            return [], [], []

    with pytest.raises(errors.NotYetSupported, match="Mine.get_transactions: a run matches its orders in the engine"):
        run(blotter=Mine())


def test_a_run_asks_a_cancel_policy_of_ones_own(run):
    heard = []

    class Third(CancelPolicy):
        def should_cancel(self, event):
            heard.append(event)
            return len(heard) == 3

    def initialize(context):
        api.set_cancel_policy(Third())

    def handle_data(context, data):
        if not hasattr(context, "ordered"):
            context.ordered = api.order(api.symbol("AAA"), 10, limit_price=1.0)
        api.record(open=len(api.get_open_orders(api.symbol("AAA"))))

    result = run(handle_data, initialize)
    assert heard == [SESSION_END] * 12
    assert result.perf.open.tolist() == [1, 1, 1] + [0] * 9


@pytest.mark.parametrize(
    "limit, text",
    [
        (
            None,
            "has been partially filled. 100 shares were successfully sold. "
            "900 shares were not filled by the end of day and were canceled.",
        ),
        (1_000.0, "failed to fill by the end of day and was canceled."),
    ],
)
def test_a_cancelled_order_is_warned_of(run, caplog, limit, text):
    def handle_data(context, data):
        if not hasattr(context, "ordered"):
            context.ordered = api.order(api.symbol("AAA"), -1000, limit_price=limit)

    class Second(CancelPolicy):
        warn_on_cancel, asked = True, 0

        def should_cancel(self, event):
            Second.asked += 1
            return Second.asked == 2

    run(handle_data, lambda context: api.set_cancel_policy(Second()))
    assert caplog.messages == [f"Your order for -1000 shares of AAA {text}"]


# --- positions and ledger -------------------------------------------------------------------------------------------------


def test_positions_keep_an_average_cost(preset):
    position = Position(AAA)
    for amount, price, basis in [(100, 10.0, 10.0), (100, 12.0, 11.0), (-50, 20.0, 11.0), (-250, 5.0, 5.0)]:
        position.update(Transaction(AAA, amount, DAYS[0], price, "a"))
        assert position.cost_basis == basis
    assert position.amount == -100
    position.adjust_commission_cost_basis(AAA, 50.0)  # a short breaks even lower
    assert position.cost_basis == 4.5
    with pytest.raises(Exception, match="different asset"):
        position.update(Transaction(BBB, 1, DAYS[0], 1.0, "a"))


@pytest.mark.parametrize("amount, shares", [(10, 1), (-10, -1), (1, 0), (100, 15)])
def test_stock_dividends_owe_whole_shares(preset, amount, shares):
    owed = Position(AAA, amount, 10.0, 10.0).earn_stock_dividend(StockDividend(AAA, BBB, 0.15, DAYS[1]))
    assert owed == {"payment_asset": BBB, "share_count": shares}


def test_a_tracker_pays_dividends_once(preset):
    tracker = PositionTracker("daily")
    tracker.update_position(AAA, amount=100, last_sale_price=10.0, cost_basis=9.0)
    tracker.earn_dividends([Dividend(AAA, 0.5, DAYS[1])], [StockDividend(AAA, BBB, 0.15, DAYS[1])])
    assert tracker.pay_dividends(DAYS[0]) == 0.0
    assert tracker.pay_dividends(DAYS[1]) == 50.0
    assert tracker.pay_dividends(DAYS[1]) == 0.0
    assert {a: p.amount for a, p in tracker.positions.items()} == {AAA: 100, BBB: 15}
    assert tracker.stats.net_value == 1000.0  # the new shares have no price yet
    prices = SimpleNamespace(get_scalar_asset_spot_value=lambda a, field, dt, data_frequency: {AAA: 11.0, BBB: 4.0}[a])
    tracker.sync_last_sale_prices(DAYS[1], prices)
    assert tracker.stats.net_value == 1160.0
    assert tracker.stats.position_exposure_series.to_dict() == {1: 1100.0, 2: 60.0}


def test_a_ledger_counts_cash_value_and_returns(preset):
    ledger = Ledger(DAYS, 100_000.0, "daily")
    ledger.start_of_session(DAYS[0])
    ledger.process_transaction(Transaction(AAA, 100, DAYS[0], 10.0, "a"))
    ledger.process_commission({"asset": AAA, "cost": 5.0})
    ledger.process_transaction(Transaction(OIL, 2, DAYS[0], 50.0, "b"))
    prices = {AAA: 12.0, OIL: 51.0}
    source = SimpleNamespace(get_scalar_asset_spot_value=lambda a, field, dt, data_frequency: prices[a])
    ledger.sync_last_sale_prices(DAYS[0], source)
    ledger.end_of_session(0)
    portfolio = ledger.portfolio
    # 100000 - 1000 - 5 + 2 x 1000 x 1 of the future; 1200 in shares, 102000 at risk in the future
    assert (portfolio.cash, portfolio.portfolio_value, portfolio.pnl) == (100_995.0, 102_195.0, 2_195.0)
    assert (portfolio.positions_value, portfolio.positions_exposure) == (1_200.0, 103_200.0)
    assert portfolio.positions[AAA].cost_basis == 10.05
    assert portfolio.positions[BBB].amount == 0
    assert ledger.daily_returns_array[0] == pytest.approx(0.02195, rel=1e-14)
    assert ledger.account.leverage == pytest.approx(103_200 / 102_195, rel=1e-15)
    assert [t["amount"] for t in ledger.transactions()] == [100, 2] and ledger.orders() == []
    ledger.start_of_session(DAYS[1])
    assert ledger.transactions() == [] and ledger.todays_returns == 0
    ledger.capital_change(10_000.0)
    assert (ledger.portfolio.portfolio_value, ledger.portfolio.pnl) == (112_195.0, 2_195.0)
    with pytest.raises(AttributeError, match="cannot mutate Portfolio objects"):
        portfolio.cash = 1


@pytest.mark.parametrize("amount, left, cash", [(90, 0, 90.0), (-90, 0, -90.0), (-150, -1, -50.0)])
def test_a_split_pays_fractions_in_cash(preset, amount, left, cash):
    ledger = Ledger(DAYS, 100_000.0, "daily")
    ledger.process_transaction(Transaction(AAA, amount, DAYS[0], 1.0, "a"))
    before = ledger.portfolio.cash
    ledger.process_splits([(AAA, 100.0)])
    assert ledger.portfolio.cash - before == cash
    assert ledger.portfolio.positions[AAA].amount == left


# --- metrics --------------------------------------------------------------------------------------------------------------


def test_a_tracker_of_metrics_makes_packets(preset):
    prices = iter([11.0, 9.9])
    source = SimpleNamespace(
        adjustment_reader=None, get_scalar_asset_spot_value=lambda a, field, dt, data_frequency: next(prices)
    )
    calendar = get_calendar("XNYS")
    days = calendar.sessions_in_range("2021-01-04", "2021-01-05")
    tracker = metrics.MetricsTracker(
        calendar, days[0], days[1], 10_000.0, "daily", "daily", None, metrics.load("default")
    )
    benchmark = pd.Series([0.01, 0.02], index=days)
    tracker.handle_start_of_simulation(SimpleNamespace(daily_returns=lambda start, end: benchmark))
    tracker.handle_market_open(days[0], source)
    tracker.process_transaction(Transaction(AAA, 100, DAYS[0], 10.0, "a"))
    first = tracker.handle_market_close(DAYS[0], source)
    tracker.handle_market_open(days[1], source)
    second = tracker.handle_market_close(DAYS[1], source)
    perf = first["daily_perf"]
    assert (perf["pnl"], perf["capital_used"], perf["ending_cash"], perf["portfolio_value"]) == (100, -1000, 9000, 10_100)
    assert (perf["longs_count"], perf["long_value"], perf["starting_cash"]) == (1, 1100, 10_000)
    assert perf["positions"] == [{"sid": AAA, "amount": 100, "cost_basis": 10.0, "last_sale_price": 11.0}]
    assert len(perf["transactions"]) == 1 and second["daily_perf"]["transactions"] == []
    assert (first["progress"], second["progress"]) == (0.5, 1.0)
    assert second["daily_perf"]["pnl"] == pytest.approx(-110)
    assert second["daily_perf"]["returns"] == pytest.approx(9_990 / 10_100 - 1, rel=1e-12)
    risk = second["cumulative_risk_metrics"]
    assert risk["algorithm_period_return"] == pytest.approx(-0.001, rel=1e-12)
    assert risk["benchmark_period_return"] == pytest.approx(1.01 * 1.02 - 1)
    assert (risk["trading_days"], risk["period_label"]) == (2, "2021-01")
    assert risk["max_leverage"] == pytest.approx(1100 / 10_100)
    assert risk["max_drawdown"] == pytest.approx(9_990 / 10_100 - 1)
    # two points lie on a line: beta = (r2 - r1) / (b2 - b1)
    r1, r2 = 0.01, 9_990 / 10_100 - 1
    assert risk["beta"] == pytest.approx((r2 - r1) / 0.01)


def test_the_books_of_a_run_are_those_of_its_portfolio(run):
    def handle_data(context, data):
        buy_once(context, 10)
        tracker, aaa = context.metrics_tracker, api.symbol("AAA")
        stats = tracker._ledger.position_tracker.stats
        held = context.portfolio.positions[aaa]
        assert stats.position_exposure_series.to_dict() == ({aaa.sid: held.amount * held.last_sale_price} if held.amount else {})
        assert stats.net_value == tracker.portfolio.positions_value == context.portfolio.positions_value
        api.record(longs=stats.longs_count)

    frame = run(handle_data).perf
    assert frame.longs.tolist() == frame.longs_count.tolist() == [0] + [1] * 11
    assert {str(frame[c].dtype) for c in ("longs_count", "shorts_count", "trading_days")} == {"int64"}
