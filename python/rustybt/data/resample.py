"""Longer bars from shorter ones, on the sessions of a calendar.

Intraday bars are counted from the open of their session, and again from the end of its break; the last one before a break or a close
is shorter where the session does not divide. Weeks begin on Monday. On 24/7 sessions are UTC days, so bars are UTC bars.

>>> hours = resample({"dt": ["2020-01-02T14:31Z", "2020-01-02T15:30Z"], "open": ["1", "2"], "high": ["1.5", "2"],
...                   "low": ["1", "1.9"], "close": ["1.2", "2"], "volume": [5, 7]}, "1h")
>>> hours["close"].tolist(), hours["volume"].tolist(), hours.index[0]
([2.0], [12.0], Timestamp('2020-01-02 15:30:00+0000', tz='UTC'))
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rustybt import _core
from rustybt._dates import to_nanoseconds
from rustybt.data.bar_reader import BarReader, NoDataOnDate
from rustybt.data.bundles._frames import PRICES, bar_series

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    import pandas as pd

    from rustybt._core import BarData
    from rustybt._types import Array, Field, Frame, Moment
    from rustybt.assets import Asset
    from rustybt.utils.calendar_utils import TradingCalendar

__all__ = [
    "DailyHistoryAggregator",
    "MinuteResampleSessionBarReader",
    "ReindexBarReader",
    "ReindexMinuteBarReader",
    "ReindexSessionBarReader",
    "minute_frame_to_session_frame",
    "minute_to_session",
    "resample",
]

_HOW = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}


def resample(
    frame: Frame,
    to: str,
    *,
    source: str = "1m",
    calendar: TradingCalendar = "XNYS",
    label: str = "end",
    source_label: str = "end",
    complete_until: Moment | None = None,
    leave_out_closed: bool = False,
    exact: bool = False,
) -> Any:
    """Bars of length `to` (5m, 15m, 30m, 1h, 4h, 1d, 1w, 1mo) from a frame of bars of length `source`.

    open is the first value, high the largest, low the smallest, close the last, volume the sum; missing values are skipped, and a
    bar without rows is left out. The frame's numbers are taken exactly (floats by their shortest text).
    label: "end" names a bar by its last minute (a week or month by its last session), "start" by the moment it begins (its first
        session); source_label: what the times of the frame name.
    complete_until: the frame is complete up to this time; default: to the end of its last row. A last bar that ends later is
        partial: result.attrs["last_is_partial"].
    leave_out_closed: leave rows outside the sessions out (result.attrs["rows_left_out"] counts them) instead of an error.
    exact: numbers as decimal.Decimal instead of floats.
    Returns a pandas frame; its index is UTC for intraday lengths, else midnights.
    """
    import pandas as pd

    for name, value in (("label", label), ("source_label", source_label)):
        if value not in ("end", "start"):
            raise ValueError(f"{name} is 'end' or 'start', found {value!r}")
    until = None if complete_until is None else to_nanoseconds(complete_until)
    found = _core.resample_bars(
        bar_series(frame, not _core.is_intraday(source), "bars"),
        getattr(calendar, "name", calendar),
        source,
        to,
        source_label == "start",
        label == "start",
        until,
        leave_out_closed,
    )
    if _core.is_intraday(to):
        index = pd.DatetimeIndex(found["times"].view("M8[ns]"), name="dt").tz_localize("UTC")
    else:
        index = pd.DatetimeIndex(found["times"].astype("M8[D]").astype("M8[ns]"), name="date")
    number = _decimals if exact else _floats
    columns = {
        name: number(found[name], found["volume_scale" if name == "volume" else "price_scale"], found["missing"])
        for name in PRICES
    }
    bars = pd.DataFrame({**columns, "rows": found["rows"]}, index=index)
    bars.attrs.update(last_is_partial=found["last_is_partial"], rows_left_out=found["rows_left_out"])
    return bars


def _floats(mantissas, scale, missing):
    import numpy as np

    # one correctly rounded division where the mantissa is exact as a double
    values = mantissas / float(10**scale)
    for i in np.flatnonzero(np.abs(mantissas) > 2**53):
        values[i] = float(Decimal(int(mantissas[i])).scaleb(-scale))
    return np.where(mantissas == missing, np.nan, values)


def _decimals(mantissas, scale, missing):
    return [None if m == missing else Decimal(m).scaleb(-scale) for m in mantissas.tolist()]


def minute_frame_to_session_frame(minute_frame: pd.DataFrame, calendar: TradingCalendar) -> pd.DataFrame:
    """Zipline's: a frame of minutes (labels at their end, UTC) as one of sessions; only the columns that it has."""
    import pandas as pd

    sessions = pd.DatetimeIndex([calendar.minute_to_session(minute) for minute in minute_frame.index])
    return minute_frame.groupby(sessions).agg({name: _HOW[name] for name in minute_frame.columns})


