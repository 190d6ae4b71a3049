"""Point-in-time questions to bars outside of a run, under Zipline's names.

    portal = DataPortal(finder, calendar, first_day, equity_daily_reader=daily, equity_minute_reader=minute, adjustment_reader=actions)
    portal.get_history_window([asset], end, 20, "1d", "price", "daily")

A strategy asks `data`; there nothing later than the current bar can be seen. Here the caller names the time.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from rustybt import _core, _preset
from rustybt._dates import optional_days, to_days, to_nanoseconds
from rustybt.data.bar_reader import OHLCV

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from rustybt._types import Field, Frequency
    from rustybt.assets import Asset, AssetFinder, ContinuousFuture, Future
    from rustybt.finance.trading import SimulationParameters
    from rustybt.utils.calendar_utils import TradingCalendar

__all__ = ["DataPortal", "HISTORY_FREQUENCIES", "OHLCV_FIELDS", "OHLCVP_FIELDS"]

OHLCV_FIELDS = frozenset(OHLCV)
OHLCVP_FIELDS = OHLCV_FIELDS | {"price"}
BASE_FIELDS = OHLCVP_FIELDS | {"contract", "sid", "last_traded"}
HISTORY_FREQUENCIES = {"1m", "1d"}
DEFAULT_MINUTE_HISTORY_PREFETCH = 1560
DEFAULT_DAILY_HISTORY_PREFETCH = 40
_FIELDS = {name: i for i, name in enumerate((*OHLCV, "price"))}
_SIDS = -1
_PRICED = (_core.Asset, _core.ContinuousFuture)
_FUTURES = (_core.Future, _core.ContinuousFuture)


def _prices_of(bundle, first_day=None):
    zipline = _preset.default == "zipline"
    # readers have rounded prices already; a bundle keeps more digits than Zipline's files
    return _core.Prices(bundle, zipline, zipline and bundle.info["source"] != "bar readers", first_day)


class DataPortal:
    """Bars of readers (of any class with Zipline's interface) and the actions of an adjustment reader, as one market.

    Days come from the daily readers, minutes and the running day from the minute readers. first_trading_day: history reaches no
    further back. Readers of an open bundle bring its actions with them. What the readers have is taken over at the first question.
    The lengths of prefetches are accepted as Zipline's and not needed.
    """

    asset_finder: AssetFinder
    trading_calendar: TradingCalendar

    def __init__(
        self,
        asset_finder: AssetFinder,
        trading_calendar: TradingCalendar,
        first_trading_day: pd.Timestamp | None,
        equity_daily_reader: Any = None,
        equity_minute_reader: Any = None,
        future_daily_reader: Any = None,
        future_minute_reader: Any = None,
        adjustment_reader: Any = None,
        last_available_session: pd.Timestamp | None = None,
        last_available_minute: pd.Timestamp | None = None,
        minute_history_prefetch_length: int = DEFAULT_MINUTE_HISTORY_PREFETCH,
        daily_history_prefetch_length: int = DEFAULT_DAILY_HISTORY_PREFETCH,
    ) -> None:
        self.asset_finder, self.trading_calendar = asset_finder, trading_calendar
        self._adjustment_reader, self._first_trading_day = adjustment_reader, first_trading_day
        self._readers = equity_daily_reader, equity_minute_reader, future_daily_reader, future_minute_reader
        self._last_available_session, self._last_available_minute = last_available_session, last_available_minute
        self._augmented_sources_map, self._extra_source_df = {}, None

    @property
    def adjustment_reader(self) -> Any:
        return self._adjustment_reader

    @cached_property
    def _bundle(self):
        """All of it as an open bundle; a run on the portal reads this one."""
        from rustybt.data._reader_bundle import bundle_of_readers

        return bundle_of_readers(
            self.asset_finder, self.trading_calendar, self._first_trading_day, self._readers, self._adjustment_reader
        )

    def _bundle_over(self, first, last):
        """The bundle for a run from first to last; there may be sessions without any bar."""
        from rustybt.data._reader_bundle import bundle_of_readers

        bundle = self._bundle
        covered = [to_days(bundle.info[name]) for name in ("first_session", "last_session")]
        if bundle.info["source"] != "bar readers" or (covered[0] <= to_days(first) and to_days(last) <= covered[1]):
            return bundle
        begin = self._first_trading_day if self._first_trading_day is not None else first
        return bundle_of_readers(self.asset_finder, self.trading_calendar, begin, self._readers, self._adjustment_reader, last)

    @cached_property
    def _prices(self):
        first = None if self._first_trading_day is None else to_days(self._first_trading_day)
        return _prices_of(self._bundle, first)

    @cached_property
    def _prices_elsewhere(self):
        """(class of assets, prices on their own calendar) of minute readers on another one than the portal's."""
        from rustybt.data._reader_bundle import bundle_of_readers

        found = []
        for kind, place in ((_FUTURES, 2), (_core.Asset, 0)):
            minute = self._readers[place + 1]
            if minute is not None and minute.trading_calendar.name != self.trading_calendar.name:
                readers = [None] * 4
                readers[place + 1] = minute
                bundle = bundle_of_readers(self.asset_finder, minute.trading_calendar, None, readers, self._adjustment_reader)
                found.append((kind, _prices_of(bundle)))
            else:
                found.append((kind, None))
        return found

    def _prices_at(self, asset, dt, minute):
        """Where a single value is looked up: minutes that the portal's calendar lacks, on the calendar of the asset's reader."""
        if minute and not self.trading_calendar.is_open_on_minute(dt):
            for kind, prices in self._prices_elsewhere:
                if isinstance(asset, kind):
                    return prices or self._prices
        return self._prices

    # --- one value

    def get_spot_value(
        self, assets: Asset | ContinuousFuture | Iterable[Asset], field: Field, dt: pd.Timestamp, data_frequency: Frequency
    ) -> Any:
        """Value of a field at dt: a session's label or a minute; for lists a list. Fields: OHLCV, price, last_traded, contract."""
        if isinstance(assets, (*_PRICED, str, int)):
            return self.get_scalar_asset_spot_value(assets, field, dt, data_frequency)
        try:
            assets = list(assets)
        except TypeError:
            raise TypeError(f"Unexpected 'assets' value of type {type(assets)}.") from None
        return [self.get_scalar_asset_spot_value(a, field, dt, data_frequency) for a in assets]

    def get_scalar_asset_spot_value(self, asset: Asset, field: Field, dt: pd.Timestamp, data_frequency: Frequency) -> Any:
        """get_spot_value of one asset."""
        if self._is_extra_source(asset, field, self._augmented_sources_map):
            return self._get_fetcher_value(asset, field, dt)
        if field == "last_traded":
            return self.get_last_traded_dt(asset, dt, data_frequency)
        minute = data_frequency == "minute"
        time = self._time(dt, minute)
        if field in ("contract", "sid"):
            contract = asset
            if isinstance(asset, _core.ContinuousFuture):
                contract = self._prices.contract(asset, time, minute)
            elif field == "contract":
                return None
            return contract if field == "contract" or contract is None else contract.sid
        value = self._prices_at(asset, dt, minute).spot(asset, _FIELDS[field], time, minute)
        return int(value) if field == "volume" and value.is_integer() else value

    def get_last_traded_dt(self, asset: Asset, dt: pd.Timestamp, data_frequency: Frequency) -> Any:
        """Time of the last bar with volume at or before dt; NaT when it never traded."""
        import pandas as pd

        minute = data_frequency == "minute"
        ns = self._prices_at(asset, dt, minute).last_traded(asset, self._time(dt, minute), minute)
        if ns is None:
            return pd.NaT
        return pd.Timestamp(ns, tz="UTC") if minute else pd.Timestamp(ns)

    def get_adjustments(
        self, assets: Asset | Iterable[Asset], field: Field, dt: pd.Timestamp, perspective_dt: pd.Timestamp
    ) -> list[float]:
        """Products of the adjustments with dt < effective day <= perspective_dt, one per asset."""
        assets = [assets] if isinstance(assets, _PRICED) else assets
        start, end = to_nanoseconds(dt), to_nanoseconds(perspective_dt)
        return [self._prices.ratio(asset, field == "volume", start, end) for asset in assets]

    def get_adjusted_value(
        self,
        asset: Asset,
        field: Field,
        dt: pd.Timestamp,
        perspective_dt: pd.Timestamp,
        data_frequency: Frequency,
        spot_value: Any = None,
    ) -> Any:
        """Value of dt as it is seen from perspective_dt."""
        if spot_value is None:
            is_fetched = self._is_extra_source(asset, field, self._augmented_sources_map)
            spot_value = self.get_spot_value(asset, field, perspective_dt if is_fetched else dt, data_frequency)
        if not isinstance(asset, _core.Equity) or (field == "last_traded" and _preset.default != "zipline"):
            return spot_value
        return spot_value * self.get_adjustments(asset, field, dt, perspective_dt)[0]

    # --- windows

    def get_history_window(
        self,
        assets: Iterable[Asset],
        end_dt: pd.Timestamp,
        bar_count: int,
        frequency: str,
        field: Field,
        data_frequency: Frequency,
        ffill: bool = True,
        currency: str | None = None,
    ) -> pd.DataFrame:
        """Frame of the last bars up to end_dt, one column per asset, adjusted as of end_dt.

        frequency: 1d, 1m, and longer ones (5m, 1h, 1w, ...). Prices carry forward in the field `price` only; ffill=False gives its
        closes. currency: prices at the rate of their day. Field `sid`: contracts of continuous futures. Sids stand for assets.
        """
        import pandas as pd

        if field not in _FIELDS and field != "sid":
            raise ValueError(f"Invalid field: {field}")
        if bar_count < 1:
            raise ValueError(f"bar_count must be >= 1, but got {bar_count}")
        if frequency not in HISTORY_FREQUENCIES and not _core.bar_period(frequency):
            raise ValueError(f"Invalid frequency: {frequency}")
        assets = list(assets)
        priced = [a if isinstance(a, _PRICED) else self.asset_finder.retrieve_asset(int(a)) for a in assets]
        minute = data_frequency == "minute" or _core.is_intraday(frequency)
        which = "close" if field == "price" and not ffill else field
        code = "" if currency is None else currency.upper()
        labels, values = self._prices.history(
            priced, _FIELDS.get(which, _SIDS), self._time(end_dt, minute), minute, int(bar_count), frequency, code
        )
        index = pd.DatetimeIndex(labels.view("M8[ns]"))
        if _core.is_intraday(frequency):
            index = index.tz_localize("UTC")
        return pd.DataFrame(values.T, index=index, columns=pd.Index(assets, dtype=object))

    def _rate_to(self, asset, currency, dt, data_frequency):
        minute = data_frequency == "minute"
        return self._prices.rate_to(asset, currency, self._time(dt, minute), minute)

    # --- corporate actions and futures

    def get_splits(self, assets: Iterable[Asset], dt: pd.Timestamp) -> list[tuple[Asset, float]]:
        """(asset, ratio) of the splits of these assets that are effective on dt."""
        wanted = {int(asset) for asset in assets}
        return [(asset, ratio) for asset, ratio in self._prices.splits(to_days(dt)) if int(asset) in wanted] if wanted else []

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
            for ex, declared, record, pay, payment, ratio in self._stock_dividends_of(int(sid))
            if ex > first and pay is not None and pay < last
        ]

    def _stock_dividends_of(self, sid):
        """(ex, declared, record, pay, payment sid, ratio) with days as numbers; those of a reader also where the portal has no
        asset of the payment sid, which a run leaves out."""
        if not hasattr(self._adjustment_reader, "get_df_from_table"):
            return self._prices.stock_dividends(sid)
        table = self._adjustment_reader.get_df_from_table("stock_dividend_payouts", convert_dates=True)
        days = ("ex_date", "declared_date", "record_date", "pay_date")
        return [
            (*(optional_days(row[day]) for day in days), row["payment_sid"], row["ratio"])
            for row in table[table["sid"] == sid].to_dict("records")
        ]

    def get_current_future_chain(self, continuous_future: ContinuousFuture, dt: pd.Timestamp) -> list[Future]:
        """Contracts of a continuous future at dt, from its current one on."""
        return self._prices.chain(continuous_future, self._time(dt, False), False)

    # --- columns of other sources (fetch_csv)

    def handle_extra_source(self, source_df: pd.DataFrame | None, sim_params: SimulationParameters) -> None:
        """Take a frame with a column `sid` (assets, or names of what is none): each value holds from its day to the next one's."""
        if source_df is None:
            return
        import pandas as pd

        source_df.index = source_df.index.normalize().tz_localize(None)
        days = self.trading_calendar.sessions_in_range(sim_params.start_session, sim_params.end_session)
        frames = []
        for name, rows in source_df.groupby("sid"):
            rows = rows.groupby(level=0).last().reindex(index=days, method="ffill")
            for column in rows.columns.difference(["sid"]):
                self._augmented_sources_map.setdefault(column, {})[name] = rows
            frames.append(rows)
        self._extra_source_df = pd.concat(frames) if frames else pd.DataFrame()

    def get_fetcher_assets(self, dt: pd.Timestamp) -> list[Asset]:
        """Assets in the column `sid` of the extra source on the day of dt."""
        day = dt.normalize().tz_localize(None)
        if self._extra_source_df is None or day not in self._extra_source_df.index:
            return []
        return [asset for asset in self._extra_source_df.loc[[day], "sid"] if isinstance(asset, _core.Asset)]

    def contains(self, asset: Any, field: str) -> bool:
        """Is it a field that every asset has, or one of an extra source that has the asset?"""
        return field in BASE_FIELDS or asset in self._augmented_sources_map.get(field, ())

    @staticmethod
    def _is_extra_source(asset, field, map):
        return not (field in BASE_FIELDS and isinstance(asset, _PRICED))

    def _get_fetcher_value(self, asset, field, dt):
        if field not in BASE_FIELDS and field not in self._augmented_sources_map and _preset.default != "zipline":
            raise KeyError(f"Invalid column: {field}")  # quirk Q11: Zipline answers NaN
        try:
            return self._augmented_sources_map[field][asset].loc[dt.normalize().tz_localize(None), field]
        except KeyError:
            return float("nan")

    def _time(self, dt, minute):
        """Nanoseconds of a minute; the midnight of a session, of a session's minute, of the session after a day without one."""
        ns = to_nanoseconds(dt)
        if minute or (ns % 86_400_000_000_000 == 0 and self.trading_calendar.is_session(dt)):
            return ns
        return to_nanoseconds(self.trading_calendar.minute_to_session(dt))
