"""Parts of test cases: each mixin makes one thing (a calendar, assets, invented bars) before the tests and removes it after.

    class MyTest(WithAssetFinder, ZiplineTestCase):
        ASSET_FINDER_EQUITY_SIDS = 1, 2

        def test_them(self):
            assert self.asset_finder.retrieve_asset(2).symbol == "B"
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any
from unittest import TestCase

import numpy as np
import pandas as pd

from rustybt.assets import Equity, Future
from rustybt.assets.continuous_futures import CHAIN_PREDICATES
from rustybt.assets.synthetic import make_simple_equity_info
from rustybt.data.resample import minute_frame_to_session_frame
from rustybt.finance.trading import SimulationParameters
from rustybt.testing.core import create_daily_bar_data, create_minute_bar_data, tmp_asset_finder, tmp_dir
from rustybt.utils.calendar_utils import get_calendar
from rustybt.utils.classproperty import classproperty

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager

    from rustybt.assets import AssetFinder


class ZiplineTestCase(TestCase):
    """A test case of mixins. They extend init_class_fixtures (once for the class) and init_instance_fixtures (for each test),
    calling super(), and register what must be undone with enter_class_context, enter_instance_context and the callbacks."""

    _in_setup = False

    @classmethod
    def setUpClass(cls) -> None:
        cls._own_attributes = set(vars(cls))
        cls._class_teardown_stack = ExitStack()
        cls._is_initialized = False
        try:
            cls.init_class_fixtures()
            assert cls._is_initialized, (
                "ZiplineTestCase.init_class_fixtures() was not called: an init_class_fixtures does not call super()"
            )
        except BaseException:
            cls.tearDownClass()
            raise

    @classmethod
    def init_class_fixtures(cls) -> None:
        if cls._in_setup:
            raise ValueError("init_class_fixtures was called from init_instance_fixtures")
        cls._is_initialized = True

    @classmethod
    def tearDownClass(cls) -> None:
        stack = cls._class_teardown_stack
        for name in set(vars(cls)) - cls._own_attributes:  # frees what the tests made
            delattr(cls, name)
        stack.close()

    @classmethod
    def enter_class_context(cls, context_manager: AbstractContextManager[Any]) -> Any:
        """Enter a context manager that is left after the last test of the class."""
        if cls._in_setup:
            raise ValueError("enter_class_context in init_instance_fixtures: use enter_instance_context")
        return cls._class_teardown_stack.enter_context(context_manager)

    @classmethod
    def add_class_callback(cls, callback: Callable[[], Any], *args: Any, **kwargs: Any) -> Any:
        """Call something after the last test of the class."""
        if cls._in_setup:
            raise ValueError("add_class_callback in init_instance_fixtures: use add_instance_callback")
        return cls._class_teardown_stack.callback(callback, *args, **kwargs)

    def setUp(self) -> None:
        type(self)._in_setup = True
        self._attributes_before = set(vars(self))
        self._instance_teardown_stack = ExitStack()
        self._is_set_up = False
        try:
            self.init_instance_fixtures()
            assert self._is_set_up, (
                "ZiplineTestCase.init_instance_fixtures() was not called: an init_instance_fixtures does not call super()"
            )
        except BaseException:
            self.tearDown()
            raise
        finally:
            type(self)._in_setup = False

    def init_instance_fixtures(self) -> None:
        self._is_set_up = True

    def tearDown(self) -> None:
        stack = self._instance_teardown_stack
        for name in set(vars(self)) - self._attributes_before:
            delattr(self, name)
        stack.close()

    def enter_instance_context(self, context_manager: AbstractContextManager[Any]) -> Any:
        """Enter a context manager that is left after the test."""
        return self._instance_teardown_stack.enter_context(context_manager)

    def add_instance_callback(self, callback: Callable[[], Any], *args: Any, **kwargs: Any) -> Any:
        """Call something after the test."""
        return self._instance_teardown_stack.callback(callback, *args, **kwargs)


def alias(attr_name: str) -> Any:
    """A class attribute that is another one unless it is set."""
    return classproperty(lambda cls: getattr(cls, attr_name))


class WithDefaultDateBounds:
    """START_DATE and END_DATE, which other fixtures take as their default."""

    START_DATE = pd.Timestamp("2006-01-03")
    END_DATE = pd.Timestamp("2006-12-29")


class WithTmpDir:
    """cls.tmpdir, a folder for the class."""

    tmpdir: Any

    TMP_DIR_PATH = None

    @classmethod
    def init_class_fixtures(cls) -> None:
        super().init_class_fixtures()
        cls.tmpdir = cls.enter_class_context(tmp_dir(path=cls.TMP_DIR_PATH))


class WithInstanceTmpDir:
    """self.instance_tmpdir, a folder for each test."""

    INSTANCE_TMP_DIR_PATH = None

    def init_instance_fixtures(self) -> None:
        super().init_instance_fixtures()
        self.instance_tmpdir: Any = self.enter_instance_context(tmp_dir(path=self.INSTANCE_TMP_DIR_PATH))


class WithResponses:
    """self.responses answers what the test asks of http addresses (package responses): self.responses.add(...)."""

    responses: Any

    def init_instance_fixtures(self) -> None:
        super().init_instance_fixtures()
        import responses

        self.responses = self.enter_instance_context(responses.RequestsMock())


class WithSeededRandomState:
    """self.rand, a numpy RandomState of RANDOM_SEED, fresh for each test."""

    RANDOM_SEED = sum(map(ord, "reminiscent"))

    def init_instance_fixtures(self) -> None:
        super().init_instance_fixtures()
        self.rand: np.random.RandomState = np.random.RandomState(self.RANDOM_SEED)


class WithTradingCalendars:
    """cls.trading_calendars by name and by type of asset, cls.trading_calendar (the primary one), cls.nyse_calendar and so on."""

    trading_calendars: dict[Any, Any]
    trading_calendar: Any

    TRADING_CALENDAR_STRS = ("NYSE",)
    TRADING_CALENDAR_FOR_ASSET_TYPE = {Equity: "NYSE", Future: "us_futures"}
    TRADING_CALENDAR_PRIMARY_CAL = "NYSE"

    @classmethod
    def init_class_fixtures(cls) -> None:
        super().init_class_fixtures()
        cls.trading_calendars = {}
        for name in {*cls.TRADING_CALENDAR_STRS, cls.TRADING_CALENDAR_PRIMARY_CAL}:
            cls.trading_calendars[name] = get_calendar(name)
            setattr(cls, f"{name.lower()}_calendar", cls.trading_calendars[name])
        for asset_type, name in cls.TRADING_CALENDAR_FOR_ASSET_TYPE.items():
            cls.trading_calendars[asset_type] = get_calendar(name)
        cls.trading_calendar = cls.trading_calendars[cls.TRADING_CALENDAR_PRIMARY_CAL]


class WithTradingSessions(WithDefaultDateBounds, WithTradingCalendars):
    """cls.trading_sessions by calendar, cls.nyse_sessions and so on, from DATA_MIN_DAY to DATA_MAX_DAY."""

    trading_sessions: dict[str, pd.DatetimeIndex]

    DATA_MIN_DAY = alias("START_DATE")
    DATA_MAX_DAY = alias("END_DATE")
    trading_days: Any = alias("nyse_sessions")

    @classmethod
    def init_class_fixtures(cls) -> None:
        super().init_class_fixtures()
        cls.trading_sessions = {}
        for name in cls.TRADING_CALENDAR_STRS:
            sessions = cls.trading_calendars[name].sessions_in_range(cls.DATA_MIN_DAY, cls.DATA_MAX_DAY)
            cls.trading_sessions[name] = sessions
            setattr(cls, f"{name.lower()}_sessions", sessions)


class WithSimParams(WithDefaultDateBounds):
    """cls.sim_params, and make_simparams, which makes such with other settings. Needs WithTradingCalendars after it."""

    sim_params: SimulationParameters

    SIM_PARAMS_CAPITAL_BASE = 1.0e5
    SIM_PARAMS_DATA_FREQUENCY = "daily"
    SIM_PARAMS_EMISSION_RATE = "daily"
    SIM_PARAMS_START = alias("START_DATE")
    SIM_PARAMS_END = alias("END_DATE")

    @classmethod
    def make_simparams(cls, **overrides: Any) -> SimulationParameters:
        settings = {
            "start_session": cls.SIM_PARAMS_START,
            "end_session": cls.SIM_PARAMS_END,
            "capital_base": cls.SIM_PARAMS_CAPITAL_BASE,
            "data_frequency": cls.SIM_PARAMS_DATA_FREQUENCY,
            "emission_rate": cls.SIM_PARAMS_EMISSION_RATE,
            "trading_calendar": cls.trading_calendar,
        }
        return SimulationParameters(**{**settings, **overrides})

    @classmethod
    def init_class_fixtures(cls) -> None:
        super().init_class_fixtures()
        cls.sim_params = cls.make_simparams()


class WithAssetFinder(WithDefaultDateBounds):
    """cls.asset_finder over a database of its own. The frames come from make_equity_info, make_futures_info,
    make_exchanges_info, make_root_symbols_info and make_equity_supplementary_mappings; None is an empty one."""

    asset_finder: AssetFinder

    ASSET_FINDER_EQUITY_SIDS = ord("A"), ord("B"), ord("C")
    ASSET_FINDER_EQUITY_SYMBOLS = None
    ASSET_FINDER_EQUITY_NAMES = None
    ASSET_FINDER_EQUITY_EXCHANGE = "TEST"
    ASSET_FINDER_EQUITY_START_DATE = alias("START_DATE")
    ASSET_FINDER_EQUITY_END_DATE = alias("END_DATE")
    ASSET_FINDER_COUNTRY_CODE = "??"
    ASSET_FINDER_FUTURE_CHAIN_PREDICATES = CHAIN_PREDICATES

    @classmethod
    def make_equity_info(cls) -> pd.DataFrame:
        return make_simple_equity_info(
            cls.ASSET_FINDER_EQUITY_SIDS,
            cls.ASSET_FINDER_EQUITY_START_DATE,
            cls.ASSET_FINDER_EQUITY_END_DATE,
            cls.ASSET_FINDER_EQUITY_SYMBOLS,
            cls.ASSET_FINDER_EQUITY_NAMES,
            cls.ASSET_FINDER_EQUITY_EXCHANGE,
        )

    @classmethod
    def make_futures_info(cls) -> None:
        return None

    @classmethod
    def make_root_symbols_info(cls) -> None:
        return None

    @classmethod
    def make_equity_supplementary_mappings(cls) -> None:
        return None

    @classmethod
    def make_exchanges_info(cls, equities: pd.DataFrame, futures: pd.DataFrame, root_symbols: pd.DataFrame) -> None:
        return None

    @classmethod
    def make_asset_finder_db_url(cls) -> str:
        return "sqlite:///:memory:"

    @classmethod
    def make_asset_finder(cls) -> AssetFinder:
        tables = cls.make_equity_info(), cls.make_futures_info(), cls.make_root_symbols_info()
        equities, futures, root_symbols = tables
        exchanges = cls.make_exchanges_info(*tables)
        if exchanges is None:
            names = [table["exchange"] for table in tables if table is not None]
            if names:
                unique = pd.concat(names).unique()
                exchanges = pd.DataFrame({"exchange": unique, "country_code": cls.ASSET_FINDER_COUNTRY_CODE})
        return cls.enter_class_context(
            tmp_asset_finder(
                url=cls.make_asset_finder_db_url(),
                equities=equities,
                futures=futures,
                exchanges=exchanges,
                root_symbols=root_symbols,
                equity_supplementary_mappings=cls.make_equity_supplementary_mappings(),
                future_chain_predicates=cls.ASSET_FINDER_FUTURE_CHAIN_PREDICATES,
            )
        )

    @classmethod
    def init_class_fixtures(cls) -> None:
        super().init_class_fixtures()
        cls.asset_finder = cls.make_asset_finder()

    @classproperty
    def all_assets(cls) -> Any:
        return cls.asset_finder.retrieve_all(cls.asset_finder.sids)

    @classproperty
    def exchange_names(cls) -> Any:
        return sorted(exchange.canonical_name for exchange in cls.asset_finder.exchange_info.values())


# --- invented bars ----------------------------------------------------------------------------------------------------


def _sessions(calendar, start, end, lookback):
    """Sessions from `lookback` before start to end."""
    first = calendar.minute_to_session(start)
    if lookback > 0:
        first = calendar.sessions_window(first, -(lookback + 1))[0]
    return calendar.sessions_in_range(first, end.normalize())


class WithEquityDailyBarData(WithAssetFinder, WithTradingCalendars):
    """cls.equity_daily_bar_days, and make_equity_daily_bar_data, which gives (sid, frame) pairs for them; with
    EQUITY_DAILY_BAR_SOURCE_FROM_MINUTE made of what make_equity_minute_bar_data gives."""

    equity_daily_bar_days: pd.DatetimeIndex

    EQUITY_DAILY_BAR_START_DATE = alias("START_DATE")
    EQUITY_DAILY_BAR_END_DATE = alias("END_DATE")
    EQUITY_DAILY_BAR_SOURCE_FROM_MINUTE: bool | None = None

    @classproperty
    def EQUITY_DAILY_BAR_LOOKBACK_DAYS(cls):
        return cls.EQUITY_MINUTE_BAR_LOOKBACK_DAYS if cls.EQUITY_DAILY_BAR_SOURCE_FROM_MINUTE else 0

    @classproperty
    def EQUITY_DAILY_BAR_COUNTRY_CODES(cls) -> Any:
        return cls.asset_finder.country_codes

    @classmethod
    def make_equity_daily_bar_data(cls, country_code: str, sids: Any) -> Any:
        if cls.EQUITY_DAILY_BAR_SOURCE_FROM_MINUTE:
            minutes = cls.make_equity_minute_bar_data()
            return _by_session(minutes, cls.asset_finder.equities_sids, cls.trading_calendars[Equity])
        return create_daily_bar_data(cls.equity_daily_bar_days, sids)

    @classmethod
    def make_equity_daily_bar_currency_codes(cls, country_code: str, sids: Any) -> pd.Series:
        return pd.Series(index=list(sids), data="USD")

    @classmethod
    def init_class_fixtures(cls) -> None:
        super().init_class_fixtures()
        cls.equity_daily_bar_days = _sessions(
            cls.trading_calendars[Equity],
            cls.EQUITY_DAILY_BAR_START_DATE,
            cls.EQUITY_DAILY_BAR_END_DATE,
            cls.EQUITY_DAILY_BAR_LOOKBACK_DAYS,
        )


class WithFutureDailyBarData(WithAssetFinder, WithTradingCalendars):
    """cls.future_daily_bar_days, and make_future_daily_bar_data, which gives (sid, frame) pairs for them; with
    FUTURE_DAILY_BAR_SOURCE_FROM_MINUTE made of what make_future_minute_bar_data gives."""

    future_daily_bar_days: pd.DatetimeIndex

    FUTURE_DAILY_BAR_USE_FULL_CALENDAR = False
    FUTURE_DAILY_BAR_START_DATE = alias("START_DATE")
    FUTURE_DAILY_BAR_END_DATE = alias("END_DATE")
    FUTURE_DAILY_BAR_SOURCE_FROM_MINUTE: bool | None = None

    @classproperty
    def FUTURE_DAILY_BAR_LOOKBACK_DAYS(cls):
        return cls.FUTURE_MINUTE_BAR_LOOKBACK_DAYS if cls.FUTURE_DAILY_BAR_SOURCE_FROM_MINUTE else 0

    @classmethod
    def make_future_daily_bar_data(cls) -> Any:
        sids = cls.asset_finder.futures_sids
        if cls.FUTURE_DAILY_BAR_SOURCE_FROM_MINUTE:
            return _by_session(cls.make_future_minute_bar_data(), sids, cls.trading_calendars[Future])
        return create_daily_bar_data(cls.future_daily_bar_days, sids)

    @classmethod
    def init_class_fixtures(cls) -> None:
        super().init_class_fixtures()
        calendar = cls.trading_calendars[Future]
        cls.future_daily_bar_days = (
            calendar.sessions
            if cls.FUTURE_DAILY_BAR_USE_FULL_CALENDAR
            else _sessions(
                calendar,
                cls.FUTURE_DAILY_BAR_START_DATE,
                cls.FUTURE_DAILY_BAR_END_DATE,
                cls.FUTURE_DAILY_BAR_LOOKBACK_DAYS,
            )
        )


def _by_session(minute_bars, sids, calendar):
    frames = dict(minute_bars)
    return ((sid, minute_frame_to_session_frame(frames[sid], calendar)) for sid in sids)


class WithEquityMinuteBarData(WithAssetFinder, WithTradingCalendars):
    """cls.equity_minute_bar_days, and make_equity_minute_bar_data, which gives (sid, frame) pairs for them."""

    equity_minute_bar_days: pd.DatetimeIndex

    EQUITY_MINUTE_BAR_LOOKBACK_DAYS = 0
    EQUITY_MINUTE_BAR_START_DATE = alias("START_DATE")
    EQUITY_MINUTE_BAR_END_DATE = alias("END_DATE")

    @classmethod
    def make_equity_minute_bar_data(cls) -> Any:
        return create_minute_bar_data(cls._equity_minutes(), cls.asset_finder.equities_sids)

    @classmethod
    def _equity_minutes(cls):
        days = cls.equity_minute_bar_days
        return cls.trading_calendars[Equity].sessions_minutes(days[0], days[-1])

    @classmethod
    def init_class_fixtures(cls) -> None:
        super().init_class_fixtures()
        cls.equity_minute_bar_days = _sessions(
            cls.trading_calendars[Equity],
            cls.EQUITY_MINUTE_BAR_START_DATE,
            cls.EQUITY_MINUTE_BAR_END_DATE,
            cls.EQUITY_MINUTE_BAR_LOOKBACK_DAYS,
        )


class WithFutureMinuteBarData(WithAssetFinder, WithTradingCalendars):
    """cls.future_minute_bar_days, and make_future_minute_bar_data, which gives (sid, frame) pairs for them."""

    future_minute_bar_days: pd.DatetimeIndex

    FUTURE_MINUTE_BAR_LOOKBACK_DAYS = 0
    FUTURE_MINUTE_BAR_START_DATE = alias("START_DATE")
    FUTURE_MINUTE_BAR_END_DATE = alias("END_DATE")

    @classmethod
    def make_future_minute_bar_data(cls) -> Any:
        return create_minute_bar_data(cls._future_minutes(), cls.asset_finder.futures_sids)

    @classmethod
    def _future_minutes(cls):
        days = cls.future_minute_bar_days
        return cls.trading_calendars[Future].sessions_minutes(days[0], days[-1])

    @classmethod
    def init_class_fixtures(cls) -> None:
        super().init_class_fixtures()
        cls.future_minute_bar_days = _sessions(
            cls.trading_calendars[Future],
            cls.FUTURE_MINUTE_BAR_START_DATE,
            cls.FUTURE_MINUTE_BAR_END_DATE,
            cls.FUTURE_MINUTE_BAR_LOOKBACK_DAYS,
        )


def _constant_bars(cls, kind, minutes, sids):
    fields = ("open", "high", "low", "close", "volume")
    frame = pd.DataFrame({f: getattr(cls, f"{kind}_MINUTE_CONSTANT_{f.upper()}") for f in fields}, index=minutes)
    return ((sid, frame) for sid in sids)


class WithConstantEquityMinuteBarData(WithEquityMinuteBarData):
    """The same bar every minute."""

    EQUITY_MINUTE_CONSTANT_LOW = 3.0
    EQUITY_MINUTE_CONSTANT_OPEN = 4.0
    EQUITY_MINUTE_CONSTANT_CLOSE = 5.0
    EQUITY_MINUTE_CONSTANT_HIGH = 6.0
    EQUITY_MINUTE_CONSTANT_VOLUME = 100.0

    @classmethod
    def make_equity_minute_bar_data(cls) -> Any:
        return _constant_bars(cls, "EQUITY", cls._equity_minutes(), cls.asset_finder.equities_sids)


class WithConstantFutureMinuteBarData(WithFutureMinuteBarData):
    """The same bar every minute."""

    FUTURE_MINUTE_CONSTANT_LOW = 3.0
    FUTURE_MINUTE_CONSTANT_OPEN = 4.0
    FUTURE_MINUTE_CONSTANT_CLOSE = 5.0
    FUTURE_MINUTE_CONSTANT_HIGH = 6.0
    FUTURE_MINUTE_CONSTANT_VOLUME = 100.0

    @classmethod
    def make_future_minute_bar_data(cls) -> Any:
        return _constant_bars(cls, "FUTURE", cls._future_minutes(), cls.asset_finder.futures_sids)


# --- readers and the portal, which stand on the fixtures above --------------------------------------------------------

from rustybt.testing._bar_fixtures import (  # noqa: E402
    STATIC_BENCHMARK_PATH,
    WithAdjustmentReader,
    WithBcolzEquityDailyBarReader,
    WithBcolzEquityDailyBarReaderFromCSVs,
    WithBcolzEquityMinuteBarReader,
    WithBcolzFutureDailyBarReader,
    WithBcolzFutureMinuteBarReader,
    WithBenchmarkReturns,
    WithCreateBarData,
    WithDataPortal,
    WithHDF5EquityMultiCountryDailyBarReader,
    read_checked_in_benchmark_data,
)

from rustybt.testing._algo_fixtures import WithMakeAlgo  # noqa: E402, I001
