"""Exchange rates: read by (rate, quote, base, day), the last one on or before the day, NaN where there is none.

>>> rates = FXRateReader([{"date": "2020-01-02", "base": "EUR", "quote": "USD", "value": "1.1193"}])
>>> rates.get_rate_scalar("mid", "USD", "EUR", "2020-01-05"), rates.get_rate_scalar("mid", "USD", "EUR", "2020-01-01")
(1.1193, nan)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rustybt import _core
from rustybt._dates import to_days
from rustybt._tables import records

if TYPE_CHECKING:
    import pandas as pd

    from rustybt._core import BarData
    from rustybt._types import Array, Money

__all__ = ["DEFAULT_FX_RATE", "FXRateReader", "InMemoryFXRateReader"]

DEFAULT_FX_RATE = "default"  # Zipline's name for a reader's own choice


class FXRateReader:
    """Rates of a bundle (`bundle.fx_rates`) or of rows with date, base, quote, value and, where there are several, rate.

    1 base = value quote. A pair that is not there is found through its inverse, else through a third currency.
    """

    def __init__(self, rates: Any, default_currency_rate: float | None = None) -> None:
        if not isinstance(rates, _core.FxRates):
            rates = _core.FxRates.from_rows(
                [
                    (r.get("rate", "mid"), str(r["base"]).upper(), str(r["quote"]).upper(), to_days(r["date"]), r["value"])
                    for r in records(rates)
                ]
            )
        self._rates = rates
        self._default = default_currency_rate or rates.default_name

    def get_rates(self, rate: Money, quote: str, bases: Array, dts: pd.DatetimeIndex) -> Array:
        """Rates of several currencies (None: NaN) on several days: array of days by currencies. Zipline's method."""
        import numpy as np

        days = [to_days(dt) for dt in dts]
        return np.array([[self._rate(rate, quote, base, day) for base in bases] for day in days]).reshape(len(days), len(bases))

    def get_rate_scalar(self, rate: Money, quote: str, base: str, dt: pd.Timestamp) -> float:
        """One rate."""
        return self._rate(rate, quote, base, to_days(dt))

    def get_rates_columnar(self, rate: Money, quote: str, bases: Array, dts: pd.DatetimeIndex) -> Array:
        """One rate for each pair of currency and day."""
        import numpy as np

        if len(bases) != len(dts):
            raise ValueError(f"len(bases) ({len(bases)}) != len(dts) ({len(dts)})")
        return np.array([self._rate(rate, quote, base, to_days(dt)) for base, dt in zip(bases, dts)])

    def _rate(self, rate, quote, base, day):
        if base is None or base != base:
            return float("nan")
        return self._rates.get(self._default if rate == DEFAULT_FX_RATE else rate, quote, base, day)


class InMemoryFXRateReader(FXRateReader):
    """Zipline's: rates as {rate: {quote: frame with days as rows and base currencies as columns}}."""

    def __init__(self, data: BarData, default_fx_rate: str) -> None:
        rows = [
            {"rate": rate, "quote": quote, "base": base, "date": day, "value": value}
            for rate, by_quote in data.items()
            for quote, frame in by_quote.items()
            for base in frame.columns
            for day, value in frame[base].items()
            if value == value and base != quote
        ]
        super().__init__(rows, default_fx_rate)
