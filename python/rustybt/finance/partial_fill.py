"""How much of a bar's volume orders take, and what that does to the price (docs/orders.md). Off until chosen in initialize:

    context.set_partial_fill(partial_fill.VolumeBasedFillModel(fill_ratio="0.10", market_impact_factor="0.01"))
    context.set_partial_fill(partial_fill.ConservativeFillModel(timeout_bars=5))
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rustybt._types import Money

__all__ = ["AggressiveFillModel", "BalancedFillModel", "ConservativeFillModel", "VolumeBasedFillModel"]


class VolumeBasedFillModel:
    """All orders of a bar together fill at most fill_ratio of its volume.

    A fill's price, as the slippage model made it, moves against the trader by market_impact_factor x filled / volume of the
    bar. What is open of an order timeout_bars bars after its first fill expires (None: it stays).
    """

    fill_ratio: Money
    market_impact_factor: Money
    timeout_bars: int | None

    def __init__(
        self, fill_ratio: Money = "0.10", market_impact_factor: Money = "0.01", timeout_bars: int | None = None
    ) -> None:
        self.fill_ratio, self.market_impact_factor, self.timeout_bars = fill_ratio, market_impact_factor, timeout_bars

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in vars(self).items())})"


class AggressiveFillModel(VolumeBasedFillModel):
    """Fast, at a price: 25 % of the volume, impact 0.02."""

    def __init__(self, timeout_bars: int | None = None) -> None:
        super().__init__("0.25", "0.02", timeout_bars)


class ConservativeFillModel(VolumeBasedFillModel):
    """Slow and cheap: 5 % of the volume, impact 0.005."""

    def __init__(self, timeout_bars: int | None = None) -> None:
        super().__init__("0.05", "0.005", timeout_bars)


class BalancedFillModel(VolumeBasedFillModel):
    """10 % of the volume, impact 0.01."""

    def __init__(self, timeout_bars: int | None = None) -> None:
        super().__init__("0.10", "0.01", timeout_bars)
