"""What tests of strategies, models and bundles need: invented bars, temporary folders and asset databases, parameter spaces."""

from __future__ import annotations

import functools
import inspect
import itertools
import os
import shutil
import tempfile
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from rustybt.assets import AssetDBWriter, AssetFinder
from rustybt.assets.synthetic import make_simple_equity_info

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from rustybt._types import Array, StrPath

EPOCH = pd.Timestamp(0, tz="UTC")


def to_utc(time_str: str) -> pd.Timestamp:
    """A time of New York as UTC."""
    return pd.Timestamp(time_str, tz="US/Eastern").tz_convert("UTC")


def seconds_to_timestamp(seconds: float) -> pd.Timestamp:
    return pd.Timestamp(seconds, unit="s", tz="UTC")


def str_to_seconds(s: str) -> int:
    """Seconds from 1970 to a date.

    >>> str_to_seconds("2014-01-01")
    1388534400
    """
    return int((pd.Timestamp(s, tz="UTC") - EPOCH).total_seconds())


# --- invented bars ----------------------------------------------------------------------------------------------------


def create_minute_bar_data(minutes: pd.DatetimeIndex, sids: Iterable[int]) -> Iterator[tuple[int, pd.DataFrame]]:
    """(sid, frame) pairs: prices rise by one a bar, the n-th asset's lie n above the first one's."""
    for place, sid in enumerate(sids):
        steps = np.arange(len(minutes)) + place
        yield sid, pd.DataFrame(
            {"open": steps + 10, "high": steps + 15, "low": steps + 8, "close": steps + 10, "volume": 100 + place},
            index=minutes,
        )


def create_daily_bar_data(sessions: pd.DatetimeIndex, sids: Iterable[int]) -> Iterator[tuple[int, pd.DataFrame]]:
    """(sid, frame) pairs: prices and volumes rise by one a session, the n-th asset's lie n above the first one's."""
    for place, sid in enumerate(sids):
        steps = np.arange(len(sessions)) + place
        yield sid, pd.DataFrame(
            {
                "open": steps + 10,
                "high": steps + 15,
                "low": steps + 8,
                "close": steps + 10,
                "volume": steps + 100,
                "day": [session.value for session in sessions],
            },
            index=sessions,
        )


def prices_generating_returns(returns: np.ndarray, starting_price: float) -> np.ndarray:
    """Prices that give these returns, one more than there are of them. Raises ValueError where three decimals are not enough.

    >>> prices_generating_returns(np.array([0.1, -0.5]), 10.0).tolist()
    [10.0, 11.0, 5.5]
    """
    exact = starting_price * (1 + np.append([0], returns)).cumprod()
    prices = exact.round(3)
    if not np.allclose(exact, prices):
        raise ValueError(
            "Prices only have 3 decimal places of precision. There is no valid price series that generate these returns."
        )
    return prices


def random_tick_prices(
    starting_price: float, count: int, tick_size: float = 0.01, tick_range: tuple[int, int] = (-5, 7), seed: int = 42
) -> np.ndarray:
    """A walk of `count` prices by whole ticks; the same seed gives the same one."""
    ticks = np.random.RandomState(seed).randint(*tick_range, size=count - 1).cumsum()
    return np.append(float(starting_price), starting_price + ticks * tick_size)


def simulate_minutes_for_day(
    open_: float,
    high: float,
    low: float,
    close: float,
    volume: int,
    trading_minutes: int = 390,
    random_state: Any = None,
) -> pd.DataFrame:
    """A walk of minutes that has the open, high, low and close of a day, its volume spread evenly over them."""
    random = np.random if random_state is None else random_state
    steps = 5  # prices in a minute
    while True:
        values = (random.rand(trading_minutes * steps) - 0.5).cumsum()
        values *= (high - low) / np.ptp(values)
        values += np.linspace(open_ - values[0], close - values[-1], len(values))
        top, bottom = max(open_, close), min(open_, close)
        above, below = values > top, values < bottom
        if above.any():
            values[above] = (values[above] - top) * (high - top) / (values.max() - top) + top
        if below.any():
            values[below] = (values[below] - bottom) * (low - bottom) / (values.min() - bottom) + bottom
        if np.allclose((values.max(), values.min()), (high, low)):
            break
    minutes = values.round(3).reshape(trading_minutes, steps)
    share, rest = divmod(volume, trading_minutes)
    return pd.DataFrame(
        {
            "open": minutes[:, 0],
            "close": minutes[:, -1],
            "high": minutes.max(axis=1),
            "low": minutes.min(axis=1),
            "volume": share + (np.arange(trading_minutes) < rest).astype("int64"),
        }
    )


