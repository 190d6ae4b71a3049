"""What is known of an exchange."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from rustybt.utils.calendar_utils import TradingCalendar


class _Fields(NamedTuple):
    name: str
    canonical_name: str
    country_code: str


class ExchangeInfo(_Fields):
    """name: as the data has it; canonical_name: the short one that calendars know; country_code: ISO 3166, two letters.

    >>> ExchangeInfo("NEW YORK STOCK EXCHANGE", "NYSE", "us")
    ExchangeInfo('NEW YORK STOCK EXCHANGE', 'NYSE', 'US')
    """

    __slots__ = ()

    def __new__(cls, name: str, canonical_name: str, country_code: str) -> Self:
        return super().__new__(cls, name, name if canonical_name is None else canonical_name, country_code.upper())

    def __repr__(self) -> str:
        return f"ExchangeInfo{tuple(self)!r}"

    @property
    def calendar(self) -> TradingCalendar:
        """The exchange's trading calendar."""
        from rustybt.utils.calendar_utils import get_calendar

        return get_calendar(self.canonical_name)
