"""Market data: bundles."""

import importlib


def __getattr__(name):
    if name == "bundles":
        return importlib.import_module("rustybt.data.bundles")
    raise AttributeError(f"module 'rustybt.data' has no attribute {name!r}")
