"""Splits, mergers and dividends in an SQLite database, under Zipline's names and in its tables.

    with SQLiteAdjustmentWriter("adjustments.sqlite", daily_bar_reader, overwrite=True) as writer:
        writer.write(splits=frame)
    SQLiteAdjustmentReader("adjustments.sqlite").get_adjustments_for_sid("splits", 24)
"""

from __future__ import annotations

import bisect
import logging
import os
import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable

    import sqlalchemy as sa

    from rustybt._types import Frame
    from rustybt.assets import Asset, AssetFinder

__all__ = [
    "Dividend",
    "SQLITE_ADJUSTMENT_TABLENAMES",
    "SQLiteAdjustmentReader",
    "SQLiteAdjustmentWriter",
    "StockDividend",
]

log: logging.Logger = logging.getLogger(__name__)


class Dividend(NamedTuple):
    """Cash paid for each share."""

    asset: Asset
    amount: float
    pay_date: pd.Timestamp


class StockDividend(NamedTuple):
    """Shares of payment_asset for each share."""

    asset: Asset
    payment_asset: Asset
    ratio: float
    pay_date: pd.Timestamp


SQLITE_ADJUSTMENT_TABLENAMES = frozenset(("splits", "dividends", "mergers"))
SQLITE_ADJUSTMENT_COLUMN_DTYPES = {"effective_date": np.integer, "ratio": np.dtype(float), "sid": np.integer}
_PAYOUT_DAYS = ("ex_date", "declared_date", "record_date", "pay_date")
SQLITE_DIVIDEND_PAYOUT_COLUMN_DTYPES = {"sid": np.integer, **dict.fromkeys(_PAYOUT_DAYS, np.integer), "amount": float}
SQLITE_STOCK_DIVIDEND_PAYOUT_COLUMN_DTYPES = {
    "sid": np.integer,
    **dict.fromkeys(_PAYOUT_DAYS, np.integer),
    "payment_sid": np.integer,
    "ratio": float,
}
_COLUMNS = {
    "splits": SQLITE_ADJUSTMENT_COLUMN_DTYPES,
    "mergers": SQLITE_ADJUSTMENT_COLUMN_DTYPES,
    "dividends": SQLITE_ADJUSTMENT_COLUMN_DTYPES,
    "dividend_payouts": SQLITE_DIVIDEND_PAYOUT_COLUMN_DTYPES,
    "stock_dividend_payouts": SQLITE_STOCK_DIVIDEND_PAYOUT_COLUMN_DTYPES,
}
_MOST_VARIABLES = 998
_NO_SECONDS = np.iinfo(np.int64).min  # NaT as a number


class _Database:
    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self.conn.close()


class _PriceAdjustments:
    """Factors of prices and volumes, from (sid, day as number, ratio) of splits, mergers and dividends."""

    def _ratios(self) -> dict[str, list[tuple[int, int, float]]]:
        raise NotImplementedError

    def load_pricing_adjustments(self, columns: Iterable[str], dates: pd.DatetimeIndex, assets: Iterable[Any]) -> list[dict[int, Any]]:
        """For each column {place in dates: [Float64Multiply]}: what changes the rows up to there on that day.

        assets: sids, which are the columns of the window. Prices change by all ratios, `volume` by splits, inversely.
        """
        columns = list(columns)
        unknown = set(columns) - {"open", "high", "low", "close", "volume"}
        if unknown:
            raise ValueError(f"Requested an unknown column: {', '.join(sorted(unknown))}")
        found = self.load_adjustments(dates, assets, True, True, True, "all")
        return [found["volume" if column == "volume" else "price"] for column in columns]

    def load_adjustments(
        self,
        dates: pd.DatetimeIndex,
        assets: Iterable[Any],
        should_include_splits: bool,
        should_include_mergers: bool,
        should_include_dividends: bool,
        adjustment_type: str,
    ) -> dict[str, dict[int, Any]]:
        """{"price": ..., "volume": ...} of load_pricing_adjustments; adjustment_type "price", "volume" or "all"."""
        from rustybt._dates import to_days
        from rustybt.lib.adjustment import Float64Multiply

        if adjustment_type not in ("price", "volume", "all"):
            raise ValueError(
                f"{adjustment_type} is not a valid adjustment type.\nValid adjustment types are 'price', 'volume', and 'all'.\n"
            )
        columns = {int(asset): column for column, asset in enumerate(assets)}
        days = [to_days(date) for date in dates]
        wanted = {"splits": should_include_splits, "mergers": should_include_mergers, "dividends": should_include_dividends}
        found: dict[str, dict[int, Any]] = {kind: {} for kind in ("price", "volume") if adjustment_type in (kind, "all")}
        for table, rows in self._ratios().items():
            for sid, day, ratio in rows if wanted[table] else ():
                if sid not in columns or not days[0] <= day <= days[-1]:
                    continue
                row, column = bisect.bisect_left(days, day), columns[sid]
                for kind, by_row in found.items():
                    if kind == "price" or table == "splits":
                        value = ratio if kind == "price" else 1.0 / ratio
                        by_row.setdefault(row, []).append(Float64Multiply(0, row, column, column, value))
        return found


