"""Orders, as blotters keep them and as models of slippage and commission see them.

>>> from rustybt.assets import Equity, ExchangeInfo
>>> order = Order(dt=None, asset=Equity(1, ExchangeInfo("NYSE", "NYSE", "US")), amount=100, limit=10.0)
>>> order.check_triggers(9.9, None)
>>> order.triggered, order.open_amount
(True, 100)
"""

from __future__ import annotations

import uuid
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from rustybt import _core
from rustybt.protocol import DATASOURCE_TYPE

if TYPE_CHECKING:
    import pandas as pd

    from rustybt.assets import Asset

__all__ = ["BUY", "LIMIT", "ORDER_STATUS", "Order", "SELL", "STOP"]

ORDER_STATUS = IntEnum("ORDER_STATUS", ["OPEN", "FILLED", "CANCELLED", "REJECTED", "HELD"], start=0)
SELL, BUY, STOP, LIMIT = (1 << bit for bit in range(4))
ORDER_FIELDS_TO_IGNORE = {"type", "direction", "_status", "asset"}


def check_asset(function: str, asset: Asset) -> None:
    """TypeError for what is no asset, in Zipline's words."""
    if not isinstance(asset, _core.Asset):
        raise TypeError(
            f"zipline.finance.{function}() expected a value of type zipline.assets._assets.Asset for argument 'asset', "
            f"but got {type(asset).__module__}.{type(asset).__qualname__} instead."
        )


class Order:
    """An order: signed amount, limit and stop, and how much of it is filled. What a price triggers the native code decides."""

    created: Any
    asset: Asset
    commission: float
    stop_reached: bool
    limit_reached: bool
    amount: float
    filled: float
    limit: float | None
    stop: float | None
    reason: str | None

    __slots__ = (
        *("id", "dt", "reason", "created", "asset", "amount", "filled", "commission", "_status", "stop", "limit"),
        *("stop_reached", "limit_reached", "direction", "type", "broker_order_id"),
    )

    def __init__(
        self,
        dt: pd.Timestamp | None,
        asset: Asset,
        amount: float,
        stop: float | None=None,
        limit: float | None=None,
        filled: float=0,
        commission: Any=0,
        id: Any=None,
    ) -> None:
        check_asset("order.Order.__init__", asset)
        self.id: str = self.make_id() if id is None else id
        self.dt = self.created = dt
        self.reason = None
        self.asset, self.amount, self.filled, self.commission = asset, amount, filled, commission
        self._status = ORDER_STATUS.OPEN
        self.stop, self.limit = stop, limit
        self.stop_reached = self.limit_reached = False
        self.direction: float = 1.0 if amount >= 0 else -1.0
        self.type = DATASOURCE_TYPE.ORDER
        self.broker_order_id: str | None = None

    @staticmethod
    def make_id() -> str:
        return uuid.uuid4().hex

    def to_dict(self) -> dict[str, Any]:
        """Its fields under the names of the performance frame."""
        fields = {name: getattr(self, name) for name in self.__slots__ if name not in ORDER_FIELDS_TO_IGNORE}
        if self.broker_order_id is None:
            del fields["broker_order_id"]
        return {**fields, "sid": self.asset, "status": self.status}

    def to_api_obj(self) -> Any:
        """As strategies get it."""
        from rustybt import protocol

        return protocol.Order(initial_values=self.to_dict())

    @property
    def sid(self) -> Asset:
        return self.asset

    def check_triggers(self, price: float, dt: pd.Timestamp | None) -> None:
        """Let a price meet the limit and the stop."""
        stop_reached, limit_reached, stop_limit_reached = self.check_order_triggers(price)
        if (stop_reached, limit_reached) != (self.stop_reached, self.limit_reached):
            self.dt = dt
        self.stop_reached, self.limit_reached = stop_reached, limit_reached
        if stop_limit_reached:
            self.stop = None  # a limit order from here on

    def check_order_triggers(self, current_price: float) -> tuple[bool, bool, bool]:
        """(stop reached, limit reached, has the stop of a stop-limit order been reached?)"""
        if self.triggered:
            return self.stop_reached, self.limit_reached, False
        return _core.order_triggers(self, current_price)

    def handle_split(self, ratio: float) -> None:
        """Adjust amount, limit and stop. What was filled and what is open are truncated each for itself."""
        self.amount, self.filled, self.limit, self.stop = _core.split_order(self, ratio)

    @property
    def status(self) -> ORDER_STATUS:
        if not self.open_amount:
            return ORDER_STATUS.FILLED
        if self._status == ORDER_STATUS.HELD and self.filled:
            return ORDER_STATUS.OPEN
        return self._status

    @status.setter
    def status(self, status: int) -> None:
        self._status = status

    def cancel(self) -> None:
        self.status = ORDER_STATUS.CANCELLED

    def reject(self, reason: str="") -> None:
        self.status, self.reason = ORDER_STATUS.REJECTED, reason

    def hold(self, reason: str="") -> None:
        self.status, self.reason = ORDER_STATUS.HELD, reason

    @property
    def open(self) -> bool:
        return self.status in (ORDER_STATUS.OPEN, ORDER_STATUS.HELD)

    @property
    def triggered(self) -> bool:
        """Is no stop and no limit left to meet?"""
        return (self.stop is None or self.stop_reached) and (self.limit is None or self.limit_reached)

    @property
    def open_amount(self) -> float:
        return self.amount - self.filled

    def __repr__(self) -> str:
        return f"Order({self.to_dict()!r})"


def _of_run(fields):
    """The order that a run hands to a user's model."""
    order = Order.__new__(Order)
    order.asset, order._status = fields.pop("sid"), _STATUSES[fields.pop("status")]
    for name in fields:
        setattr(order, name, fields[name])
    order.direction = 1.0 if order.amount >= 0 else -1.0
    order.type, order.broker_order_id = DATASOURCE_TYPE.ORDER, None
    return order


_STATUSES = tuple(ORDER_STATUS)
