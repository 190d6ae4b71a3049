#pragma once
// A bundle of which only the past is known, to see whether a strategy knows more (`rustybt strategy check`).

#include "rustybt/data/bar_store.hpp"
#include "rustybt/data/bundles/core.hpp"

namespace rustybt::data {

/// The bundle without knowledge of ends after `known` (AssetFinder::with_unknown_ends).
[[nodiscard]] Bundle with_unknown_ends(const Bundle& bundle, Date known);

/// The bundle with another future: its bars (BarStore::with_future), and its exchange rates after `last_rate`, cut off,
/// mirrored or shuffled as the bars are; ends of assets after the last known session are unknown.
[[nodiscard]] Bundle with_future(const Bundle& bundle, const FutureView& view, Date last_rate);

}  // namespace rustybt::data
