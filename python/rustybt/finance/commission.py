"""Commission models: what a fill costs.

A model of one's own derives from CommissionModel and returns the cost from calculate:

    class TenCents(CommissionModel):
        def calculate(self, order, transaction):
            return 0.10 if order.commission == 0 else 0.0
"""

from rustybt.assets import Equity, Future
from rustybt.finance.constants import FUTURE_EXCHANGE_FEES_BY_SYMBOL

__all__ = [
    "CommissionModel",
    "EquityCommissionModel",
    "FutureCommissionModel",
    "NoCommission",
    "PerContract",
    "PerDollar",
    "PerFutureTrade",
    "PerShare",
    "PerTrade",
    "calculate_per_unit_commission",
]

DEFAULT_PER_SHARE_COST = 0.001
DEFAULT_PER_DOLLAR_COST = 0.0015
DEFAULT_PER_CONTRACT_COST = 0.85
DEFAULT_MINIMUM_COST_PER_EQUITY_TRADE = 0.0
DEFAULT_MINIMUM_COST_PER_FUTURE_TRADE = 0.0


class CommissionModel:
    """Base of a user's model; the answer is rounded once, half-even, to the books' money."""

    allowed_asset_types = (Equity, Future)

    def calculate(self, order, transaction):
        raise NotImplementedError("calculate")

    def _core_parameters(self):
        """None: the engine calls calculate."""
        return None


class EquityCommissionModel(CommissionModel):
    """Base of a model for equities only."""

    allowed_asset_types = (Equity,)


class FutureCommissionModel(CommissionModel):
    """Base of a model for futures only."""

    allowed_asset_types = (Future,)


def calculate_per_unit_commission(order, transaction, cost_per_unit, initial_commission, min_trade_cost):
    """Additional commission of a fill: per unit, plus `initial_commission` once per order, at least `min_trade_cost` per order."""
    additional = abs(transaction.amount * cost_per_unit)
    if order.commission == 0:
        return max(min_trade_cost, additional + initial_commission)
    total = abs(order.filled * cost_per_unit) + additional + initial_commission
    return 0 if total < min_trade_cost else total - order.commission


class _BuiltIn(CommissionModel):
    """A model of the engine; a subclass with a calculate of its own is a user's model."""

    def _core_parameters(self):
        defined = next(c for c in type(self).__mro__ if "calculate" in vars(c))
        return (self._name, *vars(self).values()) if defined.__module__ == __name__ else None

    def __repr__(self):
        shown = (f"{k}={'<varies>' if isinstance(v, dict) else v}" for k, v in vars(self).items())
        return f"{type(self).__name__}({', '.join(shown)})"


class PerShare(_BuiltIn):
    """Cost per share with an optional minimum per order. The default for equities, without minimum."""

    _name = "PerShare"
    allowed_asset_types = (Equity,)

    def __init__(self, cost=DEFAULT_PER_SHARE_COST, min_trade_cost=0.0):
        self.cost_per_share = float(cost)
        self.min_trade_cost = min_trade_cost or 0

    def calculate(self, order, transaction):
        return calculate_per_unit_commission(order, transaction, self.cost_per_share, 0, self.min_trade_cost)


class PerTrade(_BuiltIn):
    """A fixed cost per order, charged with its first fill."""

    _name = "PerTrade"

    def __init__(self, cost=0.0):
        self.cost = float(cost)

    def calculate(self, order, transaction):
        return self.cost if order.commission == 0 else 0.0


class PerDollar(_BuiltIn):
    """A part of the traded value."""

    _name = "PerDollar"
    allowed_asset_types = (Equity,)

    def __init__(self, cost=DEFAULT_PER_DOLLAR_COST):
        self.cost_per_dollar = float(cost)

    def calculate(self, order, transaction):
        return abs(transaction.amount) * (transaction.price * self.cost_per_dollar)


class NoCommission(_BuiltIn):
    """Trading is free."""

    _name = "NoCommission"

    def calculate(self, order, transaction):
        return 0.0


class PerContract(_BuiltIn):
    """Cost per contract, plus the exchange's fee once per order. The default for futures: 0.85 and the table of fees.

    cost, exchange_fee: one number, or a dict of root symbols; for what it does not name the cost is 0.85 and the fee that of
    FUTURE_EXCHANGE_FEES_BY_SYMBOL (an unknown root symbol raises KeyError with the first fill).
    """

    _name = "PerContract"
    allowed_asset_types = (Future,)

    def __init__(self, cost, exchange_fee, min_trade_cost=DEFAULT_MINIMUM_COST_PER_FUTURE_TRADE):
        self.cost_per_contract = _number_or_dict(cost)
        self.exchange_fee = _number_or_dict(exchange_fee)
        self.min_trade_cost = min_trade_cost or 0

    def calculate(self, order, transaction):
        root, cost = order.asset.root_symbol, self.cost_per_contract
        if isinstance(cost, dict):
            cost = cost.get(root, DEFAULT_PER_CONTRACT_COST)
        return calculate_per_unit_commission(
            order, transaction, cost, _fee(self.exchange_fee, root), self.min_trade_cost
        )


class PerFutureTrade(PerContract):
    """A fixed cost per order of futures, charged with its first fill; a number, or a dict of root symbols."""

    _name = "PerFutureTrade"

    def __init__(self, cost=DEFAULT_MINIMUM_COST_PER_FUTURE_TRADE):
        self.cost_per_trade = _number_or_dict(cost)

    def calculate(self, order, transaction):
        return calculate_per_unit_commission(
            order, transaction, 0.0, _fee(self.cost_per_trade, order.asset.root_symbol), 0
        )


def _number_or_dict(cost):
    return float(cost) if isinstance(cost, (int, float)) else dict(cost)


def _fee(fee, root):
    return {**FUTURE_EXCHANGE_FEES_BY_SYMBOL, **fee}[root] if isinstance(fee, dict) else fee