def create_empty_splits_mergers_frame() -> pd.DataFrame:
    return pd.DataFrame(
        {"effective_date": np.array([], "i8"), "ratio": np.array([], "f8"), "sid": np.array([], "i8")},
    ).set_index(pd.DatetimeIndex([]))


# --- temporary things -------------------------------------------------------------------------------------------------


class tmp_dir:
    """A folder that is removed at the end of the `with` block."""

    def __init__(self, path: StrPath | None = None) -> None:
        self.path: str = tempfile.mkdtemp() if path is None else os.fspath(path)
        os.makedirs(self.path, exist_ok=True)

    def getpath(self, name: str) -> str:
        return os.path.join(self.path, name)

    def makedir(self, name: str) -> str:
        os.makedirs(self.getpath(name), exist_ok=True)
        return self.getpath(name)

    def cleanup(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *error: object) -> None:
        self.cleanup()


_ABC = object()


class tmp_assets_db:
    """An asset database for a `with` block; gives its path, or an SQLAlchemy engine for a URL on a file.

    The frames are AssetDBWriter's; without `equities` there are A, B and C (sids 65 to 67) from 1970 to 2015.
    """

    def __init__(self, url: str = "sqlite:///:memory:", equities: pd.DataFrame = _ABC, **frames: Any) -> None:
        if equities is _ABC:
            equities = make_simple_equity_info([ord(c) for c in "ABC"], pd.Timestamp(0), pd.Timestamp("2015"))
        self._url = url
        self._frames = {"equities": equities, **frames}
        self._folder = None

    def __enter__(self) -> Any:
        if self._url.endswith(":memory:"):
            self._folder = tmp_dir()
            path = self._folder.getpath("assets.sqlite")
        else:
            path = self._url
        writer = AssetDBWriter(path)
        writer.init_db()
        writer.write(**self._frames)
        return path

    def __exit__(self, *error: object) -> None:
        if self._folder is not None:
            self._folder.cleanup()


class tmp_asset_finder(tmp_assets_db):
    """The same, giving an AssetFinder."""

    def __init__(
        self,
        url: str = "sqlite:///:memory:",
        finder_cls: type[AssetFinder] = AssetFinder,
        future_chain_predicates: dict[str, Any] | None = None,
        **frames: Any,
    ) -> None:
        super().__init__(url, **frames)
        self._finder_cls = finder_cls
        self._chain_predicates = future_chain_predicates or {}

    def __enter__(self) -> Any:
        return self._finder_cls(super().__enter__(), future_chain_predicates=self._chain_predicates)


def empty_assets_db() -> tmp_assets_db:
    return tmp_assets_db(equities=None)


def empty_asset_finder() -> tmp_asset_finder:
    return tmp_asset_finder(equities=None)


@contextmanager
def patch_os_environment(remove: Iterable[str] | None = None, **values: Any) -> Any:
    """Set variables of the environment, and take others away, for a `with` block."""
    before = dict(os.environ)
    os.environ.update(values)
    for name in remove or ():
        os.environ.pop(name, None)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


# --- many cases in one test -------------------------------------------------------------------------------------------


class SubTestFailures(AssertionError):
    """Cases of one test that failed, each with its values."""

    def __init__(self, *failures: Any) -> None:
        self.failures = failures

    def __str__(self) -> str:
        def text(scope, error):
            values = ", ".join(f"{name}={value!r}" for name, value in scope.items())
            return values + "\n    " + "".join(traceback.format_exception(error)).rstrip().replace("\n", "\n    ")

        return "failures:\n  " + "\n  ".join(text(*failure) for failure in self.failures)


def subtest(iterator: Iterable[Any], *names: Any) -> Any:
    """Decorator: run a function with each of these tuples of values; failures are raised together at the end."""

    def decorate(function):
        @functools.wraps(function)
        def run(*args, **kwargs):
            failures = []
            for values in iterator:
                values = tuple(values)
                try:
                    function(*args, *values, **kwargs)
                except Exception as error:
                    failures.append((dict(zip(names or itertools.count(), values)), error))
            if failures:
                raise SubTestFailures(*failures)

        return run

    return decorate


