"""A holding of one asset, in native books of its own or in those of a ledger.

>>> from rustybt.assets import Equity, ExchangeInfo
>>> position = Position(Equity(1, ExchangeInfo("NYSE", "NYSE", "US")), amount=100, cost_basis=10.0, last_sale_price=11.0)
>>> position.amount, position.cost_basis, position.last_sale_price
(100, 10.0, 11.0)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rustybt import _core
from rustybt._dates import to_nanoseconds

if TYPE_CHECKING:
    import pandas as pd

    from rustybt.assets import Asset
    from rustybt.finance.transaction import Transaction

__all__ = ["Position"]


class Position:
    """Amount, cost basis, last sale price and its date."""

    asset: Asset

    __slots__ = ("asset", "_books")

    def __init__(
        self,
        asset: Asset,
        amount: float=0,
        cost_basis: float=0.0,
        last_sale_price: float=0.0,
        last_sale_date: Any=None,
        *,
        _books: Any=None,
    ) -> None:
        self.asset: Asset = asset
        self._books = _books
        if _books is None:
            self._books = _core.Books(0)
            self._set(amount, cost_basis, last_sale_price, last_sale_date)

    def _set(self, amount=None, cost_basis=None, last_sale_price=None, last_sale_date=None):
        date = None if last_sale_date is None else to_nanoseconds(last_sale_date)
        self._books.set_position(self.asset, amount, cost_basis, last_sale_price, date)

    @property
    def sid(self) -> Asset:
        return self.asset

    @property
    def inner_position(self) -> Position:
        """The position itself; in Zipline the part that may be changed."""
        return self

    @property
    def protocol_position(self) -> Position:
        """The position itself; in Zipline the part that strategies see."""
        return self

    @property
    def amount(self) -> float:
        return self._books.amount(self.asset)

    @amount.setter
    def amount(self, amount: float) -> None:
        self._set(amount=amount)

    @property
    def cost_basis(self) -> float:
        return self._books.cost_basis(self.asset)

    @cost_basis.setter
    def cost_basis(self, price: float) -> None:
        self._set(cost_basis=price)

    @property
    def last_sale_price(self) -> float:
        return self._books.last_sale_price(self.asset)

    @last_sale_price.setter
    def last_sale_price(self, price: float) -> None:
        self._set(last_sale_price=price)

    @property
    def last_sale_date(self) -> pd.Timestamp | None:
        nanoseconds = self._books.last_sale_ns(self.asset)
        if nanoseconds is None:
            return None
        import pandas as pd

        return pd.Timestamp(nanoseconds, unit="ns", tz="UTC")

    @last_sale_date.setter
    def last_sale_date(self, date: Any) -> None:
        self._set(last_sale_date=date)

    def earn_dividend(self, dividend: Any) -> dict[str, float]:
        """What a cash dividend (with `amount` per share) owes for this holding."""
        return {"amount": self.amount * dividend.amount}

    def earn_stock_dividend(self, stock_dividend: Any) -> dict[str, Any]:
        """What a stock dividend (with payment_asset and `ratio`) owes for this holding, in whole shares."""
        paid = stock_dividend.payment_asset
        return {
            "payment_asset": paid,
            "share_count": self._books.shares_owed(self.asset, paid, float(stock_dividend.ratio)),
        }

    def handle_split(self, asset: Asset, ratio: float) -> float:
        """Adjust amount and cost basis. Returns the cash for a fraction of a share."""
        if self.asset != asset:
            raise Exception("updating split with the wrong asset!")
        return self._books.split(asset, float(ratio))

    def update(self, txn: Transaction) -> None:
        """Count a fill."""
        if self.asset != txn.asset:
            raise Exception("updating position with txn for a different asset")
        date = None if txn.dt is None else to_nanoseconds(txn.dt)
        self._books.transact(self.asset, txn.amount, txn.price, date)

    def adjust_commission_cost_basis(self, asset: Asset, cost: float) -> None:
        """Spread a commission over what is held: the price at which it breaks even moves."""
        if asset != self.asset:
            raise Exception("Updating a commission for a different asset?")
        if cost and self.amount:
            self._books.commission(asset, cost)

    def to_dict(self) -> dict[str, Any]:
        """As the performance frame has it."""
        return {
            "sid": self.asset,
            "amount": self.amount,
            "cost_basis": self.cost_basis,
            "last_sale_price": self.last_sale_price,
        }

    def __repr__(self) -> str:
        return (
            f"asset: {self.asset}, amount: {self.amount}, cost_basis: {self.cost_basis}, "
            f"last_sale_price: {self.last_sale_price}"
        )
