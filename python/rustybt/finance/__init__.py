"""Orders, models of execution cost, cancel policies."""

import importlib


_MODULES = (
    "asset_restrictions",
    "cancel_policy",
    "commission",
    "constants",
    "execution",
    "order",
    "slippage",
    "transaction",
)


def __getattr__(name):
    if name in _MODULES:
        return importlib.import_module(f"rustybt.finance.{name}")
    raise AttributeError(f"module 'rustybt.finance' has no attribute {name!r}")