def minute_to_session(column: str, close_locs: Array, data: BarData, out: Array) -> None:
    """Zipline's: put the value of each session into `out`; close_locs are the positions of the sessions' last minutes in `data`."""
    import numpy as np

    start = 0
    for i, close in enumerate(close_locs):
        rows = data[start : close + 1]
        rows = rows[~np.isnan(rows)] if column != "volume" else rows
        start = close + 1
        if column == "volume":
            out[i] = np.nansum(rows)
        elif len(rows) == 0:
            out[i] = np.nan
        else:
            out[i] = {"open": rows[0], "high": rows.max(), "low": rows.min(), "close": rows[-1]}[column]


class DailyHistoryAggregator:
    """Zipline's: the running day's values of assets from the minutes of a reader.

    market_opens: the first minute of each session.
    """

    def __init__(self, market_opens: pd.Series, minute_reader: Any, trading_calendar: TradingCalendar) -> None:
        self._market_opens, self._minutes, self._calendar = market_opens, minute_reader, trading_calendar

    def opens(self, assets: Sequence[Asset], dt: pd.Timestamp) -> np.ndarray:
        """First prices of the session of dt, NaN where there is none yet."""
        return self._running("open", assets, dt)

    def highs(self, assets: Sequence[Asset], dt: pd.Timestamp) -> np.ndarray:
        """Highest prices of the session of dt up to then."""
        return self._running("high", assets, dt)

    def lows(self, assets: Sequence[Asset], dt: pd.Timestamp) -> np.ndarray:
        """Lowest prices of the session of dt up to then."""
        return self._running("low", assets, dt)

    def closes(self, assets: Sequence[Asset], dt: pd.Timestamp) -> np.ndarray:
        """Last prices of the session of dt up to then."""
        return self._running("close", assets, dt)

    def volumes(self, assets: Sequence[Asset], dt: pd.Timestamp) -> np.ndarray:
        """Volumes of the session of dt up to then."""
        return self._running("volume", assets, dt)

    def _running(self, field, assets, dt):
        import numpy as np

        session = self._calendar.minute_to_session(dt)
        first = self._market_opens[session]
        out = np.full(len(assets), 0.0 if field == "volume" else np.nan)
        alive = [place for place, asset in enumerate(assets) if asset.is_alive_for_session(session)]
        if alive and dt >= first:
            (values,) = self._minutes.load_raw_arrays([field], first, dt, [assets[place] for place in alive])
            for column, place in enumerate(alive):
                minute_to_session(field, [len(values) - 1], values[:, column], out[place : place + 1])
        return out


