"""Commission models: what a fill costs.

A model of one's own derives from CommissionModel and returns the cost from calculate:

    class TenCents(CommissionModel):
        def calculate(self, order, transaction):
            return 0.10 if order.commission == 0 else 0.0
"""

from rustybt._not_yet import not_yet_class, raise_not_yet
from rustybt.assets import Equity, Future

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
]

DEFAULT_PER_SHARE_COST = 0.001
DEFAULT_PER_DOLLAR_COST = 0.0015


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


FutureCommissionModel = not_yet_class("FutureCommissionModel", __name__, CommissionModel)


class _BuiltIn(CommissionModel):
    """A model of the engine; a subclass with a calculate of its own is a user's model."""

    def calculate(self, order, transaction):
        raise_not_yet(f"{type(self).__name__}.calculate called from Python")

    def _core_parameters(self):
        if type(self).calculate is not _BuiltIn.calculate:
            return None
        return self._name, *vars(self).values()

    def __repr__(self):
        return f"{type(self).__name__}({', '.join(f'{k}={v}' for k, v in vars(self).items())})"


class PerShare(_BuiltIn):
    """Cost per share with an optional minimum per order. The default for equities, without minimum."""

    _name = "PerShare"
    allowed_asset_types = (Equity,)

    def __init__(self, cost=DEFAULT_PER_SHARE_COST, min_trade_cost=0.0):
        self.cost_per_share = float(cost)
        self.min_trade_cost = min_trade_cost or 0


class PerTrade(_BuiltIn):
    """A fixed cost per order, charged with its first fill."""

    _name = "PerTrade"

    def __init__(self, cost=0.0):
        self.cost = float(cost)


class PerDollar(_BuiltIn):
    """A part of the traded value."""

    _name = "PerDollar"
    allowed_asset_types = (Equity,)

    def __init__(self, cost=DEFAULT_PER_DOLLAR_COST):
        self.cost_per_dollar = float(cost)


class NoCommission(_BuiltIn):
    """Trading is free."""

    _name = "NoCommission"


PerContract = not_yet_class("PerContract", __name__, CommissionModel)
PerFutureTrade = not_yet_class("PerFutureTrade", __name__, CommissionModel)
