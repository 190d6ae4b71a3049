#pragma once
// Execution styles: market, limit, stop, stop-limit, and how their prices are rounded (zipline_semantics 3.2).

#include <optional>

#include "rustybt/core/decimal.hpp"
#include "rustybt/finance/decimal/context.hpp"
#include "rustybt/finance/order.hpp"
#include "rustybt/finance/policies.hpp"

namespace rustybt::finance {

/// What an order does beyond limit and stop. A touched order is a stop from the other side: a buy at or below its stop
/// price.
enum class OrderKind : std::uint8_t {
  Standard,
  TrailingStop,
  MarketIfTouched,
  LimitIfTouched,
  MarketOnOpen,
  MarketOnClose
};
enum class TimeInForce : std::uint8_t { Gtc, Day, Gtd, Ioc, Fok };

/// What a strategy asked for; absent prices are std::nullopt, 0 is a price.
struct ExecutionStyle {
  std::optional<double> limit_price = std::nullopt;
  std::optional<double> stop_price = std::nullopt;
  /// A style object made without its asset rounds at 0.01 whatever the asset's tick (zipline's LimitOrder(x)).
  bool default_tick = false;
  OrderKind kind = OrderKind::Standard;
  TimeInForce time_in_force = TimeInForce::Gtc;
  bool post_only = false;                                ///< rejected where the reference price already meets the limit
  bool reduce_only = false;                              ///< fills no more than the position
  std::int64_t good_till_ns = 0;                         ///< Gtd: not tried on later bars
  std::optional<double> trail_amount = std::nullopt;     ///< TrailingStop: distance from the best price, or ...
  std::optional<double> trail_percent = std::nullopt;    ///< ... the part of it, within (0, 1)
  std::optional<double> reference_price = std::nullopt;  ///< market's price when the order was placed

  /// More than limit and stop: the order has terms in the blotter's side table.
  [[nodiscard]] bool has_terms() const {
    return kind != OrderKind::Standard || time_in_force != TimeInForce::Gtc || post_only || reduce_only;
  }

  /// Tried on one bar only.
  [[nodiscard]] bool is_immediate() const {
    return time_in_force == TimeInForce::Ioc || time_in_force == TimeInForce::Fok;
  }

  static ExecutionStyle market() { return {}; }
  static ExecutionStyle limit(double price) { return {.limit_price = price}; }
  static ExecutionStyle stop(double price) { return {.stop_price = price}; }
  static ExecutionStyle stop_limit(double limit_price, double stop_price) {
    return {.limit_price = limit_price, .stop_price = stop_price};
  }
};

inline constexpr ExecutionStyle kMarketOrder{};

/// Zipline's rounding to ticks that favours the trader: down for limits of buys and stops of sells. Returns tick*n as
/// the double arithmetic leaves it (3.0100000000000002), 0 when the result is within 1e-6 of 0.
[[nodiscard]] double asymmetric_round_price(double price, bool prefer_round_down, double tick_size);

/// @throws Error{BadOrderParameters} for prices that are not finite or negative
void check_prices(const ExecutionStyle& style);

/// Set the order's limit and stop from the style under the policies: exact mantissas and decision doubles.
/// @throws Error{BadOrderParameters} for prices that are not finite or negative
void apply_style(Order& order, const ExecutionStyle& style, const AssetScale& scale, const Policies& policies);

}  // namespace rustybt::finance
