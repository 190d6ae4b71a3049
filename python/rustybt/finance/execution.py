"""Execution styles: how an order wants to be filled.

order(asset, 10, style=LimitOrder(99.5))
order(asset, 10, style=LimitOrder(99.5, time_in_force="IOC", post_only=False))
order(asset, -10, style=TrailingStopOrder(trail_percent=0.05))

time_in_force: "GTC" (until cancelled, the default), "DAY" (until the end of its session), "GTD" (until good_till), "IOC" (what
the first bar does not fill expires), "FOK" (all of it on the first bar, or nothing).
post_only: rejected where the current price already meets the limit. reduce_only: fills no more than closes the position.
"""

from __future__ import annotations

import abc
from math import isfinite
from typing import TYPE_CHECKING, Any

from rustybt._core import asymmetric_round_price

if TYPE_CHECKING:
    from rustybt.assets import Asset

__all__ = [
    "BracketOrder",
    "ExecutionStyle",
    "LimitIfTouchedOrder",
    "LimitOrder",
    "MarketIfTouchedOrder",
    "MarketOnCloseOrder",
    "MarketOnOpenOrder",
    "MarketOrder",
    "OCOOrder",
    "StopLimitOrder",
    "StopOrder",
    "TrailingStopOrder",
    "asymmetric_round_price",
    "check_stoplimit_prices",
]


def check_stoplimit_prices(price: float, label: str) -> None:
    """Prices of orders are finite numbers, not negative. Raises BadOrderParameters."""
    from rustybt.errors import BadOrderParameters

    try:
        if not isfinite(price):
            raise BadOrderParameters(msg=f"Attempted to place an order with a {label} price of {price}.")
    except TypeError:
        raise BadOrderParameters(msg=f"Attempted to place an order with a {label} price of {type(price)}.") from None
    if price < 0:
        raise BadOrderParameters(msg=f"Can't place a {label} order with a negative price.")


# the values of OrderKind and TimeInForce in rustybt/finance/execution.hpp
_STANDARD, _TRAILING_STOP, _MARKET_IF_TOUCHED, _LIMIT_IF_TOUCHED, _MARKET_ON_OPEN, _MARKET_ON_CLOSE = range(6)
_TIMES_IN_FORCE = {"GTC": 0, "DAY": 1, "GTD": 2, "IOC": 3, "FOK": 4}


class ExecutionStyle(abc.ABC):
    """Base of all styles. Made without its asset, a style rounds prices to 0.01."""

    limit_price = None
    stop_price = None
    asset = None
    exchange = None
    _terms = None  # what the matcher needs beyond limit and stop; None for Zipline's four styles

    @abc.abstractmethod
    def get_limit_price(self, is_buy: bool) -> float | None: ...

    @abc.abstractmethod
    def get_stop_price(self, is_buy: bool) -> float | None: ...

    def _set_terms(
        self,
        kind=_STANDARD,
        time_in_force="GTC",
        good_till=None,
        trail_amount=None,
        trail_percent=None,
        post_only=False,
        reduce_only=False,
    ):
        from rustybt.errors import BadOrderParameters

        force = str(time_in_force).upper()
        if force not in _TIMES_IN_FORCE:
            raise BadOrderParameters(msg=f"time_in_force is one of {', '.join(_TIMES_IN_FORCE)}, found {time_in_force!r}.")
        if (force == "GTD") != (good_till is not None):
            raise BadOrderParameters(msg="good_till belongs to time_in_force='GTD', and GTD needs it.")
        until = 0
        if good_till is not None:
            import pandas as pd

            until = pd.Timestamp(good_till)
            if until.tzinfo is None:
                # a naive date is the whole day
                until = until.tz_localize("UTC")
                until = until + pd.Timedelta(days=1, nanoseconds=-1) if until == until.normalize() else until
            until = until.value
        terms = (
            kind,
            _TIMES_IN_FORCE[force],
            until,
            trail_amount,
            trail_percent,
            bool(post_only),
            bool(reduce_only),
        )
        self._terms = None if terms == (_STANDARD, 0, 0, None, None, False, False) else terms

    def _tick(self):
        return 0.01 if self.asset is None else self.asset.tick_size


