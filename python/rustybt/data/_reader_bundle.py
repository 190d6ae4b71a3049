"""The bars of readers as one open bundle in memory."""

import weakref

from rustybt import _core
from rustybt._dates import optional_days, to_days
from rustybt.data.bar_reader import OHLCV, BundleBarReader, _CoreReader
from rustybt.data.bundles._frames import bar_series
from rustybt.data.resample import MinuteResampleSessionBarReader
from rustybt.errors import NoDataForSid

_CELLS = 2_000_000  # of one answer of a reader
_TABLES = ("splits", "mergers", "dividends")
_known = weakref.WeakKeyDictionary()  # by finder: [(what it was made of, bundle)]


def bundle_of_readers(asset_finder, trading_calendar, first_trading_day, readers, adjustment_reader, last_day=None):
    """readers: for daily and minute bars of equities, daily and minute bars of futures; None where there is none.

    Its sessions are those from first_trading_day or the first bar to the last bar or last_day.
    """
    if (shared := _shared_bundle(trading_calendar, readers, adjustment_reader)) is not None:
        return shared
    made_of = trading_calendar.name, first_trading_day, last_day, *map(_identity, readers)
    known = _known.setdefault(asset_finder, [])
    bundle = next((bundle for parts, bundle in known if parts == made_of), None)
    if bundle is None:
        bundle = _bundle_of_bars(asset_finder, trading_calendar, first_trading_day, last_day, readers)
        if all(reader is None or _is_unchanging(reader) for reader in readers):
            known.append((made_of, bundle))
    return _core.with_actions(bundle, _actions(adjustment_reader, set(asset_finder.sids)))


def _shared_bundle(calendar, readers, adjustment_reader):
    """The one bundle on this calendar that all readers are of, with its own actions."""
    given = [reader for reader in readers if reader is not None]
    if not given or adjustment_reader is not None or not all(type(reader) is BundleBarReader for reader in given):
        return None
    bundle = given[0]._bundle
    same = all(reader._bundle is bundle for reader in given) and bundle.calendar_name == calendar.name
    return bundle if same else None


def _identity(reader):
    return (MinuteResampleSessionBarReader, reader._minutes) if type(reader) is MinuteResampleSessionBarReader else reader


def _is_unchanging(reader):
    if type(reader) is MinuteResampleSessionBarReader:
        return _is_unchanging(reader._minutes)
    return isinstance(reader, _CoreReader)


def _bundle_of_bars(asset_finder, calendar, first_trading_day, last_day, readers):
    futures = set(asset_finder.futures_sids)
    others = [sid for sid in asset_finder.sids if sid not in futures]
    daily, minute, calendars = {}, {}, {}
    for reader, sids, found in zip(readers, (others, others, sorted(futures), sorted(futures)), (daily, minute, daily, minute)):
        if reader is not None and sids:
            found.update(_series(reader, sids, found is daily))
            calendars[reader.trading_calendar.name] = reader.trading_calendar
    days = None
    if calendars and calendar.name not in calendars:
        days = sorted({to_days(session) for own in calendars.values() for session in own.sessions})
    first, last = optional_days(first_trading_day), optional_days(last_day)
    return _core.bundle_of_bars(asset_finder, calendar.name, first, last, days, daily, minute)


def _series(reader, sids, is_daily):
    """{sid: bars} of a reader."""
    import numpy as np

    if isinstance(reader, _CoreReader) and reader._core is None:
        return {}
    calendar = reader.trading_calendar
    first, last = _naive_day(reader.first_trading_day), reader.last_available_dt
    if first != first:
        return {}
    if is_daily:
        times = calendar.sessions_in_range(first, last)
    else:
        times = calendar.minutes_in_range(
            calendar.session_first_minute(first), calendar.session_close(calendar.minute_to_session(last))
        )
    if not len(times):
        return {}
    found, several = {}, max(1, _CELLS // len(times))
    for start in range(0, len(sids), several):
        some = sids[start : start + several]
        try:
            arrays = reader.load_raw_arrays(list(OHLCV), times[0], times[-1], some)
        except NoDataForSid:
            continue
        for i, sid in enumerate(some):
            columns = [np.asarray(values[:, i], dtype=float) for values in arrays]
            traded = (columns[-1] > 0) | ~np.isnan(columns[3])
            if traded.any():
                rows = {name: column[traded] for name, column in zip(OHLCV, columns)}
                rows["date" if is_daily else "dt"] = times[traded]
                found[sid] = bar_series(rows, is_daily, f"bars of sid {sid}")
    return found


def _naive_day(stamp):
    import pandas as pd

    stamp = pd.Timestamp(stamp)
    return stamp if stamp.tzinfo is None else stamp.tz_convert("UTC").tz_localize(None).normalize()


def _actions(reader, sids):
    """What an adjustment reader has of these sids, as the core takes it."""
    actions = {name: [] for name in ("splits", "mergers", "dividend_ratios", "dividends", "stock_dividends")}
    if reader is None:
        return actions
    kinds = dict(zip(_TABLES, ("splits", "mergers", "dividend_ratios")))
    if not hasattr(reader, "unpack_db_to_component_dfs"):
        for table, kind in kinds.items():
            actions[kind] = [
                (sid, to_days(day), float(ratio)) for sid in sids for day, ratio in reader.get_adjustments_for_sid(table, sid)
            ]
        return actions
    tables = {
        name: [row for row in frame.to_dict("records") if row["sid"] in sids]
        for name, frame in reader.unpack_db_to_component_dfs(convert_dates=True).items()
    }
    for table, kind in kinds.items():
        actions[kind] = [(row["sid"], to_days(row["effective_date"]), row["ratio"]) for row in tables[table]]
    for row in tables["dividend_payouts"]:
        actions["dividends"].append((*_payout_days(row), row["amount"]))
    for row in tables["stock_dividend_payouts"]:
        if row["payment_sid"] in sids:
            actions["stock_dividends"].append((*_payout_days(row), row["payment_sid"], row["ratio"]))
    return actions


def _payout_days(row):
    return row["sid"], to_days(row["ex_date"]), *(optional_days(row[d]) for d in ("declared_date", "record_date", "pay_date"))
