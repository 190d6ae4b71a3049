"""assert_equal for nested data: says where two results differ, not only that they do."""

from __future__ import annotations

import datetime
from itertools import zip_longest
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pandas import testing

from rustybt.assets import Asset
from rustybt.utils.math_utils import tolerant_equals

if TYPE_CHECKING:
    from rustybt._types import StrPath


class _Wildcard:
    """Equal to everything, for parts of a structure that do not matter."""

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    def __repr__(self) -> str:
        return "<wildcard>"


wildcard: Any = _Wildcard()


class instance_of:
    """Equal to every instance of a type, or of one of several; exact: not of its subclasses."""

    def __init__(self, types: Any, exact: bool = False) -> None:
        self.types: tuple[type, ...] = types if isinstance(types, tuple) else (types,)
        self.exact = exact
        if not all(isinstance(t, type) for t in self.types):
            raise TypeError("types must be a type or tuple of types")

    def __eq__(self, other: object) -> bool:
        return type(other) in self.types if self.exact else isinstance(other, self.types)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __repr__(self) -> str:
        names = ", ".join(t.__name__ for t in self.types)
        shown = names if len(self.types) == 1 else f"({names})"
        return f"instance_of({shown}{', exact=True' if self.exact else ''})"


def assert_equal(result: Any, expected: Any, path: StrPath = (), msg: str = "", **options: Any) -> Any:
    """Raise an AssertionError that names the place where two values differ.

    Mappings, sequences, sets, arrays, frames, series, indexes, slices and assets are compared part by part. Options:
    float_rtol, float_atol (1e-6) and float_equal_nan (True) of floats; array_decimal of arrays; those of pandas.testing of
    frames, series and indexes; allow_datetime_coercions and compare_nat_equal of times.

        assert_equal({"a": [1.0, 2.0]}, {"a": [1.0, 2.1]})   # ... path: _['a'][1]
    """
    for types, compare in _COMPARISONS:
        if isinstance(result, types) and isinstance(expected, types):
            return compare(result, expected, path, msg, options)
    _require(bool(result == expected), f"{result} != {expected}", path, msg)


def _require(condition, what, path, msg):
    if not condition:
        place = f"path: _{''.join(path)}" if path else ""
        raise AssertionError(f"{msg}\n{what}\n{place}" if msg else f"{what}\n{place}")


def _compare_floats(result, expected, path, msg, options):
    rtol, atol = options.get("float_rtol", 10e-7), options.get("float_atol", 10e-7)
    equal_nan = options.get("float_equal_nan", True)
    _require(
        tolerant_equals(result, expected, rtol=rtol, atol=atol, equal_nan=equal_nan),
        f"{result} != {expected} with rtol={rtol} and atol={atol}{'' if equal_nan else ' (with nan != nan)'}",
        path,
        msg,
    )


def _compare_keys(result, expected, kind, path, msg):
    result, expected = set(result), set(expected)
    said = []
    if result - expected:
        said.append(f"only in result: {result - expected}")
    if expected - result:
        said.append(f"only in expected: {expected - result}")
    _require(not said, f"{kind}s do not match\n" + "\n".join(said), path, msg)


def _compare_mappings(result, expected, path, msg, options):
    _compare_keys(result, expected, "key", (*path, ".keys()"), msg)
    failures = []
    for key in result:
        try:
            assert_equal(result[key], expected[key], (*path, f"[{key!r}]"), msg, **options)
        except AssertionError as failure:
            failures.append(str(failure))
    if failures:
        raise AssertionError("\n===\n".join(failures))


def _compare_sequences(result, expected, path, msg, options):
    lengths = len(result), len(expected)
    _require(lengths[0] == lengths[1], f"{type(result).__name__} lengths do not match: {lengths[0]} != {lengths[1]}", path, msg)
    for place, (one, other) in enumerate(zip(result, expected)):
        assert_equal(one, other, (*path, f"[{place}]"), msg, **options)


def _compare_sets(result, expected, path, msg, options):
    _compare_keys(result, expected, "element", path, msg)


