#include "rustybt/finance/slippage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "rustybt/core/error.hpp"
#include "rustybt/finance/constants.hpp"
#include "rustybt/finance/volatility.hpp"

namespace rustybt::finance {
namespace {

using Kind = SlippageFill::Kind;

bool is_ieee(const Policies& policies) { return policies.decision_arithmetic == DecisionArithmetic::IeeeDouble; }

/// A fill at `price`, unless the policy forbids a price beyond the limit.
SlippageFill fill_at(const Order& order, std::int64_t amount, std::int64_t price, double price_double,
                     const AssetScale& scale, const Policies& policies) {
  if (policies.limit_check == LimitCheck::NeverWorse && order.has_limit() &&
      is_worse_than_limit(order, price, mantissa_to_double(price, scale.fill_scale), policies)) {
    return {};
  }
  return {Kind::Fill, amount, price, price_double};
}

/// floor(limit x volume), as a double product where IEEE decisions are asked for.
std::int64_t volume_cap(const Decimal& limit, double limit_double, const BarView& bar, const Policies& policies) {
  if (policies.decision_arithmetic == DecisionArithmetic::IeeeDouble) {
    return static_cast<std::int64_t>(limit_double * bar.volume_double);
  }
  return checked_int64(multiply_divide(limit.coefficient(), bar.volume, power_of_ten(limit.scale()), Rounding::Floor));
}

SlippageFill apply(const FixedBasisPointsSlippage& m, const Order& order, const BarView& bar,
                   std::int64_t volume_for_bar, const AssetScale& scale, const Policies& policies) {
  const std::int64_t cap = volume_cap(m.volume_limit, m.volume_limit_double, bar, policies);
  const std::int64_t shares = std::min<std::int64_t>(std::llabs(order.open_amount()), cap - volume_for_bar);
  if (shares <= 0) return {Kind::LiquidityExceeded, 0, 0};
  const int128 move = multiply_divide(bar.price, m.basis_points.coefficient(), power_of_ten(m.basis_points.scale() + 4),
                                      Rounding::HalfEven);
  double price_double = 0;
  if (is_ieee(policies)) price_double = bar.price_double + bar.price_double * (m.percentage_double * order.direction());
  return fill_at(order, shares * order.direction(), checked_int64(bar.price + move * order.direction()), price_double,
                 scale, policies);
}

SlippageFill apply(const VolumeShareSlippage& m, const Order& order, const BarView& bar, std::int64_t volume_for_bar,
                   const AssetScale&, const Policies& policies) {
  const std::int64_t open = std::llabs(order.open_amount());
  std::int64_t shares = 0;
  bool is_capped = false;  // share of the bar's volume >= volume_limit
  double share_double = 0;
  if (policies.decision_arithmetic == DecisionArithmetic::IeeeDouble) {
    const double limit = m.volume_limit.to_double();
    const double remaining = limit * bar.volume_double - static_cast<double>(volume_for_bar);
    if (remaining < 1) return {Kind::LiquidityExceeded, 0, 0};
    shares = static_cast<std::int64_t>(std::min(remaining, static_cast<double>(open)));
    if (shares < 1) return {};
    const double share = static_cast<double>(volume_for_bar + shares) / bar.volume_double;
    is_capped = share > limit;
    share_double = std::min(share, limit);
  } else {
    const std::int64_t cap = volume_cap(m.volume_limit, 0, bar, policies);
    if (cap - volume_for_bar < 1) return {Kind::LiquidityExceeded, 0, 0};
    shares = std::min(cap - volume_for_bar, open);
  }
  const int128 total = volume_for_bar + shares;
  // close x impact x share^2, rounded once
  const int128 move =
      is_capped ? multiply_divide(checked_multiply(m.volume_limit.coefficient(), m.volume_limit.coefficient()),
                                  checked_multiply(m.price_impact.coefficient(), bar.price),
                                  power_of_ten(2 * m.volume_limit.scale() + m.price_impact.scale()), Rounding::HalfEven)
                : multiply_divide(
                      checked_multiply(total, total), checked_multiply(m.price_impact.coefficient(), bar.price),
                      checked_multiply(checked_multiply(bar.volume, bar.volume), power_of_ten(m.price_impact.scale())),
                      Rounding::HalfEven);
  const std::int64_t price = checked_int64(bar.price + move * order.direction());
  double price_double = 0;
  if (is_ieee(policies)) {
    const double impact =
        share_double * share_double * std::copysign(m.price_impact.to_double(), order.direction()) * bar.price_double;
    price_double = bar.price_double + impact;
  }
  if (is_worse_than_limit(order, price, price_double, policies)) return {};
  return {Kind::Fill, shares * order.direction(), price, price_double};
}

SlippageFill apply(const FixedSlippage& m, const Order& order, const BarView& bar, std::int64_t,
                   const AssetScale& scale, const Policies& policies) {
  const int128 half = multiply_divide(m.spread.coefficient(), power_of_ten(scale.fill_scale),
                                      checked_multiply(2, power_of_ten(m.spread.scale())), Rounding::HalfEven);
  // Zipline fills the order's whole amount, which for an order filled in part by another model would be too much
  const double price_double =
      is_ieee(policies) ? bar.price_double + m.spread.to_double() / 2.0 * order.direction() : 0.0;
  return fill_at(order, order.open_amount(), checked_int64(bar.price + half * order.direction()), price_double, scale,
                 policies);
}

SlippageFill apply(const NoSlippage&, const Order& order, const BarView& bar, std::int64_t, const AssetScale& scale,
                   const Policies& policies) {
  return fill_at(order, order.open_amount(), bar.price, bar.price_double, scale, policies);
}

double eta_of(const VolatilityVolumeShare& m, std::string_view root_symbol) {
  if (m.eta) return *m.eta;
  if (const auto given = m.eta_by_root.find(root_symbol); given != m.eta_by_root.end()) return given->second;
  const std::optional<FutureConstants> known = find_future_constants(root_symbol);
  return known ? known->eta : kDefaultEta;
}

SlippageFill apply(const VolatilityVolumeShare& m, const Order& order, const BarView& bar, std::int64_t,
                   const AssetScale& scale, const Policies& policies) {
  const std::optional<MarketView::Range> range = bar.market->range();
  if (!range) return {};
  const std::int64_t cap = volume_cap(m.volume_limit, m.volume_limit.to_double(), bar, policies);
  const std::int64_t units = std::min<std::int64_t>(cap, std::llabs(order.open_amount()));
  if (units < 1) return {};
  const double price_double = (range->high_double + range->low_double) / 2;
  const TrailingMarket usual = trailing_market(*bar.market, VolatilityVolumeShare::kSessions);
  double impact = price_double * (7.5 / 10000);  // without a usual volume or volatility
  if (usual.mean_volume != 0 && !std::isnan(usual.volatility)) {
    const double psi = mantissa_to_double(units, scale.quantity_digits) / usual.mean_volume;
    impact = price_double * (eta_of(m, scale.root_symbol) * usual.volatility * std::sqrt(psi)) / 10000;
  }
  const double impacted = price_double + std::copysign(impact, order.direction());
  // the impact is a statistic, hence a double; the middle of the bar is exact
  const bool ieee = policies.decision_arithmetic == DecisionArithmetic::IeeeDouble;
  const int128 middle = divide_rounded(int128{range->high} + range->low, 2, Rounding::HalfEven);
  const std::int64_t price =
      ieee
          ? double_to_mantissa(impacted, scale.fill_scale)
          : checked_int64(middle + int128{double_to_mantissa(std::fabs(impact), scale.fill_scale)} * order.direction());
  if (is_worse_than_limit(order, price, impacted, policies)) return {};
  return {Kind::Fill, units * order.direction(), price, impacted};
}

SlippageFill apply(CustomSlippage* m, const Order& order, const BarView& bar, std::int64_t volume_for_bar,
                   const AssetScale& scale, const Policies& policies) {
  const CustomSlippage::Decision d =
      m->process_order(order, bar, mantissa_to_double(volume_for_bar, scale.quantity_digits));
  if (d.liquidity_exceeded) return {Kind::LiquidityExceeded, 0, 0};
  if (!d.fills) return {};
  const double units = d.amount * static_cast<double>(power_of_ten(scale.quantity_digits));
  if (!(std::fabs(units) >= 1 && std::fabs(units) < 9e18)) {  // also where it is NaN
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("Transaction magnitude must be at least 1, the slippage model gave {}", d.amount),
                "return an amount of at least one unit, or no fill");
  }
  return fill_at(order, static_cast<std::int64_t>(units), double_to_mantissa(d.price, scale.fill_scale), d.price, scale,
                 policies);
}

struct Describe {
  std::string operator()(const FixedBasisPointsSlippage& m) const {
    return fmt::format("FixedBasisPointsSlippage(basis_points={}, volume_limit={})", m.basis_points.to_string(),
                       m.volume_limit.to_string());
  }
  std::string operator()(const VolumeShareSlippage& m) const {
    return fmt::format("VolumeShareSlippage(volume_limit={}, price_impact={})", m.volume_limit.to_string(),
                       m.price_impact.to_string());
  }
  std::string operator()(const FixedSlippage& m) const {
    return fmt::format("FixedSlippage(spread={})", m.spread.to_string());
  }
  std::string operator()(const NoSlippage&) const { return "NoSlippage()"; }
  std::string operator()(const VolatilityVolumeShare& m) const {
    return fmt::format("VolatilityVolumeShare(volume_limit={}, eta={})", m.volume_limit.to_string(),
                       m.eta ? fmt::format("{}", *m.eta) : "<varies>");
  }
  std::string operator()(CustomSlippage* m) const { return m->describe(); }
};

}  // namespace

