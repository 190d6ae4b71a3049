"""Writer and reader of minute bars under Zipline's names; on disk they are a bundle of ours, not bcolz.

    writer = BcolzMinuteBarWriter("bars.minute", calendar, first_session, last_session, US_EQUITIES_MINUTES_PER_DAY)
    writer.write_sid(24, frame)                                # minutes by their end, UTC
    BcolzMinuteBarReader("bars.minute").get_value(24, pd.Timestamp("2014-06-05 13:31", tz="UTC"), "close")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rustybt.data._bar_folder import BarFolder, as_stored, naive_day
from rustybt.data.bar_reader import BarReader, NoDataForSid, _CoreReader

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from rustybt._core import BarData
    from rustybt._types import Array, Frequency, StrPath
    from rustybt.assets import Asset
    from rustybt.utils.calendar_utils import TradingCalendar

__all__ = [
    "BcolzMinuteBarMetadata",
    "BcolzMinuteBarReader",
    "BcolzMinuteBarWriter",
    "BcolzMinuteOverlappingData",
    "BcolzMinuteWriterColumnMismatch",
    "CRYPTO_MINUTES_PER_DAY",
    "FUTURES_MINUTES_PER_DAY",
    "MinuteBarReader",
    "US_EQUITIES_MINUTES_PER_DAY",
]

US_EQUITIES_MINUTES_PER_DAY = 390
FUTURES_MINUTES_PER_DAY = 1440
CRYPTO_MINUTES_PER_DAY = 1440
DEFAULT_EXPECTEDLEN = US_EQUITIES_MINUTES_PER_DAY * 252 * 15
OHLC_RATIO = 1000


class BcolzMinuteOverlappingData(Exception):
    """Minutes of a sid that come again, or before the last one that it has."""


class BcolzMinuteWriterColumnMismatch(Exception):
    """Columns of a write that are not as long as its times."""


class MinuteBarReader(BarReader):
    """A reader of bars by minute."""

    @property
    def data_frequency(self) -> Frequency:
        return "minute"


class BcolzMinuteBarMetadata:
    """What a folder of minute bars is kept with."""

    default_ohlc_ratio: int
    ohlc_ratios_per_sid: Mapping[int, int]
    calendar: TradingCalendar
    start_session: pd.Timestamp
    end_session: pd.Timestamp
    minutes_per_day: int
    version: int

    def __init__(
        self,
        default_ohlc_ratio: int,
        ohlc_ratios_per_sid: Mapping[int, int],
        calendar: TradingCalendar,
        start_session: pd.Timestamp,
        end_session: pd.Timestamp,
        minutes_per_day: int,
        version: int = 3,
    ) -> None:
        self.default_ohlc_ratio, self.ohlc_ratios_per_sid = default_ohlc_ratio, ohlc_ratios_per_sid
        self.calendar, self.start_session, self.end_session = calendar, start_session, end_session
        self.minutes_per_day, self.version = minutes_per_day, version

    @classmethod
    def read(cls, rootdir: StrPath) -> Any:
        import pandas as pd

        from rustybt.utils.calendar_utils import get_calendar

        told = BarFolder(rootdir).settings()
        ratios = told["ohlc_ratios_per_sid"]
        return cls(
            told["default_ohlc_ratio"],
            None if ratios is None else {int(sid): ratio for sid, ratio in ratios.items()},
            get_calendar(told["calendar"]),
            pd.Timestamp(told["start_session"]),
            pd.Timestamp(told["end_session"]),
            told["minutes_per_day"],
        )

    def write(self, rootdir: StrPath) -> Any:
        BarFolder(rootdir).save_settings(
            {
                "default_ohlc_ratio": self.default_ohlc_ratio,
                "ohlc_ratios_per_sid": self.ohlc_ratios_per_sid,
                "calendar": self.calendar.name,
                "start_session": str(self.start_session.date()),
                "end_session": str(self.end_session.date()),
                "minutes_per_day": self.minutes_per_day,
            }
        )


class BcolzMinuteBarWriter:
    """Writes minute bars into the folder `rootdir`; each write adds to it.

    default_ohlc_ratio: prices are kept to 1/ratio; ohlc_ratios_per_sid: {sid: ratio} of the others. minutes_per_day and expectedlen
    are accepted as Zipline's and not needed.
    """

    COL_NAMES = ("open", "high", "low", "close", "volume")

    def __init__(
        self,
        rootdir: StrPath,
        calendar: TradingCalendar,
        start_session: pd.Timestamp,
        end_session: pd.Timestamp,
        minutes_per_day: int,
        default_ohlc_ratio: int = OHLC_RATIO,
        ohlc_ratios_per_sid: Mapping[int, int] | None = None,
        expectedlen: int = DEFAULT_EXPECTEDLEN,
        write_metadata: bool = True,
    ) -> None:
        self._folder, self._calendar = BarFolder(rootdir), calendar
        self._start_session, self._end_session = naive_day(start_session), naive_day(end_session)
        self._default_ohlc_ratio, self._ohlc_ratios_per_sid = default_ohlc_ratio, ohlc_ratios_per_sid
        self._last = {}
        if write_metadata:
            BcolzMinuteBarMetadata(
                default_ohlc_ratio, ohlc_ratios_per_sid, calendar, self._start_session, self._end_session, minutes_per_day
            ).write(rootdir)

    @classmethod
    def open(cls, rootdir: StrPath, end_session: pd.Timestamp | None = None) -> Any:
        """A writer that goes on in a folder, to its end or a later end_session."""
        told = BcolzMinuteBarMetadata.read(rootdir)
        return cls(
            rootdir,
            told.calendar,
            told.start_session,
            told.end_session if end_session is None else end_session,
            told.minutes_per_day,
            told.default_ohlc_ratio,
            told.ohlc_ratios_per_sid,
            write_metadata=end_session is not None,
        )

    @property
    def first_trading_day(self) -> pd.Timestamp:
        return self._start_session

    def ohlc_ratio_for_sid(self, sid: int) -> int:
        """Prices of a sid are kept to 1/ratio."""
        return (self._ohlc_ratios_per_sid or {}).get(sid, self._default_ohlc_ratio)

    def last_date_in_output_for_sid(self, sid: int) -> Any:
        """Session of the last bar of a sid; NaT when it has none."""
        import pandas as pd

        last = self._last_minute(int(sid))
        return pd.NaT if last is None else self._calendar.minute_to_session(last)

    def write(self, data: BarData, show_progress: bool = False, invalid_data_behavior: str = "warn") -> Any:
        """Add the bars of each (sid, frame) of `data`: columns open, high, low, close, volume, an index of minutes by their end."""
        self._add([(int(sid), self._stored(sid, frame, invalid_data_behavior)) for sid, frame in data])

    def write_sid(self, sid: int, df: pd.DataFrame, invalid_data_behavior: str = "warn") -> None:
        """Add the bars of one sid."""
        self.write([(sid, df)], invalid_data_behavior=invalid_data_behavior)

    def write_cols(
        self, sid: int, dts: pd.DatetimeIndex, cols: Mapping[str, Array], invalid_data_behavior: str = "warn"
    ) -> None:
        """Add the bars of one sid from arrays: dts of numpy datetimes (UTC), cols by name."""
        import pandas as pd

        if not all(len(dts) == len(cols[name]) for name in self.COL_NAMES):
            lengths = " ".join(f"{name}={len(cols[name])}" for name in self.COL_NAMES)
            raise BcolzMinuteWriterColumnMismatch(f"Length of dts={len(dts)} should match cols: {lengths}")
        frame = pd.DataFrame({name: cols[name] for name in self.COL_NAMES}, index=pd.DatetimeIndex(dts))
        self.write_sid(sid, frame, invalid_data_behavior)

    def _stored(self, sid, frame, invalid_data_behavior):
        stored = as_stored(frame, self.ohlc_ratio_for_sid(int(sid)), sid, invalid_data_behavior)
        stored.index = stored.index.tz_localize("UTC") if stored.index.tz is None else stored.index.tz_convert("UTC")
        return stored[stored["volume"].gt(0) | stored["close"].notna() | stored["open"].notna()]

    def _add(self, frames):
        import pandas as pd

        frames = [(sid, frame) for sid, frame in frames]
        joined = {}
        for sid, frame in frames:
            last = joined[sid].index[-1] if sid in joined and len(joined[sid]) else self._last_minute(sid)
            if last is not None and len(frame) and frame.index[0] <= last:
                raise BcolzMinuteOverlappingData(
                    f"Data with last_date={last} already includes input start={frame.index[0]} for\nsid={sid}"
                )
            joined[sid] = pd.concat([joined[sid], frame]) if sid in joined else frame
        self._folder.write(joined, False, self._calendar, append=True)
        self._last.update({sid: frame.index[-1] for sid, frame in joined.items() if len(frame)})

    def _last_minute(self, sid):
        if sid not in self._last and (bundle := self._folder.bundle()) is not None:
            import pandas as pd

            from rustybt import _core

            reader = _core.bundle_bar_reader(bundle, True)
            ns = reader.last_traded(sid, reader.last_available_ns) if bundle.asset_finder.retrieve_all([sid], True)[0] else None
            self._last[sid] = None if ns is None else pd.Timestamp(ns, tz="UTC")
        return self._last.get(sid)


class BcolzMinuteBarReader(_CoreReader, MinuteBarReader):
    """Reads the folder that BcolzMinuteBarWriter wrote. sid_cache_sizes is accepted as Zipline's and not needed."""

    FIELDS = ("open", "high", "low", "close", "volume")

    def __init__(self, rootdir: StrPath, sid_cache_sizes: Any = None) -> None:
        from rustybt import _core

        told = BcolzMinuteBarMetadata.read(rootdir)
        bundle = BarFolder(rootdir).bundle()
        has_bars = bundle is not None and bundle.info["minute_rows"] > 0
        super().__init__(_core.bundle_bar_reader(bundle, True) if has_bars else None, "minute", bundle)
        self.calendar: TradingCalendar = told.calendar
        self._start_session, self._end_session = told.start_session, told.end_session

    @property
    def trading_calendar(self) -> Any:
        return self.calendar

    @property
    def sessions(self) -> pd.DatetimeIndex:
        return self.calendar.sessions_in_range(self._start_session, self._end_session)

    @property
    def first_trading_day(self) -> pd.Timestamp:
        return self._start_session

    @property
    def last_available_dt(self) -> pd.Timestamp:
        return self.calendar.session_close(self._end_session)

    def get_last_traded_dt(self, asset: Asset, dt: pd.Timestamp) -> Any:
        import pandas as pd

        try:
            return super().get_last_traded_dt(asset, dt)
        except NoDataForSid:
            return pd.NaT
