"""Bundles: prices, assets and corporate actions under a name.

    write_frames("mine", {"AAPL": frame}, dividends=[{"symbol": "AAPL", "ex_date": "2014-05-08", "amount": "3.29"}])
    result = rustybt.run_algorithm(..., bundle="mine")

`rustybt ingest` on the command line reads files.
"""

import os

from rustybt import _core
from rustybt._dates import is_missing, optional_days, to_days, to_nanoseconds
from rustybt._not_yet import raise_not_yet
from rustybt.data.bundles._frames import bars_by_symbol
from rustybt.errors import BadClean, UnknownBundle

__all__ = [
    "BadClean",
    "UnknownBundle",
    "bundles",
    "clean",
    "ingest",
    "load",
    "only_bundle",
    "register",
    "unregister",
    "write_frames",
]

def write_frames(
    name,
    bars,
    assets=None,
    *,
    splits=None,
    dividends=None,
    mergers=None,
    stock_dividends=None,
    dividend_ratios=None,
    minute_bars=None,
    exchanges=None,
    calendar="XNYS",
    root=None,
    source="frames",
):
    """Write a version of a bundle from data in memory and make it current. Returns its info.

    bars, minute_bars: {symbol: frame}, or one frame with a column `symbol`: pandas, Polars, pyarrow, or a dict of columns open, high, low,
        close, volume. The days are a column `date` or the index (minute: `dt`, the END of the minute, UTC). Numbers may be text or
        decimal.Decimal; floats count as their shortest text.
    assets: rows with symbol and, where wanted, sid, asset_name, start_date, end_date, auto_close_date, exchange, tick_size.
    splits, mergers: rows with symbol, effective_date, ratio (new price / old price; 2:1 = 0.5).
    dividends: rows with symbol, ex_date, amount and, where known, declared_date, record_date, pay_date.
    stock_dividends: the same with payment_symbol and ratio (shares received per share held) instead of amount.
    dividend_ratios: price ratios of the dividends as the source has them (rows as splits); default: computed from the closes.
    Tables are frames or lists of dicts.
    """
    bars = bars_by_symbol(bars, True, "daily bars")
    minute_bars = bars_by_symbol(minute_bars, False, "minute bars")
    rows = {row["symbol"]: row for row in _rows(assets)}
    symbols = list(dict.fromkeys([*rows, *bars, *minute_bars]))
    place = {symbol: i for i, symbol in enumerate(symbols)}
    items = [_item(symbol, rows.get(symbol, {}), bars.get(symbol), minute_bars.get(symbol)) for symbol in symbols]
    if exchanges is None:
        exchanges = [(e, e, "US") for e in dict.fromkeys(item["exchange"] for item in items)]
    actions = {
        "splits": _ratios(splits, place),
        "mergers": _ratios(mergers, place),
        "dividend_ratios": _ratios(dividend_ratios, place),
        "dividends": [(*_payout_days(r, place), r["amount"]) for r in _rows(dividends)],
        "stock_dividends": [
            (*_payout_days(r, place), place[r["payment_symbol"]], r["ratio"]) for r in _rows(stock_dividends)
        ],
    }
    return _core.write_bundle(
        name, _root(root), calendar, source, items, [tuple(e) for e in exchanges], actions, dividend_ratios is None
    )


def load(name, environ=None, timestamp=None, root=None):
    """Open a bundle: its current version, or the newest ingested at or before `timestamp`.

    >>> load("mine").asset_finder.lookup_symbol("AAPL", as_of_date=None)    # doctest: +SKIP
    Equity(0 [AAPL])
    """
    if root is None and environ is not None:
        root = environ.get("RUSTYBT_ROOT")
    return _core.load_bundle(name, _root(root), None if timestamp is None else to_nanoseconds(timestamp))


def bundles(root=None):
    """Facts of every bundle that is there, by name."""
    return {info["name"]: info for info in _core.list_bundles(_root(root))}


def only_bundle(root=None):
    """Name of the bundle when there is just one."""
    names = sorted(bundles(root))
    if len(names) != 1:
        found = f"found {', '.join(names)}" if names else "there is none"
        raise UnknownBundle(f"run_algorithm needs the name of a bundle: {found}")
    return names[0]


def clean(name, before=None, after=None, keep_last=None, root=None):
    """Remove versions: all but the newest keep_last, or those ingested before or after a time. Returns their ids."""
    time = [None if is_missing(t) else to_nanoseconds(t) for t in (before, after)]
    return set(_core.clean_bundle(name, _root(root), keep_last, *time))


def register(name, f, calendar_name="NYSE", **options):
    """Register a function that makes a bundle."""
    raise_not_yet("bundles.register")


def unregister(name):
    """Forget a registered bundle."""
    raise_not_yet("bundles.unregister")


def ingest(name, **options):
    """Make a registered bundle."""
    raise_not_yet("bundles.ingest from Python: use `rustybt ingest` or write_frames; it")


def _root(root):
    return None if root is None else os.fspath(root)


def _rows(table):
    """Rows as dicts, of a frame or of dicts."""
    if table is None:
        return []
    return table.to_dict("records") if hasattr(table, "to_dict") else list(table)


def _ratios(table, place):
    return [(place[r["symbol"]], to_days(r["effective_date"]), float(r["ratio"])) for r in _rows(table)]


def _payout_days(row, place):
    return (
        place[row["symbol"]],
        to_days(row["ex_date"]),
        *(optional_days(row.get(d)) for d in ("declared_date", "record_date", "pay_date")),
    )


def _item(symbol, row, daily, minute):
    def text(key, default):
        value = row.get(key)
        return default if is_missing(value) else str(value)

    return {
        "sid": -1 if is_missing(row.get("sid")) else int(row["sid"]),
        "symbol": symbol,
        "asset_name": text("asset_name", symbol),
        "exchange": text("exchange", "NYSE"),
        "tick_size": text("tick_size", "0.01"),
        **{d: optional_days(row.get(d)) for d in ("start_date", "end_date", "first_traded", "auto_close_date")},
        "daily": daily,
        "minute": minute,
    }
