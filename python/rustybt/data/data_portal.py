"""Point-in-time questions to a bundle outside of a run, under Zipline's names.

    bundle = rustybt.data.bundles.load("mine")
    portal = DataPortal(bundle.asset_finder, calendar, first_day, equity_daily_reader=bundle.equity_daily_bar_reader)
    portal.get_history_window([asset], end, 20, "1d", "price", "daily")

A strategy asks `data`; there nothing later than the current bar can be seen. Here the caller names the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rustybt import _core, _preset
from rustybt._dates import to_days, to_nanoseconds
from rustybt.data.bar_reader import OHLCV, _CoreReader
from rustybt.errors import InvalidArgument, NotYetSupported

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from rustybt._types import Field, Frequency
    from rustybt.assets import Asset, AssetFinder
    from rustybt.utils.calendar_utils import TradingCalendar

__all__ = ["DataPortal", "HISTORY_FREQUENCIES", "OHLCV_FIELDS"]

OHLCV_FIELDS = frozenset(OHLCV)
HISTORY_FREQUENCIES = {"1m", "1d"}
_FIELDS = {name: i for i, name in enumerate((*OHLCV, "price"))}


class DataPortal:
    """Zipline's portal over the readers of one bundle; adjustments are the bundle's."""

    asset_finder: AssetFinder
    trading_calendar: TradingCalendar
    adjustment_reader: Any

    def __init__(
        self,
        asset_finder: AssetFinder,
        trading_calendar: TradingCalendar,
        first_trading_day: pd.Timestamp,
        equity_daily_reader: Any = None,
        equity_minute_reader: Any = None,
        future_daily_reader: Any = None,
        future_minute_reader: Any = None,
        adjustment_reader: Any = None,
        last_available_session: pd.Timestamp | None = None,
        last_available_minute: pd.Timestamp | None = None,
        minute_history_prefetch_length: int | None = None,
        daily_history_prefetch_length: int | None = None,
    ) -> None:
        readers = (equity_daily_reader, equity_minute_reader, future_daily_reader, future_minute_reader)
        bundles = []
        for reader in readers:
            if reader is None:
                continue
            if not isinstance(reader, _CoreReader):
                raise NotYetSupported(f"a portal over {type(reader).__name__} is not supported yet: pass readers of a bundle")
            if all(reader._bundle is not bundle for bundle in bundles):
                bundles.append(reader._bundle)
        if len(bundles) != 1:
            raise InvalidArgument(f"the readers of a portal come from one bundle, found {len(bundles)}")
        if trading_calendar.name != bundles[0].calendar_name:
            raise NotYetSupported(
                f"a portal on {trading_calendar.name} over a bundle on {bundles[0].calendar_name} is not supported yet: "
                f"use the bundle's calendar"
            )
        self.asset_finder, self.trading_calendar, self.adjustment_reader = asset_finder, trading_calendar, adjustment_reader
        self._first = first_trading_day
        self._bundle = bundles[0]
        self._prices = _core.Prices(bundles[0], _preset.default == "zipline")

    def get_spot_value(
        self, assets: Asset | Iterable[Asset], field: Field, dt: pd.Timestamp, data_frequency: Frequency
    ) -> Any:
        """Value of a field at dt: a session's label or a minute; for lists a list. Fields: OHLCV, price, last_traded."""
        if isinstance(assets, _core.Asset):
            return self.get_scalar_asset_spot_value(assets, field, dt, data_frequency)
        try:
            return [self.get_scalar_asset_spot_value(a, field, dt, data_frequency) for a in assets]
        except TypeError:
            if hasattr(assets, "__iter__"):
                raise
            raise TypeError(f"Unexpected 'assets' value of type {type(assets)}.") from None

    def get_scalar_asset_spot_value(
        self, asset: Asset, field: Field, dt: pd.Timestamp, data_frequency: Frequency
    ) -> Any:
        """get_spot_value of one asset."""
        if field == "last_traded":
            return self.get_last_traded_dt(asset, dt, data_frequency)
        if field not in _FIELDS:
            raise KeyError(f"Invalid column: {field}")
        minute = data_frequency == "minute"
        value = self._prices.spot(asset, _FIELDS[field], self._time(dt, minute), minute)
        return int(value) if field == "volume" and value.is_integer() else value

    def get_last_traded_dt(self, asset: Asset, dt: pd.Timestamp, data_frequency: Frequency) -> Any:
        """Time of the last bar with volume at or before dt; NaT when it never traded."""
        import pandas as pd

        minute = data_frequency == "minute"
        ns = self._prices.last_traded(asset, self._time(dt, minute), minute)
        if ns is None:
            return pd.NaT
        return pd.Timestamp(ns, tz="UTC") if minute else pd.Timestamp(ns)

    def get_adjustments(
        self, assets: Asset | Iterable[Asset], field: Field, dt: pd.Timestamp, perspective_dt: pd.Timestamp
    ) -> Any:
        """Products of the adjustments with dt < effective day <= perspective_dt, one per asset."""
        assets = [assets] if isinstance(assets, _core.Asset) else assets
        start, end = to_nanoseconds(dt), to_nanoseconds(perspective_dt)
        return [self._prices.ratio(asset, field == "volume", start, end) for asset in assets]

    def get_adjusted_value(
        self,
        asset: Asset,
        field: Field,
        dt: pd.Timestamp,
        perspective_dt: pd.Timestamp,
        data_frequency: Frequency,
        spot_value: float | None = None,
    ) -> Any:
        """Value of dt as it is seen from perspective_dt."""
        if spot_value is None:
            spot_value = self.get_spot_value(asset, field, dt, data_frequency)
        return spot_value * self.get_adjustments(asset, field, dt, perspective_dt)[0]

    def get_history_window(
        self,
        assets: Asset | Iterable[Asset],
        end_dt: pd.Timestamp,
        bar_count: int,
        frequency: str,
        field: Field,
        data_frequency: Frequency,
        ffill: bool = True,
        currency: str | None = None,
    ) -> Any:
        """Frame of the last bars up to end_dt, one column per asset, adjusted as of end_dt.

        frequency: 1d, 1m, and longer ones (5m, 1h, 1w, ...). Prices carry forward in the field `price` only; ffill=False gives its
        closes. currency: prices at the rate of their day.
        """
        import pandas as pd

        if field not in _FIELDS:
            raise ValueError(f"Invalid field: {field}")
        if bar_count < 1:
            raise ValueError(f"bar_count must be >= 1, but got {bar_count}")
        if frequency not in HISTORY_FREQUENCIES and not _core.bar_period(frequency):
            raise ValueError(f"Invalid frequency: {frequency}")
        assets = list(assets)
        minute = data_frequency == "minute" or _core.is_intraday(frequency)
        which = "close" if field == "price" and not ffill else field
        code = "" if currency is None else currency.upper()
        labels, values = self._prices.history(
            assets, _FIELDS[which], self._time(end_dt, minute), minute, int(bar_count), frequency, code
        )
        index = pd.DatetimeIndex(labels.view("M8[ns]"))
        if _core.is_intraday(frequency):
            index = index.tz_localize("UTC")
        return pd.DataFrame(values.T, index=index, columns=pd.Index(assets, dtype=object))

    def get_splits(self, assets: Asset | Iterable[Asset], dt: pd.Timestamp) -> list[tuple[Any, float]]:
        """(asset, ratio) of the splits of these assets that are effective on dt."""
        wanted = {int(asset) for asset in assets}
        return [(asset, ratio) for asset, ratio in self._prices.splits(to_days(dt)) if int(asset) in wanted]

    def get_stock_dividends(self, sid: int, trading_days: pd.DatetimeIndex) -> list[dict[str, Any]]:
        """Stock dividends of a sid with an ex-date after the first day and a pay date before the last one."""
        if len(trading_days) == 0:
            return []
        import pandas as pd

        def stamp(day):
            return pd.NaT if day is None else pd.Timestamp(day, unit="D")

        first, last = to_days(trading_days[0]), to_days(trading_days[-1])
        return [
            {"declared_date": stamp(declared), "ex_date": stamp(ex), "pay_date": stamp(pay), "payment_sid": payment,
             "ratio": ratio, "record_date": stamp(record), "sid": int(sid)}
            for ex, declared, record, pay, payment, ratio in self._prices.stock_dividends(int(sid))
            if ex > first and pay is not None and pay < last
        ]

    def contains(self, asset: Asset, field: Field) -> bool:
        """Is it a field that every asset has?"""
        return field in _FIELDS or field in ("last_traded", "sid", "contract")

    def _time(self, dt, minute):
        """Nanoseconds of a minute; of a session's label, or of a minute in it, its midnight."""
        if minute:
            return to_nanoseconds(dt)
        ns = to_nanoseconds(dt)
        midnight = ns - ns % 86_400_000_000_000
        return midnight if ns == midnight else to_nanoseconds(self.trading_calendar.minute_to_session(dt))
