"""Minute bars of a bundle as Polars frames."""

from rustybt.data.polars._files import ParquetReader


class PolarsParquetMinuteReader(ParquetReader):
    """Raw minute bars of one bundle version: columns timestamp (UTC), sid and fields as Decimal; null where nothing was traded."""

    _kind, _time, _label = "minute", "time", "timestamp"

    def load_minute_bars(self, sids, start_dt, end_dt, fields=None):
        """Bars of assets (sids, symbols or Assets) between two times, both included, over any number of days."""
        return self._load(sids, start_dt, end_dt, fields)

    def load_spot_value(self, sids, target_dt, field="close"):
        """Columns sid, value: one row per asset in the order asked for, null without a bar at that minute."""
        return self._spot(sids, target_dt, field)

    def get_first_available_dt(self, sid):
        """Time of the asset's first bar, None without bars."""
        return self._range(sid, "first")

    def get_last_available_dt(self, sid):
        """Time of the asset's last bar, None without bars."""
        return self._range(sid, "last")
