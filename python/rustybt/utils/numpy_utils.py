"""Types of numpy, missing values, and arrays seen in other shapes."""

from __future__ import annotations

import datetime
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from rustybt._types import Array

uint8_dtype: np.dtype[Any] = np.dtype("uint8")
bool_dtype: np.dtype[Any] = np.dtype("bool")
uint32_dtype: np.dtype[Any] = np.dtype("uint32")
uint64_dtype: np.dtype[Any] = np.dtype("uint64")
int64_dtype: np.dtype[Any] = np.dtype("int64")
float32_dtype: np.dtype[Any] = np.dtype("float32")
float64_dtype: np.dtype[Any] = np.dtype("float64")
complex128_dtype: np.dtype[Any] = np.dtype("complex128")
datetime64D_dtype: np.dtype[Any] = np.dtype("datetime64[D]")
datetime64ns_dtype: np.dtype[Any] = np.dtype("datetime64[ns]")
object_dtype: np.dtype[Any] = np.dtype("O")
categorical_dtype = object_dtype  # texts are objects

NaTmap: dict[Any, Any] = {np.dtype(f"M8[{unit}]"): np.datetime64("NaT", unit) for unit in ("ns", "us", "ms", "s", "m", "D")}
NaTns: np.datetime64 = NaTmap[datetime64ns_dtype]
NaTD: np.datetime64 = NaTmap[datetime64D_dtype]
iNaT: int = int(NaTns.view("i8"))

_MISSING = {
    bool_dtype: False,
    float32_dtype: np.nan,
    float64_dtype: np.nan,
    datetime64ns_dtype: NaTns,
    object_dtype: None,
}


class NoDefaultMissingValue(Exception):
    """Nothing stands for what is missing in arrays of this dtype."""


# --- values -----------------------------------------------------------------------------------------------------------


def NaT_for_dtype(dtype: Any) -> np.datetime64:
    """NaT of the dtype's own unit."""
    return NaTmap[np.dtype(dtype)]


def make_datetime64ns(value: Any) -> np.datetime64:
    """np.datetime64 of nanoseconds from 1970, or of a text."""
    return np.datetime64(value, "ns")


def make_datetime64D(value: Any) -> np.datetime64:
    """np.datetime64 of days from 1970, or of a text."""
    return np.datetime64(value, "D")


def int_dtype_with_size_in_bytes(size: int) -> np.dtype[Any]:
    """The dtype of integers of so many bytes."""
    return _integer("i", "integral", size)


def unsigned_int_dtype_with_size_in_bytes(size: int) -> np.dtype[Any]:
    """The dtype of integers without sign of so many bytes."""
    return _integer("u", "unsigned integral", size)


def _integer(kind, what, size):
    if size not in (1, 2, 4, 8):
        raise ValueError(f"No {what} dtype whose size is {size} bytes.")
    return np.dtype(f"{kind}{size}")


def make_kind_check(python_types: Any, numpy_kind: str) -> Callable[[Any], bool]:
    """A function that tells whether a value or an array is of these types, or of a kind of dtype."""

    def check(value):
        return value.dtype.kind == numpy_kind if hasattr(value, "dtype") else isinstance(value, python_types)

    return check


is_float: Callable[[Any], bool] = make_kind_check(float, "f")
is_int: Callable[[Any], bool] = make_kind_check(int, "i")
is_datetime: Callable[[Any], bool] = make_kind_check(datetime.datetime, "M")
is_object: Callable[[Any], bool] = make_kind_check(object, "O")


def coerce_to_dtype(dtype: np.dtype[Any], value: Any) -> Any:
    """The value as one of the dtype; of times only datetime64[ns]."""
    if dtype.kind != "M":
        return dtype.type(value)
    if dtype != datetime64ns_dtype:
        raise TypeError(f"Don't know how to coerce values of dtype {dtype}")
    return make_datetime64ns(value)


def default_missing_value_for_dtype(dtype: np.dtype[Any]) -> Any:
    """What stands for a missing value: NaN, NaT, False or None; raises NoDefaultMissingValue for other dtypes."""
    try:
        return _MISSING[dtype]
    except KeyError:
        raise NoDefaultMissingValue(f"No default value registered for dtype {dtype}.") from None


def isnat(obj: Any) -> Any:
    """Which are NaT? Raises ValueError for what is no time."""
    if obj.dtype.kind not in "mM":
        raise ValueError(f"{obj} is not a numpy datetime or timedelta")
    return np.isnat(obj)


