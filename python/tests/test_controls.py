"""Trading controls, account controls, restrictions: texts as Zipline's, classes of one's own."""

import logging

import pandas as pd
import pytest

from rustybt import api, errors
from rustybt.finance import controls
from rustybt.finance.asset_restrictions import (
    RESTRICTION_STATES,
    HistoricalRestrictions,
    NoRestrictions,
    Restriction,
    Restrictions,
    SecurityListRestrictions,
    StaticRestrictions,
)


def order_each_day(*amounts):
    """handle_data that orders AAA, one amount a session."""
    left = list(amounts)

    def handle_data(context, data):
        if left:
            api.order(context.symbol("AAA"), left.pop(0))

    return handle_data


def failure(run, initialize, *amounts, **settings):
    with pytest.raises(errors.ZiplineError) as raised:
        run(order_each_day(*amounts), lambda context: initialize(), **settings)
    return raised.value


@pytest.mark.parametrize(
    "set_control, constraint",
    [
        (
            lambda: api.set_max_order_size(max_shares=40),
            "MaxOrderSize({'asset': None, 'max_shares': 40, 'max_notional': None})",
        ),
        (
            lambda: api.set_max_order_size(api.symbol("AAA"), max_notional=4000.0),
            "MaxOrderSize({'asset': Equity(0 [AAA]), 'max_shares': None, 'max_notional': 4000.0})",
        ),
        (
            lambda: api.set_max_position_size(max_shares=40),
            "MaxPositionSize({'asset': None, 'max_shares': 40, 'max_notional': None})",
        ),
        (lambda: api.set_long_only(), "LongOnly({})"),
        (lambda: api.set_asset_restrictions(StaticRestrictions([api.symbol("AAA")])), "RestrictedListOrder({})"),
        (lambda: api.set_max_order_count(0), "MaxOrderCount({'max_count': 0})"),
    ],
)
def test_a_broken_limit_raises_with_zipline_text_and_fields(run, set_control, constraint):
    error = failure(run, set_control, -45)
    assert type(error) is errors.TradingControlViolation and error.code == 3118
    assert str(error) == (
        f"Order for -45 shares of Equity(0 [AAA]) at 2020-01-02 21:00:00+00:00 violates trading constraint\n{constraint}."
    )
    assert error.kwargs["amount"] == -45 and error.kwargs["asset"].symbol == "AAA"
    assert error.kwargs["datetime"] == pd.Timestamp("2020-01-02 21:00", tz="UTC")
    assert len(error.partial_result) == 0


def test_logged_orders_are_placed(run, caplog):
    with caplog.at_level(logging.ERROR, "rustybt"):
        result = run(order_each_day(10, 50), lambda context: api.set_max_order_size(max_shares=40, on_error="log"))
    assert [r.getMessage() for r in caplog.records] == [
        "Order for 50 shares of Equity(0 [AAA]) at 2020-01-03 21:00:00+00:00 violates trading constraint "
        "MaxOrderSize({'asset': None, 'max_shares': 40, 'max_notional': None})"
    ]
    assert result.table("transactions").to_pandas()["amount"].tolist() == [10, 50]


def test_limits_are_checked_when_they_are_set(run):
    def initialize(context):
        for set_limit in (api.set_max_order_size, api.set_max_position_size):
            with pytest.raises(ValueError, match="^Must supply at least one of max_shares and max_notional$"):
                set_limit()
            with pytest.raises(ValueError, match="^max_shares cannot be negative.$"):
                set_limit(max_shares=-1)
            with pytest.raises(ValueError, match="^max_notional must be positive.$"):
                set_limit(max_notional=-1.0)
        with pytest.raises(TypeError, match="expected a value of type Restrictions for argument 'restrictions'"):
            api.set_asset_restrictions([context.symbol("AAA")])
        with pytest.raises(ValueError, match="^max_leverage must be positive$"):
            api.set_max_leverage(-1)
        with pytest.raises(TypeError, match="argument 'min_leverage'"):
            api.set_min_leverage("1", pd.Timedelta(days=1))
        assert context.trading_controls == context.account_controls == []

    run(initialize=initialize)


