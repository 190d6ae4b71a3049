"""Execution styles: how an order wants to be filled.

order(asset, 10, style=LimitOrder(99.5))
"""

import abc
from math import isfinite

from rustybt._core import asymmetric_round_price

__all__ = [
    "ExecutionStyle",
    "LimitOrder",
    "MarketOrder",
    "StopLimitOrder",
    "StopOrder",
    "asymmetric_round_price",
    "check_stoplimit_prices",
]


def check_stoplimit_prices(price, label):
    """Prices of orders are finite numbers, not negative. Raises BadOrderParameters."""
    from rustybt.errors import BadOrderParameters

    try:
        if not isfinite(price):
            raise BadOrderParameters(msg=f"Attempted to place an order with a {label} price of {price}.")
    except TypeError:
        raise BadOrderParameters(msg=f"Attempted to place an order with a {label} price of {type(price)}.") from None
    if price < 0:
        raise BadOrderParameters(msg=f"Can't place a {label} order with a negative price.")


class ExecutionStyle(abc.ABC):
    """Base of all styles. Made without its asset, a style rounds prices to 0.01."""

    limit_price = None
    stop_price = None
    asset = None
    exchange = None

    @abc.abstractmethod
    def get_limit_price(self, is_buy): ...

    @abc.abstractmethod
    def get_stop_price(self, is_buy): ...

    def _tick(self):
        return 0.01 if self.asset is None else self.asset.tick_size


class _PriceStyle(ExecutionStyle):
    """Prices rounded to ticks in the trader's favour."""

    def _take(self, limit_price, stop_price, asset, exchange):
        if limit_price is not None:
            check_stoplimit_prices(limit_price, "limit")
        if stop_price is not None:
            check_stoplimit_prices(stop_price, "stop")
        self.limit_price, self.stop_price, self.asset, self.exchange = limit_price, stop_price, asset, exchange

    def get_limit_price(self, is_buy):
        return (
            None if self.limit_price is None else asymmetric_round_price(self.limit_price, bool(is_buy), self._tick())
        )

    def get_stop_price(self, is_buy):
        return None if self.stop_price is None else asymmetric_round_price(self.stop_price, not is_buy, self._tick())

    def __repr__(self):
        prices = ", ".join(
            f"{k}={v}" for k, v in (("limit_price", self.limit_price), ("stop_price", self.stop_price)) if v is not None
        )
        return f"{type(self).__name__}({prices})"


class MarketOrder(ExecutionStyle):
    """Fill at the market's price. The default."""

    def __init__(self, exchange=None):
        self.exchange = exchange

    def get_limit_price(self, is_buy):
        return None

    def get_stop_price(self, is_buy):
        return None


class LimitOrder(_PriceStyle):
    """Buy at the limit or below, sell at the limit or above."""

    def __init__(self, limit_price, asset=None, exchange=None):
        check_stoplimit_prices(limit_price, "limit")
        self._take(limit_price, None, asset, exchange)


class StopOrder(_PriceStyle):
    """Becomes a market order when the price reaches the stop."""

    def __init__(self, stop_price, asset=None, exchange=None):
        check_stoplimit_prices(stop_price, "stop")
        self._take(None, stop_price, asset, exchange)


class StopLimitOrder(_PriceStyle):
    """Becomes a limit order when the price reaches the stop."""

    def __init__(self, limit_price, stop_price, asset=None, exchange=None):
        check_stoplimit_prices(limit_price, "limit")
        check_stoplimit_prices(stop_price, "stop")
        self._take(limit_price, stop_price, asset, exchange)