class _PriceStyle(ExecutionStyle):
    """Prices rounded to ticks in the trader's favour."""

    limit_price: float | None
    stop_price: float | None
    asset: Asset | None
    exchange: str | None

    def _take(self, limit_price, stop_price, asset, exchange):
        if limit_price is not None:
            check_stoplimit_prices(limit_price, "limit")
        if stop_price is not None:
            check_stoplimit_prices(stop_price, "stop")
        self.limit_price, self.stop_price, self.asset, self.exchange = limit_price, stop_price, asset, exchange

    def get_limit_price(self, is_buy: bool) -> float | None:
        return (
            None if self.limit_price is None else asymmetric_round_price(self.limit_price, bool(is_buy), self._tick())
        )

    def get_stop_price(self, is_buy: bool) -> float | None:
        return None if self.stop_price is None else asymmetric_round_price(self.stop_price, not is_buy, self._tick())

    def __repr__(self) -> str:
        prices = ", ".join(
            f"{k}={v}" for k, v in (("limit_price", self.limit_price), ("stop_price", self.stop_price)) if v is not None
        )
        return f"{type(self).__name__}({prices})"


class MarketOrder(ExecutionStyle):
    """Fill at the market's price. The default."""

    def __init__(self, exchange: str | None = None, **terms: Any) -> None:
        self.exchange = exchange
        self._set_terms(**terms)

    def get_limit_price(self, _is_buy: bool) -> float | None:
        return None

    def get_stop_price(self, _is_buy: bool) -> float | None:
        return None


class LimitOrder(_PriceStyle):
    """Buy at the limit or below, sell at the limit or above."""

    def __init__(
        self, limit_price: float, asset: Asset | None = None, exchange: str | None = None, **terms: Any
    ) -> None:
        check_stoplimit_prices(limit_price, "limit")
        self._take(limit_price, None, asset, exchange)
        self._set_terms(**terms)

    def get_stop_price(self, _is_buy: bool) -> float | None:
        return None


class StopOrder(_PriceStyle):
    """Becomes a market order when the price reaches the stop."""

    def __init__(
        self, stop_price: float, asset: Asset | None = None, exchange: str | None = None, **terms: Any
    ) -> None:
        check_stoplimit_prices(stop_price, "stop")
        self._take(None, stop_price, asset, exchange)
        self._set_terms(**terms)

    def get_limit_price(self, _is_buy: bool) -> float | None:
        return None


class StopLimitOrder(_PriceStyle):
    """Becomes a limit order when the price reaches the stop."""

    def __init__(
        self,
        limit_price: float,
        stop_price: float,
        asset: Asset | None = None,
        exchange: str | None = None,
        **terms: Any,
    ) -> None:
        check_stoplimit_prices(limit_price, "limit")
        check_stoplimit_prices(stop_price, "stop")
        self._take(limit_price, stop_price, asset, exchange)
        self._set_terms(**terms)


class MarketIfTouchedOrder(_PriceStyle):
    """Becomes a market order when a buy's price falls to, or a sell's price rises to, the stop price."""

    def __init__(
        self, stop_price: float, asset: Asset | None = None, exchange: str | None = None, **terms: Any
    ) -> None:
        check_stoplimit_prices(stop_price, "stop")
        self._take(None, stop_price, asset, exchange)
        self._set_terms(_MARKET_IF_TOUCHED, **terms)


