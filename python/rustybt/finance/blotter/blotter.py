"""What every blotter can do."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Any

from rustybt.extensions import extensible
from rustybt.finance.cancel_policy import NeverCancel

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from rustybt.assets import Asset
    from rustybt.finance.cancel_policy import CancelPolicy
    from rustybt.finance.execution import ExecutionStyle
    from rustybt.finance.order import Order
    from rustybt.finance.transaction import Transaction

__all__ = ["Blotter"]


@extensible
class Blotter(abc.ABC):
    """Takes orders and turns them into fills."""

    def __init__(self, cancel_policy: CancelPolicy | None=None) -> None:
        self.cancel_policy: CancelPolicy = cancel_policy or NeverCancel()
        self.current_dt = None

    def set_date(self, dt: pd.Timestamp | None) -> None:
        self.current_dt: Any = dt

    @abc.abstractmethod
    def order(self, asset: Asset, amount: float, style: ExecutionStyle, order_id: Any = None) -> str | None:
        """Place an order; amount > 0 buys. Returns its id, None for an amount of 0."""
        raise NotImplementedError("order")

    def batch_order(self, order_arg_lists: Iterable[tuple[Any, ...]]) -> list[str | None]:
        """Place several orders, each given as the arguments of order(). Returns the ids."""
        return [self.order(*arguments) for arguments in order_arg_lists]

    @abc.abstractmethod
    def cancel(self, order_id: Any, relay_status: bool=True) -> None:
        """Cancel an open order; relay_status: report it among the new ones."""
        raise NotImplementedError("cancel")

    @abc.abstractmethod
    def cancel_all_orders_for_asset(self, asset: Asset, warn: bool=False, relay_status: bool=True) -> None:
        """Cancel the open orders of an asset."""
        raise NotImplementedError("cancel_all_orders_for_asset")

    @abc.abstractmethod
    def execute_cancel_policy(self, event: Any) -> None:
        """Cancel all open orders if the policy says so at this event."""
        raise NotImplementedError("execute_cancel_policy")

    @abc.abstractmethod
    def reject(self, order_id: Any, reason: str = "") -> None:
        """End an order that a broker does not take."""
        raise NotImplementedError("reject")

    @abc.abstractmethod
    def hold(self, order_id: Any, reason: str = "") -> None:
        """Mark an open order as held; its next fill makes it open again."""
        raise NotImplementedError("hold")

    @abc.abstractmethod
    def process_splits(self, splits: Iterable[tuple[Asset, float]]) -> None:
        """Adjust open orders to splits: (asset, ratio) pairs."""
        raise NotImplementedError("process_splits")

    @abc.abstractmethod
    def get_transactions(
        self, bar_data: Any
    ) -> tuple[list[Transaction], list[dict[str, Any]], list[Order]]:
        """Match the open orders with a bar: (transactions, commissions as dicts of asset, order and cost, closed orders)."""
        raise NotImplementedError("get_transactions")

    @abc.abstractmethod
    def prune_orders(self, closed_orders: Iterable[Order]) -> None:
        """Take closed orders out of the open ones."""
        raise NotImplementedError("prune_orders")
