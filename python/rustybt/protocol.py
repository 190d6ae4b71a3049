"""Objects that the API hands to strategies."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any

from rustybt._core import Account, Portfolio, Position, Positions

if TYPE_CHECKING:
    from collections.abc import KeysView, Mapping

    import pandas as pd

    from rustybt._core import BarData  # what a run hands out; rustybt._protocol.BarData is made by hand
    from rustybt.assets import Asset
    from rustybt.finance.order import ORDER_STATUS
else:
    from rustybt._protocol import BarData

__all__ = ["Account", "BarData", "DATASOURCE_TYPE", "Event", "Order", "Portfolio", "Position", "Positions"]


#: kinds of records, as transactions and orders carry them in `type`
DATASOURCE_TYPE = IntEnum(
    "DATASOURCE_TYPE",
    "AS_TRADED_EQUITY MERGER SPLIT DIVIDEND TRADE TRANSACTION ORDER EMPTY DONE CUSTOM BENCHMARK COMMISSION CLOSE_POSITION",
    start=0,
)


class Event:
    """A bag of named values."""

    def __init__(self, initial_values: Mapping[str, Any] | None = None) -> None:
        if initial_values:
            self.__dict__.update(initial_values)

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def keys(self) -> KeysView[str]:
        return self.__dict__.keys()

    def __getitem__(self, name: str) -> Any:
        return self.__dict__[name]

    def __eq__(self, other: object) -> bool:
        return hasattr(other, "__dict__") and self.__dict__ == other.__dict__

    def __contains__(self, name: object) -> bool:
        return name in self.__dict__

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.__dict__})"

    def to_series(self, index: Any = None) -> pd.Series:
        import pandas as pd

        return pd.Series(self.__dict__, index=index)


class Order(Event):
    """An order as it stood when it was asked for."""

    id: str
    sid: Asset
    created: pd.Timestamp
    dt: pd.Timestamp
    amount: float
    filled: float
    commission: float
    limit: float | None
    stop: float | None
    limit_reached: bool
    stop_reached: bool
    status: ORDER_STATUS
    reason: str | None

    @property
    def asset(self) -> Asset:
        """What is ordered."""
        return self.sid

    @property
    def open_amount(self) -> float:
        """Units not filled yet; negative for sales."""
        return self.amount - self.filled

    @property
    def direction(self) -> int:
        """1 buys, -1 sells."""
        return 1 if self.amount > 0 else -1

    @property
    def open(self) -> bool:
        """May it still fill?"""
        return self.status in (0, 4)

    @property
    def triggered(self) -> bool:
        """Have its stop and its limit been reached, where it has them?"""
        return (self.stop is None or self.stop_reached) and (self.limit is None or self.limit_reached)


def _order(fields):
    from rustybt.finance.order import ORDER_STATUS

    fields["status"] = ORDER_STATUS(fields["status"])
    return Order(fields)
