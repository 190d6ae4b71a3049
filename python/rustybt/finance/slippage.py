"""Slippage models: at what price, and how much of an order, a bar fills.

A model of one's own derives from SlippageModel and returns (price, amount) from process_order, (None, None) for no fill:

    class HalfAndHalf(SlippageModel):
        def process_order(self, data, order):
            return data.current(order.asset, "close"), order.open_amount // 2
"""

from __future__ import annotations

import abc
import math
from typing import TYPE_CHECKING, Any

from rustybt import _core
from rustybt.assets import Equity, Future
from rustybt.errors import HistoryWindowStartsBeforeData, LiquidityExceeded, NotYetSupported
from rustybt.finance.constants import DEFAULT_ETA, ROOT_SYMBOL_TO_ETA
from rustybt.finance.shared import AllowedAssetMarker, FinancialModelMeta
from rustybt.finance.transaction import create_transaction

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rustybt._core import BarData
    from rustybt.assets import Asset
    from rustybt.finance.order import Order
    from rustybt.finance.transaction import Transaction

__all__ = [
    "DEFAULT_EQUITY_VOLUME_SLIPPAGE_BAR_LIMIT",
    "DEFAULT_FUTURE_VOLUME_SLIPPAGE_BAR_LIMIT",
    "EquitySlippageModel",
    "FixedBasisPointsSlippage",
    "FixedSlippage",
    "FutureSlippageModel",
    "LiquidityExceeded",
    "MarketImpactBase",
    "NoSlippage",
    "SlippageModel",
    "VolatilityVolumeShare",
    "VolumeShareSlippage",
    "fill_price_worse_than_limit_price",
]

DEFAULT_EQUITY_VOLUME_SLIPPAGE_BAR_LIMIT = 0.025
DEFAULT_FUTURE_VOLUME_SLIPPAGE_BAR_LIMIT = 0.05


def fill_price_worse_than_limit_price(fill_price: float, order: Order) -> bool:
    """Is the price beyond the order's limit?"""
    if not order.limit:
        return False
    return fill_price > order.limit if order.direction > 0 else fill_price < order.limit


class SlippageModel(metaclass=FinancialModelMeta):
    """Base of a user's model. `volume_for_bar` is what this bar has already filled of the asset."""

    allowed_asset_types: tuple[type[Asset], ...] = (Equity, Future)
    _volume_for_bar = 0

    def __init__(self) -> None:
        self._volume_for_bar: float = 0

    @property
    def volume_for_bar(self) -> float:
        return self._volume_for_bar

    @abc.abstractmethod
    def process_order(self, data: BarData, order: Order) -> tuple[float | None, float | None]:
        """(price, amount) to fill of an order on this bar, (None, None) for nothing; LiquidityExceeded ends the bar's fills."""
        raise NotImplementedError("process_order")

    def simulate(
        self, data: BarData, asset: Asset, orders_for_asset: Iterable[Order]
    ) -> Iterator[tuple[Order, Transaction]]:
        """(order, transaction) of each of an asset's orders that fills on this bar. The caller counts the fill in the order.

        for order, transaction in model.simulate(data, asset, blotter.open_orders[asset]):
            order.filled += transaction.amount
        """
        self._volume_for_bar = 0
        if data.current(asset, "volume") == 0:
            return
        price = data.current(asset, "close")
        if math.isnan(price):
            return
        for order in orders_for_asset:
            if order.open_amount == 0:
                continue
            order.check_triggers(price, data.current_dt)
            if not order.triggered:
                continue
            try:
                fill_price, amount = self.process_order(data, order)
            except LiquidityExceeded:
                return
            if fill_price is None:
                continue
            transaction = create_transaction(order, data.current_dt, fill_price, amount)
            self._volume_for_bar += abs(transaction.amount)
            yield order, transaction

    def _core_parameters(self):
        """What the engine is to do in a run: the name and the parameters of a built-in model, or None: call process_order."""
        if type(self).simulate is not SlippageModel.simulate:
            raise NotYetSupported(f"{type(self).__name__}.simulate: runs call process_order of a model, not its simulate")
        return self._built_in()

    def _built_in(self):
        return None

    def asdict(self) -> dict[str, Any]:
        return self.__dict__


