"""Places in indices, stretches of times, frames side by side."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pandas.errors import PerformanceWarning

from rustybt.utils.calendar_utils import days_at_time

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterable, Iterator, Sequence

    from rustybt._types import Array

__all__ = [
    "PerformanceWarning",
    "categorical_df_concat",
    "check_indexes_all_same",
    "days_at_time",
    "empty_dataframe",
    "explode",
    "find_in_sorted_index",
    "ignore_pandas_nan_categorical_warning",
    "mask_between_time",
    "nearest_unequal_elements",
    "new_pandas",
    "skip_pipeline_new_pandas",
    "stack_future_compatible",
    "timedelta_to_integral_minutes",
    "timedelta_to_integral_seconds",
]

# names of old times that scripts still ask for
new_pandas = True
skip_pipeline_new_pandas = "Pipeline categoricals are not yet compatible with pandas >=0.19"


def explode(df: pd.DataFrame) -> tuple[pd.Index, pd.Index, Array]:
    """(index, columns, values) of a frame."""
    return df.index, df.columns, df.values


def mask_between_time(
    dts: pd.DatetimeIndex,
    start: datetime.time,
    end: datetime.time,
    include_start: bool = True,
    include_end: bool = True,
) -> Array:
    """Which times are of the day's hours from start to end, over midnight when end is before start?"""
    closed = {(True, True): "both", (True, False): "left", (False, True): "right", (False, False): "neither"}
    mask = np.zeros(len(dts), bool)
    spots = pd.Series(np.arange(len(dts)), index=dts).between_time(
        start, end, inclusive=closed[bool(include_start), bool(include_end)]
    )
    mask[spots.to_numpy()] = True
    return mask


def find_in_sorted_index(dts: pd.DatetimeIndex, dt: pd.Timestamp) -> int:
    """The place of a time; raises LookupError when it is not there. No table of all times is made for it."""
    place = dts.searchsorted(dt)
    if place == len(dts) or dts[place] != dt:
        raise LookupError(f"{dt} is not in {dts}")
    return place


def nearest_unequal_elements(dts: pd.DatetimeIndex, dt: pd.Timestamp) -> tuple[Any, Any]:
    """The times just before and just after dt; None where there is none. dts is sorted.

    >>> days = pd.to_datetime(["2024-01-02", "2024-01-03"])
    >>> nearest_unequal_elements(days, days[0])
    (None, Timestamp('2024-01-03 00:00:00'))
    """
    if not dts.is_unique:
        raise ValueError("dts must be unique")
    if not dts.is_monotonic_increasing:
        raise ValueError("dts must be sorted in increasing order")
    before, after = dts.searchsorted(dt, side="left") - 1, dts.searchsorted(dt, side="right")
    return dts[before] if before >= 0 else None, dts[after] if after < len(dts) else None


def timedelta_to_integral_seconds(delta: pd.Timedelta) -> int:
    """Whole seconds."""
    return int(delta.total_seconds())


def timedelta_to_integral_minutes(delta: pd.Timedelta) -> int:
    """Whole minutes."""
    return timedelta_to_integral_seconds(delta) // 60


@contextmanager
def ignore_pandas_nan_categorical_warning() -> Iterator[None]:
    """Context manager without pandas's warnings of what it will do otherwise in future."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=FutureWarning)
        yield


def categorical_df_concat(df_list: Sequence[pd.DataFrame], inplace: bool = False) -> pd.DataFrame:
    """pd.concat of frames whose categorical columns get all categories of that column, sorted, None first.

    inplace: the frames themselves get them. Raises ValueError when the frames have other columns.
    """
    frames = df_list if inplace else [frame.copy() for frame in df_list]
    if any(set(frame.columns) != set(frames[0].columns) for frame in frames):
        raise ValueError("Input DataFrames must have the same columns.")
    for name in frames[0].columns[frames[0].dtypes == "category"]:
        found = {category for frame in frames for category in frame[name].cat.categories}
        categories = sorted(found, key=lambda category: (category is not None, category))
        with ignore_pandas_nan_categorical_warning():
            for frame in frames:
                frame[name] = frame[name].cat.set_categories(categories)
    return pd.concat(frames)


def empty_dataframe(*columns: tuple[str, Any]) -> pd.DataFrame:
    """A frame without rows, of columns (name, dtype)."""
    return pd.DataFrame(np.array([], dtype=list(columns)))


def stack_future_compatible(
    df: pd.DataFrame, level: Any = -1, dropna: bool | None = None, sort: bool | None = None, future_stack: bool | None = None
) -> Any:
    """DataFrame.stack with the arguments that are given."""
    given = {"dropna": dropna, "sort": sort, "future_stack": future_stack}
    return df.stack(level=level, **{name: value for name, value in given.items() if value is not None})


def check_indexes_all_same(indexes: Iterable[pd.Index], message: str = "Indexes are not equal.") -> None:
    """Raises ValueError, with the first place where they differ, unless all are equal."""
    first, *others = indexes
    for other in others:
        differs = np.flatnonzero(first != other)
        if len(differs):
            at = differs[0]
            raise ValueError(f"{message}\nFirst difference is at index {at}: {first[at]} != {other[at]}")
