"""Writes asset databases that rustybt and Zipline read."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from rustybt import _core
from rustybt._dates import is_missing
from rustybt._tables import records_with
from rustybt.assets._engine import database_file
from rustybt.assets._rows import LAST_DAY, asset_row, exchange_rows, mapping_rows, merge_symbols, root_rows
from rustybt.errors import AssetDBVersionError, InvalidArgument

if TYPE_CHECKING:
    import pandas as pd
    import sqlalchemy as sa

    from rustybt._core import Table

SQLITE_MAX_VARIABLE_NUMBER = 999
_futures_defaults = {
    "symbol": None,
    "root_symbol": None,
    "asset_name": None,
    "start_date": 0,
    "end_date": 2**63 - 1,
    "first_traded": None,
    "exchange": None,
    "notice_date": None,
    "expiration_date": None,
    "auto_close_date": None,
    "tick_size": None,
    "multiplier": 1,
}


class AssetDBWriter:
    """Writes tables of assets to a database; later calls add to it.

    engine: path of the file, "sqlite:///path", or an SQLAlchemy engine on a file.

        AssetDBWriter("assets-7.sqlite").write(equities=pd.DataFrame(
            {"symbol": ["AAPL"], "start_date": ["2004-01-02"], "end_date": ["2014-12-31"], "exchange": ["NASDAQ"]}, index=[24]))
    """

    DEFAULT_CHUNK_SIZE = SQLITE_MAX_VARIABLE_NUMBER

    def __init__(self, engine: Any) -> None:
        self.engine = engine

    def write(
        self,
        equities: pd.DataFrame | None = None,
        futures: pd.DataFrame | None = None,
        exchanges: pd.DataFrame | None = None,
        root_symbols: pd.DataFrame | None = None,
        equity_supplementary_mappings: pd.DataFrame | None = None,
        chunk_size: int = DEFAULT_CHUNK_SIZE,
        cryptocurrencies: pd.DataFrame | None = None,
        fx_pairs: pd.DataFrame | None = None,
    ) -> Any:
        """Write frames (or lists of dicts). Sids are the column `sid` or the index.

        equities: symbol, asset_name, start_date, end_date, first_traded, auto_close_date, exchange; several rows of one sid are
        its symbols in time. futures: also root_symbol, notice_date, expiration_date, tick_size, multiplier.
        cryptocurrencies, fx_pairs: also base_currency, quote_currency, tick_size, quantity_step, minimum_notional, multiplier.
        exchanges: exchange, canonical_name, country_code; default: those that the other tables name.
        root_symbols: root_symbol, root_symbol_id, sector, description, exchange.
        equity_supplementary_mappings: sid, field, value, start_date, end_date.
        chunk_size is accepted as Zipline's and not needed. Raises ValueError when two assets own a symbol at one time.
        """
        assets, symbols = merge_symbols(records_with(equities, "sid"))
        self._write(
            [("equity", assets), *_further(futures, cryptocurrencies, fx_pairs)],
            symbols,
            exchanges,
            root_symbols,
            equity_supplementary_mappings,
        )

    def write_direct(
        self,
        equities: pd.DataFrame | None = None,
        equity_symbol_mappings: pd.DataFrame | None = None,
        equity_supplementary_mappings: pd.DataFrame | None = None,
        futures: pd.DataFrame | None = None,
        exchanges: pd.DataFrame | None = None,
        root_symbols: pd.DataFrame | None = None,
        chunk_size: int = DEFAULT_CHUNK_SIZE,
    ) -> None:
        """Write frames as the database holds them: equities without symbols, and their symbols in a table of their own
        (sid, symbol, start_date, end_date)."""
        rows = records_with(equities, "sid")
        if rows and equity_symbol_mappings is None:
            raise InvalidArgument("equities provided with no symbol mapping data")
        symbols = [{**row, "name": row["symbol"]} for row in records_with(equity_symbol_mappings, "sid")]
        self._write(
            [("equity", rows), *_further(futures, None, None)],
            symbols,
            exchanges,
            root_symbols,
            equity_supplementary_mappings,
        )

    def init_db(self, txn: Any = None) -> None:
        """Make the tables, when there are none."""
        self._write([], [], None, None, None)

    def _write(self, kinds, symbols, exchanges, root_symbols, supplementary):
        rows = []
        for kind, assets in kinds:
            for row in assets:
                if is_missing(row.get("exchange")):
                    raise InvalidArgument(f"sid {row['sid']}: no default value for column 'exchange'")
                made = asset_row({**row, "asset_type": kind})
                made["end_date"] = LAST_DAY if made["end_date"] is None else made["end_date"]
                if kind == "future" and made["root_symbol"] is None:
                    made["root_symbol"] = made["symbol"]  # Zipline allows a contract of no family
                if kind == "future" and not made["symbol"]:
                    made["symbol"] = f"{made['root_symbol']}{made['sid']}"  # and one without a name
                rows.append(made)
        roots = root_rows(records_with(root_symbols, "root_symbol"))
        itself = _Itself()
        mappings = mapping_rows(symbols, itself, "sid", "name")
        values = mapping_rows(records_with(supplementary, "sid"), itself, "sid", "field", "value")
        with database_file(self.engine, write=True) as path:
            if exchanges is None:
                known = _exchanges_in(path)
                names = dict.fromkeys([*(row["exchange"] for row in rows), *(root[4] for root in roots if root[4])])
                exchanges = [(name, name, "??") for name in names if name not in known]
            else:
                exchanges = exchange_rows(records_with(exchanges, "exchange"))
            _core.write_assets(path, exchanges, rows, roots, mappings, values)


def _exchanges_in(path):
    """Names of the exchanges that the file has already."""
    return {row[0] for row in _core.AssetFinder(path)._exchanges} if os.path.exists(path) else set()


class _Itself:
    """Sids stand for themselves."""

    def __getitem__(self, sid: int) -> int:
        return int(sid)


def _further(futures, cryptocurrencies, fx_pairs):
    return [
        ("future", records_with(futures, "sid")),
        ("crypto", records_with(cryptocurrencies, "sid")),
        ("fx", records_with(fx_pairs, "sid")),
    ]


def split_delimited_symbol(symbol: str) -> tuple[str, str]:
    """Company and share class of a symbol.

    >>> split_delimited_symbol("brk.a")
    ('BRK', 'A')
    """
    if is_missing(symbol):
        return "", ""
    company, *share_class = re.split(r"[./\\\-_]", symbol.upper(), maxsplit=1)
    return company, "".join(share_class)


def check_version_info(conn: sa.Connection, version_table: sa.Table, expected_version: int) -> None:
    """Raises AssetDBVersionError unless the table says this version; an empty table is version 0."""
    import sqlalchemy as sa

    found = conn.execute(sa.select(version_table.c.version)).scalar() or 0
    if found != expected_version:
        raise AssetDBVersionError(db_version=found, expected_version=expected_version)


def write_version_info(conn: sa.Connection, version_table: sa.Table, version_value: int) -> None:
    """Put the version into the table, which has none yet. Raises sqlalchemy.exc.IntegrityError when it has one."""
    conn.execute(version_table.insert().values(version=version_value))
