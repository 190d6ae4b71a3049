"""Fills."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rustybt.finance.order import check_asset
from rustybt.protocol import DATASOURCE_TYPE

if TYPE_CHECKING:
    import pandas as pd

    from rustybt.assets import Asset
    from rustybt.finance.order import Order

__all__ = ["Transaction", "create_transaction"]


class Transaction:
    """Signed amount at a price; its commission is charged separately.

    >>> from rustybt.assets import Equity, ExchangeInfo
    >>> Transaction(Equity(1, ExchangeInfo("NYSE", "NYSE", "US")), amount=100, dt=None, price=10.5, order_id="a")
    Transaction(asset=Equity(1), dt=None, amount=100, price=10.5)
    """

    asset: Asset
    amount: float
    dt: pd.Timestamp
    price: float
    order_id: str | None

    commission: float | None = None

    def __init__(self, asset: Asset, amount: float, dt: pd.Timestamp, price: float, order_id: str | None) -> None:
        check_asset("transaction.Transaction.__init__", asset)
        self.asset, self.amount, self.dt, self.price, self.order_id = asset, amount, dt, price, order_id
        self.type = DATASOURCE_TYPE.TRANSACTION

    @property
    def sid(self) -> Asset:
        return self.asset

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(asset={self.asset}, dt={self.dt}, amount={self.amount}, price={self.price})"

    def to_dict(self) -> dict[str, Any]:
        """Its fields under the names of the performance frame."""
        fields = {name: value for name, value in vars(self).items() if name not in ("type", "asset")}
        return {**fields, "sid": self.asset, "commission": None}


def create_transaction(order: Order, dt: pd.Timestamp, price: float, amount: float) -> Transaction:
    """A fill of an order: whole units where the asset has no fractions. At least one is filled."""
    units = int(amount) if order.asset.quantity_step == 1 else amount
    if abs(units) == 0:
        raise Exception("Transaction magnitude must be at least 1.")
    return Transaction(asset=order.asset, amount=units, dt=dt, price=price, order_id=order.id)
