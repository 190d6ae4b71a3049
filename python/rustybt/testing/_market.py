"""Invented markets: bars of single assets, readers and data portals over them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from rustybt.data.bcolz_daily_bars import BcolzDailyBarReader, BcolzDailyBarWriter
from rustybt.data.bcolz_minute_bars import US_EQUITIES_MINUTES_PER_DAY, BcolzMinuteBarReader, BcolzMinuteBarWriter
from rustybt.data.data_portal import DataPortal
from rustybt.finance.blotter import SimulationBlotter
from rustybt.testing.core import create_daily_bar_data, create_minute_bar_data, tmp_dir
from rustybt.utils.calendar_utils import get_calendar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rustybt.assets import Asset, AssetFinder
    from rustybt.finance.trading import SimulationParameters
    from rustybt.utils.calendar_utils import TradingCalendar

_PRICES = {"open": 1, "high": 2, "low": -1, "close": 0}


# --- bars -------------------------------------------------------------------------------------------------------------


def create_minute_df_for_asset(
    trading_calendar: TradingCalendar,
    start_dt: Any,
    end_dt: Any,
    interval: int = 1,
    start_val: int = 1,
    minute_blacklist: Iterable[pd.Timestamp] | None = None,
) -> pd.DataFrame:
    """Bars whose close rises by one a minute from start_val; only every `interval`-th minute trades, those of the list do not."""
    minutes = trading_calendar.sessions_minutes(start_dt, end_dt)
    frame = _rising(np.arange(start_val, start_val + len(minutes)), minutes, interval)
    if minute_blacklist is not None:
        frame.loc[list(minute_blacklist)] = 0
    return frame


def create_daily_df_for_asset(trading_calendar: TradingCalendar, start_day: Any, end_day: Any, interval: int = 1) -> pd.DataFrame:
    """Bars whose close rises by one a session from 2; only every `interval`-th session trades."""
    days = trading_calendar.sessions_in_range(start_day, end_day)
    return _rising(np.arange(len(days)) + 2, days, interval)


def _rising(closes, times, interval):
    trades = (np.arange(len(times)) + 1) % interval == 0
    columns = {name: np.where(trades, closes + step, 0) for name, step in _PRICES.items()}
    return pd.DataFrame({**columns, "volume": 100 * np.where(trades, closes, 0)}, index=times)


def make_trade_data_for_asset_info(
    dates: pd.DatetimeIndex,
    asset_info: pd.DataFrame,
    price_start: float,
    price_step_by_date: float,
    price_step_by_sid: float,
    volume_start: int,
    volume_step_by_date: int,
    volume_step_by_sid: int,
) -> dict[int, pd.DataFrame]:
    """{sid: bars}: values rise with the date and with the sid; 0 before an asset's start and after its end."""
    trades = {}
    days = dates.normalize().tz_localize(None)
    for place, (sid, info) in enumerate(asset_info.iterrows()):
        lives = (days >= info["start_date"]) & (days <= info["end_date"])
        steps = np.arange(len(dates))
        price = np.where(lives, steps * float(price_step_by_date) + place * float(price_step_by_sid) + price_start, 0)
        volume = np.where(lives, steps * volume_step_by_date + place * volume_step_by_sid + volume_start, 0)
        trades[sid] = pd.DataFrame({**dict.fromkeys(_PRICES, price), "volume": volume}, index=dates)
    return trades


# --- readers and portals ----------------------------------------------------------------------------------------------


class MockDailyBarReader:
    """A reader of these sessions whose values are all 100."""

    def __init__(self, dates: Any) -> None:
        self.sessions: pd.DatetimeIndex = pd.DatetimeIndex(dates)

    def load_raw_arrays(self, columns: Any, start: pd.Timestamp, stop: pd.Timestamp, sids: Any) -> list[np.ndarray]:
        if start < self.sessions[0]:
            raise ValueError("start date is out of bounds for this reader")
        if stop > self.sessions[-1]:
            raise ValueError("stop date is out of bounds for this reader")
        rows = len(self.sessions[self.sessions.slice_indexer(start, stop)])
        return [np.full((rows, len(sids)), 100.0) for _ in columns]

    def get_value(self, col: Any, sid: Any, dt: Any) -> float:
        return 100.0


def write_bcolz_minute_data(trading_calendar: TradingCalendar, days: pd.DatetimeIndex, path: str, data: Any) -> None:
    """Minute bars of (sid, frame) pairs into a folder, for BcolzMinuteBarReader."""
    BcolzMinuteBarWriter(path, trading_calendar, days[0], days[-1], US_EQUITIES_MINUTES_PER_DAY).write(data)


