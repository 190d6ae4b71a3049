// Orders of a strategy: validated, rounded and checked here, so blotter and ledger only see legal ones
// (zipline_semantics 1.1).
#include "rustybt/algorithm/algorithm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "rustybt/core/error.hpp"

namespace rustybt::algorithm {
namespace {

constexpr double kMaxShares = 1e11;  // Zipline's arbitrary limit against runaway loops

/// zipline_semantics 1.1: within 1e-4 of an integer (half to even) counts as that integer, else toward zero (quirk Q7).
double round_whole(double amount) {
  const double nearest = std::nearbyint(amount);
  return std::fabs(amount - nearest) <= 1e-4 ? nearest : std::trunc(amount);
}

/// Toward zero at the step, except that an amount within 1e-9 of a step is that step (policy quantity=asset_step).
/// A large number of small steps (0.29 coins of 8 digits: 28999999.999999996) is within a few units in its last place.
double round_step(double units) {
  const double nearest = std::nearbyint(units);
  const double tolerance = std::max(1e-9, 8 * std::numeric_limits<double>::epsilon() * std::fabs(units));
  return std::fabs(units - nearest) <= tolerance ? nearest : std::trunc(units);
}

[[noreturn]] void throw_huge_amount() {
  throw Error(ErrorCode::Overflow, fmt::format("Can't order more than {:.0f} shares", kMaxShares));
}

}  // namespace

void TradingAlgorithm::throw_outside_bars() const {
  if (in_before_trading_start_) {
    throw Error(ErrorCode::OrderInBeforeTradingStart, "Cannot place orders inside before_trading_start.");
  }
  throw Error(ErrorCode::OrderDuringInitialize, "order() can only be called from within handle_data()");
}

bool TradingAlgorithm::can_order(AssetIndex index) {
  const assets::Asset& a = asset(index);
  // Zipline goes by the auto-close date: an asset without one is refused where its price is needed. rustybt always
  // refuses (quirk Q35)
  const Date session = session_label();
  if (session <= a.end_date && (!a.auto_close_date || session <= *a.auto_close_date)) [[likely]]
    return true;
  const bool always = policies().preset == finance::Preset::Rustybt;
  if (a.auto_close_date || always) {
    if (always) {
      throw Error(ErrorCode::CannotOrderDelistedAsset,
                  fmt::format("Cannot order {}, as it stopped trading on {}.", a.symbol, a.end_date.to_string()))
          .with("asset", a.symbol)
          .with("session", session.to_string());
    }
    log_.warning(
        fmt::format("Cannot place order for {}, as it has de-listed. Any existing positions for this asset will be "
                    "liquidated on {} 00:00:00.",
                    a.symbol, a.auto_close_date->to_string()));
    return false;
  }
  return true;
}

inline std::int64_t TradingAlgorithm::round_amount(AssetIndex index, double amount) const {
  if (!std::isfinite(amount)) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("cannot order an amount of {}", amount),
                "give a finite number of shares");
  }
  const finance::AssetScale& scale = simulation_.context()[index];
  const bool is_whole = policies().quantity == finance::QuantityRule::Whole;
  double units = amount * scale.units_per_one;
  if (amount != std::trunc(amount))  // integers are what they are
    units = is_whole ? round_whole(amount) * scale.units_per_one : round_step(units);
  if (std::fabs(units) > 9e18) throw_huge_amount();
  const auto mantissa = static_cast<std::int64_t>(units);
  return is_whole || scale.quantity_step == 1 ? mantissa : mantissa - mantissa % scale.quantity_step;
}

inline void TradingAlgorithm::refuse_huge_amount(AssetIndex index, std::int64_t units) const {
  if (static_cast<double>(units) > kMaxShares * simulation_.context()[index].units_per_one) throw_huge_amount();
}

void TradingAlgorithm::validate_trading_controls(AssetIndex index, std::int64_t units) {
  if (trading_controls_.empty()) return;
  simulation_.sync_prices();  // Zipline hands the portfolio to every control
  simulation_.look_at_portfolio();
  const std::function<double()> price = [&] { return portal_.current_price(index); };
  trading_controls_.validate({index, asset(index), units, simulation_.ledger().amount(index),
                              simulation_.context()[index].quantity_digits, simulation_.now_ns(), price});
}

