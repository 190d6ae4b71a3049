#pragma once
// A holding of one asset: amount, total cost, last price.

#include <cstdint>

#include "rustybt/core/ids.hpp"
#include "rustybt/core/money.hpp"

namespace rustybt::finance {

inline constexpr std::int64_t kNeverSold = INT64_MIN;

/// Cost is kept as a total, so that sums never round; cost basis = cost / amount is made on read.
struct DecimalPosition {
  AssetIndex asset;
  std::int64_t amount = 0;           ///< signed, quantity digits
  Money cost;                        ///< amount x cost basis (negative for shorts)
  std::int64_t last_sale_price = 0;  ///< fill scale
  std::int64_t last_sale_ns = kNeverSold;
};

}  // namespace rustybt::finance
