"""Margin: orders that the account cannot carry, and calls. Daily bars, worked by hand."""

from decimal import Decimal

import pandas as pd
import pytest

import rustybt
from rustybt.api import commission, get_open_orders, margin, order, set_commission, set_slippage, slippage, symbol
from rustybt.data import bundles

PRICES = {"AAA": [100, 100, 100, 60, 60, 60, 60], "BBB": [50, 50, 50, 50, 80, 80, 80]}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("margin")
    days = pd.bdate_range("2020-01-06", periods=7)
    bars = {
        name: {"date": days, **dict.fromkeys(("open", "high", "low", "close"), prices), "volume": [100_000] * 7}
        for name, prices in PRICES.items()
    }
    bundles.write_frames("m", bars, root=root)
    return root


@pytest.fixture(params=["rustybt", "zipline"])
def run(root, request):
    """run(model, actions by day): the result, and the account by day."""

    def run(model, actions, **options):
        accounts = []

        def initialize(context):
            set_slippage(slippage.NoSlippage())
            set_commission(commission.NoCommission())
            if model is not None:
                context.set_margin(model, **options)

        def handle_data(context, data):
            account = context.account
            accounts.append(
                {
                    name: getattr(account, name)
                    for name in (
                        "initial_margin_requirement",
                        "maintenance_margin_requirement",
                        "available_funds",
                        "excess_liquidity",
                        "buying_power",
                        "cushion",
                        "regt_equity",
                    )
                }
            )
            act = actions.get(len(accounts) - 1)
            if act:
                act(context)

        result = rustybt.run_algorithm(
            initialize=initialize,
            handle_data=handle_data,
            bundle="m",
            root=root,
            capital_base=10_000,
            preset=request.param,
        )
        return result, accounts

    return run


def buy(name, amount):
    return lambda context: order(symbol(name), amount)


def positions(result, day):
    return {p["sid"].symbol: p["amount"] for p in result.perf.positions.iloc[day]}


def test_the_account_states_what_positions_need(run):
    result, accounts = run(margin.RegTMargin(), {0: buy("AAA", 100)})
    # 100 x 100: 5,000 to buy, 2,500 to keep; worth 10,000
    assert accounts[1] == {
        "initial_margin_requirement": 5000,
        "maintenance_margin_requirement": 2500,
        "available_funds": 5000,
        "excess_liquidity": 7500,
        "buying_power": 10_000,
        "cushion": 0.75,
        "regt_equity": 10_000,
    }
    assert result.settings["margin"].startswith("RegTMargin(longs=0.5/0.25, shorts=0.5/0.30")
    assert result.margin_calls == []


def test_orders_beyond_the_margin_are_not_placed(run, caplog):
    made = []

    def two(context):
        made.append(order(symbol("AAA"), 201))
        made.append(order(symbol("AAA"), 200))
        made.append(order(symbol("BBB"), 1))
        made.append(len(get_open_orders()))

    result, _ = run(margin.RegTMargin(), {0: two})
    assert made[0] is None and made[1] is not None and made[2] is None and made[3] == 1
    assert positions(result, 1) == {"AAA": 200}
    assert (
        "No order of AAA for 201: with it positions and open orders need a margin of 10050, the account is worth 10000 "
        "(0 are in use)." in caplog.text
    )
    assert "No order of BBB for 1:" in caplog.text and "(10000 are in use)" in caplog.text


def test_a_call_closes_as_little_as_it_must(run, caplog):
    result, _ = run(margin.RegTMargin(), {0: buy("AAA", 200)}, on_call="liquidate")
    # at 60: worth 2,000, needs 200 x 60 x 0.25 = 3,000; 1,000 of it are ceil(200 / 3) = 67 shares
    assert [positions(result, d)["AAA"] for d in range(1, 7)] == [200, 200, 200, 133, 133, 133]
    call = result.margin_calls
    assert [(c["equity"], c["required"]) for c in call] == [(Decimal(2000), Decimal(3000))]
    assert call[0]["time"].date() == pd.Timestamp("2020-01-09").date()
    assert "Margin call: positions need 3000, the account is worth 2000; positions are closed." in caplog.text


def test_a_call_is_only_reported_by_default(run):
    result, _ = run(margin.RegTMargin(), {0: buy("AAA", 200)})
    assert positions(result, 6) == {"AAA": 200}
    assert len(result.margin_calls) == 1  # it stands until the end


def test_shorts_need_more_when_they_rise(run):
    result, _ = run(margin.RegTMargin(), {0: buy("BBB", -250)}, on_call="liquidate")
    # at 80: 10,000 + 250 x (50 - 80) = 2,500, needed 250 x 80 x 0.3 = 6,000; 3,500 of it are ceil(145.83) = 146 shares
    assert [(c["equity"], c["required"]) for c in result.margin_calls] == [(Decimal(2500), Decimal(6000))]
    assert positions(result, 5) == {"BBB": -104}  # needs 2,496


def test_a_cash_account_buys_what_it_can_pay(run, caplog):
    made = []
    result, accounts = run(
        margin.CashAccount(),
        {
            0: lambda c: made.extend([order(symbol("BBB"), -1), order(symbol("AAA"), 101), order(symbol("AAA"), 100)]),
            3: lambda c: made.append(order(symbol("AAA"), -100)),
        },
    )
    assert [m is None for m in made] == [True, True, False, False]
    assert accounts[1]["buying_power"] == 0 and positions(result, 4) == {}
    assert "CashAccount sells nothing short" in caplog.text and result.margin_calls == []


def test_without_a_model_the_account_is_as_in_zipline(run):
    result, accounts = run(None, {0: buy("AAA", 100_000)})
    assert positions(result, 1) == {"AAA": 100_000} and result.settings["margin"] is None
    assert accounts[0]["initial_margin_requirement"] == 0 and accounts[0]["buying_power"] == float("inf")


def test_wrong_models_are_refused(run):
    with pytest.raises(ValueError, match="margin"):
        run(margin.MarginModel(longs=("0.2", "0.3")), {})
    with pytest.raises(ValueError, match="warn"):
        run(margin.RegTMargin(), {}, on_call="sell")
    with pytest.raises(ValueError, match="only be called in initialize"):
        run(None, {3: lambda c: c.set_margin(margin.RegTMargin())})
