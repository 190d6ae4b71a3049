"""Fixtures of readers, adjustments and the data portal; users take them from rustybt.testing.fixtures."""

from __future__ import annotations

import os
import sqlite3
from functools import cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from rustybt._protocol import BarData
from rustybt.assets import Equity, Future
from rustybt.data.adjustments import SQLiteAdjustmentReader, SQLiteAdjustmentWriter
from rustybt.data.bcolz_daily_bars import BcolzDailyBarReader, BcolzDailyBarWriter
from rustybt.data.bcolz_minute_bars import (
    FUTURES_MINUTES_PER_DAY,
    US_EQUITIES_MINUTES_PER_DAY,
    BcolzMinuteBarReader,
    BcolzMinuteBarWriter,
)
from rustybt.data.benchmarks import get_benchmark_returns_from_file
from rustybt.data.data_portal import DEFAULT_DAILY_HISTORY_PREFETCH, DEFAULT_MINUTE_HISTORY_PREFETCH, DataPortal
from rustybt.data.hdf5_daily_bars import HDF5DailyBarReader, HDF5DailyBarWriter, MultiCountryDailyBarReader
from rustybt.data.resample import MinuteResampleSessionBarReader
from rustybt.errors import FileNotFound
from rustybt.finance.asset_restrictions import NoRestrictions
from rustybt.testing.fixtures import (
    WithDefaultDateBounds,
    WithEquityDailyBarData,
    WithEquityMinuteBarData,
    WithFutureDailyBarData,
    WithFutureMinuteBarData,
    WithTmpDir,
    WithTradingCalendars,
)
from rustybt.utils.calendar_utils import register_calendar_alias
from rustybt.utils.classproperty import classproperty

if TYPE_CHECKING:
    from collections.abc import Callable

    from rustybt.finance.asset_restrictions import Restrictions

_BENCHMARK = "RUSTYBT_BENCHMARK_RETURNS"
#: the file that read_checked_in_benchmark_data reads; None while none is named
STATIC_BENCHMARK_PATH = os.environ.get(_BENCHMARK)

register_calendar_alias("TEST", "NYSE")  # the exchange of WithAssetFinder's equities


@cache
def read_checked_in_benchmark_data() -> pd.Series:
    """Daily returns for tests that name no benchmark: the CSV file (date,return) that RUSTYBT_BENCHMARK_RETURNS names."""
    if not STATIC_BENCHMARK_PATH:
        raise FileNotFound.with_hint(
            "no file of benchmark returns is named", f"set {_BENCHMARK} to a CSV file with the columns date and return"
        )
    return get_benchmark_returns_from_file(STATIC_BENCHMARK_PATH)


class WithBenchmarkReturns(WithDefaultDateBounds, WithTradingCalendars):
    """cls.BENCHMARK_RETURNS, which must cover START_DATE to END_DATE."""

    @classproperty
    def BENCHMARK_RETURNS(cls):
        returns = read_checked_in_benchmark_data()
        first, last = returns.index[0].date(), returns.index[-1].date()
        wanted = cls.START_DATE.date(), cls.END_DATE.date()
        if wanted[0] < first or wanted[1] > last:
            raise AssertionError(
                f"The benchmark returns go from {first} to {last}, the test from {wanted[0]} to {wanted[1]}: "
                f"change its dates, or the file that {_BENCHMARK} names"
            )
        return returns


