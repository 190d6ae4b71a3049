"""The default preset against a naive backtester written from the specification: 200 random daily strategies, every number exact."""

import importlib.util
import random
from fractions import Fraction
from pathlib import Path

import pytest

MARKETS = 10
STRATEGIES = 20  # of each market
SESSIONS = [f"2019-03-{day:02d}" for day in range(4, 30) if day not in (9, 10, 16, 17, 23, 24)]  # XNYS has no holiday in it
SYMBOLS = ["AAA", "BBB", "CCC", "DDD"]
FUNCTIONS = ["order", "order_target", "order_value", "order_percent", "order_target_value", "order_target_percent", "cancel"]

spec = importlib.util.spec_from_file_location("naive", Path(__file__).with_name("naive.py"))
naive = importlib.util.module_from_spec(spec)
spec.loader.exec_module(naive)


def make_market(rng):
    """Random walks with two to four decimals, sessions without volume, splits both ways, dividends with odd pay dates."""
    splits = [(s, rng.choice(SESSIONS[3:-3]), rng.choice(["0.5", "0.25", "0.4", "2", "1.6", "0.1"])) for s in rng.sample(SYMBOLS, 3)]
    market = {}
    for symbol in SYMBOLS:
        price, bars = Fraction(rng.randint(2000, 30000), 100), {}
        decimals = rng.choice([2, 2, 3, 4])
        for day in SESSIONS:
            for split in splits:
                if split[:2] == (symbol, day):
                    price *= Fraction(split[2])
            price = naive.half_even(price * Fraction(rng.randint(965, 1037), 1000), decimals)
            bars[day] = (str(naive.as_decimal(price, decimals)), rng.choice([0, rng.randint(1, 300), rng.randint(300, 9000), 10000]))
        market[symbol] = bars
    dividends = []
    for symbol in SYMBOLS:
        for ex_date in rng.sample(SESSIONS[2:-2], 2):
            after = [f"2019-03-{d:02d}" for d in range(int(ex_date[-2:]), 32)]  # weekends too, and days after the run
            dividends.append((symbol, ex_date, rng.choice([ex_date, rng.choice(after), rng.choice(after), None]), f"{rng.uniform(0.01, 2):.3f}"))
    return market, splits, dividends


def make_strategy(rng, market):
    capital = rng.choice([10000, 100000, 1000000])
    calls = {}
    for day in SESSIONS:
        while rng.random() < 0.75:
            function = rng.choices(FUNCTIONS, [40, 10, 8, 8, 8, 10, 8])[0]
            symbol = rng.choice(SYMBOLS)
            close = float(market[symbol][day][0])
            limit = stop = None
            if function == "cancel":
                value = rng.randrange(20)
            elif function == "order":
                value = rng.choice([rng.randint(-400, 500), rng.randint(-20, 30), round(rng.uniform(-9, 9), 4), 3.9999, -2.99999999999])
            elif function == "order_target":
                value = rng.choice([0, rng.randint(-300, 500), rng.randint(-3, 3) + 0.5])
            elif function.endswith("value"):
                value = round(rng.uniform(-0.1, 0.2) * capital, 2)
            else:
                value = round(rng.uniform(-0.1, 0.2), 4)
            if function != "cancel" and rng.random() < 0.5:
                limit = round(close * rng.uniform(0.96, 1.04), 4)
            if function != "cancel" and rng.random() < 0.25:
                stop = round(close * rng.uniform(0.96, 1.04), 4)
            calls.setdefault(day, []).append((function, symbol, value, limit, stop))
    slippage = rng.choice([
        ("FixedBasisPointsSlippage", {"basis_points": round(rng.uniform(0, 60), 2), "volume_limit": round(rng.uniform(0.01, 0.3), 3)}),
        ("VolumeShareSlippage", {"volume_limit": round(rng.uniform(0.01, 0.4), 3), "price_impact": round(rng.uniform(0, 0.9), 2)}),
        ("FixedSlippage", {"spread": round(rng.uniform(0, 0.7), 3)}),
        ("NoSlippage", {}),
        None,
    ])
    commission = rng.choice([
        ("PerShare", {"cost": round(rng.uniform(0.0005, 0.02), 4), "min_trade_cost": round(rng.uniform(0, 3), 2)}),
        ("PerTrade", {"cost": round(rng.uniform(0.5, 9), 2)}),
        ("PerDollar", {"cost": round(rng.uniform(0.0001, 0.003), 4)}),
        ("NoCommission", {}),
        None,
    ])
    return {"calls": calls, "capital": capital, "slippage": slippage, "commission": commission, "eod_cancel": rng.random() < 0.2}


def run_naive(market, splits, dividends, strategy):
    slippage = strategy["slippage"] or ("FixedBasisPointsSlippage", {"basis_points": 5, "volume_limit": 0.1})
    commission = strategy["commission"] or ("PerShare", {"cost": 0.001, "min_trade_cost": 0})
    run = naive.Run(market, SESSIONS, splits, dividends, strategy["capital"], slippage, commission, strategy["eod_cancel"])
    return run.run(strategy["calls"])