def write_minute_data(trading_calendar: TradingCalendar, tempdir: tmp_dir, minutes: pd.DatetimeIndex, sids: Any) -> str:
    """Invented bars of these minutes; returns the folder."""
    days = trading_calendar.sessions_in_range(
        *(trading_calendar.minute_to_session(minute, direction="none") for minute in (minutes[0], minutes[-1]))
    )
    write_bcolz_minute_data(trading_calendar, days, tempdir.path, create_minute_bar_data(minutes, sids))
    return tempdir.path


def write_daily_data(
    tempdir: tmp_dir, sim_params: SimulationParameters, sids: Any, trading_calendar: TradingCalendar
) -> str:
    """Invented bars of the sessions of sim_params; returns the folder."""
    return _write_days(tempdir, sim_params, trading_calendar, create_daily_bar_data(sim_params.sessions, sids))


def _write_days(tempdir, sim_params, calendar, data):
    path = os.path.join(tempdir.path, "testdaily.bcolz")
    BcolzDailyBarWriter(path, calendar, sim_params.start_session, sim_params.end_session).write(data)
    return path


def create_data_portal(
    asset_finder: AssetFinder,
    tempdir: tmp_dir,
    sim_params: SimulationParameters,
    sids: Any,
    trading_calendar: TradingCalendar,
    adjustment_reader: Any = None,
) -> DataPortal:
    """A portal over invented bars, daily or by minute as sim_params say."""
    if sim_params.data_frequency == "daily":
        path = write_daily_data(tempdir, sim_params, sids, trading_calendar)
        return _portal(asset_finder, trading_calendar, adjustment_reader, equity_daily_reader=BcolzDailyBarReader(path))
    minutes = trading_calendar.minutes_in_range(sim_params.first_open, sim_params.last_close)
    path = write_minute_data(trading_calendar, tempdir, minutes, sids)
    return _portal(asset_finder, trading_calendar, adjustment_reader, equity_minute_reader=BcolzMinuteBarReader(path))


def create_data_portal_from_trade_history(
    asset_finder: AssetFinder,
    trading_calendar: TradingCalendar,
    tempdir: tmp_dir,
    sim_params: SimulationParameters,
    trades_by_sid: dict[int, Any],
) -> DataPortal:
    """A portal over trades with dt, open_price, high, low, close_price and volume: one a session, or at their minutes."""
    if sim_params.data_frequency == "daily":
        days = ((sid, _frame_of(list(trades), sim_params.sessions)) for sid, trades in trades_by_sid.items())
        path = _write_days(tempdir, sim_params, trading_calendar, days)
        return _portal(asset_finder, trading_calendar, None, equity_daily_reader=BcolzDailyBarReader(path))
    lists = {sid: list(trades) for sid, trades in trades_by_sid.items()}
    minutes = ((sid, _frame_of(trades, [trade.dt for trade in trades])) for sid, trades in lists.items())
    write_bcolz_minute_data(trading_calendar, sim_params.sessions, tempdir.path, minutes)
    return _portal(asset_finder, trading_calendar, None, equity_minute_reader=BcolzMinuteBarReader(tempdir.path))


def _frame_of(trades, times):
    names = {"open": "open_price", "high": "high", "low": "low", "close": "close_price", "volume": "volume"}
    columns = {ours: [getattr(trade, theirs) for trade in trades] for ours, theirs in names.items()}
    return pd.DataFrame(columns, index=pd.DatetimeIndex(times))


def _portal(asset_finder, trading_calendar, adjustment_reader, **readers):
    (reader,) = readers.values()
    return DataPortal(asset_finder, trading_calendar, reader.first_trading_day, adjustment_reader=adjustment_reader, **readers)


class _FlatReader:
    """The same bar in all sessions or minutes of an asset's life; flat(asset) is its (price, volume)."""

    def __init__(self, finder: AssetFinder, calendar: TradingCalendar, minutes: bool, flat: Callable[[Asset], tuple[float, float]]) -> None:
        self._flat = flat
        lives = [(asset.start_date, asset.end_date) for asset in finder.retrieve_all(finder.sids)]
        self.trading_calendar, self._finder = calendar, finder
        self.data_frequency = "minute" if minutes else "session"
        sessions = calendar.sessions_in_range(min(start for start, _ in lives), max(end for _, end in lives))
        self.first_trading_day = sessions[0]
        self.last_available_dt = calendar.session_close(sessions[-1]) if minutes else sessions[-1]

    def load_raw_arrays(self, columns: Any, start_date: Any, end_date: Any, assets: Any) -> list[Any]:
        minutes = self.data_frequency == "minute"
        times = (self.trading_calendar.minutes_in_range if minutes else self.trading_calendar.sessions_in_range)(start_date, end_date)
        days = times.tz_localize(None).normalize() if minutes else times
        prices, volumes = np.full((len(times), len(assets)), np.nan), np.zeros((len(times), len(assets)))
        for i, asset in enumerate(self._finder.retrieve_all(assets)):
            alive = (days >= asset.start_date) & (days <= asset.end_date)
            prices[alive, i], volumes[alive, i] = self._flat(asset)
        return [volumes if column == "volume" else prices for column in columns]


