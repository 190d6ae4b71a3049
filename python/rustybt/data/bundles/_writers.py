"""Zipline's writers as an ingest function sees them: they collect what one version of a bundle will hold."""

import numpy as np

from rustybt._dates import is_missing
from rustybt._tables import records, records_with
from rustybt.assets._rows import merge_symbols
from rustybt.data.bundles._frames import bar_series
from rustybt.errors import InvalidArgument


class Parts:
    """Everything that an ingest function has written, by sid."""

    def __init__(self):
        self.assets = []
        self.written_assets = []  # the arguments of each write() of assets
        self.exchanges = None
        self.roots = []
        self.supplementary = []
        self.daily = {}
        self.minute = {}
        self.actions = {"splits": [], "mergers": [], "dividends": [], "stock_dividends": []}

    @property
    def has_no_assets(self):
        return not self.assets

    @property
    def has_no_bars(self):
        return not self.daily and not self.minute

    def write(self, name, root, calendar, now_ns, accept_bad_bars=False):
        from rustybt.data.bundles._write import write_rows

        known = {row["sid"] for row in self.assets}
        for what, sids in (("daily bars", self.daily), ("minute bars", self.minute)):
            if unknown := sorted(set(sids) - known):
                raise InvalidArgument(
                    f"bundle {name!r}: {what} of sid {unknown[0]}, which asset_db_writer.write() was not given"
                    f" ({len(unknown)} such sids)"
                )
        assets, symbols = merge_symbols(self.assets)
        return write_rows(
            name,
            assets,
            self.daily,
            self.minute,
            key="sid",
            exchanges=self.exchanges,
            root_symbols=self.roots,
            symbol_mappings=symbols,
            supplementary_mappings=self.supplementary,
            calendar=calendar,
            root=root,
            now_ns=now_ns,
            source=f"the ingest function of {name}",
            accept_bad_bars=accept_bad_bars,
            **self.actions,
        )


class AssetWriter:
    """Takes the tables of assets (zipline.assets.AssetDBWriter)."""

    def __init__(self, parts):
        self._parts = parts

    def write(
        self,
        equities=None,
        futures=None,
        exchanges=None,
        root_symbols=None,
        equity_supplementary_mappings=None,
        chunk_size=None,
        cryptocurrencies=None,
        fx_pairs=None,
    ):
        """Add assets. The index of each frame (or its column `sid`) is the sid.

        equities: symbol, asset_name, start_date, end_date, first_traded, auto_close_date, exchange; several rows of one sid are
        its symbols in time. futures: also root_symbol, notice_date, expiration_date, tick_size, multiplier.
        exchanges: exchange, canonical_name, country_code. chunk_size is accepted as Zipline's and not needed.
        """
        self._parts.written_assets.append(
            {"equities": equities, "futures": futures, "exchanges": exchanges, "root_symbols": root_symbols}
        )
        for kind, table in (
            ("equity", equities),
            ("future", futures),
            ("crypto", cryptocurrencies),
            ("fx", fx_pairs),
        ):
            self._parts.assets += [{**row, "asset_type": kind} for row in records_with(table, "sid")]
        if exchanges is not None:
            self._parts.exchanges = [
                (row["exchange"], _text(row.get("canonical_name"), row["exchange"]), _text(row.get("country_code"), "??"))
                for row in records_with(exchanges, "exchange")
            ]
        self._parts.roots += records_with(root_symbols, "root_symbol")
        self._parts.supplementary += records_with(equity_supplementary_mappings, "sid")


class _BarWriter:
    _daily = True

    def __init__(self, parts):
        self._bars = parts.daily if self._daily else parts.minute

    def write(self, data, assets=None, show_progress=False, invalid_data_behavior="warn"):
        """Add the bars of each (sid, frame) of `data`. assets, where given, are the sids that may come."""
        for sid, frame in data:
            if assets is not None and sid not in assets:
                raise InvalidArgument(f"bars of sid {sid}, which is not among the assets given to write()")
            self.write_sid(sid, frame)

    def write_sid(self, sid, df, invalid_data_behavior="warn"):
        """Add the bars of one sid: columns open, high, low, close, volume; the index are the times."""
        sid = int(sid)
        if sid in self._bars:
            raise InvalidArgument(f"{self._what} of sid {sid} were written already; give all of them in one frame")
        series = bar_series(df, self._daily, f"{self._what} of sid {sid}")
        if len(series) > 0:
            self._bars[sid] = series


class DailyBarWriter(_BarWriter):
    """Takes daily bars (zipline.data.bcolz_daily_bars.BcolzDailyBarWriter)."""

    _what = "daily bars"


class MinuteBarWriter(_BarWriter):
    """Takes minute bars, stamped with the END of the minute, UTC (zipline.data.bcolz_minute_bars.BcolzMinuteBarWriter)."""

    _daily = False
    _what = "minute bars"

    def write_cols(self, sid, dts, cols, invalid_data_behavior="warn"):
        """Add the bars of one sid from arrays: dts of numpy datetimes, cols by name."""
        self.write_sid(sid, {"dt": np.asarray(dts), **cols})


class AdjustmentWriter:
    """Takes corporate actions (zipline.data.adjustments.SQLiteAdjustmentWriter)."""

    def __init__(self, parts):
        self._actions = parts.actions

    def write(self, splits=None, mergers=None, dividends=None, stock_dividends=None):
        """Add actions; dates as such or in seconds since 1970. splits, mergers: sid, effective_date, ratio (new price / old price).
        dividends: sid, ex_date, amount, declared_date, record_date, pay_date; stock_dividends: payment_sid, ratio instead of amount."""
        for name, table in (
            ("splits", splits),
            ("mergers", mergers),
            ("dividends", dividends),
            ("stock_dividends", stock_dividends),
        ):
            self._actions[name] += [{key: _day(value, key) for key, value in row.items()} for row in records(table)]


def _day(value, key):
    """Dates in seconds, as Zipline's tables keep them, as days."""
    if not key.endswith("_date") or isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        return value
    return str(np.datetime64(int(value), "s").astype("M8[D]"))


def _text(value, default):
    return default if is_missing(value) else str(value)
