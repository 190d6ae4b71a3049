"""Slippage models: at what price, and how much of an order, a bar fills.

A model of one's own derives from SlippageModel and returns (price, amount) from process_order, (None, None) for no fill:

    class HalfAndHalf(SlippageModel):
        def process_order(self, data, order):
            return data.current(order.asset, "close"), order.open_amount // 2
"""

from rustybt._not_yet import not_yet_class, raise_not_yet
from rustybt.assets import Equity, Future
from rustybt.errors import LiquidityExceeded

__all__ = [
    "DEFAULT_EQUITY_VOLUME_SLIPPAGE_BAR_LIMIT",
    "EquitySlippageModel",
    "FixedBasisPointsSlippage",
    "FixedSlippage",
    "FutureSlippageModel",
    "LiquidityExceeded",
    "NoSlippage",
    "SlippageModel",
    "VolatilityVolumeShare",
    "VolumeShareSlippage",
    "fill_price_worse_than_limit_price",
]

DEFAULT_EQUITY_VOLUME_SLIPPAGE_BAR_LIMIT = 0.025


def fill_price_worse_than_limit_price(fill_price, order):
    """Is the price beyond the order's limit?"""
    if not order.limit:
        return False
    return fill_price > order.limit if order.direction > 0 else fill_price < order.limit


class SlippageModel:
    """Base of a user's model. `volume_for_bar` is what this bar has already filled of the asset."""

    allowed_asset_types = (Equity, Future)
    _volume_for_bar = 0

    @property
    def volume_for_bar(self):
        return self._volume_for_bar

    def process_order(self, data, order):
        raise NotImplementedError("process_order")

    def _core_parameters(self):
        """None: the engine calls process_order."""
        return None

    def asdict(self):
        return self.__dict__


class EquitySlippageModel(SlippageModel):
    """Base of a model for equities only."""

    allowed_asset_types = (Equity,)


FutureSlippageModel = not_yet_class("FutureSlippageModel", __name__, SlippageModel)


class _BuiltIn(SlippageModel):
    """A model of the engine; a subclass with a process_order of its own is a user's model."""

    def process_order(self, data, order):
        raise_not_yet(f"{type(self).__name__}.process_order called from Python")

    def _core_parameters(self):
        if type(self).process_order is not _BuiltIn.process_order:
            return None
        return self._name, *self._values()

    def __repr__(self):
        return f"{type(self).__name__}({', '.join(f'{k}={v}' for k, v in vars(self).items())})"


class FixedBasisPointsSlippage(_BuiltIn):
    """Move the close by basis points against the trader; fill at most a part of the bar's volume. The default for equities."""

    _name = "FixedBasisPointsSlippage"

    def __init__(self, basis_points=5.0, volume_limit=0.1):
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
        self.basis_points = basis_points
        self.volume_limit = volume_limit

    def _values(self):
        return self.basis_points, self.volume_limit


class VolumeShareSlippage(_BuiltIn):
    """Price impact grows with the square of the share of the bar's volume: close x (1 +- impact x share^2)."""

    _name = "VolumeShareSlippage"

    def __init__(self, volume_limit=DEFAULT_EQUITY_VOLUME_SLIPPAGE_BAR_LIMIT, price_impact=0.1):
        self.volume_limit = volume_limit
        self.price_impact = price_impact

    def _values(self):
        return self.volume_limit, self.price_impact


class FixedSlippage(_BuiltIn):
    """Half the spread against the trader, the whole order at once."""

    _name = "FixedSlippage"

    def __init__(self, spread=0.0):
        self.spread = spread

    def _values(self):
        return (self.spread,)


class NoSlippage(_BuiltIn):
    """Fill the whole order at the close."""

    _name = "NoSlippage"

    def _values(self):
        return ()


VolatilityVolumeShare = not_yet_class("VolatilityVolumeShare", __name__, SlippageModel)
