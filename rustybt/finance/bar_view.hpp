#pragma once
// The one bar of an asset as matching and slippage see it; gens fills it in (finance does not know data).

#include <cstdint>

namespace rustybt::finance {

struct BarView {
  std::int64_t price = 0;   ///< close at the asset's fill scale
  std::int64_t volume = 0;  ///< at the asset's quantity digits, > 0
  double price_double = 0;  ///< close as IEEE decisions see it (policy price_source)
  double volume_double = 0;
};

}  // namespace rustybt::finance
