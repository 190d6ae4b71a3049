#include "rustybt/finance/partial_fill.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "rustybt/core/error.hpp"

namespace rustybt::finance {

void PartialFillModel::check() const {
  const auto require = [](bool ok, const char* name, const std::string& found, const char* expected) {
    if (!ok)
      throw Error(ErrorCode::InvalidArgument, fmt::format("partial fills: {} is {}", name, found),
                  fmt::format("give {}", expected));
  };
  require(fill_ratio.sign() > 0 && fill_ratio <= Decimal(1, 0), "fill_ratio", fill_ratio.to_string(),
          "a part of the bar's volume, above 0 and up to 1");
  require(market_impact.sign() >= 0, "market_impact", market_impact.to_string(), "0 or more");
  require(!timeout_bars || *timeout_bars >= 1, "timeout_bars", fmt::format("{}", timeout_bars.value_or(0)),
          "1 or more bars, or none");
}

std::string describe(const PartialFillModel& model) {
  return fmt::format("VolumeBasedFill(fill_ratio={}, market_impact={}{})", model.fill_ratio.to_string(),
                     model.market_impact.to_string(),
                     model.timeout_bars ? fmt::format(", timeout_bars={}", *model.timeout_bars) : "");
}

SlippageFill apply_partial_fill(const PartialFillModel& model, const SlippageModel& slippage, const Order& order,
                                const BarView& bar, std::int64_t volume_for_bar, const AssetScale& scale,
                                const Policies& policies) {
  const std::int64_t left = checked_int64(multiply_divide(model.fill_ratio.coefficient(), bar.volume,
                                                          power_of_ten(model.fill_ratio.scale()), Rounding::Floor)) -
                            volume_for_bar;
  if (left <= 0) return {SlippageFill::Kind::LiquidityExceeded, 0, 0};
  const auto capped = [&](std::int64_t amount) {
    return order.direction() * std::min<std::int64_t>(std::llabs(amount), left);
  };
  Order wanted = order;
  wanted.amount = order.filled + capped(order.open_amount());
  SlippageFill fill = apply_slippage(slippage, wanted, bar, volume_for_bar, scale, policies);
  if (fill.kind != SlippageFill::Kind::Fill) return fill;
  fill.amount = capped(fill.amount);  // a model of the user's may want more than it was asked for
  const std::int64_t shares = std::llabs(fill.amount);
  const int128 move =
      multiply_divide(checked_multiply(model.market_impact.coefficient(), shares), fill.price,
                      checked_multiply(bar.volume, power_of_ten(model.market_impact.scale())), Rounding::HalfEven);
  fill.price = checked_int64(fill.price + move * order.direction());
  if (policies.decision_arithmetic == DecisionArithmetic::IeeeDouble)
    fill.price_double += fill.price_double * model.market_impact.to_double() * static_cast<double>(shares) /
                         bar.volume_double * order.direction();
  if (is_worse_than_limit(order, fill.price, fill.price_double, policies)) return {};
  return fill;
}

}  // namespace rustybt::finance
