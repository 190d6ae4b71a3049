"""A strategy as a typed user writes it: `make types` holds it to strict rules, test_stubs runs it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from rustybt import Result, TradingAlgorithm, run_algorithm
from rustybt.api import (
    date_rules,
    get_open_orders,
    order,
    order_target_percent,
    record,
    schedule_function,
    set_commission,
    set_slippage,
    symbol,
    symbols,
    time_rules,
)
from rustybt.assets import Asset
from rustybt.data import bundles
from rustybt.errors import SymbolNotFound
from rustybt.finance import commission, slippage
from rustybt.finance.commission import CommissionModel
from rustybt.finance.execution import LimitOrder
from rustybt.finance.order import Order
from rustybt.finance.slippage import SlippageModel
from rustybt.finance.transaction import Transaction
from rustybt.protocol import BarData


class TenCents(CommissionModel):
    def calculate(self, order: Order, transaction: Transaction) -> float:
        return 0.10 if order.commission == 0 else 0.0


class HalfAndHalf(SlippageModel):
    def process_order(self, data: BarData, order: Order) -> tuple[float | None, float | None]:
        return data.current(order.asset, "close"), order.open_amount // 2


def initialize(context: TradingAlgorithm) -> None:
    context.assets = symbols("AAA", "BBB")
    set_slippage(us_equities=HalfAndHalf(), us_futures=slippage.VolatilityVolumeShare(volume_limit=0.05))
    set_commission(TenCents(), commission.PerContract(cost=0.85, exchange_fee=1.5))
    schedule_function(rebalance, date_rules.month_start(), time_rules.market_open(minutes=30))
    try:
        symbol("ZZZ")
    except SymbolNotFound as error:
        print(error.code, error.hint)


def rebalance(context: TradingAlgorithm, data: BarData) -> None:
    assets: list[Asset] = context.assets
    for asset in assets:
        if data.can_trade(asset) and not get_open_orders(asset):
            order_target_percent(asset, 0.5)


def handle_data(context: TradingAlgorithm, data: BarData) -> None:
    asset = symbol("AAA")
    price = data.current(asset, "price")
    mean = data.mean(asset, "close", 5)
    closes = data.history(asset, "close", 5, "1d")
    fast = data.window(asset, "close", 5).mean()
    position = context.portfolio.positions[asset]
    if price > mean and position.amount == 0:
        identity = order(asset, 10, style=LimitOrder(price * 0.99))
        if identity is not None:
            record(price=price, fast=fast, first=closes.iloc[0], value=context.portfolio.portfolio_value)


def run(bundle: str) -> Result:
    """A run of it."""
    return run_algorithm(
        start="2020-01-10",
        end="2020-01-17",
        initialize=initialize,
        handle_data=handle_data,
        capital_base=100_000,
        bundle=bundle,
    )


def figures(result: Result) -> tuple[float, int]:
    """Ending value, and orders."""
    ending: float = result.perf["portfolio_value"].iloc[-1]
    return ending, len(result.table("orders"))


def write(name: str, closes: list[float], root: Path) -> dict[str, Any]:
    """A bundle of one asset; its info."""
    days = pd.date_range("2020-01-02", periods=len(closes), freq="B")
    frame = pd.DataFrame({field: closes for field in ("open", "high", "low", "close")}, index=days)
    return bundles.write_frames(name, {"AAA": frame.assign(volume=1000)}, calendar="XNYS", root=root)
