"""Names of types for annotations; only type checkers import this module."""

import datetime
from decimal import Decimal
from os import PathLike
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np
import pandas as pd

Day: TypeAlias = str | datetime.date | pd.Timestamp | np.datetime64
"""A day: text YYYY-MM-DD, a date, a datetime or a Timestamp (with a time zone: its day in UTC)."""
Moment: TypeAlias = str | datetime.datetime | pd.Timestamp | np.datetime64
"""A moment; without time zone it is UTC."""
Money: TypeAlias = int | float | str | Decimal
"""A number that is taken exactly as it is written: 0.1 and "0.1" are a tenth."""
Frequency: TypeAlias = Literal["daily", "minute"]
Field: TypeAlias = str
"""open, high, low, close, price, volume, last_traded, contract, or a column of fetched data."""


class ArrowStream(Protocol):
    """A table of Polars, pyarrow or whatever else hands out Arrow streams."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...


Frame: TypeAlias = pd.DataFrame | ArrowStream
Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]
StrPath: TypeAlias = str | PathLike[str]
