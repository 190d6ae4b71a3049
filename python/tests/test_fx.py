"""Exchange rates: stored with a bundle, read point in time, and the currency of the books. Python's decimal is the oracle."""

import csv
import os
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import rustybt
from rustybt.api import commission, order, order_target_percent, set_commission, set_slippage, slippage, symbol
from rustybt.data import bundles
from rustybt.data.fx import DEFAULT_FX_RATE, FXRateReader, InMemoryFXRateReader
from rustybt.errors import InvalidArgument, NoFxRate

DAYS = ["2020-01-02", "2020-01-03", "2020-01-06", "2020-01-07", "2020-01-08"]
RATES = [
    {"date": "2020-01-01", "base": "EUR", "quote": "USD", "value": "1.1213"},
    {"date": "2020-01-03", "base": "EUR", "quote": "USD", "value": "1.1171"},
    {"date": "2020-01-07", "base": "EUR", "quote": "USD", "value": "1.11527"},
    {"date": "2020-01-01", "base": "USD", "quote": "JPY", "value": "108.61"},
    {"date": "2020-01-06", "base": "USD", "quote": "JPY", "value": "108.37"},
]
PRICES = {"DOLLAR": ["10.00", "10.10", "10.05", "10.20", "10.15"], "EURO": ["50.00", "50.50", "49.75", "51.01", "50.33"],
          "YEN": ["1500", "1512", "1498", "1530", "1527"]}
CURRENCY = {"DOLLAR": "USD", "EURO": "EUR", "YEN": "JPY"}
# units of dollars per unit, as fractions, on each session
TO_DOLLAR = {
    "USD": [(1, 1)] * 5,
    "EUR": [(Decimal(r), 1) for r in ("1.1213", "1.1171", "1.1171", "1.11527", "1.11527")],
    "JPY": [(1, Decimal(r)) for r in ("108.61", "108.61", "108.37", "108.37", "108.37")],
}


def bars(prices):
    return {"date": DAYS, **dict.fromkeys(("open", "high", "low", "close"), prices), "volume": [100_000] * len(DAYS)}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("currencies")
    bundles.write_frames(
        "world",
        {name: bars(prices) for name, prices in PRICES.items()},
        assets=[{"symbol": name, "quote_currency": code} for name, code in CURRENCY.items()],
        dividends=[{"symbol": "EURO", "ex_date": "2020-01-07", "pay_date": "2020-01-08", "amount": "0.333"}],
        fx_rates=RATES,
        root=root,
    )
    return root


def dollars(amount, asset, day):
    """Half-even at the 18 decimals of the books, once."""
    numerator, denominator = TO_DOLLAR[CURRENCY[asset]][day]
    with localcontext() as context:
        context.prec = 60
        return (amount * numerator / denominator).quantize(Decimal("1e-18"), ROUND_HALF_EVEN)


def test_the_books_are_exact_in_their_currency(root):
    seen = []

    def initialize(context):
        set_slippage(slippage.NoSlippage())
        set_commission(commission.PerDollar(cost=0.0015))

    def handle_data(context, data):
        if not seen:
            for name in PRICES:
                order(symbol(name), 100)
        if len(seen) == 2:
            order(symbol("YEN"), -37)
        p = context.portfolio
        seen.append((p.cash_exact, p.portfolio_value_exact))

    result = rustybt.run_algorithm(
        initialize=initialize, handle_data=handle_data, bundle="world", root=root, base_currency="USD", capital_base=50_000
    )
    # the same by hand
    cash, held, expected = Decimal(50_000), dict.fromkeys(PRICES, 0), []
    fills = {1: dict.fromkeys(PRICES, 100), 3: {"YEN": -37}}
    for day in range(5):
        if day == 4:  # a dividend of 8 January, held on its ex-date
            cash += dollars(100 * Decimal("0.333"), "EURO", day)
        for name, amount in fills.get(day, {}).items():
            price = Decimal(PRICES[name][day])
            cash -= dollars(price * amount, name, day)
            cash -= dollars(abs(price * amount) * Decimal("0.0015"), name, day)
            held[name] += amount
        expected.append((cash, cash + sum(dollars(Decimal(PRICES[n][day]) * a, n, day) for n, a in held.items())))
    assert seen == expected
    value = result.to_pandas("performance")["portfolio_value"]
    assert [Decimal(v) for v in value] == [v.quantize(Decimal("1e-9")) for _, v in expected]
    returns = [float(b[1] / a[1] - 1) for a, b in zip(expected, expected[1:])]
    np.testing.assert_allclose(result.perf["returns"].to_numpy()[1:], returns, rtol=1e-9)
    assert result.settings["base_currency"] == "USD"


