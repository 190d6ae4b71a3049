"""The ledger's cash against a replay in Python's decimal, digit for digit, over random order sequences."""

import random
from decimal import ROUND_HALF_EVEN, Context, Decimal

import pytest

import rustybt
from rustybt import api
from rustybt.data import bundles
from rustybt.finance import commission, slippage

RUNS = 10_000
EXACT = Context(prec=80, rounding=ROUND_HALF_EVEN)
MONEY = Decimal(1).scaleb(-18)  # the books' unit for whole shares
DAYS = ["2020-01-02", "2020-01-03", "2020-01-06", "2020-01-07", "2020-01-08", "2020-01-09", "2020-01-10", "2020-01-13"]
SPLITS = {
    ("A", "2020-01-07"): (1, 7),
    ("B", "2020-01-08"): (5, 2),
    ("C", "2020-01-09"): (2, 3),
}  # new price : old price
DIVIDENDS = {
    ("A", "2020-01-06"): ("0.123457", "2020-01-09"),
    ("B", "2020-01-07"): ("1.05", "2020-01-07"),
    ("C", "2020-01-08"): ("0.0875", "2020-01-10"),
}


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    draw = random.Random(20200102)
    prices = {
        s: [f"{draw.uniform(*bounds):.{digits}f}" for _ in DAYS]
        for s, bounds, digits in (("A", (3, 900), 4), ("B", (1, 9), 3), ("C", (20, 60), 2))
    }
    frames = {
        s: {
            "date": DAYS,
            **{k: p for k in ("open", "high", "low", "close")},
            "volume": [draw.randrange(50, 900) for _ in DAYS],
        }
        for s, p in prices.items()
    }
    root = tmp_path_factory.mktemp("exact")
    bundles.write_frames(
        "exact",
        frames,
        root=root,
        splits=[{"symbol": s, "effective_date": d, "ratio": new / old} for (s, d), (new, old) in SPLITS.items()],
        dividends=[
            {"symbol": s, "ex_date": d, "amount": amount, "pay_date": pay}
            for (s, d), (amount, pay) in DIVIDENDS.items()
        ],
    )
    return bundles.load("exact", root=root), {s: dict(zip(DAYS, map(Decimal, p))) for s, p in prices.items()}


def exact(a, b):
    return EXACT.multiply(a, b)


def rounded(value):
    return value.quantize(MONEY, context=EXACT)


