"""A naive daily backtester in exact decimals: the `rustybt` preset as the specification's text has it, and nothing else.

Written from the policies and the semantics only, to judge the engine independently: one obvious loop over sessions, orders and
assets, no cache, no shared code. A market is {symbol: {session: (close, volume)}}, a strategy a list of calls per session.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

TICK = Fraction(1, 100)
OPEN, FILLED, CANCELLED = 0, 1, 2


def exact(value):
    """A number as it is written: 0.1 is a tenth."""
    return value if isinstance(value, Fraction) else Fraction(str(value))


def half_even(value, decimals):
    """Round() of a fraction is exact and half-even."""
    return Fraction(round(value * 10**decimals), 10**decimals)


def to_whole(amount):
    """Policy quantity=asset_step: toward zero; within 1e-9 of a whole number that number."""
    near = round(amount)
    return near if abs(amount - near) <= Fraction(1, 10**9) else int(amount)


def to_tick(price, down):
    """Policy limit_price_tick=asset_tick, in the trader's favour."""
    return (floor if down else ceil)(price / TICK) * TICK


@dataclass
class Order:
    id: int
    symbol: str
    amount: int
    limit: Fraction | None = None
    stop: Fraction | None = None
    stop_reached: bool = False
    filled: int = 0
    commission: Fraction = Fraction(0)
    status: int = OPEN

    @property
    def open_amount(self):
        return self.amount - self.filled

    @property
    def direction(self):
        return 1 if self.amount > 0 else -1

    def set_prices(self, limit, stop):
        """Limits of buys and stops of sells go down, limits of sells and stops of buys up."""
        buys = self.amount > 0
        self.limit = None if limit is None else to_tick(limit, down=buys)
        self.stop = None if stop is None else to_tick(stop, down=not buys)

    def is_triggered(self, close):
        """A stop, once hit, stays hit; a limit is tested on every bar."""
        if self.stop is not None and not self.stop_reached:
            self.stop_reached = close >= self.stop if self.amount > 0 else close <= self.stop
            if not self.stop_reached:
                return False
            if self.limit is not None:
                self.stop = None
        return self.accepts(close)

    def accepts(self, price):
        return self.limit is None or (price <= self.limit if self.amount > 0 else price >= self.limit)


@dataclass
class Position:
    amount: int = 0
    total: Fraction = Fraction(0)  # cost of the whole position

    def trade(self, amount, price):
        after = self.amount + amount
        if self.amount * amount >= 0:
            self.total += price * amount
        elif abs(amount) > abs(self.amount):
            self.total = price * after
        else:
            self.total = self.total * after / self.amount
        self.amount = after


# --- cost models: name and numbers ------------------------------------------------------------------------------------


class LiquidityExceeded(Exception):
    """No other order of this asset fills on this bar."""


def slip(model, order, close, volume, used):
    """(price, quantity without sign) of a fill; quantity 0: none."""
    name, numbers = model
    open_amount, direction = abs(order.open_amount), order.direction
    if name == "FixedBasisPointsSlippage":
        n = min(open_amount, int(exact(numbers["volume_limit"]) * volume) - used)
        if n <= 0:
            raise LiquidityExceeded
        return close + close * exact(numbers["basis_points"]) / 10000 * direction, n
    if name == "VolumeShareSlippage":
        limit = exact(numbers["volume_limit"])
        remaining = limit * volume - used
        if remaining < 1:
            raise LiquidityExceeded
        n = int(min(remaining, open_amount))
        share = min(Fraction(used + n, volume), limit)
        return close + share * share * exact(numbers["price_impact"]) * direction * close, n
    if name == "FixedSlippage":
        return close + exact(numbers["spread"]) / 2 * direction, open_amount
    assert name == "NoSlippage"
    return close, open_amount


def cost_of(model, order, quantity, price):
    """Commission of a fill; `order` as before the fill."""
    name, numbers = model
    if name == "PerShare":
        each, least = exact(numbers["cost"]), exact(numbers["min_trade_cost"])
        if order.commission == 0:
            return max(least, quantity * each)
        total = (abs(order.filled) + quantity) * each
        return Fraction(0) if total < least else total - order.commission
    if name == "PerTrade":
        return exact(numbers["cost"]) if order.commission == 0 else Fraction(0)
    if name == "PerDollar":
        return quantity * price * exact(numbers["cost"])
    assert name == "NoCommission"
    return Fraction(0)


# --- the run ----------------------------------------------------------------------------------------------------------


@dataclass
class Books:
    """What is compared, each a list of one entry per session."""

    orders: list = field(default_factory=list)
    fills: list = field(default_factory=list)
    positions: list = field(default_factory=list)
    cash: list = field(default_factory=list)
    value: list = field(default_factory=list)
    pnl: list = field(default_factory=list)


