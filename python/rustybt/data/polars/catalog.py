"""The catalog with its tables as Polars frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rustybt.data import catalog as _catalog
from rustybt.data.polars._files import import_polars

if TYPE_CHECKING:
    import polars as pl

__all__ = ["DataCatalog"]


class DataCatalog(_catalog.DataCatalog):
    """rustybt.data.catalog.DataCatalog, and its tables as frames."""

    def datasets_frame(self) -> pl.DataFrame:
        """One row per bundle; errors and warnings are null until its data were checked."""
        pl = import_polars()
        rows = []
        for row in self.datasets():
            quality = row.pop("quality") or {}
            rows.append(row | {key: quality.get(key) for key in ("checked_at", "errors", "warnings")})
        schema = {"checked_at": pl.String, "errors": pl.Int64, "warnings": pl.Int64}
        return pl.DataFrame(rows, schema_overrides=schema, infer_schema_length=None)

    def ranges_frame(self, dataset: Any = None, symbol: str | None = None) -> pl.DataFrame:
        """One row per symbol and frequency."""
        return import_polars().DataFrame(self.ranges(dataset, symbol), infer_schema_length=None)

    def files_frame(self, dataset: Any) -> pl.DataFrame:
        """One row per file."""
        return import_polars().DataFrame(self.files(dataset), infer_schema_length=None)
