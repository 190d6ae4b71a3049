"""Market data: bundles, their catalog, and their bars as Polars frames."""

import importlib


def __getattr__(name):
    if name in ("bar_reader", "bundles", "catalog", "data_portal", "fx", "polars", "resample"):
        return importlib.import_module(f"rustybt.data.{name}")
    raise AttributeError(f"module 'rustybt.data' has no attribute {name!r}")
