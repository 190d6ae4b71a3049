"""Bars of bundles as Polars frames with exact Decimal columns.

    daily = PolarsParquetDailyReader("mine")
    daily.load_daily_bars([0, 1], "2020-01-02", "2020-06-30", ["close", "volume"])

Needs Polars: pip install "rustybt[polars]".
"""

from rustybt.data.polars.catalog import DataCatalog
from rustybt.data.polars.data_portal import PolarsDataPortal
from rustybt.data.polars.parquet_daily_bars import PolarsParquetDailyReader
from rustybt.data.polars.parquet_minute_bars import PolarsParquetMinuteReader

__all__ = ["DataCatalog", "PolarsDataPortal", "PolarsParquetDailyReader", "PolarsParquetMinuteReader"]
