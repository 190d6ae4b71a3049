"""What is wrong with bars, symbol by symbol, held against the market's calendar.

>>> import pandas as pd
>>> bars = pd.DataFrame({
...     "date": ["2024-01-02", "2024-01-03", "2024-01-05"],
...     "open": [10.0, 10.1, 10.2], "high": [10.3, 10.0, 10.4], "low": [9.9, 10.05, 10.1], "close": [10.1, 10.2, 10.3],
...     "volume": [1000, 1200, 900]})
>>> for finding in find_defects(bars):
...     print(finding["row"], finding["column"], finding["code"], finding["severity"])
1 high high_below_low error
2 date missing_session error
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rustybt import _core

if TYPE_CHECKING:
    from rustybt._types import Frame

__all__ = ["find_defects", "validate", "is_valid"]


def validate(frame: Frame, asset_class: str | None = None, calendar: str | None = None) -> dict[str, Any]:
    """Check the bars of a frame (pandas, Polars, pyarrow), of one symbol or of many with a column `symbol`.

    Times are a column such as `date` or `timestamp`, or a frame's index; prices are open, high, low, close, with volume,
    dividend, split and adjusted close where they are known.

    asset_class: "equity", "crypto", "fx" or "future"; None = told from the days.
    calendar: a name such as "XNYS" or "24/7"; None = the market's.

    Returns a dict: `findings` (see find_defects), `remarks` (no defects, but worth knowing), `understood` (how the frame
    was read) and `rows`.
    """
    return _core.validate_bars(_table(frame), asset_class or "", calendar or "")


def find_defects(frame: Frame, asset_class: str | None = None, calendar: str | None = None) -> list[dict[str, Any]]:
    """The findings of validate: dicts of row (0-based), symbol, date, column, code, severity, message, advice, value."""
    return validate(frame, asset_class, calendar)["findings"]


def is_valid(frame: Frame, asset_class: str | None = None, calendar: str | None = None) -> bool:
    """True when nothing of severity "error" is found."""
    return all(finding["severity"] != "error" for finding in find_defects(frame, asset_class, calendar))


def _table(frame):
    import pyarrow as pa

    if hasattr(frame, "__arrow_c_stream__") and not hasattr(frame, "iloc"):
        return frame  # pyarrow, Polars
    index = frame.index
    columns = {} if index.dtype.kind in "iu" and index.name is None else {index.name or "date": _array(index)}
    columns |= {str(name): _array(frame[name]) for name in frame.columns}
    return pa.table(columns)


def _array(values):
    import pyarrow as pa

    try:
        return pa.array(values, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError):  # kinds mixed in one column: as text
        return pa.array([None if value is None or value != value else str(value) for value in values])
