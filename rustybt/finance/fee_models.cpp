#include "rustybt/finance/fee_models.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "rustybt/core/error.hpp"

namespace rustybt::finance {
namespace {

[[noreturn]] void refuse(std::string_view field, std::string_view expected, const std::string& found) {
  throw Error(ErrorCode::InvalidArgument, fmt::format("{}: expected {}, found {}", field, expected, found))
      .with("field", std::string(field));
}

Money part(Money of, const Decimal& rate) {
  return {multiply_divide(of.units, rate.coefficient(), power_of_ten(rate.scale()), Rounding::HalfEven)};
}

std::string minimum_text(const Decimal& minimum) {
  return minimum.is_zero() ? "" : ", min_commission=" + minimum.to_string();
}

}  // namespace

void FeeSchedule::check() const {
  if (tiers.empty()) refuse("tiers", "at least one", "none");
  if (!tiers.front().volume.is_zero()) refuse("tiers[0].volume", "0", tiers.front().volume.to_string());
  for (std::size_t i = 1; i < tiers.size(); ++i) {
    if (tiers[i].volume <= tiers[i - 1].volume)
      refuse(fmt::format("tiers[{}].volume", i), "more than " + tiers[i - 1].volume.to_string(),
             tiers[i].volume.to_string());
  }
  for (std::size_t i = 0; i < tiers.size() && rates_of == Of::Value; ++i) {
    for (const auto& [name, rate] : {std::pair{"maker", tiers[i].maker}, std::pair{"taker", tiers[i].taker}}) {
      if (rate.abs() >= Decimal(1, 0))
        refuse(fmt::format("tiers[{}].{}", i, name), "a part of the value, as 0.001", rate.to_string());
    }
  }
  if (tiers.size() > 1 && window == Window::None) refuse("window", "one, as there are several tiers", "none");
  if (window == Window::Days && days < 1) refuse("days", "1 or more", fmt::format("{}", days));
  if (minimum.sign() < 0) refuse("minimum", "0 or more", minimum.to_string());
  if (maximum_rate.sign() < 0) refuse("maximum_rate", "0 or more", maximum_rate.to_string());
}

Percentage::Percentage(Decimal percentage, Decimal min_commission) {
  tiers = {{Decimal(), percentage, percentage}};
  minimum = min_commission;
  text = fmt::format("Percentage(percentage={}{})", percentage.to_string(), minimum_text(min_commission));
  check();
}

Tiered::Tiered(const std::vector<Rate>& rates, Decimal min_commission) {
  std::string shown;
  for (const Rate& r : rates) {
    tiers.push_back({r.threshold, r.rate, r.rate});
    shown += fmt::format("{}{}: {}", shown.empty() ? "" : ", ", r.threshold.to_string(), r.rate.to_string());
  }
  window = Window::CalendarMonth;
  minimum = min_commission;
  text = fmt::format("Tiered(tiers={{{}}}{})", shown, minimum_text(min_commission));
  check();
}

MakerTaker::MakerTaker(Decimal maker_rate, Decimal taker_rate, Decimal min_commission) {
  tiers = {{Decimal(), maker_rate, taker_rate}};
  minimum = min_commission;
  text = fmt::format("MakerTaker(maker_rate={}, taker_rate={}{})", maker_rate.to_string(), taker_rate.to_string(),
                     minimum_text(min_commission));
  check();
}

void FeeRun::limit_acts(const Order& order, double price) {
  const bool rests = order.amount > 0 ? price > order.decision_limit : price < order.decision_limit;
  if (rests)
    takers_.erase(order.id.value);
  else
    takers_.insert(order.id.value);
}

void FeeBook::forget_old_volume(const FeeSchedule& schedule) {
  const Date today = run_->today();
  const auto is_old = [&](Date day) {
    return schedule.window == FeeSchedule::Window::Days ? today - day >= schedule.days
                                                        : day.month() != today.month() || day.year() != today.year();
  };
  while (!volumes_.empty() && is_old(volumes_.front().day)) {
    volume_ -= volumes_.front().volume;
    volumes_.pop_front();
  }
  if (volumes_.empty() || volumes_.back().day != today) volumes_.push_back({today, {}});
}

Money FeeBook::charge(const FeeSchedule& s, const Order& order, std::int64_t amount, std::int64_t price,
                      const DecimalContext& context) {
  const MoneyScale money = context.money();
  const Money value = context.value(order.asset, price, std::llabs(amount));
  const Money units{
      checked_multiply(std::llabs(amount), power_of_ten(money.digits - context[order.asset].quantity_digits))};
  const FeeTier* tier = &s.tiers.front();
  if (s.window != FeeSchedule::Window::None) {
    forget_old_volume(s);
    for (const FeeTier& t : s.tiers) {
      if (volume_ >= money.from_decimal(t.volume)) tier = &t;
    }
    const Money volume = s.volume_of == FeeSchedule::Of::Value ? context.to_base(order.asset, value) : units;
    volumes_.back().volume += volume;
    volume_ += volume;
  }
  const Decimal& rate = run_->is_maker(order) ? tier->maker : tier->taker;
  const Money fee = part(s.rates_of == FeeSchedule::Of::Value ? value : units, rate);
  if (s.minimum.is_zero() && s.maximum_rate.is_zero()) return fee;

  OrderFees& so_far = orders_[order.id.value];
  so_far.fees += fee;
  so_far.value += value;
  Money due = so_far.fees;
  if (due >= Money{}) {
    due = std::max(due, money.from_decimal(s.minimum));
    // where the cap is below the floor, the cap counts (as with Interactive Brokers)
    if (!s.maximum_rate.is_zero()) due = std::min(due, part(so_far.value, s.maximum_rate));
  }
  const Money charged = due - so_far.charged;
  so_far.charged = due;
  if (order.filled + amount == order.amount) orders_.erase(order.id.value);
  return charged;
}

}  // namespace rustybt::finance
