"""The ledger without a run: cash, positions, returns. Every number comes from the native books that runs use.

    ledger = Ledger(sessions, 100_000.0, "daily")
    ledger.process_transaction(Transaction(asset, 100, sessions[0], 10.0, "order 1"))
    ledger.process_commission({"asset": asset, "cost": 1.0})
    ledger.portfolio.cash                                                    # 98999.0
"""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from rustybt import _core
from rustybt._dates import to_nanoseconds
from rustybt.assets import Asset
from rustybt.finance.position import Position
from rustybt.finance.transaction import Transaction

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    import pandas as pd

    from rustybt._types import Array, Frequency

__all__ = ["Ledger", "PositionStats", "PositionTracker"]


class PositionStats:
    """Sums over the positions: long_value, short_exposure, longs_count and so on; position_exposure_series by sid."""

    def __init__(self, sums: dict[str, float], exposures: Iterable[tuple[int, float]]) -> None:
        vars(self).update(sums)
        self._exposures = list(exposures)

    @property
    def position_exposure_array(self) -> np.ndarray:
        import numpy as np

        return np.array([exposure for _, exposure in self._exposures], dtype="float64")

    @property
    def position_exposure_series(self) -> pd.Series:
        import pandas as pd

        index = pd.Index([sid for sid, _ in self._exposures], dtype="int64")
        return pd.Series(self.position_exposure_array, index=index)


_SUMS = {
    *("long_value", "short_value", "net_value", "gross_value", "longs_count", "shorts_count"),
    *("long_exposure", "short_exposure", "net_exposure", "gross_exposure"),
}


class PositionTracker:
    """The positions held, by asset, and what dividends owe."""

    def __init__(self, data_frequency: Frequency, *, _books: Any = None) -> None:
        self._books = _core.Books(0) if _books is None else _books
        self.positions: dict[Asset, Any] = OrderedDict()
        self.data_frequency = data_frequency
        self._unpaid_dividends, self._unpaid_stock_dividends = {}, {}
        self._dirty_stats, self._stats = True, None

    def _position(self, asset):
        if asset not in self.positions:
            self.positions[asset] = Position(asset, _books=self._books)
        return self.positions[asset]

    def _drop_if_empty(self, asset):
        if self.positions[asset].amount == 0:
            del self.positions[asset]

    def update_position(
        self,
        asset: Asset,
        amount: float | None=None,
        last_sale_price: float | None=None,
        last_sale_date: Any = None,
        cost_basis: float | None=None,
    ) -> None:
        """Make a position what it is said to be; what is None stays."""
        self._dirty_stats = True
        self._position(asset)._set(amount, cost_basis, last_sale_price, last_sale_date)

    def execute_transaction(self, txn: Transaction) -> None:
        """Count a fill."""
        self._dirty_stats = True
        self._position(txn.asset).update(txn)
        self._drop_if_empty(txn.asset)

    def handle_commission(self, asset: Asset, cost: float) -> None:
        """Move the cost basis of what is held."""
        if asset in self.positions:
            self._dirty_stats = True
            self.positions[asset].adjust_commission_cost_basis(asset, cost)

    def handle_splits(self, splits: Iterable[tuple[Asset, float]]) -> float:
        """Adjust positions to (asset, ratio) pairs. Returns the cash for fractions."""
        cash = 0
        for asset, ratio in splits:
            if asset in self.positions:
                self._dirty_stats = True
                cash += self.positions[asset].handle_split(asset, ratio)
                self._drop_if_empty(asset)
        return cash

    def earn_dividends(self, cash_dividends: Iterable[Any], stock_dividends: Iterable[Any]) -> None:
        """Note what dividends owe for today's holdings until their pay dates."""
        for dividend in cash_dividends:
            self._dirty_stats = True
            owed = self.positions[dividend.asset].earn_dividend(dividend)
            self._unpaid_dividends.setdefault(dividend.pay_date, []).append(owed)
        for dividend in stock_dividends:
            self._dirty_stats = True
            owed = self.positions[dividend.asset].earn_stock_dividend(dividend)
            if owed["share_count"]:
                self._unpaid_stock_dividends.setdefault(dividend.pay_date, []).append(owed)

    def pay_dividends(self, next_trading_day: Any) -> float:
        """Hand out what is to be paid on a day: shares into the positions; returns the cash."""
        cash = sum((owed["amount"] for owed in self._unpaid_dividends.pop(next_trading_day, ())), 0.0)
        for owed in self._unpaid_stock_dividends.pop(next_trading_day, ()):
            self._dirty_stats = True
            asset = owed["payment_asset"]
            self._position(asset)
            self._books.receive_shares(asset, owed["share_count"])
        return cash

    def maybe_create_close_position_transaction(
        self, asset: Asset, dt: pd.Timestamp | None, data_portal: Any
    ) -> Transaction | None:
        """The fill that ends a position, at the last price there is; None without a position."""
        position = self.positions.get(asset)
        if position is None:
            return None
        price = data_portal.get_spot_value(asset, "price", dt, self.data_frequency)
        if math.isnan(price):
            price = position.last_sale_price
        return Transaction(asset=asset, amount=-position.amount, dt=dt, price=price, order_id=None)

    def get_positions(self) -> Positions:
        """The positions, as strategies see them: what is not held has an amount of 0."""
        return Positions(self.positions)

    def get_position_list(self) -> list[dict[str, Any]]:
        return [position.to_dict() for position in self.positions.values() if position.amount]

    def sync_last_sale_prices(
        self, dt: pd.Timestamp | None, data_portal: Any, handle_non_market_minutes: bool=False
    ) -> None:
        """Take the prices of now; of assets without one the last price stays."""
        self._dirty_stats = True
        if handle_non_market_minutes:
            before = data_portal.trading_calendar.previous_minute(dt)
            look_up, when = data_portal.get_adjusted_value, {"dt": before, "perspective_dt": dt}
        else:
            look_up, when = data_portal.get_scalar_asset_spot_value, {"dt": dt}
        for asset in self.positions:
            price = look_up(asset, field="price", data_frequency=self.data_frequency, **when)
            if not math.isnan(price):
                self._books.set_last_price(asset, price, to_nanoseconds(dt))

    @property
    def stats(self) -> PositionStats:
        """PositionStats of now, made anew only after a change."""
        if self._dirty_stats:
            sums = {name: value for name, value in self._books.figures().items() if name in _SUMS}
            exposures = ((asset.sid, self._books.exposure(asset)) for asset in self.positions)
            self._stats, self._dirty_stats = PositionStats(sums, exposures), False
        return self._stats


