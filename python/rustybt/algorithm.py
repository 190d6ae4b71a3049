"""TradingAlgorithm: the `context` of a strategy. Its methods are the functions of rustybt.api."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from rustybt import _core
from rustybt._class_form import ClassForm
from rustybt._dates import to_days
from rustybt._not_yet import raise_not_yet
from rustybt.finance.asset_restrictions import NoRestrictions

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable, Mapping

    import pandas as pd

    from rustybt._core import BarData
    from rustybt._types import Day
    from rustybt.assets import Asset, ContinuousFuture, Future
    from rustybt.finance.asset_restrictions import Restrictions
    from rustybt.finance.cancel_policy import CancelPolicy
    from rustybt.finance.commission import CommissionModel
    from rustybt.finance.controls import AccountControl, TradingControl
    from rustybt.finance.costs import BorrowCostModel, FundingModel, OvernightFinancingModel
    from rustybt.finance.execution import ExecutionStyle
    from rustybt.finance.latency import LatencyModel
    from rustybt.finance.margin import MarginModel
    from rustybt.finance.partial_fill import VolumeBasedFillModel
    from rustybt.finance.slippage import SlippageModel
    from rustybt.protocol import Order
    from rustybt.utils.events import EventRule

__all__ = ["TradingAlgorithm", "api_methods"]


class TradingAlgorithm(ClassForm):
    """What a strategy's functions are given as `context`: the calls of the API, and a place for attributes of its own.

    A strategy may also be a class of this one, with initialize, handle_data, before_trading_start and analyze as its methods; see
    ClassForm for what makes and runs it.
    """

    restrictions: Restrictions = NoRestrictions()

    # --- assets -------------------------------------------------------------------------------------------------------

    def symbols(self, *args: str, country_code: str | None = None) -> list[Asset]:
        """Assets of several symbols, as a list."""
        return [TradingAlgorithm.symbol(self, name, country_code=country_code) for name in args]

    def set_symbol_lookup_date(self, dt: Day) -> None:
        """The day as of which symbol() resolves names."""
        try:
            import pandas as pd

            stamp = pd.Timestamp(dt)
            days = to_days(stamp if stamp.tzinfo is None else stamp.tz_convert("UTC"))
        except (TypeError, ValueError):
            from rustybt.errors import UnsupportedDatetimeFormat

            raise UnsupportedDatetimeFormat(input=dt, method="set_symbol_lookup_date") from None
        if self._is_running:
            self._set_symbol_lookup_date(days)
        else:
            self._lookup_date = stamp

    def future_symbol(self, symbol: str) -> Future:
        """A futures contract by its symbol ("ESZ13")."""
        if not isinstance(symbol, str):
            raise TypeError(f"future_symbol() expected argument 'symbol' to be a string, but got {symbol!r} instead.")
        return self._future_symbol(symbol.upper())

    def continuous_future(
        self, root_symbol_str: str, offset: int = 0, roll: str = "volume", adjustment: str | None = "mul"
    ) -> ContinuousFuture:
        """A chain of futures contracts seen as one price: what data.current, data.current_chain and data.history take.

        offset: 0 is the active contract, 1 the one after it. roll: "calendar" (when a contract closes) or "volume" (when the
        next one trades more). adjustment of prices before a roll: "mul", "add" or None.

        oil = continuous_future("CL", offset=0, roll="volume", adjustment="mul")
        contract = data.current(oil, "contract")
        """
        return self._continuous_future(root_symbol_str.upper(), offset, roll, adjustment)

    # --- orders -------------------------------------------------------------------------------------------------------

    @staticmethod
    def round_order(amount: float) -> int:
        """Whole shares of an amount, towards zero; what is within 0.0001 of a whole number is that number."""
        from rustybt.utils.math_utils import round_if_near_integer

        return int(round_if_near_integer(amount))

    def batch_market_order(self, share_counts: pd.Series) -> list[str]:
        """Market orders for a Series of int64 share counts by asset; zeros are left out. Returns the ids."""
        import pandas as pd

        if not isinstance(share_counts, pd.Series):
            raise TypeError(
                "TradingAlgorithm.batch_market_order() expected a value of type Series for argument 'share_counts', "
                f"but got {type(share_counts).__name__} instead."
            )
        if share_counts.dtype != "int64":
            raise TypeError(
                "TradingAlgorithm.batch_market_order() expected a value with dtype 'int64' for argument "
                f"'share_counts', but got {share_counts.dtype.name!r} instead."
            )
        orders = [(asset, int(count)) for asset, count in share_counts.items() if count]
        blotter = self.__dict__.get("_blotter")
        if blotter is None:
            return self._batch_market_order(orders)
        from rustybt.finance.execution import MarketOrder

        return blotter.batch_order([(asset, count, MarketOrder()) for asset, count in orders])

    def order_bracket(
        self,
        asset: Asset,
        amount: float,
        stop_loss: float | ExecutionStyle,
        take_profit: float | ExecutionStyle,
        style: ExecutionStyle | None = None,
    ) -> list[str]:
        """An entry with two exits, of which only one ever fills; each exit is for what the entry has filled.

        stop_loss: a price, or a style (TrailingStopOrder(trail_percent=0.05)). take_profit: a price, or a style.
        Returns the ids of entry, stop loss and take profit; an empty list where no order was made.

        order_bracket(symbol("AAPL"), 100, stop_loss=95.0, take_profit=110.0, style=LimitOrder(100.0))
        """
        from rustybt.finance.execution import BracketOrder, MarketOrder

        legs = BracketOrder(style or MarketOrder(), stop_loss, take_profit)
        return self._order_bracket(asset, amount, legs.entry_style, legs.stop_loss_style, legs.take_profit_style)

    def order_oco(
        self, asset: Asset, amount: float, order1_style: ExecutionStyle, order2_style: ExecutionStyle
    ) -> list[str]:
        """Two orders of the same amount: the first fill of either cancels the other one. Returns both ids.

        order_oco(symbol("AAPL"), -100, LimitOrder(110.0), StopOrder(95.0))
        """
        return self._order_oco(asset, amount, order1_style, order2_style)

    def order_oto(
        self, asset: Asset, amount: float, style: ExecutionStyle, second_amount: float, second_style: ExecutionStyle
    ) -> list[str]:
        """Two orders: the second one starts when the first one is filled completely. Returns both ids.

        order_oto(symbol("AAPL"), 100, LimitOrder(100.0), -100, StopOrder(95.0))
        """
        return self._order_oto(asset, amount, style, second_amount, second_style)

    def modify_order(
        self,
        order_param: str | Order,
        amount: float | None = None,
        limit_price: float | None = None,
        stop_price: float | None = None,
    ) -> bool:
        """Change an open order, given its id or the order; what is None stays. Returns whether it was still open.

        modify_order(order_id, limit_price=99.5)
        """
        return self._modify_order(getattr(order_param, "id", order_param), amount, limit_price, stop_price)

    def cancel_order(self, order_param: str | Order) -> None:
        """Cancel an open order, given its id or the order."""
        order_id = getattr(order_param, "id", order_param)
        blotter = self.__dict__.get("_blotter")
        if blotter is None:
            self._cancel_order(order_id)
        else:
            blotter.cancel(order_id)

    def get_order(self, order_id: str) -> Order | None:
        """An order by its id; None when there is none."""
        fields = self._order(order_id)
        return None if fields is None else _make_order(fields)

    @overload
    def get_open_orders(self, asset: Asset) -> list[Order]: ...

    @overload
    def get_open_orders(self, asset: None = None) -> dict[Asset, list[Order]]: ...

    def get_open_orders(self, asset: Asset | None = None, **removed: Any) -> Any:
        """Open orders of an asset, oldest first; without asset a dict of such lists by asset."""
        if removed:
            if "sid" in removed:
                raise TypeError(
                    "Keyword argument `sid` is no longer supported for get_open_orders. Use `asset` instead."
                )
            raise TypeError(f"get_open_orders() got an unexpected keyword argument {next(iter(removed))!r}")
        if isinstance(asset, int):  # a sid equals its asset
            asset = self.sid(asset)
        orders = [_make_order(fields) for fields in self._open_orders(asset)]
        if asset is not None:
            return orders
        by_asset = {}
        for order in orders:
            by_asset.setdefault(order.sid, []).append(order)
        return by_asset

    # --- set-up -------------------------------------------------------------------------------------------------------

    def set_slippage(self, us_equities: SlippageModel | None = None, us_futures: SlippageModel | None = None) -> None:
        """Choose the slippage models of equities and of futures; only in initialize.

        set_slippage(us_futures=slippage.VolatilityVolumeShare(volume_limit=0.02))
        """
        self._set_model("slippage", us_equities, us_futures)

    def set_commission(
        self, us_equities: CommissionModel | None = None, us_futures: CommissionModel | None = None
    ) -> None:
        """Choose the commission models of equities and of futures; only in initialize.

        set_commission(us_futures=commission.PerContract(cost=0.85, exchange_fee=1.5))
        """
        self._set_model("commission", us_equities, us_futures)

    def _set_model(self, kind, equities, futures):
        from rustybt import errors
        from rustybt.assets import Equity, Future

        if self._initialized:
            raise (errors.SetSlippagePostInit if kind == "slippage" else errors.SetCommissionPostInit)()
        for asset_type, name, model, core in (
            (Equity, "equities", equities, f"_set_{kind}"),
            (Future, "futures", futures, f"_set_futures_{kind}"),
        ):
            if model is None:
                continue
            if not hasattr(model, "_core_parameters"):
                raise (errors.UnsupportedSlippageModel if kind == "slippage" else errors.UnsupportedCommissionModel)()
            if asset_type not in model.allowed_asset_types:
                error = errors.IncompatibleSlippageModel if kind == "slippage" else errors.IncompatibleCommissionModel
                raise error(asset_type=name, given_model=model, supported_asset_types=model.allowed_asset_types)
            getattr(self, core)(model)

    def set_latency(self, model: LatencyModel, seed: int = 0) -> None:
        """Let orders, cancels and changes of orders arrive only after a time; only in initialize.

        set_latency(latency.RandomLatency(network=(20, 50), broker=(1, 5), exchange=(0.1, 2)), seed=7)
        """
        self._set_latency(model._parts(), seed)

    def set_partial_fill(self, model: VolumeBasedFillModel) -> None:
        """Limit fills by the bar's volume, and let them move the price; only in initialize.

        set_partial_fill(partial_fill.VolumeBasedFillModel(fill_ratio="0.10", market_impact_factor="0.01"))
        """
        self._set_partial_fill(model.fill_ratio, model.market_impact_factor, model.timeout_bars)

    def set_margin(self, model: MarginModel | None = None, on_call: str = "warn") -> None:
        """Refuse orders that the account cannot carry; on a margin call "warn" or "liquidate"; only in initialize.

        set_margin(margin.RegTMargin(), on_call="liquidate")
        """
        from rustybt.finance import margin

        if on_call not in ("warn", "liquidate"):
            raise ValueError(f"on_call is 'warn' or 'liquidate', found {on_call!r}")
        model = model or margin.RegTMargin()
        self._set_margin(
            type(model).__name__, model.longs, model.shorts, model.futures, model.other_futures, on_call == "liquidate"
        )

    def set_borrow_cost(self, model: BorrowCostModel | None = None) -> None:
        """Pay for borrowing what is sold short; only in initialize.

        set_borrow_cost(costs.BorrowCostModel({"GME": "0.80"}, default_rate="0.003"))
        """
        from rustybt.finance import costs

        model = model or costs.BorrowCostModel()
        self._set_borrow_cost(model.default_rate, costs._core_rows(self, model._rows()), model.days_in_year)

    def set_financing(self, model: OvernightFinancingModel | None = None) -> None:
        """Pay for what positions are worth beyond the account's value; only in initialize.

        set_financing(costs.OvernightFinancingModel(equity=("0.05", "0")))
        """
        from rustybt.finance import costs

        model = model or costs.OvernightFinancingModel()
        rates = [list(model.equity), list(model.crypto), list(model.forex)]
        self._set_financing(rates, model.days_in_year, model._triple_day())

    def set_funding(self, model: FundingModel | None = None) -> None:
        """Pay (or receive) the funding of perpetuals; only in initialize.

        set_funding(costs.FundingModel("0.0001", interval_hours=8))
        """
        from rustybt.finance import costs

        model = model or costs.FundingModel()
        assets = [self.symbol(a) if isinstance(a, str) else a for a in model.assets]
        self._set_funding(model.rate, model.interval_hours, assets, costs._core_rows(self, model._rows()))

    def set_cancel_policy(self, cancel_policy: CancelPolicy) -> None:
        """Choose what happens to open orders at the end of a session; only in initialize."""
        from rustybt.errors import SetCancelPolicyPostInit, UnsupportedCancelPolicy
        from rustybt.finance.cancel_policy import CancelPolicy, EODCancel, NeverCancel

        if not isinstance(cancel_policy, CancelPolicy):
            raise UnsupportedCancelPolicy()
        if self._initialized:
            raise SetCancelPolicyPostInit()
        if type(cancel_policy).should_cancel in (EODCancel.should_cancel, NeverCancel.should_cancel):
            self._set_cancel_policy(isinstance(cancel_policy, EODCancel), bool(cancel_policy.warn_on_cancel))
        else:
            self._set_own_cancel_policy(cancel_policy)

    def set_benchmark(self, benchmark: Asset) -> None:
        """Compare with an asset, its dividends reinvested; only in initialize."""
        if self._initialized:
            from rustybt.errors import SetBenchmarkOutsideInitialize

            raise SetBenchmarkOutsideInitialize()
        self._set_benchmark(benchmark)

    def schedule_function(
        self,
        func: Callable[[Any, BarData], Any],
        date_rule: EventRule | None = None,
        time_rule: EventRule | None = None,
        half_days: bool = True,
        calendar: Any = None,
    ) -> None:
        """Call func(context, data) on the sessions of date_rule, at the minute of time_rule.

        schedule_function(rebalance, date_rules.month_start(), time_rules.market_open(minutes=30))
        """
        from rustybt.utils import events

        if isinstance(date_rule, events._MinuteOfSession) and not time_rule:
            import warnings

            warnings.warn(
                "Got a time rule for the second positional argument date_rule. You should use keyword argument "
                "time_rule= when calling schedule_function without specifying a date_rule",
                stacklevel=3,
            )
        daily = self.data_frequency == "daily"
        date_rule = date_rule or events.Always()
        time_rule = events.Always() if daily else time_rule or events.Always()
        if calendar is not None and calendar not in (events.calendars.US_EQUITIES, events.calendars.US_FUTURES):
            from rustybt.errors import ScheduleFunctionInvalidCalendar

            raise ScheduleFunctionInvalidCalendar(
                given_calendar=calendar, allowed_calendars="[calendars.US_EQUITIES, calendars.US_FUTURES]"
            )
        events.check_is_rule(date_rule)
        events.check_is_rule(time_rule)
        if isinstance(date_rule, events._MinuteOfSession):
            if daily:
                return  # a minute inside the session: the one bar at its close never is that
            date_rule, time_rule = events.Always(), date_rule
        name = None if calendar is None else calendar.calendar
        if self._is_running and date_rule._core is not None and time_rule._core is not None:
            self._schedule(func, *date_rule._core, *time_rule._core, bool(half_days), name)
            return
        from rustybt.utils.calendar_utils import get_calendar

        own = get_calendar(self._calendar_name()) if self._is_running else self.trading_calendar
        self.add_event(events.make_eventrule(date_rule, time_rule, own if name is None else get_calendar(name), half_days), func)

    def add_event(self, rule: EventRule, callback: Callable[[Any, BarData], Any]) -> None:
        """Call callback(context, data) on every bar that a rule of rustybt.utils.events means, after handle_data."""
        from rustybt.utils import events

        if not self._is_running:
            self.event_manager.add_event(events.Event(rule, callback))
            return

        def call(context, data):
            if rule.should_trigger(context._now()):
                callback(context, data)

        self._call_on_every_bar(call)

    # --- controls -----------------------------------------------------------------------------------------------------

    def register_trading_control(self, control: TradingControl) -> None:
        """Check a rustybt.finance.controls.TradingControl, built-in or your own, before each order; only in initialize."""
        if self.initialized:
            from rustybt.errors import RegisterTradingControlPostInit

            raise RegisterTradingControlPostInit()
        self._register_trading_control(control)
        self.trading_controls.append(control)

    def register_account_control(self, control: AccountControl) -> None:
        """Check a rustybt.finance.controls.AccountControl at the close of each session; only in initialize."""
        if self.initialized:
            from rustybt.errors import RegisterAccountControlPostInit

            raise RegisterAccountControlPostInit()
        self._register_account_control(control)
        self.account_controls.append(control)

    def set_max_position_size(
        self,
        asset: Asset | None = None,
        max_shares: float | None = None,
        max_notional: float | None = None,
        on_error: str = "fail",
    ) -> None:
        """Limit positions, of one asset or of each, in shares and in value; checked when an order would enlarge them.

        set_max_position_size(symbol("AAPL"), max_shares=100, max_notional=40_000.0)
        """
        self._add_control("MaxPositionSize", on_error, asset, max_shares, max_notional)

    def set_max_order_size(
        self,
        asset: Asset | None = None,
        max_shares: float | None = None,
        max_notional: float | None = None,
        on_error: str = "fail",
    ) -> None:
        """Limit single orders, of one asset or of each, in shares and in value.

        set_max_order_size(max_notional=17_000.0, on_error="log")
        """
        self._add_control("MaxOrderSize", on_error, asset, max_shares, max_notional)

    def set_max_order_count(self, max_count: int, on_error: str = "fail") -> None:
        """Limit the orders per day."""
        self._add_control("MaxOrderCount", on_error, max_count)

    def set_long_only(self, on_error: str = "fail") -> None:
        """Refuse orders that lead to short positions."""
        self._add_control("LongOnly", on_error)

    def _add_control(self, name, *arguments):
        from rustybt.finance import controls

        self.register_trading_control(getattr(controls, name)(*arguments))

    def set_do_not_order_list(self, restricted_list: Any, on_error: str = "fail") -> None:
        """Refuse orders of listed assets. Deprecated: use set_asset_restrictions(StaticRestrictions(assets))."""
        import warnings

        from rustybt.finance.asset_restrictions import SecurityListRestrictions, StaticRestrictions

        warnings.warn(
            "`set_do_not_order_list` is deprecated. Use `set_asset_restrictions(StaticRestrictions(assets))` instead.",
            category=DeprecationWarning,
            stacklevel=2,
        )
        changes = hasattr(restricted_list, "current_securities")
        restrictions = (SecurityListRestrictions if changes else StaticRestrictions)(restricted_list)
        self.set_asset_restrictions(restrictions, on_error)

    def set_asset_restrictions(self, restrictions: Restrictions, on_error: str = "fail") -> None:
        """Refuse orders of restricted assets; data.can_trade is False for them.

        set_asset_restrictions(StaticRestrictions([symbol("AAPL")]))
        """
        from rustybt.finance.asset_restrictions import Restrictions

        if not isinstance(restrictions, Restrictions):
            raise TypeError(
                "set_asset_restrictions() expected a value of type Restrictions for argument 'restrictions', but got "
                f"{type(restrictions).__name__} instead."
            )
        self._add_control("RestrictedListOrder", on_error, restrictions)
        self._add_restrictions(restrictions)
        self.restrictions |= restrictions

    def set_max_leverage(self, max_leverage: float) -> None:
        """Limit the gross leverage at the close of each session."""
        from rustybt.finance.controls import MaxLeverage

        self.register_account_control(MaxLeverage(max_leverage))

    def set_min_leverage(self, min_leverage: float, grace_period: datetime.timedelta) -> None:
        """Require a gross leverage at the close of each session, after a time of grace from the first session on.

        set_min_leverage(0.95, pd.Timedelta(days=20))
        """
        from rustybt.finance.controls import MinLeverage

        self.register_account_control(MinLeverage(min_leverage, self._start_session + grace_period))

    # --- capital changes ----------------------------------------------------------------------------------------------

    @property
    def capital_changes(self) -> Any:
        """Cash that comes or goes, by moment; may be set and changed at any time.

        context.capital_changes = {pd.Timestamp("2013-05-08", tz="UTC"): {"type": "delta", "value": 25_000.0}}
        context.capital_changes[pd.Timestamp("2013-05-15", tz="UTC")] = {"type": "target", "value": 100_000.0}
        """
        from rustybt._capital_changes import CapitalChanges

        return self.__dict__.setdefault("_capital_changes", CapitalChanges(self))

    @capital_changes.setter
    def capital_changes(self, changes: Mapping[Any, Mapping[str, Any]] | None) -> Any:
        from rustybt._capital_changes import CapitalChanges

        self.capital_changes.clear()
        self._capital_changes = CapitalChanges(self, changes)

    @property
    def capital_change_deltas(self) -> dict[pd.Timestamp, float]:
        """Cash that capital changes have brought so far, by moment."""
        import pandas as pd

        done = self._done_capital_changes() if self._is_running else self.__dict__.get("_capital_changes_done", ())
        return {pd.Timestamp(ns, unit="ns", tz="UTC"): delta for ns, _, delta in done}

    @property
    def metrics_tracker(self) -> Any:
        """The books of the run as metrics see them: portfolio, account, positions."""
        from rustybt.finance.metrics._run import RunView

        tracker = self.__dict__.get("_metrics_view")
        if tracker is None:
            tracker = self.__dict__["_metrics_view"] = RunView(self)
        return tracker

    # --- state --------------------------------------------------------------------------------------------------------

    def get_datetime(self, tz: str | datetime.tzinfo | None = None) -> datetime.datetime:
        """Now, UTC or in the time zone asked for."""
        if self._zipline and not self._initialized:  # the original's clock has no zone before the first session
            raise AssertionError("Algorithm should have a timezone.utc datetime, None")
        now = self._now()
        return now if tz is None else now.astimezone(_zone(tz))

    def get_environment(self, field: str = "platform") -> Any:
        """arena, data_frequency, start, end, capital_base or platform of this run; "*" for all in a dict."""
        values = self._environment()
        if field == "*":
            return values
        if field not in values:
            raise ValueError(f"{field!r} is not a valid field for get_environment")
        return values[field]

    # --- columns of other sources -------------------------------------------------------------------------------------

    _extra_columns: Any = None

    def fetch_csv(
        self,
        url: str,
        pre_func: Callable[[pd.DataFrame], pd.DataFrame] | None = None,
        post_func: Callable[[pd.DataFrame], pd.DataFrame] | None = None,
        date_column: str = "date",
        date_format: str | None = None,
        timezone: Any = "UTC",
        symbol: str | None = None,
        mask: bool = True,
        symbol_column: str | None = None,
        special_params_checker: Callable[[str], tuple[str, Any]] | None = None,
        country_code: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """Read a CSV file whose columns data.current then gives, each row from the session on that follows its time.

        url: an http address, a path or a file:// address. Rows are about the assets of the column symbol_column ("symbol"), or all
        of them about `symbol`: data.current("VIX", "close"). pre_func changes the frame as read, post_func as it is kept. timezone:
        of the times in date_column. Rows of unknown symbols are left out; mask is accepted as Zipline's. country_code: which of
        several assets of a symbol is meant. Other keywords are those of pandas.read_csv, or params, headers, auth and cert of
        requests.get. data.fetcher_assets: the assets with a row on the day of now.

        fetch_csv("signals.csv", date_column="day")
        score = data.current(context.asset, "score")
        """
        from rustybt.sources.requests_csv import fetch_into_run

        return fetch_into_run(
            self,
            url,
            pre_func,
            post_func,
            date_column,
            date_format,
            timezone,
            symbol,
            symbol_column,
            country_code,
            special_params_checker=special_params_checker,
            **kwargs,
        )

    # --- parts that are not built yet ---------------------------------------------------------------------------------

    def attach_pipeline(self, pipeline: Any, name: str, chunks: Any = None, eager: bool = True) -> Any:
        """Compute a pipeline during the run."""
        raise_not_yet("attach_pipeline")

    def pipeline_output(self, name: str) -> pd.DataFrame:
        """Today's rows of an attached pipeline; as none can be attached yet, every name is unknown."""
        from rustybt import errors

        if not self._initialized:
            raise errors.PipelineOutputDuringInitialize()
        raise errors.NoSuchPipeline(name=name, valid=[])