class Run:
    def __init__(self, market, sessions, splits, dividends, capital, slippage, commission, eod_cancel):
        self.market, self.sessions, self.splits, self.dividends = market, sessions, splits, dividends
        self.slippage, self.commission, self.eod_cancel = slippage, commission, eod_cancel
        self.cash = exact(capital)
        self.positions, self.orders, self.owed, self.last_id = {}, [], [], 0
        self.books = Books()

    def run(self, calls):
        """`calls`: {session: [(function, symbol, value, limit, stop)]}."""
        before = self.cash
        for self.today in self.sessions:
            self.touched, self.filled_today = {}, []
            self.corporate_actions()
            self.fill_orders()
            for call in calls.get(self.today, ()):
                self.call(*call)
            if self.eod_cancel:
                for order in self.open_orders():
                    order.status = CANCELLED
            value = self.portfolio_value()
            b = self.books
            b.orders.append([(o.id, o.symbol, o.amount, o.filled, o.commission, o.limit, o.stop, o.status) for o in self.touched.values()])
            b.fills.append(self.filled_today)
            b.positions.append([(s, p.amount, half_even(p.total / p.amount, 12), self.close(s)) for s, p in self.positions.items()])
            b.cash.append(self.cash)
            b.value.append(value)
            b.pnl.append(value - before)
            before = value
        return self.books

    def close(self, symbol):
        return exact(self.market[symbol][self.today][0])

    def portfolio_value(self):
        return self.cash + sum(p.amount * self.close(s) for s, p in self.positions.items())

    def open_orders(self):
        return [o for o in self.orders if o.status == OPEN]

    def corporate_actions(self):
        """Start of a session: dividends are earned on what is held, due ones paid, then splits."""
        for symbol, ex_date, pay_date, amount in self.dividends:
            if ex_date == self.today and symbol in self.positions:
                self.owed.append((pay_date or ex_date, self.positions[symbol].amount * exact(amount)))
        # a pay date that is no session pays on the next one
        self.cash += sum(amount for pay_date, amount in self.owed if pay_date <= self.today)
        self.owed = [(pay_date, amount) for pay_date, amount in self.owed if pay_date > self.today]
        for symbol, date, ratio in self.splits:
            if date == self.today:
                self.split(symbol, exact(ratio))

    def split(self, symbol, ratio):
        for order in [o for o in self.open_orders() if o.symbol == symbol]:
            remaining, filled = int(order.open_amount / ratio), int(order.filled / ratio)
            order.amount, order.filled = remaining + filled, filled
            if remaining == 0:
                self.orders.remove(order)
            else:
                # to the tick; no side is favoured, as Zipline's round() favours none
                order.limit, order.stop = (None if p is None else round(p * ratio / TICK) * TICK for p in (order.limit, order.stop))
        position = self.positions.get(symbol)
        if position:
            raw, basis = position.amount / ratio, position.total / position.amount * ratio
            whole = int(raw)
            self.cash += (raw - whole) * basis
            position.amount, position.total = whole, basis * whole
            if whole == 0:
                del self.positions[symbol]

    def fill_orders(self):
        costs = []
        for symbol in self.market:
            close, volume = self.close(symbol), self.market[symbol][self.today][1]
            used = 0
            for order in [o for o in self.open_orders() if o.symbol == symbol and volume]:
                if not order.is_triggered(close):
                    continue
                try:
                    price, quantity = slip(self.slippage, order, close, volume, used)
                except LiquidityExceeded:
                    break
                price = half_even(price, 12)
                # policy limit_check=never_worse
                if quantity == 0 or not order.accepts(price):
                    continue
                cost = cost_of(self.commission, order, quantity, price)
                amount = quantity * order.direction
                used += quantity
                order.filled += amount
                order.commission += cost
                order.status = FILLED if order.open_amount == 0 else OPEN
                self.touched[order.id] = order
                self.filled_today.append((order.id, symbol, amount, price))
                self.cash -= price * amount
                position = self.positions.setdefault(symbol, Position())
                position.trade(amount, price)
                if position.amount == 0:
                    del self.positions[symbol]
                if cost > 0:  # after a split a minimum may have been paid for more shares than there are now
                    costs.append((symbol, cost))
        # all commissions come after all transactions
        for symbol, cost in costs:
            self.cash -= cost
            if symbol in self.positions:
                self.positions[symbol].total += cost

    def call(self, function, symbol, value, limit, stop):
        if function == "cancel":
            found = self.open_orders()
            if found:
                order = found[value % len(found)]
                order.status = CANCELLED
                self.touched[order.id] = order
            return
        value = exact(value)
        if function.endswith("percent"):
            value *= self.portfolio_value()
        if function.endswith(("percent", "value")):
            value /= self.close(symbol)
        if "target" in function and symbol in self.positions:
            value -= self.positions[symbol].amount
        amount = to_whole(value)
        if amount == 0:
            return
        self.last_id += 1
        order = Order(self.last_id, symbol, amount)
        order.set_prices(*(None if p is None else exact(p) for p in (limit, stop)))
        self.orders.append(order)
        self.touched[order.id] = order


def as_decimal(value, decimals=12):
    """For messages."""
    return None if value is None else Decimal(round(value * 10**decimals)).scaleb(-decimals)