def test_rates_move_the_value_of_what_is_held(root):
    """Bought for dollars, the euro position gains what the euro gains: the day's return has both."""

    def handle_data(context, data):
        if str(data.current_session.date()) == DAYS[0]:
            order(symbol("EURO"), 100)

    def initialize(context):
        set_slippage(slippage.NoSlippage())
        set_commission(commission.NoCommission())

    perf = rustybt.run_algorithm(
        initialize=initialize, handle_data=handle_data, bundle="world", root=root, base_currency="usd"
    ).perf
    assert perf["pnl"].iloc[2] == pytest.approx(100 * (49.75 - 50.50) * 1.1171)
    paid = 33.3 * 1.11527  # the dividend of the last session
    assert perf["pnl"].iloc[4] == pytest.approx(100 * (50.33 - 51.01) * 1.11527 + paid)
    assert perf["pnl"].iloc[3] == pytest.approx(100 * (51.01 * 1.11527 - 49.75 * 1.1171))
    assert perf["ending_value"].iloc[4] == pytest.approx(100 * 50.33 * 1.11527)


def test_targets_are_shares_of_the_books_value(root):
    def initialize(context):
        set_slippage(slippage.NoSlippage())
        set_commission(commission.NoCommission())

    weights = []

    def handle_data(context, data):
        for name in PRICES:
            order_target_percent(symbol(name), 0.3)
        weights.append(context.portfolio.current_portfolio_weights)

    result = rustybt.run_algorithm(
        initialize=initialize, handle_data=handle_data, bundle="world", root=root, base_currency="USD", capital_base=1_000_000
    )
    bought = {t["sid"].symbol: t["amount"] for t in result.perf["transactions"].iloc[1]}
    assert bought == {"DOLLAR": 30_000, "EURO": int(300_000 / (50 * 1.1213)), "YEN": 21_722}
    for name in PRICES:
        assert weights[-1][[a for a in weights[-1].index if a.symbol == name][0]] == pytest.approx(0.3, abs=0.01)


def test_a_missing_rate_names_pair_and_day(root):
    def handle_data(context, data):
        order(symbol("EURO"), 1)

    with pytest.raises(NoFxRate, match="no exchange rate from EUR to CHF on or before 2020-01-03"):
        rustybt.run_algorithm(handle_data=handle_data, bundle="world", root=root, base_currency="CHF")
    # what is not held needs no rate
    rustybt.run_algorithm(bundle="world", root=root, base_currency="CHF")


def test_several_currencies_without_a_base_are_reported(root, caplog):
    rustybt.run_algorithm(bundle="world", root=root)
    assert "the assets are quoted in EUR, JPY, USD" in caplog.text and "choose base_currency" in caplog.text


