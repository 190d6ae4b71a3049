"""Rows about assets, as the core takes them."""

import datetime
from numbers import Integral

from rustybt._dates import is_missing, optional_days, to_days
from rustybt._tables import records

_DATES = ("start_date", "end_date", "first_traded", "auto_close_date", "notice_date", "expiration_date")
_TERMS = (
    "tick_size",
    "multiplier",
    "quantity_step",
    "minimum_notional",
    "root_symbol",
    "base_currency",
    "quote_currency",
    "calendar_name",
)
_EXCHANGES = {"future": "CME", "crypto": "CRYPTO", "cryptocurrency": "CRYPTO", "fx": "FX", "fx_pair": "FX"}
LAST_DAY = to_days("2262-04-11")
_DAY_NS = 86_400_000_000_000


def asset_row(row):
    """What is said of an asset; None where the default of its type holds."""

    def text(key, default):
        value = row.get(key)
        return default if is_missing(value) else str(value)

    kind = text("asset_type", "equity")
    return {
        "asset_type": kind,
        "sid": -1 if is_missing(row.get("sid")) else int(row["sid"]),
        "symbol": text("symbol", ""),
        "asset_name": text("asset_name", text("symbol", "")),
        "exchange": text("exchange", _EXCHANGES.get(kind, "NYSE")),
        **{key: text(key, None) for key in _TERMS},
        **{key: _day(row.get(key)) for key in _DATES},
    }


def merge_symbols(rows):
    """Assets with one row per sid, and the symbols in time of those that had several (Zipline's form of the equities table)."""
    by_sid = {}
    for row in rows:
        by_sid.setdefault(row["sid"], []).append(row)
    assets, mappings = [], []
    for group in by_sid.values():
        latest = max(group, key=lambda row: period(row)[1])
        if len(group) > 1:
            days = [period(row) for row in group]
            mappings += [{**row, "name": row["symbol"]} for row in group]
            latest = {**latest, "start_date": date_of(min(d[0] for d in days)), "end_date": date_of(max(d[1] for d in days))}
        assets.append(latest)
    return assets, mappings


def exchanges_of(items, country):
    """(name, canonical name, country) of the exchanges that assets name; currencies trade in no country."""
    anywhere = {item["exchange"] for item in items if item["asset_type"] not in ("equity", "future")}
    return [(e, e, "??" if e in anywhere else country) for e in dict.fromkeys(item["exchange"] for item in items)]


def exchange_rows(table):
    """(exchange, canonical name, country) of exchanges; canonical names default to the names, countries to "??"."""
    return [
        (
            str(row["exchange"]),
            str(row["exchange"] if is_missing(row.get("canonical_name")) else row["canonical_name"]),
            "??" if is_missing(row.get("country_code")) else str(row["country_code"]),
        )
        for row in records(table)
    ]


def root_rows(table):
    """(root_symbol, root_symbol_id, sector, description, exchange) of families of futures."""

    def row_of(row):
        number = row.get("root_symbol_id")
        texts = ("" if is_missing(row.get(key)) else str(row[key]) for key in ("sector", "description", "exchange"))
        return str(row["root_symbol"]), None if is_missing(number) else int(number), *texts

    return [row_of(row) for row in records(table)]


def mapping_rows(table, place, key, *columns):
    """(item, columns..., first day, last day)."""
    return [(place[row[key]], *(str(row[c]) for c in columns), *period(row)) for row in records(table)]


def _day(value):
    """Days of a date; a whole number is Zipline's: nanoseconds since 1970."""
    return int(value) // _DAY_NS if isinstance(value, Integral) else optional_days(value)


def period(row):
    """Days of a row; open ends are Zipline's: 1970 and the last day that nanoseconds reach."""
    start, end = _day(row.get("start_date")), _day(row.get("end_date"))
    return 0 if start is None else start, LAST_DAY if end is None else end


def date_of(days):
    return datetime.date(1970, 1, 1) + datetime.timedelta(days)