class EquitySlippageModel(SlippageModel, metaclass=AllowedAssetMarker):
    """Base of a model for equities only."""

    allowed_asset_types: tuple[type[Asset], ...] = (Equity,)


class FutureSlippageModel(SlippageModel, metaclass=AllowedAssetMarker):
    """Base of a model for futures only."""

    allowed_asset_types: tuple[type[Asset], ...] = (Future,)


class _BuiltIn(SlippageModel):
    """A model of the engine; a subclass with a process_order of its own is a user's model."""

    def process_order(self, data: BarData, order: Order) -> tuple[float | None, float | None]:
        close, volume = data.current(order.asset, "close"), data.current(order.asset, "volume")
        return _core.fill_order((self._name, *self._values()), order, close, volume, self.volume_for_bar)

    def _built_in(self):
        own = type(self).process_order is not _BuiltIn.process_order
        return None if own else (self._name, *self._values())

    def __repr__(self) -> str:
        shown = (f"{k}={v}" for k, v in vars(self).items() if not k.startswith("_"))
        return f"{type(self).__name__}({', '.join(shown)})"


class FixedBasisPointsSlippage(_BuiltIn):
    """Move the close by basis points against the trader; fill at most a part of the bar's volume. The default for equities."""

    _name = "FixedBasisPointsSlippage"

    def __init__(self, basis_points: float = 5.0, volume_limit: float = 0.1) -> None:
        if not basis_points >= 0:
            raise ValueError(
                "FixedBasisPointsSlippage() expected a value greater than or equal to 0 for argument "
                f"'basis_points', but got {basis_points} instead."
            )
        if not volume_limit > 0:
            raise ValueError(
                "FixedBasisPointsSlippage() expected a value strictly greater than 0 for argument "
                f"'volume_limit', but got {volume_limit} instead."
            )
        super().__init__()
        self.basis_points = basis_points
        self.volume_limit = volume_limit

    def _values(self):
        return self.basis_points, self.volume_limit


class VolumeShareSlippage(_BuiltIn):
    """Price impact grows with the square of the share of the bar's volume: close x (1 +- impact x share^2)."""

    _name = "VolumeShareSlippage"

    def __init__(
        self, volume_limit: float = DEFAULT_EQUITY_VOLUME_SLIPPAGE_BAR_LIMIT, price_impact: float = 0.1
    ) -> None:
        super().__init__()
        self.volume_limit = volume_limit
        self.price_impact = price_impact

    def _values(self):
        return self.volume_limit, self.price_impact


class FixedSlippage(_BuiltIn):
    """Half the spread against the trader, the whole order at once."""

    _name = "FixedSlippage"

    def __init__(self, spread: float = 0.0) -> None:
        super().__init__()
        self.spread = spread

    def _values(self):
        return (self.spread,)


class NoSlippage(_BuiltIn):
    """Fill the whole order at the close."""

    _name = "NoSlippage"

    def _values(self):
        return ()


class MarketImpactBase(SlippageModel):
    """Base of a model whose impact depends on the usual volume and volatility of the 20 sessions before.

    A model of one's own defines get_txn_volume(data, order) and get_simulated_impact(order, current_price, current_volume,
    txn_volume, mean_volume, volatility); the price is the middle of the bar's high and low.
    """

    NO_DATA_VOLATILITY_SLIPPAGE_IMPACT = 10.0 / 10000

    @abc.abstractmethod
    def get_txn_volume(self, data: BarData, order: Order) -> float:
        raise NotImplementedError("get_txn_volume")

    @abc.abstractmethod
    def get_simulated_impact(
        self,
        order: Order,
        current_price: float,
        current_volume: float,
        txn_volume: float,
        mean_volume: float,
        volatility: float,
    ) -> float:
        raise NotImplementedError("get_simulated_impact")

    def process_order(self, data: BarData, order: Order) -> tuple[float | None, float | None]:
        bar = data.current(order.asset, ["volume", "high", "low"])
        price = (bar["high"] + bar["low"]) / 2
        amount = int(min(self.get_txn_volume(data, order), abs(order.open_amount))) if bar["volume"] else 0
        if amount == 0:
            return None, None
        mean_volume, volatility = self._get_window_data(data, order.asset, 20)
        if mean_volume == 0 or math.isnan(volatility):
            impact = price * self.NO_DATA_VOLATILITY_SLIPPAGE_IMPACT
        else:
            impact = self.get_simulated_impact(
                order=order,
                current_price=price,
                current_volume=bar["volume"],
                txn_volume=amount,
                mean_volume=mean_volume,
                volatility=volatility,
            )
        impacted_price = price + math.copysign(impact, order.direction)
        if fill_price_worse_than_limit_price(impacted_price, order):
            return None, None
        return impacted_price, math.copysign(amount, order.direction)

    def _get_window_data(self, data, asset, window_length):
        """Mean volume and annual volatility of the sessions before today; asked once a session."""
        session = getattr(data, "current_session", None)
        known = self.__dict__.setdefault("_windows", {})
        at, figures = known.get((asset, window_length), (None, None))
        if at is None or at != session:
            window = _sessions_before(data, asset, window_length)
            figures = (0, math.nan) if window is None else _core.trailing_market(*window)
            known[asset, window_length] = session, figures
        return figures


