"""Orders: what the calls return and refuse, the objects they hand out."""

import pandas as pd
import pytest

from rustybt import api, errors
from rustybt.finance import cancel_policy
from rustybt.finance.execution import LimitOrder, MarketOrder, StopLimitOrder, StopOrder


def once(run, action, **settings):
    """Run `action(context, data, AAA)` on the first session and give what it returned."""
    out = []

    def handle_data(context, data):
        if not out:
            out.append(action(context, data, context.symbol("AAA")))

    result = run(handle_data, **settings)
    return out[0], result


def test_an_order_fills_at_the_next_close(run):
    number, result = once(run, lambda context, data, a: api.order(a, 10))
    assert number == f"{1:032x}"
    (fill,) = result.perf.transactions.iloc[1]
    # 100.25 moved by the default 5 basis points
    assert (fill["price"], fill["amount"], fill["order_id"], fill["commission"]) == (100.25 * 1.0005, 10, number, None)
    assert [len(t) for t in result.perf.transactions] == [0, 1] + [0] * 10


def test_no_order_for_nothing(run):
    assert once(run, lambda context, data, a: api.order(a, 0))[0] is None
    assert once(run, lambda context, data, a: api.order(a, 0.4))[0] is None


@pytest.mark.parametrize(
    "action, error, text",
    [
        (lambda a: api.order("AAA", 1), errors.UnsupportedOrderParameters, "Passing non-Asset argument"),
        (
            lambda a: api.order(a, 1, limit_price=1, style=LimitOrder(1)),
            errors.UnsupportedOrderParameters,
            "both limit_price and style",
        ),
        (
            lambda a: api.order(a, 1, stop_price=1, style=LimitOrder(1)),
            errors.UnsupportedOrderParameters,
            "both stop_price and style",
        ),
        (lambda a: api.order(a, 1, style="market"), errors.UnsupportedOrderParameters, "expected an execution style"),
        (lambda a: api.order(a, 1, limit_price=-1), errors.BadOrderParameters, "negative"),
        (lambda a: api.order(a, 1, limit_price=float("inf")), errors.BadOrderParameters, "limit price of inf"),
        # as in Zipline also where nothing is ordered
        (lambda a: api.order(a, 0, limit_price=-1), errors.BadOrderParameters, "limit order with a negative price"),
        (lambda a: api.order(a, 0.00001, limit_price=float("nan")), errors.BadOrderParameters, "limit price of nan"),
        (lambda a: api.order(a, 0, stop_price=-0.01), errors.BadOrderParameters, "stop order with a negative price"),
        (lambda a: api.order_target(a, 0, limit_price=float("-inf")), errors.BadOrderParameters, "limit price of -inf"),
        (lambda a: api.order_value(a, 0, stop_price=-1), errors.BadOrderParameters, "negative"),
        (lambda a: api.order(a, 1, stop_price=float("nan")), errors.BadOrderParameters, "stop price of nan"),
        (lambda a: api.order(a, 1, limit_price="5"), errors.BadOrderParameters, "limit price of <class 'str'>"),
        (lambda a: api.order(a, 1e12), OverflowError, "Can't order more than 100000000000 shares"),
        (lambda a: api.order(a), TypeError, "missing required argument 'amount'"),
        (lambda a: api.order(a, 1, price=5), TypeError, "unexpected keyword argument 'price'"),
        (lambda a: api.order(a, 1, None, None, None, None), TypeError, "at most 5 arguments"),
        (lambda a: api.order(a, 1, asset=a), TypeError, "multiple values for argument 'asset'"),
        (lambda a: api.order(a, "ten"), TypeError, "expected a number for amount, found .ten."),
    ],
)
@pytest.mark.parametrize("preset", ["rustybt", "zipline"])
def test_orders_refuse(run, action, error, text, preset):
    def check(context, data, asset):
        with pytest.raises(error, match=text):
            action(asset)
        assert not api.get_open_orders()

    once(run, check, preset=preset)


def test_orders_belong_into_bars(run, market):
    def in_before_trading_start(context, data):
        with pytest.raises(
            errors.OrderInBeforeTradingStart, match="^Cannot place orders inside before_trading_start.$"
        ):
            api.order(context.symbol("AAA"), 1)

    def in_initialize(context):
        with pytest.raises(errors.OrderDuringInitialize):
            api.order(context.symbol("CCC"), 1)

    def as_zipline_does(context):  # quirk Q9
        with pytest.raises(AssertionError):
            api.order(context.symbol("CCC"), 1)

    run(initialize=in_initialize, before_trading_start=in_before_trading_start)
    run(initialize=as_zipline_does, preset="zipline")


