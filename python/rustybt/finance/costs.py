"""What it costs to hold positions: borrow cost of shorts, overnight financing, funding of perpetuals (docs/costs.md).

Each is off until it is chosen in initialize:

    context.set_borrow_cost(costs.BorrowCostModel({"GME": "0.80"}))
    context.set_financing()
    context.set_funding(costs.FundingModel("0.0001"))
"""

import csv
import os
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

__all__ = ["BorrowCostModel", "FundingModel", "OvernightFinancingModel"]

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")


@dataclass(frozen=True)
class BorrowCostModel:
    """Rates a year on the value of short positions, paid at each close for the calendar days to the next session.

    rates: {asset or symbol: rate}, rows (symbol, rate[, date]), or the path of a CSV file with the columns symbol,
    annual_rate and (optional) date. Of several dates the last one on or before the session counts, before the first one
    default_rate, as for assets without a rate. Rates above 1 (100 %) are rates too.

    >>> BorrowCostModel({"GME": "0.80"}).default_rate
    '0.003'
    """

    rates: Any = None
    default_rate: Any = "0.003"
    days_in_year: int = 365

    def _rows(self):
        return list(_rows(self.rates, ("symbol", "annual_rate", "date")))


@dataclass(frozen=True)
class OvernightFinancingModel:
    """Rates a year on what positions are worth beyond the account's value: (of longs, of shorts) by kind of asset.

    A rate below 0 is received. Currency pairs count nights as the market does: none at the weekend, three on
    triple_swap_day (None: calendar days).

    >>> OvernightFinancingModel(crypto=("0.10", "-0.02")).equity
    ('0.05', '0')
    """

    equity: Any = ("0.05", "0")
    crypto: Any = ("0.05", "0")
    forex: Any = ("0.05", "0")
    days_in_year: int = 365
    triple_swap_day: Any = "wednesday"

    def _triple_day(self):
        if self.triple_swap_day is None:
            return None
        if str(self.triple_swap_day).lower() not in _DAYS:
            raise ValueError(f"triple_swap_day: expected one of {', '.join(_DAYS)} or None, found {self.triple_swap_day!r}")
        return _DAYS.index(str(self.triple_swap_day).lower())


@dataclass(frozen=True)
class FundingModel:
    """What longs of perpetuals pay to shorts: rate x position value every interval_hours from midnight UTC.

    assets: the perpetuals (default: all cryptocurrencies). table: rates of the past instead, rows (symbol, time, rate) or
    the path of a CSV file with the columns symbol, timestamp, rate; an asset in it pays at its times only.
    """

    rate: Any = "0.0001"
    interval_hours: int = 8
    assets: Any = field(default=())
    table: Any = None

    def _rows(self):
        return [(asset, rate, time) for asset, time, rate in _rows(self.table, ("symbol", "timestamp", "rate"))]


def _rows(given, columns):
    if given is None:
        return
    if isinstance(given, (str, os.PathLike)):
        with open(given, newline="", encoding="utf-8") as file:
            table = csv.DictReader(file)
            missing = [c for c in columns if c not in (table.fieldnames or ()) and c != "date"]
            if missing:
                raise ValueError(f"{given}: expected the columns {', '.join(columns)}, found {table.fieldnames}")
            for row in table:
                yield tuple(row.get(c) for c in columns)
    elif hasattr(given, "items") and not hasattr(given, "columns"):
        for asset, rate in given.items():
            yield asset, rate, None
    else:
        rows = given.itertuples(index=False, name=None) if hasattr(given, "itertuples") else given
        for row in rows:
            yield (*row, None)[: len(columns)]


def _core_rows(context, rows):
    """(asset, nanoseconds or None, rate), ascending by time."""
    from rustybt._dates import is_missing, to_nanoseconds

    found = [
        (
            context.symbol(asset) if isinstance(asset, str) else asset,
            None if is_missing(time) else to_nanoseconds(time),
            rate if isinstance(rate, Decimal) else Decimal(str(rate)),
        )
        for asset, rate, time in rows
    ]
    return sorted(found, key=lambda row: -(2**63) if row[1] is None else row[1])