class MinuteResampleSessionBarReader(BarReader):
    """Zipline's: sessions made of the minutes of another reader."""

    data_frequency = "daily"

    def __init__(self, calendar: TradingCalendar, minute_bar_reader: Any) -> None:
        self._calendar, self._minutes = calendar, minute_bar_reader

    @property
    def trading_calendar(self) -> Any:
        return self._calendar

    @property
    def sessions(self) -> pd.DatetimeIndex:
        first, last = self.first_trading_day, self.last_available_dt
        return self._calendar.sessions_in_range(first, last)

    @property
    def first_trading_day(self) -> pd.Timestamp:
        return self._minutes.first_trading_day

    @property
    def last_available_dt(self) -> pd.Timestamp:
        return self._calendar.minute_to_session(self._minutes.last_available_dt)

    def load_raw_arrays(
        self, columns: Sequence[str], start_date: pd.Timestamp, end_date: pd.Timestamp, assets: Asset | Iterable[Asset]
    ) -> list[Array]:
        import numpy as np

        days = self._calendar.sessions_in_range(start_date, end_date)
        out = [np.zeros((len(days), len(assets))) for _ in columns]
        for row, day in enumerate(days):
            first, last = self._calendar.session_first_minute(day), self._calendar.session_close(day)
            for values, array, column in zip(self._minutes.load_raw_arrays(columns, first, last, assets), out, columns):
                for i in range(len(assets)):
                    minute_to_session(column, [len(values) - 1], values[:, i], array[row : row + 1, i])
        return out

    def get_value(self, sid: int, dt: pd.Timestamp, field: Field) -> float:
        return self.load_raw_arrays([field], dt, dt, [sid])[0][0, 0]

    def get_last_traded_dt(self, asset: Asset, dt: pd.Timestamp) -> Any:
        last = self._minutes.get_last_traded_dt(asset, self._calendar.session_close(dt))
        return last if last is None or last != last else self._calendar.minute_to_session(last)


class ReindexBarReader(BarReader):
    """Zipline's: another reader seen on a wider calendar; nothing was traded at times that the reader's own calendar lacks.

    first_trading_session, last_trading_session: the bounds of what may be asked for.
    """

    def __init__(
        self,
        trading_calendar: TradingCalendar,
        reader: Any,
        first_trading_session: pd.Timestamp,
        last_trading_session: pd.Timestamp,
    ) -> None:
        self._trading_calendar, self._reader = trading_calendar, reader
        self._first_trading_session, self._last_trading_session = first_trading_session, last_trading_session

    @property
    def last_available_dt(self) -> pd.Timestamp:
        return self._reader.last_available_dt

    @property
    def first_trading_day(self) -> pd.Timestamp:
        return self._reader.first_trading_day

    @property
    def trading_calendar(self) -> Any:
        return self._trading_calendar

    @property
    def sessions(self) -> pd.DatetimeIndex:
        return self._trading_calendar.sessions_in_range(self._first_trading_session, self._last_trading_session)

    def get_value(self, sid: int, dt: pd.Timestamp, field: Field) -> float:
        import numpy as np

        try:
            return self._reader.get_value(sid, dt, field)
        except NoDataOnDate:
            return 0 if field == "volume" else np.nan

    def get_last_traded_dt(self, asset: Asset, dt: pd.Timestamp) -> Any:
        return self._reader.get_last_traded_dt(asset, dt)

    def _outer_times(self, start_dt, end_dt):
        raise NotImplementedError

    def _inner_times(self, start_dt, end_dt):
        raise NotImplementedError

    def load_raw_arrays(
        self, columns: Sequence[str], start_date: pd.Timestamp, end_date: pd.Timestamp, assets: Asset | Iterable[Asset]
    ) -> list[Array]:
        import numpy as np

        outer, inner = self._outer_times(start_date, end_date), self._inner_times(start_date, end_date)
        rows = outer.searchsorted(inner)
        found = self._reader.load_raw_arrays(columns, inner[0], inner[-1], assets) if len(inner) else [[]] * len(columns)
        arrays = []
        for column, values in zip(columns, found):
            array = np.full((len(outer), len(assets)), 0.0 if column == "volume" else np.nan)
            if len(inner):
                array[rows] = values
            arrays.append(array)
        return arrays


class ReindexMinuteBarReader(ReindexBarReader):
    """Over a reader of minutes."""

    data_frequency = "minute"

    def _outer_times(self, start_dt, end_dt):
        return self._trading_calendar.minutes_in_range(start_dt, end_dt)

    def _inner_times(self, start_dt, end_dt):
        return self._reader.trading_calendar.minutes_in_range(start_dt, end_dt)


class ReindexSessionBarReader(ReindexBarReader):
    """Over a reader of sessions."""

    data_frequency = "session"

    def _outer_times(self, start_dt, end_dt):
        return self.trading_calendar.sessions_in_range(start_dt, end_dt)

    def _inner_times(self, start_dt, end_dt):
        return self._reader.trading_calendar.sessions_in_range(start_dt, end_dt)