def parameter_space(__fail_fast: bool = False, **params: Any) -> Any:
    """Decorator of a test method: run it with every combination of these values, each with set-up and tear-down."""

    def decorate(function):
        spec = inspect.getfullargspec(function)
        for what, found in (("*args", spec.varargs), ("**kwargs", spec.varkw), ("defaults", spec.defaults)):
            if found:
                raise AssertionError(f"parameter_space() doesn't support {what}")
        names = [name for name in spec.args if name != "self"]
        if extra := set(params) - set(names):
            raise AssertionError(f"Keywords {extra} supplied to parameter_space() are not in function signature.")
        if missing := set(names) - set(params):
            raise AssertionError(f"Function arguments {missing} were not supplied to parameter_space().")

        def run_one(self, *values):
            try:
                function(self, *values)
            finally:
                self.tearDown()
                self.setUp()

        @functools.wraps(function)
        def run(self):
            cases = itertools.product(*(params[name] for name in names))
            if __fail_fast:
                for values in cases:
                    run_one(self, *values)
            else:
                subtest(cases, *names)(run_one)(self)

        del run.__wrapped__  # pytest would ask for the parameters as fixtures
        return run

    return decorate


def all_subindices(index: Any) -> Iterator[Any]:
    """All stretches of an index, the empty ones left out."""
    return (index[start:stop] for start in range(len(index)) for stop in range(start + 1, len(index) + 1))


def powerset(values: Any) -> Any:
    """All subsets as tuples.

    >>> list(powerset([1, 2]))
    [(), (1,), (2,), (1, 2)]
    """
    values = list(values)
    return itertools.chain.from_iterable(itertools.combinations(values, size) for size in range(len(values) + 1))


def all_pairs_matching_predicate(values: Any, pred: Callable[[Any, Any], bool]) -> Iterator[tuple[Any, Any]]:
    """Pairs of values, in order, for which pred(a, b) holds."""
    return ((a, b) for a, b in itertools.product(values, repeat=2) if pred(a, b))


def product_upper_triangle(values: Any, include_diagonal: bool = False) -> Any:
    """Pairs of values whose first is the smaller one."""
    return all_pairs_matching_predicate(values, (lambda a, b: a <= b) if include_diagonal else (lambda a, b: a < b))


# --- arrays -----------------------------------------------------------------------------------------------------------


def permute_rows(seed: int, array: Array) -> Array:
    """The array with the cells of each row in another order; the same seed gives the same one."""
    random = np.random.RandomState(seed)
    return np.apply_along_axis(random.permutation, 1, array)


def make_alternating_boolean_array(shape: tuple[int, ...], first_value: bool = True) -> Array:
    """A board of True and False, each beside the other.

    >>> make_alternating_boolean_array((2, 3)).astype(int).tolist()
    [[1, 0, 1], [0, 1, 0]]
    """
    rows, columns = _two_dimensions(shape)
    return (np.add.outer(np.arange(rows), np.arange(columns)) % 2 == 0) == first_value


def make_cascading_boolean_array(shape: tuple[int, ...], first_value: bool = True) -> Array:
    """first_value left of a diagonal that falls from the last column but one.

    >>> make_cascading_boolean_array((3, 3)).astype(int).tolist()
    [[1, 1, 0], [1, 0, 0], [0, 0, 0]]
    """
    rows, columns = _two_dimensions(shape)
    return (np.add.outer(np.arange(rows), np.arange(columns)) < columns - 1) == first_value


def _two_dimensions(shape):
    if len(shape) != 2:
        raise ValueError(f"Shape must be 2-dimensional. Given shape was {shape}")
    return shape


def check_allclose(
    actual: Any, desired: Any, rtol: float = 1e-07, atol: float = 0, err_msg: str = "", verbose: bool = True
) -> Any:
    """np.testing.assert_allclose for arrays of equal type."""
    if type(actual) is not type(desired):
        raise AssertionError(f"{type(actual)} != {type(desired)}")
    return np.testing.assert_allclose(actual, desired, atol=atol, rtol=rtol, err_msg=err_msg, verbose=verbose)


def check_arrays(x: Any, y: Any, err_msg: str = "", verbose: bool = True, check_dtypes: bool = True) -> Any:
    """np.testing.assert_array_equal that tells types apart."""
    if type(x) is not type(y):
        raise AssertionError(f"{type(x)} != {type(y)}")
    if check_dtypes and x.dtype != y.dtype:
        raise AssertionError(f"x.dtype({x.dtype}) != y.dtype({y.dtype})")
    return np.testing.assert_array_equal(x, y, err_msg=err_msg, verbose=verbose)


def assert_timestamp_equal(left: Any, right: Any, compare_nat_equal: bool = True, msg: str = "") -> None:
    """The same time in the same zone; NaT is equal to NaT, if asked."""
    if compare_nat_equal and left is pd.NaT and right is pd.NaT:
        return
    assert left == right, msg


class UnexpectedAttributeAccess(Exception):
    """Something used an object that it should leave alone."""


class ExplodingObject:
    """Raises whatever is asked of it, to show that it is not used."""

    def __getattribute__(self, name: str) -> Any:
        raise UnexpectedAttributeAccess(name)