def _compare_arrays(result, expected, path, msg, options):
    times = result.dtype.kind in "mM" and expected.dtype.kind in "mM"
    _require(not times or result.dtype == expected.dtype, f"dtypes differ: {result.dtype} != {expected.dtype}", path, msg)
    decimal = options.get("array_decimal")
    try:
        if decimal is not None and expected.dtype.kind not in "OS":
            np.testing.assert_array_almost_equal(result, expected, decimal=decimal)
        else:
            np.testing.assert_array_equal(result, expected)
    except AssertionError as failure:
        _require(False, str(failure), path, msg)


def _compare_pandas(compare):
    import inspect

    known = inspect.signature(compare).parameters

    def run(result, expected, path, msg, options):
        try:
            compare(result, expected, **{name: value for name, value in options.items() if name in known})
        except AssertionError as failure:
            _require(False, str(failure), path, msg)

    return run


def _compare_categoricals(result, expected, path, msg, options):
    assert_equal(result.categories, expected.categories, (*path, ".categories"), msg, **options)
    assert_equal(result.codes, expected.codes, (*path, ".codes"), msg, **options)


def _compare_times(result, expected, path, msg, options):
    kinds = type(result), type(expected)
    _require(
        options.get("allow_datetime_coercions", False) or kinds[0] is kinds[1],
        f"datetime types {kinds} don't match and allow_datetime_coercions was not set.",
        path,
        msg,
    )
    if isinstance(result, pd.Timestamp) and isinstance(expected, pd.Timestamp):
        _require(result.tz == expected.tz, f"{result.tz} != {expected.tz}", (*path, ".tz"), msg)
    result, expected = pd.Timestamp(result), pd.Timestamp(expected)
    if options.get("compare_nat_equal", True) and result is pd.NaT and expected is pd.NaT:
        return
    _require(result == expected, f"{result} != {expected}", path, msg)


def _compare_slices(result, expected, path, msg, options):
    for name in ("start", "stop", "step"):
        one, other = getattr(result, name), getattr(expected, name)
        _require(one == other, f"{name}s are not equal: {one} != {other}", path, msg)


def _compare_assets(result, expected, path, msg, options):
    _require(type(result) is type(expected), f"{type(result).__name__} is not {type(expected).__name__}", path, msg)
    assert_equal(result.to_dict(), expected.to_dict(), (*path, ".to_dict()"), msg, **options)


_COMPARISONS = [
    (float, _compare_floats),
    (dict, _compare_mappings),
    (MappingProxyType, _compare_mappings),
    (list, _compare_sequences),
    (tuple, _compare_sequences),
    ((set, frozenset), _compare_sets),
    (np.ndarray, _compare_arrays),
    (pd.DataFrame, _compare_pandas(testing.assert_frame_equal)),
    (pd.Series, _compare_pandas(testing.assert_series_equal)),
    (pd.Index, _compare_pandas(testing.assert_index_equal)),
    (pd.Categorical, _compare_categoricals),
    ((datetime.datetime, np.datetime64), _compare_times),
    (slice, _compare_slices),
    (Asset, _compare_assets),
]

assert_dict_equal = assert_equal
assert_set_equal = assert_equal
assert_array_equal = assert_equal
assert_frame_equal = assert_equal
assert_series_equal = assert_equal
assert_index_equal = assert_equal


def assert_sequence_equal(result: Any, expected: Any, path: Any = (), msg: str = "", **kwargs: Any) -> None:
    """Are two sequences, of any types, equal item by item?"""
    _require(len(result) == len(expected), f"lengths do not match: {len(result)} != {len(expected)}", path, msg)
    for place, pair in enumerate(zip(result, expected, strict=True)):
        assert_equal(*pair, path=(*path, f"[{place}]"), msg=msg, **kwargs)


def assert_isidentical(result: Any, expected: Any, msg: str = "") -> None:
    _require(result.isidentical(expected), f"{result} is not identical to {expected}", (), msg)


def assert_messages_equal(result: Any, expected: Any, msg: str = "") -> None:
    """For long texts: names the first line and column that differ."""
    lines = zip_longest(result.splitlines(True), expected.splitlines(True), fillvalue="")
    for number, (one, other) in enumerate(lines):
        if one != other:
            pairs = enumerate(zip_longest(one, other))
            column = next(place for place, (a, b) in pairs if a != b)
            _require(False, f"Messages differ on line {number}, col {column}:\n{one!r}\n!=\n{other!r}", (), msg)
