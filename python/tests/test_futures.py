"""Futures and continuous futures in strategies; numbers of real Zipline runs: golden s19, s19b (tools/golden.py)."""

from types import SimpleNamespace

import pandas as pd
import pytest

import rustybt
from rustybt import errors
from rustybt.finance import commission, constants, slippage


def contract(symbol, root, close, **terms):
    return {"symbol": symbol, "root_symbol": root, "asset_type": "future", "exchange": "CME", "auto_close_date": close, **terms}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory, bars):
    """ESF20 (50 a point, closes on 2020-01-10), ESG20 a point above; micro contracts MBF20 of 0.1; the unknown root ZZ."""
    from rustybt.data import bundles

    root = tmp_path_factory.mktemp("futures")
    rising = [f"{100 + i}" for i in range(12)]
    bundles.write_frames(
        "futures",
        {
            "ESF20": bars(rising, volume=900),
            "ESG20": bars([f"{101 + i}" for i in range(12)], volume=800),
            "MBF20": bars(["20000"] * 12),
            "ZZF20": bars(rising),
            "KO": bars(["50"] * 12),
        },
        assets=[
            contract("ESF20", "ES", "2020-01-10", multiplier="50", tick_size="0.25"),
            contract("ESG20", "ES", "2020-01-17", multiplier="50", tick_size="0.25"),
            contract("MBF20", "MB", "2020-01-17", multiplier="0.1", tick_size="1"),
            contract("ZZF20", "ZZ", "2020-01-17"),
            {"symbol": "KO"},
        ],
        root_symbols=[{"root_symbol": r} for r in ("ES", "MB", "ZZ")],
        root=root,
    )
    return bundles.load("futures", root=root)


@pytest.fixture
def run(bundle):
    def run(handle_data=None, initialize=None, **settings):
        settings = {"capital_base": 1_000_000, **settings}
        return rustybt.run_algorithm(initialize=initialize, handle_data=handle_data, bundle=bundle, **settings)

    return run


def fills(result):
    return [t for day in result.to_pandas()["transactions"] for t in day]


def first_bar(action):
    """handle_data that acts on the first bar only."""
    state = SimpleNamespace(done=False)

    def handle_data(context, data):
        if not state.done:
            state.done = True
            action(context, data)

    return handle_data


def test_cash_moves_by_price_changes_and_costs_only(run):
    result = run(first_bar(lambda c, d: c.order(c.future_symbol("esf20"), 2))).to_pandas()
    # bought at 101 on the second session with 7.5 basis points of impact: no volatility of 20 sessions yet
    paid = 2 * 50 * (101 * 7.5 / 10000) + 2 * 0.85 + 1.18
    assert result["portfolio_value"].iloc[1] == pytest.approx(1_000_000 - paid, abs=1e-9)
    assert result["ending_value"].iloc[1] == 0
    assert result["ending_exposure"].iloc[1] == 2 * 50 * 101
    # closed without costs on the session of its close, at 106
    assert result["ending_cash"].iloc[-1] == pytest.approx(1_000_000 - paid + 2 * 50 * 5, abs=1e-9)


def test_models_of_futures_and_of_equities_are_two(run):
    def initialize(context):
        context.set_slippage(slippage.NoSlippage(), slippage.FixedSlippage(spread=0.5))
        context.set_commission(commission.NoCommission(), commission.PerFutureTrade({"ES": 3.3}))

    def buy(context, data):
        for asset in (context.future_symbol("ESF20"), context.symbol("KO")):
            context.order(asset, 2)

    result = run(first_bar(buy), initialize)
    assert [t["price"] for t in fills(result)[:2]] == [101.25, 50.0]
    assert result.to_pandas()["capital_used"].iloc[1] == pytest.approx(-100 - 3.3 - 2 * 50 * 0.25, abs=1e-9)


def test_a_users_own_models_of_futures(run):
    class Impact(slippage.MarketImpactBase):
        def get_txn_volume(self, data, order):
            return 3

        def get_simulated_impact(self, **known):
            return 1.0

    class OneAContract(commission.FutureCommissionModel):
        def calculate(self, order, transaction):
            return abs(transaction.amount) * 1.0

    class Halved(commission.PerContract):
        def calculate(self, order, transaction):
            return super().calculate(order, transaction) / 2

    for model, cost in ((OneAContract(), 3.0), (Halved(1.0, {"ES": 0.5}), 1.75)):

        def initialize(context, model=model):
            context.set_slippage(us_futures=Impact())
            context.set_commission(us_futures=model)

        result = run(first_bar(lambda c, d: c.order(c.future_symbol("ESF20"), 5)), initialize)
        first = fills(result)[0]
        assert (first["amount"], first["price"]) == (3, 101 + 101 * 10 / 10000)  # no volatility yet
        assert result.to_pandas()["portfolio_value"].iloc[1] == pytest.approx(1_000_000 - 3 * 50 * 0.101 - cost)


def test_a_root_without_a_known_fee_is_an_error_with_its_remedy(run):
    with pytest.raises(KeyError, match="no exchange fee is known for futures of root symbol 'ZZ'") as raised:
        run(first_bar(lambda c, d: c.order(c.future_symbol("ZZF20"), 1)))
    assert isinstance(raised.value, errors.UnknownRootSymbol) and "PerContract" in raised.value.hint


def test_constants():
    assert constants.FUTURE_EXCHANGE_FEES_BY_SYMBOL["JE"] == 0.16
    assert constants.ROOT_SYMBOL_TO_ETA["ED"] == 0.09418429709024576
    assert constants.DEFAULT_ETA == 0.049018143225019836


