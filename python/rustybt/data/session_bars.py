"""Readers of daily bars: what Zipline's classes of that name ask of them."""

from abc import abstractmethod

from rustybt.data.bar_reader import BarReader, NoDataOnDate

__all__ = ["CurrencyAwareSessionBarReader", "NoDataOnDate", "SessionBarReader"]


class SessionBarReader(BarReader):
    """A reader of bars by session."""

    @property
    def data_frequency(self):
        return "session"

    @property
    @abstractmethod
    def sessions(self):
        """DatetimeIndex of the sessions that the reader has."""


class CurrencyAwareSessionBarReader(SessionBarReader):
    """A reader that knows the currency of the prices."""

    @abstractmethod
    def currency_codes(self, sids):
        """Array of ISO codes, one per sid; None for unknown sids."""
