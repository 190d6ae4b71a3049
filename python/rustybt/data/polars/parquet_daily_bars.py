"""Daily bars of a bundle as Polars frames."""

from rustybt.data.polars._files import ParquetReader


class PolarsParquetDailyReader(ParquetReader):
    """Raw daily bars of one bundle version: columns date, sid and fields as Decimal; null where nothing was traded."""

    _kind, _time, _label = "daily", "session", "date"

    def load_daily_bars(self, sids, start_date, end_date, fields=None):
        """Bars of assets (sids, symbols or Assets) between two sessions, both included, sorted by sid and date."""
        return self._load(sids, start_date, end_date, fields)

    def load_spot_value(self, sids, target_date, field="close"):
        """Columns sid, value: one row per asset in the order asked for, null without a bar on that date."""
        return self._spot(sids, target_date, field)

    def get_first_available_date(self, sid):
        """Date of the asset's first bar, None without bars."""
        return self._range(sid, "first")

    def get_last_available_date(self, sid):
        """Date of the asset's last bar, None without bars."""
        return self._range(sid, "last")