def test_infinite_limits_limit_nothing(run):
    run(order_each_day(100), lambda context: api.set_max_order_size(max_shares=float("inf"), max_notional=float("inf")))


def test_controls_are_set_in_initialize_only(run):
    def handle_data(context, data):
        with pytest.raises(errors.RegisterTradingControlPostInit, match="Trading controls may only be set in your"):
            api.set_long_only()
        with pytest.raises(errors.RegisterAccountControlPostInit, match="Account controls may only be set in your"):
            api.set_max_leverage(1)

    run(handle_data)


def test_the_account_is_checked_at_the_close(run):
    error = failure(run, lambda: api.set_max_leverage(0.1), 5, 200)
    assert type(error) is errors.AccountControlViolation
    assert str(error) == "Account violates account constraint MaxLeverage({'max_leverage': 0.1})."
    assert len(error.partial_result) == 2
    error = failure(run, lambda: api.set_min_leverage(0.1, pd.Timedelta(days=5)))
    assert str(error) == (
        "Account violates account constraint MinLeverage({'min_leverage': 0.1, 'deadline': "
        "Timestamp('2020-01-07 00:00:00')})."
    )
    assert len(error.partial_result) == 3


# --- classes of one's own ---------------------------------------------------------------------------------------------


class EvenOnly(controls.TradingControl):
    def __init__(self, on_error, seen):
        super().__init__(on_error, rule="even")
        self.seen = seen

    def validate(self, asset, amount, portfolio, algo_datetime, algo_current_data):
        price = algo_current_data.current(asset, "price")
        self.seen.append((asset.symbol, amount, portfolio.positions[asset].amount, algo_datetime.day, price))
        if amount % 2:
            self.handle_violation(asset, amount, algo_datetime, metadata={"remainder": 1})


def test_a_trading_control_of_ones_own(run):
    seen = []
    with pytest.raises(errors.TradingControlViolation) as raised:
        run(order_each_day(2, 4, 5), lambda context: context.register_trading_control(EvenOnly("fail", seen)))
    assert seen == [("AAA", 2, 0, 2, 100.0), ("AAA", 4, 2, 3, 100.25), ("AAA", 5, 6, 6, 100.5)]
    assert str(raised.value).endswith("constraint\nEvenOnly({'rule': 'even'}) (Metadata: {'remainder': 1}).")


def test_a_subclass_of_a_built_in_control(run):
    class Doubled(controls.MaxOrderSize):
        def validate(self, asset, amount, *others):
            super().validate(asset, 2 * amount, *others)

    class Noted(controls.LongOnly):
        def handle_violation(self, asset, amount, datetime, metadata=None):
            noted.append((asset.symbol, amount, datetime.day))

    noted = []

    def initialize(context):
        context.register_trading_control(Noted("fail"))
        context.register_trading_control(Doubled("fail", max_shares=10))
        assert [type(c).__name__ for c in context.trading_controls] == ["Noted", "Doubled"]

    with pytest.raises(errors.TradingControlViolation, match="Order for 12 shares"):
        run(order_each_day(5, -6 + 1, -1, 6), initialize)
    assert noted == [("AAA", -1, 6)]


def test_asset_date_bounds_say_which_bound(run):
    def handle_data(context, data):
        api.order(context.symbol("CCC"), 1)

    def initialize(context):
        context.register_trading_control(controls.AssetDateBounds("fail"))

    # zipline drops orders of an asset only after its auto-close date or end, whichever is first: the control is never asked
    with pytest.raises(errors.CannotOrderDelistedAsset):
        run(handle_data, initialize, preset="rustybt")
    asset, control = CCC(), controls.AssetDateBounds("fail")
    control.validate(asset, 1, None, pd.Timestamp("2020-01-09 21:00", tz="UTC"), None)
    control.validate(asset, 0, None, pd.Timestamp("2020-01-10 21:00", tz="UTC"), None)
    with pytest.raises(errors.TradingControlViolation) as raised:
        control.validate(asset, 1, None, pd.Timestamp("2020-01-10 21:00", tz="UTC"), None)
    assert str(raised.value).endswith(
        "AssetDateBounds({}) (Metadata: {'asset_end_date': Timestamp('2020-01-09 00:00:00')})."
    )
    with pytest.raises(errors.TradingControlViolation, match="asset_start_date"):
        control.validate(asset, 1, None, pd.Timestamp("2020-01-01 21:00", tz="UTC"), None)


