"""Limits that orders and the account must keep.

The API's functions (set_max_order_size, set_max_leverage, ...) register the classes of this module; classes of your own are
registered in initialize with context.register_trading_control(...) and context.register_account_control(...).

class NoFridays(TradingControl):
    def validate(self, asset, amount, portfolio, algo_datetime, algo_current_data):
        if algo_datetime.weekday() == 4:
            self.handle_violation(asset, amount, algo_datetime)
"""

from __future__ import annotations

import abc
import datetime as _datetime
import logging
from typing import TYPE_CHECKING, Any

from rustybt.errors import AccountControlViolation, TradingControlViolation

if TYPE_CHECKING:
    import pandas as pd

    from rustybt._core import Account, BarData, Portfolio
    from rustybt.assets import Asset
    from rustybt.finance.asset_restrictions import Restrictions

__all__ = [
    "AccountControl",
    "AssetDateBounds",
    "LongOnly",
    "MaxLeverage",
    "MaxOrderCount",
    "MaxOrderSize",
    "MaxPositionSize",
    "MinLeverage",
    "RestrictedListOrder",
    "TradingControl",
]

_log = logging.getLogger("rustybt")


class _Control(metaclass=abc.ABCMeta):
    def __init__(self, **kwargs: Any) -> None:
        self._arguments = kwargs

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._arguments})"

    def _core_parameters(self):
        """("Name", parameter, ...) of a built-in control; None when validate is the user's, which is then called."""
        owner = next(cls for cls in type(self).__mro__ if "validate" in vars(cls))
        values = _CORE_PARAMETERS.get(owner)
        return None if values is None else (owner.__name__, *values(self))


