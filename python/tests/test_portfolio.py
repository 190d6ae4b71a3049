"""context.portfolio, its positions and the account."""

from decimal import Decimal

import pytest

from rustybt import api, errors
from rustybt.finance import commission, slippage


def buy_ten(context, data):
    if not context.portfolio.positions[context.symbol("AAA")].amount:
        api.order_target(context.symbol("AAA"), 10)


def test_figures_are_exact_behind_their_floats(run):
    seen = {}

    def handle_data(context, data):
        buy_ten(context, data)
        p = context.portfolio
        seen[str(context.get_datetime().date())] = (p.cash, p.cash_exact, p.portfolio_value_exact, p.positions_value)

    run(handle_data, capital_base=10_000)
    # 10 x 100.25 x 1.0005 = 1003.00125, commission 10 x 0.001; marked at 100.25
    assert seen["2020-01-03"] == (8996.98875, Decimal("8996.98875"), Decimal("9999.48875"), 1002.5)
    assert isinstance(seen["2020-01-03"][1], Decimal)
    # the dividend of 0.50 (ex 01-08) is paid on 01-10
    assert seen["2020-01-10"][1] - seen["2020-01-09"][1] == Decimal("5")


def test_positions_behave_like_zipline(run):
    def handle_data(context, data):
        a, b = context.symbol("AAA"), context.symbol("BBB")
        positions = context.portfolio.positions
        if str(context.get_datetime().date()) == "2020-01-02":
            api.order(a, 10)
            assert not positions and len(positions) == 0 and a not in positions
            assert positions == {} and positions != {a: None}
            empty = positions[a]
            assert (empty.amount, empty.cost_basis, empty.last_sale_price, empty.last_sale_date, empty.asset) == (
                0,
                0.0,
                0.0,
                None,
                a,
            )
            assert len(positions) == 0
            with pytest.raises(ValueError, match="Position lookup expected a value of type Asset but got str instead"):
                positions["AAA"]
        elif str(context.get_datetime().date()) == "2020-01-03":
            position = positions[a]
            assert positions[a] is position and position.sid is a
            assert isinstance(position.amount, int) and position.amount == 10
            # 1003.00125 and 0.01 of commission for ten shares
            assert position.cost_basis == pytest.approx(100.301125, abs=1e-12)
            assert position.cost_basis_exact == Decimal("100.301125")
            assert position.last_sale_price == 100.25 and position.last_sale_date == context.get_datetime()
            assert list(positions) == [a] and dict(positions.items()) == {a: position} and positions.get(b) is None
            assert a in positions and b not in positions and "AAA" not in positions
            assert context.portfolio.current_portfolio_weights[a] == pytest.approx(
                1002.5 / context.portfolio.portfolio_value
            )

    run(handle_data)


@pytest.mark.parametrize(
    "set_it",
    [
        lambda context: setattr(context.portfolio, "cash", 1.0),
        lambda context: setattr(context.account, "leverage", 1.0),
        lambda context: setattr(context.portfolio.positions[context.symbol("AAA")], "amount", 1),
    ],
)
def test_views_cannot_be_changed(run, set_it):
    def initialize(context):
        with pytest.raises(AttributeError):
            set_it(context)

    run(initialize=initialize)


def test_account(run):
    seen = []

    def handle_data(context, data):
        buy_ten(context, data)
        seen.append((context.account.leverage, context.account.net_liquidation, context.account.buying_power))

    run(handle_data, capital_base=10_000)
    assert seen[0] == (0.0, 10_000.0, float("inf"))
    assert seen[1][0] == pytest.approx(1002.5 / 9999.48875, rel=1e-15)


@pytest.mark.parametrize(
    "make, text",
    [
        (
            lambda: slippage.FixedBasisPointsSlippage(basis_points=-1.0),
            "greater than or equal to 0 for argument 'basis_points', but got -1.0",
        ),
        (
            lambda: slippage.FixedBasisPointsSlippage(volume_limit=0.0),
            "strictly greater than 0 for argument 'volume_limit', but got 0.0",
        ),
    ],
)
def test_models_check_their_parameters(make, text):
    with pytest.raises(ValueError, match=text):
        make()


@pytest.mark.parametrize(
    "set_it, error",
    [
        (lambda c: c.set_slippage(slippage.VolatilityVolumeShare(0.05)), errors.IncompatibleSlippageModel),
        (lambda c: c.set_commission(commission.PerContract(0.85, 1.5)), errors.IncompatibleCommissionModel),
        (lambda c: c.set_commission(us_futures=commission.PerShare()), errors.IncompatibleCommissionModel),
        (lambda c: c.set_slippage(us_futures=object()), errors.UnsupportedSlippageModel),
    ],
)
def test_models_are_for_their_type_of_asset(run, set_it, error):
    def initialize(context):
        with pytest.raises(error):
            set_it(context)

    run(initialize=initialize)


def test_a_users_own_models(run):
    class Half(slippage.SlippageModel):
        def process_order(self, data, order):
            if self.volume_for_bar:
                raise slippage.LiquidityExceeded()
            return data.current(order.asset, "close") + 0.25, (order.open_amount + 1) // 2

    class Flat(commission.CommissionModel):
        def calculate(self, order, transaction):
            assert transaction.asset is order.asset and abs(transaction.amount) > 0
            return 1.5 if order.commission == 0 else 0.25

    def initialize(context):
        context.set_slippage(Half())
        context.set_commission(Flat())

    def handle_data(context, data):
        if str(context.get_datetime().date()) == "2020-01-02":
            api.order(context.symbol("AAA"), 7)
            api.order(context.symbol("AAA"), 1)

    result = run(handle_data, initialize)
    fills = [(t["order_id"][-1], t["amount"], t["price"]) for day in result.perf.transactions for t in day]
    # 7 = 4 + 2 + 1, then the second order
    assert fills == [("1", 4, 100.5), ("1", 2, 100.75), ("1", 1, 101.0), ("2", 1, 101.25)]
    assert result.summary["commissions"] == Decimal("3.50")


def test_an_error_in_a_users_model_ends_the_run(run):
    class Broken(slippage.SlippageModel):
        def process_order(self, data, order):
            raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        run(lambda c, d: api.order(c.symbol("AAA"), 1), lambda c: c.set_slippage(Broken()))


def test_models_are_set_in_initialize(run):
    from rustybt import errors

    def handle_data(context, data):
        for call, error in (
            (lambda: context.set_slippage(slippage.NoSlippage()), errors.SetSlippagePostInit),
            (lambda: context.set_commission(commission.NoCommission()), errors.SetCommissionPostInit),
            (lambda: context.set_cancel_policy(api.EODCancel()), errors.SetCancelPolicyPostInit),
            (lambda: context.set_cancel_policy("never"), errors.UnsupportedCancelPolicy),
            (lambda: context.set_benchmark(context.symbol("AAA")), errors.SetBenchmarkOutsideInitialize),
        ):
            with pytest.raises(error):
                call()

    run(handle_data, end="2020-01-02")