class WithBcolzEquityDailyBarReader(WithEquityDailyBarData, WithTmpDir):
    """cls.bcolz_equity_daily_bar_reader over what make_equity_daily_bar_data gives."""

    BCOLZ_DAILY_BAR_PATH = "daily_equity_pricing.bcolz"
    BCOLZ_DAILY_BAR_READ_ALL_THRESHOLD = None
    EQUITY_DAILY_BAR_SOURCE_FROM_MINUTE = False
    INVALID_DATA_BEHAVIOR = "warn"
    _write_method_name = "write"

    @classproperty
    def BCOLZ_DAILY_BAR_COUNTRY_CODE(cls):
        return cls.EQUITY_DAILY_BAR_COUNTRY_CODES[0]

    @classmethod
    def make_bcolz_daily_bar_rootdir_path(cls) -> str:
        return cls.tmpdir.makedir(cls.BCOLZ_DAILY_BAR_PATH)

    @classmethod
    def init_class_fixtures(cls) -> None:
        super().init_class_fixtures()
        country = cls.BCOLZ_DAILY_BAR_COUNTRY_CODE
        data = cls.make_equity_daily_bar_data(
            country_code=country, sids=cls.asset_finder.equities_sids_for_country_code(country)
        )
        cls.bcolz_daily_bar_path = cls.make_bcolz_daily_bar_rootdir_path()
        cls.bcolz_daily_bar_ctable = _write_daily_bars(
            cls.bcolz_daily_bar_path,
            cls.trading_calendars[Equity],
            cls.equity_daily_bar_days,
            data,
            cls._write_method_name,
            cls.INVALID_DATA_BEHAVIOR,
        )
        cls.bcolz_equity_daily_bar_reader = _daily_reader(cls.bcolz_daily_bar_ctable, cls.BCOLZ_DAILY_BAR_READ_ALL_THRESHOLD)


class WithBcolzEquityDailyBarReaderFromCSVs(WithBcolzEquityDailyBarReader):
    """The same where make_equity_daily_bar_data gives {sid: path of a CSV file}."""

    _write_method_name = "write_csvs"


class WithWriteHDF5DailyBars(WithEquityDailyBarData, WithTmpDir):
    """cls.write_hdf5_daily_bars(path, country codes) writes what make_equity_daily_bar_data gives."""

    HDF5_DAILY_BAR_CHUNK_SIZE = 30

    @classmethod
    def write_hdf5_daily_bars(cls, path: str, country_codes: list[str]) -> str:
        """Bars and currencies of the assets of each country; returns the path."""
        writer = HDF5DailyBarWriter(path, cls.HDF5_DAILY_BAR_CHUNK_SIZE)
        for code in country_codes:
            sids = cls.asset_finder.equities_sids_for_country_code(code)
            bars = cls.make_equity_daily_bar_data(country_code=code, sids=sids)
            writer.write(code, bars, currency_codes=cls.make_equity_daily_bar_currency_codes(code, sids))
        return path


class WithHDF5EquityMultiCountryDailyBarReader(WithWriteHDF5DailyBars):
    """cls.hdf5_equity_daily_bar_reader over all EQUITY_DAILY_BAR_COUNTRY_CODES, and its parts by country."""

    HDF5_DAILY_BAR_PATH = "daily_equity_pricing.h5"

    @classproperty
    def HDF5_DAILY_BAR_COUNTRY_CODES(cls):
        return cls.EQUITY_DAILY_BAR_COUNTRY_CODES

    @classmethod
    def make_hdf5_daily_bar_path(cls) -> str:
        return cls.tmpdir.getpath(cls.HDF5_DAILY_BAR_PATH)

    @classmethod
    def init_class_fixtures(cls) -> None:
        super().init_class_fixtures()
        cls.hdf5_daily_bar_path = path = cls.make_hdf5_daily_bar_path()
        cls.write_hdf5_daily_bars(path, cls.HDF5_DAILY_BAR_COUNTRY_CODES)
        cls.single_country_hdf5_equity_daily_bar_readers = readers = {
            code: HDF5DailyBarReader(path, code) for code in cls.HDF5_DAILY_BAR_COUNTRY_CODES
        }
        cls.hdf5_equity_daily_bar_reader = MultiCountryDailyBarReader(readers)


class WithBcolzFutureDailyBarReader(WithFutureDailyBarData, WithTmpDir):
    """cls.bcolz_future_daily_bar_reader over what make_future_daily_bar_data gives."""

    BCOLZ_FUTURE_DAILY_BAR_PATH = "daily_future_pricing.bcolz"
    BCOLZ_FUTURE_DAILY_BAR_READ_ALL_THRESHOLD = None
    BCOLZ_FUTURE_DAILY_BAR_INVALID_DATA_BEHAVIOR = "warn"
    BCOLZ_FUTURE_DAILY_BAR_WRITE_METHOD_NAME = "write"
    FUTURE_DAILY_BAR_SOURCE_FROM_MINUTE = False

    @classmethod
    def make_bcolz_future_daily_bar_rootdir_path(cls) -> str:
        return cls.tmpdir.makedir(cls.BCOLZ_FUTURE_DAILY_BAR_PATH)

    @classmethod
    def init_class_fixtures(cls) -> None:
        super().init_class_fixtures()
        cls.future_bcolz_daily_bar_path = cls.make_bcolz_future_daily_bar_rootdir_path()
        cls.future_bcolz_daily_bar_ctable = _write_daily_bars(
            cls.future_bcolz_daily_bar_path,
            cls.trading_calendars[Future],
            cls.future_daily_bar_days,
            cls.make_future_daily_bar_data(),
            cls.BCOLZ_FUTURE_DAILY_BAR_WRITE_METHOD_NAME,
            cls.BCOLZ_FUTURE_DAILY_BAR_INVALID_DATA_BEHAVIOR,
        )
        cls.bcolz_future_daily_bar_reader = _daily_reader(
            cls.future_bcolz_daily_bar_ctable, cls.BCOLZ_FUTURE_DAILY_BAR_READ_ALL_THRESHOLD
        )


