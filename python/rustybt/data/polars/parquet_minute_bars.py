"""Minute bars of a bundle as Polars frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rustybt.data.polars._files import ParquetReader

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd
    import polars as pl

    from rustybt._types import Field, Moment


class PolarsParquetMinuteReader(ParquetReader):
    """Raw minute bars of one bundle version: columns timestamp (UTC), sid and fields as Decimal; null where nothing was traded."""

    _kind, _time, _label = "minute", "time", "timestamp"

    def load_minute_bars(
        self, sids: Iterable[int], start_dt: Moment, end_dt: pd.Timestamp, fields: Sequence[str] | None = None
    ) -> pl.DataFrame:
        """Bars of assets (sids, symbols or Assets) between two times, both included, over any number of days."""
        return self._load(sids, start_dt, end_dt, fields)

    def load_spot_value(self, sids: Iterable[int], target_dt: Moment, field: Field = "close") -> Any:
        """Columns sid, value: one row per asset in the order asked for, null without a bar at that minute."""
        return self._spot(sids, target_dt, field)

    def get_first_available_dt(self, sid: int) -> Any:
        """Time of the asset's first bar, None without bars."""
        return self._range(sid, "first")

    def get_last_available_dt(self, sid: int) -> Any:
        """Time of the asset's last bar, None without bars."""
        return self._range(sid, "last")