def run_rustybt(bundle, strategy):
    import rustybt
    from rustybt import api
    from rustybt.finance import cancel_policy, commission, slippage

    def initialize(context):
        if strategy["slippage"]:
            name, numbers = strategy["slippage"]
            api.set_slippage(us_equities=getattr(slippage, name)(**numbers))
        if strategy["commission"]:
            name, numbers = strategy["commission"]
            api.set_commission(us_equities=getattr(commission, name)(**numbers))
        if strategy["eod_cancel"]:
            api.set_cancel_policy(cancel_policy.EODCancel(warn_on_cancel=False))

    def handle_data(context, data):
        for function, symbol, value, limit, stop in strategy["calls"].get(str(api.get_datetime().date()), ()):
            if function == "cancel":
                found = sorted((o for orders in api.get_open_orders().values() for o in orders), key=lambda o: int(o.id, 16))
                if found:
                    api.cancel_order(found[value % len(found)])
            else:
                prices = {k: v for k, v in (("limit_price", limit), ("stop_price", stop)) if v is not None}
                getattr(api, function)(api.symbol(symbol), value, **prices)

    result = rustybt.run_algorithm(
        initialize=initialize, handle_data=handle_data, bundle=bundle, start=SESSIONS[0], end=SESSIONS[-1], capital_base=strategy["capital"]
    )
    assert result.settings["preset"] == "rustybt"
    return result


def fraction(value):
    return None if value is None else Fraction(value)


def tables_of(result):
    """The same shape as the naive run's."""
    books = naive.Books()
    rows = {name: {} for name in ("orders", "transactions", "positions")}
    for name, by_session in rows.items():
        for row in result.to_arrow(name).to_pylist():
            by_session.setdefault(str(row["session"]), []).append(row)
    for row in result.to_arrow().to_pylist():
        day = str(row["session"])
        books.orders.append([
            (r["id"], r["symbol"], r["amount"], r["filled"], *(fraction(r[c]) for c in ("commission", "limit", "stop")), r["status"])
            for r in rows["orders"].get(day, ())
        ])
        books.fills.append([(r["order_id"], r["symbol"], r["amount"], fraction(r["price"])) for r in rows["transactions"].get(day, ())])
        books.positions.append([
            (r["symbol"], r["amount"], fraction(r["cost_basis"]), fraction(r["last_sale_price"])) for r in rows["positions"].get(day, ())
        ])
        for column, values in (("ending_cash", books.cash), ("portfolio_value", books.value), ("pnl", books.pnl)):
            values.append(Fraction(row[column]))
    return books


def words(value):
    if isinstance(value, list | tuple):
        return [words(v) for v in value]
    return str(naive.as_decimal(value, 18).normalize()) if isinstance(value, Fraction) else value


def as_shown(money):
    """A column of a result that would need more than 18 digits ends at nine decimals (docs/policies.md)."""
    return naive.half_even(money, 9)


def first_difference(expected, found):
    """The first session and subject that differ, None when all is equal."""
    for number, day in enumerate(SESSIONS):
        for subject in ("fills", "orders", "positions", "cash", "value", "pnl"):
            x, y = getattr(expected, subject)[number], getattr(found, subject)[number]
            if isinstance(x, list):
                x, y = sorted(x, key=lambda r: r[0]), sorted(y, key=lambda r: r[0])
                if subject == "orders":
                    x, y = ([(*row[:4], as_shown(row[4]), *row[5:]) for row in rows] for rows in (x, y))
            else:
                x, y = as_shown(x), as_shown(y)
            if x != y:
                return f"{day} {subject}: specification {words(x)}, rustybt {words(y)}"
    return None


@pytest.mark.parametrize("seed", range(MARKETS))
def test_the_default_preset_equals_the_naive_reference(seed, tmp_path):
    from rustybt.data import bundles

    rng = random.Random(seed)
    market, splits, dividends = make_market(rng)
    frames = {}
    for symbol, bars in market.items():
        closes = [close for close, _ in bars.values()]
        frames[symbol] = {"date": SESSIONS, **dict.fromkeys(("open", "high", "low", "close"), closes), "volume": [v for _, v in bars.values()]}
    bundles.write_frames(
        "market",
        frames,
        assets=[{"symbol": symbol} for symbol in SYMBOLS],
        splits=[{"symbol": s, "effective_date": date, "ratio": float(ratio)} for s, date, ratio in splits],
        dividends=[{"symbol": s, "ex_date": ex, "pay_date": pay, "amount": amount} for s, ex, pay, amount in dividends],
        root=tmp_path,
    )
    bundle = bundles.load("market", root=tmp_path)
    different, fills = {}, 0
    for number in range(STRATEGIES):
        strategy = make_strategy(rng, market)
        expected = run_naive(market, splits, dividends, strategy)
        fills += sum(map(len, expected.fills))
        difference = first_difference(expected, tables_of(run_rustybt(bundle, strategy)))
        if difference:
            different[number] = f"{strategy['slippage']}, {strategy['commission']}: {difference}"
    assert not different, "\n".join(f"strategy {n}: {text}" for n, text in different.items())
    assert fills > 10 * STRATEGIES
