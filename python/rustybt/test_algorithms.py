"""Small strategies for tests: functions, classes, and sources of scripts that use the API rightly or wrongly (bad_type_...)."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from rustybt import api
from rustybt.algorithm import TradingAlgorithm
from rustybt.api import FixedSlippage, order, record, set_slippage, sid
from rustybt.errors import UnsupportedOrderParameters
from rustybt.finance.execution import LimitOrder, MarketOrder, StopLimitOrder, StopOrder

if TYPE_CHECKING:
    from rustybt.assets import Asset


class TestAlgorithm(TradingAlgorithm):
    """Orders `amount` of one asset on each of the first `order_count` bars."""

    asset: Asset
    amount: float
    count: int
    incr: int

    __test__ = False  # not a test case of pytest's

    def initialize(
        self,
        sid: Any,
        amount: float,
        order_count: int,
        sid_filter: Any = None,
        slippage: Any = None,
        commission: Any = None,
    ) -> None:
        self.asset, self.amount, self.count, self.incr = self.sid(sid), amount, order_count, 0
        self.sid_filter: Any = sid_filter or [self.asset.sid]
        if slippage is not None:
            self.set_slippage(slippage)
        if commission is not None:
            self.set_commission(commission)

    def handle_data(self, data: Any) -> None:
        if self.incr < self.count:
            self.order(self.asset, self.amount)
            self.incr += 1


class NoopAlgorithm(TradingAlgorithm):
    """Does nothing."""


class InvalidOrderAlgorithm(TradingAlgorithm):
    """Gives each way of ordering both a price and a style, which none takes."""

    def initialize(self, *args: Any, **kwargs: Any) -> None:
        self.asset: Asset = self.sid(kwargs.pop("sids")[0])

    def handle_data(self, data: Any) -> None:
        import pytest

        styles = (
            MarketOrder(), LimitOrder(10, asset=self.asset), StopOrder(10), StopLimitOrder(10, 10, asset=self.asset),
        )
        for style, price, (name, amount) in itertools.product(styles, ("limit_price", "stop_price"), _WAYS):
            with pytest.raises(UnsupportedOrderParameters):
                getattr(api, name)(self.asset, amount, style=style, **{price: 10})


_WAYS = (
    ("order", 10), ("order_value", 300), ("order_percent", 0.1), ("order_target", 100), ("order_target_value", 100), ("order_target_percent", 0.2),
)


def initialize_noop(context: Any) -> None:
    pass


def handle_data_noop(context: Any, data: Any) -> None:
    pass


def initialize_api(context: Any) -> None:
    context.incr, context.sale_price = 0, None
    set_slippage(FixedSlippage())


def handle_data_api(context: Any, data: Any) -> None:
    """Buys one share of sid 0 a bar and checks that the ones before were filled now."""
    positions = context.portfolio.positions
    if context.incr == 0:
        assert 0 not in positions
    else:
        assert positions[0].amount == context.incr, "Orders not filled immediately."
        assert positions[0].last_sale_date == context.get_datetime(), "Orders not filled at current datetime."
    context.incr += 1
    order(sid(0), 1)
    record(incr=context.incr)


def _script(handle_data="pass", initialize="pass"):
    def indented(body):
        return body.replace("\n", "\n    ")

    return (
        "from rustybt.api import *\n\n"
        f"def initialize(context):\n    {indented(initialize)}\n\n"
        f"def handle_data(context, data):\n    {indented(handle_data)}\n"
    )


noop_algo: str = _script()
no_handle_data = "def initialize(context):\n    pass\n"
api_algo: str = _script(
    """if context.incr == 0:
    assert 0 not in context.portfolio.positions
else:
    assert context.portfolio.positions[0].amount == context.incr, "Orders not filled immediately."
    assert context.portfolio.positions[0].last_sale_price == data.current(sid(0), "price")
context.incr += 1
order(sid(0), 1)
record(incr=context.incr)""",
    "context.incr, context.sale_price = 0, None\nset_slippage(FixedSlippage())",
)
api_get_environment_algo: str = _script(initialize="context.environment = get_environment()")
api_symbol_algo: str = _script("order(symbol('TEST'), 1)")
access_portfolio_in_init: str = _script(initialize="context.portfolio.cash")
access_account_in_init: str = _script(initialize="context.account.settled_cash")
set_benchmark_algo: str = _script(initialize="context.sid = symbol('TEST')\nset_benchmark(context.sid)")
empty_positions: str = (
    _script(initialize="context.sid = symbol('TEST')\nschedule_function(look, date_rules.every_day(), time_rules.market_open(hours=1))")
    + """
def look(context, data):
    record(amounts=context.portfolio.positions[context.sid].amount)
    record(num_positions=len(context.portfolio.positions))
"""
)

_COUNT = "context.stocks, context.incr = [0, 1], 0"
record_variables: str = _script("context.incr += 1\nrecord(incr=context.incr)", _COUNT)
record_float_magic: str = _script("context.incr += 1\nrecord(data=float('%s'))", _COUNT)

call_with_kwargs: str = _script(
    """data.history(assets=symbol('TEST'), fields="price", bar_count=5, frequency="1d")
data.current(assets=symbol('TEST'), fields="price")"""
)
call_without_kwargs: str = _script(
    """data.history(symbol('TEST'), "price", 5, "1d")
data.current(symbol('TEST'), "price")
data.is_stale(symbol('TEST'))
data.can_trade(symbol('TEST'))"""
)
call_with_bad_kwargs_history: str = _script("""data.history(assets=symbol('TEST'), fields="price", blahblah=5, frequency="1d")""")
call_with_bad_kwargs_current: str = _script("""data.current(assets=symbol('TEST'), blahblah="price")""")
call_with_bad_kwargs_get_open_orders: str = _script("context.get_open_orders(sid=symbol('TEST'))")
call_with_good_kwargs_get_open_orders: str = _script("context.get_open_orders(asset=symbol('TEST'))")
call_with_no_kwargs_get_open_orders: str = _script("context.get_open_orders(symbol('TEST'))")

bad_type_history_assets: str = _script("data.history(1, 'price', 5, '1d')")
bad_type_history_fields: str = _script("data.history(symbol('TEST'), 10, 5, '1d')")
bad_type_history_bar_count: str = _script("data.history(symbol('TEST'), 'price', '5', '1d')")
bad_type_history_frequency: str = _script("data.history(symbol('TEST'), 'price', 5, 1)")
bad_type_history_assets_kwarg: str = _script("data.history(frequency='1d', fields='price', assets=1, bar_count=5)")
bad_type_history_assets_kwarg_list: str = _script("data.history(assets=[1, 2], fields='price', bar_count=5, frequency='1d')")
bad_type_history_fields_kwarg: str = _script("data.history(frequency='1d', fields=10, assets=symbol('TEST'), bar_count=5)")
bad_type_history_bar_count_kwarg: str = _script("data.history(frequency='1d', fields='price', assets=symbol('TEST'), bar_count='5')")
bad_type_history_frequency_kwarg: str = _script("data.history(frequency=1, fields='price', assets=symbol('TEST'), bar_count=5)")
bad_type_current_assets: str = _script("data.current(1, 'price')")
bad_type_current_fields: str = _script("data.current(symbol('TEST'), 10)")
bad_type_current_assets_kwarg: str = _script("data.current(fields='price', assets=1)")
bad_type_current_fields_kwarg: str = _script("data.current(fields=10, assets=symbol('TEST'))")
bad_type_is_stale_assets: str = _script("data.is_stale('TEST')")
bad_type_can_trade_assets: str = _script("data.can_trade('TEST')")
