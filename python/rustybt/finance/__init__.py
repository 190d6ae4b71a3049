"""Orders, models of execution cost, cancel policies."""

from __future__ import annotations

import importlib
from typing import Any


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


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"rustybt.finance.{name}")
    raise AttributeError(f"module 'rustybt.finance' has no attribute {name!r}")
