"""Costs of holding in books of one currency over assets of others. By hand, with Python's decimal: an amount is converted once, at
the rate of its session, half-even at the 18 decimals of the books; the cost of that value is rounded likewise."""

from decimal import ROUND_HALF_EVEN, Decimal, localcontext

import pandas as pd
import pytest

from rustybt import api, run_algorithm
from rustybt.data import bundles
from rustybt.finance import costs

#        Thursday      Friday        Monday        Tuesday       Wednesday
DAYS = ["2020-01-02", "2020-01-03", "2020-01-06", "2020-01-07", "2020-01-08"]
NIGHTS = [1, 3, 1, 1, 1]
PRICES = {"DOLLAR": ["10.00", "10.10", "10.05", "10.20", "10.15"], "EURO": ["50.00", "50.50", "49.75", "51.01", "50.33"],
          "YEN": ["1500", "1512", "1498", "1530", "1527"]}
CURRENCY = {"DOLLAR": "USD", "EURO": "EUR", "YEN": "JPY", "EURUSD": "USD"}
EUR_USD = ["1.1213", "1.1171", "1.1171", "1.11527", "1.11527"]
USD_JPY = ["108.61", "108.61", "108.37", "108.37", "108.37"]
RATES = [
    {"date": "2020-01-01", "base": "EUR", "quote": "USD", "value": "1.1213"},
    {"date": "2020-01-03", "base": "EUR", "quote": "USD", "value": "1.1171"},
    {"date": "2020-01-07", "base": "EUR", "quote": "USD", "value": "1.11527"},
    {"date": "2020-01-01", "base": "USD", "quote": "JPY", "value": "108.61"},
    {"date": "2020-01-06", "base": "USD", "quote": "JPY", "value": "108.37"},
]
# one unit of a currency in the currency of the books, as a fraction, on each session
RATE = {
    ("USD", "USD"): [(1, 1)] * 5,
    ("EUR", "USD"): [(Decimal(r), 1) for r in EUR_USD],
    ("JPY", "USD"): [(1, Decimal(r)) for r in USD_JPY],
    ("EUR", "EUR"): [(1, 1)] * 5,
    ("USD", "EUR"): [(1, Decimal(r)) for r in EUR_USD],
}


def exact(numerator, denominator=1):
    with localcontext() as context:
        context.prec = 80
        return (Decimal(numerator) / Decimal(denominator)).quantize(Decimal("1e-18"), ROUND_HALF_EVEN)


def value(asset, amount, day, books, prices=PRICES):
    numerator, denominator = RATE[CURRENCY[asset], books][day]
    with localcontext() as context:
        context.prec = 80
        return exact(amount * Decimal(prices[asset][day]) * numerator, denominator)


def bars(prices, days=DAYS):
    return {"date": days, **dict.fromkeys(("open", "high", "low", "close"), prices), "volume": [100_000] * len(days)}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("currencies")
    bundles.write_frames(
        "world",
        {name: bars(prices) for name, prices in PRICES.items()},
        assets=[{"symbol": name, "quote_currency": CURRENCY[name]} for name in PRICES],
        fx_rates=RATES,
        root=root,
    )
    return root


def trade(root, bundle, orders, setup, **settings):
    """Orders by bar, as (symbol, amount), filled at the next close without costs of trading. The result, and cash and value
    after each bar, exact."""
    seen = []

    def initialize(context):
        context.set_commission(api.commission.NoCommission())
        context.set_slippage(api.slippage.NoSlippage())
        setup(context)

    def handle_data(context, data):
        for symbol, amount in orders.get(len(seen), ()):
            api.order(api.symbol(symbol), amount)
        seen.append((context.portfolio.cash_exact, context.portfolio.portfolio_value_exact))

    return run_algorithm(initialize=initialize, handle_data=handle_data, bundle=bundle, root=root, **settings), seen


def rows(result):
    table = result.to_pandas("financing")
    return list(zip(table.session.astype(str), table.kind, table.symbol, table.days, table.basis, table.amount))