def test_current_and_history_in_another_currency(root):
    found = {}

    def handle_data(context, data):
        assets = [symbol(name) for name in PRICES]
        if str(data.current_session.date()) == DAYS[3]:
            found["euro"] = data.current(symbol("DOLLAR"), "close", currency="EUR")
            found["volume"] = data.current(symbol("DOLLAR"), "volume", currency="EUR")
            found["fields"] = data.current(symbol("YEN"), ["close", "volume"], currency="USD")
            found["frame"] = data.current(assets, ["close", "volume"], currency="USD")
            found["series"] = data.current(assets, "price", currency="EUR")
            found["history"] = data.history(assets, "close", 4, "1d", currency="USD")
            found["week"] = data.history(symbol("EURO"), "high", 1, "1w", currency="usd")
            found["own"] = data.history(symbol("EURO"), "close", 2, "1d", currency="EUR")
            found["volumes"] = data.history(symbol("EURO"), "volume", 2, "1d", currency="USD")

    rustybt.run_algorithm(handle_data=handle_data, bundle="world", root=root, start="2020-01-02")
    assert found["euro"] == pytest.approx(10.20 / 1.11527, rel=1e-15)
    assert found["volume"] == 100_000
    assert found["fields"].tolist() == pytest.approx([1530 / 108.37, 100_000])
    assert found["frame"]["close"].tolist() == pytest.approx([10.20, 51.01 * 1.11527, 1530 / 108.37])
    assert found["series"].tolist() == pytest.approx([10.20 / 1.11527, 51.01, 1530 / 108.37 / 1.11527])
    for (asset, column) in found["history"].items():
        rates = [float(Decimal(n) / Decimal(d)) for n, d in TO_DOLLAR[CURRENCY[asset.symbol]][:4]]
        # the euro's prices before its ex-date of 7 January are adjusted for the dividend, 1 - 0.333 / 49.75
        factor = 1 - 0.333 / 49.75 if asset.symbol == "EURO" else 1
        expected = [float(p) * r * f for p, r, f in zip(PRICES[asset.symbol], rates, [factor] * 3 + [1])]
        np.testing.assert_allclose(column.to_numpy(), expected, rtol=1e-14)
    factor = 1 - 0.333 / 49.75
    assert found["week"].tolist() == pytest.approx([51.01 * 1.11527])  # each day at its own rate, then the highest
    assert found["own"].tolist() == pytest.approx([49.75 * factor, 51.01])
    assert found["volumes"].tolist() == [100_000, 100_000]


def test_conversion_needs_known_currencies(tmp_path):
    bundles.write_frames("plain", {"AAA": bars(PRICES["DOLLAR"])}, root=tmp_path)

    def handle_data(context, data):
        data.history(symbol("AAA"), "close", 1, "1d", currency="EUR")

    with pytest.raises(NoFxRate, match="does not say in which currency AAA is quoted"):
        rustybt.run_algorithm(handle_data=handle_data, bundle="plain", root=tmp_path)


def test_rates_belong_to_the_bundles_content(tmp_path):
    def write(name, rates):
        return bundles.write_frames(name, {"AAA": bars(PRICES["DOLLAR"])}, fx_rates=rates, root=tmp_path)["data_hash"]

    assert write("a", RATES) == write("b", RATES[::-1])
    changed = [{**RATES[0], "value": "1.1214"}, *RATES[1:]]
    assert len({write("a", RATES), write("c", changed), write("d", None)}) == 3
    bundle = bundles.load("a", root=tmp_path)
    assert [(r, b, q, str(v)) for r, b, q, _, v in bundle.fx_rates.rows()][:2] == [
        ("mid", "EUR", "USD", "1.1213"),
        ("mid", "EUR", "USD", "1.1171"),
    ]
    with pytest.raises(InvalidArgument, match="comes twice with different values"):
        write("e", [RATES[0], changed[0]])


def test_reader_forward_fills_and_says_nan():
    reader = FXRateReader(RATES)
    got = reader.get_rates("mid", "USD", ["EUR", "USD", "CHF", None], ["2019-12-31", "2020-01-02", "2020-01-05"])
    np.testing.assert_array_equal(got, [[np.nan, 1, np.nan, np.nan], [1.1213, 1, np.nan, np.nan], [1.1171, 1, np.nan, np.nan]])
    assert reader.get_rate_scalar(DEFAULT_FX_RATE, "USD", "EUR", "2030-01-01") == 1.11527
    columnar = reader.get_rates_columnar("mid", "USD", ["EUR", "EUR"], pd.to_datetime(["2020-01-02", "2020-01-07"]))
    assert columnar.tolist() == [1.1213, 1.11527]
    frame = pd.DataFrame({"EUR": [1.1, np.nan, 1.2], "USD": [1.0, 1.0, 1.0]}, index=pd.to_datetime(DAYS[:3]))
    zipline = InMemoryFXRateReader({"close": {"USD": frame}}, "close")
    assert zipline.get_rate_scalar("default", "USD", "EUR", "2020-01-03") == 1.1  # filled forward
    assert zipline.get_rate_scalar("close", "USD", "EUR", "2020-01-06") == 1.2