std::optional<OrderId> TradingAlgorithm::order(AssetIndex index, double amount, const ExecutionStyle& style) {
  refuse_outside_bars();
  portal_.prefetch_next_minute(index);
  if (!can_order(index)) return std::nullopt;
  const std::int64_t units = checked_amount(index, amount);
  if (units == 0) {
    finance::check_prices(style);  // a mistake is one whatever the amount
    return std::nullopt;
  }
  if (style.has_terms() || simulation_.blotter().tells_makers()) [[unlikely]]
    return simulation_.blotter().place(index, units, with_reference(index, style), simulation_.now_ns());
  return simulation_.blotter().place(index, units, style, simulation_.now_ns());
}

std::int64_t TradingAlgorithm::checked_amount(AssetIndex index, double amount) {
  const std::int64_t units = round_amount(index, amount);
  if (checks_orders_) [[unlikely]] {
    validate_trading_controls(index, units);
    if (margin_ && units != 0) {
      refuse_huge_amount(index, units);
      if (!margin_allows(index, units)) return 0;
    }
  }
  if (units == 0) return 0;
  refuse_huge_amount(index, units);
  const bool has_minimum =
      simulation_.context()[index].has_minimum_notional && policies().quantity != finance::QuantityRule::Whole;
  return has_minimum && is_below_minimum(index, units) ? 0 : units;
}

bool TradingAlgorithm::is_below_minimum(AssetIndex index, std::int64_t units) {
  const assets::Asset& a = asset(index);
  const double value = std::fabs(simulation_.context().amount_to_double(index, units)) * portal_.current_price(index) *
                       simulation_.context()[index].multiplier;
  if (!(value < a.minimum_notional.to_double())) return false;
  log_.warning(
      fmt::format("No order of {} worth {}: the least is {}.", a.symbol, value, a.minimum_notional.to_string()));
  return true;
}

ExecutionStyle TradingAlgorithm::with_reference(AssetIndex index, const ExecutionStyle& style) {
  ExecutionStyle out = style;
  if (const double price = portal_.current_price(index); !std::isnan(price)) out.reference_price = price;
  return out;
}

std::vector<OrderId> TradingAlgorithm::order_bracket(AssetIndex index, double amount, const ExecutionStyle& entry,
                                                     const ExecutionStyle& stop_loss,
                                                     const ExecutionStyle& take_profit) {
  refuse_outside_bars();
  if (!can_order(index)) return {};
  const std::int64_t units = checked_amount(index, amount);
  if (units == 0) return {};
  return simulation_.blotter().place_bracket(index, units, with_reference(index, entry), stop_loss, take_profit,
                                             simulation_.now_ns());
}

std::vector<OrderId> TradingAlgorithm::order_oco(AssetIndex index, double amount, const ExecutionStyle& first,
                                                 const ExecutionStyle& second) {
  refuse_outside_bars();
  if (!can_order(index)) return {};
  const std::int64_t units = checked_amount(index, amount);
  if (units == 0) return {};
  return simulation_.blotter().place_oco(index, units, with_reference(index, first), with_reference(index, second),
                                         simulation_.now_ns());
}

std::vector<OrderId> TradingAlgorithm::order_oto(AssetIndex index, double amount, const ExecutionStyle& first,
                                                 double second_amount, const ExecutionStyle& second) {
  refuse_outside_bars();
  if (!can_order(index)) return {};
  const std::int64_t units = checked_amount(index, amount);
  const std::int64_t second_units = round_amount(index, second_amount);
  if (units == 0 || second_units == 0) return {};
  refuse_huge_amount(index, second_units);
  return simulation_.blotter().place_oto(index, units, with_reference(index, first), second_units, second,
                                         simulation_.now_ns());
}

bool TradingAlgorithm::modify_order(OrderId id, const OrderChange& change) {
  refuse_outside_bars();
  const finance::Order* order = get_order(id);
  if (!order || !order->is_open()) return false;
  finance::DecimalBlotter::Change units{std::nullopt, change.limit_price, change.stop_price};
  if (simulation_.blotter().tells_makers()) units.reference_price = portal_.current_price(order->asset);
  if (change.amount) {
    const std::int64_t amount = round_amount(order->asset, *change.amount);
    validate_trading_controls(order->asset, amount - order->amount);
    refuse_huge_amount(order->asset, amount);
    const std::int64_t more = amount - order->amount;
    if (margin_ && (more > 0) == (order->amount > 0) && more != 0 && !margin_allows(order->asset, more)) return false;
    units.amount = amount;
  }
  return simulation_.blotter().request_modify(id, units, simulation_.now_ns());
}