def _flat_readers(finder, calendar, flat):
    """For days and for minutes; None where there are no assets."""
    return [_FlatReader(finder, calendar, minutes, flat) if finder is not None and finder.sids else None for minutes in (False, True)]


class FakeDataPortal(DataPortal):
    """A portal where every price is 1 (in windows 100), every volume 100."""

    def __init__(
        self,
        asset_finder: AssetFinder,
        trading_calendar: TradingCalendar | None = None,
        first_trading_day: pd.Timestamp | None = None,
    ) -> None:
        calendar = trading_calendar or get_calendar("NYSE")
        readers = _flat_readers(asset_finder, calendar, lambda asset: (1.0, 100.0))
        super().__init__(asset_finder, calendar, first_trading_day, *readers)

    def get_spot_value(self, asset: Any, field: str, dt: Any, data_frequency: str) -> float:
        return 100 if field == "volume" else 1.0

    get_scalar_asset_spot_value: Any = get_spot_value

    def get_history_window(
        self, assets: Any, end_dt: Any, bar_count: int, frequency: str, field: str, data_frequency: str, ffill: bool = True
    ) -> pd.DataFrame:
        sessions = self.trading_calendar.sessions
        end = sessions.searchsorted(end_dt)
        frame = pd.DataFrame(100.0, index=sessions[end - bar_count + 1 : end + 1], columns=assets)
        if frequency == "1m" and not frame.empty:
            frame = frame.reindex(self.trading_calendar.sessions_minutes(frame.index[0], frame.index[-1]), method="ffill")
        return frame


class FetcherDataPortal(DataPortal):
    """A portal whose bars are the asset's sid, beside what comes from an extra source."""

    def __init__(
        self, asset_finder: AssetFinder, trading_calendar: TradingCalendar, first_trading_day: pd.Timestamp | None = None
    ) -> None:
        readers = _flat_readers(asset_finder, trading_calendar, lambda asset: (asset.sid, asset.sid))
        super().__init__(asset_finder, trading_calendar, first_trading_day, *readers)

    def get_spot_value(self, asset: Any, field: str, dt: Any, data_frequency: str) -> Any:
        if self._is_extra_source(asset, field, self._augmented_sources_map):
            return super().get_spot_value(asset, field, dt, data_frequency)
        return int(asset)


class _TmpBarReader(tmp_dir):
    """Bars in a folder for a `with` block, which gets their reader."""

    def __init__(self, cal: TradingCalendar, days: pd.DatetimeIndex, data: Any, path: str | None = None) -> None:
        super().__init__(path)
        self._market = cal, days, data

    def _write(self, calendar, days, data):
        raise NotImplementedError

    def __enter__(self) -> Any:
        try:
            return self._write(*self._market)
        except BaseException:
            self.cleanup()
            raise


class tmp_bcolz_equity_minute_bar_reader(_TmpBarReader):
    """BcolzMinuteBarReader over (sid, frame) pairs of these days, for a `with` block."""

    def _write(self, calendar, days, data):
        write_bcolz_minute_data(calendar, days, self.path, data)
        return BcolzMinuteBarReader(self.path)


class tmp_bcolz_equity_daily_bar_reader(_TmpBarReader):
    """BcolzDailyBarReader over (sid, frame) pairs of these days, for a `with` block."""

    def _write(self, calendar, days, data):
        return BcolzDailyBarReader(BcolzDailyBarWriter(self.path, calendar, days[0], days[-1]).write(data))


class RecordBatchBlotter(SimulationBlotter):
    """A blotter that keeps the arguments of each call of batch_order in `order_batch_called`."""

    def __init__(self) -> None:
        super().__init__()
        self.order_batch_called: list[Any] = []

    def batch_order(self, *args: Any, **kwargs: Any) -> list[str | None]:
        self.order_batch_called.append((args, kwargs))
        return super().batch_order(*args, **kwargs)
