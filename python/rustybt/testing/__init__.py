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
    prices_generating_returns,
    product_upper_triangle,
    random_tick_prices,
    seconds_to_timestamp,
    simulate_minutes_for_day,
    str_to_seconds,
    subtest,
    tmp_asset_finder,
    tmp_assets_db,
    tmp_dir,
    to_utc,
)
from rustybt.testing._files import add_security_data, patch_read_csv, read_compressed, security_list_copy, write_compressed
from rustybt.testing._market import (
    FakeDataPortal,
    FetcherDataPortal,
    MockDailyBarReader,
    RecordBatchBlotter,
    create_daily_df_for_asset,
    create_data_portal,
    create_data_portal_from_trade_history,
    create_minute_df_for_asset,
    make_trade_data_for_asset_info,
    tmp_bcolz_equity_daily_bar_reader,
    tmp_bcolz_equity_minute_bar_reader,
    write_bcolz_minute_data,
    write_daily_data,
    write_minute_data,
)
from rustybt.testing.fixtures import ZiplineTestCase

__all__ = [name for name in dir() if not name.startswith("_") and name not in ("core", "fixtures", "rustybt")]