double TradingAlgorithm::amount_for_value(AssetIndex index, double value) {
  const assets::Asset& a = asset(index);
  const Date session = session_label();
  if (session < a.start_date) {
    throw Error(ErrorCode::CannotOrderDelistedAsset,
                fmt::format("Cannot order {}, as it started trading on {}.", a.symbol, a.start_date.to_string()))
        .with("asset", a.symbol);
  }
  if (session > a.end_date) {
    throw Error(ErrorCode::CannotOrderDelistedAsset,
                fmt::format("Cannot order {}, as it stopped trading on {}.", a.symbol, a.end_date.to_string()))
        .with("asset", a.symbol);
  }
  const double price = portal_.current_price(index);
  if (std::isnan(price)) {
    throw Error(
        ErrorCode::CannotOrderDelistedAsset,
        fmt::format("Cannot order {} on {} as there is no last price for the security.", a.symbol, session.to_string()))
        .with("asset", a.symbol);
  }
  if (std::fabs(price) <= 1e-6) return 0;
  const finance::DecimalContext& books = simulation_.context();
  if (books[index].currency >= 0) value /= books.rate(index);  // the value is in the currency of the books
  return value / (price * books[index].multiplier);
}

std::optional<OrderId> TradingAlgorithm::order_value(AssetIndex index, double value, const ExecutionStyle& style) {
  refuse_outside_bars();
  if (!can_order(index)) return std::nullopt;
  return order(index, amount_for_value(index, value), style);
}

std::optional<OrderId> TradingAlgorithm::order_percent(AssetIndex index, double percent, const ExecutionStyle& style) {
  refuse_outside_bars();
  if (!can_order(index)) return std::nullopt;
  return order(index, amount_for_value(index, portfolio().portfolio_value * percent), style);
}

std::optional<OrderId> TradingAlgorithm::order_target(AssetIndex index, double target, const ExecutionStyle& style) {
  refuse_outside_bars();
  if (!can_order(index)) return std::nullopt;
  simulation_.look_at_portfolio();
  return order(index, target - position_amount(index), style);
}

std::optional<OrderId> TradingAlgorithm::order_target_value(AssetIndex index, double target,
                                                            const ExecutionStyle& style) {
  refuse_outside_bars();
  if (!can_order(index)) return std::nullopt;
  const double target_amount = amount_for_value(index, target);
  simulation_.look_at_portfolio();
  return order(index, target_amount - position_amount(index), style);
}

std::optional<OrderId> TradingAlgorithm::order_target_percent(AssetIndex index, double target,
                                                              const ExecutionStyle& style) {
  refuse_outside_bars();
  if (!can_order(index)) return std::nullopt;
  const double target_amount = amount_for_value(index, portfolio().portfolio_value * target);
  return order(index, target_amount - position_amount(index), style);
}

std::vector<OrderId> TradingAlgorithm::batch_market_order(std::span<const ShareCount> share_counts) {
  if (!initialized_)
    throw Error(ErrorCode::OrderDuringInitialize, "batch_market_order() can only be called from within handle_data()");
  std::vector<OrderId> ids;
  for (const ShareCount& s : share_counts) {
    if (s.shares == 0) continue;
    const std::int64_t units = round_amount(s.asset, static_cast<double>(s.shares));
    refuse_huge_amount(s.asset, units);
    if (margin_ && !margin_allows(s.asset, units)) continue;
    ids.push_back(simulation_.blotter().place(s.asset, units, ExecutionStyle::market(), simulation_.now_ns()));
  }
  return ids;
}

bool TradingAlgorithm::cancel_order(OrderId id) {
  return simulation_.blotter().request_cancel(id, simulation_.now_ns());
}

const finance::Order* TradingAlgorithm::get_order(OrderId id) const { return simulation_.blotter().find(id); }

std::vector<const finance::Order*> TradingAlgorithm::get_open_orders(std::optional<AssetIndex> only) const {
  const finance::DecimalBlotter& blotter = simulation_.blotter();
  std::vector<const finance::Order*> out;
  const auto add = [&](AssetIndex a) {
    for (std::int32_t slot : blotter.open_orders(a)) out.push_back(&blotter.order_at(slot));
  };
  if (only) {
    add(*only);
  } else {
    for (AssetIndex a : blotter.active_assets()) add(a);
  }
  return out;
}

}  // namespace rustybt::algorithm