def close_to(expected):
    """Files hold 18 digits: the table rounds to fewer decimals, the books do not."""
    return [(*row[:-2], pytest.approx(row[-2], abs=Decimal("1e-9")), pytest.approx(row[-1], abs=Decimal("1e-9"))) for row in expected]


@pytest.mark.parametrize("preset", ["rustybt", "zipline"])
@pytest.mark.parametrize("books", ["USD", "EUR"])
def test_borrow_cost_is_of_the_shorts_value_in_the_currency_of_the_books(root, books, preset):
    rates = {"DOLLAR": Decimal("0.05"), "EURO": Decimal("0.80")}
    held = {"DOLLAR": -300, "EURO": -100}
    result, seen = trade(
        root, "world", {0: list(held.items())}, lambda c: c.set_borrow_cost(costs.BorrowCostModel(rates)),
        base_currency=books, capital_base=50_000, preset=preset,
    )
    cash, expected, expected_seen = Decimal(50_000), [], [(50_000, 50_000)]
    for day in range(1, 5):
        if day == 1:
            cash -= sum(value(name, amount, day, books) for name, amount in held.items())
        worth = {name: value(name, amount, day, books) for name, amount in held.items()}
        expected_seen.append((cash, cash + sum(worth.values())))  # the strategy runs before the session's close
        for name in held:
            cost = exact(-worth[name] * rates[name] * NIGHTS[day], 365)
            expected.append((DAYS[day], "borrow", name, NIGHTS[day], -worth[name], -cost))
            cash -= cost
    assert seen == expected_seen
    assert rows(result) == close_to(expected)
    assert result.summary["borrow_cost"] == -sum(row[-1] for row in expected)
    assert result.summary["ending_cash"] == cash
    # by hand, the first row in dollars: 300 x 10.10 x 0.05 x 3 / 365; in euros that over 1.1171
    first = Decimal("1.245205479452054795") if books == "USD" else Decimal("1.114676823428569326")
    assert float(-expected[0][-1]) == pytest.approx(float(first), rel=1e-15)


@pytest.mark.parametrize("capital", [3_000, 100_000])
def test_financing_is_of_what_is_borrowed_in_the_currency_of_the_books(root, capital):
    """5,641 and 1,010 dollars of longs, 28 of shorts: with 3,000 a part is on credit, with 100,000 nothing."""
    held = {"DOLLAR": 100, "EURO": 100, "YEN": -2}
    result, seen = trade(
        root, "world", {0: list(held.items())},
        lambda c: c.set_financing(costs.OvernightFinancingModel(equity=("0.0731", "0.01"), days_in_year=360)),
        base_currency="USD", capital_base=capital,
    )
    cash, expected, expected_seen = Decimal(capital), [], [(capital, capital)]
    for day in range(1, 5):
        if day == 1:
            cash -= sum(value(name, amount, day, "USD") for name, amount in held.items())
        worth = {name: value(name, amount, day, "USD") for name, amount in held.items()}
        own = cash + sum(worth.values())
        expected_seen.append((cash, own))
        longs = worth["DOLLAR"] + worth["EURO"]
        if longs > own:
            for name in ("DOLLAR", "EURO"):
                with localcontext() as context:
                    context.prec = 80
                    basis = exact((longs - own) * worth[name], longs)
                    cost = exact(basis * Decimal("0.0731") * NIGHTS[day], 360)
                expected.append((DAYS[day], "financing", name, NIGHTS[day], basis, -cost))
                cash -= cost
    assert len(expected) == (8 if capital == 3_000 else 0)
    assert seen == expected_seen
    if expected:
        assert rows(result) == close_to(expected)
    else:
        assert "financing" not in result.tables
    assert result.summary["ending_cash"] == cash