def _write_daily_bars(path, calendar, days, data, method, invalid_data_behavior):
    writer = BcolzDailyBarWriter(path, calendar, days[0], days[-1])
    return getattr(writer, method)(data, invalid_data_behavior=invalid_data_behavior)


def _daily_reader(table, threshold):
    return BcolzDailyBarReader(table) if threshold is None else BcolzDailyBarReader(table, threshold)


class WithBcolzEquityMinuteBarReader(WithEquityMinuteBarData, WithTmpDir):
    """cls.bcolz_equity_minute_bar_reader over what make_equity_minute_bar_data gives."""

    BCOLZ_EQUITY_MINUTE_BAR_PATH = "minute_equity_pricing"

    @classmethod
    def make_bcolz_equity_minute_bar_rootdir_path(cls) -> str:
        return cls.tmpdir.makedir(cls.BCOLZ_EQUITY_MINUTE_BAR_PATH)

    @classmethod
    def init_class_fixtures(cls) -> None:
        super().init_class_fixtures()
        cls.bcolz_equity_minute_bar_path = path = cls.make_bcolz_equity_minute_bar_rootdir_path()
        days = cls.equity_minute_bar_days
        writer = BcolzMinuteBarWriter(path, cls.trading_calendars[Equity], days[0], days[-1], US_EQUITIES_MINUTES_PER_DAY)
        writer.write(cls.make_equity_minute_bar_data())
        cls.bcolz_equity_minute_bar_reader = BcolzMinuteBarReader(path)


class WithBcolzFutureMinuteBarReader(WithFutureMinuteBarData, WithTmpDir):
    """cls.bcolz_future_minute_bar_reader over what make_future_minute_bar_data gives; OHLC_RATIOS_PER_SID as the writer's."""

    BCOLZ_FUTURE_MINUTE_BAR_PATH = "minute_future_pricing"
    OHLC_RATIOS_PER_SID = None

    @classmethod
    def make_bcolz_future_minute_bar_rootdir_path(cls) -> str:
        return cls.tmpdir.makedir(cls.BCOLZ_FUTURE_MINUTE_BAR_PATH)

    @classmethod
    def init_class_fixtures(cls) -> None:
        super().init_class_fixtures()
        cls.bcolz_future_minute_bar_path = path = cls.make_bcolz_future_minute_bar_rootdir_path()
        days = cls.future_minute_bar_days
        writer = BcolzMinuteBarWriter(
            path,
            cls.trading_calendars[Future],
            days[0],
            days[-1],
            FUTURES_MINUTES_PER_DAY,
            ohlc_ratios_per_sid=cls.OHLC_RATIOS_PER_SID,
        )
        writer.write(cls.make_future_minute_bar_data())
        cls.bcolz_future_minute_bar_reader = BcolzMinuteBarReader(path)


