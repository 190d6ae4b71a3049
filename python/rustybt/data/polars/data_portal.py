"""What was known at a time: values and windows of bars as Polars frames, adjusted for corporate actions, never from the future."""

from __future__ import annotations

import sqlite3
from bisect import bisect_right
from contextlib import closing
from datetime import date, datetime, timedelta
from decimal import Context, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from rustybt._dates import is_missing, to_days, to_nanoseconds
from rustybt.data.polars._files import FIELDS, import_polars
from rustybt.errors import IncompatibleHistoryFrequency, InvalidArgument, LookAhead, UnknownField

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    import polars as pl

    from rustybt._types import Field, Frequency, Moment
    from rustybt.assets import Asset, AssetFinder
    from rustybt.utils.calendar_utils import TradingCalendar

__all__ = ["PolarsDataPortal"]

_MINUTE_NS = 60_000_000_000
_DAY_NS = 86_400_000_000_000
_WIDE = Context(prec=60)
_LEAST_SCALE = 8  # decimals of adjusted values, more when the source has more


class PolarsDataPortal:
    """Bars of one bundle as of a current time.

        portal = PolarsDataPortal(PolarsParquetDailyReader("mine"), current_simulation_time="2020-03-31")
        portal.get_history_window(["AAPL"], "2020-03-31", 20, "1d", "price")

    Times: a date (or midnight without time zone) means the end of that session; anything else the moment, in UTC without zone.
    A daily bar is known from its session's close on. Asking beyond the current time raises LookAhead; without a current time
    nothing is hidden.
    """

    daily_reader: Any
    minute_reader: Any
    calendar: TradingCalendar
    asset_finder: AssetFinder | None

    def __init__(
        self,
        daily_reader: Any = None,
        minute_reader: Any = None,
        calendar: TradingCalendar | None = None,
        asset_finder: AssetFinder | None = None,
        current_simulation_time: Moment | None = None,
    ) -> None:
        """calendar: of rustybt.utils.calendar_utils, default the bundle's. asset_finder: accepted as upstream's, not needed."""
        import_polars()
        readers = [r for r in (daily_reader, minute_reader) if r is not None]
        if not readers:
            raise InvalidArgument("a portal needs a reader of daily or of minute bars")
        if len({r.data_hash for r in readers}) > 1:
            raise InvalidArgument("the readers belong to different versions of data; open both of one bundle")
        if calendar is None or isinstance(calendar, str):
            from rustybt.utils.calendar_utils import get_calendar

            calendar = get_calendar(calendar or readers[0].calendar_name)
        self.daily_reader, self.minute_reader = daily_reader, minute_reader
        self.calendar, self.asset_finder = calendar, asset_finder
        self._files = readers[0]._files
        self._sessions = [to_days(s) for s in calendar.sessions]
        schedule = calendar.schedule
        self._opens, self._closes = ([int(t.value) for t in schedule[c].dt.as_unit("ns")] for c in ("open", "close"))
        self._actions = {}
        self.current_simulation_time = None
        self.set_simulation_time(current_simulation_time)

    def set_simulation_time(self, dt: pd.Timestamp) -> None:
        """Move the current time; None hides nothing."""
        self.current_simulation_time: Any = None if is_missing(dt) else dt

    # --- questions

    def get_spot_value(
        self, assets: Asset | Iterable[Asset], field: Field, dt: pd.Timestamp, data_frequency: Frequency = "daily"
    ) -> pl.Series:
        """Columns sid, value: the bar of `dt` per asset, unadjusted; `price` is the last close at or before it, adjusted to it."""
        pl = import_polars()
        assets = _listed(assets)
        self._refuse_future(dt)
        reader = self._reader(data_frequency)
        at = dt
        if data_frequency == "daily":
            at = _date(self._session_at(dt))
            self._refuse_future(at)  # its bar is known at its close
        if field != "price":
            return reader.load_spot_value(assets, at, _field(field))
        sids = self._files.sids_of(assets)
        session = to_days(at) if data_frequency == "daily" else self._session_of(to_nanoseconds(at))
        values = [self._last_price(reader, sid, at, session) for sid in sids]
        return pl.DataFrame({"sid": sids, "value": values}, schema={"sid": pl.Int64, "value": self._dtype("close")})

    def get_history_window(
        self,
        assets: Asset | Iterable[Asset],
        end_dt: pd.Timestamp,
        bar_count: int,
        frequency: str,
        field: Field,
        data_frequency: Frequency | None = None,
        adjusted: bool = True,
    ) -> pl.DataFrame:
        """The last bars up to `end_dt`: columns date (or timestamp), sid, field; `bar_count` rows for each asset, in its order.

        Prices and volumes are as on the last bar's session: splits, mergers and dividends that took effect by then are applied
        (adjusted=False: raw), rounded half-even at 8 decimals or the source's own. `price` carries the close forward. In the
        middle of a session the last daily bar is made of its minutes so far.
        """
        if frequency not in ("1d", "1m"):
            raise IncompatibleHistoryFrequency(frequency=frequency, data_frequency=data_frequency or "daily or minute")
        if bar_count < 1:
            raise InvalidArgument(f"bar_count must be at least 1, found {bar_count}")
        assets = _listed(assets)
        _field(field, "price")
        self._refuse_future(end_dt)
        if frequency == "1m":
            return self._minute_window(assets, end_dt, bar_count, field, adjusted)
        return self._daily_window(assets, end_dt, bar_count, field, adjusted)

    def get_adjusted_value(
        self,
        asset: Asset,
        field: Field,
        dt: pd.Timestamp,
        perspective_dt: pd.Timestamp,
        data_frequency: Frequency = "daily",
    ) -> Any:
        """The value of a bar, as it reads on the session of a later `perspective_dt`; None without a bar."""
        self._refuse_future(perspective_dt)
        value = self.get_spot_value([asset], field, dt, data_frequency)["value"][0]
        sid, field = self._files.sid_of(asset), "close" if field == "price" else field
        factor = self._factor(sid, field, self._session_at(dt), self._session_at(perspective_dt))
        return None if value is None else _times(value, factor, self._scale(field))

    def get_last_traded_dt(self, asset: Asset, dt: pd.Timestamp, data_frequency: Frequency = "daily") -> Any:
        """Date or time of the newest bar at or before `dt`, None without one."""
        self._refuse_future(dt)
        at = dt if data_frequency != "daily" else _date(self._last_closed(dt))
        found = self._reader(data_frequency).last_bar(asset, at)
        return found and found[0]

    def get_splits(self, assets: Asset | Iterable[Asset], dt: pd.Timestamp) -> Any:
        """(asset, ratio) of the splits that take effect on the session of `dt`."""
        session = self._session_at(dt)
        found = []
        for asset in _listed(assets):
            for day, price, _ in self._actions_of(self._files.sid_of(asset))["splits"]:
                if day == session:
                    found.append((asset, _decimal(price)))
        return found

    # --- windows

    def _daily_window(self, assets, end_dt, bar_count, field, adjusted):
        pl = import_polars()
        reader = self._reader("daily")
        closed, last = self._last_closed(end_dt), self._session_at(end_dt)
        position = bisect_right(self._sessions, last)
        if position < bar_count:
            raise InvalidArgument(f"{bar_count} sessions up to {_date(last)} begin before the calendar {self.calendar.name}")
        days = self._sessions[position - bar_count : position]
        column = "close" if field == "price" else field
        bars = reader.load_daily_bars(assets, _date(days[0]), _date(days[-1]), [column])
        bars = bars.filter(pl.col("date") <= _date(closed))
        if last > closed and self.minute_reader is not None:
            bars = pl.concat([bars, self._running_day(assets, last, end_dt, column)])
        labels = pl.DataFrame({"date": [_date(d) for d in days]})
        return self._align(assets, labels, "date", bars, field, adjusted, last, lambda label: to_days(label), reader)

    def _minute_window(self, assets, end_dt, bar_count, field, adjusted):
        pl = import_polars()
        reader = self._reader("minute")
        end = self._moment(end_dt)
        minutes = self._minutes_up_to(end, bar_count)
        column = "close" if field == "price" else field
        bars = reader.load_minute_bars(assets, minutes[0], minutes[-1], [column])
        labels = pl.DataFrame({"timestamp": pl.Series(minutes, dtype=pl.Int64).cast(pl.Datetime("ns", "UTC"))})
        last = self._session_of(minutes[-1])
        return self._align(assets, labels, "timestamp", bars, field, adjusted, last, self._session_at, reader)

    def _align(self, assets, labels, label, bars, field, adjusted, last, session_of, reader):
        pl = import_polars()
        column = "close" if field == "price" else field
        frames = []
        for sid in self._files.sids_of(assets):
            own = bars.filter(pl.col("sid") == sid).select(label, column)
            values = labels.join(own, on=label, how="left", maintain_order="left")[column].to_list()
            if adjusted and any(self._actions_of(sid).values()):
                sessions = [session_of(time) for time in labels[label]]
                values = [
                    None if v is None else _times(v, self._factor(sid, column, s, last), self._scale(column))
                    for v, s in zip(values, sessions, strict=True)
                ]
            if field == "price":
                values = self._carried(values, reader, sid, labels[label][0], last, adjusted)
            frames.append(labels.with_columns(sid=pl.lit(sid, pl.Int64), **{field: pl.Series(values, dtype=self._dtype(column))}))
        if not frames:
            return labels.clear().with_columns(sid=pl.lit(0, pl.Int64), **{field: pl.lit(None, self._dtype(column))})
        return pl.concat(frames)

    def _carried(self, values, reader, sid, first, last, adjusted):
        """Each missing value is the one before it; before the window, the last that was known."""
        before = None
        if values[0] is None:
            before = self._last_price(reader, sid, first, last) if adjusted else (reader.last_bar(sid, first) or (0, None))[1]
        out = []
        for value in values:
            before = before if value is None else value
            out.append(before)
        return out

    def _running_day(self, assets, session, end_dt, column):
        """The bar of the session so far, made of its minutes."""
        pl = import_polars()
        position = bisect_right(self._sessions, session) - 1
        minutes = self.minute_reader.load_minute_bars(assets, self._opens[position], self._moment(end_dt), [column])
        minutes = minutes.drop_nulls(column)
        value = pl.col(column)
        how = {"open": value.first(), "high": value.max(), "low": value.min(), "close": value.last(), "volume": value.sum()}
        bars = minutes.group_by("sid", maintain_order=True).agg(how[column].cast(minutes.schema[column]))
        return bars.select(pl.lit(_date(session)).alias("date"), "sid", column)

    # --- corporate actions

    def _actions_of(self, sid):
        """(session, factor of prices, factor of volumes) per kind."""
        if sid not in self._actions:
            found = {"splits": [], "others": []}
            file = self._files.folder / "adjustments.sqlite"
            if file.exists():
                with _opened(file) as database:
                    for seconds, ratio, top, bottom in database.execute(
                        "SELECT effective_date, ratio, numerator, denominator FROM splits WHERE sid = ?", (sid,)
                    ):
                        exact = Fraction(top, bottom) if top and bottom else Fraction(repr(ratio))
                        found["splits"].append((seconds // 86_400, exact, 1 / exact))
                    for table in ("mergers", "dividends"):
                        rows = database.execute(f"SELECT effective_date, ratio FROM {table} WHERE sid = ?", (sid,))
                        found["others"] += [(seconds // 86_400, Fraction(repr(ratio)), 1) for seconds, ratio in rows]
            self._actions[sid] = found
        return self._actions[sid]

    def _factor(self, sid, field, session, perspective):
        """What a value of a session is multiplied by to read as on a later session."""
        factor = Fraction(1)
        for actions in self._actions_of(sid).values():
            for day, prices, volumes in actions:
                if session < day <= perspective:
                    factor *= volumes if field == "volume" else prices
        return factor

    def _last_price(self, reader, sid, at, session):
        found = reader.last_bar(sid, at)
        if found is None:
            return None
        return _times(found[1], self._factor(sid, "close", self._session_at(found[0]), session), self._scale("close"))

    # --- time

    def _refuse_future(self, dt):
        now = self.current_simulation_time
        if now is not None and self._moment(dt) > self._moment(now):
            raise LookAhead(f"data of {dt} were asked for at {now}")

    def _moment(self, dt):
        """Nanoseconds of a time; of a day: the close of its session, or of the last before it."""
        if isinstance(dt, int):
            return dt
        if not _is_day(dt):
            return to_nanoseconds(dt)
        position = bisect_right(self._sessions, to_days(dt)) - 1
        return self._closes[position] if position >= 0 else to_days(dt) * _DAY_NS

    def _session_of(self, ns):
        """Session that a moment belongs to: the newest that has opened."""
        return self._sessions[max(bisect_right(self._opens, ns - 1) - 1, 0)]  # the label of a minute is its end

    def _session_at(self, dt):
        if not _is_day(dt):
            return self._session_of(self._moment(dt))
        return self._sessions[max(bisect_right(self._sessions, to_days(dt)) - 1, 0)]

    def _last_closed(self, dt):
        return self._sessions[max(bisect_right(self._closes, self._moment(dt)) - 1, 0)]

    def _minutes_up_to(self, end, count):
        """Nanoseconds of the last trading minutes up to a moment, in order; a minute's label is its end."""
        is_open = self.calendar._core._is_open_on_minute
        minutes, position = [], bisect_right(self._opens, end - 1) - 1
        while position >= 0 and len(minutes) < count:
            first, last = self._opens[position] + _MINUTE_NS, min(self._closes[position], end // _MINUTE_NS * _MINUTE_NS)
            for minute in range(last, first - 1, -_MINUTE_NS):
                if is_open(minute):  # not in a break
                    minutes.append(minute)
                    if len(minutes) == count:
                        break
            position -= 1
        if len(minutes) < count:
            raise InvalidArgument(f"{count} minutes begin before the calendar {self.calendar.name}")
        return minutes[::-1]

    # --- types

    def _reader(self, data_frequency):
        if data_frequency not in ("daily", "minute"):
            raise InvalidArgument(f"data_frequency is daily or minute, found {data_frequency!r}")
        reader = self.daily_reader if data_frequency == "daily" else self.minute_reader
        if reader is None:
            raise InvalidArgument(f"the portal was made without a reader of {data_frequency} bars")
        return reader

    def _scale(self, column):
        return max(self._files.volume_scale if column == "volume" else self._files.price_scale, _LEAST_SCALE)

    def _dtype(self, column):
        return import_polars().Decimal(38, self._scale(column))


def _listed(assets):
    return list(assets) if isinstance(assets, (list, tuple, set, frozenset)) else [assets]


def _field(field, *more):
    if field not in FIELDS + more:
        raise UnknownField(f"no bar field named {field!r}; there are {', '.join(FIELDS)}, price")
    return field


def _is_day(dt):
    if isinstance(dt, str):
        return len(dt) == 10
    if isinstance(dt, datetime):
        return dt.tzinfo is None and (dt.hour, dt.minute, dt.second, dt.microsecond) == (0, 0, 0, 0)
    return isinstance(dt, date)


def _date(days):
    return date(1970, 1, 1) + timedelta(days=days)


def _decimal(value):
    """A fraction to 28 digits."""
    return Decimal(value.numerator) / Decimal(value.denominator)


def _times(value, factor, scale):
    """value * factor, rounded half-even once at `scale` decimals."""
    exact = Fraction(value) * factor * 10**scale
    return Decimal(round(exact)).scaleb(-scale, context=_WIDE)


def _opened(file):
    return closing(sqlite3.connect(f"{file.as_uri()}?immutable=1", uri=True))