api_methods: tuple[str, ...] = (
    "order",
    "order_value",
    "order_percent",
    "order_target",
    "order_target_value",
    "order_target_percent",
    "batch_market_order",
    "order_bracket",
    "order_oco",
    "order_oto",
    "modify_order",
    "cancel_order",
    "get_order",
    "get_open_orders",
    "schedule_function",
    "record",
    "set_benchmark",
    "set_slippage",
    "set_commission",
    "set_latency",
    "set_margin",
    "set_partial_fill",
    "set_borrow_cost",
    "set_financing",
    "set_funding",
    "set_cancel_policy",
    "set_symbol_lookup_date",
    "symbol",
    "symbols",
    "sid",
    "future_symbol",
    "continuous_future",
    "get_datetime",
    "get_environment",
    "fetch_csv",
    "attach_pipeline",
    "pipeline_output",
    "set_max_position_size",
    "set_max_order_size",
    "set_max_order_count",
    "set_long_only",
    "set_do_not_order_list",
    "set_asset_restrictions",
    "set_max_leverage",
    "set_min_leverage",
)


def _make_order(fields):
    from rustybt.protocol import _order

    return _order(fields)


def _zone(tz):
    if isinstance(tz, str):
        import zoneinfo

        return zoneinfo.ZoneInfo(tz)
    return tz
