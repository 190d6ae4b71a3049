"""A slippage model for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rustybt.assets import Equity
from rustybt.finance.slippage import SlippageModel
from rustybt.utils.sentinel import sentinel

if TYPE_CHECKING:
    from rustybt.assets import Asset


class TestingSlippage(SlippageModel):
    """Fill the same number of shares on each bar at its close; with ALL the whole order."""

    __test__ = False
    ALL = sentinel("ALL")
    allowed_asset_types: tuple[type[Asset], ...] = (Equity,)

    def __init__(self, filled_per_tick: Any) -> None:
        super().__init__()
        self.filled_per_tick = filled_per_tick

    def process_order(self, data: Any, order: Any) -> tuple[float, int]:
        amount = order.amount if self.filled_per_tick is self.ALL else self.filled_per_tick
        return data.current(order.asset, "close"), amount