# quirk Q15: under zipline a multiplier of 0.1 is 0.10000000149011612
@pytest.mark.parametrize("preset, amount", [("rustybt", 1_000_000), ("zipline", 999_999)])
def test_order_value_counts_with_the_multiplier(run, preset, amount):
    seen = []

    def buy(context, data):
        asset = context.future_symbol("MBF20")
        context.order_value(asset, 2_000_000_000)  # at 20,000 x 0.1
        seen.extend(o.amount for o in context.get_open_orders(asset))

    run(first_bar(buy), preset=preset)
    assert seen == [amount]


def test_continuous_future(run, bundle):
    seen = {}

    def initialize(context):
        context.first = context.continuous_future("es", roll="calendar", adjustment="add")
        context.second = context.continuous_future("ES", 1, "calendar", None)

    def handle_data(context, data):
        day = str(data.current_session.date())
        contracts = data.current([context.first, context.second], "contract")
        seen[day] = (
            [None if c is None else c.symbol for c in contracts],
            data.current(context.first, "price"),
            data.current(context.first, "volume"),
            [c.symbol for c in data.current_chain(context.first)],
        )
        if day == "2020-01-13":
            seen["close"] = data.history(context.first, "close", 4, "1d").tolist()
            seen["sid"] = [int(sid) for sid in data.history(context.first, "sid", 4, "1d")]
            frame = data.history([context.first, context.symbol("KO")], ["close", "volume"], 2, "1d")
            seen["frame"] = frame.loc[(frame.index[0][0], context.first)].tolist()

    run(handle_data, initialize)
    assert seen["2020-01-09"] == (["ESF20", "ESG20"], 105.0, 900, ["ESF20", "ESG20"])
    assert seen["2020-01-10"] == (["ESG20", None], 107.0, 800, ["ESG20"])
    assert seen["close"] == [105.0, 106.0, 107.0, 108.0]  # 104 and 105 of the old contract, one point up
    old, new = (bundle.asset_finder.lookup_future_symbol(symbol).sid for symbol in ("ESF20", "ESG20"))
    assert seen["sid"] == [old, old, new, new]
    assert seen["frame"] == [107.0, 800.0]


@pytest.mark.parametrize(
    "arguments, error, text",
    [
        (("ES", 0, "moon"), KeyError, "Invalid roll style 'moon'"),
        (("ES", 0, "volume", "div"), ValueError, "Invalid adjustment style 'div'"),
        (("QQ",), errors.SymbolNotFound, "Symbol 'QQ' was not found."),
    ],
)
def test_continuous_futures_that_cannot_be(run, arguments, error, text):
    def initialize(context):
        with pytest.raises(error, match=text):
            context.continuous_future(*arguments)

    run(initialize=initialize)


def test_an_unknown_contract(run):
    def initialize(context):
        with pytest.raises(errors.SymbolNotFound, match="Symbol 'ESZ99' was not found."):
            context.future_symbol("ESZ99")

    run(initialize=initialize)


def test_a_chain_follows_the_dates_on_which_contracts_close(tmp_path, bars):
    """By symbol CLH20 would come before CLZ19, and CLM19 after CLH20; sids are given out in the order of closing."""
    from rustybt.data import bundles

    closes = {"CLM19": "2019-06-20", "CLZ19": "2019-12-19", "CLH20": "2020-03-20"}
    bundles.write_frames(
        "oil",
        {symbol: bars(["50"] * 12) for symbol in closes} | {"KO": bars(["50"] * 12)},
        assets=[contract(symbol, "CL", close, start_date="2019-01-02", end_date=close) for symbol, close in closes.items()],
        root_symbols=[{"root_symbol": "CL"}],
        root=tmp_path,
    )
    finder = bundles.load("oil", root=tmp_path).asset_finder
    assert [asset.symbol for asset in finder.retrieve_all(finder.sids)] == ["KO", "CLM19", "CLZ19", "CLH20"]


# ESF20 closes at 104, 105 on 01-08, 01-09 and ESG20 at 106 on 01-09, 107, 108 on 01-10, 01-13: the roll is on 01-10
@pytest.mark.parametrize(
    "adjustment, closes",
    [(None, [104, 105, 107, 108]), ("add", [105, 106, 107, 108]), ("mul", [104 * 106 / 105, 106, 107, 108])],
)
def test_a_portal_splices_the_contracts_of_a_chain(bundle, adjustment, closes):
    from rustybt.data.data_portal import DataPortal
    from rustybt.utils.calendar_utils import get_calendar

    finder = bundle.asset_finder
    future = finder.create_continuous_future("ES", 0, "calendar", adjustment)
    reader = bundle.equity_daily_bar_reader
    portal = DataPortal(finder, get_calendar("NYSE"), reader.first_trading_day, future_daily_reader=reader)
    # a Saturday and a Sunday stand for the session after them; a sid for its continuous future
    for asset, end in ((future, "2020-01-13"), (future.sid, "2020-01-11"), (future, "2020-01-12")):
        window = portal.get_history_window([asset], pd.Timestamp(end), 4, "1d", "close", "daily")
        assert window[asset].tolist() == pytest.approx(closes, abs=0.0051)
        assert list(window.index.strftime("%m-%d")) == ["01-08", "01-09", "01-10", "01-13"]
    sids = portal.get_history_window([future], pd.Timestamp("2020-01-13"), 4, "1d", "sid", "daily")[future]
    early, late = finder.lookup_future_symbol("ESF20"), finder.lookup_future_symbol("ESG20")
    assert sids.tolist() == [early.sid, early.sid, late.sid, late.sid]
    assert portal.get_spot_value(future, "contract", pd.Timestamp("2020-01-09"), "daily") == early
    assert portal.get_spot_value(future, "close", pd.Timestamp("2020-01-11"), "daily") == 108
    assert portal.get_current_future_chain(future, pd.Timestamp("2020-01-09")) == [early, late]
