"""What is known of an exchange."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ExchangeInfo:
    """name: as the data has it; canonical_name: the short one that calendars know; country_code: ISO 3166, two letters.

    >>> ExchangeInfo("NEW YORK STOCK EXCHANGE", "NYSE", "us").country_code
    'US'
    """

    name: str | None
    canonical_name: str
    country_code: str

    def __post_init__(self):
        if self.canonical_name is None:
            object.__setattr__(self, "canonical_name", self.name)
        object.__setattr__(self, "country_code", self.country_code.upper())

    @property
    def calendar(self):
        """The exchange's trading calendar."""
        from rustybt.utils.calendar_utils import get_calendar

        return get_calendar(self.canonical_name)
