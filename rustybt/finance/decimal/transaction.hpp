#pragma once
// One execution, as the books take it.

#include <cstdint>

#include "rustybt/core/ids.hpp"

namespace rustybt::finance {

struct DecimalTransaction {
  AssetIndex asset;
  std::int64_t amount = 0;  ///< signed, quantity digits
  std::int64_t price = 0;   ///< fill scale
  std::int64_t dt_ns = 0;
  OrderId order;            ///< 0 for automatic closes
  double price_double = 0;  ///< for Zipline's books in doubles, where they run
};

}  // namespace rustybt::finance