def shared(*parts):
    root = Path(os.environ.get("RUSTYBT_TEST_DATA", Path(__file__).resolve().parents[3] / "shared")).joinpath("data", *parts)
    if not root.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{root} is not there")
        pytest.skip(f"{root} is not there: set RUSTYBT_TEST_DATA")
    return root


def test_monthly_rates_of_the_fed():
    """All series are units per dollar: 0.9011 euros and 109.2667 yen in January 2020."""
    pairs = {"Euro": ("USD", "EUR"), "United Kingdom": ("USD", "GBP"), "Japan": ("USD", "JPY")}
    with open(shared("rates", "exchange_rates_monthly.csv"), newline="") as file:
        table = [r for r in csv.DictReader(file) if r["Country"] in pairs and r["Exchange rate"]]
    rows = [
        {"date": r["Date"], "base": pairs[r["Country"]][0], "quote": pairs[r["Country"]][1], "value": r["Exchange rate"]}
        for r in table
    ]
    reader = FXRateReader(rows)
    series = {c: pd.Series({pd.Timestamp(r["Date"]): float(r["Exchange rate"]) for r in table if r["Country"] == c}) for c in pairs}
    days = pd.date_range("1998-11-15", "2021-04-10", freq="17D")
    for country, (base, quote) in pairs.items():
        expected = series[country].reindex(days, method="ffill")
        np.testing.assert_array_equal(reader.get_rates("mid", quote, [base], days)[:, 0], expected)
    # yen per euro through the dollar, dollars per pound by the inverse
    euro, yen, pound = (series[c].reindex(days, method="ffill").to_numpy() for c in ("Euro", "Japan", "United Kingdom"))
    np.testing.assert_allclose(reader.get_rates("mid", "JPY", ["EUR"], days)[:, 0], yen / euro, rtol=1e-15)
    np.testing.assert_allclose(reader.get_rates("mid", "USD", ["GBP"], days)[:, 0], 1 / pound, rtol=1e-15)


def test_history_in_euros_at_daily_rates(tmp_path):
    columns = ["time", "open", "high", "low", "close", "size", *(f"ask_{c}" for c in ("open", "high", "low", "close", "size"))]
    rates = pd.read_csv(shared("fx", "lean_oanda_daily", "eurusd.csv"), header=None, names=columns, dtype=str)
    rates = rates.assign(date=pd.to_datetime(rates["time"].str[:8]).dt.strftime("%Y-%m-%d"), base="EUR", quote="USD")
    daily = pd.read_csv(shared("equities", "sp500_daily_raw", "IBM.csv"), dtype=str).rename(columns={"timestamp": "date"})
    daily = daily[(daily["date"] >= "2010-01-04") & (daily["date"] <= "2012-12-31")]
    bundles.write_frames(
        "ibm", {"IBM": daily[["date", "open", "high", "low", "close", "volume"]]}, root=tmp_path,
        assets=[{"symbol": "IBM", "quote_currency": "USD"}],
        fx_rates=rates.rename(columns={"close": "value"})[["date", "base", "quote", "value"]],
    )
    found = []

    def handle_data(context, data):
        if data.current_session == pd.Timestamp("2012-12-31"):
            found.append(data.history(symbol("IBM"), "close", 700, "1d", currency="EUR"))

    rustybt.run_algorithm(handle_data=handle_data, bundle="ibm", root=tmp_path)
    by_day = pd.Series(rates["close"].astype(float).to_numpy(), index=pd.to_datetime(rates["date"]))
    expected = daily["close"].astype(float).to_numpy()[-700:] / by_day.reindex(found[0].index, method="ffill").to_numpy()
    np.testing.assert_allclose(found[0].to_numpy(), expected, rtol=1e-14)
