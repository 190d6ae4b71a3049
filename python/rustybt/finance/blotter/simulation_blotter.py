"""The blotter of simulations: its orders, and the models that fill them. The numbers come from the native models."""

from __future__ import annotations

import itertools
import logging
from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rustybt.assets import Equity, Future
from rustybt.errors import NotYetSupported
from rustybt.extensions import register
from rustybt.finance.blotter.blotter import Blotter
from rustybt.finance.commission import DEFAULT_PER_CONTRACT_COST, PerContract, PerShare
from rustybt.finance.constants import FUTURE_EXCHANGE_FEES_BY_SYMBOL
from rustybt.finance.order import Order, check_asset
from rustybt.finance.slippage import (
    DEFAULT_FUTURE_VOLUME_SLIPPAGE_BAR_LIMIT,
    FixedBasisPointsSlippage,
    VolatilityVolumeShare,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rustybt.assets import Asset
    from rustybt.finance.cancel_policy import CancelPolicy
    from rustybt.finance.commission import CommissionModel
    from rustybt.finance.execution import ExecutionStyle
    from rustybt.finance.slippage import SlippageModel
    from rustybt.finance.transaction import Transaction

__all__ = ["SimulationBlotter"]

_warnings = logging.getLogger("AlgoWarning")
_MOST_SHARES = 100_000_000_000


@register(Blotter, "default")
class SimulationBlotter(Blotter):
    """Open orders by asset, all orders by id, and those that are new since the list was emptied.

    Other assets than futures trade by the models of equities. Given to a run its models and its cancel policy are the run's,
    whose engine keeps the orders; of a subclass runs call batch_order and cancel.
    """

    def __init__(
        self,
        equity_slippage: SlippageModel | None=None,
        future_slippage: SlippageModel | None=None,
        equity_commission: CommissionModel | None=None,
        future_commission: CommissionModel | None=None,
        cancel_policy: CancelPolicy | None=None,
    ) -> None:
        super().__init__(cancel_policy=cancel_policy)
        self._open_orders: defaultdict[Asset, list[Order]] = defaultdict(list)
        self._orders: dict[Any, Order] = {}
        self.new_orders: list[Order] = []
        self.max_shares = _MOST_SHARES
        self._run = None
        self.slippage_models: dict[type, SlippageModel] = {
            Equity: equity_slippage or FixedBasisPointsSlippage(),
            Future: future_slippage or VolatilityVolumeShare(volume_limit=DEFAULT_FUTURE_VOLUME_SLIPPAGE_BAR_LIMIT),
        }
        self.commission_models: dict[type, CommissionModel] = {
            Equity: equity_commission or PerShare(),
            Future: future_commission
            or PerContract(cost=DEFAULT_PER_CONTRACT_COST, exchange_fee=FUTURE_EXCHANGE_FEES_BY_SYMBOL),
        }

    def __repr__(self) -> str:
        names = ("slippage_models", "commission_models", "open_orders", "orders", "new_orders", "current_dt")
        return f"{type(self).__name__}(\n    " + ",\n    ".join(f"{n}={getattr(self, n)}" for n in names) + ")"

    @property
    def open_orders(self) -> defaultdict[Asset, list[Order]]:
        """Open orders by asset, the oldest first; in a run those that its engine keeps, as they are now."""
        if self._is_in_run:
            return defaultdict(list, self._run.get_open_orders())
        return self._open_orders

    @property
    def orders(self) -> Mapping[Any, Order]:
        """All orders by id; in a run those that its engine keeps, as they are now."""
        if self._is_in_run:
            return _OrdersOfRun(self._run)
        return self._orders

    @property
    def _is_in_run(self):
        return self._run is not None and self._run._is_running

    def order(self, asset: Asset, amount: float, style: ExecutionStyle, order_id: Any = None) -> str | None:
        check_asset("blotter.simulation_blotter.order", asset)
        if self._is_in_run:
            return self._run.order(asset, amount, style=style)
        if amount == 0:
            return None
        if amount > self.max_shares:
            raise OverflowError(f"Can't order more than {self.max_shares} shares")
        is_buy = amount > 0
        order = Order(
            dt=self.current_dt,
            asset=asset,
            amount=amount,
            stop=style.get_stop_price(is_buy),
            limit=style.get_limit_price(is_buy),
            id=order_id,
        )
        self.open_orders[asset].append(order)
        self._orders[order.id] = order
        self.new_orders.append(order)
        return order.id

    def batch_order(self, order_arg_lists: Iterable[tuple[Any, ...]]) -> list[str | None]:
        if self._is_in_run:  # market orders: batch_market_order gives no others
            return self._run._batch_market_order([(asset, amount) for asset, amount, _ in order_arg_lists])
        return super().batch_order(order_arg_lists)

    def cancel(self, order_id: Any, relay_status: bool=True) -> None:
        if self._is_in_run:
            self._run._cancel_order(order_id)
            return
        order = self._orders.get(order_id)
        if order is None or not order.open:
            return
        self._take_out(order)
        order.cancel()
        self._touch(order, relay_status)

    def cancel_all_orders_for_asset(self, asset: Asset, warn: bool=False, relay_status: bool=True) -> None:
        for order in list(self.open_orders[asset]):
            self.cancel(order.id, relay_status)
            if warn:
                _warn(order)
        self.open_orders.pop(asset, None)

    def execute_cancel_policy(self, event: Any) -> None:
        self._outside_of_runs("execute_cancel_policy")
        if self.cancel_policy.should_cancel(event):
            for asset in list(self.open_orders):
                self.cancel_all_orders_for_asset(asset, self.cancel_policy.warn_on_cancel, relay_status=False)

    def execute_daily_cancel_policy(self, event: Any) -> None:
        """Of daily bars: cancel the first of several open orders of an asset (as Zipline does)."""
        self._outside_of_runs("execute_daily_cancel_policy")
        if self.cancel_policy.should_cancel(event):
            for orders in list(self.open_orders.values()):
                if len(orders) > 1:
                    order = orders[0]
                    self.cancel(order.id, relay_status=True)
                    if self.cancel_policy.warn_on_cancel:
                        _warn(order)

    def reject(self, order_id: Any, reason: str = "") -> None:
        self._outside_of_runs("reject")
        order = self._orders.get(order_id)
        if order is not None:
            self._take_out(order)
            order.reject(reason=reason)
            self._touch(order, relay_status=True)

    def hold(self, order_id: Any, reason: str = "") -> None:
        self._outside_of_runs("hold")
        order = self._orders.get(order_id)
        if order is not None and order.open:
            _remove(self.new_orders, order)
            order.hold(reason=reason)
            self._touch(order, relay_status=True)

    def process_splits(self, splits: Iterable[tuple[Asset, float]]) -> None:
        self._outside_of_runs("process_splits")
        for asset, ratio in splits:
            if asset not in self.open_orders:
                continue
            for order in self.open_orders[asset]:
                order.handle_split(ratio)
                if not order.open_amount:  # nothing is left to trade
                    _remove(self.new_orders, order)
            self.open_orders[asset] = [o for o in self.open_orders[asset] if o.open_amount]
            if not self.open_orders[asset]:
                del self.open_orders[asset]

    def get_transactions(self, bar_data: Any) -> tuple[list[Transaction], list[dict[str, Any]], list[Order]]:
        self._outside_of_runs("get_transactions")
        transactions, commissions, closed = [], [], []
        for asset, orders in self.open_orders.items():
            slippage, commission = _of_kind(self.slippage_models, asset), _of_kind(self.commission_models, asset)
            for order, transaction in slippage.simulate(bar_data, asset, orders):
                cost = commission.calculate(order, transaction)
                if cost > 0:
                    commissions.append({"asset": order.asset, "order": order, "cost": cost})
                order.filled += transaction.amount
                order.commission += cost
                order.dt = transaction.dt
                transactions.append(transaction)
                if not order.open:
                    closed.append(order)
        return transactions, commissions, closed

    def prune_orders(self, closed_orders: Iterable[Order]) -> None:
        self._outside_of_runs("prune_orders")
        for order in closed_orders:
            _remove(self.open_orders[order.asset], order)
        for asset in [asset for asset, orders in self.open_orders.items() if not orders]:
            del self.open_orders[asset]

    def _take_out(self, order):
        _remove(self.open_orders[order.asset], order)
        _remove(self.new_orders, order)

    def _touch(self, order, relay_status):
        order.dt = self.current_dt
        if relay_status:
            self.new_orders.append(order)

    def _outside_of_runs(self, name):
        if self._is_in_run:
            raise NotYetSupported(f"blotter.{name} in a run: its engine matches the orders and does this itself")

    # --- in a run -----------------------------------------------------------------------------------------------------

    @classmethod
    def _of_run(cls, context):
        """What shows the orders of a run that was given no blotter."""
        blotter = cls()
        blotter._run = context
        return blotter

    def _attach(self, context):
        """A run begins: its engine takes over the models and the cancel policy."""
        own = [name for name in _OF_THE_ENGINE if getattr(type(self), name) is not getattr(SimulationBlotter, name)]
        if own:
            raise NotYetSupported(
                f"{type(self).__name__}.{own[0]}: a run matches its orders in the engine and would never call it; write a "
                "SlippageModel, CommissionModel or CancelPolicy of your own instead"
            )
        if self._orders:
            raise ValueError("this blotter has orders already; give each run a new one")
        slippage, commission = self.slippage_models, self.commission_models
        context.set_slippage(us_equities=slippage[Equity], us_futures=slippage[Future])
        context.set_commission(us_equities=commission[Equity], us_futures=commission[Future])
        context.set_cancel_policy(self.cancel_policy)
        self._run = context
        context._blotter = context.blotter = self


class _OrdersOfRun(Mapping):
    """The orders of a run by id; their ids are the numbers from 1 on."""

    def __init__(self, context):
        self._context = context

    def __getitem__(self, order_id):
        order = self._context.get_order(order_id)
        if order is None:
            raise KeyError(order_id)
        return order

    def __iter__(self):
        ids = (f"{number:032x}" for number in itertools.count(1))
        return itertools.takewhile(lambda order_id: self._context.get_order(order_id) is not None, ids)

    def __len__(self):
        return sum(1 for _ in self)


#: methods that a run does not call
_OF_THE_ENGINE = (
    *("order", "cancel_all_orders_for_asset", "execute_cancel_policy", "execute_daily_cancel_policy"),
    *("reject", "hold", "process_splits", "get_transactions", "prune_orders", "set_date"),
)


def _of_kind(models, asset):
    return models[Future if isinstance(asset, Future) else Equity]


def _remove(orders, order):
    if order in orders:
        orders.remove(order)


def _warn(order):
    """That the end of the session has cancelled an order."""
    symbol, amount, filled = order.asset.symbol, order.amount, order.filled
    if filled:
        done = "purchased" if filled > 0 else "sold"
        _warnings.warning(
            f"Your order for {amount} shares of {symbol} has been partially filled. {abs(filled)} shares were successfully "
            f"{done}. {abs(amount - filled)} shares were not filled by the end of day and were canceled."
        )
    else:
        _warnings.warning(
            f"Your order for {amount} shares of {symbol} failed to fill by the end of day and was canceled."
        )