@pytest.mark.parametrize(
    "make", [lambda: LimitOrder(None), lambda: StopOrder(-1), lambda: StopLimitOrder(1, float("nan"))]
)
def test_styles_check_their_prices(make):
    with pytest.raises(errors.BadOrderParameters):
        make()


def test_styles_round_in_the_traders_favour():
    # zipline_semantics 3.2: a buy limit of 3.0095 becomes 3.01, of 3.0094999 3.00
    assert LimitOrder(3.0095).get_limit_price(True) == pytest.approx(3.01, abs=1e-12)
    assert LimitOrder(3.0094999).get_limit_price(True) == pytest.approx(3.00, abs=1e-12)
    assert MarketOrder().get_limit_price(True) is None and StopOrder(5).get_limit_price(True) is None


def test_get_order_gives_zipline_fields(run):
    def action(context, data, asset):
        number = api.order(asset, -5, limit_price=123.456, stop_price=90)
        return number, api.get_order(number), api.get_order("nonsense"), api.get_order(None)

    (number, order, *missing), _ = once(run, action)
    assert missing == [None, None]
    assert list(order.keys()) == [
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
    assert (order.id, order.amount, order.filled, order.limit, order.stop, order.status) == (
        number,
        -5,
        0,
        123.46,
        90.0,
        0,
    )
    assert order.open_amount == -5 and order.direction == -1 and order.asset.symbol == "AAA" and order["amount"] == -5
    assert str(order.dt) == "2020-01-02 21:00:00+00:00"


def test_open_orders_and_cancelling(run):
    def action(context, data, asset):
        other = context.symbol("BBB")
        first, second = api.order(asset, 1, limit_price=1), api.order(other, 1, limit_price=1)
        assert {a.symbol: [o.id for o in orders] for a, orders in api.get_open_orders().items()} == {
            "AAA": [first],
            "BBB": [second],
        }
        assert [o.id for o in api.get_open_orders(other)] == [second]
        api.cancel_order(second)
        api.cancel_order(api.get_order(first))
        assert api.get_open_orders() == {} and api.get_open_orders(asset) == []
        with pytest.raises(TypeError, match="Keyword argument `sid` is no longer supported"):
            api.get_open_orders(sid=asset)
        return first

    number, result = once(run, action)
    # in the order of their last change: the second was cancelled first
    assert [(o["id"] == number, int(o["status"])) for o in result.perf.orders.iloc[0]] == [(False, 2), (True, 2)]


def test_batch_market_order(run):
    def action(context, data, asset):
        with pytest.raises(TypeError, match="expected a value of type Series"):
            api.batch_market_order({asset: 1})
        with pytest.raises(TypeError, match="dtype 'int64'"):
            api.batch_market_order(pd.Series({asset: 1.5}))
        return api.batch_market_order(
            pd.Series({asset: 3, context.symbol("BBB"): 0, context.symbol("CCC"): -2}, dtype="int64")
        )

    ids, result = once(run, action)
    assert len(ids) == 2
    assert sorted((t["sid"].symbol, t["amount"]) for t in result.perf.transactions.iloc[1]) == [("AAA", 3), ("CCC", -2)]


def test_an_asset_past_its_end_cannot_be_ordered(run):
    def handle_data(context, data):
        if str(context.get_datetime().date()) == "2020-01-17":
            with pytest.raises(errors.CannotOrderDelistedAsset):
                api.order(context.symbol("CCC"), 1)

    def as_zipline_does(context, data):
        if str(context.get_datetime().date()) == "2020-01-17":
            assert api.order(context.symbol("CCC"), 1) is None

    run(handle_data)
    run(as_zipline_does, preset="zipline")


def test_an_order_cancelled_at_the_end_of_a_session_is_reported_once(run):
    def initialize(context):
        api.set_cancel_policy(cancel_policy.EODCancel(warn_on_cancel=False))
        context.ordered = False

    def handle_data(context, data):
        if not context.ordered:
            context.ordered = True
            api.order(context.symbol("AAA"), 10, limit_price=1)
            api.order(context.symbol("BBB"), 10, limit_price=1)

    orders = run(handle_data, initialize).perf.orders
    assert [[order["status"] for order in session] for session in orders] == [[2, 2]] + [[]] * 11
