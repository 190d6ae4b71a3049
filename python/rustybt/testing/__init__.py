"""Tools for tests of strategies, models and bundles: fixtures, assert_equal, invented assets and bars."""

from rustybt.testing.core import (
    EPOCH,
    ExplodingObject,
    all_pairs_matching_predicate,
    all_subindices,
    assert_timestamp_equal,
    check_allclose,
    check_arrays,
    create_daily_bar_data,
    create_empty_splits_mergers_frame,
    create_minute_bar_data,
    empty_asset_finder,
    empty_assets_db,
    make_alternating_boolean_array,
    make_cascading_boolean_array,
    parameter_space,
    patch_os_environment,
    permute_rows,
    powerset,
    product_upper_triangle,
    seconds_to_timestamp,
    str_to_seconds,
    subtest,
    tmp_asset_finder,
    tmp_assets_db,
    tmp_dir,
    to_utc,
)
from rustybt.testing.fixtures import ZiplineTestCase

__all__ = [name for name in dir() if not name.startswith("_") and name not in ("core", "fixtures", "rustybt")]