class LimitIfTouchedOrder(_PriceStyle):
    """Becomes a limit order when a buy's price falls to, or a sell's price rises to, the stop price."""

    def __init__(
        self,
        limit_price: float,
        stop_price: float,
        asset: Asset | None = None,
        exchange: str | None = None,
        **terms: Any,
    ) -> None:
        check_stoplimit_prices(limit_price, "limit")
        check_stoplimit_prices(stop_price, "stop")
        self._take(limit_price, stop_price, asset, exchange)
        self._set_terms(_LIMIT_IF_TOUCHED, **terms)


class TrailingStopOrder(ExecutionStyle):
    """A stop that follows the best price since the order was placed, at a distance or at a part of it."""

    trail_amount: float | None
    trail_percent: float | None
    asset: Asset | None
    exchange: str | None

    def __init__(
        self,
        trail_amount: float | None = None,
        trail_percent: float | None = None,
        asset: Asset | None = None,
        exchange: str | None = None,
        **terms: Any,
    ) -> None:
        from rustybt.errors import BadOrderParameters

        if (trail_amount is None) == (trail_percent is None):
            raise BadOrderParameters(msg="a trailing stop has either trail_amount or trail_percent.")
        if trail_amount is not None and not (isfinite(trail_amount) and trail_amount > 0):
            raise BadOrderParameters(msg=f"trail_amount is a number above 0, found {trail_amount}.")
        if trail_percent is not None and not 0 < trail_percent < 1:
            raise BadOrderParameters(msg=f"trail_percent lies between 0 and 1, found {trail_percent}.")
        self.trail_amount, self.trail_percent, self.asset, self.exchange = trail_amount, trail_percent, asset, exchange
        self._set_terms(_TRAILING_STOP, trail_amount=trail_amount, trail_percent=trail_percent, **terms)

    def get_limit_price(self, is_buy: bool) -> float | None:
        return None

    def get_stop_price(self, is_buy: bool) -> float | None:
        return None


class MarketOnOpenOrder(MarketOrder):
    """Fills at the opening price of the next session; what that bar does not fill expires."""

    def __init__(self, exchange: str | None = None, **terms: Any) -> None:
        self.exchange = exchange
        self._set_terms(_MARKET_ON_OPEN, **terms)


class MarketOnCloseOrder(MarketOrder):
    """Fills at the closing price of the session's last bar; what that bar does not fill expires."""

    def __init__(self, exchange: str | None = None, **terms: Any) -> None:
        self.exchange = exchange
        self._set_terms(_MARKET_ON_CLOSE, **terms)


class BracketOrder:
    """An entry and two exits, of which only one ever fills: order(asset, 10, style=BracketOrder(MarketOrder(), 95, 110)).

    The exits are prices or styles. order() returns the entry's id, order_bracket() all three.
    """

    def __init__(
        self,
        entry_style: ExecutionStyle,
        stop_loss_price: float | ExecutionStyle,
        take_profit_price: float | ExecutionStyle,
    ) -> None:
        def style(exit, make):
            return exit if isinstance(exit, ExecutionStyle) else make(exit)

        self.entry_style = entry_style
        self.stop_loss_style: ExecutionStyle = style(stop_loss_price, StopOrder)
        self.take_profit_style: ExecutionStyle = style(take_profit_price, LimitOrder)

    def _place(self, algorithm, asset, amount):
        ids = algorithm._order_bracket(asset, amount, self.entry_style, self.stop_loss_style, self.take_profit_style)
        return ids[0] if ids else None


class OCOOrder:
    """Two orders of the same amount; the first fill of either cancels the other: OCOOrder(LimitOrder(110), StopOrder(95)).

    order() returns the first one's id, order_oco() both.
    """

    order1_style: ExecutionStyle
    order2_style: ExecutionStyle

    def __init__(self, order1_style: ExecutionStyle, order2_style: ExecutionStyle) -> None:
        self.order1_style, self.order2_style = order1_style, order2_style

    def _place(self, algorithm, asset, amount):
        ids = algorithm._order_oco(asset, amount, self.order1_style, self.order2_style)
        return ids[0] if ids else None
