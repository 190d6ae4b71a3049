"""Market data: bundles, their catalog, and their bars as Polars frames."""

from __future__ import annotations

import importlib
from typing import Any


def __getattr__(name: str) -> Any:
    if name in ("bar_reader", "bundles", "catalog", "data_portal", "fx", "polars", "resample"):
        return importlib.import_module(f"rustybt.data.{name}")
    raise AttributeError(f"module 'rustybt.data' has no attribute {name!r}")
