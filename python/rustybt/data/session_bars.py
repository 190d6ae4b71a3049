"""Readers of daily bars: what Zipline's classes of that name ask of them."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from rustybt.data.bar_reader import BarReader, NoDataOnDate

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from rustybt._types import Array, Frequency

__all__ = ["CurrencyAwareSessionBarReader", "NoDataOnDate", "SessionBarReader"]


class SessionBarReader(BarReader):
    """A reader of bars by session."""

    @property
    def data_frequency(self) -> Frequency:
        return "session"

    @property
    @abstractmethod
    def sessions(self) -> pd.DatetimeIndex:
        """DatetimeIndex of the sessions that the reader has."""


class CurrencyAwareSessionBarReader(SessionBarReader):
    """A reader that knows the currency of the prices."""

    @abstractmethod
    def currency_codes(self, sids: Iterable[int]) -> Array:
        """Array of ISO codes, one per sid; None for unknown sids."""
