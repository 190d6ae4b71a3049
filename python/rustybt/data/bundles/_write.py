"""From tables of bars, assets and actions to a version of a bundle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rustybt import _core
from rustybt._dates import optional_days, to_days
from rustybt._tables import records
from rustybt.assets._rows import asset_row, exchanges_of, mapping_rows, root_rows
from rustybt.data.bundles._frames import bars_by_symbol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import TypeAlias

    from rustybt._types import Frame, StrPath

    _Rows: TypeAlias = Frame | Iterable[Mapping[str, Any]]
    _Bars: TypeAlias = Frame | Mapping[str, Frame] | Mapping[str, Mapping[str, Sequence[Any]]]


def write_frames(
    name: str,
    bars: _Bars,
    assets: _Rows | None = None,
    *,
    splits: _Rows | None = None,
    dividends: _Rows | None = None,
    mergers: _Rows | None = None,
    stock_dividends: _Rows | None = None,
    dividend_ratios: _Rows | None = None,
    minute_bars: _Bars | None = None,
    exchanges: Iterable[tuple[str, str, str]] | None = None,
    root_symbols: _Rows | None = None,
    symbol_mappings: _Rows | None = None,
    supplementary_mappings: _Rows | None = None,
    fx_rates: _Rows | None = None,
    calendar: str = "XNYS",
    root: StrPath | None = None,
    source: str = "frames",
    append: bool = False,
    on_conflict: str = "refuse",
) -> dict[str, Any]:
    """Write a version of a bundle from data in memory and make it current. Returns its info.

    bars, minute_bars: {symbol: frame}, or one frame with a column `symbol`: pandas, Polars, pyarrow, or a dict of columns open, high, low,
        close, volume. The days are a column `date` or the index (minute: `dt`, the END of the minute, UTC). Numbers may be text or
        decimal.Decimal; floats count as their shortest text.
    assets: rows with symbol and, where wanted, sid, asset_name, asset_type (equity, future, crypto, fx), start_date, end_date,
        first_traded, auto_close_date, exchange, tick_size, multiplier, quantity_step, minimum_notional, calendar_name;
        futures: root_symbol, notice_date, expiration_date; crypto and FX: base_currency, quote_currency (default: of BASE/QUOTE).
    exchanges: rows of (exchange, canonical name, country code).
    root_symbols: rows with root_symbol and, where known, root_symbol_id, sector, description, exchange.
    symbol_mappings: all names of an asset in time: rows with symbol (its name in `bars`), name, start_date, end_date.
    supplementary_mappings: rows with symbol, field, value, start_date, end_date.
    splits, mergers: rows with symbol, effective_date, ratio (new price / old price; 2:1 = 0.5).
    dividends: rows with symbol, ex_date, amount and, where known, declared_date, record_date, pay_date.
    stock_dividends: the same with payment_symbol and ratio (shares received per share held) instead of amount.
    dividend_ratios: price ratios of the dividends as the source has them (rows as splits); default: computed from the closes.
    append: add to the bundle's current version instead of replacing it; bars that it has already count as repeated.
    on_conflict: "refuse" or "replace" a bar (or action) that comes again with other values.
    fx_rates: rows with date, base, quote, value (on this day 1 base = value quote) and, where there are several of a pair, rate.
    Tables are frames or lists of dicts.
    """
    daily = bars_by_symbol(bars, True, "daily bars")
    minute = bars_by_symbol(minute_bars, False, "minute bars")
    rows = {row["symbol"]: row for row in records(assets)}
    for symbol in (*daily, *minute):
        rows.setdefault(symbol, {"symbol": symbol})
    return write_rows(
        name,
        list(rows.values()),
        daily,
        minute,
        key="symbol",
        default_country="US",
        splits=splits,
        dividends=dividends,
        mergers=mergers,
        stock_dividends=stock_dividends,
        dividend_ratios=dividend_ratios,
        exchanges=exchanges,
        root_symbols=root_symbols,
        symbol_mappings=symbol_mappings,
        supplementary_mappings=supplementary_mappings,
        fx_rates=fx_rates,
        calendar=calendar,
        root=root,
        source=source,
        append=append,
        on_conflict=on_conflict,
    )


def write_rows(
    name,
    assets,
    daily,
    minute,
    *,
    key,
    default_country="??",
    splits=None,
    dividends=None,
    mergers=None,
    stock_dividends=None,
    dividend_ratios=None,
    exchanges=None,
    root_symbols=None,
    symbol_mappings=None,
    supplementary_mappings=None,
    fx_rates=None,
    calendar="XNYS",
    root=None,
    source="",
    now_ns=None,
    append=False,
    on_conflict="refuse",
    accept_bad_bars=False,
):
    """write_frames with every table told apart by the column `key` ("symbol" or "sid"), bars as _core.BarSeries by it."""
    place = {row[key]: i for i, row in enumerate(assets)}
    items = [{**asset_row(row), "daily": daily.get(row[key]), "minute": minute.get(row[key])} for row in assets]
    if exchanges is None:
        exchanges = exchanges_of(items, default_country)
    actions = {
        "splits": _ratios(splits, place, key),
        "mergers": _ratios(mergers, place, key),
        "dividend_ratios": _ratios(dividend_ratios, place, key),
        "dividends": [(*_payout_days(r, place, key), r["amount"]) for r in records(dividends)],
        "stock_dividends": [
            (*_payout_days(r, place, key), place[r[f"payment_{key}"]], r["ratio"]) for r in records(stock_dividends)
        ],
        "fx_rates": [
            (r.get("rate", "mid"), str(r["base"]).upper(), str(r["quote"]).upper(), to_days(r["date"]), r["value"])
            for r in records(fx_rates)
        ],
    }
    return _core.write_bundle(
        name,
        None if root is None else str(root),
        calendar,
        source,
        items,
        [tuple(e) for e in exchanges],
        actions,
        dividend_ratios is None,
        root_rows(root_symbols),
        mapping_rows(symbol_mappings, place, key, "name"),
        mapping_rows(supplementary_mappings, place, key, "field", "value"),
        now_ns,
        append,
        _replaces(on_conflict),
        accept_bad_bars,
    )


def _replaces(on_conflict):
    if on_conflict not in ("refuse", "replace"):
        raise ValueError(f"on_conflict is {on_conflict!r}, expected 'refuse' or 'replace'")
    return on_conflict == "replace"


def _ratios(table, place, key):
    return [(place[r[key]], to_days(r["effective_date"]), float(r["ratio"])) for r in records(table)]


def _payout_days(row, place, key):
    return (
        place[row[key]],
        to_days(row["ex_date"]),
        *(optional_days(row.get(d)) for d in ("declared_date", "record_date", "pay_date")),
    )
