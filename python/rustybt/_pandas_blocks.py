"""Indexes, Series and frames straight from arrays: the parts that pandas's constructors end with, without their checks.

A history call makes two of them on every bar; pandas's constructors take four times as long. Where a pandas does not have these
parts, or they do something else than its constructors, the constructors are used.
"""

import numpy as np
import pandas as pd


def index_of(labels, utc):
    """Index of nanoseconds since 1970 (int64): naive sessions, or moments in UTC."""
    index = pd.DatetimeIndex(labels.view("M8[ns]"))
    return index.tz_localize("UTC") if utc else index


def series_of(values, index, name):
    """Series that takes its array as it is."""
    return pd.Series(values, index=index, name=name, copy=False)


def frame_of(values, index, columns):
    """Frame of an array [column][row] that is taken as it is."""
    return pd.DataFrame(values.T, index=index, columns=columns, copy=False)


def _fast_parts():
    """The same three functions from pandas's own parts."""
    from pandas._libs.internals import BlockPlacement
    from pandas.core.arrays import DatetimeArray
    from pandas.core.internals.blocks import new_block_2d
    from pandas.core.internals.managers import BlockManager, SingleBlockManager

    new_times, new_index = DatetimeArray._simple_new, pd.DatetimeIndex._simple_new
    naive, in_utc = np.dtype("M8[ns]"), pd.DatetimeTZDtype(tz="UTC")
    new_series, new_frame = pd.Series._from_mgr, pd.DataFrame._from_mgr
    one_block = SingleBlockManager.from_array

    def fast_index(labels, utc):
        return new_index(new_times(labels.view(naive), dtype=in_utc if utc else naive), None)

    def fast_series(values, index, name):
        manager = one_block(values, index)
        series = new_series(manager, manager.axes)
        series._name = name
        return series

    def fast_frame(values, index, columns):
        block = new_block_2d(values, BlockPlacement(slice(0, len(values))))
        manager = BlockManager((block,), [columns, index], verify_integrity=False)
        return new_frame(manager, manager.axes)

    return fast_index, fast_series, fast_frame


def _are_equal(fast, checked):
    """Do three functions make what three others make?"""
    labels, values = np.arange(3) * 86_400_000_000_000, np.arange(6.0).reshape(2, 3)
    for utc in (False, True):
        made = []
        for index_of, series_of, frame_of in (fast, checked):
            index = index_of(labels, utc)
            series, frame = series_of(values[0].copy(), index, "a"), frame_of(values.copy(), index, pd.Index(["a", "b"]))
            frame.loc[index[1], "b"] = series.loc[index[2]] = 9.0  # what they made can be written
            made.append((index, series, frame))
        pd.testing.assert_index_equal(made[0][0], made[1][0])
        pd.testing.assert_series_equal(made[0][1], made[1][1])
        pd.testing.assert_frame_equal(made[0][2], made[1][2])
    return True


try:
    _fast = _fast_parts()
    if _are_equal(_fast, (index_of, series_of, frame_of)):
        index_of, series_of, frame_of = _fast
except (ImportError, AttributeError, TypeError, ValueError, AssertionError):
    pass  # another pandas: its constructors
