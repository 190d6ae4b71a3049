"""What is known of an exchange."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rustybt.utils.calendar_utils import TradingCalendar


class ExchangeInfo:
    """name: as the data has it; canonical_name: the short one that calendars know; country_code: ISO 3166, two letters.

    >>> ExchangeInfo("NEW YORK STOCK EXCHANGE", "NYSE", "us")
    ExchangeInfo('NEW YORK STOCK EXCHANGE', 'NYSE', 'US')
    """

    def __init__(self, name: str, canonical_name: str | None, country_code: str) -> None:
        self.name = name
        self.canonical_name: str = name if canonical_name is None else canonical_name
        self.country_code: str = country_code.upper()

    def __repr__(self) -> str:
        return f"ExchangeInfo({self.name!r}, {self.canonical_name!r}, {self.country_code!r})"

    def __eq__(self, other: object) -> bool:
        return self.__dict__ == other.__dict__ if isinstance(other, ExchangeInfo) else NotImplemented

    def __hash__(self) -> int:
        return hash((self.name, self.canonical_name, self.country_code))

    @property
    def calendar(self) -> TradingCalendar:
        """The exchange's trading calendar."""
        from rustybt.utils.calendar_utils import get_calendar

        return get_calendar(self.canonical_name)
