"""Constants of futures by root symbol: exchange fees per order, and eta of VolatilityVolumeShare."""

from __future__ import annotations

from rustybt import _core

__all__ = ["ANNUALIZER", "DEFAULT_ETA", "FUTURE_EXCHANGE_FEES_BY_SYMBOL", "ROOT_SYMBOL_TO_ETA"]

TRADING_DAYS_IN_YEAR = 250
TRADING_HOURS_IN_DAY = 6.5
MINUTES_IN_HOUR = 60
ANNUALIZER = {
    "daily": TRADING_DAYS_IN_YEAR,
    "hourly": TRADING_DAYS_IN_YEAR * TRADING_HOURS_IN_DAY,
    "minute": TRADING_DAYS_IN_YEAR * TRADING_HOURS_IN_DAY * MINUTES_IN_HOUR,
}

DEFAULT_ETA = _core.DEFAULT_ETA
FUTURE_EXCHANGE_FEES_BY_SYMBOL: dict[str, float] = {root: fee for root, fee, _ in _core.future_constants()}
ROOT_SYMBOL_TO_ETA: dict[str, float] = {root: eta for root, _, eta in _core.future_constants()}