def _sessions_before(data, asset, count):
    """(closes, volumes) of the sessions before today's; None when they reach back before the data."""
    try:
        volumes = data.history(asset, "volume", count + 1, "1d")
        closes = data.history(asset, "close", count + 1, "1d")
    except HistoryWindowStartsBeforeData:
        return None
    return list(closes)[:-1], list(volumes)[:-1]


class VolatilityVolumeShare(MarketImpactBase):
    """The middle of high and low, moved by eta x volatility x sqrt(filled / usual volume) basis points. The default for futures.

    eta: one number, or a dict of root symbols; ROOT_SYMBOL_TO_ETA has what it does not name. Each order fills at most
    volume_limit of the bar's volume.
    """

    NO_DATA_VOLATILITY_SLIPPAGE_IMPACT = 7.5 / 10000
    allowed_asset_types: tuple[type[Asset], ...] = (Future,)

    def __init__(self, volume_limit: float, eta: float | Mapping[str, float] = ROOT_SYMBOL_TO_ETA) -> None:
        super().__init__()
        self.volume_limit = volume_limit
        self.eta = eta

    def process_order(self, data: BarData, order: Order) -> tuple[float | None, float | None]:
        model = self._built_in()
        if model is None or not order.open_amount or not data.current(order.asset, "volume"):
            return super().process_order(data, order)
        close, volume, high, low = (data.current(order.asset, f) for f in ("close", "volume", "high", "low"))
        window = _sessions_before(data, order.asset, 20)
        return _core.fill_order(model, order, close, volume, self.volume_for_bar, (high, low), window)

    def get_txn_volume(self, data: BarData, order: Order) -> float:
        return data.current(order.asset, "volume") * self.volume_limit

    def get_simulated_impact(
        self,
        order: Order,
        current_price: float,
        current_volume: float,
        txn_volume: float,
        mean_volume: float,
        volatility: float,
    ) -> float:
        eta = self.eta
        if not isinstance(eta, (int, float)):
            root = order.asset.root_symbol
            eta = eta.get(root, ROOT_SYMBOL_TO_ETA.get(root, DEFAULT_ETA))
        return (current_price * (eta * volatility * math.sqrt(txn_volume / mean_volume))) / 10000

    def _built_in(self):
        own = ("process_order", "get_txn_volume", "get_simulated_impact", "_get_window_data")
        bases = (VolatilityVolumeShare, MarketImpactBase)
        if any(not any(vars(base).get(name) is getattr(type(self), name) for base in bases) for name in own):
            return None
        if self.NO_DATA_VOLATILITY_SLIPPAGE_IMPACT != VolatilityVolumeShare.NO_DATA_VOLATILITY_SLIPPAGE_IMPACT:
            return None
        return "VolatilityVolumeShare", self.volume_limit, self.eta

    def __repr__(self) -> str:
        eta = self.eta if isinstance(self.eta, (int, float)) else "<varies>"
        return f"{type(self).__name__}(volume_limit={self.volume_limit}, eta={eta})"
