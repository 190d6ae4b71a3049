#pragma once
// Bars of a bundle in a longer length, as a table for files (`rustybt data convert --to 1h`).

#include "rustybt/data/bundles/core.hpp"
#include "rustybt/data/resample.hpp"
#include "rustybt/storage/columnar.hpp"

namespace rustybt::data {

/// Every asset's bars of length `to`: symbol, sid, dt (UTC; days and longer: session), open, high, low, close, volume,
/// rows (source bars), is_partial (only a last bar); sorted by sid, then time.
///
/// Made from minutes for intraday lengths, else from daily bars, or minutes where an asset has no daily ones. Exact:
/// decimals at the largest scale of the bundle.
/// @throws Error{EmptyData} when the bundle has no bars short enough, Error{Overflow}, Error{InvalidArgument} for 1m
[[nodiscard]] storage::ColumnTable resampled_table(const Bundle& bundle, BarPeriod to, BarLabel label = BarLabel::End);

}  // namespace rustybt::data