def truncated(amount, divisor):
    """The quotient toward zero."""
    return Decimal(int(abs(amount)) // divisor * (1 if amount > 0 else -1))


class Book:
    """Average-cost books as policies.md states them, in decimals of 80 digits."""

    def __init__(self, cash):
        self.cash, self.held, self.cost, self.owed = cash, {}, {}, []

    def start_of_session(self, day):
        for (symbol, ex), (amount, pay) in DIVIDENDS.items():
            if ex == day and self.held.get(symbol):
                self.owed.append((pay, exact(self.held[symbol], Decimal(amount))))
        self.cash += sum(amount for pay, amount in self.owed if pay == day)
        for (symbol, effective), (new, old) in SPLITS.items():
            if effective == day and self.held.get(symbol):
                self.split(symbol, new, old)

    def split(self, symbol, new, old):
        scaled = self.held[symbol] * old
        whole = truncated(scaled, new)
        lieu = rounded(EXACT.divide(exact(self.cost[symbol], scaled - whole * new), scaled))
        self.held[symbol], self.cash, self.cost[symbol] = whole, self.cash + lieu, self.cost[symbol] - lieu

    def fill(self, symbol, amount, price):
        held, cost = self.held.get(symbol, Decimal(0)), self.cost.get(symbol, Decimal(0))
        total = held + amount
        if held * amount >= 0:
            cost += exact(price, amount)
        elif held * total <= 0:  # closed, or turned to the other side
            cost = exact(price, total)
        else:
            cost -= rounded(EXACT.divide(exact(cost, -amount), held))
        self.held[symbol], self.cost[symbol] = total, cost
        self.cash -= exact(price, amount)

    def charge(self, symbol, fee):
        self.cash -= fee
        if self.held.get(symbol):
            self.cost[symbol] += fee


def per_share(cost, minimum):
    cost, minimum = Decimal(cost), Decimal(minimum)

    def fee(paid, filled_before, amount, price):
        total = exact(abs(filled_before) + abs(amount), cost)
        return max(minimum, total) if paid == 0 else max(total - paid, Decimal(0))

    return commission.PerShare(float(cost), float(minimum)), fee


def per_trade(cost):
    return commission.PerTrade(
        float(cost)
    ), lambda paid, filled_before, amount, price: Decimal(cost) if paid == 0 else Decimal(0)


def per_dollar(cost):
    return commission.PerDollar(float(cost)), lambda paid, filled_before, amount, price: rounded(
        exact(exact(price, abs(amount)), Decimal(cost))
    )


FEES = [
    per_share("0.001", "0"),
    per_share("0.0075", "1"),
    per_share("0.013", "0.77"),
    per_trade("4.95"),
    per_dollar("0.0015"),
    per_dollar("0.00037"),
]
# basis points and part of the volume; None fills everything at the close
SLIPPAGE = [("5", "0.1"), ("2.5", "0.025"), ("12.75", "1"), None]


def play(market, seed):
    """One random run: (cash at each bar, fills, model of fees, basis points)."""
    bundle, _ = market
    draw = random.Random(seed)
    (fee_model, fee), model = draw.choice(FEES), draw.choice(SLIPPAGE)
    cash = []

    def initialize(context):
        context.assets = context.symbols("A", "B", "C")
        context.set_commission(fee_model)
        context.set_slippage(
            slippage.NoSlippage()
            if model is None
            else slippage.FixedBasisPointsSlippage(float(model[0]), float(model[1]))
        )

    def handle_data(context, data):
        cash.append(context.portfolio.cash_exact)
        for _ in range(draw.randrange(4)):
            asset = draw.choice(context.assets)
            limit = draw.uniform(0.9, 1.1) * data.current(asset, "close") if draw.random() < 0.25 else None
            if draw.random() < 0.3:
                api.order_target(asset, draw.randrange(-40, 41), limit_price=limit)
            else:
                api.order(asset, draw.randrange(-90, 91), limit_price=limit)

    result = rustybt.run_algorithm(
        initialize=initialize,
        handle_data=handle_data,
        bundle=bundle,
        capital_base=draw.choice(["10000", "999.99", "1e6"]),
    )
    return cash, result, fee, Decimal(model[0]) if model else Decimal(0)


def replay(market, cash, result, fee, basis_points):
    """Cash at each bar from the fills alone; prices and fees are computed here again. Gives the number of fills."""
    _, closes = market
    fills = {}
    for t in result.table("transactions").to_arrow().to_pylist():
        fills.setdefault(str(t["session"]), []).append(t)
    book = Book(cash[0])
    orders = {}  # number: symbol, commission paid, amount filled
    for day, found in zip(DAYS, cash):
        book.start_of_session(day)
        for (symbol, effective), (new, old) in SPLITS.items():
            if effective == day:  # the filled part of an open order is split too, toward zero
                orders.update(
                    {
                        n: (s, paid, truncated(filled * old, new))
                        for n, (s, paid, filled) in orders.items()
                        if s == symbol
                    }
                )
        charges = []
        for t in fills.get(day, ()):
            symbol, amount, number = t["symbol"], Decimal(t["amount"]), t["order_id"]
            price = exact(closes[symbol][day], 1 + basis_points.scaleb(-4) * (1 if amount > 0 else -1))
            assert t["price"] == price, (day, t, price)
            _, paid, filled = orders.get(number, (symbol, Decimal(0), Decimal(0)))
            charge = fee(paid, filled, amount, price)
            book.fill(symbol, amount, price)
            charges.append((symbol, charge))
            orders[number] = symbol, paid + charge, filled + amount
        for symbol, charge in charges:
            book.charge(symbol, charge)
        assert found == book.cash, (day, found, book.cash)
    return sum(map(len, fills.values()))


def test_cash_equals_a_decimal_replay_digit_for_digit(market):
    fills = sum(replay(market, *play(market, seed)) for seed in range(RUNS))
    assert fills > 5 * RUNS
