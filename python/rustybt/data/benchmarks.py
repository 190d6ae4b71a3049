"""Returns of a benchmark from a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["get_benchmark_returns_from_file"]


def get_benchmark_returns_from_file(filelike: Any) -> pd.Series:
    """Daily returns by session from a CSV file (a path or an open file) with the columns date and return.

    Raises ValueError where the column return is missing.

    >>> import io
    >>> get_benchmark_returns_from_file(io.StringIO("date,return\\n2020-01-03,-0.02\\n2020-01-02,0.01")).tolist()
    [0.01, -0.02]
    """
    import pandas as pd

    rows = pd.read_csv(filelike, index_col=["date"], parse_dates=["date"])
    if rows.index.tz is not None:
        rows = rows.tz_localize(None)
    if "return" not in rows.columns:
        raise ValueError(
            "The column 'return' not found in the benchmark file \n"
            "Expected benchmark file format :\n"
            "date, return\n"
            "2020-01-02 00:00:00+00:00,0.01\n"
            "2020-01-03 00:00:00+00:00,-0.02\n"
        )
    return rows["return"].sort_index()
