"""What data there is: bundles, symbols, ranges, files with their hashes, and what checks said of them.

    catalog = DataCatalog()
    catalog.datasets()                # one dict per bundle
    catalog.ranges(symbol="AAPL")     # where AAPL is, in which frequencies, from when to when
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rustybt import _core
from rustybt.errors import UnknownBundle

if TYPE_CHECKING:
    from rustybt._types import Moment, StrPath

__all__ = ["DataCatalog"]


class DataCatalog:
    """The catalog of a root (default RUSTYBT_ROOT): an index of its bundles, brought up to date when it is opened."""

    def __init__(self, root: StrPath | None = None) -> None:
        self.root: str = _core.default_root() if root is None else os.fspath(root)
        self._core = _core.Catalog(self.root)

    def datasets(self) -> list[dict[str, Any]]:
        """Facts of every bundle, by name; `quality` is None until its data were checked."""
        return self._core.datasets()

    def dataset(self, name: str) -> dict[str, Any]:
        """Facts of one bundle. Raises UnknownBundle."""
        datasets = self.datasets()
        for found in datasets:
            if found["name"] == name:
                return found
        names = ", ".join(d["name"] for d in datasets) or "none"
        raise UnknownBundle(f"no bundle named {name!r} in {self.root}; there are: {names}")

    def ranges(self, dataset: str | None = None, symbol: str | None = None) -> list[dict[str, Any]]:
        """First and last session, rows and missing sessions per symbol and frequency; of all bundles or of one."""
        return self._core.ranges(dataset or "", symbol or "")

    def files(self, dataset: str) -> list[dict[str, Any]]:
        """Path, SHA-256, bytes and rows of every file of a bundle's current version. Raises UnknownBundle."""
        self.dataset(dataset)
        return self._core.files(dataset)

    def record_quality(self, dataset: str, errors: int, warnings: int, checked_at: Moment | None = None) -> None:
        """Keep how a check of a bundle's current data ended. Raises UnknownBundle."""
        time = checked_at or datetime.now(UTC).isoformat()
        self._core.record_quality(dataset, self.dataset(dataset)["data_hash"], str(time), errors, warnings)

    def __repr__(self) -> str:
        return f"<DataCatalog {self.root}: {len(self.datasets())} bundles>"
