"""What it costs to hold positions: borrow cost of shorts, overnight financing, funding of perpetuals (docs/costs.md).

Each is off until it is chosen in initialize:

    context.set_borrow_cost(costs.BorrowCostModel({"GME": "0.80"}))
    context.set_financing()
    context.set_funding(costs.FundingModel("0.0001"))
"""

from __future__ import annotations

import os
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rustybt._types import Money
    from rustybt.assets import Asset

__all__ = ["BorrowCostModel", "FundingModel", "OvernightFinancingModel"]

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")


class _Model:
    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in vars(self).items())})"


class BorrowCostModel(_Model):
    """Rates a year on the value of short positions, paid at each close for the calendar days to the next session.

    rates: {asset or symbol: rate}, rows (symbol, rate[, date]), or the path of a CSV file with the columns symbol,
    annual_rate and (optional) date. Of several dates the last one on or before the session counts, before the first one
    default_rate, as for assets without a rate. Rates above 1 (100 %) are rates too.

    >>> BorrowCostModel({"GME": "0.80"}).default_rate
    '0.003'
    """

    def __init__(self, rates: Any = None, default_rate: Money = "0.003", days_in_year: int = 365) -> None:
        self.rates = rates
        self.default_rate = default_rate
        self.days_in_year = days_in_year

    def _rows(self):
        return list(_rows(self.rates, ("symbol", "annual_rate", "date")))


class OvernightFinancingModel(_Model):
    """Rates a year on what positions are worth beyond the account's value: (of longs, of shorts) by kind of asset.

    A rate below 0 is received. Currency pairs count nights as the market does: none at the weekend, three on
    triple_swap_day (None: calendar days).

    >>> OvernightFinancingModel(crypto=("0.10", "-0.02")).equity
    ('0.05', '0')
    """

    def __init__(
        self,
        equity: tuple[Money, Money] = ("0.05", "0"),
        crypto: tuple[Money, Money] = ("0.05", "0"),
        forex: tuple[Money, Money] = ("0.05", "0"),
        days_in_year: int = 365,
        triple_swap_day: str | None = "wednesday",
    ) -> None:
        self.equity = equity
        self.crypto = crypto
        self.forex = forex
        self.days_in_year = days_in_year
        self.triple_swap_day = triple_swap_day

    def _triple_day(self):
        if self.triple_swap_day is None:
            return None
        if str(self.triple_swap_day).lower() not in _DAYS:
            raise ValueError(f"triple_swap_day: expected one of {', '.join(_DAYS)} or None, found {self.triple_swap_day!r}")
        return _DAYS.index(str(self.triple_swap_day).lower())


class FundingModel(_Model):
    """What longs of perpetuals pay to shorts: rate x position value every interval_hours from midnight UTC.

    assets: the perpetuals (default: all cryptocurrencies). table: rates of the past instead, rows (symbol, time, rate) or
    the path of a CSV file with the columns symbol, timestamp, rate; an asset in it pays at its times only.
    """

    def __init__(
        self, rate: Money = "0.0001", interval_hours: int = 8, assets: Sequence[Asset | str] = (), table: Any = None
    ) -> None:
        self.rate = rate
        self.interval_hours = interval_hours
        self.assets = assets
        self.table = table

    def _rows(self):
        return [(asset, rate, time) for asset, time, rate in _rows(self.table, ("symbol", "timestamp", "rate"))]


def _rows(given, columns):
    if given is None:
        return
    if isinstance(given, (str, os.PathLike)):
        import csv

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
