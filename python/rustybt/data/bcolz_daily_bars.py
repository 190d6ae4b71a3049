"""Writer and reader of daily bars under Zipline's names; on disk they are a bundle of ours, not bcolz.

    BcolzDailyBarWriter("bars.daily", calendar, first_session, last_session).write([(24, frame)])
    BcolzDailyBarReader("bars.daily").get_value(24, "2014-06-05", "close")

Tables in Zipline's own format are brought over by `rustybt data migrate`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rustybt.data._bar_folder import BarFolder, as_stored, naive_day
from rustybt.data.bar_reader import NoDataAfterDate, NoDataBeforeDate, NoDataOnDate, NoKnownSid, _CoreReader
from rustybt.data.session_bars import CurrencyAwareSessionBarReader

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from rustybt._core import BarData
    from rustybt._types import Array, Field, Frequency, StrPath
    from rustybt.assets import Asset
    from rustybt.utils.calendar_utils import TradingCalendar

__all__ = ["BcolzDailyBarReader", "BcolzDailyBarWriter", "US_EQUITY_PRICING_BCOLZ_COLUMNS"]

US_EQUITY_PRICING_BCOLZ_COLUMNS = ("open", "high", "low", "close", "volume", "day", "id")
_RATIO = 1000


class BcolzDailyBarWriter:
    """Writes daily bars into the folder `filename`. start_session, end_session: sessions of the calendar, the bounds of the data."""

    def __init__(
        self, filename: StrPath, calendar: TradingCalendar, start_session: pd.Timestamp, end_session: pd.Timestamp
    ) -> None:
        start_session, end_session = naive_day(start_session), naive_day(end_session)
        if start_session != end_session:
            for which, session in (("Start", start_session), ("End", end_session)):
                if not calendar.is_session(session):
                    raise ValueError(f"{which} session {session} is invalid!")
        self._folder = BarFolder(filename)
        self._calendar, self._start_session, self._end_session = calendar, start_session, end_session

    def write(
        self,
        data: BarData,
        assets: Asset | Iterable[Asset] | None = None,
        show_progress: bool = False,
        invalid_data_behavior: str = "warn",
    ) -> Any:
        """Replace what is there by the bars of each (sid, frame) of `data`; returns the folder, for the reader.

        assets, where given, are the sids that may come. Prices are kept to thousandths and volumes whole. A frame has a row for every
        session between its first and its last one. invalid_data_behavior: "warn", "raise" or "ignore" for values beyond 32 bits.
        """
        wanted = None if assets is None else set(assets)
        frames = {}
        for sid, frame in data:
            if wanted is not None and sid not in wanted:
                raise ValueError(f"unknown asset id {sid!r}")
            stored = as_stored(frame, _RATIO, sid, invalid_data_behavior)
            if stored.index.tz is not None:
                stored.index = stored.index.tz_convert("UTC").tz_localize(None)
            self._check_sessions(stored.index)
            frames[int(sid)] = stored
        firsts = [frame.index[0] for frame in frames.values() if len(frame)]
        self._folder.save_settings(
            {
                "calendar": self._calendar.name,
                "start_session": str(self._start_session.date()),
                "end_session": str(self._end_session.date()),
                "first_trading_day": str(min(firsts).date()) if firsts else None,
                "lifetimes": {
                    sid: [str(frame.index[0].date()), str(frame.index[-1].date())] for sid, frame in frames.items() if len(frame)
                },
            }
        )
        self._folder.write(frames, True, self._calendar, append=False)
        return self._folder.rootdir

    def write_csvs(
        self, asset_map: Mapping[int, StrPath], show_progress: bool = False, invalid_data_behavior: str = "warn"
    ) -> Any:
        """write() from {sid: path of a CSV file with the columns day, open, high, low, close, volume}."""
        import pandas as pd

        frames = ((sid, pd.read_csv(path, parse_dates=["day"], index_col="day")) for sid, path in asset_map.items())
        return self.write(frames, asset_map.keys(), show_progress, invalid_data_behavior)

    def _check_sessions(self, days):
        import pandas as pd

        if not len(days):
            return
        sessions = self._calendar.sessions_in_range(self._start_session, self._end_session)
        expected = sessions[sessions.slice_indexer(days[0], days[-1])]
        if len(days) != len(expected):
            raise AssertionError(
                f"Got {len(days)} rows for daily bars table with first day={days[0].date()}, last day={days[-1].date()}, "
                f"expected {len(expected)} rows.\nMissing sessions: {expected.difference(days).tolist()}\n"
                f"Extra sessions: {pd.DatetimeIndex(days).difference(expected).tolist()}"
            )


class BcolzDailyBarReader(_CoreReader, CurrencyAwareSessionBarReader):
    """Reads the folder that BcolzDailyBarWriter wrote. read_all_threshold is accepted as Zipline's and not needed."""

    def __init__(self, table: Any, read_all_threshold: int = 3000) -> None:
        import pandas as pd

        from rustybt import _core
        from rustybt.utils.calendar_utils import get_calendar

        folder = BarFolder(table)
        told = folder.settings()
        bundle = folder.bundle()
        super().__init__(None if bundle is None else _core.bundle_bar_reader(bundle, False), "daily", bundle)
        self._calendar = get_calendar(told["calendar"])
        self._sessions = self._calendar.sessions_in_range(told["start_session"], told["end_session"])
        self._first = pd.Timestamp(told["first_trading_day"])
        self._lifetimes = {int(sid): tuple(map(pd.Timestamp, days)) for sid, days in told["lifetimes"].items()}

    @property
    def data_frequency(self) -> Frequency:
        return "session"

    @property
    def trading_calendar(self) -> Any:
        return self._calendar

    @property
    def sessions(self) -> pd.DatetimeIndex:
        return self._sessions

    @property
    def first_trading_day(self) -> pd.Timestamp:
        return self._first

    @property
    def last_available_dt(self) -> pd.Timestamp:
        return self._sessions[-1]

    def load_raw_arrays(
        self, columns: Sequence[str], start_date: pd.Timestamp, end_date: pd.Timestamp, assets: Asset | Iterable[Asset]
    ) -> list[Array]:
        for day in (start_date, end_date):
            if day not in self._sessions:
                raise NoDataOnDate(day)
        if self._lifetimes and not any(int(asset) in self._lifetimes for asset in assets):
            raise NoKnownSid("At least one valid asset id is required.")
        if self._core is None:
            import numpy as np

            rows = len(self._sessions[self._sessions.slice_indexer(start_date, end_date)])
            return [np.full((rows, len(assets)), 0.0 if c == "volume" else np.nan) for c in columns]
        return super().load_raw_arrays(columns, start_date, end_date, assets)

    def sid_day_index(self, sid: int, day: pd.Timestamp) -> int:
        """Position of a day among the days of a sid. Raises NoDataOnDate, NoDataBeforeDate, NoDataAfterDate."""
        if day not in self._sessions:
            raise NoDataOnDate(f"day={day} is outside of calendar={self._sessions}")
        first, last = self._lifetimes[int(sid)]
        if day < first:
            raise NoDataBeforeDate(f"No data on or before day={day} for sid={sid}")
        if day > last:
            raise NoDataAfterDate(f"No data on or after day={day} for sid={sid}")
        return self._sessions.get_loc(day) - self._sessions.get_loc(first)

    def get_value(self, sid: int, dt: pd.Timestamp, field: Field) -> float:
        self.sid_day_index(sid, dt)
        return super().get_value(sid, dt, field)

    def get_last_traded_dt(self, asset: Asset, day: pd.Timestamp) -> Any:
        import pandas as pd

        if int(asset) not in self._lifetimes or day not in self._sessions:
            return pd.NaT
        return super().get_last_traded_dt(asset, day)

    def currency_codes(self, sids: Iterable[int]) -> Array:
        import numpy as np

        return np.array(["USD" if int(sid) in self._lifetimes else None for sid in sids], dtype=object)