class BundleAdjustmentReader(_PriceAdjustments):
    """The actions of an open bundle: its `adjustment_reader`."""

    def __init__(self, bundle: Any) -> None:
        self._bundle = bundle

    def _ratios(self):
        return self._bundle._price_ratios()

    def get_adjustments_for_sid(self, table_name: str, sid: int) -> list[list[Any]]:
        """[time, ratio] of each split, merger or dividend of a sid."""
        if table_name not in SQLITE_ADJUSTMENT_TABLENAMES:
            raise ValueError(f"Adjustment table {table_name} not in {SQLITE_ADJUSTMENT_TABLENAMES}")
        return [[pd.Timestamp(day, unit="D"), ratio] for own, day, ratio in self._ratios()[table_name] if own == int(sid)]


class SQLiteAdjustmentReader(_Database, _PriceAdjustments):
    """Reads what SQLiteAdjustmentWriter wrote. conn: a path that exists, or a connection."""

    def __init__(self, conn: sa.Connection) -> None:
        if isinstance(conn, (str, os.PathLike)):
            if os.fspath(conn) != ":memory:" and not os.path.exists(conn):
                raise ValueError(f"SQLite file {os.fspath(conn)!r} doesn't exist.")
            conn = sqlite3.connect(conn)
        self.conn = conn

    def get_adjustments_for_sid(self, table_name: str, sid: int) -> list[list[Any]]:
        """[time, ratio] of each split, merger or dividend of a sid."""
        if table_name not in SQLITE_ADJUSTMENT_TABLENAMES:
            raise ValueError(f"Adjustment table {table_name} not in {SQLITE_ADJUSTMENT_TABLENAMES}")
        rows = self.conn.execute(f"SELECT effective_date, ratio FROM {table_name} WHERE sid = ?", (int(sid),))
        return [[pd.Timestamp(seconds, unit="s"), ratio] for seconds, ratio in rows]

    def _ratios(self):
        day = 86_400
        return {
            table: [
                (sid, -(-seconds // day), ratio)
                for sid, seconds, ratio in self.conn.execute(f"SELECT sid, effective_date, ratio FROM {table} ORDER BY rowid")
            ]
            for table in ("splits", "mergers", "dividends")
        }

    def get_dividends_with_ex_date(
        self, assets: Asset | Iterable[Asset], date: pd.Timestamp, asset_finder: AssetFinder
    ) -> list[Dividend]:
        """Dividend (asset, amount, pay_date) of these assets with an ex-date."""
        return [
            Dividend(asset_finder.retrieve_asset(sid), amount, pd.Timestamp(pay, unit="s", tz="UTC"))
            for sid, amount, pay in self._payouts("sid, amount, pay_date FROM dividend_payouts", assets, date)
        ]

    def get_stock_dividends_with_ex_date(
        self, assets: Asset | Iterable[Asset], date: pd.Timestamp, asset_finder: AssetFinder
    ) -> list[StockDividend]:
        """StockDividend (asset, payment_asset, ratio, pay_date) of these assets with an ex-date."""
        what = "sid, payment_sid, ratio, pay_date FROM stock_dividend_payouts"
        find = asset_finder.retrieve_asset
        return [
            StockDividend(find(sid), find(payment), ratio, pd.Timestamp(pay, unit="s", tz="UTC"))
            for sid, payment, ratio, pay in self._payouts(what, assets, date)
        ]

    def _payouts(self, what, assets, date):
        sids = [int(asset) for asset in assets]
        for start in range(0, len(sids), _MOST_VARIABLES):
            some = sids[start : start + _MOST_VARIABLES]
            marks = ",".join("?" * len(some))
            query = f"SELECT {what} WHERE ex_date = ? AND sid IN ({marks})"
            yield from self.conn.execute(query, (date.value // 10**9, *some)).fetchall()

    def unpack_db_to_component_dfs(self, convert_dates: bool = False) -> dict[str, pd.DataFrame]:
        """{table: frame} of everything; dates in seconds since 1970, or with convert_dates as times."""
        return {name: self.get_df_from_table(name, convert_dates) for name in _COLUMNS}

    def get_df_from_table(self, table_name: str, convert_dates: bool = False) -> pd.DataFrame:
        """One table as a frame, as in unpack_db_to_component_dfs. Raises ValueError for a name that is none."""
        if table_name not in _COLUMNS:
            raise ValueError(f"Requested table {table_name} not found.\nAvailable tables: {_COLUMNS.keys()}\n")
        frame = pd.read_sql(f"SELECT * FROM {table_name}", self.conn, index_col="index").rename_axis(None)
        frame = frame[sorted(_COLUMNS[table_name])]
        for name, kind in _COLUMNS[table_name].items():
            frame[name] = frame[name].astype(np.int64 if kind is np.integer else float)
            if convert_dates and name.endswith("_date"):
                frame[name] = pd.to_datetime(frame[name].where(frame[name] != _NO_SECONDS), unit="s").astype("M8[ns]")
        return frame


class SQLiteAdjustmentWriter(_Database):
    """Writes to conn_or_path (with overwrite=True on a new file). equity_daily_bar_reader gives the closes for dividends' ratios."""

    def __init__(self, conn_or_path: Any, equity_daily_bar_reader: Any, overwrite: bool = False) -> None:
        if isinstance(conn_or_path, sqlite3.Connection):
            self.conn = conn_or_path
        elif isinstance(conn_or_path, (str, os.PathLike)):
            if overwrite:
                with suppress(FileNotFoundError):
                    os.remove(conn_or_path)
            self.uri: str = os.fspath(conn_or_path)
            self.conn: sqlite3.Connection = sqlite3.connect(conn_or_path)
        else:
            raise TypeError(f"Unknown connection type {type(conn_or_path)}")
        self._equity_daily_bar_reader = equity_daily_bar_reader

    def write(
        self,
        splits: pd.DataFrame | None = None,
        mergers: pd.DataFrame | None = None,
        dividends: pd.DataFrame | None = None,
        stock_dividends: pd.DataFrame | None = None,
    ) -> Any:
        """Add actions, as frames. splits, mergers: sid, effective_date, ratio (new price / old price). dividends: sid, ex_date,
        declared_date, record_date, pay_date, amount; stock_dividends: the same with payment_sid and ratio instead of amount."""
        self.write_frame("splits", splits)
        self.write_frame("mergers", mergers)
        self.write_dividend_data(dividends, stock_dividends)
        for table in ("splits", "mergers", "dividends"):
            suffix = "sid" if table == "dividends" else "sids"
            self.conn.execute(f"CREATE INDEX IF NOT EXISTS {table}_{suffix} ON {table}(sid)")
            self.conn.execute(f"CREATE INDEX IF NOT EXISTS {table}_effective_date ON {table}(effective_date)")
        for table, name in (("dividend_payouts", "dividends"), ("stock_dividend_payouts", "stock_dividends")):
            self.conn.execute(f"CREATE INDEX IF NOT EXISTS {table}_sid ON {table}(sid)")
            self.conn.execute(f"CREATE INDEX IF NOT EXISTS {name}_payouts_ex_date ON {table}(ex_date)")
        self.conn.commit()

    def write_frame(self, tablename: str, frame: Frame) -> None:
        """Add rows to `splits`, `mergers` or `dividends`."""
        if tablename not in SQLITE_ADJUSTMENT_TABLENAMES:
            raise ValueError(f"Adjustment table {tablename} not in {SQLITE_ADJUSTMENT_TABLENAMES}")
        self._write(tablename, _in_seconds(frame, "effective_date"))

    def write_dividend_payouts(self, frame: Frame) -> None:
        """Add rows to `dividend_payouts`; dates in seconds."""
        self._write("dividend_payouts", frame)

    def write_stock_dividend_payouts(self, frame: Frame) -> None:
        """Add rows to `stock_dividend_payouts`; dates in seconds."""
        self._write("stock_dividend_payouts", frame)

    def write_dividend_data(self, dividends: pd.DataFrame, stock_dividends: pd.DataFrame | None = None) -> None:
        """Add dividends as they are paid, and the ratios of prices that follow from them."""
        self.write_dividend_payouts(_in_seconds(dividends, *_PAYOUT_DAYS))
        self.write_stock_dividend_payouts(_in_seconds(stock_dividends, *_PAYOUT_DAYS))
        self.write_frame("dividends", self.calc_dividend_ratios(dividends))

    def calc_dividend_ratios(self, dividends: pd.DataFrame) -> pd.DataFrame:
        """Frame of sid, effective_date, ratio: 1 - amount / close of the session before the ex-date. Those without such a close, or
        not smaller than it, are left out with a warning."""
        if dividends is None or dividends.empty:
            return pd.DataFrame({"sid": np.array([], "u8"), "effective_date": np.array([], "u4"), "ratio": np.array([], float)})
        reader = self._equity_daily_bar_reader
        sessions = reader.sessions
        sids, column = np.unique(dividends["sid"].to_numpy(), return_inverse=True)
        (closes,) = reader.load_raw_arrays(["close"], sessions[0], sessions[-1], sids)
        row = np.searchsorted(sessions.values, dividends["ex_date"].to_numpy())
        known, row, column = dividends[row > 0], row[row > 0], column[row > 0]
        ratio = 1.0 - known["amount"].to_numpy() / closes[row - 1, column]
        for wrong, what in ((np.isnan(ratio), "Couldn't compute ratio"), (ratio <= 0, "Dividend ratio <= 0")):
            for _, dividend in known[wrong].iterrows():
                day = pd.Timestamp(dividend["ex_date"]).strftime("%Y-%m-%d")
                log.warning("%s for dividend sid=%s, ex_date=%s, amount=%.3f", what, dividend["sid"], day, dividend["amount"])
        good = ratio > 0
        return pd.DataFrame(
            {"sid": known["sid"].to_numpy()[good], "effective_date": known["ex_date"].to_numpy()[good], "ratio": ratio[good]}
        )

    def _write(self, table, frame):
        columns = _COLUMNS[table]
        if frame is None or frame.empty:
            frame = pd.DataFrame({n: np.array([], "i8" if k is np.integer else float) for n, k in columns.items()})
        elif set(frame.columns) != set(columns):
            raise ValueError(
                f"Unexpected frame columns:\nExpected Columns: {set(columns)}\nReceived Columns: {frame.columns.tolist()}"
            )
        for name, expected in columns.items():
            if not np.issubdtype(frame[name].dtype, expected):
                raise TypeError(f"Expected data of type {expected} for column '{name}', but got '{frame[name].dtype}'.")
        frame.to_sql(table, self.conn, if_exists="append", chunksize=50_000)


def _in_seconds(frame, *names):
    """The frame with these dates in seconds since 1970; numbers are that already."""
    if frame is None or frame.empty:
        return None
    seconds = {name: frame[name].to_numpy().astype("M8[s]").astype("i8") for name in names}
    return frame.assign(**seconds)