FixedBasisPointsSlippage FixedBasisPointsSlippage::make(const Decimal& basis_points, const Decimal& volume_limit) {
  if (basis_points.sign() < 0) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("FixedBasisPointsSlippage() expected a value greater than or "
                                                        "equal to 0 for argument 'basis_points', but got {} instead.",
                                                        basis_points.to_string()));
  }
  if (volume_limit.sign() <= 0) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("FixedBasisPointsSlippage() expected a value strictly greater "
                                                        "than 0 for argument 'volume_limit', but got {} instead.",
                                                        volume_limit.to_string()));
  }
  return {basis_points, volume_limit};
}

bool is_worse_than_limit(const Order& order, std::int64_t price, double price_double, const Policies& policies) {
  if (!order.has_limit()) return false;
  if (policies.decision_arithmetic == DecisionArithmetic::IeeeDouble) {
    if (order.decision_limit == 0.0) return false;
    return order.direction() > 0 ? price_double > order.decision_limit : price_double < order.decision_limit;
  }
  return order.direction() > 0 ? price > order.limit : price < order.limit;
}

std::string describe(const SlippageModel& model) { return std::visit(Describe{}, model); }

SlippageFill apply_slippage(const SlippageModel& model, const Order& order, const BarView& bar,
                            std::int64_t volume_for_bar, const AssetScale& scale, const Policies& policies) {
  return std::visit([&](const auto& m) { return apply(m, order, bar, volume_for_bar, scale, policies); }, model);
}

}  // namespace rustybt::finance
