"""One fill, as a user's commission model sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from rustybt.assets import Asset


class Transaction:
    """Signed amount at a price; `commission` is charged separately."""

    asset: Asset
    amount: float
    dt: pd.Timestamp
    price: float
    order_id: str | None

    __slots__ = ("asset", "amount", "dt", "price", "order_id", "commission")

    def __init__(self, asset: Asset, amount: float, dt: pd.Timestamp, price: float, order_id: str | None) -> None:
        self.asset, self.amount, self.dt, self.price, self.order_id = asset, amount, dt, price, order_id
        self.commission: float | None = None

    @property
    def sid(self) -> Asset:
        return self.asset

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)

    def __repr__(self) -> str:
        return f"Transaction(asset={self.asset}, dt={self.dt}, amount={self.amount}, price={self.price})"
