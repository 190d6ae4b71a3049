#include "rustybt/finance/execution.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "rustybt/core/error.hpp"

namespace rustybt::finance {
namespace {

void check_price(double price, std::string_view which) {
  if (!std::isfinite(price)) {
    throw Error(ErrorCode::BadOrderParameters,
                fmt::format("Attempted to place an order with a {} price of {}.", which, price));
  }
  if (price < 0) {
    throw Error(ErrorCode::BadOrderParameters, fmt::format("Can't place a {} order with a negative price.", which));
  }
}

/// zipline's consistent_round: halves up, everything else as Python's round.
double consistent_round(double value) {
  const double fraction = value - std::floor(value);
  return fraction >= 0.5 ? std::ceil(value) : std::nearbyint(value);
}

/// Exact counterpart: toward the trader's favour with zipline's 0.95 threshold replaced by a plain multiple of the
/// tick. A buy limit and a sell stop go down, a sell limit and a buy stop go up; a price within 1e-9 ticks of a
/// multiple is that multiple.
std::int64_t round_to_tick(double price, bool prefer_round_down, const AssetScale& scale) {
  const Decimal exact = Decimal::from_double_shortest(price);
  const Decimal quotient = exact.divide(scale.tick, 9, Rounding::HalfEven);
  const Decimal ticks = quotient.quantize(0, prefer_round_down ? Rounding::Floor : Rounding::Ceiling);
  const int128 mantissa = (ticks * scale.tick).mantissa_at(scale.fill_scale);
  if (mantissa > std::numeric_limits<std::int64_t>::max()) {
    throw Error(ErrorCode::BadOrderParameters, fmt::format("a price of {} is too large for this asset", price));
  }
  return static_cast<std::int64_t>(mantissa);
}

}  // namespace

double asymmetric_round_price(double price, bool prefer_round_down, double tick_size) {
  // zipline_semantics 3.2; precision = digits after the point of the tick's text (Python writes 1.0, so at least one)
  const int precision = std::max(1, Decimal::from_double_shortest(tick_size).normalized().scale());
  const double power = std::pow(10.0, precision);
  const double multiplier = static_cast<double>(static_cast<std::int64_t>(tick_size * power));
  double difference = (0.95 - 0.5) * std::pow(10.0, -precision) * multiplier;
  difference -= std::numeric_limits<double>::epsilon() * 10;
  const double shift = prefer_round_down ? -difference : difference;
  const double rounded = tick_size * consistent_round((price + shift) / tick_size);
  return std::fabs(rounded) <= 1e-6 ? 0.0 : rounded;
}

void check_prices(const ExecutionStyle& style) {
  if (style.limit_price) check_price(*style.limit_price, "limit");
  if (style.stop_price) check_price(*style.stop_price, "stop");
}

void apply_style(Order& order, const ExecutionStyle& style, const AssetScale& scale, const Policies& policies) {
  check_prices(style);
  const bool is_buy = order.amount > 0;
  const auto place = [&](double price, bool prefer_round_down, std::int64_t& mantissa, double& decision) {
    if (policies.limit_price_tick == LimitPriceTick::ZiplineAsymmetric) {
      const double tick = style.default_tick ? 0.01 : scale.tick.to_double();
      decision = asymmetric_round_price(price, prefer_round_down, tick);
      mantissa = double_to_mantissa(decision, scale.fill_scale);
    } else {
      mantissa = round_to_tick(price, prefer_round_down, scale);
      decision = mantissa_to_double(mantissa, scale.fill_scale);
    }
  };
  if (style.limit_price) place(*style.limit_price, is_buy, order.limit, order.decision_limit);
  if (style.stop_price) place(*style.stop_price, !is_buy, order.stop, order.decision_stop);
}

}  // namespace rustybt::finance
