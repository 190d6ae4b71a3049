"""Commission models: what a fill costs.

A model of one's own derives from CommissionModel and returns the cost from calculate:

    class TenCents(CommissionModel):
        def calculate(self, order: Order, transaction: Transaction) -> float:
            return 0.10 if order.commission == 0 else 0.0
"""

from __future__ import annotations

import abc
import os
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rustybt import _core
from rustybt.assets import Equity, Future
from rustybt.errors import NotYetSupported
from rustybt.finance.constants import FUTURE_EXCHANGE_FEES_BY_SYMBOL
from rustybt.finance.shared import AllowedAssetMarker, FinancialModelMeta

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rustybt._types import Money, StrPath
    from rustybt.assets import Asset
    from rustybt.finance.order import Order
    from rustybt.finance.transaction import Transaction

__all__ = [
    "CommissionModel",
    "EquityCommissionModel",
    "FeeSchedule",
    "FutureCommissionModel",
    "MakerTaker",
    "MakerTakerCommission",
    "NoCommission",
    "PerContract",
    "PerDollar",
    "PerFutureTrade",
    "PerShare",
    "PerTrade",
    "Percentage",
    "PercentageCommission",
    "Tiered",
    "TieredCommission",
    "calculate_per_unit_commission",
    "schedule",
    "schedule_text",
    "schedules",
]

DEFAULT_PER_SHARE_COST = 0.001
DEFAULT_PER_DOLLAR_COST = 0.0015
DEFAULT_PER_CONTRACT_COST = 0.85
DEFAULT_MINIMUM_COST_PER_EQUITY_TRADE = 0.0
DEFAULT_MINIMUM_COST_PER_FUTURE_TRADE = 0.0


class CommissionModel(metaclass=FinancialModelMeta):
    """Base of a user's model; the answer is rounded once, half-even, to the books' money."""

    allowed_asset_types: tuple[type[Asset], ...] = (Equity, Future)

    @abc.abstractmethod
    def calculate(self, order: Order, transaction: Transaction) -> float:
        """Additional cost of a fill; the order does not count it yet in `filled` and `commission`."""
        raise NotImplementedError("calculate")

    def _core_parameters(self):
        """None: the engine calls calculate."""
        return None


class EquityCommissionModel(CommissionModel, metaclass=AllowedAssetMarker):
    """Base of a model for equities only."""

    allowed_asset_types: tuple[type[Asset], ...] = (Equity,)


class FutureCommissionModel(CommissionModel, metaclass=AllowedAssetMarker):
    """Base of a model for futures only."""

    allowed_asset_types: tuple[type[Asset], ...] = (Future,)


def calculate_per_unit_commission(
    order: Order, transaction: Transaction, cost_per_unit: float, initial_commission: float, min_trade_cost: float
) -> float:
    """Additional commission of a fill: per unit, plus `initial_commission` once per order, at least `min_trade_cost` per order."""
    model = ("PerContract", cost_per_unit, initial_commission, min_trade_cost or 0)
    return _core.commission_of(model, order, transaction)


class _BuiltIn(CommissionModel):
    """A model of the engine; a subclass with a calculate of its own is a user's model."""

    def calculate(self, order: Order, transaction: Transaction) -> float:
        return _core.commission_of(self._native(), order, transaction)

    def _native(self):
        """Its name and parameters, as the engine takes them."""
        return self._name, *(getattr(self, name) for name in self._fields)

    def _core_parameters(self):
        defined = next(c for c in type(self).__mro__ if "calculate" in vars(c))
        return self._native() if defined.__module__ == __name__ else None

    def __repr__(self) -> str:
        shown = (f"{k}={'<varies>' if isinstance(v, dict) else v}" for k, v in vars(self).items())
        return f"{type(self).__name__}({', '.join(shown)})"


class PerShare(_BuiltIn):
    """Cost per share with an optional minimum per order. The default for equities, without minimum."""

    _name, _fields = "PerShare", ("cost_per_share", "min_trade_cost")
    allowed_asset_types: tuple[type[Asset], ...] = (Equity,)

    def __init__(self, cost: float = DEFAULT_PER_SHARE_COST, min_trade_cost: float = 0.0) -> None:
        self.cost_per_share: float = float(cost)
        self.min_trade_cost = min_trade_cost or 0


class PerTrade(_BuiltIn):
    """A fixed cost per order, charged with its first fill."""

    _name, _fields = "PerTrade", ("cost",)

    def __init__(self, cost: float = 0.0) -> None:
        self.cost: float = float(cost)


class PerDollar(_BuiltIn):
    """A part of the traded value."""

    _name, _fields = "PerDollar", ("cost_per_dollar",)
    allowed_asset_types: tuple[type[Asset], ...] = (Equity,)

    def __init__(self, cost: float = DEFAULT_PER_DOLLAR_COST) -> None:
        self.cost_per_dollar: float = float(cost)


class NoCommission(_BuiltIn):
    """Trading is free."""

    _name, _fields = "NoCommission", ()


