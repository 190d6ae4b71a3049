#pragma once
// Execution styles: market, limit, stop, stop-limit, and how their prices are rounded (zipline_semantics 3.2).

#include <optional>

#include "rustybt/core/decimal.hpp"
#include "rustybt/finance/decimal/context.hpp"
#include "rustybt/finance/order.hpp"
#include "rustybt/finance/policies.hpp"

namespace rustybt::finance {

/// What a strategy asked for; absent prices are std::nullopt, 0 is a price.
struct ExecutionStyle {
  std::optional<double> limit_price;
  std::optional<double> stop_price;
  /// A style object made without its asset rounds at 0.01 whatever the asset's tick (zipline's LimitOrder(x)).
  bool default_tick = false;

  static ExecutionStyle market() { return {}; }
  static ExecutionStyle limit(double price) { return {price, std::nullopt}; }
  static ExecutionStyle stop(double price) { return {std::nullopt, price}; }
  static ExecutionStyle stop_limit(double limit_price, double stop_price) { return {limit_price, stop_price}; }
};

/// Zipline's rounding to ticks that favours the trader: down for limits of buys and stops of sells. Returns tick*n as
/// the double arithmetic leaves it (3.0100000000000002), 0 when the result is within 1e-6 of 0.
[[nodiscard]] double asymmetric_round_price(double price, bool prefer_round_down, double tick_size);

/// Set the order's limit and stop from the style under the policies: exact mantissas and decision doubles.
/// @throws Error{BadOrderParameters} for prices that are not finite or negative
void apply_style(Order& order, const ExecutionStyle& style, const AssetScale& scale, const Policies& policies);

}  // namespace rustybt::finance