class WithAdjustmentReader(WithBcolzEquityDailyBarReader):
    """cls.adjustment_reader over what make_splits_data, make_mergers_data, make_dividends_data and make_stock_dividends_data give
    (frames, or None). make_adjustment_writer_equity_daily_bar_reader: closes for the ratios of dividends."""

    @classmethod
    def make_splits_data(cls) -> pd.DataFrame | None:
        return None

    @classmethod
    def make_mergers_data(cls) -> pd.DataFrame | None:
        return None

    @classmethod
    def make_dividends_data(cls) -> pd.DataFrame | None:
        return None

    @classmethod
    def make_stock_dividends_data(cls) -> pd.DataFrame | None:
        return None

    @classmethod
    def make_adjustment_writer(cls, conn: sqlite3.Connection) -> SQLiteAdjustmentWriter:
        return SQLiteAdjustmentWriter(conn, cls.make_adjustment_writer_equity_daily_bar_reader())

    @classmethod
    def make_adjustment_writer_equity_daily_bar_reader(cls) -> Any:
        return cls.bcolz_equity_daily_bar_reader

    @classmethod
    def make_adjustment_db_conn_str(cls) -> str:
        return ":memory:"

    @classmethod
    def init_class_fixtures(cls) -> None:
        super().init_class_fixtures()
        conn = sqlite3.connect(cls.make_adjustment_db_conn_str())
        cls.add_class_callback(conn.close)
        cls.make_adjustment_writer(conn).write(
            splits=cls.make_splits_data(),
            mergers=cls.make_mergers_data(),
            dividends=cls.make_dividends_data(),
            stock_dividends=cls.make_stock_dividends_data(),
        )
        cls.adjustment_reader = SQLiteAdjustmentReader(conn)


class WithDataPortal(WithAdjustmentReader, WithBcolzEquityMinuteBarReader, WithBcolzFutureMinuteBarReader):
    """self.data_portal, a new one for each test, over the readers of the class; make_data_portal makes another."""

    DATA_PORTAL_USE_DAILY_DATA = True
    DATA_PORTAL_USE_MINUTE_DATA = True
    DATA_PORTAL_USE_ADJUSTMENTS = True
    DATA_PORTAL_FIRST_TRADING_DAY = None
    DATA_PORTAL_LAST_AVAILABLE_SESSION = None
    DATA_PORTAL_LAST_AVAILABLE_MINUTE = None
    DATA_PORTAL_MINUTE_HISTORY_PREFETCH = DEFAULT_MINUTE_HISTORY_PREFETCH
    DATA_PORTAL_DAILY_HISTORY_PREFETCH = DEFAULT_DAILY_HISTORY_PREFETCH

    def make_data_portal(self) -> DataPortal:
        daily, minute = self.DATA_PORTAL_USE_DAILY_DATA, self.DATA_PORTAL_USE_MINUTE_DATA
        first = self.DATA_PORTAL_FIRST_TRADING_DAY
        if first is None and (minute or daily):
            first = (self.bcolz_equity_minute_bar_reader if minute else self.bcolz_equity_daily_bar_reader).first_trading_day
            self.DATA_PORTAL_FIRST_TRADING_DAY = first
        futures = self.bcolz_future_minute_bar_reader
        return DataPortal(
            self.asset_finder,
            self.trading_calendar,
            first_trading_day=first,
            equity_daily_reader=self.bcolz_equity_daily_bar_reader if daily else None,
            equity_minute_reader=self.bcolz_equity_minute_bar_reader if minute else None,
            future_daily_reader=MinuteResampleSessionBarReader(futures.trading_calendar, futures) if minute else None,
            future_minute_reader=futures if minute else None,
            adjustment_reader=self.adjustment_reader if self.DATA_PORTAL_USE_ADJUSTMENTS else None,
            last_available_session=self.DATA_PORTAL_LAST_AVAILABLE_SESSION,
            last_available_minute=self.DATA_PORTAL_LAST_AVAILABLE_MINUTE,
            minute_history_prefetch_length=self.DATA_PORTAL_MINUTE_HISTORY_PREFETCH,
            daily_history_prefetch_length=self.DATA_PORTAL_DAILY_HISTORY_PREFETCH,
        )

    def init_instance_fixtures(self) -> None:
        super().init_instance_fixtures()
        self.data_portal = self.make_data_portal()


class WithCreateBarData(WithDataPortal):
    """self.create_bardata(simulation_dt_func) makes a BarData over self.data_portal."""

    CREATE_BARDATA_DATA_FREQUENCY = "minute"

    def create_bardata(
        self, simulation_dt_func: Callable[[], pd.Timestamp], restrictions: Restrictions | None = None
    ) -> BarData:
        return BarData(
            self.data_portal,
            simulation_dt_func,
            self.CREATE_BARDATA_DATA_FREQUENCY,
            self.trading_calendar,
            restrictions or NoRestrictions(),
        )
