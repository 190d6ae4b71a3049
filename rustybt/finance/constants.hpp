#pragma once
// Zipline's constants of futures by root symbol: exchange fees and market impact (zipline_semantics 3.3).

#include <optional>
#include <span>
#include <string_view>

#include "rustybt/core/decimal.hpp"

namespace rustybt::finance {

/// What the cost models know of a futures market.
struct FutureConstants {
  std::string_view root_symbol;
  std::int16_t exchange_fee_cents;  ///< per order
  double eta;                       ///< of VolatilityVolumeShare
  [[nodiscard]] Decimal exchange_fee() const { return Decimal(exchange_fee_cents, 2); }
};

/// eta of a root symbol that the table does not have.
inline constexpr double kDefaultEta = 0.049018143225019836;

/// All rows, sorted by root symbol.
[[nodiscard]] std::span<const FutureConstants> future_constants();
[[nodiscard]] std::optional<FutureConstants> find_future_constants(std::string_view root_symbol);

}  // namespace rustybt::finance
