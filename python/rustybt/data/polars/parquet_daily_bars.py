"""Daily bars of a bundle as Polars frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rustybt.data.polars._files import ParquetReader

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd
    import polars as pl

    from rustybt._types import Day, Field


class PolarsParquetDailyReader(ParquetReader):
    """Raw daily bars of one bundle version: columns date, sid and fields as Decimal; null where nothing was traded."""

    _kind, _time, _label = "daily", "session", "date"

    def load_daily_bars(
        self, sids: Iterable[int], start_date: pd.Timestamp, end_date: pd.Timestamp, fields: Sequence[str] | None = None
    ) -> pl.DataFrame:
        """Bars of assets (sids, symbols or Assets) between two sessions, both included, sorted by sid and date."""
        return self._load(sids, start_date, end_date, fields)

    def load_spot_value(self, sids: Iterable[int], target_date: Day, field: Field = "close") -> Any:
        """Columns sid, value: one row per asset in the order asked for, null without a bar on that date."""
        return self._spot(sids, target_date, field)

    def get_first_available_date(self, sid: int) -> Any:
        """Date of the asset's first bar, None without bars."""
        return self._range(sid, "first")

    def get_last_available_date(self, sid: int) -> Any:
        """Date of the asset's last bar, None without bars."""
        return self._range(sid, "last")