class TradingControl(_Control):
    """A limit that is checked before each order.

    on_error: "fail" raises TradingControlViolation, "log" writes an error to the log, anything else is silent; the order is
    placed in these two cases. Named arguments are shown in messages.
    """

    def __init__(self, on_error: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.on_error = on_error

    @abc.abstractmethod
    def validate(
        self, asset: Asset, amount: float, portfolio: Portfolio, algo_datetime: pd.Timestamp, algo_current_data: BarData
    ) -> None:
        """Called once for each order; calls self.handle_violation where the order breaks the limit."""
        raise NotImplementedError

    def handle_violation(self, asset: Asset, amount: float, datetime: pd.Timestamp, metadata: Any = None) -> None:
        """Raise or log, as on_error says; metadata is added to the message."""
        constraint = repr(self) if not metadata else f"{self!r} (Metadata: {metadata})"
        if self.on_error == "fail":
            raise TradingControlViolation(asset=asset, amount=amount, datetime=datetime, constraint=constraint)
        if self.on_error == "log":
            _log.error("Order for %s shares of %s at %s violates trading constraint %s", amount, asset, datetime, constraint)


class MaxOrderCount(TradingControl):
    """At most max_count orders per UTC date; those that break a limit count too."""

    def __init__(self, on_error: str, max_count: int) -> None:
        super().__init__(on_error, max_count=max_count)
        self.orders_placed: int = 0
        self.current_date: _datetime.date | None = None

    @property
    def max_count(self) -> int:
        """Orders allowed."""
        return self._arguments["max_count"]

    def validate(
        self, asset: Asset, amount: float, portfolio: Portfolio, algo_datetime: pd.Timestamp, algo_current_data: BarData
    ) -> None:
        today = algo_datetime.date()
        if self.current_date and self.current_date != today:
            self.orders_placed = 0
        self.current_date = today
        if self.orders_placed >= self.max_count:
            self.handle_violation(asset, amount, algo_datetime)
        self.orders_placed += 1


class RestrictedListOrder(TradingControl):
    """No orders of restricted assets."""

    def __init__(self, on_error: str, restrictions: Restrictions) -> None:
        super().__init__(on_error)
        self.restrictions = restrictions

    def validate(
        self, asset: Asset, amount: float, portfolio: Portfolio, algo_datetime: pd.Timestamp, algo_current_data: BarData
    ) -> None:
        if self.restrictions.is_restricted(asset, algo_datetime):
            self.handle_violation(asset, amount, algo_datetime)


class _SizeLimit(TradingControl):
    """Limits in shares and in value, of one asset or (asset=None) of all. They are fixed when the control is made."""

    def __init__(
        self,
        on_error: str,
        asset: Asset | None = None,
        max_shares: float | None = None,
        max_notional: float | None = None,
    ) -> None:
        super().__init__(on_error, asset=asset, max_shares=max_shares, max_notional=max_notional)
        if max_shares is None and max_notional is None:
            raise ValueError("Must supply at least one of max_shares and max_notional")
        if max_shares and max_shares < 0:
            raise ValueError("max_shares cannot be negative.")
        if max_notional and max_notional < 0:
            raise ValueError("max_notional must be positive.")

    @property
    def asset(self) -> Asset | None:
        """The asset, or None for all."""
        return self._arguments["asset"]

    @property
    def max_shares(self) -> float | None:
        """Shares allowed, either way."""
        return self._arguments["max_shares"]

    @property
    def max_notional(self) -> float | None:
        """Value allowed, either way."""
        return self._arguments["max_notional"]

    def _validate(self, asset, amount, shares, algo_datetime, algo_current_data):
        if self.max_shares is not None and abs(shares) > self.max_shares:
            self.handle_violation(asset, amount, algo_datetime)
        if self.max_notional is not None and abs(shares * algo_current_data.current(asset, "price")) > self.max_notional:
            self.handle_violation(asset, amount, algo_datetime)


class MaxOrderSize(_SizeLimit):
    """Limits on single orders."""

    def validate(
        self, asset: Asset, amount: float, portfolio: Portfolio, algo_datetime: pd.Timestamp, algo_current_data: BarData
    ) -> None:
        if self.asset is None or self.asset == asset:
            self._validate(asset, amount, amount, algo_datetime, algo_current_data)


class MaxPositionSize(_SizeLimit):
    """Limits on the position that an order would lead to."""

    def validate(
        self, asset: Asset, amount: float, portfolio: Portfolio, algo_datetime: pd.Timestamp, algo_current_data: BarData
    ) -> None:
        if self.asset is None or self.asset == asset:
            held_after = portfolio.positions[asset].amount + amount
            self._validate(asset, amount, held_after, algo_datetime, algo_current_data)


class LongOnly(TradingControl):
    """No order may lead to a short position."""

    def validate(
        self, asset: Asset, amount: float, portfolio: Portfolio, algo_datetime: pd.Timestamp, algo_current_data: BarData
    ) -> None:
        if portfolio.positions[asset].amount + amount < 0:
            self.handle_violation(asset, amount, algo_datetime)


class AssetDateBounds(TradingControl):
    """Orders only from the asset's first to its last day. Not registered unless you do."""

    def validate(
        self, asset: Asset, amount: float, portfolio: Portfolio, algo_datetime: pd.Timestamp, algo_current_data: BarData
    ) -> None:
        if amount == 0:
            return
        today = algo_datetime.normalize().tz_localize(None)
        if asset.start_date and today < asset.start_date.normalize():
            metadata = {"asset_start_date": asset.start_date.normalize()}
            self.handle_violation(asset, amount, algo_datetime, metadata=metadata)
        if asset.end_date and today > asset.end_date.normalize():
            metadata = {"asset_end_date": asset.end_date.normalize()}
            self.handle_violation(asset, amount, algo_datetime, metadata=metadata)


class AccountControl(_Control):
    """A limit that the account must keep at the close of every session."""

    @abc.abstractmethod
    def validate(
        self, _portfolio: Portfolio, _account: Account, _algo_datetime: pd.Timestamp, _algo_current_data: BarData
    ) -> None:
        """Called once per session; calls self.fail() where the account breaks the limit."""
        raise NotImplementedError

    def fail(self) -> None:
        """Raise AccountControlViolation."""
        raise AccountControlViolation(constraint=repr(self))


class MaxLeverage(AccountControl):
    """Gross leverage of at most max_leverage (2: twice the account's value)."""

    def __init__(self, max_leverage: float) -> None:
        super().__init__(max_leverage=max_leverage)
        if max_leverage is None:
            raise ValueError("Must supply max_leverage")
        if max_leverage < 0:
            raise ValueError("max_leverage must be positive")

    @property
    def max_leverage(self) -> float:
        """Gross leverage allowed."""
        return self._arguments["max_leverage"]

    def validate(
        self, _portfolio: Portfolio, _account: Account, _algo_datetime: pd.Timestamp, _algo_current_data: BarData
    ) -> None:
        if _account.leverage > self.max_leverage:
            self.fail()


class MinLeverage(AccountControl):
    """Gross leverage of at least min_leverage, after the deadline."""

    def __init__(self, min_leverage: float, deadline: pd.Timestamp) -> None:
        super().__init__(min_leverage=min_leverage, deadline=deadline)
        for name, value, kind, expected in (
            ("min_leverage", min_leverage, (int, float), "int or float"),
            ("deadline", deadline, _datetime.datetime, "datetime.datetime"),
        ):
            if not isinstance(value, kind):
                raise TypeError(
                    f"MinLeverage() expected a value of type {expected} for argument {name!r}, but got "
                    f"{type(value).__name__} instead."
                )
        if min_leverage < 0:
            raise ValueError(
                "MinLeverage() expected a value greater than or equal to 0 for argument 'min_leverage', but got "
                f"{min_leverage} instead."
            )

    @property
    def min_leverage(self) -> float:
        """Gross leverage required."""
        return self._arguments["min_leverage"]

    @property
    def deadline(self) -> pd.Timestamp:
        """From when on."""
        return self._arguments["deadline"]

    def validate(
        self, _portfolio: Portfolio, account: Account, algo_datetime: pd.Timestamp, _algo_current_data: BarData
    ) -> None:
        if algo_datetime > self.deadline.tz_localize(algo_datetime.tzinfo) and account.leverage < self.min_leverage:
            self.fail()


def _nanoseconds(moment):
    from rustybt._dates import to_nanoseconds

    return to_nanoseconds(moment)


# What the core needs to check a control itself, by the class whose validate it stands for.
_CORE_PARAMETERS = {
    MaxOrderCount: lambda c: (c.max_count,),
    RestrictedListOrder: lambda c: (c.restrictions,),
    MaxOrderSize: lambda c: (c.asset, c.max_shares, c.max_notional),
    MaxPositionSize: lambda c: (c.asset, c.max_shares, c.max_notional),
    LongOnly: lambda c: (),
    MaxLeverage: lambda c: (c.max_leverage,),
    MinLeverage: lambda c: (c.min_leverage, _nanoseconds(c.deadline)),
}
