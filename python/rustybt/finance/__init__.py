"""Orders, models of execution cost, cancel policies."""

import importlib


def __getattr__(name):
    if name in ("asset_restrictions", "cancel_policy", "commission", "execution", "order", "slippage", "transaction"):
        return importlib.import_module(f"rustybt.finance.{name}")
    raise AttributeError(f"module 'rustybt.finance' has no attribute {name!r}")
