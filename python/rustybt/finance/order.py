"""State of an order."""

from enum import IntEnum

from rustybt.protocol import Order

__all__ = ["ORDER_STATUS", "Order"]

ORDER_STATUS = IntEnum("ORDER_STATUS", ["OPEN", "FILLED", "CANCELLED", "REJECTED", "HELD"], start=0)