class CCC:
    start_date = pd.Timestamp("2020-01-02")
    end_date = pd.Timestamp("2020-01-09")


def test_an_account_control_of_ones_own(run):
    class NoPositions(controls.AccountControl):
        def validate(self, portfolio, account, algo_datetime, algo_current_data):
            days.append(algo_datetime.day)
            if portfolio.positions and account.leverage > 0:
                self.fail()

    days = []
    with pytest.raises(errors.AccountControlViolation, match=r"constraint NoPositions\(\{\}\)\."):
        run(order_each_day(0, 1), lambda context: context.register_account_control(NoPositions()))
    assert days == [2, 3, 6]


# --- restrictions -----------------------------------------------------------------------------------------------------


class OnDays(Restrictions):
    def __init__(self, *days):
        self.days = days

    def is_restricted(self, assets, dt):
        return dt.day in self.days


def historical(asset):
    return HistoricalRestrictions(
        [
            Restriction(asset, pd.Timestamp("2020-01-07"), RESTRICTION_STATES.ALLOWED),
            Restriction(asset, pd.Timestamp("2020-01-03"), RESTRICTION_STATES.FROZEN),
        ]
    )


@pytest.mark.parametrize(
    "make, tradable",
    [
        (lambda a: StaticRestrictions([a]), [False] * 5),
        (historical, [True, False, False, True, True]),
        (lambda a: OnDays(2, 8), [False, True, True, True, False]),
        (lambda a: historical(a) | OnDays(8), [True, False, False, True, False]),
        (lambda a: NoRestrictions() | NoRestrictions(), [True] * 5),
        (lambda a: SecurityListRestrictions(Listed(a)), [True, False, True, True, True]),
    ],
)
def test_restricted_assets_cannot_be_traded(run, make, tradable):
    seen, violated = [], []

    class Noted(controls.RestrictedListOrder):
        def handle_violation(self, asset, amount, datetime, metadata=None):
            violated.append(asset.symbol)

    def initialize(context):
        restrictions = make(context.symbol("AAA"))
        context.register_trading_control(Noted("fail", restrictions))
        api.set_asset_restrictions(restrictions, on_error="ignore")

    def handle_data(context, data):
        seen.append(data.can_trade(context.symbol("AAA")))
        api.order(context.symbol("AAA"), 1)

    run(handle_data, initialize, end="2020-01-08")
    assert seen == tradable
    assert violated == ["AAA"] * tradable.count(False)


class Listed:
    """A list of sids that holds an asset on one day."""

    def __init__(self, asset):
        self.sid = asset.sid

    def current_securities(self, dt):
        return {self.sid} if dt.day == 3 else set()


def test_restrictions_answer_for_several_assets(run):
    def initialize(context):
        a, b = api.symbols("AAA", "BBB")
        dt = pd.Timestamp("2020-01-03 21:00", tz="UTC")
        answer = (StaticRestrictions([b]) | historical(a)).is_restricted([a, b], dt)
        assert answer.dtype == bool and answer.index.tolist() == [a, b] and answer.tolist() == [True, True]
        assert StaticRestrictions([b]).is_restricted([a, b], dt).tolist() == [False, True]
        assert NoRestrictions().is_restricted(a, dt) is False

    run(initialize=initialize)


def test_the_old_list_of_assets_is_deprecated_and_works(run):
    def initialize():
        with pytest.warns(DeprecationWarning, match="set_asset_restrictions"):
            api.set_do_not_order_list([api.symbol("AAA")])

    assert type(failure(run, initialize, 1)) is errors.TradingControlViolation
