"""Orders beyond Zipline's four: trailing, touched, auctions, time in force, groups, modify; and the fill policies.

Bars of GAP, worked by hand: the strategy orders at the close of the first session (100), so the second is the first that fills.
"""

import pytest
import rustybt
from rustybt import api, errors
from rustybt.data import bundles
from rustybt.finance import execution
from rustybt.finance.execution import (
    BracketOrder,
    LimitIfTouchedOrder,
    LimitOrder,
    MarketIfTouchedOrder,
    MarketOnCloseOrder,
    MarketOnOpenOrder,
    MarketOrder,
    OCOOrder,
    StopOrder,
    TrailingStopOrder,
)

#           open   high   low    close
BARS = [
    ("100", "100", "100", "100"),
    ("101", "106", "99", "104"),  # the low is nearer to the open: 101, 99, 106, 104
    ("104", "110", "103", "109"),
    ("108", "109", "100", "101"),
    ("95", "96", "90", "92"),
    ("92", "93", "91", "92"),
]
DAYS = ["2020-01-02", "2020-01-03", "2020-01-06", "2020-01-07", "2020-01-08", "2020-01-09"]


@pytest.fixture(scope="module")
def gap(tmp_path_factory):
    columns = dict(zip(("open", "high", "low", "close"), map(list, zip(*BARS, strict=True)), strict=True))
    root = tmp_path_factory.mktemp("gap")
    bundles.write_frames(
        "gap", {"GAP": {"date": DAYS, **columns, "volume": [1000] * 6}}, assets=[{"symbol": "GAP"}], root=root
    )
    return bundles.load("gap", root=root)


@pytest.fixture
def fills(gap):
    """fills(action, **policies): (day, price, amount) of every fill; `action(asset)` runs on the first session."""

    def fills(action, later=None, **policies):
        returned = []

        def initialize(context):
            api.set_slippage(rustybt.finance.slippage.NoSlippage())
            api.set_commission(rustybt.finance.commission.NoCommission())

        def handle_data(context, data):
            if not returned:
                returned.append(action(api.symbol("GAP")))
            elif later:
                later(returned[0], api.get_datetime())

        result = rustybt.run_algorithm(
            initialize=initialize, handle_data=handle_data, bundle=gap, **({"policies": policies} if policies else {})
        )
        return [
            (str(t["dt"].date())[5:], t["price"], t["amount"]) for day in result.perf.transactions for t in day
        ]

    return fills


def test_trailing_stop(fills):
    # best closes 100, 104, 109; 5 below 109 is 104, and the close of 101 is the first at or below it
    assert fills(lambda a: api.order(a, -10, style=TrailingStopOrder(trail_amount=5))) == [("01-07", 101.0, -10)]
    # 10 % below 109 is 98.1: the close of 92
    assert fills(lambda a: api.order(a, -10, style=TrailingStopOrder(trail_percent=0.1))) == [("01-08", 92.0, -10)]


def test_touched(fills):
    assert fills(lambda a: api.order(a, 5, style=MarketIfTouchedOrder(101.5))) == [("01-07", 101.0, 5)]
    assert fills(lambda a: api.order(a, 5, style=LimitIfTouchedOrder(93, 101.5))) == [("01-08", 92.0, 5)]


def test_auctions(fills):
    assert fills(lambda a: (api.order(a, 5, style=MarketOnOpenOrder()), api.order(a, 3, style=MarketOnCloseOrder()))) == [
        ("01-03", 101.0, 5),
        ("01-03", 104.0, 3),
    ]


@pytest.mark.parametrize(
    "terms, expected",
    [
        ({}, [("01-08", 92.0, 5)]),
        ({"time_in_force": "DAY"}, []),
        ({"time_in_force": "IOC"}, []),
        ({"time_in_force": "GTD", "good_till": "2020-01-07"}, []),
        ({"time_in_force": "GTD", "good_till": "2020-01-08"}, [("01-08", 92.0, 5)]),
    ],
)
def test_time_in_force(fills, terms, expected):
    assert fills(lambda a: api.order(a, 5, style=LimitOrder(95, **terms))) == expected


def test_brackets_and_pairs(fills):
    expected = [("01-03", 104.0, 10), ("01-06", 109.0, -10)]
    assert fills(lambda a: api.order_bracket(a, 10, stop_loss=102, take_profit=108)) == expected
    assert fills(lambda a: api.order(a, 10, style=BracketOrder(MarketOrder(), 102, 108))) == expected
    assert fills(lambda a: api.order_oco(a, 10, LimitOrder(95), StopOrder(108))) == [("01-06", 109.0, 10)]
    assert fills(lambda a: api.order(a, 10, style=OCOOrder(LimitOrder(95), StopOrder(120)))) == [("01-08", 92.0, 10)]
    assert fills(lambda a: api.order_oto(a, 10, MarketOrder(), -4, StopOrder(102))) == [
        ("01-03", 104.0, 10),
        ("01-07", 101.0, -4),
    ]


def test_modify(fills):
    def later(number, now):
        if str(now.date()) == "2020-01-06":
            assert api.modify_order(number, amount=7, limit_price=101)
        if str(now.date()) == "2020-01-08":
            assert not api.modify_order(number, amount=9)

    assert fills(lambda a: api.order(a, 5, style=LimitOrder(80)), later) == [("01-07", 101.0, 7)]


@pytest.mark.parametrize(
    "policy, expected",
    [
        ("next_close", [("01-03", 104.0, 10)]),
        ("this_close", [("01-02", 100.0, 10)]),
        ("next_open", [("01-03", 101.0, 10)]),
        ("ohlc_path", [("01-03", 101.0, 10)]),
        ("worst_case", [("01-03", 106.0, 10)]),
    ],
)
def test_fill_policies_of_market_orders(fills, policy, expected):
    assert fills(lambda a: api.order(a, 10), fill=policy) == expected


@pytest.mark.parametrize(
    "policy, expected",
    [
        # both exits lie within the second bar: its low came first, then the stop; in the worst case it sells at the low
        ("ohlc_path", [("01-03", 101.0, 10), ("01-03", 100.0, -10)]),
        ("next_open", [("01-03", 101.0, 10), ("01-03", 100.0, -10)]),
        ("worst_case", [("01-03", 106.0, 10), ("01-03", 99.0, -10)]),
    ],
)
def test_exactly_one_exit_fills_on_a_bar_that_reaches_both(fills, policy, expected):
    assert fills(lambda a: api.order_bracket(a, 10, stop_loss=100, take_profit=105), fill=policy) == expected


def test_a_gap_fills_a_stop_at_the_open(fills):
    assert fills(lambda a: api.order(a, -5, style=StopOrder(98)), fill="ohlc_path") == [("01-08", 95.0, -5)]


@pytest.mark.parametrize(
    "make",
    [
        lambda: TrailingStopOrder(),
        lambda: TrailingStopOrder(1, 0.1),
        lambda: TrailingStopOrder(trail_percent=1),
        lambda: TrailingStopOrder(trail_amount=0),
        lambda: LimitOrder(1, time_in_force="SOON"),
        lambda: LimitOrder(1, time_in_force="GTD"),
        lambda: LimitOrder(1, good_till="2020-01-01"),
    ],
)
def test_terms_are_checked(make):
    with pytest.raises(errors.BadOrderParameters):
        make()


def test_all_styles_are_exported():
    assert {"BracketOrder", "OCOOrder", "TrailingStopOrder", "MarketOnCloseOrder"} <= set(execution.__all__)
