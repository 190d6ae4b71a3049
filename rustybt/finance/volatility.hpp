#pragma once
// The usual volume and volatility of an asset, as models of market impact ask for them.

#include "rustybt/finance/bar_view.hpp"

namespace rustybt::finance {

struct TrailingMarket {
  double mean_volume = 0;  ///< per session; 0 when there is too little data
  double volatility = 0;   ///< annual deviation of the daily changes of close (sqrt(252)); NaN when there is too little
};

/// Over the `sessions` sessions before today's. A session without a close counts with the one before it, as pandas'
/// pct_change fills it; without any close before it the volatility is NaN. Source: Zipline's MarketImpactBase.
/// @pre 3 <= sessions <= 128
[[nodiscard]] TrailingMarket trailing_market(const MarketView& market, int sessions);

}  // namespace rustybt::finance