class Positions(dict[Any, Any]):
    """Positions by asset; an asset that is not held has an empty one."""

    def __missing__(self, key: Any) -> Position:
        if isinstance(key, Asset):
            return Position(key)
        raise ValueError(
            f"Position lookup expected a value of type Asset but got {type(key).__name__} instead"
        )


class _Frozen:
    """Named values that strategies read."""

    def __init__(self, **values: Any) -> None:
        vars(self).update(values)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"cannot mutate {type(self).__name__.lstrip('_')} objects")

    def __repr__(self) -> str:
        return f"{type(self).__name__.lstrip('_')}({vars(self)})"


class _Portfolio(_Frozen):
    @property
    def capital_used(self) -> float:
        return self.cash_flow

    @property
    def current_portfolio_weights(self) -> pd.Series:
        """Exposure of each position over the portfolio's value."""
        import pandas as pd

        exposures = {a: p.last_sale_price * p.amount * a.price_multiplier for a, p in self.positions.items()}
        return pd.Series(exposures, dtype=float) / self.portfolio_value


class _Account(_Frozen):
    pass


class Ledger:
    """Cash, positions and returns of the sessions; the orders and fills of the current one."""

    def __init__(self, trading_sessions: pd.DatetimeIndex, capital_base: float, data_frequency: Frequency) -> None:
        import numpy as np
        import pandas as pd

        self._books = _core.Books(capital_base)
        self._capital = capital_base
        self._start = trading_sessions[0] if len(trading_sessions) else None
        self.position_tracker: PositionTracker = PositionTracker(data_frequency, _books=self._books)
        self.daily_returns_array: Array = np.full(len(trading_sessions), np.nan)
        self.daily_returns_series: pd.Series = pd.Series(self.daily_returns_array.copy(), index=trading_sessions)
        self._previous_total_returns = 0.0
        self._account_overrides = {}
        self._transactions, self._orders_by_dt, self._orders = {}, {}, OrderedDict()

    # --- sessions -----------------------------------------------------------------------------------------------------

    @property
    def todays_returns(self) -> float:
        """Return since the start of the session."""
        return (self._books.figures()["returns"] + 1) / (self._previous_total_returns + 1) - 1

    def start_of_session(self, session_label: Any) -> None:
        """Forget the orders and fills of the session before."""
        for kept in (self._transactions, self._orders_by_dt, self._orders):
            kept.clear()
        self._previous_total_returns = self._books.figures()["returns"]

    def end_of_bar(self, session_ix: int) -> None:
        self.daily_returns_array[session_ix] = self.todays_returns

    def end_of_session(self, session_ix: int) -> None:
        self.daily_returns_array[session_ix] = self.daily_returns_series.iloc[session_ix] = self.todays_returns

    def sync_last_sale_prices(
        self, dt: pd.Timestamp | None, data_portal: Any, handle_non_market_minutes: bool=False
    ) -> None:
        self.position_tracker.sync_last_sale_prices(dt, data_portal, handle_non_market_minutes)

    # --- postings -----------------------------------------------------------------------------------------------------

    def process_transaction(self, transaction: Transaction) -> None:
        """Count a fill: cash, position and, of futures, the gain since the last price."""
        self.position_tracker.execute_transaction(transaction)
        self._transactions.setdefault(transaction.dt, []).append(transaction.to_dict())

    def process_splits(self, splits: Iterable[tuple[Asset, float]]) -> None:
        """Adjust positions to (asset, ratio) pairs; fractions of shares are paid in cash."""
        self.position_tracker.handle_splits(splits)

    def process_order(self, order: Any) -> None:
        """Remember an order for orders()."""
        of_dt = self._orders_by_dt.setdefault(order.dt, OrderedDict())
        for orders in (of_dt, self._orders):
            orders[order.id] = order
            orders.move_to_end(order.id)

    def process_commission(self, commission: Any) -> None:
        """Pay a commission: a mapping of asset and cost."""
        self.position_tracker._dirty_stats = True
        self._books.commission(commission["asset"], commission["cost"])

    def close_position(self, asset: Asset, dt: pd.Timestamp | None, data_portal: Any) -> None:
        """End a position at the last price."""
        transaction = self.position_tracker.maybe_create_close_position_transaction(asset, dt, data_portal)
        if transaction is not None:
            self.process_transaction(transaction)

    def process_dividends(self, next_session: Any, asset_finder: Any, adjustment_reader: Any) -> None:
        """Note the dividends with their ex-date on a session, and pay those whose pay date it is."""
        held = set(self.position_tracker.positions)
        if held:
            arguments = (held, next_session, asset_finder)
            self.position_tracker.earn_dividends(
                adjustment_reader.get_dividends_with_ex_date(*arguments),
                adjustment_reader.get_stock_dividends_with_ex_date(*arguments),
            )
        cash = self.position_tracker.pay_dividends(next_session)
        if cash:
            self._books.receive_dividend(cash)

    def capital_change(self, change_amount: float) -> None:
        """Cash that comes or goes without being profit."""
        self._books.capital_change(change_amount)

    # --- figures ------------------------------------------------------------------------------------------------------

    def transactions(self, dt: pd.Timestamp | None=None) -> list[dict[str, Any]]:
        """Fills of the session, or of one moment, as dicts."""
        if dt is not None:
            return self._transactions.get(dt, [])
        return [fill for of_dt in self._transactions.values() for fill in of_dt]

    def orders(self, dt: pd.Timestamp | None=None) -> list[dict[str, Any]]:
        """Orders of the session, or those last changed at one moment, as dicts."""
        orders = self._orders if dt is None else self._orders_by_dt.get(dt, {})
        return [order.to_dict() for order in orders.values()]

    @property
    def positions(self) -> Any:
        """A dict per position."""
        return self.position_tracker.get_position_list()

    @property
    def portfolio(self) -> Any:
        """Cash, value, profit and positions of now."""
        figures = self._books.figures()
        return _Portfolio(
            start_date=self._start,
            starting_cash=self._capital,
            positions=self.position_tracker.get_positions(),
            positions_value=figures["net_value"],
            positions_exposure=figures["net_exposure"],
            **{name: figures[name] for name in ("cash", "cash_flow", "portfolio_value", "pnl", "returns")},
        )

    def update_portfolio(self) -> None:
        """Bring the books up to the last prices."""
        self._books.figures()

    def calculate_period_stats(self) -> tuple[float, float, float]:
        """(portfolio value, gross leverage, net leverage)"""
        figures = self._books.figures()
        return figures["portfolio_value"], figures["gross_leverage"], figures["net_leverage"]

    def override_account_fields(self, **fields: Any) -> None:
        """Give fields of the account what a broker says of them; they replace the ones given before."""
        unknown = set(fields) - set(vars(self.account))
        if unknown:
            raise TypeError(f"override_account_fields() got an unexpected keyword argument {sorted(unknown)[0]!r}")
        self._account_overrides = fields

    @property
    def account(self) -> Any:
        """The trading account of now."""
        f = self._books.figures()
        cash, value = f["cash"], f["portfolio_value"]
        fields = {
            "settled_cash": cash,
            "accrued_interest": 0.0,
            "buying_power": math.inf,
            "equity_with_loan": value,
            "total_positions_value": value - cash,
            "total_positions_exposure": f["net_exposure"],
            "regt_equity": cash,
            "regt_margin": math.inf,
            "initial_margin_requirement": 0.0,
            "maintenance_margin_requirement": 0.0,
            "available_funds": cash,
            "excess_liquidity": cash,
            "cushion": cash / value if value else math.nan,
            "day_trades_remaining": math.inf,
            "leverage": f["gross_leverage"],
            "gross_leverage": f["gross_leverage"],
            "net_leverage": f["net_leverage"],
            "net_liquidation": value,
        }
        return _Account(**{**fields, **self._account_overrides})