def is_missing(data: Any, missing_value: Any) -> Any:
    """Which are the missing value, NaN and NaT too?"""
    if is_float(data) and np.isnan(missing_value):
        return np.isnan(data)
    if is_datetime(data) and isnat(missing_value):
        return isnat(data)
    return data == missing_value


def same(x: Any, y: Any) -> Any:
    """Are two values equal, or both NaN, or both NaT?"""
    if is_float(x) and is_float(y) and np.isnan(x) and np.isnan(y):
        return True
    if is_datetime(x) and is_datetime(y) and np.isnat(x) and np.isnat(y):
        return True
    return x == y


# --- arrays -----------------------------------------------------------------------------------------------------------


def repeat_first_axis(array: Array, count: int) -> Array:
    """The array `count` times along a new first axis, without a copy.

    >>> repeat_first_axis(np.arange(3), 2).tolist()
    [[0, 1, 2], [0, 1, 2]]
    """
    return as_strided(array, (count, *array.shape), (0, *array.strides))


def repeat_last_axis(array: Array, count: int) -> Array:
    """Each value `count` times along a new last axis, without a copy.

    >>> repeat_last_axis(np.arange(3), 2).tolist()
    [[0, 0], [1, 1], [2, 2]]
    """
    return as_strided(array, (*array.shape, count), (*array.strides, 0))


def rolling_window(array: Array, length: int) -> Array:
    """All windows of `length` rows, one after another along a new first axis, without a copy.

    >>> rolling_window(np.arange(4), 2).tolist()
    [[0, 1], [1, 2], [2, 3]]
    """
    if not array.shape:
        raise IndexError("Can't restride a scalar.")
    if array.shape[0] <= length:
        raise IndexError(f"Can't restride array of shape {array.shape} with a window length of {length}")
    return np.moveaxis(sliding_window_view(array, length, axis=0), -1, 1)


def as_column(a: Array) -> Array:
    """An array of one dimension as a column of two."""
    if a.ndim != 1:
        raise ValueError(f"as_column expected an 1-dimensional array, but got an array of shape {a.shape}")
    return a[:, None]


def changed_locations(a: Array, include_first: bool) -> Array:
    """Places of values that differ from the one before.

    >>> changed_locations(np.array([0, 0, 5, 5, 1]), include_first=True).tolist()
    [0, 2, 4]
    """
    if a.ndim > 1:
        raise ValueError("indices_of_changed_values only supports 1D arrays.")
    places = np.flatnonzero(np.diff(a)) + 1
    return np.hstack([[0], places]) if include_first else places


def compare_datetime_arrays(x: Array, y: Array) -> bool:
    """Are all times equal? NaT is equal to NaT."""
    return np.array_equal(x.view("i8"), y.view("i8"))


def busday_count_mask_NaT(begindates: Array, enddates: Array, out: Array | None = None) -> Array:
    """np.busday_count as floats, NaN where a date is NaT."""
    missing = np.isnat(begindates) | np.isnat(enddates)
    if out is None:
        out = np.empty(missing.shape)
    some = make_datetime64D(0)
    out[...] = np.busday_count(np.where(missing, some, begindates), np.where(missing, some, enddates))
    out[missing] = np.nan
    return out


def vectorized_is_element(array: Array, choices: Container[Any]) -> Array:
    """Which values are among the choices?"""
    return np.vectorize(choices.__contains__, otypes=[bool])(array)


def bytes_array_to_native_str_object_array(a: Array) -> Array:
    """An array of bytes as texts."""
    return a.astype(str).astype(object)


class WarningContext:
    """Context manager, to be used as often as one likes: filters of warnings, each (args, kwargs) of filterwarnings."""

    def __init__(self, *warning_specs: tuple[Any, dict[str, Any]]) -> None:
        self._specs = warning_specs
        self._entered: list[Any] = []

    def __enter__(self) -> WarningContext:
        catcher = warnings.catch_warnings()
        catcher.__enter__()
        self._entered.append(catcher)
        for args, kwargs in self._specs:
            warnings.filterwarnings(*args, **kwargs)
        return self

    def __exit__(self, *error: Any) -> None:
        self._entered.pop().__exit__(*error)


def ignore_nanwarnings() -> WarningContext:
    """Context manager without the warnings of np.nanmean and its like where there is no number."""
    texts = "Mean of empty slice|Degrees of freedom <= 0 for slice|All-NaN (slice|axis) encountered"
    return WarningContext((("ignore", texts), {"category": RuntimeWarning}))