class PerContract(_BuiltIn):
    """Cost per contract, plus the exchange's fee once per order. The default for futures: 0.85 and the table of fees.

    cost, exchange_fee: one number, or a dict of root symbols; for what it does not name the cost is 0.85 and the fee that of
    FUTURE_EXCHANGE_FEES_BY_SYMBOL (an unknown root symbol raises KeyError with the first fill).
    """

    _name, _fields = "PerContract", ("cost_per_contract", "exchange_fee", "min_trade_cost")
    allowed_asset_types: tuple[type[Asset], ...] = (Future,)

    def __init__(
        self,
        cost: float,
        exchange_fee: float | Mapping[str, float],
        min_trade_cost: float = DEFAULT_MINIMUM_COST_PER_FUTURE_TRADE,
    ) -> None:
        self.cost_per_contract: float | Mapping[str, float] = _number_or_dict(cost)
        self.exchange_fee: float | Mapping[str, float] = _number_or_dict(exchange_fee)
        self.min_trade_cost = min_trade_cost or 0


class PerFutureTrade(PerContract):
    """A fixed cost per order of futures, charged with its first fill; a number, or a dict of root symbols."""

    _name, _fields = "PerFutureTrade", ("cost_per_trade",)

    def __init__(self, cost: float = DEFAULT_MINIMUM_COST_PER_FUTURE_TRADE) -> None:
        self.cost_per_trade: float | Mapping[str, float] = _number_or_dict(cost)


class _OfValue(_BuiltIn):
    """A model whose cost depends on the run so far; the engine computes it, exactly."""

    def calculate(self, order: Order, transaction: Transaction) -> float:
        raise NotYetSupported(f"{self!r}.calculate: such fees depend on the whole run, they are charged in runs only")

    def __repr__(self) -> str:
        shown = (f"{k}={_shown(v)}" for k, v in vars(self).items())
        return f"{type(self).__name__}({', '.join(shown)})"


class Percentage(_OfValue):
    """A part of the traded value, at least min_commission per order.

    >>> Percentage(0.001, min_commission=1)
    Percentage(percentage=0.001, min_commission=1)
    """

    _name, _fields = "Percentage", ("percentage", "min_commission")

    def __init__(self, percentage: Money, min_commission: Money = 0) -> None:
        self.percentage: Decimal = _exact(percentage)
        self.min_commission: Decimal = _exact(min_commission)


class Tiered(_OfValue):
    """A part of the traded value that falls with the value traded in the calendar month; at least min_commission per order.

    tiers: rate by threshold. The volume before a fill chooses its rate; a month begins anew, a run with nothing.

    >>> Tiered({0: "0.001", 100_000: "0.0005"})
    Tiered(tiers={0: 0.001, 100000: 0.0005}, min_commission=0)
    """

    _name, _fields = "Tiered", ("tiers", "min_commission")

    def __init__(self, tiers: Mapping[Any, Money], min_commission: Money = 0) -> None:
        self.tiers: dict[Decimal, Decimal] = dict(sorted((_exact(threshold), _exact(rate)) for threshold, rate in dict(tiers).items()))
        self.min_commission: Decimal = _exact(min_commission)


class MakerTaker(_OfValue):
    """A part of the traded value: one rate for orders that rest, one for orders that take. Below 0: a rebate, paid to the account.

    A maker has a limit that the market's price did not meet when the order was placed (or, for a stop-limit order, when
    its stop was hit); a marketable limit takes. min_commission is per order and does not apply to a rebate.

    >>> MakerTaker("-0.0001", "0.0004")
    MakerTaker(maker_rate=-0.0001, taker_rate=0.0004, min_commission=0)
    """

    _name, _fields = "MakerTaker", ("maker_rate", "taker_rate", "min_commission")

    def __init__(self, maker_rate: Money, taker_rate: Money, min_commission: Money = 0) -> None:
        self.maker_rate: Decimal = _exact(maker_rate)
        self.taker_rate: Decimal = _exact(taker_rate)
        self.min_commission: Decimal = _exact(min_commission)


class FeeSchedule(_OfValue):
    """The fees of a broker or an exchange from a JSON file (docs/costs.md); made by schedule()."""

    _name, _fields = "FeeSchedule", ("source",)

    def __init__(self, source: StrPath) -> None:
        self.source: str = os.fspath(source)
        _core.check_fee_schedule(self.source)

    def __repr__(self) -> str:
        return _core.check_fee_schedule(self.source)


def schedule(source: StrPath) -> FeeSchedule:
    """Fees by the name of a schedule that comes with rustybt (see schedules()), or by the path of a JSON file.

    >>> schedule("binance_spot")
    schedule(binance_spot)
    """
    return FeeSchedule(source)


def schedules() -> list[str]:
    """Names of the schedules that come with rustybt.

    >>> "coinbase" in schedules()
    True
    """
    return _core.fee_schedules()


def schedule_text(name: str) -> str:
    """The JSON file of a schedule that comes with rustybt: to read it, or to write a changed one."""
    return _core.fee_schedule_text(name)


PercentageCommission = Percentage
TieredCommission = Tiered
MakerTakerCommission = MakerTaker


def _exact(number):
    return number if isinstance(number, Decimal) else Decimal(str(number))


def _shown(value):
    return "{" + ", ".join(f"{k}: {v}" for k, v in value.items()) + "}" if isinstance(value, dict) else str(value)


def _number_or_dict(cost):
    return float(cost) if isinstance(cost, (int, float)) else dict(cost)