def test_a_currency_pair_is_financed_in_the_currency_of_the_books(tmp_path):
    """1,000 euros bought against dollars on an account of 200 euros: the rest is on credit, three nights of it on Wednesday."""
    days = ["2020-01-06", "2020-01-07", "2020-01-08", "2020-01-09", "2020-01-10", "2020-01-13"]
    prices = ["1.1171", "1.1152", "1.1107", "1.1106", "1.1120", "1.1135"]  # of the pair, and the rate itself
    bundles.write_frames(
        "fx", {"EURUSD": bars(prices, days)},
        assets=[{"symbol": "EURUSD", "asset_type": "fx", "base_currency": "EUR", "quote_currency": "USD"}],
        fx_rates=[{"date": d, "base": "EUR", "quote": "USD", "value": p} for d, p in zip(days, prices)],
        calendar="24/5", root=tmp_path,
    )
    result, seen = trade(
        tmp_path, "fx", {0: [("EURUSD", 1000)]},
        lambda c: c.set_financing(costs.OvernightFinancingModel(forex=("0.0365", "0"))),
        base_currency="EUR", capital_base=200,
    )
    # it is worth 1,000 euros on every day; 1,000 were paid, so that own is 200 less what was paid for credit
    own, expected = Decimal(200), []
    for day, nights in zip(days[1:], [1, 3, 1, 1, 1]):  # Friday's night counts once, the weekend not again
        cost = exact((1000 - own) * Decimal("0.0365") * nights, 365)
        expected.append((day, "financing", "EURUSD", nights, 1000 - own, -cost))
        own -= cost
    assert rows(result) == close_to(expected)
    assert seen[-1][1] == own + -expected[-1][-1]  # before the last session's cost
    assert expected[0][-1] == Decimal("-0.08")  # 800 euros x 0.0001


@pytest.fixture(scope="module")
def perpetual(tmp_path_factory):
    """P stands at 100 euros around the clock; the euro is 1.25 dollars, from 3 January 1.20."""
    root = tmp_path_factory.mktemp("perpetual")
    days = pd.date_range("2020-01-01", "2020-01-05")
    minutes = pd.date_range("2020-01-01 00:01", "2020-01-04 00:00", freq="min")

    def steady(key, moments):
        return {key: [str(m) for m in moments], "volume": [10**6] * len(moments)} | dict.fromkeys(
            ("open", "high", "low", "close"), ["100.00"] * len(moments)
        )

    bundles.write_frames(
        "perpetual", {"P": steady("date", days)}, minute_bars={"P": steady("dt", minutes)},
        assets=[{"symbol": "P", "asset_type": "crypto", "base_currency": "P", "quote_currency": "EUR"}],
        fx_rates=[{"date": "2020-01-01", "base": "EUR", "quote": "USD", "value": "1.25"},
                  {"date": "2020-01-03", "base": "EUR", "quote": "USD", "value": "1.20"}],
        calendar="24/7", root=root,
    )
    return root


def test_funding_of_a_day_is_at_its_rate(perpetual):
    # held from the close of the second day on: three fundings a day of 10 x 100 euros x 1.20 x 0.0001
    result, _ = trade(perpetual, "perpetual", {0: [("P", 10)]}, lambda c: c.set_funding(), base_currency="USD")
    assert [row[4:] for row in rows(result)] == [(Decimal(1200), Decimal("-0.12"))] * 9
    # bought for 1,250, worth 1,200
    assert result.summary["ending_cash"] == 100_000 - 1250 - Decimal("1.08")
    assert result.perf.portfolio_value.iloc[-1] == pytest.approx(100_000 - 50 - 1.08, abs=1e-9)


def test_funding_by_the_minute_is_at_the_rate_of_its_session(perpetual):
    # sold short before noon of 2 January, bought back after 08:00 of the 3rd; the minute of midnight is the 2nd's last
    result, _ = trade(
        perpetual, "perpetual", {1440 + 700: [("P", -10)], 2880 + 600: [("P", 10)]},
        lambda c: c.set_funding(costs.FundingModel("0.0002", assets=["P"])),
        base_currency="USD", data_frequency="minute", start="2020-01-01", end="2020-01-03",
    )
    table = result.to_pandas("financing")
    assert table.dt.tolist() == [pd.Timestamp(t, tz="UTC") for t in ("2020-01-02 16:00", "2020-01-03 00:00", "2020-01-03 08:00")]
    assert table.amount.tolist() == [Decimal("0.25"), Decimal("0.25"), Decimal("0.24")]
    assert result.summary["funding"] == Decimal("-0.74")
    assert result.summary["ending_cash"] == 100_000 + 1250 - 1200 + Decimal("0.74")
