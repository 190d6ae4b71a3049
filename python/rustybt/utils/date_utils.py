"""Stretches of sessions, and times in UTC."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import pandas as pd

    _Times = TypeVar("_Times", pd.Timestamp, pd.DatetimeIndex)

__all__ = ["compute_date_range_chunks", "make_utc_aware"]


def compute_date_range_chunks(
    sessions: pd.DatetimeIndex, start_date: pd.Timestamp, end_date: pd.Timestamp, chunksize: int | None
) -> list[tuple[pd.Timestamp, pd.Timestamp]]:
    """First and last sessions of stretches of `chunksize` sessions (None: of one stretch) from a session to a session.

    >>> import pandas as pd
    >>> days = pd.date_range("2024-01-02", "2024-01-04")
    >>> [(first.day, last.day) for first, last in compute_date_range_chunks(days, days[0], days[-1], 2)]
    [(2, 3), (4, 4)]
    """
    for what, day in (("Start", start_date), ("End", end_date)):
        if day not in sessions:
            raise KeyError(f"{what} date {day:%Y-%m-%d} is not found in calendar.")
    if end_date < start_date:
        raise ValueError(f"End date {end_date:%Y-%m-%d} cannot precede start date {start_date:%Y-%m-%d}.")
    first, after = sessions.slice_locs(start_date, end_date)
    size = chunksize or after - first
    return [(sessions[at], sessions[min(at + size, after) - 1]) for at in range(first, after, size)]


def make_utc_aware(dti: _Times) -> _Times:
    """Times in UTC; naive ones are taken as UTC."""
    return dti.tz_localize("UTC") if dti.tz is None else dti.tz_convert("UTC")
